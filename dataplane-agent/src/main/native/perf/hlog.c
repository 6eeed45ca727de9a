#include "hlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    COOKIE = 0x1c849313, /* V2, words of up to 9 bytes */
    COOKIE_COMPRESSED = 0x1c849314,
    HEADER_BYTES = 40,
    WORD_BYTES = 9,
    DIGITS = 3,
    STORED_MAX = 65535 /* bytes of a stored block of deflate */
};
#define HIGHEST_NS ((UINT64_C(1) << 42) - 1)

struct bytes {
    uint8_t *data;
    size_t count;
};

static void put(struct bytes *to, uint64_t value, unsigned bytes) {
    while (bytes-- > 0)
        to->data[to->count++] = (uint8_t)(value >> (8 * bytes));
}

/* ZigZag, then 7 bits a byte, the lowest first; a ninth byte would hold 8. Counts stay far below. */
static void put_word(struct bytes *to, int64_t value) {
    uint64_t word = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; word > 0x7f; word >>= 7)
        to->data[to->count++] = (uint8_t)(word | 0x80);
    to->data[to->count++] = (uint8_t)word;
}

/* Counts in order; of zeros in a row their number, negated. */
static void put_counts(struct bytes *to, const struct histogram *histogram) {
    int64_t zeros = 0;
    for (unsigned slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
        if (histogram->slots[slot] == 0) {
            zeros++;
            continue;
        }
        if (zeros > 0)
            put_word(to, zeros == 1 ? 0 : -zeros);
        zeros = 0;
        put_word(to, (int64_t)histogram->slots[slot]);
    }
}

static void put_histogram(struct bytes *to, const struct histogram *histogram) {
    struct bytes counts = {.data = to->data + to->count + HEADER_BYTES};
    put_counts(&counts, histogram);
    put(to, COOKIE, 4);
    put(to, counts.count, 4);
    put(to, 0, 4); /* normalizing index offset */
    put(to, DIGITS, 4);
    put(to, 1, 8); /* lowest discernible value */
    put(to, HIGHEST_NS, 8);
    put(to, UINT64_C(0x3ff0000000000000), 8); /* integer to double conversion: 1.0 */
    to->count += counts.count;
}

static uint32_t adler32(const struct bytes *bytes) {
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < bytes->count; i++) {
        a = (a + bytes->data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* zlib's format with blocks that are stored as they are: the encoding is small already, and needs no library so. */
static void put_zlib(struct bytes *to, const struct bytes *from) {
    put(to, 0x7801, 2);
    size_t at = 0;
    do {
        size_t part = from->count - at < STORED_MAX ? from->count - at : STORED_MAX;
        put(to, at + part == from->count, 1);
        for (unsigned i = 0; i < 2; i++) {
            uint64_t length = i == 0 ? part : ~part;
            put(to, length & 0xff, 1);
            put(to, length >> 8 & 0xff, 1);
        }
        memcpy(to->data + to->count, from->data + at, part);
        to->count += part;
        at += part;
    } while (at < from->count);
    put(to, adler32(from), 4);
}

static void write_base64(FILE *file, const struct bytes *bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes->count; i += 3) {
        size_t left = bytes->count - i;
        uint32_t group = (uint32_t)bytes->data[i] << 16 | (left > 1 ? (uint32_t)bytes->data[i + 1] << 8 : 0) |
                         (left > 2 ? bytes->data[i + 2] : 0U);
        for (unsigned digit = 0; digit < 4; digit++)
            fputc(digit <= left ? digits[group >> (18 - 6 * digit) & 63] : '=', file);
    }
}

void hlog_begin(FILE *file, int64_t began_ns) {
    fprintf(file,
            "#[Logged by tsn-perf, values in nanoseconds]\n#[Histogram log format version 1.3]\n"
            "#[StartTime: %lld.%03lld (seconds since epoch)]\n"
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
            (long long)(began_ns / 1000000000), (long long)(began_ns / 1000000 % 1000));
}

int hlog_write(FILE *file, const char *tag, const struct histogram *histogram, int64_t length_ns) {
    const size_t most = HEADER_BYTES + (size_t)HISTOGRAM_SLOTS * WORD_BYTES;
    struct bytes plain = {.data = malloc(most)};
    struct bytes packed = {.data = malloc(most + most / STORED_MAX * 5 + 32)};
    int failure = plain.data && packed.data ? 0 : -ENOMEM;
    if (!failure) {
        put_histogram(&plain, histogram);
        packed.count = 8;
        put_zlib(&packed, &plain);
        struct bytes head = {.data = packed.data};
        put(&head, COOKIE_COMPRESSED, 4);
        put(&head, packed.count - 8, 4);
        /* The maximum is in milliseconds, as HdrHistogram's own writer has it. */
        fprintf(file, "Tag=%s,0.000,%.3f,%.6f,", tag, (double)length_ns / 1e9, (double)histogram->max_ns / 1e6);
        write_base64(file, &packed);
        fputc('\n', file);
        failure = ferror(file) ? -EIO : 0;
    }
    free(plain.data);
    free(packed.data);
    return failure;
}
