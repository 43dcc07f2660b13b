/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replay: the loop. Read run() first.
 *
 * Plain and complete, and therefore the reference: the heap does what the program does, event
 * by event, and the collector does what the modelled CPython would do at that very place.
 */
#include "replay_private.h"

#include <stdlib.h>
#include <string.h>

/* The clock moves on; the heap stays as it is meanwhile. */
void advance(struct replay *replay, gcs_time ns)
{
    replay->area += (gcs_area)replay->totals->live_bytes * ns;
    replay->clock += ns;
}

static struct gcs_sample sample_now(const struct replay *replay)
{
    const struct gcs_totals *totals = replay->totals;
    return (struct gcs_sample){
        .event = replay->event,
        .time_ns = replay->clock,
        .live_bytes = totals->live_bytes,
        .garbage_bytes = totals->garbage_bytes,
        .frozen_bytes = totals->frozen_bytes,
        .live_objects = totals->live_objects,
    };
}

/* Where the allocator's test stands: CPython's `enabled && threshold0 != 0 && count >
 * threshold0`, but that a model may put something in threshold0's place. */
static void arm_trigger(struct replay *replay)
{
    bool automatic = replay->enabled && replay->threshold[0] != 0 &&
                     replay->model->timing != GCS_TIMING_NEVER;
    struct gcs_trigger *trigger = gcs_heap_trigger(replay->heap);
    trigger->above = !automatic ? INT64_MAX
                     : replay->model->above
                         ? replay->model->above(replay->counts, replay->threshold)
                         : replay->threshold[0];
    trigger->threshold1 = replay->threshold[1];
}

/* Collects, prices, records. */
static enum gcs_status collect(struct replay *replay, unsigned generation, enum gcs_cause cause,
                               struct gcs_error *error)
{
    struct gcs_collection collection = {
        .event = replay->event, .time_ns = replay->clock, .cause = cause};
    uint64_t bytes_before = replay->totals->live_bytes;
    struct gcs_sample before = sample_now(replay); /* may be a peak, up to 3.11 */
    GCS_TRY(ledger_observe(replay->ledger, &before, error));
    gcs_heap_collect(replay->heap, generation, &collection.work);
    arm_trigger(replay); /* the counts are new */
    collection.pause_ns = gcs_cost_pause(replay->setting->cost, &collection.work);
    collection.live_objects = replay->totals->live_objects;
    collection.heap_bytes = replay->totals->live_bytes;
    replay->area += (gcs_area)bytes_before * collection.pause_ns;
    replay->clock += collection.pause_ns;
    replay->ledger->gc_ns += collection.pause_ns;
    if (replay->check) {
        const char *broken = gcs_heap_check(replay->heap);
        if (broken)
            return gcs_fail(error, GCS_INVALID, "gcsim itself is wrong here: %s", broken);
    }
    if (collection.work.unnoticed)
        return GCS_OK;
    return ledger_add_collection(replay->ledger, &collection, error);
}

/* Asks the model, and collects what it says. */
static enum gcs_status collect_automatically(struct replay *replay, struct gcs_error *error)
{
    int generation = replay->model->choose(replay->counts, replay->threshold);
    if (generation == GCS_NO_GENERATION)
        return GCS_OK;
    return collect(replay, (unsigned)generation, GCS_CAUSE_THRESHOLD, error);
}

/* The allocator found count0 over the threshold. If collecting fails, run() finds the status
 * here once the event is done. */
struct fire_context {
    struct replay *replay;
    enum gcs_status status;
    struct gcs_error *error;
};

static void fire(void *engine)
{
    struct fire_context *context = engine;
    if (context->replay->model->timing == GCS_TIMING_CHECK)
        context->replay->scheduled = true;
    else if (context->status == GCS_OK)
        context->status = collect_automatically(context->replay, context->error);
}

/* The eval breaker's check (from 3.12): a scheduled run happens now, the counts tested anew. */
static enum gcs_status check_scheduled(struct replay *replay, struct gcs_error *error)
{
    replay->scheduled = false;
    if (replay->model->check_tests_enabled && !replay->enabled)
        return GCS_OK;
    return collect_automatically(replay, error);
}

enum gcs_status act(struct replay *replay, const struct gcs_action *action,
                    enum gcs_cause cause, struct gcs_error *error)
{
    switch (action->action) {
    case GCS_GC_ENABLE:
    case GCS_GC_DISABLE:
        replay->enabled = action->action == GCS_GC_ENABLE;
        break;
    case GCS_GC_FREEZE:
    case GCS_GC_UNFREEZE:
        if (!replay->model->can_freeze)
            replay->ledger->freeze_missing = true;
        else if (action->action == GCS_GC_FREEZE)
            gcs_heap_freeze(replay->heap);
        else
            gcs_heap_unfreeze(replay->heap);
        break;
    case GCS_GC_THRESHOLD:
        for (unsigned i = 0; i < action->count && i < GCS_GENERATIONS; i++)
            replay->threshold[i] = action->values[i];
        replay->ledger->thresholds_overruled = true;
        break;
    case GCS_GC_COLLECT:
        if (replay->model->timing == GCS_TIMING_NEVER)
            break;
        GCS_TRY(collect(replay, (unsigned)action->values[0], cause, error));
        break;
    case GCS_GC_COUNT:
        break;
    }
    arm_trigger(replay);
    return GCS_OK;
}

/* The program's own `c` and `g` lines. */
static enum gcs_status act_program(struct replay *replay, const struct gcs_block *block,
                                   const struct gcs_event *event, struct gcs_error *error)
{
    struct gcs_action action = {.action = GCS_GC_COLLECT, .count = 1};
    if (replay->setting->ignore_program_gc)
        return GCS_OK;
    if (event->op == GCS_OP_COLLECT) {
        action.values[0] = event->detail;
    } else {
        action.action = (enum gcs_gc)event->detail;
        action.count = action.action == GCS_GC_THRESHOLD ? event->slots : 0;
        for (unsigned i = 0; i < action.count; i++)
            action.values[i] = (int64_t)block->targets[event->first + i];
    }
    return act(replay, &action, GCS_CAUSE_PROGRAM, error);
}

/* Waits for `ns`; a collection that a rule starts meanwhile costs nothing unless it lasts
 * longer. */
static enum gcs_status idle(struct replay *replay, gcs_time ns, struct gcs_error *error)
{
    gcs_time until = replay->clock + ns;
    GCS_TRY(rules_idle(replay, error));
    if (replay->clock < until) {
        replay->ledger->idle_ns += until - replay->clock;
        advance(replay, until - replay->clock);
    }
    return GCS_OK;
}

static enum gcs_status begin_request(struct replay *replay, const struct gcs_event *event,
                                     struct gcs_error *error)
{
    gcs_time arrival = event->flags & GCS_EVENT_ARRIVAL ? event->value : replay->clock;
    if (replay->open_count == 0 && replay->clock < arrival)
        GCS_TRY(idle(replay, arrival - replay->clock, error));
    GCS_TRY(GCS_GROW(replay->memory, &replay->open, &replay->open_capacity,
                     replay->open_count + 1, error));
    replay->open[replay->open_count++] = (struct open_request){event->object, arrival};
    return GCS_OK;
}

static enum gcs_status end_request(struct replay *replay, const struct gcs_event *event,
                                   struct gcs_error *error)
{
    size_t at = replay->open_count;
    while (at-- > 0 && replay->open[at].request != event->object)
        ;
    GCS_REQUIRE(at < replay->open_count); /* T3 */
    gcs_time arrival = replay->open[at].arrival;
    replay->open[at] = replay->open[--replay->open_count];
    replay->requests_ended++;
    return ledger_add_request(replay->ledger,
                              replay->clock > arrival ? replay->clock - arrival : 0, error);
}

/* What the program does, apart from what comes of it. */
static enum gcs_status apply(struct replay *replay, const struct gcs_block *block,
                             uint32_t index, struct gcs_error *error)
{
    const struct gcs_event *event = &block->events[index];
    switch ((enum gcs_op)event->op) {
    case GCS_OP_ALLOCATE:
    case GCS_OP_STORE:
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
    case GCS_OP_RESIZE:
    case GCS_OP_WEAK:
        return gcs_heap_apply(replay->heap, block, index, error);
    case GCS_OP_WORK:
        replay->ledger->mutator_ns += event->object;
        advance(replay, event->object);
        return GCS_OK;
    case GCS_OP_IDLE:
        return idle(replay, event->object, error);
    case GCS_OP_BEGIN:
        return begin_request(replay, event, error);
    case GCS_OP_END:
        return end_request(replay, event, error);
    case GCS_OP_COLLECT:
    case GCS_OP_GC:
        return act_program(replay, block, event, error);
    case GCS_OP_ENTER:
    case GCS_OP_LEAVE:
        replay->stretch = event->op == GCS_OP_ENTER;
        return GCS_OK;
    case GCS_OP_MARK:
    case GCS_OP_COUNT:
        break;
    }
    return GCS_OK;
}

/* Objects that this event made unreachable. */
static void mark_garbage(struct replay *replay)
{
    const struct gcs_lifetimes *lifetimes = replay->lifetimes;
    while (replay->garbage_next < lifetimes->garbage_count &&
           lifetimes->garbage[replay->garbage_next].event <= replay->event)
        gcs_heap_mark_garbage(replay->heap, lifetimes->garbage[replay->garbage_next++].object);
}

static enum gcs_status step(struct replay *replay, const struct gcs_block *block,
                            uint32_t index, struct gcs_error *error)
{
    GCS_TRY(apply(replay, block, index, error));
    mark_garbage(replay);
    struct gcs_sample now = sample_now(replay);
    GCS_TRY(ledger_observe(replay->ledger, &now, error));
    if (replay->scheduled && !replay->stretch)
        GCS_TRY(check_scheduled(replay, error));
    if (replay->setting->strategy->rule_count)
        GCS_TRY(rules_after(replay, &block->events[index], error));
    return GCS_OK;
}

static enum gcs_status run(struct replay *replay, struct gcs_cursor *cursor,
                           struct gcs_error *error)
{
    struct fire_context context = {replay, GCS_OK, error};
    struct gcs_trigger *trigger = gcs_heap_trigger(replay->heap);
    trigger->fire = fire;
    trigger->engine = &context;
    arm_trigger(replay);
    GCS_TRY(rules_begin(replay, error));

    struct gcs_block block;
    GCS_TRY(gcs_cursor_next(cursor, &block, error));
    while (block.count) {
        for (uint32_t i = 0; i < block.count; i++) {
            gcs_heap_expect(replay->heap, &block, i);
            replay->event = block.first_event + i;
            GCS_TRY(step(replay, &block, i, error));
            GCS_TRY(context.status);
        }
        GCS_TRY(gcs_cursor_next(cursor, &block, error));
    }
    struct gcs_sample end = sample_now(replay);
    return ledger_end(replay->ledger, &end, error);
}

static void close_books(struct replay *replay)
{
    struct gcs_ledger *ledger = replay->ledger;
    ledger->events = replay->trace->events;
    ledger->allocations = replay->trace->allocations;
    ledger->total_ns = replay->clock;
    ledger->mean_bytes = replay->clock ? (double)replay->area / (double)replay->clock : 0;
    ledger->heap = *replay->totals;
    ledger->counts = *replay->counts;
}

enum gcs_status gcs_replay(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                           const struct gcs_setting *setting, bool check,
                           struct gcs_memory *memory, struct gcs_ledger *ledger,
                           struct gcs_error *error)
{
    struct replay replay = {
        .trace = trace,
        .lifetimes = lifetimes,
        .setting = setting,
        .model = setting->model,
        .memory = memory,
        .ledger = ledger,
        .check = check,
        .enabled = true,
    };
    memcpy(replay.threshold, setting->threshold, sizeof replay.threshold);
    gcs_ledger_reset(ledger);
    GCS_TRY(gcs_heap_new(trace, &setting->model->rules, memory, &replay.heap, error));
    replay.counts = gcs_heap_counts(replay.heap);
    replay.totals = gcs_heap_totals(replay.heap);
    struct gcs_cursor *cursor = NULL;
    enum gcs_status status = gcs_cursor_new(trace, memory, &cursor, error);
    if (status == GCS_OK)
        status = run(&replay, cursor, error);
    close_books(&replay);
    rules_end(&replay);
    gcs_memory_free(memory, replay.open, replay.open_capacity, sizeof *replay.open);
    gcs_cursor_free(cursor);
    gcs_heap_free(replay.heap);
    return status;
}
