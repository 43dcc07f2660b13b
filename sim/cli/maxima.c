/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --max COLUMN=VALUE: what no trial may exceed. */
#include "study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_maximum(const char *word, struct maximum *maximum)
{
    const char *equals = strchr(word, '='), *why;
    char name[64];
    if (!equals || (size_t)(equals - word) >= sizeof name) {
        print_usage_error("--max %s: COLUMN=VALUE is expected", word);
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
    maximum->text = equals + 1;
    maximum->column = gcs_column_find(&gcs_summary_file, name);
    if (!maximum->column || maximum->column->cell == GCS_CELL_TEXT) {
        print_usage_error("--max %s: no such figure: see `gcsim list columns`", name);
        return false;
    }
    enum gcs_unit unit = gcs_same(maximum->column->unit, "ns")      ? GCS_UNIT_TIME
                         : gcs_same(maximum->column->unit, "bytes") ? GCS_UNIT_BYTES
                                                                    : GCS_UNIT_NONE;
    size_t length = strlen(maximum->text);
    maximum->relative = length > 1 && maximum->text[length - 1] == 'x';
    if (maximum->relative)
        unit = GCS_UNIT_NONE;
    if (gcs_parse_real(maximum->text, length - maximum->relative, unit, &maximum->value, &why))
        return true;
    print_usage_error("--max %s: %s", word, why);
    return false;
}

bool maxima_parse(const struct trials *trials, const struct options *options,
                  struct maximum *maxima)
{
    for (size_t i = 0; i < options->maxima.count; i++) {
        if (!parse_maximum(options->maxima.word[i], &maxima[i]))
            return false;
        if (maxima[i].relative && !trials->default_among) {
            print_usage_error(
                "--max %s: is measured by the default setting, which is not among "
                "the trials: add `-t default` and strategy default",
                options->maxima.word[i]);
            return false;
        }
    }
    return true;
}

/* A figure of a trial; false if it does not exist. */
static bool figure(const struct gcs_trial *trial, const struct gcs_column *column,
                   double *value)
{
    struct gcs_text cell;
    gcs_text_init(&cell, NULL);
    gcs_cell_print(column, trial, &cell);
    bool exists = cell.length > 0;
    if (exists)
        *value = strtod(cell.data, NULL);
    gcs_text_fini(&cell);
    return exists;
}

/* The trials of default settings, from the spool. */
struct defaults {
    struct gcs_trial *trials;
    size_t count;
};

static void gather_defaults(struct spool *spool, struct defaults *defaults)
{
    struct gcs_trial trial;
    size_t room = 0;
    for (spool_rewind(spool); spool_next(spool, &trial);) {
        if (!gcs_trial_is_default(&trial))
            continue;
        if (defaults->count == room) {
            room = room * 2 + 16;
            defaults->trials = realloc(defaults->trials, room * sizeof *defaults->trials);
            GCS_REQUIRE(defaults->trials != NULL);
        }
        defaults->trials[defaults->count++] = trial;
    }
}

/* The default setting's trial for the same program and model, or NULL. Both go by program. */
static const struct gcs_trial *default_for(const struct defaults *defaults,
                                           const struct gcs_trial *trial)
{
    size_t low = 0, high = defaults->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (defaults->trials[middle].program < trial->program)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < defaults->count && defaults->trials[low].program == trial->program; low++)
        if (defaults->trials[low].setting.model == trial->setting.model)
            return &defaults->trials[low];
    return NULL;
}

static bool is_kept(const struct defaults *defaults, const struct gcs_trial *trial,
                    const struct maximum *maximum)
{
    double value, base, limit = maximum->value;
    if (!figure(trial, maximum->column, &value))
        return true;
    if (maximum->relative) {
        const struct gcs_trial *other = default_for(defaults, trial);
        if (!other || !figure(other, maximum->column, &base))
            return true;
        limit *= base;
    }
    if (value <= limit)
        return true;
    print_usage_error("trial %llu: %s is %.9g, over --max %s (%.9g)",
                      (unsigned long long)trial->trial, maximum->column->name, value,
                      maximum->text, limit);
    return false;
}

int maxima_check(struct spool *spool, const struct maximum *maxima, size_t count)
{
    int code = EXIT_DONE;
    struct defaults defaults = {0};
    bool relative = false;
    for (size_t m = 0; m < count; m++)
        relative |= maxima[m].relative;
    if (relative)
        gather_defaults(spool, &defaults);
    for (size_t m = 0; m < count; m++) {
        struct gcs_trial trial;
        for (spool_rewind(spool); spool_next(spool, &trial);)
            if (!is_kept(&defaults, &trial, &maxima[m]))
                code = EXIT_OVER_MAX;
    }
    free(defaults.trials);
    return code;
}
