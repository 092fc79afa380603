/// Reads the crate's syntax (docs.rs/regex, "Syntax") into a tree.
struct RegexParser {
    private struct Flags {
        var ignoresCase = false
        var multiLine = false
        var dotMatchesNewline = false
        var ignoresSpace = false
        var unicode = true
    }

    /// A part of the pattern, with the levels of groups and repetitions in it.
    private struct Part {
        var tree: RegexTree
        var height = 0
    }

    /// The crate's own limit on nesting. A repetition is a level, too: operators may follow each other.
    private static let maximumDepth = 250
    /// Operators, escapes and classes inside one class; ranges are not counted.
    private static let maximumClassParts = 250
    private static let maximumCount = 10_000

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var flags = Flags()
    private var names: Set<String> = []
    private var classParts = 0
    /// The sets that the tree speaks of.
    private(set) var sets: [ScalarSet] = []

    init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    mutating func parse() throws(LinearRegexError) -> RegexTree {
        let part = try alternatives(depth: 0)
        guard index == scalars.count else { throw error("unopened group") }
        return part.tree
    }

    private func tooDeep() -> LinearRegexError {
        error("groups and repetitions nested more than \(Self.maximumDepth) deep")
    }

    private mutating func node(_ set: ScalarSet) -> RegexTree {
        sets.append(set)
        return .scalars(sets.count - 1)
    }

    private func error(_ reason: String) -> LinearRegexError { LinearRegexError("\(reason) at character \(index)") }

    private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private func looksAt(_ text: String) -> Bool {
        scalars[min(index, scalars.count)...].starts(with: text.unicodeScalars)
    }

    private mutating func take(_ text: String) -> Bool {
        guard looksAt(text) else { return false }
        index += text.unicodeScalars.count
        return true
    }

    // MARK: Structure

    private mutating func alternatives(depth: Int) throws(LinearRegexError) -> Part {
        guard depth < Self.maximumDepth else { throw tooDeep() }
        var branches: [RegexTree] = []
        var height = 0
        repeat {
            let part = try sequence(depth: depth)
            branches.append(part.tree)
            height = max(height, part.height)
        } while take("|")
        return Part(tree: branches.count == 1 ? branches[0] : .alternatives(branches), height: height)
    }

    private mutating func sequence(depth: Int) throws(LinearRegexError) -> Part {
        var items: [RegexTree] = []
        var height = 0
        // The last item is kept apart, since an operator may follow.
        var last: Part?
        func keep() {
            guard let part = last else { return }
            height = max(height, part.height)
            if !part.tree.isEmpty { items.append(part.tree) }
        }
        while let scalar = current, scalar != "|", scalar != ")" {
            if flags.ignoresSpace, skipsSpace(scalar) { continue }
            if ["*", "+", "?"].contains(scalar) || scalar == "{" {
                guard let part = last else { throw error("repetition operator missing expression") }
                last = try repetition(of: part, depth: depth)
            } else {
                keep()
                last = try item(depth: depth)
            }
        }
        keep()
        return Part(tree: items.count == 1 ? items[0] : items.isEmpty ? .empty : .sequence(items), height: height)
    }

    private mutating func skipsSpace(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isPatternWhitespace {
            index += 1
            return true
        }
        guard scalar == "#" else { return false }
        while let scalar = current, scalar != "\n" { index += 1; _ = scalar }
        return true
    }

    private mutating func repetition(of part: Part, depth: Int) throws(LinearRegexError) -> Part {
        guard depth + part.height < Self.maximumDepth else { throw tooDeep() }
        var least = 0
        var most: Int?
        if take("*") {
        } else if take("+") {
            least = 1
        } else if take("?") {
            most = 1
        } else {
            index += 1
            least = try count()
            most = least
            if take(",") { most = looksAt("}") ? nil : try count() }
            guard take("}") else { throw error("unclosed counted repetition") }
            if let most, most < least { throw error("invalid repetition count range") }
        }
        _ = take("?")
        if part.tree.isEmpty { return part }
        return most == 0
            ? Part(tree: .empty)
            : Part(tree: .repetition(part.tree, least: least, most: most), height: part.height + 1)
    }

    private mutating func count() throws(LinearRegexError) -> Int {
        var value: Int?
        while let scalar = current, let digit = Self.digit(scalar) {
            value = (value ?? 0) * 10 + digit
            index += 1
            guard let value, value <= Self.maximumCount else { throw error("repetition count too large") }
        }
        guard let value else { throw error("repetition count missing") }
        return value
    }

    private static func digit(_ scalar: Unicode.Scalar) -> Int? {
        (48...57).contains(scalar.value) ? Int(scalar.value) - 48 : nil
    }

    private mutating func item(depth: Int) throws(LinearRegexError) -> Part {
        guard let scalar = current else { return Part(tree: .empty) }
        switch scalar {
        case "(": return try group(depth: depth)
        case "[":
            classParts = 0
            return Part(tree: node(try characterClass(depth: depth)))
        case "\\": return Part(tree: try escape())
        case "^":
            index += 1
            return Part(tree: .assertion(flags.multiLine ? .lineStart : .textStart))
        case "$":
            index += 1
            return Part(tree: .assertion(flags.multiLine ? .lineEnd : .textEnd))
        case ".":
            index += 1
            try requireUnicode()
            return Part(tree: node(flags.dotMatchesNewline ? .any : .complement(.range(10...10))))
        default:
            index += 1
            return Part(tree: node(.one(scalar, folded: flags.ignoresCase)))
        }
    }

    private func requireUnicode() throws(LinearRegexError) {
        guard flags.unicode else { throw LinearRegexError("the pattern could match invalid UTF-8", kind: .bytes) }
    }

    private mutating func group(depth: Int) throws(LinearRegexError) -> Part {
        let outer = flags
        index += 1
        if take("?") {
            if looksAt("=") || looksAt("!") || looksAt("<=") || looksAt("<!") {
                throw error("look-around, including look-ahead and look-behind, is not supported")
            }
            if take("P<") || take("<") {
                var name = ""
                while let scalar = current, scalar != ">" {
                    name.unicodeScalars.append(scalar)
                    index += 1
                }
                guard take(">"), let first = name.first, first.isLetter || first == "_",
                    name.allSatisfy({ $0.isLetter || $0.isNumber || "_.[]".contains($0) })
                else { throw error("invalid capture group name") }
                guard names.insert(name).inserted else { throw error("duplicate capture group name") }
            } else {
                try readFlags()
                // Flags without a colon hold to the end of the enclosing group.
                if take(")") { return Part(tree: .empty) }
                guard take(":") else { throw error("unrecognized flag") }
            }
        }
        let inner = try alternatives(depth: depth + 1)
        guard take(")") else { throw error("unclosed group") }
        flags = outer
        return Part(tree: inner.tree, height: inner.height + 1)
    }

    private mutating func readFlags() throws(LinearRegexError) {
        var value = true
        var isAnyRead = false
        while let scalar = current, scalar != ":", scalar != ")" {
            switch scalar {
            case "-":
                guard value else { throw error("flag negation operator repeated") }
                value = false
                isAnyRead = false
                index += 1
                continue
            case "i": flags.ignoresCase = value
            case "m": flags.multiLine = value
            case "s": flags.dotMatchesNewline = value
            case "x": flags.ignoresSpace = value
            case "u": flags.unicode = value
            // Swapped greed does not change whether a text matches.
            case "U": break
            default: throw error("unrecognized flag")
            }
            isAnyRead = true
            index += 1
        }
        guard value || isAnyRead else { throw error("dangling flag negation operator") }
        guard current != nil else { throw error("expected flag but got end of regex") }
    }

    // MARK: Escapes

    private mutating func escape() throws(LinearRegexError) -> RegexTree {
        let start = index
        index += 1
        guard let scalar = current else { throw error("incomplete escape sequence") }
        switch scalar {
        case "A", "z", "B", "<", ">":
            index += 1
            switch scalar {
            case "A": return .assertion(.textStart)
            case "z": return .assertion(.textEnd)
            case "B": return .assertion(.notWordBoundary)
            case "<": return .assertion(.wordStart)
            default: return .assertion(.wordEnd)
            }
        case "b":
            index += 1
            for (name, kind): (String, RegexTree.Assertion) in [
                ("{start}", .wordStart), ("{end}", .wordEnd), ("{start-half}", .wordStartHalf),
                ("{end-half}", .wordEndHalf),
            ] where take(name) { return .assertion(kind) }
            return .assertion(.wordBoundary)
        default:
            index = start
            return node(try escapedSet())
        }
    }

    /// An escape that stands for scalars, in a class or outside.
    private mutating func escapedSet() throws(LinearRegexError) -> ScalarSet {
        index += 1
        guard let scalar = current else { throw error("incomplete escape sequence") }
        index += 1
        switch scalar {
        case "d", "D", "s", "S", "w", "W":
            try requireUnicode()
            let set: ScalarSet =
                scalar == "d" || scalar == "D" ? .digit : scalar == "s" || scalar == "S" ? .space : .word
            return ("A"..."Z").contains(scalar) ? .complement(set) : set
        case "p", "P":
            try requireUnicode()
            return try property(negated: scalar == "P")
        default:
            index -= 1
            return .one(try escapedScalar(), folded: flags.ignoresCase)
        }
    }

    private mutating func property(negated: Bool) throws(LinearRegexError) -> ScalarSet {
        var name = ""
        var negated = negated
        if take("{") {
            if take("^") { negated.toggle() }
            while let scalar = current, scalar != "}" {
                name.unicodeScalars.append(scalar)
                index += 1
            }
            guard take("}") else { throw error("unclosed Unicode class") }
        } else if let scalar = current {
            name.unicodeScalars.append(scalar)
            index += 1
        }
        guard let set = ScalarProperties.named(name) else { throw error("Unicode property not found") }
        return negated ? .complement(set) : set
    }

    private mutating func escapedScalar() throws(LinearRegexError) -> Unicode.Scalar {
        guard let scalar = current else { throw error("incomplete escape sequence") }
        index += 1
        switch scalar {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "f": return "\u{C}"
        case "v": return "\u{B}"
        case "a": return "\u{7}"
        case "x": return try hexadecimal(digits: 2)
        case "u": return try hexadecimal(digits: 4)
        case "U": return try hexadecimal(digits: 8)
        case "0"..."9": throw error("backreferences are not supported")
        default:
            let isPunctuation =
                scalar.isASCII && !(48...57).contains(scalar.value) && !(65...90).contains(scalar.value)
                && !(97...122).contains(scalar.value) && scalar.value > 32
            guard isPunctuation || flags.ignoresSpace && scalar == " " else {
                throw error("unrecognized escape sequence")
            }
            return scalar
        }
    }

    private mutating func hexadecimal(digits: Int) throws(LinearRegexError) -> Unicode.Scalar {
        var text = ""
        if take("{") {
            while let scalar = current, scalar != "}", text.utf8.count <= 8 {
                text.unicodeScalars.append(scalar)
                index += 1
            }
            guard take("}") else { throw error("unclosed hexadecimal escape") }
        } else {
            guard index + digits <= scalars.count else { throw error("incomplete hexadecimal escape") }
            for scalar in scalars[index..<index + digits] { text.unicodeScalars.append(scalar) }
            index += digits
        }
        guard !text.hasPrefix("+"), !text.hasPrefix("-"), let value = UInt32(text, radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw error("invalid hexadecimal escape") }
        if !flags.unicode, value > 127 {
            throw LinearRegexError("the pattern could match invalid UTF-8", kind: .bytes)
        }
        return scalar
    }

    // MARK: Classes

    private mutating func characterClass(depth: Int) throws(LinearRegexError) -> ScalarSet {
        guard depth < Self.maximumDepth else { throw error("classes nested more than \(Self.maximumDepth) deep") }
        try countClassPart()
        index += 1
        let isNegated = take("^")
        if isNegated { try requireUnicode() }
        var parts: [ScalarSet] = []
        var pending: (ScalarSet, Character)?
        var isFirst = true
        func joined(_ left: (ScalarSet, Character)?, _ parts: [ScalarSet]) -> ScalarSet {
            let right = ScalarSet.joined(parts)
            guard let left else { return right }
            switch left.1 {
            case "&": return .intersection(left.0, right)
            case "-": return .intersection(left.0, .complement(right))
            default: return .symmetricDifference(left.0, right)
            }
        }
        while true {
            guard let scalar = current else { throw error("unclosed character class") }
            if scalar == "]", !isFirst {
                index += 1
                let set = joined(pending, parts)
                return isNegated ? .complement(set) : set
            }
            isFirst = false
            if flags.ignoresSpace, skipsSpace(scalar) { continue }
            if looksAt("&&") || looksAt("--") || looksAt("~~") {
                try countClassPart()
                pending = (joined(pending, parts), Character(scalar))
                parts = []
                index += 2
                continue
            }
            parts.append(try classItem(depth: depth))
        }
    }

    /// Each is a level of the set or a test for every scalar, so there must not be many.
    private mutating func countClassPart() throws(LinearRegexError) {
        classParts += 1
        guard classParts <= Self.maximumClassParts else {
            throw error("more than \(Self.maximumClassParts) classes, escapes and operators in a class")
        }
    }

    private mutating func classItem(depth: Int) throws(LinearRegexError) -> ScalarSet {
        if looksAt("[:"), let set = posixClass() {
            try countClassPart()
            return set
        }
        if looksAt("[") { return try characterClass(depth: depth + 1) }
        let start = index
        if looksAt("\\"), index + 1 < scalars.count, "dDsSwWpP".unicodeScalars.contains(scalars[index + 1]) {
            try countClassPart()
            return try escapedSet()
        }
        let first = try classScalar()
        guard looksAt("-"), !looksAt("--"), index + 1 < scalars.count, scalars[index + 1] != "]" else {
            return .one(first, folded: flags.ignoresCase)
        }
        index += 1
        let last = try classScalar()
        guard first <= last else {
            index = start
            throw error("invalid character class range")
        }
        return .span(first, last, folded: flags.ignoresCase)
    }

    private mutating func classScalar() throws(LinearRegexError) -> Unicode.Scalar {
        guard let scalar = current else { throw error("unclosed character class") }
        index += 1
        guard scalar == "\\" else { return scalar }
        if take("b") { throw error("word boundaries have no place in a class") }
        return try escapedScalar()
    }

    private mutating func posixClass() -> ScalarSet? {
        let start = index
        index += 2
        let isNegated = take("^")
        var name = ""
        while let scalar = current, scalar != ":", scalar != "]" {
            name.unicodeScalars.append(scalar)
            index += 1
        }
        guard take(":]"), let set = ScalarProperties.posix(name) else {
            index = start
            return nil
        }
        return isNegated ? .complement(set) : set
    }
}
