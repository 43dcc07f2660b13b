/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The index engine: one setting, priced from the index (docs/index.md). Read run() first.
 *
 * It goes from one thing that happens to the next: the allocation that takes count0 over its
 * threshold, or a halt: a request, an action of program or strategy, garbage whose end depends
 * on what was freed before. Between them nobody walks: blocks of ops are jumped
 * (evaluate_ops.c), time and peaks are differences and maxima (evaluate_time.c). A collection
 * is a sum over positions (evaluate_collect.c); only linked garbage and a few tuples are looked
 * at one by one (evaluate_islands.c, evaluate_singles.c).
 */
#include "evaluate_private.h"

/* Why the engine halts, in the order in which halts of one moment are taken. */
enum why {
    HALT_CONDITION,  /* before the moment: garbage may die by count, if … */
    HALT_STOP,       /* after it: an event that asks for something (struct gcs_stop) */
    HALT_ALLOCATION, /* after it: a strategy acts at this allocation */
    HALT_END,
};

/* Where it has to halt next, if no allocation triggers before. */
struct halt {
    uint32_t moment;
    enum why why;
    uint64_t object; /* HALT_ALLOCATION */
};

/* The moment at which an object is allocated: those before it are as many allocations as its
 * number says, and some others. */
static uint32_t moment_of_object(const struct gcs_baseline *baseline, uint64_t object)
{
    size_t low = 0, high = baseline->other_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->others[middle].moment - middle < object)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)(object - 1 + low);
}

static void halt_at_allocations(const struct evaluation *e, struct halt *halt)
{
    const struct replay *replay = &e->replay;
    const struct gcs_strategy *strategy = replay->setting->strategy;
    for (size_t i = 0; i < strategy->rule_count; i++) {
        if (strategy->rules[i].when != GCS_WHEN_ALLOCATIONS || strategy->rules[i].n == 0 ||
            replay->rules[i].due > replay->trace->allocations)
            continue;
        uint32_t moment = moment_of_object(e->baseline, replay->rules[i].due);
        if (moment < halt->moment)
            *halt = (struct halt){moment, HALT_ALLOCATION, replay->rules[i].due};
    }
}

static struct halt next_halt(struct evaluation *e)
{
    const struct gcs_index *index = e->index;
    const struct gcs_baseline *baseline = e->baseline;
    struct halt halt = {(uint32_t)baseline->moment_count, HALT_END, 0};
    if (e->met.stops < baseline->stop_count)
        halt = (struct halt){baseline->stops[e->met.stops].moment, HALT_STOP, 0};
    halt_at_allocations(e, &halt);
    while (e->met.activations < index->activation_count &&
           !index->activations[e->met.activations].conditional)
        e->met.activations++;
    if (e->met.activations < index->activation_count &&
        index->activations[e->met.activations].moment <= halt.moment)
        halt = (struct halt){index->activations[e->met.activations].moment, HALT_CONDITION, 0};
    return halt;
}

/* Garbage that hung off other garbage loses its last reference: it dies by count if the other
 * is gone by now. */
static void meet_condition(struct evaluation *e)
{
    islands_activate(e, &e->index->activations[e->met.activations++]);
}

static enum gcs_status meet_stop(struct evaluation *e, struct gcs_error *error)
{
    const struct gcs_stop *stop = &e->baseline->stops[e->met.stops++];
    struct replay *replay = &e->replay;
    uint8_t op = stop->event.op;
    if (op == GCS_OP_IDLE)
        GCS_TRY(idle(replay, stop->event.object, error));
    else if (op == GCS_OP_BEGIN)
        GCS_TRY(begin_request(replay, &stop->event, error));
    else if (op == GCS_OP_END)
        GCS_TRY(end_request(replay, &stop->event, error));
    else if (op == GCS_OP_COLLECT || op == GCS_OP_GC)
        GCS_TRY(act_program(replay, &stop->event, stop->values, error));
    return rules_after(replay, &stop->event, error);
}

static enum gcs_status meet_halt(struct evaluation *e, const struct halt *halt,
                                 struct gcs_error *error)
{
    if (halt->why == HALT_CONDITION) {
        pass_time(e, halt->moment);
        meet_condition(e);
        return GCS_OK;
    }
    pass_time(e, halt->moment + 1);
    stand_at_moment(e, halt->moment);
    if (halt->why == HALT_STOP)
        return meet_stop(e, error);
    const struct gcs_event event = {.op = GCS_OP_ALLOCATE, .object = halt->object};
    return rules_after(&e->replay, &event, error);
}

/* An allocation took count0 over its threshold. Up to 3.11 the test comes in the middle of it,
 * before the moment has passed. */
static enum gcs_status trigger(struct evaluation *e, struct gcs_error *error)
{
    if (e->replay.model->timing == GCS_TIMING_ALLOCATION) {
        pass_time(e, e->at.moments - 1);
        stand_at_test(e);
    } else {
        pass_time(e, e->at.moments);
        stand_at_moment(e, e->at.moments - 1);
    }
    return collect_automatically(&e->replay, error);
}

/* Up to the halt; true if an allocation triggers before. */
static bool walk_to(struct evaluation *e, const struct halt *halt)
{
    if (halt->why == HALT_CONDITION || halt->why == HALT_END)
        return walk_ops(e, halt->moment, UNTIL_NEXT);
    return walk_ops(e, halt->moment + 1, UNTIL_DONE);
}

static enum gcs_status run(struct evaluation *e, struct gcs_error *error)
{
    arm_trigger(&e->replay);
    begin_ops(e);
    GCS_TRY(rules_begin(&e->replay, error));
    for (;;) {
        struct halt halt = next_halt(e);
        if (walk_to(e, &halt))
            GCS_TRY(trigger(e, error));
        else if (halt.why == HALT_END)
            break;
        else
            GCS_TRY(meet_halt(e, &halt, error));
        GCS_TRY(e->status);
        if (e->uncovered)
            break;
    }
    pass_time(e, (uint32_t)e->baseline->moment_count);
    return GCS_OK;
}

bool append_number(struct evaluation *e, struct number_list *list, uint32_t number)
{
    if (e->status == GCS_OK)
        e->status = GCS_GROW(e->replay.memory, &list->numbers, &list->capacity, list->count + 1,
                             e->error);
    if (e->status == GCS_OK)
        list->numbers[list->count++] = number;
    return e->status == GCS_OK;
}

bool gcs_index_knows(const struct gcs_model *model)
{
    return model->choose == gcs_choose_generational && !model->above &&
           model->rules.mechanism == GCS_MECHANISM_GENERATIONAL;
}

const char *gcs_index_uncovered(const struct gcs_index *index,
                                const struct gcs_setting *setting)
{
    if (!gcs_index_knows(setting->model))
        return "a model that is not generational";
    if (index->baseline.uncovered)
        return index->baseline.uncovered;
    if (index->baseline.stretches && setting->model->timing == GCS_TIMING_CHECK)
        return "uninterruptible stretches";
    if (setting->memory != GCS_MEMORY_SUM)
        return "--memory pymalloc";
    for (size_t i = 0; i < setting->strategy->rule_count; i++)
        if (setting->strategy->rules[i].when == GCS_WHEN_TIME)
            return "strategies that act by the clock";
    return NULL;
}

enum gcs_status gcs_index_evaluate(const struct gcs_index *index, const struct gcs_trace *trace,
                                   const struct gcs_setting *setting, struct gcs_memory *memory,
                                   struct gcs_ledger *ledger, const char **uncovered,
                                   struct gcs_error *error)
{
    *uncovered = gcs_index_uncovered(index, setting);
    if (*uncovered)
        return GCS_OK;
    struct evaluation e = {.index = index, .baseline = &index->baseline, .error = error};
    e.totals.footprint_bytes = e.totals.peak_footprint_bytes = GCS_NO_FOOTPRINT;
    e.replay = (struct replay){
        .trace = trace,
        .memory = memory,
        .ledger = ledger,
        .backing = &index_backing,
        .self = &e,
        .counts = &e.counts,
        .totals = &e.totals,
    };
    interpreter_new(&e.replay, setting);
    enum gcs_status status = islands_prepare(&e);
    if (status == GCS_OK)
        status = singles_prepare(&e);
    if (status == GCS_OK)
        status = run(&e, error);
    if (status == GCS_OK)
        stand_at_end(&e);
    close_books(&e.replay);
    islands_fini(&e);
    singles_fini(&e);
    gcs_memory_free(memory, e.frozen.fading, e.frozen.capacity, sizeof *e.frozen.fading);
    *uncovered = e.uncovered;
    return status;
}
