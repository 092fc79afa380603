// The measure of "direct": a custom handler in C that does as little as HTTP allows. `apus-bench functions` calls it by
// itself and through functions-host; the difference is the host. For `apus-bench models` it stands in as the model.
//
// GET /api/hello answers a short text, POST /<FunctionName> an empty envelope, GET /api/stream server-sent events:
// one at once and then EVENTS_PER_SECOND of them, each holding the monotonic time in nanoseconds at which it was sent.
// POST /v1/chat/completions is the same in OpenAI's form, POST /short/... a whole short answer, POST /fail/... a 503.
// GET /streams tells how many streams are open.
// `bench-handler streams PORT COUNT SECONDS [chat]` is the other end of them.
#define _GNU_SOURCE
#include "streams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_PER_SECOND = 5, SLOTS = 200, MAX_SOCKETS = 16384, INPUT = 16384 };

typedef struct {
    char *input;
    size_t filled;
    int is_stream;
    // Events in OpenAI's form.
    int is_model;
} connection;

static connection connections[MAX_SOCKETS];
static int poller;

static void drop(int socket) {
    free(connections[socket].input);
    memset(&connections[socket], 0, sizeof(connection));
    close(socket);
}

static void answer(int socket, const char *text) {
    size_t length = strlen(text);
    if (send(socket, text, length, MSG_NOSIGNAL) != (ssize_t)length) drop(socket);
}

static void send_event(int socket) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char event[128], chunk[160];
    const char *form = connections[socket].is_model
        ? "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"t%lld \"}}]}\n\n" : "data: \"t%lld\"\n\n";
    int count = snprintf(event, sizeof event, form, (long long)now.tv_sec * 1000000000LL + now.tv_nsec);
    snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", count, event);
    answer(socket, chunk);
}

static int open_streams(void) {
    int count = 0;
    for (int socket = 0; socket < MAX_SOCKETS; socket++) count += connections[socket].is_stream;
    return count;
}

static void respond(int socket, const char *head) {
    if (strncmp(head, "GET /streams", 12) == 0) {
        char text[128];
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n%05d",
                 open_streams());
        answer(socket, text);
    } else if (strncmp(head, "POST /fail", 10) == 0) {
        answer(socket, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    } else if (strncmp(head, "POST /short", 11) == 0) {
        answer(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 77\r\n\r\n"
                       "data: {\"choices\":[{\"delta\":{\"content\":\"Short.\"},\"finish_reason\":\"stop\"}]}  \n\n");
    } else if (strncmp(head, "GET /api/stream", 15) == 0 || strncmp(head, "POST /v1/chat", 13) == 0) {
        connections[socket].is_model = head[0] == 'P';
        answer(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        connections[socket].is_stream = 1;
        if (connections[socket].input) send_event(socket);
    } else if (strncmp(head, "POST /", 6) == 0) {
        answer(socket, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 66\r\n\r\n"
                       "{\"Outputs\":{\"res\":{\"statusCode\":200,\"body\":\"Hello from a bench\"}}}");
    } else {
        answer(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\nHello from a bench");
    }
}

// Takes whole requests off the input. Bodies are skipped; the host sends them with a length.
static void take_requests(int socket) {
    connection *peer = &connections[socket];
    while (peer->input != NULL && peer->filled > 0) {
        peer->input[peer->filled] = 0;
        char *end = strstr(peer->input, "\r\n\r\n");
        if (end == NULL) {
            if (peer->filled >= INPUT - 1) drop(socket);
            return;
        }
        char *length = strcasestr(peer->input, "content-length:");
        size_t body = length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0;
        size_t total = (size_t)(end + 4 - peer->input) + body;
        if (total >= INPUT) return drop(socket);
        if (peer->filled < total) return;
        char head[32];
        snprintf(head, sizeof head, "%.31s", peer->input);
        char *line = memchr(peer->input, '\r', peer->filled);
        int closes = line != NULL && line - peer->input > 8 && memcmp(line - 8, "HTTP/1.0", 8) == 0;
        peer->filled -= total;
        memmove(peer->input, peer->input + total, peer->filled);
        respond(socket, head);
        if (closes) return drop(socket);
    }
}

static void serve(int socket) {
    connection *peer = &connections[socket];
    while (peer->input != NULL) {
        ssize_t count = recv(socket, peer->input + peer->filled, INPUT - 1 - peer->filled, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return drop(socket);
        size_t room = INPUT - 1 - peer->filled;
        peer->filled += (size_t)count;
        take_requests(socket);
        if ((size_t)count < room) return;
    }
}

static void watch(int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
}

int main(int count_of_arguments, char **arguments) {
    if (count_of_arguments >= 5 && strcmp(arguments[1], "streams") == 0) {
        return read_streams(atoi(arguments[2]), atoi(arguments[3]), atoi(arguments[4]), count_of_arguments > 5);
    }
    const char *port = getenv("FUNCTIONS_CUSTOMHANDLER_PORT");
    if (port == NULL) {
        fprintf(stderr, "bench-handler: FUNCTIONS_CUSTOMHANDLER_PORT is not set\n");
        return 64;
    }
    struct rlimit files = {MAX_SOCKETS, MAX_SOCKETS};
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(EPOLL_CLOEXEC);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&name, sizeof name) != 0 || listen(listener, 4096) != 0) {
        perror("bench-handler");
        return 1;
    }
    // Streams are spread over the slots of a fifth of a second, so that their events do not come all at once.
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    long tick = 1000000000L / EVENTS_PER_SECOND / SLOTS;
    struct itimerspec times = {{0, tick}, {0, tick}};
    timerfd_settime(timer, 0, &times, NULL);
    watch(listener);
    watch(timer);
    int slot = 0;
    while (1) {
        struct epoll_event events[256];
        int count = epoll_wait(poller, events, 256, -1);
        for (int index = 0; index < count; index++) {
            int descriptor = events[index].data.fd;
            if (descriptor == listener) {
                int peer;
                while ((peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                    if (peer >= MAX_SOCKETS) {
                        close(peer);
                        continue;
                    }
                    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                    connections[peer].input = malloc(INPUT);
                    watch(peer);
                }
            } else if (descriptor == timer) {
                uint64_t expired = 0;
                if (read(timer, &expired, sizeof expired) < 0) continue;
                for (uint64_t turn = 0; turn < expired; turn++, slot = (slot + 1) % SLOTS) {
                    for (int peer = slot; peer < MAX_SOCKETS; peer += SLOTS) {
                        if (connections[peer].is_stream) send_event(peer);
                    }
                }
            } else {
                serve(descriptor);
            }
        }
    }
}
