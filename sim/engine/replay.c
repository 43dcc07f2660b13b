/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replay: the loop. Read run() first.
 *
 * Plain and complete, and therefore the reference: the heap does what the program does, event
 * by event, and the collector does what the modelled CPython would do at that very place.
 */
#include "replay_private.h"

/* The allocator found count0 over the threshold. If collecting fails, run() finds the status
 * here once the event is done. */
struct fire_context {
    struct replay *replay;
    enum gcs_status status;
    struct gcs_error *error;
};

/* Free-threaded builds ask in full already when they schedule, and again at the check. */
static bool is_worth_scheduling(struct replay *replay)
{
    if (replay->model->rules.mechanism != GCS_MECHANISM_FREE_THREADED)
        return true;
    int generation = replay->model->choose(replay->counts, replay->threshold);
    if (generation == GCS_DEFER)
        replay->backing->defer(replay->self);
    return generation >= 0;
}

static void fire(void *engine)
{
    struct fire_context *context = engine;
    struct replay *replay = context->replay;
    if (replay->model->timing == GCS_TIMING_CHECK) {
        if (!is_worth_scheduling(replay))
            return;
        schedule(replay);
    } else if (context->status == GCS_OK) {
        context->status = collect_automatically(replay, context->error);
    }
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
        return gcs_heap_apply(replay->self, block, index, error);
    case GCS_OP_WORK:
        advance(replay, &replay->ledger->mutator_ns, event->object);
        return GCS_OK;
    case GCS_OP_IDLE:
        return idle(replay, event->object, error);
    case GCS_OP_BEGIN:
        return begin_request(replay, event, error);
    case GCS_OP_END:
        return end_request(replay, event, error);
    case GCS_OP_COLLECT:
    case GCS_OP_GC:
        return act_program(replay, event, block->targets + event->first, error);
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
        gcs_heap_mark_garbage(replay->self, lifetimes->garbage[replay->garbage_next++].object);
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
    if (block->events[index].op == GCS_OP_MARK)
        meet_mark(replay, &block->events[index]);
    return GCS_OK;
}

static enum gcs_status run(struct replay *replay, struct gcs_cursor *cursor,
                           struct gcs_error *error)
{
    struct fire_context context = {replay, GCS_OK, error};
    struct gcs_trigger *trigger = gcs_heap_trigger(replay->self);
    trigger->fire = fire;
    trigger->engine = &context;
    arm_trigger(replay);
    GCS_TRY(rules_begin(replay, error));

    struct gcs_block block;
    GCS_TRY(gcs_cursor_next(cursor, &block, error));
    while (block.count) {
        for (uint32_t i = 0; i < block.count; i++) {
            gcs_heap_expect(replay->self, &block, i);
            replay->event = block.first_event + i;
            GCS_TRY(step(replay, &block, i, error));
            GCS_TRY(context.status);
        }
        GCS_TRY(gcs_cursor_next(cursor, &block, error));
    }
    struct gcs_sample end = sample_now(replay);
    return ledger_end(replay->ledger, &end, error);
}

static void heap_collect(void *self, unsigned generation, struct gcs_work *work)
{
    gcs_heap_collect(self, generation, work);
}

static void heap_freeze(void *self)
{
    gcs_heap_freeze(self);
}

static void heap_unfreeze(void *self)
{
    gcs_heap_unfreeze(self);
}

static void heap_defer(void *self)
{
    gcs_heap_defer(self);
}

static void heap_arm(void *self, int64_t above, int64_t threshold1)
{
    struct gcs_trigger *trigger = gcs_heap_trigger(self);
    trigger->above = above;
    trigger->threshold1 = threshold1;
}

static const char *heap_check(void *self)
{
    return gcs_heap_check(self);
}

static const struct backing heap_backing = {
    .collect = heap_collect,
    .freeze = heap_freeze,
    .unfreeze = heap_unfreeze,
    .defer = heap_defer,
    .arm = heap_arm,
    .check = heap_check,
};

enum gcs_status gcs_replay(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                           const struct gcs_setting *setting, bool check,
                           struct gcs_memory *memory, struct gcs_ledger *ledger,
                           struct gcs_error *error)
{
    return gcs_replay_witnessed(trace, lifetimes, setting, check, NULL, memory, ledger, error);
}

enum gcs_status gcs_replay_witnessed(const struct gcs_trace *trace,
                                     const struct gcs_lifetimes *lifetimes,
                                     const struct gcs_setting *setting, bool check,
                                     const struct gcs_witness *witness,
                                     struct gcs_memory *memory, struct gcs_ledger *ledger,
                                     struct gcs_error *error)
{
    struct replay replay = {
        .trace = trace,
        .lifetimes = lifetimes,
        .memory = memory,
        .ledger = ledger,
        .check = check,
        .backing = &heap_backing,
        .sampled = true,
        .witness = witness,
    };
    struct gcs_heap *heap = NULL;
    GCS_TRY(gcs_heap_new(trace, &setting->model->rules, memory, &heap, error));
    replay.self = heap;
    replay.counts = gcs_heap_counts(heap);
    replay.totals = gcs_heap_totals(heap);
    interpreter_new(&replay, setting);
    struct gcs_cursor *cursor = NULL;
    enum gcs_status status = GCS_OK;
    if (setting->memory == GCS_MEMORY_PYMALLOC)
        status = gcs_heap_use_pymalloc(heap, error);
    if (status == GCS_OK)
        status = gcs_cursor_new(trace, memory, &cursor, error);
    if (status == GCS_OK)
        status = run(&replay, cursor, error);
    if (status == GCS_OK && witness && witness->ended)
        witness->ended(witness->witness, heap);
    close_books(&replay);
    gcs_cursor_free(cursor);
    gcs_heap_free(heap);
    return status;
}
