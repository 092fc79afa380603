#define _GNU_SOURCE
#include "apus_tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// The largest content of a record (RFC 8446, section 5.1).
enum { RECORD = 16384 };

struct apus_tls_context {
    SSL_CTX *context;
    BIO_METHOD *sockets;
};

struct apus_tls_session {
    SSL *ssl;
    int socket;
    int is_at_end;
    // After an error of the protocol nothing may be sent any more.
    int is_broken;
};

// Between OpenSSL and the socket: its own way would raise SIGPIPE.

static int socket_write(BIO *bio, const char *bytes, int count) {
    apus_tls_session *session = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t sent;
    do sent = send(session->socket, bytes, (size_t)count, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
    return (int)sent;
}

static int socket_read(BIO *bio, char *bytes, int capacity) {
    apus_tls_session *session = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t got;
    do got = recv(session->socket, bytes, (size_t)capacity, 0);
    while (got < 0 && errno == EINTR);
    if (got == 0) session->is_at_end = 1;
    if (got < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
    return (int)got;
}

static long socket_control(BIO *bio, int command, long number, void *pointer) {
    (void)number;
    (void)pointer;
    apus_tls_session *session = BIO_get_data(bio);
    if (command == BIO_CTRL_EOF) return session->is_at_end;
    return command == BIO_CTRL_FLUSH;
}

/// Keys with a password are refused; the library would ask at the terminal.
static int no_password(char *buffer, int capacity, int is_writing, void *context) {
    (void)buffer;
    (void)capacity;
    (void)is_writing;
    (void)context;
    return -1;
}

static int use(SSL_CTX *context, const void *certificate, size_t certificate_count, const void *key, size_t key_count) {
    if (certificate_count > INT_MAX || key_count > INT_MAX) return 0;
    BIO *text = BIO_new_mem_buf(certificate, (int)certificate_count);
    X509 *leaf = text == NULL ? NULL : PEM_read_bio_X509(text, NULL, NULL, NULL);
    int is_good = leaf != NULL && SSL_CTX_use_certificate(context, leaf) == 1;
    X509_free(leaf);
    while (is_good) {
        X509 *next = PEM_read_bio_X509(text, NULL, NULL, NULL);
        if (next == NULL) break;
        // Owned by the context when it succeeds.
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            is_good = 0;
        }
    }
    BIO_free(text);
    if (!is_good) return 0;
    text = BIO_new_mem_buf(key, (int)key_count);
    EVP_PKEY *secret = text == NULL ? NULL : PEM_read_bio_PrivateKey(text, NULL, no_password, NULL);
    BIO_free(text);
    is_good = secret != NULL && SSL_CTX_use_PrivateKey(context, secret) == 1 && SSL_CTX_check_private_key(context) == 1;
    EVP_PKEY_free(secret);
    return is_good;
}

apus_tls_context *apus_tls_context_make(
    const void *certificate, size_t certificate_count, const void *key, size_t key_count) {
    apus_tls_context *made = calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    made->context = SSL_CTX_new(TLS_server_method());
    made->sockets = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "apus socket");
    int is_good = made->context != NULL && made->sockets != NULL && BIO_meth_set_write(made->sockets, socket_write)
        && BIO_meth_set_read(made->sockets, socket_read) && BIO_meth_set_ctrl(made->sockets, socket_control)
        && use(made->context, certificate, certificate_count, key, key_count);
    // The end of the list of certificates, and whatever was wrong, are in the queue of this thread.
    ERR_clear_error();
    if (!is_good) {
        apus_tls_context_free(made);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(made->context, TLS1_2_VERSION);
    SSL_CTX_set_session_cache_mode(made->context, SSL_SESS_CACHE_OFF);
    // HTTP says itself where its messages end, so a connection may end without TLS saying so.
    SSL_CTX_set_options(made->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(
        made->context,
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return made;
}

void apus_tls_context_free(apus_tls_context *context) {
    SSL_CTX_free(context->context);
    BIO_meth_free(context->sockets);
    free(context);
}

apus_tls_session *apus_tls_session_make(apus_tls_context *context, int socket) {
    apus_tls_session *session = calloc(1, sizeof *session);
    if (session == NULL) return NULL;
    session->socket = socket;
    session->ssl = SSL_new(context->context);
    BIO *bio = session->ssl == NULL ? NULL : BIO_new(context->sockets);
    if (bio == NULL) {
        SSL_free(session->ssl);
        free(session);
        ERR_clear_error();
        return NULL;
    }
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    // Owned by the session, once for reading and once for writing.
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_accept_state(session->ssl);
    return session;
}

void apus_tls_session_free(apus_tls_session *session) {
    SSL_free(session->ssl);
    free(session);
}

/// What a call that did not succeed means: 0 for the end of the stream, or the negated errno.
static ssize_t reason(apus_tls_session *session, int result) {
    int code = errno;
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL:
        session->is_broken = 1;
        if (session->is_at_end) return 0;
        return code == 0 || code == EAGAIN ? -EPROTO : -code;
    default:
        session->is_broken = 1;
        return session->is_at_end ? 0 : -EPROTO;
    }
}

ssize_t apus_tls_receive(apus_tls_session *session, void *buffer, size_t capacity) {
    if (session->is_broken) return session->is_at_end ? 0 : -EPROTO;
    ERR_clear_error();
    errno = 0;
    int got = SSL_read(session->ssl, buffer, capacity > INT_MAX ? INT_MAX : (int)capacity);
    return got > 0 ? got : reason(session, got);
}

ssize_t apus_tls_send(
    apus_tls_session *session, const void *first, size_t first_count, const void *second, size_t second_count) {
    if (session->is_broken) return -EPIPE;
    size_t sent = 0, total = first_count + second_count;
    while (sent < total) {
        const unsigned char *from;
        size_t count;
        unsigned char record[RECORD];
        if (sent >= first_count) {
            from = (const unsigned char *)second + (sent - first_count);
            count = total - sent;
        } else if (first_count - sent >= RECORD || second_count == 0) {
            from = (const unsigned char *)first + sent;
            count = first_count - sent;
        } else {
            // A head and the beginning of its body make one record.
            size_t head = first_count - sent;
            size_t rest = second_count < RECORD - head ? second_count : RECORD - head;
            memcpy(record, (const unsigned char *)first + sent, head);
            memcpy(record + head, second, rest);
            from = record;
            count = head + rest;
        }
        // A record at a time: what is offered again after a wait has to have the length that it had.
        if (count > RECORD) count = RECORD;
        ERR_clear_error();
        errno = 0;
        int written = SSL_write(session->ssl, from, (int)count);
        if (written <= 0) {
            ssize_t code = reason(session, written);
            if (sent > 0 && code == -EAGAIN) return (ssize_t)sent;
            return code == 0 ? -EPIPE : code;
        }
        sent += (size_t)written;
    }
    return (ssize_t)sent;
}

void apus_tls_end(apus_tls_session *session) {
    if (session->is_broken || !SSL_is_init_finished(session->ssl)) return;
    ERR_clear_error();
    SSL_shutdown(session->ssl);
    ERR_clear_error();
}
