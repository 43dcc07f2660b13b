/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: no bytes make the readers of configurations crash, leak, hang or disagree. What is
 * accepted must print to a text that is accepted and prints the same, and the reader of its
 * kind must take it or refuse it in one line; a workload must then yield a trace.
 *
 * What stands behind the first zero byte is an override, `path=value`; of a strategy, its
 * parameters.
 */
#include <gcsim/workload.h>

#include <stdlib.h>
#include <string.h>

enum { EVENTS = 500, MEMORY_LIMIT = 64 << 20, OVERRIDE_BYTES = 200 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

struct input {
    const unsigned char *bytes;
    size_t size;
    char override[OVERRIDE_BYTES];
};

static struct input split(const unsigned char *bytes, size_t size)
{
    struct input input = {.bytes = bytes, .size = size};
    const unsigned char *zero = size ? memchr(bytes, 0, size) : NULL;
    if (!zero)
        return input;
    input.size = (size_t)(zero - bytes);
    size_t left = size - input.size - 1;
    memcpy(input.override, zero + 1, left < OVERRIDE_BYTES ? left : OVERRIDE_BYTES - 1);
    return input;
}

/* A failure is one line: something is said, and no byte of it breaks the line. */
static void check_error(const struct gcs_error *error)
{
    GCS_REQUIRE(error->status != GCS_OK && error->text[0]);
    GCS_REQUIRE(!strchr(error->text, '\n') && !strchr(error->where, '\n'));
}

static bool read(const void *bytes, size_t size, char *override, struct gcs_arena *arena,
                 struct gcs_config **config)
{
    struct gcs_error error = {0};
    enum gcs_status status = gcs_config_read(bytes, size, arena, config, &error);
    char *equals = strchr(override, '=');
    if (status == GCS_OK && equals) {
        *equals = '\0';
        status = gcs_config_set(*config, override, equals + 1, &error);
        *equals = '=';
    }
    if (status == GCS_OK)
        status = gcs_config_finish(*config, &error);
    if (status != GCS_OK)
        check_error(&error);
    return status == GCS_OK;
}

static void generate(const struct gcs_config *config)
{
    struct gcs_error error = {0};
    struct gcs_memory memory = {.limit = MEMORY_LIMIT};
    struct gcs_workload *workload = NULL;
    struct gcs_trace *trace = NULL;
    enum gcs_status status = gcs_workload_read(config, &workload, &error);
    if (status == GCS_OK)
        status = gcs_workload_generate(workload, 1, EVENTS, false, &memory, &trace, &error);
    if (status == GCS_OK)
        GCS_REQUIRE(trace->events <= EVENTS);
    else
        check_error(&error);
    gcs_trace_free(trace);
    gcs_workload_free(workload);
    GCS_REQUIRE(memory.used == 0);
}

static void use(const struct gcs_config *config, const struct input *input,
                struct gcs_arena *arena)
{
    struct gcs_error error = {0};
    struct gcs_study study;
    struct gcs_cost cost;
    struct gcs_strategy strategy;
    enum gcs_status status = GCS_OK;
    switch (gcs_config_document(config)) {
    case GCS_DOCUMENT_WORKLOAD:
        generate(config);
        break;
    case GCS_DOCUMENT_STUDY:
        status = gcs_study_read(config, arena, &study, &error);
        GCS_REQUIRE(status == GCS_OK); /* finish has looked at all of it */
        if (study.program)
            generate(study.program);
        break;
    case GCS_DOCUMENT_STRATEGY:
        status = gcs_strategy_read(input->bytes, input->size, input->override, arena, &strategy,
                                   &error);
        break;
    case GCS_DOCUMENT_COST:
        status = gcs_cost_read(input->bytes, input->size, arena, &cost, &error);
        break;
    case GCS_DOCUMENT_COUNT:
        break;
    }
    if (status != GCS_OK)
        check_error(&error);
}

static void check(struct input *input, struct gcs_arena *arena)
{
    struct gcs_config *config, *again;
    struct gcs_text first, second;
    char nothing[1] = "";
    if (!read(input->bytes, input->size, input->override, arena, &config))
        return;
    gcs_text_init(&first, NULL);
    gcs_text_init(&second, NULL);
    gcs_config_print(config, &first);
    GCS_REQUIRE(read(first.data, first.length, nothing, arena, &again));
    gcs_config_print(again, &second);
    GCS_REQUIRE(gcs_same(first.data, second.data));
    gcs_text_fini(&first);
    gcs_text_fini(&second);
    use(config, input, arena);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct gcs_arena arena;
    struct input input = split(bytes, size);
    gcs_init();
    gcs_arena_init(&arena);
    check(&input, &arena);
    gcs_arena_fini(&arena);
    return 0;
}
