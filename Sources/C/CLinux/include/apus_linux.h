#ifndef APUS_LINUX_H
#define APUS_LINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// Limits that a child process gets between fork and exec. Zero means "leave as inherited".
typedef struct {
    uint64_t cpu_seconds;
    uint64_t address_space_bytes;
    uint64_t file_bytes;
    uint64_t open_files;
    /// Signal that the child gets when its parent's spawning thread ends; zero for none.
    int parent_death_signal;
    /// Whether the child leads a process group of its own, so that all of it can be signalled.
    int new_process_group;
    /// User and group to become; zero to stay.
    uint32_t user_id;
    uint32_t group_id;
    /// Paths that a confined child may read, and write, each list ended by NULL; without them it is not confined. See
    /// `apus_confine`.
    char *const _Nullable *_Nullable readable;
    char *const _Nullable *_Nullable writable;
    /// How far a confined child stands back for others, 0 to 19.
    int niceness;
    /// Whether the child, and whatever it starts, can never have other capabilities than those of `kept_capabilities`, one
    /// bit for each number; user 0 has every one otherwise.
    int limits_capabilities;
    uint64_t kept_capabilities;
} apus_spawn_limits;

/// Starts `path` with `argv` and `envp` in `directory` (or the current one when NULL), with the three
/// descriptors as standard input, output and error.
///
/// fork and exec are here because Swift cannot run safely between the two.
/// Returns the process id, or the negated errno of the step that failed, exec included.
pid_t apus_spawn(
    const char *path, char *const _Nullable *_Nonnull argv, char *const _Nullable *_Nonnull envp,
    const char *_Nullable directory, int standard_input, int standard_output, int standard_error,
    const apus_spawn_limits *limits);

/// Opens a pipe whose ends close on exec. Returns 0, or the negated errno.
int apus_pipe(int *ends);

/// A descriptor of an unnamed file in memory with the bytes given, positioned at its beginning and closed on exec; or the
/// negated errno.
int apus_memory_file(const uint8_t *bytes, size_t count);

/// A descriptor that becomes readable when the process ends, or the negated errno.
int apus_pidfd_open(pid_t process);

/// Reaps the process. Returns its exit code, 128 + signal for a death by signal, or the negated errno.
int apus_wait(pid_t process);

/// A loopback or any-address listening TCP socket. Returns the descriptor, or the negated errno.
int apus_listen(const char *address, uint16_t port, int backlog);

/// The port that a listening socket got from the system, or the negated errno.
int apus_socket_port(int socket);

/// Tells whether the port can be bound on the address. Returns 0, or the negated errno.
int apus_port_available(const char *address, uint16_t port);

/// Resident memory of a process in bytes, or 0 when it is gone.
uint64_t apus_resident_bytes(pid_t process);

/// Copies `count` bytes at most from one file to another at their positions, inside the kernel.
/// Returns the number copied, 0 at the end, or the negated errno.
ssize_t apus_copy_range(int source, int target, size_t count);

/// Takes SIGINT and SIGTERM from now on, from one moment to the next: none is lost in between.
/// Returns a descriptor that becomes readable with the first of them, or the negated errno.
int apus_watch_termination(void);

/// Starts writing a part of a file to the disk and does not wait for it.
void apus_begin_writeback(int file, ssize_t start, ssize_t count);

/// The place of `part` in `bytes`, found in time linear in both; -1 when it does not occur.
ssize_t apus_find_bytes(const void *_Nullable bytes, size_t count, const void *_Nullable part, size_t part_count);

/// Makes the C allocator give freed memory back sooner; handlers idle small because of it.
void apus_allocator_prefers_small(void);

/// Gives memory that was freed back to the system.
void apus_allocator_trim(void);

/// Removes a folder with everything in it, on its file system; what a symbolic link names stays. What cannot be removed
/// does not keep the rest. nftw(3) is in no module of Swift's.
void apus_remove_folder(const char *path);

#pragma clang assume_nonnull end

#endif
