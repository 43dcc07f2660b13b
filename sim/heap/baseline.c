/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The baseline pass: the heap as the program alone drives it, written down as it goes. The heap
 * calls record_… where a collector would look; see baseline.h for what comes out.
 */
#include "recorder.h"

#include <string.h>

static void put_op(struct recorder *recorder, unsigned kind, unsigned list)
{
    struct gcs_baseline *baseline = recorder->baseline;
    if (recorder->status == GCS_OK)
        recorder->status = GCS_GROW(baseline->memory, &baseline->ops, &baseline->op_capacity,
                                    baseline->op_count + 1, recorder->error);
    if (recorder->status == GCS_OK)
        baseline->ops[baseline->op_count++] = (uint8_t)(kind << GCS_OP_SHIFT | list);
}

static void cannot(struct recorder *recorder, const char *what)
{
    if (!recorder->baseline->uncovered)
        recorder->baseline->uncovered = what;
}

/* The code of the free list whose occupancy this is. */
static unsigned list_code(struct gcs_heap *heap, const uint16_t *occupancy)
{
    struct recorder *recorder = heap->recorder;
    struct gcs_baseline *baseline = recorder->baseline;
    if (!occupancy)
        return 0;
    unsigned list = list_number(heap, occupancy);
    if (!recorder->codes[list]) {
        if (baseline->list_count == GCS_LIST_CODES) {
            cannot(recorder, "more than 31 free lists");
            return 0;
        }
        unsigned code = recorder->codes[list] = baseline->list_count++;
        baseline->list_capacity[code] = list_capacity(heap->rules, list);
        baseline->list_emptied[code] =
            list >= GCS_FREE_LIST_COUNT || heap->rules->emptied[list];
    }
    return recorder->codes[list];
}

uint8_t record_list(struct gcs_heap *heap, const struct shape *shape, uint32_t slots)
{
    uint16_t capacity;
    return (uint8_t)list_code(heap, free_list_of(heap, shape, slots, false, &capacity));
}

static uint32_t units(struct recorder *recorder, uint64_t bytes)
{
    if (bytes % GCS_BYTES_UNIT || bytes / GCS_BYTES_UNIT >= GCS_NEVER)
        cannot(recorder, "a heap of 32 GiB and more");
    return (uint32_t)(bytes / GCS_BYTES_UNIT);
}

void record_alloc(struct gcs_heap *heap, const uint16_t *occupancy)
{
    struct recorder *recorder = heap->recorder;
    if (recorder->early_count < 2)
        recorder->early[recorder->early_count++] = (struct gcs_early){
            .op = (uint32_t)recorder->baseline->op_count,
            .bytes = units(recorder, heap->totals.live_bytes),
            .objects = (uint32_t)heap->totals.live_objects,
        };
    put_op(recorder, recorder->early_count > 1 ? GCS_DO_HIDE : GCS_DO_ALLOCATE,
           list_code(heap, occupancy));
    recorder->allocated = true;
}

/* A tuple of atoms, or of such tuples, which the collector untracks sooner or later: to what
 * holds it it is no container then. */
static bool is_fading(const struct gcs_heap *heap, gcs_row row)
{
    const struct recorder *recorder = heap->recorder;
    if (shape_of(heap, row)->kind != GCS_KIND_TUPLE)
        return false;
    uint32_t position = record_position(recorder, row);
    return position == GCS_NEVER ||
           recorder->baseline->item_weight[position] & (GCS_ATOMS | GCS_SINGLE);
}

/* What an object holds, as far as the collector's untracking goes. */
enum content { CONTENT_ATOMS, CONTENT_FADING, CONTENT_CONTAINERS };

static enum content content_of(const struct gcs_heap *heap, gcs_row row)
{
    uint32_t count;
    const uint32_t *slots = slots_of(heap, row, &count);
    enum content content = CONTENT_ATOMS;
    for (uint32_t i = 0; i < count; i++) {
        if (slots[i] == NOBODY || !shape_of(heap, slots[i])->gc)
            continue;
        if (!is_fading(heap, slots[i]))
            return CONTENT_CONTAINERS;
        if (record_position(heap->recorder, slots[i]) != GCS_NEVER)
            content = CONTENT_FADING;
    }
    return content;
}

/* Follows a child's references from now on. */
static enum gcs_status watch(struct gcs_heap *heap, gcs_row row)
{
    struct recorder *recorder = heap->recorder;
    struct gcs_baseline *baseline = recorder->baseline;
    const struct row *at = &heap->rows[row];
    uint32_t event = (uint32_t)heap->event;
    size_t had = recorder->watched_capacity;
    GCS_TRY(GCS_GROW(baseline->memory, &baseline->children, &baseline->child_capacity,
                     baseline->child_count + 1, recorder->error));
    GCS_TRY(GCS_GROW(baseline->memory, &recorder->watched_next,
                     &recorder->watched_next_capacity, baseline->child_count + 1,
                     recorder->error));
    GCS_TRY(GCS_GROW(baseline->memory, &recorder->watched, &recorder->watched_capacity,
                     heap->row_capacity, recorder->error));
    if (recorder->watched_capacity > had)
        memset(recorder->watched + had, 0,
               (recorder->watched_capacity - had) * sizeof *recorder->watched);
    recorder->watched_next[baseline->child_count] = recorder->watched[row];
    baseline->children[baseline->child_count++] = (struct gcs_child){
        .position = recorder->positions[row],
        .rooted_until = at->roots ? GCS_NEVER : event,
        .sole_until = at->roots || at->refs == 1 ? GCS_NEVER : event,
    };
    recorder->watched[row] = (uint32_t)baseline->child_count;
    return GCS_OK;
}

/* A row that an event named, or that took a reference in it. */
static void look_at(struct gcs_heap *heap, gcs_row row)
{
    struct recorder *recorder = heap->recorder;
    if (row >= recorder->watched_capacity)
        return;
    const struct row *at = &heap->rows[row];
    uint32_t event = (uint32_t)heap->event;
    for (uint32_t i = recorder->watched[row]; i; i = recorder->watched_next[i - 1]) {
        struct gcs_child *child = &recorder->baseline->children[i - 1];
        if (child->rooted_until == GCS_NEVER) {
            if (at->roots)
                continue;
            child->rooted_until = event;
            if (at->refs > 1)
                child->sole_until = event;
        } else if (child->sole_until == GCS_NEVER && (at->roots || at->refs > 1)) {
            child->sole_until = event;
        }
    }
}

static enum gcs_status add_single(struct gcs_heap *heap, gcs_row row, uint32_t position)
{
    struct recorder *recorder = heap->recorder;
    struct gcs_baseline *baseline = recorder->baseline;
    struct gcs_single single = {.position = position,
                                .held_from = GCS_NEVER,
                                .first_child = (uint32_t)baseline->child_count,
                                .dict = shape_of(heap, row)->kind == GCS_KIND_DICT};
    uint32_t count;
    const uint32_t *slots = slots_of(heap, row, &count);
    for (uint32_t i = 0; i < count; i++)
        if (slots[i] != NOBODY && record_position(recorder, slots[i]) != GCS_NEVER) {
            GCS_TRY(watch(heap, slots[i]));
            single.children++;
        }
    GCS_TRY(GCS_GROW(baseline->memory, &baseline->singles, &baseline->single_capacity,
                     baseline->single_count + 1, recorder->error));
    baseline->singles[baseline->single_count++] = single;
    baseline->item_weight[position] |= GCS_SINGLE;
    return GCS_OK;
}

static uint32_t weight_of(struct gcs_heap *heap, gcs_row row)
{
    struct recorder *recorder = heap->recorder;
    struct gcs_baseline *baseline = recorder->baseline;
    uint32_t count;
    slots_of(heap, row, &count);
    struct gcs_weight weight = {count + shape_of(heap, row)->visits_type,
                                (uint32_t)row_bytes(heap, row)};
    uint32_t hash = (weight.references * 0x9E3779B1u ^ weight.bytes * 0x85EBCA77u) >> 20;
    for (;; hash = (hash + 1) % WEIGHT_PLACES) {
        uint32_t place = recorder->places[hash];
        if (!place)
            break;
        const struct gcs_weight *known = &baseline->weights[place - 1];
        if (known->references == weight.references && known->bytes == weight.bytes)
            return place - 1;
    }
    if (baseline->weight_count == WEIGHT_PLACES / 2) {
        cannot(recorder, "more than 2,048 different sizes of objects");
        return 0;
    }
    if (recorder->status == GCS_OK)
        recorder->status =
            GCS_GROW(baseline->memory, &baseline->weights, &baseline->weight_capacity,
                     baseline->weight_count + 1, recorder->error);
    if (recorder->status != GCS_OK)
        return 0;
    baseline->weights[baseline->weight_count++] = weight;
    recorder->places[hash] = (uint32_t)baseline->weight_count;
    return (uint32_t)baseline->weight_count - 1;
}

static enum gcs_status grow_items(struct recorder *recorder, size_t rows)
{
    struct gcs_baseline *baseline = recorder->baseline;
    struct gcs_memory *memory = baseline->memory;
    size_t items = baseline->item_count + 1, had = recorder->position_capacity;
    GCS_TRY(
        GCS_GROW(memory, &baseline->item_end, &baseline->end_capacity, items, recorder->error));
    GCS_TRY(GCS_GROW(memory, &baseline->item_end_at, &baseline->end_at_capacity, items,
                     recorder->error));
    GCS_TRY(GCS_GROW(memory, &baseline->item_weight, &baseline->weight_of_capacity, items,
                     recorder->error));
    GCS_TRY(GCS_GROW(memory, &recorder->positions, &recorder->position_capacity, rows,
                     recorder->error));
    if (recorder->position_capacity > had)
        memset(recorder->positions + had, 0xff,
               (recorder->position_capacity - had) * sizeof *recorder->positions);
    return GCS_OK;
}

void record_track(struct gcs_heap *heap, gcs_row row)
{
    struct recorder *recorder = heap->recorder;
    struct gcs_baseline *baseline = recorder->baseline;
    if (recorder->status == GCS_OK)
        recorder->status = grow_items(recorder, heap->row_capacity);
    if (recorder->status != GCS_OK)
        return;
    uint32_t position = (uint32_t)baseline->item_count;
    uint32_t weight = weight_of(heap, row);
    enum content content = shape_of(heap, row)->kind == GCS_KIND_TUPLE ? content_of(heap, row)
                                                                       : CONTENT_CONTAINERS;
    if (content == CONTENT_ATOMS)
        weight |= GCS_ATOMS;
    baseline->item_end[position] = baseline->item_end_at[position] = GCS_NEVER;
    baseline->item_weight[position] = weight;
    baseline->item_count++;
    recorder->positions[row] = position;
    if (content == CONTENT_FADING)
        recorder->status = add_single(heap, row, position);
    if (recorder->allocated) /* in this event: it is the object just allocated */
        baseline->ops[baseline->op_count - 1] += 1 << GCS_OP_SHIFT;
    else
        put_op(recorder, GCS_DO_TRACK, 0);
    recorder->allocated = false;
}

void record_free(struct gcs_heap *heap, gcs_row row, const uint16_t *occupancy)
{
    struct recorder *recorder = heap->recorder;
    struct gcs_baseline *baseline = recorder->baseline;
    uint32_t position = record_position(recorder, row);
    unsigned list = list_code(heap, occupancy);
    if (position == GCS_NEVER) {
        put_op(recorder, GCS_DO_FREE, list);
        return;
    }
    put_op(recorder, GCS_DO_FREE_TRACKED, list);
    recorder->positions[row] = GCS_NEVER;
    if (row < recorder->watched_capacity)
        recorder->watched[row] = 0;
    baseline->item_end[position] = (uint32_t)heap->event;
    baseline->item_end_at[position] = (uint32_t)baseline->item_count;
    if (recorder->status == GCS_OK)
        recorder->status =
            GCS_GROW(baseline->memory, &baseline->deaths, &baseline->death_capacity,
                     baseline->death_count + 1, recorder->error);
    if (recorder->status == GCS_OK)
        baseline->deaths[baseline->death_count++] = position;
}

/* A dict up to 3.13 is untracked by a full collection that finds only atoms in it. One that is
 * born with nothing but fading tuples is followed: until a container is stored in it, and then
 * for good. */
static enum gcs_status check_dict(struct gcs_heap *heap, uint64_t object, bool born)
{
    struct recorder *recorder = heap->recorder;
    struct gcs_baseline *baseline = recorder->baseline;
    gcs_row row = number_find(heap, object);
    uint32_t count;
    if (row != NOBODY && has(heap, row, HAS_COMPANION))
        row = slots_of(heap, row, &count)[0];
    if (row == NOBODY || shape_of(heap, row)->kind != GCS_KIND_DICT || !has(heap, row, TRACKED))
        return GCS_OK;
    uint32_t position = recorder->positions[row];
    bool followed = baseline->item_weight[position] & GCS_SINGLE;
    bool holds = content_of(heap, row) == CONTENT_CONTAINERS;
    if (holds && followed) {
        struct gcs_single *single = &baseline->singles[gcs_baseline_single(baseline, position)];
        if (single->held_from == GCS_NEVER)
            single->held_from = (uint32_t)heap->event;
    }
    if (!holds && born)
        return add_single(heap, row, position);
    if (!holds)
        cannot(recorder, "a tracked dict that holds no container for a while (up to 3.13)");
    return GCS_OK;
}

/* Children may have lost their root, or met another holder. */
static void look_at_named(struct gcs_heap *heap, const struct gcs_block *block,
                          const struct gcs_event *event)
{
    if (event->op == GCS_OP_ROOT_LESS || event->op == GCS_OP_ROOT_MORE)
        look_at(heap, number_find(heap, event->object));
    else if (event->op == GCS_OP_STORE)
        look_at(heap, number_find(heap, event->value));
    else if (event->op == GCS_OP_ALLOCATE && event->flags & GCS_EVENT_BORN)
        for (uint32_t i = 0; i < event->slots; i++)
            look_at(heap, number_find(heap, block->targets[event->first + i]));
}

static enum gcs_status add_moment(struct recorder *recorder, const struct gcs_heap *heap)
{
    struct gcs_baseline *baseline = recorder->baseline;
    struct gcs_memory *memory = baseline->memory;
    size_t at = baseline->moment_count++;
    GCS_TRY(GCS_GROW(memory, &baseline->moment_event, &baseline->event_capacity, at + 1,
                     recorder->error));
    GCS_TRY(GCS_GROW(memory, &baseline->moment_bytes, &baseline->bytes_capacity, at + 1,
                     recorder->error));
    GCS_TRY(GCS_GROW(memory, &baseline->moment_objects, &baseline->objects_capacity, at + 1,
                     recorder->error));
    baseline->moment_event[at] = (uint32_t)heap->event;
    baseline->moment_bytes[at] = units(recorder, heap->totals.live_bytes);
    baseline->moment_objects[at] = (uint32_t)heap->totals.live_objects;
    return GCS_OK;
}

static enum gcs_status add_early(struct recorder *recorder)
{
    struct gcs_baseline *baseline = recorder->baseline;
    size_t moment = baseline->moment_count - 1;
    for (unsigned i = 0; i < recorder->early_count; i++) {
        const struct gcs_early *early = &recorder->early[i];
        if (early->bytes == baseline->moment_bytes[moment] &&
            early->objects == baseline->moment_objects[moment])
            continue;
        GCS_TRY(GCS_GROW(baseline->memory, &baseline->early, &baseline->early_capacity,
                         baseline->early_count + 1, recorder->error));
        baseline->early[baseline->early_count++] = *early;
    }
    return GCS_OK;
}

static enum gcs_status add_other(struct recorder *recorder, const struct gcs_heap *heap,
                                 gcs_time work)
{
    struct gcs_baseline *baseline = recorder->baseline;
    GCS_TRY(GCS_GROW(baseline->memory, &baseline->others, &baseline->other_capacity,
                     baseline->other_count + 1, recorder->error));
    put_op(recorder, GCS_DO_MOMENT, 0);
    GCS_TRY(add_moment(recorder, heap));
    recorder->work += work;
    recorder->area += (gcs_area)heap->totals.live_bytes * work;
    baseline->others[baseline->other_count++] = (struct gcs_other_moment){
        recorder->area, recorder->work, (uint32_t)baseline->moment_count - 1};
    return GCS_OK;
}

static enum gcs_status add_stop(struct recorder *recorder, const struct gcs_heap *heap,
                                const struct gcs_block *block, const struct gcs_event *event)
{
    struct gcs_baseline *baseline = recorder->baseline;
    GCS_TRY(add_other(recorder, heap, 0));
    GCS_TRY(GCS_GROW(baseline->memory, &baseline->stops, &baseline->stop_capacity,
                     baseline->stop_count + 1, recorder->error));
    struct gcs_stop *stop = &baseline->stops[baseline->stop_count++];
    *stop = (struct gcs_stop){.event = *event, .moment = (uint32_t)baseline->moment_count - 1};
    if (event->op == GCS_OP_GC && event->detail == GCS_GC_THRESHOLD)
        for (uint32_t i = 0; i < event->slots && i < GCS_GENERATIONS; i++)
            stop->values[i] = block->targets[event->first + i];
    stop->event.first = 0;
    return GCS_OK;
}

static enum gcs_status note_event(struct recorder *recorder, struct gcs_heap *heap,
                                  const struct gcs_block *block, const struct gcs_event *event)
{
    switch ((enum gcs_op)event->op) {
    case GCS_OP_ALLOCATE:
        if (recorder->early_count == 0) /* no container */
            put_op(recorder, GCS_DO_MOMENT, 0);
        GCS_TRY(add_moment(recorder, heap));
        GCS_TRY(add_early(recorder));
        if (heap->rules->dict_lazy)
            GCS_TRY(check_dict(heap, event->object, true));
        break;
    case GCS_OP_STORE:
        if (heap->rules->dict_lazy)
            GCS_TRY(check_dict(heap, event->object, false));
        break;
    case GCS_OP_RESIZE:
        return add_other(recorder, heap, 0);
    case GCS_OP_WORK:
        return add_other(recorder, heap, event->object);
    case GCS_OP_IDLE:
    case GCS_OP_BEGIN:
    case GCS_OP_END:
    case GCS_OP_COLLECT:
    case GCS_OP_GC:
    case GCS_OP_MARK:
        return add_stop(recorder, heap, block, event);
    case GCS_OP_WEAK:
        if (event->detail != GCS_WEAK_PLAIN)
            cannot(recorder, "weak references with callbacks");
        break;
    case GCS_OP_ENTER:
    case GCS_OP_LEAVE:
        recorder->baseline->stretches = true;
        break;
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
    case GCS_OP_COUNT:
        break;
    }
    return GCS_OK;
}

/* How many objects were tracked when garbage became garbage. */
static void note_garbage(struct recorder *recorder, uint64_t event)
{
    const struct gcs_lifetimes *lifetimes = recorder->lifetimes;
    while (recorder->garbage_next < lifetimes->garbage_count &&
           lifetimes->garbage[recorder->garbage_next].event <= event)
        recorder->garbage_at[recorder->garbage_next++] =
            (uint32_t)recorder->baseline->item_count;
}

static enum gcs_status run(struct recorder *recorder, struct gcs_heap *heap,
                           struct gcs_cursor *cursor)
{
    struct gcs_block block;
    GCS_TRY(gcs_cursor_next(cursor, &block, recorder->error));
    while (block.count && !recorder->baseline->uncovered) {
        for (uint32_t i = 0; i < block.count; i++) {
            recorder->allocated = false;
            recorder->early_count = 0;
            gcs_heap_expect(heap, &block, i);
            GCS_TRY(gcs_heap_apply(heap, &block, i, recorder->error));
            if (recorder->watched_capacity)
                look_at_named(heap, &block, &block.events[i]);
            GCS_TRY(note_event(recorder, heap, &block, &block.events[i]));
            GCS_TRY(recorder->status);
            note_garbage(recorder, block.first_event + i);
        }
        GCS_TRY(gcs_cursor_next(cursor, &block, recorder->error));
    }
    return GCS_OK;
}

/* What can be told before the pass. */
static const char *uncovered_by(const struct gcs_trace *trace, const struct gcs_rules *rules)
{
    if (trace->options.standing || trace->options.has_start)
        return "a heap that stands before the trace";
    if (trace->options.freelists_resolved)
        return "o freelists=resolved";
    if (trace->events >= GCS_NEVER)
        return "4,294,967,295 events and more";
    for (uint32_t i = 0; i < trace->type_count; i++) {
        const struct gcs_type *type = trace->types[i];
        if (type && (type->legacy || (rules->legacy_finalizers && type->finalizer)))
            return "legacy finalizers";
        if (type && type->finalizer == GCS_FINALIZER_RESURRECT)
            return "finalizers that resurrect";
        if (type && (type->kind == GCS_KIND_GENERATOR || type->kind == GCS_KIND_COROUTINE ||
                     type->kind == GCS_KIND_FRAME))
            return "generators, coroutines and frames";
    }
    return NULL;
}

static enum gcs_status analyse(struct recorder *recorder, struct gcs_heap *heap,
                               const struct gcs_trace *trace)
{
    struct gcs_baseline *baseline = recorder->baseline;
    struct gcs_cursor *cursor;
    GCS_TRY(GCS_GROW(baseline->memory, &recorder->garbage_at, &recorder->garbage_at_capacity,
                     recorder->lifetimes->garbage_count, recorder->error));
    GCS_TRY(grow_items(recorder, heap->row_capacity));
    GCS_TRY(gcs_cursor_new(trace, baseline->memory, &cursor, recorder->error));
    enum gcs_status status = run(recorder, heap, cursor);
    gcs_cursor_free(cursor);
    if (status == GCS_OK && !baseline->uncovered)
        status = record_parts(recorder, heap);
    baseline->end = heap->totals;
    return status;
}

enum gcs_status gcs_baseline_of(const struct gcs_trace *trace,
                                const struct gcs_lifetimes *lifetimes,
                                const struct gcs_rules *rules, struct gcs_memory *memory,
                                struct gcs_baseline *baseline, struct gcs_error *error)
{
    static_assert(GCS_LIST_CODES <= 1 << GCS_OP_SHIFT, "a code fits behind the op");
    struct recorder recorder = {.baseline = baseline, .lifetimes = lifetimes, .error = error};
    struct gcs_heap *heap;
    *baseline = (struct gcs_baseline){.memory = memory, .list_count = 1};
    baseline->uncovered = uncovered_by(trace, rules);
    if (baseline->uncovered)
        return GCS_OK;
    GCS_TRY(gcs_heap_new(trace, rules, memory, &heap, error));
    heap->recorder = &recorder;
    enum gcs_status status = analyse(&recorder, heap, trace);
    gcs_heap_free(heap);
    gcs_memory_free(memory, recorder.positions, recorder.position_capacity,
                    sizeof *recorder.positions);
    gcs_memory_free(memory, recorder.watched, recorder.watched_capacity,
                    sizeof *recorder.watched);
    gcs_memory_free(memory, recorder.watched_next, recorder.watched_next_capacity,
                    sizeof *recorder.watched_next);
    gcs_memory_free(memory, recorder.garbage_at, recorder.garbage_at_capacity,
                    sizeof *recorder.garbage_at);
    if (status != GCS_OK)
        gcs_baseline_fini(baseline);
    return status;
}

void gcs_baseline_fini(struct gcs_baseline *baseline)
{
    struct gcs_memory *memory = baseline->memory;
    if (!memory)
        return;
#define RELEASE(array, capacity) \
    gcs_memory_free(memory, baseline->array, baseline->capacity, sizeof *baseline->array)
    RELEASE(ops, op_capacity);
    RELEASE(moment_event, event_capacity);
    RELEASE(moment_bytes, bytes_capacity);
    RELEASE(moment_objects, objects_capacity);
    RELEASE(others, other_capacity);
    RELEASE(stops, stop_capacity);
    RELEASE(early, early_capacity);
    RELEASE(item_end, end_capacity);
    RELEASE(item_end_at, end_at_capacity);
    RELEASE(item_weight, weight_of_capacity);
    RELEASE(deaths, death_capacity);
    RELEASE(weights, weight_capacity);
    RELEASE(singles, single_capacity);
    RELEASE(children, child_capacity);
    RELEASE(parts, part_capacity);
    RELEASE(members, member_capacity);
    RELEASE(referrers, referrer_capacity);
    RELEASE(declared, declared_capacity);
#undef RELEASE
    *baseline = (struct gcs_baseline){0};
}

size_t gcs_baseline_single(const struct gcs_baseline *baseline, uint32_t position)
{
    size_t low = 0, high = baseline->single_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->singles[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
