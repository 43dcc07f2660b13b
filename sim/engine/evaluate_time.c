/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time and the heap's size, without walking: the heap is the baseline's less what was freed,
 * and that is a constant between two collections. So peaks are highest moments of the baseline,
 * and work is a difference of running sums.
 */
#include "evaluate_private.h"

static uint32_t high_bytes(const struct high *high)
{
    return high->bytes;
}

static uint32_t high_objects(const struct high *high)
{
    return high->objects;
}

/* The highest of the moments [from, to), or `least`. `of`: by moment; `high`: by blocks. */
static uint32_t highest(const struct gcs_index *index, const uint32_t *of,
                        uint32_t (*high)(const struct high *), size_t from, size_t to,
                        uint32_t least)
{
    enum { WIDE = BLOCK_MOMENTS * BLOCK_MOMENTS };
    while (from < to) {
        uint32_t value;
        size_t step;
        if (from % WIDE == 0 && from + WIDE <= to) {
            value = high(&index->higher[from / WIDE]);
            step = WIDE;
        } else if (from % BLOCK_MOMENTS == 0 && from + BLOCK_MOMENTS <= to) {
            value = high(&index->highs[from / BLOCK_MOMENTS]);
            step = BLOCK_MOMENTS;
        } else {
            value = of[from];
            step = 1;
        }
        if (value > least)
            least = value;
        from += step;
    }
    return least;
}

static void raise_peaks(struct evaluation *e, uint64_t bytes, uint64_t objects)
{
    if (bytes > e->totals.peak_bytes)
        e->totals.peak_bytes = bytes;
    if (objects > e->totals.peak_objects)
        e->totals.peak_objects = objects;
}

/* The peaks of the moments before `to` that have not passed yet. */
static void find_peaks(struct evaluation *e, uint32_t to)
{
    uint64_t bytes = (e->totals.peak_bytes + e->freed.bytes) / GCS_BYTES_UNIT;
    uint64_t objects = e->totals.peak_objects + e->freed.objects;
    uint32_t from = e->passed.moments;
    uint32_t most_bytes =
        highest(e->index, e->baseline->moment_bytes, high_bytes, from, to, (uint32_t)bytes);
    uint32_t most_objects = highest(e->index, e->baseline->moment_objects, high_objects, from,
                                    to, (uint32_t)objects);
    if (most_bytes > bytes)
        e->totals.peak_bytes = (uint64_t)most_bytes * GCS_BYTES_UNIT - e->freed.bytes;
    if (most_objects > objects)
        e->totals.peak_objects = most_objects - e->freed.objects;
}

/* The first of baseline->others from `from` on whose moment is `moment` or later. It is mostly
 * near: hence the steps. */
static size_t find_other(const struct gcs_baseline *baseline, size_t from, uint32_t moment)
{
    size_t step = 1, low = from;
    while (low + step < baseline->other_count && baseline->others[low + step].moment < moment) {
        low += step;
        step *= 2;
    }
    size_t high = low + step < baseline->other_count ? low + step : baseline->other_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->others[middle].moment < moment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void pass_time(struct evaluation *e, uint32_t to)
{
    const struct gcs_baseline *baseline = e->baseline;
    if (to <= e->passed.moments)
        return;
    find_peaks(e, to);
    size_t others = find_other(baseline, e->passed.others, to);
    if (others > e->passed.others) {
        static const struct gcs_other_moment none;
        const struct gcs_other_moment *before =
            e->passed.others ? &baseline->others[e->passed.others - 1] : &none;
        const struct gcs_other_moment *after = &baseline->others[others - 1];
        gcs_time work = after->work - before->work;
        e->replay.area += after->area - before->area - (gcs_area)e->freed.bytes * work;
        e->replay.clock += work;
        e->replay.ledger->mutator_ns += work;
        e->passed.others = others;
    }
    e->passed.moments = to;
}

/* The books as they stand at an event: `bytes` (units) and objects are the baseline's. */
static void stand_at(struct evaluation *e, uint32_t event, uint32_t bytes, uint32_t objects)
{
    const struct gcs_baseline *baseline = e->baseline;
    e->replay.event = event;
    e->totals.live_bytes = (uint64_t)bytes * GCS_BYTES_UNIT - e->freed.bytes;
    e->totals.live_objects = objects - e->freed.objects;
    while (e->passed.declared < baseline->declared_count &&
           baseline->declared[e->passed.declared].event <= event)
        e->passed.declared++;
    const struct gcs_declared *declared =
        e->passed.declared ? &baseline->declared[e->passed.declared - 1] : NULL;
    e->totals.garbage_bytes = (declared ? declared->bytes : 0) - e->freed.bytes;
    e->totals.garbage_objects = (declared ? declared->objects : 0) - e->freed.objects;
    if (e->totals.garbage_bytes > e->totals.peak_garbage_bytes)
        e->totals.peak_garbage_bytes = e->totals.garbage_bytes;
    raise_peaks(e, e->totals.live_bytes, e->totals.live_objects);
}

void stand_at_moment(struct evaluation *e, uint32_t moment)
{
    const struct gcs_baseline *baseline = e->baseline;
    stand_at(e, baseline->moment_event[moment], baseline->moment_bytes[moment],
             baseline->moment_objects[moment]);
}

/* The baseline has an `early` of the op only where the heap was another than at the event's
 * end. */
void stand_at_test(struct evaluation *e)
{
    const struct gcs_baseline *baseline = e->baseline;
    uint32_t op = (uint32_t)e->at.op - 1, moment = e->at.moments - 1;
    size_t low = 0, high = baseline->early_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->early[middle].op < op)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < baseline->early_count && baseline->early[low].op == op)
        stand_at(e, baseline->moment_event[moment], baseline->early[low].bytes,
                 baseline->early[low].objects);
    else
        stand_at_moment(e, moment);
}

void stand_at_end(struct evaluation *e)
{
    const struct gcs_totals *end = &e->baseline->end;
    track_late(e);
    stand_at(e, GCS_NEVER, (uint32_t)(end->live_bytes / GCS_BYTES_UNIT),
             (uint32_t)end->live_objects);
    e->totals.allocated_objects = end->allocated_objects;
    e->totals.frozen_objects = count_frozen(e);
}
