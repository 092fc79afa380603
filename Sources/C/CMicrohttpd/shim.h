#ifndef APUS_CMICROHTTPD_SHIM_H
#define APUS_CMICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#pragma clang assume_nonnull begin

// Called with the request target as sent, before the library decodes it.
typedef void *_Nullable (*apus_mhd_target_callback)(
    void *_Nullable context, const char *target, struct MHD_Connection *connection);

// MHD_start_daemon is variadic, which Swift cannot call. Poll mode only: the library's epoll
// mode stalls when exactly 128 events are ready.
/// Starts a daemon; with a key and a certificate (PEM) it speaks TLS. Without a listening socket (-1) it serves the
/// connections that are added to it.
static inline struct MHD_Daemon *_Nullable apus_mhd_start(
    int listen_socket, unsigned int threads, unsigned int connection_limit, unsigned int idle_seconds,
    size_t memory_per_connection, const char *_Nullable key, const char *_Nullable certificate,
    apus_mhd_target_callback target, MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed,
    void *_Nullable context) {
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem listens[] = {{MHD_OPTION_LISTEN_SOCKET, listen_socket, NULL}, {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    int encrypts = key != NULL && certificate != NULL;
    return MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | (encrypts ? MHD_USE_TLS : 0)
            | (listen_socket < 0 ? MHD_USE_NO_LISTEN_SOCKET : 0),
        0, NULL, NULL, handler, context, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT,
        connection_limit, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        memory_per_connection, MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_URI_LOG_CALLBACK, target,
        context, MHD_OPTION_ARRAY, encrypts ? tls : none, MHD_OPTION_ARRAY, listen_socket < 0 ? none : listens,
        MHD_OPTION_END);
}

/// Lets the daemon serve a connected socket, which it owns from then on, whatever is returned.
static inline int apus_mhd_add_connection(struct MHD_Daemon *daemon, int socket) {
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    if (getpeername(socket, (struct sockaddr *)&peer, &size) != 0) {
        close(socket);
        return 0;
    }
    return MHD_add_connection(daemon, socket, (struct sockaddr *)&peer, size) == MHD_YES;
}

// MHD_get_connection_info is variadic.
static inline int apus_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

static inline int apus_mhd_is_encrypted(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info != NULL && info->tls_session != NULL;
}

/// The peer's IPv4 address in host byte order; 0 when it has none.
static inline uint32_t apus_mhd_peer_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info == NULL || info->client_addr == NULL || info->client_addr->sa_family != AF_INET) return 0;
    return ntohl(((const struct sockaddr_in *)info->client_addr)->sin_addr.s_addr);
}

#pragma clang assume_nonnull end

#endif
