/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Knots: the strongly connected components of found garbage (Tarjan 1972), and what ties each
 * together. References of one sort cut a knot if no cycle is left without them; such a sort is
 * on every cycle, so those of one shortest cycle are all that have to be tried.
 */
#include "lives.h"

#include <stdlib.h>
#include <string.h>

#define CLOSED UINT32_MAX
/* Marks of a knot's members meanwhile; MARK_GARBAGE before and after. */
enum { MARK_OPEN = MARK_GARBAGE + 1, MARK_DONE };

static uint32_t type_of(const struct gcs_heap *heap, gcs_row row)
{
    return heap->rows[row].shape & SHAPE_MASK;
}

/* Objects of these kinds hold items: which of its slots one has says nothing. */
static bool holds_items(uint8_t kind)
{
    return kind == GCS_KIND_TUPLE || kind == GCS_KIND_LIST || kind == GCS_KIND_DICT ||
           kind == GCS_KIND_SET || kind == GCS_KIND_CONTAINER;
}

static struct gcs_slot slot_of(const struct gcs_heap *heap, gcs_row row, uint32_t slot,
                               gcs_row target)
{
    bool any = holds_items(shape_of(heap, row)->kind);
    return (struct gcs_slot){type_of(heap, row), any ? GCS_ANY_SLOT : slot,
                             type_of(heap, target)};
}

static int compare_slots(const struct gcs_slot *a, const struct gcs_slot *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return a->target < b->target ? -1 : a->target > b->target;
}

static int by_slot(const void *a, const void *b)
{
    const struct gcs_tie *x = a, *y = b;
    return compare_slots(&x->slot, &y->slot);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* One component: rows at the top of Tarjan's stack. */
struct component {
    struct lives *lives;
    const gcs_row *members;
    size_t count;
    uint32_t number; /* knots.index of its members */
};

static bool is_member(const struct component *component, gcs_row row)
{
    const struct knots *knots = &component->lives->knots;
    return component->lives->search.marks[row] >= MARK_GARBAGE && knots->low[row] == CLOSED &&
           knots->index[row] == component->number;
}

static void mark_members(const struct component *component, unsigned char mark)
{
    for (size_t i = 0; i < component->count; i++)
        component->lives->search.marks[component->members[i]] = mark;
}

/* Lists the references within it, of each sort one. */
static enum gcs_status find_ties(const struct component *component, size_t *tie_count,
                                 struct gcs_error *error)
{
    struct lives *lives = component->lives;
    struct knots *knots = &lives->knots;
    const struct gcs_heap *heap = lives->heap;
    size_t found = 0, kept = 0;
    for (size_t i = 0; i < component->count; i++) {
        gcs_row row = component->members[i];
        uint32_t count;
        const uint32_t *slots = slots_of(heap, row, &count);
        for (uint32_t s = 0; s < count; s++) {
            if (!is_member(component, slots[s]))
                continue;
            GCS_TRY(
                GCS_GROW(lives->memory, &knots->ties, &knots->tie_capacity, found + 1, error));
            knots->ties[found++] = (struct gcs_tie){
                .slot = slot_of(heap, row, s, slots[s]),
                .count = 1,
                .older = heap->rows[row].number <= heap->rows[slots[s]].number,
            };
        }
    }
    qsort(knots->ties, found, sizeof *knots->ties, by_slot);
    for (size_t i = 0; i < found; i++)
        if (kept && by_slot(&knots->ties[kept - 1], &knots->ties[i]) == 0) {
            knots->ties[kept - 1].count++;
            knots->ties[kept - 1].older += knots->ties[i].older;
        } else {
            knots->ties[kept++] = knots->ties[i];
        }
    *tie_count = kept;
    return GCS_OK;
}

/* Whether a cycle is left without the references of one sort: depth first, back to one that is
 * open. */
static enum gcs_status holds_without(const struct component *component,
                                     const struct gcs_slot *without, bool *holds,
                                     struct gcs_error *error)
{
    struct lives *lives = component->lives;
    struct knots *knots = &lives->knots;
    unsigned char *marks = lives->search.marks;
    size_t base = knots->path_length;
    *holds = false;
    for (size_t i = 0; i < component->count && !*holds; i++) {
        if (marks[component->members[i]] != MARK_GARBAGE)
            continue;
        size_t height = base;
        GCS_TRY(GCS_GROW(lives->memory, &knots->path, &knots->path_capacity,
                         base + component->count, error));
        knots->path[height++] = (struct place){component->members[i], 0};
        marks[component->members[i]] = MARK_OPEN;
        while (height > base && !*holds) {
            struct place *place = &knots->path[height - 1];
            uint32_t count, slot = place->slot++;
            const uint32_t *slots = slots_of(lives->heap, place->row, &count);
            if (slot >= count) {
                marks[place->row] = MARK_DONE;
                height--;
                continue;
            }
            gcs_row target = slots[slot];
            if (!is_member(component, target) || marks[target] == MARK_DONE)
                continue;
            struct gcs_slot sort = slot_of(lives->heap, place->row, slot, target);
            if (compare_slots(&sort, without) == 0)
                continue;
            *holds = marks[target] == MARK_OPEN;
            if (*holds)
                break;
            marks[target] = MARK_OPEN;
            knots->path[height++] = (struct place){target, 0};
        }
    }
    mark_members(component, MARK_GARBAGE);
    return GCS_OK;
}

static gcs_row oldest_of(const struct component *component)
{
    const struct row *rows = component->lives->heap->rows;
    gcs_row oldest = component->members[0];
    for (size_t i = 1; i < component->count; i++)
        if (rows[component->members[i]].number < rows[oldest].number)
            oldest = component->members[i];
    return oldest;
}

/* Breadth first from the oldest member until it comes round; the last step on the way. */
static struct place come_round(const struct component *component, gcs_row oldest)
{
    struct lives *lives = component->lives;
    struct knots *knots = &lives->knots;
    size_t head = 0, tail = 0;
    knots->queue[tail++] = oldest;
    for (;;) {
        GCS_ASSERT(head < tail);
        gcs_row row = knots->queue[head++];
        uint32_t count;
        const uint32_t *slots = slots_of(lives->heap, row, &count);
        for (uint32_t s = 0; s < count; s++) {
            if (slots[s] == oldest)
                return (struct place){row, s};
            if (!is_member(component, slots[s]) ||
                lives->search.marks[slots[s]] != MARK_GARBAGE)
                continue;
            lives->search.marks[slots[s]] = MARK_DONE;
            knots->from[slots[s]] = (struct place){row, s};
            knots->queue[tail++] = slots[s];
        }
    }
}

static enum gcs_status find_path(const struct component *component, size_t *length,
                                 struct gcs_error *error)
{
    struct lives *lives = component->lives;
    struct knots *knots = &lives->knots;
    gcs_row oldest = oldest_of(component), target = oldest;
    GCS_TRY(GCS_GROW(lives->memory, &knots->from, &knots->from_capacity, lives->heap->row_count,
                     error));
    GCS_TRY(GCS_GROW(lives->memory, &knots->queue, &knots->queue_capacity, component->count,
                     error));
    GCS_TRY(
        GCS_GROW(lives->memory, &knots->slots, &knots->slot_capacity, component->count, error));
    struct place step = come_round(component, oldest);
    mark_members(component, MARK_GARBAGE);
    size_t at = component->count;
    for (;; step = knots->from[target]) { /* backwards, from the end of the array */
        knots->slots[--at] = slot_of(lives->heap, step.row, step.slot, target);
        target = step.row;
        if (target == oldest)
            break;
    }
    *length = component->count - at;
    memmove(knots->slots, knots->slots + at, sizeof *knots->slots * *length);
    return GCS_OK;
}

static enum gcs_status find_cuts(const struct component *component, size_t ties, size_t length,
                                 struct gcs_error *error)
{
    struct knots *knots = &component->lives->knots;
    for (size_t i = 0; i < length; i++) {
        struct gcs_tie wanted = {.slot = knots->slots[i]};
        struct gcs_tie *tie = bsearch(&wanted, knots->ties, ties, sizeof wanted, by_slot);
        bool holds, again = false;
        for (size_t j = 0; j < i && !again; j++)
            again = compare_slots(&knots->slots[j], &wanted.slot) == 0;
        if (again)
            continue;
        GCS_TRY(holds_without(component, &tie->slot, &holds, error));
        tie->cuts = !holds;
    }
    return GCS_OK;
}

static enum gcs_status find_types(const struct component *component, struct gcs_knot *knot,
                                  struct gcs_error *error)
{
    struct lives *lives = component->lives;
    struct knots *knots = &lives->knots;
    GCS_TRY(
        GCS_GROW(lives->memory, &knots->types, &knots->type_capacity, component->count, error));
    for (size_t i = 0; i < component->count; i++)
        knots->types[i] = type_of(lives->heap, component->members[i]);
    qsort(knots->types, component->count, sizeof *knots->types, by_number);
    for (size_t i = 0; i < component->count; i++)
        if (knot->type_count == 0 || knots->types[knot->type_count - 1] != knots->types[i])
            knots->types[knot->type_count++] = knots->types[i];
    knot->types = knots->types;
    return GCS_OK;
}

static enum gcs_status tell_knot(const struct component *component, struct gcs_error *error)
{
    struct lives *lives = component->lives;
    struct knots *knots = &lives->knots;
    struct gcs_knot knot = {.objects = component->count};
    for (size_t i = 0; i < component->count; i++)
        knot.bytes += row_bytes(lives->heap, component->members[i]) +
                      row_extra(lives->heap, component->members[i]);
    GCS_TRY(find_types(component, &knot, error));
    GCS_TRY(find_ties(component, &knot.tie_count, error));
    GCS_TRY(find_path(component, &knot.path_length, error));
    GCS_TRY(find_cuts(component, knot.tie_count, knot.path_length, error));
    knot.ties = knots->ties;
    knot.path = knots->slots;
    lives->witness->knot(lives->witness->to, &knot);
    return GCS_OK;
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

/* The rows on the stack down to `first` are a component. */
static enum gcs_status close_component(struct lives *lives, gcs_row first,
                                       struct gcs_error *error)
{
    struct knots *knots = &lives->knots;
    size_t base = knots->stack_height;
    uint32_t number = knots->index[first];
    gcs_row row;
    do {
        row = knots->stack[--base];
        knots->low[row] = CLOSED;
        knots->index[row] = number;
    } while (row != first);
    size_t count = knots->stack_height - base;
    bool cyclic = count > 1 || refers_to_itself(lives->heap, first);
    for (size_t i = base; i < knots->stack_height; i++)
        tell(lives, knots->stack[i], lives->heap->stamps[knots->stack[i]],
             cyclic ? GCS_FATE_CYCLE : GCS_FATE_HANGING);
    knots->stack_height = base;
    if (!cyclic)
        return GCS_OK;
    const struct component component = {lives, knots->stack + base, count, number};
    return tell_knot(&component, error);
}

static void meet(struct knots *knots, gcs_row row)
{
    knots->index[row] = knots->low[row] = ++knots->last_index;
    knots->stack[knots->stack_height++] = row;
    knots->path[knots->path_length++] = (struct place){row, 0};
}

static void lower(struct knots *knots, gcs_row row, uint32_t low)
{
    if (low < knots->low[row])
        knots->low[row] = low;
}

/* Tarjan's walk, the recursion unrolled. */
static enum gcs_status walk_from(struct lives *lives, gcs_row start, struct gcs_error *error)
{
    struct knots *knots = &lives->knots;
    meet(knots, start);
    while (knots->path_length) {
        struct place *place = &knots->path[knots->path_length - 1];
        gcs_row row = place->row;
        uint32_t count;
        const uint32_t *slots = slots_of(lives->heap, row, &count);
        if (place->slot < count) {
            gcs_row target = slots[place->slot++];
            if (lives->search.marks[target] != MARK_GARBAGE)
                continue;
            if (!knots->index[target])
                meet(knots, target);
            else if (knots->low[target] != CLOSED)
                lower(knots, row, knots->index[target]);
            continue;
        }
        uint32_t low = knots->low[row];
        knots->path_length--;
        if (low == knots->index[row])
            GCS_TRY(close_component(lives, row, error));
        else
            lower(knots, knots->path[knots->path_length - 1].row, low);
    }
    return GCS_OK;
}

enum gcs_status tell_garbage(struct lives *lives, struct gcs_error *error)
{
    struct knots *knots = &lives->knots;
    const struct search *search = &lives->search;
    size_t rows = lives->heap->row_count;
    GCS_TRY(GCS_GROW(lives->memory, &knots->index, &knots->index_capacity, rows, error));
    GCS_TRY(GCS_GROW(lives->memory, &knots->low, &knots->low_capacity, rows, error));
    GCS_TRY(GCS_GROW(lives->memory, &knots->stack, &knots->stack_capacity, search->count + 1,
                     error));
    GCS_TRY(
        GCS_GROW(lives->memory, &knots->path, &knots->path_capacity, search->count + 1, error));
    memset(knots->index, 0, sizeof *knots->index * rows);
    knots->last_index = 0;
    for (size_t i = 0; i < search->count; i++)
        if (!knots->index[search->garbage[i].row])
            GCS_TRY(walk_from(lives, search->garbage[i].row, error));
    return GCS_OK;
}

void knots_free(struct knots *knots, struct gcs_memory *memory)
{
    gcs_memory_free(memory, knots->index, knots->index_capacity, sizeof *knots->index);
    gcs_memory_free(memory, knots->low, knots->low_capacity, sizeof *knots->low);
    gcs_memory_free(memory, knots->stack, knots->stack_capacity, sizeof *knots->stack);
    gcs_memory_free(memory, knots->path, knots->path_capacity, sizeof *knots->path);
    gcs_memory_free(memory, knots->from, knots->from_capacity, sizeof *knots->from);
    gcs_memory_free(memory, knots->queue, knots->queue_capacity, sizeof *knots->queue);
    gcs_memory_free(memory, knots->ties, knots->tie_capacity, sizeof *knots->ties);
    gcs_memory_free(memory, knots->types, knots->type_capacity, sizeof *knots->types);
    gcs_memory_free(memory, knots->slots, knots->slot_capacity, sizeof *knots->slots);
}
