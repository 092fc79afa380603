import ProgramSupport

/// Carries out the command.
func run(_ options: ProgramOptions) async throws {
    switch options.words.first {
    case "up": try await up(options)
    case "stage": try stage(options)
    case "package": try await package(options)
    case "doctor": try doctor(options)
    case "samples": try await samples(options)
    case "inspect": try await inspect(options)
    case "eval": try await eval(options)
    case let word? where useCommands.contains(word): try await use(options)
    case "reembed": try await reembed(options)
    case "backup": try await backup(options)
    case "restore": try await restore(options)
    case "verify": try await verify(options)
    case "migrate": try await migrate(options)
    case let word?: options.fail("unknown command \(word)")
    case nil: options.fail("a command is missing")
    }
}

let arguments = Array(CommandLine.arguments.dropFirst())
// Before its options are read: they are those of another program.
if arguments.first == "bench" { bench(arguments.dropFirst()) }
let isUse = arguments.first.map(useCommands.contains) ?? false
let options =
    isUse
    ? useCommandLine(arguments)
    : arguments.first == "eval" ? evalCommandLine(arguments) : commandLine(arguments)
await ProgramLife.run("apus") { try await run(options) }
