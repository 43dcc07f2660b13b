/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structures are held, and go: when their lifetime is over, when their request or phase ends,
 * at the end of the program. While one is held it may be stored in an older object, which
 * forgets it before it goes.
 */
#include "workload_private.h"

/* Requests come and go with the same rows again and again: if these stand together, they stay
 * in a core's cache. So free rows are taken in stretches for one purpose. */
static uint32_t *free_rows(struct program *program, unsigned cause)
{
    return &program->free_rows[cause == CAUSE_REQUEST];
}

static enum gcs_status add_free_rows(struct program *program, uint32_t *first)
{
    enum { STRETCH = 64 };
    GCS_TRY(GCS_GROW(program->memory, &program->rows, &program->rows_capacity,
                     (size_t)program->row_count + STRETCH, program->error));
    for (uint32_t i = 0; i < STRETCH; i++) {
        uint32_t row = program->row_count++;
        program->rows[row] = (struct holding){.place = i + 1 < STRETCH ? row + 1 : NO_ROW};
    }
    *first = program->row_count - STRETCH;
    return GCS_OK;
}

static enum gcs_status take_row(struct program *program, unsigned cause, uint32_t *row)
{
    uint32_t *first = free_rows(program, cause);
    if (*first == NO_ROW)
        GCS_TRY(add_free_rows(program, first));
    *row = *first;
    *first = program->rows[*row].place;
    return GCS_OK;
}

static void remember(struct program *program, uint64_t object, uint32_t row)
{
    program->recent[program->recent_at] = (struct recent){object, row};
    program->recent_at = (program->recent_at + 1) % RECENT;
}

static enum gcs_status add_row(struct program *program, struct rows *rows, uint32_t row)
{
    GCS_TRY(GCS_GROW(program->memory, &rows->rows, &rows->capacity, (size_t)rows->count + 1,
                     program->error));
    rows->rows[rows->count++] = row;
    return GCS_OK;
}

/*
 * Stores
 */
static bool draws_store(struct program *program, uint32_t place)
{
    double share = program->workload->sites[place].stores;
    return share > 0 && gcs_random_unit(&program->sites[place].random) < share;
}

/* `older.attribute = object`, if there is an older one with room. */
static enum gcs_status store(struct program *program, const struct holding *holding,
                             struct berth *berth, bool *stored)
{
    const struct fate fate = {.cause = holding->cause, .deadline = holding->deadline};
    *stored = gcs_pick_owner(program, holding->site, &fate, berth);
    if (!*stored)
        return GCS_OK;
    return gcs_emit_store(program, berth->owner, berth->slot, holding->object);
}

/* What can be stored into is remembered, as soon as some site stores. */
static enum gcs_status offer_room(struct program *program, const struct holding *holding,
                                  uint32_t row, struct room room)
{
    if (row == NO_ROW) {
        if (room.first == room.end)
            return GCS_OK;
        GCS_TRY(GCS_GROW(program->memory, &program->shelves, &program->shelves_capacity,
                         program->shelf_count + 1, program->error));
        program->shelves[program->shelf_count++] = (struct shelf){holding->object, room};
        return GCS_OK;
    }
    GCS_TRY(GCS_GROW(program->memory, &program->rooms, &program->rooms_capacity,
                     (size_t)row + 1, program->error));
    GCS_TRY(GCS_GROW(program->memory, &program->berths, &program->berths_capacity,
                     (size_t)row + 1, program->error));
    program->rooms[row] = room;
    if (!draws_store(program, holding->site))
        return GCS_OK;
    return store(program, holding, &program->berths[row], &program->rows[row].stored);
}

/*
 * Holding
 */
static enum gcs_status hold_for_good(struct program *program, const struct holding *holding,
                                     const struct birth *birth)
{
    struct berth berth;
    bool stored;
    GCS_TRY(GCS_GROW(program->memory, &program->still, &program->still_capacity,
                     program->still_count + 1, program->error));
    program->still[program->still_count++] = holding->object;
    remember(program, holding->object, NO_ROW);
    if (!program->workload->stores)
        return GCS_OK;
    if (draws_store(program, holding->site))
        GCS_TRY(store(program, holding, &berth, &stored));
    return offer_room(program, holding, NO_ROW, birth->head.room);
}

/* Into the queue, list or container that will bring its end up. */
static enum gcs_status await_end(struct program *program, const struct holding *holding,
                                 uint32_t row)
{
    struct queue *queue = holding->cause == CAUSE_TIME       ? &program->by_time
                          : holding->cause == CAUSE_REQUESTS ? &program->by_requests
                                                             : &program->by_allocations;
    if (holding->cause == CAUSE_PHASE)
        return add_row(program, &program->phase, row);
    if (holding->cause == CAUSE_QUEUE || holding->cause == CAUSE_LRU)
        return gcs_container_put(program, row);
    return gcs_queue_push(queue, program->memory, holding->deadline, row, program->error);
}

enum gcs_status gcs_hold(struct program *program, const struct holding *holding,
                         const struct birth *birth)
{
    uint32_t row;
    if (holding->cause == CAUSE_NEVER)
        return hold_for_good(program, holding, birth);
    GCS_TRY(take_row(program, holding->cause, &row));
    program->rows[row] = *holding;
    if (program->workload->stores)
        GCS_TRY(offer_room(program, holding, row, birth->head.room));
    remember(program, holding->object, row);
    if (holding->cause == CAUSE_REQUEST) {
        program->rows[row].place = (uint32_t)(program->current - program->open);
        return add_row(program, &program->current->rows, row);
    }
    GCS_TRY(GCS_GROW(program->memory, &program->live, &program->live_capacity,
                     (size_t)program->live_count + 1, program->error));
    program->rows[row].place = program->live_count;
    program->live[program->live_count++] = row;
    return await_end(program, holding, row);
}

/*
 * Letting go
 */
enum gcs_status gcs_let_go(struct program *program, const struct holding *holding)
{
    struct berth berth;
    bool stored = false;
    if (draws_store(program, holding->site))
        GCS_TRY(store(program, holding, &berth, &stored));
    if (stored)
        GCS_TRY(gcs_emit_store(program, berth.owner, berth.slot, 0));
    if (holding->broken)
        GCS_TRY(gcs_break_cycle(program, holding));
    return gcs_emit_object(program, GCS_OP_ROOT_LESS, holding->object, 0);
}

static void free_row(struct program *program, uint32_t row)
{
    uint32_t *first = free_rows(program, program->rows[row].cause);
    program->rows[row].object = 0;
    program->rows[row].place = *first;
    *first = row;
}

static void leave_live(struct program *program, uint32_t place)
{
    uint32_t last = program->live[--program->live_count];
    program->live[place] = last;
    program->rows[last].place = place;
}

/* What the program does itself before it lets go of what is in a row, which is free then. */
static enum gcs_status part_with(struct program *program, uint32_t row, uint64_t *object)
{
    struct holding holding = program->rows[row];
    *object = holding.object;
    free_row(program, row);
    if (holding.stored)
        GCS_TRY(
            gcs_emit_store(program, program->berths[row].owner, program->berths[row].slot, 0));
    return holding.broken ? gcs_break_cycle(program, &holding) : GCS_OK;
}

static enum gcs_status let_go_row(struct program *program, uint32_t row)
{
    uint64_t object;
    GCS_TRY(part_with(program, row, &object));
    return gcs_emit_object(program, GCS_OP_ROOT_LESS, object, 0);
}

static enum gcs_status let_go_live_row(struct program *program, uint32_t row)
{
    leave_live(program, program->rows[row].place);
    return let_go_row(program, row);
}

enum gcs_status gcs_give_up_row(struct program *program, uint32_t row)
{
    uint64_t object;
    leave_live(program, program->rows[row].place);
    return part_with(program, row, &object);
}

static enum gcs_status let_go_due_by(struct program *program, struct queue *queue, uint64_t now)
{
    while (queue->first <= now) {
        struct entry entry;
        GCS_TRY(gcs_queue_pop(queue, program->memory, &entry, program->error));
        GCS_TRY(let_go_live_row(program, entry.what));
    }
    return GCS_OK;
}

enum gcs_status gcs_let_go_due(struct program *program)
{
    GCS_TRY(let_go_due_by(program, &program->by_time, program->clock));
    return let_go_due_by(program, &program->by_allocations, program->objects);
}

enum gcs_status gcs_let_go_request(struct program *program)
{
    struct rows *rows = &program->current->rows;
    while (rows->count) /* the youngest first: it may refer to older ones */
        GCS_TRY(let_go_row(program, rows->rows[--rows->count]));
    return let_go_due_by(program, &program->by_requests, ++program->requests_ended);
}

enum gcs_status gcs_let_go_phase(struct program *program)
{
    while (program->phase.count)
        GCS_TRY(let_go_live_row(program, program->phase.rows[--program->phase.count]));
    return GCS_OK;
}

/* Nobody takes cycles apart or empties slots any more. */
enum gcs_status gcs_let_go_all(struct program *program)
{
    for (uint32_t i = program->live_count; i--;) {
        const struct holding *holding = &program->rows[program->live[i]];
        if (holding->cause != CAUSE_QUEUE && holding->cause != CAUSE_LRU)
            GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, holding->object, 0));
    }
    for (uint32_t i = program->workload->site_count; i--;)
        if (program->containers[i].object)
            GCS_TRY(
                gcs_emit_object(program, GCS_OP_ROOT_LESS, program->containers[i].object, 0));
    for (size_t i = program->still_count; i--;)
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, program->still[i], 0));
    for (uint64_t i = ATOMS; program->first_atom && i--;)
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, program->first_atom + i, 0));
    return GCS_OK;
}
