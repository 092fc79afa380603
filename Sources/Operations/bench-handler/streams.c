#define _GNU_SOURCE
#include "streams.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 4 << 20 };

static double *delays;
static double *firsts;
static int delay_count, first_count;

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double quantile(double *values, int count, double share) {
    return count == 0 ? -1 : values[(int)(share * (count - 1))];
}

static const char *const plain_request = "GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static const char *const chat_request =
    "POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
    "Content-Length: 40\r\n\r\n{\"message\":\"Hello\",\"useDocuments\":false}";

static int open_stream(int port, int is_chat) {
    int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const char *request = is_chat ? chat_request : plain_request;
    if (peer < 0 || connect(peer, (struct sockaddr *)&name, sizeof name) != 0) return -1;
    return send(peer, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request) ? peer : -1;
}

// An event is smaller than a segment and sent by itself, so none is cut in two on loopback.
static void note_events(char *text, char *has_begun) {
    long long now = now_ns();
    for (char *place = text; (place = strstr(place, "\"t")) != NULL;) {
        place += 2;
        long long sent = atoll(place);
        if (sent == 0) continue;
        double delay = (double)(now - sent) / 1e6;
        if (!*has_begun) {
            firsts[first_count++] = delay;
            *has_begun = 1;
        } else if (delay_count < MAX_EVENTS) {
            delays[delay_count++] = delay;
        }
    }
}

int read_streams(int port, int count, int seconds, int is_chat) {
    struct rlimit files = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &files);
    delays = malloc(sizeof(double) * MAX_EVENTS);
    firsts = malloc(sizeof(double) * (size_t)(count + 1));
    char *begun = calloc(65536, 1);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (delays == NULL || firsts == NULL || begun == NULL || poller < 0) return 1;
    int opened = 0;
    long long end = 0;
    // The first ones each by itself: how soon a stream begins when there is nothing else to do.
    for (; opened < 100 && opened < count; opened++) {
        int peer = open_stream(port, is_chat);
        if (peer < 0) return 1;
        while (!begun[peer]) {
            char text[8192];
            ssize_t got = recv(peer, text, sizeof text - 1, 0);
            if (got <= 0) return 1;
            text[got] = 0;
            note_events(text, &begun[peer]);
        }
        struct epoll_event event = {.events = EPOLLIN, .data.fd = peer};
        epoll_ctl(poller, EPOLL_CTL_ADD, peer, &event);
    }
    qsort(firsts, (size_t)first_count, sizeof(double), ascending);
    double first = quantile(firsts, first_count, 0.5);
    while (end == 0 || now_ns() < end) {
        for (int batch = 0; batch < 4 && opened < count; batch++, opened++) {
            int peer = open_stream(port, is_chat);
            if (peer < 0 || peer >= 65536) {
                fprintf(stderr, "stream %d cannot be opened\n", opened);
                return 1;
            }
            struct epoll_event event = {.events = EPOLLIN, .data.fd = peer};
            epoll_ctl(poller, EPOLL_CTL_ADD, peer, &event);
        }
        // Delays count from the moment when all are there.
        if (opened == count && first_count == count && end == 0) {
            delay_count = 0;
            end = now_ns() + (long long)seconds * 1000000000LL;
        }
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, 10);
        for (int index = 0; index < ready; index++) {
            char text[8192];
            ssize_t got = recv(events[index].data.fd, text, sizeof text - 1, MSG_DONTWAIT);
            if (got <= 0) {
                fprintf(stderr, "a stream ended\n");
                return 1;
            }
            text[got] = 0;
            note_events(text, &begun[events[index].data.fd]);
        }
    }
    qsort(delays, (size_t)delay_count, sizeof(double), ascending);
    printf("{\"events\":%d,\"p50\":%f,\"p95\":%f,\"p99\":%f,\"first\":%f}\n", delay_count,
           quantile(delays, delay_count, 0.5), quantile(delays, delay_count, 0.95), quantile(delays, delay_count, 0.99),
           first);
    return 0;
}
