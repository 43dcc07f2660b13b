/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line on the terminal while a study runs: bar, rate, time left, best so far. */
#include "cli.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 24 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void draw(const struct progress *progress, double at)
{
    char bar[BAR + 1], best[16];
    uint64_t filled = progress->done * BAR / progress->total;
    for (uint64_t i = 0; i < BAR; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR] = '\0';
    double spent = at - progress->started;
    double rate = spent > 0 ? (double)progress->done / spent : 0;
    double left = rate > 0 ? (double)(progress->total - progress->done) / rate : 0;
    gcs_print_time(progress->best_gc_ns, best);
    fprintf(stderr, "\r\033[K[%s] %llu of %llu trials, %.3g/s", bar,
            (unsigned long long)progress->done, (unsigned long long)progress->total, rate);
    if (progress->done)
        fprintf(stderr, ", %.0f s left, least GC time %s", left, best);
    fflush(stderr);
}

void progress_begin(struct progress *progress, uint64_t total, bool quiet)
{
    *progress = (struct progress){
        .shown = !quiet && isatty(STDERR_FILENO), .total = total, .best_gc_ns = GCS_ABSENT};
    progress->started = now();
    if (progress->shown)
        draw(progress, progress->started);
}

void progress_step(struct progress *progress, const struct gcs_trial *trial)
{
    progress->done++;
    if (trial->summary.gc_ns < progress->best_gc_ns)
        progress->best_gc_ns = trial->summary.gc_ns;
    double at = now();
    if (!progress->shown || (at - progress->last < 0.1 && progress->done < progress->total))
        return;
    progress->last = at;
    draw(progress, at);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
}
