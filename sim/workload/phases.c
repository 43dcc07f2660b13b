/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program's course: phases one after the other, and in a steady one requests and timers as
 * the agenda brings them up. What comes up while the program is busy waits.
 */
#include "workload_private.h"

enum { STARTUP_STRIDE = 64 }; /* static objects between two pieces of a start's work */

static enum gcs_status start_up(struct program *program, const struct phase *phase)
{
    const struct choice *choice = &program->workload->sites_of[DURING_STARTUP];
    uint64_t pieces = phase->objects / STARTUP_STRIDE + 1;
    uint64_t before = program->still_objects;
    for (uint64_t i = 0; i < pieces && !program->stopped; i++) {
        uint64_t until = i + 1 == pieces ? phase->objects : (i + 1) * STARTUP_STRIDE;
        while (program->still_objects - before < until && !program->stopped)
            GCS_TRY(gcs_site_turn(program, gcs_choose(choice, &program->choice.random), false));
        GCS_TRY(gcs_emit_work(program, gcs_part(phase->work, i, pieces)));
    }
    return GCS_OK;
}

/* Makes what is missing of the live objects, each with the rest of a lifetime, and fills queues
 * and caches. */
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
        const struct container *container = &program->containers[i];
        uint64_t turns = (uint64_t)(workload->sites[i].population * missing);
        for (; turns && !program->stopped; turns--)
            GCS_TRY(gcs_site_turn(program, i, true));
        while (container->object && container->count < workload->sites[i].capacity &&
               !program->stopped)
            GCS_TRY(gcs_site_turn(program, i, true));
    }
    return GCS_OK;
}

static enum gcs_status tick(struct program *program, const struct timer *timer)
{
    uint64_t wanted =
        gcs_sampler_draw_count(&timer->allocations, &program->timers, UINT64_C(1) << 40);
    GCS_TRY(gcs_emit_work(program, timer->work));
    GCS_TRY(gcs_allocate(program, DURING_TIMERS, program->objects + wanted));
    return gcs_emit_actions(program, &timer->gc);
}

enum gcs_status gcs_schedule(struct program *program, gcs_time time, uint32_t what)
{
    return gcs_queue_push(&program->agenda, program->memory, time, what, program->error);
}

static enum gcs_status schedule_timers(struct program *program)
{
    const struct gcs_workload *workload = program->workload;
    gcs_queue_clear(&program->agenda);
    for (uint32_t i = 0; i < workload->timer_count; i++)
        GCS_TRY(gcs_schedule(program, program->clock + workload->timers[i].every, i));
    return GCS_OK;
}

enum gcs_status gcs_wait_until(struct program *program, gcs_time time, bool absorbed)
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
    return gcs_schedule(program, entry.time + timer->every, entry.what);
}

/* Arrivals come in bursts of random lengths, with quiet between them, at a rate such that
 * phase->rate is the mean of both: first the time within bursts, then the quiet passed. */
static double next_in_bursts(struct program *program, const struct phase *phase, double time)
{
    const gsl_rng *random = &program->arrivals.gsl;
    double on = (double)program->workload->burst_on, off = (double)program->workload->burst_off;
    time += gsl_ran_exponential(random, 1e9 / phase->rate * on / (on + off));
    while (time >= program->burst_end) {
        double quiet = gsl_ran_exponential(random, off);
        time += quiet;
        program->burst_end += quiet + gsl_ran_exponential(random, on);
    }
    return time;
}

/* The next arrival, if it comes before the end. */
static enum gcs_status schedule_arrival(struct program *program, const struct phase *phase)
{
    double gap = 1e9 / phase->rate;
    switch (program->workload->arrivals) {
    case ARRIVALS_POISSON:
        program->arrival += gsl_ran_exponential(&program->arrivals.gsl, gap);
        break;
    case ARRIVALS_DETERMINISTIC:
        program->arrival += gap;
        break;
    case ARRIVALS_BURSTY:
        program->arrival = next_in_bursts(program, phase, program->arrival);
        break;
    case ARRIVALS_CLOSED: /* comes with the end of another */
        return GCS_OK;
    }
    return program->arrival < (double)program->phase_end
               ? gcs_schedule(program, (gcs_time)program->arrival, ARRIVAL)
               : GCS_OK;
}

/* An open loop begins with its first arrival, a closed one with as many as may be open. */
static enum gcs_status schedule_first(struct program *program, const struct phase *phase)
{
    const struct gcs_workload *workload = program->workload;
    program->arrival = program->burst_end = (double)program->clock;
    if (workload->arrivals == ARRIVALS_BURSTY)
        program->burst_end +=
            gsl_ran_exponential(&program->arrivals.gsl, (double)workload->burst_on);
    if (workload->arrivals != ARRIVALS_CLOSED)
        return schedule_arrival(program, phase);
    for (uint32_t i = 0; i < workload->concurrency; i++) {
        gcs_time time =
            program->clock +
            gcs_sampler_draw_count(&workload->think_time, &program->think, UINT64_C(1) << 50);
        if (time < program->phase_end)
            GCS_TRY(gcs_schedule(program, time, ARRIVAL));
    }
    return GCS_OK;
}

static enum gcs_status come_up(struct program *program, const struct phase *phase,
                               struct entry entry)
{
    uint32_t timers = program->workload->timer_count;
    if (entry.what < timers)
        return fire(program, entry);
    if (entry.what != ARRIVAL)
        GCS_TRY(gcs_request_goes_on(program, entry.what - timers));
    else
        GCS_TRY(gcs_request_arrives(program, entry.time));
    if (entry.what == ARRIVAL)
        GCS_TRY(schedule_arrival(program, phase));
    return gcs_requests_begin(program);
}

/* Requests and timers as they come up. What is open at the end is served to its end; timers are
 * not fired any more. */
static enum gcs_status run_requests(struct program *program, const struct phase *phase)
{
    bool open_loop = program->workload->arrivals != ARRIVALS_CLOSED;
    GCS_TRY(schedule_first(program, phase));
    while (program->agenda.count && !program->stopped) {
        struct entry entry;
        bool over = program->agenda.first >= program->phase_end;
        if (over && !program->open_count)
            break;
        GCS_TRY(gcs_queue_pop(&program->agenda, program->memory, &entry, program->error));
        if (over && entry.what < program->workload->timer_count)
            continue;
        GCS_TRY(gcs_wait_until(program, entry.time, open_loop && !program->open_count));
        GCS_TRY(come_up(program, phase, entry));
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
        GCS_TRY(gcs_wait_until(program, entry.time, absorbed));
        GCS_TRY(fire(program, entry));
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
    bool absorbed = absorbs(workload, index);
    program->phase_end = program->clock + phase->duration;
    GCS_TRY(gcs_emit_actions(program, &phase->gc));
    if (phase->kind == PHASE_STARTUP)
        return start_up(program, phase);
    GCS_TRY(schedule_timers(program));
    if (phase->kind == PHASE_STEADY && phase->filled)
        GCS_TRY(fill(program));
    if (phase->kind == PHASE_STEADY)
        GCS_TRY(run_requests(program, phase));
    else
        GCS_TRY(run_timers(program, program->phase_end, absorbed));
    return gcs_wait_until(program, program->phase_end, absorbed);
}

/* As Py_Finalize does: modules and what they hold go, and then comes a last collection. */
static enum gcs_status tear_down(struct program *program)
{
    GCS_TRY(gcs_let_go_all(program));
    struct gcs_event event = {.op = GCS_OP_COLLECT, .detail = 2};
    return gcs_emit(program, &event, NULL);
}

enum gcs_status gcs_run_phases(struct program *program)
{
    const struct gcs_workload *workload = program->workload;
    for (uint32_t i = 0; i < workload->phase_count && !program->stopped; i++) {
        GCS_TRY(run_phase(program, i));
        GCS_TRY(gcs_let_go_phase(program));
        if (workload->phases[i].mark)
            GCS_TRY(gcs_emit_mark(program, workload->phases[i].mark));
    }
    return workload->teardown && !program->stopped ? tear_down(program) : GCS_OK;
}
