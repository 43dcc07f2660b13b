/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The index engine: one setting, priced from the index (docs/index.md). Read run() first.
 *
 * It goes from one thing that happens to the next: the allocation that takes count0 over its
 * threshold, or a halt: a request, an action of program or strategy, garbage whose end depends
 * on what was freed before. Between them nobody walks: blocks of ops are jumped
 * (evaluate_ops.c), time and peaks are differences and maxima (evaluate_time.c). A collection
 * is a sum over spans (evaluate_collect.c); only linked garbage and a few tuples are looked
 * at one by one (evaluate_islands.c, evaluate_singles.c).
 */
#include "evaluate_private.h"

/* Why the engine halts, in the order in which halts at one op are taken. */
enum why {
    HALT_CONDITION, /* before the op: garbage may die by count, if … */
    HALT_STOP,      /* after it: an event that asks for something (struct gcs_stop) */
    HALT_RULE,      /* after it: a strategy acts by the clock, or by allocations */
    HALT_END,
};

/* Where it has to halt next, if no allocation triggers before. */
struct halt {
    uint32_t op; /* the first that is not to be done */
    enum why why;
};

static bool is_hidden(const struct gcs_baseline *baseline, uint32_t op)
{
    return op < baseline->op_count && form_of_op(baseline, op) < GCS_FORM_FREED &&
           kind_of_op(baseline, op)->hidden && !kind_of_op(baseline, op)->late;
}

static uint32_t op_behind_event(const struct evaluation *e, uint32_t op)
{
    while (is_hidden(e->baseline, op))
        op++;
    return op;
}

/* The op behind the event that allocates an object. */
static uint32_t op_behind_object(const struct evaluation *e, uint64_t object)
{
    const struct gcs_index *index = e->index;
    size_t low = 0, high = index->block_count; /* the last block before which it is not there */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (index->points[middle].allocations < object)
            low = middle;
        else
            high = middle;
    }
    struct point point = index->points[low];
    uint32_t op = (uint32_t)low * BLOCK_OPS;
    struct high most = {0, 0}; /* nobody asks */
    for (; point.allocations < object; op++)
        points_pass(index, op, op + 1, &point, &most);
    return op_behind_event(e, op);
}

/* The op behind the `w` that takes the clock to `due`, if nothing else does before. */
static uint32_t op_behind_work(const struct evaluation *e, gcs_time due)
{
    const struct gcs_baseline *baseline = e->baseline;
    size_t low = e->passed.works, high = baseline->work_count;
    gcs_time before = low ? baseline->works[low - 1].work : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->works[middle].work - before < due - e->replay.clock)
            low = middle + 1;
        else
            high = middle;
    }
    return low < baseline->work_count ? baseline->works[low].op + 1 : GCS_NEVER;
}

/* The op behind the next event, if one can tell: events without a moment are not known. */
static uint32_t op_behind_next(struct evaluation *e)
{
    const struct gcs_baseline *baseline = e->baseline;
    uint32_t op = e->at.op;
    while (op < baseline->op_count && code_of_op(baseline, op) == GCS_DO_END &&
           !baseline->aux[op])
        op++; /* it ends this event */
    bool ended = op >= baseline->op_count;
    bool moment =
        !ended && (code_of_op(baseline, op) <= GCS_FORM_MASK ||
                   (form_of_op(baseline, op) < GCS_FORM_FREED &&
                    !kind_of_op(baseline, op)->late && !kind_of_op(baseline, op)->passing));
    bool last = ended && e->replay.trace->events <= (uint64_t)point_now(e)->event + 1;
    if (!last && (!moment || baseline->aux[op] != 1))
        e->uncovered = "a rule by the clock that comes due while another one collects";
    if (ended)
        return GCS_NEVER;
    return op_behind_event(e, op + 1);
}

/* A rule goes by the clock: work moves it, and so do collections, the automatic ones in the
 * midst of an event. */
static uint32_t op_behind_tick(struct evaluation *e)
{
    gcs_time due = rules_next_tick(&e->replay);
    if (due == UINT64_MAX)
        return GCS_NEVER;
    if (due > e->replay.clock)
        return op_behind_work(e, due);
    return e->at.midst ? op_behind_event(e, e->at.op) : op_behind_next(e);
}

static uint32_t op_behind_rule(const struct evaluation *e, size_t rule)
{
    const struct replay *replay = &e->replay;
    if (replay->setting->strategy->rules[rule].when != GCS_WHEN_ALLOCATIONS ||
        replay->rules[rule].due > replay->trace->allocations)
        return GCS_NEVER;
    return op_behind_object(e, replay->rules[rule].due);
}

static void halt_at_rules(struct evaluation *e, struct halt *halt)
{
    uint32_t first = op_behind_tick(e);
    for (size_t i = 0; i < e->replay.setting->strategy->rule_count; i++) {
        uint32_t op = op_behind_rule(e, i);
        first = op < first ? op : first;
    }
    if (first < halt->op || (first == halt->op && halt->why == HALT_END))
        *halt = (struct halt){first, HALT_RULE};
}

static struct halt next_halt(struct evaluation *e)
{
    const struct gcs_baseline *baseline = e->baseline;
    struct halt halt = {(uint32_t)baseline->op_count, HALT_END};
    while (e->stops_met < baseline->stop_count && !is_halt(e, &baseline->stops[e->stops_met]))
        e->stops_met++;
    if (e->stops_met < baseline->stop_count)
        halt = (struct halt){baseline->stops[e->stops_met].op + 1, HALT_STOP};
    halt_at_rules(e, &halt);
    uint32_t stamp = islands_next(e);
    if (stamp != GCS_NEVER && (stamp < halt.op || halt.why == HALT_END))
        halt = (struct halt){stamp, HALT_CONDITION};
    return halt;
}

/* No check comes between `u` and `v`; what was scheduled there runs at its end. */
static enum gcs_status meet_stretch(struct evaluation *e, bool enter, struct gcs_error *error)
{
    e->replay.stretch = enter;
    arm_trigger(&e->replay);
    return !enter && e->replay.scheduled ? check_scheduled(&e->replay, error) : GCS_OK;
}

static enum gcs_status meet_stop(struct evaluation *e, struct gcs_error *error)
{
    const struct gcs_stop *stop = &e->baseline->stops[e->stops_met++];
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
    else if (op == GCS_OP_ENTER || op == GCS_OP_LEAVE)
        GCS_TRY(meet_stretch(e, op == GCS_OP_ENTER, error));
    GCS_TRY(rules_after(replay, &stop->event, error));
    if (op == GCS_OP_MARK)
        meet_mark(replay, &stop->event);
    return GCS_OK;
}

/* The event that is just over is an allocation, or else a `w`. */
static enum gcs_status meet_rule(struct evaluation *e, struct gcs_error *error)
{
    struct gcs_event event = {.op = GCS_OP_WORK};
    uint32_t op = e->at.op - 1;
    while (op > 0 && is_hidden(e->baseline, op))
        op--;
    if (code_of_op(e->baseline, op) > GCS_FORM_MASK)
        event = (struct gcs_event){.op = GCS_OP_ALLOCATE, .object = point_now(e)->allocations};
    return rules_after(&e->replay, &event, error);
}

static enum gcs_status meet_halt(struct evaluation *e, const struct halt *halt,
                                 struct gcs_error *error)
{
    pass_time(e, halt->op);
    e->at.midst = false;
    if (halt->why == HALT_CONDITION) {
        islands_meet(e);
        return GCS_OK;
    }
    stand(e);
    if (halt->why == HALT_STOP)
        return meet_stop(e, error);
    return meet_rule(e, error);
}

/* What passes in a death triggered: the collection waits for the end of the event. */
static void end_event(struct evaluation *e)
{
    uint32_t op = e->at.op;
    while (code_of_op(e->baseline, op) != GCS_DO_END)
        op++;
    e->above = INT64_MAX;
    walk_ops(e, op + 1);
    arm_trigger(&e->replay);
}

/* An allocation took count0 over its threshold. Up to 3.11 the test comes in the middle of it,
 * before all of its op is done. */
static enum gcs_status trigger(struct evaluation *e, struct gcs_error *error)
{
    e->at.midst = true;
    if (kind_of_op(e->baseline, e->at.op - 1)->passing) {
        if (e->replay.model->timing == GCS_TIMING_ALLOCATION) {
            e->uncovered = "a collection in the midst of a death (up to 3.11)";
            return GCS_OK;
        }
        end_event(e);
    }
    if (e->replay.model->timing == GCS_TIMING_ALLOCATION) {
        pass_time(e, e->at.op - 1);
        stand_at_test(e);
    } else {
        pass_time(e, e->at.op);
        stand(e);
    }
    if (e->replay.stretch && e->replay.model->timing == GCS_TIMING_CHECK) {
        schedule(&e->replay);
        e->above = INT64_MAX; /* nothing more can come of it */
        return GCS_OK;
    }
    return collect_automatically(&e->replay, error);
}

static enum gcs_status run(struct evaluation *e, struct gcs_error *error)
{
    arm_trigger(&e->replay);
    begin_ops(e);
    GCS_TRY(rules_begin(&e->replay, error));
    for (;;) {
        struct halt halt = next_halt(e);
        if (walk_ops(e, halt.op))
            GCS_TRY(trigger(e, error));
        else if (halt.why == HALT_END)
            break;
        else
            GCS_TRY(meet_halt(e, &halt, error));
        GCS_TRY(e->status);
        if (e->uncovered)
            return GCS_OK;
    }
    pass_time(e, (uint32_t)e->baseline->op_count);
    return e->status;
}

static enum gcs_status end(struct evaluation *e)
{
    stand_at_end(e);
    return e->replay.sampled ? sample_end(e) : GCS_OK;
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
    if (setting->memory != GCS_MEMORY_SUM)
        return "--memory pymalloc";
    return NULL;
}

enum gcs_status gcs_index_evaluate(const struct gcs_index *index, const struct gcs_trace *trace,
                                   const struct gcs_setting *setting, bool history,
                                   struct gcs_memory *memory, struct gcs_ledger *ledger,
                                   const char **uncovered, struct gcs_error *error)
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
        .sampled = history,
        .counts = &e.counts,
        .totals = &e.totals,
    };
    interpreter_new(&e.replay, setting);
    ledger->sample_events = ledger_stretch(trace->events);
    enum gcs_status status = islands_prepare(&e);
    if (status == GCS_OK)
        status = singles_prepare(&e);
    if (status == GCS_OK)
        status = run(&e, error);
    if (status == GCS_OK && !e.uncovered)
        status = end(&e);
    close_books(&e.replay);
    islands_release(&e);
    singles_release(&e);
    gcs_memory_free(memory, e.frozen.fading, e.frozen.capacity, sizeof *e.frozen.fading);
    *uncovered = e.uncovered;
    return status;
}
