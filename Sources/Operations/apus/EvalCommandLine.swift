import Evaluation
import ProgramSupport

/// The command line of `apus eval`, which has so many options that they would hide the other commands'.
func evalCommandLine(_ arguments: [String]) -> ProgramOptions {
    ProgramOptions(
        program: "apus",
        usage: "eval SET [options]  |  eval RUN [options]  |  eval --compare RUN RUN [options]",
        summary: """
            Measures how well a running Apus answers the questions of a set.

            SET is a file with a JSON object on each line (question, answers, documents, evidence, or "unanswerable": true), or a
            folder with questions.jsonl and perhaps dont_know.jsonl. RUN is a file that --json wrote: it is measured and reported
            again without asking anything. docs/evaluation.md has the members of a line, what is measured, and how.
            """,
        options: [
            .init("url", "URL", "Where Apus is (default http://127.0.0.1:8080)."),
            .init("port", "PORT", "The same on this machine, by the port of its page."),
            .init("documents", "DIR", "Upload the files of a folder first, and wait until they are read."),
            .init("wait", "SECONDS", "How long to wait for that (default 600)."),
            .init("model", "NAME", "Model that answers (default: the product's first)."),
            .init("preset", "NAME", "Preset that answers."),
            .init("parallel", "N", "Questions side by side (default 4; 1 for times that can be compared)."),
            .init("timeout", "SECONDS", "How long one answer may take (default 120)."),
            .init("floor", "NAME=VALUE", "What a metric must reach, else the command ends with 1; may be repeated."),
            .init("floors", "FILE", "The same from a JSON object of names and numbers."),
            .init("json", "FILE", "Write what was asked and answered, and the figures."),
            .init("report", "FILE", "Write a page with pictures and every question (HTML)."),
            .init("compare", nil, "Compare two runs: what the second changed, and whether that may be chance."),
            .init(
                "export", "FORMAT",
                "Write the answers for other tools, \(ExportFormat.names): the file's name follows that of the set."),
            .init("record", "NAME", "Have Apus keep the figures under a name, for GET /api/experiments."),
            .init("mlflow", "URL", "Log the run to an MLflow server."),
            .init("experiment", "NAME", "The experiment's name there (default apus)."),
        ],
        arguments: arguments)
}
