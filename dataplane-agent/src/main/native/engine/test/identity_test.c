/* Who may attach to a pod's socket, by the user the kernel says he is, and what the socket's path may not be used for. */
#include "harness.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OWNER = 4711, STRANGER = 4712, ROOT = 0, SKIPPED = 77 };

static int put_pod_of(struct harness *harness, const char *uid, int owner_uid) {
    struct tsn_error error;
    char path[108];
    harness_socket(harness, uid, path);
    struct tsn_engine_pod_config pod = {.uid = uid, .socket = path, .owner_uid = owner_uid};
    return tsn_engine_put_pod(harness->engine, &pod, &error);
}

/* What the agent answers a process of that user: 0 or a positive errno. */
static int answer_to(const struct harness *harness, const char *pod, uid_t user) {
    char path[108];
    harness_socket(harness, pod, path);
    CHECK(chmod(harness->folder, 0755) == 0, "the folder can be entered");
    pid_t child = fork();
    CHECK(child >= 0, "fork");
    if (child == 0) {
        struct client client;
        if (setresuid(user, user, user)) _exit(255);
        _exit(-client_attach(&client, path));
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status), "the child ends");
    return WEXITSTATUS(status);
}

static void shouldServeTheOwnersProcessesAndRootsAlone(void) {
    struct harness harness = harness_start(0);
    CHECK_EQUAL(put_pod_of(&harness, "owned", OWNER), 0, "pod");
    CHECK_EQUAL(answer_to(&harness, "owned", OWNER), 0, "the owner");
    CHECK_EQUAL(answer_to(&harness, "owned", ROOT), 0, "root");
    CHECK_EQUAL(answer_to(&harness, "owned", STRANGER), EACCES, "another user");
    CHECK(harness.engine, "an engine that goes on");
    CHECK_EQUAL(answer_to(&harness, "owned", OWNER), 0, "the owner again");
    harness_stop(&harness);
}

static void shouldNotFollowALinkThatLiesWhereASocketBelongs(void) {
    struct harness harness = harness_start(0);
    char path[108], victim[108];
    harness_socket(&harness, "linked", path);
    snprintf(victim, sizeof(victim), "%.60s/victim", harness.folder);
    FILE *file = fopen(victim, "w");
    CHECK(file && fclose(file) == 0 && chmod(victim, 0600) == 0, "a file of the node");
    CHECK(symlink(victim, path) == 0, "link");
    CHECK_EQUAL(put_pod_of(&harness, "linked", -1), 0, "pod");
    struct stat now;
    CHECK(lstat(path, &now) == 0 && S_ISSOCK(now.st_mode), "the link is replaced by the socket");
    CHECK(lstat(victim, &now) == 0 && S_ISREG(now.st_mode), "the file is there");
    CHECK_EQUAL(now.st_mode & 0777, 0600, "with the rights that it had");
    unlink(victim);
    harness_stop(&harness);
}

int main(void) {
    if (geteuid() != 0) {
        puts("skipped: needs root, to be other users");
        return SKIPPED;
    }
    RUN(shouldServeTheOwnersProcessesAndRootsAlone);
    RUN(shouldNotFollowALinkThatLiesWhereASocketBelongs);
    return 0;
}
