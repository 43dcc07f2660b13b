/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The judge: a CPython extension module that executes a gcsim text trace on real objects and
 * logs what the interpreter's own collector did, one row per collection.
 *
 * Watching a collector from Python changes what it does: gc.get_count() takes a tuple off a
 * free list and gc.callbacks make a dict for each run. So the whole trace is parsed into C
 * arrays first, the loop in run_events() makes no container but those that the trace asks
 * for, and the log is read from the collector's own counters through the interpreter's
 * internal headers.
 *
 * A run starts as the trace format says: heap empty, counters zero, free lists empty.
 * gc.freeze() would hide the interpreter's own objects, but a trace may call gc.unfreeze()
 * and 3.6 has no freeze, so they wait on a private list (hide_heap()) and go back afterwards.
 *
 * One source for 3.6 to 3.13, and 3.14.5 on, default builds. One process can execute any
 * number of jobs, but objects that a trace leaves uncollectable or resurrected stay behind:
 * driver.py forks for each job.
 */
#include <patchlevel.h>

#define PY_SSIZE_T_CLEAN
#if PY_VERSION_HEX >= 0x03070000
#define Py_BUILD_CORE        1
#define Py_BUILD_CORE_MODULE 1
#endif
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>
#elif PY_VERSION_HEX >= 0x03080000
#include <internal/pycore_pymem.h>
#include <internal/pycore_pystate.h>
#elif PY_VERSION_HEX >= 0x03070000
#include <internal/pystate.h>
#elif PY_VERSION_HEX >= 0x03060000
#ifndef _GNU_SOURCE
#error "the scan for the collector's counters of 3.6 needs dl_iterate_phdr"
#endif
#include <link.h>
#else
#error "gcsim drives CPython 3.6 and later"
#endif
#ifdef Py_GIL_DISABLED
#error "gcsim cannot drive a free-threaded build"
#endif
#if PY_VERSION_HEX >= 0x030E0000 && PY_VERSION_HEX < 0x030E0500
#error "gcsim cannot drive the incremental collector of CPython 3.14.0 to 3.14.4"
#endif

/* From 3.12 an allocation only schedules a run; the loop has to offer it a place. */
#define COLLECTS_LATER (PY_VERSION_HEX >= 0x030C0000)
/* Values of an instance beyond this many leave the compact layout (3.11 on). */
#define MAX_ATTRIBUTES 28
#define MAX_SLOTS      1000000UL
/* More than any trace needs, and far below where a product could overflow. */
#define MAX_NUMBER 1000000000UL

/* ------------------------------------------------------------------ the collector's state */

#if PY_VERSION_HEX >= 0x03070000
typedef struct _gc_runtime_state collector_state;

static collector_state *collector(void)
{
#if PY_VERSION_HEX >= 0x03090000
    return &PyThreadState_Get()->interp->gc;
#else
    return &_PyRuntime.gc;
#endif
}

static bool find_collector(void)
{
    return true;
}
#else
/*
 * 3.6 keeps its counters in static variables. The generations can be reached through the
 * exported pointer to the youngest; the statistics are found by their values.
 */
struct gc_generation {
    PyGC_Head head;
    int threshold;
    int count;
};
struct gc_generation_stats {
    Py_ssize_t collections;
    Py_ssize_t collected;
    Py_ssize_t uncollectable;
};
typedef struct {
    struct gc_generation *generations;
    struct gc_generation_stats *generation_stats;
} collector_state;

extern PyGC_Head *_PyGC_generation0;

static collector_state collector_of_36;

static collector_state *collector(void)
{
    return &collector_of_36;
}

struct scan {
    const void *near_by;
    struct gc_generation_stats wanted[3];
    struct gc_generation_stats *found;
    int matches;
};

/* Looks through the writable segment that holds the generations. */
static int scan_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct scan *scan = data;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const uintptr_t start = info->dlpi_addr + header->p_vaddr;
        const uintptr_t end = start + header->p_memsz;
        const uintptr_t place = (uintptr_t)scan->near_by;
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_W) || place < start ||
            place >= end) {
            continue;
        }
        for (uintptr_t at = (start + 7) & ~(uintptr_t)7; at + sizeof scan->wanted <= end;
             at += 8) {
            if (memcmp((const void *)at, scan->wanted, sizeof scan->wanted) == 0) {
                scan->found = (struct gc_generation_stats *)at;
                scan->matches++;
            }
        }
    }
    return 0;
}

static bool read_stats(struct gc_generation_stats *stats)
{
    static const char *const names[3] = {"collections", "collected", "uncollectable"};
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *list = gc ? PyObject_CallMethod(gc, "get_stats", NULL) : NULL;
    for (int g = 0; list && g < 3; g++) {
        PyObject *entry = PyList_GET_ITEM(list, g);
        Py_ssize_t *const place[3] = {&stats[g].collections, &stats[g].collected,
                                      &stats[g].uncollectable};
        for (int i = 0; i < 3; i++) {
            *place[i] = PyLong_AsSsize_t(PyDict_GetItemString(entry, names[i]));
        }
    }
    Py_XDECREF(gc);
    Py_XDECREF(list);
    return list != NULL;
}

static bool find_collector(void)
{
    struct scan scan = {.near_by = _PyGC_generation0};
    struct gc_generation_stats again[3];
    if (collector_of_36.generation_stats) {
        return true;
    }
    PyObject *gc = PyImport_ImportModule("gc");
    /* Runs of different number make the nine figures unlike anything else in memory. */
    for (int i = 0; gc && i < 10; i++) {
        Py_XDECREF(PyObject_CallMethod(gc, "collect", "i", i < 7 ? 0 : i < 9 ? 1 : 2));
    }
    Py_XDECREF(PyObject_CallMethod(gc, "disable", NULL));
    if (!gc || !read_stats(scan.wanted)) {
        return false;
    }
    dl_iterate_phdr(scan_object, &scan);
    Py_XDECREF(PyObject_CallMethod(gc, "collect", NULL));
    Py_DECREF(gc);
    if (scan.matches != 1 || !read_stats(again) ||
        memcmp(scan.found, again, sizeof again) != 0) {
        PyErr_SetString(PyExc_RuntimeError, "cannot find the collector's counters");
        return false;
    }
    collector_of_36.generations = (struct gc_generation *)_PyGC_generation0;
    collector_of_36.generation_stats = scan.found;
    return true;
}
#endif

static PyGC_Head *generation_head(int g)
{
    return &collector()->generations[g].head;
}

/* From 3.8 the low bits of the link backwards hold flags, which have to stay. */
#if PY_VERSION_HEX >= 0x03080000
#define LINK_FLAGS ((uintptr_t)3)

static PyGC_Head *next_of(const PyGC_Head *head)
{
    return (PyGC_Head *)head->_gc_next;
}

static PyGC_Head *previous_of(const PyGC_Head *head)
{
    return (PyGC_Head *)(head->_gc_prev & ~LINK_FLAGS);
}

static void join(PyGC_Head *left, PyGC_Head *right)
{
    left->_gc_next = (uintptr_t)right;
    right->_gc_prev = (right->_gc_prev & LINK_FLAGS) | (uintptr_t)left;
}
#else
static PyGC_Head *next_of(const PyGC_Head *head)
{
    return head->gc.gc_next;
}

static PyGC_Head *previous_of(const PyGC_Head *head)
{
    return head->gc.gc_prev;
}

static void join(PyGC_Head *left, PyGC_Head *right)
{
    left->gc.gc_next = right;
    right->gc.gc_prev = left;
}
#endif

static void move_list(PyGC_Head *from, PyGC_Head *to)
{
    if (next_of(from) == from) {
        return;
    }
    join(previous_of(to), next_of(from));
    join(previous_of(from), to);
    join(from, from);
}

static PyGC_Head hidden;

/* Takes the interpreter's own objects out of every generation. */
static void hide_heap(void)
{
#if PY_VERSION_HEX >= 0x03070000
    move_list(&collector()->permanent_generation.head, &hidden);
#endif
    for (int g = 2; g >= 0; g--) {
        move_list(generation_head(g), &hidden);
    }
}

static void show_heap(void)
{
    move_list(&hidden, generation_head(2));
}

static bool heap_is_empty(void)
{
    bool empty = true;
    for (int g = 0; g < 3; g++) {
        empty = empty && next_of(generation_head(g)) == generation_head(g);
    }
    return empty;
}

/* --------------------------------------------------------------------- the trace in memory */

enum kind {
    INSTANCE,
    ATOMIC,
    TUPLE,
    LIST,
    DICT,
    SET,
    WEAKREF,
    CELL,
    SLICE,
    METHOD,
    CFUNCTION,
    CONTAINER,
    KINDS
};

static const char *const kind_names[KINDS] = {"",      "atomic", "tuple",     "list",
                                              "dict",  "set",    "weakref",   "cell",
                                              "slice", "method", "cfunction", "container"};

/* How many slots these have, by nature. */
static const size_t fixed_slots[KINDS] = {
    [CELL] = 1, [SLICE] = 3, [METHOD] = 2, [CFUNCTION] = 1};

enum finalizer { NOTHING, PLAIN, RESURRECT };

struct type_info {
    bool defined;
    enum kind kind;
    size_t slots;
    bool has_dict;
    bool weakrefable;
    enum finalizer finalizer;
    bool legacy;
    PyTypeObject *class_object;
    Py_ssize_t *offsets; /* of the slots of an instance without a dict */
};

enum { ENABLE, DISABLE, FREEZE, UNFREEZE, THRESHOLD, COLLECT, ACTIONS };

static const char *const action_names[ACTIONS] = {"enable",   "disable",       "freeze",
                                                  "unfreeze", "set_threshold", "collect"};

struct event {
    char op;
    unsigned char action; /* of g and c; of k: 0 no callback, 1 keep, 2 drop */
    size_t object;
    size_t other;  /* type of a, target of s and k */
    size_t slot;   /* of s; number of slots of a */
    size_t first;  /* of a: its targets; of g and c: its arguments */
    size_t number; /* of targets of a */
};

struct row {
    size_t event;
    int generation;
    Py_ssize_t collected;
    Py_ssize_t uncollectable;
};

/* A real object; sets need to know what each slot holds, as a set has no slots. */
struct object {
    PyObject *self;
    PyObject **members;
    size_t type;
    size_t slots;
};

struct array {
    void *data;
    size_t size;
    size_t room;
};

struct run {
    struct array types;     /* struct type_info */
    struct array events;    /* struct event */
    struct array targets;   /* size_t */
    struct array arguments; /* PyObject *, argument tuples */
    struct array rows;      /* struct row */
    struct object *objects;
    size_t allocations;
    size_t most_slots;
    size_t line;
    bool stretch;
    struct gc_generation_stats seen[3];
    PyObject *actions[ACTIONS];
    PyObject *nothing; /* the empty tuple */
    PyObject *scratch; /* a list whose items tuples are made of */
    PyObject *slice;   /* takes the one parked slice, which a full collection leaves (3.13) */
    PyObject *keep;
    PyObject *drop;
    PyObject **keys; /* of dicts, and attribute names of instances */
};

/* Room for one more element, zeroed. */
static void *append(struct array *array, size_t element)
{
    if (array->size == array->room) {
        const size_t room = array->room ? array->room * 2 : 64;
        void *data = realloc(array->data, room * element);
        if (!data) {
            PyErr_NoMemory();
            return NULL;
        }
        array->data = data;
        array->room = room;
    }
    void *place = (char *)array->data + array->size++ * element;
    memset(place, 0, element);
    return place;
}

static bool wrong(const struct run *run, const char *why)
{
    PyErr_Format(PyExc_ValueError, "line %zu: %s", run->line, why);
    return false;
}

/* ----------------------------------------------------------------------------- the parser */

/* The fields of one line; the line is cut in place. */
struct fields {
    char **text;
    size_t number;
    size_t room;
};

static bool split(struct fields *fields, char *line)
{
    fields->number = 0;
    for (char *field = line; field; fields->number++) {
        if (fields->number == fields->room) {
            const size_t room = fields->room ? fields->room * 2 : 16;
            char **text = realloc(fields->text, room * sizeof *text);
            if (!text) {
                PyErr_NoMemory();
                return false;
            }
            fields->text = text;
            fields->room = room;
        }
        fields->text[fields->number] = field;
        field = strchr(field, ' ');
        if (field) {
            *field++ = '\0';
        }
    }
    return true;
}

static bool number(const struct run *run, const char *text, size_t *value)
{
    *value = 0;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || *value > MAX_NUMBER) {
            return wrong(run, "a number expected");
        }
        *value = *value * 10 + (size_t)(*c - '0');
    }
    return *text ? true : wrong(run, "an empty field");
}

static bool parse_flag(const struct run *run, struct type_info *type, const char *flag)
{
    if (strncmp(flag, "kind=", 5) == 0) {
        for (int k = INSTANCE + 1; k < KINDS; k++) {
            if (strcmp(flag + 5, kind_names[k]) == 0) {
                type->kind = (enum kind)k;
                return true;
            }
        }
        PyErr_Format(PyExc_ValueError, "line %zu: the driver cannot make objects of kind %s",
                     run->line, flag + 5);
        return false;
    }
    if (strcmp(flag, "dict") == 0) {
        type->has_dict = true;
    } else if (strcmp(flag, "weakrefable") == 0) {
        type->weakrefable = true;
    } else if (strcmp(flag, "finalizer") == 0) {
        type->finalizer = PLAIN;
    } else if (strcmp(flag, "finalizer=resurrect") == 0) {
        type->finalizer = RESURRECT;
    } else if (strcmp(flag, "legacy") == 0) {
        type->legacy = true;
    } else {
        return wrong(run, "an unknown flag");
    }
    return true;
}

static bool parse_type(struct run *run, const struct fields *fields)
{
    size_t name;
    size_t slots;
    if (fields->number < 5 || !number(run, fields->text[1], &name) ||
        !number(run, fields->text[3], &slots)) {
        return PyErr_Occurred() ? false : wrong(run, "a type has at least four fields");
    }
    if (name >= 1U << 20) {
        return wrong(run, "type number too large");
    }
    while (run->types.size <= name) {
        if (!append(&run->types, sizeof(struct type_info))) {
            return false;
        }
    }
    struct type_info *type = (struct type_info *)run->types.data + name;
    if (type->defined) {
        return wrong(run, "a type defined twice");
    }
    type->defined = true;
    type->slots = slots;
    for (size_t i = 5; i < fields->number; i++) {
        if (!parse_flag(run, type, fields->text[i])) {
            return false;
        }
    }
    const bool extras =
        type->has_dict || type->weakrefable || type->finalizer != NOTHING || type->legacy;
    if (type->kind != INSTANCE && extras) {
        return wrong(run, "flags that only instances have");
    }
    if (type->has_dict && slots > MAX_ATTRIBUTES) {
        return wrong(run, "more attributes than the driver can give an instance");
    }
    if ((type->kind == ATOMIC || type->kind == WEAKREF) && slots > 0) {
        return wrong(run, "slots on an object that has none");
    }
    if (slots > MAX_SLOTS || (fixed_slots[type->kind] && slots != fixed_slots[type->kind])) {
        return wrong(run, "objects of this kind do not have so many slots");
    }
    return true;
}

static bool parse_allocation(struct run *run, struct event *event, const struct fields *fields)
{
    size_t extra;
    size_t at = 3;
    if (fields->number < 3 || !number(run, fields->text[1], &event->object) ||
        !number(run, fields->text[2], &event->other)) {
        return PyErr_Occurred() ? false : wrong(run, "an allocation has at least two fields");
    }
    if (event->object != ++run->allocations) {
        return wrong(run, "objects are numbered 1, 2, 3 without gaps");
    }
    const struct type_info *type = (struct type_info *)run->types.data + event->other;
    if (event->other >= run->types.size || !type->defined) {
        return wrong(run, "an undefined type");
    }
    event->slot = type->slots;
    if (at < fields->number && strcmp(fields->text[at], "=") != 0 &&
        !number(run, fields->text[at++], &extra)) {
        return false;
    }
    if (at < fields->number && strcmp(fields->text[at], "=") != 0 &&
        !number(run, fields->text[at++], &event->slot)) {
        return false;
    }
    if (event->slot != type->slots && type->kind != LIST && type->kind != TUPLE &&
        type->kind != DICT && type->kind != SET && type->kind != CONTAINER) {
        return wrong(run, "this kind of object has the slots of its type");
    }
    if (event->slot > MAX_SLOTS) {
        return wrong(run, "more slots than the driver can give an object");
    }
    if (type->kind == TUPLE && event->slot == 0) {
        return wrong(run, "the empty tuple is a singleton");
    }
    run->most_slots = event->slot > run->most_slots ? event->slot : run->most_slots;
    if (at == fields->number) {
        return true;
    }
    if (strcmp(fields->text[at++], "=") != 0 || fields->number - at != event->slot) {
        return wrong(run, "one target for each slot expected");
    }
    event->first = run->targets.size;
    event->number = event->slot;
    for (; at < fields->number; at++) {
        size_t *target = append(&run->targets, sizeof *target);
        if (!target || !number(run, fields->text[at], target)) {
            return false;
        }
        if (*target >= event->object) {
            return wrong(run, "a target that is not allocated");
        }
    }
    return true;
}

/* Argument tuples are made here, before the run, because making them would count. */
static bool parse_call(struct run *run, struct event *event, const struct fields *fields)
{
    const size_t first = event->op == 'c' ? 1 : 2;
    if (fields->number < 2) {
        return wrong(run, "a field is missing");
    }
    if (event->op == 'c') {
        event->action = COLLECT;
    } else if (strcmp(fields->text[1], "threshold") == 0) {
        event->action = THRESHOLD;
    } else {
        while (event->action < THRESHOLD &&
               strcmp(fields->text[1], action_names[event->action]) != 0) {
            event->action++;
        }
        if (event->action == THRESHOLD) {
            return wrong(run, "an unknown call of the module gc");
        }
    }
    if (!run->actions[event->action]) {
        return wrong(run, "this interpreter's module gc has no such function");
    }
    PyObject **arguments = append(&run->arguments, sizeof *arguments);
    if (!arguments) {
        return false;
    }
    event->first = run->arguments.size - 1;
    *arguments = PyTuple_New((Py_ssize_t)(fields->number - first));
    for (size_t i = first; *arguments && i < fields->number; i++) {
        PyObject *value = PyLong_FromString(fields->text[i], NULL, 10);
        if (!value) {
            PyErr_Clear();
            return wrong(run, "a number expected");
        }
        PyTuple_SET_ITEM(*arguments, (Py_ssize_t)(i - first), value);
    }
    return *arguments != NULL;
}

static bool parse_weak(struct run *run, struct event *event, const struct fields *fields)
{
    const struct event *before = event - 1;
    if (fields->number < 3 || fields->number > 4 ||
        !number(run, fields->text[1], &event->object) ||
        !number(run, fields->text[2], &event->other)) {
        return PyErr_Occurred() ? false : wrong(run, "a weak reference and a target expected");
    }
    if (run->events.size < 2 || before->op != 'a' || before->object != event->object ||
        event->other == 0 || event->other >= event->object) {
        return wrong(run, "k stands directly behind the allocation of its weak reference");
    }
    if (fields->number == 4) {
        event->action = strcmp(fields->text[3], "keep") == 0 ? 1 : 2;
        if (event->action == 2 && strcmp(fields->text[3], "drop") != 0) {
            return wrong(run, "keep or drop expected");
        }
    }
    return true;
}

static bool known_object(const struct run *run, size_t object)
{
    return object > 0 && object <= run->allocations
               ? true
               : wrong(run, "an object that is not allocated");
}

static bool parse_event(struct run *run, const struct fields *fields)
{
    struct event *event = append(&run->events, sizeof *event);
    if (!event) {
        return false;
    }
    event->op = fields->text[0][0];
    switch (event->op) {
    case 'a':
        return parse_allocation(run, event, fields);
    case 's':
        return fields->number == 4 && number(run, fields->text[1], &event->object) &&
               number(run, fields->text[2], &event->slot) &&
               number(run, fields->text[3], &event->other) &&
               known_object(run, event->object) &&
               (event->other == 0 || known_object(run, event->other));
    case 'r':
    case 'd':
        return fields->number == 2 && number(run, fields->text[1], &event->object) &&
               known_object(run, event->object);
    case 'k':
        return parse_weak(run, event, fields);
    case 'c':
    case 'g':
        return parse_call(run, event, fields);
    case 'u':
    case 'v':
        return fields->number == 1;
    case 'z':
    case 'w':
    case 'i':
    case 'b':
    case 'e':
    case 'm':
        return true;
    default:
        return wrong(run, "an unknown event");
    }
}

static bool parse_line(struct run *run, struct fields *fields, char *line)
{
    if (run->line == 1) {
        return strcmp(line, "gctrace 1") == 0 ? true : wrong(run, "not a text trace");
    }
    if (!*line || *line == '#') {
        return true;
    }
    if (!split(fields, line)) {
        return false;
    }
    if (strlen(fields->text[0]) != 1) {
        return wrong(run, "an unknown line");
    }
    if (*fields->text[0] == 't') {
        return parse_type(run, fields);
    }
    if (*fields->text[0] == 'o') {
        /* Where the roots are does not matter to a collector that never looks at them. */
        return fields->number == 2 && strncmp(fields->text[1], "roots=", 6) == 0
                   ? true
                   : wrong(run, "the driver cannot honour this option");
    }
    return parse_event(run, fields)
               ? true
               : (PyErr_Occurred() ? false : wrong(run, "a wrong number of fields"));
}

static bool parse(struct run *run, char *text)
{
    struct fields fields = {0};
    bool good = true;
    for (char *line = text; good && line && *line;) {
        char *end = strchr(line, '\n');
        if (end) {
            *end++ = '\0';
        }
        run->line++;
        good = parse_line(run, &fields, line);
        line = end;
    }
    free(fields.text);
    if (good && run->line == 0) {
        return wrong(run, "an empty trace");
    }
    return good;
}

/* -------------------------------------------------------------------------------- set-up */

static void finalize_plain(PyObject *self)
{
    (void)self;
}

/* The new reference is the root that nothing takes away. */
static void finalize_resurrect(PyObject *self)
{
    Py_INCREF(self);
}

static PyObject *callback_keep(PyObject *module, PyObject *weak)
{
    (void)module;
    (void)weak;
    Py_RETURN_NONE;
}

static PyObject *callback_drop(PyObject *module, PyObject *weak)
{
    (void)module;
    Py_DECREF(weak);
    Py_RETURN_NONE;
}

static PyMethodDef callbacks[2] = {{"keep", callback_keep, METH_O, NULL},
                                   {"drop", callback_drop, METH_O, NULL}};

/* A container of the plainest sort, as an extension module would have it. */
struct container {
    PyObject_VAR_HEAD PyObject *slots[1];
};

static int container_traverse(PyObject *self, visitproc visit, void *arg)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_VISIT(((struct container *)self)->slots[i]);
    }
    return 0;
}

static int container_clear(PyObject *self)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_CLEAR(((struct container *)self)->slots[i]);
    }
    return 0;
}

static void container_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
#if PY_VERSION_HEX >= 0x03080000
    Py_TRASHCAN_BEGIN(self, container_dealloc) container_clear(self);
    PyObject_GC_Del(self);
    Py_TRASHCAN_END
#else
    Py_TRASHCAN_SAFE_BEGIN(self) container_clear(self);
    PyObject_GC_Del(self);
    Py_TRASHCAN_SAFE_END(self)
#endif
}

static PyTypeObject container_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gcsim_driver.container",
    .tp_basicsize = offsetof(struct container, slots),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = container_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = container_traverse,
    .tp_clear = container_clear,
};

/* The names that a class statement of this type would give as __slots__. */
static PyObject *slot_names(const struct type_info *type, PyObject *const *keys)
{
    PyObject *names = PyList_New(0);
    for (size_t i = 0; names && !type->has_dict && i < type->slots; i++) {
        if (PyList_Append(names, keys[i]) < 0) {
            Py_CLEAR(names);
        }
    }
    const char *const extra[2] = {type->has_dict ? "__dict__" : NULL,
                                  type->weakrefable ? "__weakref__" : NULL};
    for (int i = 0; names && i < 2; i++) {
        PyObject *name = extra[i] ? PyUnicode_InternFromString(extra[i]) : NULL;
        if (name && PyList_Append(names, name) < 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}

/* A real Python class, so that the interpreter itself decides what its instances are. */
static bool make_class(struct type_info *type, PyObject *const *keys)
{
    PyObject *names = slot_names(type, keys);
    PyObject *made =
        names ? PyObject_CallFunction((PyObject *)&PyType_Type, "s(O){sO}", "Traced",
                                      (PyObject *)&PyBaseObject_Type, "__slots__", names)
              : NULL;
    Py_XDECREF(names);
    if (!made) {
        return false;
    }
    type->class_object = (PyTypeObject *)made;
    if (type->finalizer != NOTHING) {
        type->class_object->tp_finalize =
            type->finalizer == PLAIN ? finalize_plain : finalize_resurrect;
#if PY_VERSION_HEX < 0x03080000
        type->class_object->tp_flags |= Py_TPFLAGS_HAVE_FINALIZE;
#endif
    }
    if (type->legacy) {
        type->class_object->tp_del = finalize_plain;
    }
    if (type->has_dict) {
        return true;
    }
    type->offsets = calloc(type->slots + 1, sizeof *type->offsets);
    for (size_t i = 0; type->offsets && i < type->slots; i++) {
        PyObject *member = PyObject_GetAttr(made, keys[i]);
        if (!member) {
            return false;
        }
        type->offsets[i] = ((PyMemberDescrObject *)member)->d_member->offset;
        Py_DECREF(member);
    }
    return type->offsets != NULL;
}

static bool make_types(struct run *run)
{
    struct type_info *types = run->types.data;
    for (size_t i = 0; i < run->types.size; i++) {
        const size_t slots = types[i].slots;
        run->most_slots = slots > run->most_slots ? slots : run->most_slots;
    }
    run->keys = calloc(run->most_slots + 1, sizeof *run->keys);
    for (size_t i = 0; run->keys && i < run->most_slots; i++) {
        /* Zero-padded, because a class sorts its slots by name. */
        char name[32];
        snprintf(name, sizeof name, "s%08zu", i);
        run->keys[i] = PyUnicode_InternFromString(name);
        if (!run->keys[i]) {
            return false;
        }
    }
    for (size_t i = 0; run->keys && i < run->types.size; i++) {
        if (types[i].defined && types[i].kind == INSTANCE &&
            !make_class(&types[i], run->keys)) {
            return false;
        }
    }
    return run->keys != NULL;
}

/* PyList_AsTuple() of a list that owns nothing is how a tuple is made of given items. */
static bool make_scratch(struct run *run)
{
    run->scratch = PyList_New((Py_ssize_t)run->most_slots);
    run->keep = PyCFunction_New(&callbacks[0], NULL);
    run->drop = PyCFunction_New(&callbacks[1], NULL);
    run->objects = calloc(run->allocations + 1, sizeof *run->objects);
    return run->scratch && run->keep && run->drop && run->objects;
}

static bool call(PyObject *function, PyObject *arguments)
{
    PyObject *result = function ? PyObject_Call(function, arguments, NULL) : NULL;
    Py_XDECREF(result);
    return result != NULL;
}

static bool import_actions(struct run *run)
{
    PyObject *gc = PyImport_ImportModule("gc");
    for (int i = 0; gc && i < ACTIONS; i++) {
        run->actions[i] = PyObject_GetAttrString(gc, action_names[i]);
        PyErr_Clear();
    }
    Py_XDECREF(gc);
    return gc != NULL;
}

static bool start(struct run *run, const int *thresholds)
{
    collector_state *state = collector();
    if (!call(run->actions[DISABLE], run->nothing) ||
        !call(run->actions[COLLECT], run->nothing) || PyErr_CheckSignals() < 0) {
        return false;
    }
    run->slice = PySlice_New(Py_None, Py_None, Py_None);
    hide_heap();
    /* Nothing is left to find: this one empties the free lists and resets the counters. */
    if (!run->slice || !call(run->actions[COLLECT], run->nothing)) {
        return false;
    }
    for (int g = 0; g < 3; g++) {
        state->generations[g].threshold = thresholds[g];
        state->generations[g].count = 0;
        run->seen[g] = state->generation_stats[g];
    }
#if PY_VERSION_HEX >= 0x03070000
    state->long_lived_total = 0;
    state->long_lived_pending = 0;
#endif
    if (!call(run->actions[ENABLE], run->nothing)) {
        return false;
    }
    if (!heap_is_empty() || state->generations[0].count != 0) {
        PyErr_SetString(PyExc_RuntimeError, "the collector could not be reset");
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------------------- the run */

/*
 * Up to 3.7 instances of classes that die in a chain deeper than 50 are put aside until a
 * list, a tuple, a dict or a frame dies. In a Python program that is at once, in this loop it
 * may be never. Two cures: the chain may be deeper (the level starts below zero), and what is
 * put aside all the same dies here. The first alone is not enough for very deep chains; the
 * second alone lets objects that a full collection frees reach the free lists behind their
 * emptying, which is what these versions really do, but not what a trace means.
 */
#define DEEPER_DEATHS 2000

static void allow_deep_deaths(bool allow)
{
#if PY_VERSION_HEX < 0x03080000
    PyThreadState_GET()->trash_delete_nesting = allow ? -DEEPER_DEATHS : 0;
#else
    (void)allow;
#endif
}

static void finish_deaths(void)
{
#if PY_VERSION_HEX < 0x03080000
    const PyThreadState *thread = PyThreadState_GET();
    if (thread->trash_delete_later && thread->trash_delete_nesting <= 0) {
        _PyTrash_thread_destroy_chain();
    }
#endif
}

/* Logs the collections that ran since the last call: at most one of each generation. */
static bool note(struct run *run, size_t event)
{
    const collector_state *state = collector();
    finish_deaths();
    for (int g = 0; g < 3; g++) {
        const struct gc_generation_stats *now = &state->generation_stats[g];
        struct gc_generation_stats *seen = &run->seen[g];
        if (now->collections == seen->collections) {
            continue;
        }
        struct row *row = append(&run->rows, sizeof *row);
        if (!row) {
            return false;
        }
        row->event = event;
        row->generation = g;
        row->collected = now->collected - seen->collected;
        row->uncollectable = now->uncollectable - seen->uncollectable;
        if (now->collections != seen->collections + 1) {
            PyErr_SetString(PyExc_RuntimeError, "two collections where one was possible");
            return false;
        }
        *seen = *now;
    }
    return true;
}

/* The object in a slot as the built-in containers want it: None where the slot is empty. */
static PyObject *item(const struct run *run, size_t target)
{
    return target ? run->objects[target].self : Py_None;
}

static size_t born_target(const struct run *run, const struct event *event, size_t slot)
{
    return event->number ? ((size_t *)run->targets.data)[event->first + slot] : 0;
}

static PyObject *new_tuple(const struct run *run, const struct event *event)
{
    PyListObject *scratch = (PyListObject *)run->scratch;
    for (size_t i = 0; i < event->slot; i++) {
        scratch->ob_item[i] = item(run, born_target(run, event, i));
    }
    ((PyVarObject *)scratch)->ob_size = (Py_ssize_t)event->slot;
    PyObject *tuple = PyList_AsTuple(run->scratch);
    ((PyVarObject *)scratch)->ob_size = 0;
    return tuple;
}

/* The weak reference needs its target at birth, which the next event names. */
static PyObject *new_weak(struct run *run, const struct event *event)
{
    const struct event *next = event + 1;
    const struct event *end = (struct event *)run->events.data + run->events.size;
    if (next == end || next->op != 'k') {
        PyErr_SetString(PyExc_ValueError, "a weak reference without its target");
        return NULL;
    }
    PyObject *callback = next->action == 0 ? NULL : next->action == 1 ? run->keep : run->drop;
    return PyWeakref_NewRef(run->objects[next->other].self, callback);
}

static PyObject *new_container(size_t slots)
{
    struct container *self =
        PyObject_GC_NewVar(struct container, &container_type, (Py_ssize_t)slots);
    if (self) {
        memset(self->slots, 0, slots * sizeof self->slots[0]);
        PyObject_GC_Track((PyObject *)self);
    }
    return (PyObject *)self;
}

static PyObject *new_shell(struct run *run, const struct event *event)
{
    const struct type_info *type = (struct type_info *)run->types.data + event->other;
    switch (type->kind) {
    case INSTANCE:
        return type->class_object->tp_new(type->class_object, run->nothing, NULL);
    case ATOMIC:
        return PyBaseObject_Type.tp_alloc(&PyBaseObject_Type, 0);
    case TUPLE:
        return new_tuple(run, event);
    case LIST:
        return PyList_New((Py_ssize_t)event->slot);
    case DICT:
        return PyDict_New();
    case SET:
        return PySet_New(NULL);
    case WEAKREF:
        return new_weak(run, event);
    case CELL:
        return PyCell_New(NULL);
    case SLICE:
        return PySlice_New(item(run, born_target(run, event, 0)),
                           item(run, born_target(run, event, 1)),
                           item(run, born_target(run, event, 2)));
    case METHOD:
        return PyMethod_New(item(run, born_target(run, event, 0)),
                            item(run, born_target(run, event, 1)));
    case CFUNCTION:
        return PyCFunction_New(&callbacks[0], item(run, born_target(run, event, 0)));
    case CONTAINER:
        return new_container(event->slot);
    case KINDS:
        break;
    }
    return NULL;
}

/* Where an object keeps a slot that is empty when it holds no object at all, or NULL. */
static PyObject **bare_slot(const struct run *run, const struct object *object, size_t slot)
{
    const struct type_info *type = (struct type_info *)run->types.data + object->type;
    if (type->kind == INSTANCE && !type->has_dict) {
        return (PyObject **)((char *)object->self + type->offsets[slot]);
    }
    if (type->kind == CONTAINER) {
        return &((struct container *)object->self)->slots[slot];
    }
    return type->kind == CELL ? &((PyCellObject *)object->self)->ob_ref : NULL;
}

/* Puts a new object's first contents in. The first attribute may make a dict. */
static bool fill(struct run *run, const struct event *event, size_t index)
{
    struct object *object = &run->objects[event->object];
    const struct type_info *type = (struct type_info *)run->types.data + event->other;
    for (size_t i = 0; i < event->slot; i++) {
        const size_t target = born_target(run, event, i);
        PyObject *value = item(run, target);
        PyObject **bare = bare_slot(run, object, i);
        if (bare && target) {
            Py_INCREF(value);
            *bare = value;
        } else if (type->kind == INSTANCE && type->has_dict) {
            if (PyObject_SetAttr(object->self, run->keys[i], value) < 0 || !note(run, index)) {
                return false;
            }
        } else if (type->kind == LIST) {
            Py_INCREF(value);
            PyList_SET_ITEM(object->self, (Py_ssize_t)i, value);
        } else if (type->kind == DICT) {
            if (PyDict_SetItem(object->self, run->keys[i], value) < 0) {
                return false;
            }
        } else if (type->kind == SET && target) {
            object->members[i] = value;
            if (PySet_Add(object->self, value) < 0) {
                return false;
            }
        }
    }
    return true;
}

static bool allocate(struct run *run, const struct event *event, size_t index)
{
    struct object *object = &run->objects[event->object];
    const struct type_info *type = (struct type_info *)run->types.data + event->other;
    object->type = event->other;
    object->slots = event->slot;
    if (type->kind == SET) {
        object->members = calloc(event->slot + 1, sizeof *object->members);
        if (!object->members) {
            PyErr_NoMemory();
            return false;
        }
    }
    object->self = new_shell(run, event);
    return object->self && note(run, index) && fill(run, event, index);
}

static bool store_in_set(struct object *object, size_t slot, PyObject *target)
{
    PyObject *old = object->members[slot];
    if (old == target) {
        return true;
    }
    if (target && PySet_Contains(object->self, target) != 0) {
        PyErr_SetString(PyExc_ValueError, "a set that would hold an object twice");
        return false;
    }
    object->members[slot] = target;
    return (!target || PySet_Add(object->self, target) == 0) &&
           (!old || PySet_Discard(object->self, old) >= 0);
}

static void replace(PyObject **place, PyObject *value)
{
    PyObject *old = *place;
    Py_XINCREF(value);
    *place = value;
    Py_XDECREF(old);
}

static bool store(struct run *run, const struct event *event)
{
    struct object *object = &run->objects[event->object];
    const struct type_info *type = (struct type_info *)run->types.data + object->type;
    if (event->slot >= object->slots) {
        PyErr_SetString(PyExc_ValueError, "a slot out of range");
        return false;
    }
    PyObject *value = item(run, event->other);
    PyObject **bare = bare_slot(run, object, event->slot);
    if (bare) {
        replace(bare, event->other ? value : NULL);
        return true;
    }
    if (type->kind == INSTANCE) {
        return PyObject_SetAttr(object->self, run->keys[event->slot], value) == 0;
    }
    if (type->kind == LIST) {
        replace(&((PyListObject *)object->self)->ob_item[event->slot], value);
        return true;
    }
    if (type->kind == DICT) {
        return PyDict_SetItem(object->self, run->keys[event->slot], value) == 0;
    }
    if (type->kind == SET) {
        return store_in_set(object, event->slot, event->other ? value : NULL);
    }
    PyErr_SetString(PyExc_ValueError, "a store into an object that is born complete");
    return false;
}

static bool execute(struct run *run, const struct event *event, size_t index)
{
    switch (event->op) {
    case 'a':
        return allocate(run, event, index);
    case 's':
        return store(run, event);
    case 'r':
        Py_INCREF(run->objects[event->object].self);
        return true;
    case 'd':
        Py_DECREF(run->objects[event->object].self);
        return true;
    case 'c':
    case 'g':
        return call(run->actions[event->action],
                    ((PyObject **)run->arguments.data)[event->first]);
    case 'u':
    case 'v':
        run->stretch = event->op == 'u';
        return true;
    default:
        return true;
    }
}

static bool run_events(struct run *run)
{
    const struct event *events = run->events.data;
    for (size_t i = 0; i < run->events.size; i++) {
        if (!execute(run, &events[i], i) || !note(run, i)) {
            return false;
        }
        if (COLLECTS_LATER && !run->stretch && (PyErr_CheckSignals() < 0 || !note(run, i))) {
            return false;
        }
    }
    return true;
}

/* -------------------------------------------------------------------------- the interface */

static void release(struct run *run)
{
    struct type_info *types = run->types.data;
    for (size_t i = 0; i < run->types.size; i++) {
        Py_XDECREF((PyObject *)types[i].class_object);
        free(types[i].offsets);
    }
    for (size_t i = 0; i < run->arguments.size; i++) {
        Py_XDECREF(((PyObject **)run->arguments.data)[i]);
    }
    for (size_t i = 0; run->keys && i < run->most_slots; i++) {
        Py_XDECREF(run->keys[i]);
    }
    for (int i = 0; i < ACTIONS; i++) {
        Py_XDECREF(run->actions[i]);
    }
    for (size_t i = 0; run->objects && i <= run->allocations; i++) {
        free(run->objects[i].members);
    }
    Py_XDECREF(run->nothing);
    Py_XDECREF(run->scratch);
    Py_XDECREF(run->slice);
    Py_XDECREF(run->keep);
    Py_XDECREF(run->drop);
    free(run->types.data);
    free(run->events.data);
    free(run->targets.data);
    free(run->arguments.data);
    free(run->rows.data);
    free(run->objects);
    free(run->keys);
}

static PyObject *make_result(const struct run *run)
{
    const struct row *rows = run->rows.data;
    PyObject *list = PyList_New((Py_ssize_t)run->rows.size);
    for (size_t i = 0; list && i < run->rows.size; i++) {
        PyObject *entry = Py_BuildValue("(ninn)", (Py_ssize_t)rows[i].event, rows[i].generation,
                                        rows[i].collected, rows[i].uncollectable);
        if (!entry) {
            Py_CLEAR(list);
        } else {
            PyList_SET_ITEM(list, (Py_ssize_t)i, entry);
        }
    }
    return list;
}

/* The collector must not run while classes and arguments are made. */
static bool prepare(struct run *run)
{
    join(&hidden, &hidden);
    run->nothing = PyTuple_New(0);
    return run->nothing && find_collector() && import_actions(run) &&
           call(run->actions[DISABLE], run->nothing);
}

static PyObject *driver_run(PyObject *module, PyObject *arguments)
{
    struct run run = {0};
    int thresholds[3];
    const char *text;
    Py_ssize_t length;
    PyObject *result = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y#(iii)", &text, &length, &thresholds[0], &thresholds[1],
                          &thresholds[2])) {
        return NULL;
    }
    char *copy = malloc((size_t)length + 1);
    if (!copy) {
        return PyErr_NoMemory();
    }
    memcpy(copy, text, (size_t)length);
    copy[length] = '\0';
    if (prepare(&run) && parse(&run, copy) && make_types(&run) && make_scratch(&run)) {
        allow_deep_deaths(true);
        const bool good = start(&run, thresholds) && run_events(&run);
        allow_deep_deaths(false);
        /* Whatever happened, the interpreter gets its heap back. */
        show_heap();
        if (good && call(run.actions[DISABLE], run.nothing)) {
            result = make_result(&run);
        }
    }
    release(&run);
    free(copy);
    return result;
}

static PyMethodDef methods[] = {
    {"run", driver_run, METH_VARARGS,
     "run(trace, (threshold0, threshold1, threshold2)) -> [(event, generation, collected, "
     "uncollectable), ...]\n\nExecutes a text trace on real objects. Leaves the collector "
     "disabled and the trace's objects alive."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "gcsim_driver", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_gcsim_driver(void);

PyMODINIT_FUNC PyInit_gcsim_driver(void)
{
    if (PyType_Ready(&container_type) < 0) {
        return NULL;
    }
    return PyModule_Create(&definition);
}
