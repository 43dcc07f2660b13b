/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * textbook: when the collector that articles describe would run (cpython-gc.md 9, myths 4, 5).
 *
 * threshold0 counts new containers; whether they still live does not matter. Every
 * threshold1-th pass takes generation 1, too, and every threshold2-th of those everything. With
 * 700, 10 and 10 a full pass comes every 700 x 10 x 10 = 70,000 new containers, however large
 * the heap: the work grows with its square, which CPython's quarter rule is there to prevent.
 */
#include "collector_private.h"

int64_t textbook_above(const struct gcs_counts *counts,
                       const int64_t threshold[GCS_GENERATIONS])
{
    (void)counts;
    return threshold[0] - 1; /* the 700th triggers */
}

int textbook_choose(const struct gcs_counts *counts, const int64_t threshold[GCS_GENERATIONS])
{
    int generation = 0;
    if (counts->count[0] < threshold[0])
        return GCS_NO_GENERATION;
    while (generation < GCS_GENERATIONS - 1 &&
           counts->count[generation + 1] + 1 >= threshold[generation + 1])
        generation++;
    return generation;
}
