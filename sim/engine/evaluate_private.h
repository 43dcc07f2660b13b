/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One setting while it is priced from the index, for the files evaluate*.c (docs/index.md).
 *
 *   evaluate.c            from halt to halt, up to the end: read it first
 *   evaluate_ops.c        count0 and the free lists between halts
 *   evaluate_time.c       the clock, the heap's size and its peaks
 *   evaluate_history.c    the heap's history, where it is wanted
 *   evaluate_collect.c    a collection, gc.freeze and gc.unfreeze
 *   evaluate_islands.c    garbage that is walked, part by part
 *   evaluate_singles.c    tuples of tuples, and dicts of them, which are followed one by one
 */
#ifndef GCSIM_EVALUATE_PRIVATE_H
#define GCSIM_EVALUATE_PRIVATE_H

#include "index_private.h"

/* Where what an op tracked lies now: not examined yet, in generation 1 or 2, frozen. */
enum { LEVEL_YOUNG, LEVEL_MIDDLE, LEVEL_OLD, LEVEL_FROZEN, LEVELS };

/* What the collector makes of a single. It fades while a collection is on that untracks it. */
enum single_state { SINGLE_TRACKED, SINGLE_FADES, SINGLE_UNTRACKED, SINGLE_GONE };

struct number_list {
    uint32_t *numbers;
    size_t count, capacity;
};

/* The baseline when `op` ops are done. */
struct passed_point {
    struct point point;
    uint32_t op;
};

/* The place in the ops. */
struct op_place {
    uint32_t op;   /* the next: ops before it are done */
    uint32_t late; /* 1: the last op's object is tracked after the collection it triggers */
    struct passed_point point; /* there, or before: point_now passes what is left */
    bool midst; /* a collection came in the midst of an event: its rules are to come */
};

/* Between what was tracked before an op and from it on. */
struct bound {
    struct point point; /* the baseline there */
    uint32_t op;
};

/* The free lists. Those that do not differ from the baseline's are looked up only when needed:
 * while ops are walked one by one. */
struct held_lists {
    uint16_t held[GCS_LIST_CODES]; /* shells, in lists that have strayed; `fetched`: in all */
    uint32_t strayed;              /* a bit for each list that differs from the baseline's */
    bool fetched;
};

/* The place in time. */
struct passed {
    struct passed_point now; /* the work of its ops is done, and their peaks are known */
    size_t stops;            /* of these, in baseline->stops: those that are no halt are met */
    size_t works;            /* of these, in baseline->works */
    struct gcs_work_moment done; /* the last of them */
};

struct gone {
    uint64_t objects, bytes;
};

/* What was freed that the baseline has not. The baseline's sums less these are the heap's. */
struct freed {
    uint64_t tracked[LEVELS][TRACKED_SUMS]; /* by where it would lie now */
    uint32_t clumps[LEVELS][SPAN_SUMS];     /* of these, what went as clumps; modulo 2^32 */
    uint64_t fading[TRACKED_SUMS];          /* young tuples of atoms that died by count */
    struct gone gone;                       /* in all */
    struct gone released;                   /* of that, what was no garbage */
};

/* Tuples of atoms that were frozen unexamined stay tracked: where they lie. */
struct interval {
    struct bound from, to;
};

struct frozen {
    struct interval *fading;
    size_t count, capacity;
    uint64_t freed; /* of them */
};

struct island_states {
    struct number_list waiting[GCS_GENERATIONS]; /* for a collection of this generation */
    uint8_t *waits;                              /* by island: in which list, or enum waits */
    uint32_t *walked;                            /* by island: the number of its last walk */
    uint32_t walk_number;
    uint8_t *ends;    /* by place in index->linked: enum end */
    size_t activated; /* of index->activations */
    uint64_t
        *awaited; /* a heap of stamp << 32 | island: what may die by count, the next first */
    size_t awaited_count, awaited_capacity;
    size_t wait_capacity, walked_capacity, end_capacity;
};

struct single_states {
    uint8_t *states;                  /* enum single_state, by single */
    uint8_t *levels;                  /* of those tracked: in which list of `known` */
    struct number_list known[LEVELS]; /* those that the collector tracks */
    uint32_t met;                     /* the first that is not tracked yet */
    size_t holdings;                  /* of index->holdings that have come */
    size_t state_capacity, level_capacity;
};

struct evaluation {
    struct replay replay; /* interpreter, clock and strategy: both engines live in them */
    const struct gcs_index *index;
    const struct gcs_baseline *baseline;
    struct gcs_counts counts; /* count[0] is count0 */
    struct gcs_totals totals;

    int64_t above; /* a counted allocation that takes count0 beyond it triggers */
    struct op_place at;
    struct held_lists lists;
    struct passed passed;
    size_t ticks;     /* of baseline->ticks, passed: the history is kept */
    size_t stops_met; /* of baseline->stops: those before are no halts to come */

    struct bound bounds[GCS_GENERATIONS]; /* a collection examines what lies behind */
    struct bound now;                     /* at the last collection */
    struct freed freed;
    struct frozen frozen;
    struct island_states islands;
    struct single_states singles;

    const char *uncovered;  /* what the index turned out not to cover, or NULL */
    enum gcs_status status; /* of calls that cannot return one */
    struct gcs_error *error;
};

/* What the collector finds unreachable in islands. */
struct found {
    uint64_t collected;
    uint64_t finalizers;
    uint64_t fading;   /* of those collected: it untracks them first, so they do not survive */
    uint64_t released; /* likewise: they do survive, until their callbacks are called */
};

static inline void add_sums(uint64_t *to, const uint64_t *sums, unsigned width)
{
    for (unsigned w = 0; w < width; w++)
        to[w] += sums[w];
}

static inline void add_figures(uint64_t *to, const uint32_t *figures, unsigned width)
{
    for (unsigned w = 0; w < width; w++)
        to[w] += figures[w];
}

static inline void add_spans(uint32_t *to, const uint32_t *sums, unsigned width)
{
    for (unsigned w = 0; w < width; w++)
        to[w] += sums[w];
}

static inline void subtract_sums(uint64_t *from, const uint64_t *sums, unsigned width)
{
    for (unsigned w = 0; w < width; w++)
        from[w] -= sums[w];
}

/* evaluate.c: a failure shows in e->status, and nothing was added then. */
bool append_number(struct evaluation *e, struct number_list *list, uint32_t number);

/* evaluate_ops.c */
void begin_ops(struct evaluation *e);
/* Up to op `limit`. True if an allocation took count0 over its threshold before. */
bool walk_ops(struct evaluation *e, uint32_t limit);
/* The object whose allocation triggered is tracked now. */
void track_late(struct evaluation *e);
/* Objects of the collector's are freed: their shells go to a free list, or count0 falls. */
void free_shells(struct evaluation *e, unsigned list, uint64_t shells);

/* evaluate_time.c */
/* The baseline as the ops done left it. */
const struct point *point_now(struct evaluation *e);
/* Whether somebody may act at such an event, so that all must stand as it does then. */
bool is_halt(const struct evaluation *e, const struct gcs_stop *stop);
/* Time passes until `ops` ops are done; requests come and go. The history is kept … */
void pass_time(struct evaluation *e, uint32_t ops);
/* … or not. */
void pass_on(struct evaluation *e, uint32_t ops);
/* A place in the ops moves on to `ops`. `most` is raised to the heap's highest on the way. */
void pass_ops(const struct gcs_index *index, uint32_t ops, struct passed_point *now,
              struct high *most);
/* The books when the ops done are done … */
void stand(struct evaluation *e);
/* … or those whose time has passed, which may be fewer … */
void stand_passed(struct evaluation *e);
/* … or in the middle of the last one, at the threshold test of its allocation … */
void stand_at_test(struct evaluation *e);
/* … or at the end of the trace. */
void stand_at_end(struct evaluation *e);

/* evaluate_history.c: time passes until `ops` ops are done, and the ledger is told of the heap
 * wherever it may be the highest of a stretch … */
void sample_ops(struct evaluation *e, uint32_t ops);
/* … and at the end of the trace. */
enum gcs_status sample_end(struct evaluation *e);

/* evaluate_collect.c */
/* What goes with these sums is freed: its shells, its bytes. */
void free_sums(struct evaluation *e, const uint32_t *sums);
extern const struct backing index_backing;
unsigned level_of(const struct evaluation *e, uint32_t op);
bool is_frozen_fading(const struct evaluation *e, uint32_t op);
/* How many frozen objects the trace leaves behind. */
uint64_t count_frozen(const struct evaluation *e);

/* evaluate_islands.c */
enum gcs_status islands_prepare(struct evaluation *e);
void islands_release(struct evaluation *e);
/* A collection of `generation` walks all islands that it concerns. */
void islands_collect(struct evaluation *e, unsigned generation, struct found *found);
/* When what hangs off garbage may die by count next; GCS_NEVER: not in sight. */
uint32_t islands_next(const struct evaluation *e);
/* It does, if what it hangs off is gone. */
void islands_meet(struct evaluation *e);

/* evaluate_singles.c */
enum gcs_status singles_prepare(struct evaluation *e);
void singles_release(struct evaluation *e);
enum single_state single_state(const struct evaluation *e, uint32_t op);
unsigned single_level(const struct evaluation *e, uint32_t op);
void single_free(struct evaluation *e, uint32_t op);
/* Those that a collection meets, added to the sums of what it meets; the dead are forgotten. */
void singles_meet(struct evaluation *e, unsigned generation, uint64_t *met);
/* The collector's passes over tuples, then over dicts. Returns how many it untracks. */
uint64_t singles_fade(struct evaluation *e, unsigned generation);
/* The collection is over: those that are still tracked move to level `next`. */
void singles_promote(struct evaluation *e, unsigned generation, unsigned next);
uint64_t singles_frozen(const struct evaluation *e);

#endif
