public import EventLoop
public import HTTPWire

/// What callers may take of a server: time, connections, bytes of a head. The defaults are those of every server.
public struct ServerLimits: Sendable {
    /// For a request's whole head, from its first byte on, a handshake of TLS included.
    public var headTime = Duration.seconds(30)
    /// Silence between requests, or in a head, after which a connection is closed.
    public var idleTime = Duration.seconds(75)
    /// How slowly a request's body may come while it is waited for: 240 bytes a second, over half a minute.
    public var bodyPace = Pace(bytes: 7200, in: .seconds(30))
    /// How slowly an answer may be read while there is no room for more of it: 240 bytes a second, over a minute.
    public var answerPace = Pace(bytes: 14_400, in: .seconds(60))
    /// Connections that may be open. When one more comes, the address with most connections that wait for their caller
    /// loses those that have waited longest.
    public var connections = 2000
    /// What a request's head may use up.
    public var head = MessageHead.Limits(
        startLine: 16_384, total: 65_536, fields: 256, takesBareLineFeed: false)
    /// How long work for a caller goes on that has closed its side: it may have sent all it wanted to say, and still read.
    public var closedTime = Duration.milliseconds(250)
    /// After an answer that came before its request's end: silence, time and bytes until the rest is no longer read.
    /// Closing with unread bytes resets the connection, and the caller would lose the answer that is on its way.
    public var lingerSilence = Duration.seconds(5)
    public var lingerTime = Duration.seconds(60)
    public var lingerBytes = 64 << 20

    /// The defaults.
    public init() {}
}
