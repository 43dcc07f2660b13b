/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where to look for better thresholds: decides, runs nothing.
 *
 * Figures and thresholds are compared by ratios, that is, as logarithms. Two settings on the
 * front are neighbours if no third is nearer to both (the relative neighbourhood graph); where
 * the front bends, neighbours stand far apart, and a setting between theirs is tried. What
 * parts them may be a step, which no setting fills: its ends' thresholds then close in on it.
 */
#include <gcsim/measure.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double least_gap = 0.02; /* of figures and of thresholds, as ln */

/* What is sought at a place: threshold0 counts objects, the others collections. */
static const struct {
    double low, high;
    unsigned base; /* of the place's van der Corput sequence */
} places[GCS_GENERATIONS] = {{100, 1e6, 2}, {1, 1000, 3}, {1, 1000, 5}};

/* The digits of `index` behind the point in turn: evenly over 0 … 1 however many are taken. */
static double van_der_corput(unsigned index, unsigned base)
{
    double value = 0, unit = 1.0 / base;
    for (; index; index /= base, unit /= base)
        value += unit * (index % base);
    return value;
}

static int32_t whole(double value)
{
    return (int32_t)fmin(round(value), INT32_MAX);
}

static bool is_sought(unsigned sought, unsigned place)
{
    return sought >> place & 1;
}

size_t gcs_seek_first(const int32_t base[GCS_GENERATIONS], unsigned sought, size_t room,
                      int32_t (*next)[GCS_GENERATIONS])
{
    static const double steps[2] = {3, 10.0 / 3};
    size_t size = sizeof *next, count = 0;
    unsigned first = 0;
    memcpy(next[count++], base, size);
    while (first < GCS_GENERATIONS && !is_sought(sought, first))
        first++;
    if (first == GCS_GENERATIONS)
        return count;
    bool several = sought >> (first + 1) != 0;
    double value = places[first].low;
    for (unsigned i = 0; value < places[first].high * 1.5 && count < room; i++) {
        memcpy(next[count], base, size);
        next[count++][first] = whole(value);
        value *= several ? 10 : steps[i % 2];
    }
    for (unsigned i = 1; several && count < room * 3 / 5; i++, count++)
        for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
            double share = van_der_corput(i, places[g].base), low = places[g].low;
            next[count][g] =
                is_sought(sought, g) ? whole(low * pow(places[g].high / low, share)) : base[g];
        }
    return count;
}

/* A setting on the front. */
struct corner {
    const struct gcs_tried *tried;
    double figure[3];
};

struct gap {
    const struct corner *a, *b;
    double width;
    size_t order; /* as found */
};

/* The front's settings, of those with the same figures the first. */
static size_t find_corners(const struct gcs_tried *tried, size_t count,
                           struct gcs_standing *standings, struct corner *corners)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct gcs_standing *s = &tried[i].standing;
        struct corner corner = {&tried[i],
                                {log(fmax((double)s->peak_bytes, 1)),
                                 log(fmax((double)s->gc_ns, 1)),
                                 log(fmax((double)s->pause_ns_max, 1))}};
        bool known = !standings[i].on_front;
        for (size_t c = 0; c < found && !known; c++)
            known = !memcmp(corners[c].figure, corner.figure, sizeof corner.figure);
        if (!known)
            corners[found++] = corner;
    }
    return found;
}

static double width_of(const struct corner *a, const struct corner *b)
{
    double width = 0;
    for (unsigned k = 0; k < 3; k++)
        width = fmax(width, fabs(a->figure[k] - b->figure[k]));
    return width;
}

static bool are_neighbours(const struct corner *corners, size_t count, const struct corner *a,
                           const struct corner *b, double width)
{
    for (const struct corner *c = corners; c < corners + count; c++)
        if (c != a && c != b && width_of(a, c) < width && width_of(b, c) < width)
            return false;
    return true;
}

/* Whether thresholds that are sought lie too close for another between them. */
static bool are_close(const struct gcs_tried *a, const struct gcs_tried *b, unsigned sought)
{
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        if (is_sought(sought, g) &&
            fabs(log(fmax(a->threshold[g], 1)) - log(fmax(b->threshold[g], 1))) > least_gap)
            return false;
    return true;
}

static int by_width(const void *x, const void *y)
{
    const struct gap *a = x, *b = y;
    if (a->width != b->width)
        return a->width > b->width ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Sorted, the widest first. */
static size_t find_gaps(const struct corner *corners, size_t count, unsigned sought,
                        struct gap *gaps)
{
    size_t found = 0;
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct corner *a = &corners[i], *b = &corners[j];
            double width = width_of(a, b);
            if (width > least_gap && !are_close(a->tried, b->tried, sought) &&
                are_neighbours(corners, count, a, b, width)) {
                gaps[found] = (struct gap){a, b, width, found};
                found++;
            }
        }
    qsort(gaps, found, sizeof *gaps, by_width);
    return found;
}

/* The middle of a gap, in places not sought as at `end`. false: it is known. */
static bool find_middle(const struct gap *gap, const struct corner *end, unsigned sought,
                        const struct gcs_tried *tried, size_t count,
                        int32_t (*next)[GCS_GENERATIONS], size_t found)
{
    int32_t *middle = next[found];
    const int32_t *a = gap->a->tried->threshold, *b = gap->b->tried->threshold;
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        middle[g] =
            is_sought(sought, g) ? whole(sqrt((double)a[g] * b[g])) : end->tried->threshold[g];
    for (size_t i = 0; i < count; i++)
        if (!memcmp(tried[i].threshold, middle, sizeof *next))
            return false;
    for (size_t i = 0; i < found; i++)
        if (!memcmp(next[i], middle, sizeof *next))
            return false;
    return true;
}

bool gcs_seek_next(const struct gcs_tried *tried, size_t count, unsigned sought, size_t room,
                   int32_t (*next)[GCS_GENERATIONS], size_t *found)
{
    struct gcs_standing *standings = calloc(count + 1, sizeof *standings);
    struct corner *corners = calloc(count + 1, sizeof *corners);
    struct gap *gaps = NULL;
    *found = 0;
    for (size_t i = 0; i < count && standings; i++)
        standings[i] = tried[i].standing;
    bool done = standings && corners && gcs_pareto(standings, count);
    if (done) {
        size_t corner_count = find_corners(tried, count, standings, corners);
        gaps = calloc(corner_count * corner_count / 2 + 1, sizeof *gaps);
        done = gaps != NULL;
        size_t gap_count = done ? find_gaps(corners, corner_count, sought, gaps) : 0;
        for (const struct gap *gap = gaps; gap < gaps + gap_count; gap++)
            for (unsigned end = 0; end < 2 && *found < room; end++)
                *found +=
                    find_middle(gap, end ? gap->b : gap->a, sought, tried, count, next, *found);
    }
    free(standings);
    free(corners);
    free(gaps);
    return done;
}
