/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a generated trace says, read off once for the tests of workloads. */
#ifndef GCSIM_WORKLOAD_FACTS_H
#define GCSIM_WORKLOAD_FACTS_H

#include <gcsim/trace.h>

#include <check.h>

#include <stdlib.h>

/** An object's life as far as roots tell: `objects` counts allocations, its own included. */
struct life {
    uint32_t type;
    uint32_t slots;
    uint32_t degree; /* references that it was born with */
    uint64_t extra;
    uint64_t born_request; /* 0: outside */
    gcs_time born_clock;
    uint64_t dropped_objects; /* 0: never */
    uint64_t dropped_request;
    gcs_time dropped_clock;
    bool at_once; /* dropped right behind its birth */
};

struct request {
    bool has_arrival;
    gcs_time arrival;
    gcs_time work;
    uint64_t objects;
};

struct facts {
    struct life *lives; /* by number */
    uint64_t objects;
    struct request *requests; /* by number */
    uint64_t request_count;
    uint64_t mark_objects; /* allocated before the first mark; 0: there is none */
    gcs_time mark_work;
    gcs_time idle;
    uint64_t weak;
    uint64_t emptied; /* stores of nothing */
};

struct facts_state {
    gcs_time clock;
    gcs_time work;
    uint64_t request;
    uint64_t last_born; /* 0: the event before was no birth */
};

static inline void facts_birth(struct facts *facts, struct facts_state *state,
                               const struct gcs_event *event, const uint64_t *targets)
{
    struct life *life = &facts->lives[++facts->objects];
    *life = (struct life){.type = event->type,
                          .slots = event->slots,
                          .extra = event->value,
                          .born_request = state->request,
                          .born_clock = state->clock};
    for (uint32_t i = 0; event->flags & GCS_EVENT_BORN && i < event->slots; i++)
        life->degree += targets[event->first + i] != 0;
    if (state->request)
        facts->requests[state->request].objects++;
}

static inline void facts_drop(struct facts *facts, const struct facts_state *state,
                              uint64_t object)
{
    struct life *life = &facts->lives[object];
    life->dropped_objects = facts->objects;
    life->dropped_request = state->request;
    life->dropped_clock = state->clock;
    life->at_once = state->last_born == object;
}

static inline void facts_time(struct facts *facts, struct facts_state *state,
                              const struct gcs_event *event)
{
    state->clock += event->object;
    if (event->op == GCS_OP_IDLE) {
        facts->idle += event->object;
        return;
    }
    state->work += event->object;
    if (state->request)
        facts->requests[state->request].work += event->object;
}

static inline void facts_event(struct facts *facts, struct facts_state *state,
                               const struct gcs_event *event, const uint64_t *targets)
{
    struct request *request;
    if (event->op == GCS_OP_ALLOCATE)
        facts_birth(facts, state, event, targets);
    else if (event->op == GCS_OP_ROOT_LESS)
        facts_drop(facts, state, event->object);
    else if (event->op == GCS_OP_WORK || event->op == GCS_OP_IDLE)
        facts_time(facts, state, event);
    else if (event->op == GCS_OP_BEGIN) {
        state->request = event->object;
        facts->request_count = event->object;
        request = &facts->requests[event->object];
        request->has_arrival = event->flags & GCS_EVENT_ARRIVAL;
        request->arrival = event->value;
        if (request->has_arrival && state->clock < request->arrival)
            state->clock = request->arrival;
    } else if (event->op == GCS_OP_END) {
        state->request = 0;
    } else if (event->op == GCS_OP_MARK && !facts->mark_objects) {
        facts->mark_objects = facts->objects;
        facts->mark_work = state->work;
    } else if (event->op == GCS_OP_WEAK) {
        facts->weak++;
    } else if (event->op == GCS_OP_STORE && !event->value) {
        facts->emptied++;
    }
    state->last_born = event->op == GCS_OP_ALLOCATE ? event->object : 0;
}

static inline struct facts facts_of(const struct gcs_trace *trace, struct gcs_memory *memory)
{
    struct facts facts = {
        .lives = calloc(trace->allocations + 1, sizeof *facts.lives),
        .requests = calloc(trace->requests + 1, sizeof *facts.requests),
    };
    struct facts_state state = {0};
    struct gcs_cursor *cursor;
    struct gcs_block block;
    struct gcs_error error = {0};
    ck_assert(facts.lives && facts.requests);
    ck_assert_int_eq(gcs_cursor_new(trace, memory, &cursor, &error), GCS_OK);
    while (gcs_cursor_next(cursor, &block, &error) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count; i++)
            facts_event(&facts, &state, &block.events[i], block.targets);
    gcs_cursor_free(cursor);
    return facts;
}

static inline void facts_free(struct facts *facts)
{
    free(facts->lives);
    free(facts->requests);
}

#endif
