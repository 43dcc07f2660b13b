/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests: each allocates and works piece by piece. Where it waits for something (a database,
 * a socket) others go on meanwhile, if more than one may be open.
 */
#include "workload_private.h"

/* `index`th of `pieces` parts of a whole, such that they add up to it exactly. */
uint64_t gcs_part(uint64_t whole, uint64_t index, uint64_t pieces)
{
    double share = (double)whole / (double)pieces;
    uint64_t from = (uint64_t)(share * (double)index);
    uint64_t to = index + 1 == pieces ? whole : (uint64_t)(share * (double)(index + 1));
    return to > from ? to - from : 0;
}

enum gcs_status gcs_allocate(struct program *program, enum during during, uint64_t until)
{
    const struct choice *choice = &program->workload->sites_of[during];
    while (program->objects < until && choice->count && !program->stopped) {
        uint32_t place = gcs_choose(choice, &program->choice.random);
        GCS_TRY(gcs_site_turn(program, place, false));
    }
    return GCS_OK;
}

/* Draws what it will do. */
static void plan(struct program *program, struct open *open)
{
    const struct gcs_workload *workload = program->workload;
    const uint64_t most = UINT64_C(1) << 40;
    uint64_t wanted = gcs_sampler_draw_count(&workload->allocations, &program->sizes, most);
    open->work = gcs_sampler_draw_count(&workload->service_time, &program->service, most << 10);
    uint64_t less = wanted < program->surplus ? wanted : program->surplus;
    program->surplus -= less; /* the one before made so many more than it should */
    open->wanted = wanted - less;
    open->made = 0;
    open->piece = 0;
    open->pieces = open->wanted ? (open->wanted - 1) / workload->work_every + 1 : 1;
    if (open->pieces < workload->awaits + 1)
        open->pieces = workload->awaits + 1;
}

static enum gcs_status begin(struct program *program, gcs_time arrival, uint32_t *place)
{
    uint32_t free = 0;
    while (program->open[free].number)
        free++;
    struct open *open = &program->open[ *place = free];
    open->number = ++program->request_number;
    open->began = program->clock;
    program->open_count++;
    plan(program, open);
    struct gcs_event event = {.op = GCS_OP_BEGIN, .object = open->number};
    if (program->workload->arrivals != ARRIVALS_CLOSED) {
        event.flags = GCS_EVENT_ARRIVAL;
        event.value = arrival;
    }
    return gcs_emit(program, &event, NULL);
}

/* In a closed loop the next one comes after some thought; requests that take no time would
 * never end. */
static enum gcs_status think(struct program *program, const struct open *open)
{
    gcs_time time = program->clock + gcs_sampler_draw_count(&program->workload->think_time,
                                                            &program->think, UINT64_C(1) << 50);
    if (time == open->began)
        time++;
    return time < program->phase_end ? gcs_schedule(program, time, ARRIVAL) : GCS_OK;
}

static enum gcs_status finish(struct program *program, struct open *open)
{
    const struct gcs_workload *workload = program->workload;
    if (open->made > open->wanted)
        program->surplus += open->made - open->wanted;
    GCS_TRY(gcs_let_go_request(program));
    GCS_TRY(gcs_emit_object(program, GCS_OP_END, open->number, 0));
    GCS_TRY(gcs_emit_actions(program, &workload->request_gc));
    program->current = NULL;
    program->open_count--;
    open->number = 0;
    return workload->arrivals == ARRIVALS_CLOSED ? think(program, open) : GCS_OK;
}

static enum gcs_status do_piece(struct program *program, struct open *open)
{
    uint64_t until = (open->piece + 1) * program->workload->work_every;
    uint64_t due = until < open->wanted ? until : open->wanted;
    GCS_TRY(gcs_emit_work(program, gcs_part(open->work, open->piece, open->pieces)));
    uint64_t before = program->objects;
    if (due > open->made)
        GCS_TRY(gcs_allocate(program, DURING_REQUESTS, before + due - open->made));
    open->made += program->objects - before;
    open->piece++;
    return GCS_OK;
}

/* Whether a request waits now: so many times, evenly between its pieces. */
static bool waits_now(const struct gcs_workload *workload, const struct open *open)
{
    uint64_t parts = workload->awaits + 1;
    return workload->awaits && open->piece < open->pieces &&
           open->piece * parts / open->pieces > (open->piece - 1) * parts / open->pieces;
}

enum gcs_status gcs_request_goes_on(struct program *program, uint32_t place)
{
    const struct gcs_workload *workload = program->workload;
    struct open *open = &program->open[place];
    program->current = open;
    while (open->piece < open->pieces && !program->stopped) {
        GCS_TRY(do_piece(program, open));
        if (!waits_now(workload, open))
            continue;
        gcs_time until =
            program->clock +
            gcs_sampler_draw_count(&workload->await_time, &program->waits, UINT64_C(1) << 50);
        if (workload->concurrency > 1) {
            program->current = NULL;
            return gcs_schedule(program, until, workload->timer_count + place);
        }
        GCS_TRY(gcs_wait_until(program, until, false));
    }
    return finish(program, open);
}

enum gcs_status gcs_request_arrives(struct program *program, gcs_time arrival)
{
    return gcs_queue_push(&program->backlog, program->memory, arrival, 0, program->error);
}

enum gcs_status gcs_requests_begin(struct program *program)
{
    uint32_t place;
    while (program->backlog.count && program->open_count < program->workload->concurrency &&
           !program->stopped) {
        struct entry entry;
        GCS_TRY(gcs_queue_pop(&program->backlog, program->memory, &entry, program->error));
        GCS_TRY(begin(program, entry.time, &place));
        GCS_TRY(gcs_request_goes_on(program, place));
    }
    return GCS_OK;
}
