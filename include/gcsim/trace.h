/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.h — what a program does to its objects, as text and as bytes.
 *
 *   text (.gctrace) ──parse──▶ builder ──finish──▶ trace ──cursor──▶ blocks of events
 *   bytes (.gctb)  ──open────────────────────────▶   ╰──print──▶ text, or its image: bytes
 *
 * A struct gcs_trace is finished and immutable, so many threads may read one: its image (the
 * very bytes of a .gctb file) and what was read off it once: options, types, labels, totals.
 * Only the builder makes one, so whatever the origin, the *grammar* below holds in every trace:
 *   T1  objects are allocated as 1, 2, 3, …; types and labels are defined before use
 *   T2  numbers named (objects, slots, types) are in range as far as one line tells: an object
 *       named has been allocated, a list of targets has as many as the object has slots
 *   T3  `k` stands directly behind the `a` of its weakref; `u`…`v` do not nest and close;
 *       a request that ends is open; options stand first; standing ≤ allocations
 * What needs the object graph (dead objects named, slots out of range, roots that are not
 * there) is the heap's to find: see heap.h.
 *
 * Events are numbered from 0; definitions and options are none.
 */
#ifndef GCSIM_TRACE_H
#define GCSIM_TRACE_H

#include <gcsim/base.h>

#include <assert.h>

/*
 * Types
 */
#define GCS_KIND_LIST(X)      \
    X(INSTANCE, "instance")   \
    X(ATOMIC, "atomic")       \
    X(TUPLE, "tuple")         \
    X(LIST, "list")           \
    X(DICT, "dict")           \
    X(SET, "set")             \
    X(FUNCTION, "function")   \
    X(CELL, "cell")           \
    X(GENERATOR, "generator") \
    X(COROUTINE, "coroutine") \
    X(FRAME, "frame")         \
    X(METHOD, "method")       \
    X(CFUNCTION, "cfunction") \
    X(SLICE, "slice")         \
    X(ITERATOR, "iterator")   \
    X(WEAKREF, "weakref")     \
    X(CONTAINER, "container")
#define GCS_KIND_ENUM_(name, text) GCS_KIND_##name,
enum gcs_kind { GCS_KIND_LIST(GCS_KIND_ENUM_) GCS_KIND_COUNT };
/** "tuple"; an instance (no kind= in the trace) is "instance". */
const char *gcs_kind_name(enum gcs_kind kind);

enum gcs_finalizer { GCS_FINALIZER_NONE, GCS_FINALIZER_PLAIN, GCS_FINALIZER_RESURRECT };

#define GCS_TYPE_NUMBER_MAX 1048575u
#define GCS_SLOTS_MAX       16777215u
#define GCS_BYTES_BY_MODEL  UINT64_MAX
/* What the format leaves open has a bound too, so that no sum overflows and no reader can be
 * made to allocate without end. */
#define GCS_OBJECTS_MAX       ((uint64_t)1 << 39)
#define GCS_OBJECT_BYTES_MAX  (((uint64_t)1 << 40) - 1) /* BYTES, EXTRA */
#define GCS_TRACE_TIME_MAX    ((uint64_t)INT64_MAX)     /* all work and waiting, an arrival */
#define GCS_NAME_BYTES_MAX    1023u                     /* a type's name, a label */
#define GCS_ALL_NAMES_MAX     (16u << 20)               /* bytes of all names and labels */
#define GCS_LABELS_MAX        65535u
#define GCS_OPEN_REQUESTS_MAX (1u << 20)

struct gcs_type {
    const char *name; /* no spaces; the trace owns it */
    uint64_t bytes;   /* without the collector's header; GCS_BYTES_BY_MODEL: `-` */
    uint32_t number;
    uint32_t slots;
    enum gcs_kind kind;
    enum gcs_finalizer finalizer;
    bool dict;
    bool weakrefable;
    bool legacy;
};

/** Options of the whole trace. All zero: none given. */
struct gcs_options {
    unsigned objects_minor;  /* `o objects=3.10`: 10; 0: absent */
    bool freelists_resolved; /* `o freelists=resolved` */
    bool roots_native;       /* `o roots=native` */
    bool has_start;          /* `o start=…` */
    uint64_t standing;       /* `o standing=N` */
    uint64_t start[5];       /* C0, C1, C2, TOTAL, PENDING */
};

/*
 * Events
 */
#define GCS_OP_LIST(X) \
    X(ALLOCATE, 'a')   \
    X(STORE, 's')      \
    X(ROOT_MORE, 'r')  \
    X(ROOT_LESS, 'd')  \
    X(RESIZE, 'z')     \
    X(WEAK, 'k')       \
    X(WORK, 'w')       \
    X(IDLE, 'i')       \
    X(BEGIN, 'b')      \
    X(END, 'e')        \
    X(COLLECT, 'c')    \
    X(GC, 'g')         \
    X(ENTER, 'u')      \
    X(LEAVE, 'v')      \
    X(MARK, 'm')
#define GCS_OP_ENUM_(name, letter) GCS_OP_##name,
enum gcs_op { GCS_OP_LIST(GCS_OP_ENUM_) GCS_OP_COUNT };

/** What a program or a strategy asks of the gc module. */
#define GCS_GC_LIST(X)        \
    X(ENABLE, "enable")       \
    X(DISABLE, "disable")     \
    X(FREEZE, "freeze")       \
    X(UNFREEZE, "unfreeze")   \
    X(THRESHOLD, "threshold") \
    X(COLLECT, "collect")
#define GCS_GC_ENUM_(name, text) GCS_GC_##name,
enum gcs_gc { GCS_GC_LIST(GCS_GC_ENUM_) GCS_GC_COUNT };
const char *gcs_gc_name(enum gcs_gc action);

enum gcs_weak { GCS_WEAK_PLAIN, GCS_WEAK_KEEP, GCS_WEAK_DROP };

/** Flags of an event, by op. */
enum {
    GCS_EVENT_OWN_SLOTS = 1, /* a: SLOTS is written: it differs from the type's */
    GCS_EVENT_OWN_EXTRA = 2, /* a: EXTRA is written: it is not 0, or SLOTS is written */
    GCS_EVENT_BORN = 4,      /* a: `= TARGET…`: `slots` references at block->targets[first] */
    GCS_EVENT_ARRIVAL = 1,   /* b: ARRIVAL_NS is given */
};

/** One event, 32 bytes. Which fields mean something depends on op; the others are 0. */
struct gcs_event {
    uint8_t op; /* enum gcs_op */
    uint8_t flags;
    uint8_t detail; /* g: enum gcs_gc · k: enum gcs_weak · c: generation */
    uint8_t unused;
    uint32_t type;   /* a: type number · s: slot · m: label */
    uint32_t slots;  /* a: the object's number of slots, own or its type's · g threshold: how
                        many follow, 1 to 3 */
    uint32_t first;  /* a with BORN: its references in the block's targets · g threshold: its
                        T0 T1 T2 there, two's complement */
    uint64_t object; /* a s r d z: the object · k: the weakref · b e: the request · w i: ns */
    uint64_t value;  /* a z: extra bytes · s k: the target (s: 0 empties) · b: arrival, ns */
};
static_assert(sizeof(struct gcs_event) == 32, "two events a cache line");

/** A run of events as a cursor hands them out; valid until the cursor moves. */
struct gcs_block {
    const struct gcs_event *events;
    const uint64_t *targets;
    uint32_t count;       /* 0: the trace has ended */
    uint64_t first_event; /* number of events[0] */
};

/*
 * A finished trace
 */
struct gcs_trace {
    struct gcs_options options;
    const struct gcs_type *const *types; /* by type number; NULL: no such type */
    uint32_t type_count;                 /* highest number + 1 */
    const char *const *labels;           /* by label id, in order of first use */
    uint32_t label_count;
    uint64_t events;
    uint64_t allocations;
    uint64_t requests;          /* `b` events */
    uint64_t work_ns;           /* sum of all `w` */
    const unsigned char *image; /* a .gctb file's bytes */
    size_t image_size;
    struct gcs_digest digest; /* of what the trace says: the same from text and from bytes */
};

/** Reads either form, told apart by its first bytes. Borrows `bytes` for the call only.
 *  Errors name line and column (text), or the block (binary, in the text). Only canonical text
 *  is read: what has a default is left out. Memory stays within a small multiple of `size`.
 *  The trace is the caller's: gcs_trace_free. It remembers `memory`, which outlives it. */
enum gcs_status gcs_trace_read(const void *bytes, size_t size, struct gcs_memory *memory,
                               struct gcs_trace **trace, struct gcs_error *error);
void gcs_trace_free(struct gcs_trace *trace);

/** The canonical text. `error`: only that the sink gave up. */
enum gcs_status gcs_trace_print(const struct gcs_trace *trace, const struct gcs_sink *sink,
                                struct gcs_error *error);

/** Line (1-based) on which event `event` stands in a text form; 0 if there is none. */
uint64_t gcs_trace_line_of(const void *bytes, size_t size, uint64_t event);
/** Block (0-based) of a binary trace that holds the event. */
uint64_t gcs_trace_block_of(const struct gcs_trace *trace, uint64_t event);

/*
 * Building one, event by event
 */
struct gcs_trace_builder;
enum gcs_status gcs_trace_builder_new(struct gcs_memory *memory, bool compress,
                                      struct gcs_trace_builder **builder,
                                      struct gcs_error *error);
void gcs_trace_builder_free(struct gcs_trace_builder *builder);
/** Options stand before everything else. */
enum gcs_status gcs_trace_builder_options(struct gcs_trace_builder *builder,
                                          const struct gcs_options *options,
                                          struct gcs_error *error);
/** Defines a type here, between two events. The name is copied. */
enum gcs_status gcs_trace_builder_type(struct gcs_trace_builder *builder,
                                       const struct gcs_type *type, struct gcs_error *error);
/** The id of a label, new or known, for events of this builder. A finished trace has ids of its
 *  own: only labels that an event names, in order of first use. */
enum gcs_status gcs_trace_builder_label(struct gcs_trace_builder *builder, const char *label,
                                        size_t length, uint32_t *id, struct gcs_error *error);
/** Appends an event. `targets`: what event->first points into, or NULL.
 *  Of an `a`, `object` is the next number, `slots` always the object's, and OWN_SLOTS must
 * stand where that is not its type's; OWN_EXTRA follows from the rest, and flags that say
 * nothing new are dropped. GCS_INVALID if it breaks T1–T3: nothing was appended. */
enum gcs_status gcs_trace_builder_add(struct gcs_trace_builder *builder,
                                      const struct gcs_event *event, const uint64_t *targets,
                                      struct gcs_error *error);
/** Events appended so far. */
uint64_t gcs_trace_builder_events(const struct gcs_trace_builder *builder);
/** Checks what holds at the end and hands out the trace; the builder is freed either way. The
 *  trace remembers the builder's memory, which outlives it. */
enum gcs_status gcs_trace_builder_finish(struct gcs_trace_builder *builder,
                                         struct gcs_trace **trace, struct gcs_error *error);

/*
 * Reading it again and again
 */
struct gcs_cursor;
enum gcs_status gcs_cursor_new(const struct gcs_trace *trace, struct gcs_memory *memory,
                               struct gcs_cursor **cursor, struct gcs_error *error);
/** The same, with a thread of its own that decodes ahead, where one can be had: for a pass that
 *  is worth a second core. Blocks, errors and memory do not depend on it. */
enum gcs_status gcs_cursor_new_ahead(const struct gcs_trace *trace, struct gcs_memory *memory,
                                     struct gcs_cursor **cursor, struct gcs_error *error);
void gcs_cursor_free(struct gcs_cursor *cursor);
/** Hands out the next block; count 0 at the end, behind which there is no more. */
enum gcs_status gcs_cursor_next(struct gcs_cursor *cursor, struct gcs_block *block,
                                struct gcs_error *error);

#endif
