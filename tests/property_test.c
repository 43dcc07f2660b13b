/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: replay does what CPython does, collection by collection, on any trace.
 * Method: random traces through replay and through the naive reference model (model.h), which
 * shares no code with it; every collection is compared, and the heap's invariants are checked
 * after each. Laws that need no reference are tested on the same traces.
 * GCSIM_TEST_SEED sets the first seed, GCSIM_TEST_TRACES the number of traces.
 */
#include "model.h"
#include "random_trace.h"

#include <gcsim/engine.h>

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct gcs_rule no_rules[1];
static const struct gcs_strategy nothing = {.name = "default", .rules = no_rules};
static const struct gcs_cost costless = {
    .name = "none",
    .candidate = {.count = 1, .bytes = {1}, .ns = {1}},
    .reference = {.count = 1, .bytes = {1}, .ns = {1}},
    .collected = {.count = 1, .bytes = {1}, .ns = {1}},
    .finalizer = {.count = 1, .bytes = {1}, .ns = {1}},
};

static const struct {
    const char *model;
    int minor, patch;
} versions[] = {{"cpython-3.6", 6, 15},    {"cpython-3.7", 7, 16},   {"cpython-3.8", 8, 18},
                {"cpython-3.9", 9, 18},    {"cpython-3.10", 10, 13}, {"cpython-3.11", 11, 7},
                {"cpython-3.12.1", 12, 1}, {"cpython-3.12", 12, 7},  {"cpython-3.13", 13, 0},
                {"cpython-3.14", 14, 7},   {"cpython-3.15", 15, 0}};
enum { VERSIONS = sizeof versions / sizeof versions[0] };

static const int64_t thresholds[][3] = {{700, 10, 10}, {97, 3, 2},  {10, 2, 2}, {1, 1, 1},
                                        {300, 5, 3},   {0, 10, 10}, {50, 0, 0}};
enum { THRESHOLDS = sizeof thresholds / sizeof thresholds[0] };

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

/* A trace, read once, for many settings. */
struct fixture {
    uint64_t seed;
    char *text;
    size_t length;
    struct gcs_memory memory;
    struct gcs_trace *trace;
    struct gcs_lifetimes lifetimes;
};

static struct random_trace_shape shape_of(uint64_t seed)
{
    return (struct random_trace_shape){
        .events = 300 + (unsigned)(seed * 2654435761u % 3000),
        .features = (unsigned)(seed * 0x9e3779b97f4a7c15u >> 32) & RANDOM_TRACE_MODELLED,
    };
}

static void set_up(struct fixture *f, uint64_t seed)
{
    struct gcs_error error = {0};
    *f = (struct fixture){.seed = seed};
    f->text = random_trace(seed, shape_of(seed), &f->length);
    if (gcs_trace_read(f->text, f->length, &f->memory, &f->trace, &error) != GCS_OK)
        ck_abort_msg("seed %llu: line %llu: %s", (unsigned long long)seed,
                     (unsigned long long)error.line, error.text);
    if (gcs_trace_check(f->trace, &f->memory, &error) != GCS_OK ||
        gcs_lifetimes_of(f->trace, &f->memory, &f->lifetimes, &error) != GCS_OK)
        ck_abort_msg("seed %llu: event %llu: %s", (unsigned long long)seed,
                     (unsigned long long)error.event, error.text);
}

static void tear_down(struct fixture *f)
{
    gcs_lifetimes_fini(&f->lifetimes);
    gcs_trace_free(f->trace);
    free(f->text);
    ck_assert_uint_eq(f->memory.used, 0);
}

static void replay(struct fixture *f, const char *model, const int64_t threshold[3],
                   struct gcs_ledger *ledger)
{
    struct gcs_error error = {0};
    struct gcs_setting setting = {.strategy = &nothing, .cost = &costless};
    ck_assert_int_eq(gcs_model_find(model, &setting.model, &error), GCS_OK);
    memcpy(setting.threshold, threshold, sizeof setting.threshold);
    if (gcs_replay(f->trace, &f->lifetimes, &setting, true, &f->memory, ledger, &error) !=
        GCS_OK)
        ck_abort_msg("seed %llu, %s: event %llu: %s", (unsigned long long)f->seed, model,
                     (unsigned long long)error.event, error.text);
}

static void compare(const struct fixture *f, const char *model, const int64_t threshold[3],
                    const struct gcs_ledger *ledger, const struct model_result *expected)
{
    char where[128];
    snprintf(where, sizeof where, "seed %llu, %s, %lld,%lld,%lld", (unsigned long long)f->seed,
             model, (long long)threshold[0], (long long)threshold[1], (long long)threshold[2]);
    for (size_t i = 0; i < ledger->collection_count && i < expected->row_count; i++) {
        const struct gcs_collection *is = &ledger->collections[i];
        const struct model_row *should = &expected->rows[i];
        if (is->event != should->event || is->work.generation != (unsigned)should->generation ||
            is->work.candidates != should->candidates ||
            is->work.collected != should->collected ||
            is->work.uncollectable != should->uncollectable ||
            is->work.survivors != should->survivors || is->live_objects != should->live_objects)
            ck_abort_msg(
                "%s: collection %zu: event %llu generation %u candidates %llu collected "
                "%llu survivors %llu live %llu; should be %llu %d %llu %llu %llu %llu",
                where, i, (unsigned long long)is->event, is->work.generation,
                (unsigned long long)is->work.candidates, (unsigned long long)is->work.collected,
                (unsigned long long)is->work.survivors, (unsigned long long)is->live_objects,
                (unsigned long long)should->event, should->generation,
                (unsigned long long)should->candidates, (unsigned long long)should->collected,
                (unsigned long long)should->survivors,
                (unsigned long long)should->live_objects);
    }
    if (ledger->collection_count != expected->row_count)
        ck_abort_msg("%s: %zu collections, should be %zu", where, ledger->collection_count,
                     expected->row_count);
    for (int g = 0; g < 3; g++)
        ck_assert_msg(ledger->counts.count[g] == expected->count[g], "%s: count%d", where, g);
    ck_assert_msg(ledger->heap.live_objects == expected->live_objects, "%s: live", where);
}

START_TEST(replay_equals_the_reference_model)
{
    uint64_t first = from_environment("GCSIM_TEST_SEED", 1);
    uint64_t traces = from_environment("GCSIM_TEST_TRACES", 300), compared = 0;
    for (uint64_t seed = first; seed < first + traces; seed++) {
        struct fixture f;
        struct gcs_ledger ledger;
        set_up(&f, seed);
        gcs_ledger_init(&ledger, &f.memory);
        for (size_t v = 0; v < VERSIONS; v++) {
            const int64_t *threshold = thresholds[(seed + v) % THRESHOLDS];
            struct model_setting setting = {.major = 3,
                                            .minor = versions[v].minor,
                                            .patch = versions[v].patch,
                                            .enabled = true};
            struct model_result expected;
            if (versions[v].minor == 6 && shape_of(seed).features & RANDOM_TRACE_FREEZE)
                continue; /* gc.freeze came with 3.7 */
            for (int g = 0; g < 3; g++)
                setting.threshold[g] = (int)threshold[g];
            ck_assert_msg(model_run(f.text, f.length, &setting, &expected), "seed %llu: %s",
                          (unsigned long long)seed, expected.error);
            replay(&f, versions[v].model, threshold, &ledger);
            compare(&f, versions[v].model, threshold, &ledger, &expected);
            compared += expected.row_count;
            model_release(&expected);
        }
        gcs_ledger_fini(&ledger);
        tear_down(&f);
    }
    printf("reference model: %llu traces x %d versions, %llu collections compared\n",
           (unsigned long long)traces, VERSIONS, (unsigned long long)compared);
}
END_TEST

int main(void)
{
    gcs_init();
    Suite *suite = suite_create("property");
    TCase *laws = tcase_create("laws");
    tcase_set_timeout(laws, 0);
    tcase_add_test(laws, replay_equals_the_reference_model);
    suite_add_tcase(suite, laws);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
