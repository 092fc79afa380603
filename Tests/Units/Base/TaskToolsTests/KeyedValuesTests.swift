import Synchronization
import Testing

@testable import TaskTools

struct KeyedValuesTests {
    @Test func aValueIsMadeOnceForEachKey() {
        let made = Mutex<[String]>([])
        let values = KeyedValues { key in
            made.withLock { $0.append(key) }
            return key + "!"
        }
        #expect(values["a"] == "a!" && values["b"] == "b!" && values["a"] == "a!")
        #expect(made.withLock { $0 } == ["a", "b"])
    }

    @Test func noMoreAreKeptThanMayBe() {
        let made = Mutex(0)
        let values = KeyedValues(most: 2) { _ in made.withLock { $0 += 1 } }
        for key in ["a", "b", "c", "a"] { values[key] }
        #expect(made.withLock { $0 } == 4)
    }
}
