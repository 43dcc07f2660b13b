/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time and the heap's size, without walking: the heap is the baseline's less what was freed,
 * and that is a constant between two collections. So peaks are the baseline's highest, and work
 * is a difference of running sums.
 */
#include "evaluate_private.h"

const struct point *point_now(struct evaluation *e)
{
    if (e->at.passed / BLOCK_OPS != e->at.op / BLOCK_OPS || e->at.passed > e->at.op) {
        e->at.passed = e->at.op / BLOCK_OPS * BLOCK_OPS;
        e->at.point = e->index->points[e->at.op / BLOCK_OPS];
    }
    while (e->at.passed < e->at.op)
        point_pass(e->baseline, e->at.passed++, &e->at.point);
    return &e->at.point;
}

static void raise_to(struct high *most, uint32_t bytes, uint32_t objects)
{
    if (bytes > most->bytes)
        most->bytes = bytes;
    if (objects > most->objects)
        most->objects = objects;
}

static bool is_above(const struct high *high, const struct high *most)
{
    return high->bytes > most->bytes || high->objects > most->objects;
}

/* The highest behind the ops [from, to), which lie in one block. */
static void highest_in_block(const struct evaluation *e, uint32_t from, uint32_t to,
                             struct high *most)
{
    struct point point = e->index->points[from / BLOCK_OPS];
    for (uint32_t op = from / BLOCK_OPS * BLOCK_OPS; op < to; op++) {
        point_pass(e->baseline, op, &point);
        if (op >= from)
            raise_to(most, point.bytes, point.objects);
    }
}

/* … anywhere. Where a block or a region is nowhere higher than what is known it is not looked
 * into. */
static void highest(const struct evaluation *e, uint32_t from, uint32_t to, struct high *most)
{
    enum { REGION_OPS = BLOCK_OPS * BLOCK_BLOCKS };
    const struct gcs_index *index = e->index;
    while (from < to) {
        size_t block = from / BLOCK_OPS, region = block / BLOCK_BLOCKS;
        uint32_t block_end = (uint32_t)(block + 1) * BLOCK_OPS;
        uint32_t region_end = (uint32_t)(region + 1) * REGION_OPS;
        uint32_t end = block_end < to ? block_end : to;
        if (!is_above(&index->region_highs[region], most)) {
            from = region_end;
            continue;
        }
        if (is_above(&index->highs[block], most)) {
            if (from % BLOCK_OPS == 0 && end == block_end)
                raise_to(most, index->highs[block].bytes, index->highs[block].objects);
            else
                highest_in_block(e, from, end, most);
        }
        from = block_end;
    }
}

static void raise_peaks(struct evaluation *e, uint64_t bytes, uint64_t objects)
{
    if (bytes > e->totals.peak_bytes)
        e->totals.peak_bytes = bytes;
    if (objects > e->totals.peak_objects)
        e->totals.peak_objects = objects;
}

/* The peaks behind the ops before `ops` that have not passed yet. */
static void find_peaks(struct evaluation *e, uint32_t ops)
{
    const uint64_t bytes = (e->totals.peak_bytes + e->freed.bytes) / GCS_BYTES_UNIT;
    const uint64_t objects = e->totals.peak_objects + e->freed.objects;
    struct high most = {(uint32_t)bytes, (uint32_t)objects};
    highest(e, e->passed.ops, ops, &most);
    if (most.bytes > bytes)
        e->totals.peak_bytes = (uint64_t)most.bytes * GCS_BYTES_UNIT - e->freed.bytes;
    if (most.objects > objects)
        e->totals.peak_objects = most.objects - e->freed.objects;
}

/* The first of baseline->works from `from` on that is at `op` or later. It is mostly near:
 * hence the steps. */
static size_t find_work(const struct gcs_baseline *baseline, size_t from, uint32_t op)
{
    size_t step = 1, low = from;
    while (low + step < baseline->work_count && baseline->works[low + step].op < op) {
        low += step;
        step *= 2;
    }
    size_t high = low + step < baseline->work_count ? low + step : baseline->work_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->works[middle].op < op)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The work of the ops before `ops`. */
static void pass_work(struct evaluation *e, uint32_t ops)
{
    static const struct gcs_work_moment none;
    const struct gcs_baseline *baseline = e->baseline;
    size_t works = find_work(baseline, e->passed.works, ops);
    if (works == e->passed.works)
        return;
    const struct gcs_work_moment *before =
        e->passed.works ? &baseline->works[e->passed.works - 1] : &none;
    const struct gcs_work_moment *after = &baseline->works[works - 1];
    gcs_time work = after->work - before->work;
    e->replay.area += after->area - before->area - (gcs_area)e->freed.bytes * work;
    pass(&e->replay, &e->replay.ledger->mutator_ns, work);
    e->passed.works = works;
}

bool is_halt(const struct evaluation *e, const struct gcs_stop *stop)
{
    bool idle = stop->event.op == GCS_OP_IDLE || stop->event.op == GCS_OP_BEGIN;
    bool end = stop->event.op == GCS_OP_END, mark = stop->event.op == GCS_OP_MARK;
    const struct gcs_strategy *strategy = e->replay.setting->strategy;
    if (!idle && !end && !mark)
        return true;
    for (size_t i = 0; i < strategy->rule_count; i++) {
        enum gcs_when when = strategy->rules[i].when;
        if (when == GCS_WHEN_TIME || (mark && when == GCS_WHEN_MARK) ||
            (idle && when == GCS_WHEN_IDLE) ||
            (end && (when == GCS_WHEN_REQUESTS || when == GCS_WHEN_REQUEST_END)))
            return true;
    }
    return false;
}

/* A request, a wait or a mark at which nobody acts. */
static enum gcs_status pass_stop(struct evaluation *e, size_t which)
{
    const struct gcs_stop *stop = &e->baseline->stops[which];
    e->totals.live_bytes =
        (uint64_t)e->index->stop_bytes[which] * GCS_BYTES_UNIT - e->freed.bytes;
    if (stop->event.op == GCS_OP_IDLE)
        return idle(&e->replay, stop->event.object, e->error);
    if (stop->event.op == GCS_OP_BEGIN)
        return begin_request(&e->replay, &stop->event, e->error);
    if (stop->event.op == GCS_OP_END)
        return end_request(&e->replay, &stop->event, e->error);
    meet_mark(&e->replay, &stop->event);
    return GCS_OK;
}

void pass_time(struct evaluation *e, uint32_t ops)
{
    const struct gcs_baseline *baseline = e->baseline;
    if (ops <= e->passed.ops)
        return;
    find_peaks(e, ops);
    for (; e->passed.stops < baseline->stop_count; e->passed.stops++) {
        const struct gcs_stop *stop = &baseline->stops[e->passed.stops];
        if (stop->op >= ops || e->status != GCS_OK)
            break;
        if (is_halt(e, stop))
            continue;
        pass_work(e, stop->op);
        e->status = pass_stop(e, e->passed.stops);
    }
    pass_work(e, ops);
    e->passed.ops = ops;
}

/* The books as the first `done` ops leave them: `bytes` (units) and objects are the baseline's.
 */
static void stand_at(struct evaluation *e, uint32_t done, uint32_t bytes, uint32_t objects)
{
    const struct gcs_baseline *baseline = e->baseline;
    e->totals.live_bytes = (uint64_t)bytes * GCS_BYTES_UNIT - e->freed.bytes;
    e->totals.live_objects = objects - e->freed.objects;
    while (e->passed.declared < baseline->declared_count &&
           baseline->declared[e->passed.declared].stamp < done)
        e->passed.declared++;
    const struct gcs_declared *declared =
        e->passed.declared ? &baseline->declared[e->passed.declared - 1] : NULL;
    e->totals.garbage_bytes = (declared ? declared->bytes : 0) - e->freed.bytes;
    e->totals.garbage_objects = (declared ? declared->objects : 0) - e->freed.objects;
    if (e->totals.garbage_bytes > e->totals.peak_garbage_bytes)
        e->totals.peak_garbage_bytes = e->totals.garbage_bytes;
    raise_peaks(e, e->totals.live_bytes, e->totals.live_objects);
}

void stand(struct evaluation *e)
{
    const struct point *point = point_now(e);
    e->replay.event = point->event;
    stand_at(e, e->at.op, point->bytes, point->objects);
}

/* The object has no payload yet. */
void stand_at_test(struct evaluation *e)
{
    const struct point *point = point_now(e);
    bool extra = kind_of_op(e->baseline, e->at.op - 1)->extra;
    uint32_t payload = extra ? e->baseline->extras[point->extras - 1] : 0;
    e->replay.event = point->event;
    stand_at(e, e->at.op, point->bytes - payload, point->objects);
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
