/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench.h — how fast and how large gcsim is.
 *
 *   subject.c   what is measured: traces made here, and workloads
 *   measure.c   a subject through every stage and setting, each figure the median of the runs
 *   real.c      the same trace in a real CPython
 *   show.c      the figures as a table for people, as CSV, as JSON
 *
 * Times are processor time of one core. A machine's noise is in them all, so look at ratios:
 * what is compared was measured in one run, in turns.
 */
#ifndef BENCH_H
#define BENCH_H

#include <gcsim/engine.h>
#include <gcsim/workload.h>

#include <stdio.h>

/* The model that is measured, and the interpreter that is asked for first. */
#define BENCH_MODEL  "cpython-3.11"
#define BENCH_PYTHON "3.11"

enum { STAGES_MAX = 9, PRICED = 5, RUNS_MAX = 99, SETTINGS = 1000 };

/** Where a subject's trace comes from. */
struct origin {
    const char *name;
    uint64_t max_events;           /* of what the workload generates; 0: no limit */
    uint64_t allocations;          /* of a trace made here; 0: the workload is the trace */
    struct gcs_workload *workload; /* what generates; borrowed. NULL: nothing does */
};

/** A pass over a whole trace. */
struct stage {
    const char *name;
    double seconds;
    uint64_t events, allocations;
};

/** One setting; a time that was not measured is 0. */
struct priced {
    int64_t threshold0;
    size_t collections;
    double replay, index, real; /* seconds */
};

/** What was measured of one trace. */
struct subject {
    char name[64];
    uint64_t events, allocations;
    uint64_t live_objects; /* at most, if nothing is collected */
    struct stage stages[STAGES_MAX];
    size_t stage_count;
    struct priced priced[PRICED];
    double thousand;    /* seconds of SETTINGS settings; 0: not measured */
    double plain_bytes; /* an event */
    double zstd_bytes;
    double replay_bytes;   /* an object that is alive at the peak */
    double analysis_bytes; /* the same: what the analysis needs beyond the index it leaves */
    double index_bytes;    /* an allocation */
    char python[64];       /* which interpreter `real` is; "": none */
};

/** How much is measured: making and reading a trace; the analysis and the index; all of it. */
enum depth { DEPTH_TRACE, DEPTH_ANALYSIS, DEPTH_WHOLE };
struct plan {
    int runs;
    enum depth depth;
    const char *real;     /* command that runs a trace in a real interpreter; NULL: don't */
    const char *scratch;  /* a path for the trace that it reads */
    struct gcs_cost cost; /* what collections cost */
};

/* subject.c */
/** Ends the program with one line if something failed. */
void must(enum gcs_status status, const struct gcs_error *error);
_Noreturn void give_up(const char *what, const char *which);
/** Reads files below the source tree's root. */
struct gcs_workload *read_workload(const char *root, const char *path);
void read_cost(const char *root, const char *path, struct gcs_arena *arena,
               struct gcs_cost *cost);
/** The trace that the stages work on. */
struct gcs_trace *make_trace(const struct origin *origin, struct gcs_memory *memory);
/** As a sweep does it: not compressed; or as a file has it. */
struct gcs_trace *generate(const struct origin *origin, bool compress,
                           struct gcs_memory *memory);
/** The same events, compressed or not. */
struct gcs_trace *recode(const struct gcs_trace *trace, bool compress,
                         struct gcs_memory *memory);

/* measure.c */
void measure(const struct origin *origin, const struct plan *plan, struct subject *subject);

/** Prepares what a phase needs, then runs it so many times; says what one run is of. For those
 *  who count instructions: what two runs take more than one is the phase alone. */
void repeat(const struct origin *origin, const struct plan *plan, const char *phase, int times);

/* real.c */
/** Fills in priced[].real and the interpreter's name, or leaves both. */
void measure_real(const struct gcs_trace *trace, const struct plan *plan,
                  struct subject *subject);

/* show.c */
enum shape { SHAPE_TEXT, SHAPE_CSV, SHAPE_JSON };
/** For people: one subject measured in full; those whose size grows; those of which the trace
 *  alone was measured. */
void show_subject(const struct subject *subject, int runs, FILE *to);
void show_growth(const struct subject *subjects, size_t count, FILE *to);
void show_traces(const struct subject *subjects, size_t count, FILE *to);
/** For programs: a figure a row. */
void show_rows(const struct subject *subjects, size_t count, enum shape shape, FILE *to);

#endif
