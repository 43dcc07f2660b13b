/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over spans (spans.h). */
#include "spans.h"

#include "op_rows.h"

#include <string.h>

enum {
    STRIDE = 32,

    ENDED = SPAN_CLASSES, /* of a row: the order by end */
    FEW = 24,             /* spans that are added rather than subtracted */
};

void spans_init(struct spans *spans, struct gcs_memory *memory, unsigned width, size_t kinds)
{
    GCS_REQUIRE(width >= 1 && width <= SPAN_SUMS);
    *spans = (struct spans){.memory = memory, .width = width, .many_kinds = kinds > UINT16_MAX};
}

static void fini_order(struct gcs_memory *memory, struct span_order *order)
{
    gcs_memory_free(memory, order->at, order->at_capacity, sizeof *order->at);
    gcs_memory_free(memory, order->kind, order->kind_capacity, sizeof *order->kind);
    gcs_memory_free(memory, order->kind32, order->kind32_capacity, sizeof *order->kind32);
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
    gcs_memory_free(memory, spans->rows, spans->row_capacity, sizeof *spans->rows);
    gcs_memory_free(memory, spans->kinds, spans->kind_capacity, sizeof *spans->kinds);
    *spans = (struct spans){0};
}

enum gcs_status spans_add_kind(struct spans *spans, const uint32_t *sums, uint32_t *kind,
                               struct gcs_error *error)
{
    size_t at = spans->kind_count * spans->width;
    GCS_TRY(GCS_GROW(spans->memory, &spans->kinds, &spans->kind_capacity, at + spans->width,
                     error));
    memcpy(spans->kinds + at, sums, spans->width * sizeof *sums);
    *kind = (uint32_t)spans->kind_count++;
    return GCS_OK;
}

static struct span_order *order_of(struct spans *spans, unsigned which)
{
    return which == ENDED ? &spans->ended : &spans->classes[which].begun;
}

static enum gcs_status make_rows(struct spans *spans, size_t rows, struct gcs_error *error)
{
    if (rows <= spans->row_count)
        return GCS_OK;
    GCS_TRY(GCS_GROW(spans->memory, &spans->rows, &spans->row_capacity, rows, error));
    memset(spans->rows + spans->row_count, 0, (rows - spans->row_count) * sizeof *spans->rows);
    spans->row_count = rows;
    return GCS_OK;
}

/* A row has the number of its own until all are there. */
static enum gcs_status append(struct spans *spans, unsigned which, uint32_t at, uint32_t kind,
                              struct gcs_error *error)
{
    struct span_order *order = order_of(spans, which);
    size_t count = order->count + 1;
    GCS_TRY(make_rows(spans, (at >> ROW_BITS) + 1, error));
    GCS_TRY(GCS_GROW(spans->memory, &order->at, &order->at_capacity, count, error));
    if (spans->many_kinds)
        GCS_TRY(GCS_GROW(spans->memory, &order->kind32, &order->kind32_capacity, count, error));
    else
        GCS_TRY(GCS_GROW(spans->memory, &order->kind, &order->kind_capacity, count, error));
    spans->rows[at >> ROW_BITS][which]++;
    order->at[order->count] = place_in_row(at);
    if (spans->many_kinds)
        order->kind32[order->count] = kind;
    else
        order->kind[order->count] = (uint16_t)kind;
    order->count = count;
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
    GCS_REQUIRE(end > begin && end != GCS_NEVER);
    unsigned k = class_of(end - begin);
    struct span_class *class = &spans->classes[k];
    GCS_TRY(GCS_GROW(spans->memory, &class->end, &class->end_capacity, class->begun.count + 1,
                     error));
    class->end[class->begun.count] = end;
    return append(spans, k, begin, kind, error);
}

enum gcs_status spans_add_end(struct spans *spans, uint32_t end, uint32_t kind,
                              struct gcs_error *error)
{
    return append(spans, ENDED, end, kind, error);
}

static inline void add_span(const struct spans *spans, const struct span_order *order,
                            size_t place, uint32_t *sums, unsigned width)
{
    uint32_t kind = spans->many_kinds ? order->kind32[place] : order->kind[place];
    const uint32_t *more = spans->kinds + (size_t)kind * width;
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
    uint32_t running[SPAN_SUMS] = {0};
    size_t bytes = spans->width * sizeof *running;
    GCS_TRY(GCS_GROW(spans->memory, &order->sums, &order->sum_capacity,
                     spans_sums(order->count) * spans->width, error));
    for (size_t i = 0; i < order->count; i++) {
        if (i % STRIDE == 0)
            memcpy(order->sums + i / STRIDE * spans->width, running, bytes);
        add_span(spans, order, i, running, spans->width);
    }
    if (order->count % STRIDE == 0)
        memcpy(order->sums + order->count / STRIDE * spans->width, running, bytes);
    return GCS_OK;
}

/* From how many each row has to how many come before it. */
static void sum_rows(struct spans *spans)
{
    uint32_t before[SPAN_ORDERS] = {0};
    for (size_t row = 0; row < spans->row_count; row++)
        for (unsigned which = 0; which < SPAN_ORDERS; which++) {
            uint32_t own = spans->rows[row][which];
            spans->rows[row][which] = before[which];
            before[which] += own;
        }
}

enum gcs_status spans_finish(struct spans *spans, uint32_t ops, struct gcs_error *error)
{
    for (unsigned k = 0; k < SPAN_CLASSES; k++)
        GCS_TRY(finish_order(spans, &spans->classes[k].begun, error));
    GCS_TRY(finish_order(spans, &spans->ended, error));
    GCS_TRY(make_rows(spans, rows_for(ops), error));
    sum_rows(spans);
    return GCS_OK;
}

/* How many of an order are at ops before `op`. */
static inline size_t count_before(const struct spans *spans, unsigned which, uint32_t op)
{
    const struct span_order *order =
        which == ENDED ? &spans->ended : &spans->classes[which].begun;
    size_t row = op >> ROW_BITS;
    if (row + 1 >= spans->row_count)
        return order->count;
    return first_in_row(order->at, spans->rows[row][which], spans->rows[row + 1][which],
                        place_in_row(op));
}

/* sums += sign × the sums of the first `count` spans */
static inline void add_first(const struct spans *spans, const struct span_order *order,
                             size_t count, bool negative, uint32_t *sums, unsigned width)
{
    uint32_t found[SPAN_SUMS];
    memcpy(found, order->sums + count / STRIDE * width, width * sizeof *found);
    for (size_t i = count / STRIDE * STRIDE; i < count; i++)
        add_span(spans, order, i, found, width);
    for (unsigned w = 0; w < width; w++)
        sums[w] += negative ? 0 - found[w] : found[w];
}

static inline void add_between(const struct spans *spans, const struct span_order *order,
                               size_t from, size_t to, uint32_t *sums, unsigned width)
{
    if (to - from <= FEW) {
        for (size_t i = from; i < to; i++)
            add_span(spans, order, i, sums, width);
        return;
    }
    add_first(spans, order, to, false, sums, width);
    add_first(spans, order, from, true, sums, width);
}

/* Those of a class whose shortest lives are over if they began at `from`. */
static inline void add_over(const struct spans *spans, unsigned k, uint32_t from, uint32_t to,
                            uint32_t done, uint32_t *sums, unsigned width)
{
    const struct span_class *class = &spans->classes[k];
    uint64_t shortest = UINT64_C(1) << 2 * k;
    uint32_t young =
        done - (uint32_t)shortest; /* from here on none is over; before `old` all */
    uint32_t old = done >= 4 * shortest ? done - (uint32_t)(4 * shortest) + 1 : 0;
    size_t first = count_before(spans, k, from), sure = first;
    if (old > from)
        sure = count_before(spans, k, old < to ? old : to);
    size_t last = count_before(spans, k, young < to ? young : to);
    add_between(spans, &class->begun, first, sure, sums, width);
    for (size_t i = sure; i < last; i++)
        if (class->end[i] < done)
            add_span(spans, &class->begun, i, sums, width);
}

static inline void add_all_over(const struct spans *spans, uint32_t from, uint32_t to,
                                uint32_t done, uint32_t *sums, unsigned width)
{
    for (unsigned k = 0; k < SPAN_CLASSES && (UINT64_C(1) << 2 * k) < done - from; k++)
        if (spans->classes[k].begun.count)
            add_over(spans, k, from, to, done, sums, width);
}

void spans_over(const struct spans *spans, uint32_t from, uint32_t to, uint32_t done,
                uint32_t *sums)
{
    if (from >= to)
        return;
    if (from == 0 && spans->ended.count)
        add_first(spans, &spans->ended, count_before(spans, ENDED, done), false, sums,
                  spans->width);
    else if (spans->width == 3) /* objects': the compiler unrolls them */
        add_all_over(spans, from, to, done, sums, 3);
    else
        add_all_over(spans, from, to, done, sums, spans->width);
}
