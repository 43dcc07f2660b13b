/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * study.h — an array of trials, run on all cores.
 *
 * A program is one trace: given, or generated from a workload and a seed when its first trial
 * needs it, and given up after its last. A trial is a program under a setting; what comes out
 * is written into its own place in the array, so results do not depend on the number of
 * workers.
 */
#ifndef GCSIM_STUDY_H
#define GCSIM_STUDY_H

#include <gcsim/engine.h>
#include <gcsim/measure.h>
#include <gcsim/workload.h>

/** Where a trace comes from. */
struct gcs_program {
    const struct gcs_trace *trace;       /* given (borrowed), or NULL: */
    const struct gcs_workload *workload; /* generated (borrowed) */
    uint64_t seed;
    uint64_t max_events; /* 0: none */
    const char *axes;    /* "rate=300 cyclic=0.1", or NULL */
};

struct gcs_trial {
    /* In */
    uint64_t trial; /* number in the study, from 1 */
    size_t program; /* index */
    struct gcs_setting setting;
    /* As columns show it */
    const char *input;
    const char *model;
    const char *strategy;
    const char *axes;
    uint64_t seed;
    /* Out */
    enum gcs_status status;
    const char *engine;
    struct gcs_summary summary;
    bool pareto;
    unsigned warn_thresholds_overruled; /* a bit for each threshold */
    bool warn_freeze_missing;
    const struct gcs_rule *unmet;
    struct gcs_error error;
    char *gaps; /* lines, malloc'ed; NULL: none. gcs_study_fini frees it */
};

/** Strategy `default` at the model's own thresholds. */
bool gcs_trial_is_default(const struct gcs_trial *trial);

/** What a program's trials wait for. */
#define GCS_STAGE_LIST(X)     \
    X(GENERATE, "generating") \
    X(LIFETIMES, "analysing") \
    X(INDEX, "indexing")
#define GCS_STAGE_ENUM_(name, text) GCS_STAGE_##name,
enum gcs_stage { GCS_STAGE_LIST(GCS_STAGE_ENUM_) GCS_STAGE_COUNT };
const char *gcs_stage_name(enum gcs_stage stage);

/** Called by workers, never by two at a time; each may be NULL.
 *  `trial_done`: after a trial. The ledger and the pauses and latencies are the worker's, valid
 *  during the call. false: give up.
 *  `stage_moved`: now and then while a trace is made or analysed: `events` of `total`, 0 where
 *  nobody knows yet. */
struct gcs_observer {
    bool (*trial_done)(void *observer, const struct gcs_trial *trial,
                       const struct gcs_ledger *ledger, const struct gcs_histogram *pauses,
                       const struct gcs_histogram *requests);
    void (*stage_moved)(void *observer, enum gcs_stage stage, uint64_t events, uint64_t total);
    void *observer;
};

/** Which engine prices trials. */
enum gcs_engine {
    GCS_ENGINE_AUTO,   /* the index where it covers the trial and pays */
    GCS_ENGINE_REPLAY, /* always replay */
    GCS_ENGINE_INDEX,  /* always the index; what it does not cover fails */
};

/** Where indexes of given traces may be kept from one study to the next; calls may be NULL.
 * Called by any worker, not by two for the same index. */
struct gcs_index_store {
    /* The index of the trace under the model's rules, if there is one that fits. */
    bool (*load)(void *store, const struct gcs_trace *trace, const struct gcs_model *model,
                 struct gcs_memory *memory, struct gcs_index **index);
    void (*keep)(void *store, const struct gcs_trace *trace, const struct gcs_model *model,
                 const struct gcs_index *index);
    void *store;
};

struct gcs_study_plan {
    struct gcs_program *programs;
    size_t program_count;
    struct gcs_trial *trials; /* sorted by program */
    size_t trial_count;
    unsigned jobs;     /* ≥ 1 */
    size_t max_memory; /* for all workers together; 0: none */
    enum gcs_engine engine;
    bool histories; /* the heap's history is wanted */
    bool check;     /* heap invariants after every collection */
    bool cut;       /* a trial whose warm-up never ends fails */
    struct gcs_observer observer;
    struct gcs_index_store indexes;
};

/** Runs all trials. The first failure in the array's order is returned with its error; trials
 * that ran have GCS_OK in status. Fills `pareto` among those with the same program axes and
 * seed set. */
enum gcs_status gcs_study_run(struct gcs_study_plan *plan, struct gcs_error *error);
void gcs_study_fini(struct gcs_study_plan *plan);

/**
 * The same in batches, for more trials than memory should hold: the plan's array is filled
 * anew for each. Between batches stays what the next one needs: traces and indexes. `plan` is
 * borrowed.
 */
struct gcs_batches;
enum gcs_status gcs_batches_open(struct gcs_study_plan *plan, struct gcs_batches **study,
                                 struct gcs_error *error);
/** `more`: the next batch may go on with the last trial's program and model. Leaves `pareto`
 *  alone. */
enum gcs_status gcs_batches_run(struct gcs_batches *study, bool more, struct gcs_error *error);
/** Trials of the same group compete: a number for the program's axes. */
uint32_t gcs_batches_group(const struct gcs_batches *study, const struct gcs_trial *trial);
/** NULL is fine. */
void gcs_batches_close(struct gcs_batches *study);

#endif
