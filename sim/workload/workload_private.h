/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workload_private.h — the plain form of a workload, and the state of a program being
 * simulated.
 *
 * What a site makes at a time is a *structure*: one object, or a cycle with its tail. Only its
 * head has a root, or a place in a queue or cache; that goes at the end of the structure's
 * lifetime. A structure that will be let go has a row (struct holding) until then.
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
    uint32_t keep; /* the share of the cell that falls on the first place, times 2^32 */
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

/** Uniform in [0, n), from 32 random bits. */
static inline uint32_t gcs_scale(uint32_t bits, uint32_t n)
{
    return (uint32_t)((uint64_t)bits * n >> 32);
}

/** From 32 random bits; each place's share is right to 2^-32. */
static inline uint32_t gcs_choose_by(const struct choice *choice, uint32_t bits)
{
    uint64_t at = (uint64_t)bits * choice->count;
    const struct cell *cell = &choice->cells[at >> 32];
    return cell->place[(uint32_t)at >= cell->keep];
}

static inline uint32_t gcs_choose(const struct choice *choice, struct gcs_random *random)
{
    if (choice->count == 1)
        return choice->cells->place[0];
    return gcs_choose_by(choice, (uint32_t)(gcs_random_next(random) >> 32));
}

/** Uniform in [0, n), 0 < n < 2^32. */
static inline uint32_t gcs_pick(struct gcs_random *random, uint32_t n)
{
    return gcs_scale((uint32_t)(gcs_random_next(random) >> 32), n);
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
    SHAPE_WEIBULL,
    SHAPE_GAMMA,
    SHAPE_PARETO,
    SHAPE_POISSON,
    SHAPE_BETA,
    SHAPE_EMPIRICAL,
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
/* In the order of the choices in the table of keys. */
enum cause {
    CAUSE_AT_ONCE,
    CAUSE_ALLOCATIONS,
    CAUSE_TIME,
    CAUSE_REQUEST,
    CAUSE_NEVER,
    CAUSE_REQUESTS,
    CAUSE_PHASE,
    CAUSE_QUEUE,
    CAUSE_LRU,
};
enum target {
    TARGET_RECENT,
    TARGET_SAME_REQUEST,
    TARGET_OLDER,
    TARGET_STATIC,
    TARGET_ATOMS,
    TARGET_COUNT,
};
enum cycle {
    CYCLE_SELF,
    CYCLE_PAIR,
    CYCLE_RING,
    CYCLE_TREE,
    CYCLE_LINKED_LIST,
    CYCLE_CLIQUE,
    CYCLE_COUNT,
    CYCLE_NONE,
};
enum owner { OWNER_SAME_REQUEST, OWNER_OLDER, OWNER_STATIC, OWNER_COUNT };
enum arrivals { ARRIVALS_POISSON, ARRIVALS_DETERMINISTIC, ARRIVALS_CLOSED, ARRIVALS_BURSTY };
enum phase_kind { PHASE_STARTUP, PHASE_STEADY, PHASE_IDLE };

/** The generator's own types, which stand behind the user's. */
enum own { OWN_CHILDREN, OWN_WEAKREF, OWN_ATOM, OWN_CACHE, OWN_DEQUE, OWN_COUNT };

/** What the program asks of the gc module at some point. */
struct actions {
    const struct gcs_action *list;
    size_t count;
};

struct type {
    struct gcs_type trace;
    struct sampler payload;
    bool has_payload;
    bool grows;       /* each object has as many slots as it needs */
    bool stores;      /* references can be put in after birth, and it can be in a cycle */
    bool weakrefable; /* weak references to it are possible */
    bool used;        /* by some site, so defined in the trace */
};

/** What is drawn together for a structure. */
struct row {
    const struct sampler *references;
    const struct sampler *lifetime;
    const struct sampler *size;    /* of rings, trees, … */
    const struct sampler *payload; /* NULL: as the object's type has it */
};

struct site {
    const char *name;
    enum during during;
    double weight;
    struct choice types;
    struct choice members; /* those that can be part of its cycles */
    struct sampler references;
    struct choice targets; /* count of 0: it refers to nothing */
    bool targets_atoms;
    enum cause cause;
    struct sampler lifetime;
    bool keeps_live; /* its mean lifetime follows from live_objects */
    double population;
    uint32_t capacity;          /* of its queue or cache */
    double uses;                /* of its cache's entries, for each new one */
    double stores;              /* share that is put into an older object */
    double owners[OWNER_COUNT]; /* weights, summed up from the left */
    double weak_values;
    bool in_stretches; /* several at a time */
    struct sampler stretch;
    struct choice joint; /* among rows; count of 0: only the first */
    const struct row *rows;
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
    struct actions gc; /* each time */
};

struct phase {
    enum phase_kind kind;
    uint64_t objects; /* startup */
    gcs_time work;    /* startup */
    gcs_time duration;
    double rate;
    bool filled;
    const char *mark;  /* NULL: none */
    struct actions gc; /* as it begins */
};

struct gcs_workload {
    struct gcs_arena arena;
    const struct quantiles *quantiles; /* all of them */
    struct type *types;
    uint32_t type_count; /* OWN_COUNT more stand behind these */
    struct site *sites;
    uint32_t site_count;
    struct choice sites_of[DURING_COUNT];
    enum arrivals arrivals;
    struct sampler think_time;
    struct sampler service_time;
    struct sampler allocations;
    uint64_t work_every;
    gcs_time burst_on; /* mean lengths of a burst and of the quiet behind it */
    gcs_time burst_off;
    uint32_t concurrency;
    uint64_t awaits;
    struct sampler await_time;
    struct actions request_gc; /* at each end */
    bool stores;               /* some site puts its objects into older ones */
    bool teardown;
    struct timer *timers;
    uint32_t timer_count;
    struct phase *phases;
    uint32_t phase_count;
};
static inline uint32_t gcs_own_type(const struct gcs_workload *workload, enum own own)
{
    return workload->type_count + own;
}
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
struct holding;
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
    uint64_t last; /* the time taken last: nothing may be scheduled before it */
    /* What entries are the numbers of, fetched as their time comes near; NULL: of nothing. */
    struct holding *const *rows;
    uint32_t levels; /* those in use, as bits */
    uint16_t digits[QUEUE_LEVELS];
    struct bucket buckets[QUEUE_LEVELS][QUEUE_DIGITS];
};
void gcs_queue_init(struct queue *queue, struct holding *const *rows);
void gcs_queue_fini(struct queue *queue, struct gcs_memory *memory);
/** `time`: not before the time that was taken last. */
enum gcs_status gcs_queue_push(struct queue *queue, struct gcs_memory *memory, uint64_t time,
                               uint32_t what, struct gcs_error *error);
/** Takes the first entry; there is one. */
enum gcs_status gcs_queue_pop(struct queue *queue, struct gcs_memory *memory,
                              struct entry *entry, struct gcs_error *error);
/** Forgets all entries, and what was taken last. */
void gcs_queue_clear(struct queue *queue);

/*
 * The program being simulated
 */
enum { RECENT = 64 };

/** A structure that will be let go. */
struct holding {
    uint64_t object; /* the head; 0: a free row */
    uint64_t deadline;
    uint32_t size; /* nodes of a tree */
    /* In program.live; of what goes with its request: in program.open; of a free row: the next
     * one. */
    uint32_t place;
    uint32_t site;
    uint8_t cause;
    uint8_t cycle;
    bool broken;
    bool stored; /* in the older object that program.berths says */
};

/** Slots of an object that nothing of its structure needs: first … end − 1. */
struct room {
    uint32_t first;
    uint32_t end;
};

/** Where an object was stored. */
struct berth {
    uint64_t owner;
    uint32_t slot;
};

/** A static object with room. */
struct shelf {
    uint64_t object;
    struct room room;
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

/** What a site will refer to next: the memory where it stands is fetched meanwhile. */
enum { WISHES = 8 };
struct wish {
    uint32_t bits;     /* random: the place among its targets */
    uint32_t position; /* older, static: that place as it was when the wish was made */
    enum target target;
};
struct wishes {
    struct wish ring[WISHES];
    uint32_t made; /* so far; the next one's place in the ring, modulo its length */
};

/** The objects that a site still owes to the shares it declared: a structure of many objects
 *  stands for as many draws. */
struct debt {
    uint64_t cyclic;
    uint64_t acyclic;
    uint64_t turns; /* of a stretch, taken already */
};

/** Rows in order of birth. */
struct rows {
    uint32_t *rows;
    size_t capacity;
    uint32_t count;
};

/** A site's queue or cache: a deque or a dict that alone holds what is in its slots. */
struct container {
    uint64_t object; /* 0: the site has none */
    uint32_t *rows;  /* by slot */
    size_t rows_capacity;
    uint32_t count;
    uint32_t next;   /* queue: the slot whose turn it is */
    uint32_t *newer; /* cache: slots by use, a ring around slot `capacity` */
    size_t newer_capacity;
    uint32_t *older;
    size_t older_capacity;
};

/** A request under way. */
struct open {
    uint64_t number; /* 0: free */
    gcs_time began;
    gcs_time work;
    uint64_t wanted; /* objects */
    uint64_t made;
    uint64_t pieces;
    uint64_t piece; /* the next one */
    struct rows rows;
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
    struct stream arrivals, think, service, sizes, choice, timers, waits;
    struct stream *sites;
    struct debt *debts;
    struct wishes *wishes; /* by site */
    /* Structures */
    struct holding *rows;
    size_t rows_capacity;
    uint32_t row_count;
    uint32_t free_rows[2]; /* of what goes with requests: the second */
    struct queue by_allocations;
    struct queue by_time;
    struct queue by_requests;
    uint32_t *live; /* rows that outlive requests */
    size_t live_capacity;
    uint32_t live_count;
    struct rows phase;            /* what goes with the phase */
    struct container *containers; /* by site */
    uint64_t first_atom;          /* of ATOMS; 0: none are needed */
    uint64_t *still;              /* objects that never die */
    size_t still_capacity;
    uint32_t still_count;
    uint64_t still_objects; /* with all that hangs on them */
    struct recent recent[RECENT];
    uint32_t recent_at;
    /* Stores, if some site stores */
    struct room *rooms; /* by row */
    size_t rooms_capacity;
    struct berth *berths; /* by row */
    size_t berths_capacity;
    struct shelf *shelves;
    size_t shelves_capacity;
    uint32_t shelf_count;
    /* Scratch */
    uint64_t *targets;
    size_t targets_capacity;
    uint64_t *nodes;
    size_t nodes_capacity;
    /* Requests */
    gcs_time phase_end;
    double arrival; /* the last one of an open loop, ns */
    struct queue agenda;
    struct queue backlog; /* arrivals that wait, because enough are open */
    struct open *open;    /* workload.concurrency of them */
    struct open *current; /* whose turn it is; NULL: none */
    uint32_t open_count;
    uint64_t request_number;
    uint64_t requests_ended;
    uint64_t surplus; /* objects that the last request made too many */
    double burst_end; /* bursty arrivals: until when they come */
};
#define NO_ROW UINT32_MAX
enum { ATOMS = 64 };

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

/** Begins and ends an uninterruptible stretch: there is an event left for its end. */
enum gcs_status gcs_emit_enter(struct program *program);
enum gcs_status gcs_emit_leave(struct program *program);
enum gcs_status gcs_emit_mark(struct program *program, const char *label);
enum gcs_status gcs_emit_actions(struct program *program, const struct actions *actions);

/*
 * births.c: objects come into being
 */
/** One object to be made for a site. */
struct body {
    const struct choice *among; /* types */
    uint32_t reserved;          /* slots of the structure */
    uint64_t first[2];          /* what they hold at birth; 0: nothing yet */
};
/** What else can be done with an object. */
struct abilities {
    struct room room;
    bool weakrefable;
};
/** What a structure is made for, and what came of it. */
struct birth {
    uint32_t site;
    const struct row *row;
    struct fate fate;
    uint64_t tail;         /* its first object; 0: none */
    struct abilities last; /* the last object made */
    struct abilities head;
};
enum { PART_OBJECTS_MAX = 1000000 }; /* of one ring, tree or tail */

enum gcs_status gcs_make(struct program *program, struct birth *birth, const struct body *body,
                         uint64_t *object);
/** What site `site` does when its turn comes: makes a structure, unless one of before stands
 * for it. `rest`: as if it had been made in the past. */
enum gcs_status gcs_site_turn(struct program *program, uint32_t site, bool rest);

/*
 * cycles.c: structures of several objects
 */
/** Makes a cycle with its tail, and says in *holding what it is. */
enum gcs_status gcs_make_cycle(struct program *program, struct birth *birth,
                               struct holding *holding);
/** Empties the references that closed a cycle. */
enum gcs_status gcs_break_cycle(struct program *program, const struct holding *holding);

/*
 * deaths.c: structures go
 */
enum gcs_status gcs_hold(struct program *program, const struct holding *holding,
                         const struct birth *birth);
/** What was never held goes. */
enum gcs_status gcs_let_go(struct program *program, const struct holding *holding);
/** A row goes whose object nothing but a container holds, which will let go of it. */
enum gcs_status gcs_give_up_row(struct program *program, uint32_t row);
/** What goes with the current request, and what was to go after so many. */
enum gcs_status gcs_let_go_request(struct program *program);
enum gcs_status gcs_let_go_phase(struct program *program);
/** Lets go what is due by the allocations so far, and by the clock. */
enum gcs_status gcs_let_go_due(struct program *program);
/** The end of the program lets go of everything. */
enum gcs_status gcs_let_go_all(struct program *program);

/*
 * targets.c
 */
/** What `site` refers to from a structure of that fate: targets[0 … count), 0 for nothing. */
void gcs_pick_targets(struct program *program, uint32_t site, const struct fate *fate,
                      uint64_t *targets, uint32_t count);
/** An older object with room that lives longer, to store one of that fate in; false: none. */
bool gcs_pick_owner(struct program *program, uint32_t site, const struct fate *fate,
                    struct berth *berth);

/*
 * containers.c: queues and caches
 */
enum gcs_status gcs_containers_new(struct program *program);
void gcs_containers_free(struct program *program);
/** Puts a row's object into its site's container, which takes over its root; what has to go for
 *  it goes. */
enum gcs_status gcs_container_put(struct program *program, uint32_t row);

/*
 * requests.c
 */
/** `index`th of `pieces` parts of a whole, such that they add up to it exactly. */
uint64_t gcs_part(uint64_t whole, uint64_t index, uint64_t pieces);
/** Lets sites of a time take turns until there are `until` objects. */
enum gcs_status gcs_allocate(struct program *program, enum during during, uint64_t until);
/** A request arrives, and waits. */
enum gcs_status gcs_request_arrives(struct program *program, gcs_time arrival);
/** As many that wait begin as may be open. */
enum gcs_status gcs_requests_begin(struct program *program);
/** The request in that place of program.open goes on: to its end, or until it waits. */
enum gcs_status gcs_request_goes_on(struct program *program, uint32_t place);

/*
 * phases.c
 */
/* What an entry of the agenda means: a timer by its number, a request by its place behind
 * these, or an arrival. */
#define ARRIVAL UINT32_MAX
enum gcs_status gcs_schedule(struct program *program, gcs_time time, uint32_t what);
/** The clock goes on while nothing happens. `absorbed`: the wait is not written, because a
 * request that waits for its arrival follows; so pauses before it do not delay it. */
enum gcs_status gcs_wait_until(struct program *program, gcs_time time, bool absorbed);
enum gcs_status gcs_run_phases(struct program *program);

#endif
