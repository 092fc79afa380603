import Postgres

/// What the chats of one arm of a trial came to.
public struct ArmOutcomes: Sendable, Equatable {
    /// What is compared; each chat counts once, with the mean of its answers.
    public enum Figure: String, Sendable, CaseIterable {
        /// Of the answers that were rated, those that somebody called helpful.
        case helpful
        /// Of the sentences with citations, those that the passages bear out.
        case supported
        /// Of the answers, those that found nothing in the documents.
        case refused
        /// Of the answers, those that broke off, or that another model had to give.
        case failed
        /// US dollars of an answer.
        case cost
        /// From question to end.
        case milliseconds

        var columns: String {
            """
            count(\(rawValue)) AS \(rawValue)_count, coalesce(sum(\(rawValue)), 0) AS \(rawValue)_sum,
            coalesce(sum(\(rawValue) * \(rawValue)), 0) AS \(rawValue)_squares
            """
        }
    }

    /// Values of chats: how many, their sum, and the sum of their squares.
    public struct Sums: Sendable, Equatable {
        public let count: Int
        public let sum: Double
        public let squares: Double

        /// Sums of values.
        public init(count: Int, sum: Double, squares: Double) {
            (self.count, self.sum, self.squares) = (count, sum, squares)
        }
    }

    public let chats: Int
    public let answers: Int
    /// Answers that somebody rated.
    public let rated: Int
    public let sums: [Figure: Sums]

    /// Outcomes of so many chats and answers.
    public init(chats: Int, answers: Int, rated: Int, sums: [Figure: Sums]) {
        (self.chats, self.answers, self.rated, self.sums) = (chats, answers, rated, sums)
    }

    init(_ row: PostgresRow) throws {
        var sums: [Figure: Sums] = [:]
        for figure in Figure.allCases {
            let name = figure.rawValue
            sums[figure] = Sums(
                count: try row.int(name + "_count"), sum: try row.double(name + "_sum"),
                squares: try row.double(name + "_squares"))
        }
        self.init(
            chats: try row.int("chats"), answers: try row.int("answers"), rated: try row.int("rated"), sums: sums)
    }
}
