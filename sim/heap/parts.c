/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The garbage graph: what is unreachable at the end of the baseline pass, in strongly connected
 * parts, and who refers to whom among them. Nobody can change what nobody can
 * reach, so the graph at the end serves all moments.
 */
#include "components.h"
#include "recorder.h"

#include <stdlib.h>
#include <string.h>

/* A piece of garbage while the graph is made. */
struct piece {
    gcs_row row;
    uint32_t event;
    uint32_t position; /* objects tracked then */
    uint32_t part;
};

struct graph {
    struct recorder *recorder;
    struct gcs_heap *heap;
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    uint32_t *piece_of; /* by row, + 1; 0: no garbage */
    size_t piece_of_capacity;
    struct components components;
    uint32_t *parents; /* of the islands' union-find, by part */
    size_t parent_capacity;
    uint32_t *heads; /* by part: its first edge + 1 */
    size_t head_capacity;
    struct edge {
        uint32_t from, next;
    } * edges; /* to a part, from its referrers */
    size_t edge_count, edge_capacity;
};

static enum gcs_status add_piece(struct graph *graph, gcs_row row, uint32_t event,
                                 uint32_t position)
{
    struct gcs_memory *memory = graph->recorder->baseline->memory;
    GCS_TRY(GCS_GROW(memory, &graph->pieces, &graph->piece_capacity, graph->piece_count + 1,
                     graph->recorder->error));
    graph->pieces[graph->piece_count++] =
        (struct piece){.row = row, .event = event, .position = position};
    graph->piece_of[row] = (uint32_t)graph->piece_count;
    return GCS_OK;
}

static enum gcs_status find_pieces(struct graph *graph)
{
    struct recorder *recorder = graph->recorder;
    struct gcs_heap *heap = graph->heap;
    struct gcs_memory *memory = recorder->baseline->memory;
    GCS_TRY(GCS_GROW(memory, &graph->piece_of, &graph->piece_of_capacity, heap->row_count,
                     recorder->error));
    memset(graph->piece_of, 0, heap->row_count * sizeof *graph->piece_of);
    for (size_t i = 0; i < recorder->lifetimes->garbage_count; i++) {
        const struct gcs_garbage *garbage = &recorder->lifetimes->garbage[i];
        gcs_row row = number_find(heap, garbage->object);
        while (row != NOBODY) {
            GCS_TRY(add_piece(graph, row, (uint32_t)garbage->event, recorder->garbage_at[i]));
            uint32_t count;
            row = has(heap, row, HAS_COMPANION) ? slots_of(heap, row, &count)[0] : NOBODY;
        }
    }
    return GCS_OK;
}

static struct gcs_member member_of(struct graph *graph, gcs_row row)
{
    struct gcs_heap *heap = graph->heap;
    const struct recorder *recorder = graph->recorder;
    const struct shape *shape = shape_of(heap, row);
    uint32_t position = record_position(recorder, row), count;
    uint32_t weight = position == GCS_NEVER ? 0 : recorder->baseline->item_weight[position];
    slots_of(heap, row, &count);
    return (struct gcs_member){
        .position = position,
        .weight = weight & ~(GCS_ATOMS | GCS_SINGLE),
        .bytes = row_bytes(heap, row) + row_extra(heap, row),
        .list = shape->gc ? record_list(heap, shape, count) : 0,
        .gc = shape->gc,
        .atoms = (weight & GCS_ATOMS) != 0,
        .single = (weight & GCS_SINGLE) != 0,
        .finalizer = shape->finalizer != GCS_FINALIZER_NONE,
    };
}

/* Whether no cycle of objects like this one can stay when those that have a tp_clear are
 * cleared: it has one, or it was born complete. */
static bool can_be_cleared(const struct gcs_heap *heap, gcs_row row)
{
    const struct shape *shape = shape_of(heap, row);
    return shape->has_clear || shape->kind == GCS_KIND_TUPLE ||
           shape->kind == GCS_KIND_METHOD || shape->kind == GCS_KIND_CFUNCTION ||
           shape->kind == GCS_KIND_SLICE;
}

/* A part is known. Its members stand with the first met last. */
static enum gcs_status close_part(void *to, const gcs_row *rows, size_t count,
                                  struct gcs_error *error)
{
    struct graph *graph = to;
    struct gcs_baseline *baseline = graph->recorder->baseline;
    const struct piece *root = &graph->pieces[graph->piece_of[rows[0]] - 1];
    bool clear = true;
    struct gcs_part part = {.event = root->event,
                            .position = root->position,
                            .low = GCS_NEVER,
                            .first_member = (uint32_t)baseline->member_count,
                            .members = (uint32_t)count};
    for (size_t i = count; i-- > 0;) {
        graph->pieces[graph->piece_of[rows[i]] - 1].part = (uint32_t)baseline->part_count;
        struct gcs_member member = member_of(graph, rows[i]);
        if (!member.atoms && !member.single && member.position < part.low)
            part.low = member.position;
        GCS_TRY(GCS_GROW(baseline->memory, &baseline->members, &baseline->member_capacity,
                         baseline->member_count + 1, error));
        baseline->members[baseline->member_count++] = member;
        clear &= can_be_cleared(graph->heap, rows[i]);
    }
    part.cyclic = is_cyclic(graph->heap, rows, count);
    if (part.cyclic && !clear)
        baseline->uncovered = "cycles through objects without tp_clear";
    GCS_TRY(GCS_GROW(baseline->memory, &baseline->parts, &baseline->part_capacity,
                     baseline->part_count + 1, error));
    baseline->parts[baseline->part_count++] = part;
    return GCS_OK;
}

static enum gcs_status find_parts(struct graph *graph)
{
    struct components *components = &graph->components;
    struct gcs_error *error = graph->recorder->error;
    GCS_TRY(components_begin(components, graph->piece_count, error));
    for (size_t i = 0; i < graph->piece_count; i++)
        components_add(components, graph->pieces[i].row);
    for (size_t i = 0; i < graph->piece_count; i++)
        GCS_TRY(components_walk(components, graph->pieces[i].row, error));
    return GCS_OK;
}

static uint32_t island_of(struct graph *graph, uint32_t part)
{
    uint32_t *parents = graph->parents;
    while (parents[part] != part)
        part = parents[part] = parents[parents[part]];
    return part;
}

static enum gcs_status add_edge(struct graph *graph, uint32_t from, uint32_t to)
{
    struct gcs_memory *memory = graph->recorder->baseline->memory;
    uint32_t latest = graph->heads[to];
    if (latest && graph->edges[latest - 1].from == from)
        return GCS_OK;
    GCS_TRY(GCS_GROW(memory, &graph->edges, &graph->edge_capacity, graph->edge_count + 1,
                     graph->recorder->error));
    graph->edges[graph->edge_count++] = (struct edge){from, latest};
    graph->heads[to] = (uint32_t)graph->edge_count;
    graph->parents[island_of(graph, from)] = island_of(graph, to);
    return GCS_OK;
}

static enum gcs_status connect(struct graph *graph)
{
    struct gcs_baseline *baseline = graph->recorder->baseline;
    struct gcs_error *error = graph->recorder->error;
    size_t parts = baseline->part_count;
    GCS_TRY(GCS_GROW(baseline->memory, &graph->parents, &graph->parent_capacity, parts, error));
    GCS_TRY(GCS_GROW(baseline->memory, &graph->heads, &graph->head_capacity, parts, error));
    for (uint32_t i = 0; i < parts; i++) {
        graph->parents[i] = i;
        graph->heads[i] = 0;
    }
    for (size_t i = 0; i < graph->piece_count; i++) {
        uint32_t count;
        const uint32_t *slots = slots_of(graph->heap, graph->pieces[i].row, &count);
        for (uint32_t slot = 0; slot < count; slot++) {
            uint32_t target = graph->piece_of[slots[slot]];
            if (target && graph->pieces[target - 1].part != graph->pieces[i].part)
                GCS_TRY(add_edge(graph, graph->pieces[i].part, graph->pieces[target - 1].part));
        }
    }
    for (uint32_t i = 0; i < parts; i++) {
        struct gcs_part *part = &baseline->parts[i];
        part->island = island_of(graph, i);
        part->first_referrer = (uint32_t)baseline->referrer_count;
        for (uint32_t edge = graph->heads[i]; edge; edge = graph->edges[edge - 1].next) {
            GCS_TRY(GCS_GROW(baseline->memory, &baseline->referrers,
                             &baseline->referrer_capacity, baseline->referrer_count + 1,
                             error));
            baseline->referrers[baseline->referrer_count++] = graph->edges[edge - 1].from;
            part->referrers++;
        }
    }
    return GCS_OK;
}

/* Garbage over time, in the order in which lifetimes list it. */
static enum gcs_status declare(struct graph *graph)
{
    struct gcs_baseline *baseline = graph->recorder->baseline;
    struct gcs_declared sum = {0};
    for (size_t i = 0; i < graph->piece_count; i++) {
        const struct piece *piece = &graph->pieces[i];
        sum.event = piece->event;
        sum.objects++;
        sum.bytes += row_bytes(graph->heap, piece->row) + row_extra(graph->heap, piece->row);
        if (!baseline->declared_count ||
            baseline->declared[baseline->declared_count - 1].event != piece->event) {
            GCS_TRY(GCS_GROW(baseline->memory, &baseline->declared,
                             &baseline->declared_capacity, baseline->declared_count + 1,
                             graph->recorder->error));
            baseline->declared_count++;
        }
        baseline->declared[baseline->declared_count - 1] = sum;
    }
    return GCS_OK;
}

static enum gcs_status make(struct graph *graph)
{
    GCS_TRY(find_pieces(graph));
    GCS_TRY(find_parts(graph));
    GCS_TRY(connect(graph));
    return declare(graph);
}

enum gcs_status record_parts(struct recorder *recorder, struct gcs_heap *heap)
{
    struct gcs_memory *memory = recorder->baseline->memory;
    struct graph graph = {.recorder = recorder, .heap = heap};
    graph.components =
        (struct components){.heap = heap, .memory = memory, .close = close_part, .to = &graph};
    enum gcs_status status = make(&graph);
    gcs_memory_free(memory, graph.pieces, graph.piece_capacity, sizeof *graph.pieces);
    gcs_memory_free(memory, graph.piece_of, graph.piece_of_capacity, sizeof *graph.piece_of);
    components_free(&graph.components);
    gcs_memory_free(memory, graph.parents, graph.parent_capacity, sizeof *graph.parents);
    gcs_memory_free(memory, graph.heads, graph.head_capacity, sizeof *graph.heads);
    gcs_memory_free(memory, graph.edges, graph.edge_capacity, sizeof *graph.edges);
    return status;
}
