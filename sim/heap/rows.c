/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where objects are kept: rows, the pool of slots, and the way from an object's number to its
 * row.
 *
 * Rows and slot blocks of dead objects are reused last freed first, so memory goes with the
 * objects alive, not with those ever allocated. Most objects named are young: a ring of the
 * last 65,536 numbers finds them without a hash; what outlives the ring moves to a hash table.
 */
#include "heap_private.h"

#include <stdlib.h>
#include <string.h>

/* How far ahead gcs_heap_expect looks. */
enum { EXPECTED_EVENTS = 6, EXPECTED_TARGETS = 16 };

/* The size class of a block of slots, and how many it has room for. */
unsigned block_class(uint32_t count, uint32_t *rounded)
{
    if (count <= SMALL_BLOCK) {
        *rounded = count;
        return count;
    }
    unsigned doubling = 0;
    uint32_t base = SMALL_BLOCK;
    while (base * 2 < count) {
        base *= 2;
        doubling++;
    }
    uint32_t quarter = base / 4;
    uint32_t step = (count - base + quarter - 1) / quarter;
    *rounded = base + step * quarter;
    return SMALL_BLOCK + 1 + doubling * 4 + (step - 1);
}

enum gcs_status row_take(struct gcs_heap *heap, gcs_row *row, struct gcs_error *error)
{
    if (heap->free_rows != NOBODY) {
        *row = heap->free_rows;
        heap->free_rows = heap->rows[*row].next;
        gcs_fetch(&heap->rows[heap->free_rows]); /* the next allocation's */
    } else {
        if (heap->row_count >= UINT32_MAX)
            return gcs_fail(error, GCS_LIMIT, "more than 4,294,967,294 objects at a time");
        GCS_TRY(GCS_GROW(heap->memory, &heap->rows, &heap->row_capacity, heap->row_count + 1,
                         error));
        if (heap->stamps)
            GCS_TRY(GCS_GROW(heap->memory, &heap->stamps, &heap->stamp_capacity,
                             heap->row_capacity, error));
        if (heap->links)
            GCS_TRY(GCS_GROW(heap->memory, &heap->holders, &heap->holder_capacity,
                             heap->row_capacity, error));
        *row = (gcs_row)heap->row_count++;
    }
    heap->rows[*row] = (struct row){0};
    if (heap->stamps)
        heap->stamps[*row] = 0;
    if (heap->links)
        heap->holders[*row] = 0;
    return GCS_OK;
}

void row_give_back(struct gcs_heap *heap, gcs_row row)
{
    heap->rows[row] = (struct row){.next = heap->free_rows};
    heap->free_rows = row;
}

enum gcs_status slots_take(struct gcs_heap *heap, uint32_t count, uint32_t *offset,
                           struct gcs_error *error)
{
    if (count == 0) {
        *offset = 0;
        return GCS_OK;
    }
    uint32_t rounded;
    uint32_t *first_free = &heap->free_blocks[block_class(count, &rounded)];
    if (*first_free) {
        *offset = *first_free;
        *first_free = heap->slots[*offset];
    } else {
        size_t needed = heap->slot_count + 1 + rounded;
        if (needed > UINT32_MAX)
            return gcs_fail(error, GCS_LIMIT, "more than 4,294,967,295 slots at a time");
        GCS_TRY(GCS_GROW(heap->memory, &heap->slots, &heap->slot_capacity, needed, error));
        if (heap->links)
            GCS_TRY(GCS_GROW(heap->memory, &heap->links, &heap->link_capacity,
                             heap->slot_capacity, error));
        *offset = (uint32_t)heap->slot_count;
        heap->slot_count = needed;
    }
    heap->slots[*offset] = count;
    memset(heap->slots + *offset + 1, 0, sizeof *heap->slots * count);
    return GCS_OK;
}

enum gcs_status heap_link_slots(struct gcs_heap *heap, struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(heap->memory, &heap->holders, &heap->holder_capacity, heap->row_capacity,
                     error));
    return GCS_GROW(heap->memory, &heap->links, &heap->link_capacity, heap->slot_capacity,
                    error);
}

void slots_give_back(struct gcs_heap *heap, uint32_t offset)
{
    if (offset == 0)
        return;
    uint32_t rounded;
    uint32_t *first_free = &heap->free_blocks[block_class(heap->slots[offset], &rounded)];
    heap->slots[offset] = *first_free;
    *first_free = offset;
}

/* Fibonacci hashing: neighbours in number, which a program's static objects are, come to lie
 * far apart and evenly. */
static size_t hash(const struct gcs_heap *heap, uint32_t number)
{
    return (size_t)(number * 0x9e3779b97f4a7c15u >> heap->older_shift);
}

static void older_insert(struct gcs_heap *heap, uint32_t number, gcs_row row)
{
    size_t mask = heap->older_capacity - 1;
    size_t at = hash(heap, number);
    while (heap->older[at] != NOBODY)
        at = (at + 1) & mask;
    heap->older[at] = row;
    heap->older_count++;
}

/* At most half full, so at most 16 bytes an object. */
static enum gcs_status older_make_room(struct gcs_heap *heap, struct gcs_error *error)
{
    if (heap->older_count * 2 < heap->older_capacity)
        return GCS_OK;
    gcs_row *before = heap->older;
    size_t capacity = heap->older_capacity, new_capacity = 0;
    gcs_row *grown = NULL;
    GCS_TRY(
        GCS_GROW(heap->memory, &grown, &new_capacity, capacity ? capacity * 2 : 1024, error));
    memset(grown, 0, sizeof *grown * new_capacity);
    heap->older = grown;
    heap->older_capacity = new_capacity;
    heap->older_shift = 64;
    for (size_t c = new_capacity; c > 1; c /= 2)
        heap->older_shift--;
    heap->older_count = 0;
    for (size_t i = 0; i < capacity; i++)
        if (before[i] != NOBODY)
            older_insert(heap, heap->rows[before[i]].number, before[i]);
    gcs_memory_free(heap->memory, before, capacity, sizeof *before);
    return GCS_OK;
}

static size_t older_find(const struct gcs_heap *heap, uint32_t number)
{
    size_t mask = heap->older_capacity - 1;
    size_t at = hash(heap, number);
    while (heap->older[at] != NOBODY && heap->rows[heap->older[at]].number != number)
        at = (at + 1) & mask;
    return at;
}

/* Removal without tombstones: what stood behind moves up. */
static void older_remove(struct gcs_heap *heap, size_t at)
{
    size_t mask = heap->older_capacity - 1;
    size_t hole = at;
    for (size_t i = (at + 1) & mask; heap->older[i] != NOBODY; i = (i + 1) & mask) {
        size_t home = hash(heap, heap->rows[heap->older[i]].number);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            heap->older[hole] = heap->older[i];
            hole = i;
        }
    }
    heap->older[hole] = NOBODY;
    heap->older_count--;
}

static bool is_recent(const struct gcs_heap *heap, uint64_t number)
{
    return heap->newest - number < RECENT;
}

enum gcs_status number_add(struct gcs_heap *heap, uint64_t number, gcs_row row,
                           struct gcs_error *error)
{
    if (number > UINT32_MAX)
        return gcs_fail(error, GCS_LIMIT, "more than 4,294,967,295 allocations in a trace");
    gcs_row *place = &heap->recent[number % RECENT];
    if (*place != NOBODY) { /* RECENT numbers ago, and still there */
        GCS_TRY(older_make_room(heap, error));
        older_insert(heap, (uint32_t)(number - RECENT), *place);
    }
    if (heap->recent[(number + EXPECTED_EVENTS) % RECENT] != NOBODY && heap->older_capacity)
        gcs_fetch(&heap->older[hash(heap, (uint32_t)(number + EXPECTED_EVENTS - RECENT))]);
    *place = row;
    heap->newest = number;
    heap->rows[row].number = (uint32_t)number;
    return GCS_OK;
}

void number_remove(struct gcs_heap *heap, gcs_row row)
{
    uint32_t number = heap->rows[row].number;
    if (number == 0) /* a companion */
        return;
    if (is_recent(heap, number))
        heap->recent[number % RECENT] = NOBODY;
    else
        older_remove(heap, older_find(heap, number));
}

gcs_row number_find(const struct gcs_heap *heap, uint64_t number)
{
    if (number > heap->newest || number == 0)
        return NOBODY;
    if (is_recent(heap, number))
        return heap->recent[number % RECENT];
    return heap->older_capacity ? heap->older[older_find(heap, (uint32_t)number)] : NOBODY;
}

/* Young objects are near; an older one costs two ways to memory, one after the other: its place
 * in the hash table, fetched first, and its row. */
static void expect(const struct gcs_heap *heap, uint64_t number, bool row_too)
{
    if (number == 0 || number > heap->newest || is_recent(heap, number) ||
        !heap->older_capacity)
        return;
    const gcs_row *place = &heap->older[hash(heap, (uint32_t)number)];
    if (row_too)
        gcs_fetch(&heap->rows[*place]);
    else
        gcs_fetch(place);
}

static void expect_named(const struct gcs_heap *heap, const struct gcs_block *block,
                         uint32_t index, bool row_too)
{
    if (index >= block->count)
        return;
    const struct gcs_event *event = &block->events[index];
    if (event->op == GCS_OP_ALLOCATE) {
        uint32_t targets = event->flags & GCS_EVENT_BORN ? event->slots : 0;
        for (uint32_t i = 0; i < targets && i < EXPECTED_TARGETS; i++)
            expect(heap, block->targets[event->first + i], row_too);
    } else if (event->op == GCS_OP_STORE) {
        expect(heap, event->object, row_too);
        expect(heap, event->value, row_too);
    } else if (event->op == GCS_OP_ROOT_MORE || event->op == GCS_OP_ROOT_LESS) {
        expect(heap, event->object, row_too);
    }
}

void gcs_heap_expect(const struct gcs_heap *heap, const struct gcs_block *block, uint32_t index)
{
    expect_named(heap, block, index + 2 * EXPECTED_EVENTS, false);
    expect_named(heap, block, index + EXPECTED_EVENTS, true);
}

static bool is_generator(const struct gcs_type *type)
{
    return type->kind == GCS_KIND_GENERATOR || type->kind == GCS_KIND_COROUTINE;
}

static struct shape shape_for(const struct gcs_rules *rules, const struct gcs_type *type)
{
    enum gcs_kind kind = type->kind;
    bool no_clear = kind == GCS_KIND_TUPLE || kind == GCS_KIND_METHOD ||
                    kind == GCS_KIND_CFUNCTION || kind == GCS_KIND_SLICE ||
                    kind == GCS_KIND_ITERATOR || is_generator(type) ||
                    (kind == GCS_KIND_FUNCTION && !rules->function_clear);
    return (struct shape){
        .type = type,
        .bytes = gcs_object_bytes(rules, type, type->slots),
        .slots = type->slots,
        .kind = (uint8_t)kind,
        .visits_type = kind == GCS_KIND_INSTANCE,
        .gc = gcs_is_gc_type(rules, type),
        .last_first = kind == GCS_KIND_LIST || kind == GCS_KIND_TUPLE,
        .has_clear = !no_clear,
        .finalizer = (uint8_t)type->finalizer,
        .legacy = type->legacy || (rules->legacy_finalizers && type->finalizer),
        .closes = is_generator(type),
    };
}

/* The hidden half of an instance with __dict__, or of a generator. */
static const struct gcs_type companion_dict = {
    .name = "__dict__", .bytes = GCS_BYTES_BY_MODEL, .kind = GCS_KIND_DICT, .dict = true};
static const struct gcs_type companion_frame = {
    .name = "frame", .bytes = GCS_BYTES_BY_MODEL, .kind = GCS_KIND_FRAME};

/* Each type of generators has frames of its own: those of one code object. */
static enum gcs_status give_companions(struct gcs_heap *heap, struct gcs_error *error)
{
    uint32_t dict = 0;
    for (uint32_t i = 0; i < heap->trace->type_count; i++) {
        const struct gcs_type *type = heap->trace->types[i];
        if (!type || (!type->dict && !is_generator(type)))
            continue;
        uint32_t shape = type->dict && dict ? dict : (uint32_t)heap->shape_count++;
        GCS_TRY(GCS_GROW(heap->memory, &heap->shapes, &heap->shape_capacity, heap->shape_count,
                         error));
        heap->shapes[shape] =
            shape_for(heap->rules, type->dict ? &companion_dict : &companion_frame);
        heap->shapes[i].companion = shape;
        dict = type->dict ? shape : dict;
    }
    return GCS_OK;
}

/* Shapes: one a type, then those of companions. */
static enum gcs_status make_shapes(struct gcs_heap *heap, struct gcs_error *error)
{
    heap->shape_count = heap->trace->type_count;
    GCS_TRY(GCS_GROW(heap->memory, &heap->shapes, &heap->shape_capacity, heap->shape_count + 1,
                     error));
    memset(heap->shapes, 0, sizeof *heap->shapes * heap->shape_count);
    for (uint32_t i = 0; i < heap->trace->type_count; i++)
        if (heap->trace->types[i])
            heap->shapes[i] = shape_for(heap->rules, heap->trace->types[i]);
    return heap->expand ? give_companions(heap, error) : GCS_OK;
}

static enum gcs_status make_arrays(struct gcs_heap *heap, struct gcs_error *error)
{
    size_t classes = 0, recent = 0;
    GCS_TRY(GCS_GROW(heap->memory, &heap->free_blocks, &classes, BLOCK_CLASSES, error));
    memset(heap->free_blocks, 0, sizeof *heap->free_blocks * BLOCK_CLASSES);
    GCS_TRY(GCS_GROW(heap->memory, &heap->recent, &recent, RECENT, error));
    memset(heap->recent, 0, sizeof *heap->recent * RECENT);
    GCS_TRY(GCS_GROW(heap->memory, &heap->slots, &heap->slot_capacity, 1, error));
    heap->slots[0] = 0; /* block 0: the one of objects without slots */
    heap->slot_count = 1;
    GCS_TRY(GCS_GROW(heap->memory, &heap->rows, &heap->row_capacity, FIRST_ROW, error));
    heap->row_count = FIRST_ROW;
    for (gcs_row head = NOBODY; head < FIRST_ROW; head++)
        heap->rows[head] = (struct row){.next = head, .prev = head};
    return make_shapes(heap, error);
}

enum gcs_status gcs_heap_new(const struct gcs_trace *trace, const struct gcs_rules *rules,
                             struct gcs_memory *memory, struct gcs_heap **heap,
                             struct gcs_error *error)
{
    struct gcs_heap *made = calloc(1, sizeof *made);
    if (!made)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    made->trace = trace;
    made->rules = rules;
    made->memory = memory;
    made->expand = rules->companions && trace->options.objects_minor == 0;
    made->trigger.above = INT64_MAX;
    made->totals.footprint_bytes = made->totals.peak_footprint_bytes = GCS_NO_FOOTPRINT;
    made->work_to_do = rules->mechanism == GCS_MECHANISM_INCREMENTAL ? -START_CREDIT : 0;
    if (trace->options.has_start) {
        for (unsigned g = 0; g < GCS_GENERATIONS; g++)
            made->counts.count[g] = (int64_t)trace->options.start[g];
        made->counts.long_lived_total = (int64_t)trace->options.start[3];
        made->counts.long_lived_pending = (int64_t)trace->options.start[4];
    }
    enum gcs_status status = make_arrays(made, error);
    if (status != GCS_OK) {
        gcs_heap_free(made);
        return status;
    }
    *heap = made;
    return GCS_OK;
}

void gcs_heap_free(struct gcs_heap *heap)
{
    if (!heap)
        return;
    struct gcs_memory *memory = heap->memory;
    gcs_memory_free(memory, heap->rows, heap->row_capacity, sizeof *heap->rows);
    gcs_memory_free(memory, heap->slots, heap->slot_capacity, sizeof *heap->slots);
    if (heap->free_blocks)
        gcs_memory_free(memory, heap->free_blocks, BLOCK_CLASSES, sizeof *heap->free_blocks);
    if (heap->recent)
        gcs_memory_free(memory, heap->recent, RECENT, sizeof *heap->recent);
    gcs_memory_free(memory, heap->older, heap->older_capacity, sizeof *heap->older);
    gcs_memory_free(memory, heap->shapes, heap->shape_capacity, sizeof *heap->shapes);
    gcs_memory_free(memory, heap->big, heap->big_capacity, sizeof *heap->big);
    gcs_memory_free(memory, heap->stamps, heap->stamp_capacity, sizeof *heap->stamps);
    gcs_memory_free(memory, heap->links, heap->link_capacity, sizeof *heap->links);
    gcs_memory_free(memory, heap->closings, heap->closing_capacity, sizeof *heap->closings);
    gcs_memory_free(memory, heap->holders, heap->holder_capacity, sizeof *heap->holders);
    pymalloc_free(heap);
    weak_refs_free(&heap->weak, memory);
    free(heap);
}

struct gcs_trigger *gcs_heap_trigger(struct gcs_heap *heap)
{
    return &heap->trigger;
}

const struct gcs_counts *gcs_heap_counts(const struct gcs_heap *heap)
{
    return &heap->counts;
}

const struct gcs_totals *gcs_heap_totals(const struct gcs_heap *heap)
{
    return &heap->totals;
}
