/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trials.h — from input and options to an array of trials, for the files that do it:
 *
 *   wanted.c     what is wanted: options win over a study's keys
 *   programs.c   the programs: axes × seeds
 *   trials.c     models × strategies × thresholds over the programs
 *   effective.c  all of it as a study that gives the same bytes again
 */
#ifndef GCSIM_CLI_TRIALS_H
#define GCSIM_CLI_TRIALS_H

#include "cli.h"

enum { TRIALS_MAX = 4000000 };

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

/* effective.c */
enum gcs_status effective_print(struct trials *trials, const struct wanted *wanted,
                                struct gcs_error *error);

#endif
