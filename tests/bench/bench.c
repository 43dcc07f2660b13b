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

static struct gcs_index *made_index;
static struct gcs_memory index_memory;

static struct gcs_setting setting_of(int64_t threshold0)
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
    return setting;
}

static void replay(const struct gcs_trace *trace, int64_t threshold0, struct gcs_ledger *ledger,
                   struct gcs_memory *memory)
{
    struct gcs_error error = {0};
    struct gcs_setting setting = setting_of(threshold0);
    must(gcs_replay(trace, &lifetimes, &setting, false, memory, ledger, &error), &error);
}

static void make_index(const struct gcs_trace *trace)
{
    struct gcs_error error = {0};
    struct gcs_setting setting = setting_of(700);
    gcs_index_free(made_index);
    must(gcs_index_new(trace, &setting.model->rules, &index_memory, &made_index,
                       &error),
         &error);
}

static void evaluate(const struct gcs_trace *trace, int64_t threshold0,
                     struct gcs_ledger *ledger, struct gcs_memory *memory)
{
    struct gcs_error error = {0};
    struct gcs_setting setting = setting_of(threshold0);
    const char *uncovered;
    must(gcs_index_evaluate(made_index, trace, &setting, memory, ledger, &uncovered, &error),
         &error);
    if (uncovered) {
        fprintf(stderr, "bench: not covered: %s\n", uncovered);
        exit(1);
    }
}

static void report(const char *what, const struct gcs_trace *trace, double *seconds, int runs)
{
    double s = median(seconds, runs);
    printf("%-22s %8.3f s  %7.1f M events/s  %6.1f M allocations/s\n", what, s,
           (double)trace->events / s / 1e6, (double)trace->allocations / s / 1e6);
    fflush(stdout);
}

/* Settings a second: both engines, the same settings. */
static void compare_engines(const struct gcs_trace *trace, int runs)
{
    static const int64_t thresholds[] = {700, 5000, 10000, 50000, 0};
    double seconds[RUNS_MAX], start;
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
        double replayed = median(seconds, runs);
        size_t collections = ledger.collection_count;
        printf("    %zu collections; at most %llu objects; %.1f bytes of gcsim's an object\n",
               collections, (unsigned long long)ledger.heap.peak_objects,
               (double)memory.peak / (double)ledger.heap.peak_objects);
        for (int i = 0; i < runs; i++) {
            start = now();
            evaluate(trace, thresholds[t], &ledger, &memory);
            seconds[i] = now() - start;
        }
        double evaluated = median(seconds, runs);
        printf("%-22s %8.2f ms  %zu collections; %.0f times replay\n", "    index",
               evaluated * 1e3, ledger.collection_count, replayed / evaluated);
        gcs_ledger_fini(&ledger);
    }
}

/* threshold0 from 500 to 50,450, linear. */
static void sweep(const struct gcs_trace *trace)
{
    struct gcs_memory memory = {0};
    struct gcs_ledger ledger;
    gcs_ledger_init(&ledger, &memory);
    double start = now();
    for (int64_t i = 0; i < 1000; i++)
        evaluate(trace, 500 + 50 * i, &ledger, &memory);
    printf("%-22s %8.2f s\n", "1,000 linear settings", now() - start);
    gcs_ledger_fini(&ledger);
}

int main(int count, char **words)
{
    uint64_t allocations = count > 1 ? strtoull(words[1], NULL, 10) : 10000000;
    int runs = count > 2 ? atoi(words[2]) : 3;
    double seconds[RUNS_MAX];
    struct gcs_memory trace_memory = {0};
    static const struct {
        const char *what;
        void (*run)(const struct gcs_trace *trace);
    } parts[] = {{"decode", decode}, {"lifetimes", analyse}, {"index", make_index}};
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
    for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++) {
        for (int i = 0; i < runs; i++) {
            start = now();
            parts[part].run(trace);
            seconds[i] = now() - start;
        }
        report(parts[part].what, trace, seconds, runs);
    }
    printf("    %.1f bytes of index an allocation\n",
           (double)index_memory.used / (double)trace->allocations);
    compare_engines(trace, runs);
    sweep(trace);
    gcs_index_free(made_index);
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
    return 0;
}
