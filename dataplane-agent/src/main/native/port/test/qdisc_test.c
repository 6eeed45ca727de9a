/*
 * The messages that install gates and launch times in a card, against those that tc(8) itself sends for the same words.
 *   qdisc_test CAPTURE_LIBRARY
 * No card and no privilege is needed: tc's message is taken from it before the kernel sees it.
 */
#include "port/qdisc.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *library;
static char capture[] = "/tmp/tsn-qdisc-XXXXXX";

/* What tc sends for these words. */
static size_t tc_says(const char *words, uint8_t *message, size_t room) {
    char command[1200];
    snprintf(command, sizeof(command), "LD_PRELOAD=%s CAPTURE_FILE=%s tc qdisc replace dev lo %s", library, capture, words);
    if (system(command) != 0) {
        printf("tc does not know: %s\n", words);
        exit(1);
    }
    FILE *file = fopen(capture, "rb");
    size_t bytes = file ? fread(message, 1, room, file) : 0;
    if (file) fclose(file);
    return bytes;
}

/* One line for each attribute with its path, sorted: tc and we may write them in another order. */
struct lines {
    char text[400][160];
    int count;
    int entries;
};

static void read_attributes(struct lines *lines, const char *path, const uint8_t *at, const uint8_t *end, int depth) {
    while (at + sizeof(struct rtattr) <= end) {
        const struct rtattr *attribute = (const void *)at;
        char here[100];
        snprintf(here, sizeof(here), "%.80s/%u", path, attribute->rta_type & 0x3fffu);
        uint32_t type = attribute->rta_type & 0x3fffu;
        bool nest = depth == 0 ? type == TCA_OPTIONS
                    : depth == 1 ? strstr(path, "taprio") && type == TCA_TAPRIO_ATTR_SCHED_ENTRY_LIST
                                 : depth == 2 && type == TCA_TAPRIO_SCHED_ENTRY;
        if (nest) {
            if (depth == 2) snprintf(here, sizeof(here), "%.60s/entry%d", path, lines->entries++);
            read_attributes(lines, here, at + sizeof(*attribute), at + attribute->rta_len, depth + 1);
        } else {
            char *line = lines->text[lines->count++];
            int used = snprintf(line, 160, "%s:", here);
            for (unsigned i = sizeof(*attribute); i < attribute->rta_len && used < 150; i++)
                used += snprintf(line + used, (size_t)(160 - used), "%02x", at[i]);
        }
        at += (attribute->rta_len + 3u) & ~3u;
    }
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static struct lines lines_of(const char *kind, const uint8_t *message, size_t bytes) {
    struct lines lines = {.count = 0};
    read_attributes(&lines, kind, message + NLMSG_LENGTH(sizeof(struct tcmsg)), message + bytes, 0);
    qsort(lines.text, (size_t)lines.count, sizeof(lines.text[0]), by_text);
    return lines;
}

static void same(const char *name, const char *kind, const uint8_t *ours, size_t our_bytes, const char *words) {
    static uint8_t theirs[TSN_QDISC_MESSAGE_BYTES];
    size_t their_bytes = tc_says(words, theirs, sizeof(theirs));
    struct lines a = lines_of(kind, ours, our_bytes), b = lines_of(kind, theirs, their_bytes);
    const struct tcmsg *our_tc = NLMSG_DATA(ours), *their_tc = NLMSG_DATA(theirs);
    if (our_tc->tcm_parent != their_tc->tcm_parent || our_tc->tcm_ifindex != their_tc->tcm_ifindex) {
        printf("%s: another parent or interface\n", name);
        exit(1);
    }
    for (int i = 0; i < a.count || i < b.count; i++) {
        const char *x = i < a.count ? a.text[i] : "", *y = i < b.count ? b.text[i] : "";
        if (strcmp(x, y) == 0) continue;
        printf("%s: we say %s, tc says %s\n", name, x, y);
        exit(1);
    }
    printf("%s: %d attributes as tc sends them\n", name, a.count);
}

/* tc knows no word for hold and release. */
#define GATES                                                                                     \
    {TSN_SET_GATE_STATES, 0x80, 300000}, {TSN_SET_GATE_STATES, 0x0f, 500000}, {                   \
        TSN_SET_GATE_STATES, 0xff, 200000                                                         \
    }

int main(int count, char **arguments) {
    if (count != 2 || system("tc -V >/dev/null 2>&1") != 0) {
        printf("no tc here: apt-get install iproute2\n");
        return 77;
    }
    library = arguments[1];
    int file = mkstemp(capture);
    if (file < 0) return 1;
    close(file);
    static uint8_t message[TSN_QDISC_MESSAGE_BYTES];
    struct tsn_gate_entry entries[] = {GATES};
    struct tsn_gate_list list = {.base_time_ns = 1700000000000000000,
                                 .cycle_time_ns = 1000000,
                                 .cycle_time_extension_ns = 5000,
                                 .entry_count = 3,
                                 .entries = entries};
    int lo = (int)if_nametoindex("lo");
    int bytes = tsn_qdisc_taprio(message, sizeof(message), lo, &list, 8);
    same("eight queues", "taprio", message, (size_t)bytes,
         "parent root handle 8f00 taprio num_tc 8 map 0 1 2 3 4 5 6 7 0 0 0 0 0 0 0 0 queues 1@7 1@6 1@5 1@4 1@3 1@2 1@1 1@0 "
         "base-time 1700000000000000000 cycle-time 1000000 cycle-time-extension 5000 sched-entry S 80 300000 "
         "sched-entry S 0f 500000 sched-entry S ff 200000 flags 0x2");
    list.cycle_time_ns = list.cycle_time_extension_ns = 0;
    bytes = tsn_qdisc_taprio(message, sizeof(message), lo, &list, 4);
    same("four queues of an I225", "taprio", message, (size_t)bytes,
         "parent root handle 8f00 taprio num_tc 4 map 0 0 1 1 2 2 3 3 0 0 0 0 0 0 0 0 queues 1@3 1@2 1@1 1@0 "
         "base-time 1700000000000000000 sched-entry S 08 300000 sched-entry S 03 500000 sched-entry S 0f 200000 flags 0x2");
    bytes = tsn_qdisc_etf(message, sizeof(message), lo, 150000);
    same("launch times", "etf", message, (size_t)bytes, "root handle 8f00 etf offload clockid CLOCK_TAI delta 150000");
    unlink(capture);

    static struct tsn_gate_entry many[4096];
    for (int i = 0; i < 4096; i++) many[i] = (struct tsn_gate_entry){TSN_SET_GATE_STATES, 1, 1000};
    list.entries = many;
    list.entry_count = 4096;
    if (tsn_qdisc_taprio(message, sizeof(message), lo, &list, 4) != -E2BIG) {
        printf("a list that no message holds is refused\n");
        return 1;
    }
    /* The loopback interface has no gates, whoever asks; this kernel may not know taprio at all. */
    unshare(CLONE_NEWNET); /* without the right to it there is no right to replace a discipline either */
    char error[200] = "";
    list.entry_count = 1;
    bytes = tsn_qdisc_taprio(message, sizeof(message), lo, &list, 1);
    int answer = tsn_qdisc_apply(message, (size_t)bytes, error, sizeof(error));
    printf("the kernel: %d, %s\n", answer, error);
    return answer < 0 && error[0] ? 0 : 1;
}
