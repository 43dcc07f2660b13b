/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A strategy's rules: when each is due. What they do is the interpreter's `act`.
 *
 * First all rules whose moment is now look at their conditions, then those that may act do so,
 * in the file's order: what one does is not what another decides by.
 */
#include "replay_private.h"

static gcs_time busy_clock(const struct replay *replay)
{
    return replay->clock - replay->ledger->idle_ns;
}

static bool holds(const struct replay *replay, const struct gcs_condition *condition)
{
    unsigned g = condition->generation;
    int64_t count = replay->counts->count[g];
    const struct own_collection *own = &replay->own[g], *last = &replay->last_own;
    switch (condition->test) {
    case GCS_IF_OVER_THRESHOLD:
        return count > replay->threshold[g];
    case GCS_IF_OVER:
        return count > condition->count;
    case GCS_IF_UP_TO:
        return count <= condition->count;
    case GCS_IF_SINCE:
        return !own->ever || replay->clock - own->end > condition->time;
    case GCS_IF_SHARE:
        break;
    }
    double since = (double)(busy_clock(replay) - last->busy_end);
    return !last->ever || (double)last->pause * 100 < condition->percent * since;
}

/* The rule's moment is now: does it act? */
static void come(struct replay *replay, size_t index)
{
    const struct gcs_rule *rule = &replay->setting->strategy->rules[index];
    struct rule_state *state = &replay->rules[index];
    state->now = state->met = state->acts = true;
    for (size_t i = 0; i < rule->condition_count && state->acts; i++)
        state->acts = holds(replay, &rule->conditions[i]);
}

static enum gcs_status act_all(struct replay *replay, const struct gcs_rule *rule,
                               struct gcs_error *error)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct gcs_action *action = &rule->actions[i];
        gcs_time before = replay->clock;
        GCS_TRY(act(replay, action, GCS_CAUSE_STRATEGY, error));
        if (action->action != GCS_GC_COLLECT)
            continue;
        replay->last_own = (struct own_collection){
            .ever = true,
            .end = replay->clock,
            .busy_end = busy_clock(replay),
            .pause = replay->clock - before,
        };
        replay->own[action->values[0]] = replay->last_own;
    }
    return GCS_OK;
}

/* Every `every`: the next lies ahead of now, however far now has jumped. */
static uint64_t next_due(uint64_t now, uint64_t every)
{
    return now - now % every + every;
}

/* All that may act does; ticks that passed meanwhile are left out. */
static enum gcs_status act_now(struct replay *replay, struct gcs_error *error)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    for (size_t i = 0; i < strategy->rule_count; i++)
        if (replay->rules[i].now && replay->rules[i].acts)
            GCS_TRY(act_all(replay, &strategy->rules[i], error));
    for (size_t i = 0; i < strategy->rule_count; i++) {
        struct rule_state *state = &replay->rules[i];
        const struct gcs_rule *rule = &strategy->rules[i];
        if (state->now && rule->when == GCS_WHEN_TIME && !rule->once)
            state->due = next_due(replay->clock, rule->n);
        state->now = false;
    }
    return GCS_OK;
}

enum gcs_status rules_begin(struct replay *replay, struct gcs_error *error)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    size_t count = strategy->rule_count;
    GCS_TRY(GCS_GROW(replay->memory, &replay->rules, &replay->rule_capacity, count, error));
    for (size_t i = 0; i < count; i++)
        replay->rules[i] = (struct rule_state){.due = strategy->rules[i].n};
    for (size_t i = 0; i < count; i++)
        if (strategy->rules[i].when == GCS_WHEN_START)
            come(replay, i);
    return act_now(replay, error);
}

/* `now` has reached the rule's next time. */
static bool is_due(struct replay *replay, size_t index, uint64_t now)
{
    const struct gcs_rule *rule = &replay->setting->strategy->rules[index];
    struct rule_state *state = &replay->rules[index];
    if (now < state->due)
        return false;
    state->due = rule->once ? UINT64_MAX : next_due(now, rule->n);
    return true;
}

static bool is_now(struct replay *replay, size_t index, const struct gcs_event *event)
{
    const struct gcs_rule *rule = &replay->setting->strategy->rules[index];
    switch (rule->when) {
    case GCS_WHEN_MARK:
        return event->op == GCS_OP_MARK &&
               gcs_same(replay->trace->labels[event->type], rule->label);
    case GCS_WHEN_ALLOCATIONS:
        return event->op == GCS_OP_ALLOCATE && is_due(replay, index, event->object);
    case GCS_WHEN_REQUESTS:
        return event->op == GCS_OP_END && is_due(replay, index, replay->requests_ended);
    case GCS_WHEN_REQUEST_END:
        return event->op == GCS_OP_END;
    case GCS_WHEN_TIME:
        return is_due(replay, index, replay->clock);
    case GCS_WHEN_START:
    case GCS_WHEN_IDLE:
        break;
    }
    return false;
}

enum gcs_status rules_after(struct replay *replay, const struct gcs_event *event,
                            struct gcs_error *error)
{
    bool any = false;
    for (size_t i = 0; i < replay->setting->strategy->rule_count; i++)
        if (is_now(replay, i, event)) {
            come(replay, i);
            any = true;
        }
    return any ? act_now(replay, error) : GCS_OK;
}

enum gcs_status rules_idle(struct replay *replay, struct gcs_error *error)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    replay->idles++;
    for (size_t i = 0; i < strategy->rule_count; i++) {
        const struct gcs_rule *rule = &strategy->rules[i];
        if (rule->when == GCS_WHEN_IDLE && (rule->n == 0 || replay->idles % rule->n == 0))
            come(replay, i);
    }
    return act_now(replay, error);
}

gcs_time rules_next_tick(const struct replay *replay)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    gcs_time next = UINT64_MAX;
    for (size_t i = 0; i < strategy->rule_count; i++)
        if (strategy->rules[i].when == GCS_WHEN_TIME && replay->rules[i].due < next)
            next = replay->rules[i].due;
    return next;
}

enum gcs_status rules_tick(struct replay *replay, struct gcs_error *error)
{
    for (size_t i = 0; i < replay->setting->strategy->rule_count; i++)
        if (replay->setting->strategy->rules[i].when == GCS_WHEN_TIME &&
            is_due(replay, i, replay->clock))
            come(replay, i);
    return act_now(replay, error);
}

/* What the rule waits for did not come even once. */
static bool waits_in_vain(const struct replay *replay, size_t index)
{
    switch (replay->setting->strategy->rules[index].when) {
    case GCS_WHEN_MARK:
        return !replay->rules[index].met;
    case GCS_WHEN_REQUESTS:
    case GCS_WHEN_REQUEST_END:
        return replay->requests_ended == 0;
    case GCS_WHEN_IDLE:
        return replay->idles == 0;
    case GCS_WHEN_START:
    case GCS_WHEN_ALLOCATIONS:
    case GCS_WHEN_TIME:
        break;
    }
    return false;
}

void rules_end(struct replay *replay)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    for (size_t i = 0; replay->rules && i < strategy->rule_count; i++)
        if (!replay->ledger->unmet && waits_in_vain(replay, i))
            replay->ledger->unmet = &strategy->rules[i];
    gcs_memory_free(replay->memory, replay->rules, replay->rule_capacity,
                    sizeof *replay->rules);
}
