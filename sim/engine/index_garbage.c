/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The baseline's garbage: pieces that go as a whole become spans (clumps), the others islands,
 * which are walked. The baseline's own parts are given back.
 */
#include "index_private.h"

#include <stdlib.h>
#include <string.h>

struct clump {
    uint32_t low, stamp, kind;
};

struct sorting {
    struct gcs_index *index;
    struct clump *clumps;
    size_t clump_count, clump_capacity;
    uint32_t *order; /* parts by island, those that refer first */
    size_t order_capacity;
    uint32_t *kind_places; /* kinds by hash, + 1 */
    size_t kind_place_capacity, kind_place_count;
    uint32_t *place_of; /* by part: its place in index->parts */
    size_t place_capacity;
    bool *may; /* by part: it may die by count */
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

static const struct gcs_object_kind *kind_of(const struct gcs_baseline *baseline,
                                             const struct gcs_member *member)
{
    return &baseline->kinds[member->kind];
}

static bool has_fading(const struct gcs_baseline *baseline, const struct gcs_part *part)
{
    for (uint32_t m = 0; m < part->members; m++) {
        const struct gcs_object_kind *kind =
            kind_of(baseline, &baseline->members[part->first_member + m]);
        if (kind->atoms || kind->single)
            return true;
    }
    return false;
}

/* Such an island is unreachable at one stamp, and goes as a whole in the first collection from
 * then on that takes its oldest object: one part leads to all others and is the oldest. */
static bool is_clump(const struct gcs_baseline *baseline, const uint32_t *parts, size_t count)
{
    const struct gcs_part *first = &baseline->parts[parts[0]];
    if (first->low == GCS_NEVER)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct gcs_part *part = &baseline->parts[parts[i]];
        if (part->stamp != first->stamp || part->low < first->low)
            return false;
        if ((i > 0 && part->referrers == 0) || has_fading(baseline, part))
            return false;
    }
    return true;
}

static void add_member(const struct gcs_index *index, const struct gcs_member *member,
                       uint32_t *sums)
{
    const struct gcs_object_kind *kind = kind_of(&index->baseline, member);
    if (member->op != GCS_NEVER) {
        sums[SUM_OBJECTS]++;
        sums[SUM_REFERENCES] += kind->references;
        sums[SUM_BYTES] += kind->bytes;
        sums[SUM_FINALIZERS] += member->finalizer;
    }
    sums[SUM_FREED_OBJECTS]++;
    sums[SUM_FREED_BYTES] += member->units;
    if (kind->gc && kind->list)
        sums[SUM_LISTS + kind->list - 1]++;
    if (member->released) {
        sums[index->released]++;
        sums[index->released + 1] += member->units;
    }
}

static enum gcs_status make_kind_places(struct sorting *sorting, struct gcs_error *error)
{
    struct gcs_memory *memory = sorting->index->memory;
    if (2 * (sorting->kind_place_count + 1) <= sorting->kind_place_capacity)
        return GCS_OK;
    size_t wanted = sorting->kind_place_capacity ? 2 * sorting->kind_place_capacity : 1024;
    gcs_memory_free(memory, sorting->kind_places, sorting->kind_place_capacity,
                    sizeof *sorting->kind_places);
    sorting->kind_places = NULL;
    sorting->kind_place_capacity = 0;
    GCS_TRY(
        GCS_GROW(memory, &sorting->kind_places, &sorting->kind_place_capacity, wanted, error));
    memset(sorting->kind_places, 0,
           sorting->kind_place_capacity * sizeof *sorting->kind_places);
    sorting->kind_place_count = 0; /* kinds met so far are not looked for: a few come twice */
    return GCS_OK;
}

/* Equal clumps share a kind. */
static enum gcs_status find_kind(struct sorting *sorting, const uint32_t *sums, uint32_t *kind,
                                 struct gcs_error *error)
{
    struct spans *clumps = &sorting->index->clumps;
    size_t bytes = clumps->width * sizeof *sums;
    uint64_t hash = 0;
    GCS_TRY(make_kind_places(sorting, error));
    for (unsigned w = 0; w < clumps->width; w++)
        hash = (hash ^ sums[w]) * UINT64_C(0x9E3779B97F4A7C15), hash ^= hash >> 29;
    size_t place = (size_t)(hash % sorting->kind_place_capacity);
    while (sorting->kind_places[place]) {
        *kind = sorting->kind_places[place] - 1;
        if (memcmp(clumps->kinds + (size_t)*kind * clumps->width, sums, bytes) == 0)
            return GCS_OK;
        place = (place + 1) % sorting->kind_place_capacity;
    }
    GCS_TRY(spans_add_kind(clumps, sums, kind, error));
    sorting->kind_places[place] = *kind + 1;
    sorting->kind_place_count++;
    return GCS_OK;
}

/* The kind of all of it. */
static enum gcs_status kind_of_parts(struct sorting *sorting, const uint32_t *parts,
                                     size_t count, uint32_t *kind, struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &sorting->index->baseline;
    uint32_t sums[SPAN_SUMS] = {0};
    for (size_t i = 0; i < count; i++) {
        const struct gcs_part *part = &baseline->parts[parts[i]];
        for (uint32_t m = 0; m < part->members; m++)
            add_member(sorting->index, &baseline->members[part->first_member + m], sums);
    }
    return find_kind(sorting, sums, kind, error);
}

static enum gcs_status add_clump(struct sorting *sorting, struct clump clump,
                                 struct gcs_error *error)
{
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
        if (baseline->parts[referrer].stamp == part->stamp && !may[referrer])
            return false;
    }
    return true;
}

static enum gcs_status add_activation(struct gcs_index *index, uint32_t stamp, uint32_t island,
                                      struct gcs_error *error)
{
    /* The island's own are the last ones. */
    for (size_t i = index->activation_count; i-- > 0;) {
        const struct activation *known = &index->activations[i];
        if (known->island != island)
            break;
        if (known->stamp == stamp)
            return GCS_OK;
    }
    GCS_TRY(GCS_GROW(index->memory, &index->activations, &index->activation_capacity,
                     index->activation_count + 1, error));
    index->activations[index->activation_count++] = (struct activation){stamp, island};
    return GCS_OK;
}

/* A part of the baseline's comes over, with its members and those that refer to it. */
static enum gcs_status add_part(struct sorting *sorting, uint32_t which,
                                struct gcs_error *error)
{
    struct gcs_index *index = sorting->index;
    const struct gcs_baseline *baseline = &index->baseline;
    const struct gcs_part *part = &baseline->parts[which];
    GCS_TRY(GCS_GROW(index->memory, &index->members, &index->member_capacity,
                     index->member_count + part->members, error));
    GCS_TRY(GCS_GROW(index->memory, &index->referrers, &index->referrer_capacity,
                     index->referrer_count + part->referrers, error));
    GCS_TRY(GCS_GROW(index->memory, &index->parts, &index->part_capacity, index->part_count + 1,
                     error));
    memcpy(index->members + index->member_count, baseline->members + part->first_member,
           part->members * sizeof *index->members);
    for (uint32_t i = 0; i < part->referrers; i++)
        index->referrers[index->referrer_count + i] =
            sorting->place_of[baseline->referrers[part->first_referrer + i]];
    sorting->place_of[which] = (uint32_t)index->part_count;
    index->parts[index->part_count++] = (struct linked_part){
        .stamp = part->stamp,
        .first_member = (uint32_t)index->member_count,
        .members = part->members,
        .first_referrer = (uint32_t)index->referrer_count,
        .referrers = part->referrers,
        .cyclic = part->cyclic,
        .conditional = sorting->may[which],
    };
    index->member_count += part->members;
    index->referrer_count += part->referrers;
    return GCS_OK;
}

static uint32_t youngest(const struct gcs_baseline *baseline, const uint32_t *parts,
                         size_t count)
{
    uint32_t high = 0;
    for (size_t i = 0; i < count; i++) {
        const struct gcs_part *part = &baseline->parts[parts[i]];
        for (uint32_t m = 0; m < part->members; m++) {
            uint32_t op = baseline->members[part->first_member + m].op;
            high = op != GCS_NEVER && op > high ? op : high;
        }
    }
    return high;
}

/* All of it becomes garbage at once, and its kind says what goes with it. */
static enum gcs_status add_brittle(struct sorting *sorting, uint32_t which,
                                   const struct island *island, uint32_t high,
                                   struct gcs_error *error)
{
    struct gcs_index *index = sorting->index;
    GCS_TRY(GCS_GROW(index->memory, &index->brittle, &index->brittle_capacity,
                     index->brittle_count + 1, error));
    index->brittle[index->brittle_count++] =
        (struct brittle){island->stamp, which, island->low, high};
    return add_clump(sorting, (struct clump){island->low, island->stamp, island->kind}, error);
}

/* Its parts wait for a collection each time that more of it is garbage. */
static enum gcs_status activate_parts(struct sorting *sorting, const uint32_t *parts,
                                      size_t count, uint32_t island, struct gcs_error *error)
{
    for (size_t i = 0; i < count; i++)
        GCS_TRY(add_activation(sorting->index, sorting->index->baseline.parts[parts[i]].stamp,
                               island, error));
    return GCS_OK;
}

static enum gcs_status add_island(struct sorting *sorting, const uint32_t *parts, size_t count,
                                  struct gcs_error *error)
{
    struct gcs_index *index = sorting->index;
    const struct gcs_baseline *baseline = &index->baseline;
    uint32_t island = (uint32_t)index->island_count;
    GCS_TRY(
        GCS_GROW(index->memory, &index->islands, &index->island_capacity, island + 1, error));
    struct island made = {(uint32_t)index->part_count, (uint32_t)count, GCS_NEVER, 0, 0};
    bool at_once = true;
    for (size_t i = 0; i < count; i++) {
        const struct gcs_part *part = &baseline->parts[parts[i]];
        made.low = part->low < made.low ? part->low : made.low;
        made.stamp = part->stamp > made.stamp ? part->stamp : made.stamp;
        at_once &= part->stamp == baseline->parts[parts[0]].stamp;
        if (has_fading(baseline, part) || (part->cyclic && part->low == GCS_NEVER))
            made.kind = GCS_NEVER;
        sorting->may[parts[i]] = may_die_by_count(baseline, part, sorting->may);
        GCS_TRY(add_part(sorting, parts[i], error));
    }
    if (made.kind != GCS_NEVER)
        GCS_TRY(kind_of_parts(sorting, parts, count, &made.kind, error));
    index->islands[index->island_count++] = made;
    if (at_once && made.kind != GCS_NEVER && made.low != GCS_NEVER)
        return add_brittle(sorting, island, &made, youngest(baseline, parts, count), error);
    return activate_parts(sorting, parts, count, island, error);
}

static int by_low(const void *a, const void *b)
{
    const struct clump *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static int by_stamp(const void *a, const void *b)
{
    const struct clump *x = a, *y = b;
    return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
}

static int activations_by_stamp(const void *a, const void *b)
{
    const struct activation *x = a, *y = b;
    if (x->stamp != y->stamp)
        return x->stamp < y->stamp ? -1 : 1;
    return x->island < y->island ? -1 : x->island > y->island;
}

static int brittle_by_stamp(const void *a, const void *b)
{
    const struct brittle *x = a, *y = b;
    if (x->stamp != y->stamp)
        return x->stamp < y->stamp ? -1 : 1;
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
        GCS_TRY(spans_add(spans, clumps[i].low, clumps[i].stamp, clumps[i].kind, error));
    if (count)
        qsort(clumps, count, sizeof *clumps, by_stamp);
    for (size_t i = 0; i < count; i++)
        GCS_TRY(spans_add_end(spans, clumps[i].stamp, clumps[i].kind, error));
    return spans_finish(spans, (uint32_t)sorting->index->baseline.op_count, error);
}

static enum gcs_status sort_garbage(struct sorting *sorting, struct gcs_error *error)
{
    struct gcs_index *index = sorting->index;
    const struct gcs_baseline *baseline = &index->baseline;
    size_t count = baseline->part_count, to;
    GCS_TRY(
        GCS_GROW(index->memory, &sorting->place_of, &sorting->place_capacity, count, error));
    GCS_TRY(order_parts(sorting, error));
    for (size_t from = 0; from < count; from = to) {
        const uint32_t *parts = sorting->order + from;
        for (to = from + 1; to < count && baseline->parts[sorting->order[to]].island ==
                                              baseline->parts[parts[0]].island;
             to++)
            ;
        if (is_clump(baseline, parts, to - from)) {
            const struct gcs_part *first = &baseline->parts[parts[0]];
            struct clump clump = {first->low, first->stamp, 0};
            GCS_TRY(kind_of_parts(sorting, parts, to - from, &clump.kind, error));
            GCS_TRY(add_clump(sorting, clump, error));
        } else {
            GCS_TRY(add_island(sorting, parts, to - from, error));
        }
    }
    if (index->activation_count)
        qsort(index->activations, index->activation_count, sizeof *index->activations,
              activations_by_stamp);
    if (index->brittle_count)
        qsort(index->brittle, index->brittle_count, sizeof *index->brittle, brittle_by_stamp);
    return make_clumps(sorting, error);
}

static void give_parts_back(struct gcs_index *index)
{
    struct gcs_baseline *baseline = &index->baseline;
#define RELEASE(array, count, capacity)                                  \
    (gcs_memory_free(index->memory, baseline->array, baseline->capacity, \
                     sizeof *baseline->array),                           \
     baseline->array = NULL, baseline->count = baseline->capacity = 0)
    RELEASE(parts, part_count, part_capacity);
    RELEASE(members, member_count, member_capacity);
    RELEASE(referrers, referrer_count, referrer_capacity);
#undef RELEASE
}

static enum gcs_status make_rows(struct gcs_index *index, const void *array, size_t size,
                                 size_t count, struct op_rows *rows, struct gcs_error *error)
{
    size_t row_count = rows_for((uint32_t)index->baseline.op_count);
    GCS_TRY(GCS_GROW(index->memory, &rows->before, &rows->capacity, row_count, error));
    rows->count = row_count;
    fill_rows(array, size, count, rows->before, row_count);
    return GCS_OK;
}

static enum gcs_status make_brittle_lows(struct gcs_index *index, struct gcs_error *error)
{
    size_t count = (index->brittle_count + FEW_BRITTLE - 1) / FEW_BRITTLE;
    GCS_TRY(GCS_GROW(index->memory, &index->brittle_lows, &index->brittle_low_capacity, count,
                     error));
    index->brittle_low_count = count;
    for (size_t i = 0; i < index->brittle_count; i++) {
        uint32_t *lowest = &index->brittle_lows[i / FEW_BRITTLE];
        if (i % FEW_BRITTLE == 0 || index->brittle[i].low < *lowest)
            *lowest = index->brittle[i].low;
    }
    return GCS_OK;
}

/* What finds its way in what is sorted by stamp. */
static enum gcs_status make_ways(struct gcs_index *index, struct gcs_error *error)
{
    const struct gcs_baseline *baseline = &index->baseline;
    GCS_TRY(make_rows(index, baseline->declared, sizeof *baseline->declared,
                      baseline->declared_count, &index->declared_rows, error));
    GCS_TRY(make_rows(index, index->brittle, sizeof *index->brittle, index->brittle_count,
                      &index->brittle_rows, error));
    return make_brittle_lows(index, error);
}

static bool releases(const struct gcs_baseline *baseline)
{
    for (size_t m = 0; m < baseline->member_count; m++)
        if (baseline->members[m].released)
            return true;
    return false;
}

enum gcs_status index_make_garbage(struct gcs_index *index, struct gcs_error *error)
{
    struct sorting sorting = {.index = index};
    struct gcs_memory *memory = index->memory;
    sorting.may = calloc(index->baseline.part_count + 1, sizeof *sorting.may);
    if (!sorting.may)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    index->width = SUM_LISTS + index->baseline.list_count - 1u;
    if (releases(&index->baseline)) {
        index->released = index->width;
        index->width += 2;
    }
    spans_init(&index->clumps, memory, index->width, SIZE_MAX);
    enum gcs_status status = sort_garbage(&sorting, error);
    if (status == GCS_OK)
        status = make_ways(index, error);
    free(sorting.may);
    gcs_memory_free(memory, sorting.clumps, sorting.clump_capacity, sizeof *sorting.clumps);
    gcs_memory_free(memory, sorting.order, sorting.order_capacity, sizeof *sorting.order);
    gcs_memory_free(memory, sorting.kind_places, sorting.kind_place_capacity,
                    sizeof *sorting.kind_places);
    gcs_memory_free(memory, sorting.place_of, sorting.place_capacity, sizeof *sorting.place_of);
    give_parts_back(index);
    return status;
}
