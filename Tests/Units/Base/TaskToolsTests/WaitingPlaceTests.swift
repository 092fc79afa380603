import TaskTools
import Testing

/// Where one task waits, and only one.
@Suite struct WaitingPlaceTests {
    @Test func whoeverWaitsIsGivenBackOnce() {
        var place = WaitingPlace<Int>()
        #expect(!place.isTaken && place.clear() == nil)
        #expect(place.take(1) && place.isTaken)
        #expect(place.clear() == 1 && !place.isTaken && place.clear() == nil)
        #expect(place.take(2) && place.clear() == 2)
    }

    #if DEBUG
    @Test func aSecondOneIsAMistakeOfTheProgram() async {
        await #expect(processExitsWith: .failure) {
            var place = WaitingPlace<Int>()
            _ = place.take(1)
            _ = place.take(2)
        }
    }
    #else
    @Test func aSecondOneIsTurnedAwayAndTheFirstStays() {
        var place = WaitingPlace<Int>()
        #expect(place.take(1) && !place.take(2) && place.clear() == 1)
    }
    #endif
}
