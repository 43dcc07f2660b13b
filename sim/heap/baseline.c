/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The baseline pass: the heap as the program alone drives it, written down as it goes. See
 * baseline.h for what comes out and baseline_private.h for who does what.
 */
#include "baseline_private.h"

#include <string.h>

/* How far ahead events are looked at. */
enum { EXPECTED_EVENTS = 12 };

void cannot(struct pass *pass, const char *what)
{
    if (!pass->baseline->uncovered)
        pass->baseline->uncovered = what;
}

static bool wrong(struct pass *pass)
{
    pass->wrong = true;
    return false;
}

/* False: more than there is room for. */
static inline bool add_bytes(struct pass *pass, uint64_t units)
{
    pass->units += units;
    if (pass->units < GCS_NEVER)
        return true;
    cannot(pass, "a heap of 32 GiB and more");
    return false;
}

static uint32_t payload_units(struct pass *pass, uint64_t bytes)
{
    uint64_t units = gcs_taken_bytes(pass->heap->rules, bytes) / GCS_BYTES_UNIT;
    if (units < GCS_NEVER)
        return (uint32_t)units;
    cannot(pass, "a heap of 32 GiB and more");
    return 0;
}

/* An object with a reference to it, and empty slots. NOBODY: there is no room. */
static inline gcs_handle take(struct pass *pass, const struct kind_facts *facts)
{
    gcs_handle handle = pass->free[facts->class];
    if (handle != NOBODY) {
        pass->free[facts->class] = object_at(pass, handle)->refs;
        gcs_fetch(object_at(pass, pass->free[facts->class]));
    } else {
        handle = object_take_fresh(pass, facts);
        if (handle == NOBODY)
            return NOBODY;
    }
    struct object *object = object_at(pass, handle);
    *object = (struct object){.refs = 1, .op = GCS_NEVER};
    uint32_t *slots = slots_behind(object);
    for (uint32_t i = 0; i < facts->slots; i++)
        slots[i] = NOBODY;
    return handle;
}

static inline bool give_number(struct pass *pass, gcs_handle handle, uint32_t number)
{
    size_t page = number >> PAGE_BITS;
    if (page >= pass->page_count && !number_new_page(pass, number))
        return false;
    GCS_ASSERT(pass->pages[page].handles != pass->nobodies); /* numbers only rise */
    pass->pages[page].handles[number % PAGE_NUMBERS] = handle;
    struct object *object = object_at(pass, handle);
    object->number = number;
    object->roots = 1;
    return true;
}

static bool fill(struct pass *pass, uint32_t *slots, uint32_t count, const uint64_t *targets)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!targets[i])
            continue;
        gcs_handle target = object_find(pass, targets[i]);
        if (target == NOBODY)
            return wrong(pass);
        object_at(pass, target)->refs++;
        slots[i] = target;
    }
    return true;
}

/* `born`: the kind of its BORN op. */
static inline bool put_birth(struct pass *pass, struct object *object, uint16_t kind,
                             uint16_t born, unsigned aux)
{
    uint32_t op = put_op(pass, born, GCS_FORM_BORN, aux);
    object->kind = kind;
    if (pass->facts[kind].variant & VARIANT_TRACKED)
        object->op = op;
    pass->objects++;
    pass->allocated++;
    return add_bytes(pass, pass->facts[kind].bytes);
}

/* Fills an object just taken, and writes down its birth. */
static inline bool be_born(struct pass *pass, gcs_handle handle, uint32_t of_family,
                           const uint64_t *targets, uint32_t extra, unsigned aux)
{
    const struct family *family = &pass->families[of_family];
    const struct traits *traits = &family->traits;
    struct object *object = object_at(pass, handle);
    if (targets && !fill(pass, slots_behind(object), traits->slots, targets))
        return false;
    uint16_t kind = family->plain, born;
    unsigned variant = traits->gc ? VARIANT_TRACKED : 0;
    if (traits->content != CONTENT_IRRELEVANT)
        variant = variant_at_birth(pass, family, slots_behind(object));
    if (extra)
        variant |= VARIANT_EXTRA;
    if (variant != pass->facts[kind].variant)
        kind = kind_of(pass, of_family, variant);
    born = traits->unserved ? kind_of(pass, of_family, variant | VARIANT_UNSERVED) : kind;
    if (!kind || !born)
        return false;
    object->extra = extra;
    pass->closing += traits->closing;
    if (!put_birth(pass, object, kind, born, aux))
        return false;
    if (extra)
        put_extra(pass, extra);
    return add_bytes(pass, extra) &&
           (!(variant & VARIANT_SINGLE) || add_single(pass, handle, born));
}

/* 0: there is no room. */
static inline uint32_t family_of(struct pass *pass, uint32_t shape, uint32_t slots)
{
    const struct known *known = &pass->latest[shape];
    return known->family && known->slots == slots ? known->family
                                                  : family_find(pass, shape, slots);
}

/* The hidden dict of an instance: a second allocation. */
static bool add_companion(struct pass *pass, gcs_handle owner, uint32_t shape, uint32_t slots,
                          const uint64_t *targets)
{
    uint32_t family = family_of(pass, shape, slots);
    if (!family)
        return false;
    gcs_handle companion = take(pass, &pass->facts[pass->families[family].plain]);
    if (companion == NOBODY)
        return false;
    slots_behind(object_at(pass, owner))[0] = companion;
    return be_born(pass, companion, family, targets, 0, 0);
}

static bool allocate_any(struct pass *pass, const struct gcs_event *event,
                         const uint64_t *targets, uint32_t now)
{
    uint32_t companion = pass->heap->shapes[event->type].companion;
    bool pair = companion && event->slots > 0;
    uint32_t family = family_of(pass, event->type, pair ? 1 : event->slots);
    uint32_t extra = event->value ? payload_units(pass, event->value) : 0;
    if (!family)
        return false;
    gcs_handle handle = take(pass, &pass->facts[pass->families[family].plain]);
    if (handle == NOBODY || !give_number(pass, handle, (uint32_t)event->object) ||
        !be_born(pass, handle, family, pair ? NULL : targets, extra, since_moment(pass, now)))
        return false;
    return !pair || add_companion(pass, handle, companion, event->slots, targets);
}

/* What most are: no payload, and nothing about them depends on what they hold. */
static inline bool allocate(struct pass *pass, const struct gcs_event *event,
                            const uint64_t *targets, uint32_t now)
{
    const struct known *known = &pass->latest[event->type];
    if (!known->as_usual || known->slots != event->slots || event->value)
        return allocate_any(pass, event, targets, now);
    uint16_t kind = pass->families[known->family].plain;
    gcs_handle handle = take(pass, &pass->facts[kind]);
    if (handle == NOBODY || !give_number(pass, handle, (uint32_t)event->object))
        return false;
    struct object *object = object_at(pass, handle);
    if (targets && !fill(pass, slots_behind(object), event->slots, targets))
        return false;
    return put_birth(pass, object, kind, kind, since_moment(pass, now));
}

static inline void lose(struct pass *pass, gcs_handle handle)
{
    struct object *object = object_at(pass, handle);
    GCS_ASSERT(object->refs > 0);
    if (--object->refs == 0)
        object_die(pass, handle);
    else
        object->stamp = (uint32_t)pass->baseline->op_count;
}

/* The first container stored makes the collector know a dict. */
static bool maintain_tracking(struct pass *pass, struct object *dict, gcs_handle value)
{
    const struct kind_facts *facts = facts_of(pass, dict), *stored;
    const struct object *object = object_at(pass, value);
    stored = facts_of(pass, object);
    bool container =
        traits_of(pass, object)->gc && (traits_of(pass, object)->content != CONTENT_OF_TUPLE ||
                                        stored->variant & VARIANT_TRACKED);
    if (facts->variant & VARIANT_TRACKED || !container)
        return true;
    uint16_t kind = kind_of(pass, facts->family,
                            (facts->variant & VARIANT_EXTRA) | VARIANT_TRACKED | VARIANT_LATE);
    dict->kind = kind;
    dict->op = put_op(pass, kind, GCS_FORM_BORN, 0);
    return kind != 0;
}

/* What is named in a store: an instance's slots are its companion's. */
static inline gcs_handle holder_of(const struct pass *pass, gcs_handle handle)
{
    struct object *object = object_at(pass, handle);
    return traits_of(pass, object)->companion ? slots_behind(object)[0] : handle;
}

static inline bool store(struct pass *pass, const struct gcs_event *event)
{
    gcs_handle source = object_find(pass, event->object);
    gcs_handle target = event->value ? object_find(pass, event->value) : NOBODY;
    if (source == NOBODY || (event->value && target == NOBODY))
        return wrong(pass);
    source = holder_of(pass, source);
    struct object *object = object_at(pass, source);
    const struct traits *traits = traits_of(pass, object);
    bool lazy = traits->content == CONTENT_OF_DICT;
    if (traits->complete || event->type >= traits->slots)
        return wrong(pass);
    if (target != NOBODY) {
        if (lazy && !maintain_tracking(pass, object, target))
            return false;
        object_at(pass, target)->refs++;
    }
    gcs_handle before = slots_behind(object)[event->type];
    slots_behind(object)[event->type] = target;
    if (before != NOBODY)
        lose(pass, before);
    return true;
}

static inline bool root_less(struct pass *pass, const struct gcs_event *event)
{
    gcs_handle handle = object_find(pass, event->object);
    struct object *object = object_at(pass, handle);
    if (handle == NOBODY || object->roots == 0)
        return wrong(pass);
    object->roots--;
    lose(pass, handle);
    return true;
}

static bool root_more(struct pass *pass, const struct gcs_event *event)
{
    gcs_handle handle = object_find(pass, event->object);
    if (handle == NOBODY)
        return wrong(pass);
    object_at(pass, handle)->roots++;
    object_at(pass, handle)->refs++;
    return true;
}

static bool resize(struct pass *pass, const struct gcs_event *event, uint32_t now)
{
    gcs_handle handle = object_find(pass, event->object);
    if (handle == NOBODY)
        return wrong(pass);
    struct object *object = object_at(pass, handle);
    uint32_t before = object->extra, after = payload_units(pass, event->value);
    unsigned variant = facts_of(pass, object)->variant & ~(unsigned)VARIANT_EXTRA;
    if (before > INT32_MAX || after > INT32_MAX)
        cannot(pass, "a payload of 16 GiB and more");
    object->extra = after;
    object->kind =
        kind_of(pass, facts_of(pass, object)->family, variant | (after ? VARIANT_EXTRA : 0));
    put_op(pass, 0, GCS_DO_RESIZE, since_moment(pass, now));
    put_extra(pass, after - before);
    pass->units -= before;
    return object->kind && add_bytes(pass, after);
}

static bool add_work(struct pass *pass, gcs_time work, uint32_t now)
{
    struct gcs_baseline *baseline = pass->baseline;
    pass->status = GCS_GROW(pass->memory, &baseline->works, &baseline->work_capacity,
                            baseline->work_count + 1, pass->error);
    if (pass->status != GCS_OK)
        return false;
    pass->work += work;
    pass->area += (gcs_area)(pass->units * GCS_BYTES_UNIT) * work;
    if (pass->area >> 96)
        cannot(pass, "a heap as large for as long");
    uint32_t op = put_op(pass, 0, GCS_DO_WORK, since_moment(pass, now));
    baseline->works[baseline->work_count++] = (struct gcs_work_moment){
        (uint64_t)pass->area, pass->work, (uint32_t)(pass->area >> 64), op};
    return true;
}

static bool add_stop(struct pass *pass, const struct gcs_event *event, const uint64_t *targets,
                     uint32_t now)
{
    struct gcs_baseline *baseline = pass->baseline;
    pass->status = GCS_GROW(pass->memory, &baseline->stops, &baseline->stop_capacity,
                            baseline->stop_count + 1, pass->error);
    if (pass->status != GCS_OK)
        return false;
    uint32_t op = put_op(pass, 0, GCS_DO_MOMENT, since_moment(pass, now));
    struct gcs_stop *stop = &baseline->stops[baseline->stop_count++];
    *stop = (struct gcs_stop){.event = *event, .op = op};
    if (event->op == GCS_OP_GC && event->detail == GCS_GC_THRESHOLD)
        for (uint32_t i = 0; i < event->slots && i < GCS_GENERATIONS; i++)
            stop->values[i] = targets[event->first + i];
    stop->event.first = 0;
    return true;
}

/* A collection that a tuple of callbacks triggers comes here. */
static void end_event(struct pass *pass)
{
    put_op(pass, 0, GCS_DO_END, since_moment(pass, pass->event));
    pass->passed = false;
}

/* Behind an event's own ops, which began with `begin`. */
static enum gcs_status tick(struct pass *pass, uint32_t begin, uint32_t now)
{
    struct gcs_baseline *baseline = pass->baseline;
    GCS_TRY(GCS_GROW(pass->memory, &baseline->ticks, &baseline->tick_capacity,
                     baseline->tick_count + 1, pass->error));
    baseline->ticks[baseline->tick_count++] =
        (struct gcs_tick){begin, put_op(pass, 0, GCS_DO_END, since_moment(pass, now))};
    pass->next_tick += pass->tick_events;
    return GCS_OK;
}

static inline const uint64_t *born_with(const struct gcs_block *block,
                                        const struct gcs_event *event)
{
    return event->flags & GCS_EVENT_BORN ? block->targets + event->first : NULL;
}

/* False: stop here. */
static inline bool apply(struct pass *pass, const struct gcs_block *block,
                         const struct gcs_event *event, uint32_t now)
{
    switch ((enum gcs_op)event->op) {
    case GCS_OP_ALLOCATE:
        return allocate(pass, event, born_with(block, event), now);
    case GCS_OP_STORE:
        return store(pass, event);
    case GCS_OP_ROOT_LESS:
        return root_less(pass, event);
    case GCS_OP_ROOT_MORE:
        return root_more(pass, event);
    case GCS_OP_RESIZE:
        return resize(pass, event, now);
    case GCS_OP_WEAK:
        return refer_weakly(pass, event) ? pass->status == GCS_OK : wrong(pass);
    case GCS_OP_WORK:
        return add_work(pass, event->object, now);
    case GCS_OP_IDLE:
    case GCS_OP_BEGIN:
    case GCS_OP_END:
    case GCS_OP_COLLECT:
    case GCS_OP_GC:
    case GCS_OP_MARK:
    case GCS_OP_ENTER:
    case GCS_OP_LEAVE:
        return add_stop(pass, event, block->targets, now);
    case GCS_OP_COUNT:
        break;
    }
    return true;
}

/* Children may have lost their root, or met another holder. */
static void look_at_named(struct pass *pass, const struct gcs_block *block,
                          const struct gcs_event *event, uint32_t stamp)
{
    const uint64_t *targets = born_with(block, event);
    if (event->op == GCS_OP_ROOT_LESS || event->op == GCS_OP_ROOT_MORE)
        look_at(pass, object_find(pass, event->object), stamp);
    else if (event->op == GCS_OP_STORE)
        look_at(pass, object_find(pass, event->value), stamp);
    else if (event->op == GCS_OP_ALLOCATE && targets)
        for (uint32_t i = 0; i < event->slots; i++)
            look_at(pass, object_find(pass, targets[i]), stamp);
}

/* What has to be looked at when an event is done. */
static void follow(struct pass *pass, const struct gcs_block *block,
                   const struct gcs_event *event, size_t ops_before)
{
    size_t ops = pass->baseline->op_count;
    uint32_t stamp = (uint32_t)(ops > ops_before ? ops - 1 : ops);
    if (pass->baseline->child_count)
        look_at_named(pass, block, event, stamp);
    if (!pass->heap->rules->dict_lazy || event->op != GCS_OP_STORE)
        return;
    gcs_handle source = object_find(pass, event->object);
    if (source == NOBODY)
        return;
    source = holder_of(pass, source);
    if (traits_of(pass, object_at(pass, source))->content == CONTENT_OF_DICT)
        check_dict(pass, source, stamp);
}

/* The place in the table of what an event names, and some events later the object itself. */
static inline void expect_number(const struct pass *pass, uint64_t number, bool object)
{
    size_t page = number >> PAGE_BITS;
    if (page >= pass->page_count)
        return;
    const gcs_handle *place = &pass->pages[page].handles[number % PAGE_NUMBERS];
    if (object)
        gcs_fetch(object_at(pass, *place));
    else
        gcs_fetch(place);
}

static inline void expect(const struct pass *pass, const struct gcs_block *block,
                          uint32_t index, bool object)
{
    if (index >= block->count)
        return;
    const struct gcs_event *event = &block->events[index];
    if (event->op == GCS_OP_ALLOCATE) {
        uint32_t targets = event->flags & GCS_EVENT_BORN ? event->slots : 0;
        for (uint32_t i = 0; i < targets && i < EXPECTED_TARGETS; i++)
            expect_number(pass, block->targets[event->first + i], object);
    } else if (event->op == GCS_OP_STORE) {
        expect_number(pass, event->object, object);
        expect_number(pass, event->value, object);
    } else if (event->op == GCS_OP_ROOT_MORE || event->op == GCS_OP_ROOT_LESS) {
        expect_number(pass, event->object, object);
    }
}

/* What an object holds that is about to die. */
static inline void expect_death(const struct pass *pass, const struct gcs_block *block,
                                uint32_t index)
{
    if (index >= block->count || block->events[index].op != GCS_OP_ROOT_LESS)
        return;
    gcs_handle handle = object_find(pass, block->events[index].object);
    struct object *object = object_at(pass, handle);
    if (handle != NOBODY && object->refs == 1)
        expect_held(pass, object);
}

/* Room for all that a block can add: an event has at most two births, or a resize, or a moment,
 * and a tick, and what dies has been born before. */
static enum gcs_status reserve(struct pass *pass, uint32_t events)
{
    struct gcs_baseline *baseline = pass->baseline;
    size_t births = 2 * (size_t)events, deaths = (size_t)pass->objects + births;
    size_t ops = births + deaths + (pass->tick_events ? events / pass->tick_events + 1 : 0);
    /* What passes in deaths, and the ends of their events. */
    ops += 2 * (pass->weak.place_count + pass->closing + 4 * (size_t)events) + events;
    GCS_TRY(GCS_GROW(pass->memory, &baseline->ops, &baseline->op_capacity,
                     baseline->op_count + ops, pass->error));
    GCS_TRY(GCS_GROW(pass->memory, &baseline->aux, &baseline->aux_capacity,
                     baseline->op_count + ops, pass->error));
    GCS_TRY(GCS_GROW(pass->memory, &baseline->extras, &baseline->extra_capacity,
                     baseline->extra_count + births + deaths, pass->error));
    GCS_TRY(GCS_GROW(pass->memory, &baseline->longs, &baseline->long_capacity,
                     baseline->long_count + deaths, pass->error));
    GCS_TRY(GCS_GROW(pass->memory, &baseline->far, &baseline->far_capacity,
                     baseline->far_count + events, pass->error));
    return GCS_GROW(pass->memory, &pass->dying, &pass->dying_capacity, deaths, pass->error);
}

static enum gcs_status run_block(struct pass *pass, const struct gcs_block *block)
{
    struct gcs_baseline *baseline = pass->baseline;
    bool lazy = pass->heap->rules->dict_lazy;
    GCS_TRY(reserve(pass, block->count));
    for (uint32_t i = 0; i < block->count; i++) {
        const struct gcs_event *event = &block->events[i];
        size_t ops = baseline->op_count;
        expect(pass, block, i + 3 * EXPECTED_EVENTS, false);
        expect(pass, block, i + 2 * EXPECTED_EVENTS, true);
        expect_death(pass, block, i + EXPECTED_EVENTS);
        pass->event = (uint32_t)(block->first_event + i);
        if (!apply(pass, block, event, pass->event))
            return pass->status;
        if (pass->passed)
            end_event(pass);
        if (baseline->child_count || (lazy && event->op == GCS_OP_STORE))
            follow(pass, block, event, ops);
        if (block->first_event + i == pass->next_tick)
            GCS_TRY(tick(pass, (uint32_t)ops, (uint32_t)pass->next_tick));
    }
    if (baseline->op_count >= GCS_NEVER)
        cannot(pass, "4,294,967,295 ops and more");
    return GCS_OK;
}

static enum gcs_status run(struct pass *pass, const struct gcs_trace *trace)
{
    struct gcs_cursor *cursor;
    struct gcs_block block;
    GCS_TRY(gcs_cursor_new_ahead(trace, pass->memory, &cursor, pass->error));
    enum gcs_status status;
    do {
        status = gcs_cursor_next(cursor, &block, pass->error);
        if (status == GCS_OK)
            status = run_block(pass, &block);
    } while (status == GCS_OK && block.count && !pass->wrong && !pass->baseline->uncovered);
    gcs_cursor_free(cursor);
    return status;
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
        if (type && rules->zombie_frames &&
            (type->kind == GCS_KIND_GENERATOR || type->kind == GCS_KIND_COROUTINE ||
             type->kind == GCS_KIND_FRAME))
            return "generators, coroutines and frames up to 3.10";
    }
    return NULL;
}

/* A trace that names what is not there: replay knows how to say it. */
static enum gcs_status tell_what_is_wrong(struct pass *pass, const struct gcs_trace *trace)
{
    struct gcs_lifetimes lifetimes;
    GCS_TRY(gcs_lifetimes_of(trace, pass->memory, &lifetimes, pass->error));
    gcs_lifetimes_fini(&lifetimes);
    cannot(pass, "a trace that names what is not there");
    return GCS_OK;
}

static enum gcs_status analyse(struct pass *pass, const struct gcs_trace *trace)
{
    GCS_TRY(kinds_init(pass));
    GCS_TRY(objects_init(pass));
    GCS_TRY(run(pass, trace));
    if (pass->wrong && !pass->baseline->uncovered)
        return tell_what_is_wrong(pass, trace);
    return pass->baseline->uncovered ? GCS_OK : baseline_end(pass);
}

enum gcs_status gcs_baseline_of(const struct gcs_trace *trace, const struct gcs_rules *rules,
                                uint64_t tick_events, struct gcs_memory *memory,
                                struct gcs_baseline *baseline, struct gcs_error *error)
{
    struct pass pass = {
        .baseline = baseline,
        .memory = memory,
        .error = error,
        .tick_events = tick_events,
        .next_tick = tick_events ? 0 : UINT64_MAX,

    };
    *baseline = (struct gcs_baseline){.memory = memory, .list_count = 1};
    baseline->uncovered = uncovered_by(trace, rules);
    if (baseline->uncovered)
        return GCS_OK;
    GCS_TRY(gcs_heap_new(trace, rules, memory, &pass.heap, error));
    enum gcs_status status = analyse(&pass, trace);
    singles_fini(&pass);
    weak_fini(&pass);
    objects_fini(&pass);
    kinds_fini(&pass);
    gcs_heap_free(pass.heap);
    if (status != GCS_OK)
        gcs_baseline_fini(baseline);
    return status;
}
