/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The judge for CPython 2.7: an extension module that executes a trace's events on real
 * objects.
 *
 * 2.7 has no gc.get_stats and no callbacks; gc.DEBUG_STATS makes the collector itself print
 * what each run found. With no sys.stderr it prints to C's stderr, which is a stream in memory
 * meanwhile, read after every event. The events come parsed (execute.py); the loop here makes
 * no object but those that the trace asks for. As a trace wants it, a run starts with an empty
 * heap, counters at zero and empty free lists: the interpreter's own objects wait on a private
 * list.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>
#include <stdbool.h>
#include <stdio.h>
#include <structmember.h>

enum kind {
    INSTANCE, /* __slots__ */
    OBJECT,   /* __dict__ */
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
    FUNCTION,
    ITERATOR,
    FRAME,
    GENERATOR,
};

enum finalizer { NOTHING, PLAIN, RESURRECT };

struct type_info {
    long kind;
    PyTypeObject *class_object; /* borrowed */
    Py_ssize_t offsets[32];
    PyObject *function;  /* whose locals are the slots of frames and generators */
    PyObject *prototype; /* a suspended generator */
};

struct object {
    PyObject *self;
    const struct type_info *type;
    PyObject **members; /* of a set, which knows no slots */
};

/* As an event comes: (op, object, other, slot, targets, call, arguments). */
enum { OP, OBJECT_NUMBER, OTHER, SLOT, TARGETS, CALLED, ARGUMENTS };

struct run {
    struct type_info *types;
    struct object *objects;
    PyObject *keys; /* a tuple of interned names */
    PyObject *keep;
    PyObject *drop;
    PyObject *nothing;
    PyObject *empty; /* a list */
    FILE *stream;
    char *text;
    size_t size;
    size_t read;
    FILE *rows;
    long unreachable; /* by the last collection */
    long returned;    /* by gc.collect() in this event, or -1 */
};

/* ------------------------------------------------------------------ the collector's state */

struct generation {
    PyGC_Head head;
    int threshold;
    int count;
};

extern PyGC_Head *_PyGC_generation0;

static struct generation *generation(int g)
{
    return (struct generation *)_PyGC_generation0 + g;
}

static PyGC_Head hidden;

static void move_list(PyGC_Head *from, PyGC_Head *to)
{
    if (from->gc.gc_next == from) {
        return;
    }
    to->gc.gc_prev->gc.gc_next = from->gc.gc_next;
    from->gc.gc_next->gc.gc_prev = to->gc.gc_prev;
    from->gc.gc_prev->gc.gc_next = to;
    to->gc.gc_prev = from->gc.gc_prev;
    from->gc.gc_next = from->gc.gc_prev = from;
}

/* Chains of deaths deeper than 50 are put aside until a list or a tuple dies, which in a Python
 * program is at once and in this loop may be never: they may be deeper, and what is put aside
 * all the same dies here. */
#define DEEPER_DEATHS 2000

static void finish_deaths(void)
{
    const PyThreadState *thread = PyThreadState_GET();
    if (thread->trash_delete_later && thread->trash_delete_nesting <= 0) {
        _PyTrash_thread_destroy_chain();
    }
}

/* One row for each run that the collector reported since the last call. */
static bool note(struct run *run, long event)
{
    int g;
    long uncollectable;
    long objects[3];
    finish_deaths();
    if (fflush(run->stream) != 0 || fflush(run->rows) != 0) {
        return false;
    }
    while (run->read < run->size) {
        const char *start = strstr(run->text + run->read, "gc: collecting generation ");
        const char *done = start ? strstr(start, "gc: done") : NULL;
        const char *end = done ? strchr(done, '\n') : NULL;
        if (!end || sscanf(start,
                           "gc: collecting generation %d...\n"
                           "gc: objects in each generation: %ld %ld %ld",
                           &g, &objects[0], &objects[1], &objects[2]) != 4) {
            PyErr_Format(PyExc_RuntimeError, "the collector said: %.200s",
                         run->text + run->read);
            return false;
        }
        if (sscanf(done, "gc: done, %ld unreachable, %ld uncollectable", &run->unreachable,
                   &uncollectable) != 2) {
            run->unreachable = uncollectable = 0;
        }
        fprintf(run->rows, "%ld,%d,%ld,%ld,%ld\n", event, g,
                objects[0] + (g > 0 ? objects[1] : 0) + (g > 1 ? objects[2] : 0),
                run->unreachable - uncollectable, uncollectable);
        run->read = (size_t)(end + 1 - run->text);
    }
    return true;
}

/* ------------------------------------------------------------------------ what types need */

static void finalize_plain(PyObject *self)
{
    (void)self;
}

/* The first time the object gets a root that nothing takes away, so there is no second. */
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
    Py_TRASHCAN_SAFE_BEGIN(self) container_clear(self);
    PyObject_GC_Del(self);
    Py_TRASHCAN_SAFE_END(self)
}

static PyTypeObject container_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "judge27.container",
    .tp_basicsize = offsetof(struct container, slots),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = container_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = container_traverse,
    .tp_clear = container_clear,
};

/* (kind, slots, class or None, finalizer, function or None, prototype or None) */
static bool read_type(struct type_info *type, PyObject *from, PyObject *keys)
{
    int slots;
    int finalizer;
    PyObject *made;
    if (!PyArg_ParseTuple(from, "liOiOO", &type->kind, &slots, &made, &finalizer,
                          &type->function, &type->prototype)) {
        return false;
    }
    if (made == Py_None) {
        return true;
    }
    type->class_object = (PyTypeObject *)made;
    if (finalizer != NOTHING) {
        type->class_object->tp_del = finalizer == PLAIN ? finalize_plain : finalize_resurrect;
    }
    for (int i = 0; type->kind == INSTANCE && i < slots; i++) {
        PyObject *member = PyObject_GetAttr(made, PyTuple_GET_ITEM(keys, i));
        if (!member) {
            return false;
        }
        type->offsets[i] = ((PyMemberDescrObject *)member)->d_member->offset;
        Py_DECREF(member);
    }
    return true;
}

/* -------------------------------------------------------------------------------- the run */

static long field(PyObject *event, int place)
{
    return PyInt_AS_LONG(PyTuple_GET_ITEM(event, place));
}

static PyObject *item(const struct run *run, long target)
{
    return target ? run->objects[target].self : Py_None;
}

static long born_target(PyObject *event, Py_ssize_t slot)
{
    PyObject *targets = PyTuple_GET_ITEM(event, TARGETS);
    return targets == Py_None ? 0 : PyInt_AS_LONG(PyTuple_GET_ITEM(targets, slot));
}

static PyObject *new_tuple(const struct run *run, PyObject *event, Py_ssize_t slots)
{
    PyObject *tuple = PyTuple_New(slots);
    for (Py_ssize_t i = 0; tuple && i < slots; i++) {
        PyObject *value = item(run, born_target(event, i));
        Py_INCREF(value);
        PyTuple_SET_ITEM(tuple, i, value);
    }
    return tuple;
}

/* What a function holds beside its code. It is never called, so anything may stand there, but
 * not nothing. */
static PyObject **function_slot(PyObject *self, long slot)
{
    PyFunctionObject *function = (PyFunctionObject *)self;
    PyObject **const places[] = {&function->func_globals,  &function->func_module,
                                 &function->func_defaults, &function->func_doc,
                                 &function->func_name,     &function->func_dict,
                                 &function->func_closure};
    return places[slot];
}

static PyObject *new_function(const struct type_info *type)
{
    PyObject *self = PyFunction_New(PyFunction_GET_CODE(type->function), Py_None);
    for (long i = 0; self && i < 7; i++) {
        PyObject *old = *function_slot(self, i);
        Py_INCREF(Py_None);
        *function_slot(self, i) = Py_None;
        Py_XDECREF(old);
    }
    return self;
}

static PyObject *new_frame(const struct type_info *type)
{
    PyFunctionObject *function = (PyFunctionObject *)type->function;
    return (PyObject *)PyFrame_New(PyThreadState_GET(), (PyCodeObject *)function->func_code,
                                   function->func_globals, NULL);
}

/* A generator as suspended as the prototype is, at a yield without anything around it. */
static PyObject *new_generator(const struct run *run, const struct type_info *type)
{
    PyObject *self = PyObject_Call(type->function, run->nothing, NULL);
    if (self) {
        PyFrameObject *frame = ((PyGenObject *)self)->gi_frame;
        const PyFrameObject *model = ((const PyGenObject *)type->prototype)->gi_frame;
        frame->f_lasti = model->f_lasti;
        frame->f_lineno = model->f_lineno;
    }
    return self;
}

/* The head of Objects/listobject.c's iterators. */
struct list_iterator {
    PyObject_HEAD Py_ssize_t index;
    PyObject *list;
};

static PyObject *new_iterator(const struct run *run)
{
    PyObject *self = PyObject_GetIter(run->empty);
    if (self) {
        Py_CLEAR(((struct list_iterator *)self)->list);
    }
    return self;
}

static PyObject *new_container(Py_ssize_t slots)
{
    struct container *self = PyObject_GC_NewVar(struct container, &container_type, slots);
    if (self) {
        memset(self->slots, 0, (size_t)slots * sizeof self->slots[0]);
        PyObject_GC_Track((PyObject *)self);
    }
    return (PyObject *)self;
}

/* `next` is the event behind: a weak reference needs its target at birth. */
static PyObject *new_shell(struct run *run, const struct type_info *type, PyObject *event,
                           PyObject *next)
{
    const Py_ssize_t slots = field(event, SLOT);
    switch ((enum kind)type->kind) {
    case INSTANCE:
    case OBJECT:
        return type->class_object->tp_new(type->class_object, run->nothing, NULL);
    case ATOMIC:
        return PyBaseObject_Type.tp_alloc(&PyBaseObject_Type, 0);
    case TUPLE:
        return new_tuple(run, event, slots);
    case LIST:
        return PyList_New(slots);
    case DICT:
        return PyDict_New();
    case SET:
        return PySet_New(NULL);
    case WEAKREF:
        return PyWeakref_NewRef(run->objects[field(next, OTHER)].self,
                                field(next, SLOT) == 0   ? NULL
                                : field(next, SLOT) == 1 ? run->keep
                                                         : run->drop);
    case CELL:
        return PyCell_New(NULL);
    case SLICE:
        return PySlice_New(item(run, born_target(event, 0)), item(run, born_target(event, 1)),
                           item(run, born_target(event, 2)));
    case METHOD:
        return PyMethod_New(item(run, born_target(event, 0)), item(run, born_target(event, 1)),
                            NULL);
    case CFUNCTION:
        return PyCFunction_New(&callbacks[0], item(run, born_target(event, 0)));
    case CONTAINER:
        return new_container(slots);
    case FUNCTION:
        return new_function(type);
    case ITERATOR:
        return new_iterator(run);
    case FRAME:
        return new_frame(type);
    case GENERATOR:
        return new_generator(run, type);
    }
    return NULL;
}

/* Where an object keeps a slot that is empty when it holds no object at all, or NULL. */
static PyObject **bare_slot(const struct object *object, long slot)
{
    if (object->type->kind == INSTANCE) {
        return (PyObject **)((char *)object->self + object->type->offsets[slot]);
    }
    switch (object->type->kind) {
    case CONTAINER:
        return &((struct container *)object->self)->slots[slot];
    case CELL:
        return &((PyCellObject *)object->self)->ob_ref;
    case ITERATOR:
        return &((struct list_iterator *)object->self)->list;
    case FRAME:
        return &((PyFrameObject *)object->self)->f_localsplus[slot];
    case GENERATOR:
        return &((PyGenObject *)object->self)->gi_frame->f_localsplus[slot];
    default:
        return NULL;
    }
}

static void replace(PyObject **place, PyObject *value)
{
    PyObject *old = *place;
    Py_XINCREF(value);
    *place = value;
    Py_XDECREF(old);
}

static bool allocate(struct run *run, PyObject *event, PyObject *next, long index)
{
    struct object *object = &run->objects[field(event, OBJECT_NUMBER)];
    const long slots = field(event, SLOT);
    object->type = &run->types[field(event, OTHER)];
    object->self = new_shell(run, object->type, event, next);
    if (!object->self || !note(run, index)) {
        return false;
    }
    if (object->type->kind == SET) {
        object->members = calloc((size_t)slots + 1, sizeof *object->members);
    }
    for (long i = 0; i < slots; i++) {
        const long target = born_target(event, i);
        PyObject *value = item(run, target);
        PyObject *key = PyTuple_GET_ITEM(run->keys, i);
        PyObject **bare = bare_slot(object, i);
        if (bare && target) {
            Py_INCREF(value);
            *bare = value;
        } else if (object->type->kind == OBJECT) { /* the first one makes the dict */
            if (PyObject_SetAttr(object->self, key, value) < 0 || !note(run, index)) {
                return false;
            }
        } else if (object->type->kind == LIST) {
            Py_INCREF(value);
            PyList_SET_ITEM(object->self, i, value);
        } else if (object->type->kind == DICT) {
            if (PyDict_SetItem(object->self, key, value) < 0) {
                return false;
            }
        } else if (object->type->kind == FUNCTION) {
            replace(function_slot(object->self, i), value);
        } else if (object->type->kind == SET && target) {
            object->members[i] = value;
            if (PySet_Add(object->self, value) < 0) {
                return false;
            }
        }
    }
    return true;
}

static bool store_in_set(struct object *object, long slot, PyObject *target)
{
    PyObject *old = object->members[slot];
    if (old == target) {
        return true;
    }
    object->members[slot] = target;
    return (!target || PySet_Add(object->self, target) == 0) &&
           (!old || PySet_Discard(object->self, old) >= 0);
}

static bool store(struct run *run, PyObject *event)
{
    struct object *object = &run->objects[field(event, OBJECT_NUMBER)];
    const long slot = field(event, SLOT);
    const long target = field(event, OTHER);
    PyObject *value = item(run, target);
    PyObject *key = PyTuple_GET_ITEM(run->keys, slot);
    PyObject **bare = bare_slot(object, slot);
    if (bare) {
        replace(bare, target ? value : NULL);
        return true;
    }
    switch (object->type->kind) {
    case OBJECT:
        return PyObject_SetAttr(object->self, key, value) == 0;
    case LIST:
        replace(&((PyListObject *)object->self)->ob_item[slot], value);
        return true;
    case FUNCTION:
        replace(function_slot(object->self, slot), value);
        return true;
    case DICT:
        return PyDict_SetItem(object->self, key, value) == 0;
    case SET:
        return store_in_set(object, slot, target ? value : NULL);
    default:
        PyErr_SetString(PyExc_ValueError, "a store into an object that is born complete");
        return false;
    }
}

static bool execute(struct run *run, PyObject *event, PyObject *next, long index)
{
    PyObject *result;
    switch (*PyString_AS_STRING(PyTuple_GET_ITEM(event, OP))) {
    case 'a':
        return allocate(run, event, next, index);
    case 's':
        return store(run, event);
    case 'r':
        Py_INCREF(run->objects[field(event, OBJECT_NUMBER)].self);
        return true;
    case 'd':
        Py_DECREF(run->objects[field(event, OBJECT_NUMBER)].self);
        return true;
    case 'c':
    case 'g':
        result = PyObject_Call(PyTuple_GET_ITEM(event, CALLED),
                               PyTuple_GET_ITEM(event, ARGUMENTS), NULL);
        run->returned = result && PyInt_Check(result) ? PyInt_AS_LONG(result) : -1;
        Py_XDECREF(result);
        return result != NULL;
    default:
        return true;
    }
}

/* 2.7 never empties the free lists of lists, dicts and sets: here they are used up. */
enum { MOST_PARKED = 80 };

static void use_up_free_lists(void)
{
    for (int i = 0; i < MOST_PARKED; i++) {
        PyList_New(0);
        PyDict_New();
        PySet_New(NULL);
    }
}

/* No heap but what the trace makes; counters as after the last full collection of nothing. */
static bool start(struct run *run, PyObject *collect, PyObject *enable, const int *thresholds)
{
    PyObject *result;
    use_up_free_lists();
    hidden.gc.gc_next = hidden.gc.gc_prev = &hidden;
    for (int g = 2; g >= 0; g--) {
        move_list(&generation(g)->head, &hidden);
    }
    result = PyObject_Call(collect, run->nothing, NULL);
    Py_XDECREF(result);
    fflush(run->stream);
    run->read = run->size;
    for (int g = 0; g < 3; g++) {
        generation(g)->threshold = thresholds[g];
        generation(g)->count = 0;
    }
    result = result ? PyObject_Call(enable, run->nothing, NULL) : NULL;
    Py_XDECREF(result);
    return result != NULL;
}

static bool run_events(struct run *run, PyObject *events)
{
    const Py_ssize_t count = PyList_GET_SIZE(events);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *next = PyList_GET_ITEM(events, i + 1 < count ? i + 1 : i);
        run->returned = -1;
        if (!execute(run, PyList_GET_ITEM(events, i), next, i) || !note(run, i)) {
            return false;
        }
        if (run->returned >= 0 && run->returned != run->unreachable) {
            PyErr_Format(PyExc_RuntimeError, "event %zd: returned %ld, but said %ld", i,
                         run->returned, run->unreachable);
            return false;
        }
    }
    return true;
}

/* run(types, events, objects, keys, thresholds, collect, enable, path): the process is of no
 * use to anybody else afterwards, so nothing is released. */
static PyObject *judge_run(PyObject *module, PyObject *arguments)
{
    struct run run = {0};
    PyObject *types;
    PyObject *events;
    PyObject *collect;
    PyObject *enable;
    Py_ssize_t objects;
    const char *path;
    int thresholds[3];
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!nO!(iii)OOs", &PyList_Type, &types, &PyList_Type,
                          &events, &objects, &PyTuple_Type, &run.keys, &thresholds[0],
                          &thresholds[1], &thresholds[2], &collect, &enable, &path)) {
        return NULL;
    }
    run.types = calloc((size_t)PyList_GET_SIZE(types) + 1, sizeof *run.types);
    run.objects = calloc((size_t)objects + 1, sizeof *run.objects);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(types); i++) {
        if (!read_type(&run.types[i], PyList_GET_ITEM(types, i), run.keys)) {
            return NULL;
        }
    }
    run.keep = PyCFunction_New(&callbacks[0], NULL);
    run.drop = PyCFunction_New(&callbacks[1], NULL);
    run.nothing = PyTuple_New(0);
    run.empty = PyList_New(0);
    run.rows = fopen(path, "w");
    run.stream = open_memstream(&run.text, &run.size);
    if (!run.rows || !run.stream) {
        return PyErr_SetFromErrnoWithFilename(PyExc_IOError, (char *)path);
    }
    fputs("event,generation,candidates,collected,uncollectable\n", run.rows);
    FILE *error_stream = stderr;
    PySys_SetObject("stderr", NULL);
    stderr = run.stream;
    PyThreadState_GET()->trash_delete_nesting = -DEEPER_DEATHS;
    const bool good = start(&run, collect, enable, thresholds) && run_events(&run, events);
    PyThreadState_GET()->trash_delete_nesting = 0;
    generation(0)->threshold = 0; /* no more */
    stderr = error_stream;
    move_list(&hidden, &generation(2)->head);
    if (fclose(run.rows) != 0 || !good) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"run", judge_run, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

PyMODINIT_FUNC initjudge27(void);

PyMODINIT_FUNC initjudge27(void)
{
    if (PyType_Ready(&container_type) == 0) {
        Py_InitModule("judge27", methods);
    }
}
