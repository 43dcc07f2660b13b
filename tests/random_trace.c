/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "random_trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const random_trace_names[RANDOM_TRACE_FEATURES] = {
    "lists",      "tuples",     "dicts",    "atoms",     "instdict",   "sets",
    "payloads",   "born",       "ownslots", "manual",    "freeze",     "threshold",
    "stretches",  "requests",   "work",     "marks",     "finalizers", "resurrect",
    "legacy",     "weakrefs",   "builtins", "functions", "iterators",  "frames",
    "generators", "coroutines", "standing", "start",     "objects",    "resolved"};

enum { MAX_OPEN_REQUESTS = 4, LONGEST_WALK = 8, PHASES = 8, NO_TYPE = -1 };

/* COMPLETE: any that is born complete and no tuple. */
enum kind { INSTANCE, ATOMIC, TUPLE, LIST, DICT, SET, WEAKREF, COMPLETE, CONTAINER, ITERATOR };

struct type {
    const char *name;
    uint32_t slots;
    enum kind kind;
    const char *flags;
    uint32_t feature; /* that brings it in; 0: always there */
};

/* Rows that patterns ask for. */
enum { LEAF = 7, TUPLE1 = 12, TUPLE2 = 13, TUPLE_SIZES = 3 };

/* Every row is as likely as any other. */
static const struct type types[] = {
    {"Node0", 0, INSTANCE, "", 0},
    {"Node1", 1, INSTANCE, "", 0},
    {"Node2", 2, INSTANCE, "", 0},
    {"Node4", 4, INSTANCE, "", 0},
    {"Node8", 8, INSTANCE, "", 0},
    {"Weak0", 0, INSTANCE, " weakrefable", 0},
    {"Weak2", 2, INSTANCE, " weakrefable", 0},
    [LEAF] = {"Leaf", 0, ATOMIC, " kind=atomic", RANDOM_TRACE_ATOMS},
    {"Leaf2", 0, ATOMIC, " kind=atomic", RANDOM_TRACE_ATOMS},
    {"Empty", 0, LIST, " kind=list", RANDOM_TRACE_LISTS},
    {"Pair", 2, LIST, " kind=list", RANDOM_TRACE_LISTS},
    {"List", 5, LIST, " kind=list", RANDOM_TRACE_LISTS},
    [TUPLE1] = {"Tuple1", 1, TUPLE, " kind=tuple", RANDOM_TRACE_TUPLES},
    [TUPLE2] = {"Tuple2", 2, TUPLE, " kind=tuple", RANDOM_TRACE_TUPLES},
    {"Tuple3", 3, TUPLE, " kind=tuple", RANDOM_TRACE_TUPLES},
    {"Tuple20", 20, TUPLE, " kind=tuple", RANDOM_TRACE_TUPLES},
    {"Dict0", 0, DICT, " kind=dict", RANDOM_TRACE_DICTS},
    {"Dict2", 2, DICT, " kind=dict", RANDOM_TRACE_DICTS},
    {"Dict6", 6, DICT, " kind=dict", RANDOM_TRACE_DICTS},
    {"Obj0", 0, INSTANCE, " dict weakrefable", RANDOM_TRACE_INSTANCE_DICTS},
    {"Obj1", 1, INSTANCE, " dict weakrefable", RANDOM_TRACE_INSTANCE_DICTS},
    {"Obj3", 3, INSTANCE, " dict", RANDOM_TRACE_INSTANCE_DICTS},
    {"Obj7", 7, INSTANCE, " dict weakrefable", RANDOM_TRACE_INSTANCE_DICTS},
    {"Set3", 3, SET, " kind=set", RANDOM_TRACE_SETS},
    {"Set9", 9, SET, " kind=set", RANDOM_TRACE_SETS},
    {"Fin2", 2, INSTANCE, " finalizer", RANDOM_TRACE_FINALIZERS},
    {"FinD2", 2, INSTANCE, " dict weakrefable finalizer", RANDOM_TRACE_FINALIZERS},
    {"Res2", 2, INSTANCE, " finalizer=resurrect", RANDOM_TRACE_RESURRECT},
    {"ResD2", 2, INSTANCE, " dict weakrefable finalizer=resurrect", RANDOM_TRACE_RESURRECT},
    {"Legacy2", 2, INSTANCE, " legacy", RANDOM_TRACE_LEGACY},
    {"Cell", 1, CONTAINER, " kind=cell", RANDOM_TRACE_BUILTINS},
    {"Cont3", 3, CONTAINER, " kind=container", RANDOM_TRACE_BUILTINS},
    {"Slice", 3, COMPLETE, " kind=slice", RANDOM_TRACE_BUILTINS},
    {"Method", 2, COMPLETE, " kind=method", RANDOM_TRACE_BUILTINS},
    {"Builtin", 1, COMPLETE, " kind=cfunction", RANDOM_TRACE_BUILTINS},
    {"Func0", 0, CONTAINER, " kind=function", RANDOM_TRACE_FUNCTIONS},
    {"Func3", 3, CONTAINER, " kind=function", RANDOM_TRACE_FUNCTIONS},
    {"Func7", 7, CONTAINER, " kind=function", RANDOM_TRACE_FUNCTIONS},
    {"Iter", 1, ITERATOR, " kind=iterator", RANDOM_TRACE_ITERATORS},
    {"Frame0", 0, CONTAINER, " kind=frame", RANDOM_TRACE_FRAMES},
    {"Frame3", 3, CONTAINER, " kind=frame", RANDOM_TRACE_FRAMES},
    {"Frame9", 9, CONTAINER, " kind=frame", RANDOM_TRACE_FRAMES},
    {"Gen0", 0, CONTAINER, " kind=generator", RANDOM_TRACE_GENERATORS},
    {"Gen2", 2, CONTAINER, " kind=generator", RANDOM_TRACE_GENERATORS},
    {"Gen4", 4, CONTAINER, " kind=generator", RANDOM_TRACE_GENERATORS},
    {"Coro1", 1, CONTAINER, " kind=coroutine", RANDOM_TRACE_COROUTINES},
    {"Coro3", 3, CONTAINER, " kind=coroutine", RANDOM_TRACE_COROUTINES},
    {"Ref", 0, WEAKREF, " kind=weakref", RANDOM_TRACE_WEAKREFS},
};

enum { TYPES = sizeof types / sizeof types[0] };

struct object {
    int type;
    uint32_t slots;
    size_t first; /* of its slots, in generator.slots */
    uint32_t roots;
    size_t place; /* in generator.roots, if it has any */
    bool has_plain_weakref;
    uint32_t visited;
};

/* A weak reference that has its root still, and may be named while its target lives. */
struct weak {
    uint32_t object;
    uint32_t target;
    bool drops;
};

struct generator {
    uint64_t state;
    struct random_trace_shape shape;
    char *text;
    size_t length;
    size_t room;
    bool failed; /* out of memory */
    uint32_t events;
    int number[TYPES]; /* in the trace, or NO_TYPE */
    bool late_types;   /* each stands just before its first use */
    int types;
    struct object *objects; /* 0 is nobody */
    size_t objects_room;
    uint32_t count;
    uint32_t *slots;
    size_t slots_used;
    size_t slots_room;
    uint32_t *roots;
    size_t roots_room;
    uint32_t root_count;
    uint32_t most_roots;
    struct weak *weaks;
    size_t weaks_room;
    size_t weak_count;
    uint32_t *todo; /* of mark() */
    size_t todo_room;
    uint32_t mark;
    uint32_t stretch_end; /* event number, 0: none open */
    uint32_t enable_at;
    uint32_t open[MAX_OPEN_REQUESTS];
    uint32_t requests;
    uint64_t arrival;
    uint32_t standing; /* the objects that begin the trace */
};

/* ---------------------------------------------------------------------------------- basics */

/* splitmix64: any seed is as good as any other. */
static uint64_t draw(struct generator *gen)
{
    uint64_t z = gen->state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/* One of 0 ... n-1; the bias does not matter to a test. */
static uint32_t below(struct generator *gen, uint32_t n)
{
    return (uint32_t)((draw(gen) >> 32) * n >> 32);
}

static bool one_in(struct generator *gen, uint32_t n)
{
    return below(gen, n) == 0;
}

static bool has(const struct generator *gen, uint32_t feature)
{
    return (gen->shape.features & feature) != 0;
}

static bool closes(const struct generator *gen)
{
    return has(gen, RANDOM_TRACE_GENERATORS) || has(gen, RANDOM_TRACE_COROUTINES);
}

/* Makes room for at least n elements; on failure everything stops quietly. */
static bool reserve(struct generator *gen, void *pointer, size_t *room, size_t n, size_t size)
{
    if (n <= *room) {
        return true;
    }
    const size_t more = n * 2 + 64;
    void *old;
    memcpy(&old, pointer, sizeof old);
    void *data = realloc(old, more * size);
    if (!data) {
        gen->failed = true;
        return false;
    }
    memcpy(pointer, &data, sizeof data);
    *room = more;
    return true;
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
print(struct generator *gen, const char *format, ...)
{
    va_list arguments;
    if (!reserve(gen, &gen->text, &gen->room, gen->length + 80, 1)) {
        return;
    }
    va_start(arguments, format);
    const int written = vsnprintf(gen->text + gen->length, 80, format, arguments);
    va_end(arguments);
    gen->length += written > 0 ? (size_t)written : 0;
}

static void end_event(struct generator *gen)
{
    print(gen, "\n");
    gen->events++;
}

/* ------------------------------------------------------------------------ the object graph */

static uint32_t *slots_of(const struct generator *gen, uint32_t object)
{
    return gen->slots + gen->objects[object].first;
}

static enum kind kind_of(const struct generator *gen, uint32_t object)
{
    return types[gen->objects[object].type].kind;
}

static void add_root(struct generator *gen, uint32_t object)
{
    if (gen->objects[object].roots++ == 0 &&
        reserve(gen, &gen->roots, &gen->roots_room, gen->root_count + 1U, sizeof *gen->roots)) {
        gen->objects[object].place = gen->root_count;
        gen->roots[gen->root_count++] = object;
    }
}

static void take_root(struct generator *gen, uint32_t object)
{
    if (--gen->objects[object].roots == 0) {
        const size_t place = gen->objects[object].place;
        gen->roots[place] = gen->roots[--gen->root_count];
        gen->objects[gen->roots[place]].place = place;
    }
}

/* An object with a root reference, 0 if there is none: any, an old one or a young one. */
static uint32_t pick_root(struct generator *gen)
{
    if (gen->root_count == 0) {
        return 0;
    }
    uint32_t picked = gen->roots[below(gen, gen->root_count)];
    const uint32_t wish = below(gen, 3);
    for (int i = 0; i < 4 && wish > 0; i++) {
        const uint32_t other = gen->roots[below(gen, gen->root_count)];
        if ((wish == 1) == (other < picked)) {
            picked = other;
        }
    }
    return picked;
}

/* The end of a walk from a root: an object that the program can reach. */
static uint32_t pick(struct generator *gen)
{
    uint32_t at = pick_root(gen);
    for (uint32_t steps = below(gen, LONGEST_WALK); at && steps > 0; steps--) {
        const struct object *object = &gen->objects[at];
        const uint32_t next = object->slots ? slots_of(gen, at)[below(gen, object->slots)] : 0;
        /* A weak reference may be named only while its target lives. */
        if (next && kind_of(gen, next) != WEAKREF) {
            at = next;
        }
    }
    return at;
}

/* Objects that nothing can be stored into. */
static bool is_complete(int type)
{
    return types[type].kind == TUPLE || types[type].kind == COMPLETE;
}

static bool in_set(const struct generator *gen, uint32_t set, uint32_t member)
{
    for (uint32_t i = 0; i < gen->objects[set].slots; i++) {
        if (slots_of(gen, set)[i] == member) {
            return true;
        }
    }
    return false;
}

/* Whether a slot of the source may hold the target. */
static bool fits(const struct generator *gen, uint32_t source, uint32_t target)
{
    if (target == 0) {
        return true;
    }
    const enum kind kind = kind_of(gen, target);
    if (kind_of(gen, source) == SET) {
        /* Hashed by identity, all others not at all or by content. */
        return (kind == INSTANCE || kind == ATOMIC) && !in_set(gen, source, target);
    }
    if (kind_of(gen, source) == ITERATOR) {
        return kind == LIST;
    }
    return kind_of(gen, source) != TUPLE || kind != TUPLE || !has(gen, RANDOM_TRACE_SETS);
}

static bool is_reachable(struct generator *gen, uint32_t wanted)
{
    size_t waiting = 0;
    if (!reserve(gen, &gen->todo, &gen->todo_room, gen->count + 1U, sizeof *gen->todo)) {
        return false;
    }
    gen->mark++;
    for (uint32_t i = 0; i < gen->root_count; i++) {
        gen->objects[gen->roots[i]].visited = gen->mark;
        gen->todo[waiting++] = gen->roots[i];
    }
    while (waiting > 0) {
        const uint32_t at = gen->todo[--waiting];
        for (uint32_t i = 0; i < gen->objects[at].slots; i++) {
            const uint32_t next = slots_of(gen, at)[i];
            if (next && gen->objects[next].visited != gen->mark) {
                gen->objects[next].visited = gen->mark;
                gen->todo[waiting++] = next;
            }
        }
    }
    return gen->objects[wanted].visited == gen->mark;
}

/* ------------------------------------------------------------------------- single events */

static void write_type(struct generator *gen, int type)
{
    if (gen->number[type] != NO_TYPE) {
        return;
    }
    gen->number[type] = gen->types++;
    print(gen, "t %d %s %" PRIu32 " ", gen->number[type], types[type].name, types[type].slots);
    if (one_in(gen, 3)) {
        print(gen, "%" PRIu32, 32 + types[type].slots * 8);
    } else {
        print(gen, "-");
    }
    print(gen, "%s\n", types[type].flags);
}

/* Up to 3.10 it is more than one object, which a trace with `o objects` would have to write
 * out.
 */
static bool hides_objects(const struct type *type)
{
    return (strstr(type->flags, " dict") && type->slots > 1 && type->kind == INSTANCE) ||
           (type->feature & (RANDOM_TRACE_GENERATORS | RANDOM_TRACE_COROUTINES)) != 0;
}

static bool offered(const struct generator *gen, int type)
{
    return !(has(gen, RANDOM_TRACE_OBJECTS) && hides_objects(&types[type])) &&
           types[type].kind != WEAKREF &&
           (types[type].feature == 0 || has(gen, types[type].feature));
}

static int pick_type(struct generator *gen)
{
    for (;;) {
        const int type = (int)below(gen, TYPES);
        if (offered(gen, type)) {
            return type;
        }
    }
}

/* One that can hold others and be stored into; there are always the nodes. */
static int pick_container(struct generator *gen)
{
    for (;;) {
        const int type = pick_type(gen);
        if (types[type].slots > 0 && types[type].kind != SET && types[type].kind != ITERATOR &&
            !is_complete(type)) {
            return type;
        }
    }
}

/* A new row of objects with empty slots and one root reference. */
static uint32_t add_object(struct generator *gen, int type, uint32_t slots)
{
    if (!reserve(gen, &gen->objects, &gen->objects_room, gen->count + 2U,
                 sizeof *gen->objects) ||
        !reserve(gen, &gen->slots, &gen->slots_room, gen->slots_used + slots,
                 sizeof *gen->slots)) {
        return 0;
    }
    const uint32_t object = ++gen->count;
    gen->objects[object] =
        (struct object){.type = type, .slots = slots, .first = gen->slots_used};
    for (uint32_t i = 0; i < slots; i++) {
        gen->slots[gen->slots_used++] = 0;
    }
    return object;
}

static void print_allocation(struct generator *gen, uint32_t object)
{
    const struct object *made = &gen->objects[object];
    const struct type *type = &types[made->type];
    bool empty = true;
    print(gen, "a %" PRIu32 " %d", object, gen->number[made->type]);
    const uint32_t extra =
        has(gen, RANDOM_TRACE_PAYLOADS) && one_in(gen, 4) ? below(gen, 5000) : 0;
    if (made->slots != type->slots) {
        print(gen, " %" PRIu32 " %" PRIu32, extra, made->slots);
    } else if (extra) {
        print(gen, " %" PRIu32, extra);
    }
    for (uint32_t i = 0; i < made->slots; i++) {
        empty = empty && slots_of(gen, object)[i] == 0;
    }
    for (uint32_t i = 0; !empty && i < made->slots; i++) {
        print(gen, i == 0 ? " = %" PRIu32 : " %" PRIu32, slots_of(gen, object)[i]);
    }
    end_event(gen);
}

static uint32_t choose_slots(struct generator *gen, const struct type *type)
{
    if (!has(gen, RANDOM_TRACE_OWN_SLOTS) || !one_in(gen, 4) ||
        (type->kind != LIST && type->kind != TUPLE && type->kind != DICT)) {
        return type->slots;
    }
    return type->kind == TUPLE ? 1 + below(gen, 22) : below(gen, 12);
}

/* Allocates; the first slot holds `inner` if that is not 0 and the kind allows it. */
static uint32_t allocate(struct generator *gen, int type, uint32_t inner)
{
    if (gen->late_types) {
        write_type(gen, type);
    }
    const uint32_t slots = choose_slots(gen, &types[type]);
    const uint32_t object = add_object(gen, type, slots);
    if (!object) {
        return 0;
    }
    const bool born =
        types[type].kind == TUPLE || (has(gen, RANDOM_TRACE_BORN) && (inner || one_in(gen, 2)));
    if (born && inner && slots > 0 && fits(gen, object, inner)) {
        slots_of(gen, object)[0] = inner;
    }
    for (uint32_t i = inner ? 1 : 0; born && i < slots && i < 6; i++) {
        const uint32_t target = one_in(gen, 3) ? 0 : pick(gen);
        if (fits(gen, object, target)) {
            slots_of(gen, object)[i] = target;
        }
    }
    print_allocation(gen, object);
    add_root(gen, object);
    return object;
}

static void store(struct generator *gen, uint32_t source, uint32_t slot, uint32_t target)
{
    if (source && slot < gen->objects[source].slots &&
        !is_complete(gen->objects[source].type) && fits(gen, source, target)) {
        slots_of(gen, source)[slot] = target;
        print(gen, "s %" PRIu32 " %" PRIu32 " %" PRIu32, source, slot, target);
        end_event(gen);
    }
}

static void release(struct generator *gen, uint32_t object)
{
    if (object) {
        take_root(gen, object);
        print(gen, "d %" PRIu32, object);
        end_event(gen);
    }
}

static void retain(struct generator *gen, uint32_t object)
{
    if (object) {
        add_root(gen, object);
        print(gen, "r %" PRIu32, object);
        end_event(gen);
    }
}

/* ------------------------------------------------------------------------------- patterns */

/* Objects in a ring, which one root or none keeps. */
static void make_cycle(struct generator *gen)
{
    uint32_t ring[8];
    const uint32_t size = 1 + below(gen, 8);
    for (uint32_t i = 0; i < size; i++) {
        ring[i] = allocate(gen, pick_container(gen), 0);
    }
    for (uint32_t i = 0; i < size && !gen->failed; i++) {
        store(gen, ring[i], 0, ring[(i + 1) % size]);
    }
    if (one_in(gen, 2)) {
        store(gen, ring[0], 1, pick(gen));
    }
    if (one_in(gen, 8)) {
        store(gen, pick(gen), 0, ring[0]);
    }
    for (uint32_t i = one_in(gen, 3) ? 1 : 0; i < size && !gen->failed; i++) {
        release(gen, ring[i]);
    }
}

/* A list of many links behind one root; its end may refer to the front. */
static void make_chain(struct generator *gen)
{
    const bool tuples = has(gen, RANDOM_TRACE_TUPLES) && one_in(gen, 3);
    uint32_t size = 2 + below(gen, one_in(gen, 10) ? gen->shape.events / 10 + 1 : 30);
    /* Deaths deeper than 50 are postponed, which matters only if dying collects; closing one
     * generator goes four deep. */
    size = closes(gen) && size > 12 ? 12 : size;
    uint32_t head = allocate(gen, pick_container(gen), 0);
    const uint32_t tail = head;
    for (uint32_t i = 1; i < size && !gen->failed; i++) {
        const int type =
            tuples && !one_in(gen, 6) ? TUPLE1 + (int)below(gen, TUPLE_SIZES) : NO_TYPE;
        const uint32_t link = allocate(gen, type == NO_TYPE ? pick_container(gen) : type, head);
        if (gen->failed) {
            return;
        }
        if (!in_set(gen, link, head)) {
            store(gen, link, 0, head);
        }
        release(gen, head);
        head = link;
    }
    if (one_in(gen, 3) && is_reachable(gen, tail)) {
        store(gen, tail, 0, head);
    }
}

/* Nested tuples around an atom or nothing, which the collector untracks level by level. */
static void make_nest(struct generator *gen)
{
    uint32_t inner = has(gen, RANDOM_TRACE_ATOMS) ? allocate(gen, LEAF, 0) : 0;
    for (uint32_t level = 1 + below(gen, 6); level > 0 && !gen->failed; level--) {
        if (gen->late_types) {
            write_type(gen, TUPLE2);
        }
        const uint32_t outer = add_object(gen, TUPLE2, types[TUPLE2].slots);
        if (!outer) {
            return;
        }
        const bool nests = inner && fits(gen, outer, inner);
        slots_of(gen, outer)[below(gen, 2)] = nests ? inner : 0;
        print_allocation(gen, outer);
        add_root(gen, outer);
        if (inner) {
            release(gen, inner);
        }
        inner = outer;
    }
}

static bool is_weakrefable(const struct type *type)
{
    static const char *const flags[] = {"weakrefable", "=function", "=generator", "=coroutine",
                                        "=set"};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strstr(type->flags, flags[i])) {
            return true;
        }
    }
    return false;
}

static void make_weak(struct generator *gen)
{
    static const char *const callbacks[3] = {"", " keep", " drop"};
    const uint32_t target = pick(gen);
    const uint32_t callback = below(gen, 3);
    const int type = TYPES - 1;
    if (!target || !is_weakrefable(&types[gen->objects[target].type]) ||
        (callback == 0 && gen->objects[target].has_plain_weakref)) {
        return;
    }
    if (gen->late_types) {
        write_type(gen, type);
    }
    const uint32_t weak = add_object(gen, type, 0);
    if (!weak ||
        !reserve(gen, &gen->weaks, &gen->weaks_room, gen->weak_count + 1, sizeof *gen->weaks)) {
        return;
    }
    /* One without a callback belongs to its target as long as it lives: once is enough. */
    gen->objects[target].has_plain_weakref |= callback == 0;
    print_allocation(gen, weak);
    print(gen, "k %" PRIu32 " %" PRIu32 "%s", weak, target, callbacks[callback]);
    end_event(gen);
    gen->weaks[gen->weak_count++] = (struct weak){weak, target, callback == 2};
}

/* Stores a weak reference somewhere and perhaps gives up its root, while its target lives. */
static void use_weak(struct generator *gen)
{
    if (gen->weak_count == 0) {
        return;
    }
    const size_t at = below(gen, (uint32_t)gen->weak_count);
    const struct weak weak = gen->weaks[at];
    gen->weaks[at] = gen->weaks[--gen->weak_count];
    if (!is_reachable(gen, weak.target)) {
        return;
    }
    const uint32_t holder = one_in(gen, 2) ? weak.target : pick(gen);
    if (holder && gen->objects[holder].slots > 0 && kind_of(gen, holder) != SET &&
        one_in(gen, 2)) {
        store(gen, holder, below(gen, gen->objects[holder].slots), weak.object);
    }
    /* A store may have let go of the last reference to the target. */
    if (!weak.drops && is_reachable(gen, weak.target)) {
        print(gen, "d %" PRIu32, weak.object);
        end_event(gen);
    }
}

/* ------------------------------------------------------------- events beside the object graph
 */

/* With a negative threshold0 closing one generator collects more than once (3.11), which the
 * interpreter's counters cannot tell apart. */
static void set_thresholds(struct generator *gen)
{
    static const int first[] = {700, 100, 10, 3, 1, 2000, 97, 0, -1};
    static const int other[] = {10, 5, 3, 2, 1, 0, -1};
    print(gen, "g threshold %d", first[below(gen, closes(gen) ? 8 : 9)]);
    for (uint32_t i = below(gen, 3); i > 0; i--) {
        print(gen, " %d", other[below(gen, 7)]);
    }
    end_event(gen);
}

static void call_collector(struct generator *gen)
{
    if (has(gen, RANDOM_TRACE_MANUAL) && one_in(gen, 200)) {
        print(gen, "c %" PRIu32, below(gen, 3));
        end_event(gen);
    }
    if (has(gen, RANDOM_TRACE_MANUAL) && one_in(gen, 800)) {
        const bool enable = gen->enable_at != 0 || one_in(gen, 4);
        gen->enable_at = enable ? 0 : gen->events + 1 + below(gen, 400);
        print(gen, enable ? "g enable" : "g disable");
        end_event(gen);
    }
    if (gen->enable_at && gen->events >= gen->enable_at) {
        gen->enable_at = 0;
        print(gen, "g enable");
        end_event(gen);
    }
    if (has(gen, RANDOM_TRACE_FREEZE) && one_in(gen, 700)) {
        print(gen, one_in(gen, 2) ? "g freeze" : "g unfreeze");
        end_event(gen);
    }
    if (has(gen, RANDOM_TRACE_THRESHOLD) && one_in(gen, 700)) {
        set_thresholds(gen);
    }
}

static void toggle_stretch(struct generator *gen)
{
    if (gen->stretch_end && gen->events >= gen->stretch_end) {
        gen->stretch_end = 0;
        print(gen, "v");
        end_event(gen);
    } else if (!gen->stretch_end && has(gen, RANDOM_TRACE_STRETCHES) && one_in(gen, 60)) {
        print(gen, "u");
        end_event(gen);
        gen->stretch_end = gen->events + below(gen, one_in(gen, 8) ? 1500 : 60) + 1;
    }
}

static void handle_request(struct generator *gen)
{
    uint32_t *request = &gen->open[below(gen, MAX_OPEN_REQUESTS)];
    if (*request) {
        print(gen, "e %" PRIu32, *request);
        *request = 0;
    } else {
        *request = ++gen->requests;
        print(gen, "b %" PRIu32, *request);
        if (one_in(gen, 2)) {
            gen->arrival += below(gen, 2000000);
            print(gen, " %" PRIu64, gen->arrival);
        }
    }
    end_event(gen);
}

static void idle_about(struct generator *gen)
{
    call_collector(gen);
    toggle_stretch(gen);
    if (has(gen, RANDOM_TRACE_REQUESTS) && one_in(gen, 40)) {
        handle_request(gen);
    }
    if (has(gen, RANDOM_TRACE_WORK) && one_in(gen, 30)) {
        print(gen, one_in(gen, 4) ? "i " : "w ");
        print(gen, "%" PRIu32, 1 + below(gen, 100000));
        end_event(gen);
    }
    if (has(gen, RANDOM_TRACE_MARKS) && one_in(gen, 300)) {
        print(gen, "m mark-%" PRIu32, below(gen, 10));
        end_event(gen);
    }
    const uint32_t object = pick(gen);
    if (has(gen, RANDOM_TRACE_PAYLOADS) && object && one_in(gen, 30)) {
        print(gen, "z %" PRIu32 " %" PRIu32, object, one_in(gen, 4) ? 0 : below(gen, 9000));
        end_event(gen);
    }
    if (has(gen, RANDOM_TRACE_WEAKREFS) && one_in(gen, 10)) {
        make_weak(gen);
    }
    if (has(gen, RANDOM_TRACE_WEAKREFS) && one_in(gen, 15)) {
        use_weak(gen);
    }
}

/* ---------------------------------------------------------------------------- the program */

static void step(struct generator *gen)
{
    const uint32_t dice = below(gen, 100);
    if (dice < 35) {
        (void)allocate(gen, pick_type(gen), 0);
    } else if (dice < 68) {
        const uint32_t source = pick(gen);
        if (source && gen->objects[source].slots > 0) {
            /* One draw a statement: the order of arguments is the compiler's choice. */
            const uint32_t slot = below(gen, gen->objects[source].slots);
            const uint32_t target = one_in(gen, 6) ? 0 : pick(gen);
            store(gen, source, slot, target);
        }
    } else if (dice < 72) {
        retain(gen, pick(gen));
    } else if (dice < 88) {
        release(gen, pick_root(gen));
    } else if (dice < 96) {
        make_cycle(gen);
    } else if (dice < 98) {
        make_chain(gen);
    } else if (has(gen, RANDOM_TRACE_TUPLES)) {
        make_nest(gen);
    }
    idle_about(gen);
    for (int i = 0; i < 40 && gen->root_count > gen->most_roots; i++) {
        release(gen, pick_root(gen));
    }
}

/* A program grows and shrinks: the share of new among old objects decides full collections. */
static void choose_phase(struct generator *gen)
{
    static const uint32_t most[] = {3, 20, 60, 150, 400, 1500};
    gen->most_roots = gen->shape.roots ? 1 + below(gen, gen->shape.roots)
                                       : most[below(gen, sizeof most / sizeof most[0])];
}

static void finish(struct generator *gen)
{
    if (gen->stretch_end) {
        print(gen, "v");
        end_event(gen);
    }
    for (int i = 0; i < MAX_OPEN_REQUESTS; i++) {
        if (gen->open[i]) {
            print(gen, "e %" PRIu32, gen->open[i]);
            end_event(gen);
        }
    }
}

/* Small figures now and then, where thresholds are near. */
static uint32_t start_figure(struct generator *gen, uint32_t most)
{
    return below(gen, one_in(gen, 2) ? 12 : most);
}

static void write_options(struct generator *gen)
{
    static const uint32_t most[5] = {900, 14, 14, 3000, 900};
    if (has(gen, RANDOM_TRACE_OBJECTS)) {
        print(gen, "o objects=3.10\n");
    }
    if (has(gen, RANDOM_TRACE_RESOLVED)) {
        print(gen, "o freelists=resolved\n");
    }
    if (has(gen, RANDOM_TRACE_STANDING)) {
        gen->standing = 1 + below(gen, one_in(gen, 3) ? 600 : 60);
        print(gen, "o standing=%" PRIu32 "\n", gen->standing);
    }
    for (int i = 0; has(gen, RANDOM_TRACE_START) && i < 5; i++) {
        print(gen, i == 0 ? "o start=%" PRIu32 : ",%" PRIu32, start_figure(gen, most[i]));
    }
    if (has(gen, RANDOM_TRACE_START)) {
        print(gen, "\n");
    }
}

char *random_trace(uint64_t seed, struct random_trace_shape shape, size_t *length)
{
    struct generator gen = {.state = seed, .shape = shape};
    uint32_t phase_end = 0;
    if (has(&gen, RANDOM_TRACE_RESOLVED)) { /* nothing whose death makes objects */
        gen.shape.features &= ~(uint32_t)(RANDOM_TRACE_WEAKREFS | RANDOM_TRACE_GENERATORS |
                                          RANDOM_TRACE_COROUTINES);
    }
    if (has(&gen, RANDOM_TRACE_GENERATORS) || has(&gen, RANDOM_TRACE_COROUTINES)) {
        /* A real set gives up its members by address, and what is closed may collect. */
        gen.shape.features &= ~(uint32_t)RANDOM_TRACE_SETS;
    }
    gen.late_types = one_in(&gen, 2);
    print(&gen, "gctrace 1\n");
    write_options(&gen);
    for (int type = 0; type < TYPES; type++) {
        gen.number[type] = NO_TYPE;
        if (!gen.late_types && (offered(&gen, type) || (types[type].kind == WEAKREF &&
                                                        has(&gen, types[type].feature)))) {
            write_type(&gen, type);
        }
    }
    for (uint32_t i = gen.standing; i > 0; i--) {
        (void)allocate(&gen, pick_type(&gen), 0);
    }
    while (gen.events < shape.events && !gen.failed) {
        if (gen.events >= phase_end) {
            choose_phase(&gen);
            phase_end = gen.events + 1 + below(&gen, shape.events / PHASES * 2 + 1);
        }
        step(&gen);
    }
    finish(&gen);
    free(gen.objects);
    free(gen.slots);
    free(gen.roots);
    free(gen.weaks);
    free(gen.todo);
    if (gen.failed) {
        free(gen.text);
        return NULL;
    }
    *length = gen.length;
    return gen.text;
}
