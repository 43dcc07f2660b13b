/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: where the index covers a trace and a setting, its ledger is replay's.
 * Method: random traces × models × thresholds × strategies through both engines; every row,
 * every figure and the heap's history is compared. The other engine is the judge; replay itself
 * is judged elsewhere. GCSIM_TEST_SEED sets the first seed, GCSIM_TEST_TRACES the number of
 * traces.
 */
#include "random_trace.h"

#include <gcsim/engine.h>

#include <check.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No two parts of a collection's work cost the same. */
static const struct gcs_cost cost = {
    .name = "primes",
    .fixed_young_ns = 101,
    .fixed_full_ns = 1009,
    .candidate = {.count = 2, .bytes = {1, 4096}, .ns = {7, 11}},
    .reference = {.count = 1, .bytes = {1}, .ns = {3}},
    .collected = {.count = 1, .bytes = {1}, .ns = {13}},
    .finalizer = {.count = 1, .bytes = {1}, .ns = {17}},
};

static const char *const models[] = {"cpython-2.7",  "cpython-3.6",  "cpython-3.7",
                                     "cpython-3.8",  "cpython-3.9",  "cpython-3.10",
                                     "cpython-3.11", "cpython-3.12", "cpython-3.12.0",
                                     "cpython-3.13", "cpython-3.14", "cpython-3.15"};

static const int64_t thresholds[][3] = {{700, 10, 10}, {97, 3, 2},  {10, 2, 2},    {1, 1, 1},
                                        {2, 0, 0},     {300, 5, 3}, {0, 10, 10},   {50, 0, 0},
                                        {-1, 3, 3},    {30, 1, 50}, {2000, 10, 10}};

static const char *const rules[] = {
    NULL,
    "[{when: start, do: disable}]",
    "[{when: request-end, do: collect 0}]",
    "[{when: every 50 allocations, do: collect 1}]",
    "[{when: every 300 allocations, do: [collect 2, freeze]}]",
    "[{when: every 200 allocations, do: [freeze, unfreeze]}, {when: idle, do: collect 2}]",
    "[{when: start, do: threshold 20}, {when: every 3 requests, do: [threshold 100, collect "
    "1]}]",
    "[{when: mark mark-3, do: [collect 2, freeze]}, {when: mark never-comes, do: disable}]",
    "[{when: start, do: disable}, {when: every 170 allocations, do: enable},"
    " {when: every 230 allocations, do: disable}]",
    "[{when: every 2us, do: collect 1}, {when: every 90 allocations, do: collect 0}]",
    "[{when: start, do: disable}, {when: every 5us, if: count 0 over threshold, do: collect 0},"
    " {when: every 5us, if: [count 1 over threshold, 20us since collect 1], do: collect 1}]",
    "[{when: start, do: threshold *2 *1 1}, {when: after 400 allocations, do: threshold start},"
    " {when: after 5 requests, do: [freeze, unfreeze]}]",
    "[{when: start, do: disable}, {when: every 90 allocations, if: [count 2 over threshold, "
    "9us "
    "since collect 2], do: collect 2}, {when: every 90 allocations, if: count 1 over 1, do: "
    "collect 1}, {when: every 90 allocations, if: count 0 over threshold, do: collect 0}]",
    "[{when: idle, if: [count 0 over 40, count 1 over 2], do: collect 1}, {when: idle, if: "
    "[count "
    "0 over 40, count 1 up to 2], do: collect 0}, {when: request-end, if: last collect under "
    "4%, "
    "do: collect 2}]",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

/* What differs, or NULL. */
static const char *compare_figures(const struct gcs_ledger *a, const struct gcs_ledger *b)
{
#define SAME(member)            \
    if (a->member != b->member) \
    return #member
    SAME(events);
    SAME(allocations);
    SAME(mutator_ns);
    SAME(gc_ns);
    SAME(idle_ns);
    SAME(total_ns);
    SAME(heap.allocated_objects);
    SAME(heap.live_objects);
    SAME(heap.live_bytes);
    SAME(heap.peak_bytes);
    SAME(heap.peak_objects);
    SAME(heap.frozen_objects);
    SAME(heap.garbage_bytes);
    SAME(heap.garbage_objects);
    SAME(heap.peak_garbage_bytes);
    SAME(counts.count[0]);
    SAME(counts.count[1]);
    SAME(counts.count[2]);
    SAME(counts.long_lived_total);
    SAME(counts.long_lived_pending);
    SAME(thresholds_overruled);
    SAME(freeze_missing);
    SAME(unmet);
    SAME(request_count);
    SAME(collection_count);
    SAME(cut.met);
    SAME(cut.time_ns);
    SAME(cut.mutator_ns);
    SAME(cut.gc_ns);
    SAME(cut.idle_ns);
    SAME(cut.collections);
    SAME(cut.requests);
#undef SAME
    if (a->total_ns && memcmp(&a->mean_bytes, &b->mean_bytes, sizeof a->mean_bytes) != 0)
        return "mean_bytes";
    return NULL;
}

static const char *compare_rows(const struct gcs_collection *a, const struct gcs_collection *b)
{
#define SAME(member)            \
    if (a->member != b->member) \
    return #member
    SAME(event);
    SAME(work.generation);
    SAME(cause);
    SAME(work.candidates);
    SAME(work.collected);
    SAME(work.survivors);
    SAME(work.candidate_bytes);
    SAME(work.references);
    SAME(work.finalizers);
    SAME(work.uncollectable);
    SAME(work.freed_objects);
    SAME(work.freed_bytes);
    SAME(pause_ns);
    SAME(time_ns);
    SAME(live_objects);
    SAME(heap_bytes);
#undef SAME
    return NULL;
}

struct tally {
    uint64_t settings, covered, collections, histories, cuts;
};

static void differ(const char *what, size_t row, uint64_t seed,
                   const struct gcs_setting *setting, const struct gcs_ledger *replay,
                   const struct gcs_ledger *index)
{
    fprintf(stderr, "seed %" PRIu64 ", %s, %" PRId64 ",%" PRId64 ",%" PRId64 ", %s: %s", seed,
            setting->model->name, setting->threshold[0], setting->threshold[1],
            setting->threshold[2], setting->strategy->name, what);
    if (row < replay->collection_count && row < index->collection_count) {
        const struct gcs_collection *a = &replay->collections[row],
                                    *b = &index->collections[row];
        fprintf(stderr,
                " in collection %zu: replay event %" PRIu64 " gen %u candidates %" PRIu64
                " collected %" PRIu64 " survivors %" PRIu64 " freed %" PRIu64 "; index %" PRIu64
                " gen %u candidates %" PRIu64 " collected %" PRIu64 " survivors %" PRIu64
                " freed %" PRIu64,
                row, a->event, a->work.generation, a->work.candidates, a->work.collected,
                a->work.survivors, a->work.freed_objects, b->event, b->work.generation,
                b->work.candidates, b->work.collected, b->work.survivors,
                b->work.freed_objects);
    }
    fprintf(stderr, "\n");
    ck_abort_msg("the engines differ");
}

static void compare(const struct gcs_ledger *replay, const struct gcs_ledger *index,
                    uint64_t seed, const struct gcs_setting *setting)
{
    for (size_t i = 0; i < replay->collection_count && i < index->collection_count; i++) {
        const char *what = compare_rows(&replay->collections[i], &index->collections[i]);
        if (what)
            differ(what, i, seed, setting, replay, index);
    }
    const char *what = compare_figures(replay, index);
    if (what)
        differ(what, SIZE_MAX, seed, setting, replay, index);
    for (size_t i = 0; i < replay->request_count; i++)
        if (replay->request_ns[i] != index->request_ns[i])
            differ("request_ns", SIZE_MAX, seed, setting, replay, index);
}

static void compare_histories(const struct gcs_ledger *replay, const struct gcs_ledger *index,
                              uint64_t seed, const struct gcs_setting *setting)
{
    if (replay->sample_events != index->sample_events ||
        replay->sample_count != index->sample_count)
        differ("number of samples", SIZE_MAX, seed, setting, replay, index);
    for (size_t i = 0; i < replay->sample_count; i++) {
        const struct gcs_sample *a = &replay->samples[i], *b = &index->samples[i];
        if (memcmp(a, b, sizeof *a) == 0)
            continue;
        fprintf(stderr,
                "sample %zu: replay event %" PRIu64 " time %" PRIu64 " live %" PRIu64
                " garbage %" PRIu64 " frozen %" PRIu64 " objects %" PRIu64
                "; index event %" PRIu64 " time %" PRIu64 " live %" PRIu64 " garbage %" PRIu64
                " frozen %" PRIu64 " objects %" PRIu64 "\n",
                i, a->event, a->time_ns, a->live_bytes, a->garbage_bytes, a->frozen_bytes,
                a->live_objects, b->event, b->time_ns, b->live_bytes, b->garbage_bytes,
                b->frozen_bytes, b->live_objects);
        differ("the history", SIZE_MAX, seed, setting, replay, index);
    }
}

/* A setting of the model, drawn. */
static struct gcs_setting draw(struct gcs_random *random, const struct gcs_model *model,
                               const struct gcs_strategy *strategies)
{
    struct gcs_setting setting = {.model = model, .cost = &cost};
    setting.strategy = &strategies[gcs_random_below(random, COUNT(rules))];
    memcpy(setting.threshold, thresholds[gcs_random_below(random, COUNT(thresholds))],
           sizeof setting.threshold);
    setting.ignore_program_gc = gcs_random_below(random, 4) == 0;
    static const char *const marks[] = {"mark-0", "mark-1", "mark-2", "mark-3"};
    if (gcs_random_below(random, 2))
        setting.warmup.mark = marks[gcs_random_below(random, COUNT(marks))];
    else
        setting.warmup.ns = gcs_random_next(random) >> (24 + gcs_random_below(random, 30));
    return setting;
}

static bool take(void *to, const void *bytes, size_t count)
{
    gcs_text_add_bytes(to, bytes, count);
    return true;
}

/* What is kept in a file is the index itself, and of nothing else. */
static struct gcs_index *write_and_read(struct gcs_index *index, const struct gcs_trace *trace,
                                        const struct gcs_rules *under,
                                        struct gcs_memory *memory)
{
    struct gcs_error error = {0};
    struct gcs_index *again;
    struct gcs_rules other = *under;
    struct gcs_text bytes;
    gcs_text_init(&bytes, NULL);
    const struct gcs_sink sink = {take, &bytes};
    ck_assert(gcs_index_write(index, trace, under, &sink));
    gcs_index_free(index);
    other.alignment++;
    ck_assert_int_eq(
        gcs_index_read(bytes.data, bytes.length, trace, &other, memory, &again, &error),
        GCS_INVALID);
    ck_assert_int_eq(
        gcs_index_read(bytes.data, bytes.length - 1, trace, under, memory, &again, &error),
        GCS_INVALID);
    bytes.data[bytes.length / 2] ^= 1;
    ck_assert_int_eq(
        gcs_index_read(bytes.data, bytes.length, trace, under, memory, &again, &error),
        GCS_INVALID);
    bytes.data[bytes.length / 2] ^= 1;
    ck_assert_msg(gcs_index_read(bytes.data, bytes.length, trace, under, memory, &again,
                                 &error) == GCS_OK,
                  "%s", error.text);
    gcs_text_fini(&bytes);
    return again;
}

static void compare_settings(const struct gcs_trace *trace,
                             const struct gcs_lifetimes *lifetimes, uint64_t seed,
                             const struct gcs_strategy *strategies, struct tally *tally)
{
    struct gcs_memory memory = {0};
    struct gcs_error error = {0};
    struct gcs_ledger replay, index;
    struct gcs_random random;
    gcs_ledger_init(&replay, &memory);
    gcs_ledger_init(&index, &memory);
    gcs_random_init(&random, seed, "settings");
    for (size_t i = 0; i < COUNT(models); i++) {
        const struct gcs_model *model;
        struct gcs_index *made;
        ck_assert_int_eq(gcs_model_find(models[i], &model, &error), GCS_OK);
        ck_assert_msg(gcs_index_new(trace, &model->rules, &memory, &made, &error) == GCS_OK,
                      "seed %" PRIu64 ": %s", seed, error.text);
        if (gcs_random_below(&random, 4) == 0 && gcs_index_covers(made))
            made = write_and_read(made, trace, &model->rules, &memory);
        for (unsigned k = 0; k < 4; k++) {
            struct gcs_setting setting = draw(&random, model, strategies);
            const char *uncovered;
            const bool history = gcs_random_below(&random, 2);
            tally->settings++;
            ck_assert_int_eq(gcs_index_evaluate(made, trace, &setting, history, &memory, &index,
                                                &uncovered, &error),
                             GCS_OK);
            if (uncovered)
                continue;
            ck_assert_int_eq(
                gcs_replay(trace, lifetimes, &setting, false, &memory, &replay, &error),
                GCS_OK);
            compare(&replay, &index, seed, &setting);
            if (history)
                compare_histories(&replay, &index, seed, &setting);
            else
                ck_assert_uint_eq(index.sample_count, 0);
            tally->histories += history;
            tally->covered++;
            tally->collections += replay.collection_count;
            tally->cuts += replay.cut.met && replay.cut.collections;
        }
        gcs_index_free(made);
    }
    gcs_ledger_fini(&replay);
    gcs_ledger_fini(&index);
    ck_assert_uint_eq(memory.used, 0);
}

/* Features that the index covers, some of them in each trace; now and then any. */
static struct random_trace_shape shape_of(struct gcs_random *random)
{
    static const uint32_t never = RANDOM_TRACE_RESURRECT | RANDOM_TRACE_LEGACY |
                                  RANDOM_TRACE_STANDING | RANDOM_TRACE_START |
                                  RANDOM_TRACE_RESOLVED;
    static const uint32_t seldom =
        RANDOM_TRACE_FRAMES | RANDOM_TRACE_GENERATORS | RANDOM_TRACE_COROUTINES;
    uint32_t features = (uint32_t)gcs_random_next(random);
    if (gcs_random_below(random, 2))
        features &= (uint32_t)gcs_random_next(random);
    if (gcs_random_below(random, 8))
        features &= ~never;
    if (gcs_random_below(random, 4))
        features &= ~seldom;
    return (struct random_trace_shape){
        .events = 200 + (uint32_t)gcs_random_below(random,
                                                   gcs_random_below(random, 40) ? 6000 : 40000),
        .features = features & ((1u << RANDOM_TRACE_FEATURES) - 1),
        .roots = (uint32_t)(gcs_random_below(random, 2) ? 0 : 1 + gcs_random_below(random, 60)),
    };
}

static void compare_trace(uint64_t seed, const struct gcs_strategy *strategies,
                          struct tally *tally)
{
    struct gcs_memory memory = {0};
    struct gcs_error error = {0};
    struct gcs_random random;
    struct gcs_trace *trace;
    struct gcs_lifetimes lifetimes;
    size_t length;
    gcs_random_init(&random, seed, "shape");
    char *text = random_trace(seed, shape_of(&random), &length);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(gcs_trace_read(text, length, &memory, &trace, &error), GCS_OK);
    ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
    compare_settings(trace, &lifetimes, seed, strategies, tally);
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
    free(text);
    ck_assert_uint_eq(memory.used, 0);
}

static struct gcs_strategy read_strategy(const char *text, struct gcs_arena *arena)
{
    struct gcs_error error = {0};
    struct gcs_strategy strategy;
    struct gcs_text yaml;
    gcs_text_init(&yaml, NULL);
    gcs_text_add(&yaml, "strategy: tested\nrules: %s\n", text ? text : "[]");
    ck_assert_msg(gcs_strategy_read(yaml.data, yaml.length, NULL, arena, &strategy, &error) ==
                      GCS_OK,
                  "%s", error.text);
    gcs_text_fini(&yaml);
    strategy.name = text ? text : "default";
    return strategy;
}

START_TEST(ledger_is_replays)
{
    uint64_t first = from_environment("GCSIM_TEST_SEED", 1);
    uint64_t count = from_environment("GCSIM_TEST_TRACES", 300);
    struct gcs_strategy strategies[COUNT(rules)];
    struct tally tally = {0};
    struct gcs_arena arena;
    gcs_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rules); i++)
        strategies[i] = read_strategy(rules[i], &arena);
    for (uint64_t seed = first; seed < first + count; seed++)
        compare_trace(seed, strategies, &tally);
    gcs_arena_fini(&arena);
    printf("index and replay: %" PRIu64 " traces, %" PRIu64 " settings, %" PRIu64
           " of them covered, %" PRIu64 " collections, none different\n",
           count, tally.settings, tally.covered, tally.collections);
    if (count < 50) /* too few to say how many must be */
        return;
    ck_assert_uint_gt(tally.covered, tally.settings / 20);
    ck_assert_uint_gt(tally.histories, tally.covered / 4);
    ck_assert_uint_gt(tally.cuts, tally.covered / 20);
}
END_TEST

int main(void)
{
    gcs_init();
    Suite *suite = suite_create("index");
    TCase *engines = tcase_create("engines");
    tcase_set_timeout(engines, 0);
    tcase_add_test(engines, ledger_is_replays);
    suite_add_tcase(suite, engines);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
