/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    INSTANCE,
    ATOMIC,
    TUPLE,
    LIST,
    DICT,
    SET,
    CELL,
    CONTAINER,
    FUNCTION,
    FRAME,
    GENERATOR,
    COROUTINE,
    ITERATOR,
    SLICE,
    METHOD,
    CFUNCTION,
    KINDS
};

static const char *const kind_names[KINDS] = {
    "",         "atomic", "tuple",     "list",      "dict",     "set",   "cell",   "container",
    "function", "frame",  "generator", "coroutine", "iterator", "slice", "method", "cfunction"};

enum {
    FROZEN = 3,   /* the permanent generation, behind the three others */
    NOWHERE = -1, /* not tracked, or found unreachable */
    LONGEST_PARKED_TUPLE = 20,
    PARKED_TUPLES = 2000,
    MOST_SLOTS = 1000000
};

struct type {
    bool defined;
    bool has_dict;
    bool weakrefable;
    bool zombie; /* of frames: the code object keeps a dead one */
    enum kind kind;
    size_t slots;
};

struct object {
    enum kind kind;
    size_t type;
    bool alive;
    bool closed;    /* generators: nothing is left to close */
    bool container; /* the collector's kind of memory, whether tracked or not */
    bool tracked;
    uint64_t roots;
    uint64_t references; /* roots and all slots that hold it */
    size_t slots;
    size_t *slot;    /* rows of objects, 0: empty */
    size_t contents; /* row of the dict that holds an instance's slots, or 0 */
    int list;
    size_t position;
    /* Within one collection. */
    bool candidate;
    bool reachable;
    bool found; /* the scan knows that it is reachable */
    bool doubted;
};

/* Rows of objects in the collector's order; 0 where one was taken out. */
struct list {
    size_t *row;
    size_t length;
    size_t room;
};

struct model {
    const struct model_setting *setting;
    struct model_result *result;
    struct type *types;
    size_t type_count;
    struct object *objects; /* row 0 is nobody */
    size_t object_count;
    size_t object_room;
    size_t *row_of; /* by the trace's number */
    size_t named;
    size_t named_room;
    struct list lists[FROZEN + 1];
    int threshold[3];
    int count[3];
    uint64_t total;
    uint64_t pending;
    bool collecting;
    bool whole;    /* o objects: no object is more than itself */
    bool resolved; /* o freelists */
    uint64_t standing;
    bool enabled;
    bool scheduled;
    bool stretch;
    int parked[KINDS]; /* of tuples: see below */
    int parked_tuples[LONGEST_PARKED_TUPLE + 1];
    uint64_t live;
    uint64_t event;
    size_t line;
    size_t row_room;
    bool failed;
};

/* ------------------------------------------------------------------ what differs by version */

static bool from(const struct model *model, int minor, int patch)
{
    const struct model_setting *setting = model->setting;
    return setting->minor > minor || (setting->minor == minor && setting->patch >= patch);
}

static bool collects_in_allocation(const struct model *model)
{
    return !from(model, 12, 0);
}

static bool checks_enabled_late(const struct model *model)
{
    return from(model, 12, 3);
}

static bool has_separate_dicts(const struct model *model)
{
    return !from(model, 11, 0);
}

static bool empty_instances_are_containers(const struct model *model)
{
    return from(model, 8, 0);
}

static bool untracks_while_scanning(const struct model *model)
{
    return !from(model, 8, 0);
}

static bool tracks_dicts_lazily(const struct model *model)
{
    return !from(model, 14, 0);
}

static bool tracks_tuples_by_content(const struct model *model)
{
    return from(model, 14, 1);
}

static bool has_freeze(const struct model *model)
{
    return from(model, 7, 0);
}

static bool parks_frames(const struct model *model)
{
    return !from(model, 11, 0);
}

/* Functions could not be broken up to 3.7, and what is born complete still cannot. */
static bool has_clear(const struct model *model, enum kind kind)
{
    return kind == FUNCTION ? from(model, 8, 0)
                            : kind != TUPLE && kind != ITERATOR && kind < SLICE;
}

static size_t longest_tuple_parked(const struct model *model)
{
    return from(model, 11, 0) ? 20 : 19;
}

/* 3.11 and 3.12 park tuples of 20 and never take one back. */
static size_t longest_tuple_reused(const struct model *model)
{
    return from(model, 13, 0) ? 20 : 19;
}

/* ----------------------------------------------------------------------------- small things */

static void fail(struct model *model, const char *why)
{
    if (!model->failed) {
        snprintf(model->result->error, sizeof model->result->error, "line %zu: %s", model->line,
                 why);
    }
    model->failed = true;
}

static void *grown(void *data, size_t elements, size_t size)
{
    void *bigger = realloc(data, elements * size);
    if (!bigger) {
        perror("model");
        abort();
    }
    return bigger;
}

static void append(struct list *list, size_t row)
{
    if (list->length == list->room) {
        list->room = list->room ? list->room * 2 : 64;
        list->row = grown(list->row, list->room, sizeof *list->row);
    }
    list->row[list->length++] = row;
}

static void join_list(struct model *model, struct object *object, int list)
{
    object->list = list;
    object->position = model->lists[list].length;
    append(&model->lists[list], (size_t)(object - model->objects));
}

static void leave_list(struct model *model, struct object *object)
{
    if (object->list != NOWHERE) {
        model->lists[object->list].row[object->position] = 0;
        object->list = NOWHERE;
    }
}

/* Appends all of one list to another and empties it. */
static void move_list(struct model *model, int source, int target)
{
    struct list *list = &model->lists[source];
    for (size_t i = 0; i < list->length; i++) {
        if (list->row[i]) {
            join_list(model, &model->objects[list->row[i]], target);
        }
    }
    list->length = 0;
}

static void track(struct model *model, struct object *object)
{
    object->tracked = true;
    join_list(model, object, 0);
}

static void untrack(struct model *model, struct object *object)
{
    object->tracked = false;
    leave_list(model, object);
}

/* CPython's test for contents that let a tuple or a dict stay out of the collector's sight. */
static bool may_be_tracked(const struct model *model, size_t row)
{
    const struct object *object = &model->objects[row];
    return row && object->container && (object->kind != TUPLE || object->tracked);
}

static bool holds_trackable(const struct model *model, const struct object *object)
{
    for (size_t i = 0; i < object->slots; i++) {
        if (may_be_tracked(model, object->slot[i])) {
            return true;
        }
    }
    return false;
}

/* --------------------------------------------------------------------------------- deaths */

/* The free list for an object, NULL if its kind has none. */
static int *free_list(struct model *model, enum kind kind, size_t slots, size_t longest_tuple)
{
    if (kind == TUPLE) {
        return slots <= longest_tuple ? &model->parked_tuples[slots] : NULL;
    }
    return &model->parked[kind];
}

static int most_parked(const struct model *model, enum kind kind)
{
    switch (kind) {
    case TUPLE:
        return PARKED_TUPLES;
    case LIST:
    case DICT:
        return 80;
    case SLICE:
        return 1;
    case FRAME:
        return parks_frames(model) ? 200 : 0;
    case ITERATOR:
        return from(model, 14, 0) ? 10 : 0;
    case METHOD:
        return from(model, 14, 0) ? 20 : from(model, 9, 0) ? 0 : 256;
    case CFUNCTION:
        return from(model, 14, 0) ? 16 : from(model, 9, 0) ? 0 : 256;
    case INSTANCE:
    case ATOMIC:
    case SET:
    case CELL:
    case CONTAINER:
    case FUNCTION:
    case GENERATOR:
    case COROUTINE:
    case KINDS:
        break;
    }
    return 0;
}

/* What a code object keeps is not on the list. */
static bool *zombie_of(struct model *model, enum kind kind, size_t type)
{
    return kind == FRAME && parks_frames(model) ? &model->types[type].zombie : NULL;
}

static bool park(struct model *model, const struct object *object)
{
    bool *zombie = zombie_of(model, object->kind, object->type);
    if (model->resolved && !model->collecting) {
        return false;
    }
    if (zombie && !*zombie) {
        *zombie = true;
        return true;
    }
    int *parked = free_list(model, object->kind, object->slots, longest_tuple_parked(model));
    if (!parked || *parked >= most_parked(model, object->kind)) {
        return false;
    }
    ++*parked;
    return true;
}

static void release_memory(struct model *model)
{
    if (model->count[0] > 0) {
        model->count[0]--;
    }
}

static void die(struct model *model, size_t row);

static void drop_reference(struct model *model, size_t row)
{
    if (row && --model->objects[row].references == 0) {
        die(model, row);
    }
}

static void drop_contents(struct model *model, struct object *object)
{
    const bool backwards = object->kind == LIST || object->kind == TUPLE;
    for (size_t i = 0; i < object->slots; i++) {
        const size_t order = backwards               ? object->slots - 1 - i
                             : object->kind != SLICE ? i
                             : i == 0                ? object->slots - 1
                                                     : i - 1;
        size_t *slot = &object->slot[order];
        const size_t held = *slot;
        *slot = 0;
        drop_reference(model, held);
    }
    const size_t contents = object->contents;
    object->contents = 0;
    drop_reference(model, contents);
}

/* How many objects it takes for a time to close a suspended generator. */
static int closing_takes(const struct model *model, enum kind kind)
{
    if (!from(model, 12, 0)) {
        return from(model, 11, 0) ? 2 : 1;
    }
    return kind == COROUTINE || !from(model, 13, 0) ? 3 : 0;
}

static bool wants_closing(const struct object *object)
{
    return (object->kind == GENERATOR || object->kind == COROUTINE) && !object->closed;
}

static void count_allocation(struct model *model);

/* The caller keeps the object alive. */
static void close_generator(struct model *model, struct object *object)
{
    object->closed = true;
    for (int i = closing_takes(model, object->kind); i > 0; i--) {
        count_allocation(model);
    }
    drop_contents(model, object);
    for (int i = closing_takes(model, object->kind); i > 0; i--) {
        release_memory(model);
    }
}

/* Frees what has lost its last reference, and what that alone kept. */
static void die(struct model *model, size_t row)
{
    struct object *object = &model->objects[row];
    if (object->tracked) {
        untrack(model, object);
    }
    if (wants_closing(object)) {
        /* It is young again meanwhile. */
        object->roots = object->references = 1;
        track(model, object);
        close_generator(model, object);
        untrack(model, object);
        object->roots = object->references = 0;
    }
    drop_contents(model, object);
    if (object->container && !park(model, object)) {
        release_memory(model);
    }
    free(object->slot);
    object->slot = NULL;
    object->alive = false;
    model->live--;
}

static void empty_free_lists(struct model *model)
{
    int shells = 0;
    for (size_t i = 0; i <= LONGEST_PARKED_TUPLE; i++) {
        shells += model->parked_tuples[i];
        model->parked_tuples[i] = 0;
    }
    for (int kind = 0; kind < KINDS; kind++) {
        /* Up to 3.13 the one slice stays. */
        if (kind != SLICE || from(model, 14, 0)) {
            shells += model->parked[kind];
            model->parked[kind] = 0;
        }
    }
    while (shells-- > 0) {
        release_memory(model);
    }
}

/* -------------------------------------------------------------------------- one collection */

static void reset_counts(struct model *model, int generation)
{
    if (generation < 2) {
        model->count[generation + 1]++;
    }
    for (int g = 0; g <= generation; g++) {
        model->count[g] = 0;
    }
}

/* The candidates: the generation, then the younger ones from the youngest on. */
static struct list take_candidates(struct model *model, int generation)
{
    struct list candidates = {0};
    for (int g = 0; g < generation; g++) {
        move_list(model, g, generation);
    }
    struct list *list = &model->lists[generation];
    for (size_t i = 0; i < list->length; i++) {
        if (list->row[i]) {
            struct object *object = &model->objects[list->row[i]];
            object->candidate = true;
            object->reachable = false;
            object->found = false;
            object->doubted = false;
            append(&candidates, list->row[i]);
        }
    }
    list->length = 0;
    return candidates;
}

static void reach(struct model *model, struct list *todo, size_t row)
{
    struct object *object = &model->objects[row];
    if (row && object->candidate && !object->reachable) {
        object->reachable = true;
        append(todo, row);
    }
}

/*
 * Marks every candidate that something outside the candidates leads to: a root reference, or
 * any other object that exists, be it garbage of another generation. Those that are named
 * directly are `found` too.
 */
static void mark(struct model *model)
{
    struct list todo = {0};
    for (size_t row = 1; row < model->object_count; row++) {
        const struct object *object = &model->objects[row];
        if (!object->alive) {
            continue;
        }
        if (object->roots > 0) {
            reach(model, &todo, row);
        }
        for (size_t i = 0; !object->candidate && i < object->slots; i++) {
            reach(model, &todo, object->slot[i]);
        }
        if (!object->candidate) {
            reach(model, &todo, object->contents);
        }
    }
    for (size_t i = 0; i < todo.length; i++) {
        model->objects[todo.row[i]].found = true;
    }
    while (todo.length > 0) {
        const struct object *object = &model->objects[todo.row[--todo.length]];
        for (size_t i = 0; i < object->slots; i++) {
            reach(model, &todo, object->slot[i]);
        }
        reach(model, &todo, object->contents);
    }
    free(todo.row);
}

/* A reference from an object that the scan keeps: its target moves behind if doubted. */
static void keep(struct model *model, struct list *scanned, size_t row)
{
    struct object *object = &model->objects[row];
    if (!row || !object->candidate || object->found) {
        return;
    }
    object->found = true;
    if (object->doubted) {
        object->doubted = false;
        append(scanned, row);
    }
}

static void keep_targets(struct model *model, struct list *scanned, const struct object *object)
{
    for (size_t i = 0; i < object->slots; i++) {
        const bool backwards = object->kind == LIST || object->kind == TUPLE;
        keep(model, scanned, object->slot[backwards ? object->slots - 1 - i : i]);
    }
    keep(model, scanned, object->contents);
}

static void untrack_if_tuple(struct model *model, struct object *object)
{
    if (object->kind == TUPLE && !holds_trackable(model, object)) {
        untrack(model, object);
    }
}

/*
 * The survivors in the order in which CPython leaves them. It goes through the candidates from
 * the oldest, doubts each that nothing kept so far leads to, and puts a doubted one behind
 * all others when something does. The order decides when nested tuples are untracked.
 */
static struct list scan(struct model *model, const struct list *candidates)
{
    struct list scanned = {0};
    struct list survivors = {0};
    for (size_t i = 0; i < candidates->length; i++) {
        append(&scanned, candidates->row[i]);
    }
    for (size_t i = 0; i < scanned.length; i++) {
        struct object *object = &model->objects[scanned.row[i]];
        if (!object->found) {
            object->doubted = true;
            continue;
        }
        keep_targets(model, &scanned, object);
        append(&survivors, scanned.row[i]);
        if (untracks_while_scanning(model)) {
            untrack_if_tuple(model, object);
        }
    }
    free(scanned.row);
    return survivors;
}

/* Untracks what may be untracked, and tells how many survivors are still tracked. */
static uint64_t untrack_survivors(struct model *model, const struct list *survivors,
                                  int generation)
{
    uint64_t tracked = 0;
    for (size_t i = 0; i < survivors->length; i++) {
        struct object *object = &model->objects[survivors->row[i]];
        if (object->tracked && !untracks_while_scanning(model)) {
            untrack_if_tuple(model, object);
        }
    }
    for (size_t i = 0; i < survivors->length; i++) {
        struct object *object = &model->objects[survivors->row[i]];
        if (generation == 2 && tracks_dicts_lazily(model) && object->kind == DICT &&
            !holds_trackable(model, object)) {
            untrack(model, object);
        }
        tracked += object->tracked;
    }
    return tracked;
}

/* Breaks the references that garbage holds; what nothing can be broken in and lives on is old.
 */
static void clear(struct model *model, const struct list *candidates, int older)
{
    for (size_t i = 0; i < candidates->length; i++) {
        struct object *object = &model->objects[candidates->row[i]];
        if (object->reachable || !object->alive) {
            continue;
        }
        object->references++;
        if (has_clear(model, object->kind)) {
            drop_contents(model, object);
        }
        drop_reference(model, candidates->row[i]);
        if (object->alive) {
            join_list(model, object, older);
        }
    }
}

/* Closes the generators among the garbage, before it is cleared. How much garbage there is
 * then: up to 3.6 what there was before. */
static uint64_t finalize(struct model *model, const struct list *candidates)
{
    uint64_t before = 0;
    uint64_t after = 0;
    for (size_t i = 0; i < candidates->length; i++) {
        before += !model->objects[candidates->row[i]].reachable;
    }
    for (size_t i = 0; i < candidates->length; i++) {
        struct object *object = &model->objects[candidates->row[i]];
        if (!object->reachable && object->alive && wants_closing(object)) {
            object->references++;
            close_generator(model, object);
            drop_reference(model, candidates->row[i]);
        }
    }
    for (size_t i = 0; i < candidates->length; i++) {
        const struct object *object = &model->objects[candidates->row[i]];
        after += !object->reachable && object->alive;
    }
    return from(model, 7, 0) ? after : before;
}

static struct model_row *new_row(struct model *model)
{
    struct model_result *result = model->result;
    if (result->row_count == model->row_room) {
        model->row_room = model->row_room ? model->row_room * 2 : 64;
        result->rows = grown(result->rows, model->row_room, sizeof *result->rows);
    }
    struct model_row *row = &result->rows[result->row_count++];
    *row = (struct model_row){.event = model->event};
    return row;
}

static void collect(struct model *model, int generation)
{
    model->collecting = true;
    reset_counts(model, generation);
    struct list candidates = take_candidates(model, generation);
    for (size_t i = 0; i < candidates.length; i++) {
        model->objects[candidates.row[i]].list = NOWHERE;
    }
    mark(model);
    struct list survivors = scan(model, &candidates);
    struct model_row *row = new_row(model);
    row->generation = generation;
    row->candidates = candidates.length;
    for (size_t i = 0; i < candidates.length; i++) {
        struct object *object = &model->objects[candidates.row[i]];
        /* Both ways to tell garbage have to agree. */
        assert(object->reachable == object->found);
        object->candidate = false;
    }
    row->survivors = untrack_survivors(model, &survivors, generation);
    if (generation == 1) {
        model->pending += row->survivors;
    } else if (generation == 2) {
        model->total = row->survivors;
        model->pending = 0;
    }
    for (size_t i = 0; i < survivors.length; i++) {
        struct object *object = &model->objects[survivors.row[i]];
        if (object->tracked) {
            join_list(model, object, generation < 2 ? generation + 1 : 2);
        }
    }
    row->collected = finalize(model, &candidates);
    clear(model, &candidates, generation < 2 ? generation + 1 : 2);
    if (generation == 2) {
        empty_free_lists(model);
    }
    model->collecting = false;
    row->live_objects = model->live;
    free(candidates.row);
    free(survivors.row);
}

/* -------------------------------------------------------------------------------- triggers */

/* An older generation waits until what is new to it is a quarter of what it holds. */
static void collect_if_due(struct model *model)
{
    for (int g = 2; g >= 0; g--) {
        if (model->count[g] <= model->threshold[g]) {
            continue;
        }
        if (g == 2 && model->pending < model->total / 4) {
            continue;
        }
        collect(model, g);
        return;
    }
}

static void count_allocation(struct model *model)
{
    model->count[0]++;
    if (model->collecting || model->count[0] <= model->threshold[0] ||
        model->threshold[0] == 0 || !model->enabled) {
        return;
    }
    if (collects_in_allocation(model)) {
        collect_if_due(model);
    } else {
        model->scheduled = true;
    }
}

/* The place behind an event where a scheduled run happens. */
static void check(struct model *model)
{
    if (!model->scheduled || model->stretch) {
        return;
    }
    model->scheduled = false;
    if (model->enabled || !checks_enabled_late(model)) {
        collect_if_due(model);
    }
}

/* ---------------------------------------------------------------------------------- events */

static bool take_parked(struct model *model, enum kind kind, size_t type, size_t slots)
{
    bool *zombie = zombie_of(model, kind, type);
    if (zombie && *zombie) {
        *zombie = false;
        return true;
    }
    int *parked = free_list(model, kind, slots, longest_tuple_reused(model));
    if (!parked || *parked == 0) {
        return false;
    }
    --*parked;
    return true;
}

/* A new object with one reference and empty slots, not tracked yet. */
static size_t new_object(struct model *model, enum kind kind, size_t type, size_t slots,
                         bool container)
{
    if (model->object_count == model->object_room) {
        model->object_room *= 2;
        model->objects = grown(model->objects, model->object_room, sizeof *model->objects);
    }
    const size_t row = model->object_count++;
    struct object *object = &model->objects[row];
    *object = (struct object){.kind = kind,
                              .type = type,
                              .alive = true,
                              .container = container,
                              .references = 1,
                              .slots = slots,
                              .list = NOWHERE};
    object->slot = calloc(slots + 1, sizeof *object->slot);
    if (!object->slot) {
        perror("model");
        abort();
    }
    model->live++;
    if (container && model->named > model->standing && !take_parked(model, kind, type, slots)) {
        count_allocation(model);
    }
    return row;
}

/* The object whose slots the trace means: from 3.11 an instance holds its own. */
static struct object *holder(struct model *model, size_t row)
{
    struct object *object = &model->objects[row];
    return object->contents ? &model->objects[object->contents] : object;
}

static void put(struct model *model, struct object *object, size_t slot, size_t target)
{
    const size_t old = object->slot[slot];
    if (target) {
        model->objects[target].references++;
    }
    object->slot[slot] = target;
    if (object->kind == DICT && !object->tracked && may_be_tracked(model, target)) {
        track(model, object);
    }
    drop_reference(model, old);
}

static bool tracked_at_birth(const struct model *model, const struct type *type,
                             const size_t *targets, size_t slots)
{
    if (type->kind == DICT) {
        return !tracks_dicts_lazily(model);
    }
    if (type->kind != TUPLE || !tracks_tuples_by_content(model)) {
        return true;
    }
    for (size_t i = 0; i < slots; i++) {
        if (targets[i] && model->objects[targets[i]].container) {
            return true;
        }
    }
    return false;
}

/* What was there before the trace is old. */
static void grow_old(struct model *model, size_t row)
{
    struct object *object = &model->objects[row];
    if (row && object->tracked && model->named <= model->standing) {
        leave_list(model, object);
        join_list(model, object, 2);
    }
}

static void allocate(struct model *model, size_t number, const size_t *targets, size_t slots)
{
    const struct type *type = &model->types[number];
    const bool bare =
        type->kind == INSTANCE && slots == 0 && !type->has_dict && !type->weakrefable;
    const bool container =
        type->kind != ATOMIC && (!bare || empty_instances_are_containers(model));
    const bool split =
        type->has_dict && slots > 0 && has_separate_dicts(model) && !model->whole;
    const bool framed = (type->kind == GENERATOR || type->kind == COROUTINE) &&
                        has_separate_dicts(model) && !model->whole;
    model->live += framed; /* by convention the generator is there before its frame */
    const size_t frame = framed ? new_object(model, FRAME, number, slots, true) : 0;
    model->live -= framed;
    model->objects[frame].roots = framed; /* the call has it */
    if (framed && !from(model, 7, 0)) {
        track(model, &model->objects[frame]);
    }
    const size_t row =
        new_object(model, type->kind, number, split || framed ? 0 : slots, container);
    model->objects[row].roots = 1;
    model->row_of[model->named] = row;
    if (container && tracked_at_birth(model, type, targets, slots)) {
        track(model, &model->objects[row]);
    }
    model->objects[row].contents = frame;
    model->objects[frame].roots = 0;
    if (framed && !model->objects[frame].tracked) {
        track(model, &model->objects[frame]);
    }
    if (split) {
        const size_t contents = new_object(model, DICT, number, slots, true);
        model->objects[row].contents = contents;
    }
    for (size_t i = 0; i < slots; i++) {
        put(model, holder(model, row), i, targets[i]);
    }
    grow_old(model, row);
    grow_old(model, model->objects[row].contents);
}

/* ---------------------------------------------------------------------------------- parser */

struct words {
    const char **word;
    size_t count;
};

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 18 &&
           (text[0] != '0' || text[1] == '\0');
}

static uint64_t number(struct model *model, const struct words *words, size_t at)
{
    if (at >= words->count || !is_number(words->word[at])) {
        fail(model, "a number expected");
        return 0;
    }
    return strtoull(words->word[at], NULL, 10);
}

/* The row of a living object, or 0 for the number 0 where that is allowed. */
static size_t named_object(struct model *model, const struct words *words, size_t at, bool zero)
{
    const uint64_t name = number(model, words, at);
    if (model->failed || (zero && name == 0)) {
        return 0;
    }
    if (name == 0 || name > model->named || !model->objects[model->row_of[name]].alive) {
        fail(model, "an object that does not exist");
        return 0;
    }
    return model->row_of[name];
}

static void expect_words(struct model *model, const struct words *words, size_t least,
                         size_t most)
{
    if (words->count < least || words->count > most) {
        fail(model, "a wrong number of fields");
    }
}

static void parse_type(struct model *model, const struct words *words)
{
    expect_words(model, words, 5, SIZE_MAX);
    const uint64_t name = number(model, words, 1);
    const uint64_t slots = number(model, words, 3);
    if (model->failed || name >= 1U << 20) {
        fail(model, "a type number expected");
        return;
    }
    while (model->type_count <= name) {
        model->types = grown(model->types, model->type_count + 1, sizeof *model->types);
        model->types[model->type_count++] = (struct type){0};
    }
    if (slots > MOST_SLOTS) {
        fail(model, "too many slots");
        return;
    }
    struct type type = {.defined = true, .slots = slots};
    for (size_t i = 5; i < words->count; i++) {
        const char *flag = words->word[i];
        if (strncmp(flag, "kind=", 5) == 0) {
            for (int kind = 1; kind < KINDS; kind++) {
                type.kind =
                    strcmp(flag + 5, kind_names[kind]) == 0 ? (enum kind)kind : type.kind;
            }
            if (type.kind == INSTANCE) {
                fail(model, "a kind that the model does not know");
            }
        } else if (strcmp(flag, "dict") == 0 && type.kind == INSTANCE) {
            type.has_dict = true;
        } else if (strcmp(flag, "weakrefable") == 0 && type.kind == INSTANCE) {
            type.weakrefable = true;
        } else {
            fail(model, "a flag that the model does not know");
        }
    }
    if (model->types[name].defined) {
        fail(model, "a type defined twice");
    }
    model->types[name] = type;
}

static void parse_allocation(struct model *model, const struct words *words)
{
    const uint64_t name = number(model, words, 1);
    const uint64_t type = number(model, words, 2);
    size_t at = 3;
    if (model->failed || type >= model->type_count || !model->types[type].defined ||
        name != model->named + 1) {
        fail(model, "a wrong allocation");
        return;
    }
    uint64_t slots = model->types[type].slots;
    for (int field = 0; field < 2 && at < words->count && strcmp(words->word[at], "=") != 0;
         field++, at++) {
        const uint64_t value = number(model, words, at);
        slots = field == 1 ? value : slots;
    }
    if (slots > MOST_SLOTS) {
        fail(model, "too many slots");
        return;
    }
    const bool born_full = at < words->count;
    if (born_full && (strcmp(words->word[at], "=") != 0 || words->count - at - 1 != slots)) {
        fail(model, "a target for each slot expected");
        return;
    }
    size_t *targets = calloc(slots + 1, sizeof *targets);
    if (!targets) {
        fail(model, "out of memory");
        return;
    }
    for (size_t i = 0; born_full && i < slots; i++) {
        targets[i] = named_object(model, words, at + 1 + i, true);
    }
    if (++model->named >= model->named_room) {
        model->named_room *= 2;
        model->row_of = grown(model->row_of, model->named_room, sizeof *model->row_of);
    }
    if (!model->failed) {
        allocate(model, type, targets, slots);
    }
    free(targets);
}

static void parse_store(struct model *model, const struct words *words)
{
    expect_words(model, words, 4, 4);
    const size_t source = named_object(model, words, 1, false);
    const uint64_t slot = number(model, words, 2);
    const size_t target = named_object(model, words, 3, true);
    if (model->failed) {
        return;
    }
    struct object *object = holder(model, source);
    if (slot >= object->slots || object->kind == TUPLE || object->kind >= SLICE) {
        fail(model, "a slot that cannot be stored into");
        return;
    }
    put(model, object, slot, target);
}

static void parse_root(struct model *model, const struct words *words)
{
    expect_words(model, words, 2, 2);
    const size_t row = named_object(model, words, 1, false);
    if (model->failed) {
        return;
    }
    struct object *object = &model->objects[row];
    if (words->word[0][0] == 'r') {
        object->roots++;
        object->references++;
    } else if (object->roots == 0) {
        fail(model, "no root reference to take away");
    } else {
        object->roots--;
        drop_reference(model, row);
    }
}

static void parse_thresholds(struct model *model, const struct words *words)
{
    expect_words(model, words, 3, 5);
    for (size_t i = 2; i < words->count && !model->failed; i++) {
        char *end;
        errno = 0;
        const long value = strtol(words->word[i], &end, 10);
        if (errno || *end || end == words->word[i] || value < INT32_MIN || value > INT32_MAX) {
            fail(model, "a threshold expected");
            return;
        }
        model->threshold[i - 2] = (int)value;
    }
}

static void parse_call(struct model *model, const struct words *words)
{
    if (words->count < 2) {
        fail(model, "a call expected");
        return;
    }
    const char *action = words->word[1];
    if (strcmp(action, "threshold") == 0) {
        parse_thresholds(model, words);
        return;
    }
    expect_words(model, words, 2, 2);
    if (strcmp(action, "enable") == 0) {
        model->enabled = true;
    } else if (strcmp(action, "disable") == 0) {
        model->enabled = false;
    } else if (strcmp(action, "freeze") == 0 && has_freeze(model)) {
        for (int g = 0; g < 3; g++) {
            move_list(model, g, FROZEN);
            model->count[g] = 0;
        }
    } else if (strcmp(action, "unfreeze") == 0 && has_freeze(model)) {
        move_list(model, FROZEN, 2);
    } else {
        fail(model, "a call that this version does not have");
    }
}

static void parse_collect(struct model *model, const struct words *words)
{
    expect_words(model, words, 2, 2);
    const uint64_t generation = number(model, words, 1);
    if (model->failed || generation > 2) {
        fail(model, "a generation expected");
        return;
    }
    collect(model, (int)generation);
}

static void parse_event(struct model *model, const struct words *words)
{
    switch (words->word[0][0]) {
    case 'a':
        parse_allocation(model, words);
        break;
    case 's':
        parse_store(model, words);
        break;
    case 'r':
    case 'd':
        parse_root(model, words);
        break;
    case 'c':
        parse_collect(model, words);
        break;
    case 'g':
        parse_call(model, words);
        break;
    case 'u':
    case 'v':
        if (model->stretch == (words->word[0][0] == 'u')) {
            fail(model, "stretches do not nest");
        }
        model->stretch = words->word[0][0] == 'u';
        break;
    case 'z':
        (void)named_object(model, words, 1, false);
        break;
    case 'w':
    case 'i':
    case 'b':
    case 'e':
    case 'm':
        break;
    default:
        fail(model, "an unknown event");
    }
    check(model);
    model->event++;
}

static void parse_option(struct model *model, const struct words *words)
{
    const char *option = words->count == 2 ? words->word[1] : "";
    const char *value = strchr(option, '=');
    if (strncmp(option, "objects=", 8) == 0) {
        model->whole = true;
    } else if (strncmp(option, "freelists=", 10) == 0) {
        model->resolved = true;
    } else if (strncmp(option, "standing=", 9) == 0) {
        model->standing = strtoull(value + 1, NULL, 10);
    } else if (strncmp(option, "start=", 6) == 0) {
        if (sscanf(value + 1, "%d,%d,%d,%" SCNu64 ",%" SCNu64, &model->count[0],
                   &model->count[1], &model->count[2], &model->total, &model->pending) != 5) {
            fail(model, "five figures expected");
        }
    } else if (strncmp(option, "roots=", 6) != 0) {
        fail(model, "an option that the model does not know");
    }
}

static void parse_line(struct model *model, char *line, struct words *words)
{
    if (model->line == 1) {
        if (strcmp(line, "gctrace 1") != 0) {
            fail(model, "not a text trace");
        }
        return;
    }
    if (*line == '#' || *line == '\0') {
        return;
    }
    words->count = 0;
    for (char *word = line; word; words->count++) {
        words->word = grown(words->word, words->count + 1, sizeof *words->word);
        words->word[words->count] = word;
        word = strchr(word, ' ');
        if (word) {
            *word++ = '\0';
        }
    }
    if (strlen(words->word[0]) != 1) {
        fail(model, "an unknown line");
    } else if (*words->word[0] == 't') {
        parse_type(model, words);
    } else if (*words->word[0] == 'o') {
        parse_option(model, words);
    } else {
        parse_event(model, words);
    }
}

/* ------------------------------------------------------------------------------- interface */

static void set_up(struct model *model)
{
    model->object_room = 64;
    model->objects = grown(NULL, model->object_room, sizeof *model->objects);
    model->objects[0] = (struct object){.list = NOWHERE};
    model->object_count = 1;
    model->named_room = 64;
    model->row_of = grown(NULL, model->named_room, sizeof *model->row_of);
    model->enabled = model->setting->enabled;
    memcpy(model->threshold, model->setting->threshold, sizeof model->threshold);
    if (model->setting->major != 3 || !from(model, 6, 0) || from(model, 16, 0) ||
        (from(model, 14, 0) && !from(model, 14, 5))) {
        fail(model, "a version that the model does not know");
    }
}

static void tear_down(struct model *model)
{
    for (size_t row = 1; row < model->object_count; row++) {
        free(model->objects[row].slot);
    }
    for (int i = 0; i <= FROZEN; i++) {
        free(model->lists[i].row);
    }
    free(model->objects);
    free(model->row_of);
    free(model->types);
}

bool model_run(const char *text, size_t length, const struct model_setting *setting,
               struct model_result *result)
{
    struct model model = {.setting = setting, .result = result};
    struct words words = {0};
    *result = (struct model_result){0};
    char *copy = grown(NULL, length + 1, 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    set_up(&model);
    for (char *line = copy; line && *line && !model.failed;) {
        char *end = strchr(line, '\n');
        if (end) {
            *end++ = '\0';
        }
        model.line++;
        parse_line(&model, line, &words);
        line = end;
    }
    if (model.line == 0 || model.stretch) {
        fail(&model, "the trace ends too early");
    }
    memcpy(result->count, model.count, sizeof result->count);
    result->long_lived_total = model.total;
    result->long_lived_pending = model.pending;
    result->live_objects = model.live;
    tear_down(&model);
    free(words.word);
    free(copy);
    return !model.failed;
}

void model_release(struct model_result *result)
{
    free(result->rows);
    result->rows = NULL;
    result->row_count = 0;
}
