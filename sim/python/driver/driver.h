/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * driver.h — the judge: a CPython extension module that executes a gcsim text trace on real
 * objects and logs what the interpreter's own collector did, one row per collection.
 *
 *   parse ──▶ events ──▶ run ──▶ rows        module.c is what Python sees
 *                         │
 *       objects, frames, classes make what the events ask for; collector.c reads the figures
 *
 * Watching a collector from Python changes what it does: gc.get_count() takes a tuple off a
 * free list and gc.callbacks make a dict for each run. So the whole trace is parsed into C
 * arrays first, the loop in run.c makes no container but those that the trace asks for, and
 * the log is read from the collector's own counters through the interpreter's internal
 * headers. For the same reason slots of built-in objects are written where the interpreter
 * keeps them, not through calls that would make objects of their own.
 *
 * A run starts as the trace says, else with heap, counters and free lists empty. gc.freeze()
 * would hide the interpreter's own objects, but a trace may call gc.unfreeze() and 3.6 has no
 * freeze, so they wait on a private list (hide_heap()) and go back afterwards.
 *
 * One source for 3.6 to 3.13, and 3.14.5 on, default builds. One process can execute any
 * number of jobs, but objects that a trace leaves uncollectable or resurrected stay behind:
 * driver.py forks for each job.
 */
#ifndef GCSIM_DRIVER_H
#define GCSIM_DRIVER_H

#include <patchlevel.h>

#define PY_SSIZE_T_CLEAN
#if PY_VERSION_HEX >= 0x03070000
#define Py_BUILD_CORE        1
#define Py_BUILD_CORE_MODULE 1
#endif
#include <Python.h>
#include <frameobject.h>
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
#elif PY_VERSION_HEX < 0x03060000
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
/* Up to 3.10 an instance with __dict__ and a generator are two objects. */
#define HAS_COMPANIONS (PY_VERSION_HEX < 0x030B0000)
/* Values of an instance beyond this many leave the compact layout (3.11 on). */
#define MAX_ATTRIBUTES 28
#define MAX_SLOTS      1000000UL
#define MAX_LOCALS     2000UL
/* More than any trace needs, and far below where a product could overflow. */
#define MAX_NUMBER 1000000000UL

/* --------------------------------------------------------------------- the trace in memory */

enum kind {
    INSTANCE,
    ATOMIC,
    TUPLE,
    LIST,
    DICT,
    SET,
    WEAKREF,
    FUNCTION,
    CELL,
    GENERATOR,
    COROUTINE,
    FRAME,
    SLICE,
    METHOD,
    CFUNCTION,
    ITERATOR,
    CONTAINER,
    KINDS
};

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
    PyObject *function;  /* of frames, generators, coroutines: whose code they run */
    PyObject *prototype; /* of generators, coroutines: one that is suspended */
};

enum { ENABLE, DISABLE, FREEZE, UNFREEZE, THRESHOLD, COLLECT, ACTIONS };
extern const char *const action_names[ACTIONS];

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

struct figures {
    Py_ssize_t collections;
    Py_ssize_t collected;
    Py_ssize_t uncollectable;
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
    size_t event; /* being executed */
    bool stretch;
    bool unlogged;        /* no rows are wanted */
    size_t objects_minor; /* `o objects=3.N`, or 0 */
    bool resolved;        /* `o freelists=resolved` */
    size_t standing;      /* `o standing=N` */
    size_t start[5];      /* `o start=…` */
    struct figures seen[3];
    PyObject *actions[ACTIONS];
    PyObject *nothing; /* the empty tuple */
    PyObject *middle;  /* the tuple (1,) */
    PyObject *globals; /* of the functions that the driver makes */
    PyObject *scratch; /* a list whose items tuples are made of */
    PyObject *empty;   /* a list that iterators begin with */
    PyObject *slice;   /* takes the one parked slice, which a full collection leaves (3.13) */
    PyObject *keep;
    PyObject *drop;
    PyObject **keys; /* of dicts, and attribute names of instances */
};

/* Room for one more element, zeroed. */
void *append(struct array *array, size_t element);

/* parse.c */
bool parse(struct run *run, char *text);

/* collector.c */
bool find_collector(void);
struct figures figures_of(int g);
int count_of(int g);
bool call(PyObject *function, PyObject *arguments);
bool import_actions(struct run *run);
bool start(struct run *run, const int *thresholds);
void show_heap(void);
void prepare_lists(void);
struct standing {
    PyGC_Head *last; /* of the young before */
    int count;
};
void begin_standing(struct standing *standing);
void end_standing(const struct standing *standing);

/* free_lists.c */
bool can_resolve_free_lists(void);
void close_free_lists(struct run *run);
void open_free_lists(struct run *run);

/* classes.c */
extern PyTypeObject container_type;
extern PyMethodDef callbacks[2];
struct container {
    PyObject_VAR_HEAD PyObject *slots[1];
};
bool make_types(struct run *run);

/* frames.c */
bool make_globals(struct run *run);
bool make_code(struct run *run, struct type_info *type);
void watch_closing(struct run *run);
PyObject *new_frame(struct run *run, const struct type_info *type);
PyObject *new_generator(struct run *run, const struct type_info *type);
void store_local(PyObject *self, enum kind kind, size_t slot, PyObject *value);

/* objects.c */
void replace(PyObject **place, PyObject *value);
bool allocate(struct run *run, const struct event *event, size_t index);
bool store(struct run *run, const struct event *event);

/* run.c */
bool log_collections(struct run *run);
bool note(struct run *run, size_t event);
void allow_deep_deaths(bool allow);
bool run_events(struct run *run);

#endif
