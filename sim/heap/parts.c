/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The garbage graph: what is unreachable at the end of the baseline pass, in strongly connected
 * parts (Tarjan 1972), and who refers to whom among them. Nobody can change what nobody can
 * reach, so the graph at the end serves all moments.
 */
#include "recorder.h"

#include <stdlib.h>
#include <string.h>

/* A piece of garbage while the graph is made. */
struct piece {
    gcs_row row;
    uint32_t event;
    uint32_t position; /* objects tracked then */
    uint32_t part;
    uint32_t index; /* Tarjan's; 0: not met */
    uint32_t low;
    bool stacked;
};

/* Where a walk stands in a piece's slots. */
struct step {
    uint32_t piece;
    uint32_t slot;
};

struct graph {
    struct recorder *recorder;
    struct gcs_heap *heap;
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    uint32_t *piece_of; /* by row, + 1; 0: no garbage */
    size_t piece_of_capacity;
    uint32_t *stack;
    size_t stack_height, stack_capacity;
    struct step *path;
    size_t path_length, path_capacity;
    uint32_t *parents; /* of the islands' union-find, by part */
    size_t parent_capacity;
    uint32_t *heads; /* by part: its first edge + 1 */
    size_t head_capacity;
    struct edge {
        uint32_t from, next;
    } * edges; /* to a part, from its referrers */
    size_t edge_count, edge_capacity;
    uint32_t next_index;
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

static bool refers_to_itself(const struct gcs_heap *heap, gcs_row row)
{
    uint32_t count;
    const uint32_t *slots = slots_of(heap, row, &count);
    for (uint32_t i = 0; i < count; i++)
        if (slots[i] == row)
            return true;
    return false;
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

/* The pieces on the stack from `first` on are a part. */
static enum gcs_status close_part(struct graph *graph, uint32_t first)
{
    struct gcs_baseline *baseline = graph->recorder->baseline;
    struct gcs_error *error = graph->recorder->error;
    const struct piece *root = &graph->pieces[first];
    bool clear = true;
    struct gcs_part part = {.event = root->event,
                            .position = root->position,
                            .low = GCS_NEVER,
                            .first_member = (uint32_t)baseline->member_count};
    uint32_t piece;
    do {
        piece = graph->stack[--graph->stack_height];
        graph->pieces[piece].stacked = false;
        graph->pieces[piece].part = (uint32_t)baseline->part_count;
        struct gcs_member member = member_of(graph, graph->pieces[piece].row);
        if (!member.atoms && !member.single && member.position < part.low)
            part.low = member.position;
        GCS_TRY(GCS_GROW(baseline->memory, &baseline->members, &baseline->member_capacity,
                         baseline->member_count + 1, error));
        baseline->members[baseline->member_count++] = member;
        clear &= can_be_cleared(graph->heap, graph->pieces[piece].row);
        part.members++;
    } while (piece != first);
    part.cyclic = part.members > 1 || refers_to_itself(graph->heap, root->row);
    if (part.cyclic && !clear)
        baseline->uncovered = "cycles through objects without tp_clear";
    GCS_TRY(GCS_GROW(baseline->memory, &baseline->parts, &baseline->part_capacity,
                     baseline->part_count + 1, error));
    baseline->parts[baseline->part_count++] = part;
    return GCS_OK;
}

static enum gcs_status meet(struct graph *graph, uint32_t piece)
{
    struct gcs_memory *memory = graph->recorder->baseline->memory;
    struct gcs_error *error = graph->recorder->error;
    GCS_TRY(GCS_GROW(memory, &graph->stack, &graph->stack_capacity, graph->stack_height + 1,
                     error));
    GCS_TRY(
        GCS_GROW(memory, &graph->path, &graph->path_capacity, graph->path_length + 1, error));
    graph->pieces[piece].index = graph->pieces[piece].low = ++graph->next_index;
    graph->pieces[piece].stacked = true;
    graph->stack[graph->stack_height++] = piece;
    graph->path[graph->path_length++] = (struct step){piece, 0};
    return GCS_OK;
}

static void lower(struct piece *piece, uint32_t low)
{
    if (low < piece->low)
        piece->low = low;
}

/* Tarjan's walk, the recursion unrolled: parts are closed after all that they refer to. */
static enum gcs_status walk_from(struct graph *graph, uint32_t start)
{
    GCS_TRY(meet(graph, start));
    while (graph->path_length) {
        struct step *step = &graph->path[graph->path_length - 1];
        struct piece *piece = &graph->pieces[step->piece];
        uint32_t count;
        const uint32_t *slots = slots_of(graph->heap, piece->row, &count);
        if (step->slot < count) {
            uint32_t target = graph->piece_of[slots[step->slot++]];
            if (target == 0)
                continue;
            if (!graph->pieces[target - 1].index)
                GCS_TRY(meet(graph, target - 1));
            else if (graph->pieces[target - 1].stacked)
                lower(piece, graph->pieces[target - 1].index);
            continue;
        }
        uint32_t done = step->piece, low = piece->low;
        graph->path_length--;
        if (low == piece->index)
            GCS_TRY(close_part(graph, done));
        if (graph->path_length)
            lower(&graph->pieces[graph->path[graph->path_length - 1].piece], low);
    }
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
    for (uint32_t i = 0; i < graph->piece_count; i++)
        if (!graph->pieces[i].index)
            GCS_TRY(walk_from(graph, i));
    GCS_TRY(connect(graph));
    return declare(graph);
}

enum gcs_status record_parts(struct recorder *recorder, struct gcs_heap *heap)
{
    struct graph graph = {.recorder = recorder, .heap = heap};
    struct gcs_memory *memory = recorder->baseline->memory;
    enum gcs_status status = make(&graph);
    gcs_memory_free(memory, graph.pieces, graph.piece_capacity, sizeof *graph.pieces);
    gcs_memory_free(memory, graph.piece_of, graph.piece_of_capacity, sizeof *graph.piece_of);
    gcs_memory_free(memory, graph.stack, graph.stack_capacity, sizeof *graph.stack);
    gcs_memory_free(memory, graph.path, graph.path_capacity, sizeof *graph.path);
    gcs_memory_free(memory, graph.parents, graph.parent_capacity, sizeof *graph.parents);
    gcs_memory_free(memory, graph.heads, graph.head_capacity, sizeof *graph.heads);
    gcs_memory_free(memory, graph.edges, graph.edge_capacity, sizeof *graph.edges);
    return status;
}
