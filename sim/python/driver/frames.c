/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Objects with local variables: frames that somebody holds, generators suspended at a `yield`,
 * coroutines suspended at an `await`.
 *
 * The types of a trace have a function each, whose locals are the slots. A generator runs to
 * its `yield` only once, as the type's prototype, before the trace begins: running one offers
 * the collector a place (3.12 on), and a coroutine that was never awaited dies with a warning.
 * Every other one is brought to the prototype's place by hand.
 */
#include "driver.h"

#if PY_VERSION_HEX >= 0x030E0000
#include <internal/pycore_frame.h>
#include <internal/pycore_genobject.h>
#include <internal/pycore_interpframe.h>
#include <internal/pycore_stackref.h>
#elif PY_VERSION_HEX >= 0x030B0000
#include <internal/pycore_frame.h>
#endif

static const char *const head_of[KINDS] = {[GENERATOR] = "def Traced():\n yield\n",
                                           [COROUTINE] = "async def Traced():\n"
                                                         " await waiting\n",
                                           [FRAME] = "def Traced():\n pass\n"};

/* What a coroutine waits for. */
static const char waiting[] = "class Waiting:\n"
                              " __slots__ = ()\n"
                              " def __await__(self): return self\n"
                              " def __iter__(self): return self\n"
                              " def __next__(self): return None\n"
                              "waiting = Waiting()\n";

static bool execute_source(struct run *run, const char *source)
{
    PyObject *result = PyRun_String(source, Py_file_input, run->globals, run->globals);
    Py_XDECREF(result);
    return result != NULL;
}

/* The source of a function with so many locals. */
static char *write_source(const struct type_info *type, PyObject *const *keys)
{
    const char *head = head_of[type->kind];
    const size_t room = strlen(head) + 16 + type->slots * 16;
    char *source = malloc(room);
    if (!source) {
        PyErr_NoMemory();
        return NULL;
    }
    size_t length = (size_t)snprintf(source, room, "%s ", head);
    for (size_t i = 0; i < type->slots; i++) {
        length +=
            (size_t)snprintf(source + length, room - length, "%s=", PyUnicode_AsUTF8(keys[i]));
    }
    snprintf(source + length, room - length, "%s\n", type->slots ? "0" : "pass");
    return source;
}

/* The second is the prototype: what only the first one's closing makes is there then. */
static bool make_prototype(struct run *run, struct type_info *type)
{
    PyObject *sent = Py_None;
    for (int i = 0; sent && i < 2; i++) {
        Py_XDECREF(type->prototype);
        type->prototype = PyObject_Call(type->function, run->nothing, NULL);
        sent =
            type->prototype ? PyObject_CallMethod(type->prototype, "send", "O", Py_None) : NULL;
        Py_XDECREF(sent);
    }
    return sent != NULL;
}

bool make_code(struct run *run, struct type_info *type)
{
    if (type->kind == FUNCTION) {
        type->function = PyDict_GetItemString(run->globals, "Function");
        Py_XINCREF(type->function);
        return type->function != NULL;
    }
    if (!head_of[type->kind]) {
        return true;
    }
    char *source = write_source(type, run->keys);
    const bool made = source && execute_source(run, source);
    free(source);
    if (!made) {
        return false;
    }
    type->function = PyDict_GetItemString(run->globals, "Traced");
    Py_XINCREF(type->function);
    return type->kind == FRAME ? type->function != NULL : make_prototype(run, type);
}

bool make_globals(struct run *run)
{
    run->globals = PyDict_New();
    return run->globals &&
           PyDict_SetItemString(run->globals, "__builtins__", PyEval_GetBuiltins()) == 0 &&
           execute_source(run, waiting) && execute_source(run, "def Function(): pass\n");
}

/*
 * Closing a generator may collect, and many may die in one event: so the log is kept before and
 * after each.
 */
static struct run *watched;
static destructor close_generator, close_coroutine;

static void close_and_log(PyObject *self, destructor close)
{
    if (!PyErr_Occurred()) {
        (void)log_collections(watched);
    }
    close(self);
    if (!PyErr_Occurred()) {
        (void)log_collections(watched);
    }
}

static void finalize_generator(PyObject *self)
{
    close_and_log(self, close_generator);
}

static void finalize_coroutine(PyObject *self)
{
    close_and_log(self, close_coroutine);
}

/* NULL: no more. */
void watch_closing(struct run *run)
{
    if (run) {
        close_generator = PyGen_Type.tp_finalize;
        close_coroutine = PyCoro_Type.tp_finalize;
    }
    watched = run;
    PyGen_Type.tp_finalize = run ? finalize_generator : close_generator;
    PyCoro_Type.tp_finalize = run ? finalize_coroutine : close_coroutine;
}

static PyCodeObject *code_of(const struct type_info *type)
{
    return (PyCodeObject *)PyFunction_GET_CODE(type->function);
}

#if PY_VERSION_HEX < 0x030B0000

PyObject *new_frame(struct run *run, const struct type_info *type)
{
    return (PyObject *)PyFrame_New(PyThreadState_Get(), code_of(type), run->globals, NULL);
}

/* Brings a fresh frame to where another is suspended: code position and value stack. */
static void suspend_like(PyObject *self, const PyObject *prototype)
{
    PyFrameObject *frame = ((PyGenObject *)self)->gi_frame;
    const PyFrameObject *model = ((const PyGenObject *)prototype)->gi_frame;
    frame->f_lasti = model->f_lasti;
    frame->f_lineno = model->f_lineno;
#if PY_VERSION_HEX >= 0x030A0000
    frame->f_state = model->f_state;
    const Py_ssize_t depth = model->f_stackdepth;
    frame->f_stackdepth = model->f_stackdepth;
#else
    const Py_ssize_t depth = model->f_stacktop - model->f_valuestack;
    frame->f_stacktop = frame->f_valuestack + depth;
#endif
    for (Py_ssize_t i = 0; i < depth; i++) {
        frame->f_valuestack[i] = model->f_valuestack[i];
        Py_INCREF(frame->f_valuestack[i]);
    }
}

/* A generator that was closed has no locals any more. */
void store_local(PyObject *self, enum kind kind, size_t slot, PyObject *value)
{
    PyFrameObject *frame =
        kind == FRAME ? (PyFrameObject *)self : ((PyGenObject *)self)->gi_frame;
    if (frame) {
        replace(&frame->f_localsplus[slot], value);
    }
}

#else

static _PyInterpreterFrame *frame_of(PyObject *generator)
{
    return (_PyInterpreterFrame *)&((PyGenObject *)generator)->gi_iframe;
}

static Py_ssize_t depth_of(const _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030E0000
    return frame->stackpointer - frame->localsplus;
#else
    return frame->stacktop;
#endif
}

static void set_depth(_PyInterpreterFrame *frame, Py_ssize_t depth)
{
#if PY_VERSION_HEX >= 0x030E0000
    frame->stackpointer = frame->localsplus + depth;
#else
    frame->stacktop = (int)depth;
#endif
}

/* A frame object that owns its frame, as one that has outlived its call. */
PyObject *new_frame(struct run *run, const struct type_info *type)
{
    PyCodeObject *code = code_of(type);
    PyFunctionObject *function = (PyFunctionObject *)type->function;
    const Py_ssize_t room = code->co_nlocalsplus + code->co_stacksize;
    PyFrameObject *self = PyObject_GC_NewVar(PyFrameObject, &PyFrame_Type, room);
    (void)run;
    if (!self) {
        return NULL;
    }
    const size_t head = offsetof(PyFrameObject, f_back);
    memset((char *)self + head, 0,
           (size_t)PyFrame_Type.tp_basicsize + (size_t)room * sizeof(PyObject *) - head);
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)self->_f_frame_data;
    self->f_frame = frame;
    self->f_trace_lines = 1;
    Py_INCREF(code);
    Py_INCREF(function);
#if PY_VERSION_HEX >= 0x030E0000
    frame->f_executable = PyStackRef_FromPyObjectSteal((PyObject *)code);
    frame->f_funcobj = PyStackRef_FromPyObjectSteal((PyObject *)function);
    frame->instr_ptr = _PyCode_CODE(code);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        frame->localsplus[i] = PyStackRef_NULL;
    }
#elif PY_VERSION_HEX >= 0x030D0000
    frame->f_executable = (PyObject *)code;
    frame->f_funcobj = (PyObject *)function;
    frame->instr_ptr = _PyCode_CODE(code);
#elif PY_VERSION_HEX >= 0x030C0000
    frame->f_code = code;
    frame->f_funcobj = (PyObject *)function;
    frame->prev_instr = _PyCode_CODE(code) - 1;
#else
    frame->f_code = code;
    frame->f_func = function;
    frame->prev_instr = _PyCode_CODE(code) - 1;
#endif
    frame->f_globals = function->func_globals;
    frame->f_builtins = function->func_builtins;
    frame->owner = FRAME_OWNED_BY_FRAME_OBJECT;
    set_depth(frame, code->co_nlocalsplus);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

/* Brings a fresh generator to where another is suspended: code position and value stack. */
static void suspend_like(PyObject *self, PyObject *prototype)
{
    _PyInterpreterFrame *frame = frame_of(self);
    const _PyInterpreterFrame *model = frame_of(prototype);
#if PY_VERSION_HEX >= 0x030D0000
    frame->instr_ptr = model->instr_ptr;
#else
    frame->prev_instr = model->prev_instr;
#endif
#if PY_VERSION_HEX >= 0x030C0000
    frame->return_offset = model->return_offset;
#endif
    for (Py_ssize_t i = depth_of(frame); i < depth_of(model); i++) {
#if PY_VERSION_HEX >= 0x030E0000
        const _PyStackRef item = model->localsplus[i];
        frame->localsplus[i] = PyStackRef_IsNull(item) ? item : PyStackRef_DUP(item);
#else
        frame->localsplus[i] = Py_NewRef(model->localsplus[i]);
#endif
    }
    set_depth(frame, depth_of(model));
    ((PyGenObject *)self)->gi_frame_state = ((PyGenObject *)prototype)->gi_frame_state;
}

void store_local(PyObject *self, enum kind kind, size_t slot, PyObject *value)
{
    _PyInterpreterFrame *frame =
        kind == FRAME ? ((PyFrameObject *)self)->f_frame : frame_of(self);
#if PY_VERSION_HEX >= 0x030E0000
    const _PyStackRef old = frame->localsplus[slot];
    frame->localsplus[slot] = value ? PyStackRef_FromPyObjectNew(value) : PyStackRef_NULL;
    PyStackRef_XCLOSE(old);
#else
    replace(&frame->localsplus[slot], value);
#endif
}

#endif

PyObject *new_generator(struct run *run, const struct type_info *type)
{
    PyObject *self = PyObject_Call(type->function, run->nothing, NULL);
    if (self) {
        suspend_like(self, type->prototype);
    }
    return self;
}
