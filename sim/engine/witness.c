/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a witness is told: the figures before a decision, then what came of it. */
#include "replay_private.h"

#include <string.h>

#define OUTCOME_NAME(name, text) text,
static const char *const outcome_names[] = {GCS_OUTCOME_LIST(OUTCOME_NAME)};

const char *gcs_outcome_name(enum gcs_outcome outcome)
{
    return outcome_names[outcome];
}

void witness_ask(const struct replay *replay, enum gcs_cause cause,
                 struct gcs_decision *decision)
{
    const struct gcs_increment increment = gcs_heap_increment(replay->self);
    bool waited = cause == GCS_CAUSE_THRESHOLD && replay->model->timing == GCS_TIMING_CHECK;
    *decision = (struct gcs_decision){
        .scheduled_event = waited ? replay->scheduled_event : replay->event,
        .counts = *replay->counts,
        .before = increment,
        .after = increment,
        .collection = {.event = replay->event, .time_ns = replay->clock, .cause = cause},
    };
    memcpy(decision->threshold, replay->threshold, sizeof decision->threshold);
}

enum gcs_status witness_tell(const struct replay *replay, struct gcs_decision *decision,
                             struct gcs_error *error)
{
    const struct gcs_witness *witness = replay->witness;
    decision->after = gcs_heap_increment(replay->self);
    if (witness->decided && !witness->decided(witness->witness, decision, replay->self))
        return gcs_fail(error, GCS_LIMIT, "the run was given up");
    return GCS_OK;
}

enum gcs_status witness_in_vain(const struct replay *replay, enum gcs_outcome outcome,
                                struct gcs_error *error)
{
    struct gcs_decision decision;
    if (!replay->witness)
        return GCS_OK;
    witness_ask(replay, GCS_CAUSE_THRESHOLD, &decision);
    decision.outcome = outcome;
    decision.collection.live_objects = replay->totals->live_objects;
    decision.collection.heap_bytes = replay->totals->live_bytes;
    return witness_tell(replay, &decision, error);
}

enum gcs_status witness_collected(const struct replay *replay, struct gcs_decision *decision,
                                  const struct gcs_collection *collection,
                                  struct gcs_error *error)
{
    decision->collection = *collection;
    decision->outcome = GCS_OUTCOME_COLLECTED;
    if (collection->work.unnoticed)
        decision->outcome = gcs_heap_increment(replay->self).marked == decision->before.marked
                                ? GCS_OUTCOME_CREDIT
                                : GCS_OUTCOME_MARKED;
    return witness_tell(replay, decision, error);
}
