/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strongly connected components among some of a heap's objects (Tarjan 1972). */
#ifndef GCSIM_COMPONENTS_H
#define GCSIM_COMPONENTS_H

#include "heap_private.h"

/* Where a walk stands in an object's slots. */
struct place {
    gcs_row row;
    uint32_t slot;
};

struct components {
    struct gcs_heap *heap;
    struct gcs_memory *memory;
    /* Called for each component, after all that it refers to: its rows, the first met first. */
    enum gcs_status (*close)(void *to, const gcs_row *rows, size_t count,
                             struct gcs_error *error);
    void *to;

    uint32_t *index; /* by row, 0: left out; of rows in closed components the same for all of
                        one, and for no others */
    uint32_t *low;
    size_t index_capacity, low_capacity;
    uint32_t last_index;
    gcs_row *stack;
    size_t stack_height, stack_capacity;
    struct place *path;
    size_t path_length, path_capacity;
};

/* Makes room for `count` rows and leaves all out; then add each; then walk from each. */
enum gcs_status components_begin(struct components *components, size_t count,
                                 struct gcs_error *error);
void components_add(struct components *components, gcs_row row);
enum gcs_status components_walk(struct components *components, gcs_row start,
                                struct gcs_error *error);
/* Whether it holds a cycle: several rows, or one that refers to itself. */
bool is_cyclic(const struct gcs_heap *heap, const gcs_row *rows, size_t count);
void components_free(struct components *components);

#endif
