/// A pattern of LIKE: `%` any run, `_` any character, `[a-c]` and `[^a-c]` sets, an escape character before a literal.
struct LikePattern {
    private enum Piece {
        case run
        case any
        case literal(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], negated: Bool)
    }

    /// Longest pattern that is taken, in bytes.
    static let maximumLength = 4096

    private var pieces: [Piece] = []

    init(_ pattern: String, escape: Unicode.Scalar?) {
        let text = Array(pattern.unicodeScalars)
        var index = 0
        while index < text.count {
            let scalar = text[index]
            index += 1
            if scalar == escape, index < text.count {
                pieces.append(.literal(text[index]))
                index += 1
            } else if scalar == "%" {
                pieces.append(.run)
            } else if scalar == "_" {
                pieces.append(.any)
            } else if scalar == "[", let end = text[index...].firstIndex(of: "]"), end > index {
                pieces.append(Self.set(text[index..<end]))
                index = end + 1
            } else {
                pieces.append(.literal(scalar))
            }
        }
    }

    private static func set(_ text: ArraySlice<Unicode.Scalar>) -> Piece {
        let negated = text.first == "^"
        let scalars = Array(negated ? text.dropFirst() : text)
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        var index = 0
        while index < scalars.count {
            if index + 2 < scalars.count, scalars[index + 1] == "-", scalars[index] <= scalars[index + 2] {
                ranges.append(scalars[index]...scalars[index + 2])
                index += 3
            } else {
                ranges.append(scalars[index]...scalars[index])
                index += 1
            }
        }
        return .set(ranges, negated: negated)
    }

    /// Whether the whole text matches. The time is at most the product of the lengths: only the last `%` is ever tried
    /// again.
    func matches(_ value: String) -> Bool {
        let text = Array(value.unicodeScalars)
        var place = 0
        var piece = 0
        var retry: (piece: Int, place: Int)?
        while place < text.count {
            if piece < pieces.count, case .run = pieces[piece] {
                retry = (piece, place)
                piece += 1
            } else if piece < pieces.count, Self.accepts(pieces[piece], text[place]) {
                piece += 1
                place += 1
            } else if let last = retry {
                retry = (last.piece, last.place + 1)
                piece = last.piece + 1
                place = last.place + 1
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { if case .run = $0 { true } else { false } }
    }

    private static func accepts(_ piece: Piece, _ scalar: Unicode.Scalar) -> Bool {
        switch piece {
        case .run, .any: true
        case .literal(let expected): scalar == expected
        case .set(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
        }
    }
}
