/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A collection, from sums. It examines what was tracked from its generation's bound on: it
 * meets what of that is open in the baseline, less what was freed; it frees the garbage that
 * lies there as a whole. Only islands and singles are looked at one by one.
 */
#include "evaluate_private.h"

#include <string.h>

unsigned level_of(const struct evaluation *e, uint32_t op)
{
    return op >= e->bounds[0].op   ? LEVEL_YOUNG
           : op >= e->bounds[1].op ? LEVEL_MIDDLE
           : op >= e->bounds[2].op ? LEVEL_OLD
                                   : LEVEL_FROZEN;
}

bool is_frozen_fading(const struct evaluation *e, uint32_t op)
{
    for (size_t i = 0; i < e->frozen.count; i++)
        if (e->frozen.fading[i].from.op <= op && op < e->frozen.fading[i].to.op)
            return true;
    return false;
}

/* The first op whose object is not tracked yet. */
static uint32_t tracked_end(const struct evaluation *e)
{
    return e->at.op - e->at.late;
}

/* The books of a level become those of another, as its objects do. */
static void move_freed(struct evaluation *e, unsigned from, unsigned to)
{
    add_sums(e->freed.tracked[to], e->freed.tracked[from], TRACKED_SUMS);
    add_spans(e->freed.clumps[to], e->freed.clumps[from], e->index->width);
    memset(e->freed.tracked[from], 0, sizeof e->freed.tracked[from]);
    memset(e->freed.clumps[from], 0, sizeof e->freed.clumps[from]);
}

/* Survivors move up, and so does what was freed: it would lie there now. */
static void promote(struct evaluation *e, unsigned generation, const uint32_t *clumps)
{
    unsigned next = generation + 1 < GCS_GENERATIONS ? generation + 1 : generation;
    for (unsigned level = 0; level <= generation; level++)
        if (level != next)
            move_freed(e, level, next);
    singles_promote(e, generation, next);
    add_figures(e->freed.tracked[next], clumps, TRACKED_SUMS);
    add_spans(e->freed.clumps[next], clumps, e->index->width);
    memset(e->freed.fading, 0, sizeof e->freed.fading);
    for (unsigned g = 0; g <= generation && g < GCS_GENERATIONS - 1; g++)
        e->bounds[g] = e->now;
}

/* What a collection examines. */
struct examined {
    uint64_t tracked[TRACKED_SUMS]; /* candidates */
    uint64_t fading[TRACKED_SUMS];  /* tuples of atoms: candidates that it untracks */
    uint32_t clumps[SPAN_SUMS];     /* garbage that goes as a whole */
};

/* Short lives that are open and began at op `from` or later, which is near. */
static void walk_shorts(const struct evaluation *e, uint32_t from, bool atoms, uint64_t *sums)
{
    const struct gcs_baseline *baseline = e->baseline;
    for (uint32_t op = from; op < tracked_end(e); op++) {
        const struct gcs_object_kind *kind = kind_of_op(baseline, op);
        const uint64_t own[TRACKED_SUMS] = {1, kind->references, kind->bytes};
        enum gcs_form form = form_of_op(baseline, op);
        if (kind->atoms != atoms || !kind->tracked)
            continue;
        if (form == GCS_FORM_BORN_SHORT)
            add_sums(sums, own, TRACKED_SUMS);
        else if (form == GCS_FORM_FREED_SHORT && op - baseline->aux[op] >= from)
            subtract_sums(sums, own, TRACKED_SUMS);
    }
}

/* Short lives that are open and began at the bound or later. */
static void add_shorts(const struct evaluation *e, uint32_t bound, bool atoms, uint64_t *sums)
{
    const struct point *point = &e->now.point;
    if (e->at.op - bound < GCS_SHORT)
        walk_shorts(e, bound, atoms, sums);
    else
        add_figures(sums, atoms ? point->fleeting : point->shorts, TRACKED_SUMS);
}

/* Long ones that are open and began between two bounds, of which the later is here if not
 * frozen: those that began less those that are over. */
static void add_longs(const struct evaluation *e, const struct bound *from,
                      const struct bound *to, bool atoms, uint64_t *sums)
{
    const uint32_t *before = atoms ? from->point.begun_fading : from->point.begun;
    const uint32_t *after = atoms ? to->point.begun_fading : to->point.begun;
    uint32_t over[TRACKED_SUMS] = {0};
    spans_over(atoms ? &e->index->fading : &e->index->objects, from->op, to->op, e->at.op,
               over);
    for (unsigned w = 0; w < TRACKED_SUMS; w++)
        sums[w] += after[w] - before[w] - over[w];
}

/* What is open and was tracked at the generation's bound or later; in the oldest, where nothing
 * is frozen, all that is alive. */
static void add_tracked(const struct evaluation *e, unsigned generation, uint64_t *sums)
{
    const struct bound *bound = &e->bounds[generation];
    if (bound->op == 0) {
        add_figures(sums, e->now.point.tracked, TRACKED_SUMS);
        return;
    }
    add_longs(e, bound, &e->now, false, sums);
    add_shorts(e, bound->op, false, sums);
}

static void add_fading(const struct evaluation *e, uint64_t *sums)
{
    add_longs(e, &e->bounds[0], &e->now, true, sums);
    add_shorts(e, e->bounds[0].op, true, sums);
}

/* All that is tracked is tracked before here. */
static void set_now(struct evaluation *e)
{
    e->now = (struct bound){*point_now(e), tracked_end(e)};
    if (!e->at.late)
        return;
    const struct point *late = &e->index->steps[code_of_op(e->baseline, e->now.op)];
    for (unsigned figure = 0; figure < POINT_FIGURES; figure++)
        e->now.point.figures[figure] -= late->figures[figure];
}

/* All but the singles. */
static void examine(struct evaluation *e, unsigned generation, struct examined *examined)
{
    const struct gcs_index *index = e->index;
    memset(examined, 0, sizeof *examined);
    set_now(e);
    add_tracked(e, generation, examined->tracked);
    add_fading(e, examined->fading);
    spans_over(&index->clumps, e->bounds[generation].op, e->now.op, e->at.op, examined->clumps);
    for (unsigned level = 0; level <= generation; level++) {
        subtract_sums(examined->tracked, e->freed.tracked[level], TRACKED_SUMS);
        for (unsigned w = 0; w < index->width; w++)
            examined->clumps[w] -= e->freed.clumps[level][w];
    }
    subtract_sums(examined->fading, e->freed.fading, TRACKED_SUMS);
}

static void add_gone(struct gone *gone, const uint32_t *sums)
{
    gone->objects += sums[0];
    gone->bytes += (uint64_t)sums[1] * GCS_BYTES_UNIT;
}

void free_sums(struct evaluation *e, const uint32_t *sums)
{
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        if (sums[SUM_LISTS + list - 1])
            free_shells(e, list, sums[SUM_LISTS + list - 1]);
    add_gone(&e->freed.gone, sums + SUM_FREED_OBJECTS);
    if (e->index->released)
        add_gone(&e->freed.released, sums + e->index->released);
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
    const struct gone freed = e->freed.gone, released = e->freed.released;
    struct examined examined;
    struct found found = {0};

    gcs_counts_begin(&e->counts, generation);
    examine(e, generation, &examined);
    const uint64_t *met = examined.tracked, *fading = examined.fading;
    const uint32_t *clumps = examined.clumps;
    uint64_t faded = fading[SUM_OBJECTS];
    if (e->baseline->single_count) {
        singles_meet(e, generation, examined.tracked);
        faded += singles_fade(e, generation);
    }
    if (e->index->island_count)
        islands_collect(e, generation, &found);
    free_sums(e, clumps);

    *work = (struct gcs_work){
        .generation = generation,
        .candidates = met[SUM_OBJECTS] + fading[SUM_OBJECTS],
        .candidate_bytes = (met[SUM_BYTES] + fading[SUM_BYTES]) * GCS_BYTES_UNIT,
        .references = met[SUM_REFERENCES] + fading[SUM_REFERENCES],
        .collected = clumps[SUM_OBJECTS] + found.collected,
        .finalizers = clumps[SUM_FINALIZERS] + found.finalizers,
        .freed_objects = e->freed.gone.objects - freed.objects,
        .freed_bytes = e->freed.gone.bytes - freed.bytes,
    };
    if (e->index->released)
        found.released += clumps[e->index->released];
    work->survivors =
        work->candidates - (work->collected - found.released) - (faded - found.fading);
    count_survivors(e, generation, (int64_t)work->survivors);
    promote(e, generation, clumps);
    e->totals.live_objects -= work->freed_objects;
    e->totals.live_bytes -= work->freed_bytes;
    e->totals.garbage_objects -=
        work->freed_objects - (e->freed.released.objects - released.objects);
    e->totals.garbage_bytes -= work->freed_bytes - (e->freed.released.bytes - released.bytes);
}

/* Young tuples of atoms stay tracked: no collection will meet them. */
static void freeze_fading(struct evaluation *e)
{
    uint64_t fading[TRACKED_SUMS] = {0};
    add_fading(e, fading);
    if (fading[SUM_OBJECTS] <= e->freed.fading[SUM_OBJECTS] || e->status != GCS_OK)
        return;
    e->status = GCS_GROW(e->replay.memory, &e->frozen.fading, &e->frozen.capacity,
                         e->frozen.count + 1, e->error);
    if (e->status != GCS_OK)
        return;
    e->frozen.fading[e->frozen.count++] = (struct interval){e->bounds[0], e->now};
    e->frozen.freed += e->freed.fading[SUM_OBJECTS]; /* gone before, but in the interval */
}

static void index_freeze(void *self)
{
    struct evaluation *e = self;
    uint64_t met[TRACKED_SUMS] = {0}; /* nobody asks */
    if (e->replay.sampled)
        e->uncovered = "a timeline of a frozen heap";
    set_now(e);
    freeze_fading(e);
    singles_meet(e, GCS_GENERATIONS - 1, met);
    singles_promote(e, GCS_GENERATIONS - 1, LEVEL_FROZEN);
    for (unsigned level = 0; level < LEVEL_FROZEN; level++)
        move_freed(e, level, LEVEL_FROZEN);
    memset(e->freed.fading, 0, sizeof e->freed.fading);
    for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
        e->bounds[g] = e->now;
        e->counts.count[g] = 0;
    }
}

static void index_unfreeze(void *self)
{
    struct evaluation *e = self;
    if (e->frozen.count || e->singles.known[LEVEL_FROZEN].count)
        e->uncovered = "gc.unfreeze of tuples that no collection has met";
    move_freed(e, LEVEL_FROZEN, LEVEL_OLD);
    e->bounds[2] = (struct bound){0};
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

uint64_t count_frozen(const struct evaluation *e)
{
    static const struct bound start;
    uint64_t sums[TRACKED_SUMS] = {0};
    add_longs(e, &start, &e->bounds[2], false, sums);
    for (size_t i = 0; i < e->frozen.count; i++)
        add_longs(e, &e->frozen.fading[i].from, &e->frozen.fading[i].to, true, sums);
    if (e->bounds[2].op > 0)
        subtract_sums(sums, e->freed.tracked[LEVEL_FROZEN], TRACKED_SUMS);
    return sums[SUM_OBJECTS] - e->frozen.freed + singles_frozen(e);
}
