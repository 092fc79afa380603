#ifndef APUS_SOCKETS_H
#define APUS_SOCKETS_H

#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// What happened on a watched socket.
typedef struct {
    int32_t socket;
    /// The tag that the socket was added with.
    uint32_t tag;
    /// Bytes or a new connection can be read, or the end of the stream.
    uint8_t readable;
    uint8_t writable;
    /// The peer has closed its side, or the connection is broken.
    uint8_t peer_gone;
} apus_socket_event;

/// A poller (epoll). Returns its descriptor, or the negated errno.
int apus_poller_open(void);

/// Watches a socket for everything, each change once (edge-triggered). The tag tells a socket from an earlier one
/// with the same number. Returns 0, or the negated errno.
int apus_poller_add(int poller, int socket, uint32_t tag);

/// A second poller whose sockets are looked at when nothing happened on those of the first, or when `takes_both` says
/// so. Returns its descriptor, or the negated errno.
int apus_poller_open_second(int poller);

/// Waits until something happens or the time is up; -1 waits for ever. `wake` is a descriptor whose readability
/// only ends the wait. Returns the number of events, 0 after a signal too.
int apus_poller_wait(
    int poller, int second, int wake, int takes_both, apus_socket_event *events, int capacity, int milliseconds);

/// A descriptor that ends a poller's wait from any thread; it is watched at once. Negated errno on failure.
int apus_poller_add_wake(int poller);

/// Ends the wait.
void apus_poller_wake(int wake);

/// Watches a descriptor for what is wanted for as long as it is there (level-triggered); wanting nothing ends it.
/// Returns 0, or the negated errno.
int apus_poller_want(int poller, int descriptor, int readable, int writable);

/// Waits like apus_poller_wait, on one poller whose descriptors were added with apus_poller_want.
int apus_poller_wait_wanted(int poller, int wake, apus_socket_event *events, int capacity, int milliseconds);

/// Who is at the other end of a connection.
typedef struct {
    /// The IPv4 address in dotted form, also of a peer that reached an IPv6 socket by one; empty for others.
    char text[16];
    /// The same for all who share a network that one person has: an IPv4 address, or an IPv6 prefix of 64 bits.
    uint64_t network;
} apus_peer;

/// Whether somebody waits to be accepted.
int apus_has_waiting(int listener);

/// Accepts a connection: non-blocking, without delay for small writes.
/// Returns the socket, or the negated errno; -EAGAIN when nobody is waiting.
int apus_accept(int listener, apus_peer *peer);

/// Begins to connect to an IPv4 address. Returns the socket, connected or connecting, or the negated errno.
int apus_connect(const char *address, uint16_t port);

/// Whether a socket is connected to itself, as happens when nobody listens on a port that the system then chooses for
/// the caller's end.
int apus_is_connected_to_itself(int socket);

/// The pending error of a socket, 0 when there is none.
int apus_socket_error(int socket);

/// Makes a descriptor non-blocking.
int apus_set_nonblocking(int descriptor);

/// Sends from two buffers in one call, never raising SIGPIPE. Returns the count, or the negated errno.
ssize_t apus_send_two(
    int socket, const void *_Nullable first, size_t first_count, const void *_Nullable second, size_t second_count);

/// The first byte that can be received, which stays where it is: 0 to 255, or the negated errno; -ENODATA at the end of
/// the stream.
int apus_peek(int socket);

/// How many bytes that were sent the peer has not acknowledged; 0 when that cannot be told.
int apus_unacknowledged(int socket);

/// How many descriptors this process may have.
int apus_descriptor_limit(void);

/// Receives. Returns the count, 0 at the end of the stream, or the negated errno.
ssize_t apus_receive(int socket, void *buffer, size_t capacity);

#pragma clang assume_nonnull end

#endif
