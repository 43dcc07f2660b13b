/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Demographics: lives are counted as they are told. */
#include "interned.h"

#include <gcsim/demographics.h>

#include <stdlib.h>
#include <string.h>

#define NAME(name, text, help) [GCS_SPREAD_##name] = text,
#define HELP(name, text, help) [GCS_SPREAD_##name] = help,
static const char *const names[GCS_SPREAD_COUNT] = {GCS_SPREAD_LIST(NAME)};
static const char *const helps[GCS_SPREAD_COUNT] = {GCS_SPREAD_LIST(HELP)};

const char *gcs_spread_name(enum gcs_spread spread)
{
    return names[spread];
}

const char *gcs_spread_help(enum gcs_spread spread)
{
    return helps[spread];
}

/* While the lives are told. The living are kept as differences from point to point. */
struct census {
    struct gcs_demographics *found;
    struct gcs_error *error;
    enum gcs_status status; /* of the calls that cannot return one */
    struct interned ties;
    struct interned knots;
    uint64_t newest;
    uint64_t event;
    gcs_time work_ns;
    size_t curve_at; /* the next point of each grid */
    size_t growth_at;
    uint64_t points_until; /* neither of these is over before this allocation */
};

static uint64_t total_of(const struct census *census)
{
    return census->found->trace->allocations;
}

/* The first of so many points at which `allocations` are over: point k of n stands at
 * floor(total × (k + 1) / n). */
static size_t point_of(const struct census *census, uint64_t allocations, size_t points)
{
    uint64_t total = total_of(census);
    uint64_t k = total ? (allocations * points + total - 1) / total : 0;
    return k ? (size_t)k - 1 : 0;
}

static void change(struct census *census, uint32_t type, size_t curve_at, size_t growth_at,
                   uint64_t objects, uint64_t bytes)
{
    struct gcs_demographics *found = census->found;
    struct gcs_living *living =
        &found->type_growth[(size_t)type * found->growth_points + growth_at];
    found->curve[curve_at].objects += objects;
    found->curve[curve_at].bytes += bytes;
    living->objects += objects;
    living->bytes += bytes;
}

/* How many allocations point k of n covers. */
static uint64_t end_of(const struct census *census, size_t k, size_t points)
{
    return total_of(census) * (k + 1) / points;
}

static uint64_t pass_points(struct census *census, struct gcs_snapshot *points, size_t count,
                            size_t *at)
{
    for (; end_of(census, *at, count) < census->newest; ++*at) {
        points[*at].allocations = census->newest - 1;
        points[*at].event = census->event;
        points[*at].work_ns = census->work_ns;
    }
    return end_of(census, *at, count);
}

/* Before the event that allocates `object`: which points are over? */
static void come_to(struct census *census, uint64_t object)
{
    struct gcs_demographics *found = census->found;
    census->newest = object;
    if (object <= census->points_until)
        return;
    uint64_t curve = pass_points(census, found->curve, GCS_LIVE_POINTS, &census->curve_at);
    uint64_t growth =
        pass_points(census, found->growth, found->growth_points, &census->growth_at);
    census->points_until = curve < growth ? curve : growth;
}

static void see_birth(struct census *census, const struct gcs_seen *seen)
{
    struct gcs_demographics *found = census->found;
    struct gcs_type_lives *type = &found->types[seen->type];
    come_to(census, seen->event->object);
    change(census, seen->type, census->curve_at, census->growth_at, 1, (uint64_t)seen->bytes);
    type->allocated++;
    type->bytes += (uint64_t)seen->bytes;
    gcs_histogram_add(&found->spreads[GCS_SPREAD_BYTES], (uint64_t)seen->bytes);
    for (uint32_t i = 0; seen->targets && i < seen->event->slots; i++)
        found->born_references += seen->targets[i] != 0;
}

static void see_store(struct gcs_demographics *found, const struct gcs_event *event)
{
    if (!event->value)
        return;
    found->stored_references++;
    if (event->object >= event->value)
        return;
    found->older_references++;
    gcs_histogram_add(&found->spreads[GCS_SPREAD_OLDER], event->value - event->object);
}

static void seen(void *to, const struct gcs_seen *seen)
{
    struct census *census = to;
    census->event = seen->number;
    switch ((enum gcs_op)seen->event->op) {
    case GCS_OP_ALLOCATE:
        see_birth(census, seen);
        break;
    case GCS_OP_STORE:
        see_store(census->found, seen->event);
        break;
    case GCS_OP_RESIZE:
        change(census, seen->type, census->curve_at, census->growth_at, 0,
               (uint64_t)seen->bytes);
        break;
    case GCS_OP_WORK:
        census->work_ns += seen->event->object;
        break;
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
    case GCS_OP_WEAK:
    case GCS_OP_IDLE:
    case GCS_OP_BEGIN:
    case GCS_OP_END:
    case GCS_OP_COLLECT:
    case GCS_OP_GC:
    case GCS_OP_ENTER:
    case GCS_OP_LEAVE:
    case GCS_OP_MARK:
    case GCS_OP_COUNT:
        break;
    }
}

static enum gcs_spread spread_of(enum gcs_fate fate)
{
    return fate == GCS_FATE_ALIVE                               ? GCS_SPREAD_AGES
           : fate == GCS_FATE_AT_ONCE || fate == GCS_FATE_LATER ? GCS_SPREAD_COUNTED
                                                                : GCS_SPREAD_GARBAGE;
}

static void ended(void *to, const struct gcs_life *life)
{
    struct census *census = to;
    struct gcs_demographics *found = census->found;
    struct gcs_type_lives *type = &found->types[life->type];
    type->fates[life->fate]++;
    type->references += life->references;
    gcs_histogram_add(&found->spreads[GCS_SPREAD_REFERENCES], life->references);
    bool standing = life->object <= found->trace->options.standing;
    if (!standing)
        gcs_histogram_add(&found->spreads[spread_of(life->fate)], life->end - life->object);
    if (life->fate == GCS_FATE_ALIVE)
        return;
    if (!standing) {
        type->ended++;
        type->lifetimes += life->end - life->object;
    }
    bool now = life->end == census->newest;
    size_t curve_at = now ? census->curve_at : point_of(census, life->end, GCS_LIVE_POINTS);
    size_t growth_at =
        now ? census->growth_at : point_of(census, life->end, found->growth_points);
    change(census, life->type, curve_at, growth_at, (uint64_t)-1, 0 - life->bytes);
}

/*
 * Cycles
 */
static bool same_tie(const void *table, size_t index, const void *key)
{
    const struct gcs_tie_sum *sums = table;
    const struct gcs_slot *slot = key;
    return sums[index].slot.type == slot->type && sums[index].slot.slot == slot->slot &&
           sums[index].slot.target == slot->target;
}

static enum gcs_status add_tie(struct census *census, const struct gcs_tie *tie,
                               const struct gcs_knot *knot)
{
    struct gcs_demographics *found = census->found;
    const uint32_t words[] = {tie->slot.type, tie->slot.slot, tie->slot.target};
    size_t at;
    GCS_TRY(intern(&census->ties, found->memory, words, 3, same_tie, found->ties, &tie->slot,
                   &at, census->error));
    if (at == found->tie_count) {
        GCS_TRY(
            GCS_GROW(found->memory, &found->ties, &found->tie_capacity, at + 1, census->error));
        found->ties[found->tie_count++] = (struct gcs_tie_sum){.slot = tie->slot};
    }
    struct gcs_tie_sum *sum = &found->ties[at];
    sum->references += tie->count;
    sum->older += tie->older;
    sum->knots++;
    sum->cut_knots += tie->cuts;
    sum->cut_objects += tie->cuts ? knot->objects : 0;
    return GCS_OK;
}

static bool same_types(const void *table, size_t index, const void *key)
{
    const struct gcs_knot_sum *sum = (const struct gcs_knot_sum *)table + index;
    const struct gcs_knot *knot = key;
    return sum->type_count == knot->type_count &&
           memcmp(sum->types, knot->types, sizeof *sum->types * sum->type_count) == 0;
}

/* The shorter one; of the same length the one of lower numbers. */
static bool is_better(const struct gcs_knot *knot, const struct gcs_knot_sum *sum)
{
    if (sum->path_length == 0 || knot->path_length != sum->path_length)
        return sum->path_length == 0 || knot->path_length < sum->path_length;
    for (size_t i = 0; i < knot->path_length && i < GCS_PATH_MAX; i++) {
        const struct gcs_slot *a = &knot->path[i], *b = &sum->path[i];
        if (a->type != b->type)
            return a->type < b->type;
        if (a->slot != b->slot)
            return a->slot < b->slot;
    }
    return false;
}

static enum gcs_status new_knot_sum(struct gcs_demographics *found, const struct gcs_knot *knot,
                                    struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(found->memory, &found->knot_sums, &found->knot_sum_capacity,
                     found->knot_sum_count + 1, error));
    struct gcs_knot_sum *sum = &found->knot_sums[found->knot_sum_count];
    *sum = (struct gcs_knot_sum){.type_count = knot->type_count};
    GCS_TRY(GCS_GROW(found->memory, &sum->types, &sum->type_capacity, sum->type_count, error));
    memcpy(sum->types, knot->types, sizeof *sum->types * sum->type_count);
    found->knot_sum_count++;
    return GCS_OK;
}

static enum gcs_status add_knot(struct census *census, const struct gcs_knot *knot)
{
    struct gcs_demographics *found = census->found;
    size_t at;
    GCS_TRY(intern(&census->knots, found->memory, knot->types, knot->type_count, same_types,
                   found->knot_sums, knot, &at, census->error));
    if (at == found->knot_sum_count)
        GCS_TRY(new_knot_sum(found, knot, census->error));
    struct gcs_knot_sum *sum = &found->knot_sums[at];
    if (is_better(knot, sum)) {
        sum->path_length = knot->path_length;
        for (size_t i = 0; i < knot->path_length && i < GCS_PATH_MAX; i++)
            sum->path[i] = knot->path[i];
    }
    sum->knots++;
    sum->objects += knot->objects;
    sum->bytes += knot->bytes;
    if (knot->objects > sum->largest)
        sum->largest = knot->objects;
    for (size_t i = 0; i < knot->tie_count; i++)
        GCS_TRY(add_tie(census, &knot->ties[i], knot));
    return GCS_OK;
}

static void knotted(void *to, const struct gcs_knot *knot)
{
    struct census *census = to;
    census->found->knots++;
    gcs_histogram_add(&census->found->spreads[GCS_SPREAD_CYCLES], knot->objects);
    if (census->status == GCS_OK)
        census->status = add_knot(census, knot);
}

static int by_knots(const void *a, const void *b)
{
    const struct gcs_tie_sum *x = a, *y = b;
    if (x->knots != y->knots)
        return x->knots > y->knots ? -1 : 1;
    if (x->slot.type != y->slot.type)
        return x->slot.type < y->slot.type ? -1 : 1;
    if (x->slot.slot != y->slot.slot)
        return x->slot.slot < y->slot.slot ? -1 : 1;
    return x->slot.target < y->slot.target ? -1 : x->slot.target > y->slot.target;
}

static int by_objects(const void *a, const void *b)
{
    const struct gcs_knot_sum *x = a, *y = b;
    if (x->objects != y->objects)
        return x->objects > y->objects ? -1 : 1;
    if (x->type_count != y->type_count)
        return x->type_count < y->type_count ? -1 : 1;
    for (size_t i = 0; i < x->type_count; i++)
        if (x->types[i] != y->types[i])
            return x->types[i] < y->types[i] ? -1 : 1;
    return 0;
}

/*
 * Begin and end
 */
static void add_up(struct gcs_living *living, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        living[i].objects += living[i - 1].objects;
        living[i].bytes += living[i - 1].bytes;
    }
}

static void finish_points(struct census *census, struct gcs_snapshot *points, size_t count,
                          size_t at)
{
    const struct gcs_trace *trace = census->found->trace;
    for (; at < count; at++) {
        points[at].allocations = trace->allocations;
        points[at].event = trace->events;
        points[at].work_ns = census->work_ns;
    }
}

static void finish(struct census *census)
{
    struct gcs_demographics *found = census->found;
    size_t points = found->growth_points;
    finish_points(census, found->curve, GCS_LIVE_POINTS, census->curve_at);
    finish_points(census, found->growth, points, census->growth_at);
    for (size_t i = 1; i < GCS_LIVE_POINTS; i++) {
        found->curve[i].objects += found->curve[i - 1].objects;
        found->curve[i].bytes += found->curve[i - 1].bytes;
    }
    for (uint32_t t = 0; t < found->trace->type_count; t++) {
        const struct gcs_type_lives *type = &found->types[t];
        struct gcs_living *living = &found->type_growth[t * points];
        add_up(living, points);
        for (size_t i = 0; i < points; i++) {
            found->growth[i].objects += living[i].objects;
            found->growth[i].bytes += living[i].bytes;
        }
        found->all.allocated += type->allocated;
        found->all.bytes += type->bytes;
        found->all.ended += type->ended;
        found->all.lifetimes += type->lifetimes;
        found->all.references += type->references;
        for (unsigned f = 0; f < GCS_FATE_COUNT; f++)
            found->all.fates[f] += type->fates[f];
    }
    if (found->tie_count)
        qsort(found->ties, found->tie_count, sizeof *found->ties, by_knots);
    if (found->knot_sum_count)
        qsort(found->knot_sums, found->knot_sum_count, sizeof *found->knot_sums, by_objects);
}

static enum gcs_status make_room(struct gcs_demographics *found, struct gcs_error *error)
{
    struct gcs_memory *memory = found->memory;
    size_t types = found->trace->type_count, points = found->growth_points;
    GCS_TRY(GCS_GROW(memory, &found->types, &found->type_capacity, types, error));
    GCS_TRY(
        GCS_GROW(memory, &found->spreads, &found->spread_capacity, GCS_SPREAD_COUNT, error));
    GCS_TRY(GCS_GROW(memory, &found->curve, &found->curve_capacity, GCS_LIVE_POINTS, error));
    GCS_TRY(GCS_GROW(memory, &found->growth, &found->growth_capacity, points, error));
    GCS_TRY(GCS_GROW(memory, &found->type_growth, &found->type_growth_capacity, types * points,
                     error));
    memset(found->spreads, 0, sizeof *found->spreads * GCS_SPREAD_COUNT);
    memset(found->curve, 0, sizeof *found->curve * GCS_LIVE_POINTS);
    memset(found->growth, 0, sizeof *found->growth * points);
    if (types) {
        memset(found->types, 0, sizeof *found->types * types);
        memset(found->type_growth, 0, sizeof *found->type_growth * types * points);
    }
    return GCS_OK;
}

static enum gcs_status count_all(struct census *census, uint64_t search_at)
{
    struct gcs_demographics *found = census->found;
    const struct gcs_lives_witness witness = {census, seen, ended, knotted, search_at};
    GCS_TRY(make_room(found, census->error));
    GCS_TRY(gcs_lives_of(found->trace, found->memory, &witness, census->error));
    GCS_TRY(census->status);
    finish(census);
    return GCS_OK;
}

enum gcs_status gcs_demographics_of(const struct gcs_trace *trace, size_t growth_points,
                                    uint64_t search_at, struct gcs_memory *memory,
                                    struct gcs_demographics *demographics,
                                    struct gcs_error *error)
{
    struct gcs_demographics found = {.memory = memory,
                                     .trace = trace,
                                     .growth_points = growth_points,
                                     .allocations =
                                         trace->allocations - trace->options.standing};
    struct census census = {.found = &found, .error = error};
    GCS_REQUIRE(growth_points >= 1 && growth_points <= GCS_GROWTH_MAX);
    enum gcs_status status = count_all(&census, search_at);
    interned_free(&census.ties, memory);
    interned_free(&census.knots, memory);
    if (status == GCS_OK)
        *demographics = found;
    else
        gcs_demographics_fini(&found);
    return status;
}

void gcs_demographics_fini(struct gcs_demographics *found)
{
    struct gcs_memory *memory = found->memory;
    if (!memory)
        return;
    for (size_t i = 0; i < found->knot_sum_count; i++)
        gcs_memory_free(memory, found->knot_sums[i].types, found->knot_sums[i].type_capacity,
                        sizeof *found->knot_sums[i].types);
    gcs_memory_free(memory, found->types, found->type_capacity, sizeof *found->types);
    gcs_memory_free(memory, found->spreads, found->spread_capacity, sizeof *found->spreads);
    gcs_memory_free(memory, found->curve, found->curve_capacity, sizeof *found->curve);
    gcs_memory_free(memory, found->growth, found->growth_capacity, sizeof *found->growth);
    gcs_memory_free(memory, found->type_growth, found->type_growth_capacity,
                    sizeof *found->type_growth);
    gcs_memory_free(memory, found->ties, found->tie_capacity, sizeof *found->ties);
    gcs_memory_free(memory, found->knot_sums, found->knot_sum_capacity,
                    sizeof *found->knot_sums);
    *found = (struct gcs_demographics){0};
}

struct gcs_survival gcs_demographics_survival(const struct gcs_demographics *found,
                                              uint64_t age)
{
    struct gcs_survival survival = {.age = age};
    survival.born = found->allocations > age ? found->allocations - age : 0;
    if (survival.born)
        survival.lived = gcs_histogram_at_least(&found->spreads[GCS_SPREAD_COUNTED], age) +
                         gcs_histogram_at_least(&found->spreads[GCS_SPREAD_GARBAGE], age) +
                         gcs_histogram_at_least(&found->spreads[GCS_SPREAD_AGES], age);
    return survival;
}
