#define _GNU_SOURCE
#include "apus_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int apus_poller_open(void) {
    int descriptor = epoll_create1(EPOLL_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int apus_poller_add(int poller, int socket, uint32_t tag) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    event.data.u64 = (uint64_t)tag << 32 | (uint32_t)socket;
    return epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event) == 0 ? 0 : -errno;
}

int apus_poller_add_wake(int poller) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) return -errno;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = (uint32_t)descriptor};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0) return descriptor;
    int code = errno;
    close(descriptor);
    return -code;
}

void apus_poller_wake(int wake) {
    uint64_t one = 1;
    if (write(wake, &one, sizeof one) < 0) {}
}

int apus_poller_open_second(int poller) {
    int second = apus_poller_open();
    if (second < 0) return second;
    // Level-triggered: what is not taken now is reported again.
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint32_t)second};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, second, &event) == 0) return second;
    int code = errno;
    close(second);
    return -code;
}

static apus_socket_event described(const struct epoll_event *event) {
    uint32_t flags = event->events;
    int broken = (flags & (EPOLLERR | EPOLLHUP)) != 0;
    return (apus_socket_event){
        .socket = (int)(uint32_t)event->data.u64,
        .tag = (uint32_t)(event->data.u64 >> 32),
        .readable = broken || (flags & (EPOLLIN | EPOLLRDHUP)) != 0,
        .writable = broken || (flags & EPOLLOUT) != 0,
        .peer_gone = broken || (flags & EPOLLRDHUP) != 0,
    };
}

int apus_poller_wait(
    int poller, int second, int wake, int takes_both, apus_socket_event *events, int capacity, int milliseconds) {
    struct epoll_event got[64];
    int most = capacity < 64 ? capacity : 64;
    int count = epoll_wait(poller, got, most, milliseconds);
    int kept = 0, looks_at_second = 0;
    for (int index = 0; index < count; index++) {
        int socket = (int)(uint32_t)got[index].data.u64;
        // Edge-triggered: the counter need not be read, each write is a new edge.
        if (socket == wake) continue;
        if (socket == second) looks_at_second = 1;
        else events[kept++] = described(&got[index]);
    }
    if (!looks_at_second || (kept > 0 && !takes_both)) return kept;
    if (kept == most) return kept;
    count = epoll_wait(second, got, most - kept, 0);
    for (int index = 0; index < count; index++) events[kept++] = described(&got[index]);
    return kept;
}

static void send_at_once(int socket) {
    int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

int apus_poller_want(int poller, int descriptor, int readable, int writable) {
    struct epoll_event event = {.events = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0)};
    event.data.u64 = (uint32_t)descriptor;
    if (!readable && !writable) return epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, NULL) == 0 ? 0 : -errno;
    if (epoll_ctl(poller, EPOLL_CTL_MOD, descriptor, &event) == 0) return 0;
    if (errno != ENOENT) return -errno;
    return epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : -errno;
}

int apus_poller_wait_wanted(int poller, int wake, apus_socket_event *events, int capacity, int milliseconds) {
    struct epoll_event got[256];
    int count = epoll_wait(poller, got, capacity < 256 ? capacity : 256, milliseconds);
    int kept = 0;
    for (int index = 0; index < count; index++) {
        if ((int)(uint32_t)got[index].data.u64 == wake) {
            uint64_t number;
            (void)!read(wake, &number, sizeof number);
        } else {
            events[kept++] = described(&got[index]);
        }
    }
    return kept;
}

static void describe(const struct sockaddr_storage *address, apus_peer *peer) {
    *peer = (apus_peer){0};
    struct in_addr four;
    if (address->ss_family == AF_INET) {
        four = ((const struct sockaddr_in *)address)->sin_addr;
    } else if (address->ss_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (!IN6_IS_ADDR_V4MAPPED(six)) {
            memcpy(&peer->network, six->s6_addr, sizeof peer->network);
            return;
        }
        memcpy(&four, six->s6_addr + 12, sizeof four);
    } else {
        return;
    }
    peer->network = four.s_addr;
    inet_ntop(AF_INET, &four, peer->text, sizeof peer->text);
}

int apus_has_waiting(int listener) {
    struct pollfd item = {.fd = listener, .events = POLLIN};
    return poll(&item, 1, 0) > 0 && (item.revents & POLLIN) != 0;
}

int apus_accept(int listener, apus_peer *peer) {
    int descriptor;
    struct sockaddr_storage address = {0};
    socklen_t size;
    do {
        size = sizeof address;
        descriptor = accept4(listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (descriptor < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (descriptor < 0) return -errno;
    send_at_once(descriptor);
    describe(&address, peer);
    return descriptor;
}

int apus_connect(const char *address, uint16_t port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &name.sin_addr) != 1) return -EINVAL;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    send_at_once(descriptor);
    if (connect(descriptor, (struct sockaddr *)&name, sizeof name) == 0 || errno == EINPROGRESS) return descriptor;
    int code = errno;
    close(descriptor);
    return -code;
}

int apus_socket_error(int socket) {
    int code = 0;
    socklen_t size = sizeof code;
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) != 0) return errno;
    return code;
}

int apus_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : -errno;
}

ssize_t apus_send_two(int socket, const void *first, size_t first_count, const void *second, size_t second_count) {
    struct iovec parts[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int apus_peek(int socket) {
    unsigned char byte;
    ssize_t got;
    do got = recv(socket, &byte, 1, MSG_PEEK);
    while (got < 0 && errno == EINTR);
    return got == 1 ? byte : got == 0 ? -ENODATA : -errno;
}

int apus_unacknowledged(int socket) {
    int count = 0;
    return ioctl(socket, SIOCOUTQ, &count) == 0 ? count : 0;
}

int apus_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return INT_MAX;
    return (int)limit.rlim_cur;
}

ssize_t apus_receive(int socket, void *buffer, size_t capacity) {
    ssize_t got;
    do got = recv(socket, buffer, capacity, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int apus_is_connected_to_itself(int socket) {
    struct sockaddr_in own, peer;
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    if (getsockname(socket, (struct sockaddr *)&own, &own_size) != 0) return 0;
    if (getpeername(socket, (struct sockaddr *)&peer, &peer_size) != 0) return 0;
    return own.sin_port == peer.sin_port && own.sin_addr.s_addr == peer.sin_addr.s_addr;
}
