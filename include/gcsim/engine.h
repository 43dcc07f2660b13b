/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.h — one trace under one setting gives one ledger.
 *
 * The engine is where trace, heap and collector meet. It walks the trace, lets the heap do what
 * the program does, asks the model where CPython would, prices each collection, advances the
 * simulated clock, and writes down facts. It computes no statistics: see measure.h.
 *
 * At one event, in this order: the event, the deaths it causes, a collection that it triggers
 * (up to 3.11 inside the allocation, before the new object is tracked; from 3.12 after the
 * whole event, outside `u`…`v`), then the strategy's rules in their order.
 *
 * Time: `w` is work, `i` and waiting for a request's arrival are idle, pauses are pauses; their
 * sum is the clock. Idle time soaks up a collection that an `idle` rule starts in it.
 */
#ifndef GCSIM_ENGINE_H
#define GCSIM_ENGINE_H

#include <gcsim/collector.h>
#include <gcsim/config.h>
#include <gcsim/heap.h>
#include <gcsim/trace.h>

/** What of a run is warm-up: all up to the first time that the mark comes, with what is done at
 *  it; or all before a time. Neither: nothing. It changes nothing that happens. */
struct gcs_warmup {
    const char *mark; /* or NULL */
    gcs_time ns;      /* or 0 */
};

/** What is varied: everything but the program. Borrowed. */
struct gcs_setting {
    const struct gcs_model *model;
    int64_t threshold[GCS_GENERATIONS]; /* where the interpreter starts */
    const struct gcs_strategy *strategy;
    const struct gcs_cost *cost;
    bool ignore_program_gc; /* the trace's own `c` and `g` lines do nothing */
    enum gcs_memory_model memory;
    struct gcs_warmup warmup;
};

#define GCS_CAUSE_LIST(X)     \
    X(THRESHOLD, "threshold") \
    X(PROGRAM, "program")     \
    X(STRATEGY, "strategy")
#define GCS_CAUSE_ENUM_(name, text) GCS_CAUSE_##name,
enum gcs_cause { GCS_CAUSE_LIST(GCS_CAUSE_ENUM_) GCS_CAUSE_COUNT };
const char *gcs_cause_name(enum gcs_cause cause);

/** One collection. */
struct gcs_collection {
    uint64_t event;   /* at which it ran */
    gcs_time time_ns; /* when it started */
    gcs_time pause_ns;
    enum gcs_cause cause;
    struct gcs_work work;
    uint64_t live_objects; /* right after it */
    uint64_t heap_bytes;
};

/** The heap at one moment. */
struct gcs_sample {
    uint64_t event;
    gcs_time time_ns;
    uint64_t live_bytes;
    uint64_t garbage_bytes;
    uint64_t frozen_bytes;
    uint64_t live_objects;
    uint64_t footprint_bytes; /* GCS_NO_FOOTPRINT: not modelled */
};

enum { GCS_SAMPLES = 4096 };

/** The books at the end of the warm-up. A collection belongs to it if it started before. */
struct gcs_cut {
    bool met; /* false: the mark or the time never came */
    gcs_time time_ns;
    gcs_time mutator_ns;
    gcs_time gc_ns;
    gcs_time idle_ns;
    size_t collections;
    size_t requests; /* that ended */
};

/** The facts of one trial. Arrays grow in the budget given to init and are kept over resets. */
struct gcs_ledger {
    struct gcs_memory *memory;
    struct gcs_collection *collections;
    size_t collection_count;
    size_t collection_capacity;
    gcs_time *request_ns; /* from arrival to end, one a finished request */
    size_t request_count;
    size_t request_capacity;
    struct gcs_sample *samples; /* the highest heap of each stretch of sample_events events,
                                   then the end */
    size_t sample_count;
    size_t sample_capacity;
    uint64_t sample_events;

    uint64_t events;
    uint64_t allocations;
    gcs_time mutator_ns;
    gcs_time gc_ns;
    gcs_time idle_ns;
    gcs_time total_ns;      /* the clock at the end */
    double mean_bytes;      /* over simulated time; meaningless if total_ns is 0 */
    struct gcs_totals heap; /* at the end, with peaks */
    struct gcs_counts counts;
    struct gcs_cut cut;
    unsigned thresholds_overruled; /* a bit for each that program or strategy set anew */
    bool freeze_missing;           /* freeze was asked of a version that has none */
    const struct gcs_rule *unmet;  /* a rule that waits for a mark, requests or idle time where
                                      there was none, or NULL */
};
void gcs_ledger_init(struct gcs_ledger *ledger, struct gcs_memory *memory);
void gcs_ledger_reset(struct gcs_ledger *ledger);
void gcs_ledger_fini(struct gcs_ledger *ledger);

/** Plain replay: complete, and the reference. The ledger is reset first.
 *  GCS_INVALID: the trace names what is not there (error->event). GCS_LIMIT, GCS_NOMEM: memory.
 *  With `check`, the heap's invariants are checked after every collection. */
enum gcs_status gcs_replay(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                           const struct gcs_setting *setting, bool check,
                           struct gcs_memory *memory, struct gcs_ledger *ledger,
                           struct gcs_error *error);

/*
 * The index: a trace analysed once under one version's rules, then priced hundreds of times
 * faster than by replay (docs/index.md). Where it covers trace and setting its ledger is
 * replay's.
 */
struct gcs_index;

/** The analysis; borrows nothing but memory. GCS_INVALID: the trace is wrong. */
enum gcs_status gcs_index_new(const struct gcs_trace *trace, const struct gcs_rules *rules,
                              struct gcs_memory *memory, struct gcs_index **index,
                              struct gcs_error *error);
void gcs_index_free(struct gcs_index *index);
/** Whether it covers the trace under these rules: only such an index is worth keeping. */
bool gcs_index_covers(const struct gcs_index *index);
/** The index as bytes, for gcs_index_read on the same machine. false: the sink gave up. */
bool gcs_index_write(const struct gcs_index *index, const struct gcs_trace *trace,
                     const struct gcs_rules *rules, const struct gcs_sink *sink);
/** The index that was written. GCS_INVALID: the bytes are not, to the last one, an index that
 *  this gcsim made of this trace under these rules; the error says why. */
enum gcs_status gcs_index_read(const void *bytes, size_t size, const struct gcs_trace *trace,
                               const struct gcs_rules *rules, struct gcs_memory *memory,
                               struct gcs_index **index, struct gcs_error *error);
/** Whether there is an index for the model at all: it is generational. */
bool gcs_index_knows(const struct gcs_model *model);
/** What of this trace and setting the index does not cover, or NULL. */
const char *gcs_index_uncovered(const struct gcs_index *index,
                                const struct gcs_setting *setting);
/** Prices the setting, whose model has the rules that the index was made for. The heap's
 * history takes longer: without, `samples` stay empty. *uncovered: NULL, or what it met that it
 * does not cover: the ledger is worth nothing then. Any number of threads may ask at once. */
enum gcs_status gcs_index_evaluate(const struct gcs_index *index, const struct gcs_trace *trace,
                                   const struct gcs_setting *setting, bool history,
                                   struct gcs_memory *memory, struct gcs_ledger *ledger,
                                   const char **uncovered, struct gcs_error *error);

/*
 * Witnesses: why each collection ran, or did not
 */
#define GCS_OUTCOME_LIST(X)                                               \
    X(COLLECTED, "collected")                                             \
    X(MARKED, "marked")     /* an increment that only marked */           \
    X(CREDIT, "credit")     /* an increment that returned at once */      \
    X(FALLEN, "fallen")     /* at the check no count was over any more */ \
    X(DISABLED, "disabled") /* at the check the collector was disabled */
#define GCS_OUTCOME_ENUM_(name, text) GCS_OUTCOME_##name,
enum gcs_outcome { GCS_OUTCOME_LIST(GCS_OUTCOME_ENUM_) GCS_OUTCOME_COUNT };
const char *gcs_outcome_name(enum gcs_outcome outcome);

/** One time that the collector was asked. Why it answered so follows from the figures that it
 * saw: a model's choice is a pure function of counts and thresholds. */
struct gcs_decision {
    enum gcs_outcome outcome;
    uint64_t scheduled_event; /* whose allocation asked; collection.event: when it was heard */
    struct gcs_counts counts; /* as they were */
    int64_t threshold[GCS_GENERATIONS];
    struct gcs_increment before; /* of the incremental collector */
    struct gcs_increment after;
    struct gcs_collection collection; /* its work and pause are 0 unless there was some */
};

/** Who is told, as it happens; either may be NULL. `decided` returns false to give up: the run
 * then ends with GCS_LIMIT. The heap is as the decision left it. */
struct gcs_witness {
    bool (*decided)(void *witness, const struct gcs_decision *decision,
                    const struct gcs_heap *heap);
    void (*ended)(void *witness, const struct gcs_heap *heap);
    void *witness;
};

/** gcs_replay, with a witness. The ledger is the same with and without. */
enum gcs_status gcs_replay_witnessed(const struct gcs_trace *trace,
                                     const struct gcs_lifetimes *lifetimes,
                                     const struct gcs_setting *setting, bool check,
                                     const struct gcs_witness *witness,
                                     struct gcs_memory *memory, struct gcs_ledger *ledger,
                                     struct gcs_error *error);

/** What the trace has that replay does not model under this model, one a line ("weak
 * references' callbacks are not called"); empty if there is nothing. */
void gcs_replay_gaps(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                     const struct gcs_model *model, struct gcs_text *text);
/** All such gaps, for `gcsim list models`: NULL behind the last. */
const char *gcs_replay_gap(size_t index);

#endif
