#define _GNU_SOURCE
#include "apus_linux.h"

#include "apus_confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <grp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_limit(int resource, uint64_t value) {
    if (value == 0) return;
    // At the hard limit of processor time the kernel kills: the soft one says what the matter is.
    struct rlimit limit = {value, resource == RLIMIT_CPU ? value + 2 : value};
    setrlimit(resource, &limit);
}

static void run_child(
    const char *path, char *const *argv, char *const *envp, const char *directory, const int streams[3],
    const apus_spawn_limits *limits, int report) {
    // Only async-signal-safe calls from here on.
    if (limits->new_process_group) setpgid(0, 0);
    for (int signal_number = 1; signal_number < 32; signal_number++) signal(signal_number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int copies[3];
    for (int index = 0; index < 3; index++) copies[index] = fcntl(streams[index], F_DUPFD_CLOEXEC, 10);
    for (int index = 0; index < 3; index++) {
        if (copies[index] < 0 || dup2(copies[index], index) < 0) goto failed;
    }
    // Whatever else the caller has open is closed, marked or not: it is none of the program's, and what is opened below
    // needs numbers beneath the program's own limit.
    if (report != 3) {
        if (dup3(report, 3, O_CLOEXEC) < 0) goto failed;
        report = 3;
    }
    if (syscall(SYS_close_range, 4, ~0U, 0) != 0) {
        for (int descriptor = 4; descriptor < 1024; descriptor++) close(descriptor);
    }
    set_limit(RLIMIT_CPU, limits->cpu_seconds);
    set_limit(RLIMIT_AS, limits->address_space_bytes);
    set_limit(RLIMIT_FSIZE, limits->file_bytes);
    set_limit(RLIMIT_NOFILE, limits->open_files);
    if (directory != NULL && chdir(directory) != 0) goto failed;
    // Before the change of user, which needs what it is about to lose.
    if (limits->limits_capabilities) apus_limit_capabilities(limits->kept_capabilities);
    if (limits->group_id && (setgroups(0, NULL) != 0 || setgid(limits->group_id) != 0)) goto failed;
    if (limits->user_id && setuid(limits->user_id) != 0) goto failed;
    if (limits->readable != NULL && limits->writable != NULL) {
        // What was in memory may have been a secret document: none of it goes into a file.
        const struct rlimit nothing = {0, 0};
        setrlimit(RLIMIT_CORE, &nothing);
        setpriority(PRIO_PROCESS, 0, limits->niceness);
        apus_confine(limits->readable, limits->writable);
    }
    // After the change of user, which clears it.
    if (limits->parent_death_signal) prctl(PR_SET_PDEATHSIG, limits->parent_death_signal);
    execve(path, argv, envp);
failed:;
    int code = errno;
    ssize_t ignored = write(report, &code, sizeof code);
    (void)ignored;
    _exit(127);
}

pid_t apus_spawn(
    const char *path, char *const *argv, char *const *envp, const char *directory, int standard_input,
    int standard_output, int standard_error, const apus_spawn_limits *limits) {
    // The close-on-exec pipe tells a failed exec from a program that fails by itself.
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;
    int streams[3] = {standard_input, standard_output, standard_error};
    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    pid_t process = fork();
    if (process == 0) {
        close(report[0]);
        run_child(path, argv, envp, directory, streams, limits, report[1]);
    }
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    close(report[1]);
    if (process < 0) {
        close(report[0]);
        return -fork_error;
    }
    int code = 0;
    ssize_t got;
    do got = read(report[0], &code, sizeof code);
    while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got == (ssize_t)sizeof code) {
        waitpid(process, NULL, 0);
        return -code;
    }
    return process;
}

int apus_pipe(int *ends) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno; }

int apus_memory_file(const uint8_t *bytes, size_t count) {
    int file = memfd_create("apus", MFD_CLOEXEC);
    if (file < 0) return -errno;
    size_t done = 0;
    while (done < count) {
        ssize_t written = pwrite(file, bytes + done, count - done, (off_t)done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            int error = errno;
            close(file);
            return -error;
        }
        done += (size_t)written;
    }
    return file;
}

int apus_pidfd_open(pid_t process) {
    int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int apus_wait(pid_t process) {
    int status = 0;
    pid_t result;
    do result = waitpid(process, &status, 0);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int bound_socket(const char *address, uint16_t port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &name.sin_addr) != 1) return -EINVAL;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int yes = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(descriptor, (struct sockaddr *)&name, sizeof name) != 0) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    return descriptor;
}

int apus_listen(const char *address, uint16_t port, int backlog) {
    int descriptor = bound_socket(address, port);
    if (descriptor < 0) return descriptor;
    // Inherited by accepted sockets: small responses must not wait for a delayed acknowledgement.
    int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (listen(descriptor, backlog) != 0) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    return descriptor;
}

int apus_socket_port(int socket) {
    struct sockaddr_in name;
    socklen_t size = sizeof name;
    if (getsockname(socket, (struct sockaddr *)&name, &size) != 0) return -errno;
    return ntohs(name.sin_port);
}

int apus_port_available(const char *address, uint16_t port) {
    int descriptor = bound_socket(address, port);
    if (descriptor < 0) return descriptor;
    int code = listen(descriptor, 1) != 0 ? -errno : 0;
    close(descriptor);
    return code;
}

uint64_t apus_resident_bytes(pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)process);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    unsigned long total = 0, resident = 0;
    int fields = fscanf(file, "%lu %lu", &total, &resident);
    fclose(file);
    return fields == 2 ? (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void apus_allocator_prefers_small(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024);
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
}

void apus_allocator_trim(void) { malloc_trim(0); }

ssize_t apus_copy_range(int source, int target, size_t count) {
    ssize_t copied;
    do {
        copied = copy_file_range(source, NULL, target, NULL, count, 0);
    } while (copied < 0 && errno == EINTR);
    return copied < 0 ? -errno : copied;
}

static int termination = -1;

static void note_termination(int number) {
    (void)number;
    int saved = errno;
    uint64_t one = 1;
    if (write(termination, &one, sizeof one) < 0) {}
    errno = saved;
}

int apus_watch_termination(void) {
    if (termination >= 0) return termination;
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) return -errno;
    termination = descriptor;
    struct sigaction action = {.sa_handler = note_termination, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0) return -errno;
    return descriptor;
}

void apus_begin_writeback(int file, ssize_t start, ssize_t count) {
    sync_file_range(file, start, count, SYNC_FILE_RANGE_WRITE);
}

ssize_t apus_find_bytes(const void *bytes, size_t count, const void *part, size_t part_count) {
    if (part_count == 0) return 0;
    const char *found = bytes == NULL ? NULL : memmem(bytes, count, part, part_count);
    return found == NULL ? -1 : found - (const char *)bytes;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    remove(path);
    return 0;
}

void apus_remove_folder(const char *path) { nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT); }
