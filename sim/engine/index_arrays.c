/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All arrays of an index, in one table: what is given back, and what a file of it holds. */
#include "index_private.h"

struct table {
    struct index_array *arrays;
    size_t count;
};

static void add(struct table *table, void *array, size_t *capacity, size_t size, size_t count,
                size_t *counted)
{
    GCS_REQUIRE(table->count < INDEX_ARRAYS);
    table->arrays[table->count++] = (struct index_array){array, capacity, size, count, counted};
}

/* An array with a count of its own, and one as long as another says. */
#define ADD(of, array, count, capacity) \
    add(table, &(of)->array, &(of)->capacity, sizeof *(of)->array, (of)->count, &(of)->count)
#define ADD_AS(of, array, length, capacity) \
    add(table, &(of)->array, &(of)->capacity, sizeof *(of)->array, (length), NULL)

static void add_order(struct table *table, struct span_order *order, unsigned width,
                      bool many_kinds)
{
    ADD(order, at, count, at_capacity);
    ADD_AS(order, kind, many_kinds ? 0 : order->count, kind_capacity);
    ADD_AS(order, kind32, many_kinds ? order->count : 0, kind32_capacity);
    ADD_AS(order, sums, spans_sums(order->count) * width, sum_capacity);
}

static void add_spans(struct table *table, struct spans *spans)
{
    ADD_AS(spans, kinds, spans->kind_count * spans->width, kind_capacity);
    for (unsigned k = 0; k < SPAN_CLASSES; k++) {
        add_order(table, &spans->classes[k].begun, spans->width, spans->many_kinds);
        ADD_AS(&spans->classes[k], end, spans->classes[k].begun.count, end_capacity);
    }
    add_order(table, &spans->ended, spans->width, spans->many_kinds);
    ADD(spans, rows, row_count, row_capacity);
}

static void add_baseline(struct table *table, struct gcs_baseline *baseline)
{
    ADD(baseline, aux, op_count, aux_capacity);
    ADD_AS(baseline, ops, baseline->narrow ? (baseline->op_count + 1) / 2 : baseline->op_count,
           op_capacity);
    ADD(baseline, far, far_count, far_capacity);
    ADD(baseline, extras, extra_count, extra_capacity);
    ADD(baseline, kinds, kind_count, kind_capacity);
    ADD(baseline, works, work_count, work_capacity);
    ADD(baseline, stops, stop_count, stop_capacity);
    ADD(baseline, ticks, tick_count, tick_capacity);
    ADD(baseline, longs, long_count, long_capacity);
    ADD(baseline, singles, single_count, single_capacity);
    ADD(baseline, children, child_count, child_capacity);
    ADD(baseline, parts, part_count, part_capacity);
    ADD(baseline, members, member_count, member_capacity);
    ADD(baseline, referrers, referrer_count, referrer_capacity);
    ADD(baseline, declared, declared_count, declared_capacity);
}

size_t index_arrays(struct gcs_index *index, struct index_array *arrays)
{
    struct table made = {arrays, 0}, *table = &made;
    size_t codes = index->baseline.list_count, blocks = index->block_count;
    add_baseline(table, &index->baseline);
    add_spans(table, &index->objects);
    add_spans(table, &index->fading);
    add_spans(table, &index->clumps);
    ADD(index, blocks, block_count, block_capacity);
    ADD(index, regions, region_count, region_capacity);
    ADD_AS(index, block_lists, (blocks + 1) * codes, block_list_capacity);
    ADD_AS(index, region_lists, index->region_count * codes, region_list_capacity);
    ADD_AS(index, points, blocks + 1, point_capacity);
    ADD_AS(index, steps, index->baseline.kind_count << GCS_FORM_BITS, step_capacity);
    ADD_AS(index, tallies, index->baseline.kind_count << GCS_FORM_BITS, tally_capacity);
    ADD_AS(index, stop_points, index->baseline.stop_count, stop_point_capacity);
    ADD_AS(index, highs, blocks, high_capacity);
    ADD_AS(index, region_highs, index->region_count, region_high_capacity);
    ADD(&index->declared_rows, before, count, capacity);
    ADD(index, holdings, holding_count, holding_capacity);
    ADD(index, islands, island_count, island_capacity);
    ADD(index, parts, part_count, part_capacity);
    ADD(index, members, member_count, member_capacity);
    ADD(index, referrers, referrer_count, referrer_capacity);
    ADD(index, activations, activation_count, activation_capacity);
    ADD(index, brittle, brittle_count, brittle_capacity);
    ADD(index, brittle_lows, brittle_low_count, brittle_low_capacity);
    ADD(&index->brittle_rows, before, count, capacity);
    return made.count;
}
