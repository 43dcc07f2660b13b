/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Islands: pieces of garbage whose parts may go at different times, so that they are walked. An
 * island waits for a collection of the generation that its rest lies in; each one walks it.
 */
#include "evaluate_private.h"

#include <string.h>

/* Where an island waits if in no list: nothing is left of it, or nothing is garbage yet. */
enum waits { WAITS_GONE = GCS_GENERATIONS, WAITS_NOWHERE };

/* How a part of an island ends. */
enum end {
    END_NONE,  /* not yet */
    END_PAST,  /* it is gone */
    END_FOUND, /* this collection finds it unreachable */
    END_DIES,  /* it dies by count now: all that referred to it goes */
};

enum { NO_COLLECTION = GCS_GENERATIONS }; /* in a generation's place: only deaths by count */

enum gcs_status islands_prepare(struct evaluation *e)
{
    const struct gcs_index *index = e->index;
    struct gcs_memory *memory = e->replay.memory;
    struct island_states *islands = &e->islands;
    size_t count = index->island_count;
    GCS_TRY(GCS_GROW(memory, &islands->waits, &islands->wait_capacity, count, e->error));
    GCS_TRY(
        GCS_GROW(memory, &islands->ends, &islands->end_capacity, index->part_count, e->error));
    GCS_TRY(GCS_GROW(memory, &islands->walked, &islands->walked_capacity, count, e->error));
    if (count) {
        memset(islands->waits, WAITS_NOWHERE, count);
        memset(islands->ends, END_NONE, index->part_count);
        memset(islands->walked, 0, count * sizeof *islands->walked);
    }
    return GCS_OK;
}

void islands_release(struct evaluation *e)
{
    struct gcs_memory *memory = e->replay.memory;
    struct island_states *islands = &e->islands;
    gcs_memory_free(memory, islands->waits, islands->wait_capacity, sizeof *islands->waits);
    gcs_memory_free(memory, islands->ends, islands->end_capacity, sizeof *islands->ends);
    gcs_memory_free(memory, islands->walked, islands->walked_capacity, sizeof *islands->walked);
    gcs_memory_free(memory, islands->awaited, islands->awaited_capacity,
                    sizeof *islands->awaited);
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        gcs_memory_free(memory, islands->waiting[g].numbers, islands->waiting[g].capacity,
                        sizeof *islands->waiting[g].numbers);
}

/* What an object of an island is to a collection: untracked, tracked where the collection does
 * not look, or a candidate. A fading one is untracked by it. */
enum role { ROLE_UNTRACKED, ROLE_OUTSIDE, ROLE_CANDIDATE, ROLE_FADING };

static const struct gcs_object_kind *kind_of(const struct evaluation *e,
                                             const struct gcs_member *member)
{
    return &e->baseline->kinds[member->kind];
}

static enum role role_of(const struct evaluation *e, const struct gcs_member *member,
                         unsigned generation)
{
    const struct gcs_object_kind *kind = kind_of(e, member);
    uint32_t op = member->op;
    if (kind->single) {
        enum single_state state = single_state(e, op);
        if (state != SINGLE_TRACKED && state != SINGLE_FADES)
            return ROLE_UNTRACKED;
        if (single_level(e, op) > generation)
            return ROLE_OUTSIDE;
        return state == SINGLE_FADES ? ROLE_FADING : ROLE_CANDIDATE;
    }
    if (op == GCS_NEVER || (kind->atoms && op < e->bounds[0].op))
        return ROLE_UNTRACKED;
    if (op < e->bounds[generation].op)
        return ROLE_OUTSIDE;
    return kind->atoms ? ROLE_FADING : ROLE_CANDIDATE;
}

/* One object of an island goes. */
static void free_member(struct evaluation *e, const struct gcs_member *member)
{
    const struct gcs_object_kind *kind = kind_of(e, member);
    if (kind->single) {
        single_free(e, member->op);
    } else if (member->op != GCS_NEVER) {
        const uint64_t sums[TRACKED_SUMS] = {1, kind->references, kind->bytes};
        if (!kind->atoms)
            add_sums(e->freed.tracked[level_of(e, member->op)], sums, TRACKED_SUMS);
        else if (member->op >= e->bounds[0].op)
            add_sums(e->freed.fading, sums, TRACKED_SUMS);
        else
            e->frozen.freed += is_frozen_fading(e, member->op);
    }
    const uint64_t bytes = (uint64_t)member->units * GCS_BYTES_UNIT;
    e->freed.gone.bytes += bytes;
    e->freed.gone.objects++;
    if (member->released) {
        e->freed.released.bytes += bytes;
        e->freed.released.objects++;
    }
    if (kind->gc)
        free_shells(e, kind->list, 1);
}

/* The collector itself finds the part unreachable: all of it is examined, and nothing that is
 * not refers to it. */
static bool is_found(struct evaluation *e, const struct linked_part *part, unsigned generation,
                     struct found *found)
{
    uint64_t tracked = 0, finalizers = 0, fading = 0, released = 0;
    for (uint32_t m = 0; m < part->members; m++) {
        const struct gcs_member *member = &e->index->members[part->first_member + m];
        enum role role = role_of(e, member, generation);
        if (role == ROLE_UNTRACKED)
            continue;
        if (role == ROLE_OUTSIDE)
            return false;
        tracked++;
        finalizers += member->finalizer;
        fading += role == ROLE_FADING;
        released += member->released;
    }
    found->collected += tracked;
    found->finalizers += finalizers;
    found->fading += fading;
    found->released += released;
    return tracked > 0;
}

static enum end end_of(struct evaluation *e, const struct linked_part *part,
                       unsigned generation, struct found *found)
{
    bool all_found = true, all_gone = true; /* of those that refer to it */
    for (uint32_t i = 0; i < part->referrers; i++) {
        uint8_t end = e->islands.ends[e->index->referrers[part->first_referrer + i]];
        all_found &= end == END_PAST || end == END_FOUND;
        all_gone &= end != END_NONE;
    }
    if (all_found && generation != NO_COLLECTION && is_found(e, part, generation, found))
        return END_FOUND;
    return all_gone && !part->cyclic ? END_DIES : END_NONE;
}

/* What has a stamp before `done` has happened.
 * Referrers come before those they refer to: one pass tells how each part ends, a second one
 * frees. True if nothing is left of the island. */
static bool walk_island(struct evaluation *e, uint32_t which, unsigned generation,
                        uint32_t done, struct found *found)
{
    const struct gcs_index *index = e->index;
    const struct island *island = &index->islands[which];
    bool empty = true;
    for (uint32_t place = island->first; place < island->first + island->count; place++) {
        const struct linked_part *part = &index->parts[place];
        if (e->islands.ends[place] == END_NONE && part->stamp < done)
            e->islands.ends[place] = (uint8_t)end_of(e, part, generation, found);
        empty &= e->islands.ends[place] != END_NONE;
    }
    for (uint32_t place = island->first; place < island->first + island->count; place++) {
        const struct linked_part *part = &index->parts[place];
        enum end end = (enum end)e->islands.ends[place];
        if (end != END_FOUND && end != END_DIES)
            continue;
        e->islands.ends[place] = END_PAST;
        for (uint32_t m = 0; m < part->members; m++) {
            const struct gcs_member *member = &e->index->members[part->first_member + m];
            if (end == END_DIES && member->calls)
                e->uncovered = "callbacks of what dies because of garbage";
            free_member(e, member);
        }
    }
    return empty;
}

static void await(struct evaluation *e, uint32_t stamp, uint32_t island)
{
    struct island_states *islands = &e->islands;
    if (e->status == GCS_OK)
        e->status = GCS_GROW(e->replay.memory, &islands->awaited, &islands->awaited_capacity,
                             islands->awaited_count + 1, e->error);
    if (e->status != GCS_OK)
        return;
    uint64_t added = (uint64_t)stamp << 32 | island;
    size_t hole = islands->awaited_count++;
    for (; hole && islands->awaited[(hole - 1) / 2] > added; hole = (hole - 1) / 2)
        islands->awaited[hole] = islands->awaited[(hole - 1) / 2];
    islands->awaited[hole] = added;
}

/* Something of it is gone, and something not garbage yet: what hangs off the former may die by
 * count when it becomes so. */
static void await_conditions(struct evaluation *e, uint32_t which)
{
    const struct island *island = &e->index->islands[which];
    for (uint32_t place = island->first; place < island->first + island->count; place++)
        if (e->index->parts[place].conditional && e->index->parts[place].stamp >= e->at.op)
            await(e, e->index->parts[place].stamp, which);
}

static bool is_touched(const struct evaluation *e, uint32_t which)
{
    const struct island *island = &e->index->islands[which];
    for (uint32_t place = island->first; place < island->first + island->count; place++)
        if (e->islands.ends[place] != END_NONE)
            return true;
    return false;
}

/* Nothing of it has gone yet, and the collection examines all of it: all is found. */
static bool goes_whole(const struct evaluation *e, uint32_t which, unsigned generation)
{
    const struct island *island = &e->index->islands[which];
    if (island->kind == GCS_NEVER || island->low < e->bounds[generation].op ||
        island->stamp >= e->at.op)
        return false;
    return !is_touched(e, which);
}

static void free_whole(struct evaluation *e, uint32_t which, unsigned generation,
                       struct found *found)
{
    const struct gcs_index *index = e->index;
    const uint32_t *sums =
        index->clumps.kinds + (size_t)index->islands[which].kind * index->width;
    add_figures(e->freed.tracked[generation], sums, TRACKED_SUMS);
    free_sums(e, sums);
    found->collected += sums[SUM_OBJECTS];
    found->finalizers += sums[SUM_FINALIZERS];
    found->released += index->released ? sums[index->released] : 0;
}

/* True if nothing is left of it. */
static bool collect_island(struct evaluation *e, uint32_t which, unsigned generation,
                           struct found *found)
{
    if (goes_whole(e, which, generation)) {
        free_whole(e, which, generation, found);
        return true;
    }
    bool touched = is_touched(e, which);
    bool gone = walk_island(e, which, generation, e->at.op, found);
    if (!gone && !touched && is_touched(e, which))
        await_conditions(e, which);
    return gone;
}

static void wait_for(struct evaluation *e, uint32_t island, unsigned generation)
{
    if (append_number(e, &e->islands.waiting[generation], island))
        e->islands.waits[island] = (uint8_t)generation;
}

/* Islands with new garbage wait for the next collection. */
static void activate(struct evaluation *e)
{
    const struct gcs_index *index = e->index;
    while (e->islands.activated < index->activation_count &&
           index->activations[e->islands.activated].stamp < e->at.op) {
        uint32_t island = index->activations[e->islands.activated++].island;
        if (e->islands.waits[island] != WAITS_GONE && e->islands.waits[island] != 0)
            wait_for(e, island, 0);
    }
}

/* An island that was among the clumps is walked from now on. */
static void take_out(struct evaluation *e, const struct brittle *brittle)
{
    const struct gcs_index *index = e->index;
    const struct island *island = &index->islands[brittle->island];
    if (e->islands.waits[brittle->island] != WAITS_NOWHERE)
        return; /* it is already */
    add_spans(e->freed.clumps[level_of(e, island->low)],
              index->clumps.kinds + (size_t)island->kind * index->width, index->width);
    wait_for(e, brittle->island, 0);
}

/* The bound lies within islands that became garbage since; they are there still, as they are
 * older, too, and so they go in parts. */
static void cut_brittle(struct evaluation *e, unsigned generation)
{
    const struct gcs_index *index = e->index;
    const uint32_t bound = e->bounds[generation].op;
    if (bound == 0 || !index->brittle_count)
        return;
    size_t from =
        count_before(&index->brittle_rows, index->brittle, sizeof *index->brittle, bound);
    size_t to =
        count_before(&index->brittle_rows, index->brittle, sizeof *index->brittle, e->at.op);
    while (from < to) {
        if (from % FEW_BRITTLE == 0 && index->brittle_lows[from / FEW_BRITTLE] >= bound) {
            from += FEW_BRITTLE;
            continue;
        }
        const struct brittle *brittle = &index->brittle[from++];
        if (brittle->low < bound && brittle->high >= bound)
            take_out(e, brittle);
    }
}

/* Oldest generation first; what is left of an island waits for the next older one. */
void islands_collect(struct evaluation *e, unsigned generation, struct found *found)
{
    unsigned next = generation + 1 < GCS_GENERATIONS ? generation + 1 : generation;
    uint32_t now = ++e->islands.walk_number;
    activate(e);
    cut_brittle(e, generation);
    for (unsigned g = generation + 1; g-- > 0;) {
        struct number_list *waiting = &e->islands.waiting[g];
        size_t count = waiting->count;
        waiting->count = 0;
        for (size_t i = 0; i < count; i++) {
            uint32_t island = waiting->numbers[i];
            if (e->islands.waits[island] != g || e->islands.walked[island] == now)
                continue; /* it waits elsewhere, or stands here twice */
            e->islands.walked[island] = now;
            if (collect_island(e, island, generation, found))
                e->islands.waits[island] = WAITS_GONE;
            else
                wait_for(e, island, next);
        }
    }
}

uint32_t islands_next(const struct evaluation *e)
{
    return e->islands.awaited_count ? (uint32_t)(e->islands.awaited[0] >> 32) : GCS_NEVER;
}

static void drop_first(struct island_states *islands)
{
    uint64_t *heap = islands->awaited, last = heap[--islands->awaited_count];
    size_t hole = 0, child;
    while ((child = 2 * hole + 1) < islands->awaited_count) {
        if (child + 1 < islands->awaited_count && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= last)
            break;
        heap[hole] = heap[child];
        hole = child;
    }
    heap[hole] = last;
}

/* In the event that goes on with this op objects come and go: what dies there dies before they
 * come, or behind. */
static bool is_passed(const struct evaluation *e, uint32_t op)
{
    const struct gcs_baseline *baseline = e->baseline;
    while (op < baseline->op_count && form_of_op(baseline, op) >= GCS_FORM_FREED &&
           code_of_op(baseline, op) > GCS_FORM_MASK)
        op++;
    return op < baseline->op_count && kind_of_op(baseline, op)->passing;
}

void islands_meet(struct evaluation *e)
{
    uint32_t stamp = islands_next(e), island = (uint32_t)e->islands.awaited[0];
    struct found nothing = {0};
    if (e->baseline->passing && is_passed(e, stamp))
        e->uncovered = "garbage that dies in an event with callbacks or closing";
    drop_first(&e->islands);
    if (e->islands.waits[island] != WAITS_GONE &&
        walk_island(e, island, NO_COLLECTION, stamp + 1, &nothing))
        e->islands.waits[island] = WAITS_GONE;
}
