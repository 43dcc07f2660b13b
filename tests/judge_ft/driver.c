/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The judge of the free-threaded models: executes a trace on real objects in a free-threaded
 * CPython (3.13t), on one thread, and logs every collection from the collector's own figures.
 *
 * judge.py parses the trace; here come numbers. Nothing in the loop makes a container but those
 * that the trace asks for. A run starts with empty free lists, all counts at zero and the
 * interpreter's own objects frozen; a trace's gc.unfreeze() leaves these frozen.
 */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE        1
#define Py_BUILD_CORE_MODULE 1
#include <Python.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_object.h>
#include <internal/pycore_tstate.h>
#include <stdbool.h>
#include <stdint.h>
#include <structmember.h>

#ifndef Py_GIL_DISABLED
#error "this judge is for free-threaded builds"
#endif

/* In judge.py's order. */
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
    FUNCTION
};
enum { NOTHING, PLAIN, RESURRECT };
enum { ENABLE, DISABLE, FREEZE, UNFREEZE, THRESHOLD, COLLECT, ACTIONS };
static const char *const action_names[ACTIONS] = {"enable",   "disable",       "freeze",
                                                  "unfreeze", "set_threshold", "collect"};

/* Both as judge.py packs them, eight bytes a field. */
struct type_info {
    int64_t kind, slots, has_dict, weakrefable, finalizer, legacy;
};
struct event {
    int64_t op, object, other, slot, first, number, action;
};

struct class_info {
    PyTypeObject *object;
    Py_ssize_t *offsets; /* of an instance's slots, without a dict */
};
struct object {
    PyObject *self;
    PyObject **members; /* of a set */
    const struct type_info *type;
    int64_t slots;
};
struct seen {
    Py_ssize_t collections, collected, uncollectable;
};

struct run {
    const struct type_info *types;
    Py_ssize_t type_count;
    const struct event *events;
    Py_ssize_t event_count;
    const int64_t *targets;
    PyObject *calls; /* argument tuples */
    int64_t standing;
    struct class_info *classes;
    struct object *objects;
    Py_ssize_t object_count;
    struct seen seen[3];
    int64_t (*rows)[4];
    Py_ssize_t row_count, row_room;
    bool stretch;
    PyObject *actions[ACTIONS];
    PyObject *nothing, *own, *parked_slice, *keep, *drop, *keys, *codes, *globals;
};

static struct _gc_runtime_state *collector(void)
{
    return &PyThreadState_Get()->interp->gc;
}

static Py_ssize_t *thread_count(void)
{
    return &((_PyThreadStateImpl *)PyThreadState_Get())->gc.alloc_count;
}

static bool fail(const char *why)
{
    PyErr_SetString(PyExc_ValueError, why);
    return false;
}

/* ------------------------------------------------------------------------ kinds of objects */

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

struct container {
    PyObject_VAR_HEAD PyObject *slots[1];
};

static int container_traverse(PyObject *self, visitproc visit, void *arg)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++)
        Py_VISIT(((struct container *)self)->slots[i]);
    return 0;
}

static int container_clear(PyObject *self)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++)
        Py_CLEAR(((struct container *)self)->slots[i]);
    return 0;
}

static void container_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, container_dealloc) container_clear(self);
    PyObject_GC_Del(self);
    Py_TRASHCAN_END
}

static PyTypeObject container_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gcsim_judge.container",
    .tp_basicsize = offsetof(struct container, slots),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = container_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = container_traverse,
    .tp_clear = container_clear,
};

/* judge.py makes the classes with `class` statements; what is missing only C can add. */
static bool take_class(struct run *run, Py_ssize_t index, PyObject *given)
{
    const struct type_info *type = &run->types[index];
    struct class_info *class = &run->classes[index];
    if (given == Py_None)
        return true;
    class->object = (PyTypeObject *)Py_NewRef(given);
    if (type->finalizer != NOTHING)
        class->object->tp_finalize =
            type->finalizer == PLAIN ? finalize_plain : finalize_resurrect;
    if (type->legacy)
        class->object->tp_del = finalize_plain;
    class->offsets = calloc((size_t)type->slots + 1, sizeof *class->offsets);
    for (Py_ssize_t i = 0; class->offsets && !type->has_dict && i < type->slots; i++) {
        PyObject *member = PyObject_GetAttr(given, PyTuple_GET_ITEM(run->keys, i));
        if (!member)
            return false;
        class->offsets[i] = ((PyMemberDescrObject *)member)->d_member->offset;
        Py_DECREF(member);
    }
    return class->offsets != NULL;
}

/* ------------------------------------------------------------------------------ the events */

static PyObject *item(const struct run *run, int64_t target)
{
    return target ? run->objects[target].self : Py_None;
}

static int64_t born_target(const struct run *run, const struct event *event, int64_t slot)
{
    return event->number ? run->targets[event->first + slot] : 0;
}

static PyObject *new_tuple(const struct run *run, const struct event *event)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)event->slot);
    for (int64_t i = 0; tuple && i < event->slot; i++)
        PyTuple_SET_ITEM(tuple, (Py_ssize_t)i,
                         Py_NewRef(item(run, born_target(run, event, i))));
    return tuple;
}

/* The weak reference needs its target at birth, which the next event names. */
static PyObject *new_weak(struct run *run, const struct event *event)
{
    const struct event *next = event + 1;
    if (next == run->events + run->event_count || next->op != 'k') {
        fail("a weak reference without its target");
        return NULL;
    }
    PyObject *callback = next->action == 0 ? NULL : next->action == 1 ? run->keep : run->drop;
    return PyWeakref_NewRef(run->objects[next->other].self, callback);
}

static PyObject *new_container(int64_t slots)
{
    struct container *self =
        PyObject_GC_NewVar(struct container, &container_type, (Py_ssize_t)slots);
    if (self) {
        memset(self->slots, 0, (size_t)slots * sizeof self->slots[0]);
        PyObject_GC_Track((PyObject *)self);
    }
    return (PyObject *)self;
}

static PyObject *new_shell(struct run *run, const struct event *event)
{
    PyTypeObject *class;
    switch ((enum kind)run->types[event->other].kind) {
    case INSTANCE:
        class = run->classes[event->other].object;
        return class->tp_new(class, run->nothing, NULL);
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
    case FUNCTION: /* a module's, or a nested one */
        return PyFunction_New(
            PyTuple_GET_ITEM(run->codes, event->object <= run->standing ? 0 : 1), run->globals);
    }
    return NULL;
}

/* Where an object keeps a slot that is empty when it holds no object at all, or NULL. */
static PyObject **bare_slot(const struct run *run, const struct object *object, int64_t slot)
{
    switch ((enum kind)object->type->kind) {
    case INSTANCE:
        return object->type->has_dict
                   ? NULL
                   : (PyObject **)((char *)object->self +
                                   run->classes[object->type - run->types].offsets[slot]);
    case CONTAINER:
        return &((struct container *)object->self)->slots[slot];
    case CELL:
        return &((PyCellObject *)object->self)->ob_ref;
    case FUNCTION:
        return &((PyFunctionObject *)object->self)->func_doc;
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

static bool store_in_set(struct object *object, int64_t slot, PyObject *target)
{
    PyObject *old = object->members[slot];
    if (old == target)
        return true;
    object->members[slot] = target;
    return (!target || PySet_Add(object->self, target) == 0) &&
           (!old || PySet_Discard(object->self, old) >= 0);
}

static bool put(struct run *run, struct object *object, int64_t slot, int64_t target)
{
    PyObject *value = item(run, target);
    PyObject *key = PyTuple_GET_ITEM(run->keys, (Py_ssize_t)slot);
    PyObject **bare = bare_slot(run, object, slot);
    if (bare) {
        replace(bare, target ? value : NULL);
        return true;
    }
    switch ((enum kind)object->type->kind) {
    case INSTANCE:
        return PyObject_SetAttr(object->self, key, value) == 0;
    case LIST:
        replace(&((PyListObject *)object->self)->ob_item[slot], value);
        return true;
    case DICT:
        return PyDict_SetItem(object->self, key, value) == 0;
    case SET:
        return store_in_set(object, slot, target ? value : NULL);
    default:
        return fail("a store into an object that is born complete");
    }
}

static bool is_born_complete(int64_t kind)
{
    return kind == TUPLE || kind == SLICE || kind == METHOD || kind == CFUNCTION;
}

/* An object from before the trace is not counted. */
static bool allocate(struct run *run, const struct event *event)
{
    struct object *object = &run->objects[event->object];
    const Py_ssize_t before = *thread_count();
    const int count = collector()->generations[0].count;
    object->type = &run->types[event->other];
    object->slots = event->slot;
    if (object->type->kind == SET)
        object->members = calloc((size_t)event->slot + 1, sizeof *object->members);
    object->self = new_shell(run, event);
    if (!object->self)
        return false;
    if (event->object <= run->standing) {
        *thread_count() = before;
        collector()->generations[0].count = count;
    }
    for (int64_t i = 0; !is_born_complete(object->type->kind) && i < event->slot; i++)
        if (!put(run, object, i, born_target(run, event, i)))
            return false;
    return true;
}

static bool call(PyObject *function, PyObject *arguments)
{
    PyObject *result = PyObject_Call(function, arguments, NULL);
    Py_XDECREF(result);
    return result != NULL;
}

static void hide_own(const struct run *run)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(run->own); i++)
        PyList_GET_ITEM(run->own, i)->ob_gc_bits |= _PyGC_BITS_FROZEN;
    run->own->ob_gc_bits |= _PyGC_BITS_FROZEN;
}

static bool act(struct run *run, const struct event *event)
{
    if (!call(run->actions[event->action], PyTuple_GET_ITEM(run->calls, event->first)))
        return false;
    if (event->action == UNFREEZE)
        hide_own(run);
    return true;
}

static bool execute(struct run *run, const struct event *event)
{
    switch ((char)event->op) {
    case 'a':
        return allocate(run, event);
    case 's':
        return put(run, &run->objects[event->object], event->slot, event->other);
    case 'r':
        Py_INCREF(run->objects[event->object].self);
        return true;
    case 'd':
        Py_DECREF(run->objects[event->object].self);
        return true;
    case 'c':
    case 'g':
        return act(run, event);
    case 'u':
    case 'v':
        run->stretch = event->op == 'u';
        return true;
    default:
        return true;
    }
}

/* Logs what was collected since the last call. */
static bool note(struct run *run, Py_ssize_t event)
{
    for (int g = 0; g < 3; g++) {
        const struct gc_generation_stats *now = &collector()->generation_stats[g];
        struct seen *seen = &run->seen[g];
        if (now->collections == seen->collections)
            continue;
        if (now->collections != seen->collections + 1)
            return fail("two collections where one was possible");
        if (run->row_count == run->row_room) {
            run->row_room = run->row_room * 2 + 64;
            run->rows = realloc(run->rows, (size_t)run->row_room * sizeof *run->rows);
            if (!run->rows)
                return fail("out of memory");
        }
        int64_t *row = run->rows[run->row_count++];
        row[0] = event;
        row[1] = g;
        row[2] = now->collected - seen->collected;
        row[3] = now->uncollectable - seen->uncollectable;
        *seen = (struct seen){now->collections, now->collected, now->uncollectable};
    }
    return true;
}

static bool run_events(struct run *run)
{
    for (Py_ssize_t i = 0; i < run->event_count; i++) {
        if (!execute(run, &run->events[i]) || !note(run, i))
            return false;
        if (!run->stretch && (PyErr_CheckSignals() < 0 || !note(run, i)))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------- before and afterwards */

static bool prepare(struct run *run)
{
    PyObject *gc = PyImport_ImportModule("gc");
    for (int i = 0; gc && i < ACTIONS; i++)
        run->actions[i] = PyObject_GetAttrString(gc, action_names[i]);
    run->nothing = PyTuple_New(0);
    run->keep = PyCFunction_New(&callbacks[0], NULL);
    run->drop = PyCFunction_New(&callbacks[1], NULL);
    run->parked_slice = PySlice_New(Py_None, Py_None, Py_None);
    if (!gc || PyErr_Occurred() || !call(run->actions[DISABLE], run->nothing) ||
        !call(run->actions[COLLECT], run->nothing) || PyErr_CheckSignals() < 0)
        return false;
    run->own = PyObject_CallMethod(gc, "get_objects", NULL);
    Py_DECREF(gc);
    return run->own && call(run->actions[FREEZE], run->nothing) &&
           call(run->actions[COLLECT], run->nothing);
}

static bool start(struct run *run, const int *thresholds, const long long *from)
{
    struct _gc_runtime_state *state = collector();
    *thread_count() = 0;
    for (int g = 0; g < 3; g++) {
        const struct gc_generation_stats *now = &state->generation_stats[g];
        state->generations[g].threshold = thresholds[g];
        state->generations[g].count = (int)from[g];
        run->seen[g] = (struct seen){now->collections, now->collected, now->uncollectable};
    }
    if (state->long_lived_total != 0)
        return fail("the interpreter's own objects are not all frozen");
    state->long_lived_total = (Py_ssize_t)from[3];
    return call(run->actions[ENABLE], run->nothing);
}

static PyObject *make_result(const struct run *run)
{
    PyObject *list = PyList_New(run->row_count);
    for (Py_ssize_t i = 0; list && i < run->row_count; i++) {
        const int64_t *row = run->rows[i];
        PyObject *entry = Py_BuildValue("(LLLL)", (long long)row[0], (long long)row[1],
                                        (long long)row[2], (long long)row[3]);
        if (!entry)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, entry);
    }
    return list;
}

/* Called once a process: what the trace leaves behind stays, and so do the arrays here. */
static PyObject *judge_run(PyObject *module, PyObject *arguments)
{
    struct run run = {0};
    Py_buffer types, events, targets;
    PyObject *classes;
    int thresholds[3];
    long long from[4], standing;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*O!O!O!O!O!(iii)L(LLLL)n", &types, &events, &targets,
                          &PyTuple_Type, &classes, &PyTuple_Type, &run.keys, &PyTuple_Type,
                          &run.calls, &PyTuple_Type, &run.codes, &PyDict_Type, &run.globals,
                          &thresholds[0], &thresholds[1], &thresholds[2], &standing, &from[0],
                          &from[1], &from[2], &from[3], &run.object_count))
        return NULL;
    run.types = types.buf;
    run.type_count = types.len / (Py_ssize_t)sizeof *run.types;
    run.events = events.buf;
    run.event_count = events.len / (Py_ssize_t)sizeof *run.events;
    run.targets = targets.buf;
    run.standing = standing;
    run.classes = calloc((size_t)run.type_count + 1, sizeof *run.classes);
    run.objects = calloc((size_t)run.object_count + 1, sizeof *run.objects);
    if (!run.classes || !run.objects)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < run.type_count; i++)
        if (!take_class(&run, i, PyTuple_GET_ITEM(classes, i)))
            return NULL;
    if (!prepare(&run) || !start(&run, thresholds, from) || !run_events(&run) ||
        !call(run.actions[DISABLE], run.nothing))
        return NULL;
    return make_result(&run);
}

static PyMethodDef methods[] = {{"run", judge_run, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "gcsim_judge", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_gcsim_judge(void);

PyMODINIT_FUNC PyInit_gcsim_judge(void)
{
    if (PyType_Ready(&container_type) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module)
        PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
    return module;
}
