/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One program from its first event to its last. */
#include "workload_private.h"

#include <stdlib.h>

static enum gcs_status define_types(struct program *program)
{
    const struct gcs_workload *workload = program->workload;
    for (uint32_t i = 0; i < workload->type_count + OWN_COUNT; i++)
        if (workload->types[i].used)
            GCS_TRY(gcs_trace_builder_type(program->builder, &workload->types[i].trace,
                                           program->error));
    return GCS_OK;
}

/* The numbers and strings that everything shares. */
static enum gcs_status make_atoms(struct program *program)
{
    uint32_t type = gcs_own_type(program->workload, OWN_ATOM);
    uint64_t object;
    if (!program->workload->types[type].used)
        return GCS_OK;
    program->first_atom = program->objects + 1;
    for (unsigned i = 0; i < ATOMS; i++)
        GCS_TRY(gcs_emit_birth(program, type, 0, NULL, 0, &object));
    return GCS_OK;
}

static enum gcs_status start(struct program *program, uint64_t seed, bool compress)
{
    const struct gcs_workload *workload = program->workload;
    program->free_rows[0] = program->free_rows[1] = NO_ROW;
    gcs_queue_init(&program->by_allocations, &program->rows);
    gcs_queue_init(&program->by_time, &program->rows);
    gcs_queue_init(&program->by_requests, &program->rows);
    gcs_queue_init(&program->agenda, NULL);
    gcs_queue_init(&program->backlog, NULL);
    gcs_stream_init(&program->arrivals, seed, "arrivals", "");
    gcs_stream_init(&program->think, seed, "think", "");
    gcs_stream_init(&program->service, seed, "service", "");
    gcs_stream_init(&program->sizes, seed, "sizes", "");
    gcs_stream_init(&program->choice, seed, "choice", "");
    gcs_stream_init(&program->timers, seed, "timers", "");
    gcs_stream_init(&program->waits, seed, "waits", "");
    program->sites = calloc(workload->site_count + 1, sizeof *program->sites);
    program->debts = calloc(workload->site_count + 1, sizeof *program->debts);
    program->wishes = calloc(workload->site_count + 1, sizeof *program->wishes);
    program->open = calloc(workload->concurrency, sizeof *program->open);
    if (!program->sites || !program->debts || !program->wishes || !program->open)
        return gcs_fail(program->error, GCS_NOMEM, "out of memory");
    for (uint32_t i = 0; i < workload->site_count; i++)
        gcs_stream_init(&program->sites[i], seed, "site", workload->sites[i].name);
    GCS_TRY(
        gcs_trace_builder_new(program->memory, compress, &program->builder, program->error));
    GCS_TRY(define_types(program));
    GCS_TRY(make_atoms(program));
    return gcs_containers_new(program);
}

#define FREE(program, array, capacity) \
    gcs_memory_free((program)->memory, (array), (capacity), sizeof *(array))

static void end(struct program *program)
{
    gcs_trace_builder_free(program->builder);
    gcs_containers_free(program);
    for (uint32_t i = 0; program->open && i < program->workload->concurrency; i++)
        FREE(program, program->open[i].rows.rows, program->open[i].rows.capacity);
    free(program->sites);
    free(program->debts);
    free(program->wishes);
    free(program->open);
    FREE(program, program->rows, program->rows_capacity);
    gcs_queue_fini(&program->by_allocations, program->memory);
    gcs_queue_fini(&program->by_time, program->memory);
    gcs_queue_fini(&program->by_requests, program->memory);
    gcs_queue_fini(&program->agenda, program->memory);
    gcs_queue_fini(&program->backlog, program->memory);
    FREE(program, program->live, program->live_capacity);
    FREE(program, program->phase.rows, program->phase.capacity);
    FREE(program, program->rooms, program->rooms_capacity);
    FREE(program, program->berths, program->berths_capacity);
    FREE(program, program->shelves, program->shelves_capacity);
    FREE(program, program->still, program->still_capacity);
    FREE(program, program->targets, program->targets_capacity);
    FREE(program, program->nodes, program->nodes_capacity);
}

enum gcs_status gcs_workload_generate(const struct gcs_workload *workload, uint64_t seed,
                                      uint64_t max_events, bool compress,
                                      struct gcs_memory *memory, struct gcs_trace **trace,
                                      struct gcs_error *error)
{
    struct program program = {.workload = workload,
                              .memory = memory,
                              .error = error,
                              .events_left = max_events ? max_events : UINT64_MAX};
    enum gcs_status status = start(&program, seed, compress);
    if (status == GCS_OK)
        status = gcs_run_phases(&program);
    if (status == GCS_OK) {
        status = gcs_trace_builder_finish(program.builder, trace, error);
        program.builder = NULL; /* which frees it, whatever comes of it */
    }
    end(&program);
    return status;
}
