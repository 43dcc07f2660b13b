/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log-linear histogram: 1,024 buckets a doubling, one a value below 2,048. */
#include <gcsim/measure.h>

#include <math.h>
#include <string.h>

enum { STEP_BITS = 10, STEPS = 1 << STEP_BITS, TICKS_PER_HALF = 5 };

/* Position of the highest bit that is set. */
static unsigned highest_bit(uint64_t value)
{
    unsigned bit = 0;
    for (unsigned half = 32; half; half /= 2)
        if (value >> half) {
            value >>= half;
            bit += half;
        }
    return bit;
}

static size_t bucket_of(uint64_t value)
{
    if (value < 2 * STEPS)
        return (size_t)value;
    unsigned shift = highest_bit(value) - STEP_BITS;
    return (size_t)shift * STEPS + (size_t)(value >> shift);
}

static uint64_t highest_in(size_t bucket)
{
    if (bucket < 2 * STEPS)
        return bucket;
    unsigned shift = (unsigned)(bucket / STEPS) - 1;
    uint64_t step = bucket - (size_t)shift * STEPS;
    return ((step + 1) << shift) - 1;
}

void gcs_histogram_clear(struct gcs_histogram *histogram)
{
    size_t first = bucket_of(histogram->minimum), last = bucket_of(histogram->maximum);
    if (histogram->total)
        memset(histogram->counts + first, 0, (last - first + 1) * sizeof *histogram->counts);
    histogram->total = histogram->minimum = histogram->maximum = 0;
    histogram->sum = 0;
}

void gcs_histogram_add(struct gcs_histogram *histogram, uint64_t value)
{
    if (histogram->total == 0 || value < histogram->minimum)
        histogram->minimum = value;
    if (value > histogram->maximum)
        histogram->maximum = value;
    histogram->total++;
    histogram->sum += (double)value;
    histogram->counts[bucket_of(value)]++;
}

/* The value at which `count` values are reached, counting from the lowest. */
static uint64_t value_at_count(const struct gcs_histogram *histogram, uint64_t count)
{
    uint64_t seen = 0;
    for (size_t i = bucket_of(histogram->minimum); i <= bucket_of(histogram->maximum); i++) {
        seen += histogram->counts[i];
        if (seen >= count) {
            uint64_t value = highest_in(i);
            return value < histogram->maximum ? value : histogram->maximum;
        }
    }
    return histogram->maximum;
}

uint64_t gcs_histogram_percentile(const struct gcs_histogram *histogram, double share)
{
    if (histogram->total == 0)
        return GCS_ABSENT;
    double wanted = ceil(share * (double)histogram->total - 1e-9);
    uint64_t count = wanted < 1 ? 1 : (uint64_t)wanted;
    return value_at_count(histogram, count > histogram->total ? histogram->total : count);
}

uint64_t gcs_histogram_at_least(const struct gcs_histogram *histogram, uint64_t value)
{
    uint64_t count = 0;
    if (histogram->total == 0)
        return 0;
    for (size_t i = bucket_of(histogram->maximum) + 1; i-- > bucket_of(value);)
        count += histogram->counts[i];
    return count;
}

static double deviation(const struct gcs_histogram *histogram, double mean)
{
    double squares = 0;
    for (size_t i = bucket_of(histogram->minimum); i <= bucket_of(histogram->maximum); i++)
        if (histogram->counts[i]) {
            double off = (double)highest_in(i) - mean;
            squares += off * off * (double)histogram->counts[i];
        }
    return sqrt(squares / (double)histogram->total);
}

static uint64_t count_up_to(const struct gcs_histogram *histogram, uint64_t value)
{
    uint64_t seen = 0;
    for (size_t i = 0; i <= bucket_of(value); i++)
        seen += histogram->counts[i];
    return seen;
}

/* Percentiles ever closer to 1: five ticks for each halving of the distance. */
static void print_ticks(const struct gcs_histogram *histogram, double unit,
                        struct gcs_text *text)
{
    double share = 0;
    for (;;) {
        uint64_t value = gcs_histogram_percentile(histogram, share);
        uint64_t seen = count_up_to(histogram, value);
        if (seen >= histogram->total)
            break;
        gcs_text_add(text, "%12.6f %2.12f %10llu %14.2f\n", (double)value / unit, share,
                     (unsigned long long)seen, 1 / (1 - share));
        double halvings = floor(log2(1 / (1 - share))) + 1;
        share += 1 / (TICKS_PER_HALF * pow(2, halvings));
    }
    gcs_text_add(text, "%12.6f %2.12f %10llu\n", (double)histogram->maximum / unit, 1.0,
                 (unsigned long long)histogram->total);
}

void gcs_histogram_print(const struct gcs_histogram *histogram, double unit,
                         struct gcs_text *text)
{
    gcs_text_add(text, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
                 "1/(1-Percentile)");
    double mean = 0, spread = 0;
    if (histogram->total) {
        print_ticks(histogram, unit, text);
        mean = histogram->sum / (double)histogram->total;
        spread = deviation(histogram, mean);
    }
    gcs_text_add(text, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", mean / unit,
                 spread / unit);
    gcs_text_add(text, "#[Max     = %12.6f, Total count    = %12llu]\n",
                 (double)histogram->maximum / unit, (unsigned long long)histogram->total);
    gcs_text_add(text, "#[Buckets = %12d, SubBuckets     = %12d]\n", 64 - STEP_BITS, 2 * STEPS);
}
