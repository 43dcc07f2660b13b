/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The heap's history: of each stretch of events the highest heap that an event leaves behind.
 *
 * Only the first event of a stretch, which a tick of the baseline's ends, and ops that raise
 * the heap can leave the highest behind: everything else lowers it. Between two collections the
 * highest is where the baseline's is. Right before a collection, which may come in the midst of
 * an event, interpreter.c looks.
 */
#include "evaluate_private.h"

static void sample(struct evaluation *e)
{
    stand_passed(e);
    struct gcs_sample now = sample_now(&e->replay);
    if (e->status == GCS_OK)
        e->status = ledger_observe(e->replay.ledger, &now, e->error);
}

/* The first op before `ops`, of those whose time has not passed, behind which the baseline's
 * heap has `bytes` or more. There is one. */
static uint32_t find_high(const struct evaluation *e, uint32_t ops, uint32_t bytes)
{
    const struct gcs_index *index = e->index;
    struct passed_point now = e->passed.now;
    struct high most = {0, 0};
    for (;;) {
        size_t block = now.op / BLOCK_OPS;
        uint32_t end = (uint32_t)(block + 1) * BLOCK_OPS;
        if (index->highs[block].bytes < bytes) {
            now = (struct passed_point){index->points[block + 1], end};
            continue;
        }
        for (; now.op < end && now.op < ops; now.op++) {
            points_pass(index, now.op, now.op + 1, &now.point, &most);
            if (most.bytes >= bytes)
                return now.op;
        }
        GCS_ASSERT(now.op < ops);
    }
}

/* The rest of a stretch, or a part of it. */
static void sample_highest(struct evaluation *e, uint32_t ops)
{
    const struct gcs_ledger *ledger = e->replay.ledger;
    uint64_t known = ledger->samples[ledger->sample_count - 1].live_bytes + e->freed.gone.bytes;
    struct high most = {(uint32_t)(known / GCS_BYTES_UNIT), UINT32_MAX};
    struct passed_point now = e->passed.now;
    pass_ops(e->index, ops, &now, &most);
    if (most.bytes > known / GCS_BYTES_UNIT) {
        pass_on(e, find_high(e, ops, most.bytes) + 1);
        sample(e);
    }
    pass_on(e, ops);
}

void sample_ops(struct evaluation *e, uint32_t ops)
{
    const struct gcs_baseline *baseline = e->baseline;
    while (e->passed.now.op < ops && e->status == GCS_OK) {
        const struct gcs_tick end = {(uint32_t)baseline->op_count,
                                     (uint32_t)baseline->op_count};
        const struct gcs_tick *tick =
            e->ticks < baseline->tick_count ? &baseline->ticks[e->ticks] : &end;
        if (e->passed.now.op < tick->begin) {
            sample_highest(e, tick->begin < ops ? tick->begin : ops);
        } else if (tick->op < ops) {
            pass_on(e, tick->op + 1);
            e->ticks++;
            sample(e);
        } else {
            pass_on(e, ops);
        }
    }
}

enum gcs_status sample_end(struct evaluation *e)
{
    uint64_t events = e->replay.trace->events;
    e->replay.event = events ? events - 1 : 0;
    struct gcs_sample now = sample_now(&e->replay);
    return ledger_end(e->replay.ledger, &now, e->error);
}
