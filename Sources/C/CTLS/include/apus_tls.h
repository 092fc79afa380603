#ifndef APUS_TLS_H
#define APUS_TLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

// The server's side of TLS over non-blocking sockets, by OpenSSL's libssl. It is C because much of that library's
// interface is macros.

typedef struct apus_tls_context apus_tls_context;
typedef struct apus_tls_session apus_tls_session;

/// A certificate chain with its private key, both PEM; TLS 1.2 and 1.3. Returns NULL when they cannot be used or do not
/// belong together.
apus_tls_context *_Nullable apus_tls_context_make(
    const void *certificate, size_t certificate_count, const void *key, size_t key_count);

/// Frees the context; sessions that are there keep what they need of it.
void apus_tls_context_free(apus_tls_context *context);

/// A session over a connected socket that stays the caller's. The handshake is made while reading. Returns NULL without
/// memory.
apus_tls_session *_Nullable apus_tls_session_make(apus_tls_context *context, int socket);

/// Frees the session and leaves the socket open.
void apus_tls_session_free(apus_tls_session *session);

/// Receives. Returns the count, 0 at the end of the stream, or the negated errno: -EAGAIN until the socket can be read or
/// written again, -EPROTO for what is not TLS.
ssize_t apus_tls_receive(apus_tls_session *session, void *buffer, size_t capacity);

/// Sends from two buffers, one behind the other. Returns the count, or the negated errno. After -EAGAIN the same bytes
/// have to be offered again, since a record of them may be on its way.
ssize_t apus_tls_send(
    apus_tls_session *session, const void *_Nullable first, size_t first_count, const void *_Nullable second,
    size_t second_count);

/// Says that nothing more will be sent, as far as the socket takes it at once.
void apus_tls_end(apus_tls_session *session);

#pragma clang assume_nonnull end

#endif
