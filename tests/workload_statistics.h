/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples against distributions, for the tests of workloads. */
#ifndef GCSIM_WORKLOAD_STATISTICS_H
#define GCSIM_WORKLOAD_STATISTICS_H

#include <check.h>
#include <gsl/gsl_cdf.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef double cdf(double x, const double *parameters);

static inline int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: sqrt(n) times the largest distance is below 1.95 at the 0.1 % level.
 */
static inline void check_ks(const char *what, double *sample, size_t count, cdf *expected,
                            const double *parameters)
{
    double largest = 0;
    ck_assert_msg(count > 200, "%s: only %zu values", what, count);
    qsort(sample, count, sizeof *sample, ascending);
    for (size_t i = 0; i < count; i++) {
        double p = expected(sample[i], parameters);
        double above = (double)(i + 1) / (double)count - p;
        double below = p - (double)i / (double)count;
        largest = fmax(largest, fmax(above, below));
    }
    double distance = sqrt((double)count) * largest;
    ck_assert_msg(distance < 1.95, "%s: distance %g over %zu values", what, distance, count);
}

/* Counts against probabilities; what is expected less than five times is put together. */
static inline void check_chi_square(const char *what, const uint64_t *counts,
                                    const double *shares, size_t cells)
{
    double total = 0, sum = 0, rest = 0, rest_expected = 0;
    size_t used = 0;
    for (size_t i = 0; i < cells; i++)
        total += (double)counts[i];
    for (size_t i = 0; i < cells; i++) {
        double expected = total * shares[i];
        if (expected < 5) {
            rest += (double)counts[i];
            rest_expected += expected;
            continue;
        }
        sum += pow((double)counts[i] - expected, 2) / expected;
        used++;
    }
    if (rest_expected >= 5) {
        sum += pow(rest - rest_expected, 2) / rest_expected;
        used++;
    }
    ck_assert_msg(used > 1, "%s: one cell", what);
    double p = gsl_cdf_chisq_Q(sum, (double)(used - 1));
    ck_assert_msg(p > 0.001, "%s: chi-square %g over %zu cells, p = %g", what, sum, used, p);
}

static inline double exponential(double x, const double *mean)
{
    return gsl_cdf_exponential_P(x, *mean);
}

/* An exponential of which only values up to parameters[1] were seen. */
static inline double cut_exponential(double x, const double *parameters)
{
    return gsl_cdf_exponential_P(x, parameters[0]) /
           gsl_cdf_exponential_P(parameters[1], parameters[0]);
}

/* parameters: mean, sigma */
static inline double lognormal(double x, const double *parameters)
{
    double sigma = parameters[1];
    return gsl_cdf_lognormal_P(x, log(parameters[0]) - sigma * sigma / 2, sigma);
}

static inline double flat(double x, const double *ends)
{
    return gsl_cdf_flat_P(x, ends[0], ends[1]);
}

static inline double mixed(double x, const double *unused)
{
    (void)unused;
    return 0.25 * gsl_cdf_exponential_P(x, 10) + 0.75 * gsl_cdf_flat_P(x, 20, 60);
}

#endif
