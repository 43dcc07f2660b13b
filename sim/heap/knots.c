/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Knots: the strongly connected components of found garbage, and what ties each
 * together. References of one sort cut a knot if no cycle is left without them; such a sort is
 * on every cycle, so those of one shortest cycle are all that have to be tried.
 */
#include "lives.h"

#include <stdlib.h>
#include <string.h>

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

struct component {
    struct lives *lives;
    const gcs_row *members;
    size_t count;
    uint32_t number; /* components.index of its members */
};

static bool is_member(const struct component *component, gcs_row row)
{
    return component->lives->components.index[row] == component->number;
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
    *holds = false;
    for (size_t i = 0; i < component->count && !*holds; i++) {
        if (marks[component->members[i]] != MARK_GARBAGE)
            continue;
        size_t height = 0;
        GCS_TRY(GCS_GROW(lives->memory, &knots->path, &knots->path_capacity, component->count,
                         error));
        knots->path[height++] = (struct place){component->members[i], 0};
        marks[component->members[i]] = MARK_OPEN;
        while (height && !*holds) {
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

/* A component is known: its lives end, and it may be a knot. */
static enum gcs_status close_component(void *to, const gcs_row *rows, size_t count,
                                       struct gcs_error *error)
{
    struct lives *lives = to;
    bool cyclic = is_cyclic(lives->heap, rows, count);
    for (size_t i = 0; i < count; i++)
        tell(lives, rows[i], lives->heap->stamps[rows[i]],
             cyclic ? GCS_FATE_CYCLE : GCS_FATE_HANGING);
    if (!cyclic)
        return GCS_OK;
    const struct component component = {lives, rows, count, lives->components.index[rows[0]]};
    return tell_knot(&component, error);
}

enum gcs_status tell_garbage(struct lives *lives, struct gcs_error *error)
{
    struct components *components = &lives->components;
    const struct search *search = &lives->search;
    components->close = close_component;
    components->to = lives;
    GCS_TRY(components_begin(components, search->count, error));
    for (size_t i = 0; i < search->count; i++)
        components_add(components, search->garbage[i].row);
    for (size_t i = 0; i < search->count; i++)
        GCS_TRY(components_walk(components, search->garbage[i].row, error));
    return GCS_OK;
}

void knots_free(struct knots *knots, struct gcs_memory *memory)
{
    gcs_memory_free(memory, knots->path, knots->path_capacity, sizeof *knots->path);
    gcs_memory_free(memory, knots->from, knots->from_capacity, sizeof *knots->from);
    gcs_memory_free(memory, knots->queue, knots->queue_capacity, sizeof *knots->queue);
    gcs_memory_free(memory, knots->ties, knots->tie_capacity, sizeof *knots->ties);
    gcs_memory_free(memory, knots->types, knots->type_capacity, sizeof *knots->types);
    gcs_memory_free(memory, knots->slots, knots->slot_capacity, sizeof *knots->slots);
}
