import MatrixProducts
import TestSupport
import Testing

/// Products against plain loops.
@Suite struct LinearLayerTests {
    /// Numbers between -1 and 1 that are the same in every run.
    private static func numbers(_ count: Int, seed: UInt32) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(Int32(bitPattern: state)) / Float(Int32.max)
        }
    }

    /// y = x · Wᵀ + b, perhaps with a GELU, one number after the other.
    private static func reference(
        _ input: [Float], _ weights: [Float], _ bias: [Float], rows: Int, gelu: Bool
    ) -> [Float] {
        let (outputs, inputs) = (bias.count, weights.count / bias.count)
        var result: [Float] = []
        for row in 0..<rows {
            for output in 0..<outputs {
                var sum = Double(bias[output])
                for place in 0..<inputs {
                    sum += Double(input[row * inputs + place]) * Double(weights[output * inputs + place])
                }
                result.append(Float(gelu ? 0.5 * sum * (1 + erf(sum / 2.0.squareRoot())) : sum))
            }
        }
        return result
    }

    /// Abramowitz and Stegun, 7.1.5: the series, which is exact enough for |x| below 4.
    private static func erf(_ x: Double) -> Double {
        if abs(x) > 4 { return x > 0 ? 1 : -1 }
        var (term, sum) = (x, x)
        for n in 1..<80 {
            term *= -x * x / Double(n)
            sum += term / Double(2 * n + 1)
        }
        return sum * 2 / 1.772_453_850_905_516
    }

    private func product(
        _ input: [Float], _ weights: [Float], _ bias: [Float], rows: [Int], gelu: Bool = false, allCores: Bool = true
    ) throws -> [[Float]] {
        let (outputs, inputs) = (bias.count, weights.count / bias.count)
        let engine = try MatrixEngine()
        engine.usesAllCores = allCores
        let layer = try weights.withUnsafeBufferPointer { weights in
            try LinearLayer(
                engine: engine, weights: try #require(weights.baseAddress), bias: bias, inputs: inputs,
                outputs: outputs, precision: .float32, resultPrecision: .float32, appliesGELU: gelu)
        }
        return try rows.map { rows in
            let padded = LinearLayer.paddedRows(rows)
            var source = Array(input.prefix(rows * inputs))
            source += [Float](repeating: 0, count: (padded - rows) * inputs)
            var result = [Float](repeating: .nan, count: padded * outputs)
            try source.withUnsafeBytes { source in
                try result.withUnsafeMutableBytes { result in
                    try layer.apply(
                        try #require(source.baseAddress), try #require(result.baseAddress), rows: rows)
                }
            }
            return Array(result.prefix(rows * outputs))
        }
    }

    @Test(arguments: [(1, 8, 4), (3, 384, 384), (17, 48, 96), (5, 33, 7)])
    func multipliesAndAddsTheBias(rows: Int, inputs: Int, outputs: Int) throws {
        let input = Self.numbers(rows * inputs, seed: 1)
        let weights = Self.numbers(inputs * outputs, seed: 2)
        let bias = Self.numbers(outputs, seed: 3)
        let expected = Self.reference(input, weights, bias, rows: rows, gelu: false)
        for allCores in [true, false] {
            let found = try product(input, weights, bias, rows: [rows], allCores: allCores)[0]
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }

    @Test func appliesTheExactGELU() throws {
        let (rows, inputs, outputs) = (4, 16, 24)
        let input = Self.numbers(rows * inputs, seed: 4).map { $0 * 3 }
        let weights = Self.numbers(inputs * outputs, seed: 5)
        let bias = Self.numbers(outputs, seed: 6)
        let expected = Self.reference(input, weights, bias, rows: rows, gelu: true)
        let found = try product(input, weights, bias, rows: [rows], gelu: true)[0]
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test func everySizeOfBatchUsesTheSameWeights() throws {
        let (inputs, outputs) = (32, 16)
        let counts = [1, 16, 17, 255, 256, 257, 300, 600, 16, 1]
        let input = Self.numbers(600 * inputs, seed: 7)
        let weights = Self.numbers(inputs * outputs, seed: 8)
        let bias = Self.numbers(outputs, seed: 9)
        let expected = Self.reference(input, weights, bias, rows: 600, gelu: false)
        for (rows, found) in zip(counts, try product(input, weights, bias, rows: counts)) {
            #expect(found.count == rows * outputs)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(rows) rows")
        }
    }

    @Test(arguments: [
        (1, 16), (16, 16), (17, 32), (255, 256), (256, 256), (257, 512), (512, 512), (513, 768), (2048, 2048),
    ])
    func stepsAreFineForQuestionsAndCoarseForBatches(rows: Int, padded: Int) {
        #expect(LinearLayer.paddedRows(rows) == padded)
    }

    @Test func atMostTwentyThreeSizesAreKept() {
        #expect(Set((1...2048).map(LinearLayer.paddedRows)).count == 23)
    }

    @Test(.enabled(if: MatrixEngine.hasBFloat16, "needs a processor with bfloat16"))
    func bfloat16IsCloseEnough() throws {
        let (rows, inputs, outputs) = (4, 64, 32)
        let input = Self.numbers(rows * inputs, seed: 10)
        let weights = Self.numbers(inputs * outputs, seed: 11)
        let bias = Self.numbers(outputs, seed: 12)
        let layer = try weights.withUnsafeBufferPointer { weights in
            try LinearLayer(
                engine: try MatrixEngine(), weights: try #require(weights.baseAddress), bias: bias, inputs: inputs,
                outputs: outputs, precision: .bfloat16, resultPrecision: .float32, appliesGELU: false)
        }
        let padded = LinearLayer.paddedRows(rows)
        var source = input.map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) }
        source += [UInt16](repeating: 0, count: (padded - rows) * inputs)
        var result = [Float](repeating: .nan, count: padded * outputs)
        try source.withUnsafeBytes { source in
            try result.withUnsafeMutableBytes { result in
                try layer.apply(try #require(source.baseAddress), try #require(result.baseAddress), rows: rows)
            }
        }
        let expected = Self.reference(input, weights, bias, rows: rows, gelu: false)
        #expect(zip(result, expected).allSatisfy { abs($0 - $1) < 0.2 })
    }
}
