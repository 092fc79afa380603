/// How many answers a process writes, and how much of each.
struct RunningLimits: Sendable {
    /// Answers at once; whoever asks beyond that is told to come back.
    var answers = 4096
    /// Bytes of an answer's log; an answer that comes to more ends there, as one that is too long does.
    var logBytes = 4 << 20
    /// How old an event may get before it is written, unless there are `events` of them.
    var age = Duration.milliseconds(50)
    var events = 50
    /// Between two looks for what is to be written.
    var tick = Duration.milliseconds(20)
    /// Between two looks for answers that somebody has stopped or deleted.
    var look = Duration.milliseconds(250)
    /// Between two signs of life; the database waits for `CatalogDatabase.leaseSeconds`.
    var renewal = Duration.seconds(3)
    /// How long the end of an answer is tried to be written; then it is left to whoever ends abandoned answers.
    var patience = Duration.seconds(60)
    /// Events that stay in memory when they are written, for readers who are just about to take them.
    var kept = 4
    /// Time that answers have to be stored when the process ends.
    var farewell = Duration.seconds(5)
}
