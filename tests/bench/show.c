/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures for people, and one a row for programs. */
#include "bench.h"

/*
 * For people
 */
static double per_second(uint64_t count, double seconds)
{
    return seconds > 0 ? (double)count / seconds / 1e6 : 0;
}

static void print_threshold(const struct priced *priced, FILE *to)
{
    if (priced->threshold0)
        fprintf(to, "%10lld", (long long)priced->threshold0);
    else
        fprintf(to, "%10s", "off");
}

static void print_stages(const struct subject *subject, FILE *to)
{
    fprintf(to, "%-18s %9s %14s %19s\n", "pass", "s", "M events/s", "M allocations/s");
    for (size_t i = 0; i < subject->stage_count; i++) {
        const struct stage *stage = &subject->stages[i];
        fprintf(to, "%-18s %9.3f %14.1f %19.1f\n", stage->name, stage->seconds,
                per_second(stage->events, stage->seconds),
                per_second(stage->allocations, stage->seconds));
    }
}

/* "364 x", or nothing if one of the two was not measured. */
static void print_ratio(double slow, double fast, int width, FILE *to)
{
    if (slow > 0 && fast > 0)
        fprintf(to, " %*.*f x", width - 2, slow / fast < 20 ? 1 : 0, slow / fast);
    else
        fprintf(to, " %*s", width, "");
}

static void print_settings(const struct subject *subject, FILE *to)
{
    bool real = subject->python[0];
    fprintf(to, "\n%10s %11s %9s %9s %14s", "threshold0", "collections", "index ms", "replay s",
            "replay / index");
    if (real)
        fprintf(to, " %9s %14s %14s", "CPython s", "CPython/index", "CPython/replay");
    fprintf(to, "\n");
    for (size_t i = 0; i < PRICED; i++) {
        const struct priced *priced = &subject->priced[i];
        print_threshold(priced, to);
        fprintf(to, " %11zu %9.2f %9.3f", priced->collections, priced->index * 1e3,
                priced->replay);
        print_ratio(priced->replay, priced->index, 14, to);
        if (real) {
            fprintf(to, " %9.3f", priced->real);
            print_ratio(priced->real, priced->index, 14, to);
            print_ratio(priced->real, priced->replay, 14, to);
        }
        fprintf(to, "\n");
    }
    if (real)
        fprintf(to, "CPython: %s, the events alone, on real objects, without a log\n",
                subject->python);
    fprintf(to, "1,000 settings, threshold0 500 ... 50,450: %.2f s\n", subject->thousand);
}

static void print_sizes(const struct subject *subject, FILE *to)
{
    fprintf(to,
            "\nbytes an event        %6.2f plain, %.2f compressed\n"
            "bytes a live object   %6.1f replay, %.1f analysis (beyond the index)\n"
            "bytes an allocation   %6.1f index\n",
            subject->plain_bytes, subject->zstd_bytes, subject->replay_bytes,
            subject->analysis_bytes, subject->index_bytes);
}

void show_subject(const struct subject *subject, int runs, FILE *to)
{
    fprintf(to,
            "%s: %llu allocations, %llu events, at most %llu objects if nothing is "
            "collected; medians of %d\n\n",
            subject->name, (unsigned long long)subject->allocations,
            (unsigned long long)subject->events, (unsigned long long)subject->live_objects,
            runs);
    print_stages(subject, to);
    print_settings(subject, to);
    print_sizes(subject, to);
    fprintf(to, "\n");
}

static double analysis(const struct subject *subject)
{
    for (size_t i = 0; i < subject->stage_count; i++)
        if (gcs_same(subject->stages[i].name, "index"))
            return subject->stages[i].seconds;
    return 0;
}

static const struct priced *priced_at(const struct subject *subject, int64_t threshold0)
{
    for (size_t i = 0; i < PRICED; i++)
        if (subject->priced[i].threshold0 == threshold0)
            return &subject->priced[i];
    return NULL;
}

void show_growth(const struct subject *subjects, size_t count, FILE *to)
{
    fprintf(to,
            "growth\n\n%12s %12s %14s %15s %11s %11s %11s\n"
            "%12s %12s %14s %15s %11s %11s %11s\n",
            "allocations", "analysis s", "ns an event", "index bytes", "ms at 700",
            "ms at 5000", "ms at 50000", "", "", "", "an allocation", "", "", "");
    for (size_t i = 0; i < count; i++) {
        const struct subject *subject = &subjects[i];
        fprintf(to, "%12llu %12.3f %14.1f %15.1f %11.2f %11.2f %11.2f\n",
                (unsigned long long)subject->allocations, analysis(subject),
                analysis(subject) * 1e9 / (double)subject->events, subject->index_bytes,
                priced_at(subject, 700)->index * 1e3, priced_at(subject, 5000)->index * 1e3,
                priced_at(subject, 50000)->index * 1e3);
    }
}

static double rate(const struct subject *subject, const char *pass)
{
    for (size_t i = 0; i < subject->stage_count; i++)
        if (gcs_same(subject->stages[i].name, pass))
            return per_second(subject->stages[i].events, subject->stages[i].seconds);
    return 0;
}

void show_traces(const struct subject *subjects, size_t count, FILE *to)
{
    fprintf(to,
            "\nshipped workloads: bytes an event and million events a second\n\n"
            "%-16s %12s %7s %7s %10s %14s %14s %11s\n",
            "workload", "events", "plain", "zstd", "generated", "decoded, plain",
            "decoded, zstd", "and checked");
    for (size_t i = 0; i < count; i++) {
        const struct subject *subject = &subjects[i];
        fprintf(to, "%-16s %12llu %7.2f %7.2f %10.1f %14.1f %14.1f %11.1f\n", subject->name,
                (unsigned long long)subject->events, subject->plain_bytes, subject->zstd_bytes,
                rate(subject, "generate"), rate(subject, "decode, plain"),
                rate(subject, "decode, zstd"), rate(subject, "read and check"));
    }
}

/*
 * For programs: one figure a row
 */
struct rows {
    enum shape shape;
    FILE *to;
    const struct subject *subject;
    bool begun;
};

/* `at`: the stage, or the threshold0, that it belongs to. Names hold nothing to be escaped. */
static void put(struct rows *rows, const char *figure, const char *at, double value,
                const char *unit)
{
    const struct subject *subject = rows->subject;
    unsigned long long allocations = subject->allocations;
    if (!(value > 0))
        return; /* not measured */
    if (rows->shape == SHAPE_CSV)
        fprintf(rows->to, "%s,%llu,%s,\"%s\",%.9g,%s\n", subject->name, allocations, figure, at,
                value, unit);
    else
        fprintf(rows->to,
                "%s  {\"subject\": \"%s\", \"allocations\": %llu, \"figure\": \"%s\", "
                "\"at\": \"%s\", \"value\": %.9g, \"unit\": \"%s\"}",
                rows->begun ? ",\n" : "", subject->name, allocations, figure, at, value, unit);
    rows->begun = true;
}

static void put_setting(struct rows *rows, const struct priced *priced)
{
    char at[24];
    snprintf(at, sizeof at, "%lld", (long long)priced->threshold0);
    put(rows, "collections", at, (double)priced->collections, "");
    put(rows, "index", at, priced->index, "s");
    put(rows, "replay", at, priced->replay, "s");
    put(rows, "cpython", at, priced->real, "s");
    if (priced->replay > 0)
        put(rows, "replay_to_index", at, priced->replay / priced->index, "");
    if (priced->real > 0) {
        put(rows, "cpython_to_index", at, priced->real / priced->index, "");
        put(rows, "cpython_to_replay", at, priced->real / priced->replay, "");
    }
}

static void put_subject(struct rows *rows)
{
    const struct subject *subject = rows->subject;
    for (size_t i = 0; i < subject->stage_count; i++) {
        const struct stage *stage = &subject->stages[i];
        put(rows, "pass", stage->name, stage->seconds, "s");
        put(rows, "pass_events", stage->name, (double)stage->events / stage->seconds, "1/s");
    }
    for (size_t i = 0; i < PRICED; i++)
        put_setting(rows, &subject->priced[i]);
    put(rows, "thousand_settings", "", subject->thousand, "s");
    put(rows, "event_bytes_plain", "", subject->plain_bytes, "bytes");
    put(rows, "event_bytes_zstd", "", subject->zstd_bytes, "bytes");
    put(rows, "replay_bytes_an_object", "", subject->replay_bytes, "bytes");
    put(rows, "analysis_bytes_an_object", "", subject->analysis_bytes, "bytes");
    put(rows, "index_bytes_an_allocation", "", subject->index_bytes, "bytes");
}

void show_rows(const struct subject *subjects, size_t count, enum shape shape, FILE *to)
{
    struct rows rows = {.shape = shape, .to = to};
    fprintf(to, shape == SHAPE_CSV ? "subject,allocations,figure,at,value,unit\n" : "[\n");
    for (size_t i = 0; i < count; i++) {
        rows.subject = &subjects[i];
        put_subject(&rows);
    }
    if (shape == SHAPE_JSON)
        fprintf(to, "\n]\n");
}
