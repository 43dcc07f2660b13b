/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making the index: the baseline's ops in blocks that can be jumped (index_blocks.c), its
 * objects as spans, its garbage as spans and as islands that have to be walked
 * (index_garbage.c).
 */
#include "index_private.h"

#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/* One pass of a radix sort by begin. */
static void sort_digit(const struct gcs_long *from, struct gcs_long *to, size_t count,
                       unsigned shift)
{
    size_t starts[DIGITS] = {0}, start = 0;
    for (size_t i = 0; i < count; i++)
        starts[from[i].begin >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t here = starts[digit];
        starts[digit] = start;
        start += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].begin >> shift & (DIGITS - 1)]++] = from[i];
}

/* The baseline's longs by begin. */
static enum gcs_status sort_longs(struct gcs_index *index, struct gcs_error *error)
{
    struct gcs_baseline *baseline = &index->baseline;
    struct gcs_long *other = NULL;
    size_t capacity = 0;
    GCS_TRY(GCS_GROW(index->memory, &other, &capacity, baseline->long_count, error));
    for (unsigned shift = 0; shift < 32 && baseline->op_count >> shift; shift += DIGIT_BITS) {
        struct gcs_long *sorted = other;
        size_t sorted_capacity = capacity;
        sort_digit(baseline->longs, sorted, baseline->long_count, shift);
        other = baseline->longs;
        capacity = baseline->long_capacity;
        baseline->longs = sorted;
        baseline->long_capacity = sorted_capacity;
    }
    gcs_memory_free(index->memory, other, capacity, sizeof *other);
    return GCS_OK;
}

static enum gcs_status add_kinds(const struct gcs_baseline *baseline, struct spans *spans,
                                 struct gcs_error *error)
{
    for (size_t i = 0; i < baseline->kind_count; i++) {
        const uint32_t sums[TRACKED_SUMS] = {[SUM_OBJECTS] = 1,
                                             [SUM_REFERENCES] = baseline->kinds[i].references,
                                             [SUM_BYTES] = baseline->kinds[i].bytes};
        uint32_t kind;
        GCS_TRY(spans_add_kind(spans, sums, &kind, error));
    }
    return GCS_OK;
}

static enum gcs_status make_objects(struct gcs_index *index, struct gcs_error *error)
{
    struct gcs_baseline *baseline = &index->baseline;
    spans_init(&index->objects, index->memory, TRACKED_SUMS, baseline->kind_count);
    spans_init(&index->fading, index->memory, TRACKED_SUMS, baseline->kind_count);
    GCS_TRY(add_kinds(baseline, &index->objects, error));
    GCS_TRY(add_kinds(baseline, &index->fading, error));
    while (baseline->long_count && baseline->longs[baseline->long_count - 1].end == GCS_NEVER)
        baseline->long_count--; /* of these it is only asked which are over */
    GCS_TRY(sort_longs(index, error));
    for (size_t i = 0; i < baseline->long_count; i++) {
        struct gcs_long life = baseline->longs[i];
        uint32_t kind = baseline->ops[life.begin] >> GCS_FORM_BITS;
        GCS_TRY(spans_add(baseline->kinds[kind].atoms ? &index->fading : &index->objects,
                          life.begin, life.end, kind, error));
    }
    gcs_memory_free(index->memory, baseline->longs, baseline->long_capacity,
                    sizeof *baseline->longs);
    baseline->longs = NULL;
    baseline->long_count = baseline->long_capacity = 0;
    GCS_TRY(spans_finish(&index->objects, (uint32_t)baseline->op_count, error));
    return spans_finish(&index->fading, (uint32_t)baseline->op_count, error);
}

static int holdings_by_stamp(const void *a, const void *b)
{
    const struct holding *x = a, *y = b;
    return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
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
              holdings_by_stamp);
    return GCS_OK;
}

/* In their place: each byte lies before what is still to be read. */
static void narrow_ops(struct gcs_baseline *baseline)
{
    if (baseline->kind_count > NARROW_KINDS)
        return;
    uint8_t *bytes = (uint8_t *)baseline->ops;
    for (size_t op = 0; op < baseline->op_count; op++)
        bytes[op] = (uint8_t)baseline->ops[op];
    if (baseline->op_count % 2)
        bytes[baseline->op_count] = 0;
    baseline->narrow = true;
}

static enum gcs_status make(struct gcs_index *index, const struct gcs_trace *trace,
                            const struct gcs_rules *rules, struct gcs_error *error)
{
    struct index_array arrays[INDEX_ARRAYS];
    GCS_TRY(gcs_baseline_of(trace, rules, ledger_stretch(trace->events), index->memory,
                            &index->baseline, error));
    if (index->baseline.uncovered)
        return GCS_OK;
    GCS_TRY(make_objects(index, error));
    narrow_ops(&index->baseline);
    GCS_TRY(index_make_blocks(index, error));
    GCS_TRY(make_holdings(index, error));
    GCS_TRY(index_make_garbage(index, error));
    for (size_t i = index_arrays(index, arrays); i-- > 0;)
        gcs_memory_shrink(index->memory, arrays[i].array, arrays[i].capacity, arrays[i].count,
                          arrays[i].size);
    return GCS_OK;
}

enum gcs_status gcs_index_new(const struct gcs_trace *trace, const struct gcs_rules *rules,
                              struct gcs_memory *memory, struct gcs_index **index,
                              struct gcs_error *error)
{
    struct gcs_index *made = calloc(1, sizeof *made);
    if (!made)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    made->memory = memory;
    enum gcs_status status = make(made, trace, rules, error);
    if (status != GCS_OK)
        gcs_index_free(made);
    else
        *index = made;
    return status;
}

void gcs_index_free(struct gcs_index *index)
{
    struct index_array arrays[INDEX_ARRAYS];
    if (!index)
        return;
    for (size_t i = index_arrays(index, arrays); i-- > 0;)
        gcs_memory_free(index->memory, *arrays[i].array, *arrays[i].capacity, arrays[i].size);
    free(index);
}
