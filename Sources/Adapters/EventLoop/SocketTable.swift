import CLinux
import Glibc

/// What is told when something happens on a descriptor.
@NetworkActor
protocol SocketObserver: AnyObject {
    var descriptor: Int32 { get }
    func handle(_ event: apus_socket_event)
    /// Called a few times a second with the monotonic time.
    func tick(_ now: MonotonicTime)
}

/// Every open socket, by descriptor, and the pump that tells each what happened.
@NetworkActor
enum SocketTable {
    private static let tick: Int32 = 250

    private static var observers: [any SocketObserver & AnyObject] = []
    private static var places: [Int32: (index: Int, tag: UInt32)] = [:]
    private static var nextTag: UInt32 = 1
    private static var isPumping = false

    /// - Parameter bringsWork: Whether new work comes over the socket, which waits for what has begun.
    static func add(_ observer: any SocketObserver, bringsWork: Bool) throws(SocketError) {
        nextTag &+= 1
        let loop = NetworkActor.shared.loop
        let code = apus_poller_add(bringsWork ? loop.second : loop.poller, observer.descriptor, nextTag)
        guard code == 0 else { throw .system(-code) }
        places[observer.descriptor] = (observers.count, nextTag)
        observers.append(observer)
        guard !isPumping else { return }
        isPumping = true
        NetworkActor.task { await pump() }
    }

    /// Forgets the observer and closes its descriptor.
    static func close(_ observer: any SocketObserver) {
        guard let place = places.removeValue(forKey: observer.descriptor), let last = observers.popLast() else {
            return
        }
        if last !== observer {
            observers[place.index] = last
            places[last.descriptor]?.index = place.index
        }
        Glibc.close(observer.descriptor)
    }

    private static func pump() async {
        var lastTick = MonotonicTime.now
        while true {
            let wait = observers.isEmpty ? -1 : tick
            let events = await withUnsafeContinuation {
                NetworkActor.shared.loop.whenSocketsAreReady(within: wait, resume: $0)
            }
            for event in events {
                // A number that was closed and given out anew in the same turn has another tag.
                if let place = places[event.socket], place.tag == event.tag { observers[place.index].handle(event) }
            }
            let now = MonotonicTime.now
            guard now.milliseconds - lastTick.milliseconds >= Int64(tick) else { continue }
            lastTick = now
            for observer in observers { observer.tick(now) }
        }
    }
}
