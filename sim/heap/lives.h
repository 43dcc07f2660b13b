/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pass that tells of lives, while it runs. lives.c does it, knots.c its cycles. */
#ifndef GCSIM_LIVES_PRIVATE_H
#define GCSIM_LIVES_PRIVATE_H

#include "components.h"
#include "garbage.h"

#include <gcsim/lives.h>

/* What is found out about one component. */
struct knots {
    struct place *path; /* of the walk at hand */
    size_t path_capacity;
    struct place *from; /* by row: how the breadth-first search came to it */
    size_t from_capacity;
    gcs_row *queue;
    size_t queue_capacity;
    struct gcs_tie *ties;
    size_t tie_capacity;
    uint32_t *types;
    size_t type_capacity;
    struct gcs_slot *slots;
    size_t slot_capacity;
};

struct lives {
    struct gcs_heap *heap;
    struct gcs_memory *memory;
    const struct gcs_lives_witness *witness;
    struct search search;
    struct components components; /* of the garbage found */
    struct knots knots;
};

/* A row's life ends so. */
void tell(struct lives *lives, gcs_row row, uint64_t end, enum gcs_fate fate);
/* Tells of the garbage that the search found: lives and knots. */
enum gcs_status tell_garbage(struct lives *lives, struct gcs_error *error);
void knots_free(struct knots *knots, struct gcs_memory *memory);

#endif
