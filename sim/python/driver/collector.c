/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the collector keeps its lists and counters, and how a run begins. */
#include "driver.h"

#include <limits.h>

#if PY_VERSION_HEX < 0x03070000
#ifndef _GNU_SOURCE
#error "the scan for the collector's counters of 3.6 needs dl_iterate_phdr"
#endif
#include <link.h>
#endif

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

bool find_collector(void)
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

bool find_collector(void)
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

void prepare_lists(void)
{
    join(&hidden, &hidden);
}

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

void show_heap(void)
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

/* --------------------------------------------------------------------- figures of the log */

struct figures figures_of(int g)
{
#if PY_VERSION_HEX >= 0x030F0000
    const struct gc_stats *stats = collector()->generation_stats;
    const struct gc_generation_stats *now =
        g == 0 ? &stats->young.items[stats->young.index]
               : &stats->old[g - 1].items[stats->old[g - 1].index];
#else
    const struct gc_generation_stats *now = &collector()->generation_stats[g];
#endif
    return (struct figures){now->collections, now->collected, now->uncollectable};
}

int count_of(int g)
{
    return collector()->generations[g].count;
}

/* ----------------------------------------------------------------------- standing objects */

/* What is made from here on is not counted and runs no collection. */
void begin_standing(struct standing *standing)
{
    standing->last = previous_of(generation_head(0));
    standing->count = collector()->generations[0].count;
    collector()->generations[0].count = INT_MIN / 2;
}

/* What was made meanwhile is old. */
void end_standing(const struct standing *standing)
{
    PyGC_Head *young = generation_head(0);
    PyGC_Head *first = next_of(standing->last);
    collector()->generations[0].count = standing->count;
    if (first == young) {
        return;
    }
    PyGC_Head *last = previous_of(young);
    PyGC_Head *old = generation_head(2);
    join(standing->last, young);
    join(previous_of(old), first);
    join(last, old);
}

/* ------------------------------------------------------------------------- a run's start */

bool call(PyObject *function, PyObject *arguments)
{
    PyObject *result = function ? PyObject_Call(function, arguments, NULL) : NULL;
    Py_XDECREF(result);
    return result != NULL;
}

bool import_actions(struct run *run)
{
    PyObject *gc = PyImport_ImportModule("gc");
    for (int i = 0; gc && i < ACTIONS; i++) {
        run->actions[i] = PyObject_GetAttrString(gc, action_names[i]);
        PyErr_Clear();
    }
    Py_XDECREF(gc);
    return gc != NULL;
}

#if PY_VERSION_HEX >= 0x03070000
static bool set_long_lived(struct run *run)
{
    collector()->long_lived_total = (Py_ssize_t)run->start[3];
    collector()->long_lived_pending = (Py_ssize_t)run->start[4];
    return true;
}
#else
/* 3.6 shows its figures to nobody, so as many objects as they say live through a collection of
 * the generation that sets each, and are hidden then. */
static bool live_through(struct run *run, size_t objects, PyObject *generation)
{
    for (size_t i = 0; i < objects; i++) {
        if (!PyList_New(0)) {
            return false;
        }
    }
    const bool done = call(run->actions[COLLECT], generation);
    hide_heap();
    return done;
}

static bool set_long_lived(struct run *run)
{
    return live_through(run, run->start[3], run->nothing) &&
           live_through(run, run->start[4], run->middle);
}
#endif

bool start(struct run *run, const int *thresholds)
{
    collector_state *state = collector();
    if (!call(run->actions[DISABLE], run->nothing) ||
        !call(run->actions[COLLECT], run->nothing) || PyErr_CheckSignals() < 0) {
        return false;
    }
    run->slice = PySlice_New(Py_None, Py_None, Py_None);
    run->middle = Py_BuildValue("(i)", 1);
    hide_heap();
    /* Nothing is left to find: this one empties the free lists and resets the counters. */
    if (!run->slice || !run->middle || !call(run->actions[COLLECT], run->nothing) ||
        !set_long_lived(run)) {
        return false;
    }
    for (int g = 0; g < 3; g++) {
        state->generations[g].threshold = thresholds[g];
        state->generations[g].count = 0;
        run->seen[g] = figures_of(g);
    }
    if (!call(run->actions[ENABLE], run->nothing)) {
        return false;
    }
    if (!heap_is_empty() || state->generations[0].count != 0) {
        PyErr_SetString(PyExc_RuntimeError, "the collector could not be reset");
        return false;
    }
    for (int g = 0; g < 3; g++) {
        state->generations[g].count = (int)run->start[g];
    }
    return true;
}
