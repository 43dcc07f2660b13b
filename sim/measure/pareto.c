/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trials that no other beats: peak memory × time in the collector × longest pause.
 *
 * Sorted by group, memory, time and pause, a standing can only be beaten by one before it. Of
 * those, the least pauses for each time are kept as a staircase, time rising and pause falling;
 * one look at the step at or under a standing's time tells.
 */
#include <gcsim/measure.h>

#include <stdlib.h>
#include <string.h>

static int compare_whole(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare(const struct gcs_standing *a, const struct gcs_standing *b)
{
    int order = compare_whole(a->group, b->group);
    order = order ? order : compare_whole(a->peak_bytes, b->peak_bytes);
    order = order ? order : compare_whole(a->gc_ns, b->gc_ns);
    return order ? order : compare_whole(a->pause_ns_max, b->pause_ns_max);
}

static int by_figures(const void *a, const void *b)
{
    const struct gcs_standing *const *x = a, *const *y = b;
    return compare(*x, *y);
}

/* Where in the staircase the first step above this time is. */
static size_t step_above(struct gcs_standing *const *steps, size_t count, uint64_t gc_ns)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (steps[middle]->gc_ns <= gc_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Puts a standing that nothing beats where it belongs, for those that it beats. */
static size_t add_step(struct gcs_standing **steps, size_t count, size_t at,
                       struct gcs_standing *standing)
{
    size_t from = at && steps[at - 1]->gc_ns == standing->gc_ns ? at - 1 : at, to = at;
    while (to < count && steps[to]->pause_ns_max >= standing->pause_ns_max)
        to++;
    memmove(&steps[from + 1], &steps[to], (count - to) * sizeof(struct gcs_standing *));
    steps[from] = standing;
    return count - (to - from) + 1;
}

/* The steps take the place of the standings that were read: there are never more of them. */
static void climb(struct gcs_standing **sorted, size_t count)
{
    struct gcs_standing **steps = sorted;
    const struct gcs_standing *last = NULL;
    size_t height = 0;
    for (size_t i = 0; i < count; i++) {
        struct gcs_standing *standing = sorted[i];
        if (last && last->group != standing->group)
            height = 0;
        if (last && compare(last, standing) == 0) { /* as good as the one before */
            standing->on_front = last->on_front;
            continue;
        }
        size_t at = step_above(steps, height, standing->gc_ns);
        standing->on_front = !at || steps[at - 1]->pause_ns_max > standing->pause_ns_max;
        if (standing->on_front)
            height = add_step(steps, height, at, standing);
        last = standing;
    }
}

struct gcs_standing gcs_standing_of(const struct gcs_summary *summary, uint32_t group)
{
    return (struct gcs_standing){
        .peak_bytes = summary->peak_bytes,
        .gc_ns = summary->gc_ns,
        .pause_ns_max = summary->pause_ns_max == GCS_ABSENT ? 0 : summary->pause_ns_max,
        .group = group,
    };
}

bool gcs_pareto(struct gcs_standing *standings, size_t count)
{
    struct gcs_standing **sorted = calloc(count + 1, sizeof *sorted);
    if (!sorted)
        return false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &standings[i];
    qsort(sorted, count, sizeof *sorted, by_figures);
    climb(sorted, count);
    free(sorted);
    return true;
}
