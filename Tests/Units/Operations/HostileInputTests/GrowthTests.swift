import TestSupport
import Testing

/// Every input whose size is up to others is doubled: the work on it must not more than double, or it is refused before.
///
/// `GrowingInputs` lists the inputs. Whoever reads a new one adds it there.
@Suite(.serialized) struct GrowthTests {
    @Test(arguments: GrowingInputs.all)
    func twiceTheInputIsTwiceTheWork(input: GrowingInput) async throws {
        let ratio = try await Growth.ratio(from: input.start, most: input.most, input.prepare)
        #expect(ratio <= Growth.limit, "\(input) takes \(ratio) times as long when it is twice as large")
    }

    /// What measures the others has to see what it is for.
    @Test func workThatGrowsWithTheSquareIsNoticed() async throws {
        let ratio = try await Growth.ratio(from: 64, most: 1 << 20) { size in
            let list = (0..<size).map { $0 &* 7919 }
            return { @Sendable in
                var sum = 0
                for one in list { for other in list where one == other &+ 1 { sum &+= 1 } }
                blackHole(sum)
            }
        }
        #expect(ratio > Growth.limit)
    }
}

/// An input that others decide the size of.
struct GrowingInput: Sendable, CustomTestStringConvertible {
    let name: String
    var start = 256
    /// The largest size that is let in at all, or that is of any use.
    var most = 1 << 22
    /// Makes an input of a size, and returns the work on it.
    let prepare: @Sendable (Int) throws -> @Sendable () async throws -> Void

    var testDescription: String { name }

    init(
        _ name: String, from start: Int = 256, most: Int = 1 << 22,
        _ prepare: @escaping @Sendable (Int) throws -> @Sendable () async throws -> Void
    ) {
        self.name = name
        self.start = start
        self.most = most
        self.prepare = prepare
    }
}

/// Keeps the compiler from leaving out what nobody uses.
@inline(never) func blackHole<Value>(_ value: Value) { withExtendedLifetime(value) {} }
