/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What trials need before they can run, made once by whoever comes first and given up after the
 * last: a program's trace, a model's index of it, and for replays its lifetimes.
 */
#ifndef GCSIM_SUPPLY_H
#define GCSIM_SUPPLY_H

#include "workers.h"

#include <gcsim/study.h>

enum made { UNMADE, MAKING, MADE, GONE };

/* A program's trace. */
struct source {
    enum made made;
    size_t trials_left;
    struct gcs_memory memory;
    struct gcs_trace *generated;
    const struct gcs_trace *trace;
    enum made lifetimes_made;
    struct gcs_lifetimes lifetimes; /* empty before */
};

/* A model's index of a program. */
struct view {
    enum made made;
    bool wanted;
    size_t trials_left;
    struct gcs_memory memory;
    struct gcs_index *index; /* MADE: NULL if memory does not suffice */
};

struct supply {
    const struct gcs_study_plan *plan;
    struct source *sources; /* by program */
    struct view *views;     /* by program and model */
    bool holds;
    struct gcs_trial held; /* stands for trials to come */
};

enum gcs_status supply_new(struct supply *supply, const struct gcs_study_plan *plan,
                           struct gcs_error *error);
/** Counts what the plan's trials need. `more`: the last one's source and view are kept for the
 *  next batch. */
void supply_expect(struct supply *supply, bool more);
void supply_free(struct supply *supply);

struct source *source_of(const struct supply *supply, const struct gcs_trial *trial);
struct view *view_of(const struct supply *supply, const struct gcs_trial *trial);

/** Nobody is at what the trial needs. */
bool supply_is_ready(const struct supply *supply, const struct gcs_trial *trial);
/** Makes what the trial needs and is not there; false: it failed, the trial knows. The workers'
 *  lock is held on entry and on return, not meanwhile. */
bool supply_provide(struct supply *supply, struct workers *workers, struct gcs_trial *trial);
/** Makes the lifetimes, which only replays need; a failure is the trial's. The lock is not
 * held. */
enum gcs_status supply_lifetimes(struct supply *supply, struct workers *workers,
                                 struct gcs_trial *trial);
/** The trial is done with it. */
void supply_release(struct supply *supply, const struct gcs_trial *trial);

#endif
