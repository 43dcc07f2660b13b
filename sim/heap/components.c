/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tarjan's walk, the recursion unrolled: a chain of a million objects must not recurse. */
#include "components.h"

#include <string.h>

enum { LEFT_OUT, NOT_MET }; /* index of rows; from then on, the order in which they are met */

#define CLOSED UINT32_MAX /* low of a row whose component is known */

enum gcs_status components_begin(struct components *components, size_t count,
                                 struct gcs_error *error)
{
    struct gcs_memory *memory = components->memory;
    size_t rows = components->heap->row_count;
    GCS_TRY(GCS_GROW(memory, &components->index, &components->index_capacity, rows, error));
    GCS_TRY(GCS_GROW(memory, &components->low, &components->low_capacity, rows, error));
    GCS_TRY(GCS_GROW(memory, &components->stack, &components->stack_capacity, count, error));
    GCS_TRY(GCS_GROW(memory, &components->path, &components->path_capacity, count, error));
    memset(components->index, 0, sizeof *components->index * rows);
    components->last_index = NOT_MET;
    return GCS_OK;
}

void components_add(struct components *components, gcs_row row)
{
    components->index[row] = NOT_MET;
}

static void meet(struct components *components, gcs_row row)
{
    components->index[row] = components->low[row] = ++components->last_index;
    components->stack[components->stack_height++] = row;
    components->path[components->path_length++] = (struct place){row, 0};
}

static void lower(struct components *components, gcs_row row, uint32_t low)
{
    if (low < components->low[row])
        components->low[row] = low;
}

/* The rows on the stack down to `first` are a component. */
static enum gcs_status close_from(struct components *components, gcs_row first,
                                  struct gcs_error *error)
{
    size_t base = components->stack_height;
    gcs_row row;
    do {
        row = components->stack[--base];
        components->low[row] = CLOSED;
        components->index[row] = components->index[first];
    } while (row != first);
    size_t count = components->stack_height - base;
    components->stack_height = base;
    return components->close(components->to, components->stack + base, count, error);
}

enum gcs_status components_walk(struct components *components, gcs_row start,
                                struct gcs_error *error)
{
    if (components->index[start] != NOT_MET)
        return GCS_OK;
    meet(components, start);
    while (components->path_length) {
        struct place *place = &components->path[components->path_length - 1];
        gcs_row row = place->row;
        uint32_t count;
        const uint32_t *slots = slots_of(components->heap, row, &count);
        if (place->slot < count) {
            gcs_row target = slots[place->slot++];
            if (components->index[target] == NOT_MET)
                meet(components, target);
            else if (components->index[target] != LEFT_OUT && components->low[target] != CLOSED)
                lower(components, row, components->index[target]);
            continue;
        }
        uint32_t low = components->low[row];
        components->path_length--;
        if (low == components->index[row])
            GCS_TRY(close_from(components, row, error));
        else
            lower(components, components->path[components->path_length - 1].row, low);
    }
    return GCS_OK;
}

bool is_cyclic(const struct gcs_heap *heap, const gcs_row *rows, size_t count)
{
    uint32_t slots;
    const uint32_t *slot = slots_of(heap, rows[0], &slots);
    for (uint32_t i = 0; count == 1 && i < slots; i++)
        if (slot[i] == rows[0])
            return true;
    return count > 1;
}

void components_free(struct components *components)
{
    struct gcs_memory *memory = components->memory;
    gcs_memory_free(memory, components->index, components->index_capacity,
                    sizeof *components->index);
    gcs_memory_free(memory, components->low, components->low_capacity, sizeof *components->low);
    gcs_memory_free(memory, components->stack, components->stack_capacity,
                    sizeof *components->stack);
    gcs_memory_free(memory, components->path, components->path_capacity,
                    sizeof *components->path);
}
