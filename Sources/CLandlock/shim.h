// Linux's Landlock and no_new_privs, for which the C library has variadic functions (which Swift cannot call) or none.
// landlock(7), landlock_create_ruleset(2), landlock_add_rule(2), landlock_restrict_self(2), PR_SET_NO_NEW_PRIVS(2const).
// Each returns what the system does, or the negative of its error number.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The same on every architecture that Swift runs on; headers older than the kernel do not know them.
enum { HOLDFAST_LANDLOCK_CREATE = 444, HOLDFAST_LANDLOCK_ADD = 445, HOLDFAST_LANDLOCK_RESTRICT = 446 };

#ifndef O_PATH
#define O_PATH 010000000
#endif

static inline int holdfast_result(long value) { return value < 0 ? -errno : (int)value; }

// The version of its interface, from 1 on.
static inline int holdfast_landlock_abi(void) { return holdfast_result(syscall(HOLDFAST_LANDLOCK_CREATE, NULL, (size_t)0, 1)); }

static inline int holdfast_no_new_privs(void) { return holdfast_result(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L)); }

// A descriptor of a new ruleset that denies these uses of files and, where `scoped` is not 0, what it names of other processes (ABI 6).
static inline int holdfast_landlock_ruleset(uint64_t files, uint64_t scoped) {
    struct { uint64_t files, network, scoped; } attributes = { files, 0, scoped };
    return holdfast_result(syscall(HOLDFAST_LANDLOCK_CREATE, &attributes, scoped ? sizeof attributes : sizeof attributes.files, 0));
}

// Allows some uses of a file, or `beneath` a folder; what a path leads to now is meant.
static inline int holdfast_landlock_allow(int ruleset, const char *path, uint64_t of_files, uint64_t beneath) {
    struct __attribute__((packed)) { uint64_t allowed; int32_t parent; } rule;
    struct stat status;
    int result;
    rule.parent = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent < 0) return -errno;
    if (fstat(rule.parent, &status) < 0) {
        result = -errno;
    } else {
        rule.allowed = S_ISDIR(status.st_mode) ? beneath : of_files;
        result = holdfast_result(syscall(HOLDFAST_LANDLOCK_ADD, ruleset, 1, &rule, 0));
    }
    close(rule.parent);
    return result;
}

// This thread, and those that it starts from now on.
static inline int holdfast_landlock_restrict(int ruleset) { return holdfast_result(syscall(HOLDFAST_LANDLOCK_RESTRICT, ruleset, 0)); }
