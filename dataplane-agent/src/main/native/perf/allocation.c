#include "allocation.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, NAME_BYTES = 64 };

/* Just enough of JSON (RFC 8259) to walk over an object and take three numbers from it. */
struct reader {
    const char *at; /* NULL after a mistake */
    int depth;
};

static void space_skip(struct reader *reader) {
    while (reader->at && *reader->at && strchr(" \t\r\n", *reader->at))
        reader->at++;
}

static bool take(struct reader *reader, char expected) {
    space_skip(reader);
    if (!reader->at || *reader->at != expected)
        return false;
    reader->at++;
    return true;
}

static void must(struct reader *reader, bool good) {
    if (!good)
        reader->at = NULL;
}

/* Copies up to `size` - 1 bytes; names with escapes are none of ours and come out as they stand. */
static void string_read(struct reader *reader, char *to, size_t size) {
    size_t length = 0;
    must(reader, take(reader, '"'));
    while (reader->at && *reader->at != '"') {
        bool escape = *reader->at == '\\' && reader->at[1];
        for (int i = 0; i < (escape ? 2 : 1) && reader->at; i++) {
            if (length + 1 < size)
                to[length++] = *reader->at;
            must(reader, *reader->at != '\0');
            if (reader->at)
                reader->at++;
        }
    }
    to[length] = '\0';
    must(reader, take(reader, '"'));
}

static void value_skip(struct reader *reader);

/* Calls `member` for each member of an object; it reads or skips the value. */
static void object_read(struct reader *reader, void (*member)(struct reader *, const char *, void *), void *argument) {
    char name[NAME_BYTES];
    must(reader, take(reader, '{') && ++reader->depth < DEPTH_MAX);
    if (!take(reader, '}')) {
        do {
            string_read(reader, name, sizeof(name));
            must(reader, take(reader, ':'));
            if (reader->at)
                member(reader, name, argument);
        } while (take(reader, ','));
        must(reader, take(reader, '}'));
    }
    reader->depth--;
}

static void array_read(struct reader *reader, void (*item)(struct reader *, void *), void *argument) {
    must(reader, take(reader, '[') && ++reader->depth < DEPTH_MAX);
    if (!take(reader, ']')) {
        do {
            if (reader->at)
                item(reader, argument);
        } while (take(reader, ','));
        must(reader, take(reader, ']'));
    }
    reader->depth--;
}

static void member_skip(struct reader *reader, const char *name, void *argument) {
    (void)name;
    (void)argument;
    value_skip(reader);
}

static void item_skip(struct reader *reader, void *argument) {
    (void)argument;
    value_skip(reader);
}

static void value_skip(struct reader *reader) {
    char text[NAME_BYTES];
    space_skip(reader);
    if (!reader->at)
        return;
    if (*reader->at == '{') {
        object_read(reader, member_skip, NULL);
    } else if (*reader->at == '[') {
        array_read(reader, item_skip, NULL);
    } else if (*reader->at == '"') {
        string_read(reader, text, sizeof(text));
    } else {
        size_t length = strspn(reader->at, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");
        must(reader, length > 0);
        if (reader->at)
            reader->at += length;
    }
}

static int64_t number_read(struct reader *reader) {
    char *end;
    space_skip(reader);
    errno = 0;
    long long value = reader->at ? strtoll(reader->at, &end, 10) : 0;
    must(reader, reader->at && end != reader->at && errno == 0 && *end != '.' && *end != 'e' && *end != 'E');
    if (reader->at)
        reader->at = end;
    return value;
}

struct search {
    const char *wanted; /* NULL: any */
    int streams, matches;
    struct allocation_stream *found;
};

struct stream_entry {
    char name[NAME_BYTES];
    struct allocation_stream value;
};

static void stream_member(struct reader *reader, const char *name, void *argument) {
    struct stream_entry *entry = argument;
    if (strcmp(name, "name") == 0)
        string_read(reader, entry->name, sizeof(entry->name));
    else if (strcmp(name, "periodNs") == 0)
        entry->value.period_ns = number_read(reader);
    else if (strcmp(name, "offsetNs") == 0)
        entry->value.offset_ns = number_read(reader);
    else if (strcmp(name, "trafficClass") == 0)
        entry->value.traffic_class = (int)number_read(reader);
    else
        value_skip(reader);
}

static void stream_item(struct reader *reader, void *argument) {
    struct search *search = argument;
    struct stream_entry entry = {.name = "", .value = {.period_ns = 0, .offset_ns = -1, .traffic_class = -1}};
    object_read(reader, stream_member, &entry);
    search->streams++;
    if (!search->wanted || strcmp(search->wanted, entry.name) == 0) {
        search->matches++;
        *search->found = entry.value;
    }
}

static void allocation_member(struct reader *reader, const char *name, void *argument) {
    if (strcmp(name, "streams") == 0)
        array_read(reader, stream_item, argument);
    else
        value_skip(reader);
}

int allocation_read(const char *text, const char *stream, struct allocation_stream *found, char *fault, size_t size) {
    struct reader reader = {.at = text};
    struct search search = {.wanted = stream, .found = found};
    object_read(&reader, allocation_member, &search);
    space_skip(&reader);
    if (!reader.at || *reader.at != '\0')
        snprintf(fault, size, "is not the JSON of an allocation");
    else if (search.matches == 0 && stream)
        snprintf(fault, size, "has no stream %s", stream);
    else if (search.matches != 1)
        snprintf(fault, size, "has %d streams: say which by --stream", search.streams);
    else if (found->period_ns <= 0 || found->offset_ns < 0 || found->offset_ns >= found->period_ns ||
             found->traffic_class < -1 || found->traffic_class > 7)
        snprintf(fault, size, "has a stream without periodNs above 0, offsetNs below it and trafficClass 0 to 7");
    else
        return 0;
    return -EINVAL;
}

int allocation_read_file(const char *path, const char *stream, struct allocation_stream *found, char *fault,
                         size_t size) {
    char *text = calloc(1, 1 << 18); /* an annotation is at most 256 KiB */
    FILE *file = fopen(path, "re");
    int error = -EINVAL;
    if (!text || !file)
        snprintf(fault, size, "cannot be read: %s", strerror(errno));
    else if (fread(text, 1, (1 << 18) - 1, file) == 0)
        snprintf(fault, size, "is empty");
    else
        error = allocation_read(text, stream, found, fault, size);
    if (file)
        fclose(file);
    free(text);
    return error;
}
