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

/** What is varied: everything but the program. Borrowed. */
struct gcs_setting {
    const struct gcs_model *model;
    int64_t threshold[GCS_GENERATIONS]; /* where the interpreter starts */
    const struct gcs_strategy *strategy;
    const struct gcs_cost *cost;
    bool ignore_program_gc; /* the trace's own `c` and `g` lines do nothing */
    enum gcs_memory_model memory;
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
    bool thresholds_overruled;    /* program or strategy set thresholds of their own */
    bool freeze_missing;          /* freeze was asked of a version that has none */
    const struct gcs_rule *unmet; /* a rule whose mark never came, or NULL */
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

/** What the trace has that replay does not model under this model, one a line ("weak
 * references' callbacks are not called"); empty if there is nothing. */
void gcs_replay_gaps(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                     const struct gcs_model *model, struct gcs_text *text);
/** All such gaps, for `gcsim list models`: NULL behind the last. */
const char *gcs_replay_gap(size_t index);

#endif
