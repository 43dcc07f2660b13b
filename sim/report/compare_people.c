/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison as a table for people, and what to know before it is believed. */
#include "compare_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

enum { MANY_SEEDS = 1000 }; /* nobody waits for */

struct printing {
    const struct gcs_comparison *comparison;
    struct gcs_grid grid;
    const char *figure;
    bool models, thresholds, requests;
    size_t arm; /* of the next row */
    enum gcs_compared_warning lettered[GCS_COMPARED_WARNINGS];
    unsigned letters;
    unsigned *warned; /* by setting: the warnings of its rows */
};

/* What tells settings apart. */
static void name_arm(const struct printing *printing, size_t arm, char name[80])
{
    const struct gcs_trial *trial = &printing->comparison->trials[arm];
    const int64_t *t = trial->setting.threshold;
    snprintf(name, 80, "%.30s", trial->strategy);
    if (printing->models)
        snprintf(name + strlen(name), 80 - strlen(name), " %.16s", trial->model);
    if (printing->thresholds)
        snprintf(name + strlen(name), 80 - strlen(name), " %lld,%lld,%lld", (long long)t[0],
                 (long long)t[1], (long long)t[2]);
}

static void add_interval(struct printing *printing, const struct gcs_compared *row,
                         const struct gcs_interval *interval)
{
    char low[24], high[24];
    print_value(row, interval->low, true, low);
    print_value(row, interval->high, true, high);
    const char *unit = strchr(low, ' '), *other = strchr(high, ' ');
    int length = (int)strlen(low);
    bool is_bare = interval->high == 0 && interval->low != 0; /* 0 has no unit */
    if (unit && other && gcs_same(unit, other) && !is_bare)   /* once is enough */
        length = (int)(unit - low);
    if (interval->high == 0)
        snprintf(high, sizeof high, "0");
    if (isnan(interval->low))
        gcs_grid_add(&printing->grid, "-");
    else
        gcs_grid_add(&printing->grid, "%.*s..%s", length, low, high);
}

static void add_change(struct printing *printing, const struct gcs_compared *row)
{
    char text[24];
    print_value(row, row->mean, true, text);
    if (row->verdict && gcs_same(row->verdict, "same"))
        gcs_grid_add(&printing->grid, "0");
    else
        gcs_grid_add(&printing->grid, "%s", text);
    if (isnan(row->relative))
        gcs_grid_add(&printing->grid, "-");
    else if (fabs(row->relative) < 0.0005)
        gcs_grid_add(&printing->grid, "0.0 %%");
    else
        gcs_grid_add(&printing->grid, "%+.*f %%", fabs(row->relative) < 0.0995 ? 1 : 0,
                     100 * row->relative);
}

/* The warnings that a letter in the table points to, in the order of their first row; the
 * others are about whole settings. */
static char letter_of(struct printing *printing, enum gcs_compared_warning warning)
{
    unsigned at = 0;
    while (at < printing->letters && printing->lettered[at] != warning)
        at++;
    if (at == printing->letters)
        printing->lettered[printing->letters++] = warning;
    return (char)('a' + (int)at);
}

static void add_verdict(struct printing *printing, const struct gcs_compared *row)
{
    char letters[2 * GCS_COMPARED_WARNINGS + 1] = "", number[32];
    for (unsigned w = GCS_COMPARED_NO_COLLECTIONS; w <= GCS_COMPARED_GARBAGE; w++)
        if (row->warnings >> w & 1)
            snprintf(letters + strlen(letters), sizeof letters - strlen(letters), "%s%c",
                     *letters ? " " : "", letter_of(printing, w));
    gcs_print_count(row->seeds_needed, number);
    if (row->seeds_needed != GCS_ABSENT && row->seeds_needed > MANY_SEEDS)
        gcs_grid_add(&printing->grid, "unclear, >1,000");
    else if (row->seeds_needed != GCS_ABSENT)
        gcs_grid_add(&printing->grid, "unclear, ~%s", number);
    else
        gcs_grid_add(&printing->grid, "%s", row->verdict ? row->verdict : "");
    gcs_grid_add(&printing->grid, "%s", letters);
}

static void print_row(void *to, const void *made)
{
    struct printing *printing = to;
    const struct gcs_compared *row = made;
    struct gcs_grid *grid = &printing->grid;
    size_t arm = printing->arm, seeds = printing->comparison->seeds;
    printing->arm = (arm + 1) % printing->comparison->arms;
    if (strncmp(row->figure, "request", 7) == 0 && !printing->requests)
        return;
    bool same = printing->figure && gcs_same(printing->figure, row->figure);
    char text[24], name[80];
    printing->figure = row->figure;
    printing->warned[arm] |= row->warnings;
    name_arm(printing, arm, name);
    gcs_grid_add(grid, "%s", same ? "" : row->figure);
    gcs_grid_add(grid, "%s", name);
    print_value(row, row->spread.median, false, text);
    if (row->spread.count && row->spread.count < seeds)
        gcs_grid_add(grid, "%s (%zu of %zu)", text, row->spread.count, seeds);
    else
        gcs_grid_add(grid, "%s", text);
    print_value(row, row->spread.max, false, text);
    gcs_grid_add(grid, "%s", text);
    add_change(printing, row);
    add_interval(printing, row, &row->t);
    add_interval(printing, row, &row->bootstrap);
    add_verdict(printing, row);
}

/* What was left out, and how much is left. */
static void print_warmup(const struct gcs_comparison *comparison, struct gcs_text *text)
{
    struct gcs_counted least = counted_of(comparison, 0);
    size_t runs = comparison->seeds * comparison->arms, met = 0;
    double cut = 0;
    char time[16], left[16], collections[32], requests[32];
    for (size_t i = 0; i < runs; i++) {
        met += comparison->steady[i].cut.met;
        cut += (double)comparison->steady[i].cut.time_ns;
    }
    if (!met) {
        gcs_text_add(text, "Warm-up: nothing is left out%s%s (--warmup MARK or TIME).\n\n",
                     comparison->warmup ? ": there is no mark " : "",
                     comparison->warmup ? comparison->warmup : "");
        return;
    }
    for (size_t arm = 1; arm < comparison->arms; arm++) {
        struct gcs_counted counted = counted_of(comparison, arm);
        if (counted.collections < least.collections)
            least.collections = counted.collections;
        if (counted.requests < least.requests)
            least.requests = counted.requests;
        if (counted.ns < least.ns)
            least.ns = counted.ns;
    }
    gcs_print_time((gcs_time)(cut / (double)met), time);
    gcs_print_time(least.ns, left);
    gcs_print_count(least.collections, collections);
    gcs_print_count(least.requests, requests);
    gcs_text_add(text, "Warm-up: all up to %s is left out, %s on average", comparison->warmup,
                 time);
    if (met < runs)
        gcs_text_add(text, "; in %zu of %zu runs it never comes", runs - met, runs);
    gcs_text_add(text, ".\nOf each run count at least %s, %s collections", left, collections);
    if (least.requests)
        gcs_text_add(text, ", %s requests", requests);
    gcs_text_add(text, "; peak memory is the whole run's.\n\n");
}

static bool concerns(const struct printing *printing, size_t arm,
                     enum gcs_compared_warning warning)
{
    return printing->warned[arm] >> warning & 1;
}

/* The line of a warning about the settings [from, to), which all come to the same advice. */
static void print_line(const struct printing *printing, char letter, size_t from, size_t to,
                       enum gcs_compared_warning warning, struct gcs_text *text)
{
    char name[80];
    const char *before = "";
    gcs_text_add(text, "%c  ", letter);
    if (to - from == printing->comparison->arms && to - from > 2)
        gcs_text_add(text, "all");
    else
        for (size_t arm = from; arm < to; arm++, before = ", ") {
            name_arm(printing, arm, name);
            gcs_text_add(text, "%s%s", before, name);
        }
    gcs_text_add(text, ": ");
    advise(printing->comparison, from, warning, NULL, text);
    gcs_text_add(text, "\n");
}

static bool same_advice(const struct printing *printing, size_t a, size_t b,
                        enum gcs_compared_warning warning)
{
    struct gcs_text texts[2];
    for (unsigned i = 0; i < 2; i++) {
        gcs_text_init(&texts[i], NULL);
        advise(printing->comparison, i ? b : a, warning, NULL, &texts[i]);
    }
    bool same = texts[0].data && texts[1].data && gcs_same(texts[0].data, texts[1].data);
    gcs_text_fini(&texts[0]);
    gcs_text_fini(&texts[1]);
    return same;
}

/* Neighbours with the same advice share a line. */
static void print_about(const struct printing *printing, char letter,
                        enum gcs_compared_warning warning, struct gcs_text *text)
{
    size_t arms = printing->comparison->arms;
    for (size_t from = 0, to; from < arms; from = to) {
        to = from + 1;
        if (!concerns(printing, from, warning))
            continue;
        while (to < arms && concerns(printing, to, warning) &&
               same_advice(printing, from, to, warning))
            to++;
        print_line(printing, letter, from, to, warning, text);
    }
}

static void print_advice(const struct printing *printing, struct gcs_text *text)
{
    static const enum gcs_compared_warning of_all[] = {GCS_COMPARED_ONE_SEED,
                                                       GCS_COMPARED_FEW_SEEDS};
    for (unsigned letter = 0; letter < printing->letters; letter++)
        print_about(printing, (char)('a' + (int)letter), printing->lettered[letter], text);
    for (unsigned i = 0; i < 2; i++)
        if (concerns(printing, 0, of_all[i])) {
            gcs_text_add(text, "!  ");
            advise(printing->comparison, 0, of_all[i], NULL, text);
            gcs_text_add(text, "\n");
        }
    print_about(printing, '!', GCS_COMPARED_NEVER_ACTED, text);
    print_about(printing, '!', GCS_COMPARED_NO_EFFECT, text);
}

static void print_legend(const struct printing *printing, struct gcs_text *text)
{
    const struct gcs_comparison *comparison = printing->comparison;
    char name[80];
    if (comparison->seeds < 2)
        return;
    name_arm(printing, 0, name);
    gcs_text_add(
        text,
        "\nOver %zu seeds. change: the mean of each seed's difference from %s, with 95 %% "
        "intervals.\nbetter, worse: neither interval holds 0. unclear, ~N: about N seeds "
        "would tell it, 4 times of 5.\n",
        comparison->seeds, name);
}

bool gcs_print_comparison(const struct gcs_comparison *comparison, struct gcs_text *text)
{
    static const char *const heads[] = {"figure", "strategy", "median",    "max", "change",
                                        "",       "95 %, t",  "bootstrap", "",    ""};
    const struct gcs_trial *trials = comparison->trials;
    struct printing printing = {.comparison = comparison,
                                .requests = comparison->steady[0].summary.requests > 0,
                                .warned = calloc(comparison->arms, sizeof *printing.warned)};
    if (!printing.warned)
        return false;
    for (size_t arm = 1; arm < comparison->arms; arm++) {
        printing.models |= trials[arm].setting.model != trials[0].setting.model;
        printing.thresholds |= gcs_same(trials[arm].strategy, trials[0].strategy);
    }
    print_warmup(comparison, text);
    gcs_grid_init(&printing.grid, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        gcs_grid_add(&printing.grid, "%s", heads[i]);
    bool done = gcs_compare_rows(comparison, print_row, &printing);
    gcs_grid_print(&printing.grid, text);
    gcs_grid_fini(&printing.grid);
    print_legend(&printing, text);
    print_advice(&printing, text);
    free(printing.warned);
    return done;
}
