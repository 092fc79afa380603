import FoundationEssentials
import Glibc

/// Vectors as embeddings of texts are: points around many centres in a space of few true dimensions, with noise in all
/// of them, scaled to unit length. The same in every run.
struct VectorData: Sendable {
    static let dimension = 384
    private static let latent = 32
    private static let centres = 1000

    /// `count` times `dimension` floats.
    let floats: [Float]
    let count: Int

    init(count: Int) {
        var generator = Gaussian(state: 42)
        let projection = (0..<Self.latent * Self.dimension).map { _ in generator.next() }
        let centres = (0..<Self.centres * Self.latent).map { _ in generator.next() }
        var floats = [Float](repeating: 0, count: count * Self.dimension)
        var point = [Float](repeating: 0, count: Self.latent)
        for row in 0..<count {
            let centre = Int(generator.uniform() * Double(Self.centres)) % Self.centres
            for axis in 0..<Self.latent { point[axis] = centres[centre * Self.latent + axis] + 0.6 * generator.next() }
            floats.withUnsafeMutableBufferPointer { all in
                projection.withUnsafeBufferPointer { projection in
                    let vector = UnsafeMutableBufferPointer(
                        rebasing: all[row * Self.dimension..<(row + 1) * Self.dimension])
                    for axis in 0..<Self.latent {
                        let weight = point[axis]
                        for column in 0..<Self.dimension {
                            vector[column] += weight * projection[axis * Self.dimension + column]
                        }
                    }
                    for column in 0..<Self.dimension { vector[column] += generator.next() }
                    var square: Float = 0
                    for value in vector { square += value * value }
                    let scale = 1 / square.squareRoot()
                    for column in 0..<Self.dimension { vector[column] *= scale }
                }
            }
        }
        self.floats = floats
        self.count = count
    }

    func vector(_ row: Int) -> ArraySlice<Float> { floats[row * Self.dimension..<(row + 1) * Self.dimension] }

    /// Queries near stored vectors, but none of them.
    func queries(_ number: Int) -> [[Float]] {
        var generator = Gaussian(state: 7)
        return (0..<number).map { _ in
            let row = Int(generator.uniform() * Double(count)) % count
            return vector(row).map { $0 + 0.02 * generator.next() }
        }
    }

    /// Rows of the nearest vectors among those that the filter takes, found by looking at each.
    func nearest(_ query: [Float], _ limit: Int, where matches: (Int) -> Bool) -> [Int] {
        let rows = (0..<count).filter(matches)
        let distances = rows.map { row in
            var sum: Float = 0
            floats.withUnsafeBufferPointer { all in
                for column in 0..<Self.dimension {
                    let difference = all[row * Self.dimension + column] - query[column]
                    sum += difference * difference
                }
            }
            return sum
        }
        return zip(rows, distances).sorted { $0.1 < $1.1 }.prefix(limit).map(\.0)
    }
}

/// Normally distributed numbers (Box and Muller) from SplitMix64.
private struct Gaussian {
    var state: UInt64
    private var spare: Float?

    init(state: UInt64) { self.state = state }

    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }

    mutating func next() -> Float {
        if let spare {
            self.spare = nil
            return spare
        }
        let radius = (-2 * Glibc.log(uniform() + 0x1p-60)).squareRoot()
        let angle = 2 * Double.pi * uniform()
        spare = Float(radius * Glibc.sin(angle))
        return Float(radius * Glibc.cos(angle))
    }
}
