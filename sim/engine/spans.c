/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over spans (spans.h). */
#include "spans.h"

#include <string.h>

enum {
    STRIDE = 32,
    NEVER_CLASS = SPAN_CLASSES - 1,
    FEW = 24, /* spans that are looked at rather than searched */
};

void spans_init(struct spans *spans, struct gcs_memory *memory, unsigned width)
{
    GCS_REQUIRE(width >= 1 && width <= SPAN_SUMS);
    *spans = (struct spans){.memory = memory, .width = width};
}

static void fini_order(struct gcs_memory *memory, struct span_order *order)
{
    gcs_memory_free(memory, order->at, order->at_capacity, sizeof *order->at);
    gcs_memory_free(memory, order->kind, order->kind_capacity, sizeof *order->kind);
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

static enum gcs_status append(struct gcs_memory *memory, struct span_order *order, uint32_t at,
                              uint32_t kind, struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(memory, &order->at, &order->at_capacity, order->count + 1, error));
    GCS_TRY(GCS_GROW(memory, &order->kind, &order->kind_capacity, order->count + 1, error));
    GCS_ASSERT(!order->count || order->at[order->count - 1] <= at);
    order->at[order->count] = at;
    order->kind[order->count++] = kind;
    return GCS_OK;
}

/* floor(log4(lifetime)), lifetime ≥ 1 */
static unsigned class_of(uint32_t lifetime)
{
    return (31 - (unsigned)__builtin_clz(lifetime)) / 2;
}

enum gcs_status spans_add(struct spans *spans, uint32_t begin, uint32_t end, uint32_t kind,
                          struct gcs_error *error)
{
    unsigned k = end == GCS_NEVER ? NEVER_CLASS : class_of(end - begin);
    struct span_class *class = &spans->classes[k];
    GCS_REQUIRE(end > begin);
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

static inline void add_kind(const struct spans *spans, uint32_t kind, uint64_t *sums,
                            unsigned width)
{
    const uint64_t *more = spans->kinds + (size_t)kind * width;
    for (unsigned w = 0; w < width; w++)
        sums[w] += more[w];
}

size_t spans_sums(size_t count)
{
    return count / STRIDE + 1;
}

static enum gcs_status finish_order(struct spans *spans, struct span_order *order,
                                    struct gcs_error *error)
{
    uint64_t running[SPAN_SUMS] = {0};
    size_t bytes = spans->width * sizeof *running;
    GCS_TRY(GCS_GROW(spans->memory, &order->sums, &order->sum_capacity,
                     spans_sums(order->count) * spans->width, error));
    for (size_t i = 0; i < order->count; i++) {
        if (i % STRIDE == 0)
            memcpy(order->sums + i / STRIDE * spans->width, running, bytes);
        add_kind(spans, order->kind[i], running, spans->width);
    }
    if (order->count % STRIDE == 0)
        memcpy(order->sums + order->count / STRIDE * spans->width, running, bytes);
    return GCS_OK;
}

enum gcs_status spans_finish(struct spans *spans, struct gcs_error *error)
{
    for (unsigned k = 0; k < SPAN_CLASSES; k++)
        GCS_TRY(finish_order(spans, &spans->classes[k].begun, error));
    return finish_order(spans, &spans->ended, error);
}

/* The first of [low, high) that is at `op` or later. */
static size_t search(const struct span_order *order, size_t low, size_t high, uint32_t op)
{
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (order->at[middle] < op)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The same from `from` on, which is near. */
static size_t seek(const struct span_order *order, size_t from, uint32_t op)
{
    size_t step = FEW;
    for (size_t few = from + FEW; from < few; from++)
        if (from >= order->count || order->at[from] >= op)
            return from;
    while (from + step < order->count && order->at[from + step] < op) {
        from += step;
        step *= 2;
    }
    size_t high = from + step < order->count ? from + step : order->count;
    return search(order, from, high, op);
}

void spans_advance(const struct spans *spans, struct span_place *place, uint32_t op)
{
    GCS_ASSERT(op >= place->op);
    for (unsigned k = 0; k < SPAN_CLASSES; k++) {
        const struct span_order *begun = &spans->classes[k].begun;
        if (place->begun[k] < begun->count)
            place->begun[k] = (uint32_t)seek(begun, place->begun[k], op);
    }
    place->op = op;
}

/* sums += sign × the sums of the first `count` spans */
static inline void add_first(const struct spans *spans, const struct span_order *order,
                             size_t count, bool negative, uint64_t *sums, unsigned width)
{
    uint64_t found[SPAN_SUMS];
    memcpy(found, order->sums + count / STRIDE * width, width * sizeof *found);
    for (size_t i = count / STRIDE * STRIDE; i < count; i++)
        add_kind(spans, order->kind[i], found, width);
    for (unsigned w = 0; w < width; w++)
        sums[w] += negative ? -found[w] : found[w];
}

static inline void add_between(const struct spans *spans, const struct span_order *order,
                               size_t from, size_t to, uint64_t *sums, unsigned width)
{
    if (to - from <= FEW) {
        for (size_t i = from; i < to; i++)
            add_kind(spans, order->kind[i], sums, width);
        return;
    }
    add_first(spans, order, to, false, sums, width);
    add_first(spans, order, from, true, sums, width);
}

/* Those of the class that stand in [from, to). */
static inline void add_open(const struct spans *spans, unsigned k, size_t from, size_t to,
                            uint32_t done, uint64_t *sums, unsigned width)
{
    const struct span_class *class = &spans->classes[k];
    const struct span_order *begun = &class->begun;
    uint64_t shortest = UINT64_C(1) << 2 * k;
    size_t unsure = from, sure = to;
    if (k == NEVER_CLASS || begun->at[from] + shortest >= done) {
        add_between(spans, begun, from, to, sums, width);
        return;
    }
    if (to - from > FEW) { /* too old to be open, too young to be over */
        if (done > 4 * shortest)
            unsure = search(begun, from, to, (uint32_t)(done - 4 * shortest) + 1);
        sure = search(begun, unsure, to, (uint32_t)(done - shortest));
        add_between(spans, begun, sure, to, sums, width);
    }
    for (size_t i = unsure; i < sure; i++)
        if (class->end[i] >= done)
            add_kind(spans, begun->kind[i], sums, width);
}

static inline void add_all_open(const struct spans *spans, const struct span_place *from,
                                const struct span_place *to, uint32_t done, uint64_t *sums,
                                unsigned width)
{
    for (unsigned k = 0; k < SPAN_CLASSES; k++)
        if (from->begun[k] < to->begun[k])
            add_open(spans, k, from->begun[k], to->begun[k], done, sums, width);
}

void spans_open(const struct spans *spans, const struct span_place *from,
                const struct span_place *to, uint32_t done, uint64_t *sums)
{
    if (spans->width == 3) /* objects': the compiler unrolls them */
        add_all_open(spans, from, to, done, sums, 3);
    else
        add_all_open(spans, from, to, done, sums, spans->width);
}

void spans_over(const struct spans *spans, const struct span_place *from,
                const struct span_place *to, uint32_t done, uint64_t *sums)
{
    unsigned width = spans->width;
    if (from->op == 0) {
        add_first(spans, &spans->ended, search(&spans->ended, 0, spans->ended.count, done),
                  false, sums, width);
        return;
    }
    uint64_t open[SPAN_SUMS] = {0};
    spans_open(spans, from, to, done, open);
    for (unsigned k = 0; k < SPAN_CLASSES; k++)
        add_between(spans, &spans->classes[k].begun, from->begun[k], to->begun[k], sums, width);
    for (unsigned w = 0; w < width; w++)
        sums[w] -= open[w];
}
