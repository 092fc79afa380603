/// Instructions of the automaton.
struct RegexProgram: Sendable {
    enum Instruction: Sendable {
        /// Consumes a scalar of the class with that index.
        case scalars(Int)
        case assertion(RegexTree.Assertion)
        case split(Int, Int)
        case jump(Int)
        case match
    }

    /// A set with its ASCII part worked out.
    struct CompiledSet: Sendable {
        let set: ScalarSet
        private let low: UInt64
        private let high: UInt64

        init(_ set: ScalarSet) {
            self.set = set
            var words: (UInt64, UInt64) = (0, 0)
            for value in UInt8(0)..<128 where set.contains(Unicode.Scalar(value)) {
                if value < 64 { words.0 |= 1 << value } else { words.1 |= 1 << (value - 64) }
            }
            (low, high) = words
        }

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            let value = scalar.value
            if value < 64 { return low >> UInt64(value) & 1 == 1 }
            if value < 128 { return high >> UInt64(value - 64) & 1 == 1 }
            return set.contains(scalar)
        }
    }

    var instructions: [Instruction] = []
    var sets: [CompiledSet] = []
    /// Whether every match begins at the start of the text.
    var isAnchored = false
}

/// Turns a tree into instructions (Thompson's construction).
enum RegexCompiler {
    /// - Parameter sets: What the tree's numbers stand for. Each is worked out once, however often it is repeated.
    static func compile(_ tree: RegexTree, _ sets: [ScalarSet]) throws(LinearRegexError) -> RegexProgram {
        var program = RegexProgram()
        try emit(tree, &program)
        program.instructions.append(.match)
        program.sets = sets.map { RegexProgram.CompiledSet($0) }
        switch tree {
        case .assertion(.textStart): program.isAnchored = true
        case .sequence(let items):
            if case .assertion(.textStart)? = items.first { program.isAnchored = true }
        default: break
        }
        return program
    }

    private static func add(_ instruction: RegexProgram.Instruction, _ program: inout RegexProgram)
        throws(LinearRegexError)
    {
        guard program.instructions.count < LinearPattern.maximumInstructions else {
            throw LinearRegexError("Compiled regex exceeds size limit")
        }
        program.instructions.append(instruction)
    }

    private static func emit(_ tree: RegexTree, _ program: inout RegexProgram) throws(LinearRegexError) {
        switch tree {
        case .empty: break
        case .scalars(let set): try add(.scalars(set), &program)
        case .assertion(let assertion): try add(.assertion(assertion), &program)
        case .sequence(let items): for item in items { try emit(item, &program) }
        case .alternatives(let branches):
            var jumps: [Int] = []
            for (number, branch) in branches.enumerated() {
                guard number + 1 < branches.count else {
                    try emit(branch, &program)
                    break
                }
                let split = program.instructions.count
                try add(.match, &program)
                try emit(branch, &program)
                jumps.append(program.instructions.count)
                try add(.match, &program)
                program.instructions[split] = .split(split + 1, program.instructions.count)
            }
            for jump in jumps { program.instructions[jump] = .jump(program.instructions.count) }
        case .repetition(let inner, let least, let most): try emitRepetition(inner, least, most, &program)
        }
    }

    private static func emitRepetition(_ inner: RegexTree, _ least: Int, _ most: Int?, _ program: inout RegexProgram)
        throws(LinearRegexError)
    {
        for _ in 0..<least { try emit(inner, &program) }
        guard let most else {
            let split = program.instructions.count
            try add(.match, &program)
            try emit(inner, &program)
            try add(.jump(split), &program)
            program.instructions[split] = .split(split + 1, program.instructions.count)
            return
        }
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(program.instructions.count)
            try add(.match, &program)
            try emit(inner, &program)
        }
        for split in splits { program.instructions[split] = .split(split + 1, program.instructions.count) }
    }
}
