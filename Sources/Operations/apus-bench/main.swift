import ProgramSupport

let options = ProgramOptions(
    program: "apus-bench", usage: "[product | vectors | million-vectors | azure | functions | models]  [options]",
    summary: """
        Measures speed and size on this machine, next to the bars.

          product          The whole product with documents (without a word, this one).
          vectors          The vector service beside Chroma's own server, which is installed into .build/bench-chroma.
          million-vectors  The vector service with 1,000,000 vectors.
          azure            The Azure emulator, and the Blob client's memory.
          functions        What the functions host adds to a handler.
          models           What the chat handler adds to a model's tokens.
        """,
    options: [
        .init(
            "runs", "N",
            "vectors, azure, functions, models: take each figure N times and report medians (default 3, with --check 1)."
        ),
        .init("documents", "DIR", "product, --check: folder of documents, with questions.jsonl (default: samples)."),
        .init("json", "FILE", "Write the figures too, for scripts/compare-bench BEFORE AFTER."),
        .init("check", nil, "Hold the figures of README.md and docs against this machine; code 1 when one is untrue."),
    ],
    arguments: Array(CommandLine.arguments.dropFirst()))
await ProgramLife.run("apus-bench") { try await measure(options) }
