/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `o freelists=resolved`: the trace leaves out what free lists served, so only what a
 * collection frees may be parked. While reference counting frees objects, every list says that
 * it is full. Up to 3.9 the lists' lengths are static variables that nobody outside can reach.
 */
#include "driver.h"

#if PY_VERSION_HEX >= 0x030E0000
#include <internal/pycore_freelist.h>
typedef Py_ssize_t length;
#else
typedef int length;
#endif

enum { MOST_LISTS = 32, MOST_TUPLES = 2000, MOST_LISTS_PARKED = 80, MOST_FRAMES = 200 };

struct free_list {
    length *parked;
    length most;
    length before;
};

static struct free_list lists[MOST_LISTS];
static size_t list_count;

/* Takes the place of an object where one alone is kept. */
static void *const occupied = &lists;

bool can_resolve_free_lists(void)
{
    return PY_VERSION_HEX >= 0x030A0000;
}

#if PY_VERSION_HEX >= 0x030A0000

static void add_list(length *parked, length most)
{
    lists[list_count++] = (struct free_list){parked, most, 0};
}

#if PY_VERSION_HEX >= 0x030E0000
static void find_lists(void)
{
    struct _Py_freelists *all = &PyThreadState_Get()->interp->object_state.freelists;
    for (int i = 0; i < PyTuple_MAXSAVESIZE; i++) {
        add_list(&all->tuples[i].size, Py_tuple_MAXFREELIST);
    }
    add_list(&all->lists.size, Py_lists_MAXFREELIST);
    add_list(&all->dicts.size, Py_dicts_MAXFREELIST);
    add_list(&all->slices.size, Py_slices_MAXFREELIST);
    add_list(&all->list_iters.size, Py_list_iters_MAXFREELIST);
    add_list(&all->pycfunctionobject.size, Py_pycfunctionobject_MAXFREELIST);
    add_list(&all->pymethodobjects.size, Py_pymethodobjects_MAXFREELIST);
}
#else
static void find_lists(void)
{
    PyInterpreterState *interp = PyThreadState_Get()->interp;
#if PY_VERSION_HEX >= 0x030D0000
    struct _Py_object_freelists *all = &interp->object_state.freelists;
    int *tuples = all->tuples.numfree;
    add_list(&all->lists.numfree, MOST_LISTS_PARKED);
    add_list(&all->dicts.numfree, MOST_LISTS_PARKED);
#else
    int *tuples = interp->tuple.numfree;
    add_list(&interp->list.numfree, MOST_LISTS_PARKED);
    add_list(&interp->dict_state.numfree, MOST_LISTS_PARKED);
#endif
#if PY_VERSION_HEX < 0x030B0000
    add_list(&interp->frame.numfree, MOST_FRAMES);
#endif
    for (int i = PY_VERSION_HEX < 0x030B0000; i < 20; i++) {
        add_list(&tuples[i], MOST_TUPLES);
    }
}
#endif

/* One slice alone is kept up to 3.13, and one frame of each code object up to 3.10. */
static void occupy(void **place, bool full)
{
    if (full && !*place) {
        *place = occupied;
    } else if (!full && *place == occupied) {
        *place = NULL;
    }
}

static void occupy_places(struct run *run, bool full)
{
#if PY_VERSION_HEX >= 0x030E0000
    (void)run;
    (void)full;
#elif PY_VERSION_HEX >= 0x030D0000
    occupy((void **)&PyThreadState_Get()->interp->object_state.freelists.slices.slice_cache,
           full);
#else
    occupy((void **)&PyThreadState_Get()->interp->slice_cache, full);
#endif
#if PY_VERSION_HEX < 0x030B0000
    const struct type_info *types = run->types.data;
    for (size_t i = 0; i < run->types.size; i++) {
        if (types[i].kind == FRAME && types[i].function) {
            PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(types[i].function);
            occupy(&code->co_zombieframe, full);
        }
    }
#else
    (void)run;
#endif
}

void close_free_lists(struct run *run)
{
    if (list_count == 0) {
        find_lists();
    }
    for (size_t i = 0; i < list_count; i++) {
        lists[i].before = *lists[i].parked;
        *lists[i].parked = lists[i].most;
    }
    occupy_places(run, true);
}

void open_free_lists(struct run *run)
{
    for (size_t i = 0; i < list_count; i++) {
        *lists[i].parked = lists[i].before;
    }
    occupy_places(run, false);
}

#else

void close_free_lists(struct run *run)
{
    (void)run;
}

void open_free_lists(struct run *run)
{
    (void)run;
}

#endif
