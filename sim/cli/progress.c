/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line on the terminal while a study runs: bar, rate, time left, best so far; before the
 * first trial, how far the program's analysis is. */
#include "cli.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 24 };
static const double redraw = 0.1; /* seconds */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Whether it is time for another line; a finished one is always due. */
static bool is_due(struct progress *progress, double at, bool finished)
{
    if (!progress->shown || (at - progress->last < redraw && !finished))
        return false;
    progress->last = at;
    return true;
}

static double share_of(uint64_t done, uint64_t total)
{
    return total ? (double)done / (double)total : 0;
}

static double rate_of(const struct progress *progress, double at, uint64_t done)
{
    double spent = at - progress->started;
    return spent > 0 ? (double)done / spent : 0;
}

static void draw_bar(double share)
{
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(share * BAR) ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r\033[K[%s] ", bar);
}

/* Less than a second does not matter, and more than a day nobody can tell. */
static void draw_left(uint64_t items, double rate)
{
    double seconds = rate > 0 ? (double)items / rate : 0;
    unsigned long long whole = seconds < 86400 ? (unsigned long long)(seconds + 0.5) : 86400;
    if (whole < 100)
        fprintf(stderr, ", %llu s left", whole);
    else
        fprintf(stderr, ", %llu min %02llu s left", whole / 60, whole % 60);
}

static void draw_trials(const struct progress *progress, double at)
{
    char best[16];
    double rate = rate_of(progress, at, progress->done);
    gcs_print_time(progress->best_gc_ns, best);
    draw_bar(share_of(progress->done, progress->total));
    fprintf(stderr, "%llu of %llu trials", (unsigned long long)progress->done,
            (unsigned long long)progress->total);
    if (progress->done) {
        fprintf(stderr, ", %.3g/s", rate);
        draw_left(progress->total - progress->done, rate);
        fprintf(stderr, ", least GC time %s", best);
    }
}

static void draw_stage(const struct progress *progress, double at, enum gcs_stage stage,
                       uint64_t events, uint64_t total)
{
    double rate = rate_of(progress, at, events);
    draw_bar(share_of(events, total));
    fprintf(stderr, "%s, %.1f", gcs_stage_name(stage), (double)events / 1e6);
    if (total)
        fprintf(stderr, " of %.1f", (double)total / 1e6);
    fprintf(stderr, " million events, %.3g million/s", rate / 1e6);
    if (total)
        draw_left(total - events, rate);
}

void progress_begin(struct progress *progress, uint64_t total, bool quiet)
{
    *progress = (struct progress){.shown = !quiet && isatty(STDERR_FILENO),
                                  .total = total,
                                  .best_gc_ns = GCS_ABSENT,
                                  .stage = -1};
    progress->started = now();
    if (is_due(progress, progress->started, true))
        draw_trials(progress, progress->started);
}

void progress_stage(struct progress *progress, enum gcs_stage stage, uint64_t events,
                    uint64_t total)
{
    double at = now();
    progress->stage_at = at;
    if (!progress->done && progress->stage != (int)stage) {
        progress->stage = (int)stage;
        progress->started = at;
    }
    if (!is_due(progress, at, false))
        return;
    if (progress->done) {
        draw_trials(progress, at);
        fprintf(stderr, "; %s", gcs_stage_name(stage));
        if (total)
            fprintf(stderr, " %.0f %%", 100 * share_of(events, total));
    } else {
        draw_stage(progress, at, stage, events, total);
    }
    fflush(stderr);
}

/* The rate of trials counts from the end of the analysis that the first one waited for. */
void progress_step(struct progress *progress, const struct gcs_trial *trial)
{
    double at = now();
    if (!progress->done++ && progress->stage >= 0)
        progress->started = progress->stage_at;
    if (trial->summary.gc_ns < progress->best_gc_ns)
        progress->best_gc_ns = trial->summary.gc_ns;
    if (!is_due(progress, at, progress->done == progress->total))
        return;
    draw_trials(progress, at);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
}
