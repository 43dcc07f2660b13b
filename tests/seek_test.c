/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: thresholds are sought where the front needs them.
 * Method: made-up trade-offs, cheap and known everywhere, are sought as a sweep does; what
 * comes out is compared with the best that can be had, and with even grids.
 */
#include <gcsim/measure.h>

#include <check.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 64 };

/* The figures of thresholds: memory, time, pause. */
typedef void (*law)(const int32_t t[3], double figure[3]);

/* Twice threshold0 is half the time and twice the memory. */
static void hyperbola(const int32_t t[3], double figure[3])
{
    figure[0] = 1e3 * t[0];
    figure[1] = 1e12 / t[0];
    figure[2] = 1e6;
}

/* The same up to 5,000; from there on it only costs. */
static void corner(const int32_t t[3], double figure[3])
{
    hyperbola(t, figure);
    figure[1] = 1e12 / fmin(t[0], 5000);
}

/* Time per young and per full collection, garbage that waits for full ones, a pause that grows
 * with what gathers. */
static void generations(const int32_t t[3], double figure[3])
{
    double young = t[0], full = young * t[1] * t[2];
    figure[0] = 1e8 + 5 * full + 100 * young;
    figure[1] = 1e7 + 1e11 / young + 1e13 / full;
    figure[2] = 1e5 + 10 * young * t[1] + full;
}

/* Nothing has an effect. */
static void constant(const int32_t t[3], double figure[3])
{
    (void)t;
    figure[0] = figure[1] = figure[2] = 1000;
}

static struct gcs_standing judge(law figures, const int32_t t[3])
{
    double figure[3];
    figures(t, figure);
    return (struct gcs_standing){.peak_bytes = (uint64_t)figure[0],
                                 .gc_ns = (gcs_time)figure[1],
                                 .pause_ns_max = (gcs_time)figure[2]};
}

static void try_all(law figures, int32_t (*next)[3], size_t found, struct gcs_tried *tried)
{
    for (size_t i = 0; i < found; i++) {
        memcpy(tried[i].threshold, next[i], sizeof next[i]);
        tried[i].standing = judge(figures, next[i]);
    }
}

/* As a sweep does, eight a round. Returns how many. */
static size_t seek(law figures, unsigned sought, struct gcs_tried tried[ROOM])
{
    static const int32_t base[3] = {700, 10, 10};
    int32_t next[ROOM][3];
    size_t found = gcs_seek_first(base, sought, ROOM, next), count = 0;
    while (found) {
        ck_assert_uint_le(count + found, ROOM);
        try_all(figures, next, found, tried + count);
        count += found;
        size_t left = ROOM - count;
        ck_assert(gcs_seek_next(tried, count, sought, left < 8 ? left : 8, next, &found));
    }
    return count;
}

static int by_threshold0(const void *a, const void *b)
{
    const struct gcs_tried *x = a, *y = b;
    return x->threshold[0] < y->threshold[0] ? -1 : x->threshold[0] > y->threshold[0];
}

START_TEST(a_straight_front_is_filled_evenly)
{
    struct gcs_tried tried[ROOM];
    size_t count = seek(hyperbola, 1, tried);
    ck_assert_uint_eq(count, ROOM);
    qsort(tried, count, sizeof *tried, by_threshold0);
    ck_assert(tried[0].threshold[0] == 100 && tried[count - 1].threshold[0] == 1000000);
    for (size_t i = 1; i < count; i++) /* bisection: within twice the best there is */
        ck_assert_double_le(log((double)tried[i].threshold[0] / tried[i - 1].threshold[0]),
                            2.0 * log(1e4) / (ROOM - 2));
    for (size_t i = 0; i < count; i++)
        ck_assert(tried[i].threshold[1] == 10 && tried[i].threshold[2] == 10);
}
END_TEST

START_TEST(a_corner_is_found_and_no_trial_wasted_behind_it)
{
    struct gcs_tried tried[ROOM];
    size_t count = seek(corner, 1, tried), behind = 0, nearest = 0;
    for (size_t i = 0; i < count; i++) {
        behind += tried[i].threshold[0] > 10000;
        if (abs(tried[i].threshold[0] - 5000) < abs(tried[nearest].threshold[0] - 5000))
            nearest = i;
    }
    ck_assert_uint_eq(behind, 4); /* the first round's 30k, 100k, 300k, 1M */
    ck_assert_int_le(abs(tried[nearest].threshold[0] - 5000), 250);
}
END_TEST

/* By what share the nearest of the trials is worse than `t`, in its worst figure. */
static double miss(law figures, const int32_t t[3], const struct gcs_tried *tried, size_t count)
{
    double least = INFINITY, wanted[3], had[3];
    figures(t, wanted);
    for (size_t i = 0; i < count; i++) {
        double worst = 0;
        figures(tried[i].threshold, had);
        for (unsigned k = 0; k < 3; k++)
            worst = fmax(worst, had[k] / wanted[k] - 1);
        least = fmin(least, worst);
    }
    return least;
}

static void even_grid(law figures, int points, struct gcs_tried *tried)
{
    static const double low[3] = {100, 1, 1}, high[3] = {1e6, 1000, 1000};
    for (int i = 0; i < points * points * points; i++) {
        int at[3] = {i % points, i / points % points, i / points / points};
        for (unsigned g = 0; g < 3; g++)
            tried[i].threshold[g] =
                (int32_t)round(low[g] * pow(high[g] / low[g], at[g] / (double)(points - 1)));
        tried[i].standing = judge(figures, tried[i].threshold);
    }
}

/* The mean miss of a dense grid's front. */
static double mean_miss(const struct gcs_tried *tried, size_t count)
{
    enum { POINTS = 16, ALL = POINTS * POINTS * POINTS };
    struct gcs_tried *dense = calloc(ALL, sizeof *dense);
    struct gcs_standing *standings = calloc(ALL, sizeof *standings);
    double sum = 0;
    size_t on_front = 0;
    even_grid(generations, POINTS, dense);
    for (size_t i = 0; i < ALL; i++)
        standings[i] = dense[i].standing;
    ck_assert(gcs_pareto(standings, ALL));
    for (size_t i = 0; i < ALL; i++)
        if (standings[i].on_front) {
            sum += miss(generations, dense[i].threshold, tried, count);
            on_front++;
        }
    free(dense);
    free(standings);
    return sum / (double)on_front;
}

START_TEST(what_is_sought_is_nearer_the_front_than_an_even_grid_of_as_many)
{
    struct gcs_tried tried[ROOM], grid[ROOM];
    size_t count = seek(generations, 7, tried);
    even_grid(generations, 4, grid);
    double sought = mean_miss(tried, count), even = mean_miss(grid, ROOM);
    ck_assert_msg(sought < 0.8 * even, "sought %g, even %g", sought, even);
}
END_TEST

START_TEST(nothing_is_tried_twice_by_a_later_round)
{
    struct gcs_tried tried[ROOM];
    unsigned sought = (unsigned)_i;
    int32_t first[ROOM][3];
    static const int32_t base[3] = {700, 10, 10};
    size_t begun = gcs_seek_first(base, sought, ROOM, first);
    size_t count = seek(generations, sought, tried);
    ck_assert_mem_eq(tried[0].threshold, base, sizeof base);
    for (size_t i = begun; i < count; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_mem_ne(tried[i].threshold, tried[j].threshold, sizeof tried[i].threshold);
    for (size_t i = 0; i < count; i++)
        for (unsigned g = 0; g < 3; g++)
            ck_assert(sought >> g & 1 || tried[i].threshold[g] == base[g]);
}
END_TEST

START_TEST(where_nothing_has_an_effect_the_first_round_is_all)
{
    struct gcs_tried tried[ROOM];
    static const int32_t base[3] = {700, 10, 10};
    int32_t first[ROOM][3];
    ck_assert_uint_eq(seek(constant, 1, tried), gcs_seek_first(base, 1, ROOM, first));
    ck_assert_uint_eq(gcs_seek_first(base, 0, ROOM, first), 1);
    ck_assert_uint_eq(gcs_seek_first(base, 7, 3, first), 3);
}
END_TEST

static Suite *seek_suite(void)
{
    Suite *suite = suite_create("seek");
    TCase *rounds = tcase_create("rounds");
    tcase_add_test(rounds, a_straight_front_is_filled_evenly);
    tcase_add_test(rounds, a_corner_is_found_and_no_trial_wasted_behind_it);
    tcase_add_test(rounds, what_is_sought_is_nearer_the_front_than_an_even_grid_of_as_many);
    tcase_add_loop_test(rounds, nothing_is_tried_twice_by_a_later_round, 0, 8);
    tcase_add_test(rounds, where_nothing_has_an_effect_the_first_round_is_all);
    suite_add_tcase(suite, rounds);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(seek_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
