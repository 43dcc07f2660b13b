/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The baseline pass while it runs (docs/index.md). baseline.c does it, parts.c its end. */
#ifndef GCSIM_RECORDER_H
#define GCSIM_RECORDER_H

#include "heap_private.h"

#include <gcsim/baseline.h>

enum { WEIGHT_PLACES = 4096 };

struct recorder {
    struct gcs_baseline *baseline;
    const struct gcs_lifetimes *lifetimes;
    struct gcs_error *error;
    enum gcs_status status; /* of the calls that cannot return one */

    uint32_t *positions; /* by row, GCS_NEVER: untracked */
    size_t position_capacity;
    uint8_t codes[FREE_LISTS];      /* by free list; 0: none yet */
    uint32_t places[WEIGHT_PLACES]; /* weights by hash, from 1 */

    bool allocated;            /* the last op is this event's, and not tracked yet */
    struct gcs_early early[2]; /* this event's allocations */
    unsigned early_count;

    gcs_time work; /* sums so far: struct gcs_other_moment */
    gcs_area area;

    uint32_t *watched; /* by row: the last child record that is about it, from 1 */
    size_t watched_capacity;
    uint32_t *watched_next; /* by child record: the one before */
    size_t watched_next_capacity;

    uint32_t *garbage_at; /* by index of lifetimes->garbage: objects tracked by then */
    size_t garbage_at_capacity;
    size_t garbage_next;
};

/* The code of the free list that takes such an object's shell, 0: none. */
uint8_t record_list(struct gcs_heap *heap, const struct shape *shape, uint32_t slots);

/* Where the row's object stands in tracking order; GCS_NEVER: it is not tracked. */
static inline uint32_t record_position(const struct recorder *recorder, gcs_row row)
{
    return row < recorder->position_capacity ? recorder->positions[row] : GCS_NEVER;
}

/* parts.c: the garbage at the end of the pass. */
enum gcs_status record_parts(struct recorder *recorder, struct gcs_heap *heap);

#endif
