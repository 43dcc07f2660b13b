/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare_private.h — how a comparison comes about:
 *
 *   compare.c         figures over the seeds, and their differences
 *   compare_advice.c  what makes a figure mean little, and what to do about it
 *   compare_people.c  the table for people
 */
#ifndef GCSIM_REPORT_COMPARE_PRIVATE_H
#define GCSIM_REPORT_COMPARE_PRIVATE_H

#include <gcsim/report.h>

enum { FEW_SEEDS = 8, ENOUGH_SEEDS = 10, ENOUGH_FULL = 10, ENOUGH_FOR_P99 = 1000 };

/* One trial of a setting. */
static inline size_t trial_at(const struct gcs_comparison *comparison, size_t arm, size_t seed)
{
    return seed * comparison->arms + arm;
}

struct gcs_counted counted_of(const struct gcs_comparison *comparison, size_t arm);
/* compare_advice.c: what is to be said of a row that is else complete, as bits; `figure`: which
 * of the figures compared it is. */
unsigned warnings_of(const struct gcs_comparison *comparison, size_t arm,
                     const struct gcs_compared *row);
const char *warning_name(enum gcs_compared_warning warning);
/* One sentence of advice without a full stop, about one setting. */
void advise(const struct gcs_comparison *comparison, size_t arm,
            enum gcs_compared_warning warning, const struct gcs_compared *row,
            struct gcs_text *text);
#endif
