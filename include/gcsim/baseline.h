/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline.h — what a program does to its heap if nothing is ever collected.
 *
 * One pass over a trace under one version's rules, without a collector, writes down all that
 * does not depend on when collections run. Any setting is then priced from it (the index
 * engine) without walking the graph again (docs/index.md).
 *
 *   ops       every allocation, free and tracking, and all other moments, in order: three bytes
 *             each. A *moment* is an event at which something may happen or time passes:
 *             `a z w i b e c g m u v`
 *   longs     tracked objects that live for more than GCS_SHORT ops
 *   parts     the garbage: strongly connected components, what refers to what among them
 *
 * The clock is the op: a *stamp* is the number of the op before which something happened (of
 * the next op, then; one's own, if the event that does it has ops of its own). So a thing has
 * happened when op `now` is done if its stamp is ≤ now. Events, ops and bytes (in units of 8)
 * are below 2^32 − 1; a trace beyond that is not covered. What the arrays hold has no padding
 * (`unused` is zero): an index is kept as it lies in memory.
 */
#ifndef GCSIM_BASELINE_H
#define GCSIM_BASELINE_H

#include <gcsim/heap.h>

enum {
    GCS_BYTES_UNIT = 8,
    GCS_LIST_CODES = 32, /* free lists in use, 1 …; 0: none serves it */
    GCS_SHORT = 254,     /* ops that a short life lasts, at most */
    GCS_FAR = 255,       /* gcs_baseline.aux: the event is in `far` */
    GCS_OBJECT_KINDS = 1 << 14,
};
#define GCS_NEVER UINT32_MAX

/** What an op does to an object of a kind; an op is kind << GCS_FORM_BITS | form. */
enum gcs_form {
    GCS_FORM_BORN,       /* allocated; of a `late` kind: tracked, by a store */
    GCS_FORM_BORN_SHORT, /* … and it dies at most GCS_SHORT ops later */
    GCS_FORM_FREED,
    GCS_FORM_FREED_SHORT,
};
enum { GCS_FORM_BITS = 2, GCS_FORM_MASK = (1 << GCS_FORM_BITS) - 1 };
/** Ops of kind 0, which is no object's. */
enum {
    GCS_DO_MOMENT, /* `i b e c g m u v` */
    GCS_DO_RESIZE, /* `z`: the payload changes by the next of `extras`, signed */
    GCS_DO_WORK,   /* `w`: the next of `works` */
    GCS_DO_END,    /* the end of an event: of a tick's (`ticks`), and of one in which objects
                      pass */
};

/** Objects that are alike to the collector. */
struct gcs_object_kind {
    uint32_t references; /* that a collection visits */
    uint32_t bytes;      /* own, units */
    uint8_t list;        /* free list that takes its shell, 0: none */
    bool gc;             /* its allocation and free are counted */
    bool tracked;        /* the collector knows it (`late`: from BORN on) */
    bool late;           /* BORN is no allocation: it was allocated as an untracked kind */
    bool hidden;         /* a companion: BORN is no moment of its own, but its owner's */
    bool extra;          /* has payload: the next of `extras` at BORN (not if late) and FREED */
    bool atoms;          /* a tuple that its first collection untracks */
    bool single;         /* one of the singles; its forms are never short */
    bool passing;        /* made in a death and gone when that is over: a tuple of callbacks
                            (CPython's PyObject_ClearWeakRefs), what the closing of a generator
                            makes (_PyGen_Finalize). It is counted, no more; BORN is a moment,
                            and the event has an END behind */
    uint8_t unused[3];
};

__extension__ typedef unsigned __int128 gcs_area; /* bytes × ns */

/** A `w`, with running sums: over the work up to and with it. */
struct gcs_work_moment {
    uint64_t area; /* under the heap's size while the program worked: its low bits */
    gcs_time work; /* ns */
    uint32_t area_high;
    uint32_t op;
};

static inline gcs_area gcs_area_at(const struct gcs_work_moment *moment)
{
    return (gcs_area)moment->area_high << 64 | moment->area;
}

/** A moment at which the engine has to do something: `i b e c g m u v`. */
struct gcs_stop {
    struct gcs_event event;           /* its `first` is 0 */
    uint64_t values[GCS_GENERATIONS]; /* g threshold */
    uint32_t op;
    uint32_t unused;
};

/** The event of a moment that lies GCS_FAR events or more behind the moment before. */
struct gcs_far {
    uint32_t op;
    uint32_t event;
};

/** One event of every so many: there the heap as an event leaves it is known. */
struct gcs_tick {
    uint32_t begin; /* its first op, or that of the next event that has one */
    uint32_t op;    /* behind all of its own */
};

/** A long life of a tracked object that is no single: from its BORN op to its FREED op, or
 * GCS_NEVER. Its kind is that of its BORN op. */
struct gcs_long {
    uint32_t begin;
    uint32_t end;
};

/** A strongly connected component of the garbage. Those that refer to it come behind it. */
struct gcs_part {
    uint32_t stamp; /* became unreachable */
    uint32_t low;   /* BORN op of its oldest tracked member (atoms and singles do not count);
                       GCS_NEVER: it has none */
    uint32_t first_member, members;
    uint32_t first_referrer, referrers; /* other parts that refer to it, in `referrers` */
    uint32_t island;                    /* connected parts have the same */
    bool cyclic;                        /* else one object, which can die by count */
};

/** An object of a part. */
struct gcs_member {
    uint32_t op;    /* at which it was tracked; GCS_NEVER: untracked */
    uint32_t units; /* all of it, payload included */
    uint16_t kind;  /* of its FREED op */
    bool finalizer; /* has one that changes nothing */
    bool released;  /* no garbage, but a weak reference whose callback lets it go: it is gone
                       with what refers to it, its target */
    bool calls;     /* were it to die by count, that might make a tuple of callbacks */
    uint8_t unused[3];
};

/** A tuple of tuples that the collector will untrack, or a dict (up to 3.13) of nothing else:
 * when they are untracked in turn depends on the setting. */
struct gcs_single {
    uint32_t op;  /* at which it is tracked */
    uint32_t end; /* FREED op, or GCS_NEVER */
    uint32_t kind;
    uint32_t held_from; /* a dict: stamp of a store from which on it holds containers, too */
    uint32_t first_child, children;
    bool dict;
    uint8_t unused[3];
};

/** One of those tuples. Before the stamp rooted_until it has a root since its holder's birth,
 * so collections leave it in its place, before the holder; before sole_until it has no
 * reference but the holder's, so they move it behind that; from then on one cannot tell. */
struct gcs_child {
    uint32_t op; /* at which it was tracked */
    uint32_t rooted_until;
    uint32_t sole_until;
    bool single;
    uint8_t unused[3];
};

/** How much garbage there is from a stamp on, were nothing ever collected. */
struct gcs_declared {
    uint32_t stamp;
    uint32_t bytes; /* units */
    uint32_t objects;
};

struct gcs_baseline {
    struct gcs_memory *memory;
    const char *uncovered; /* what the trace has that this cannot say; NULL: nothing */

    uint16_t *ops;
    uint8_t *aux; /* beside ops. A moment's: events since the moment before (the first: since
                     event 0), GCS_FAR: it is in `far`. FREED_SHORT's: ops since BORN. Else 0 */
    size_t op_count, op_capacity, aux_capacity;
    bool narrow;         /* an index has made bytes of ops */
    struct gcs_far *far; /* by op */
    size_t far_count, far_capacity;
    uint32_t *extras; /* units, in the order of the ops that take them */
    size_t extra_count, extra_capacity;
    struct gcs_object_kind *kinds; /* kind 0 is zero */
    size_t kind_count, kind_capacity;
    bool passing;                           /* some objects do */
    uint8_t list_count;                     /* codes in use, 0 included */
    uint16_t list_capacity[GCS_LIST_CODES]; /* shells it can hold */
    bool list_emptied[GCS_LIST_CODES];      /* by a full collection */

    struct gcs_work_moment *works; /* by op */
    size_t work_count, work_capacity;
    struct gcs_stop *stops; /* by op */
    size_t stop_count, stop_capacity;

    struct gcs_tick *ticks; /* by op */
    size_t tick_count, tick_capacity;

    struct gcs_long *longs; /* in the order in which they end; last, in no order, those that
                               do not */
    size_t long_count, long_capacity;
    struct gcs_single *singles; /* by op */
    size_t single_count, single_capacity;
    struct gcs_child *children;
    size_t child_count, child_capacity;

    struct gcs_part *parts; /* with weak references that garbage lets go */
    size_t part_count, part_capacity;
    struct gcs_member *members;
    size_t member_count, member_capacity;
    uint32_t *referrers;
    size_t referrer_count, referrer_capacity;
    struct gcs_declared *declared; /* by stamp */
    size_t declared_count, declared_capacity;

    struct gcs_totals end; /* the heap, all garbage in it: live and allocated figures */
};

/** One pass. Events 0, tick_events, 2 × tick_events … end with a tick (0: none does). If
 *  `uncovered` is set the rest is not to be used. GCS_INVALID: the trace is wrong; the error is
 *  replay's. The result is the caller's: gcs_baseline_fini. */
enum gcs_status gcs_baseline_of(const struct gcs_trace *trace, const struct gcs_rules *rules,
                                uint64_t tick_events, struct gcs_memory *memory,
                                struct gcs_baseline *baseline, struct gcs_error *error);
void gcs_baseline_fini(struct gcs_baseline *baseline);

/** Index of the single tracked at an op; of the next one if there is none. */
size_t gcs_baseline_single(const struct gcs_baseline *baseline, uint32_t op);

#endif
