#ifndef APUS_CONFINE_H
#define APUS_CONFINE_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/// What `apus_confine` could apply, as bits.
enum {
    /// Capabilities are gone and stay gone, also for root.
    APUS_CONFINED_CAPABILITIES = 1,
    /// No program gives more rights than its caller has (PR_SET_NO_NEW_PRIVS).
    APUS_CONFINED_PRIVILEGES = 2,
    /// Only the folders named can be reached (landlock).
    APUS_CONFINED_FILES = 4,
    /// No sockets, no looking into other processes, none of the kernel's rarer entrances (seccomp).
    APUS_CONFINED_CALLS = 8,
    APUS_CONFINED_ALL = 15,
};

/// Takes away from the calling process, for good, what a program that reads files of strangers does not need. What the
/// kernel does not have is left out. To be called between fork and exec: it makes async-signal-safe calls only.
///
/// The lists are of paths and end with NULL. Returns what was applied.
int apus_confine(char *const _Nullable *_Nonnull readable, char *const _Nullable *_Nonnull writable);

/// Leaves the calling process's next program, and all that it starts, no capabilities but those kept, one bit for each
/// number. Async-signal-safe.
void apus_limit_capabilities(uint64_t kept);

/// What `apus_confine` can apply on this machine to a child of this process.
int apus_confinement(void);

#pragma clang assume_nonnull end

#endif
