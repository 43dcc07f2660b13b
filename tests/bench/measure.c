/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A subject through every stage, then under every setting; medians. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <gcsim/measure.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* threshold0: the usual ones, and none. */
static const int64_t thresholds[PRICED] = {700, 5000, 10000, 50000, 0};

/* What the passes over a trace leave for one another. */
struct bench {
    const struct origin *origin;
    const struct plan *plan;
    struct gcs_trace *trace; /* as made: compressed */
    struct gcs_trace *plain;
    struct gcs_memory trace_memory, lifetimes_memory, index_memory, trial_memory;
    struct gcs_lifetimes lifetimes;
    struct gcs_index *index;
    unsigned char *file; /* the index as bytes */
    size_t file_size, file_room;
    struct gcs_ledger ledger;
    struct gcs_histogram pauses, requests;
    struct gcs_summary summary;
    int64_t threshold0; /* of the setting that is priced */
};

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Runs it so many times: the median of the seconds. */
static double median_by(clockid_t clock, struct bench *bench, void (*run)(struct bench *bench),
                        int runs)
{
    double seconds[RUNS_MAX];
    for (int i = 0; i < runs; i++) {
        double start = now(clock);
        run(bench);
        seconds[i] = now(clock) - start;
    }
    qsort(seconds, (size_t)runs, sizeof *seconds, by_value);
    return runs % 2 ? seconds[runs / 2] : (seconds[runs / 2 - 1] + seconds[runs / 2]) / 2;
}

static double median_of(struct bench *bench, void (*run)(struct bench *bench), int runs)
{
    return median_by(CLOCK_PROCESS_CPUTIME_ID, bench, run, runs);
}

/*
 * The passes
 */
static void pass_generate(struct bench *bench)
{
    struct gcs_memory memory = {0};
    gcs_trace_free(generate(bench->origin, false, &memory));
}

static void pass_build(struct bench *bench)
{
    gcs_trace_free(bench->trace);
    bench->trace = make_trace(bench->origin, &bench->trace_memory);
}

static void decode(const struct gcs_trace *trace)
{
    struct gcs_memory memory = {0};
    struct gcs_error error = {0};
    struct gcs_cursor *cursor;
    struct gcs_block block;
    must(gcs_cursor_new(trace, &memory, &cursor, &error), &error);
    do
        must(gcs_cursor_next(cursor, &block, &error), &error);
    while (block.count);
    gcs_cursor_free(cursor);
}

static void pass_decode_plain(struct bench *bench)
{
    decode(bench->plain);
}

static void pass_decode(struct bench *bench)
{
    decode(bench->trace);
}

/* A file's bytes: decoded, checked and summed. */
static void pass_read(struct bench *bench)
{
    struct gcs_memory memory = {0};
    struct gcs_error error = {0};
    struct gcs_trace *again;
    must(gcs_trace_read(bench->trace->image, bench->trace->image_size, &memory, &again, &error),
         &error);
    gcs_trace_free(again);
}

static void pass_lifetimes(struct bench *bench)
{
    struct gcs_error error = {0};
    gcs_lifetimes_fini(&bench->lifetimes);
    must(gcs_lifetimes_of(bench->trace, &bench->lifetimes_memory, &bench->lifetimes, &error),
         &error);
}

static const struct gcs_model *model(void)
{
    struct gcs_error error = {0};
    const struct gcs_model *found;
    must(gcs_model_find(BENCH_MODEL, &found, &error), &error);
    return found;
}

static void pass_index(struct bench *bench)
{
    struct gcs_error error = {0};
    gcs_index_free(bench->index);
    must(gcs_index_new(bench->trace, &model()->rules, &bench->index_memory, &bench->index,
                       &error),
         &error);
}

static bool keep(void *to, const void *bytes, size_t count)
{
    struct bench *bench = to;
    if (bench->file_size + count > bench->file_room)
        return false;
    memcpy(bench->file + bench->file_size, bytes, count);
    bench->file_size += count;
    return true;
}

/* As a file beside the trace would hold it. */
static void write_index(struct bench *bench)
{
    struct gcs_sink sink = {keep, bench};
    bench->file_room = bench->index_memory.used + (1 << 20);
    bench->file = malloc(bench->file_room);
    if (!bench->file || !gcs_index_write(bench->index, bench->trace, &model()->rules, &sink))
        give_up("the index cannot be written", bench->origin->name);
}

static void pass_index_read(struct bench *bench)
{
    struct gcs_error error = {0};
    struct gcs_memory memory = {0};
    struct gcs_index *again;
    if (!bench->file)
        write_index(bench);
    must(gcs_index_read(bench->file, bench->file_size, bench->trace, &model()->rules, &memory,
                        &again, &error),
         &error);
    gcs_index_free(again);
}

static void note(struct subject *subject, const char *name, double seconds,
                 const struct gcs_trace *trace)
{
    subject->stages[subject->stage_count++] =
        (struct stage){name, seconds, trace->events, trace->allocations};
}

static void measure_generation(struct bench *bench, struct subject *subject)
{
    struct gcs_memory memory = {0};
    if (!bench->origin->workload)
        return;
    struct gcs_trace *trace = generate(bench->origin, false, &memory);
    note(subject, "generate", median_of(bench, pass_generate, bench->plan->runs), trace);
    gcs_trace_free(trace);
}

static void measure_stages(struct bench *bench, struct subject *subject)
{
    enum { OF_TRACE = 1, OF_ANALYSIS = 2 };
    static const unsigned wanted[] = {[DEPTH_TRACE] = OF_TRACE,
                                      [DEPTH_ANALYSIS] = OF_ANALYSIS,
                                      [DEPTH_WHOLE] = OF_TRACE | OF_ANALYSIS};
    static const struct {
        const char *name;
        void (*run)(struct bench *bench);
        unsigned part;
        clockid_t clock;
    } passes[] = {
        {"decode, plain", pass_decode_plain, OF_TRACE, CLOCK_PROCESS_CPUTIME_ID},
        {"decode, zstd", pass_decode, OF_TRACE, CLOCK_PROCESS_CPUTIME_ID},
        {"read and check", pass_read, OF_TRACE, CLOCK_PROCESS_CPUTIME_ID},
        {"lifetimes", pass_lifetimes, OF_ANALYSIS, CLOCK_PROCESS_CPUTIME_ID},
        {"index", pass_index, OF_ANALYSIS, CLOCK_PROCESS_CPUTIME_ID},
        {"index, by the wall", pass_index, OF_ANALYSIS, CLOCK_MONOTONIC}, /* it has a helper */
        {"index from file", pass_index_read, OF_ANALYSIS, CLOCK_PROCESS_CPUTIME_ID},
    };
    unsigned parts = wanted[bench->plan->depth];
    if (parts & OF_TRACE)
        measure_generation(bench, subject);
    if (bench->origin->allocations) {
        double seconds = median_of(bench, pass_build, parts & OF_TRACE ? bench->plan->runs : 1);
        note(subject, "build and encode", seconds, bench->trace);
    } else {
        pass_build(bench);
    }
    if (parts & OF_TRACE)
        bench->plain = recode(bench->trace, false, &bench->trace_memory);
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        if (parts & passes[i].part)
            note(subject, passes[i].name,
                 median_by(passes[i].clock, bench, passes[i].run, bench->plan->runs),
                 bench->trace);
}

/*
 * Settings
 */
static struct gcs_setting setting_of(const struct bench *bench)
{
    static const struct gcs_strategy nothing = {.name = "default"};
    return (struct gcs_setting){.strategy = &nothing,
                                .cost = &bench->plan->cost,
                                .model = model(),
                                .threshold = {bench->threshold0, 10, 10}};
}

/* With every column of summary.csv. */
static void price_by_replay(struct bench *bench)
{
    struct gcs_error error = {0};
    struct gcs_setting setting = setting_of(bench);
    must(gcs_replay(bench->trace, &bench->lifetimes, &setting, false, &bench->trial_memory,
                    &bench->ledger, &error),
         &error);
    gcs_summarize(&bench->ledger, &bench->pauses, &bench->requests, &bench->summary);
}

static void price_by_index(struct bench *bench)
{
    struct gcs_error error = {0};
    struct gcs_setting setting = setting_of(bench);
    const char *uncovered;
    must(gcs_index_evaluate(bench->index, bench->trace, &setting, false, &bench->trial_memory,
                            &bench->ledger, &uncovered, &error),
         &error);
    if (uncovered)
        give_up("the index does not cover it", uncovered);
    gcs_summarize(&bench->ledger, &bench->pauses, &bench->requests, &bench->summary);
}

/* threshold0 from 500 to 50,450, linear. */
static void price_a_thousand(struct bench *bench)
{
    for (int64_t i = 0; i < SETTINGS; i++) {
        bench->threshold0 = 500 + 50 * i;
        price_by_index(bench);
    }
}

static void price(struct bench *bench, struct subject *subject, struct priced *priced)
{
    bench->threshold0 = priced->threshold0;
    bool whole = bench->plan->depth == DEPTH_WHOLE;
    if (whole) {
        bench->trial_memory.peak = bench->trial_memory.used;
        priced->replay = median_of(bench, price_by_replay, bench->plan->runs);
        double bytes = (double)(bench->trial_memory.peak - bench->trial_memory.used) /
                       (double)bench->ledger.heap.peak_objects;
        if (bytes > subject->replay_bytes)
            subject->replay_bytes = bytes;
    }
    struct gcs_summary replayed = bench->summary;
    priced->index = median_of(bench, price_by_index, bench->plan->runs + 4);
    priced->collections = bench->ledger.collection_count;
    if (whole && (replayed.gc_ns != bench->summary.gc_ns ||
                  replayed.peak_bytes != bench->summary.peak_bytes))
        give_up("replay and index differ", subject->name);
}

static double beyond(const struct gcs_memory *memory)
{
    return (double)(memory->peak - memory->used);
}

/* What the analysis held beyond what it left, and what it left. */
static void measure_memory(const struct bench *bench, struct subject *subject)
{
    subject->live_objects = bench->ledger.heap.peak_objects;
    subject->analysis_bytes = beyond(&bench->index_memory) / (double)subject->live_objects;
    subject->index_bytes = (double)bench->index_memory.used / (double)subject->allocations;
}

static struct bench *bench_new(const struct origin *origin, const struct plan *plan)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        give_up("out of memory", origin->name);
    bench->origin = origin;
    bench->plan = plan;
    gcs_ledger_init(&bench->ledger, &bench->trial_memory);
    return bench;
}

static void bench_free(struct bench *bench)
{
    gcs_ledger_fini(&bench->ledger);
    gcs_index_free(bench->index);
    gcs_lifetimes_fini(&bench->lifetimes);
    free(bench->file);
    gcs_trace_free(bench->plain);
    gcs_trace_free(bench->trace);
    free(bench);
}

void measure(const struct origin *origin, const struct plan *plan, struct subject *subject)
{
    struct bench *bench = bench_new(origin, plan);
    *subject = (struct subject){.events = 0};
    snprintf(subject->name, sizeof subject->name, "%s", origin->name);
    measure_stages(bench, subject);
    subject->events = bench->trace->events;
    subject->allocations = bench->trace->allocations;
    if (bench->plain)
        subject->plain_bytes = (double)bench->plain->image_size / (double)subject->events;
    subject->zstd_bytes = (double)bench->trace->image_size / (double)subject->events;
    for (size_t i = 0; plan->depth > DEPTH_TRACE && i < PRICED; i++) {
        subject->priced[i].threshold0 = thresholds[i];
        price(bench, subject, &subject->priced[i]);
    }
    if (plan->depth > DEPTH_TRACE)
        measure_memory(bench, subject); /* the last setting collects nothing */
    if (plan->depth == DEPTH_WHOLE) {
        subject->thousand = median_of(bench, price_a_thousand, plan->runs);
        measure_real(bench->trace, plan, subject);
    }
    bench_free(bench);
}

void repeat(const struct origin *origin, const struct plan *plan, const char *phase, int times)
{
    static const struct {
        const char *name;
        void (*run)(struct bench *bench);
        int64_t threshold0;
        bool analysed; /* it needs the analysis */
    } phases[] = {{"generate", pass_generate, 0, false},
                  {"decode", pass_decode, 0, false},
                  {"read", pass_read, 0, false},
                  {"lifetimes", pass_lifetimes, 0, false},
                  {"index", pass_index, 0, true},
                  {"replay-700", price_by_replay, 700, true},
                  {"evaluate-700", price_by_index, 700, true},
                  {"evaluate-10000", price_by_index, 10000, true}};
    struct bench *bench = bench_new(origin, plan);
    pass_build(bench);
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        if (!gcs_same(phases[i].name, phase))
            continue;
        if (phases[i].analysed) {
            pass_lifetimes(bench);
            pass_index(bench);
        }
        bench->threshold0 = phases[i].threshold0;
        for (int n = 0; n < times; n++)
            phases[i].run(bench);
        printf("%llu\n", (unsigned long long)bench->trace->events);
        bench_free(bench);
        return;
    }
    give_up("no such phase", phase);
}
