#define _GNU_SOURCE
#include "apus_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAITING_LIMIT = 1024, SECONDS_LIMIT = 30, TLS_HANDSHAKE = 0x16 };

struct apus_splitter {
    int listener;
    int stop;
    pthread_t thread;
    apus_splitter_callback deliver;
    void *context;
    struct pollfd polled[WAITING_LIMIT + 2];
    time_t since[WAITING_LIMIT + 2];
};

static time_t seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/// Hands a connection over by its first byte. Returns whether it is settled.
static int settle(apus_splitter *splitter, int socket) {
    unsigned char first;
    ssize_t count = recv(socket, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count == 1) {
        splitter->deliver(splitter->context, socket, first == TLS_HANDSHAKE);
        return 1;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    close(socket);
    return 1;
}

static void *run(void *argument) {
    apus_splitter *splitter = argument;
    nfds_t count = 2;
    splitter->polled[0] = (struct pollfd){.fd = splitter->stop, .events = POLLIN};
    for (;;) {
        // With no room left, new connections wait in the listener's queue.
        int accepts = count < WAITING_LIMIT;
        splitter->polled[1] = (struct pollfd){.fd = accepts ? splitter->listener : -1, .events = POLLIN};
        if (poll(splitter->polled, count, count > 2 ? 1000 : -1) < 0 && errno != EINTR) break;
        if (splitter->polled[0].revents != 0) break;
        time_t now = seconds_now();
        for (nfds_t index = 2; index < count;) {
            int done = splitter->polled[index].revents != 0 && settle(splitter, splitter->polled[index].fd);
            if (!done && now - splitter->since[index] > SECONDS_LIMIT) {
                close(splitter->polled[index].fd);
                done = 1;
            }
            if (!done) {
                index++;
                continue;
            }
            count--;
            splitter->polled[index] = splitter->polled[count];
            splitter->since[index] = splitter->since[count];
        }
        while (accepts && count < WAITING_LIMIT) {
            int socket = accept4(splitter->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (socket < 0) break;
            if (settle(splitter, socket)) continue;
            splitter->polled[count] = (struct pollfd){.fd = socket, .events = POLLIN};
            splitter->since[count++] = now;
        }
    }
    for (nfds_t index = 2; index < count; index++) close(splitter->polled[index].fd);
    return NULL;
}

apus_splitter *apus_splitter_start(int listener, apus_splitter_callback deliver, void *context) {
    apus_splitter *splitter = calloc(1, sizeof *splitter);
    if (splitter == NULL) return NULL;
    splitter->listener = listener;
    splitter->deliver = deliver;
    splitter->context = context;
    splitter->stop = eventfd(0, EFD_CLOEXEC);
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
    if (splitter->stop < 0 || pthread_create(&splitter->thread, NULL, run, splitter) != 0) {
        if (splitter->stop >= 0) close(splitter->stop);
        free(splitter);
        return NULL;
    }
    return splitter;
}

void apus_splitter_stop(apus_splitter *splitter) {
    uint64_t one = 1;
    while (write(splitter->stop, &one, sizeof one) < 0 && errno == EINTR) {}
    pthread_join(splitter->thread, NULL);
    close(splitter->stop);
    close(splitter->listener);
    free(splitter);
}
