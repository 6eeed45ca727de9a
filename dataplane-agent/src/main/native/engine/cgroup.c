#include "engine/cgroup.h"

#include <stdio.h>
#include <string.h>

static bool same_but_dashes(const char *text, const char *uid, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] != uid[i] && !(uid[i] == '-' && text[i] == '_')) return false;
    return true;
}

bool tsn_cgroup_names_pod(const char *text, const char *uid) {
    size_t length = strlen(uid);
    for (const char *at = text; (at = strstr(at, "pod")) != NULL; at++) {
        bool begins = at > text && (at[-1] == '/' || at[-1] == '-');
        if (!begins || strnlen(at + 3, length) < length || !same_but_dashes(at + 3, uid, length)) continue;
        const char *end = at + 3 + length;
        if (*end == 0 || *end == '/' || *end == '\n' || strncmp(end, ".slice", 6) == 0) return true;
    }
    return false;
}

bool tsn_process_is_of_pod(pid_t pid, const char *uid) {
    char path[40], text[4096];
    if (pid <= 0) return false;
    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    size_t bytes = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[bytes] = 0;
    return tsn_cgroup_names_pod(text, uid);
}
