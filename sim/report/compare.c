/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strategies side by side: what each does over the seeds, and how far it is from the first. */
#include "compare_private.h"

#include <math.h>
#include <stddef.h>
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
    ROW("bootstrap_low", "", REAL, bootstrap.low, "the same, studentised bootstrap"),
    ROW("bootstrap_high", "", REAL, bootstrap.high, "its upper end"),
    ROW("warning", "", TEXT, warning,
        "why the figure means little: few_seeds, few_requests, ..., with blanks between"),
    ROW("relative", "", REAL, relative, "difference_mean as a share of the baseline's mean"),
    ROW("verdict", "", TEXT, verdict,
        "better or worse: neither interval holds 0; unclear; same: in every seed"),
    ROW("seeds_needed", "", U64, seeds_needed,
        "to tell such a difference 4 times of 5, if unclear"),
    ROW("warmup", "", TEXT, warmup, "mark or time up to which nothing counts"),
    ROW("counted_ns_min", "ns", U64, counted.ns,
        "simulated time behind it, least of the seeds"),
    ROW("collections_min", "", U64, counted.collections, "collections behind it, the same"),
    ROW("full_min", "", U64, counted.full, "full collections behind it, the same"),
    ROW("requests_min", "", U64, counted.requests, "requests behind it, the same"),
    ROW("advice", "", TEXT, advice, "what to do about `warning`"),
};
const struct gcs_file gcs_comparison_file = {
    "comparison.csv", "strategies against the first, paired by seed: gcsim compare", columns,
    sizeof columns / sizeof columns[0]};

/* Of what counts. */
static double value_of(const struct gcs_comparison *comparison, size_t which,
                       const struct gcs_column *column)
{
    struct gcs_trial trial = comparison->trials[which];
    struct gcs_text cell;
    trial.summary = comparison->steady[which].summary;
    gcs_text_init(&cell, NULL);
    gcs_cell_print(column, &trial, &cell);
    double value = cell.length ? strtod(cell.data, NULL) : (double)NAN;
    gcs_text_fini(&cell);
    return value;
}

/* One figure over the seeds; room for one value a seed in each. */
struct sample {
    double *values;
    double *bases, *differences; /* of the pairs */
};

static void gather(const struct gcs_comparison *comparison, size_t arm,
                   const struct gcs_column *column, struct sample *sample,
                   struct gcs_compared *row)
{
    for (size_t seed = 0; seed < comparison->seeds; seed++) {
        double value = value_of(comparison, trial_at(comparison, arm, seed), column);
        double base = value_of(comparison, trial_at(comparison, 0, seed), column);
        if (isnan(value))
            continue;
        sample->values[row->spread.count++] = value;
        if (isnan(base))
            continue;
        sample->bases[row->pairs] = base;
        sample->differences[row->pairs++] = value - base;
    }
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return count ? sum / (double)count : (double)NAN;
}

/* What the intervals say, the bootstrap's where there is one; NULL: there is none. */
static const char *judge(const struct gcs_compared *row, const double *differences)
{
    bool same = row->pairs > 0, bootstrap = !isnan(row->bootstrap.low);
    for (size_t i = 0; i < row->pairs; i++)
        same = same && differences[i] == 0;
    if (same)
        return "same";
    if (isnan(row->t.low))
        return NULL;
    if (row->t.high < 0 && (!bootstrap || row->bootstrap.high < 0))
        return "better";
    return row->t.low > 0 && (!bootstrap || row->bootstrap.low > 0) ? "worse" : "unclear";
}

/* The differences, of all settings but the first. */
static bool set_against_first(const struct gcs_comparison *comparison,
                              const struct sample *sample, struct gcs_compared *row)
{
    double base = mean_of(sample->bases, row->pairs);
    bool done = gcs_spread_of(sample->differences, row->pairs, &row->difference) &&
                gcs_bootstrap_interval(sample->differences, row->pairs, comparison->seed,
                                       &row->bootstrap);
    row->mean = mean_of(sample->differences, row->pairs);
    row->relative = base != 0 ? row->mean / base : (double)NAN;
    row->t = gcs_t_interval(sample->differences, row->pairs);
    row->verdict = judge(row, sample->differences);
    uint64_t needed = gcs_pairs_needed(sample->differences, row->pairs);
    if (row->verdict && gcs_same(row->verdict, "unclear") && needed > row->pairs)
        row->seeds_needed = needed;
    return done;
}

/* All warnings of a row in words: their names, and what to do. */
static void warn(const struct gcs_comparison *comparison, size_t arm, struct gcs_text *names,
                 struct gcs_text *advice, struct gcs_compared *row)
{
    row->warnings = warnings_of(comparison, arm, row);
    for (unsigned w = 0; w < GCS_COMPARED_WARNINGS; w++) {
        if (!(row->warnings >> w & 1))
            continue;
        gcs_text_add(names, "%s%s", names->length ? " " : "", warning_name(w));
        gcs_text_add(advice, "%s", advice->length ? ". " : "");
        advise(comparison, arm, w, row, advice);
    }
    row->warning = row->warnings ? names->data : NULL;
    row->advice = row->warnings ? advice->data : NULL;
}

/* Over the seeds of one setting. */
static bool compare(const struct gcs_comparison *comparison, size_t arm, const char *figure,
                    struct sample *sample, struct gcs_compared *row)
{
    const struct gcs_column *column = gcs_column_find(&gcs_summary_file, figure);
    const struct gcs_trial *first = &comparison->trials[arm];
    const double none = (double)NAN;
    *row = (struct gcs_compared){
        .figure = figure,
        .unit = column->unit,
        .axes = first->axes,
        .model = first->model,
        .strategy = first->strategy,
        .mean = none,
        .difference = {0, none, none, none},
        .t = {none, none},
        .bootstrap = {none, none},
        .relative = none,
        .seeds_needed = GCS_ABSENT,
        .warmup = comparison->steady[arm].cut.met ? comparison->warmup : NULL,
        .counted = counted_of(comparison, arm),
    };
    memcpy(row->threshold, first->setting.threshold, sizeof row->threshold);
    gather(comparison, arm, column, sample, row);
    return gcs_spread_of(sample->values, row->spread.count, &row->spread) &&
           (arm == 0 || set_against_first(comparison, sample, row));
}

bool gcs_compare_rows(const struct gcs_comparison *comparison,
                      void (*add)(void *to, const void *row), void *to)
{
    double *values = calloc(3 * comparison->seeds + 1, sizeof *values);
    struct sample sample = {values, values + comparison->seeds, values + 2 * comparison->seeds};
    bool done = values != NULL;
    for (size_t f = 0; f < FIGURES && done; f++)
        for (size_t arm = 0; arm < comparison->arms && done; arm++) {
            struct gcs_compared row;
            struct gcs_text names, advice;
            gcs_text_init(&names, NULL);
            gcs_text_init(&advice, NULL);
            done = compare(comparison, arm, figures[f], &sample, &row);
            warn(comparison, arm, &names, &advice, &row);
            done = done && !names.failed && !advice.failed;
            if (done)
                add(to, &row);
            gcs_text_fini(&names);
            gcs_text_fini(&advice);
        }
    free(values);
    return done;
}
