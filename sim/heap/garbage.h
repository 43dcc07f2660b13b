/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search for what is unreachable in a heap that keeps stamps. */
#ifndef GCSIM_GARBAGE_H
#define GCSIM_GARBAGE_H

#include "heap_private.h"

enum { MARK_NONE, MARK_REACHABLE, MARK_GARBAGE };

struct unreachable {
    uint64_t stamp; /* of the moment at which it became so */
    gcs_row row;
};

struct search {
    struct gcs_heap *heap;
    struct gcs_memory *memory;
    struct unreachable *garbage; /* what was found */
    size_t count, capacity;
    uint64_t reachable;   /* objects */
    unsigned char *marks; /* by row; of dead ones MARK_NONE */
    size_t mark_capacity;
    gcs_row *stack;
    size_t stack_capacity;
};
/** Searches through the whole heap. The stamps of garbage are final afterwards. */
enum gcs_status search_garbage(struct search *search, struct gcs_error *error);
void search_free(struct search *search);

#endif
