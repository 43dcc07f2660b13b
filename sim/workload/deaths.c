/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structures go: when their lifetime is over, when their request ends. And who may be referred
 * to meanwhile: only what lives longer than the one that refers, so that nothing outlives its
 * lifetime because something younger still holds it.
 */
#include "workload_private.h"

enum { TRIES = 4 }; /* before a reference goes to a static object instead */

/* Takes a free row, or a new one. */
static enum gcs_status take_row(struct program *program, uint32_t *row)
{
    if (program->free_row != NO_ROW) {
        *row = program->free_row;
        program->free_row = program->rows[*row].place;
        return GCS_OK;
    }
    GCS_TRY(GCS_GROW(program->memory, &program->rows, &program->rows_capacity,
                     (size_t)program->row_count + 1, program->error));
    *row = program->row_count++;
    return GCS_OK;
}

static void remember(struct program *program, uint64_t object, uint32_t row)
{
    program->recent[program->recent_at] = (struct recent){object, row};
    program->recent_at = (program->recent_at + 1) % RECENT;
}

static enum gcs_status hold_for_good(struct program *program, uint64_t object)
{
    GCS_TRY(GCS_GROW(program->memory, &program->still, &program->still_capacity,
                     program->still_count + 1, program->error));
    program->still[program->still_count++] = object;
    remember(program, object, NO_ROW);
    return GCS_OK;
}

enum gcs_status gcs_hold(struct program *program, const struct holding *holding)
{
    uint32_t row;
    if (holding->cause == CAUSE_NEVER)
        return hold_for_good(program, holding->object);
    GCS_TRY(take_row(program, &row));
    program->rows[row] = *holding;
    remember(program, holding->object, row);
    if (holding->cause == CAUSE_REQUEST) {
        GCS_TRY(GCS_GROW(program->memory, &program->request, &program->request_capacity,
                         (size_t)program->request_count + 1, program->error));
        program->request[program->request_count++] = row;
        return GCS_OK;
    }
    GCS_TRY(GCS_GROW(program->memory, &program->live, &program->live_capacity,
                     (size_t)program->live_count + 1, program->error));
    program->rows[row].place = program->live_count;
    program->live[program->live_count++] = row;
    struct queue *queue =
        holding->cause == CAUSE_TIME ? &program->by_time : &program->by_allocations;
    return gcs_queue_push(queue, program->memory, holding->deadline, row, program->error);
}

/* Empties the stores that closed a cycle. A tree is taken apart from its leaves upwards: each
 * parent drops its list of children while it can still be named. */
static enum gcs_status break_cycle(struct program *program, const struct holding *holding)
{
    if (holding->cycle != CYCLE_TREE)
        return gcs_emit_store(program, holding->object, 0, 0);
    uint64_t fanout = program->workload->sites[holding->site].fanout;
    uint64_t parents = (holding->size - 2) / fanout + 1; /* the first nodes have children */
    GCS_TRY(GCS_GROW(program->memory, &program->nodes, &program->nodes_capacity, holding->size,
                     program->error));
    uint64_t *nodes = program->nodes; /* their numbers, as births.c allocated them */
    uint64_t number = nodes[0] = holding->object;
    for (uint64_t parent = 0, node = 1; parent < parents; parent++) {
        number += 1; /* the list of children */
        for (uint64_t child = 0; child < fanout && node < holding->size; child++)
            nodes[node++] = ++number;
    }
    while (parents--)
        GCS_TRY(gcs_emit_store(program, nodes[parents], 1, 0));
    return GCS_OK;
}

enum gcs_status gcs_let_go(struct program *program, const struct holding *holding)
{
    if (holding->broken)
        GCS_TRY(break_cycle(program, holding));
    return gcs_emit_object(program, GCS_OP_ROOT_LESS, holding->object, 0);
}

static void free_row(struct program *program, uint32_t row)
{
    program->rows[row].object = 0;
    program->rows[row].place = program->free_row;
    program->free_row = row;
}

static enum gcs_status let_go_row(struct program *program, uint32_t row)
{
    struct holding holding = program->rows[row];
    uint32_t last = program->live[--program->live_count];
    program->live[holding.place] = last;
    program->rows[last].place = holding.place;
    free_row(program, row);
    return gcs_let_go(program, &holding);
}

enum gcs_status gcs_let_go_request(struct program *program)
{
    while (program->request_count) { /* the youngest first: it may refer to older ones */
        uint32_t row = program->request[--program->request_count];
        struct holding holding = program->rows[row];
        free_row(program, row);
        GCS_TRY(gcs_let_go(program, &holding));
    }
    return GCS_OK;
}

/* Lets go what a queue has up to a time. */
static enum gcs_status let_go_until(struct program *program, struct queue *queue, uint64_t time)
{
    while (queue->first <= time) {
        struct entry entry;
        GCS_TRY(gcs_queue_pop(queue, program->memory, &entry, program->error));
        GCS_TRY(let_go_row(program, entry.what));
    }
    return GCS_OK;
}

enum gcs_status gcs_let_go_due(struct program *program)
{
    GCS_TRY(let_go_until(program, &program->by_time, program->clock));
    return let_go_until(program, &program->by_allocations, program->objects);
}

/*
 * Targets
 */
/* Whether what a row holds lives at least as long as a structure of that fate. */
static bool outlives(const struct holding *holding, const struct fate *fate)
{
    if (fate->stays)
        return false;
    switch (fate->cause) {
    case CAUSE_AT_ONCE:
    case CAUSE_REQUEST: /* dropped in reverse order, so older ones of the request do */
        return true;
    case CAUSE_ALLOCATIONS:
    case CAUSE_TIME:
        return holding->cause == fate->cause && holding->deadline >= fate->deadline;
    case CAUSE_NEVER:
        break;
    }
    return false;
}

/* Programs refer to few of their static objects again and again, the classes and functions that
 * were there first: with the fourth power of a uniform variate half of the choices fall on 6 %.
 */
static uint64_t pick_still(struct program *program, struct gcs_random *random)
{
    if (!program->still_count)
        return 0;
    double unit = gcs_random_unit(random);
    return program->still[(size_t)(unit * unit * unit * unit * (double)program->still_count)];
}

static uint64_t pick_row(const struct program *program, uint32_t row, const struct fate *fate)
{
    const struct holding *holding = &program->rows[row];
    return outlives(holding, fate) ? holding->object : 0;
}

static uint64_t pick_recent(const struct program *program, struct gcs_random *random,
                            const struct fate *fate)
{
    const struct recent *recent = &program->recent[gcs_pick(random, RECENT)];
    if (!recent->object || recent->row == NO_ROW)
        return recent->object;
    if (program->rows[recent->row].object != recent->object)
        return 0; /* let go meanwhile */
    return pick_row(program, recent->row, fate);
}

static uint64_t try_target(const struct program *program, enum target target,
                           struct gcs_random *random, const struct fate *fate)
{
    switch (target) {
    case TARGET_RECENT:
        return pick_recent(program, random, fate);
    case TARGET_SAME_REQUEST:
        if (!program->request_count ||
            (fate->cause != CAUSE_AT_ONCE && fate->cause != CAUSE_REQUEST))
            return 0;
        return pick_row(program, program->request[gcs_pick(random, program->request_count)],
                        fate);
    case TARGET_OLDER:
        if (!program->live_count)
            return 0;
        return pick_row(program, program->live[gcs_pick(random, program->live_count)], fate);
    case TARGET_STATIC:
    case TARGET_COUNT:
        break;
    }
    return 0;
}

uint64_t gcs_pick_target(struct program *program, uint32_t site, const struct fate *fate)
{
    const double *weights = program->workload->sites[site].targets;
    struct gcs_random *random = &program->sites[site].random;
    double at = gcs_random_unit(random) * weights[TARGET_COUNT - 1];
    unsigned target = 0;
    while (target < TARGET_COUNT - 1 && at >= weights[target])
        target++;
    if (!(weights[TARGET_COUNT - 1] > 0))
        return 0;
    for (unsigned i = 0; i < TRIES && target != TARGET_STATIC; i++) {
        uint64_t object = try_target(program, target, random, fate);
        if (object)
            return object;
    }
    return pick_still(program, random);
}
