/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The garbage graph: what is unreachable at the end of the baseline pass, in strongly connected
 * parts (Tarjan 1972), and who refers to whom among them. Nobody can change what nobody can
 * reach, so the graph at the end serves all moments.
 *
 * An object became unreachable at the latest moment at which anything that reaches it lost a
 * reference (Merlin: Hertz, Blackburn, Moss, McKinley, Stefanović 2002). So walks begin with
 * the latest, and whatever a walk is the first to meet has the stamp of its start.
 */
#include "baseline_private.h"

#include <string.h>

enum { EXPECTED_OBJECTS = 8 }; /* how far ahead objects are fetched */

/* Where a walk stands in an object's slots. */
struct step {
    gcs_handle handle;
    uint32_t slot;
};

struct edge {
    uint32_t from, to; /* parts: from refers to `to` */
};

struct graph {
    struct pass *pass;
    struct gcs_baseline *baseline;
    size_t objects;
    gcs_handle *stack;
    size_t stack_height, stack_capacity;
    struct step *path;
    size_t path_length, path_capacity;
    gcs_handle *handles; /* by member */
    size_t handle_capacity;
    uint32_t *parents; /* of the islands' union-find, by part */
    size_t parent_capacity;
    uint32_t *latest; /* by part: the last that was found to refer to it */
    size_t latest_capacity;
    struct edge *edges; /* by `from` */
    size_t edge_count, edge_capacity;
    uint32_t next_index;
    uint32_t stamp; /* of this walk */
};

static enum gcs_status make_room(struct graph *graph, size_t objects)
{
    struct gcs_memory *memory = graph->pass->memory;
    struct gcs_baseline *baseline = graph->baseline;
    struct gcs_error *error = graph->pass->error;
    GCS_TRY(GCS_GROW(memory, &graph->stack, &graph->stack_capacity, objects, error));
    GCS_TRY(GCS_GROW(memory, &graph->path, &graph->path_capacity, objects, error));
    GCS_TRY(GCS_GROW(memory, &graph->handles, &graph->handle_capacity, objects, error));
    GCS_TRY(GCS_GROW(memory, &baseline->members, &baseline->member_capacity, objects, error));
    return GCS_GROW(memory, &baseline->parts, &baseline->part_capacity, objects, error);
}

static size_t first_released(const struct pass *pass, gcs_handle handle)
{
    size_t low = 0, high = pass->released_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (pass->released[middle].key < handle)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What an object holds at a place: in its slots, and behind them the weak references that go
 * with it. False: there is no such place. */
static inline bool held_at(const struct pass *pass, gcs_handle handle, uint32_t place,
                           gcs_handle *held)
{
    struct object *object = object_at(pass, handle);
    uint32_t slots = facts_of(pass, object)->slots;
    if (place < slots) {
        *held = slots_behind(object)[place];
        return true;
    }
    if (!pass->released_count)
        return false;
    size_t at = first_released(pass, handle) + (place - slots);
    if (at >= pass->released_count || pass->released[at].key != handle)
        return false;
    *held = pass->released[at].value;
    return true;
}

static bool refers_to_itself(const struct graph *graph, gcs_handle handle)
{
    struct object *object = object_at(graph->pass, handle);
    const uint32_t *slots = slots_behind(object);
    for (uint32_t i = 0; i < facts_of(graph->pass, object)->slots; i++)
        if (slots[i] == handle)
            return true;
    return false;
}

static void add_member(struct graph *graph, struct gcs_part *part, gcs_handle handle)
{
    struct pass *pass = graph->pass;
    struct gcs_baseline *baseline = graph->baseline;
    struct object *object = object_at(pass, handle);
    const struct kind_facts *facts = facts_of(pass, object);
    object->state |= STATE_CLOSED;
    object->refs = (uint32_t)baseline->part_count;
    if (!(facts->variant & (VARIANT_ATOMS | VARIANT_SINGLE)) && object->op < part->low)
        part->low = object->op;
    graph->handles[baseline->member_count] = handle;
    baseline->members[baseline->member_count++] = (struct gcs_member){
        .op = object->op,
        .kind = object->kind,
        .units = facts->bytes + object->extra,
        .finalizer = traits_of(pass, object)->finalizer,
        .released = object->state & STATE_RELEASED,
        .calls = object->state & STATE_CALLS,
    };
    part->members++;
}

/* The objects on the stack from `first` on are a part. */
static void close_part(struct graph *graph, gcs_handle first)
{
    struct gcs_baseline *baseline = graph->baseline;
    struct gcs_part part = {.stamp = graph->stamp,
                            .low = GCS_NEVER,
                            .first_member = (uint32_t)baseline->member_count};
    bool clears = true;
    gcs_handle handle;
    do {
        handle = graph->stack[--graph->stack_height];
        clears &= traits_of(graph->pass, object_at(graph->pass, handle))->clears;
        add_member(graph, &part, handle);
    } while (handle != first);
    part.cyclic = part.members > 1 || refers_to_itself(graph, first);
    if (part.cyclic && !clears)
        cannot(graph->pass, "cycles through objects without tp_clear");
    baseline->parts[baseline->part_count++] = part;
}

static void meet(struct graph *graph, gcs_handle handle)
{
    struct object *object = object_at(graph->pass, handle);
    object->state |= STATE_MET;
    object->roots = object->refs = graph->next_index++;
    graph->stack[graph->stack_height++] = handle;
    graph->path[graph->path_length++] = (struct step){handle, 0};
}

static void lower(struct object *object, uint32_t low)
{
    if (low < object->refs)
        object->refs = low;
}

/* Tarjan's walk, the recursion unrolled: parts are closed after all that they refer to. */
static void walk_from(struct graph *graph, gcs_handle start)
{
    const struct pass *pass = graph->pass;
    meet(graph, start);
    while (graph->path_length) {
        struct step *step = &graph->path[graph->path_length - 1];
        struct object *object = object_at(pass, step->handle);
        gcs_handle next;
        if (held_at(pass, step->handle, step->slot, &next)) {
            step->slot++;
            const struct object *target = object_at(pass, next);
            if (next == NOBODY || target->state & (STATE_REACHED | STATE_CLOSED))
                continue;
            if (target->state & STATE_MET)
                lower(object, target->roots);
            else
                meet(graph, next);
            continue;
        }
        uint32_t low = object->refs;
        graph->path_length--;
        if (low == object->roots)
            close_part(graph, step->handle);
        else
            lower(object_at(pass, graph->path[graph->path_length - 1].handle), low);
    }
}

static uint32_t island_of(struct graph *graph, uint32_t part)
{
    uint32_t *parents = graph->parents;
    while (parents[part] != part)
        part = parents[part] = parents[parents[part]];
    return part;
}

static enum gcs_status find_edges_of(struct graph *graph, uint32_t part, gcs_handle handle)
{
    const struct pass *pass = graph->pass;
    gcs_handle held;
    for (uint32_t i = 0; held_at(pass, handle, i, &held); i++) {
        const struct object *target = object_at(pass, held);
        if (held == NOBODY || target->state & STATE_REACHED)
            continue;
        uint32_t to = target->refs;
        if (target->state & STATE_RELEASED &&
            graph->baseline->parts[to].stamp != graph->baseline->parts[part].stamp)
            cannot(graph->pass, "weak references that garbage lets go and something else held");
        if (to == part || graph->latest[to] == part)
            continue;
        GCS_TRY(GCS_GROW(pass->memory, &graph->edges, &graph->edge_capacity,
                         graph->edge_count + 1, pass->error));
        graph->edges[graph->edge_count++] = (struct edge){part, to};
        graph->latest[to] = part;
        graph->baseline->parts[to].referrers++;
        graph->parents[island_of(graph, part)] = island_of(graph, to);
    }
    return GCS_OK;
}

static enum gcs_status find_edges(struct graph *graph)
{
    struct gcs_baseline *baseline = graph->baseline;
    struct pass *pass = graph->pass;
    size_t parts = baseline->part_count;
    GCS_TRY(
        GCS_GROW(pass->memory, &graph->parents, &graph->parent_capacity, parts, pass->error));
    GCS_TRY(
        GCS_GROW(pass->memory, &graph->latest, &graph->latest_capacity, parts, pass->error));
    for (uint32_t i = 0; i < parts; i++) {
        graph->parents[i] = i;
        graph->latest[i] = GCS_NEVER;
    }
    for (uint32_t i = 0; i < parts; i++) {
        const struct gcs_part *part = &baseline->parts[i];
        for (uint32_t m = 0; m < part->members; m++)
            GCS_TRY(find_edges_of(graph, i, graph->handles[part->first_member + m]));
    }
    return GCS_OK;
}

/* Each part's referrers, side by side. */
static enum gcs_status connect(struct graph *graph)
{
    struct gcs_baseline *baseline = graph->baseline;
    GCS_TRY(find_edges(graph));
    GCS_TRY(GCS_GROW(graph->pass->memory, &baseline->referrers, &baseline->referrer_capacity,
                     graph->edge_count, graph->pass->error));
    uint32_t place = 0;
    for (uint32_t i = 0; i < baseline->part_count; i++) {
        struct gcs_part *part = &baseline->parts[i];
        part->island = island_of(graph, i);
        part->first_referrer = place;
        place += part->referrers;
        part->referrers = 0;
    }
    for (size_t i = 0; i < graph->edge_count; i++) {
        struct gcs_part *part = &baseline->parts[graph->edges[i].to];
        baseline->referrers[part->first_referrer + part->referrers++] = graph->edges[i].from;
    }
    baseline->referrer_count = graph->edge_count;
    return GCS_OK;
}

/* Garbage over time: the last parts are the first that became unreachable. */
static enum gcs_status declare(struct graph *graph)
{
    struct gcs_baseline *baseline = graph->baseline;
    struct gcs_declared sum = {0};
    for (size_t i = baseline->part_count; i-- > 0;) {
        const struct gcs_part *part = &baseline->parts[i];
        if (!baseline->declared_count || sum.stamp != part->stamp) {
            GCS_TRY(GCS_GROW(graph->pass->memory, &baseline->declared,
                             &baseline->declared_capacity, baseline->declared_count + 1,
                             graph->pass->error));
            baseline->declared_count++;
        }
        sum.stamp = part->stamp;
        for (uint32_t m = 0; m < part->members; m++) {
            const struct gcs_member *member = &baseline->members[part->first_member + m];
            if (member->released)
                continue;
            sum.objects++;
            sum.bytes += member->units;
        }
        baseline->declared[baseline->declared_count - 1] = sum;
    }
    return GCS_OK;
}

static enum gcs_status make(struct graph *graph, const struct pair *garbage, size_t count)
{
    GCS_TRY(make_room(graph, count));
    for (size_t i = count; i-- > 0;) {
        if (i >= 2 * EXPECTED_OBJECTS) {
            gcs_fetch(object_at(graph->pass, garbage[i - 2 * EXPECTED_OBJECTS].value));
            expect_held(graph->pass,
                        object_at(graph->pass, garbage[i - EXPECTED_OBJECTS].value));
        }
        graph->stamp = garbage[i].key;
        if (!(object_at(graph->pass, garbage[i].value)->state & STATE_MET))
            walk_from(graph, garbage[i].value);
    }
    GCS_TRY(connect(graph));
    return declare(graph);
}

enum gcs_status parts_of(struct pass *pass, const struct pair *garbage, size_t count)
{
    struct graph graph = {.pass = pass, .baseline = pass->baseline};
    enum gcs_status status = make(&graph, garbage, count);
    gcs_memory_free(pass->memory, graph.stack, graph.stack_capacity, sizeof *graph.stack);
    gcs_memory_free(pass->memory, graph.path, graph.path_capacity, sizeof *graph.path);
    gcs_memory_free(pass->memory, graph.handles, graph.handle_capacity, sizeof *graph.handles);
    gcs_memory_free(pass->memory, graph.parents, graph.parent_capacity, sizeof *graph.parents);
    gcs_memory_free(pass->memory, graph.latest, graph.latest_capacity, sizeof *graph.latest);
    gcs_memory_free(pass->memory, graph.edges, graph.edge_capacity, sizeof *graph.edges);
    return status;
}
