import CEncoder
import Testing

/// The encoder's kernels against plain loops.
@Suite struct KernelTests {
    private static func numbers(_ count: Int, seed: UInt32) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(Int32(bitPattern: state)) / Float(Int32.max)
        }
    }

    private func near(_ found: [Float], _ expected: [Double], _ tolerance: Double = 1e-4) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs(Double($0) - $1) < tolerance }
    }

    // Sizes on both sides of a vector register's sixteen numbers.
    @Test(arguments: [1, 15, 16, 17, 48, 100, 384], [false, true])
    func normalisesLayers(count: Int, hasResidual: Bool) {
        let rows = 3
        var values = Self.numbers(rows * count, seed: 1)
        let residual = Self.numbers(rows * count, seed: 2)
        let (scale, shift) = (Self.numbers(count, seed: 3), Self.numbers(count, seed: 4))
        var expected: [Double] = []
        for row in 0..<rows {
            let x = (0..<count).map {
                Double(values[row * count + $0]) + (hasResidual ? Double(residual[row * count + $0]) : 0)
            }
            let mean = x.reduce(0, +) / Double(count)
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
            for place in 0..<count {
                expected.append(
                    (x[place] - mean) / (variance + 1e-12).squareRoot() * Double(scale[place]) + Double(shift[place]))
            }
        }
        apus_add_layer_norm(&values, hasResidual ? residual : nil, scale, shift, rows, count, 1e-12)
        // A single number has no variance, and what is left of it is rounding.
        if count > 1 { #expect(near(values, expected, 1e-3)) }
    }

    @Test(arguments: [1, 16, 384])
    func addsThreeEmbeddings(count: Int) {
        let parts = (1...3).map { Self.numbers(count, seed: $0) }
        var result = [Float](repeating: .nan, count: count)
        apus_embedding_sum(parts[0], parts[1], parts[2], &result, count)
        #expect(near(result, (0..<count).map { place in parts.reduce(0) { $0 + Double($1[place]) } }, 1e-6))
    }

    @Test(arguments: [
        (-6.0, -0.0), (-1, -0.15865525), (-0.5, -0.15426877), (0, 0), (0.5, 0.34573123), (1, 0.84134475),
        (3, 2.9959503),
    ])
    func appliesTheGELU(x: Double, expected: Double) {
        var values = [Float](repeating: Float(x), count: 19)
        apus_gelu(&values, values.count)
        #expect(near(values, [Double](repeating: expected, count: 19), 1e-5))
    }

    @Test(arguments: [
        (1.0 as Float, 0x3F80 as UInt16), (-2.5, 0xC020), (1.00390625, 0x3F80), (1.01171875, 0x3F82), (0, 0),
        (.infinity, 0x7F80), (3.1415927, 0x4049),
    ])
    func roundsToTheNearestEvenBFloat16(value: Float, bits: UInt16) {
        var result = [UInt16](repeating: 0xFFFF, count: 5)
        apus_to_bfloat16([Float](repeating: value, count: 5), &result, 5)
        #expect(result == [UInt16](repeating: bits, count: 5))
    }

    @Test(arguments: [1, 2, 7])
    func averagesToUnitLength(tokens: Int) {
        let count = 40
        let rows = Self.numbers(tokens * count, seed: 9)
        var result = [Float](repeating: .nan, count: count)
        apus_mean_unit(rows, tokens, count, &result)
        let mean = (0..<count).map { place in (0..<tokens).reduce(0.0) { $0 + Double(rows[$1 * count + place]) } }
        let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(near(result, mean.map { $0 / length }, 1e-5))
    }

    @Test(arguments: [1, 3, 20])
    func attendsToAllTokensOfEachHead(tokens: Int) {
        let (heads, hidden) = (2, 64)
        let size = hidden / heads
        let qkv = Self.numbers(tokens * 3 * hidden, seed: 11)
        func at(_ token: Int, _ part: Int, _ head: Int, _ place: Int) -> Double {
            Double(qkv[token * 3 * hidden + part * hidden + head * size + place])
        }
        var expected = [Double](repeating: 0, count: tokens * hidden)
        for head in 0..<heads {
            for token in 0..<tokens {
                let scores = (0..<tokens).map { other in
                    (0..<size).reduce(0.0) { $0 + at(token, 0, head, $1) * at(other, 1, head, $1) }
                        / Double(size).squareRoot()
                }
                let weights = scores.map { exponential($0 - (scores.max() ?? 0)) }
                let total = weights.reduce(0, +)
                for place in 0..<size {
                    expected[token * hidden + head * size + place] =
                        (0..<tokens).reduce(0.0) { $0 + weights[$1] / total * at($1, 2, head, place) }
                }
            }
        }
        var result = [Float](repeating: .nan, count: tokens * hidden)
        var scratch = [Float](repeating: 0, count: (size + 4) * ((tokens + 31) / 32 * 32))
        apus_attention(qkv, &result, &scratch, tokens, hidden, heads, 0, heads)
        #expect(near(result, expected, 1e-4))
    }

    /// The series; exact enough for the small numbers here.
    private func exponential(_ x: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for n in 1..<60 {
            term *= x / Double(n)
            sum += term
        }
        return sum
    }
}
