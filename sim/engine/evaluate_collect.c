/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A collection, from sums. It examines the positions from its generation's bound on: what it
 * meets is what is open there in the baseline, less what was freed; what it frees is the
 * garbage that lies there as a whole. Only islands and singles are looked at one by one.
 */
#include "evaluate_private.h"

#include <string.h>

unsigned level_of(const struct evaluation *e, uint32_t position)
{
    return position >= e->bound[0]   ? LEVEL_YOUNG
           : position >= e->bound[1] ? LEVEL_MIDDLE
           : position >= e->bound[2] ? LEVEL_OLD
                                     : LEVEL_FROZEN;
}

bool is_frozen_fading(const struct evaluation *e, uint32_t position)
{
    for (size_t i = 0; i < e->frozen.count; i++)
        if (e->frozen.fading[i].from <= position && position < e->frozen.fading[i].to)
            return true;
    return false;
}

/* The books of a level become those of another, as its objects do. */
static void move_freed(struct evaluation *e, unsigned from, unsigned to)
{
    add_sums(e->freed.tracked[to], e->freed.tracked[from], TRACKED_SUMS);
    add_sums(e->freed.clumps[to], e->freed.clumps[from], e->index->width);
    memset(e->freed.tracked[from], 0, sizeof e->freed.tracked[from]);
    memset(e->freed.clumps[from], 0, sizeof e->freed.clumps[from]);
}

/* Survivors move up, and so does what was freed: its positions lie there now. */
static void promote(struct evaluation *e, unsigned generation, const uint64_t *clumps)
{
    unsigned next = generation + 1 < GCS_GENERATIONS ? generation + 1 : generation;
    for (unsigned level = 0; level <= generation; level++)
        if (level != next)
            move_freed(e, level, next);
    singles_promote(e, generation, next);
    add_sums(e->freed.tracked[next], clumps, TRACKED_SUMS);
    add_sums(e->freed.clumps[next], clumps, e->index->width);
    memset(e->freed.fading, 0, sizeof e->freed.fading);
    for (unsigned g = 0; g <= generation && g < GCS_GENERATIONS - 1; g++)
        e->bound[g] = e->at.items;
}

/* What a collection examines. */
struct examined {
    uint64_t tracked[TRACKED_SUMS]; /* candidates */
    uint64_t fading[TRACKED_SUMS];  /* tuples of atoms: candidates that it untracks */
    uint64_t clumps[SPAN_SUMS];     /* garbage that goes as a whole */
};

/* By positions, from the generation's bound on: all but the singles. */
static void examine(const struct evaluation *e, unsigned generation, uint32_t event,
                    struct examined *examined)
{
    const struct gcs_index *index = e->index;
    uint32_t bound = e->bound[generation], items = e->at.items;
    spans_open(&index->objects, bound, items, event, examined->tracked);
    spans_open(&index->fading, e->bound[0], items, event, examined->fading);
    spans_over(&index->clumps, bound, items, event, examined->clumps);
    for (unsigned level = 0; level <= generation; level++) {
        subtract_sums(examined->tracked, e->freed.tracked[level], TRACKED_SUMS);
        subtract_sums(examined->clumps, e->freed.clumps[level], index->width);
    }
    subtract_sums(examined->fading, e->freed.fading, TRACKED_SUMS);
}

static void free_clumps(struct evaluation *e, const uint64_t *clumps)
{
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        free_shells(e, list, clumps[SUM_LISTS + list - 1]);
    e->freed.objects += clumps[SUM_FREED_OBJECTS];
    e->freed.bytes += clumps[SUM_FREED_BYTES];
}

/* The counts when the collection is done: long-lived objects. A full one empties free lists,
 * too.
 */
static void count_survivors(struct evaluation *e, unsigned generation, int64_t survivors)
{
    if (generation == 1)
        e->counts.long_lived_pending += survivors;
    if (generation == 2) {
        e->counts.long_lived_total = survivors;
        e->counts.long_lived_pending = 0;
        for (unsigned list = 1; list < e->baseline->list_count; list++)
            if (e->baseline->list_emptied[list])
                e->lists.held[list] = 0;
    }
}

static void index_collect(void *self, unsigned generation, struct gcs_work *work)
{
    struct evaluation *e = self;
    uint32_t event = (uint32_t)e->replay.event;
    uint64_t objects = e->freed.objects, bytes = e->freed.bytes;
    struct examined examined;
    struct found found = {0};

    gcs_counts_begin(&e->counts, generation);
    examine(e, generation, event, &examined);
    const uint64_t *met = examined.tracked, *fading = examined.fading;
    const uint64_t *clumps = examined.clumps;
    uint64_t faded = fading[SUM_OBJECTS];
    if (e->baseline->single_count) {
        singles_meet(e, generation, event, examined.tracked);
        faded += singles_fade(e, generation, event);
    }
    if (e->index->island_count)
        islands_collect(e, generation, event, &found);
    free_clumps(e, clumps);

    *work = (struct gcs_work){
        .generation = generation,
        .candidates = met[SUM_OBJECTS] + fading[SUM_OBJECTS],
        .candidate_bytes = met[SUM_BYTES] + fading[SUM_BYTES],
        .references = met[SUM_REFERENCES] + fading[SUM_REFERENCES],
        .collected = clumps[SUM_OBJECTS] + found.collected,
        .finalizers = clumps[SUM_FINALIZERS] + found.finalizers,
        .freed_objects = e->freed.objects - objects,
        .freed_bytes = e->freed.bytes - bytes,
    };
    work->survivors = work->candidates - work->collected - (faded - found.fading);
    count_survivors(e, generation, (int64_t)work->survivors);
    promote(e, generation, clumps);
    e->totals.live_objects -= work->freed_objects;
    e->totals.live_bytes -= work->freed_bytes;
    e->totals.garbage_objects -= work->freed_objects;
    e->totals.garbage_bytes -= work->freed_bytes;
}

/* Young tuples of atoms stay tracked: no collection will meet them. */
static void freeze_fading(struct evaluation *e, uint32_t event)
{
    uint64_t fading[TRACKED_SUMS];
    spans_open(&e->index->fading, e->bound[0], e->at.items, event, fading);
    if (fading[SUM_OBJECTS] <= e->freed.fading[SUM_OBJECTS] || e->status != GCS_OK)
        return;
    e->status = GCS_GROW(e->replay.memory, &e->frozen.fading, &e->frozen.capacity,
                         e->frozen.count + 1, e->error);
    if (e->status != GCS_OK)
        return;
    e->frozen.fading[e->frozen.count++] = (struct interval){e->bound[0], e->at.items};
    e->frozen.freed += e->freed.fading[SUM_OBJECTS]; /* gone before, but in the interval */
}

static void index_freeze(void *self)
{
    struct evaluation *e = self;
    uint32_t event = (uint32_t)e->replay.event;
    uint64_t met[TRACKED_SUMS] = {0}; /* nobody asks */
    freeze_fading(e, event);
    singles_meet(e, GCS_GENERATIONS - 1, event, met);
    singles_promote(e, GCS_GENERATIONS - 1, LEVEL_FROZEN);
    for (unsigned level = 0; level < LEVEL_FROZEN; level++)
        move_freed(e, level, LEVEL_FROZEN);
    memset(e->freed.fading, 0, sizeof e->freed.fading);
    for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
        e->bound[g] = e->at.items;
        e->counts.count[g] = 0;
    }
}

static void index_unfreeze(void *self)
{
    struct evaluation *e = self;
    if (e->frozen.count || e->singles.known[LEVEL_FROZEN].count)
        e->uncovered = "gc.unfreeze of tuples that no collection has met";
    move_freed(e, LEVEL_FROZEN, LEVEL_OLD);
    e->bound[2] = 0;
}

static void index_arm(void *self, int64_t above, int64_t threshold1)
{
    (void)threshold1;
    ((struct evaluation *)self)->above = above;
}

/* There is no heap whose books could be compared: tests/index_test.c compares the ledgers. */
static const char *index_check(void *self)
{
    (void)self;
    return NULL;
}

const struct backing index_backing = {
    .collect = index_collect,
    .freeze = index_freeze,
    .unfreeze = index_unfreeze,
    .arm = index_arm,
    .check = index_check,
};

/* How many of the spans that begin in [from, to) are open at the end. */
static uint64_t open_at_end(const struct evaluation *e, const struct spans *spans,
                            uint32_t from, uint32_t to)
{
    uint64_t first[TRACKED_SUMS], second[TRACKED_SUMS];
    spans_open(spans, from, e->at.items, GCS_NEVER - 1, first);
    spans_open(spans, to, e->at.items, GCS_NEVER - 1, second);
    return first[SUM_OBJECTS] - second[SUM_OBJECTS];
}

uint64_t count_frozen(const struct evaluation *e)
{
    uint64_t count = 0;
    if (e->bound[2] > 0)
        count = open_at_end(e, &e->index->objects, 0, e->bound[2]) -
                e->freed.tracked[LEVEL_FROZEN][SUM_OBJECTS];
    for (size_t i = 0; i < e->frozen.count; i++)
        count +=
            open_at_end(e, &e->index->fading, e->frozen.fading[i].from, e->frozen.fading[i].to);
    return count - e->frozen.freed + singles_frozen(e);
}
