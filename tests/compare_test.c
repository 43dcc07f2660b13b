/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: a comparison pairs settings by seed, and says what its figures are worth.
 * Method: two settings of which nothing is to be said, and one thing about them changed at a
 * time; intervals by tables of Student's t and of Cohen's power.
 */
#include <gcsim/report.h>

#include <check.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct gcs_text text;

static void setup(void)
{
    gcs_text_init(&text, NULL);
}

static void teardown(void)
{
    gcs_text_fini(&text);
}

enum { SEEDS_MAX = 10 };
static struct gcs_trial compared_trials[2 * SEEDS_MAX];
static struct gcs_steady compared_steady[2 * SEEDS_MAX];

/* Two settings, `a` and `b`, of which nothing is to be said but that GC time is the same: many
 * of everything, and `b` waits a little longer at each request. */
static struct gcs_comparison compared_new(size_t seeds)
{
    for (size_t i = 0; i < 2 * seeds; i++) {
        bool second = i % 2;
        compared_trials[i] = (struct gcs_trial){.model = "m", .strategy = second ? "b" : "a"};
        compared_steady[i] = (struct gcs_steady){
            .summary = {.collections = {900, 80, 20},
                        .mutator_ns = 1000000,
                        .gc_ns = 1000000,
                        .gc_share = 0.5,
                        .total_ns = 2000000000,
                        .pause_ns_p99 = 500,
                        .pause_ns_max = 1000,
                        .requests = 1000,
                        .request_ns_p99 = 3000 + 10 * i + second * (i + 1),
                        .request_ns_max = 9000 + second,
                        .peak_bytes = 100},
            .growth = 0.01,
            .garbage = (double)NAN,
        };
    }
    return (struct gcs_comparison){.trials = compared_trials,
                                   .steady = compared_steady,
                                   .arms = 2,
                                   .seeds = seeds,
                                   .seed = 1,
                                   .warmup = "up"};
}

/* The second setting is slower by 1, 2 and 3 us: mean 2 us, and with t(0.975; 2) = 4.302653 its
 * interval is 2 us +- 2.484138 us. */
START_TEST(a_comparison_pairs_settings_by_seed)
{
    struct gcs_comparison comparison = compared_new(3);
    for (size_t i = 0; i < 6; i++)
        compared_steady[i].summary.gc_ns = 1000000 * (i / 2) + 1000 * (i % 2) * (i / 2 + 1);
    ck_assert(gcs_print_comparison(&comparison, &text));
    ck_assert_ptr_nonnull(strstr(text.data, "-484 ns..+4.48 us"));
    ck_assert_ptr_nonnull(strstr(text.data, "+2 us"));
    ck_assert_ptr_nonnull(strstr(text.data, "!  only 3 seeds"));
    ck_assert_ptr_nonnull(
        strstr(text.data, "Warm-up: nothing is left out: there is no mark up"));
}
END_TEST

/* What is said of one row; of other rows nothing is kept. */
struct said {
    const char *figure, *strategy;
    char warning[256], advice[1024], verdict[16];
    uint64_t seeds_needed;
    unsigned rows;
};

static void keep_said(void *to, const void *made)
{
    struct said *said = to;
    const struct gcs_compared *row = made;
    said->rows++;
    if (strcmp(row->figure, said->figure) != 0 || strcmp(row->strategy, said->strategy) != 0)
        return;
    snprintf(said->warning, sizeof said->warning, "%s", row->warning ? row->warning : "");
    snprintf(said->advice, sizeof said->advice, "%s", row->advice ? row->advice : "");
    snprintf(said->verdict, sizeof said->verdict, "%s", row->verdict ? row->verdict : "");
    said->seeds_needed = row->seeds_needed;
}

/* What seed 1 of setting `b` is like, if not like the others: what is not 0. */
static const struct gcs_rule up = {.when = GCS_WHEN_MARK, .label = "up"},
                             quiet = {.when = GCS_WHEN_IDLE};
static const struct {
    const char *figure;
    size_t seeds;
    uint64_t collections[3], requests;
    double growth, garbage;
    const struct gcs_rule *unmet;
    const char *warning, *advice;
} warned[] = {
    {"gc_ns", 10, {0}, 0, 0, 0, NULL, "", ""},
    {"pause_ns_p99", 10, {0}, 0, 0, 0, NULL, "", ""},
    {"gc_ns", 1, {0}, 0, 0, 0, NULL, "one_seed", "give a workload and --seeds 10"},
    {"gc_ns", 4, {0}, 0, 0, 0, NULL, "few_seeds", "only 4 seeds: the intervals are wide"},
    {"gc_ns", 8, {0}, 0, 0, 0, NULL, "", ""},
    {"gc_ns",
     10,
     {0},
     0,
     0,
     0,
     &up,
     "never_acted",
     "it waits for the mark 'up', which never came"},
    {"gc_ns",
     10,
     {0},
     0,
     0,
     0,
     &quiet,
     "never_acted",
     "it waits for idle time, and there was none"},
    /* 2 s hold 3, so 6.7 s hold 10. */
    {"pause_ns_max",
     10,
     {1000, 0, 3},
     0,
     0,
     0,
     NULL,
     "few_full_collections",
     "only 3 full collections in a seed: max and p99 of full pauses are chance; "
     "raise the duration from 2 s to 6.7 s, for 10"},
    {"pause_ns_max", 10, {1000, 0, 10}, 0, 0, 0, NULL, "", ""},
    {"pause_ns_p99",
     10,
     {1000, 0, 0},
     0,
     0,
     0,
     NULL,
     "few_full_collections",
     "no full collection in a seed"},
    {"pause_ns_p99",
     10,
     {230, 0, 10},
     0,
     0,
     0,
     NULL,
     "few_pauses",
     "only 240 pauses in a seed: p99 rests on the longest 3; raise the duration from 2 s to "
     "8.4 s, for 1,000"},
    {"request_ns_p99",
     10,
     {0},
     50,
     0,
     0,
     NULL,
     "few_requests",
     "only 50 requests in a seed: p99 rests on the longest; raise the duration from 2 s to "
     "40 s, for 1,000"},
    {"request_ns_max", 10, {0}, 50, 0, 0, NULL, "", ""},
    /* Means over ten seeds of 0.01, but for one. */
    {"peak_bytes", 10, {0}, 0, 0.61, 0, NULL, "heap_growing", "by 7 % in the last quarter"},
    {"peak_bytes", 10, {0}, 0, 0.3, 0, NULL, "", ""},
    {"gc_share", 10, {0}, 0, 0.61, 0, NULL, "heap_growing", "depend on where the run ends"},
    {"request_ns_p99", 10, {0}, 0, 0.61, 0, NULL, "", ""},
    {"peak_bytes",
     10,
     {0},
     0,
     0,
     0.4,
     NULL,
     "garbage_growing",
     "40 % of the heap is garbage at the end"},
};

START_TEST(a_figure_that_means_little_says_why_and_what_to_do)
{
    struct said said = {.figure = warned[_i].figure, .strategy = "b"};
    struct gcs_comparison comparison = compared_new(warned[_i].seeds);
    struct gcs_steady *b = &compared_steady[1];
    if (warned[_i].collections[0])
        memcpy(b->summary.collections, warned[_i].collections, sizeof b->summary.collections);
    if (warned[_i].requests)
        b->summary.requests = warned[_i].requests;
    if (warned[_i].growth > 0)
        b->growth = warned[_i].growth;
    if (warned[_i].garbage > 0)
        b->garbage = warned[_i].garbage;
    compared_trials[1].unmet = warned[_i].unmet;
    ck_assert(gcs_compare_rows(&comparison, keep_said, &said));
    ck_assert_uint_eq(said.rows, 14);
    ck_assert_str_eq(said.warning, warned[_i].warning);
    ck_assert_msg(strstr(said.advice, warned[_i].advice) != NULL, "%s", said.advice);
    ck_assert(gcs_print_comparison(&comparison, &text));
    ck_assert_ptr_nonnull(strstr(text.data, warned[_i].advice));
}
END_TEST

START_TEST(what_changes_nothing_is_told)
{
    struct said said = {.figure = "gc_ns", .strategy = "b"};
    struct gcs_comparison comparison = compared_new(10);
    for (size_t i = 0; i < 20; i++)
        compared_steady[i].summary.request_ns_max = 9000;
    ck_assert(gcs_compare_rows(&comparison, keep_said, &said));
    ck_assert_str_eq(said.warning, "no_effect");
    ck_assert_str_eq(said.verdict, "same");
    for (size_t i = 1; i < 20; i += 2) {
        memset(compared_steady[i].summary.collections, 0, 3 * sizeof(uint64_t));
        compared_steady[i].summary.pause_ns_p99 = compared_steady[i].summary.pause_ns_max =
            GCS_ABSENT;
    }
    said.figure = "pause_ns_max";
    ck_assert(gcs_compare_rows(&comparison, keep_said, &said));
    ck_assert_str_eq(said.warning, "no_collections");
    ck_assert_str_eq(said.verdict, "");
}
END_TEST

/* Ten differences of mean 1 and deviation 2: an effect of a half, for which Cohen's table says
 * 34 pairs. Ten times the mean is told from 0 by ten. */
START_TEST(what_cannot_be_told_apart_says_how_many_seeds_would)
{
    struct said said = {.figure = "gc_ns", .strategy = "b"};
    struct gcs_comparison comparison = compared_new(10);
    const double spread = 2000 * sqrt(0.9); /* of five up and five down: deviation 2,000 */
    for (unsigned larger = 0; larger < 2; larger++) {
        for (size_t i = 1; i < 20; i += 2)
            compared_steady[i].summary.gc_ns = (gcs_time)llround(
                1000000 + (larger ? 10000 : 1000) + (i / 2 % 2 ? spread : -spread));
        ck_assert(gcs_compare_rows(&comparison, keep_said, &said));
        ck_assert_str_eq(said.verdict, larger ? "worse" : "unclear");
        ck_assert_str_eq(said.warning, larger ? "" : "cannot_tell");
        ck_assert_uint_eq(said.seeds_needed, larger ? GCS_ABSENT : 34);
    }
    /* A mean of a twentieth of the deviation: more than 3,000 pairs. */
    for (size_t i = 1; i < 20; i += 2)
        compared_steady[i].summary.gc_ns =
            (gcs_time)llround(1000000 + 100 + (i / 2 % 2 ? spread : -spread));
    ck_assert(gcs_print_comparison(&comparison, &text));
    ck_assert_ptr_nonnull(strstr(text.data, "unclear, >1,000"));
}
END_TEST

/* Seven of eight differ by the same: a third of the samples drawn again have no deviation, and
 * the bootstrap's upper end is the largest difference, which is none. */
START_TEST(an_interval_that_ends_at_0_keeps_its_unit)
{
    struct gcs_comparison comparison = compared_new(8);
    for (size_t i = 1; i < 15; i += 2)
        compared_steady[i].summary.gc_share = 0.25;
    ck_assert(gcs_print_comparison(&comparison, &text));
    ck_assert_ptr_nonnull(strstr(text.data, " %..0 "));
}
END_TEST

START_TEST(a_comparison_tells_what_was_cut)
{
    struct gcs_comparison comparison = compared_new(5);
    compared_steady[3].summary.requests = 990; /* behind a time a slower setting has fewer */
    for (size_t i = 0; i < 10; i++)
        compared_steady[i].cut = (struct gcs_cut){.met = i > 0, .time_ns = i ? 300000000 : 0};
    ck_assert(gcs_print_comparison(&comparison, &text));
    ck_assert_ptr_nonnull(
        strstr(text.data, "Warm-up: all up to up is left out, 300 ms on average; in 1 of "
                          "10 runs it never comes.\nOf each run count at least 2 s, 1,000 "
                          "collections, 990 requests;"));
    gcs_text_fini(&text);
    comparison.warmup = NULL;
    for (size_t i = 0; i < 10; i++)
        compared_steady[i].cut.met = false;
    gcs_text_init(&text, NULL);
    ck_assert(gcs_print_comparison(&comparison, &text));
    ck_assert_ptr_nonnull(strstr(text.data, "Warm-up: nothing is left out (--warmup"));
}
END_TEST

static Suite *compare_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *comparisons = tcase_create("comparisons");
    tcase_add_checked_fixture(comparisons, setup, teardown);
    tcase_add_test(comparisons, a_comparison_pairs_settings_by_seed);
    tcase_add_loop_test(comparisons, a_figure_that_means_little_says_why_and_what_to_do, 0,
                        (int)COUNT(warned));
    tcase_add_test(comparisons, what_changes_nothing_is_told);
    tcase_add_test(comparisons, what_cannot_be_told_apart_says_how_many_seeds_would);
    tcase_add_test(comparisons, an_interval_that_ends_at_0_keeps_its_unit);
    tcase_add_test(comparisons, a_comparison_tells_what_was_cut);
    suite_add_tcase(suite, comparisons);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(compare_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
