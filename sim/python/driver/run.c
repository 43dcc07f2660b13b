/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop, and the log of what the collector did meanwhile. */
#include "driver.h"

/*
 * Up to 3.7 instances of classes that die in a chain deeper than 50 are put aside until a
 * list, a tuple, a dict or a frame dies. In a Python program that is at once, in this loop it
 * may be never. Two cures: the chain may be deeper (the level starts below zero), and what is
 * put aside all the same dies here. The first alone is not enough for very deep chains; the
 * second alone lets objects that a full collection frees reach the free lists behind their
 * emptying, which is what these versions really do, but not what a trace means.
 */
#define DEEPER_DEATHS 2000

void allow_deep_deaths(bool allow)
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

static bool log_one(struct run *run, int g)
{
    const struct figures now = figures_of(g);
    struct figures *seen = &run->seen[g];
    struct row *row;
    if (now.collections == seen->collections) {
        return true;
    }
    row = append(&run->rows, sizeof *row);
    if (!row) {
        return false;
    }
    row->event = run->event;
    row->generation = g;
    row->collected = now.collected - seen->collected;
    row->uncollectable = now.uncollectable - seen->uncollectable;
    if (now.collections != seen->collections + 1) {
        PyErr_SetString(PyExc_RuntimeError, "two collections where one was possible");
        return false;
    }
    *seen = now;
    return true;
}

/*
 * Logs the collections that ran since the last call: at most one of each generation. A
 * collection resets the counts up to its generation and raises the next: so where an older one
 * came first, the younger has left its mark.
 */
bool log_collections(struct run *run)
{
    if (run->unlogged) {
        return true;
    }
    const bool oldest_first = count_of(1) > 0;
    const bool middle_last = count_of(1) == 0 && count_of(2) > 0;
    if (middle_last) {
        return log_one(run, 0) && log_one(run, 2) && log_one(run, 1);
    }
    return oldest_first ? log_one(run, 2) && log_one(run, 1) && log_one(run, 0)
                        : log_one(run, 0) && log_one(run, 1) && log_one(run, 2);
}

bool note(struct run *run, size_t event)
{
    run->event = event;
    finish_deaths();
    return log_collections(run) && !PyErr_Occurred();
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

bool run_events(struct run *run)
{
    const struct event *events = run->events.data;
    for (size_t i = 0; i < run->events.size; i++) {
        run->event = i;
        const bool frees = run->resolved && (events[i].op == 's' || events[i].op == 'd');
        if (frees) {
            close_free_lists(run);
        }
        const bool done = execute(run, &events[i], i);
        if (frees) {
            open_free_lists(run);
        }
        if (!done || !note(run, i)) {
            return false;
        }
        if (COLLECTS_LATER && !run->stretch && (PyErr_CheckSignals() < 0 || !note(run, i))) {
            return false;
        }
    }
    return true;
}
