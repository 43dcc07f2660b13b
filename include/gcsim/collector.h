/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector.h — models: what a CPython version's collector decides, and what its objects are
 * like.
 *
 * A model is data plus a pure function or two. They see counts and thresholds and answer which
 * generation to collect, or none, and at which count to ask; they cannot touch a heap. The
 * mechanism that carries the answer out is the heap's; when it is asked is the engine's
 * business (inside the allocation, or at the next check of the eval breaker).
 *
 * Adding a model: a row in sim/collector/models.c, its rules, and a row in
 * tests/collector_test.c. A new policy, like sim/collector/live_heap.c, is a file of its own.
 */
#ifndef GCSIM_COLLECTOR_H
#define GCSIM_COLLECTOR_H

#include <gcsim/config.h>
#include <gcsim/heap.h>

enum {
    GCS_NO_GENERATION = -1,
    GCS_DEFER = -2, /* none, and the count starts anew (3.14's free-threaded build) */
};

/** When an automatic collection runs. */
enum gcs_timing {
    GCS_TIMING_NEVER,
    GCS_TIMING_ALLOCATION, /* inside the allocation that exceeds threshold0 (to 3.11) */
    GCS_TIMING_CHECK,      /* at the next eval-breaker check (from 3.12) */
};

struct gcs_model {
    const char *name;     /* "cpython-3.12" */
    const char *versions; /* "3.12.3 and later 3.12" */
    const char *about;
    const char *checked;  /* exact or approximate; and checked against what, or why not */
    unsigned minor;       /* 3.minor, with rules.python2 2.minor; 0: no CPython version */
    unsigned first_patch; /* the row covers releases from this one to last_patch */
    unsigned last_patch;
    enum gcs_timing timing;
    bool check_tests_enabled; /* a scheduled run does not happen once disabled (3.12.3 on) */
    bool can_freeze;          /* gc.freeze exists (3.7 on) */
    int64_t threshold[GCS_GENERATIONS];
    struct gcs_rules rules;
    int (*choose)(const struct gcs_counts *counts, const int64_t threshold[GCS_GENERATIONS]);
    /* What count[0] has to exceed to trigger, as it stands from a collection to the next; NULL:
     * threshold0. */
    int64_t (*above)(const struct gcs_counts *counts, const int64_t threshold[GCS_GENERATIONS]);
};

/** All models, oldest first. */
const struct gcs_model *gcs_models(size_t *count);
/** The newest generational model, the default. */
const struct gcs_model *gcs_model_newest(void);
/** "cpython-3.12", or a release ("cpython-3.12.7") that resolves to its row, or either without
 *  "cpython-". GCS_INVALID: unknown, with the nearest name. */
enum gcs_status gcs_model_find(const char *name, const struct gcs_model **model,
                               struct gcs_error *error);

/** CPython's choice (gc_select_generation): the oldest generation over its threshold, but the
 *  full one only if long_lived_pending has reached a quarter of long_lived_total. */
int gcs_choose_generational(const struct gcs_counts *counts,
                            const int64_t threshold[GCS_GENERATIONS]);

/** The pause of a collection, in whole ns. */
gcs_time gcs_cost_pause(const struct gcs_cost *cost, const struct gcs_work *work);

#endif
