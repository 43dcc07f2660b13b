/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policies that have a file of their own, for the table in models.c. */
#ifndef GCSIM_COLLECTOR_PRIVATE_H
#define GCSIM_COLLECTOR_PRIVATE_H

#include <gcsim/collector.h>

/* textbook.c */
int64_t textbook_above(const struct gcs_counts *counts,
                       const int64_t threshold[GCS_GENERATIONS]);
int textbook_choose(const struct gcs_counts *counts, const int64_t threshold[GCS_GENERATIONS]);

/* sqrt_threshold.c */
int64_t sqrt_threshold_above(const struct gcs_counts *counts,
                             const int64_t threshold[GCS_GENERATIONS]);
int sqrt_threshold_choose(const struct gcs_counts *counts,
                          const int64_t threshold[GCS_GENERATIONS]);

/* live_heap.c */
int64_t live_heap_above(const struct gcs_counts *counts,
                        const int64_t threshold[GCS_GENERATIONS]);
int live_heap_choose(const struct gcs_counts *counts, const int64_t threshold[GCS_GENERATIONS]);

#endif
