/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pass that tells of lives, while it runs. lives.c does it, knots.c its cycles. */
#ifndef GCSIM_LIVES_PRIVATE_H
#define GCSIM_LIVES_PRIVATE_H

#include "garbage.h"

#include <gcsim/lives.h>

/* Where a walk stands in an object's slots. */
struct place {
    gcs_row row;
    uint32_t slot;
};

/* Tarjan's arrays, by row, and what is found out about one component. */
struct knots {
    uint32_t *index; /* of a closed one: its component's number */
    uint32_t *low;   /* CLOSED: its component is known */
    size_t index_capacity, low_capacity;
    uint32_t last_index;
    gcs_row *stack;
    size_t stack_height, stack_capacity;
    struct place *path; /* of the walk at hand */
    size_t path_length, path_capacity;

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
    struct knots knots;
};

/* A row's life ends so. */
void tell(struct lives *lives, gcs_row row, uint64_t end, enum gcs_fate fate);
/* Tells of the garbage that the search found: lives and knots. */
enum gcs_status tell_garbage(struct lives *lives, struct gcs_error *error);
void knots_free(struct knots *knots, struct gcs_memory *memory);

#endif
