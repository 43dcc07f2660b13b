/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The classes of a trace's instances, and a container as an extension module would have it. */
#include "driver.h"

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

PyMethodDef callbacks[2] = {{"keep", callback_keep, METH_O, NULL},
                            {"drop", callback_drop, METH_O, NULL}};

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

PyTypeObject container_type = {
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

bool make_types(struct run *run)
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
        if (types[i].defined && !make_code(run, &types[i])) {
            return false;
        }
    }
    return run->keys != NULL;
}
