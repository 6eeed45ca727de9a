/* The gate vectors that Java's timetable runs too: contract/src/test/resources/vectors/README.md has the form. */
#include "core/test/check.h"
#include "core/egress.h"

#include <dirent.h>

enum { STREAMS = 16, FRAMES = 64, ENTRIES = 64, LINE = 8192 };
#define AFTER_LAST_NS INT64_C(10000000)

struct vector_frame {
    char id[16];
    struct tsn_frame frame;
    int64_t arrive_ns, start_ns, end_ns; /* start_ns -1: not expected */
};

struct vector {
    const char *name;
    struct tsn_egress_config port;
    struct tsn_stream_config streams[STREAMS];
    struct tsn_gate_entry entries[ENTRIES];
    struct tsn_gate_list list;
    struct vector_frame frames[FRAMES];
    size_t stream_count, frame_count, sent_count;
    size_t sent[FRAMES]; /* expected order, indexes of frames */
};

/* Value of a key among the words after the first ones; CHECKs that it is there if needed. */
static int64_t value_of(const struct vector *vector, char words[][256], size_t count, const char *key, int64_t otherwise) {
    for (size_t i = 1; i + 1 < count; i++)
        if (strcmp(words[i], key) == 0) return strtoll(words[i + 1], NULL, 10);
    CHECK(otherwise != INT64_MIN, "%s: no %s in a line of %s", vector->name, key, words[0]);
    return otherwise;
}

static size_t split(const char *line, char words[][256], size_t room) {
    size_t count = 0;
    for (int used = 0; count < room && sscanf(line, "%255s%n", words[count], &used) == 1; line += used) count++;
    return count;
}

static size_t frame_by_id(const struct vector *vector, const char *id) {
    for (size_t i = 0; i < vector->frame_count; i++)
        if (strcmp(vector->frames[i].id, id) == 0) return i;
    CHECK(0, "%s: no frame '%s'", vector->name, id);
    return 0;
}

static void read_line(struct vector *vector, const char *line) {
    static char words[32][256];
    char error[200] = "";
    if (strncmp(line, "taprio ", 7) == 0) {
        vector->list.entries = vector->entries;
        CHECK(tsn_gate_list_parse(line + 7, strlen(line + 7), &vector->list, ENTRIES, error, sizeof error) == 0, "%s: %s",
              vector->name, error);
        return;
    }
    size_t count = split(line, words, 32);
    if (count == 0 || words[0][0] == '#' || strcmp(words[0], "limits") == 0) return;
    const int64_t needed = INT64_MIN;
    if (strcmp(words[0], "port") == 0) {
        vector->port.link_rate_bps = (uint64_t)value_of(vector, words, count, "link-rate-bps", needed);
        vector->port.overhead_bytes = (uint32_t)value_of(vector, words, count, "overhead-bytes", needed);
        vector->port.max_frame_bytes = (uint32_t)value_of(vector, words, count, "max-sdu-bytes", needed);
    } else if (strcmp(words[0], "class") == 0) {
        vector->port.queue_max_sdu[atoi(words[1]) & 7] = (uint32_t)value_of(vector, words, count, "max-sdu-bytes", 0);
    } else if (strcmp(words[0], "stream") == 0) {
        CHECK(vector->stream_count < STREAMS && (size_t)atoi(words[1]) == vector->stream_count, "%s: stream %s", vector->name,
              words[1]);
        vector->streams[vector->stream_count++] = (struct tsn_stream_config){
            .traffic_class = (uint8_t)value_of(vector, words, count, "class", needed),
            .frame_bytes = (uint32_t)value_of(vector, words, count, "frame-bytes", needed),
            .period_ns = value_of(vector, words, count, "period-ns", needed),
            .offset_ns = value_of(vector, words, count, "offset-ns", needed) %
                         value_of(vector, words, count, "window-period-ns", needed),
            .window_ns = value_of(vector, words, count, "window-ns", needed),
            .window_period_ns = value_of(vector, words, count, "window-period-ns", needed)};
    } else if (strcmp(words[0], "frame") == 0) {
        CHECK(vector->frame_count < FRAMES, "%s: more than %d frames", vector->name, FRAMES);
        struct vector_frame *frame = &vector->frames[vector->frame_count];
        snprintf(frame->id, sizeof frame->id, "%.15s", words[1]);
        frame->arrive_ns = value_of(vector, words, count, "arrive-ns", needed);
        frame->start_ns = -1;
        int64_t stream = value_of(vector, words, count, "stream", -1);
        frame->frame = (struct tsn_frame){
            .cookie = vector->frame_count++,
            .stream = stream < 0 ? TSN_STREAM_NONE : (uint32_t)stream,
            .traffic_class = (uint8_t)value_of(vector, words, count, "class", 0),
            .bytes = (uint16_t)value_of(vector, words, count, "bytes", needed),
            .launch_ns = value_of(vector, words, count, "launch-ns", TSN_NO_LAUNCH + 1)};
        if (frame->frame.launch_ns == TSN_NO_LAUNCH + 1) frame->frame.launch_ns = TSN_NO_LAUNCH;
    } else if (strcmp(words[0], "sent") == 0) {
        size_t index = frame_by_id(vector, words[1]);
        vector->sent[vector->sent_count++] = index;
        vector->frames[index].start_ns = value_of(vector, words, count, "start-ns", needed);
        vector->frames[index].end_ns = value_of(vector, words, count, "end-ns", needed);
    } else {
        CHECK(0, "%s: line of '%s'", vector->name, words[0]);
    }
}

static void run(struct vector *vector) {
    char error[200] = "";
    int64_t now_ns = vector->list.base_time_ns, last_ns = 0;
    struct tsn_emission emission;
    size_t sent = 0, next = 0;
    vector->port.frame_capacity = FRAMES;
    vector->port.stream_capacity = STREAMS;
    vector->port.untimed_classes = vector->port.admin_gate_states = 0xff;
    vector->port.stats = calloc(1, sizeof *vector->port.stats);
    vector->port.stream_stats = calloc(STREAMS, sizeof *vector->port.stream_stats);
    size_t size = tsn_egress_size(&vector->port);
    struct tsn_egress *egress = aligned_alloc(64, (size + 63) & ~(size_t)63);
    struct tsn_gate_program *program = malloc(tsn_gate_program_size(vector->list.entry_count));
    CHECK(tsn_egress_init(egress, &vector->port, now_ns, error, sizeof error) == 0, "%s: %s", vector->name, error);
    CHECK(tsn_gate_program_compile(&vector->list, program, error, sizeof error) == 0, "%s: %s", vector->name, error);
    CHECK_EQUAL(tsn_egress_install_gates(egress, now_ns, program), 0);
    for (uint32_t i = 0; i < vector->stream_count; i++)
        CHECK(tsn_egress_set_stream(egress, i, &vector->streams[i], error, sizeof error) == 0, "%s: %s", vector->name, error);
    if (vector->sent_count) last_ns = vector->frames[vector->sent[vector->sent_count - 1]].end_ns;

    /* By arrival, ties as they stand. */
    const struct vector_frame *arrivals[FRAMES];
    for (size_t i = 0; i < vector->frame_count; i++) {
        size_t at = i;
        for (; at > 0 && arrivals[at - 1]->arrive_ns > vector->frames[i].arrive_ns; at--) arrivals[at] = arrivals[at - 1];
        arrivals[at] = &vector->frames[i];
    }
    int64_t event_ns = TSN_NEVER;
    while (next < vector->frame_count || event_ns != TSN_NEVER) {
        bool arrives = next < vector->frame_count && arrivals[next]->arrive_ns <= event_ns;
        now_ns = arrives ? arrivals[next]->arrive_ns : event_ns;
        for (; next < vector->frame_count && arrivals[next]->arrive_ns == now_ns; next++)
            tsn_egress_enqueue(egress, now_ns, &arrivals[next]->frame);
        while (tsn_egress_dequeue(egress, now_ns, &emission, 1) == 1) {
            const struct vector_frame *frame = &vector->frames[emission.frame.cookie];
            if (emission.outcome != TSN_QUEUED) continue;
            tsn_egress_sent(egress, &emission, emission.start_ns);
            if (sent == vector->sent_count && emission.start_ns >= last_ns) continue;
            CHECK(sent < vector->sent_count && vector->sent[sent] == emission.frame.cookie &&
                      frame->start_ns == emission.start_ns && frame->end_ns == emission.start_ns + emission.wire_ns,
                  "%s: frame %s left from %" PRId64 " to %" PRId64 ", expected as number %zu: %s from %" PRId64, vector->name,
                  frame->id, emission.start_ns, emission.start_ns + emission.wire_ns, sent,
                  sent < vector->sent_count ? vector->frames[vector->sent[sent]].id : "none",
                  sent < vector->sent_count ? vector->frames[vector->sent[sent]].start_ns : 0);
            sent++;
        }
        event_ns = tsn_egress_next_event(egress, now_ns);
        if (event_ns > last_ns + AFTER_LAST_NS) event_ns = TSN_NEVER;
    }
    CHECK(sent == vector->sent_count, "%s: %zu frames left, expected %zu", vector->name, sent, vector->sent_count);
    free(program);
    free(egress);
    free(vector->port.stats);
    free(vector->port.stream_stats);
}

static void should_send_what_the_vectors_say(void) {
    char folder[1024], path[2048], line[LINE];
    const char *root = getenv("REPOSITORY_ROOT");
    CHECK(root, "REPOSITORY_ROOT must name the repository");
    snprintf(folder, sizeof folder, "%s/contract/src/test/resources/vectors", root);
    DIR *directory = opendir(folder);
    CHECK(directory, "no folder %s", folder);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        const char *suffix = strrchr(entry->d_name, '.');
        if (!suffix || strcmp(suffix, ".vector") != 0) continue;
        struct vector *vector = calloc(1, sizeof *vector);
        vector->name = entry->d_name;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "r");
        CHECK(file, "cannot open %s", path);
        while (fgets(line, sizeof line, file)) read_line(vector, line);
        fclose(file);
        printf("  %s: %zu frames\n", vector->name, vector->frame_count);
        run(vector);
        free(vector);
        count++;
    }
    closedir(directory);
    CHECK(count > 0, "no vectors in %s", folder);
}

int main(void) {
    RUN(should_send_what_the_vectors_say);
    return 0;
}
