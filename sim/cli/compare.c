/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gcsim compare: settings side by side over the same seeds. */
#include "study.h"
#include "trials.h"

#include <stdlib.h>

static size_t arms_of(const struct trials *trials)
{
    return (size_t)(trials->total / trials->plan.program_count);
}

bool comparison_check(const struct trials *trials)
{
    size_t arms = arms_of(trials);
    if (arms >= 2 && arms <= 64)
        return true;
    if (arms < 2)
        print_usage_error("one setting: there is nothing to compare; name at least two, "
                          "-S default,collect-freeze, or models or -t");
    else
        print_usage_error(
            "%zu settings: a comparison takes at most 64; `gcsim sweep` takes more", arms);
    return false;
}

void steadies_init(struct steadies *steadies, const struct trials *trials)
{
    steadies->of = calloc((size_t)trials->total, sizeof *steadies->of);
    steadies->scratch = calloc(2, sizeof *steadies->scratch);
    GCS_REQUIRE(steadies->of && steadies->scratch);
}

void steadies_fini(struct steadies *steadies)
{
    free(steadies->of);
    free(steadies->scratch);
    *steadies = (struct steadies){0};
}

void steadies_note(struct steadies *steadies, const struct gcs_trial *trial,
                   const struct gcs_ledger *ledger)
{
    gcs_steady_of(ledger, &steadies->scratch[0], &steadies->scratch[1],
                  &steadies->of[trial->trial - 1]);
}

static void add_row(void *to, const void *row)
{
    rows_add(to, row);
}

/* One point of the axes, or the only one. */
static void render_point(const struct gcs_comparison *comparison, struct rows *rows,
                         struct gcs_text *text)
{
    bool done;
    if (rows) {
        done = gcs_compare_rows(comparison, add_row, rows);
    } else {
        if (comparison->trials[0].axes)
            gcs_text_add(text, "%s\n", comparison->trials[0].axes);
        done = gcs_print_comparison(comparison, text);
    }
    text->failed |= !done;
}

void comparison_render(const struct trials *trials, const struct steadies *steadies,
                       struct spool *spool, enum format format, struct gcs_text *text)
{
    const struct wanted *wanted = trials->grid->wanted;
    size_t seeds = (size_t)wanted->seeds, arms = arms_of(trials);
    struct gcs_trial *point = calloc(seeds * arms, sizeof *point);
    struct rows rows = {0};
    GCS_REQUIRE(point != NULL);
    if (format != FORMAT_TEXT)
        rows = rows_begin(&gcs_comparison_file, format, text);
    spool_rewind(spool);
    for (size_t p = 0; p < trials->plan.program_count / seeds; p++) {
        struct gcs_comparison comparison = {
            .trials = point,
            .steady = &steadies->of[p * seeds * arms],
            .arms = arms,
            .seeds = seeds,
            .seed = wanted->seed,
            .warmup = wanted->cut.mark ? wanted->cut.mark
                      : wanted->cut.ns ? wanted->warmup
                                       : NULL,
        };
        for (size_t i = 0; i < seeds * arms; i++)
            if (!spool_next(spool, &point[i]))
                text->failed = true;
        if (p && format == FORMAT_TEXT)
            gcs_text_add(text, "\n");
        if (!text->failed)
            render_point(&comparison, format == FORMAT_TEXT ? NULL : &rows, text);
    }
    if (format != FORMAT_TEXT)
        rows_end(&rows);
    free(point);
}

int command_compare(const struct options *options)
{
    struct options compared = *options;
    compared.compare = true;
    return study_command(&compared, true);
}
