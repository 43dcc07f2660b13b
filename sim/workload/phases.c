/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program's course: phases one after the other, and in a steady one requests and timers as
 * the agenda brings them up. One request is served at a time; what comes up meanwhile waits.
 */
#include "workload_private.h"

enum { STARTUP_STRIDE = 64 }; /* static objects between two pieces of a start's work */

/* What an entry of the agenda means; others are timers, by number. */
#define ARRIVAL UINT32_MAX

/* `index`th of `pieces` parts of a whole, such that they add up to it exactly. */
static uint64_t part(uint64_t whole, uint64_t index, uint64_t pieces)
{
    double share = (double)whole / (double)pieces;
    uint64_t from = (uint64_t)(share * (double)index);
    uint64_t to = index + 1 == pieces ? whole : (uint64_t)(share * (double)(index + 1));
    return to > from ? to - from : 0;
}

/* Lets sites of a time take turns until there are `until` objects. */
static enum gcs_status allocate(struct program *program, enum during during, uint64_t until)
{
    const struct choice *choice = &program->workload->sites_of[during];
    while (program->objects < until && choice->count && !program->stopped) {
        uint32_t place = gcs_choose(choice, &program->choice.random);
        GCS_TRY(gcs_site_turn(program, place, false));
    }
    return GCS_OK;
}

static enum gcs_status start_up(struct program *program, const struct phase *phase)
{
    const struct choice *choice = &program->workload->sites_of[DURING_STARTUP];
    uint64_t pieces = phase->objects / STARTUP_STRIDE + 1;
    uint64_t before = program->still_objects;
    for (uint64_t i = 0; i < pieces && !program->stopped; i++) {
        uint64_t until = i + 1 == pieces ? phase->objects : (i + 1) * STARTUP_STRIDE;
        while (program->still_objects - before < until && !program->stopped)
            GCS_TRY(gcs_site_turn(program, gcs_choose(choice, &program->choice.random), false));
        GCS_TRY(gcs_emit_work(program, part(phase->work, i, pieces)));
    }
    return GCS_OK;
}

/* Makes what is missing of the live objects, each with the rest of a lifetime. */
static enum gcs_status fill(struct program *program)
{
    const struct gcs_workload *workload = program->workload;
    double alive = 0, population = 0;
    for (uint32_t i = 0; i < workload->site_count; i++)
        population += workload->sites[i].population;
    for (uint32_t i = 0; i < program->live_count; i++)
        alive += workload->sites[program->rows[program->live[i]].site].keeps_live;
    double missing = population > alive ? 1 - alive / population : 0;
    for (uint32_t i = 0; i < workload->site_count; i++) {
        uint64_t turns = (uint64_t)(workload->sites[i].population * missing);
        for (; turns && !program->stopped; turns--)
            GCS_TRY(gcs_site_turn(program, i, true));
    }
    return GCS_OK;
}

static enum gcs_status serve(struct program *program, bool open_loop, gcs_time arrival)
{
    const struct gcs_workload *workload = program->workload;
    const uint64_t most = UINT64_C(1) << 40;
    uint64_t number = ++program->request_number;
    uint64_t wanted = gcs_sampler_draw_count(&workload->allocations, &program->sizes, most);
    gcs_time work =
        gcs_sampler_draw_count(&workload->service_time, &program->service, most << 10);
    uint64_t less = wanted < program->surplus ? wanted : program->surplus;
    program->surplus -= less; /* the one before made so many more than it should */
    wanted -= less;
    struct gcs_event begin = {.op = GCS_OP_BEGIN, .object = number};
    if (open_loop) {
        begin.flags = GCS_EVENT_ARRIVAL;
        begin.value = arrival;
    }
    GCS_TRY(gcs_emit(program, &begin, NULL));
    uint64_t from = program->objects;
    uint64_t pieces = wanted ? (wanted - 1) / workload->work_every + 1 : 1;
    for (uint64_t i = 0; i < pieces && !program->stopped; i++) {
        uint64_t until = (i + 1) * workload->work_every;
        GCS_TRY(gcs_emit_work(program, part(work, i, pieces)));
        GCS_TRY(allocate(program, DURING_REQUESTS, from + (until < wanted ? until : wanted)));
    }
    if (program->objects > from + wanted)
        program->surplus += program->objects - from - wanted;
    GCS_TRY(gcs_let_go_request(program));
    return gcs_emit_object(program, GCS_OP_END, number, 0);
}

static enum gcs_status tick(struct program *program, const struct timer *timer)
{
    uint64_t wanted =
        gcs_sampler_draw_count(&timer->allocations, &program->timers, UINT64_C(1) << 40);
    GCS_TRY(gcs_emit_work(program, timer->work));
    return allocate(program, DURING_TIMERS, program->objects + wanted);
}

static enum gcs_status schedule(struct program *program, gcs_time time, uint32_t what)
{
    return gcs_queue_push(&program->agenda, program->memory, time, what, program->error);
}

static enum gcs_status schedule_timers(struct program *program)
{
    const struct gcs_workload *workload = program->workload;
    gcs_queue_clear(&program->agenda);
    for (uint32_t i = 0; i < workload->timer_count; i++)
        GCS_TRY(schedule(program, program->clock + workload->timers[i].every, i));
    return GCS_OK;
}

/* The clock goes on while nothing happens. `absorbed`: the wait is not written, because a
 * request that waits for its arrival follows; so pauses before it do not delay it. */
static enum gcs_status wait_until(struct program *program, gcs_time time, bool absorbed)
{
    if (program->clock >= time)
        return gcs_let_go_due(program);
    gcs_time ns = time - program->clock;
    program->clock = time;
    GCS_TRY(gcs_let_go_due(program));
    return absorbed ? GCS_OK : gcs_emit_object(program, GCS_OP_IDLE, ns, 0);
}

/* A timer's turn, which schedules the next one. */
static enum gcs_status fire(struct program *program, struct entry entry)
{
    const struct timer *timer = &program->workload->timers[entry.what];
    GCS_TRY(tick(program, timer));
    return schedule(program, entry.time + timer->every, entry.what);
}

/* The next arrival behind *time, if it comes before the end. */
static enum gcs_status schedule_arrival(struct program *program, const struct phase *phase,
                                        gcs_time end, double *time)
{
    double gap = 1e9 / phase->rate;
    bool random = program->workload->arrivals == ARRIVALS_POISSON;
    *time += random ? gsl_ran_exponential(&program->arrivals.gsl, gap) : gap;
    return *time < (double)end ? schedule(program, (gcs_time)*time, ARRIVAL) : GCS_OK;
}

/* Requests of an open loop: they arrive, whatever the program is doing. */
static enum gcs_status run_open_loop(struct program *program, const struct phase *phase,
                                     gcs_time end)
{
    double time = (double)program->clock;
    GCS_TRY(schedule_arrival(program, phase, end, &time));
    while (program->agenda.count && !program->stopped) {
        struct entry entry;
        if (program->agenda.first >= end)
            break;
        GCS_TRY(gcs_queue_pop(&program->agenda, program->memory, &entry, program->error));
        GCS_TRY(wait_until(program, entry.time, true));
        if (entry.what != ARRIVAL) {
            GCS_TRY(fire(program, entry));
            continue;
        }
        GCS_TRY(schedule_arrival(program, phase, end, &time));
        GCS_TRY(serve(program, true, entry.time));
    }
    return GCS_OK;
}

/* Timers up to a time. */
static enum gcs_status run_timers(struct program *program, gcs_time until, bool absorbed)
{
    while (program->agenda.count && !program->stopped) {
        struct entry entry;
        if (program->agenda.first > until)
            break;
        GCS_TRY(gcs_queue_pop(&program->agenda, program->memory, &entry, program->error));
        GCS_TRY(wait_until(program, entry.time, absorbed));
        GCS_TRY(fire(program, entry));
    }
    return GCS_OK;
}

/* A closed loop: the next request comes some time after the last one's end. */
static enum gcs_status run_closed_loop(struct program *program, gcs_time end)
{
    while (program->clock < end && !program->stopped) {
        gcs_time think = gcs_sampler_draw_count(&program->workload->think_time, &program->think,
                                                UINT64_C(1) << 50);
        gcs_time before = program->clock;
        gcs_time next = program->clock + think;
        GCS_TRY(run_timers(program, next, false));
        GCS_TRY(wait_until(program, next, false));
        GCS_TRY(serve(program, false, 0));
        if (program->clock == before) /* requests that take no time would never end */
            program->clock++;
    }
    return GCS_OK;
}

/* Whether the phase behind this one begins with requests that wait for their arrival. */
static bool absorbs(const struct gcs_workload *workload, uint32_t phase)
{
    return phase + 1 < workload->phase_count &&
           workload->phases[phase + 1].kind == PHASE_STEADY &&
           workload->arrivals != ARRIVALS_CLOSED;
}

static enum gcs_status run_phase(struct program *program, uint32_t index)
{
    const struct gcs_workload *workload = program->workload;
    const struct phase *phase = &workload->phases[index];
    gcs_time end = program->clock + phase->duration;
    bool absorbed = absorbs(workload, index);
    if (phase->kind == PHASE_STARTUP)
        return start_up(program, phase);
    GCS_TRY(schedule_timers(program));
    if (phase->kind == PHASE_STEADY && phase->filled)
        GCS_TRY(fill(program));
    if (phase->kind == PHASE_STEADY)
        GCS_TRY(workload->arrivals == ARRIVALS_CLOSED ? run_closed_loop(program, end)
                                                      : run_open_loop(program, phase, end));
    else
        GCS_TRY(run_timers(program, end, absorbed));
    return wait_until(program, end, absorbed);
}

static enum gcs_status mark(struct program *program, const char *label)
{
    struct gcs_event event = {.op = GCS_OP_MARK};
    size_t length = 0;
    while (label[length])
        length++;
    GCS_TRY(
        gcs_trace_builder_label(program->builder, label, length, &event.type, program->error));
    return gcs_emit(program, &event, NULL);
}

enum gcs_status gcs_run_phases(struct program *program)
{
    const struct gcs_workload *workload = program->workload;
    for (uint32_t i = 0; i < workload->phase_count && !program->stopped; i++) {
        GCS_TRY(run_phase(program, i));
        if (workload->phases[i].mark)
            GCS_TRY(mark(program, workload->phases[i].mark));
    }
    return GCS_OK;
}
