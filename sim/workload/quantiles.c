/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drawing from a continuous distribution by its quantiles. A table holds them from both ends to
 * the median: an octave of probability (1/4 … 1/2, 1/8 … 1/4, …) has so many cells, and within
 * a cell quantiles are taken as linear. So a tail is followed as closely, relative to its own
 * probability, as the middle. What lies beyond the last octave is worked out exactly.
 *
 * A uniform variate's binary form is the address: exponent and leading bits of the mantissa
 * number the cell, what is left is the place within.
 *
 * Error: tests compare with GSL's cdf in the middle of every cell, where it is largest; it is
 * below 1e-4 of the tail's probability there, for the distributions that workloads name.
 */
#include "workload_private.h"

#include <string.h>

enum { REST_BITS = 52 - QUANTILE_CELL_BITS };

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* 2^-(octaves + 1) as cells are numbered: where the first one begins. */
static const uint64_t origin = (uint64_t)(1023 - (QUANTILE_OCTAVES + 1)) << QUANTILE_CELL_BITS;

static double far_out(const struct quantiles *table, bool upper, double share)
{
    return table->family->quantile(upper, share, table->shape, table->shape2);
}

static void fill_side(struct quantiles *table, bool upper)
{
    for (unsigned i = 0; i < QUANTILE_CELLS; i++) {
        uint64_t bits = (origin + i) << REST_BITS;
        double share;
        memcpy(&share, &bits, sizeof share);
        table->at[upper][i] = far_out(table, upper, share);
    }
    table->at[upper][QUANTILE_CELLS] = far_out(table, upper, 0.5);
}

const struct quantiles *gcs_quantiles_of(struct gcs_workload *workload,
                                         const struct family *family, double shape,
                                         double shape2)
{
    for (const struct quantiles *known = workload->quantiles; known; known = known->next)
        if (known->family == family && known->shape == shape && known->shape2 == shape2)
            return known;
    struct quantiles *table = gcs_arena_push(&workload->arena, sizeof *table);
    *table = (struct quantiles){
        .next = workload->quantiles, .family = family, .shape = shape, .shape2 = shape2};
    fill_side(table, false);
    fill_side(table, true);
    return workload->quantiles = table;
}

double gcs_quantiles_draw(const struct quantiles *table, struct gcs_random *random)
{
    uint64_t bits = gcs_random_next(random);
    bool upper = bits & 1;
    double share = (double)(bits >> 11 | 1) * 0x1p-54; /* above 0, below 1/2 */
    uint64_t address = bits_of(share);
    uint64_t cell = (address >> REST_BITS) - origin;
    if (cell >= QUANTILE_CELLS) /* wrapped around: before the first */
        return far_out(table, upper, share);
    double within = (double)(int64_t)(address & ((UINT64_C(1) << REST_BITS) - 1)) *
                    (1.0 / (UINT64_C(1) << REST_BITS));
    const double *at = &table->at[upper][cell];
    return at[0] + (at[1] - at[0]) * within;
}
