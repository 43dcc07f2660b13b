/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap's rows, lists and slots, for the files of this stage. Start with rows.c. */
#ifndef GCSIM_HEAP_PRIVATE_H
#define GCSIM_HEAP_PRIVATE_H

#include <gcsim/heap.h>

typedef uint32_t gcs_row; /* an index into heap->rows */

/* Row 0 is nobody. Rows 1 … are the heads of the collector's circular lists. */
enum {
    NOBODY,
    HEAD_YOUNG,
    HEAD_MIDDLE,
    HEAD_OLD,
    HEAD_PERMANENT,
    HEAD_UNREACHABLE,
    HEAD_TRASH,      /* what stays unreachable after finalizers */
    HEAD_FINALIZERS, /* what legacy finalizers reach */
    HEAD_CALLBACKS,  /* weak references whose callback is to be called */
    HEAD_INCREMENT,  /* what an increment examines */
    FIRST_ROW,
};

enum {
    SHAPE_BITS = 21,
    SHAPE_MASK = (1u << SHAPE_BITS) - 1,
    TRACKED = 1u << 21,
    COLLECTING = 1u << 22,  /* a candidate whose reachability is not settled: CPython's flag */
    UNREACHABLE = 1u << 23, /* tentatively: in HEAD_UNREACHABLE */
    FINALIZED = 1u << 24,
    FROZEN = 1u << 25,
    GARBAGE = 1u << 26,       /* declared so by gcs_heap_mark_garbage */
    HAS_COMPANION = 1u << 27, /* its one slot holds the hidden dict or frame with its slots;
                                 that companion has no number */
    HAS_WEAKREFS = 1u << 29,  /* or had */
    DYING = 1u << 30,         /* its last reference is gone, its slots not all yet */
    DROPS_ROOT = 1u << 28,    /* a queued callback that takes a root off its weak reference */
    CLOSING = DROPS_ROOT, /* a dying generator whose finalizer is at work: in heap->closings */
};

/* The incremental collector's tag: visited in this cycle. (2^31 is no enumerator in C17.) */
#define VISITED (1u << 31)

/* In free-threaded builds: its reference count has a bias of one, so that only a collection
 * frees it. */
#define DEFERRED VISITED

/* The incremental collector's two old lists. */
enum { HEAD_VISITED = HEAD_MIDDLE, HEAD_PENDING = HEAD_OLD };

/* The incremental collector starts with so much work to its credit. */
enum { START_CREDIT = 5000 };

/* 32 bytes. `prev` holds gc_refs while COLLECTING is set, as in CPython from 3.7: the list is
 * then singly linked until move_unreachable mends it. A free row is linked by next; a dying one
 * by next to the object that let it go, with its next slot in roots. */
struct row {
    gcs_row next;
    gcs_row prev;
    uint32_t refs;   /* strong references: roots and slots */
    uint32_t roots;  /* of these, roots */
    uint32_t shape;  /* shape index | flags */
    uint32_t slots;  /* offset into the slot pool, where the number of slots stands; 0: none */
    uint32_t number; /* birth number, low 32 bits; 0: a companion */
    uint32_t extra;  /* payload bytes; BIG_EXTRA: in heap->big */
};
static_assert(sizeof(struct row) == 32, "two rows a cache line");
#define BIG_EXTRA UINT32_MAX

/* A type under the heap's rules; a companion has a shape of its own. */
struct shape {
    const struct gcs_type *type;
    uint64_t bytes; /* gcs_object_bytes for the type's own number of slots */
    uint32_t slots;
    uint8_t kind;        /* enum gcs_kind */
    uint8_t visits_type; /* 1: an instance of a Python class reports its type */
    bool gc;             /* has the collector's header */
    uint32_t companion;  /* the shape of its objects' companions; 0: they have none */
    bool last_first;     /* gives up, and reports, its slots from the last */
    bool has_clear;      /* has a tp_clear */
    uint8_t finalizer;   /* enum gcs_finalizer */
    bool legacy;         /* has a tp_del */
    bool closes;         /* a generator or coroutine: its finalizer closes it */
    bool zombie;         /* frames: the code object keeps a dead one */
};

/* Free lists by number: those of kinds, then the tuples' by length. */
enum {
    NO_FREE_LIST = -1,
    FREE_LISTS = GCS_FREE_LIST_COUNT + GCS_TUPLE_LENGTHS,
    ZOMBIES = FREE_LISTS, /* frames that their code objects keep */
};

struct big_extra {
    gcs_row row;
    uint64_t bytes;
};

/* Recent objects are found in a ring by number, older ones in a hash table of rows. */
enum { RECENT = 1u << 16 };

/* A generator that is being closed before it dies. It is still tracked, so a row has no room
 * for this. */
struct closing {
    gcs_row owner; /* whose death let it go, or NOBODY */
    uint32_t step; /* next slot */
};

/* A slot in the list of those that hold the same object. */
struct link {
    uint32_t next;
    uint32_t previous;
    gcs_row owner;
};

/* Weak references among objects that are numbers: weakrefs.c. All zero: none. */
struct weak_refs {
    struct weak *records;
    size_t capacity, count;
    uint32_t free;
    struct weak_place *places; /* by hash */
    size_t place_capacity, place_count;
};

struct gcs_heap {
    const struct gcs_trace *trace;
    const struct gcs_rules *rules;
    struct gcs_memory *memory;

    struct row *rows;
    size_t row_capacity;
    size_t row_count; /* rows ever in use */
    gcs_row free_rows;

    uint32_t *slots; /* the pool: blocks of [number of slots, slot …] */
    size_t slot_capacity;
    size_t slot_count;
    uint32_t *free_blocks; /* by size class: first free block, linked by its first word */

    uint64_t newest;       /* highest object number so far */
    gcs_row *recent;       /* RECENT rows by number */
    gcs_row *older;        /* open addressing, NOBODY is empty */
    size_t older_capacity; /* a power of two */
    unsigned older_shift;  /* 64 less the bits of a place in it */
    size_t older_count;

    struct shape *shapes;
    size_t shape_capacity;
    size_t shape_count;

    struct big_extra *big; /* the few payloads of 4 GiB and more */
    size_t big_capacity;
    size_t big_count;

    struct pymalloc *pymalloc; /* pymalloc.c; else NULL */

    struct weak_refs weak;

    struct gcs_counts counts;
    struct gcs_totals totals;
    struct gcs_trigger trigger;
    uint16_t occupancy[GCS_FREE_LIST_COUNT];
    uint16_t tuple_occupancy[GCS_TUPLE_LENGTHS];
    struct closing *closings; /* the innermost last */
    size_t closing_capacity;
    size_t closing_count;
    size_t generators; /* alive: as many may be closing at once */
    bool collecting;
    bool marked; /* incremental: the cycle's marking is done, it collects now */
    int64_t work_to_do;
    int64_t heap_size;  /* as CPython counts it: live allocations, or tracked objects */
    bool freeze_active; /* free-threaded: gc.freeze was called, and gc.unfreeze not since */
    bool expand;        /* make companions: the rules have them and the trace does not */

    struct link *links; /* strict.c: by place in the pool, who holds what; else NULL */
    size_t link_capacity;
    uint32_t *holders; /* by row: the first place that holds it */
    size_t holder_capacity;

    uint64_t *stamps; /* garbage.c: by row, when it lost a reference last; else NULL */
    size_t stamp_capacity;
    uint64_t stamp;      /* the present moment there */
    uint64_t event;      /* the one being applied */
    struct lives *lives; /* lives.c; else NULL */
};

/* Slots come in blocks of these sizes: each count up to 64, then four steps a doubling. */
enum { SMALL_BLOCK = 64, BLOCK_CLASSES = SMALL_BLOCK + 1 + 4 * 26 };

/* rows.c */
unsigned block_class(uint32_t count, uint32_t *rounded);
enum gcs_status row_take(struct gcs_heap *heap, gcs_row *row, struct gcs_error *error);
void row_give_back(struct gcs_heap *heap, gcs_row row);
enum gcs_status slots_take(struct gcs_heap *heap, uint32_t count, uint32_t *offset,
                           struct gcs_error *error);
void slots_give_back(struct gcs_heap *heap, uint32_t offset);
enum gcs_status number_add(struct gcs_heap *heap, uint64_t number, gcs_row row,
                           struct gcs_error *error);
void number_remove(struct gcs_heap *heap, gcs_row row);
gcs_row number_find(const struct gcs_heap *heap, uint64_t number);

enum gcs_status heap_link_slots(struct gcs_heap *heap, struct gcs_error *error);

/* strict.c */
extern const struct gcs_rules versionless_rules;
void link_slot(struct gcs_heap *heap, uint32_t place, gcs_row owner, gcs_row target);

/* pymalloc.c: only if heap->pymalloc. Rows before FIRST_ROW lend their places to what has no
 * row. */
enum gcs_status pymalloc_reserve(struct gcs_heap *heap, struct gcs_error *error);
void pymalloc_take(struct gcs_heap *heap, gcs_row row, const struct shape *shape,
                   uint32_t slots, int list);
void pymalloc_give_back(struct gcs_heap *heap, gcs_row row, const struct shape *shape,
                        uint32_t slots, int list);
void pymalloc_resize(struct gcs_heap *heap, gcs_row row, uint64_t taken_before, uint64_t bytes);
void pymalloc_empty(struct gcs_heap *heap, unsigned list);
void pymalloc_free(struct gcs_heap *heap);
const char *pymalloc_check(const struct gcs_heap *heap);

/* deaths.c */
void take_blocks(struct gcs_heap *heap, gcs_row row, const struct shape *shape, uint32_t slots);
void gc_alloc(struct gcs_heap *heap, struct shape *shape, uint32_t slots);
void let_go(struct gcs_heap *heap, gcs_row row);
void clear_slots(struct gcs_heap *heap, gcs_row row);
void vanish(struct gcs_heap *heap, gcs_row row);
unsigned close_allocations(const struct gcs_heap *heap, const struct shape *shape);
void give_up_root(struct gcs_heap *heap, gcs_row row);
void take_root(struct gcs_heap *heap, gcs_row row);
void empty_free_lists(struct gcs_heap *heap);
uint16_t *free_list_of(struct gcs_heap *heap, const struct shape *shape, uint32_t slots,
                       bool reuse, uint16_t *capacity);
void make_argument_tuple(struct gcs_heap *heap);
uint64_t row_bytes(const struct gcs_heap *heap, gcs_row row);
uint64_t row_extra(const struct gcs_heap *heap, gcs_row row);
enum gcs_status set_extra(struct gcs_heap *heap, gcs_row row, uint64_t extra,
                          struct gcs_error *error);

/* lives.c: called when an object is about to die, if there are lives to tell */
void lives_end(struct gcs_heap *heap, gcs_row row);

/* weakrefs.c. Targets' are popped in CPython's order: one without a callback first, then the
 * youngest. */
enum gcs_status weak_refs_add(struct weak_refs *refs, struct gcs_memory *memory,
                              uint32_t weakref, uint32_t target, enum gcs_weak callback,
                              struct gcs_error *error);
void weak_refs_clear(struct weak_refs *refs, uint32_t weakref);
/* False: there is none, or (`with_callback`) none such. */
bool weak_refs_pop(struct weak_refs *refs, uint32_t target, bool with_callback,
                   uint32_t *weakref, enum gcs_weak *callback);
bool weak_refs_has_plain(const struct weak_refs *refs, uint32_t target);
uint32_t weak_refs_callbacks(const struct weak_refs *refs, uint32_t target);
void weak_refs_free(struct weak_refs *refs, struct gcs_memory *memory);
/* Those of the heap's. */
enum gcs_status weak_add(struct gcs_heap *heap, gcs_row weakref, gcs_row target,
                         enum gcs_weak callback, struct gcs_error *error);
void weak_clear(struct gcs_heap *heap, gcs_row weakref);
bool weak_pop(struct gcs_heap *heap, gcs_row target, gcs_row *weakref, enum gcs_weak *callback);
bool weak_pop_callback(struct gcs_heap *heap, gcs_row target, gcs_row *weakref,
                       enum gcs_weak *callback);
bool weak_has_plain(const struct gcs_heap *heap, gcs_row target);
uint32_t weak_callbacks(const struct gcs_heap *heap, gcs_row target);

/* sizes27.c */
void python2_blocks(const struct gcs_rules *rules, const struct gcs_type *type, uint32_t slots,
                    uint64_t blocks[2]);

/* collect.c */
gcs_row begin_collection(struct gcs_heap *heap, unsigned generation);
void collect_region(struct gcs_heap *heap, gcs_row from, gcs_row to, struct gcs_work *work);
void untrack_tuples(struct gcs_heap *heap, gcs_row head);
void deduce_unreachable(struct gcs_heap *heap, gcs_row head, gcs_row unreachable,
                        struct gcs_work *work);
uint64_t list_size(const struct gcs_heap *heap, gcs_row head);
void split_again(struct gcs_heap *heap, gcs_row head, gcs_row unreachable);

/* increment.c */
void collect_incrementally(struct gcs_heap *heap, unsigned generation, struct gcs_work *work);

/* freethreaded.c */
void collect_free_threaded(struct gcs_heap *heap, unsigned generation, struct gcs_work *work);
void buffer_one_more(struct gcs_heap *heap);
void buffer_one_less(struct gcs_heap *heap);
void enter_standing(struct gcs_heap *heap, gcs_row row);

/* marksweep.c */
void collect_by_marking(struct gcs_heap *heap, unsigned generation, struct gcs_work *work);

/* trash.c */
void handle_unreachable(struct gcs_heap *heap, gcs_row older, struct gcs_work *work);

/* tracking.c */
void track(struct gcs_heap *heap, gcs_row row);
void untrack(struct gcs_heap *heap, gcs_row row);
void enter_permanent(struct gcs_heap *heap, gcs_row row);
void leave_permanent(struct gcs_heap *heap, gcs_row row);
void count_one_more(struct gcs_heap *heap);
void count_one_less(struct gcs_heap *heap);
void track_at_birth(struct gcs_heap *heap, gcs_row row);
void dict_maintain_tracking(struct gcs_heap *heap, gcs_row dict, gcs_row value);
bool may_be_tracked(const struct gcs_heap *heap, gcs_row row);
bool only_holds_atoms(const struct gcs_heap *heap, gcs_row row);

static inline bool is_free_threaded(const struct gcs_heap *heap)
{
    return heap->rules->mechanism == GCS_MECHANISM_FREE_THREADED;
}

static inline const struct shape *shape_of(const struct gcs_heap *heap, gcs_row row)
{
    return &heap->shapes[heap->rows[row].shape & SHAPE_MASK];
}

static inline bool has(const struct gcs_heap *heap, gcs_row row, uint32_t flag)
{
    return (heap->rows[row].shape & flag) != 0;
}

static inline void set(struct gcs_heap *heap, gcs_row row, uint32_t flag)
{
    heap->rows[row].shape |= flag;
}

static inline void unset(struct gcs_heap *heap, gcs_row row, uint32_t flag)
{
    heap->rows[row].shape &= ~flag;
}

/* The slots of an object: *count of them at the result. */
static inline uint32_t *slots_of(const struct gcs_heap *heap, gcs_row row, uint32_t *count)
{
    uint32_t *block = heap->slots + heap->rows[row].slots; /* block 0 says: no slots */
    *count = block[0];
    return block + 1;
}

/* Free lists by number: those of enum gcs_free_list, then tuples' by length. `occupancy` is one
 * of the heap's. */
static inline unsigned list_number(const struct gcs_heap *heap, const uint16_t *occupancy)
{
    if (occupancy >= heap->tuple_occupancy &&
        occupancy < heap->tuple_occupancy + GCS_TUPLE_LENGTHS)
        return GCS_FREE_LIST_COUNT + (unsigned)(occupancy - heap->tuple_occupancy);
    return (unsigned)(occupancy - heap->occupancy);
}

static inline uint16_t list_capacity(const struct gcs_rules *rules, unsigned list)
{
    return list < GCS_FREE_LIST_COUNT ? rules->free_list[list] : rules->tuple_free_list;
}

/* In which order a dying object gives up its slots. */
enum dying_order { FIRST_FIRST, LAST_FIRST, STEP_FIRST };

/* Lists and tuples begin with the last, slices (start, stop, step) with the step. */
static inline enum dying_order dying_order(const struct shape *shape)
{
    return shape->last_first               ? LAST_FIRST
           : shape->kind == GCS_KIND_SLICE ? STEP_FIRST
                                           : FIRST_FIRST;
}

/* The slot that goes at a step. */
static inline uint32_t given_up(enum dying_order order, uint32_t step, uint32_t count)
{
    if (order == LAST_FIRST)
        return count - 1 - step;
    if (order == STEP_FIRST)
        return step == 0 ? count - 1 : step - 1;
    return step;
}

/* The only way to change a slot. */
static inline void slot_set(struct gcs_heap *heap, gcs_row owner, uint32_t *slot,
                            gcs_row target)
{
    if (heap->links)
        link_slot(heap, (uint32_t)(slot - heap->slots), owner, target);
    *slot = target;
}

/* The lists: circular, doubly linked, one head each. */
static inline void list_append(struct gcs_heap *heap, gcs_row head, gcs_row row)
{
    struct row *rows = heap->rows;
    gcs_row last = rows[head].prev;
    rows[row].prev = last;
    rows[row].next = head;
    rows[last].next = row;
    rows[head].prev = row;
}

static inline void list_remove(struct gcs_heap *heap, gcs_row row)
{
    struct row *rows = heap->rows;
    rows[rows[row].prev].next = rows[row].next;
    rows[rows[row].next].prev = rows[row].prev;
}

static inline void list_move(struct gcs_heap *heap, gcs_row row, gcs_row head)
{
    list_remove(heap, row);
    list_append(heap, head, row);
}

/* Appends all of `from` to `to`; `from` is empty then. */
static inline void list_merge(struct gcs_heap *heap, gcs_row from, gcs_row to)
{
    struct row *rows = heap->rows;
    if (rows[from].next == from)
        return;
    rows[rows[to].prev].next = rows[from].next;
    rows[rows[from].next].prev = rows[to].prev;
    rows[rows[from].prev].next = to;
    rows[to].prev = rows[from].prev;
    rows[from].next = rows[from].prev = from;
}

#endif
