/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials on their way to tables (study.h). */
#include "study.h"
#include "trials.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is kept of a trial: all up to its error. */
enum { RECORD = offsetof(struct gcs_trial, error) };

void spool_init(struct spool *spool, const char *directory)
{
    *spool = (struct spool){.directory = directory};
    spool->rows = malloc(BATCH * sizeof *spool->rows);
    GCS_REQUIRE(spool->rows != NULL);
}

void spool_fini(struct spool *spool)
{
    if (spool->file)
        fclose(spool->file);
    free(spool->rows);
    free(spool->standings);
    *spool = (struct spool){0};
}

static bool open_file(struct spool *spool)
{
    const char *directory = spool->directory ? spool->directory : getenv("TMPDIR");
    char *path = path_join(directory && *directory ? directory : "/tmp", "gcsim.XXXXXX");
    int descriptor = mkstemp(path);
    if (descriptor >= 0) {
        unlink(path);
        spool->file = fdopen(descriptor, "w+b");
    }
    if (!spool->file)
        print_line("%s: cannot be written: %s", path, strerror(errno));
    free(path);
    return spool->file != NULL;
}

/* Says why, once. */
static void refuse(struct spool *spool, int why)
{
    if (!spool->failed)
        print_usage_error("trials do not fit into a temporary file: %s", strerror(why));
    spool->failed = true;
}

static void keep(struct spool *spool, const struct gcs_trial *trial)
{
    if (spool->row_count < BATCH)
        memcpy(&spool->rows[spool->row_count++], trial, RECORD);
    else if (!spool->file && !open_file(spool))
        spool->failed = true;
    else if (fwrite(trial, RECORD, 1, spool->file) != 1)
        refuse(spool, errno);
}

void spool_add(struct spool *spool, const struct gcs_trial *trial, uint32_t group)
{
    if (spool->failed)
        return;
    if (spool->count == spool->capacity) {
        spool->capacity = spool->capacity * 2 + 64;
        spool->standings =
            realloc(spool->standings, spool->capacity * sizeof *spool->standings);
        GCS_REQUIRE(spool->standings != NULL);
    }
    spool->standings[spool->count++] = gcs_standing_of(&trial->summary, group);
    keep(spool, trial);
}

bool spool_end(struct spool *spool)
{
    if (spool->file && !spool->failed && fflush(spool->file) != 0)
        refuse(spool, errno);
    if (!spool->failed && gcs_pareto(spool->standings, spool->count))
        return true;
    if (!spool->failed)
        print_usage_error("out of memory");
    return false;
}

void spool_rewind(struct spool *spool)
{
    spool->next = 0;
    if (spool->file)
        rewind(spool->file);
}

bool spool_next(struct spool *spool, struct gcs_trial *trial)
{
    if (spool->next == spool->count)
        return false;
    memset(trial, 0, sizeof *trial);
    if (spool->next < spool->row_count)
        memcpy(trial, &spool->rows[spool->next], RECORD);
    else if (fread(trial, RECORD, 1, spool->file) != 1) {
        print_usage_error("trials cannot be read back from a temporary file");
        spool->failed = true;
        return false;
    }
    trial->pareto = spool->standings[spool->next++].on_front;
    return true;
}
