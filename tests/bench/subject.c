/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is measured. The trace t10m is made here, without the workload generator, so that it
 * stays the same whatever becomes of that: so many allocations, a tenth as many objects live,
 * 80 % temporaries, 5 % in cycles of two, at most two references an object.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

enum { NODE = 0, LEAF = 1 };

struct maker {
    struct gcs_trace_builder *builder;
    struct gcs_random random;
    uint64_t allocations;
    uint64_t *live; /* rooted objects */
    size_t live_count, live_wanted;
};

void must(enum gcs_status status, const struct gcs_error *error)
{
    if (status != GCS_OK)
        give_up("failed", error->text);
}

void give_up(const char *what, const char *which)
{
    fprintf(stderr, "bench: %s: %s\n", which, what);
    exit(1);
}

static void add(struct maker *maker, const struct gcs_event *event)
{
    struct gcs_error error = {0};
    must(gcs_trace_builder_add(maker->builder, event, NULL, &error), &error);
}

static uint64_t allocate(struct maker *maker, uint32_t type)
{
    add(maker, &(struct gcs_event){.op = GCS_OP_ALLOCATE,
                                   .type = type,
                                   .slots = type == NODE ? 2 : 0,
                                   .object = ++maker->allocations});
    return maker->allocations;
}

static void store(struct maker *maker, uint64_t source, uint32_t slot, uint64_t target)
{
    add(maker, &(struct gcs_event){
                   .op = GCS_OP_STORE, .type = slot, .object = source, .value = target});
}

static void drop(struct maker *maker, uint64_t object)
{
    add(maker, &(struct gcs_event){.op = GCS_OP_ROOT_LESS, .object = object});
}

/* A new object takes the place of a random one that was live. */
static void replace(struct maker *maker, uint64_t object)
{
    if (maker->live_count < maker->live_wanted) {
        maker->live[maker->live_count++] = object;
        return;
    }
    size_t at = (size_t)gcs_random_below(&maker->random, maker->live_count);
    drop(maker, maker->live[at]);
    maker->live[at] = object;
}

static uint64_t any_live(struct maker *maker)
{
    return maker->live[gcs_random_below(&maker->random, maker->live_count)];
}

static void one_step(struct maker *maker)
{
    uint64_t dice = gcs_random_below(&maker->random, 100);
    if (maker->live_count >= maker->live_wanted && dice < 80) {
        drop(maker, allocate(maker, LEAF));
    } else if (dice >= 97) { /* two objects a time */
        uint64_t a = allocate(maker, NODE), b = allocate(maker, NODE);
        store(maker, a, 0, b);
        store(maker, b, 0, a);
        drop(maker, b);
        drop(maker, a);
    } else {
        uint64_t object = allocate(maker, NODE);
        if (maker->live_count && dice % 2)
            store(maker, object, 0, any_live(maker));
        replace(maker, object);
    }
}

static struct gcs_trace *build(uint64_t allocations, struct gcs_memory *memory)
{
    struct gcs_error error = {0};
    struct maker maker = {.live_wanted = (size_t)(allocations / 10)};
    struct gcs_trace *trace;
    gcs_random_init(&maker.random, 1, "bench");
    maker.live = malloc((maker.live_wanted + 1) * sizeof *maker.live);
    if (!maker.live)
        give_up("out of memory", "t10m");
    must(gcs_trace_builder_new(memory, true, &maker.builder, &error), &error);
    struct gcs_type node = {.name = "Node", .bytes = 32, .number = NODE, .slots = 2};
    struct gcs_type leaf = {.name = "Leaf", .bytes = 16, .number = LEAF};
    must(gcs_trace_builder_type(maker.builder, &node, &error), &error);
    must(gcs_trace_builder_type(maker.builder, &leaf, &error), &error);
    while (maker.allocations + 2 <= allocations)
        one_step(&maker);
    must(gcs_trace_builder_finish(maker.builder, &trace, &error), &error);
    free(maker.live);
    return trace;
}

struct gcs_trace *generate(const struct origin *origin, bool compress,
                           struct gcs_memory *memory)
{
    struct gcs_error error = {0};
    struct gcs_trace *trace;
    must(gcs_workload_generate(origin->workload, 1, origin->max_events, compress, memory,
                               &trace, &error),
         &error);
    return trace;
}

struct gcs_trace *make_trace(const struct origin *origin, struct gcs_memory *memory)
{
    return origin->allocations ? build(origin->allocations, memory)
                               : generate(origin, true, memory);
}

struct gcs_trace *recode(const struct gcs_trace *trace, bool compress,
                         struct gcs_memory *memory)
{
    struct gcs_error error = {0};
    struct gcs_trace_builder *builder;
    struct gcs_cursor *cursor;
    struct gcs_block block;
    struct gcs_trace *made;
    uint32_t id;
    must(gcs_trace_builder_new(memory, compress, &builder, &error), &error);
    must(gcs_trace_builder_options(builder, &trace->options, &error), &error);
    for (uint32_t i = 0; i < trace->type_count; i++)
        if (trace->types[i])
            must(gcs_trace_builder_type(builder, trace->types[i], &error), &error);
    for (uint32_t i = 0; i < trace->label_count; i++)
        must(gcs_trace_builder_label(builder, trace->labels[i], strlen(trace->labels[i]), &id,
                                     &error),
             &error);
    must(gcs_cursor_new(trace, memory, &cursor, &error), &error);
    do {
        must(gcs_cursor_next(cursor, &block, &error), &error);
        for (uint32_t i = 0; i < block.count; i++)
            must(gcs_trace_builder_add(builder, &block.events[i], block.targets, &error),
                 &error);
    } while (block.count);
    gcs_cursor_free(cursor);
    must(gcs_trace_builder_finish(builder, &made, &error), &error);
    return made;
}

/* A whole small file, zero-terminated. */
static char *read_file(const char *root, const char *path, size_t *size)
{
    enum { LARGEST = 1 << 20 };
    char name[1024], *bytes = malloc(LARGEST);
    snprintf(name, sizeof name, "%s/%s", root, path);
    FILE *file = fopen(name, "rb");
    if (!file || !bytes)
        give_up("cannot be read", name);
    *size = fread(bytes, 1, LARGEST, file);
    fclose(file);
    return bytes;
}

struct gcs_workload *read_workload(const char *root, const char *path)
{
    struct gcs_error error = {0};
    struct gcs_arena arena;
    struct gcs_config *config;
    struct gcs_workload *workload;
    size_t size;
    char *bytes = read_file(root, path, &size);
    gcs_arena_init(&arena);
    must(gcs_config_read(bytes, size, &arena, &config, &error), &error);
    must(gcs_config_finish(config, &error), &error);
    must(gcs_workload_read(config, &workload, &error), &error);
    gcs_arena_fini(&arena);
    free(bytes);
    return workload;
}

void read_cost(const char *root, const char *path, struct gcs_arena *arena,
               struct gcs_cost *cost)
{
    struct gcs_error error = {0};
    size_t size;
    char *bytes = read_file(root, path, &size);
    must(gcs_cost_read(bytes, size, arena, cost, &error), &error);
    free(bytes);
}
