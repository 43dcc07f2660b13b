/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Into the trace: one event each. Behind the limit of events everything here does nothing, so
 * whoever simulates needs to look at `stopped` only where it loops. */
#include "workload_private.h"

#include <string.h>

enum gcs_status gcs_emit(struct program *program, const struct gcs_event *event,
                         const uint64_t *targets)
{
    if (!program->events_left) {
        program->stopped = true;
        return GCS_OK;
    }
    program->events_left--;
    return gcs_trace_builder_add(program->builder, event, targets, program->error);
}

enum gcs_status gcs_emit_object(struct program *program, enum gcs_op op, uint64_t object,
                                uint64_t value)
{
    struct gcs_event event = {.op = (uint8_t)op, .object = object, .value = value};
    return gcs_emit(program, &event, NULL);
}

enum gcs_status gcs_emit_store(struct program *program, uint64_t source, uint32_t slot,
                               uint64_t target)
{
    struct gcs_event event = {
        .op = GCS_OP_STORE, .object = source, .type = slot, .value = target};
    return gcs_emit(program, &event, NULL);
}

enum gcs_status gcs_emit_birth(struct program *program, uint32_t type, uint32_t slots,
                               const uint64_t *targets, uint64_t extra, uint64_t *object)
{
    const struct gcs_type *made = &program->workload->types[type].trace;
    struct gcs_event event = {.op = GCS_OP_ALLOCATE,
                              .type = made->number,
                              .slots = slots,
                              .object = *object = ++program->objects,
                              .value = extra};
    if (slots != made->slots)
        event.flags |= GCS_EVENT_OWN_SLOTS;
    if (targets && slots) /* the builder leaves the list out if all of it is empty */
        event.flags |= GCS_EVENT_BORN;
    return gcs_emit(program, &event, targets);
}

enum gcs_status gcs_emit_work(struct program *program, gcs_time ns)
{
    if (!ns)
        return GCS_OK;
    program->clock += ns;
    GCS_TRY(gcs_emit_object(program, GCS_OP_WORK, ns, 0));
    return gcs_let_go_due(program);
}

enum gcs_status gcs_emit_enter(struct program *program)
{
    struct gcs_event event = {.op = GCS_OP_ENTER};
    if (program->events_left < 2) { /* no stretch without its end */
        program->events_left = 0;
        program->stopped = true;
        return GCS_OK;
    }
    program->events_left--; /* reserved */
    return gcs_emit(program, &event, NULL);
}

enum gcs_status gcs_emit_leave(struct program *program)
{
    struct gcs_event event = {.op = GCS_OP_LEAVE};
    program->events_left++;
    return gcs_emit(program, &event, NULL);
}

enum gcs_status gcs_emit_mark(struct program *program, const char *label)
{
    struct gcs_event event = {.op = GCS_OP_MARK};
    GCS_TRY(gcs_trace_builder_label(program->builder, label, strlen(label), &event.type,
                                    program->error));
    return gcs_emit(program, &event, NULL);
}

static enum gcs_status emit_action(struct program *program, const struct gcs_action *action)
{
    uint64_t values[3];
    struct gcs_event event = {.op = GCS_OP_GC, .detail = (uint8_t)action->action};
    for (unsigned i = 0; i < action->count; i++)
        values[i] = (uint64_t)action->values[i];
    if (action->action == GCS_GC_COLLECT)
        event = (struct gcs_event){.op = GCS_OP_COLLECT, .detail = (uint8_t)values[0]};
    else if (action->action == GCS_GC_THRESHOLD)
        event.slots = action->count;
    return gcs_emit(program, &event, values);
}

enum gcs_status gcs_emit_actions(struct program *program, const struct actions *actions)
{
    for (size_t i = 0; i < actions->count; i++)
        GCS_TRY(emit_action(program, &actions->list[i]));
    return GCS_OK;
}
