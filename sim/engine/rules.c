/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strategy's rules: when each is due, in the file's order. What they do is replay's `act`. */
#include "replay_private.h"

static enum gcs_status act_all(struct replay *replay, const struct gcs_rule *rule,
                               struct gcs_error *error)
{
    for (size_t i = 0; i < rule->action_count; i++)
        GCS_TRY(act(replay, &rule->actions[i], GCS_CAUSE_STRATEGY, error));
    return GCS_OK;
}

enum gcs_status rules_begin(struct replay *replay, struct gcs_error *error)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    size_t count = strategy->rule_count;
    GCS_TRY(GCS_GROW(replay->memory, &replay->due, &replay->due_capacity, count, error));
    GCS_TRY(GCS_GROW(replay->memory, &replay->met, &replay->met_capacity, count, error));
    for (size_t i = 0; i < count; i++) {
        replay->due[i] = strategy->rules[i].n;
        replay->met[i] = false;
    }
    for (size_t i = 0; i < count; i++)
        if (strategy->rules[i].when == GCS_WHEN_START)
            GCS_TRY(act_all(replay, &strategy->rules[i], error));
    return GCS_OK;
}

/* `now` has reached the rule's next time; the one after lies ahead of now, however far it
 * jumped. */
static bool is_due(struct replay *replay, size_t rule, uint64_t now)
{
    uint64_t every = replay->setting->strategy->rules[rule].n;
    if (every == 0 || now < replay->due[rule])
        return false;
    replay->due[rule] = now - now % every + every;
    return true;
}

static bool applies(struct replay *replay, size_t index, const struct gcs_event *event)
{
    const struct gcs_rule *rule = &replay->setting->strategy->rules[index];
    switch (rule->when) {
    case GCS_WHEN_MARK:
        if (event->op != GCS_OP_MARK ||
            !gcs_same(replay->trace->labels[event->type], rule->label))
            return false;
        replay->met[index] = true;
        return true;
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
    case GCS_WHEN_COUNT:
        break;
    }
    return false;
}

enum gcs_status rules_after(struct replay *replay, const struct gcs_event *event,
                            struct gcs_error *error)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    for (size_t i = 0; i < strategy->rule_count; i++)
        if (applies(replay, i, event))
            GCS_TRY(act_all(replay, &strategy->rules[i], error));
    return GCS_OK;
}

enum gcs_status rules_idle(struct replay *replay, struct gcs_error *error)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    replay->idles++;
    for (size_t i = 0; i < strategy->rule_count; i++) {
        const struct gcs_rule *rule = &strategy->rules[i];
        if (rule->when == GCS_WHEN_IDLE && (rule->n <= 1 || replay->idles % rule->n == 0))
            GCS_TRY(act_all(replay, rule, error));
    }
    return GCS_OK;
}

void rules_end(struct replay *replay)
{
    const struct gcs_strategy *strategy = replay->setting->strategy;
    for (size_t i = 0; i < strategy->rule_count; i++)
        if (strategy->rules[i].when == GCS_WHEN_MARK && replay->met && !replay->met[i] &&
            !replay->ledger->unmet) /* NULL: the run did not get that far */
            replay->ledger->unmet = &strategy->rules[i];
    gcs_memory_free(replay->memory, replay->due, replay->due_capacity, sizeof *replay->due);
    gcs_memory_free(replay->memory, replay->met, replay->met_capacity, sizeof *replay->met);
}
