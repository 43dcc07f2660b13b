/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * live-heap: a proposal. One generation, and a threshold that scales with the live heap.
 *
 *     count0 > max(threshold0, threshold1 percent of long_lived_total)
 *
 * triggers a full collection, the only automatic one. long_lived_total is what survived the
 * last; threshold0 is the least that is worth a collection, threshold1 how much the heap may
 * grow, in percent (25: the share that CPython's full collections wait for), threshold2 unused.
 *
 * Discussed in github.com/python/cpython/issues/100403 (2022): most young objects die by count,
 * so a young collection finds little, and generations may not pay. In issues/98801 the limit is
 * the number of survivors, no less than a constant: `-t N,100` here. The free-threaded build
 * has one generation and compares with a quarter, too (gh-112529), behind a buffer of 512
 * allocations and, in 3.14, a test of the process's memory.
 *
 * The work of a growing heap is linear: each collection waits for a share of what it will have
 * to examine. The price is that no pause is short.
 */
#include "collector_private.h"

enum { PERCENT = 100 };

int64_t live_heap_above(const struct gcs_counts *counts,
                        const int64_t threshold[GCS_GENERATIONS])
{
    int64_t share;
    if (__builtin_mul_overflow(counts->long_lived_total, threshold[1], &share))
        share = INT64_MAX;
    share /= PERCENT;
    return share > threshold[0] ? share : threshold[0];
}

int live_heap_choose(const struct gcs_counts *counts, const int64_t threshold[GCS_GENERATIONS])
{
    return counts->count[0] > live_heap_above(counts, threshold) ? GCS_GENERATIONS - 1
                                                                 : GCS_NO_GENERATION;
}
