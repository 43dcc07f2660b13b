/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index: a baseline made ready for questions (docs/index.md). index.c makes it, with
 * index_blocks.c and index_garbage.c; evaluate.c asks. */
#ifndef GCSIM_INDEX_PRIVATE_H
#define GCSIM_INDEX_PRIVATE_H

#include "op_rows.h"
#include "replay_private.h"
#include "spans.h"

enum {
    BLOCK_OPS = 128,   /* ops that are jumped at once … */
    BLOCK_BLOCKS = 64, /* … or so many blocks of them */
    FEW_BRITTLE = 32,  /* of which the lowest `low` is known */
    NO_ALLOCATION = INT32_MIN / 2,
};

/* Sums of a span of objects, and of a clump of garbage. */
enum {
    SUM_OBJECTS, /* tracked */
    SUM_REFERENCES,
    SUM_BYTES, /* own, units */
    TRACKED_SUMS,
    SUM_FINALIZERS = TRACKED_SUMS,
    SUM_FREED_OBJECTS,
    SUM_FREED_BYTES, /* units */
    SUM_LISTS, /* shells for the free list of code SUM_LISTS + code − 1 …; then, if there
                  are any, what is no garbage but released: objects, and units */
};

/* What some ops make of count0, the free lists being what they are in the baseline:
 * count0 → max(count0 + net, floor); the highest it gets at an allocation is
 * max(count0 + top, ceiling). */
struct jump {
    int32_t net, floor, top, ceiling;
};

/* What they make of a free list: held → held + net, but at least low and at most high. (Every
 * step is such a map, and so are all of them together.) In the baseline it begins with start.
 */
struct list_jump {
    int16_t net;
    uint16_t low, high;
    uint16_t start;
};

static inline uint16_t list_after(const struct list_jump *jump, uint16_t held)
{
    int after = held + jump->net;
    return after < jump->low ? jump->low : after > jump->high ? jump->high : (uint16_t)after;
}

enum { POINT_FIGURES = 24 };

/* The baseline between two ops; or what an op makes of it, for ops of a code. */
struct point {
    union {
        struct {
            uint32_t event;                  /* of the last moment; a step: 0, see moments */
            uint32_t bytes;                  /* units; a step: without payload */
            uint32_t objects;                /* alive */
            uint32_t extras;                 /* taken of baseline->extras */
            uint32_t moments;                /* so far */
            uint32_t allocations;            /* `a` events */
            uint32_t works;                  /* of baseline->works */
            uint32_t tracked[TRACKED_SUMS];  /* alive and tracked; neither atoms nor singles */
            uint32_t shorts[TRACKED_SUMS];   /* of these, lives of GCS_SHORT ops at most */
            uint32_t fleeting[TRACKED_SUMS]; /* tuples of atoms that live for so long */
            /* All longer lives so far, ended or not, modulo 2^32; and those of tuples of atoms.
             */
            uint32_t begun[TRACKED_SUMS];
            uint32_t begun_fading[TRACKED_SUMS];
        };
        uint32_t figures[POINT_FIGURES];
    };
};

/* What an op does to count0, for ops of a code: an allocation takes a shell from the free list,
 * or counts; a free parks it there, or is discounted. List 0 has no room. */
struct tally {
    int8_t change; /* 1, −1; 0: nothing to the collector */
    uint8_t list;
    uint16_t capacity;
};

/* At a stop of the baseline's. */
struct stop_point {
    struct gcs_work_moment done; /* the work before it */
    uint32_t bytes;              /* units */
    uint32_t works;
    uint64_t unused;
};

/* The highest heap of the baseline behind one of some ops. */
struct high {
    uint32_t bytes; /* units */
    uint32_t objects;
};

/* The rows of an array (op_rows.h). */
struct op_rows {
    uint32_t *before;
    size_t count, capacity;
};

/* A connected piece of garbage that may have to be walked: its parts, those that refer before
 * those referred to. Once all of it is garbage, a collection that examines all of it frees it
 * as a whole. */
struct island {
    uint32_t first, count; /* of index->parts */
    uint32_t low;          /* op of its oldest tracked object */
    uint32_t stamp;        /* the last of its parts' */
    uint32_t kind;         /* of index->clumps: its sums; GCS_NEVER: it has atoms or singles */
};

/* An island that becomes garbage at once, and that collections which examine all of it or
 * nothing need not walk: it is among index->clumps until the bound of one cuts it. */
struct brittle {
    uint32_t stamp, island;
    uint32_t low, high; /* ops of its oldest and its youngest tracked object */
};

/* A part of an island. */
struct linked_part {
    uint32_t stamp;
    uint32_t first_member, members;     /* of index->members */
    uint32_t first_referrer, referrers; /* of index->referrers: places of parts */
    bool cyclic;
    bool conditional; /* it dies by count at its stamp, if what refers to it is gone by then */
    uint8_t unused[2];
};

/* An island has more garbage from this stamp on. */
struct activation {
    uint32_t stamp;
    uint32_t island;
};

/* From this stamp on a single holds containers. */
struct holding {
    uint32_t stamp;
    uint32_t single;
};

struct gcs_index {
    struct gcs_baseline baseline; /* without its longs and its garbage */
    struct gcs_memory *memory;
    unsigned width;    /* sums of a clump */
    unsigned released; /* of these, where those of what is released begin; 0: nothing is */

    struct jump *blocks, *regions;
    struct list_jump *block_lists, *region_lists; /* [block][list_count]; one more: the end */
    struct point *points;                         /* before each block, and at the end */
    struct high *highs, *region_highs;
    struct point *steps;            /* by code of an op */
    struct tally *tallies;          /* likewise */
    struct stop_point *stop_points; /* by stop of the baseline's */
    size_t block_count, region_count;
    size_t block_capacity, region_capacity, block_list_capacity, region_list_capacity,
        point_capacity, high_capacity, region_high_capacity, step_capacity, tally_capacity,
        stop_point_capacity;

    struct op_rows declared_rows; /* of baseline->declared */

    struct spans objects; /* all that a collection may meet and that lives long */
    struct spans fading;  /* tuples of atoms: only the first collection meets them */
    struct spans clumps;  /* garbage that goes as a whole: lowest op … unreachable */

    struct holding *holdings; /* by stamp */
    size_t holding_count, holding_capacity;

    struct island *islands;
    size_t island_count, island_capacity;
    struct linked_part *parts; /* of islands */
    size_t part_count, part_capacity;
    struct gcs_member *members;
    size_t member_count, member_capacity;
    uint32_t *referrers; /* of parts */
    size_t referrer_count, referrer_capacity;
    struct activation *activations; /* by stamp; not of the brittle */
    size_t activation_count, activation_capacity;
    struct brittle *brittle; /* by stamp */
    size_t brittle_count, brittle_capacity;
    uint32_t *brittle_lows; /* the lowest of FEW_BRITTLE */
    size_t brittle_low_count, brittle_low_capacity;
    struct op_rows brittle_rows;
};

/* An index keeps its ops as bytes where kinds are few enough. */
enum { NARROW_KINDS = (UINT8_MAX + 1) >> GCS_FORM_BITS };

static inline unsigned code_as(const struct gcs_baseline *baseline, bool narrow, size_t op)
{
    return narrow ? ((const uint8_t *)baseline->ops)[op] : baseline->ops[op];
}

static inline unsigned code_of_op(const struct gcs_baseline *baseline, size_t op)
{
    return code_as(baseline, baseline->narrow, op);
}

static inline const struct gcs_object_kind *kind_of_op(const struct gcs_baseline *baseline,
                                                       size_t op)
{
    return &baseline->kinds[code_of_op(baseline, op) >> GCS_FORM_BITS];
}

static inline enum gcs_form form_of_op(const struct gcs_baseline *baseline, size_t op)
{
    return (enum gcs_form)(code_of_op(baseline, op) & GCS_FORM_MASK);
}

static inline void raise_high(struct high *high, uint32_t bytes, uint32_t objects)
{
    if (bytes > high->bytes)
        high->bytes = bytes;
    if (objects > high->objects)
        high->objects = objects;
}

/* index_blocks.c: the baseline before the ops [from, to) becomes that behind them. `most` is
 * raised to the highest heap behind one of them. */
void points_pass(const struct gcs_index *index, uint32_t from, uint32_t to, struct point *point,
                 struct high *most);

/* How many of an array's elements, of `size` bytes and sorted by op, come before `op`. */
static inline size_t count_before(const struct op_rows *rows, const void *array, size_t size,
                                  uint32_t op)
{
    size_t row = op >> ROW_BITS;
    if (row + 1 >= rows->count)
        return rows->before[rows->count - 1];
    return first_from(array, size, rows->before[row], rows->before[row + 1], op);
}

/* index_arrays.c: the first index_arrays() of INDEX_ARRAYS are set. */
enum { INDEX_ARRAYS = 320 };
struct index_array {
    void **array;
    size_t *capacity;
    size_t size, count; /* of an element; elements in use */
    size_t *counted;    /* where that is kept; NULL: it follows from other counts */
};
size_t index_arrays(struct gcs_index *index, struct index_array *arrays);
/* index_blocks.c */
enum gcs_status index_make_blocks(struct gcs_index *index, struct gcs_error *error);
/* index_garbage.c: takes the baseline's parts */
enum gcs_status index_make_garbage(struct gcs_index *index, struct gcs_error *error);

#endif
