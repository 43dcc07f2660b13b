/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heap.h — what exists, what refers to what, and what one collection does to it.
 *
 * An object is a row: reference count, roots among it, type, slots, and its place in one of the
 * collector's lists. Rows are reused, last freed first; a trace's object numbers are looked up.
 *
 *   allocate ──▶ live ──last reference goes──▶ dies, gives up its slots, is freed
 *                  ╰──unreachable in a cycle──▶ garbage ──gcs_heap_collect──▶ freed
 *
 * The lists, the counters and the steps of a collection are CPython's, by CPython's names
 * (Modules/gcmodule.c; Python/gc.c from 3.13). What differs from version to version is data:
 * struct gcs_rules. When to collect, and which generation, is not decided here: the heap calls
 * its trigger where CPython's allocator would test the threshold, and that is all.
 *
 * Invariants, checked by gcs_heap_check and cited as H1… in code and tests:
 *   H1  a tracked object is in exactly one list; an untracked one in none
 *   H2  an object's reference count = its roots + the slots that hold it
 *   H3  objects ever allocated = freed + live, in objects; live bytes = the sum over live rows
 *   H4  every free-list occupancy lies between 0 and its capacity
 *   H5  outside a collection no object is marked as candidate or as unreachable
 *   H6  with pymalloc, a pool's used blocks = the objects' and the free lists' blocks in it,
 * and the footprint = its arenas + malloc's blocks
 *
 * Time never appears here. Memory comes from the budget given at birth, 32 bytes a row plus at
 * most 8 a slot plus at most 16 to find an object by number, and 8 a generator; with pymalloc
 * 16 a row more.
 */
#ifndef GCSIM_HEAP_H
#define GCSIM_HEAP_H

#include <gcsim/trace.h>

enum { GCS_GENERATIONS = 3 };

/*
 * What a CPython version does to objects
 */

/** Per-type lists of dead objects' shells (cpython-gc.md 2.3). Tuples have one a length. */
#define GCS_FREE_LIST_LIST(X) \
    X(LIST, "list")           \
    X(DICT, "dict")           \
    X(SET, "set")             \
    X(METHOD, "method")       \
    X(CFUNCTION, "cfunction") \
    X(SLICE, "slice")         \
    X(FRAME, "frame")         \
    X(ITERATOR, "iterator")
#define GCS_FREE_LIST_ENUM_(name, text) GCS_FREE_LIST_##name,
enum gcs_free_list { GCS_FREE_LIST_LIST(GCS_FREE_LIST_ENUM_) GCS_FREE_LIST_COUNT };
enum { GCS_TUPLE_LENGTHS = 21 }; /* lengths 1 … 20 have a free list */

/** What one resurrected object keeps (cpython-gc.md 4.3). */
enum gcs_resurrection {
    GCS_RESURRECTION_EACH,          /* what it reaches (3.9 on) */
    GCS_RESURRECTION_WHOLE,         /* its whole garbage set (3.7, 3.8) */
    GCS_RESURRECTION_WHOLE_COUNTED, /* the same, which still counts as collected (to 3.6) */
};

/** How a collection is carried out. */
enum gcs_mechanism {
    GCS_MECHANISM_GENERATIONAL,
    GCS_MECHANISM_MARK_SWEEP,    /* the textbooks' (sim/heap/marksweep.c) */
    GCS_MECHANISM_INCREMENTAL,   /* 3.14.0 to 3.14.4 (cpython-gc.md 5) */
    GCS_MECHANISM_FREE_THREADED, /* 3.13t on: one generation (cpython-gc.md 6) */
};

struct gcs_rules {
    enum gcs_mechanism mechanism;
    bool count_tracking;   /* the counter follows tracking, not allocation (3.14.1 to 3.14.4) */
    bool credit;           /* an increment in credit returns at once (3.14.1 to 3.14.4) */
    uint16_t count_buffer; /* free-threaded: a thread hands its count over at so many, 512 */
    bool count_below_zero; /* free-threaded: deaths can make it negative (to 3.13.9, 3.14.0) */
    bool mark_alive;       /* free-threaded: what roots reach is marked first (3.14 on) */
    bool total_is_heap;    /* free-threaded: long_lived_total counts untracked and frozen
                              objects, too (3.14.3 on) */

    uint16_t free_list[GCS_FREE_LIST_COUNT]; /* capacities; 0: there is none */
    bool emptied[GCS_FREE_LIST_COUNT];       /* a full collection empties it */
    uint16_t tuple_free_list;                /* capacity for each length */
    uint8_t tuple_parked;                    /* the longest length that is parked … */
    uint8_t tuple_reused;                    /* … and that is handed out again */
    bool slotless_is_gc; /* an instance that adds nothing is a GC object (3.8 on) */
    bool companions;     /* instances with __dict__ and generators are two objects (to 3.10) */
    bool frame_first;    /* a generator's frame is tracked before the generator is made (3.6) */
    bool zombie_frames;  /* a code object keeps its first dead frame for the next call (to 3.10)
                          */
    bool function_clear; /* functions have a tp_clear (3.8 on) */
    uint8_t
        close_generator; /* objects that closing a suspended generator makes for the time … */
    uint8_t close_coroutine; /* … or a coroutine: traceback, frame object, exception */
    bool tuple_by_content;   /* a tuple of atoms is never tracked (3.14.1 on) */
    bool tuple_while_moving; /* tuples are untracked in move_unreachable (to 3.7) */
    bool dict_lazy;          /* dicts are tracked at the first container, untracked by full
                                collections (to 3.13) */
    uint8_t
        weak_tuple_from; /* callbacks from which on a death by count makes a tuple of them */
    bool mimalloc;       /* objects do not come from pymalloc (free-threaded builds) */
    bool weakrefs_late;  /* those without a callback stay until after finalizers (3.15 on) */
    enum gcs_resurrection resurrection;
    /* Of 2.7, and of textbooks */
    bool legacy_finalizers; /* no PEP 442: __del__ is a tp_del, which runs after weak references
                               are cleared (2.7) */
    bool callback_tuples;   /* calling a weak reference's callback makes a tuple of one (2.7) */
    bool count_births;      /* deaths do not lower the counter (textbook) */
    /* Sizes in bytes (cpython-gc.md 8) */
    bool python2;      /* minor is 2.minor's, and sizes are 2.7's */
    uint8_t minor;     /* 3.minor, for the sizes that follow no simpler rule */
    uint8_t alignment; /* pymalloc's step */
    uint8_t gc_header; /* PyGC_Head */
};

/*
 * Counters: plain numbers, all that a model sees
 */
struct gcs_counts {
    int64_t count[GCS_GENERATIONS]; /* CPython's generations[i].count */
    int64_t long_lived_total;
    int64_t long_lived_pending;
    /* Free-threaded builds only */
    int64_t buffered;        /* the thread's own count, not handed over yet */
    int64_t deferred;        /* counted, and refused by the memory test */
    int64_t memory_kib;      /* the process's, when the count was last handed over */
    int64_t last_memory_kib; /* after the last collection; 0: there was none */
};

/** What memory is counted: the objects' bytes, or the process's arenas and pools too. */
enum gcs_memory_model { GCS_MEMORY_SUM, GCS_MEMORY_PYMALLOC };

#define GCS_NO_FOOTPRINT UINT64_MAX

/** As a collection of `generation` leaves them when it starts. */
static inline void gcs_counts_begin(struct gcs_counts *counts, unsigned generation)
{
    if (generation + 1 < GCS_GENERATIONS)
        counts->count[generation + 1]++;
    for (unsigned g = 0; g <= generation; g++)
        counts->count[g] = 0;
}

struct gcs_totals {
    uint64_t allocated_objects; /* rows ever, companions included */
    uint64_t live_objects;      /* allocated and not freed */
    uint64_t live_bytes;
    uint64_t peak_bytes;
    uint64_t peak_objects;
    uint64_t frozen_bytes; /* in the permanent generation */
    uint64_t frozen_objects;
    uint64_t garbage_bytes; /* declared by gcs_heap_mark_garbage and not freed */
    uint64_t garbage_objects;
    uint64_t peak_garbage_bytes;
    uint64_t footprint_bytes; /* arenas and large blocks; GCS_NO_FOOTPRINT: not modelled */
    uint64_t peak_footprint_bytes;
};

/** What one collection met and did. */
struct gcs_work {
    unsigned generation;
    bool unnoticed; /* CPython's statistics do not count it: an increment that only marked, or
                       returned at once */
    uint64_t candidates;      /* objects in the examined lists */
    uint64_t marked;          /* objects that a marking pass took out of them before */
    uint64_t candidate_bytes; /* their own bytes, payloads left out: the working set */
    uint64_t references;      /* references they report */
    uint64_t collected;       /* CPython's m */
    uint64_t uncollectable;   /* CPython's n */
    uint64_t survivors;       /* the examined list's length where CPython takes it */
    uint64_t finalizers;      /* __del__ calls */
    uint64_t freed_objects;   /* everything that is gone afterwards, the cascade included */
    uint64_t freed_bytes;
};

/** Called inside an allocation, after count[0] rose above `above` (CPython's test, strict). */
struct gcs_trigger {
    int64_t above;
    int64_t threshold1; /* what the incremental collector goes by */
    void (*fire)(void *engine);
    void *engine;
};

struct gcs_heap;

/** A heap for one run of a trace. Borrows trace, rules and memory for its life. The heap's
 * start is the trace's (`o standing`, `o start`). */
enum gcs_status gcs_heap_new(const struct gcs_trace *trace, const struct gcs_rules *rules,
                             struct gcs_memory *memory, struct gcs_heap **heap,
                             struct gcs_error *error);
void gcs_heap_free(struct gcs_heap *heap);
/** Before the first event: models where pymalloc puts the blocks, for the footprint.
 *  GCS_INVALID: the version does not use it. */
enum gcs_status gcs_heap_use_pymalloc(struct gcs_heap *heap, struct gcs_error *error);

/** The engine's: set it before the first event, change it at any time. */
struct gcs_trigger *gcs_heap_trigger(struct gcs_heap *heap);
/** Live views, valid as long as the heap. */
const struct gcs_counts *gcs_heap_counts(const struct gcs_heap *heap);
const struct gcs_totals *gcs_heap_totals(const struct gcs_heap *heap);

/** Does what an event does to objects: a, s, r, d, z, k; other ops do nothing.
 *  GCS_INVALID: the trace names an object that is not there, a slot out of range, a root that
 * is not there, …: error->event says where, the heap is no longer usable. */
enum gcs_status gcs_heap_apply(struct gcs_heap *heap, const struct gcs_block *block,
                               uint32_t index, struct gcs_error *error);

/** Brings what the events some way behind `index` name nearer to the processor. */
void gcs_heap_expect(const struct gcs_heap *heap, const struct gcs_block *block,
                     uint32_t index);

/** Collects generation 0 … `generation` as CPython would, now. */
void gcs_heap_collect(struct gcs_heap *heap, unsigned generation, struct gcs_work *work);
void gcs_heap_freeze(struct gcs_heap *heap);
/** The memory test refused: the count starts anew, and what it was is kept as deferred. */
void gcs_heap_defer(struct gcs_heap *heap);
void gcs_heap_unfreeze(struct gcs_heap *heap);

/** Declares that the object has become garbage (unreachable, not dead); it counts as such until
 *  it is freed. Does nothing if it is gone already in this run. */
void gcs_heap_mark_garbage(struct gcs_heap *heap, uint64_t object);

/** What waits in one of the collector's lists. */
struct gcs_census {
    uint64_t objects;
    uint64_t garbage; /* of these, declared by gcs_heap_mark_garbage */
};
/** Walks the lists: generations 0, 1, 2 (incremental: young, visited, pending), then the
 * permanent one. Untracked objects are in none. */
void gcs_heap_census(const struct gcs_heap *heap,
                     struct gcs_census census[GCS_GENERATIONS + 1]);

/** Where the incremental collector stands; of others, its start. */
struct gcs_increment {
    int64_t work_to_do; /* below 0: in credit */
    bool marked;        /* this cycle's roots are marked: it collects now */
};
struct gcs_increment gcs_heap_increment(const struct gcs_heap *heap);

/** Why H1–H6 do not hold, or NULL. Walks everything. */
const char *gcs_heap_check(const struct gcs_heap *heap);

/** The blocks that an object asks for, header included: itself first, then its tables. Without
 *  payload and companion. `slots`: the object's own number. */
enum { GCS_BLOCKS_MAX = 3 };
struct gcs_blocks {
    unsigned count;
    uint64_t bytes[GCS_BLOCKS_MAX];
};
void gcs_object_blocks(const struct gcs_rules *rules, const struct gcs_type *type,
                       uint32_t slots, struct gcs_blocks *blocks);
/** What a block of so many bytes takes, rounded to its size class; of none: 0. */
uint64_t gcs_taken_bytes(const struct gcs_rules *rules, uint64_t bytes);
/** Bytes of an object: what all its blocks take. */
uint64_t gcs_object_bytes(const struct gcs_rules *rules, const struct gcs_type *type,
                          uint32_t slots);
/** Whether the version makes such an object with a collector's header. */
bool gcs_is_gc_type(const struct gcs_rules *rules, const struct gcs_type *type);

/*
 * Lifetimes: what the program alone decides (fast-evaluation.md)
 */
struct gcs_garbage {
    uint64_t event; /* at which it became unreachable */
    uint64_t object;
};
struct gcs_lifetimes {
    struct gcs_garbage *garbage; /* objects that become unreachable without dying, by event,
                                    then by object */
    size_t garbage_count;
    size_t garbage_capacity;
    uint64_t deaths;         /* by reference counting, with no collector at all */
    uint64_t survivors;      /* reachable at the end */
    uint64_t weak_callbacks; /* `k` lines with a callback */
    struct gcs_memory *memory;
};

/** One pass over the trace without a collector (Merlin stamps, Hertz et al. 2002). Independent
 * of the CPython version. GCS_INVALID: the trace names what is not there. The result is the
 *  caller's: gcs_lifetimes_fini. */
enum gcs_status gcs_lifetimes_of(const struct gcs_trace *trace, struct gcs_memory *memory,
                                 struct gcs_lifetimes *lifetimes, struct gcs_error *error);
void gcs_lifetimes_fini(struct gcs_lifetimes *lifetimes);

/** Everything that can be wrong with a trace's object graph, at the first event at fault: what
 *  gcs_heap_apply finds, an object named that is unreachable but not dead, a set that holds an
 *  object twice. Slower than lifetimes. */
enum gcs_status gcs_trace_check(const struct gcs_trace *trace, struct gcs_memory *memory,
                                struct gcs_error *error);

#endif
