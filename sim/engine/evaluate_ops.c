/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The walk through the ops: what allocations and deaths make of count0 and of the free lists.
 * Blocks of ops in which nothing can happen are jumped, regions of blocks likewise.
 */
#include "evaluate_private.h"

static const struct list_jump *lists_at(const struct gcs_index *index, size_t block)
{
    return index->block_lists + block * index->baseline.list_count;
}

/* At a block's start, or the end. */
static const struct list_jump *lists_here(const struct evaluation *e)
{
    return lists_at(e->index, (e->at.op + BLOCK_OPS - 1) / BLOCK_OPS);
}

/* At a block's start, after a walk: which free lists differ from the baseline's? */
static void compare_lists(struct evaluation *e)
{
    const struct list_jump *lists = lists_here(e);
    e->lists.strayed = 0;
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        if (e->lists.held[list] != lists[list].start)
            e->lists.strayed |= 1u << list;
    e->lists.fetched = false;
}

/* Before ops are walked one by one: what is in every free list? */
static void fetch_lists(struct evaluation *e)
{
    const struct list_jump *lists = lists_here(e);
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        if (!(e->lists.strayed & 1u << list))
            e->lists.held[list] = lists[list].start;
    e->lists.fetched = true;
}

/* What lists that strayed do to count0 while some ops pass, beside what is done in the
 * baseline. A list's distance from the baseline's can only shrink meanwhile, as both go the
 * same steps between the same bounds; and by what it shrinks more allocations count, or fewer.
 */
struct drift {
    int64_t up, down; /* at most, on the way */
};

static struct drift drift_of(const struct evaluation *e, const struct list_jump *lists,
                             const struct list_jump *next)
{
    struct drift drift = {0, 0};
    for (uint32_t left = e->lists.strayed; left; left &= left - 1) {
        unsigned list = (unsigned)__builtin_ctz(left);
        int before = e->lists.held[list] - lists[list].start;
        int after = list_after(&lists[list], e->lists.held[list]) - next[list].start;
        if (after > before)
            drift.up += after - before;
        else
            drift.down += before - after;
    }
    return drift;
}

/* Jumps the ops if nothing can happen in them. `next`: the lists behind them. */
static bool jump_over(struct evaluation *e, const struct jump *over,
                      const struct list_jump *lists, const struct list_jump *next)
{
    int64_t count = e->counts.count[0], after = count + over->net;
    struct drift drift = drift_of(e, lists, next);
    if (drift.up || drift.down) {
        /* An allocation that a list serves in the baseline may count here, so all of the way
         * must stay below; and clear of zero, where one could not tell what counts. */
        int64_t top = over->top > 0 ? over->top : 0;
        if (count + top + drift.up > e->above || after - over->floor - drift.down < 0)
            return false;
        e->counts.count[0] = after + drift.up - drift.down;
    } else {
        if (count + over->top > e->above ||
            (over->ceiling > e->above && over->ceiling != NO_ALLOCATION))
            return false;
        e->counts.count[0] = after > over->floor ? after : over->floor;
    }
    for (uint32_t left = e->lists.strayed; left; left &= left - 1) {
        unsigned list = (unsigned)__builtin_ctz(left);
        e->lists.held[list] = list_after(&lists[list], e->lists.held[list]);
    }
    return true;
}

/* Which of the lists that strayed have met the baseline's again? */
static void drop_met_lists(struct evaluation *e)
{
    const struct list_jump *lists = lists_here(e);
    for (uint32_t left = e->lists.strayed; left; left &= left - 1) {
        unsigned list = (unsigned)__builtin_ctz(left);
        if (e->lists.held[list] == lists[list].start)
            e->lists.strayed &= ~(1u << list);
    }
}

/* The first op behind the block, or the region. */
static uint32_t end_of(const struct evaluation *e, size_t place, size_t ops)
{
    size_t end = (place + 1) * ops;
    return (uint32_t)(end < e->baseline->op_count ? end : e->baseline->op_count);
}

static void jump_blocks(struct evaluation *e, uint32_t limit)
{
    enum { REGION_OPS = BLOCK_OPS * BLOCK_BLOCKS };
    const struct gcs_index *index = e->index;
    size_t codes = e->baseline->list_count;
    while (e->at.op < limit) {
        size_t block = e->at.op / BLOCK_OPS, region = block / BLOCK_BLOCKS;
        uint32_t block_end = end_of(e, block, BLOCK_OPS);
        uint32_t region_end = end_of(e, region, REGION_OPS);
        if (block % BLOCK_BLOCKS == 0 && region_end <= limit &&
            jump_over(e, &index->regions[region], index->region_lists + region * codes,
                      lists_at(index, (region_end + BLOCK_OPS - 1) / BLOCK_OPS)))
            e->at.op = region_end;
        else if (block_end <= limit &&
                 jump_over(e, &index->blocks[block], lists_at(index, block),
                           lists_at(index, block + 1)))
            e->at.op = block_end;
        else
            return;
        drop_met_lists(e);
    }
}

void free_shells(struct evaluation *e, unsigned list, uint64_t shells)
{
    unsigned room = 0;
    if (list)
        room = (unsigned)(e->baseline->list_capacity[list] - e->lists.held[list]);
    uint64_t parked = shells < room ? shells : room;
    int64_t count = e->counts.count[0] - (int64_t)(shells - parked);
    if (parked)
        e->lists.held[list] = (uint16_t)(e->lists.held[list] + parked);
    e->counts.count[0] = count > 0 ? count : 0;
}

/* A strategy may collect before the first op. */
void begin_ops(struct evaluation *e)
{
    fetch_lists(e);
}

void track_late(struct evaluation *e)
{
    e->at.late = 0;
}

/* Op by op. True if one triggers. What is allocated takes a shell from its free list, what is
 * freed parks one there; count0 changes by what could not. No branch depends on which: nobody
 * could foretell it. */
static inline bool walk_block_as(struct evaluation *e, bool narrow, uint32_t end)
{
    int64_t count = e->counts.count[0];
    bool triggers = false;
    while (e->at.op < end && !triggers) {
        struct tally tally = e->index->tallies[code_as(e->baseline, narrow, e->at.op++)];
        int held = e->lists.held[tally.list], left = held - tally.change;
        left = left < 0 ? 0 : left;
        left = left > tally.capacity ? tally.capacity : left;
        int counted = tally.change - (held - left);
        e->lists.held[tally.list] = (uint16_t)left;
        count += counted;
        count = count < 0 ? 0 : count;
        triggers = (counted > 0) & (count > e->above);
    }
    e->counts.count[0] = count;
    return triggers;
}

static bool walk_block(struct evaluation *e, uint32_t end)
{
    return e->baseline->narrow ? walk_block_as(e, true, end) : walk_block_as(e, false, end);
}

bool walk_ops(struct evaluation *e, uint32_t limit)
{
    track_late(e);
    while (e->at.op < limit) {
        if (e->at.op % BLOCK_OPS == 0) {
            if (e->lists.fetched)
                compare_lists(e);
            jump_blocks(e, limit);
            fetch_lists(e);
            if (e->at.op >= limit)
                return false;
        }
        uint32_t end = end_of(e, e->at.op / BLOCK_OPS, BLOCK_OPS);
        if (walk_block(e, end < limit ? end : limit)) {
            /* Up to 3.11 an object is tracked after the collection it triggers. */
            e->at.late = e->replay.model->timing == GCS_TIMING_ALLOCATION;
            return true;
        }
    }
    return false;
}
