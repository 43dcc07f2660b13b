/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One program from its first event to its last. */
#include "workload_private.h"

#include <stdlib.h>

static enum gcs_status define_types(struct program *program)
{
    const struct gcs_workload *workload = program->workload;
    for (uint32_t i = 0; i < workload->type_count + 2; i++)
        if (workload->types[i].used)
            GCS_TRY(gcs_trace_builder_type(program->builder, &workload->types[i].trace,
                                           program->error));
    return GCS_OK;
}

static enum gcs_status start(struct program *program, uint64_t seed)
{
    const struct gcs_workload *workload = program->workload;
    program->free_row = NO_ROW;
    gcs_queue_init(&program->by_allocations);
    gcs_queue_init(&program->by_time);
    gcs_queue_init(&program->agenda);
    gcs_stream_init(&program->arrivals, seed, "arrivals", "");
    gcs_stream_init(&program->think, seed, "think", "");
    gcs_stream_init(&program->service, seed, "service", "");
    gcs_stream_init(&program->sizes, seed, "sizes", "");
    gcs_stream_init(&program->choice, seed, "choice", "");
    gcs_stream_init(&program->timers, seed, "timers", "");
    program->sites = calloc(workload->site_count + 1, sizeof *program->sites);
    program->debts = calloc(workload->site_count + 1, sizeof *program->debts);
    if (!program->sites || !program->debts)
        return gcs_fail(program->error, GCS_NOMEM, "out of memory");
    for (uint32_t i = 0; i < workload->site_count; i++)
        gcs_stream_init(&program->sites[i], seed, "site", workload->sites[i].name);
    GCS_TRY(gcs_trace_builder_new(program->memory, true, &program->builder, program->error));
    return define_types(program);
}

#define FREE(program, array, capacity) \
    gcs_memory_free((program)->memory, (array), (capacity), sizeof *(array))

static void end(struct program *program)
{
    gcs_trace_builder_free(program->builder);
    free(program->sites);
    free(program->debts);
    FREE(program, program->rows, program->rows_capacity);
    gcs_queue_fini(&program->by_allocations, program->memory);
    gcs_queue_fini(&program->by_time, program->memory);
    gcs_queue_fini(&program->agenda, program->memory);
    FREE(program, program->live, program->live_capacity);
    FREE(program, program->request, program->request_capacity);
    FREE(program, program->still, program->still_capacity);
    FREE(program, program->targets, program->targets_capacity);
    FREE(program, program->nodes, program->nodes_capacity);
}

enum gcs_status gcs_workload_generate(const struct gcs_workload *workload, uint64_t seed,
                                      uint64_t max_events, struct gcs_memory *memory,
                                      struct gcs_trace **trace, struct gcs_error *error)
{
    struct program program = {.workload = workload,
                              .memory = memory,
                              .error = error,
                              .events_left = max_events ? max_events : UINT64_MAX};
    enum gcs_status status = start(&program, seed);
    if (status == GCS_OK)
        status = gcs_run_phases(&program);
    if (status == GCS_OK) {
        status = gcs_trace_builder_finish(program.builder, trace, error);
        program.builder = NULL; /* which frees it, whatever comes of it */
    }
    end(&program);
    return status;
}
