/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences of pairs: their mean with 95 % intervals, and how they spread. */
#include <gcsim/measure.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 3999 }; /* 100 beyond each end of 95 % */
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

/* How far the mean of a sample drawn again lies from the mean, in its own standard errors. If
 * all its values are the same, further than any number. */
static double studentised(const double *values, size_t count, double mean,
                          struct gcs_random *random)
{
    double sum = 0, squares = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        double off = values[gcs_random_below(random, count)] - mean;
        sum += off;
        squares += off * off;
    }
    double variance = (squares - sum * sum / n) / (n - 1);
    if (variance > squares * 1e-12) /* what rounding leaves is none */
        return sum / n / sqrt(variance / n);
    return sum == 0 ? 0 : sum > 0 ? (double)INFINITY : (double)-INFINITY;
}

/* Where ties make an end infinite, no value lies beyond this one. */
static double or_extreme(double end, const double *values, size_t count)
{
    double extreme = values[0];
    for (size_t i = 1; i < count; i++)
        if (end < 0 ? values[i] < extreme : values[i] > extreme)
            extreme = values[i];
    return isinf(end) ? extreme : end;
}

bool gcs_bootstrap_interval(const double *values, size_t count, uint64_t seed,
                            struct gcs_interval *interval)
{
    enum { BEYOND = (RESAMPLES + 1) / 40, LEAST = 8 };
    struct gcs_random random;
    *interval = (struct gcs_interval){(double)NAN, (double)NAN};
    if (count < LEAST) /* too many draws have hardly any deviation: its ends lie far outside */
        return true;
    double *far = malloc(RESAMPLES * sizeof *far);
    if (!far)
        return false;
    double mean = gsl_stats_mean(values, 1, count);
    double error = gsl_stats_sd_m(values, 1, count, mean) / sqrt((double)count);
    gcs_random_init(&random, seed, "bootstrap");
    for (size_t r = 0; r < RESAMPLES; r++)
        far[r] = studentised(values, count, mean, &random);
    qsort(far, RESAMPLES, sizeof *far, by_value);
    double least = far[BEYOND - 1], most = far[RESAMPLES - BEYOND];
    free(far);
    if (error > 0)
        *interval = (struct gcs_interval){or_extreme(mean - most * error, values, count),
                                          or_extreme(mean - least * error, values, count)};
    else
        *interval = (struct gcs_interval){mean, mean};
    return true;
}

uint64_t gcs_pairs_needed(const double *values, size_t count)
{
    static const double power = 0.8;
    if (count < 2)
        return GCS_ABSENT;
    double mean = gsl_stats_mean(values, 1, count);
    double deviation = gsl_stats_sd_m(values, 1, count, mean);
    double reach = gsl_cdf_ugaussian_Pinv(1 - tail);
    double both = (reach + gsl_cdf_ugaussian_Pinv(power)) * deviation / mean;
    double pairs = ceil(both * both + reach * reach / 2); /* the last for t instead of z */
    return mean != 0 && pairs <= 1e6 ? (uint64_t)pairs : GCS_ABSENT;
}
