/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast and how large: `cmake --build --preset release -t bench`, or bench [ALLOCATIONS
 * [RUNS]].
 *
 * The trace is made here, without the workload generator: so many allocations, a tenth as many
 * objects live, 80 % temporaries, 5 % in cycles of two, at most two references an object. Each
 * figure is the median of the runs, all in one process; the machine's noise is in them all, so
 * look at ratios.
 */
#define _POSIX_C_SOURCE 200809L
#include <gcsim/engine.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS_MAX = 99, NODE = 0, LEAF = 1 };

struct maker {
    struct gcs_trace_builder *builder;
    struct gcs_random random;
    uint64_t allocations;
    uint64_t *live; /* rooted objects */
    size_t live_count, live_wanted;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void must(enum gcs_status status, const struct gcs_error *error)
{
    if (status != GCS_OK) {
        fprintf(stderr, "bench: %s\n", error->text);
        exit(1);
    }
}

static void add(struct maker *maker, const struct gcs_event *event)
{
    struct gcs_error error = {0};
    must(gcs_trace_builder_add(maker->builder, event, NULL, &error), &error);
}

static uint64_t allocate(struct maker *maker, uint32_t type)
{
    add(maker, &(struct gcs_event){.op = GCS_OP_ALLOCATE,
                                   .type = type,
                                   .slots = type == NODE ? 2 : 0,
                                   .object = ++maker->allocations});
    return maker->allocations;
}

static void store(struct maker *maker, uint64_t source, uint32_t slot, uint64_t target)
{
    add(maker, &(struct gcs_event){
                   .op = GCS_OP_STORE, .type = slot, .object = source, .value = target});
}

static void drop(struct maker *maker, uint64_t object)
{
    add(maker, &(struct gcs_event){.op = GCS_OP_ROOT_LESS, .object = object});
}

/* A new object takes the place of a random one that was live. */
static void replace(struct maker *maker, uint64_t object)
{
    if (maker->live_count < maker->live_wanted) {
        maker->live[maker->live_count++] = object;
        return;
    }
    size_t at = (size_t)gcs_random_below(&maker->random, maker->live_count);
    drop(maker, maker->live[at]);
    maker->live[at] = object;
}

static uint64_t any_live(struct maker *maker)
{
    return maker->live[gcs_random_below(&maker->random, maker->live_count)];
}

static void one_step(struct maker *maker)
{
    uint64_t dice = gcs_random_below(&maker->random, 100);
    if (maker->live_count >= maker->live_wanted && dice < 80) {
        drop(maker, allocate(maker, LEAF));
    } else if (dice >= 97) { /* two objects a time */
        uint64_t a = allocate(maker, NODE), b = allocate(maker, NODE);
        store(maker, a, 0, b);
        store(maker, b, 0, a);
        drop(maker, b);
        drop(maker, a);
    } else {
        uint64_t object = allocate(maker, NODE);
        if (maker->live_count && dice % 2)
            store(maker, object, 0, any_live(maker));
        replace(maker, object);
    }
}

static struct gcs_trace *make(uint64_t allocations, struct gcs_memory *memory)
{
    struct gcs_error error = {0};
    struct maker maker = {.live_wanted = (size_t)(allocations / 10)};
    struct gcs_trace *trace;
    gcs_random_init(&maker.random, 1, "bench");
    maker.live = malloc((maker.live_wanted + 1) * sizeof *maker.live);
    if (!maker.live)
        exit(1);
    must(gcs_trace_builder_new(memory, true, &maker.builder, &error), &error);
    struct gcs_type node = {.name = "Node", .bytes = 32, .number = NODE, .slots = 2};
    struct gcs_type leaf = {.name = "Leaf", .bytes = 16, .number = LEAF};
    must(gcs_trace_builder_type(maker.builder, &node, &error), &error);
    must(gcs_trace_builder_type(maker.builder, &leaf, &error), &error);
    while (maker.allocations + 2 <= allocations)
        one_step(&maker);
    must(gcs_trace_builder_finish(maker.builder, &trace, &error), &error);
    free(maker.live);
    return trace;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
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

static struct gcs_lifetimes lifetimes;
static struct gcs_memory lifetimes_memory;

static void analyse(const struct gcs_trace *trace)
{
    struct gcs_error error = {0};
    gcs_lifetimes_fini(&lifetimes);
    must(gcs_lifetimes_of(trace, &lifetimes_memory, &lifetimes, &error), &error);
}

static void replay(const struct gcs_trace *trace, int64_t threshold0, struct gcs_ledger *ledger,
                   struct gcs_memory *memory)
{
    static const struct gcs_strategy nothing = {.name = "default"};
    static const struct gcs_cost flat = {.candidate = {.count = 1, .bytes = {1}, .ns = {50}},
                                         .reference = {.count = 1, .bytes = {1}, .ns = {5}},
                                         .collected = {.count = 1, .bytes = {1}, .ns = {100}},
                                         .finalizer = {.count = 1, .bytes = {1}, .ns = {100}}};
    struct gcs_error error = {0};
    struct gcs_setting setting = {
        .strategy = &nothing, .cost = &flat, .threshold = {threshold0, 10, 10}};
    must(gcs_model_find("cpython-3.11", &setting.model, &error), &error);
    must(gcs_replay(trace, &lifetimes, &setting, false, memory, ledger, &error), &error);
}

static void report(const char *what, const struct gcs_trace *trace, double *seconds, int runs)
{
    double s = median(seconds, runs);
    printf("%-22s %8.3f s  %7.1f M events/s  %6.1f M allocations/s\n", what, s,
           (double)trace->events / s / 1e6, (double)trace->allocations / s / 1e6);
    fflush(stdout);
}

int main(int count, char **words)
{
    uint64_t allocations = count > 1 ? strtoull(words[1], NULL, 10) : 10000000;
    int runs = count > 2 ? atoi(words[2]) : 3;
    static const int64_t thresholds[] = {700, 10000, 0};
    double seconds[RUNS_MAX];
    struct gcs_memory trace_memory = {0};
    if (runs < 1 || runs > RUNS_MAX || allocations < 100)
        return 2;
    gcs_init();
    double start = now();
    struct gcs_trace *trace = make(allocations, &trace_memory);
    seconds[0] = now() - start;
    printf("%llu allocations, %llu events, %.2f bytes an event; %d runs, medians\n",
           (unsigned long long)trace->allocations, (unsigned long long)trace->events,
           (double)trace->image_size / (double)trace->events, runs);
    report("build and encode", trace, seconds, 1);
    for (int i = 0; i < runs; i++) {
        start = now();
        decode(trace);
        seconds[i] = now() - start;
    }
    report("decode", trace, seconds, runs);
    for (int i = 0; i < runs; i++) {
        start = now();
        analyse(trace);
        seconds[i] = now() - start;
    }
    report("lifetimes", trace, seconds, runs);
    for (size_t t = 0; t < sizeof thresholds / sizeof thresholds[0]; t++) {
        struct gcs_memory memory = {0};
        struct gcs_ledger ledger;
        char what[64];
        gcs_ledger_init(&ledger, &memory);
        for (int i = 0; i < runs; i++) {
            start = now();
            replay(trace, thresholds[t], &ledger, &memory);
            seconds[i] = now() - start;
        }
        snprintf(what, sizeof what, "replay at %lld", (long long)thresholds[t]);
        report(what, trace, seconds, runs);
        printf("    %zu collections; at most %llu objects; %.1f bytes of gcsim's an object\n",
               ledger.collection_count, (unsigned long long)ledger.heap.peak_objects,
               (double)memory.peak / (double)ledger.heap.peak_objects);
        gcs_ledger_fini(&ledger);
    }
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
    return 0;
}
