/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of the baseline pass: what outlives the trace, and what of it is garbage. */
#include "baseline_private.h"

#include <string.h>

enum { EXPECTED_OBJECTS = 16 }; /* how far ahead what objects hold is fetched */
enum { DIGIT_BITS = 11, DIGITS = 3, DIGIT_VALUES = 1 << DIGIT_BITS };

/* By key, equal ones as they stood. */
static enum gcs_status sort_pairs(struct pass *pass, struct pair *pairs, size_t count)
{
    struct pair *other = NULL, *from = pairs;
    size_t capacity = 0;
    size_t(*starts)[DIGIT_VALUES] = NULL;
    size_t start_capacity = 0;
    GCS_TRY(GCS_GROW(pass->memory, &other, &capacity, count, pass->error));
    enum gcs_status status = GCS_GROW(pass->memory, &starts, &start_capacity, 1, pass->error);
    struct pair *to = other;
    for (unsigned digit = 0; status == GCS_OK && digit < DIGITS; digit++) {
        unsigned shift = digit * DIGIT_BITS;
        size_t sum = 0;
        memset(starts, 0, sizeof *starts);
        for (size_t i = 0; i < count; i++)
            (*starts)[from[i].key >> shift & (DIGIT_VALUES - 1)]++;
        for (size_t value = 0; value < DIGIT_VALUES; value++) {
            size_t of_it = (*starts)[value];
            (*starts)[value] = sum;
            sum += of_it;
        }
        for (size_t i = 0; i < count; i++)
            to[(*starts)[from[i].key >> shift & (DIGIT_VALUES - 1)]++] = from[i];
        struct pair *sorted = to;
        to = from;
        from = sorted;
    }
    if (status == GCS_OK && from != pairs)
        memcpy(pairs, from, count * sizeof *pairs);
    gcs_memory_free(pass->memory, other, capacity, sizeof *other);
    gcs_memory_free(pass->memory, starts, start_capacity, sizeof *starts);
    return status;
}

/* Reaches what those in pass->dying reach, `count` of them. */
static void reach_from(struct pass *pass, size_t count)
{
    gcs_handle *stack = pass->dying;
    while (count) {
        struct object *holder = object_at(pass, stack[--count]);
        const uint32_t *slots = slots_behind(holder);
        for (uint32_t i = 0; i < facts_of(pass, holder)->slots; i++) {
            struct object *object = object_at(pass, slots[i]);
            if (slots[i] == NOBODY || object->state & STATE_REACHED)
                continue;
            object->state |= STATE_REACHED;
            stack[count++] = slots[i];
        }
    }
}

/* Fetches what it holds, if that will be looked at; the object behind it. */
static gcs_handle expect_reach(const struct pass *pass, gcs_handle handle)
{
    if (handle == NOBODY)
        return NOBODY;
    if (!is_free(pass, handle) && object_at(pass, handle)->roots)
        expect_held(pass, object_at(pass, handle));
    return next_object(pass, handle);
}

/* Those with roots first, as most have one: they need no place on the stack then. */
static void reach(struct pass *pass)
{
    gcs_handle ahead = next_object(pass, NOBODY);
    for (int i = 0; i < EXPECTED_OBJECTS; i++)
        ahead = expect_reach(pass, ahead);
    for (gcs_handle h = next_object(pass, NOBODY); h; h = next_object(pass, h))
        if (!is_free(pass, h) && object_at(pass, h)->roots)
            object_at(pass, h)->state |= STATE_REACHED;
    for (gcs_handle h = next_object(pass, NOBODY); h; h = next_object(pass, h)) {
        ahead = expect_reach(pass, ahead);
        if (!is_free(pass, h) && object_at(pass, h)->roots) {
            pass->dying[0] = h;
            reach_from(pass, 1);
        }
    }
}

/* By stamp, sorted later. */
struct garbage {
    struct pair *pairs; /* stamp, object */
    size_t count, capacity;
};

/* What outlives the trace: the lives that have no end, and the garbage. */
static enum gcs_status list(struct pass *pass, struct garbage *garbage)
{
    struct gcs_baseline *baseline = pass->baseline;
    for (gcs_handle h = next_object(pass, NOBODY); h; h = next_object(pass, h)) {
        const struct object *object = object_at(pass, h);
        unsigned variant = facts_of(pass, object)->variant;
        if (is_free(pass, h))
            continue;
        if (variant & VARIANT_TRACKED && !(variant & VARIANT_SINGLE)) {
            GCS_TRY(GCS_GROW(pass->memory, &baseline->longs, &baseline->long_capacity,
                             baseline->long_count + 1, pass->error));
            baseline->longs[baseline->long_count++] = (struct gcs_long){object->op, GCS_NEVER};
        }
        if (!(object->state & STATE_REACHED)) {
            if (traits_of(pass, object)->closes)
                cannot(pass, "generators and coroutines that are garbage");
            GCS_TRY(GCS_GROW(pass->memory, &garbage->pairs, &garbage->capacity,
                             garbage->count + 1, pass->error));
            garbage->pairs[garbage->count++] = (struct pair){object->stamp, h};
        }
    }
    return GCS_OK;
}

static enum gcs_status finish(struct pass *pass, struct garbage *garbage)
{
    reach(pass);
    GCS_TRY(find_released(pass));
    GCS_TRY(list(pass, garbage));
    GCS_TRY(sort_pairs(pass, garbage->pairs, garbage->count));
    return parts_of(pass, garbage->pairs, garbage->count);
}

#define ARRAYS(X)                                   \
    X(ops, op_count, op_capacity)                   \
    X(aux, op_count, aux_capacity)                  \
    X(far, far_count, far_capacity)                 \
    X(extras, extra_count, extra_capacity)          \
    X(kinds, kind_count, kind_capacity)             \
    X(works, work_count, work_capacity)             \
    X(stops, stop_count, stop_capacity)             \
    X(ticks, tick_count, tick_capacity)             \
    X(longs, long_count, long_capacity)             \
    X(singles, single_count, single_capacity)       \
    X(children, child_count, child_capacity)        \
    X(parts, part_count, part_capacity)             \
    X(members, member_count, member_capacity)       \
    X(referrers, referrer_count, referrer_capacity) \
    X(declared, declared_count, declared_capacity)

enum gcs_status baseline_end(struct pass *pass)
{
    struct gcs_baseline *baseline = pass->baseline;
    struct garbage garbage = {0};
    baseline->end = (struct gcs_totals){.allocated_objects = pass->allocated,
                                        .live_objects = pass->objects,
                                        .live_bytes = pass->units * GCS_BYTES_UNIT,
                                        .footprint_bytes = GCS_NO_FOOTPRINT,
                                        .peak_footprint_bytes = GCS_NO_FOOTPRINT};
    enum gcs_status status = finish(pass, &garbage);
    gcs_memory_free(pass->memory, garbage.pairs, garbage.capacity, sizeof *garbage.pairs);
#define SHRINK(array, count, capacity) \
    GCS_SHRINK(pass->memory, &baseline->array, &baseline->capacity, baseline->count);
    ARRAYS(SHRINK)
#undef SHRINK
    return status;
}

void gcs_baseline_fini(struct gcs_baseline *baseline)
{
    if (!baseline->memory)
        return;
#define RELEASE(array, count, capacity)                                    \
    gcs_memory_free(baseline->memory, baseline->array, baseline->capacity, \
                    sizeof *baseline->array);
    ARRAYS(RELEASE)
#undef RELEASE
    *baseline = (struct gcs_baseline){0};
}

size_t gcs_baseline_single(const struct gcs_baseline *baseline, uint32_t op)
{
    size_t low = 0, high = baseline->single_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->singles[middle].op < op)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
