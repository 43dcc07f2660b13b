/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: one trace under one setting gives the collections, the times and the figures that it
 * must. Method: collection counts measured on real interpreters; small traces with thresholds
 * of 3 and pauses of round numbers, worked out by hand; laws that hold for every trace, on
 * random ones.
 */
#include "engine_samples.h"

/* One unit with its generator: a suite is built from one file. */
#include "random_trace.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

#define FREE_OF_CHARGE             \
    {                              \
        .count = 1, .bytes = { 1 } \
    }
/* A young pause takes 1 us, a full one 5 us, whatever they do. */
static const struct gcs_cost round_cost = {.name = "round",
                                           .fixed_young_ns = 1000,
                                           .fixed_full_ns = 5000,
                                           .candidate = FREE_OF_CHARGE,
                                           .reference = FREE_OF_CHARGE,
                                           .collected = FREE_OF_CHARGE,
                                           .finalizer = FREE_OF_CHARGE};

static struct gcs_memory memory;
static struct gcs_error error;
static struct gcs_arena arena;
static struct gcs_trace *trace;
static struct gcs_lifetimes lifetimes;
static struct gcs_ledger ledger;
static struct gcs_strategy strategy;

static void setup(void)
{
    memory = (struct gcs_memory){0};
    error = (struct gcs_error){0};
    trace = NULL;
    gcs_arena_init(&arena);
    gcs_ledger_init(&ledger, &memory);
}

static void drop_trace(void)
{
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
    trace = NULL;
}

/* Whatever a test does, nothing may be left over. */
static void teardown(void)
{
    drop_trace();
    gcs_ledger_fini(&ledger);
    gcs_arena_fini(&arena);
    ck_assert_uint_eq(memory.used, 0);
}

static void read_text(const char *text, size_t length)
{
    drop_trace();
    enum gcs_status status = gcs_trace_read(text, length, &memory, &trace, &error);
    if (status == GCS_OK)
        status = gcs_lifetimes_of(trace, &memory, &lifetimes, &error);
    ck_assert_msg(status == GCS_OK, "line %llu, event %llu: %s", (unsigned long long)error.line,
                  (unsigned long long)error.event, error.text);
}

/* Events of hand-made traces: a type of two slots, one of tuples, a finalizer. */
static void read_events(const char *events)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "gctrace 1\nt 0 Node 2 -\nt 1 Three 3 - kind=tuple\n%s", events);
    read_text(text.data, text.length);
    gcs_text_fini(&text);
}

/* `rules`: of a strategy, as in YAML; NULL: none. */
static struct gcs_setting setting_of(const char *model, int64_t t0, int64_t t1, int64_t t2,
                                     const char *rules)
{
    struct gcs_setting setting = {
        .threshold = {t0, t1, t2}, .strategy = &strategy, .cost = &round_cost};
    ck_assert_int_eq(gcs_model_find(model, &setting.model, &error), GCS_OK);
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "strategy: test\nrules: %s\n", rules ? rules : "[]");
    enum gcs_status status =
        gcs_strategy_read(text.data, text.length, NULL, &arena, &strategy, &error);
    ck_assert_msg(status == GCS_OK, "%s", error.text);
    gcs_text_fini(&text);
    return setting;
}

static void run(const struct gcs_setting *setting)
{
    enum gcs_status status =
        gcs_replay(trace, &lifetimes, setting, true, &memory, &ledger, &error);
    ck_assert_msg(status == GCS_OK, "event %llu: %s", (unsigned long long)error.event,
                  error.text);
}

static void run_as(const char *model, int64_t t0, int64_t t1, int64_t t2, const char *rules)
{
    const struct gcs_setting setting = setting_of(model, t0, t1, t2, rules);
    run(&setting);
}

/* "event:generation" of all collections, with the cause's first letter: "3:0t 9:2s" */
static const char *told(void)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    for (size_t i = 0; i < ledger.collection_count; i++)
        gcs_text_add(&text, "%s%llu:%u%c", i ? " " : "",
                     (unsigned long long)ledger.collections[i].event,
                     ledger.collections[i].work.generation,
                     gcs_cause_name(ledger.collections[i].cause)[0]);
    const char *copy = gcs_arena_string(&arena, text.data ? text.data : "", text.length);
    gcs_text_fini(&text);
    return copy;
}

static uint64_t runs_of(unsigned generation)
{
    uint64_t count = 0;
    for (size_t i = 0; i < ledger.collection_count; i++)
        count += ledger.collections[i].work.generation == generation;
    return count;
}

static uint64_t collected(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < ledger.collection_count; i++)
        sum += ledger.collections[i].work.collected;
    return sum;
}

/*
 * Against real interpreters
 */
static const char *const inside[] = {"cpython-3.6", "cpython-3.7",  "cpython-3.8",
                                     "cpython-3.9", "cpython-3.10", "cpython-3.11"};
static const char *const at_check[] = {"cpython-3.12.0", "cpython-3.12", "cpython-3.13"};

START_TEST(collections_are_those_that_were_measured)
{
    const struct vector *v = &vectors[_i];
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    for (unsigned i = 0; i < v->allocations; i++) {
        unsigned object = 2 * i + 1;
        gcs_text_add(&text, "a %u 0\ns %u 0 %u\n", object, object, object);
        if (v->keep ? i % v->keep != 0 : i != 0)
            gcs_text_add(&text, "d %u\n", object);
        gcs_text_add(&text, "a %u 1\nd %u\n", object + 1, object + 1);
    }
    read_events(text.data);
    gcs_text_fini(&text);
    for (unsigned family = 0; family < 2; family++) {
        const uint64_t *expected = family ? v->check : v->inside;
        struct gcs_setting setting =
            setting_of(family ? at_check[_i % 3] : inside[_i % 6], v->threshold[0],
                       v->threshold[1], v->threshold[2], NULL);
        ck_assert_int_eq(
            gcs_replay(trace, &lifetimes, &setting, false, &memory, &ledger, &error), GCS_OK);
        for (unsigned g = 0; g < 3; g++)
            ck_assert_uint_eq(runs_of(g), expected[g]);
        ck_assert_uint_eq(collected(), expected[3]);
    }
}
END_TEST

/* Strictly over, so ((11 young + 1 middle) * 11 + 1) * (threshold0 + 1) net allocations. */
START_TEST(the_first_full_collection_comes_at_the_133rd_trigger)
{
    static const struct {
        const char *model;
        int64_t threshold0;
        uint64_t allocation;
    } firsts[] = {{"cpython-3.11", 700, 93233},
                  {"cpython-3.12", 700, 93233},
                  {"cpython-3.13", 2000, 266133}};
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    for (unsigned i = 1; i <= firsts[_i].allocation + 5; i++)
        gcs_text_add(&text, "a %u 0\n", i);
    read_events(text.data);
    gcs_text_fini(&text);
    struct gcs_setting setting =
        setting_of(firsts[_i].model, firsts[_i].threshold0, 10, 10, NULL);
    ck_assert_int_eq(gcs_replay(trace, &lifetimes, &setting, false, &memory, &ledger, &error),
                     GCS_OK);
    ck_assert_uint_eq(ledger.collection_count, 133);
    ck_assert_uint_eq(ledger.collections[132].event, firsts[_i].allocation - 1);
    for (size_t i = 0; i < 133; i++) /* eleven young ones, then a middle one, over and over */
        ck_assert_uint_eq(ledger.collections[i].work.generation, i == 132       ? 2
                                                                 : i % 12 == 11 ? 1
                                                                                : 0);
}
END_TEST

START_TEST(up_to_3_11_the_new_object_is_no_candidate)
{
    read_events("a 1 0\na 2 0\na 3 0\na 4 0\na 5 0\n");
    run_as("cpython-3.11", 3, 10, 10, NULL);
    ck_assert_str_eq(told(), "3:0t");
    ck_assert_uint_eq(ledger.collections[0].work.candidates, 3);
    run_as("cpython-3.12", 3, 10, 10, NULL);
    ck_assert_str_eq(told(), "3:0t");
    ck_assert_uint_eq(ledger.collections[0].work.candidates, 4);
    ck_assert_uint_eq(ledger.collections[0].live_objects, 4);
    ck_assert_uint_eq(ledger.collections[0].heap_bytes, 4 * 48);
}
END_TEST

/*
 * Stretches without a check
 */
START_TEST(a_stretch_puts_off_what_3_12_schedules)
{
    read_events(stretches[_i].events);
    run_as(stretches[_i].model, 3, 10, 10, NULL);
    ck_assert_str_eq(told(), stretches[_i].told);
}
END_TEST

/*
 * What switches the collector
 */
START_TEST(switches_and_rules_act_at_their_events)
{
    read_events(switches[_i].events);
    int64_t t = switches[_i].threshold0 < 0 ? 1 : 10;
    run_as(_i % 2 ? "cpython-3.13" : "cpython-3.11", switches[_i].threshold0, t, t,
           switches[_i].rules);
    ck_assert_str_eq(told(), switches[_i].told);
}
END_TEST

START_TEST(what_a_setting_did_not_get_is_told)
{
    read_events(TEN "m here\n");
    run_as("cpython-3.13", 700, 10, 10, NULL);
    ck_assert(!ledger.thresholds_overruled && !ledger.freeze_missing && !ledger.unmet);
    run_as("cpython-3.13", 700, 10, 10, "[{when: mark here, do: freeze}]");
    ck_assert_ptr_null(ledger.unmet);
    ck_assert_uint_eq(ledger.heap.frozen_objects, 10);
    run_as("cpython-3.13", 700, 10, 10,
           "[{when: mark here, do: freeze}, {when: mark there, do: threshold 1}]");
    ck_assert_ptr_eq(ledger.unmet, &strategy.rules[1]);
    ck_assert(!ledger.thresholds_overruled);
    run_as("cpython-3.13", 700, 10, 10, "[{when: request-end, do: freeze}]");
    ck_assert_ptr_eq(ledger.unmet, &strategy.rules[0]);
    run_as("cpython-3.13", 700, 10, 10,
           "[{when: start, do: freeze}, {when: idle, do: freeze}]");
    ck_assert_ptr_eq(ledger.unmet, &strategy.rules[1]);
    run_as("cpython-3.13", 700, 10, 10, "[{when: start, do: threshold *3 *1 50}]");
    ck_assert_uint_eq(ledger.thresholds_overruled, 4);
    run_as("cpython-3.6", 700, 10, 10, "[{when: start, do: [freeze, threshold 5]}]");
    ck_assert(ledger.freeze_missing && ledger.thresholds_overruled);
    ck_assert_uint_eq(ledger.heap.frozen_objects, 0);
}
END_TEST

START_TEST(a_trace_that_names_what_was_collected_fails_at_the_event)
{
    read_events("a 1 0\ns 1 0 1\nd 1\nc 2\nr 1\n");
    struct gcs_setting setting = setting_of("cpython-3.13", 700, 10, 10, NULL);
    ck_assert_int_eq(gcs_replay(trace, &lifetimes, &setting, true, &memory, &ledger, &error),
                     GCS_INVALID);
    ck_assert(error.has_event && error.event == 4);
    error = (struct gcs_error){0};
    setting.ignore_program_gc = true;
    run(&setting);
}
END_TEST

/*
 * Time
 */
START_TEST(work_pauses_and_waiting_make_up_the_clock)
{
    read_events(times[_i].events);
    run_as("cpython-3.13", 700, 10, 10, times[_i].rules);
    ck_assert_uint_eq(ledger.mutator_ns, times[_i].mutator);
    ck_assert_uint_eq(ledger.gc_ns, times[_i].gc);
    ck_assert_uint_eq(ledger.idle_ns, times[_i].idle);
    ck_assert_uint_eq(ledger.total_ns, times[_i].mutator + times[_i].gc + times[_i].idle);
    ck_assert_uint_eq(ledger.request_count, times[_i].count);
    for (unsigned i = 0; i < times[_i].count; i++)
        ck_assert_uint_eq(ledger.request_ns[i], times[_i].requests[i]);
}
END_TEST

START_TEST(warm_up_ends_at_a_mark_or_a_time)
{
    read_events(cut_events);
    struct gcs_setting setting = setting_of("cpython-3.13", 700, 10, 10, cut_rules);
    setting.warmup = cuts[_i].warmup;
    run(&setting);
    const struct gcs_cut *wanted = &cuts[_i].cut;
    ck_assert_int_eq(ledger.cut.met, wanted->met);
    ck_assert_uint_eq(ledger.cut.time_ns, wanted->time_ns);
    ck_assert_uint_eq(ledger.cut.mutator_ns, wanted->mutator_ns);
    ck_assert_uint_eq(ledger.cut.gc_ns, wanted->gc_ns);
    ck_assert_uint_eq(ledger.cut.idle_ns, wanted->idle_ns);
    ck_assert_uint_eq(ledger.cut.collections, wanted->collections);
    ck_assert_uint_eq(ledger.cut.requests, wanted->requests);
    ck_assert_uint_eq(ledger.total_ns, 7380); /* whatever is cut */
}
END_TEST

START_TEST(the_mean_heap_is_weighted_by_time)
{
    /* 48 bytes for 100 ns, 96 for 300 ns, 48 for 600 ns. */
    read_events("a 1 0\nw 100\na 2 0\nw 200\ni 100\nd 2\nw 600\n");
    run_as("cpython-3.13", 700, 10, 10, NULL);
    ck_assert_double_eq(ledger.mean_bytes, (48. * 700 + 96. * 300) / 1000);
    /* Until a pause is over the heap is as high as before it. */
    read_events("a 1 0\ns 1 0 1\nd 1\nw 100\nc 0\nw 100\n");
    run_as("cpython-3.13", 700, 10, 10, NULL);
    ck_assert_double_eq(ledger.mean_bytes, 48. * (100 + 1000) / 1200);
}
END_TEST

/* Heaps that rise and fall, long enough to be thinned out many times. The peak, if any, is at
 * event 255 alone: the last of its stretch, however wide stretches become. */
static void read_waves(unsigned waves, bool peak)
{
    struct gcs_text text;
    unsigned object = peak;
    gcs_text_init(&text, NULL);
    for (unsigned i = 0; peak && i < 254; i++)
        gcs_text_add(&text, "w 1\n");
    if (peak)
        gcs_text_add(&text, "a 1 0\nz 1 90000000\nz 1 0\n");
    for (unsigned wave = 0; wave < waves; wave++) {
        unsigned first = object + 1, height = 5 + wave * 7919 % 300;
        for (unsigned i = 0; i < height; i++, object++)
            gcs_text_add(&text, "a %u 0\ns %u 0 %u\n", object + 1, object + 1, object + 1);
        for (unsigned i = first; i <= object; i++)
            gcs_text_add(&text, "%s%u%s", i % 2 ? "s " : "d ", i, i % 2 ? " 0 0\n" : "\n");
    }
    read_events(text.data);
    gcs_text_fini(&text);
}

static void check_timeline(void)
{
    uint64_t highest = 0;
    ck_assert_uint_le(ledger.sample_count, 4096);
    ck_assert_uint_gt(ledger.sample_count, 1000);
    for (size_t i = 0; i < ledger.sample_count; i++) {
        const struct gcs_sample *sample = &ledger.samples[i];
        MUST(i == 0 || sample[-1].event <= sample->event);
        MUST(i == 0 || sample[-1].time_ns <= sample->time_ns);
        MUST(i == 0 || i + 1 == ledger.sample_count || /* a stretch has one; then the end */
             sample[-1].event / ledger.sample_events < sample->event / ledger.sample_events);
        if (sample->live_bytes > highest)
            highest = sample->live_bytes;
    }
    const struct gcs_sample *end = &ledger.samples[ledger.sample_count - 1];
    ck_assert_uint_eq(end->event, trace->events - 1);
    ck_assert_uint_eq(end->time_ns, ledger.total_ns);
    ck_assert_uint_eq(end->live_objects, ledger.heap.live_objects);
    ck_assert_uint_eq(end->live_bytes, ledger.heap.live_bytes);
    ck_assert_uint_eq(highest, ledger.heap.peak_bytes);
}

START_TEST(the_timeline_is_short_and_keeps_the_peak)
{
    read_waves(400, true);
    ck_assert_uint_gt(trace->events, 100000);
    run_as("cpython-3.13", 700, 10, 10, NULL);
    check_timeline();
}
END_TEST

START_TEST(the_timeline_keeps_a_peak_that_ends_inside_an_allocation)
{
    read_waves(400, false);
    run_as("cpython-3.11", 700, 10, 10, NULL);
    check_timeline();
}
END_TEST

/*
 * Laws
 */
enum { TRACES = 40 };
static const char *const all_models[] = {"cpython-3.6",    "cpython-3.8",  "cpython-3.10",
                                         "cpython-3.11",   "cpython-3.12", "cpython-3.13",
                                         "cpython-3.12.0", "cpython-3.14"};

/* The text is the caller's to free. */
static char *read_random(uint64_t seed, uint32_t features)
{
    size_t length;
    struct random_trace_shape shape = {.events = 1500, .features = features};
    char *text = random_trace(seed, shape, &length);
    read_text(text, length);
    return text;
}

/* Without a second life (finalizers, weak references) and hidden objects, what dies without a
 * collector dies with one, and what becomes garbage is left or gone: freed by a collection, or
 * by reference counting once the garbage that held it is freed. */
START_TEST(what_is_allocated_dies_is_freed_or_lives)
{
    uint64_t freed_in_all = 0;
    for (uint64_t seed = 1; seed <= TRACES; seed++) {
        free(read_random(seed, RANDOM_TRACE_MODELLED & ~(uint32_t)RANDOM_TRACE_SETS));
        run_as(all_models[3 + seed % 5], 20, 4, 3, NULL);
        uint64_t freed = 0, gc = 0;
        for (size_t i = 0; i < ledger.collection_count; i++) {
            const struct gcs_collection *c = &ledger.collections[i];
            freed += c->work.freed_objects;
            gc += c->pause_ns;
            MUST(c->work.collected <= c->work.freed_objects);
            MUST(c->work.collected + c->work.survivors <= c->work.candidates);
        }
        const struct gcs_totals *heap = &ledger.heap;
        ck_assert_uint_eq(heap->allocated_objects, trace->allocations);
        ck_assert_uint_le(freed + heap->garbage_objects, lifetimes.garbage_count);
        ck_assert_uint_eq(heap->live_objects, lifetimes.survivors + heap->garbage_objects);
        ck_assert_uint_eq(ledger.gc_ns, gc);
        ck_assert_uint_eq(ledger.mutator_ns, trace->work_ns);
        ck_assert_uint_eq(ledger.total_ns, gc + trace->work_ns + ledger.idle_ns);
        ck_assert_uint_eq(ledger.events, trace->events);
        ck_assert_uint_eq(ledger.allocations, trace->allocations);
        ck_assert_uint_eq(ledger.request_count, trace->requests);
        ck_assert(heap->peak_objects >= heap->live_objects);
        ck_assert(heap->peak_garbage_bytes <= heap->peak_bytes);
        freed_in_all += freed;
    }
    ck_assert_uint_gt(freed_in_all, 1000);
}
END_TEST

static void check_same_collections(const struct gcs_collection *others, size_t count)
{
    ck_assert_uint_eq(ledger.collection_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct gcs_collection *a = &ledger.collections[i], *b = &others[i];
        const struct gcs_work *x = &a->work, *y = &b->work;
        MUST(a->event == b->event && a->time_ns == b->time_ns && a->pause_ns == b->pause_ns &&
             a->live_objects == b->live_objects && a->heap_bytes == b->heap_bytes);
        MUST(x->generation == y->generation && x->candidates == y->candidates &&
             x->candidate_bytes == y->candidate_bytes && x->references == y->references &&
             x->collected == y->collected && x->uncollectable == y->uncollectable &&
             x->survivors == y->survivors && x->finalizers == y->finalizers &&
             x->freed_objects == y->freed_objects && x->freed_bytes == y->freed_bytes);
    }
}

/* The program does not switch the collector itself here; a rule collects, so that there is
 * something to compare. */
START_TEST(disabled_and_threshold_0_are_the_same)
{
    const uint32_t switched = RANDOM_TRACE_MANUAL | RANDOM_TRACE_THRESHOLD;
    const uint32_t everything = (1u << RANDOM_TRACE_FEATURES) - 1;
    for (uint64_t seed = 1; seed <= TRACES; seed++) {
        free(read_random(seed, everything & ~switched));
        const char *model = all_models[seed % COUNT(all_models)];
        run_as(model, 20, 3, 2,
               "[{when: start, do: disable}, {when: every 50 allocations, do: collect 1}]");
        struct gcs_ledger other = ledger;
        ck_assert_uint_gt(other.collection_count, 3);
        gcs_ledger_init(&ledger, &memory);
        run_as(model, 20, 3, 2,
               "[{when: start, do: threshold 0}, {when: every 50 allocations, do: collect 1}]");
        check_same_collections(other.collections, other.collection_count);
        gcs_ledger_fini(&other);
        run_as(model, 0, 3, 2, "[{when: every 50 allocations, do: collect 1}]");
        for (size_t i = 0; i < ledger.collection_count; i++)
            MUST(ledger.collections[i].cause == GCS_CAUSE_STRATEGY);
    }
}
END_TEST

START_TEST(reference_counting_alone_collects_nothing)
{
    for (uint64_t seed = 1; seed <= TRACES; seed++) {
        free(read_random(seed, (1u << RANDOM_TRACE_FEATURES) - 1));
        run_as("refcount", 1, 1, 1, "[{when: every 50 allocations, do: collect 2}]");
        ck_assert_uint_eq(ledger.collection_count, 0);
        ck_assert_uint_eq(ledger.gc_ns, 0);
        ck_assert_uint_eq(ledger.heap.garbage_objects, lifetimes.garbage_count);
        ck_assert_uint_eq(ledger.heap.live_objects,
                          lifetimes.survivors + lifetimes.garbage_count);
    }
}
END_TEST

/* To ignore `c` and `g` is to run the same trace without these lines. */
START_TEST(a_program_whose_gc_calls_are_ignored_runs_as_if_it_made_none)
{
    for (uint64_t seed = 1; seed <= TRACES; seed++) {
        char *text = read_random(seed, RANDOM_TRACE_MODELLED);
        struct gcs_setting setting =
            setting_of(all_models[seed % COUNT(all_models)], 30, 3, 2, NULL);
        setting.ignore_program_gc = true;
        run(&setting);
        struct gcs_ledger other = ledger;
        ck_assert(!other.thresholds_overruled && other.heap.frozen_objects == 0);
        gcs_ledger_init(&ledger, &memory);
        char *to = text;
        for (char *line = text, *end; *line; line = end) {
            end = strchr(line, '\n') + 1;
            if (strncmp(line, "c ", 2) == 0 || strncmp(line, "g ", 2) == 0)
                continue;
            memmove(to, line, (size_t)(end - line));
            to += end - line;
        }
        read_text(text, (size_t)(to - text));
        free(text);
        setting.ignore_program_gc = false;
        run(&setting);
        for (size_t i = 0; i < other.collection_count && i < ledger.collection_count; i++)
            other.collections[i].event = ledger.collections[i].event; /* these moved up */
        check_same_collections(other.collections, other.collection_count);
        gcs_ledger_fini(&other);
    }
}
END_TEST

/*
 * Witnesses
 */
struct seen {
    uint64_t decisions, collections, left; /* it gives up when none is left */
    bool same, over;
    uint64_t listed;
};

static bool see(void *witness, const struct gcs_decision *decision, const struct gcs_heap *heap)
{
    struct seen *seen = witness;
    MUST(gcs_heap_counts(heap) != NULL);
    MUST(decision->scheduled_event <= decision->collection.event);
    seen->decisions++;
    if (decision->outcome == GCS_OUTCOME_COLLECTED) {
        const struct gcs_collection *first = &decision->collection;
        seen->collections++;
        seen->same &= first->pause_ns > 0 && first->work.candidates >= first->work.collected;
    }
    return --seen->left > 0;
}

static void see_end(void *witness, const struct gcs_heap *heap)
{
    struct seen *seen = witness;
    struct gcs_census census[GCS_GENERATIONS + 1];
    gcs_heap_census(heap, census);
    seen->over = true;
    for (unsigned i = 0; i < GCS_GENERATIONS + 1; i++) {
        MUST(census[i].garbage <= census[i].objects);
        seen->listed += census[i].objects;
    }
}

START_TEST(a_witness_sees_every_collection_and_changes_none)
{
    for (uint64_t seed = 1; seed <= TRACES; seed++) {
        free(read_random(seed, RANDOM_TRACE_MODELLED & ~(uint32_t)RANDOM_TRACE_SETS));
        const struct gcs_setting setting = setting_of(all_models[3 + seed % 5], 20, 4, 3, NULL);
        run(&setting);
        size_t collections = ledger.collection_count;
        gcs_time total = ledger.total_ns;
        struct seen seen = {.left = UINT64_MAX, .same = true};
        const struct gcs_witness witness = {see, see_end, &seen};
        ck_assert_int_eq(gcs_replay_witnessed(trace, &lifetimes, &setting, true, &witness,
                                              &memory, &ledger, &error),
                         GCS_OK);
        ck_assert_uint_eq(ledger.collection_count, collections);
        ck_assert_uint_eq(ledger.total_ns, total);
        ck_assert_uint_eq(seen.collections, collections);
        ck_assert_uint_ge(seen.decisions, collections);
        ck_assert(seen.same && seen.over);
        ck_assert_uint_le(seen.listed, ledger.heap.live_objects);
    }
}
END_TEST

START_TEST(a_witness_may_give_up)
{
    read_events(TEN);
    const struct gcs_setting setting = setting_of("cpython-3.13", 2, 10, 10, NULL);
    struct seen seen = {.left = 2, .same = true};
    const struct gcs_witness witness = {see, see_end, &seen};
    ck_assert_int_eq(gcs_replay_witnessed(trace, &lifetimes, &setting, true, &witness, &memory,
                                          &ledger, &error),
                     GCS_LIMIT);
    ck_assert_uint_eq(seen.decisions, 2);
    ck_assert(!seen.over);
}
END_TEST

static Suite *engine_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *runs = tcase_create("runs");
    tcase_add_checked_fixture(runs, setup, teardown);
    tcase_set_timeout(runs, 120);
    tcase_add_loop_test(runs, collections_are_those_that_were_measured, 0, (int)COUNT(vectors));
    tcase_add_loop_test(runs, the_first_full_collection_comes_at_the_133rd_trigger, 0, 3);
    tcase_add_test(runs, up_to_3_11_the_new_object_is_no_candidate);
    tcase_add_loop_test(runs, a_stretch_puts_off_what_3_12_schedules, 0, (int)COUNT(stretches));
    tcase_add_loop_test(runs, switches_and_rules_act_at_their_events, 0, (int)COUNT(switches));
    tcase_add_test(runs, what_a_setting_did_not_get_is_told);
    tcase_add_test(runs, a_trace_that_names_what_was_collected_fails_at_the_event);
    tcase_add_loop_test(runs, work_pauses_and_waiting_make_up_the_clock, 0, (int)COUNT(times));
    tcase_add_loop_test(runs, warm_up_ends_at_a_mark_or_a_time, 0, (int)COUNT(cuts));
    tcase_add_test(runs, the_mean_heap_is_weighted_by_time);
    tcase_add_test(runs, the_timeline_is_short_and_keeps_the_peak);
    tcase_add_test(runs, what_is_allocated_dies_is_freed_or_lives);
    tcase_add_test(runs, disabled_and_threshold_0_are_the_same);
    tcase_add_test(runs, reference_counting_alone_collects_nothing);
    tcase_add_test(runs, a_program_whose_gc_calls_are_ignored_runs_as_if_it_made_none);
    tcase_add_test(runs, a_witness_sees_every_collection_and_changes_none);
    tcase_add_test(runs, a_witness_may_give_up);
    tcase_add_test(runs, the_timeline_keeps_a_peak_that_ends_inside_an_allocation);
    suite_add_tcase(suite, runs);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(engine_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
