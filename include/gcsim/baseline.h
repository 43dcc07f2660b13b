/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline.h — what a program does to its heap if nothing is ever collected.
 *
 * One pass over a trace under one version's rules, without a collector, writes down all that
 * does not depend on when collections run. Any setting is then priced from it (the index
 * engine) without walking the graph again (docs/index.md).
 *
 *   ops       the counter's story: allocations, frees and trackings, in order, a byte each
 *   moments   the events at which something may happen or time passes: `a z w i b e c g m`
 *   items     the tracked objects in tracking order; where they end
 *   parts     the garbage: strongly connected components, what refers to what among them
 *
 * A *position* is a place in tracking order. Events are numbered below 2^32 − 1, bytes come in
 * units of 8, so that a fact takes 4 bytes; a trace beyond that is not covered.
 */
#ifndef GCSIM_BASELINE_H
#define GCSIM_BASELINE_H

#include <gcsim/heap.h>

enum {
    GCS_BYTES_UNIT = 8,
    GCS_LIST_CODES = 32, /* free lists in use, 1 …; 0: none serves it */
};
#define GCS_NEVER UINT32_MAX

/** An op: kind << 5 | the free list's code. */
enum gcs_baseline_op {
    GCS_DO_ALLOCATE,         /* a moment of its own */
    GCS_DO_ALLOCATE_TRACKED, /* … and the object is tracked at birth */
    GCS_DO_HIDE,             /* a hidden companion, in the same event as its owner */
    GCS_DO_HIDE_TRACKED,
    GCS_DO_FREE,
    GCS_DO_FREE_TRACKED, /* the object had a position */
    GCS_DO_TRACK,        /* a dict meets its first container */
    GCS_DO_MOMENT,       /* any other moment */
};
enum { GCS_OP_SHIFT = 5, GCS_OP_LIST = (1 << GCS_OP_SHIFT) - 1 };

__extension__ typedef unsigned __int128 gcs_area; /* bytes × ns */

/** A moment that is no allocation, with running sums: over the work up to and with it. */
struct gcs_other_moment {
    gcs_area area; /* under the heap's size while the program worked */
    gcs_time work; /* ns */
    uint32_t moment;
};

/** A moment at which the engine has to do something: `i b e c g m`. */
struct gcs_stop {
    struct gcs_event event;
    uint64_t values[GCS_GENERATIONS]; /* g threshold */
    uint32_t moment;
};

/** The heap at an allocation's threshold test, where it differs from the event's end. */
struct gcs_early {
    uint32_t op;
    uint32_t bytes; /* units */
    uint32_t objects;
};

/** What a collection counts of one object. */
struct gcs_weight {
    uint32_t references;
    uint32_t bytes; /* own, not units */
};

/** A strongly connected component of the garbage. Those that refer to it come behind it. */
struct gcs_part {
    uint32_t event;    /* became unreachable */
    uint32_t position; /* number of tracked objects then */
    uint32_t low;      /* its first position; GCS_NEVER: none is tracked for good */
    uint32_t first_member, members;
    uint32_t first_referrer, referrers; /* other parts that refer to it */
    uint32_t island;                    /* connected parts have the same */
    bool cyclic;                        /* else one object, which can die by count */
};

/** An object of a part. */
struct gcs_member {
    uint32_t position; /* GCS_NEVER: untracked */
    uint32_t weight;
    uint64_t bytes; /* all of it, payload included */
    uint8_t list;   /* that its shell goes to; 0: none */
    bool gc;
    bool atoms;     /* a tuple that the first collection untracks */
    bool single;    /* one of gcs_baseline.singles */
    bool finalizer; /* has one that changes nothing */
};

/** A tuple of tuples that the collector will untrack, or a dict (up to 3.13) of nothing else:
 * when they are untracked in turn depends on the setting. */
struct gcs_single {
    uint32_t position;
    uint32_t held_from; /* a dict: event of a store from which on it holds containers, too */
    uint32_t first_child, children;
    bool dict;
};

/** One of those tuples. At an event before rooted_until it has a root since its holder's birth,
 * so collections leave it in its place, before the holder; before sole_until it has no
 * reference but the holder's, so they move it behind that; from then on one cannot tell. */
struct gcs_child {
    uint32_t position;
    uint32_t rooted_until;
    uint32_t sole_until;
};

/** How much garbage there is from an event on, were nothing ever collected. */
struct gcs_declared {
    uint32_t event;
    uint64_t bytes;
    uint64_t objects;
};

/** Flags of gcs_baseline.item_weight. */
#define GCS_ATOMS  (1u << 31) /* a tuple that its first collection untracks */
#define GCS_SINGLE (1u << 30) /* one of the singles */

struct gcs_baseline {
    struct gcs_memory *memory;
    const char *uncovered; /* what the trace has that this cannot say; NULL: nothing */
    bool stretches;        /* the trace has `u` … `v`, which it leaves out */

    uint8_t *ops;
    size_t op_count, op_capacity;
    uint8_t list_count;                     /* codes in use, 0 included */
    uint16_t list_capacity[GCS_LIST_CODES]; /* shells it can hold */
    bool list_emptied[GCS_LIST_CODES];      /* by a full collection */

    uint32_t *moment_event; /* three arrays, one entry a moment */
    uint32_t *moment_bytes; /* units, at the event's end */
    uint32_t *moment_objects;
    size_t moment_count, event_capacity, bytes_capacity, objects_capacity;
    struct gcs_other_moment *others; /* by moment */
    size_t other_count, other_capacity;
    struct gcs_stop *stops;
    size_t stop_count, stop_capacity;
    struct gcs_early *early; /* by op */
    size_t early_count, early_capacity;

    uint32_t *item_end;    /* event at which it dies, or GCS_NEVER; one entry a position */
    uint32_t *item_end_at; /* number of tracked objects then */
    uint32_t *item_weight; /* index of weights | flags */
    size_t item_count, end_capacity, end_at_capacity, weight_of_capacity;
    uint32_t *deaths; /* positions in order of death */
    size_t death_count, death_capacity;
    struct gcs_weight *weights;
    size_t weight_count, weight_capacity;

    struct gcs_single *singles; /* by position */
    size_t single_count, single_capacity;
    struct gcs_child *children;
    size_t child_count, child_capacity;

    struct gcs_part *parts;
    size_t part_count, part_capacity;
    struct gcs_member *members;
    size_t member_count, member_capacity;
    uint32_t *referrers;
    size_t referrer_count, referrer_capacity;
    struct gcs_declared *declared; /* by event */
    size_t declared_count, declared_capacity;

    struct gcs_totals end; /* the heap, all garbage in it */
};

/** One pass. `lifetimes` are the trace's. If `uncovered` is set the rest is not to be used.
 *  GCS_INVALID: the trace is wrong. The result is the caller's: gcs_baseline_fini. */
enum gcs_status gcs_baseline_of(const struct gcs_trace *trace,
                                const struct gcs_lifetimes *lifetimes,
                                const struct gcs_rules *rules, struct gcs_memory *memory,
                                struct gcs_baseline *baseline, struct gcs_error *error);
void gcs_baseline_fini(struct gcs_baseline *baseline);

/** Index of the single at a position; of the next one if there is none at it. */
size_t gcs_baseline_single(const struct gcs_baseline *baseline, uint32_t position);

#endif
