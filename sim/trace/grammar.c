/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may stand where in a trace: T1–T3 of trace.h as one state machine. Only builders run it,
 * so no trace exists that breaks it. A fault names the field of the line that is wrong; readers
 * turn that into a column.
 */
#include "trace_private.h"

#include <string.h>

#define FAULT(grammar, field, ...) \
    ((grammar)->fault_field = (field), gcs_fail(error, GCS_INVALID, __VA_ARGS__))

void gcs_grammar_init(struct gcs_grammar *grammar, struct gcs_memory *memory)
{
    *grammar = (struct gcs_grammar){.memory = memory};
    gcs_arena_init(&grammar->names);
}

void gcs_grammar_fini(struct gcs_grammar *grammar)
{
    struct gcs_memory *memory = grammar->memory;
    gcs_arena_fini(&grammar->names);
    gcs_memory_free(memory, grammar->types, grammar->types_capacity, sizeof *grammar->types);
    gcs_memory_free(memory, grammar->type_slots, grammar->type_slots_capacity,
                    sizeof *grammar->type_slots);
    gcs_memory_free(memory, grammar->labels, grammar->labels_capacity, sizeof *grammar->labels);
    gcs_memory_free(memory, grammar->label_ids, grammar->label_ids_capacity,
                    sizeof *grammar->label_ids);
    gcs_map_fini(&grammar->labels_by_hash, memory);
    gcs_map_fini(&grammar->open_requests, memory);
}

enum gcs_status gcs_grammar_options(struct gcs_grammar *grammar,
                                    const struct gcs_options *options, struct gcs_error *error)
{
    if (grammar->begun)
        return FAULT(grammar, 0, "options stand directly behind the first line");
    if (options->objects_minor > 99)
        return FAULT(grammar, 1, "objects=3.%u: no such version", options->objects_minor);
    if (options->standing > GCS_OBJECTS_MAX)
        return FAULT(grammar, 1, "standing: at most %llu objects fit in a trace",
                     (unsigned long long)GCS_OBJECTS_MAX);
    for (unsigned i = 0; i < 5; i++) {
        uint64_t most = i < 3 ? INT32_MAX : INT64_MAX; /* C's int and Py_ssize_t in CPython */
        if (options->start[i] && !options->has_start)
            return FAULT(grammar, 1, "start: counters are given, but has_start is not set");
        if (options->start[i] > most)
            return FAULT(grammar, 1, "start: number %u is above %llu", i + 1,
                         (unsigned long long)most);
    }
    grammar->options = *options;
    return GCS_OK;
}

/* Names are kept in an arena, which knows no budget: so they have a bound of their own. */
static enum gcs_status check_name(struct gcs_grammar *grammar, uint64_t field, const char *what,
                                  const char *name, size_t length, struct gcs_error *error)
{
    if (length == 0)
        return FAULT(grammar, field, "%s is empty", what);
    if (length > GCS_NAME_BYTES_MAX)
        return FAULT(grammar, field, "%s has %zu bytes; at most %u are allowed", what, length,
                     GCS_NAME_BYTES_MAX);
    if (!gcs_name_is_clean(name, length))
        return FAULT(grammar, field, "%s is not UTF-8 without blanks and control characters",
                     what);
    if (grammar->name_bytes + length > GCS_ALL_NAMES_MAX)
        return FAULT(grammar, field, "all names and labels together exceed %u MiB",
                     GCS_ALL_NAMES_MAX >> 20);
    return GCS_OK;
}

static enum gcs_status check_type(struct gcs_grammar *grammar, const struct gcs_type *type,
                                  struct gcs_error *error)
{
    if (type->number > GCS_TYPE_NUMBER_MAX)
        return FAULT(grammar, 1, "type %u: numbers end at %u", type->number,
                     GCS_TYPE_NUMBER_MAX);
    if (type->number < grammar->type_count && grammar->types[type->number])
        return FAULT(grammar, 1, "type %u is defined already: take another number",
                     type->number);
    if (type->slots > GCS_SLOTS_MAX)
        return FAULT(grammar, 3, "%u slots: at most %u are allowed", type->slots,
                     GCS_SLOTS_MAX);
    if (type->kind == GCS_KIND_ATOMIC && type->slots)
        return FAULT(grammar, 3, "an atomic type refers to nothing: SLOTS must be 0");
    if (type->bytes != GCS_BYTES_BY_MODEL && type->bytes > GCS_OBJECT_BYTES_MAX)
        return FAULT(grammar, 4, "%llu bytes: an object has less than 1 TiB",
                     (unsigned long long)type->bytes);
    if ((unsigned)type->kind >= GCS_KIND_COUNT)
        return FAULT(grammar, 5, "kind %u: no such kind", (unsigned)type->kind);
    if (type->dict && type->kind != GCS_KIND_INSTANCE)
        return FAULT(grammar, 5, "dict is for instances of Python classes only, not kind=%s",
                     gcs_kind_name(type->kind));
    if ((unsigned)type->finalizer > GCS_FINALIZER_RESURRECT)
        return FAULT(grammar, 5, "finalizer %u: no such finalizer", (unsigned)type->finalizer);
    return GCS_OK;
}

enum gcs_status gcs_grammar_type(struct gcs_grammar *grammar, const struct gcs_type *type,
                                 size_t name_length, const struct gcs_type **kept,
                                 struct gcs_error *error)
{
    GCS_TRY(check_type(grammar, type, error));
    GCS_TRY(check_name(grammar, 2, "the type's name", type->name, name_length, error));
    uint32_t count = grammar->type_count;
    uint32_t wanted = type->number < count ? count : type->number + 1;
    GCS_TRY(
        GCS_GROW(grammar->memory, &grammar->types, &grammar->types_capacity, wanted, error));
    GCS_TRY(GCS_GROW(grammar->memory, &grammar->type_slots, &grammar->type_slots_capacity,
                     wanted, error));
    for (; count < wanted; count++) {
        grammar->types[count] = NULL;
        grammar->type_slots[count] = 0;
    }
    struct gcs_type *copy = gcs_arena_push(&grammar->names, sizeof *copy);
    *copy = *type;
    copy->name = gcs_arena_string(&grammar->names, type->name, name_length);
    grammar->name_bytes += name_length;
    grammar->types[type->number] = copy;
    grammar->type_slots[type->number] = type->slots;
    grammar->type_count = count;
    grammar->types_defined++;
    grammar->begun = true;
    *kept = copy;
    return GCS_OK;
}

enum gcs_status gcs_grammar_label(struct gcs_grammar *grammar, const char *label, size_t length,
                                  uint32_t *id, struct gcs_error *error)
{
    uint64_t hash = XXH3_64bits(label, length);
    const uint32_t *known = gcs_map_find(&grammar->labels_by_hash, hash);
    for (; known; known = gcs_map_find(&grammar->labels_by_hash, ++hash)) {
        const char *other = grammar->labels[*known];
        if (strlen(other) == length && !memcmp(other, label, length)) {
            *id = *known;
            return GCS_OK;
        }
    }
    GCS_TRY(check_name(grammar, 1, "the label", label, length, error));
    uint32_t count = grammar->label_count;
    if (count == GCS_LABELS_MAX)
        return FAULT(grammar, 1, "a trace has at most %u different labels", GCS_LABELS_MAX);
    GCS_TRY(GCS_GROW(grammar->memory, &grammar->labels, &grammar->labels_capacity, count + 1,
                     error));
    GCS_TRY(GCS_GROW(grammar->memory, &grammar->label_ids, &grammar->label_ids_capacity,
                     count + 1, error));
    GCS_TRY(gcs_map_add(&grammar->labels_by_hash, grammar->memory, hash, count, error));
    grammar->labels[count] = gcs_arena_string(&grammar->names, label, length);
    grammar->label_ids[count] = GCS_NO_LABEL;
    grammar->name_bytes += length;
    grammar->label_count++;
    *id = count;
    return GCS_OK;
}

/* Object `object`, named in field `field`, must have been allocated. */
static inline enum gcs_status check_object(struct gcs_grammar *grammar, uint64_t field,
                                           uint64_t object, struct gcs_error *error)
{
    if (object - 1 < grammar->allocations) /* 0 wraps */
        return GCS_OK;
    if (!object)
        return FAULT(grammar, field, "objects are numbered from 1: 0 is none");
    return FAULT(grammar, field, "object %llu is not allocated yet (the newest is %llu)",
                 (unsigned long long)object, (unsigned long long)grammar->allocations);
}

static enum gcs_status check_targets(struct gcs_grammar *grammar, struct gcs_event *event,
                                     const uint64_t *targets, struct gcs_error *error)
{
    if (!event->slots)
        return FAULT(grammar, GCS_FIELD_TARGETS,
                     "an object without slots is born without "
                     "references: leave `=` out");
    uint64_t any = 0, beyond = 0; /* a negative difference shows in the highest bit */
    for (uint32_t i = 0; i < event->slots; i++) {
        any |= targets[i];
        beyond |= grammar->allocations - targets[i];
    }
    for (uint32_t i = 0; (beyond | any) >> 63 && i < event->slots; i++)
        if (targets[i])
            GCS_TRY(check_object(grammar, GCS_FIELD_TARGETS + i, targets[i], error));
    if (!any) /* the one form: an object all of whose slots are empty is born without a list */
        event->flags &= (uint8_t)~GCS_EVENT_BORN;
    return GCS_OK;
}

static enum gcs_status step_allocate(struct gcs_grammar *grammar, struct gcs_event *event,
                                     const uint64_t *targets, struct gcs_error *error)
{
    if (event->object != grammar->allocations + 1 || event->object > GCS_OBJECTS_MAX)
        return FAULT(grammar, 1, "objects are allocated as 1, 2, 3, …: this one is %llu",
                     (unsigned long long)grammar->allocations + 1);
    if (event->type >= grammar->type_count || !grammar->types[event->type])
        return FAULT(grammar, 2, "type %u is not defined: put its `t` line before this one",
                     event->type);
    const struct gcs_type *type = grammar->types[event->type];
    bool own_slots = event->slots != type->slots;
    if (event->value > GCS_OBJECT_BYTES_MAX)
        return FAULT(grammar, 3, "%llu bytes: a payload has less than 1 TiB",
                     (unsigned long long)event->value);
    if (own_slots && !(event->flags & GCS_EVENT_OWN_SLOTS))
        return FAULT(grammar, 4, "%u slots, but type %s has %u, and no SLOTS are given",
                     event->slots, type->name, type->slots);
    if (event->slots > GCS_SLOTS_MAX)
        return FAULT(grammar, 4, "%u slots: at most %u are allowed", event->slots,
                     GCS_SLOTS_MAX);
    if (type->kind == GCS_KIND_ATOMIC && event->slots)
        return FAULT(grammar, 4, "type %s is atomic and refers to nothing: SLOTS must be 0",
                     type->name);
    if (type->kind == GCS_KIND_TUPLE && !event->slots)
        return FAULT(grammar, own_slots ? 4 : 2,
                     "a tuple has at least one slot (the empty one is a singleton, "
                     "never allocated)");
    event->flags &= GCS_EVENT_BORN;
    event->flags |= own_slots      ? GCS_EVENT_OWN_SLOTS | GCS_EVENT_OWN_EXTRA
                    : event->value ? GCS_EVENT_OWN_EXTRA
                                   : 0;
    if (event->flags & GCS_EVENT_BORN)
        GCS_TRY(check_targets(grammar, event, targets, error));
    grammar->allocations++;
    grammar->weak = type->kind == GCS_KIND_WEAKREF ? event->object : 0;
    return GCS_OK;
}

static enum gcs_status step_weak(struct gcs_grammar *grammar, const struct gcs_event *event,
                                 struct gcs_error *error)
{
    if (event->object != grammar->weak || !event->object)
        return FAULT(grammar, 1,
                     "`k` stands directly behind the `a` of an object of kind "
                     "weakref, and names it");
    GCS_TRY(check_object(grammar, 2, event->value, error));
    if (event->value == event->object)
        return FAULT(grammar, 2, "a weak reference cannot refer to itself");
    if (event->detail > GCS_WEAK_DROP)
        return FAULT(grammar, 3, "callback %u: no such callback", event->detail);
    return GCS_OK;
}

static enum gcs_status step_time(struct gcs_grammar *grammar, const struct gcs_event *event,
                                 struct gcs_error *error)
{
    if (event->object > GCS_TRACE_TIME_MAX - grammar->time_ns)
        return FAULT(grammar, 1, "work and waiting add up to more than 2^63 ns (292 years)");
    grammar->time_ns += event->object;
    if (event->op == GCS_OP_WORK)
        grammar->work_ns += event->object;
    return GCS_OK;
}

static enum gcs_status step_request(struct gcs_grammar *grammar, struct gcs_event *event,
                                    struct gcs_error *error)
{
    bool open = gcs_map_find(&grammar->open_requests, event->object) != NULL;
    if (event->op == GCS_OP_END) {
        if (!open)
            return FAULT(grammar, 1, "request %llu is not open: no `b` stands before this `e`",
                         (unsigned long long)event->object);
        gcs_map_remove(&grammar->open_requests, event->object);
        return GCS_OK;
    }
    if (open)
        return FAULT(grammar, 1, "request %llu is open already: end it first",
                     (unsigned long long)event->object);
    event->flags &= GCS_EVENT_ARRIVAL;
    if (!event->flags)
        event->value = 0;
    if (event->value > GCS_TRACE_TIME_MAX)
        return FAULT(grammar, 2, "ARRIVAL_NS is beyond 2^63 ns (292 years)");
    if (grammar->open_requests.count == GCS_OPEN_REQUESTS_MAX)
        return FAULT(grammar, 1, "more than %u requests are open at once",
                     GCS_OPEN_REQUESTS_MAX);
    GCS_TRY(gcs_map_add(&grammar->open_requests, grammar->memory, event->object, 0, error));
    grammar->requests++;
    return GCS_OK;
}

static enum gcs_status step_gc(struct gcs_grammar *grammar, const struct gcs_event *event,
                               const uint64_t *targets, struct gcs_error *error)
{
    if (event->detail >= GCS_GC_COLLECT)
        return FAULT(grammar, 1,
                     "no such action: enable, disable, freeze, unfreeze, threshold");
    if (event->detail != GCS_GC_THRESHOLD)
        return GCS_OK;
    if (event->slots < 1 || event->slots > 3)
        return FAULT(grammar, 2, "threshold takes one to three numbers");
    for (uint32_t i = 0; i < event->slots; i++)
        if (targets[i] + (uint64_t)INT32_MAX + 1 > UINT32_MAX) /* a C int in CPython */
            return FAULT(grammar, 2 + i, "a threshold lies in -2147483648 … 2147483647");
    return GCS_OK;
}

static enum gcs_status step_rare(struct gcs_grammar *grammar, struct gcs_event *event,
                                 const uint64_t *targets, struct gcs_error *error)
{
    switch ((enum gcs_op)event->op) {
    case GCS_OP_RESIZE:
        if (event->value > GCS_OBJECT_BYTES_MAX)
            return FAULT(grammar, 2, "%llu bytes: a payload has less than 1 TiB",
                         (unsigned long long)event->value);
        return check_object(grammar, 1, event->object, error);
    case GCS_OP_WORK:
    case GCS_OP_IDLE:
        return step_time(grammar, event, error);
    case GCS_OP_BEGIN:
    case GCS_OP_END:
        return step_request(grammar, event, error);
    case GCS_OP_COLLECT:
        if (event->detail > 2)
            return FAULT(grammar, 1, "generation %u: 0, 1 or 2", event->detail);
        return GCS_OK;
    case GCS_OP_GC:
        return step_gc(grammar, event, targets, error);
    case GCS_OP_ENTER:
    case GCS_OP_LEAVE:
        if (grammar->inside == (event->op == GCS_OP_ENTER))
            return FAULT(grammar, 0,
                         grammar->inside ? "`u` stretches do not nest: `v` comes first"
                                         : "`v` ends a stretch that no `u` has begun");
        grammar->inside = !grammar->inside;
        return GCS_OK;
    case GCS_OP_MARK:
        if (event->type >= grammar->label_count)
            return FAULT(grammar, 1, "label %u is not defined", event->type);
        return GCS_OK;
    case GCS_OP_ALLOCATE:
    case GCS_OP_STORE:
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
    case GCS_OP_WEAK:
    case GCS_OP_COUNT:
        break;
    }
    return FAULT(grammar, 0, "operation %u: no such event", event->op);
}

enum gcs_status gcs_grammar_step(struct gcs_grammar *grammar, struct gcs_event *event,
                                 const uint64_t *targets, struct gcs_error *error)
{
    switch (event->op) {
    case GCS_OP_ALLOCATE:
        GCS_TRY(step_allocate(grammar, event, targets, error));
        grammar->events++;
        grammar->begun = true;
        return GCS_OK; /* the one event that `k` may follow */
    case GCS_OP_STORE:
        GCS_TRY(check_object(grammar, 1, event->object, error));
        if (event->type >= GCS_SLOTS_MAX)
            return FAULT(grammar, 2, "slot %u: no object has more than %u slots", event->type,
                         GCS_SLOTS_MAX);
        if (event->value)
            GCS_TRY(check_object(grammar, 3, event->value, error));
        break;
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
        GCS_TRY(check_object(grammar, 1, event->object, error));
        break;
    case GCS_OP_WEAK:
        GCS_TRY(step_weak(grammar, event, error));
        break;
    default:
        GCS_TRY(step_rare(grammar, event, targets, error));
    }
    grammar->weak = 0;
    grammar->events++;
    grammar->begun = true;
    return GCS_OK;
}

enum gcs_status gcs_grammar_end(struct gcs_grammar *grammar, struct gcs_error *error)
{
    if (grammar->inside)
        return FAULT(grammar, 0, "the trace ends inside a `u` stretch: `v` is missing");
    if (grammar->options.standing > grammar->allocations)
        return FAULT(grammar, 0, "standing=%llu, but the trace allocates %llu objects only",
                     (unsigned long long)grammar->options.standing,
                     (unsigned long long)grammar->allocations);
    return GCS_OK;
}
