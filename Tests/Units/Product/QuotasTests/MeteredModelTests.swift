import Catalog
import HTTPMessages
import Problems
import Testing

@testable import Models
@testable import Quotas

/// What a request to a model may take, given what is left, and how that is said.
@Suite struct MeteredModelTests {
    private static func standing(
        _ metric: QuotaMetric, amount: Double, used: Double, reserved: Double = 0
    ) -> QuotaStanding {
        QuotaStanding(
            holder: .person, metric: metric, amount: amount, used: used, reserved: reserved, secondsLeft: 90_000)
    }

    private static func wanted(_ most: Int, price: (input: Double, output: Double)? = nil) -> WantedTokens {
        var request = ModelRequest([ModelMessage(.user, String(repeating: "a", count: 288))])
        request.maximumTokens = most
        var settings = ModelSettings()
        settings.price = price.map { .init(input: $0.input, output: $0.output, cached: $0.input) }
        return WantedTokens(request, settings)
    }

    @Test func whereEnoughIsLeftNothingIsCutShort() throws {
        let wanted = Self.wanted(500)
        #expect(wanted.prompt == 100)
        #expect(try wanted.granted([], least: 128) == 500)
        #expect(try wanted.granted([Self.standing(.tokensPerMonth, amount: 10_000, used: 0)], least: 128) == 500)
        #expect(wanted.use(500).tokens == 600 && wanted.use(500).cost == 0)
    }

    @Test func theAnswerGetsWhatThePromptLeaves() throws {
        let standing = Self.standing(.tokensPerMonth, amount: 1000, used: 500, reserved: 200)
        #expect(try Self.wanted(500).granted([standing], least: 128) == 200)
        #expect(throws: QuotaExceeded.self) { try Self.wanted(500).granted([standing], least: 201) }
    }

    /// Somebody who wants little gets it, however little that is.
    @Test func aShortAnswerNeedsNoMoreThanItself() throws {
        let standing = Self.standing(.tokensPerMonth, amount: 130, used: 0)
        #expect(try Self.wanted(30).granted([standing], least: 128) == 30)
        #expect(throws: QuotaExceeded.self) { try Self.wanted(31).granted([standing], least: 128) }
    }

    @Test func moneyLimitsTheAnswerByItsPrice() throws {
        // 100 tokens of a prompt at a cent each leave one dollar of two for the answer: 50 tokens at two cents.
        let wanted = Self.wanted(500, price: (10_000, 20_000))
        let standing = Self.standing(.costPerMonth, amount: 2, used: 0)
        #expect(try wanted.granted([standing], least: 10) == 50)
        #expect(abs(wanted.use(50).cost - 2) < 1e-9)
        #expect(throws: QuotaExceeded.self) {
            try wanted.granted([Self.standing(.costPerMonth, amount: 2, used: 1.5)], least: 1)
        }
    }

    @Test func whatCostsNothingIsNotLimitedByMoney() throws {
        let standing = Self.standing(.costPerMonth, amount: 0, used: 0)
        #expect(try Self.wanted(500).granted([standing], least: 128) == 500)
        #expect(try Self.wanted(500, price: (0, 0)).granted([standing], least: 128) == 500)
    }

    @Test func amountsBeyondAllNumbersAreTaken() throws {
        let standing = Self.standing(.tokensPerMonth, amount: 1e300, used: 0)
        #expect(try Self.wanted(500).granted([standing], least: 128) == 500)
    }

    @Test(arguments: [
        (QuotaMetric.tokensPerMonth, 402, "Your limit of 10 tokens a month is used up"),
        (.costPerMonth, 402, "Your limit of 10 US dollars a month is used up"),
        (.questionsPerDay, 429, "Your limit of 10 questions a day is used up"),
        (.documents, 402, "Your limit of 10 documents leaves no room"),
        (.questionsPerMinute, 429, "Your limit of 10 questions a minute is used up for the moment"),
    ])
    func refusalsSayWhichLimitAndWhenItEnds(metric: QuotaMetric, status: Int, beginning: String) {
        let problem = QuotaExceeded(Self.standing(metric, amount: 10, used: 10)).problem
        #expect(problem.status.rawValue == status && problem.detail.hasPrefix(beginning))
        #expect(problem.headers["retry-after"] == "90000")
    }

    @Test(arguments: [(1, "a minute"), (90, "2 minutes"), (3601, "2 hours"), (3600, "an hour"), (200_000, "3 days")])
    func waitsAreRoundedUp(seconds: Int, words: String) {
        let error = QuotaExceeded(holder: .key, metric: .questionsPerDay, amount: 1.5, secondsLeft: seconds)
        #expect(error.problem.detail.contains("anew in \(words),"), "\(error.problem.detail)")
        #expect(error.problem.detail.hasPrefix("The key's limit of 1.5 questions"))
    }

    @Test func oneIsOne() {
        for metric in QuotaMetric.allCases {
            let detail = QuotaExceeded(holder: .workspace, metric: metric, amount: 1, secondsLeft: 5).problem.detail
            #expect(detail.hasPrefix("The workspace's limit of 1 \(metric.unit(1)) "))
            #expect(metric.unit(1) != metric.unit(2))
        }
    }

    @Test func eachGetsTheQuotasThatCountForThem() {
        let plan = QuotaPlan(quotas: [
            .init(subject: .workspace, metric: .documents, amount: 1),
            .init(subject: .members, metric: .questionsPerDay, amount: 2),
            .init(subject: .members, metric: .tokensPerMonth, amount: 3),
            .init(subject: .person("ann"), metric: .questionsPerDay, amount: 4),
            .init(subject: .key("k"), metric: .questionsPerDay, amount: 5),
        ])
        func amounts(_ person: String?, _ key: String?) -> [Double] {
            plan.applying(to: QuotaHolder(person: person, key: key)).map(\.amount)
        }
        #expect(amounts("ann", nil) == [1, 3, 4])
        #expect(amounts("ann", "k") == [1, 3, 4, 5])
        #expect(amounts("bob", "other") == [1, 2, 3])
        #expect(amounts(nil, nil) == [1])
    }
}
