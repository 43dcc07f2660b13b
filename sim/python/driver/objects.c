/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the trace's objects and changes them. */
#include "driver.h"

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

/* Where a function keeps what it can do without, in the order in which it is traversed. */
static PyObject **function_slot(PyObject *self, size_t slot)
{
    PyFunctionObject *function = (PyFunctionObject *)self;
    PyObject **const places[] = {&function->func_module,     &function->func_defaults,
                                 &function->func_kwdefaults, &function->func_doc,
                                 &function->func_dict,       &function->func_closure,
                                 &function->func_annotations};
    return places[slot];
}

static PyObject *new_function(const struct run *run, const struct type_info *type)
{
    PyObject *self = PyFunction_New(PyFunction_GET_CODE(type->function), run->globals);
    for (size_t i = 0; self && i < 7; i++) {
        replace(function_slot(self, i), NULL);
    }
    return self;
}

/* The head of Objects/listobject.c's iterators, which no header has in every version. */
struct list_iterator {
    PyObject_HEAD Py_ssize_t index;
    PyObject *list;
};

static PyObject *new_iterator(const struct run *run)
{
    PyObject *self = PyObject_GetIter(run->empty);
    if (self) {
        replace(&((struct list_iterator *)self)->list, NULL);
    }
    return self;
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
    case FUNCTION:
        return new_function(run, type);
    case GENERATOR:
    case COROUTINE:
        return new_generator(run, type);
    case FRAME:
        return new_frame(run, type);
    case ITERATOR:
        return new_iterator(run);
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
    if (type->kind == FUNCTION) {
        return function_slot(object->self, slot);
    }
    if (type->kind == ITERATOR) {
        return &((struct list_iterator *)object->self)->list;
    }
#if HAS_COMPANIONS
    if (type->kind == INSTANCE && run->objects_minor) {
        return _PyObject_GetDictPtr(object->self);
    }
#endif
    return type->kind == CELL ? &((PyCellObject *)object->self)->ob_ref : NULL;
}

static bool has_locals(enum kind kind)
{
    return kind == FRAME || kind == GENERATOR || kind == COROUTINE;
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
        } else if (bare) {
            continue;
        } else if (has_locals(type->kind) && target) {
            store_local(object->self, type->kind, i, value);
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

static bool make(struct run *run, const struct event *event, size_t index)
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

/* Objects that were there before the trace are old, and nobody counts them. */
bool allocate(struct run *run, const struct event *event, size_t index)
{
    struct standing standing;
    if (event->object > run->standing) {
        return make(run, event, index);
    }
    begin_standing(&standing);
    const bool good = make(run, event, index);
    end_standing(&standing);
    return good;
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

void replace(PyObject **place, PyObject *value)
{
    PyObject *old = *place;
    Py_XINCREF(value);
    *place = value;
    Py_XDECREF(old);
}

bool store(struct run *run, const struct event *event)
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
    if (has_locals(type->kind)) {
        store_local(object->self, type->kind, event->slot, event->other ? value : NULL);
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
