/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lives.h — each object's life as the program alone decides it, told as it ends.
 *
 * One pass over a trace with reference counts and no collector. Garbage is looked for now and
 * then and forgotten, so memory goes with the objects alive at a time. What is told does not
 * depend on when that is: an object that garbage holds does not die by reference count, even if
 * the garbage is long forgotten.
 *
 * Bytes are what an object takes in CPython 3.13, payload and collector's header included.
 * Time is counted in allocations so far: object n is born at time n.
 */
#ifndef GCSIM_LIVES_H
#define GCSIM_LIVES_H

#include <gcsim/heap.h>

/** How a life ends. */
#define GCS_FATE_LIST(X)    \
    X(AT_ONCE, "at_once")   \
    X(LATER, "later")       \
    X(CYCLE, "in_cycle")    \
    X(HANGING, "off_cycle") \
    X(ALIVE, "alive")
#define GCS_FATE_ENUM_(name, text) GCS_FATE_##name,
enum gcs_fate {
    GCS_FATE_LIST(GCS_FATE_ENUM_)
    /* AT_ONCE: by reference count before the next allocation. LATER: by reference count. CYCLE:
     * part of a cycle that became unreachable. HANGING: not part of one, but unreachable and
     * held by one. ALIVE: reachable at the end. */
    GCS_FATE_COUNT
};
const char *gcs_fate_name(enum gcs_fate fate);

/** An event, and what the heap knows of its object. */
struct gcs_seen {
    const struct gcs_event *event;
    const uint64_t *targets; /* of an `a` with BORN: event->slots of them; else NULL */
    uint64_t number;         /* of the event */
    uint32_t type;           /* a z: of the object */
    int64_t bytes;           /* a: that it takes; z: by which it grew */
};

struct gcs_life {
    uint64_t object;
    uint64_t end; /* allocations so far when it died or became unreachable */
    uint64_t bytes;
    uint32_t type;
    uint32_t references; /* that it held then */
    enum gcs_fate fate;
};

/** A slot of a type's objects, or any slot of objects that hold items. */
#define GCS_ANY_SLOT UINT32_MAX
struct gcs_slot {
    uint32_t type;
    uint32_t slot;
    uint32_t target; /* type of what it holds */
};

/** References of one sort within a cycle. */
struct gcs_tie {
    struct gcs_slot slot;
    uint64_t count;
    uint64_t older; /* of these, from an older object to a younger, or to itself */
    bool cuts;      /* without them there is no cycle */
};

/** A strongly connected component of the garbage. */
struct gcs_knot {
    uint64_t objects;
    uint64_t bytes;
    const uint32_t *types; /* of its objects, each once, ascending */
    size_t type_count;
    const struct gcs_tie *ties; /* by slot */
    size_t tie_count;
    const struct gcs_slot *path; /* a shortest cycle through its oldest object */
    size_t path_length;
};

/** Who is told. Everything is valid for the call only. */
struct gcs_lives_witness {
    void *to;
    void (*seen)(void *to, const struct gcs_seen *seen); /* before the lives that it ends */
    void (*ended)(void *to, const struct gcs_life *life);
    void (*knot)(void *to, const struct gcs_knot *knot);
    uint64_t search_at; /* look for garbage at so many objects, then whenever they have doubled;
                           0: 65,536 */
};

/** GCS_INVALID: the trace names what is not there. */
enum gcs_status gcs_lives_of(const struct gcs_trace *trace, struct gcs_memory *memory,
                             const struct gcs_lives_witness *witness, struct gcs_error *error);

#endif
