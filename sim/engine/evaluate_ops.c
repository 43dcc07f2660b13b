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

/* At a block's start, after a walk: which free lists differ from the baseline's? */
static void compare_lists(struct evaluation *e)
{
    const struct list_jump *lists = lists_at(e->index, e->at.op / BLOCK_OPS);
    e->lists.strayed = 0;
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        if (e->lists.held[list] != lists[list].start)
            e->lists.strayed |= 1u << list;
    e->lists.fetched = false;
}

/* Before ops are walked one by one: what is in every free list? */
static void fetch_lists(struct evaluation *e)
{
    const struct list_jump *lists = lists_at(e->index, e->at.op / BLOCK_OPS);
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        if (!(e->lists.strayed & 1u << list))
            e->lists.held[list] = lists[list].start;
    e->lists.fetched = true;
}

/* Whether the free lists take these ops as in the baseline. */
static bool lists_agree(const struct evaluation *e, const struct jump *jump,
                        const struct list_jump *lists)
{
    for (uint32_t left = e->lists.strayed; left; left &= left - 1) {
        unsigned list = (unsigned)__builtin_ctz(left);
        if (jump->clamped & 1u << list || e->lists.held[list] + lists[list].low < 0 ||
            e->lists.held[list] + lists[list].high > e->baseline->list_capacity[list])
            return false;
    }
    return true;
}

/* Jumps the ops if nothing can happen in them. `limit`: moments that may begin. */
static bool jump_over(struct evaluation *e, const struct jump *over,
                      const struct list_jump *lists, uint32_t limit)
{
    int64_t count = e->counts.count[0];
    if (over[1].moments > limit || count + over->top > e->above ||
        (over->ceiling > e->above && over->ceiling != NO_ALLOCATION) ||
        !lists_agree(e, over, lists))
        return false;
    e->counts.count[0] = count + over->net > over->floor ? count + over->net : over->floor;
    for (uint32_t left = e->lists.strayed; left; left &= left - 1) {
        unsigned list = (unsigned)__builtin_ctz(left);
        e->lists.held[list] = (uint16_t)(e->lists.held[list] + lists[list].net);
    }
    e->at.moments = over[1].moments;
    e->at.items = over[1].items;
    return true;
}

/* Which of the lists that strayed have met the baseline's again? */
static void drop_met_lists(struct evaluation *e)
{
    const struct list_jump *lists = lists_at(e->index, e->at.op / BLOCK_OPS);
    for (uint32_t left = e->lists.strayed; left; left &= left - 1) {
        unsigned list = (unsigned)__builtin_ctz(left);
        if (e->lists.held[list] == lists[list].start)
            e->lists.strayed &= ~(1u << list);
    }
}

static void jump_blocks(struct evaluation *e, uint32_t limit)
{
    const struct gcs_index *index = e->index;
    size_t codes = e->baseline->list_count;
    for (;;) {
        size_t block = e->at.op / BLOCK_OPS;
        if (block >= index->block_count)
            return;
        size_t region = block / BLOCK_BLOCKS;
        if (block % BLOCK_BLOCKS == 0 &&
            jump_over(e, &index->regions[region], index->region_lists + region * codes,
                      limit)) {
            block = (region + 1) * BLOCK_BLOCKS;
            e->at.op = (block < index->block_count ? block : index->block_count) * BLOCK_OPS;
        } else if (jump_over(e, &index->blocks[block], lists_at(index, block), limit)) {
            e->at.op += BLOCK_OPS;
        } else {
            return;
        }
        drop_met_lists(e);
    }
}

/* True if the allocation counts: no free list serves it. */
static bool allocate(struct evaluation *e, unsigned list)
{
    if (list && e->lists.held[list]) {
        e->lists.held[list]--;
        return false;
    }
    e->counts.count[0]++;
    return true;
}

static void free_shell(struct evaluation *e, unsigned list)
{
    if (list && e->lists.held[list] < e->baseline->list_capacity[list])
        e->lists.held[list]++;
    else if (e->counts.count[0] > 0)
        e->counts.count[0]--;
}

void free_shells(struct evaluation *e, unsigned list, uint64_t shells)
{
    while (shells-- > 0)
        free_shell(e, list);
}

/* A strategy may collect before the first op. */
void begin_ops(struct evaluation *e)
{
    fetch_lists(e);
}

void track_late(struct evaluation *e)
{
    e->at.items += e->at.late;
    e->at.late = 0;
}

/* True if it triggers. */
static bool allocate_tracked(struct evaluation *e, unsigned list)
{
    bool triggers = allocate(e, list) && e->counts.count[0] > e->above;
    if (triggers && e->replay.model->timing == GCS_TIMING_ALLOCATION)
        e->at.late = 1; /* up to 3.11 an object is tracked after the collection it triggers */
    else
        e->at.items++;
    return triggers;
}

static bool begins_moment(enum gcs_baseline_op op)
{
    return op == GCS_DO_MOMENT || op == GCS_DO_ALLOCATE || op == GCS_DO_ALLOCATE_TRACKED;
}

/* True if it triggers. */
static bool do_op(struct evaluation *e, enum gcs_baseline_op op, unsigned list)
{
    e->at.moments += begins_moment(op);
    switch (op) {
    case GCS_DO_ALLOCATE:
    case GCS_DO_HIDE:
        return allocate(e, list) && e->counts.count[0] > e->above;
    case GCS_DO_ALLOCATE_TRACKED:
    case GCS_DO_HIDE_TRACKED:
        return allocate_tracked(e, list);
    case GCS_DO_FREE:
    case GCS_DO_FREE_TRACKED:
        free_shell(e, list);
        break;
    case GCS_DO_TRACK:
        e->at.items++;
        break;
    case GCS_DO_MOMENT:
        break;
    }
    return false;
}

/* Whether the op lies behind the limit, all of whose moments have begun. A hidden companion
 * still belongs to its owner's moment. */
static bool is_beyond(enum gcs_baseline_op op, enum until until)
{
    if (until == UNTIL_NEXT)
        return begins_moment(op);
    return op != GCS_DO_HIDE && op != GCS_DO_HIDE_TRACKED;
}

bool walk_ops(struct evaluation *e, uint32_t limit, enum until until)
{
    const struct gcs_baseline *baseline = e->baseline;
    track_late(e);
    for (;;) {
        if (e->at.op % BLOCK_OPS == 0) {
            if (e->lists.fetched)
                compare_lists(e);
            jump_blocks(e, until == UNTIL_DONE ? limit - 1 : limit);
            fetch_lists(e);
        }
        if (e->at.op >= baseline->op_count)
            return false;
        uint8_t code = baseline->ops[e->at.op];
        enum gcs_baseline_op op = (enum gcs_baseline_op)(code >> GCS_OP_SHIFT);
        if (e->at.moments == limit && is_beyond(op, until))
            return false;
        e->at.op++;
        if (do_op(e, op, code & GCS_OP_LIST))
            return true;
    }
}
