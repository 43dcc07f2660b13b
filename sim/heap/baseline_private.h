/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The baseline pass while it runs (docs/index.md). It keeps a heap of its own, as lean as can
 * be: nothing is ever collected, so an object needs no place in a list, and whatever happens
 * to it is written down at once.
 *
 *   baseline.c          events to ops
 *   baseline_objects.c  where objects are kept, and their deaths
 *   baseline_kinds.c    objects that are alike to the collector
 *   baseline_singles.c  tuples of tuples, followed one by one
 *   baseline_deaths.c   deaths that call: weak references' callbacks, generators
 *   baseline_end.c      what is left when the trace has ended; the arrays cut to size
 *   parts.c             the graph of garbage
 */
#ifndef GCSIM_BASELINE_PRIVATE_H
#define GCSIM_BASELINE_PRIVATE_H

#include "heap_private.h"

#include <gcsim/baseline.h>

typedef uint32_t gcs_handle; /* of an object: where it begins in the pool; NOBODY: none */

/* An object; its slots stand behind it. */
struct object {
    uint32_t refs;   /* strong references: roots and slots. Free: the next one of its size */
    uint32_t roots;  /* of these, roots */
    uint32_t number; /* 0: a companion, or free */
    uint32_t op;     /* at which it was tracked; GCS_NEVER */
    uint32_t stamp;  /* of the last reference lost */
    uint32_t extra;  /* payload, units */
    uint16_t kind;   /* of its FREED op to come */
    uint16_t state;
};
enum { OBJECT_WORDS = sizeof(struct object) / sizeof(uint32_t) };
static_assert(sizeof(struct object) == 28, "no padding");

/* What `state` holds. */
enum {
    STATE_WATCHED = 1, /* baseline->children has it */
    STATE_FREE = 2,
    STATE_REACHED = 4, /* from a root, when the trace has ended */
    STATE_MET = 8,     /* by the walk that finds parts; `roots` is its index, `refs` its low */
    STATE_CLOSED = 16, /* it has a part: `refs` */
    STATE_WEAK = 32,   /* pass->weak has, or had, it */
    STATE_CALLED = 64, /* a weak reference whose callback has been called */
    STATE_RELEASED = 128,  /* struct gcs_member */
    STATE_CALLS = 256,     /* likewise */
    STATE_CLOSING = 512,   /* a dying generator or coroutine */
    STATE_CALLBACK = 1024, /* a weak reference with a callback */
};

/* What can differ between objects of a family. */
enum {
    VARIANT_TRACKED = 1,
    VARIANT_LATE = 2,
    VARIANT_EXTRA = 4,
    VARIANT_ATOMS = 8,
    VARIANT_SINGLE = 16,
    VARIANT_UNSERVED = 32, /* at birth: no free list hands it out, though one may take it */
    VARIANTS = 64,
};

enum content_rule {
    CONTENT_IRRELEVANT, /* tracked from birth, if it is a GC object */
    CONTENT_OF_TUPLE,
    CONTENT_OF_DICT, /* lazily tracked */
};

enum { EXPECTED_TARGETS = 16 }; /* of an object; more are not fetched in advance */

/* Objects that are alike to the pass. */
struct traits {
    uint32_t slots; /* that it has itself: with a companion, one */
    uint32_t references;
    uint32_t bytes;     /* units */
    uint32_t companion; /* its shape; 0: none */
    uint8_t list;
    uint8_t content; /* enum content_rule */
    uint8_t order;   /* enum dying_order */
    uint8_t closing; /* what its closing makes for the time */
    bool gc, hidden, unserved, complete, clears, finalizer, closes;
};

struct family {
    struct traits traits;
    uint16_t plain;           /* kind of one that is tracked if it is a GC object, no more */
    uint16_t kinds[VARIANTS]; /* 0: not met yet */
};

/* What dying and finding slots needs of a kind. */
struct kind_facts {
    uint32_t slots;
    uint32_t bytes;
    uint16_t family;
    uint8_t class;
    uint8_t variant;
};

/* A run of object numbers. */
enum { PAGE_BITS = 14, PAGE_NUMBERS = 1 << PAGE_BITS };
struct page {
    gcs_handle *handles; /* all dead, or none born: pass->nobodies */
    uint32_t left;       /* that are not dead yet */
};

/* The kinds of an object that is gone again when a death is over; 0: none yet. Both are one if
 * a free list serves it, too.
 */
struct passing {
    uint16_t born, freed;
};

struct pair {
    uint32_t key, value;
};

struct pass {
    struct gcs_baseline *baseline;
    struct gcs_memory *memory;
    struct gcs_error *error;
    enum gcs_status status; /* not GCS_OK: stop */
    bool wrong;             /* the trace names what is not there: stop */
    struct gcs_heap *heap;  /* empty: its shapes and rules only */

    uint32_t *pool;
    size_t pool_count, pool_capacity;
    gcs_handle free[BLOCK_CLASSES];
    struct page *pages;
    size_t page_count, page_capacity;
    gcs_handle *nobodies; /* a page of them */
    size_t nobody_capacity;
    gcs_handle *dying;
    size_t dying_capacity;
    uint64_t objects; /* alive */
    uint64_t units;   /* their bytes */
    uint64_t allocated;

    struct family *families;
    size_t family_count, family_capacity;
    struct kind_facts *facts; /* by kind */
    size_t fact_capacity;
    struct known {
        uint32_t slots, family;
        bool as_usual; /* whatever it holds and whoever takes it: its family's plain kind */
    } * latest;        /* by shape: the family used last */
    size_t latest_capacity;
    struct place {
        uint32_t shape, slots, family; /* family 0: empty */
    } * places;                        /* by hash */
    size_t place_count, place_capacity;
    uint8_t codes[FREE_LISTS]; /* by free list; 0: none yet */

    struct weak_refs weak; /* those with callbacks: by handle */

    struct passing passing[GCS_TUPLE_LENGTHS + 1]; /* tuples of callbacks by length; the last is
                                                      for all that no free list serves */
    bool passed;                                   /* some did, in this event */
    bool in_order;                                 /* deaths have to be */
    size_t closing;        /* objects that what is alive may make when it is closed */
    struct pair *released; /* garbage, and the weak references that it lets go: by the former */
    size_t released_count, released_capacity;

    uint32_t event;       /* being applied */
    uint32_t last_moment; /* its event */
    uint64_t tick_events; /* 0: nobody asks */
    uint64_t next_tick;   /* event */
    gcs_time work;        /* sums so far: struct gcs_work_moment */
    gcs_area area;

    struct watched {
        uint32_t op, child; /* the last one about the tuple of that op, from 1; 0: empty */
    } * watched;            /* by hash */
    size_t watched_count, watched_capacity;
    uint32_t *watched_next; /* by child: the one before */
    size_t watched_next_capacity;
};

/* baseline.c */
void cannot(struct pass *pass, const char *what);

/* baseline_objects.c */
enum gcs_status objects_init(struct pass *pass);
void objects_fini(struct pass *pass);
gcs_handle object_take_fresh(struct pass *pass, const struct kind_facts *facts);
bool number_new_page(struct pass *pass, uint32_t number);
void object_die(struct pass *pass, gcs_handle handle);
void object_release(struct pass *pass, gcs_handle handle);
/* The object behind one in the pool, from the first on: `for (h = first; h; h = next)`. */
gcs_handle next_object(const struct pass *pass, gcs_handle handle);

/* baseline_kinds.c */
enum gcs_status kinds_init(struct pass *pass);
void kinds_fini(struct pass *pass);
uint32_t family_find(struct pass *pass, uint32_t shape, uint32_t slots);
uint16_t kind_make(struct pass *pass, uint32_t family, unsigned variant);

/* baseline_singles.c */
void singles_fini(struct pass *pass);
unsigned variant_at_birth(const struct pass *pass, const struct family *family,
                          const uint32_t *slots);
bool add_single(struct pass *pass, gcs_handle handle, uint16_t kind);
void end_single(struct pass *pass, uint32_t op, uint32_t end);
void look_at(struct pass *pass, gcs_handle handle, uint32_t stamp);
void check_dict(struct pass *pass, gcs_handle dict, uint32_t stamp);

bool passing_make(struct pass *pass, uint32_t callbacks); /* false: there is no room */

/* baseline_deaths.c */
bool refer_weakly(struct pass *pass, const struct gcs_event *event);
void die_in_order(struct pass *pass, gcs_handle handle);
/* What of the weak references there are goes with garbage? What is reachable is known. */
enum gcs_status find_released(struct pass *pass);
void weak_fini(struct pass *pass);

/* baseline_end.c */
enum gcs_status baseline_end(struct pass *pass);

/* parts.c: `garbage` (stamp, object) by rising stamp */
enum gcs_status parts_of(struct pass *pass, const struct pair *garbage, size_t count);

static inline struct object *object_at(const struct pass *pass, gcs_handle handle)
{
    return (struct object *)(pass->pool + handle);
}

static inline const struct kind_facts *facts_of(const struct pass *pass,
                                                const struct object *object)
{
    return &pass->facts[object->kind];
}

static inline uint32_t *slots_behind(struct object *object)
{
    return (uint32_t *)(object + 1);
}

/* What an object holds is soon looked at. */
static inline void expect_held(const struct pass *pass, struct object *object)
{
    const uint32_t *slots = slots_behind(object);
    uint32_t count = facts_of(pass, object)->slots;
    for (uint32_t i = 0; i < count && i < EXPECTED_TARGETS; i++)
        gcs_fetch(object_at(pass, slots[i]));
}

static inline const struct traits *traits_of(const struct pass *pass,
                                             const struct object *object)
{
    return &pass->families[facts_of(pass, object)->family].traits;
}

/* The object of that number, or NOBODY. */
static inline gcs_handle object_find(const struct pass *pass, uint64_t number)
{
    size_t page = number >> PAGE_BITS;
    if (page >= pass->page_count)
        return NOBODY;
    gcs_handle handle = pass->pages[page].handles[number % PAGE_NUMBERS];
    return object_at(pass, handle)->number == number ? handle : NOBODY;
}

/* A kind's variant of the same family; 0: there is no room for it. */
static inline uint16_t kind_of(struct pass *pass, uint32_t family, unsigned variant)
{
    uint16_t kind = pass->families[family].kinds[variant];
    return kind ? kind : kind_make(pass, family, variant);
}

/* There is room: reserve in baseline.c. */
static inline uint32_t put_op(struct pass *pass, unsigned kind, unsigned form, unsigned aux)
{
    struct gcs_baseline *baseline = pass->baseline;
    uint32_t op = (uint32_t)baseline->op_count++;
    baseline->ops[op] = (uint16_t)(kind << GCS_FORM_BITS | form);
    baseline->aux[op] = (uint8_t)aux;
    return op;
}

/* The number of events since the moment before, which an op of this event's keeps. */
static inline unsigned since_moment(struct pass *pass, uint32_t event)
{
    struct gcs_baseline *baseline = pass->baseline;
    uint32_t distance = event - pass->last_moment;
    pass->last_moment = event;
    if (distance < GCS_FAR)
        return distance;
    baseline->far[baseline->far_count++] =
        (struct gcs_far){(uint32_t)baseline->op_count, event};
    return GCS_FAR;
}

enum { NO_LIST = INT32_MAX }; /* in the place of callbacks: what no free list serves */

static inline struct passing *passing_of(struct pass *pass, uint32_t callbacks)
{
    return &pass->passing[callbacks <= GCS_TUPLE_LENGTHS / 2 ? 2 * callbacks
                                                             : GCS_TUPLE_LENGTHS];
}

static inline bool is_free(const struct pass *pass, gcs_handle handle)
{
    return object_at(pass, handle)->state & STATE_FREE;
}

static inline void put_extra(struct pass *pass, uint32_t units)
{
    struct gcs_baseline *baseline = pass->baseline;
    baseline->extras[baseline->extra_count++] = units;
}

#endif
