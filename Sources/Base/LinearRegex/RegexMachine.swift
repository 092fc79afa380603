/// Runs the automaton: all threads advance together, each instruction at most once per scalar.
struct RegexMachine {
    private let program: RegexProgram
    private var current: [Int] = []
    private var next: [Int] = []
    /// Step in which an instruction was last added.
    private var added: [Int]
    private var stack: [Int] = []
    private var step = 0

    init(program: RegexProgram) {
        self.program = program
        added = Array(repeating: -1, count: program.instructions.count)
    }

    mutating func run(_ text: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        var before: Unicode.Scalar?
        current = []
        while true {
            let (after, length) = Self.scalar(text, offset)
            if !program.isAnchored || offset == 0 {
                if add(0, isNext: false, before: before, after: after) { return true }
            }
            guard let after else { return false }
            if current.isEmpty, program.isAnchored { return false }
            step += 1
            next.removeAll(keepingCapacity: true)
            let (following, _) = Self.scalar(text, offset + length)
            for place in current {
                guard case .scalars(let set) = program.instructions[place], program.sets[set].contains(after) else {
                    continue
                }
                if add(place + 1, isNext: true, before: after, after: following) { return true }
            }
            swap(&current, &next)
            before = after
            offset += length
        }
    }

    /// Follows what consumes nothing. Returns whether the end of the pattern was reached.
    private mutating func add(
        _ start: Int, isNext: Bool, before: Unicode.Scalar?, after: Unicode.Scalar?
    ) -> Bool {
        stack.append(start)
        while let place = stack.popLast() {
            guard added[place] != step else { continue }
            added[place] = step
            switch program.instructions[place] {
            case .scalars: if isNext { next.append(place) } else { current.append(place) }
            case .assertion(let assertion):
                if assertion.holds(before: before, after: after) { stack.append(place + 1) }
            case .split(let one, let two):
                stack.append(two)
                stack.append(one)
            case .jump(let target): stack.append(target)
            case .match:
                stack.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }

    /// The scalar at an offset and its length in bytes; ill-formed bytes are taken one by one as U+FFFD.
    private static func scalar(_ text: UnsafeRawBufferPointer, _ offset: Int) -> (Unicode.Scalar?, Int) {
        guard offset < text.count else { return (nil, 0) }
        let first = text[offset]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, offset + length <= text.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for index in 1..<length {
            guard text[offset + index] & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
            value = value << 6 | UInt32(text[offset + index] & 0x3F)
        }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }
}
