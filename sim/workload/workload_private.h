/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workload_private.h — the plain form of a workload, and the state of a program being
 * simulated.
 *
 * What a site makes at a time is a *structure*: one object, or a cycle with its tail. Only its
 * head has a root; that root goes at the end of the structure's lifetime. A structure that will
 * be let go has a row (struct holding) until then.
 */
#ifndef GCSIM_WORKLOAD_PRIVATE_H
#define GCSIM_WORKLOAD_PRIVATE_H

#include <gcsim/workload.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

/*
 * choice.c: places drawn in proportion to their weights
 */
struct cell {
    double keep; /* the share of the cell that falls on the first place */
    uint32_t place[2];
};
struct choice {
    const struct cell *cells;
    uint32_t count; /* 0: nothing to choose */
};
/** `places`: what to choose among, or NULL for 0, 1, 2, …; arrays need not stay. */
enum gcs_status gcs_choice_make(struct gcs_workload *workload, const double *weights,
                                const uint32_t *places, size_t count, struct choice *choice,
                                struct gcs_error *error);

static inline uint32_t gcs_choose(const struct choice *choice, struct gcs_random *random)
{
    if (choice->count == 1)
        return choice->cells->place[0];
    double at = gcs_random_unit(random) * choice->count;
    const struct cell *cell = &choice->cells[(uint32_t)at];
    return cell->place[at - (uint32_t)at >= cell->keep];
}

/** Uniform in [0, n), n > 0. */
static inline uint64_t gcs_pick(struct gcs_random *random, uint64_t n)
{
    return (uint64_t)(int64_t)(gcs_random_unit(random) * (double)(int64_t)n);
}

/*
 * families.c, quantiles.c: continuous distributions
 */
/** Scaled to a mean of 1; beta to 0 … 1. */
struct family {
    /** The value that a share of all is below; `upper`: above. */
    double (*quantile)(bool upper, double share, double shape, double shape2);
    /** Draws in proportion to length. */
    double (*by_length)(const gsl_rng *gsl, double shape, double shape2);
};
extern const struct family gcs_family_exponential, gcs_family_lognormal, gcs_family_weibull,
    gcs_family_gamma, gcs_family_pareto, gcs_family_beta;

enum {
    QUANTILE_OCTAVES = 16,
    QUANTILE_CELL_BITS = 6, /* cells of an octave */
    QUANTILE_CELLS = QUANTILE_OCTAVES << QUANTILE_CELL_BITS,
};
struct quantiles {
    const struct quantiles *next; /* another one of the workload */
    const struct family *family;
    double shape, shape2;
    double at[2][QUANTILE_CELLS + 1]; /* from the lower end, and from the upper */
};
/** Owned by the workload; one for all who ask for the same. */
const struct quantiles *gcs_quantiles_of(struct gcs_workload *workload,
                                         const struct family *family, double shape,
                                         double shape2);
double gcs_quantiles_draw(const struct quantiles *table, struct gcs_random *random);

/*
 * sampler.c: random streams and distributions
 */
struct stream {
    struct gcs_random random;
    gsl_rng gsl; /* draws from `random`, which must not move */
};
void gcs_stream_init(struct stream *stream, uint64_t seed, const char *purpose,
                     const char *name);

/* The order of `distribution` in the table of keys. */
enum shape {
    SHAPE_CONSTANT,
    SHAPE_UNIFORM,
    SHAPE_EXPONENTIAL,
    SHAPE_LOGNORMAL,
    SHAPE_GEOMETRIC,
    SHAPE_ZIPF,
    SHAPE_DISCRETE,
    SHAPE_MIXTURE,
};

struct sampler {
    enum shape shape;
    double a; /* constant: the value; uniform, beta: low; else the mean */
    double b; /* uniform, beta: high - low */
    double mean;
    const struct quantiles *table;
    struct choice choice;    /* among values or parts; count of 0: worked out at each draw */
    struct choice by_length; /* the same, in proportion to their lengths */
    const double *values;
    const struct sampler *parts;
};
double gcs_sampler_draw(const struct sampler *sampler, struct stream *stream);
/** Rounded to the nearest whole number, and at most `most`. */
uint64_t gcs_sampler_draw_count(const struct sampler *sampler, struct stream *stream,
                                uint64_t most);
/** What is left of a lifetime that began in the past: drawn in proportion to its length, and
 *  cut at a point within. */
double gcs_sampler_draw_rest(const struct sampler *sampler, struct stream *stream);

/*
 * workload.c: the plain form
 */
enum during { DURING_STARTUP, DURING_REQUESTS, DURING_TIMERS, DURING_COUNT };
enum cause { CAUSE_AT_ONCE, CAUSE_ALLOCATIONS, CAUSE_TIME, CAUSE_REQUEST, CAUSE_NEVER };
enum target { TARGET_RECENT, TARGET_SAME_REQUEST, TARGET_OLDER, TARGET_STATIC, TARGET_COUNT };
enum cycle { CYCLE_SELF, CYCLE_PAIR, CYCLE_RING, CYCLE_TREE, CYCLE_COUNT, CYCLE_NONE };
enum arrivals { ARRIVALS_POISSON, ARRIVALS_DETERMINISTIC, ARRIVALS_CLOSED };
enum phase_kind { PHASE_STARTUP, PHASE_STEADY, PHASE_IDLE };

struct type {
    struct gcs_type trace;
    struct sampler payload;
    bool has_payload;
    bool grows;       /* each object has as many slots as it needs */
    bool stores;      /* references can be put in after birth, and it can be in a cycle */
    bool weakrefable; /* weak references to it are possible */
    bool used;        /* by some site, so defined in the trace */
};

struct site {
    const char *name;
    enum during during;
    double weight;
    struct choice types;
    struct choice members; /* those that can be part of its cycles */
    struct sampler references;
    double targets[TARGET_COUNT]; /* weights, summed up from the left */
    enum cause cause;
    struct sampler lifetime;
    bool keeps_live; /* its mean lifetime follows from live_objects */
    double population;
    double cyclic;
    double cycles[CYCLE_COUNT]; /* weights, summed up from the left */
    struct sampler size;
    uint32_t fanout;
    struct sampler tail;
    bool weak;
    double broken_by_hand;
};

struct timer {
    gcs_time every;
    struct sampler allocations;
    gcs_time work;
};

struct phase {
    enum phase_kind kind;
    uint64_t objects; /* startup */
    gcs_time work;    /* startup */
    gcs_time duration;
    double rate;
    bool filled;
    const char *mark; /* NULL: none */
};

struct gcs_workload {
    struct gcs_arena arena;
    const struct quantiles *quantiles; /* all of them */
    struct type *types;
    uint32_t type_count; /* two more stand behind these: */
    uint32_t children_type;
    uint32_t weakref_type;
    struct site *sites;
    uint32_t site_count;
    struct choice sites_of[DURING_COUNT];
    enum arrivals arrivals;
    struct sampler think_time;
    struct sampler service_time;
    struct sampler allocations;
    uint64_t work_every;
    struct timer *timers;
    uint32_t timer_count;
    struct phase *phases;
    uint32_t phase_count;
};
enum gcs_status gcs_sampler_read(struct gcs_workload *workload, const struct gcs_node *node,
                                 struct sampler *sampler, struct gcs_error *error);
/** Gives a sampler whose mean was left open (`auto`) its mean. */
enum gcs_status gcs_sampler_set_mean(struct gcs_workload *workload, struct sampler *sampler,
                                     double mean, struct gcs_error *error);
enum gcs_status gcs_site_read(struct gcs_workload *workload, const struct gcs_node *node,
                              const struct gcs_node *types, struct site *site,
                              struct gcs_error *error);

/*
 * queue.c: what will happen, by time and then by order of scheduling
 */
struct entry {
    uint64_t time;
    uint32_t what;
};
enum {
    QUEUE_DIGIT_BITS = 4,
    QUEUE_DIGITS = 1 << QUEUE_DIGIT_BITS,
    QUEUE_LEVELS = 64 / QUEUE_DIGIT_BITS + 1,
};
struct bucket {
    struct entry *entries;
    size_t capacity;
    size_t count;
    size_t taken;
    uint64_t first; /* the least time, if count > 0 */
};
struct queue {
    uint64_t first; /* the least time; UINT64_MAX: there is none */
    size_t count;
    uint64_t last;   /* the time taken last: nothing may be scheduled before it */
    uint32_t levels; /* those in use, as bits */
    uint16_t digits[QUEUE_LEVELS];
    struct bucket buckets[QUEUE_LEVELS][QUEUE_DIGITS];
};
void gcs_queue_init(struct queue *queue);
void gcs_queue_fini(struct queue *queue, struct gcs_memory *memory);
/** `time`: not before the time that was taken last. */
enum gcs_status gcs_queue_push(struct queue *queue, struct gcs_memory *memory, uint64_t time,
                               uint32_t what, struct gcs_error *error);
/** Takes the first entry; there is one. */
enum gcs_status gcs_queue_pop(struct queue *queue, struct gcs_memory *memory,
                              struct entry *entry, struct gcs_error *error);
/** Forgets all entries. */
void gcs_queue_clear(struct queue *queue);

/*
 * The program being simulated
 */
enum { RECENT = 64 };

/** A structure that will be let go. */
struct holding {
    uint64_t object; /* the head; 0: a free row */
    uint64_t deadline;
    uint32_t size;  /* nodes of a tree */
    uint32_t place; /* in program.live; of a free row: the next one */
    uint32_t site;
    uint8_t cause;
    uint8_t cycle;
    bool broken;
};

/** When a structure will be let go. */
struct fate {
    enum cause cause;
    uint64_t deadline;
    bool stays; /* as garbage, for nobody knows how long */
};

struct recent {
    uint64_t object;
    uint32_t row; /* NO_ROW: it never dies */
};

/** The objects that a site still owes to the shares it declared: a structure of many objects
 *  stands for as many draws. */
struct debt {
    uint64_t cyclic;
    uint64_t acyclic;
};

struct program {
    const struct gcs_workload *workload;
    struct gcs_trace_builder *builder;
    struct gcs_memory *memory;
    struct gcs_error *error;
    uint64_t events_left;
    bool stopped;     /* events_left has come to 0 */
    uint64_t objects; /* allocated so far: the last one's number */
    gcs_time clock;
    /* Streams */
    struct stream arrivals, think, service, sizes, choice, timers;
    struct stream *sites;
    struct debt *debts;
    /* Structures */
    struct holding *rows;
    size_t rows_capacity;
    uint32_t row_count;
    uint32_t free_row;
    struct queue by_allocations;
    struct queue by_time;
    uint32_t *live; /* rows that outlive requests */
    size_t live_capacity;
    uint32_t live_count;
    uint32_t *request; /* rows that go with the request, in order of birth */
    size_t request_capacity;
    uint32_t request_count;
    uint64_t *still; /* objects that never die */
    size_t still_capacity;
    size_t still_count;
    uint64_t still_objects; /* with all that hangs on them */
    struct recent recent[RECENT];
    uint32_t recent_at;
    /* Scratch */
    uint64_t *targets;
    size_t targets_capacity;
    uint64_t *nodes;
    size_t nodes_capacity;
    /* Requests */
    struct queue agenda;
    uint64_t request_number;
    uint64_t surplus; /* objects that the last request made too many */
};
#define NO_ROW UINT32_MAX

/* emit.c: one event each */
enum gcs_status gcs_emit(struct program *program, const struct gcs_event *event,
                         const uint64_t *targets);
enum gcs_status gcs_emit_object(struct program *program, enum gcs_op op, uint64_t object,
                                uint64_t value);
enum gcs_status gcs_emit_store(struct program *program, uint64_t source, uint32_t slot,
                               uint64_t target);
/** Allocates: `targets` has `slots` places, or is NULL. */
enum gcs_status gcs_emit_birth(struct program *program, uint32_t type, uint32_t slots,
                               const uint64_t *targets, uint64_t extra, uint64_t *object);
/** Works for some time; what dies in it is let go. */
enum gcs_status gcs_emit_work(struct program *program, gcs_time ns);

/* births.c: structures come into being */
/** What site `site` does when its turn comes: makes a structure, unless one of before stands
 * for it. `rest`: as if it had been made in the past. */
enum gcs_status gcs_site_turn(struct program *program, uint32_t site, bool rest);

/* deaths.c: structures go */
enum gcs_status gcs_hold(struct program *program, const struct holding *holding);
enum gcs_status gcs_let_go(struct program *program, const struct holding *holding);
enum gcs_status gcs_let_go_request(struct program *program);
/** Lets go what is due by the allocations so far, and by the clock. */
enum gcs_status gcs_let_go_due(struct program *program);
/** Something that `site` may refer to from a structure of that fate; 0: nothing. */
uint64_t gcs_pick_target(struct program *program, uint32_t site, const struct fate *fate);

/* phases.c */
enum gcs_status gcs_run_phases(struct program *program);

#endif
