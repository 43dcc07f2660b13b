/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making the index: the baseline's ops in blocks that can be jumped, its objects and its
 * garbage as spans, and the garbage that has to be walked in islands.
 */
#include "index_private.h"

#include <stdlib.h>
#include <string.h>

/*
 * Blocks
 */
struct lists {
    uint16_t held[GCS_LIST_CODES]; /* in the baseline */
    int32_t sum[GCS_LIST_CODES], low[GCS_LIST_CODES], high[GCS_LIST_CODES];
};

static void note_list(struct lists *lists, unsigned list, int32_t by)
{
    lists->sum[list] += by;
    if (lists->sum[list] < lists->low[list])
        lists->low[list] = lists->sum[list];
    if (lists->sum[list] > lists->high[list])
        lists->high[list] = lists->sum[list];
}

static void jump_allocation(struct jump *jump, struct lists *lists, unsigned list)
{
    if (list) {
        note_list(lists, list, -1);
        if (lists->held[list]) {
            lists->held[list]--;
            return;
        }
        jump->clamped |= 1u << list;
    }
    jump->net++;
    jump->floor++;
    if (jump->net > jump->top)
        jump->top = jump->net;
    if (jump->floor > jump->ceiling)
        jump->ceiling = jump->floor;
}

static void jump_free(struct jump *jump, struct lists *lists, unsigned list, uint16_t capacity)
{
    if (list) {
        note_list(lists, list, 1);
        if (lists->held[list] < capacity) {
            lists->held[list]++;
            return;
        }
        jump->clamped |= 1u << list;
    }
    jump->net--;
    if (jump->floor)
        jump->floor--;
}

static struct jump empty_jump(uint32_t moments, uint32_t items)
{
    return (struct jump){
        .top = NO_ALLOCATION, .ceiling = NO_ALLOCATION, .moments = moments, .items = items};
}

static struct jump jump_over(const struct gcs_baseline *baseline, size_t from, size_t to,
                             struct lists *lists, uint32_t *moments, uint32_t *items)
{
    struct jump jump = empty_jump(*moments, *items);
    for (size_t i = from; i < to; i++) {
        unsigned list = baseline->ops[i] & GCS_OP_LIST;
        switch ((enum gcs_baseline_op)(baseline->ops[i] >> GCS_OP_SHIFT)) {
        case GCS_DO_ALLOCATE_TRACKED:
            ++*items;
            /* fall through */
        case GCS_DO_ALLOCATE:
            ++*moments;
            jump_allocation(&jump, lists, list);
            break;
        case GCS_DO_HIDE_TRACKED:
            ++*items;
            /* fall through */
        case GCS_DO_HIDE:
            jump_allocation(&jump, lists, list);
            break;
        case GCS_DO_FREE:
        case GCS_DO_FREE_TRACKED:
            jump_free(&jump, lists, list, baseline->list_capacity[list]);
            break;
        case GCS_DO_TRACK:
            ++*items;
            break;
        case GCS_DO_MOMENT:
            ++*moments;
            break;
        }
    }
    return jump;
}

static int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* `a`, then `b`. */
static struct jump both(const struct jump *a, const struct jump *b)
{
    return (struct jump){
        .net = a->net + b->net,
        .floor = greater(a->floor + b->net, b->floor),
        .top = greater(a->top, a->net + b->top),
        .ceiling = greater(greater(a->ceiling, a->floor + b->top), b->ceiling),
        .clamped = a->clamped | b->clamped,
        .moments = a->moments,
        .items = a->items,
    };
}

static struct list_jump both_lists(struct list_jump a, struct list_jump b)
{
    int low = a.net + b.low, high = a.net + b.high;
    return (struct list_jump){
        .net = (int16_t)(a.net + b.net),
        .low = low < a.low ? (int16_t)low : a.low,
        .high = high > a.high ? (int16_t)high : a.high,
        .start = a.start,
    };
}

static enum gcs_status make_blocks(struct gcs_index *index, struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &index->baseline;
    size_t ops = baseline->op_count, codes = baseline->list_count;
    size_t count = (ops + BLOCK_OPS - 1) / BLOCK_OPS;
    struct lists lists = {0};
    uint32_t moments = 0, items = 0;
    GCS_TRY(GCS_GROW(index->memory, &index->blocks, &index->block_capacity, count + 1, error));
    GCS_TRY(GCS_GROW(index->memory, &index->block_lists, &index->block_list_capacity,
                     (count + 1) * codes, error));
    for (size_t block = 0; block <= count; block++) {
        size_t from = block * BLOCK_OPS, to = from + BLOCK_OPS < ops ? from + BLOCK_OPS : ops;
        struct list_jump *of = index->block_lists + block * codes;
        for (size_t list = 0; list < codes; list++) {
            of[list].start = lists.held[list];
            lists.sum[list] = lists.low[list] = lists.high[list] = 0;
        }
        index->blocks[block] = block < count
                                   ? jump_over(baseline, from, to, &lists, &moments, &items)
                                   : empty_jump(moments, items);
        for (size_t list = 0; list < codes; list++) {
            of[list].net = (int16_t)lists.sum[list];
            of[list].low = (int16_t)lists.low[list];
            of[list].high = (int16_t)lists.high[list];
        }
    }
    index->block_count = count;
    return GCS_OK;
}

static enum gcs_status make_regions(struct gcs_index *index, struct gcs_error *error)
{
    size_t codes = index->baseline.list_count;
    size_t count = (index->block_count + BLOCK_BLOCKS - 1) / BLOCK_BLOCKS;
    GCS_TRY(
        GCS_GROW(index->memory, &index->regions, &index->region_capacity, count + 1, error));
    GCS_TRY(GCS_GROW(index->memory, &index->region_lists, &index->region_list_capacity,
                     (count + 1) * codes, error));
    for (size_t region = 0; region <= count; region++) {
        size_t from = region * BLOCK_BLOCKS;
        if (from > index->block_count)
            from = index->block_count;
        index->regions[region] = index->blocks[from];
        memcpy(index->region_lists + region * codes, index->block_lists + from * codes,
               codes * sizeof *index->region_lists);
        for (size_t block = from + 1; block < from + BLOCK_BLOCKS && block < index->block_count;
             block++) {
            index->regions[region] = both(&index->regions[region], &index->blocks[block]);
            for (size_t list = 0; list < codes; list++) {
                struct list_jump *of = &index->region_lists[region * codes + list];
                *of = both_lists(*of, index->block_lists[block * codes + list]);
            }
        }
    }
    return GCS_OK;
}

static void raise_high(struct high *high, uint32_t bytes, uint32_t objects)
{
    if (bytes > high->bytes)
        high->bytes = bytes;
    if (objects > high->objects)
        high->objects = objects;
}

static enum gcs_status make_highs(struct gcs_index *index, struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &index->baseline;
    size_t highs = baseline->moment_count / BLOCK_MOMENTS + 1;
    size_t higher = highs / BLOCK_MOMENTS + 1;
    GCS_TRY(GCS_GROW(index->memory, &index->highs, &index->high_capacity, highs, error));
    GCS_TRY(GCS_GROW(index->memory, &index->higher, &index->higher_capacity, higher, error));
    memset(index->highs, 0, highs * sizeof *index->highs);
    memset(index->higher, 0, higher * sizeof *index->higher);
    for (size_t i = 0; i < baseline->moment_count; i++)
        raise_high(&index->highs[i / BLOCK_MOMENTS], baseline->moment_bytes[i],
                   baseline->moment_objects[i]);
    for (size_t i = 0; i < highs; i++)
        raise_high(&index->higher[i / BLOCK_MOMENTS], index->highs[i].bytes,
                   index->highs[i].objects);
    return GCS_OK;
}

/*
 * Objects
 */
static enum gcs_status add_weights(const struct gcs_baseline *baseline, struct spans *spans,
                                   struct gcs_error *error)
{
    for (size_t i = 0; i < baseline->weight_count; i++) {
        uint64_t sums[TRACKED_SUMS] = {[SUM_OBJECTS] = 1,
                                       [SUM_REFERENCES] = baseline->weights[i].references,
                                       [SUM_BYTES] = baseline->weights[i].bytes};
        uint32_t kind;
        GCS_TRY(spans_add_kind(spans, sums, &kind, error));
    }
    return GCS_OK;
}

static enum gcs_status make_objects(struct gcs_index *index, struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &index->baseline;
    spans_init(&index->objects, index->memory, TRACKED_SUMS);
    spans_init(&index->fading, index->memory, TRACKED_SUMS);
    GCS_TRY(add_weights(baseline, &index->objects, error));
    GCS_TRY(add_weights(baseline, &index->fading, error));
    for (uint32_t i = 0; i < baseline->item_count; i++) {
        uint32_t weight = baseline->item_weight[i];
        if (weight & GCS_SINGLE)
            continue;
        GCS_TRY(spans_add(weight & GCS_ATOMS ? &index->fading : &index->objects, i,
                          baseline->item_end[i], baseline->item_end_at[i], weight & ~GCS_ATOMS,
                          error));
    }
    for (size_t i = 0; i < baseline->death_count; i++) {
        uint32_t item = baseline->deaths[i], weight = baseline->item_weight[item];
        if (weight & GCS_SINGLE)
            continue;
        GCS_TRY(spans_add_end(weight & GCS_ATOMS ? &index->fading : &index->objects,
                              baseline->item_end[item], weight & ~GCS_ATOMS, error));
    }
    GCS_TRY(spans_finish(&index->objects, error));
    return spans_finish(&index->fading, error);
}

static int holdings_by_event(const void *a, const void *b)
{
    const struct holding *x = a, *y = b;
    return x->event < y->event ? -1 : x->event > y->event;
}

static enum gcs_status make_holdings(struct gcs_index *index, struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &index->baseline;
    for (uint32_t i = 0; i < baseline->single_count; i++) {
        if (baseline->singles[i].held_from == GCS_NEVER)
            continue;
        GCS_TRY(GCS_GROW(index->memory, &index->holdings, &index->holding_capacity,
                         index->holding_count + 1, error));
        index->holdings[index->holding_count++] =
            (struct holding){baseline->singles[i].held_from, i};
    }
    if (index->holding_count)
        qsort(index->holdings, index->holding_count, sizeof *index->holdings,
              holdings_by_event);
    return GCS_OK;
}

/*
 * Garbage
 */
struct clump {
    uint32_t low, event, position, kind;
};

struct sorting {
    struct gcs_index *index;
    struct clump *clumps;
    size_t clump_count, clump_capacity;
    uint32_t *order; /* parts by island, those that refer first */
    size_t order_capacity;
    uint32_t *places; /* kinds by hash, + 1 */
    size_t place_capacity, place_count;
};

/* Parts of one island stand together, those that refer before those referred to. */
static enum gcs_status order_parts(struct sorting *sorting, struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &sorting->index->baseline;
    size_t count = baseline->part_count;
    uint32_t *start = calloc(count + 1, sizeof *start);
    if (!start)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    enum gcs_status status = GCS_GROW(sorting->index->memory, &sorting->order,
                                      &sorting->order_capacity, count, error);
    if (status == GCS_OK) {
        for (size_t i = 0; i < count; i++)
            start[baseline->parts[i].island + 1]++;
        for (size_t i = 0; i < count; i++)
            start[i + 1] += start[i];
        for (size_t i = count; i-- > 0;)
            sorting->order[start[baseline->parts[i].island]++] = (uint32_t)i;
    }
    free(start);
    return status;
}

/* Such an island is unreachable at one event, and goes as a whole in the first collection from
 * then on that takes its oldest object: one part leads to all others and is the oldest. */
static bool is_clump(const struct gcs_baseline *baseline, const uint32_t *parts, size_t count)
{
    const struct gcs_part *first = &baseline->parts[parts[0]];
    for (size_t i = 0; i < count; i++) {
        const struct gcs_part *part = &baseline->parts[parts[i]];
        if (part->event != first->event || part->low < first->low)
            return false;
        if (i > 0 && part->referrers == 0)
            return false;
        for (uint32_t m = 0; m < part->members; m++)
            if (baseline->members[part->first_member + m].atoms ||
                baseline->members[part->first_member + m].single)
                return false;
    }
    return true;
}

static void add_member(const struct gcs_baseline *baseline, const struct gcs_member *member,
                       uint64_t *sums)
{
    const struct gcs_weight *weight = &baseline->weights[member->weight];
    if (member->position != GCS_NEVER) {
        sums[SUM_OBJECTS]++;
        sums[SUM_REFERENCES] += weight->references;
        sums[SUM_BYTES] += weight->bytes;
        sums[SUM_FINALIZERS] += member->finalizer;
    }
    sums[SUM_FREED_OBJECTS]++;
    sums[SUM_FREED_BYTES] += member->bytes;
    if (member->list)
        sums[SUM_LISTS + member->list - 1]++;
}

/* Equal clumps share a kind. */
static enum gcs_status find_kind(struct sorting *sorting, const uint64_t *sums, uint32_t *kind,
                                 struct gcs_error *error)
{
    struct spans *clumps = &sorting->index->clumps;
    size_t bytes = clumps->width * sizeof *sums;
    if (2 * (sorting->place_count + 1) > sorting->place_capacity) {
        gcs_memory_free(sorting->index->memory, sorting->places, sorting->place_capacity,
                        sizeof *sorting->places);
        size_t wanted = sorting->place_capacity ? 2 * sorting->place_capacity : 1024;
        sorting->places = NULL;
        sorting->place_capacity = 0;
        GCS_TRY(GCS_GROW(sorting->index->memory, &sorting->places, &sorting->place_capacity,
                         wanted, error));
        memset(sorting->places, 0, sorting->place_capacity * sizeof *sorting->places);
        sorting->place_count = 0; /* kinds met so far are not looked for: a few come twice */
    }
    uint64_t hash = 0;
    for (unsigned w = 0; w < clumps->width; w++)
        hash = (hash ^ sums[w]) * UINT64_C(0x9E3779B97F4A7C15), hash ^= hash >> 29;
    size_t place = (size_t)(hash % sorting->place_capacity);
    while (sorting->places[place]) {
        *kind = sorting->places[place] - 1;
        if (memcmp(clumps->kinds + (size_t)*kind * clumps->width, sums, bytes) == 0)
            return GCS_OK;
        place = (place + 1) % sorting->place_capacity;
    }
    GCS_TRY(spans_add_kind(clumps, sums, kind, error));
    sorting->places[place] = *kind + 1;
    sorting->place_count++;
    return GCS_OK;
}

static enum gcs_status add_clump(struct sorting *sorting, const uint32_t *parts, size_t count,
                                 struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &sorting->index->baseline;
    const struct gcs_part *first = &baseline->parts[parts[0]];
    uint64_t sums[SPAN_SUMS] = {0};
    for (size_t i = 0; i < count; i++) {
        const struct gcs_part *part = &baseline->parts[parts[i]];
        for (uint32_t m = 0; m < part->members; m++)
            add_member(baseline, &baseline->members[part->first_member + m], sums);
    }
    struct clump clump = {first->low, first->event, first->position, 0};
    GCS_TRY(find_kind(sorting, sums, &clump.kind, error));
    GCS_TRY(GCS_GROW(sorting->index->memory, &sorting->clumps, &sorting->clump_capacity,
                     sorting->clump_count + 1, error));
    sorting->clumps[sorting->clump_count++] = clump;
    return GCS_OK;
}

/* Whether all that refers to an acyclic part may be gone when its last other reference goes. */
static bool may_die_by_count(const struct gcs_baseline *baseline, const struct gcs_part *part,
                             const bool *may)
{
    if (part->cyclic)
        return false;
    for (uint32_t i = 0; i < part->referrers; i++) {
        uint32_t referrer = baseline->referrers[part->first_referrer + i];
        if (baseline->parts[referrer].event == part->event && !may[referrer])
            return false;
    }
    return true;
}

/* The first moment after an event. */
static uint32_t moment_after(const struct gcs_baseline *baseline, uint32_t event)
{
    size_t low = 0, high = baseline->moment_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->moment_event[middle] <= event)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static enum gcs_status add_activation(struct gcs_index *index, uint32_t event, uint32_t island,
                                      bool conditional, struct gcs_error *error)
{
    /* The island's own are the last ones. */
    for (size_t i = index->activation_count; i-- > 0;) {
        struct activation *known = &index->activations[i];
        if (known->island != island)
            break;
        if (known->event == event) {
            known->conditional |= conditional;
            return GCS_OK;
        }
    }
    GCS_TRY(GCS_GROW(index->memory, &index->activations, &index->activation_capacity,
                     index->activation_count + 1, error));
    index->activations[index->activation_count++] =
        (struct activation){event, island, conditional, moment_after(&index->baseline, event)};
    return GCS_OK;
}

static enum gcs_status add_island(struct gcs_index *index, const uint32_t *parts, size_t count,
                                  bool *may, struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &index->baseline;
    uint32_t island = (uint32_t)index->island_count;
    GCS_TRY(
        GCS_GROW(index->memory, &index->islands, &index->island_capacity, island + 1, error));
    GCS_TRY(GCS_GROW(index->memory, &index->linked, &index->linked_capacity,
                     index->linked_count + count, error));
    index->islands[index->island_count++] =
        (struct island){(uint32_t)index->linked_count, (uint32_t)count};
    for (size_t i = 0; i < count; i++) {
        const struct gcs_part *part = &baseline->parts[parts[i]];
        may[parts[i]] = may_die_by_count(baseline, part, may);
        index->place_of[parts[i]] = (uint32_t)index->linked_count;
        index->linked[index->linked_count++] = parts[i];
        GCS_TRY(add_activation(index, part->event, island, may[parts[i]], error));
    }
    return GCS_OK;
}

static int by_low(const void *a, const void *b)
{
    const struct clump *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static int by_event(const void *a, const void *b)
{
    const struct clump *x = a, *y = b;
    return x->event < y->event ? -1 : x->event > y->event;
}

static int activations_by_event(const void *a, const void *b)
{
    const struct activation *x = a, *y = b;
    if (x->event != y->event)
        return x->event < y->event ? -1 : 1;
    return x->island < y->island ? -1 : x->island > y->island;
}

static enum gcs_status make_clumps(struct sorting *sorting, struct gcs_error *error)
{
    struct spans *spans = &sorting->index->clumps;
    struct clump *clumps = sorting->clumps;
    size_t count = sorting->clump_count;
    if (count)
        qsort(clumps, count, sizeof *clumps, by_low);
    for (size_t i = 0; i < count; i++)
        GCS_TRY(spans_add(spans, clumps[i].low, clumps[i].event, clumps[i].position,
                          clumps[i].kind, error));
    if (count)
        qsort(clumps, count, sizeof *clumps, by_event);
    for (size_t i = 0; i < count; i++)
        GCS_TRY(spans_add_end(spans, clumps[i].event, clumps[i].kind, error));
    return spans_finish(spans, error);
}

static enum gcs_status sort_garbage(struct sorting *sorting, bool *may, struct gcs_error *error)
{
    struct gcs_index *index = sorting->index;
    const struct gcs_baseline *baseline = &index->baseline;
    size_t count = baseline->part_count, to;
    GCS_TRY(GCS_GROW(index->memory, &index->place_of, &index->place_capacity, count, error));
    GCS_TRY(order_parts(sorting, error));
    for (size_t from = 0; from < count; from = to) {
        const uint32_t *parts = sorting->order + from;
        for (to = from + 1; to < count && baseline->parts[sorting->order[to]].island ==
                                              baseline->parts[parts[0]].island;
             to++)
            ;
        if (is_clump(baseline, parts, to - from))
            GCS_TRY(add_clump(sorting, parts, to - from, error));
        else
            GCS_TRY(add_island(index, parts, to - from, may, error));
    }
    if (index->activation_count)
        qsort(index->activations, index->activation_count, sizeof *index->activations,
              activations_by_event);
    return make_clumps(sorting, error);
}

static enum gcs_status make_garbage(struct gcs_index *index, struct gcs_error *error)
{
    struct sorting sorting = {.index = index};
    bool *may = calloc(index->baseline.part_count + 1, sizeof *may);
    if (!may)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    index->width = SUM_LISTS + index->baseline.list_count - 1u;
    spans_init(&index->clumps, index->memory, index->width);
    enum gcs_status status = sort_garbage(&sorting, may, error);
    free(may);
    gcs_memory_free(index->memory, sorting.clumps, sorting.clump_capacity,
                    sizeof *sorting.clumps);
    gcs_memory_free(index->memory, sorting.order, sorting.order_capacity,
                    sizeof *sorting.order);
    gcs_memory_free(index->memory, sorting.places, sorting.place_capacity,
                    sizeof *sorting.places);
    return status;
}

static enum gcs_status make(struct gcs_index *index, const struct gcs_trace *trace,
                            const struct gcs_lifetimes *lifetimes,
                            const struct gcs_rules *rules, struct gcs_error *error)
{
    GCS_TRY(gcs_baseline_of(trace, lifetimes, rules, index->memory, &index->baseline, error));
    if (index->baseline.uncovered)
        return GCS_OK;
    GCS_TRY(make_blocks(index, error));
    GCS_TRY(make_regions(index, error));
    GCS_TRY(make_highs(index, error));
    GCS_TRY(make_objects(index, error));
    GCS_TRY(make_holdings(index, error));
    return make_garbage(index, error);
}

enum gcs_status gcs_index_new(const struct gcs_trace *trace,
                              const struct gcs_lifetimes *lifetimes,
                              const struct gcs_rules *rules, struct gcs_memory *memory,
                              struct gcs_index **index, struct gcs_error *error)
{
    struct gcs_index *made = calloc(1, sizeof *made);
    if (!made)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    made->memory = memory;
    enum gcs_status status = make(made, trace, lifetimes, rules, error);
    if (status != GCS_OK)
        gcs_index_free(made);
    else
        *index = made;
    return status;
}

void gcs_index_free(struct gcs_index *index)
{
    if (!index)
        return;
    struct gcs_memory *memory = index->memory;
    gcs_baseline_fini(&index->baseline);
    spans_fini(&index->objects);
    spans_fini(&index->fading);
    spans_fini(&index->clumps);
#define RELEASE(array, capacity) \
    gcs_memory_free(memory, index->array, index->capacity, sizeof *index->array)
    RELEASE(blocks, block_capacity);
    RELEASE(regions, region_capacity);
    RELEASE(block_lists, block_list_capacity);
    RELEASE(region_lists, region_list_capacity);
    RELEASE(highs, high_capacity);
    RELEASE(higher, higher_capacity);
    RELEASE(holdings, holding_capacity);
    RELEASE(linked, linked_capacity);
    RELEASE(place_of, place_capacity);
    RELEASE(islands, island_capacity);
    RELEASE(activations, activation_capacity);
#undef RELEASE
    free(index);
}
