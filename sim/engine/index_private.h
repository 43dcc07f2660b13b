/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index: a baseline made ready for questions (docs/index.md). index.c makes it, evaluate.c
 * asks. */
#ifndef GCSIM_INDEX_PRIVATE_H
#define GCSIM_INDEX_PRIVATE_H

#include "replay_private.h"
#include "spans.h"

enum {
    BLOCK_OPS = 128,    /* ops that are jumped at once … */
    BLOCK_BLOCKS = 64,  /* … or so many blocks of them */
    BLOCK_MOMENTS = 64, /* for the highest heap of several moments; the same again above */
    NO_ALLOCATION = INT32_MIN / 2,
};

/* Sums of a span of objects, and of a clump of garbage. */
enum {
    SUM_OBJECTS, /* tracked */
    SUM_REFERENCES,
    SUM_BYTES, /* own */
    TRACKED_SUMS,
    SUM_FINALIZERS = TRACKED_SUMS,
    SUM_FREED_OBJECTS,
    SUM_FREED_BYTES,
    SUM_LISTS, /* shells for the free list of code SUM_LISTS + code − 1 … */
};

/* What some ops make of count0 and of the free lists, if the lists behave as in the baseline:
 * count0 → max(count0 + net, floor); the highest it gets at an allocation is
 * max(count0 + top, ceiling). */
struct jump {
    int32_t net, floor, top, ceiling;
    uint32_t clamped; /* free lists that were empty or full when asked, a bit each */
    uint32_t moments; /* begun before these ops */
    uint32_t items;   /* tracked before them */
};

/* The same for one free list: the running sum of shells parked and taken, and what is in it
 * before. */
struct list_jump {
    int16_t net, low, high;
    uint16_t start;
};

/* A connected piece of garbage that is walked: its parts, those that refer before those
 * referred to. */
struct island {
    uint32_t first, count; /* of index->linked */
};

/* An island has more garbage from this event on. */
struct activation {
    uint32_t event;
    uint32_t island;
    bool conditional; /* what hangs off other garbage may die by count at that very event */
    uint32_t moment;  /* the first after it */
};

/* From this event on a single holds containers. */
struct holding {
    uint32_t event;
    uint32_t single;
};

/* The highest heap of the baseline in some moments. */
struct high {
    uint32_t bytes; /* units */
    uint32_t objects;
};

struct gcs_index {
    struct gcs_baseline baseline;
    struct gcs_memory *memory;
    unsigned width; /* sums of a clump */

    struct jump *blocks, *regions;                /* one more each: the end */
    struct list_jump *block_lists, *region_lists; /* [block][list_count] */
    size_t block_count;
    size_t block_capacity, region_capacity, block_list_capacity, region_list_capacity;
    struct high *highs;  /* by BLOCK_MOMENTS moments */
    struct high *higher; /* by BLOCK_MOMENTS of those */
    size_t high_capacity, higher_capacity;

    struct spans objects; /* all that a collection may meet */
    struct spans fading;  /* tuples of atoms: only the first collection meets them */
    struct spans clumps;  /* garbage that goes as a whole: low position … unreachable */

    struct holding *holdings; /* by event */
    size_t holding_count, holding_capacity;

    uint32_t *linked; /* parts */
    size_t linked_count, linked_capacity;
    uint32_t *place_of; /* by part: its place in linked */
    size_t place_capacity;
    struct island *islands;
    size_t island_count, island_capacity;
    struct activation *activations; /* by event */
    size_t activation_count, activation_capacity;
};

#endif
