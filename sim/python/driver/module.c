/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Python sees: the function run(). */
#include "driver.h"

#include <time.h>

static void release(struct run *run)
{
    struct type_info *types = run->types.data;
    for (size_t i = 0; i < run->types.size; i++) {
        Py_XDECREF((PyObject *)types[i].class_object);
        Py_XDECREF(types[i].function);
        Py_XDECREF(types[i].prototype);
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
    Py_XDECREF(run->middle);
    Py_XDECREF(run->globals);
    Py_XDECREF(run->scratch);
    Py_XDECREF(run->empty);
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

/* PyList_AsTuple() of a list that owns nothing is how a tuple is made of given items. */
static bool make_scratch(struct run *run)
{
    run->scratch = PyList_New((Py_ssize_t)run->most_slots);
    run->empty = PyList_New(0);
    run->keep = PyCFunction_New(&callbacks[0], NULL);
    run->drop = PyCFunction_New(&callbacks[1], NULL);
    run->objects = calloc(run->allocations + 1, sizeof *run->objects);
    return run->scratch && run->empty && run->keep && run->drop && run->objects;
}

/* The collector must not run while classes and arguments are made. */
static bool prepare(struct run *run)
{
    prepare_lists();
    run->nothing = PyTuple_New(0);
    return run->nothing && find_collector() && import_actions(run) && make_globals(run) &&
           call(run->actions[DISABLE], run->nothing);
}

static double processor_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* How long the events took, and how many collections ran in them. */
static PyObject *make_time(const struct run *run, double seconds)
{
    Py_ssize_t collections = 0;
    for (int g = 0; g < 3; g++) {
        collections += figures_of(g).collections - run->seen[g].collections;
    }
    return Py_BuildValue("(dn)", seconds, collections);
}

static PyObject *execute_trace(struct run *run, char *text, const int *thresholds)
{
    PyObject *result = NULL;
    if (!prepare(run) || !parse(run, text) || !make_types(run) || !make_scratch(run)) {
        return NULL;
    }
    allow_deep_deaths(true);
    watch_closing(run);
    bool good = start(run, thresholds);
    const double begun = processor_seconds();
    good = good && run_events(run);
    const double seconds = processor_seconds() - begun;
    watch_closing(NULL);
    allow_deep_deaths(false);
    /* Whatever happened, the interpreter gets its heap back. */
    show_heap();
    if (good && call(run->actions[DISABLE], run->nothing)) {
        result = run->unlogged ? make_time(run, seconds) : make_result(run);
    }
    return result;
}

static PyObject *execute_text(PyObject *arguments, bool unlogged)
{
    struct run run = {.unlogged = unlogged};
    int thresholds[3];
    const char *text;
    Py_ssize_t length;
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
    PyObject *result = execute_trace(&run, copy, thresholds);
    release(&run);
    free(copy);
    return result;
}

static PyObject *driver_run(PyObject *module, PyObject *arguments)
{
    (void)module;
    return execute_text(arguments, false);
}

static PyObject *driver_time(PyObject *module, PyObject *arguments)
{
    (void)module;
    return execute_text(arguments, true);
}

static PyMethodDef methods[] = {
    {"run", driver_run, METH_VARARGS,
     "run(trace, (threshold0, threshold1, threshold2)) -> [(event, generation, collected, "
     "uncollectable), ...]\n\nExecutes a text trace on real objects. Leaves the collector "
     "disabled and the trace's objects alive."},
    {"time", driver_time, METH_VARARGS,
     "time(trace, (threshold0, threshold1, threshold2)) -> (seconds, collections)\n\nThe same "
     "without a log: the processor time of the events alone, not of reading them."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "gcsim_driver", NULL, -1, methods, NULL, NULL, NULL, NULL};

/* The only name that others see: the build hides all, and up to 3.8 Python.h does not mind. */
#pragma GCC visibility push(default)
PyMODINIT_FUNC PyInit_gcsim_driver(void);
#pragma GCC visibility pop

PyMODINIT_FUNC PyInit_gcsim_driver(void)
{
    if (PyType_Ready(&container_type) < 0) {
        return NULL;
    }
    return PyModule_Create(&definition);
}
