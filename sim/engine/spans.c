/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over spans (spans.h). */
#include "spans.h"

#include <string.h>

enum { STRIDE = 16, PLACE_SHIFT = 8, NEVER_CLASS = SPAN_CLASSES - 1 };

void spans_init(struct spans *spans, struct gcs_memory *memory, unsigned width)
{
    GCS_REQUIRE(width >= 1 && width <= SPAN_SUMS);
    *spans = (struct spans){.memory = memory, .width = width};
}

static void fini_order(struct gcs_memory *memory, struct span_order *order)
{
    gcs_memory_free(memory, order->key, order->key_capacity, sizeof *order->key);
    gcs_memory_free(memory, order->kind, order->kind_capacity, sizeof *order->kind);
    gcs_memory_free(memory, order->places, order->place_capacity, sizeof *order->places);
    gcs_memory_free(memory, order->sums, order->sum_capacity, sizeof *order->sums);
}

void spans_fini(struct spans *spans)
{
    struct gcs_memory *memory = spans->memory;
    if (!memory)
        return;
    for (unsigned k = 0; k < SPAN_CLASSES; k++) {
        fini_order(memory, &spans->classes[k].begun);
        gcs_memory_free(memory, spans->classes[k].end, spans->classes[k].end_capacity,
                        sizeof *spans->classes[k].end);
    }
    fini_order(memory, &spans->ended);
    gcs_memory_free(memory, spans->kinds, spans->kind_capacity, sizeof *spans->kinds);
    *spans = (struct spans){0};
}

enum gcs_status spans_add_kind(struct spans *spans, const uint64_t *sums, uint32_t *kind,
                               struct gcs_error *error)
{
    size_t at = spans->kind_count * spans->width;
    GCS_TRY(GCS_GROW(spans->memory, &spans->kinds, &spans->kind_capacity, at + spans->width,
                     error));
    memcpy(spans->kinds + at, sums, spans->width * sizeof *sums);
    *kind = (uint32_t)spans->kind_count++;
    return GCS_OK;
}

static enum gcs_status append(struct gcs_memory *memory, struct span_order *order, uint32_t key,
                              uint32_t kind, struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(memory, &order->key, &order->key_capacity, order->count + 1, error));
    GCS_TRY(GCS_GROW(memory, &order->kind, &order->kind_capacity, order->count + 1, error));
    GCS_ASSERT(!order->count || order->key[order->count - 1] <= key);
    order->key[order->count] = key;
    order->kind[order->count++] = kind;
    return GCS_OK;
}

/* floor(log4(lifetime)), lifetime ≥ 1 */
static unsigned class_of(uint32_t lifetime)
{
    return (31 - (unsigned)__builtin_clz(lifetime)) / 2;
}

enum gcs_status spans_add(struct spans *spans, uint32_t begin, uint32_t end, uint32_t end_at,
                          uint32_t kind, struct gcs_error *error)
{
    unsigned k = end_at == GCS_NEVER ? NEVER_CLASS : class_of(end_at - begin);
    struct span_class *class = &spans->classes[k];
    GCS_REQUIRE(end_at > begin);
    GCS_TRY(GCS_GROW(spans->memory, &class->end, &class->end_capacity, class->begun.count + 1,
                     error));
    class->end[class->begun.count] = end;
    return append(spans->memory, &class->begun, begin, kind, error);
}

enum gcs_status spans_add_end(struct spans *spans, uint32_t end, uint32_t kind,
                              struct gcs_error *error)
{
    return append(spans->memory, &spans->ended, end, kind, error);
}

static const uint64_t *sums_of(const struct spans *spans, uint32_t kind)
{
    return spans->kinds + (size_t)kind * spans->width;
}

static enum gcs_status finish_order(struct spans *spans, struct span_order *order,
                                    struct gcs_error *error)
{
    uint64_t running[SPAN_SUMS] = {0};
    if (!order->count)
        return GCS_OK;
    size_t places = ((size_t)order->key[order->count - 1] >> PLACE_SHIFT) + 2, place = 0;
    GCS_TRY(GCS_GROW(spans->memory, &order->places, &order->place_capacity, places, error));
    GCS_TRY(GCS_GROW(spans->memory, &order->sums, &order->sum_capacity,
                     (order->count / STRIDE + 1) * spans->width, error));
    for (size_t i = 0; i < order->count; i++) {
        while (place <= order->key[i] >> PLACE_SHIFT)
            order->places[place++] = (uint32_t)i;
        if (i % STRIDE == 0)
            memcpy(order->sums + i / STRIDE * spans->width, running,
                   spans->width * sizeof *running);
        const uint64_t *sums = sums_of(spans, order->kind[i]);
        for (unsigned w = 0; w < spans->width; w++)
            running[w] += sums[w];
    }
    if (order->count % STRIDE == 0)
        memcpy(order->sums + order->count / STRIDE * spans->width, running,
               spans->width * sizeof *running);
    order->places[place] = (uint32_t)order->count;
    order->place_count = places;
    return GCS_OK;
}

enum gcs_status spans_finish(struct spans *spans, struct gcs_error *error)
{
    for (unsigned k = 0; k < SPAN_CLASSES; k++)
        GCS_TRY(finish_order(spans, &spans->classes[k].begun, error));
    return finish_order(spans, &spans->ended, error);
}

/* The first span whose key is `key` or higher. */
static size_t rank(const struct span_order *order, uint32_t key)
{
    size_t place = (size_t)key >> PLACE_SHIFT;
    if (place + 1 >= order->place_count)
        return order->count;
    size_t low = order->places[place], high = order->places[place + 1];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (order->key[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* sums += sign × the sums of the first `count` spans */
static void add_first(const struct spans *spans, const struct span_order *order, size_t count,
                      bool negative, uint64_t *sums)
{
    uint64_t found[SPAN_SUMS];
    unsigned width = spans->width;
    if (!count)
        return;
    memcpy(found, order->sums + count / STRIDE * width, width * sizeof *found);
    for (size_t i = count / STRIDE * STRIDE; i < count; i++) {
        const uint64_t *more = sums_of(spans, order->kind[i]);
        for (unsigned w = 0; w < width; w++)
            found[w] += more[w];
    }
    for (unsigned w = 0; w < width; w++)
        sums[w] += negative ? -found[w] : found[w];
}

static void add_between(const struct spans *spans, const struct span_order *order, size_t from,
                        size_t to, uint64_t *sums)
{
    if (from >= to)
        return;
    if (to - from <= STRIDE) {
        for (size_t i = from; i < to; i++) {
            const uint64_t *more = sums_of(spans, order->kind[i]);
            for (unsigned w = 0; w < spans->width; w++)
                sums[w] += more[w];
        }
        return;
    }
    add_first(spans, order, to, false, sums);
    add_first(spans, order, from, true, sums);
}

static uint32_t later(uint32_t from, uint32_t to, uint64_t back)
{
    return to >= back && to - back + 1 > from ? (uint32_t)(to - back + 1) : from;
}

static void add_open(const struct spans *spans, unsigned k, uint32_t from, uint32_t to,
                     uint32_t event, uint64_t *sums)
{
    const struct span_class *class = &spans->classes[k];
    const struct span_order *begun = &class->begun;
    if (!begun->count)
        return;
    size_t all = rank(begun, to);
    if (k == NEVER_CLASS) {
        add_between(spans, begun, rank(begun, from), all, sums);
        return;
    }
    uint64_t shortest = UINT64_C(1) << 2 * k;
    size_t unsure = rank(begun, later(from, to, 4 * shortest));
    size_t sure = rank(begun, later(from, to, shortest));
    for (size_t i = unsure; i < sure; i++)
        if (class->end[i] > event) {
            const uint64_t *more = sums_of(spans, begun->kind[i]);
            for (unsigned w = 0; w < spans->width; w++)
                sums[w] += more[w];
        }
    add_between(spans, begun, sure, all, sums);
}

/* sums of all that have ended by the event */
static void add_ended(const struct spans *spans, uint32_t event, bool negative, uint64_t *sums)
{
    if (spans->ended.count)
        add_first(spans, &spans->ended, rank(&spans->ended, event + 1), negative, sums);
}

static void add_begun(const struct spans *spans, uint32_t from, uint32_t to, uint64_t *sums)
{
    for (unsigned k = 0; k < SPAN_CLASSES; k++) {
        const struct span_order *begun = &spans->classes[k].begun;
        if (begun->count)
            add_between(spans, begun, rank(begun, from), rank(begun, to), sums);
    }
}

void spans_open(const struct spans *spans, uint32_t from, uint32_t to, uint32_t event,
                uint64_t *sums)
{
    memset(sums, 0, spans->width * sizeof *sums);
    if (from == 0) {
        add_begun(spans, 0, to, sums);
        add_ended(spans, event, true, sums);
        return;
    }
    for (unsigned k = 0; k < SPAN_CLASSES; k++)
        add_open(spans, k, from, to, event, sums);
}

void spans_over(const struct spans *spans, uint32_t from, uint32_t to, uint32_t event,
                uint64_t *sums)
{
    uint64_t open[SPAN_SUMS];
    memset(sums, 0, spans->width * sizeof *sums);
    if (from == 0) {
        add_ended(spans, event, false, sums);
        return;
    }
    spans_open(spans, from, to, event, open);
    add_begun(spans, from, to, sums);
    for (unsigned w = 0; w < spans->width; w++)
        sums[w] -= open[w];
}
