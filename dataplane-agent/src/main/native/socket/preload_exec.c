/*
 * Programs that this one starts and that the library will not be in: said once for each on stderr, since nobody would
 * notice otherwise. May run in a child of vfork: system calls and the stack alone.
 */
#include "socket/executable.h"
#include "socket/preload.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(const char *path) {
    enum executable kind = executable_of(path);
    if (kind == EXECUTABLE_STATIC) {
        timed_say(true, "%s is a static program, which preloaded libraries do not reach: its sockets use the kernel", path);
    } else if (kind == EXECUTABLE_MUSL) {
        timed_say(true, "%s is built for musl, which this library is not: its sockets use the kernel", path);
    }
}

/* As execvp looks for a file. */
static void tell_of_file(const char *file) {
    const char *folders = getenv("PATH");
    if (strchr(file, '/') || !folders) {
        tell(file);
        return;
    }
    for (const char *at = folders; *at;) {
        char path[4096];
        size_t length = strcspn(at, ":");
        int written = snprintf(path, sizeof(path), "%.*s/%s", (int)length, at, file);
        if (written > 0 && written < (int)sizeof(path) && access(path, X_OK) == 0) {
            tell(path);
            return;
        }
        at += length + (at[length] == ':');
    }
}

PRELOADED int execve(const char *path, char *const arguments[], char *const environment[]) {
    tell(path);
    return NEXT(execve)(path, arguments, environment);
}

PRELOADED int execv(const char *path, char *const arguments[]) {
    tell(path);
    return NEXT(execv)(path, arguments);
}

PRELOADED int execvp(const char *file, char *const arguments[]) {
    tell_of_file(file);
    return NEXT(execvp)(file, arguments);
}

PRELOADED int execvpe(const char *file, char *const arguments[], char *const environment[]) {
    tell_of_file(file);
    return NEXT(execvpe)(file, arguments, environment);
}

PRELOADED int posix_spawn(pid_t *restrict child, const char *restrict path, const posix_spawn_file_actions_t *restrict actions,
                          const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                          char *const environment[restrict]) {
    tell(path);
    return NEXT(posix_spawn)(child, path, actions, attributes, arguments, environment);
}

PRELOADED int posix_spawnp(pid_t *restrict child, const char *restrict file, const posix_spawn_file_actions_t *restrict actions,
                           const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                           char *const environment[restrict]) {
    tell_of_file(file);
    return NEXT(posix_spawnp)(child, file, actions, attributes, arguments, environment);
}
