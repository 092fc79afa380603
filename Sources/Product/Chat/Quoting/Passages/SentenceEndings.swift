/// How a piece of text ends.
enum SentenceEndings {
    /// Whether it ends with a mark that ends sentences, in front of what closes after it.
    static func isTerminal(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> Bool {
        for scalar in scalars[range].reversed() {
            switch scalar {
            case ".", "!", "?", "…": return true
            case "\"", "'", ")", "]", "*", "_": continue
            default:
                switch scalar.properties.generalCategory {
                case .closePunctuation, .finalPunctuation, .initialPunctuation: continue
                default: return !scalar.isASCII && scalar.properties.isSentenceTerminal
                }
            }
        }
        return false
    }
}
