import CFuzzer

// Feeds one parser with what libFuzzer makes up: parser-fuzz PARSER [libFuzzer's options] [CORPUS...]. Without
// arguments it lists the parsers. `scripts/fuzz` builds and runs it.

let names = FuzzedParser.all.map(\.name)
guard CommandLine.arguments.count > 1 else {
    print(names.joined(separator: "\n"))
    exit(0)
}
guard let chosen = FuzzedParser.all.first(where: { $0.name == CommandLine.arguments[1] }) else {
    fatalError("there is no parser \(CommandLine.arguments[1]), but \(names.joined(separator: ", "))")
}
let parser = chosen

// libFuzzer sees its own arguments alone. It keeps them, so they are never freed.
let arguments = [CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)
var argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>> = .allocate(capacity: arguments.count + 1)
for (index, argument) in arguments.enumerated() {
    guard let copy = strdup(argument) else { fatalError("no memory") }
    argv[index] = copy
}
var argc = Int32(arguments.count)
exit(
    LLVMFuzzerRunDriver(&argc, &argv) { data, count in
        parser.read(Array(UnsafeBufferPointer(start: data, count: count)))
        return 0
    })
