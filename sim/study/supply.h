/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What trials need before they can run, made once by whoever comes first and given up after the
 * last: a program's trace with its lifetimes, and a model's index of it.
 */
#ifndef GCSIM_SUPPLY_H
#define GCSIM_SUPPLY_H

#include "workers.h"

#include <gcsim/study.h>

enum made { UNMADE, MAKING, MADE, GONE };

/* A program's trace and lifetimes. */
struct source {
    enum made made;
    size_t trials_left;
    struct gcs_memory memory;
    struct gcs_trace *generated;
    const struct gcs_trace *trace;
    struct gcs_lifetimes lifetimes;
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
};

enum gcs_status supply_new(struct supply *supply, const struct gcs_study_plan *plan,
                           struct gcs_error *error);
void supply_free(struct supply *supply);

struct source *source_of(const struct supply *supply, const struct gcs_trial *trial);
struct view *view_of(const struct supply *supply, const struct gcs_trial *trial);

/** Nobody is at what the trial needs. */
bool supply_is_ready(const struct supply *supply, const struct gcs_trial *trial);
/** Makes what the trial needs and is not there; false: it failed, the trial knows. The workers'
 *  lock is held on entry and on return, not meanwhile. */
bool supply_provide(struct supply *supply, struct workers *workers, struct gcs_trial *trial);
/** The trial is done with it. */
void supply_release(struct supply *supply, const struct gcs_trial *trial);

#endif
