/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * study.h — what the commands that run a study share:
 *
 *   study.c    runs the batches, prints and writes what came of them
 *   spool.c    trials on their way to tables
 *   maxima.c   what --max forbids
 *   compare.c  settings against the first of them
 */
#ifndef GCSIM_CLI_STUDY_H
#define GCSIM_CLI_STUDY_H

#include "cli.h"

/*
 * Trials that have run, in their order: the first batch's in memory, what goes beyond in a file
 * without a name. Of each there is also a standing in memory, as which trials make the front is
 * known only after the last: rows cannot be printed before.
 */
struct spool {
    const char *directory; /* for the file; NULL: $TMPDIR or /tmp */
    struct gcs_trial *rows;
    size_t row_count;
    void *file; /* NULL: none yet */
    struct gcs_standing *standings;
    size_t count;
    size_t capacity;
    size_t next; /* to be read */
    bool failed;
};
void spool_init(struct spool *spool, const char *directory);
void spool_fini(struct spool *spool);
void spool_add(struct spool *spool, const struct gcs_trial *trial, uint32_t group);
/** After the last: finds the front. Prints one line and returns false if not all could be
 *  kept. */
bool spool_end(struct spool *spool);
void spool_rewind(struct spool *spool);
/** The next trial, `pareto` filled in, but neither error nor gaps. false: that was the last,
 *  or it cannot be read: failed. */
bool spool_next(struct spool *spool, struct gcs_trial *trial);

/* One --max COLUMN=VALUE. */
struct maximum {
    const struct gcs_column *column;
    const char *text; /* the value as given */
    double value;
    bool relative; /* times the default setting's */
};
/** Before anything runs: all of --max makes sense. */
bool maxima_parse(const struct trials *trials, const struct options *options,
                  struct maximum *maxima);
/** Returns an exit code. */
int maxima_check(struct spool *spool, const struct maximum *maxima, size_t count);

/** Before anything runs: there is something to compare. */
bool comparison_check(const struct trials *trials);
/** What counts of each trial, gathered as they run. */
struct steadies {
    struct gcs_steady *of;         /* by trial */
    struct gcs_histogram *scratch; /* two */
};
void steadies_init(struct steadies *steadies, const struct trials *trials);
void steadies_fini(struct steadies *steadies);
void steadies_note(struct steadies *steadies, const struct gcs_trial *trial,
                   const struct gcs_ledger *ledger);
/** The comparison of each point of the axes. */
void comparison_render(const struct trials *trials, const struct steadies *steadies,
                       struct spool *spool, enum format format, struct gcs_text *text);

#endif
