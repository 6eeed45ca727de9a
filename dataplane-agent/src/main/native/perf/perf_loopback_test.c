/* Runs the tsn-perf named by argv[1] as talker and listener over the loopback interface. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;

#define CHECK(condition, text)                                                                     \
    do {                                                                                       \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, text);  \
            failures++;                                                                \
        }                                                                                  \
    } while (0)

struct child {
    pid_t pid;
    FILE *output;
};

static struct child start(char *const arguments[], const char *role) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0)
        exit(1);
    struct child child = {.pid = fork()};
    if (child.pid == 0) {
        dup2(pipe_ends[1], STDOUT_FILENO);
        close(pipe_ends[0]);
        setenv("APP_ROLE", role, 1);
        execv(arguments[0], arguments);
        _exit(127);
    }
    close(pipe_ends[1]);
    child.output = fdopen(pipe_ends[0], "r");
    return child;
}

static int finish(struct child *child, char *text, size_t size) {
    int status = 0;
    size_t length = fread(text, 1, size - 1, child->output);
    text[length] = '\0';
    fclose(child->output);
    waitpid(child->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A port nobody uses now. */
static void free_port(const char *address, int family, char *port) {
    struct sockaddr_storage any = {.ss_family = (sa_family_t)family};
    socklen_t length = sizeof(any);
    void *host = family == AF_INET ? (void *)&((struct sockaddr_in *)&any)->sin_addr
                                   : (void *)&((struct sockaddr_in6 *)&any)->sin6_addr;
    inet_pton(family, address, host);
    int probe = socket(family, SOCK_DGRAM, 0);
    if (bind(probe, (struct sockaddr *)&any, family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) ||
        getsockname(probe, (struct sockaddr *)&any, &length)) {
        perror("free_port");
        exit(77);
    }
    snprintf(port, 8, "%u", ntohs(((struct sockaddr_in *)&any)->sin_port)); /* same place in sockaddr_in6 */
    close(probe);
}

static void wait_for_bind(const char *port) {
    char line[256], local[16];
    snprintf(local, sizeof(local), ":%04X ", (unsigned)atoi(port));
    for (int attempt = 0; attempt < 500; attempt++) {
        static const char *const tables[] = {"/proc/net/udp", "/proc/net/udp6"};
        for (int i = 0; i < 2; i++) {
            FILE *table = fopen(tables[i], "r");
            while (table && fgets(line, sizeof(line), table)) {
                if (strstr(line, local)) {
                    fclose(table);
                    return;
                }
            }
            if (table)
                fclose(table);
        }
        usleep(10000);
    }
}

static void every_frame_arrives_and_is_counted_once(char *program, char *address, int family, char *size) {
    static char heard[8192], said[8192];
    char port[8];
    free_port(address, family, port);
    char *listen[] = {program, "-a", address, "-p", port, "-n", "200", "--idle", "60s", "--json", NULL};
    char *talk[] = {program, "-a", address, "-p", port, "-n", "200", "-s", size, "-i", "250us", "-t", "--json", NULL};
    struct child listener = start(listen, "listener");
    wait_for_bind(port);
    struct child talker = start(talk, "talker");
    CHECK(finish(&talker, said, sizeof(said)) == 0, said);
    CHECK(finish(&listener, heard, sizeof(heard)) == 0, heard);
    CHECK(strstr(said, "\"sent\":200,\"refused\":0"), said);
    CHECK(strstr(heard, "\"expected\":200,\"received\":200,\"lost\":0,\"reordered\":0,\"duplicates\":0,\"foreign\":0"), heard);
    CHECK(strstr(heard, "\"unstamped\":0"), heard);
    CHECK(strstr(heard, "\"arrivalErrorNs\":{\"count\":200"), heard);
}

static void a_signal_ends_the_run_with_its_result(char *program) {
    static char said[8192];
    char port[8];
    free_port("127.0.0.1", AF_INET, port);
    char *talk[] = {program, "talker", "-a", "127.0.0.1", "-p", port, "-n", "0", "-i", "1ms", "-v", NULL};
    struct child talker = start(talk, "");
    char first[256];
    while (fgets(first, sizeof(first), talker.output) && strncmp(first, "10 launch", 9) != 0)
        ;
    kill(talker.pid, SIGTERM);
    CHECK(finish(&talker, said, sizeof(said)) == 0, said);
    CHECK(strstr(said, "frames sent"), said);
}

static void wrong_arguments_exit_with_2(char *program) {
    static char said[8192];
    char *wrong[] = {program, "talker", "-a", "127.0.0.1", "-s", "17", NULL};
    struct child talker = start(wrong, "");
    CHECK(finish(&talker, said, sizeof(said)) == 2, said);
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    every_frame_arrives_and_is_counted_once(argv[1], "127.0.0.1", AF_INET, "18");
    every_frame_arrives_and_is_counted_once(argv[1], "::1", AF_INET6, "1400");
    a_signal_ends_the_run_with_its_result(argv[1]);
    wrong_arguments_exit_with_2(argv[1]);
    return failures != 0;
}
