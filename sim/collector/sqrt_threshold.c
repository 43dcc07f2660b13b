/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sqrt-threshold: a proposal. threshold0 grows with the square root of the long-lived heap.
 *
 *     count0 > threshold0 + sqrt(long_lived_total + long_lived_pending)
 *
 * triggers; the rest is the newest CPython's, thresholds 1 and 2 and the quarter rule included.
 *
 * Discussed in github.com/faster-cpython/ideas/issues/523 (2022), from the square-root rule for
 * heap limits (Kirisame et al., Optimal heap limits for reducing browser memory use, 2022): a
 * collector that may use sqrt(L) more than its live memory L spends its extra memory where it
 * saves most time. There L is long_lived_pending alone, which falls back to 0 with each full
 * collection and the threshold with it; here it is all that is known to be long-lived. The
 * constant that the issue adds is threshold0. A million long-lived objects add 1,000 to it.
 */
#include "collector_private.h"

#include <math.h>

int64_t sqrt_threshold_above(const struct gcs_counts *counts,
                             const int64_t threshold[GCS_GENERATIONS])
{
    double heap = (double)counts->long_lived_total + (double)counts->long_lived_pending;
    return threshold[0] + (int64_t)sqrt(heap > 0 ? heap : 0);
}

/* CPython's choice, with the raised threshold in threshold0's place. */
int sqrt_threshold_choose(const struct gcs_counts *counts,
                          const int64_t threshold[GCS_GENERATIONS])
{
    const int64_t raised[GCS_GENERATIONS] = {sqrt_threshold_above(counts, threshold),
                                             threshold[1], threshold[2]};
    return gcs_choose_generational(counts, raised);
}
