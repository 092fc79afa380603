#define _GNU_SOURCE
#include "apus_confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// MARK: - Capabilities

/// Capabilities of user 0 come back with the next exec, unless the process says that user 0 is nothing special.
static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP
              | SECBIT_NO_SETUID_FIXUP_LOCKED, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    syscall(SYS_capset, &header, none);
    struct __user_cap_data_struct left[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capget, &header, left) != 0 || left[0].permitted != 0 || left[1].permitted != 0) return 0;
    // User 0 without that mark gets everything back.
    return geteuid() != 0 || (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) & SECBIT_NOROOT) != 0;
}

void apus_limit_capabilities(uint64_t kept) {
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // What the next exec gives user 0 is what is left here; without the capability for it nothing happens, nor has to.
    for (int capability = 0; capability < 64 && prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if ((kept >> capability & 1) == 0) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct all[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capget, &header, all) != 0) return;
    all[0].inheritable = 0;
    all[1].inheritable = 0;
    syscall(SYS_capset, &header, all);
}

// MARK: - Files: landlock(7). The numbers are here because Debian 12's headers lack the newer ones.

enum {
    LANDLOCK_EXECUTE = 1 << 0, LANDLOCK_WRITE_FILE = 1 << 1, LANDLOCK_READ_FILE = 1 << 2, LANDLOCK_READ_DIR = 1 << 3,
    LANDLOCK_REMOVE_FILE = 1 << 5, LANDLOCK_MAKE_REG = 1 << 8, LANDLOCK_TRUNCATE = 1 << 14,
    LANDLOCK_OF_FILES = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE | LANDLOCK_TRUNCATE,
    LANDLOCK_READING = LANDLOCK_EXECUTE | LANDLOCK_READ_FILE | LANDLOCK_READ_DIR,
    LANDLOCK_WRITING = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR | LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_FILE
        | LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE,
};

struct landlock_rules {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

struct landlock_path {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/// What is not there needs no rule.
static void allow(int rules, const char *path, uint64_t rights, uint64_t handled) {
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) return;
    struct stat status;
    if (fstat(file, &status) == 0 && !S_ISDIR(status.st_mode)) rights &= LANDLOCK_OF_FILES;
    struct landlock_path rule = {.allowed = rights & handled, .parent = file};
    syscall(SYS_landlock_add_rule, rules, 1, &rule, 0);
    close(file);
}

static int confine_files(char *const *readable, char *const *writable) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    if (version < 1) return 0;
    static const int bits[] = {0, 13, 14, 15, 15, 16};
    int count = version >= 5 ? bits[5] : bits[version];
    struct landlock_rules handled = {
        .files = (UINT64_C(1) << count) - 1, .network = version >= 4 ? 3 : 0, .scopes = version >= 6 ? 3 : 0};
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (rules < 0) return 0;
    for (; *readable != NULL; readable++) allow(rules, *readable, LANDLOCK_READING, handled.files);
    for (; *writable != NULL; writable++) allow(rules, *writable, LANDLOCK_WRITING, handled.files);
    allow(rules, "/dev/null", LANDLOCK_READ_FILE | LANDLOCK_WRITE_FILE, handled.files);
    int isApplied = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return isApplied;
}

// MARK: - System calls: seccomp(2)

#if defined(__x86_64__)
#define APUS_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define APUS_AUDIT_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef APUS_AUDIT_ARCH
static const int refused[] = {
    // No network, and no socket to another process.
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
    // No looking into other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd,
    // Nothing of the system's administration, and none of the entrances with the most holes so far.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_unshare, SYS_setns,
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_bpf, SYS_userfaultfd, SYS_perf_event_open, SYS_io_uring_setup,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_swapon, SYS_swapoff, SYS_reboot,
    SYS_open_by_handle_at, SYS_acct, SYS_quotactl, SYS_settimeofday, SYS_clock_settime, SYS_sethostname,
};
enum { REFUSED = sizeof refused / sizeof refused[0] };

static int confine_calls(void) {
    struct sock_filter code[REFUSED + 8];
    unsigned int length = 0;
    const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    // Calls of another architecture have other numbers.
    code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, APUS_AUDIT_ARCH, 1, 0);
    code[length++] = refuse;
    code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    // x32 has numbers of its own from here on.
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, REFUSED + 1, 0);
    for (int index = 0; index < REFUSED; index++) {
        code[length++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)refused[index], (uint8_t)(REFUSED - index), 0);
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[length++] = refuse;
    struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
static int confine_calls(void) { return 0; }
#endif

int apus_confine(char *const *readable, char *const *writable) {
    int applied = 0;
    if (drop_capabilities()) applied |= APUS_CONFINED_CAPABILITIES;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) applied |= APUS_CONFINED_PRIVILEGES;
    if (confine_files(readable, writable)) applied |= APUS_CONFINED_FILES;
    if (confine_calls()) applied |= APUS_CONFINED_CALLS;
    return applied;
}

int apus_confinement(void) {
    pid_t process = fork();
    if (process < 0) return 0;
    if (process == 0) {
        char *none[] = {NULL};
        _exit(apus_confine(none, none));
    }
    int status = 0;
    pid_t result;
    do result = waitpid(process, &status, 0);
    while (result < 0 && errno == EINTR);
    return result == process && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}
