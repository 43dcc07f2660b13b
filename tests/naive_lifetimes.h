/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which objects are garbage from when on, by definition: a graph of which everything is
 * recomputed after each event. Slow, and without a thought that the heap's has. */
#ifndef TESTS_NAIVE_LIFETIMES_H
#define TESTS_NAIVE_LIFETIMES_H

#include <gcsim/trace.h>

#include <string.h>

enum { NAIVE_OBJECTS = 1200, NAIVE_SLOTS = 32 };
struct naive_object {
    uint64_t slots[NAIVE_SLOTS];
    uint32_t slot_count;
    uint32_t roots;
    const struct gcs_type *type;
    uint64_t weak_target; /* of a callback that drops a root */
    bool dead, finalized, reached, garbage;
    uint64_t garbage_event;
};
static struct naive_object naive[NAIVE_OBJECTS];
static uint64_t naive_count;

static void naive_die(uint64_t object)
{
    struct naive_object *o = &naive[object];
    if (o->type->finalizer == GCS_FINALIZER_RESURRECT && !o->finalized) {
        o->finalized = true;
        o->roots = 1;
        return;
    }
    o->dead = true;
    o->slot_count = 0;
    for (uint64_t w = 1; w <= naive_count; w++)
        if (!naive[w].dead && naive[w].weak_target == object && naive[w].roots > 0)
            naive[w].roots--;
}

/* Until nobody is without references, in any order. */
static void naive_count_references(void)
{
    for (bool again = true; again;) {
        static uint32_t refs[NAIVE_OBJECTS];
        again = false;
        memset(refs, 0, sizeof refs);
        for (uint64_t o = 1; o <= naive_count; o++)
            for (uint32_t s = 0; s < naive[o].slot_count; s++)
                refs[naive[o].slots[s]]++;
        for (uint64_t o = 1; o <= naive_count && !again; o++)
            if (!naive[o].dead && refs[o] + naive[o].roots == 0) {
                naive_die(o);
                again = true;
            }
    }
}

static void naive_reach(uint64_t object)
{
    if (naive[object].reached)
        return;
    naive[object].reached = true;
    for (uint32_t s = 0; s < naive[object].slot_count; s++)
        if (naive[object].slots[s])
            naive_reach(naive[object].slots[s]);
}

/* An event, and all that follows from it. False: more objects or slots than there is room for.
 */
static bool naive_apply(const struct gcs_trace *trace, const struct gcs_block *block,
                        uint32_t index)
{
    const struct gcs_event *event = &block->events[index];
    struct naive_object *o = &naive[event->object < NAIVE_OBJECTS ? event->object : 0];
    if (event->op == GCS_OP_ALLOCATE) {
        if (event->object >= NAIVE_OBJECTS || event->slots > NAIVE_SLOTS)
            return false;
        naive_count = event->object;
        *o = (struct naive_object){.roots = 1, .slot_count = event->slots};
        o->type = trace->types[event->type];
        for (uint32_t s = 0; event->flags & GCS_EVENT_BORN && s < event->slots; s++)
            o->slots[s] = block->targets[event->first + s];
    } else if (event->op == GCS_OP_STORE) {
        o->slots[event->type] = event->value;
    } else if (event->op == GCS_OP_ROOT_MORE) {
        o->roots++;
    } else if (event->op == GCS_OP_ROOT_LESS) {
        o->roots--;
    } else if (event->op == GCS_OP_WEAK && event->detail == GCS_WEAK_DROP) {
        o->weak_target = event->value;
    }
    naive_count_references();
    for (uint64_t i = 1; i <= naive_count; i++)
        naive[i].reached = false;
    for (uint64_t i = 1; i <= naive_count; i++)
        if (!naive[i].dead && naive[i].roots > 0)
            naive_reach(i);
    for (uint64_t i = 1; i <= naive_count; i++)
        if (!naive[i].dead && !naive[i].reached && !naive[i].garbage) {
            naive[i].garbage = true;
            naive[i].garbage_event = block->first_event + index;
        }
    return true;
}

#endif
