/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time and the heap's size, without walking: the heap is the baseline's less what was freed,
 * and that is a constant between two collections. So peaks are the baseline's highest, and work
 * is a difference of running sums.
 */
#include "evaluate_private.h"

/* Op by op, in one block. */
static void pass_to(const struct gcs_index *index, uint32_t ops, struct passed_point *now,
                    struct high *most)
{
    if (now->op >= ops)
        return;
    points_pass(index, now->op, ops, &now->point, most);
    now->op = ops;
}

/* How far `op` is behind a point, if they lie in one block; else UINT32_MAX. */
static uint32_t distance(uint32_t from, uint32_t op)
{
    return from <= op && from / BLOCK_OPS == op / BLOCK_OPS ? op - from : UINT32_MAX;
}

const struct point *point_now(struct evaluation *e)
{
    struct passed_point *now = &e->at.point;
    struct high most = {0, 0}; /* nobody asks */
    if (distance(e->passed.now.op, e->at.op) < distance(now->op, e->at.op))
        *now = e->passed.now;
    if (distance(now->op, e->at.op) == UINT32_MAX) {
        now->op = e->at.op / BLOCK_OPS * BLOCK_OPS;
        now->point = e->index->points[e->at.op / BLOCK_OPS];
    }
    pass_to(e->index, e->at.op, now, &most);
    return &now->point;
}

static bool is_above(const struct high *high, const struct high *most)
{
    return high->bytes > most->bytes || high->objects > most->objects;
}

/* The highest of the blocks [block, end). Where a region is nowhere higher than what is known
 * it is not looked into. */
static void highest_of_blocks(const struct gcs_index *index, size_t block, size_t end,
                              struct high *most)
{
    while (block < end) {
        size_t region = block / BLOCK_BLOCKS;
        if (!is_above(&index->region_highs[region], most)) {
            block = (region + 1) * BLOCK_BLOCKS;
            continue;
        }
        raise_high(most, index->highs[block].bytes, index->highs[block].objects);
        block++;
    }
}

void pass_ops(const struct gcs_index *index, uint32_t ops, struct passed_point *now,
              struct high *most)
{
    size_t block = now->op / BLOCK_OPS, last = ops / BLOCK_OPS;
    if (block < last) {
        if (now->op % BLOCK_OPS && is_above(&index->highs[block], most))
            pass_to(index, (uint32_t)(block + 1) * BLOCK_OPS, now, most);
        highest_of_blocks(index, (now->op + BLOCK_OPS - 1) / BLOCK_OPS, last, most);
        *now = (struct passed_point){index->points[last], (uint32_t)last * BLOCK_OPS};
    }
    pass_to(index, ops, now, most);
}

static void raise_peaks(struct evaluation *e, uint64_t bytes, uint64_t objects)
{
    if (bytes > e->totals.peak_bytes)
        e->totals.peak_bytes = bytes;
    if (objects > e->totals.peak_objects)
        e->totals.peak_objects = objects;
}

/* The same, and the setting's peaks on the way. */
static void pass_heap(struct evaluation *e, uint32_t ops)
{
    const uint64_t bytes = (e->totals.peak_bytes + e->freed.gone.bytes) / GCS_BYTES_UNIT;
    const uint64_t objects = e->totals.peak_objects + e->freed.gone.objects;
    struct high most = {(uint32_t)bytes, (uint32_t)objects};
    pass_ops(e->index, ops, &e->passed.now, &most);
    if (most.bytes > bytes)
        e->totals.peak_bytes = (uint64_t)most.bytes * GCS_BYTES_UNIT - e->freed.gone.bytes;
    if (most.objects > objects)
        e->totals.peak_objects = most.objects - e->freed.gone.objects;
}

/* The work of baseline->works up to the first `works` of them, of which `done` is the last. */
static void pass_work(struct evaluation *e, uint32_t works, const struct gcs_work_moment *done)
{
    gcs_time work = done->work - e->passed.done.work;
    e->replay.area +=
        gcs_area_at(done) - gcs_area_at(&e->passed.done) - (gcs_area)e->freed.gone.bytes * work;
    pass(&e->replay, &e->replay.ledger->mutator_ns, work);
    e->passed.works = works;
    e->passed.done = *done;
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
    const struct stop_point *point = &e->index->stop_points[which];
    pass_work(e, point->works, &point->done);
    e->totals.live_bytes = (uint64_t)point->bytes * GCS_BYTES_UNIT - e->freed.gone.bytes;
    if (stop->event.op == GCS_OP_IDLE)
        return idle(&e->replay, stop->event.object, e->error);
    if (stop->event.op == GCS_OP_BEGIN)
        return begin_request(&e->replay, &stop->event, e->error);
    if (stop->event.op == GCS_OP_END)
        return end_request(&e->replay, &stop->event, e->error);
    meet_mark(&e->replay, &stop->event);
    return GCS_OK;
}

void pass_on(struct evaluation *e, uint32_t ops)
{
    const struct gcs_baseline *baseline = e->baseline;
    if (ops <= e->passed.now.op)
        return;
    pass_heap(e, ops);
    for (; e->passed.stops < baseline->stop_count; e->passed.stops++) {
        const struct gcs_stop *stop = &baseline->stops[e->passed.stops];
        if (stop->op >= ops || e->status != GCS_OK)
            break;
        if (is_halt(e, stop))
            continue;
        e->status = pass_stop(e, e->passed.stops);
    }
    uint32_t works = e->passed.now.point.works;
    if (works > e->passed.works)
        pass_work(e, works, &baseline->works[works - 1]);
}

void pass_time(struct evaluation *e, uint32_t ops)
{
    if (e->replay.sampled)
        sample_ops(e, ops);
    pass_on(e, ops);
}

/* The books as the first `done` ops leave them: `bytes` (units) and objects are the baseline's.
 */
static void stand_at(struct evaluation *e, uint32_t done, uint32_t bytes, uint32_t objects)
{
    e->totals.live_bytes = (uint64_t)bytes * GCS_BYTES_UNIT - e->freed.gone.bytes;
    e->totals.live_objects = objects - e->freed.gone.objects;
    static const struct gcs_declared none;
    const struct gcs_baseline *baseline = e->baseline;
    size_t count = count_before(&e->index->declared_rows, baseline->declared,
                                sizeof *baseline->declared, done);
    const struct gcs_declared *garbage = count ? &baseline->declared[count - 1] : &none;
    e->totals.garbage_bytes = (uint64_t)garbage->bytes * GCS_BYTES_UNIT -
                              (e->freed.gone.bytes - e->freed.released.bytes);
    e->totals.garbage_objects =
        garbage->objects - (e->freed.gone.objects - e->freed.released.objects);
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

void stand_passed(struct evaluation *e)
{
    const struct passed_point *now = &e->passed.now;
    e->replay.event = now->point.event;
    stand_at(e, now->op, now->point.bytes, now->point.objects);
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
