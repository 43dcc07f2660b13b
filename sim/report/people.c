/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A study for people: one line a setting, the trade-offs that nothing beats marked, and one
 * line to paste.
 *
 * Trials that differ only in their seed are one setting; its figures are the medians over
 * seeds.
 */
#include <gcsim/report.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 48 };

/* How much more memory the advice may cost, how much longer the slowest pause may be, and what
 * counts as no difference: one course of a program is hardly known better. */
static const double memory_limit = 1.25, pause_limit = 1.10, tolerance = 0.02;

struct line {
    const struct gcs_trial *trial; /* the first of its seeds */
    uint64_t group;                /* first trial of its model and strategy */
    size_t seeds;
    bool pareto; /* for most seeds */
    bool is_default;
    bool any_threshold; /* stands for all thresholds of its strategy: they make no difference */
    double share;
    uint64_t p50, p99, max, request, peak, garbage, full, gc;
};

static bool same_setting(const struct gcs_trial *a, const struct gcs_trial *b)
{
    return a->setting.model == b->setting.model && gcs_same(a->strategy, b->strategy) &&
           memcmp(a->setting.threshold, b->setting.threshold, sizeof a->setting.threshold) ==
               0 &&
           gcs_same(a->axes ? a->axes : "", b->axes ? b->axes : "");
}

static bool same_group(const struct line *a, const struct line *b)
{
    return a->trial->setting.model == b->trial->setting.model &&
           gcs_same(a->trial->strategy, b->trial->strategy) &&
           gcs_same(a->trial->axes ? a->trial->axes : "", b->trial->axes ? b->trial->axes : "");
}

static int by_value(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* A line's trials stand together; `scratch` holds as many values as the line has seeds. */
static uint64_t median(const struct gcs_trial *const *trials, size_t count, size_t offset,
                       uint64_t *scratch)
{
    for (size_t i = 0; i < count; i++)
        memcpy(&scratch[i], (const unsigned char *)&trials[i]->summary + offset,
               sizeof *scratch);
    qsort(scratch, count, sizeof *scratch, by_value);
    return scratch[(count - 1) / 2];
}

#define MEDIAN(member) median(trials, count, offsetof(struct gcs_summary, member), scratch)

static struct line line_of(const struct gcs_trial *const *trials, size_t count,
                           uint64_t *scratch)
{
    size_t on_front = 0;
    struct line line = {.trial = trials[0], .seeds = count};
    for (size_t i = 0; i < count; i++)
        on_front += trials[i]->pareto;
    line.pareto = on_front * 2 > count;
    line.is_default = gcs_trial_is_default(line.trial);
    line.p50 = MEDIAN(pause_ns_p50);
    line.p99 = MEDIAN(pause_ns_p99);
    line.max = MEDIAN(pause_ns_max);
    line.request = MEDIAN(request_ns_p99);
    line.peak = MEDIAN(peak_bytes);
    line.garbage = MEDIAN(peak_garbage_bytes);
    line.full = MEDIAN(collections[2]);
    line.gc = MEDIAN(gc_ns);
    uint64_t work = MEDIAN(mutator_ns);
    line.share = work ? (double)line.gc / ((double)line.gc + (double)work) : (double)NAN;
    return line;
}

static int compare_groups(const struct gcs_trial *a, const struct gcs_trial *b)
{
    int order = strcmp(a->axes ? a->axes : "", b->axes ? b->axes : "");
    order = order ? order : strcmp(a->model, b->model);
    return order ? order : strcmp(a->strategy, b->strategy);
}

static int compare_thresholds(const struct gcs_trial *a, const struct gcs_trial *b)
{
    const int64_t *x = a->setting.threshold, *y = b->setting.threshold;
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        if (x[g] != y[g])
            return x[g] < y[g] ? -1 : 1;
    return 0;
}

static int by_setting(const void *a, const void *b)
{
    const struct gcs_trial *const *x = a, *const *y = b;
    int order = compare_groups(*x, *y);
    order = order ? order : compare_thresholds(*x, *y);
    return order ? order : (*x)->trial < (*y)->trial ? -1 : (*x)->trial > (*y)->trial;
}

static int by_group(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return compare_thresholds(x->trial, y->trial);
}

/* Groups of a model and strategy go by their first trials, lines within by thresholds. */
static void sort_lines(struct line *lines, size_t count)
{
    for (size_t from = 0, to; from < count; from = to) {
        uint64_t first = UINT64_MAX;
        for (to = from; to < count && same_group(&lines[from], &lines[to]); to++)
            if (lines[to].trial->trial < first)
                first = lines[to].trial->trial;
        for (size_t i = from; i < to; i++)
            lines[i].group = first;
    }
    qsort(lines, count, sizeof *lines, by_group);
}

/* One line for each setting. */
static size_t gather(const struct gcs_trial **sorted, size_t count, struct line *lines,
                     uint64_t *scratch)
{
    size_t found = 0;
    qsort(sorted, count, sizeof *sorted, by_setting);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && same_setting(sorted[from], sorted[to]);)
            to++;
        lines[found++] = line_of(&sorted[from], to - from, scratch);
    }
    sort_lines(lines, found);
    return found;
}

static bool same_figures(const struct line *a, const struct line *b)
{
    return a->p50 == b->p50 && a->p99 == b->p99 && a->max == b->max &&
           a->request == b->request && a->peak == b->peak && a->full == b->full &&
           a->gc == b->gc;
}

/* Keeps one line of each strategy that the thresholds do not touch. Returns how many are left.
 */
static size_t fold(struct line *lines, size_t count)
{
    size_t kept = 0;
    for (size_t from = 0, to; from < count; from = to) {
        bool untouched = true;
        for (to = from; to < count && same_group(&lines[from], &lines[to]); to++)
            untouched = untouched && same_figures(&lines[from], &lines[to]);
        lines[from].any_threshold = untouched && to - from > 1;
        for (size_t i = from; i < (lines[from].any_threshold ? from + 1 : to); i++)
            lines[kept++] = lines[i];
    }
    return kept;
}

static bool differ(const struct line *lines, size_t count, size_t which)
{
    for (size_t i = 1; i < count; i++) {
        const struct gcs_trial *a = lines[0].trial, *b = lines[i].trial;
        if (which == 0 ? a->setting.model != b->setting.model
                       : !gcs_same(a->strategy, b->strategy))
            return true;
    }
    return false;
}

static void add_time(struct gcs_grid *grid, uint64_t ns)
{
    char text[16];
    gcs_print_time(ns, text);
    gcs_grid_add(grid, "%s", text);
}

static void add_bytes(struct gcs_grid *grid, uint64_t bytes)
{
    char text[16];
    gcs_print_bytes(bytes, text);
    gcs_grid_add(grid, "%s", text);
}

static void add_line(struct gcs_grid *grid, const struct line *line, bool models)
{
    const struct gcs_trial *trial = line->trial;
    const int64_t *t = trial->setting.threshold;
    if (models)
        gcs_grid_add(grid, "%s", trial->model);
    gcs_grid_add(grid, "%s%s%s", trial->strategy, trial->axes ? " " : "",
                 trial->axes ? trial->axes : "");
    if (line->any_threshold)
        gcs_grid_add(grid, "any");
    else
        gcs_grid_add(grid, "%lld,%lld,%lld", (long long)t[0], (long long)t[1], (long long)t[2]);
    add_time(grid, line->p50);
    add_time(grid, line->p99);
    add_time(grid, line->max);
    gcs_grid_add(grid, "%llu", (unsigned long long)line->full);
    if (isnan(line->share))
        gcs_grid_add(grid, "-");
    else
        gcs_grid_add(grid, "%.2f %%", 100 * line->share);
    add_time(grid, line->request);
    add_bytes(grid, line->peak);
    gcs_grid_add(grid, "%s%s", line->pareto ? "*" : "", line->is_default ? " the default" : "");
}

/* `of`: how many trials there are, where the lines are a choice; else 0. */
static void print_table(const struct line *lines, size_t count, uint64_t of,
                        struct gcs_text *text)
{
    bool models = differ(lines, count, 0);
    struct gcs_grid grid;
    gcs_grid_init(&grid, models ? 11 : 10);
    if (models)
        gcs_grid_add(&grid, "model");
    static const char *const heads[] = {
        "strategy", "thresholds", "pause p50",   "p99",       "max",
        "full",     "GC share",   "request p99", "peak heap", ""};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        gcs_grid_add(&grid, "%s", heads[i]);
    size_t shown = 0;
    for (size_t i = 0; i < count; i++)
        if ((count <= ROWS_MAX && !of) || lines[i].is_default ||
            (lines[i].pareto && shown < ROWS_MAX)) {
            add_line(&grid, &lines[i], models);
            shown++;
        }
    gcs_grid_print(&grid, text);
    gcs_grid_fini(&grid);
    gcs_text_add(text, "* no other setting is as good in peak heap, GC time and longest pause, "
                       "and better in one\n");
    if (of)
        gcs_text_add(
            text,
            "%zu lines for %llu trials: settings marked *, and the default; the advice "
            "looks at these alone; all are in summary.csv (-o DIR)\n",
            shown, (unsigned long long)of);
    else if (shown < count)
        gcs_text_add(text,
                     "%zu of %zu settings shown: these, and the default; all are in "
                     "summary.csv (-o DIR)\n",
                     shown, count);
}

/* Whether the setting may be advised instead of the default: not much more memory, no slower.
 */
static bool is_acceptable(const struct line *line, const struct line *base)
{
    if ((double)line->peak > memory_limit * (double)base->peak)
        return false;
    if (base->request != GCS_ABSENT)
        return (double)line->request <= (1 + tolerance) * (double)base->request;
    return line->max == GCS_ABSENT || base->max == GCS_ABSENT ||
           (double)line->max <= pause_limit * (double)base->max;
}

/* What advice aims at. */
enum aim { LEAST_GC, SHORTEST_PAUSE, AIMS };

static double aimed(const struct line *line, enum aim aim)
{
    if (aim == LEAST_GC)
        return (double)line->gc;
    return line->max == GCS_ABSENT ? 0 : (double)line->max;
}

static bool is_candidate(const struct line *line, const struct line *base, enum aim aim,
                         bool any_strategy)
{
    return line->trial->setting.model == base->trial->setting.model &&
           line->trial->axes == base->trial->axes &&
           (any_strategy || gcs_same(line->trial->strategy, "default")) &&
           is_acceptable(line, base) &&
           (aim == LEAST_GC || (double)line->gc <= (1 + tolerance) * (double)base->gc);
}

/* The candidate that comes nearest to the aim; of those that are as near but for the tolerance
 * the one of least memory, or, if a pause is to be short, of least GC time. */
static const struct line *best(const struct line *lines, size_t count, const struct line *base,
                               enum aim aim, bool any_strategy)
{
    const struct line *found = base;
    double least = aimed(base, aim);
    for (size_t i = 0; i < count; i++)
        if (is_candidate(&lines[i], base, aim, any_strategy) && aimed(&lines[i], aim) < least)
            least = aimed(&lines[i], aim);
    if (least >= (1 - tolerance) * aimed(base, aim))
        return base;
    for (size_t i = 0; i < count; i++) {
        const struct line *line = &lines[i];
        bool near = is_candidate(line, base, aim, any_strategy) &&
                    aimed(line, aim) <= (1 + tolerance) * least;
        uint64_t cost = aim == LEAST_GC ? line->peak : line->gc;
        if (near && (found == base || cost < (aim == LEAST_GC ? found->peak : found->gc)))
            found = line;
    }
    return found;
}

static void print_change(const struct line *from, const struct line *to, struct gcs_text *text)
{
    char a[16], b[16];
    if (!isnan(from->share))
        gcs_text_add(text, "GC %.2f %% -> %.2f %% of CPU", 100 * from->share, 100 * to->share);
    else
        gcs_text_add(text, "GC time %.2f x",
                     (double)to->gc / (double)(from->gc ? from->gc : 1));
    gcs_print_time(from->max, a);
    gcs_print_time(to->max, b);
    gcs_text_add(text, ", longest pause %s -> %s", a, b);
    if (from->request != GCS_ABSENT) {
        gcs_print_time(from->request, a);
        gcs_print_time(to->request, b);
        gcs_text_add(text, ", request p99 %s -> %s", a, b);
    }
    gcs_print_bytes(from->peak, a);
    gcs_print_bytes(to->peak, b);
    gcs_text_add(text, ", peak heap %s -> %s\n", a, b);
}

static void print_setting(const struct line *base, const struct line *line,
                          struct gcs_text *text)
{
    const int64_t *t = line->trial->setting.threshold;
    gcs_text_add(text, "    gc.set_threshold(%lld, %lld, %lld)", (long long)t[0],
                 (long long)t[1], (long long)t[2]);
    if (!gcs_same(line->trial->strategy, "default"))
        gcs_text_add(text, " and strategy %s", line->trial->strategy);
    gcs_text_add(text, "\n      ");
    print_change(base, line, text);
}

/* The best of the plain thresholds, and what a strategy does better still. */
static void print_aim(const struct line *lines, size_t count, const struct line *base,
                      enum aim aim, uint64_t of, struct gcs_text *text)
{
    static const char *const aims[AIMS] = {
        "Least GC time", "Shortest longest pause, at no more GC time than the default's"};
    const struct line *plain = best(lines, count, base, aim, false);
    const struct line *any = best(lines, count, base, aim, true);
    gcs_text_add(text, "%s:\n", aims[aim]);
    if (plain != base)
        print_setting(base, plain, text);
    if (aimed(any, aim) < (1 - tolerance) * aimed(plain, aim))
        print_setting(base, any, text);
    else if (plain == base)
        gcs_text_add(text, "    keep the default: no setting %s is better\n",
                     of ? "marked *" : "here");
}

/* `of`: how many trials there were, if `lines` are not of all. */
static void print_advice(const struct line *lines, size_t count, uint64_t of,
                         struct gcs_text *text)
{
    const struct line *base = NULL;
    for (size_t i = 0; i < count && !base; i++)
        if (lines[i].is_default)
            base = &lines[i];
    if (!base)
        return;
    gcs_text_add(text, "\nAdvice for %s, within %.2f x the default's memory and ",
                 base->trial->model, memory_limit);
    if (base->request != GCS_ABSENT)
        gcs_text_add(text, "no slower request p99");
    else
        gcs_text_add(text, "%.2f x its longest pause", pause_limit);
    gcs_text_add(text, "; under %.0f %% is no difference:\n", 100 * tolerance);
    for (enum aim aim = 0; aim < AIMS; aim++)
        print_aim(lines, count, base, aim, of, text);
}

void gcs_print_study(const struct gcs_trial *trials, size_t count, uint64_t total,
                     struct gcs_text *text)
{
    struct line *lines = calloc(count, sizeof *lines);
    uint64_t *scratch = calloc(count, sizeof *scratch);
    const struct gcs_trial **sorted = calloc(count, sizeof *sorted);
    if (lines && scratch && sorted) {
        for (size_t i = 0; i < count; i++)
            sorted[i] = &trials[i];
        size_t settings = fold(lines, gather(sorted, count, lines, scratch));
        print_table(lines, settings, count < total ? total : 0, text);
        print_advice(lines, settings, count < total ? total : 0, text);
    } else {
        text->failed = true;
    }
    free(lines);
    free(scratch);
    free(sorted);
}

static void pair(struct gcs_grid *grid, const char *name, const char *format, ...)
    GCS_PRINTF(3, 4);
static void pair(struct gcs_grid *grid, const char *name, const char *format, ...)
{
    char value[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    gcs_grid_add(grid, "%s", name);
    gcs_grid_add(grid, "  %s", value);
}

static void print_pauses(const struct gcs_summary *s, struct gcs_grid *grid)
{
    char a[16], b[16], c[16], d[16];
    gcs_print_time(s->pause_ns_p50, a);
    gcs_print_time(s->pause_ns_p99, b);
    gcs_print_time(s->pause_ns_max, c);
    pair(grid, "pauses", "p50 %s, p99 %s, max %s", a, b, c);
    gcs_print_time(s->gc_ns, d);
    if (isnan(s->gc_share))
        pair(grid, "GC time", "%s", d);
    else
        pair(grid, "GC time", "%s, %.2f %% of CPU", d, 100 * s->gc_share);
}

static void print_memory(const struct gcs_summary *s, struct gcs_grid *grid)
{
    char a[16], b[16], c[32];
    gcs_print_bytes(s->peak_bytes, a);
    gcs_print_bytes(s->peak_garbage_bytes, b);
    gcs_print_count(s->peak_objects, c);
    pair(grid, "peak heap", "%s in %s objects; %s of garbage at most", a, c, b);
    if (s->peak_footprint_bytes != GCS_ABSENT) {
        gcs_print_bytes(s->peak_footprint_bytes, a);
        pair(grid, "peak footprint", "%s in pymalloc's arenas and malloc's blocks", a);
    }
    gcs_print_count(s->end_garbage_objects, c);
    pair(grid, "left at the end", "%s garbage objects, %llu uncollectable", c,
         (unsigned long long)s->uncollectable);
}

void gcs_print_trial(const struct gcs_trial *trial, struct gcs_text *text)
{
    const struct gcs_summary *s = &trial->summary;
    const int64_t *t = trial->setting.threshold;
    char a[32], b[32];
    struct gcs_grid grid;
    gcs_grid_init(&grid, 2);
    pair(&grid, "model", "%s, thresholds %lld,%lld,%lld, strategy %s", trial->model,
         (long long)t[0], (long long)t[1], (long long)t[2], trial->strategy);
    gcs_print_count(s->events, a);
    gcs_print_count(s->allocations, b);
    pair(&grid, "program", "%s: %s events, %s allocations", trial->input, a, b);
    pair(&grid, "collections", "%llu young, %llu middle, %llu full",
         (unsigned long long)s->collections[0], (unsigned long long)s->collections[1],
         (unsigned long long)s->collections[2]);
    gcs_print_count(s->collected, a);
    pair(&grid, "collected", "%s", a);
    print_pauses(s, &grid);
    print_memory(s, &grid);
    if (s->requests) {
        gcs_print_time(s->request_ns_p50, a);
        gcs_print_time(s->request_ns_p99, b);
        char c[16];
        gcs_print_time(s->request_ns_max, c);
        pair(&grid, "requests", "%llu; p50 %s, p99 %s, max %s", (unsigned long long)s->requests,
             a, b, c);
    }
    gcs_grid_print(&grid, text);
    gcs_grid_fini(&grid);
}
