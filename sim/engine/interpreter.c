/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interpreter and the world around it: the clock, requests, gc.enable and the others, the
 * question whether to collect, and what a collection costs. Both engines live in it; what does
 * the collecting is behind `struct backing`.
 */
#include "replay_private.h"

#include <string.h>

void interpreter_new(struct replay *replay, const struct gcs_setting *setting)
{
    replay->setting = setting;
    replay->model = setting->model;
    replay->enabled = true;
    memcpy(replay->threshold, setting->threshold, sizeof replay->threshold);
    replay->warm_at = setting->warmup.ns ? setting->warmup.ns : UINT64_MAX;
    gcs_ledger_reset(replay->ledger);
}

static void end_warmup(struct replay *replay)
{
    struct gcs_ledger *ledger = replay->ledger;
    replay->warm_at = UINT64_MAX;
    ledger->cut = (struct gcs_cut){
        .met = true,
        .time_ns = replay->clock,
        .mutator_ns = ledger->mutator_ns,
        .gc_ns = ledger->gc_ns,
        .idle_ns = ledger->idle_ns,
        .collections = ledger->collection_count,
        .requests = ledger->request_count,
    };
}

void meet_mark(struct replay *replay, const struct gcs_event *event)
{
    const char *mark = replay->setting->warmup.mark;
    if (mark && !replay->ledger->cut.met && gcs_same(replay->trace->labels[event->type], mark))
        end_warmup(replay);
}

void pass(struct replay *replay, gcs_time *account, gcs_time ns)
{
    gcs_time left = replay->warm_at - replay->clock;
    if (ns >= left) {
        *account += left;
        replay->clock += left;
        ns -= left;
        end_warmup(replay);
    }
    *account += ns;
    replay->clock += ns;
}

void advance(struct replay *replay, gcs_time *account, gcs_time ns)
{
    replay->area += (gcs_area)replay->totals->live_bytes * ns;
    pass(replay, account, ns);
}

struct gcs_sample sample_now(const struct replay *replay)
{
    const struct gcs_totals *totals = replay->totals;
    return (struct gcs_sample){
        .event = replay->event,
        .time_ns = replay->clock,
        .live_bytes = totals->live_bytes,
        .garbage_bytes = totals->garbage_bytes,
        .frozen_bytes = totals->frozen_bytes,
        .live_objects = totals->live_objects,
        .footprint_bytes = totals->footprint_bytes,
    };
}

/* Where the allocator's test stands: CPython's `enabled && threshold0 != 0 && count >
 * threshold0`, but that a model may put something in threshold0's place. */
void arm_trigger(struct replay *replay)
{
    bool automatic = replay->enabled && replay->threshold[0] != 0 &&
                     replay->model->timing != GCS_TIMING_NEVER;
    int64_t above = !automatic ? INT64_MAX
                    : replay->model->above
                        ? replay->model->above(replay->counts, replay->threshold)
                        : replay->threshold[0];
    replay->backing->arm(replay->self, above, replay->threshold[1]);
}

/* Collects, prices, records. */
static enum gcs_status collect(struct replay *replay, unsigned generation, enum gcs_cause cause,
                               struct gcs_error *error)
{
    struct gcs_collection collection = {
        .event = replay->event, .time_ns = replay->clock, .cause = cause};
    struct gcs_decision decision;
    if (replay->witness)
        witness_ask(replay, cause, &decision);
    uint64_t bytes_before = replay->totals->live_bytes;
    struct gcs_sample before = sample_now(replay); /* may be a peak, up to 3.11 */
    if (replay->sampled)
        GCS_TRY(ledger_observe(replay->ledger, &before, error));
    replay->backing->collect(replay->self, generation, &collection.work);
    arm_trigger(replay); /* the counts are new */
    collection.pause_ns = gcs_cost_pause(replay->setting->cost, &collection.work);
    collection.live_objects = replay->totals->live_objects;
    collection.heap_bytes = replay->totals->live_bytes;
    replay->area += (gcs_area)bytes_before * collection.pause_ns;
    if (!collection.work.unnoticed)
        GCS_TRY(ledger_add_collection(replay->ledger, &collection, error));
    pass(replay, &replay->ledger->gc_ns, collection.pause_ns);
    if (replay->check) {
        const char *broken = replay->backing->check(replay->self);
        if (broken)
            return gcs_fail(error, GCS_INVALID, "gcsim itself is wrong here: %s", broken);
    }
    if (replay->witness)
        return witness_collected(replay, &decision, &collection, error);
    return GCS_OK;
}

/* Asks the model, and collects what it says. */
enum gcs_status collect_automatically(struct replay *replay, struct gcs_error *error)
{
    int generation = replay->model->choose(replay->counts, replay->threshold);
    if (generation == GCS_DEFER)
        replay->backing->defer(replay->self);
    if (generation < 0)
        return witness_in_vain(replay, GCS_OUTCOME_FALLEN, error);
    return collect(replay, (unsigned)generation, GCS_CAUSE_THRESHOLD, error);
}

void schedule(struct replay *replay)
{
    if (!replay->scheduled)
        replay->scheduled_event = replay->event;
    replay->scheduled = true;
}

enum gcs_status check_scheduled(struct replay *replay, struct gcs_error *error)
{
    replay->scheduled = false;
    if (replay->model->check_tests_enabled && !replay->enabled)
        return witness_in_vain(replay, GCS_OUTCOME_DISABLED, error);
    return collect_automatically(replay, error);
}

static void set_thresholds(struct replay *replay, const struct gcs_action *action)
{
    if (action->count == 0)
        memcpy(replay->threshold, replay->setting->threshold, sizeof replay->threshold);
    for (unsigned i = 0; i < action->count && i < GCS_GENERATIONS; i++) {
        double product = (double)replay->threshold[i] * action->times[i];
        if (action->times[i] > 0) { /* a C int, as gc.set_threshold takes it */
            replay->threshold[i] = product > INT32_MAX   ? INT32_MAX
                                   : product < INT32_MIN ? INT32_MIN
                                                         : (int64_t)product;
        } else {
            replay->threshold[i] = action->values[i];
            replay->ledger->thresholds_overruled |= 1U << i;
        }
    }
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
            replay->backing->freeze(replay->self);
        else
            replay->backing->unfreeze(replay->self);
        break;
    case GCS_GC_THRESHOLD:
        set_thresholds(replay, action);
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
enum gcs_status act_program(struct replay *replay, const struct gcs_event *event,
                            const uint64_t *targets, struct gcs_error *error)
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
            action.values[i] = (int64_t)targets[i];
    }
    return act(replay, &action, GCS_CAUSE_PROGRAM, error);
}

static void wait_until(struct replay *replay, gcs_time until)
{
    if (replay->clock >= until)
        return;
    advance(replay, &replay->ledger->idle_ns, until - replay->clock);
}

/* Waits for `ns`; a collection that a rule starts meanwhile costs nothing unless it lasts
 * longer. Rules that go by the clock act when they are due. */
enum gcs_status idle(struct replay *replay, gcs_time ns, struct gcs_error *error)
{
    gcs_time until = replay->clock + ns, due;
    GCS_TRY(rules_idle(replay, error));
    while (replay->clock < until && (due = rules_next_tick(replay)) < until) {
        wait_until(replay, due);
        GCS_TRY(rules_tick(replay, error));
    }
    wait_until(replay, until);
    return GCS_OK;
}

enum gcs_status begin_request(struct replay *replay, const struct gcs_event *event,
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

enum gcs_status end_request(struct replay *replay, const struct gcs_event *event,
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

void close_books(struct replay *replay)
{
    struct gcs_ledger *ledger = replay->ledger;
    ledger->events = replay->trace->events;
    ledger->allocations = replay->trace->allocations;
    ledger->total_ns = replay->clock;
    ledger->mean_bytes = replay->clock ? (double)replay->area / (double)replay->clock : 0;
    ledger->heap = *replay->totals;
    ledger->counts = *replay->counts;
    rules_end(replay);
    gcs_memory_free(replay->memory, replay->open, replay->open_capacity, sizeof *replay->open);
}
