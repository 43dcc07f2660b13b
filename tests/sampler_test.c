/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: numbers are drawn from the distributions that a workload names, and in proportion to
 * length where a lifetime began in the past; streams are independent; the queue keeps order.
 * Method: samples of fixed seeds against GSL's distribution functions and closed forms of
 * moments (Kolmogorov-Smirnov and chi-square at the 0.1 % level), the tables of quantiles cell
 * by cell against GSL's cdf, and residual lifetimes against the integral of what survives.
 */
#include "workload_made.h"
#include "workload_private.h"
#include "workload_statistics.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Samplers and streams
 */
enum { DRAWS = 20000 };

/* A sampler as one would write it. */
static const struct sampler *sampler_of(struct gcs_workload **workload, const char *written)
{
    char text[600];
    snprintf(text, sizeof text, "workload: w\nsites: {a: {cyclic: 0, references: %s}}\n",
             written);
    *workload = workload_of(text);
    return &(*workload)->sites[0].references;
}

static void draw(const char *written, double *sample, bool rest)
{
    struct gcs_workload *workload;
    struct stream stream;
    const struct sampler *sampler = sampler_of(&workload, written);
    gcs_stream_init(&stream, 7, "test", written);
    for (size_t i = 0; i < DRAWS; i++)
        sample[i] =
            rest ? gcs_sampler_draw_rest(sampler, &stream) : gcs_sampler_draw(sampler, &stream);
    gcs_workload_free(workload);
}

/*
 * Continuous distributions
 */
static double weibull(double x, const double *mean_shape)
{
    double shape = mean_shape[1];
    return gsl_cdf_weibull_P(x, mean_shape[0] / gsl_sf_gamma(1 + 1 / shape), shape);
}

static double gamma_P(double x, const double *mean_shape)
{
    return gsl_cdf_gamma_P(x, mean_shape[1], mean_shape[0] / mean_shape[1]);
}

static double pareto(double x, const double *mean_shape)
{
    double shape = mean_shape[1], least = mean_shape[0] * (shape - 1) / shape;
    return x < least ? 0 : gsl_cdf_pareto_P(x, shape, least);
}

/* Between 10 and 60, with 2 and 5. */
static double scaled_beta(double x, const double *unused)
{
    (void)unused;
    return x <= 10 ? 0 : x >= 60 ? 1 : gsl_cdf_beta_P((x - 10) / 50, 2, 5);
}

/* 10 % up to 4, 50 % up to 10, all up to 110. */
static double empirical(double x, const double *unused)
{
    (void)unused;
    return x < 0     ? 0
           : x < 4   ? 0.025 * x
           : x < 10  ? 0.1 + 0.4 * (x - 4) / 6
           : x < 110 ? 0.5 + 0.5 * (x - 10) / 100
                     : 1;
}

static double heavy_mixture(double x, const double *unused)
{
    (void)unused;
    return 0.25 * weibull(x, (const double[]){10, 0.8}) +
           0.5 * gamma_P(x, (const double[]){30, 3}) + 0.25 * empirical(x, NULL);
}

static double one_value(double x, const double *value)
{
    return x >= *value;
}

static const struct {
    const char *written;
    cdf *expected;
    double parameters[2];
    double mean, variance; /* closed forms; a variance of 0: none that a sample shows */
} continuous[] = {
    {"{low: 10, high: 30}", flat, {10, 30}, 20, 400.0 / 12},
    {"{distribution: exponential, mean: 40}", exponential, {40}, 40, 1600},
    {"{distribution: lognormal, mean: 25, sigma: 0.5}",
     lognormal,
     {25, 0.5},
     25,
     625 * 0.2840254166877415}, /* e^0.25 - 1 */
    {"{parts: {a: {mean: 10}, b: {weight: 3, distribution: uniform, low: 20, high: 60}}}",
     mixed,
     {0},
     32.5,
     0.25 * 200 + 0.75 * (1600 + 1600.0 / 12) - 32.5 * 32.5},
    {"{distribution: weibull, mean: 40, shape: 0.7}", weibull, {40, 0.7}, 40, 0},
    {"{distribution: weibull, mean: 40, shape: 2}",
     weibull,
     {40, 2},
     40,
     1600 * (4 / 3.141592653589793 - 1)},
    {"{distribution: gamma, mean: 30, shape: 0.5}", gamma_P, {30, 0.5}, 30, 1800},
    {"{distribution: gamma, mean: 30, shape: 4}", gamma_P, {30, 4}, 30, 225},
    {"{distribution: pareto, mean: 30, shape: 1.5}", pareto, {30, 1.5}, 30, 0},
    {"{distribution: pareto, mean: 30, shape: 8}", pareto, {30, 8}, 30, 900.0 / 48},
    {"{alpha: 2, beta: 5, low: 10, high: 60}",
     scaled_beta,
     {0},
     10 + 100.0 / 7,
     2500 * 10.0 / (49 * 8)},
    {"{quantiles: {0: 0, 0.1: 4, 0.5: 10, 1: 110}}",
     empirical,
     {0},
     0.1 * 2 + 0.4 * 7 + 0.5 * 60,
     0.1 * 16 / 3 + 0.4 * (49 + 3) + 0.5 * (3600 + 10000.0 / 12) - 33.0 * 33.0},
    {"{parts: {a: {distribution: weibull, mean: 10, shape: 0.8}, b: {weight: 2, distribution: "
     "gamma, mean: 30, shape: 3}, c: {quantiles: {0: 0, 0.1: 4, 0.5: 10, 1: 110}}}}",
     heavy_mixture,
     {0},
     0.25 * 10 + 15 + 0.25 * 33,
     0},
    {"{value: 50}", one_value, {50}, 50, 0},
};

static void check_moments(const char *what, const double *sample, double mean, double variance)
{
    double sum = 0, squares = 0, deviation = sqrt(variance);
    for (size_t i = 0; i < DRAWS; i++)
        sum += sample[i];
    for (size_t i = 0; i < DRAWS; i++)
        squares += (sample[i] - mean) * (sample[i] - mean);
    ck_assert_msg(fabs(sum / DRAWS - mean) < 4 * deviation / sqrt(DRAWS), "%s: mean %g, not %g",
                  what, sum / DRAWS, mean);
    ck_assert_msg(fabs(squares / DRAWS / variance - 1) < 0.1, "%s: variance %g, not %g", what,
                  squares / DRAWS, variance);
}

START_TEST(a_continuous_sampler_follows_its_distribution)
{
    static double sample[DRAWS];
    const char *written = continuous[_i].written;
    struct gcs_workload *workload;
    double mean = sampler_of(&workload, written)->mean;
    gcs_workload_free(workload);
    ck_assert_double_eq_tol(mean, continuous[_i].mean, 1e-9 * continuous[_i].mean);
    draw(written, sample, false);
    if (continuous[_i].variance > 0)
        check_moments(written, sample, continuous[_i].mean, continuous[_i].variance);
    if (continuous[_i].expected != one_value) /* which no statistics are needed for */
        check_ks(written, sample, DRAWS, continuous[_i].expected, continuous[_i].parameters);
}
END_TEST

/* By renewal theory, what is left of a lifetime met at a random moment has the density
 * P(lifetime > x) / mean: integrated here by trapezoids that widen with x. */
enum { GRID = 200000 };
static double grid_at[GRID], grid_share[GRID];

static double residual(double x, const double *unused)
{
    (void)unused;
    size_t low = 0, high = GRID - 1;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        *(grid_at[middle] <= x ? &low : &high) = middle;
    }
    double within = (x - grid_at[low]) / (grid_at[high] - grid_at[low]);
    return fmin(1, grid_share[low] + within * (grid_share[high] - grid_share[low]));
}

static void integrate(cdf *expected, const double *parameters, double mean)
{
    double before = 1;
    for (size_t i = 1; i < GRID; i++) {
        grid_at[i] = 1e-3 * (exp(30.0 * (double)i / GRID) - 1); /* to 1e10 */
        double survives = 1 - expected(grid_at[i], parameters);
        grid_share[i] =
            grid_share[i - 1] + (grid_at[i] - grid_at[i - 1]) * (before + survives) / 2 / mean;
        before = survives;
    }
}

START_TEST(the_rest_of_a_lifetime_is_what_renewal_theory_says)
{
    static double sample[DRAWS];
    integrate(continuous[_i].expected, continuous[_i].parameters, continuous[_i].mean);
    draw(continuous[_i].written, sample, true);
    check_ks(continuous[_i].written, sample, DRAWS, residual, NULL);
}
END_TEST

/* Quantiles are exact between the cells, so the error is largest within one. */
static double cdf_of(const struct family *family, bool upper, double x, double shape,
                     double shape2)
{
    double scale = gsl_sf_gamma(1 + 1 / fmax(shape, 0.1));
#define SIDE(name, ...) \
    (upper ? gsl_cdf_##name##_Q(x, __VA_ARGS__) : gsl_cdf_##name##_P(x, __VA_ARGS__))
    if (family == &gcs_family_exponential)
        return SIDE(exponential, 1);
    if (family == &gcs_family_lognormal)
        return SIDE(lognormal, -shape * shape / 2, shape);
    if (family == &gcs_family_weibull)
        return SIDE(weibull, 1 / scale, shape);
    if (family == &gcs_family_gamma)
        return SIDE(gamma, shape, 1 / shape);
    if (family == &gcs_family_pareto)
        return SIDE(pareto, shape, (shape - 1) / shape);
    return SIDE(beta, shape, shape2);
}

static const struct {
    const struct family *family;
    double shape, shape2;
} tables[] = {
    {&gcs_family_exponential, 0, 0}, {&gcs_family_lognormal, 0.3, 0},
    {&gcs_family_lognormal, 1, 0},   {&gcs_family_lognormal, 3, 0},
    {&gcs_family_weibull, 0.5, 0},   {&gcs_family_weibull, 1.5, 0},
    {&gcs_family_weibull, 5, 0},     {&gcs_family_gamma, 0.5, 0},
    {&gcs_family_gamma, 2, 0},       {&gcs_family_gamma, 50, 0},
    {&gcs_family_pareto, 1.1, 0},    {&gcs_family_pareto, 3, 0},
    {&gcs_family_beta, 2, 5},        {&gcs_family_beta, 0.5, 0.5},
    {&gcs_family_beta, 20, 3},
};

START_TEST(a_table_of_quantiles_is_as_exact_as_it_says)
{
    struct gcs_workload *workload = workload_of("workload: w\n");
    const struct quantiles *table =
        gcs_quantiles_of(workload, tables[_i].family, tables[_i].shape, tables[_i].shape2);
    double worst = 0;
    for (unsigned upper = 0; upper < 2; upper++)
        for (unsigned cell = 0; cell < QUANTILE_CELLS; cell++) {
            unsigned octave = cell >> QUANTILE_CELL_BITS;
            double place = (cell % (1 << QUANTILE_CELL_BITS) + 0.5) / (1 << QUANTILE_CELL_BITS);
            double share = ldexp(1 + place, (int)octave - QUANTILE_OCTAVES - 1);
            double x = (table->at[upper][cell] + table->at[upper][cell + 1]) / 2;
            double got =
                cdf_of(tables[_i].family, upper, x, tables[_i].shape, tables[_i].shape2);
            worst = fmax(worst, fabs(got - share) / share);
        }
    gcs_workload_free(workload);
    ck_assert_msg(worst < 1e-4, "family %d: relative error %g", _i, worst);
}
END_TEST

/* Shares smaller than the last octave's: exact, and they come as rarely as they should. */
START_TEST(a_tail_goes_on_beyond_the_table)
{
    enum { MANY = 1 << 21 };
    struct gcs_workload *workload = workload_of("workload: w\n");
    const struct quantiles *table = gcs_quantiles_of(workload, &gcs_family_exponential, 0, 0);
    struct gcs_random random;
    unsigned beyond = 0;
    double edge = (QUANTILE_OCTAVES + 1) * log(2);
    gcs_random_init(&random, 5, "tail");
    for (unsigned i = 0; i < MANY; i++)
        beyond += gcs_quantiles_draw(table, &random) > edge;
    gcs_workload_free(workload);
    double expected = MANY / ldexp(1, QUANTILE_OCTAVES + 1); /* 16 */
    ck_assert_msg(fabs(beyond - expected) < 4 * sqrt(expected), "%u, not %g", beyond, expected);
}
END_TEST

/*
 * Discrete distributions
 */
static void count_draws(const char *written, uint64_t *counts, size_t cells)
{
    static double sample[DRAWS];
    draw(written, sample, false);
    memset(counts, 0, cells * sizeof *counts);
    for (size_t i = 0; i < DRAWS; i++) {
        MUST(sample[i] >= 0 && sample[i] == floor(sample[i]));
        counts[sample[i] < (double)cells ? (size_t)sample[i] : cells - 1]++;
    }
}

START_TEST(a_discrete_sampler_follows_its_distribution)
{
    enum { CELLS = 60 };
    uint64_t counts[CELLS];
    double shares[CELLS] = {0}, sum = 0;
    count_draws("{distribution: geometric, mean: 4}", counts, CELLS);
    for (unsigned i = 0; i < CELLS - 1; i++)
        sum += shares[i] = gsl_ran_geometric_pdf(i + 1, 0.2);
    shares[CELLS - 1] = 1 - sum;
    check_chi_square("geometric", counts, shares, CELLS);

    count_draws("{distribution: zipf, exponent: 1.2, highest: 50}", counts, CELLS);
    sum = 0;
    for (unsigned i = 1; i <= 50; i++)
        sum += pow(i, -1.2);
    for (unsigned i = 0; i < CELLS; i++)
        shares[i] = i >= 1 && i <= 50 ? pow(i, -1.2) / sum : 0;
    check_chi_square("zipf", counts, shares, CELLS);
    ck_assert_uint_eq(counts[0] + counts[51], 0);

    count_draws("{distribution: poisson, mean: 6.5}", counts, CELLS);
    sum = 0;
    for (unsigned i = 0; i < CELLS - 1; i++)
        sum += shares[i] = gsl_ran_poisson_pdf(i, 6.5);
    shares[CELLS - 1] = 1 - sum;
    check_chi_square("poisson", counts, shares, CELLS);

    count_draws("{values: {0: 1, 7: 2, 20: 5}}", counts, CELLS);
    memset(shares, 0, sizeof shares);
    shares[0] = 0.125;
    shares[7] = 0.25;
    shares[20] = 0.625;
    check_chi_square("discrete", counts, shares, CELLS);
}
END_TEST

/* P(lifetime > x) / mean again, from the probabilities. */
static double shares_of_rest[200], mean_of_rest;

static double discrete_rest(double x, const double *unused)
{
    (void)unused;
    double sum = 0;
    for (unsigned i = 0; i < COUNT(shares_of_rest); i++)
        sum += shares_of_rest[i] * fmin(x, i) / mean_of_rest;
    return sum;
}

START_TEST(the_rest_of_a_discrete_lifetime_is_right_too)
{
    static const struct {
        const char *written;
        double mean;
    } given[] = {
        {"{distribution: geometric, mean: 4}", 4},
        {"{distribution: poisson, mean: 6.5}", 6.5},
        {"{distribution: zipf, exponent: 1, highest: 10}", 10 / 2.9289682539682538},
        {"{values: {10: 1, 50: 3}}", 40},
    };
    static double sample[DRAWS];
    memset(shares_of_rest, 0, sizeof shares_of_rest);
    mean_of_rest = given[_i].mean;
    for (unsigned i = 0; i < COUNT(shares_of_rest); i++)
        shares_of_rest[i] = _i == 0   ? gsl_ran_geometric_pdf(i + 1, 0.2)
                            : _i == 1 ? gsl_ran_poisson_pdf(i, 6.5)
                            : _i == 2 ? (i >= 1 && i <= 10 ? 1 / (2.9289682539682538 * i) : 0)
                                      : 0.25 * (i == 10) + 0.75 * (i == 50);
    draw(given[_i].written, sample, true);
    check_ks(given[_i].written, sample, DRAWS, discrete_rest, NULL);
}
END_TEST

/* Means beyond the tables: by the formulas. */
START_TEST(large_counts_follow_their_distributions)
{
    static double sample[DRAWS];
    draw("{distribution: poisson, mean: 20k}", sample, false);
    check_moments("poisson", sample, 20000, 20000);
    draw("{distribution: poisson, mean: 3000}", sample, false);
    check_moments("poisson", sample, 3000, 3000);
    draw("{distribution: geometric, mean: 5000}", sample, false);
    check_moments("geometric", sample, 5000, 5000.0 * 5001);
    draw("{distribution: geometric, mean: 200}", sample, false);
    check_moments("geometric", sample, 200, 200.0 * 201);
}
END_TEST

START_TEST(degenerate_distributions_yield_their_one_value)
{
    static const struct {
        const char *written;
        double value;
    } given[] = {
        {"5", 5},
        {"{low: 3, high: 3}", 3},
        {"{distribution: exponential, mean: 0}", 0},
        {"{distribution: geometric, mean: 0}", 0},
        {"{distribution: lognormal, mean: 0}", 0},
        {"{distribution: zipf, highest: 1}", 1},
        {"{distribution: poisson, mean: 0}", 0},
        {"{distribution: pareto, mean: 0}", 0},
        {"{distribution: beta, low: 4, high: 4}", 4},
        {"{quantiles: {0: 6, 1: 6}}", 6},
        {"{values: {9: 1}}", 9},
    };
    static double sample[DRAWS];
    for (size_t i = 0; i < COUNT(given); i++) {
        draw(given[i].written, sample, false);
        for (size_t j = 0; j < 100; j++)
            MUST(sample[j] == given[i].value);
        draw(given[i].written, sample, true);
        for (size_t j = 0; j < 100; j++)
            MUST(sample[j] >= 0 && sample[j] <= given[i].value);
    }
}
END_TEST

/*
 * Streams and the queue
 */
START_TEST(streams_differ_by_purpose_name_and_seed)
{
    static const struct {
        uint64_t seed;
        const char *purpose, *name;
    } given[] = {{1, "site", "a"},
                 {1, "site", "b"},
                 {1, "think", "a"},
                 {2, "site", "a"},
                 {UINT64_C(1) << 32, "site", "a"},
                 {UINT64_C(1) << 32 | 1, "site", "a"},
                 {0, "site", "a"}};
    enum { VALUES = 2000 };
    static double values[COUNT(given)][VALUES];
    for (size_t i = 0; i < COUNT(given); i++) {
        struct stream stream;
        gcs_stream_init(&stream, given[i].seed, given[i].purpose, given[i].name);
        for (size_t j = 0; j < VALUES; j++)
            values[i][j] = gsl_rng_uniform(&stream.gsl);
    }
    for (size_t i = 0; i < COUNT(given); i++)
        for (size_t j = 0; j < i; j++) { /* uncorrelated: 4 standard deviations */
            double sum = 0;
            for (size_t k = 0; k < VALUES; k++)
                sum += (values[i][k] - 0.5) * (values[j][k] - 0.5) * 12;
            ck_assert_msg(fabs(sum) / sqrt(VALUES) < 4, "streams %zu and %zu", i, j);
        }
}
END_TEST

/* Times of all scales, so that entries pass through all levels. */
START_TEST(the_queue_yields_by_time_and_then_by_order_of_scheduling)
{
    enum { PUSHES = 30000 };
    static uint64_t times[PUSHES];
    struct queue queue;
    struct entry entry, last = {0};
    struct gcs_random random;
    uint32_t pushed = 0;
    gcs_queue_init(&queue, NULL);
    gcs_random_init(&random, 3, "queue");
    for (bool any = false; pushed < PUSHES || queue.count;) {
        if (pushed < PUSHES && gcs_random_below(&random, 3)) {
            uint64_t range = UINT64_C(2) << gcs_random_below(&random, pushed < 20000 ? 8 : 50);
            times[pushed] = last.time + gcs_random_below(&random, range);
            ck_assert_int_eq(gcs_queue_push(&queue, &memory, times[pushed], pushed, &error),
                             GCS_OK);
            pushed++;
        } else if (queue.count) {
            uint64_t first = queue.first;
            ck_assert_int_eq(gcs_queue_pop(&queue, &memory, &entry, &error), GCS_OK);
            MUST(entry.time == first && entry.time == times[entry.what]);
            MUST(!any || entry.time > last.time ||
                 (entry.time == last.time && entry.what > last.what));
            last = entry;
            any = true;
        }
    }
    ck_assert(queue.first == UINT64_MAX);
    gcs_queue_fini(&queue, &memory);
}
END_TEST

/* What is cleared is gone, and time may begin anew. */
START_TEST(a_queue_can_be_cleared)
{
    struct queue queue;
    struct entry entry;
    gcs_queue_init(&queue, NULL);
    for (uint32_t i = 0; i < 100; i++)
        ck_assert_int_eq(gcs_queue_push(&queue, &memory, i * 1000, i, &error), GCS_OK);
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_int_eq(gcs_queue_pop(&queue, &memory, &entry, &error), GCS_OK);
    gcs_queue_clear(&queue);
    ck_assert(!queue.count && queue.first == UINT64_MAX);
    ck_assert_int_eq(gcs_queue_push(&queue, &memory, 20, 7, &error), GCS_OK);
    ck_assert_int_eq(gcs_queue_pop(&queue, &memory, &entry, &error), GCS_OK);
    ck_assert(entry.time == 20 && entry.what == 7 && !queue.count);
    gcs_queue_fini(&queue, &memory);
}
END_TEST

static Suite *sampler_suite(void)
{
    Suite *suite = suite_create("sampler");
    TCase *samplers = tcase_create("samplers");
    tcase_add_checked_fixture(samplers, setup, teardown);
    tcase_set_timeout(samplers, 60);
    tcase_add_loop_test(samplers, a_continuous_sampler_follows_its_distribution, 0,
                        COUNT(continuous));
    tcase_add_loop_test(samplers, the_rest_of_a_lifetime_is_what_renewal_theory_says, 0,
                        COUNT(continuous));
    tcase_add_loop_test(samplers, a_table_of_quantiles_is_as_exact_as_it_says, 0,
                        COUNT(tables));
    tcase_add_test(samplers, a_tail_goes_on_beyond_the_table);
    tcase_add_test(samplers, a_discrete_sampler_follows_its_distribution);
    tcase_add_loop_test(samplers, the_rest_of_a_discrete_lifetime_is_right_too, 0, 4);
    tcase_add_test(samplers, large_counts_follow_their_distributions);
    tcase_add_test(samplers, degenerate_distributions_yield_their_one_value);
    tcase_add_test(samplers, streams_differ_by_purpose_name_and_seed);
    tcase_add_test(samplers, the_queue_yields_by_time_and_then_by_order_of_scheduling);
    tcase_add_test(samplers, a_queue_can_be_cleared);
    suite_add_tcase(suite, samplers);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(sampler_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
