/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: models that no interpreter can be asked about collect when and what they say.
 * Method: small traces with small thresholds, worked out by hand from each file's header
 * comment; and on random traces a law: after a full collection no garbage is left, by
 * reachability, which the lifetimes know without any collector. For 2.7, a ledger that the
 * real 2.7.18 gave.
 */
#include <gcsim/engine.h>

/* One unit with its generator: a suite is built from one file. */
#include "random_trace.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FREE_OF_CHARGE             \
    {                              \
        .count = 1, .bytes = { 1 } \
    }

static const struct gcs_cost no_cost = {.name = "none",
                                        .candidate = FREE_OF_CHARGE,
                                        .reference = FREE_OF_CHARGE,
                                        .collected = FREE_OF_CHARGE,
                                        .finalizer = FREE_OF_CHARGE};
static const struct gcs_strategy no_strategy = {.name = "default"};

static struct gcs_memory memory;
static struct gcs_error error;
static struct gcs_trace *trace;
static struct gcs_lifetimes lifetimes;
static struct gcs_ledger ledger;
static struct gcs_text text;

static void setup(void)
{
    memory = (struct gcs_memory){0};
    error = (struct gcs_error){0};
    gcs_ledger_init(&ledger, &memory);
    gcs_text_init(&text, NULL);
}

static void teardown(void)
{
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
    gcs_ledger_fini(&ledger);
    gcs_text_fini(&text);
    trace = NULL;
    ck_assert_uint_eq(memory.used, 0);
}

static void read_text(const char *data, size_t length)
{
    enum gcs_status status = gcs_trace_read(data, length, &memory, &trace, &error);
    if (status == GCS_OK)
        status = gcs_lifetimes_of(trace, &memory, &lifetimes, &error);
    ck_assert_msg(status == GCS_OK, "line %llu, event %llu: %s", (unsigned long long)error.line,
                  (unsigned long long)error.event, error.text);
}

static void begin(void)
{
    gcs_text_add(&text, "gctrace 1\nt 0 Node 2 32\nt 1 Pair 2 - kind=tuple\n");
}

static const struct gcs_model *model_of(const char *name)
{
    const struct gcs_model *model = NULL;
    ck_assert_msg(gcs_model_find(name, &model, &error) == GCS_OK, "%s", error.text);
    return model;
}

static void run_as(const char *name, int64_t t0, int64_t t1, int64_t t2)
{
    const struct gcs_setting setting = {.model = model_of(name),
                                        .threshold = {t0, t1, t2},
                                        .strategy = &no_strategy,
                                        .cost = &no_cost};
    enum gcs_status status =
        gcs_replay(trace, &lifetimes, &setting, true, &memory, &ledger, &error);
    ck_assert_msg(status == GCS_OK, "event %llu: %s", (unsigned long long)error.event,
                  error.text);
}

/* Which collections ran: {event, generation} each. */
static void must_have_run(const uint64_t (*expected)[2], size_t count)
{
    ck_assert_uint_eq(ledger.collection_count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(ledger.collections[i].event, expected[i][0]);
        ck_assert_uint_eq(ledger.collections[i].work.generation, expected[i][1]);
    }
}

/*
 * textbook
 */

/* Each third new object, dead or alive; each second pass middle; each second of these full. */
START_TEST(textbook_counts_new_objects_and_passes)
{
    static const uint64_t expected[][2] = {{4, 0},  {10, 1}, {16, 0}, {22, 2},
                                           {28, 0}, {34, 1}, {40, 0}, {46, 2}};
    begin();
    for (unsigned i = 1; i <= 24; i++) /* the allocation of object i is event 2 (i - 1) */
        gcs_text_add(&text, "a %u 0\nd %u\n", i, i);
    read_text(text.data, text.length);
    run_as("textbook", 3, 2, 2);
    must_have_run(expected, COUNT(expected));
}
END_TEST

/* 700 x 10 x 10 new objects, and the 70,000th is the one. */
START_TEST(textbook_collects_everything_each_70000th_object)
{
    begin();
    for (unsigned i = 1; i <= 140000; i++)
        gcs_text_add(&text, "a %u 0\nd %u\n", i, i);
    read_text(text.data, text.length);
    run_as("textbook", 700, 10, 10);
    unsigned runs[3] = {0};
    for (size_t i = 0; i < ledger.collection_count; i++) {
        unsigned generation = ledger.collections[i].work.generation;
        if (generation == 2)
            ck_assert_uint_eq(ledger.collections[i].event, 2 * (70000 * (runs[2] + 1) - 1));
        runs[generation]++;
    }
    ck_assert_uint_eq(runs[0], 180);
    ck_assert_uint_eq(runs[1], 18);
    ck_assert_uint_eq(runs[2], 2);
}
END_TEST

/* Objects 1 and 2 hold each other, 1 has a root; 3 holds itself; 4 is held by 1, which is old
 * by then. A node's references are two slots and its type. */
START_TEST(textbook_follows_roots_and_what_they_mark)
{
    begin();
    gcs_text_add(&text, "a 1 0\na 2 0\ns 1 0 2\ns 2 0 1\nd 2\na 3 0\ns 3 0 3\nd 3\nc 0\nc 1\n"
                        "a 4 0\ns 1 1 4\nd 4\nc 0\n");
    read_text(text.data, text.length);
    run_as("textbook", 700, 10, 10);
    ck_assert_uint_eq(ledger.collection_count, 3);
    const struct gcs_work *first = &ledger.collections[0].work;
    ck_assert_uint_eq(first->candidates, 3);
    ck_assert_uint_eq(first->candidate_bytes, 3 * (32 + 16));
    ck_assert_uint_eq(first->references, 1 + 2 * 3); /* one root, two marked; 3 is not read */
    ck_assert_uint_eq(first->collected, 1);
    ck_assert_uint_eq(first->survivors, 2);
    ck_assert_uint_eq(first->freed_objects, 1);
    const struct gcs_work *third = &ledger.collections[2].work;
    ck_assert_uint_eq(third->candidates, 1);
    ck_assert_uint_eq(third->references, 1 + 3); /* the one that 1 holds is remembered */
    ck_assert_uint_eq(third->collected, 0);
    ck_assert_uint_eq(third->survivors, 1);
}
END_TEST

/* CPython would stop to track the tuple of atoms after the first run. */
START_TEST(textbook_tracks_every_container_for_life)
{
    begin();
    gcs_text_add(&text, "a 1 1\nc 2\nc 2\n");
    read_text(text.data, text.length);
    run_as("textbook", 700, 10, 10);
    ck_assert_uint_eq(ledger.collections[1].work.candidates, 1);
    run_as("cpython-3.13", 700, 10, 10);
    ck_assert_uint_eq(ledger.collections[1].work.candidates, 0);
}
END_TEST

/* Work grows with the heap's square: the quarter rule is what textbooks lack. */
START_TEST(textbook_has_no_quarter_rule)
{
    begin();
    for (unsigned i = 1; i <= 2000; i++)
        gcs_text_add(&text, "a %u 0\n", i);
    read_text(text.data, text.length);
    uint64_t full[2] = {0};
    for (unsigned k = 0; k < 2; k++) {
        run_as(k ? "cpython-3.11" : "textbook", 10, 1, 1);
        for (size_t i = 0; i < ledger.collection_count; i++)
            full[k] += ledger.collections[i].work.generation == 2;
    }
    ck_assert_uint_eq(full[0], 200); /* thresholds of 1: each pass is a full one */
    ck_assert_uint_lt(full[1], 30);  /* each waits for a quarter: the heap grows by 5/4 */
}
END_TEST

/*
 * sqrt-threshold
 */
static const struct {
    int64_t total, pending, threshold0, above;
} roots_of[] = {
    {0, 0, 700, 700},
    {99, 0, 700, 709},
    {99, 1, 700, 710},
    {0, 100, 700, 710},
    {1000000, 0, 0, 1000},
    {1000000, 1000000, 2000, 3414},
    {10000000000, 0, 0, 100000},
};

START_TEST(sqrt_threshold_adds_the_square_root_of_the_long_lived)
{
    const struct gcs_model *model = model_of("sqrt-threshold");
    const int64_t threshold[] = {roots_of[_i].threshold0, 10, 10};
    int64_t above = roots_of[_i].above;
    struct gcs_counts counts = {.long_lived_total = roots_of[_i].total,
                                .long_lived_pending = roots_of[_i].pending};
    ck_assert_int_eq(model->above(&counts, threshold), above);
    counts.count[0] = above;
    ck_assert_int_eq(model->choose(&counts, threshold), GCS_NO_GENERATION);
    counts.count[0] = above + 1;
    ck_assert_int_eq(model->choose(&counts, threshold), 0);
    counts.count[1] = 11;
    ck_assert_int_eq(model->choose(&counts, threshold), 1);
}
END_TEST

/* 9 long-lived objects: 4 + 3 are not enough, the eighth new one is. */
START_TEST(sqrt_threshold_waits_longer_after_a_full_collection)
{
    static const uint64_t expected[][2] = {{10, 2}, {19, 0}, {27, 0}};
    begin();
    gcs_text_add(&text, "g disable\n");
    for (unsigned i = 1; i <= 9; i++)
        gcs_text_add(&text, "a %u 0\n", i);
    gcs_text_add(&text, "c 2\ng enable\n");
    for (unsigned i = 10; i <= 30; i++) /* events 12 ... */
        gcs_text_add(&text, "a %u 0\n", i);
    read_text(text.data, text.length);
    run_as("sqrt-threshold", 4, 10, 10);
    must_have_run(expected, COUNT(expected));
}
END_TEST

/*
 * live-heap
 */
static const struct {
    int64_t total, threshold0, threshold1, above;
} shares[] = {
    {0, 2000, 25, 2000},           {8000, 2000, 25, 2000},
    {8004, 2000, 25, 2001},        {8003, 2000, 25, 2000},
    {1000000, 2000, 100, 1000000}, {1000000, 2000, 0, 2000},
    {1000000, 2000, -5, 2000},     {INT64_MAX, 1, 1000, INT64_MAX / 100},
};

START_TEST(live_heap_waits_for_a_share_of_the_live_heap)
{
    const struct gcs_model *model = model_of("live-heap");
    const int64_t threshold[] = {shares[_i].threshold0, shares[_i].threshold1, 0};
    struct gcs_counts counts = {.count = {shares[_i].above, 99, 99},
                                .long_lived_total = shares[_i].total,
                                .long_lived_pending = 12345};
    ck_assert_int_eq(model->above(&counts, threshold), shares[_i].above);
    ck_assert_int_eq(model->choose(&counts, threshold), GCS_NO_GENERATION);
    counts.count[0]++;
    ck_assert_int_eq(model->choose(&counts, threshold), 2);
}
END_TEST

/* Over 2; of 3 objects a half is 1, so over 2 again; of 6, over 3; of 10, over 5; of 16, over
 * 8. */
START_TEST(live_heap_waits_longer_as_the_heap_grows)
{
    static const uint64_t expected[][2] = {{2, 2}, {5, 2}, {9, 2}, {15, 2}, {24, 2}};
    begin();
    for (unsigned i = 1; i <= 30; i++)
        gcs_text_add(&text, "a %u 0\n", i);
    read_text(text.data, text.length);
    run_as("live-heap", 2, 50, 0);
    must_have_run(expected, COUNT(expected));
}
END_TEST

START_TEST(a_threshold0_of_zero_disables_every_policy)
{
    static const char *const names[] = {"textbook", "sqrt-threshold", "live-heap"};
    begin();
    for (unsigned i = 1; i <= 100; i++)
        gcs_text_add(&text, "a %u 0\n", i);
    read_text(text.data, text.length);
    run_as(names[_i], 0, 1, 1);
    ck_assert_uint_eq(ledger.collection_count, 0);
}
END_TEST

/*
 * Laws
 */
enum {
    SEEDS = 20,
    /* No finalizers, weak references, frozen objects; nothing that can hold itself and has no
     * tp_clear. */
    FEATURES = (RANDOM_TRACE_FINALIZERS - 1 - RANDOM_TRACE_FREEZE) | RANDOM_TRACE_BUILTINS,
};

START_TEST(a_full_collection_leaves_no_garbage)
{
    static const char *const names[] = {"textbook", "sqrt-threshold", "live-heap",
                                        "cpython-3.13"};
    const struct random_trace_shape shape = {.events = 3000, .features = FEATURES};
    size_t length;
    char *random = random_trace((uint64_t)_i + 1, shape, &length);
    ck_assert_ptr_nonnull(random);
    gcs_text_add(&text, "%sc 2\n", random);
    free(random);
    read_text(text.data, text.length);
    for (size_t i = 0; i < COUNT(names); i++) {
        run_as(names[i], 30, 3, 3);
        ck_assert_uint_eq(ledger.heap.garbage_objects, 0);
        ck_assert_uint_eq(ledger.heap.live_objects, lifetimes.survivors);
    }
}
END_TEST

/*
 * 2.7
 */

/* What 2.7.18 did with tests/judge27/order.gctrace, thresholds 10,2,2. */
START_TEST(finalizers_of_2_7_are_those_that_were_measured)
{
    static const uint64_t expected[][2] = {{14, 0}, {32, 2}, {33, 2}};
    static char data[4096];
    FILE *file = fopen(SOURCE_DIR "/tests/judge27/order.gctrace", "rb");
    ck_assert_ptr_nonnull(file);
    size_t length = fread(data, 1, sizeof data, file);
    fclose(file);
    read_text(data, length);
    run_as("cpython-2.7", 10, 2, 2);
    must_have_run(expected, COUNT(expected));
    ck_assert_uint_eq(ledger.collections[1].work.collected, 1);
    ck_assert_uint_eq(ledger.collections[1].work.uncollectable, 2);
    ck_assert_uint_eq(ledger.collections[1].work.finalizers, 0);
    ck_assert_uint_eq(ledger.collections[2].work.uncollectable, 0);
    ck_assert(!model_of("2.7")->can_freeze);
}
END_TEST

int main(void)
{
    gcs_init();
    Suite *suite = suite_create("policies");
    TCase *policies = tcase_create("policies");
    tcase_add_checked_fixture(policies, setup, teardown);
    tcase_add_test(policies, textbook_counts_new_objects_and_passes);
    tcase_add_test(policies, textbook_collects_everything_each_70000th_object);
    tcase_add_test(policies, textbook_follows_roots_and_what_they_mark);
    tcase_add_test(policies, textbook_tracks_every_container_for_life);
    tcase_add_test(policies, textbook_has_no_quarter_rule);
    tcase_add_loop_test(policies, sqrt_threshold_adds_the_square_root_of_the_long_lived, 0,
                        (int)COUNT(roots_of));
    tcase_add_test(policies, sqrt_threshold_waits_longer_after_a_full_collection);
    tcase_add_loop_test(policies, live_heap_waits_for_a_share_of_the_live_heap, 0,
                        (int)COUNT(shares));
    tcase_add_test(policies, live_heap_waits_longer_as_the_heap_grows);
    tcase_add_loop_test(policies, a_threshold0_of_zero_disables_every_policy, 0, 3);
    tcase_add_loop_test(policies, a_full_collection_leaves_no_garbage, 0, SEEDS);
    tcase_add_test(policies, finalizers_of_2_7_are_those_that_were_measured);
    suite_add_tcase(suite, policies);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
