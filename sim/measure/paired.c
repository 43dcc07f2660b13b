/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences of pairs: their mean with 95 % intervals, and how they spread. */
#include <gcsim/measure.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 4000 };
static const double tail = 0.025;

static int by_value(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

bool gcs_spread_of(const double *values, size_t count, struct gcs_spread_figures *spread)
{
    *spread = (struct gcs_spread_figures){count, (double)NAN, (double)NAN, (double)NAN};
    if (!count)
        return true;
    double *sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        return false;
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    spread->median = gsl_stats_median_from_sorted_data(sorted, 1, count);
    size_t rank = (size_t)ceil(0.99 * (double)count);
    spread->p99 = sorted[rank - 1];
    spread->max = sorted[count - 1];
    free(sorted);
    return true;
}

struct gcs_interval gcs_t_interval(const double *values, size_t count)
{
    if (count < 2)
        return (struct gcs_interval){(double)NAN, (double)NAN};
    double mean = gsl_stats_mean(values, 1, count);
    double half = gsl_cdf_tdist_Pinv(1 - tail, (double)(count - 1)) *
                  gsl_stats_sd_m(values, 1, count, mean) / sqrt((double)count);
    return (struct gcs_interval){mean - half, mean + half};
}

bool gcs_bootstrap_interval(const double *values, size_t count, uint64_t seed,
                            struct gcs_interval *interval)
{
    struct gcs_random random;
    *interval = (struct gcs_interval){(double)NAN, (double)NAN};
    if (count < 2)
        return true;
    double *means = malloc(RESAMPLES * sizeof *means);
    if (!means)
        return false;
    gcs_random_init(&random, seed, "bootstrap");
    for (size_t r = 0; r < RESAMPLES; r++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += values[gcs_random_below(&random, count)];
        means[r] = sum / (double)count;
    }
    qsort(means, RESAMPLES, sizeof *means, by_value);
    interval->low = gsl_stats_quantile_from_sorted_data(means, 1, RESAMPLES, tail);
    interval->high = gsl_stats_quantile_from_sorted_data(means, 1, RESAMPLES, 1 - tail);
    free(means);
    return true;
}
