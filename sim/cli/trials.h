/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trials.h — from input and options to an array of trials, for the files that do it:
 *
 *   wanted.c     what is wanted: options win over a study's keys
 *   programs.c   the programs: axes × seeds
 *   trials.c     models, strategies and costs by name
 *   grid.c       models × strategies × thresholds over the programs, batch by batch
 *   effective.c  all of it as a study that gives the same bytes again
 */
#ifndef GCSIM_CLI_TRIALS_H
#define GCSIM_CLI_TRIALS_H

#include "cli.h"

enum { TRIALS_MAX = 4000000, BATCH = 4096 /* trials in memory at a time */ };

/* What is wanted, whoever said it. */
struct wanted {
    struct gcs_names models;
    struct gcs_names thresholds;
    struct gcs_names threshold1;
    struct gcs_names threshold2;
    struct gcs_names strategies;
    const char *cost;
    uint64_t seed;
    uint64_t seeds;
    const char *program_gc;
    const char *memory;
    const char *engine;
    uint64_t max_events;
    uint64_t max_memory;
    struct gcs_names columns;
    const char *warmup;    /* a mark or a time; NULL: nobody said */
    struct gcs_warmup cut; /* the same; in comparisons only */
};

/* wanted.c */
enum gcs_status wanted_gather(struct trials *trials, const struct options *options, bool sweep,
                              struct wanted *wanted, struct gcs_error *error);
/** Appends the numbers and ranges of all texts to *numbers. */
enum gcs_status numbers_join(struct gcs_arena *arena, const struct gcs_names *texts,
                             struct gcs_numbers *numbers, struct gcs_error *error);

/* programs.c */
/** Finds where the traces come from: the input itself, or what a study names. Returns an exit
 * code. */
int program_open(struct trials *trials, const struct options *options);
enum gcs_status programs_make(struct trials *trials, const struct wanted *wanted,
                              struct gcs_error *error);

/* grid.c */
/* A setting's thresholds, and its place in the order wanted. */
struct triple {
    int32_t threshold[GCS_GENERATIONS];
    uint32_t order;
};

/* All settings of all programs, without an array of them: the thresholds of one model at a
 * time. */
struct grid {
    const struct wanted *wanted;
    const struct gcs_model **models;
    struct gcs_cost *costs; /* by model */
    size_t model_count;
    const struct gcs_strategy *strategies;
    size_t strategy_count;
    struct triple *triples; /* of models[loaded - 1] */
    size_t triple_count;
    size_t loaded;                              /* 0: none */
    size_t program, model, strategy, threshold; /* of the next trial */
};
struct grid *grid_new(struct trials *trials, const struct wanted *wanted);
/** Expands all of -t once: total, varied, default_among. Returns an exit code. */
int grid_count(struct trials *trials, bool sweep);
void grid_free(struct trials *trials);

/* effective.c */
enum gcs_status effective_print(struct trials *trials, const struct wanted *wanted,
                                struct gcs_error *error);

#endif
