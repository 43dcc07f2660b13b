/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strategies side by side: what each does over the seeds, and how far it is from the first. */
#include <gcsim/report.h>

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Figures that are compared; all in summary.csv. */
static const char *const figures[] = {"gc_share",     "gc_ns",          "pause_ns_p99",
                                      "pause_ns_max", "request_ns_p99", "request_ns_max",
                                      "peak_bytes"};
enum { FIGURES = sizeof figures / sizeof figures[0] };

#define ROW(name, unit, cell, member, help)                                      \
    {                                                                            \
        name, unit, help, GCS_CELL_##cell, offsetof(struct gcs_compared, member) \
    }

static const struct gcs_column columns[] = {
    ROW("figure", "", TEXT, figure, "a column of summary.csv"),
    ROW("axes", "", TEXT, axes, "values of the workload's keys that the study varies"),
    ROW("model", "", TEXT, model, "the collector modelled"),
    ROW("strategy", "", TEXT, strategy, "what the program does about the collector"),
    ROW("threshold0", "", I64, threshold[0], "where the interpreter starts"),
    ROW("threshold1", "", I64, threshold[1], "the same, generation 1"),
    ROW("threshold2", "", I64, threshold[2], "the same, generation 2"),
    ROW("n", "", U64, spread.count, "seeds for which the figure exists"),
    ROW("median", "", REAL, spread.median, "over the seeds"),
    ROW("p99", "", REAL, spread.p99, "over the seeds: 99 % are no larger"),
    ROW("max", "", REAL, spread.max, "over the seeds: the largest"),
    ROW("pairs", "", U64, pairs, "seeds for which the baseline has the figure, too"),
    ROW("difference_mean", "", REAL, mean, "of the pairs: this one less the baseline"),
    ROW("difference_median", "", REAL, difference.median, "the same, median"),
    ROW("difference_max", "", REAL, difference.max, "the same, the largest"),
    ROW("t_low", "", REAL, t.low, "95 % interval of difference_mean, Student's t"),
    ROW("t_high", "", REAL, t.high, "its upper end"),
    ROW("bootstrap_low", "", REAL, bootstrap.low, "the same by the bootstrap's percentiles"),
    ROW("bootstrap_high", "", REAL, bootstrap.high, "its upper end"),
    ROW("warning", "", TEXT, warning, "few_seeds, few_full_collections, no_collections"),
};
const struct gcs_file gcs_comparison_file = {
    "comparison.csv", "strategies against the first, paired by seed: gcsim compare", columns,
    sizeof columns / sizeof columns[0]};

static const struct {
    const char *name, *advice;
} warnings[GCS_COMPARED_WARNINGS] = {
    [GCS_COMPARED_FINE] = {NULL, NULL},
    [GCS_COMPARED_FEW_SEEDS] = {"few_seeds", "fewer than 5 pairs: raise --seeds"},
    [GCS_COMPARED_FEW_FULL] = {"few_full_collections",
                               "\n   "
                               "the longest pauses are a few events, their p99 means little; "
                               "a longer duration tells"},
    [GCS_COMPARED_NONE] = {"no_collections", "nothing was collected: there are no pauses"},
};

static double value_of(const struct gcs_trial *trial, const struct gcs_column *column)
{
    struct gcs_text cell;
    gcs_text_init(&cell, NULL);
    gcs_cell_print(column, trial, &cell);
    double value = cell.length ? strtod(cell.data, NULL) : (double)NAN;
    gcs_text_fini(&cell);
    return value;
}

static uint64_t least_full(const struct gcs_comparison *comparison, size_t arm)
{
    uint64_t least = UINT64_MAX;
    for (size_t seed = 0; seed < comparison->seeds; seed++) {
        const struct gcs_summary *summary =
            &comparison->trials[seed * comparison->arms + arm].summary;
        if (summary->collections[GCS_GENERATIONS - 1] < least)
            least = summary->collections[GCS_GENERATIONS - 1];
    }
    return least;
}

enum { FEW_PAIRS = 5, FEW_FULL = 10 };

static enum gcs_compared_warning warn_of(const struct gcs_comparison *comparison, size_t arm,
                                         const struct gcs_compared *row)
{
    bool pauses = strncmp(row->figure, "pause", 5) == 0;
    if (pauses && row->spread.count == 0)
        return GCS_COMPARED_NONE;
    if (row->spread.count && row->pairs < FEW_PAIRS)
        return GCS_COMPARED_FEW_SEEDS;
    return pauses && least_full(comparison, arm) < FEW_FULL ? GCS_COMPARED_FEW_FULL
                                                            : GCS_COMPARED_FINE;
}

/* Over the seeds of one setting; `scratch` holds two values a seed. */
static bool compare(const struct gcs_comparison *comparison, size_t arm, const char *figure,
                    double *scratch, struct gcs_compared *row)
{
    const struct gcs_column *column = gcs_column_find(&gcs_summary_file, figure);
    const struct gcs_trial *first = &comparison->trials[arm];
    double *values = scratch, *differences = scratch + comparison->seeds, sum = 0;
    size_t count = 0;
    *row = (struct gcs_compared){.figure = figure,
                                 .unit = column->unit,
                                 .axes = first->axes,
                                 .model = first->model,
                                 .strategy = first->strategy};
    memcpy(row->threshold, first->setting.threshold, sizeof row->threshold);
    for (size_t seed = 0; seed < comparison->seeds; seed++) {
        const struct gcs_trial *pair = &comparison->trials[seed * comparison->arms];
        double value = value_of(&pair[arm], column), base = value_of(&pair[0], column);
        if (isnan(value))
            continue;
        values[count++] = value;
        if (!isnan(base))
            sum += differences[row->pairs++] = value - base;
    }
    bool done = gcs_spread_of(values, count, &row->spread);
    if (arm == 0)
        row->difference = (struct gcs_spread_figures){0, (double)NAN, (double)NAN, (double)NAN};
    else
        done = done && gcs_spread_of(differences, row->pairs, &row->difference);
    row->mean = arm && row->pairs ? sum / (double)row->pairs : (double)NAN;
    row->t = gcs_t_interval(differences, arm ? row->pairs : 0);
    done = done && gcs_bootstrap_interval(differences, arm ? row->pairs : 0, comparison->seed,
                                          &row->bootstrap);
    row->kind = warn_of(comparison, arm, row);
    row->warning = warnings[row->kind].name;
    return done;
}

bool gcs_compare_rows(const struct gcs_comparison *comparison,
                      void (*add)(void *to, const void *row), void *to)
{
    double *scratch = calloc(2 * comparison->seeds + 1, sizeof *scratch);
    bool done = scratch != NULL;
    for (size_t f = 0; f < FIGURES && done; f++)
        for (size_t arm = 0; arm < comparison->arms && done; arm++) {
            struct gcs_compared row;
            done = compare(comparison, arm, figures[f], scratch, &row);
            if (done)
                add(to, &row);
        }
    free(scratch);
    return done;
}

/*
 * For people
 */
static void print_value(const struct gcs_compared *row, double value, bool sign, char text[24])
{
    char plain[16];
    double size = fabs(value);
    const char *mark = value < 0 ? "-" : sign && value > 0 ? "+" : "";
    if (isnan(value)) {
        snprintf(text, 24, "-");
        return;
    }
    if (gcs_same(row->unit, "ns"))
        gcs_print_time((gcs_time)llround(size), plain);
    else if (gcs_same(row->unit, "bytes"))
        gcs_print_bytes((uint64_t)llround(size), plain);
    else
        snprintf(plain, sizeof plain, "%.2f %%", 100 * size);
    snprintf(text, 24, "%s%s", mark, plain);
}

struct printing {
    struct gcs_grid grid;
    const char *figure;
    bool models, thresholds, requests;
    bool warned[GCS_COMPARED_WARNINGS];
};

static void add_interval(struct printing *printing, const struct gcs_compared *row,
                         const struct gcs_interval *interval)
{
    char low[24], high[24];
    print_value(row, interval->low, true, low);
    print_value(row, interval->high, true, high);
    const char *unit = strchr(low, ' '), *other = strchr(high, ' ');
    int length = (int)strlen(low);
    if (unit && other && gcs_same(unit, other)) /* once is enough */
        length = (int)(unit - low);
    if (isnan(interval->low))
        gcs_grid_add(&printing->grid, "-");
    else
        gcs_grid_add(&printing->grid, "%.*s..%s", length, low, high);
}

static void print_row(void *to, const void *made)
{
    struct printing *printing = to;
    const struct gcs_compared *row = made;
    struct gcs_grid *grid = &printing->grid;
    if (strncmp(row->figure, "request", 7) == 0 && !printing->requests)
        return;
    bool same = printing->figure && gcs_same(printing->figure, row->figure);
    char text[24], name[80];
    printing->figure = row->figure;
    printing->warned[row->kind] = true;
    snprintf(name, sizeof name, "%.30s", row->strategy);
    if (printing->models)
        snprintf(name + strlen(name), sizeof name - strlen(name), " %.16s", row->model);
    if (printing->thresholds)
        snprintf(name + strlen(name), sizeof name - strlen(name), " %lld,%lld,%lld",
                 (long long)row->threshold[0], (long long)row->threshold[1],
                 (long long)row->threshold[2]);
    gcs_grid_add(grid, "%s", same ? "" : row->figure);
    gcs_grid_add(grid, "%s", name);
    gcs_grid_add(grid, "%zu", row->spread.count);
    print_value(row, row->spread.median, false, text);
    gcs_grid_add(grid, "%s", text);
    print_value(row, row->spread.max, false, text);
    gcs_grid_add(grid, "%s", text);
    print_value(row, row->mean, true, text);
    gcs_grid_add(grid, "%s", text);
    add_interval(printing, row, &row->t);
    add_interval(printing, row, &row->bootstrap);
    gcs_grid_add(grid, "%.*s", (int)row->kind, "!!!");
}

/* Of the settings that collect at all. */
static uint64_t fewest_full(const struct gcs_comparison *comparison)
{
    uint64_t fewest = UINT64_MAX;
    for (size_t arm = 0; arm < comparison->arms; arm++) {
        uint64_t least = least_full(comparison, arm);
        bool collects = comparison->trials[arm].summary.pause_ns_max != GCS_ABSENT;
        if (collects && least < fewest)
            fewest = least;
    }
    return fewest;
}

bool gcs_print_comparison(const struct gcs_comparison *comparison, struct gcs_text *text)
{
    static const char *const heads[] = {"figure", "strategy", "n",         "median", "max",
                                        "change", "95 %, t",  "bootstrap", ""};
    const struct gcs_trial *trials = comparison->trials;
    struct printing printing = {.requests = trials[0].summary.requests > 0};
    for (size_t arm = 1; arm < comparison->arms; arm++) {
        printing.models |= trials[arm].setting.model != trials[0].setting.model;
        printing.thresholds |= gcs_same(trials[arm].strategy, trials[0].strategy);
    }
    gcs_grid_init(&printing.grid, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        gcs_grid_add(&printing.grid, "%s", heads[i]);
    bool done = gcs_compare_rows(comparison, print_row, &printing);
    gcs_grid_print(&printing.grid, text);
    gcs_grid_fini(&printing.grid);
    gcs_text_add(text,
                 "\nDifferences are means over seeds, each seed's trace against the same "
                 "trace under\n%s; an interval without 0 tells the two apart.\n",
                 trials[0].strategy);
    for (unsigned w = 1; w < GCS_COMPARED_WARNINGS; w++)
        if (printing.warned[w] && w == GCS_COMPARED_FEW_FULL)
            gcs_text_add(text, "%.*s %llu full collections in the seed with the fewest:%s\n",
                         (int)w, "!!!", (unsigned long long)fewest_full(comparison),
                         warnings[w].advice);
        else if (printing.warned[w])
            gcs_text_add(text, "%.*s %s\n", (int)w, "!!!", warnings[w].advice);
    return done;
}
