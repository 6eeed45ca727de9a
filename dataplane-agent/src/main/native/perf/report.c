#include "report.h"

#include "hlog.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static void hlog_complain(const struct report *report, int error) {
    fprintf(stderr, "tsn-perf: --hlog: cannot write %s: %s\n", report->hlog_path, strerror(error));
}

void report_begin(struct report *report, const char *role) {
    if (report->json)
        fprintf(report->file, "{\"role\":\"%s\"", role);
    if (!report->hlog_path)
        return;
    report->hlog = fopen(report->hlog_path, "we");
    if (report->hlog)
        hlog_begin(report->hlog, report->began_ns);
    else
        hlog_complain(report, errno);
}

static void member(struct report *report, const char *json_name) {
    fprintf(report->file, ",\"%s\":", json_name);
}

void report_count(struct report *report, const char *json_name, const char *text, uint64_t value) {
    if (report->json) {
        member(report, json_name);
        fprintf(report->file, "%llu", (unsigned long long)value);
    } else {
        fprintf(report->file, "%-34s %12llu\n", text, (unsigned long long)value);
    }
}

void report_share(struct report *report, const char *json_name, const char *text, double share) {
    if (report->json) {
        member(report, json_name);
        fprintf(report->file, "%.6f", share);
    } else {
        fprintf(report->file, "%-34s %11.3f%%\n", text, share * 100.0);
    }
}

static void hgrm_write(const struct report *report, const char *name, const struct histogram *histogram) {
    char path[4096];
    if (!report->hgrm_prefix)
        return;
    int length = snprintf(path, sizeof(path), "%s-%s.hgrm", report->hgrm_prefix, name);
    FILE *file = length < (int)sizeof(path) ? fopen(path, "we") : NULL;
    bool good = file && histogram_write_hgrm(histogram, file) == 0;
    if (file && fclose(file) != 0)
        good = false;
    if (!good)
        fprintf(stderr, "tsn-perf: --hgrm: cannot write %s: %s\n", path, strerror(errno));
}

static void hlog_add(struct report *report, const char *name, const char *which, const struct histogram *histogram) {
    char tag[64];
    struct timespec now;
    if (!report->hlog)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t length_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - report->began_ns;
    snprintf(tag, sizeof(tag), "%s%s", name, which);
    int failure = hlog_write(report->hlog, tag, histogram, length_ns);
    if (failure)
        hlog_complain(report, -failure);
}

static const struct {
    const char *json_name;
    double percentile;
} quantiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

struct summary {
    uint64_t count;
    int64_t min_ns, max_ns;
    int64_t quantiles_ns[QUANTILES];
};

static void print(struct report *report, const char *json_name, const char *text, const struct summary *summary) {
    if (report->json) {
        member(report, json_name);
        fprintf(report->file, "{\"count\":%llu,\"min\":%lld", (unsigned long long)summary->count,
                (long long)summary->min_ns);
        for (size_t i = 0; i < QUANTILES; i++)
            fprintf(report->file, ",\"%s\":%lld", quantiles[i].json_name,
                    (long long)summary->quantiles_ns[i]);
        fprintf(report->file, ",\"max\":%lld}", (long long)summary->max_ns);
        return;
    }
    if (!report->started)
        fprintf(report->file, "%-34s %10s %10s %10s %10s %10s %10s %10s\n", "microseconds", "min", "p50", "p90",
                "p99", "p99.9", "p99.99", "max");
    report->started = true;
    fprintf(report->file, "%-34s %10.2f", text, (double)summary->min_ns / 1000.0);
    for (size_t i = 0; i < QUANTILES; i++)
        fprintf(report->file, " %10.2f", (double)summary->quantiles_ns[i] / 1000.0);
    fprintf(report->file, " %10.2f\n", (double)summary->max_ns / 1000.0);
}

void report_times(struct report *report, const char *json_name, const char *text, const struct histogram *histogram) {
    struct summary summary = {histogram->count, histogram->min_ns, histogram->max_ns, {0}};
    for (size_t i = 0; i < QUANTILES; i++)
        summary.quantiles_ns[i] = histogram_percentile(histogram, quantiles[i].percentile);
    print(report, json_name, text, &summary);
    hgrm_write(report, json_name, histogram);
    hlog_add(report, json_name, "", histogram);
}

void report_signed_times(struct report *report, const char *json_name, const char *text,
                         const struct signed_histogram *histogram) {
    struct summary summary = {histogram->magnitude.count, signed_histogram_min(histogram),
                              signed_histogram_max(histogram), {0}};
    for (size_t i = 0; i < QUANTILES; i++)
        summary.quantiles_ns[i] = signed_histogram_percentile(histogram, quantiles[i].percentile);
    print(report, json_name, text, &summary);
    hgrm_write(report, json_name, &histogram->magnitude);
    hlog_add(report, json_name, ".early", &histogram->early);
    hlog_add(report, json_name, ".late", &histogram->late);
}

void report_end(struct report *report) {
    if (report->json)
        fputs("}\n", report->file);
    fflush(report->file);
    if (report->hlog && fclose(report->hlog) != 0)
        hlog_complain(report, errno);
    report->hlog = NULL;
}
