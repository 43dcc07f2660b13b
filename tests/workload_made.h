/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workloads and traces from a few lines of YAML, for the tests of the generator. */
#ifndef GCSIM_WORKLOAD_MADE_H
#define GCSIM_WORKLOAD_MADE_H

#include "workload_facts.h"

#include <gcsim/heap.h>
#include <gcsim/workload.h>

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

static struct gcs_arena arena;
static struct gcs_error error;
static struct gcs_memory memory;

static inline void setup(void)
{
    gcs_arena_init(&arena);
    error = (struct gcs_error){0};
    memory = (struct gcs_memory){0};
}

static inline void teardown(void)
{
    gcs_arena_fini(&arena);
    ck_assert_uint_eq(memory.used, 0);
}

static inline struct gcs_config *configure(const char *text, size_t size,
                                           const char *const *sets)
{
    struct gcs_config *config;
    enum gcs_status status = gcs_config_read(text, size, &arena, &config, &error);
    for (; sets && *sets && status == GCS_OK; sets++) {
        size_t length = strcspn(*sets, "=");
        const char *path = gcs_arena_string(&arena, *sets, length);
        status = gcs_config_set(config, path, *sets + length + 1, &error);
    }
    if (status == GCS_OK)
        status = gcs_config_finish(config, &error);
    ck_assert_msg(status == GCS_OK, "%llu:%llu: %s: %s", (unsigned long long)error.line,
                  (unsigned long long)error.column, error.where, error.text);
    return config;
}

static inline struct gcs_workload *workload_of(const char *text)
{
    struct gcs_workload *workload = NULL;
    enum gcs_status status =
        gcs_workload_read(configure(text, strlen(text), NULL), &workload, &error);
    ck_assert_msg(status == GCS_OK, "%s: %s", error.where, error.text);
    return workload;
}

static inline struct gcs_trace *generate(const struct gcs_workload *workload, uint64_t seed,
                                         uint64_t max_events)
{
    struct gcs_trace *trace = NULL;
    enum gcs_status status =
        gcs_workload_generate(workload, seed, max_events, true, &memory, &trace, &error);
    ck_assert_msg(status == GCS_OK, "%s", error.text);
    return trace;
}

static inline struct gcs_trace *trace_of(const char *text)
{
    struct gcs_workload *workload = workload_of(text);
    struct gcs_trace *trace = generate(workload, 1, 0);
    gcs_workload_free(workload);
    return trace;
}

static inline struct facts facts_from(const char *text)
{
    struct gcs_trace *trace = trace_of(text);
    struct facts facts = facts_of(trace, &memory);
    gcs_trace_free(trace);
    return facts;
}

/* The trace is sound, and this is what dies in it. */
static inline struct gcs_lifetimes judge(const struct gcs_trace *trace)
{
    struct gcs_lifetimes lifetimes;
    enum gcs_status status = gcs_trace_check(trace, &memory, &error);
    ck_assert_msg(status == GCS_OK, "event %llu: %s", (unsigned long long)error.event,
                  error.text);
    status = gcs_lifetimes_of(trace, &memory, &lifetimes, &error);
    ck_assert_msg(status == GCS_OK, "event %llu: %s", (unsigned long long)error.event,
                  error.text);
    return lifetimes;
}

/* Garbage, as a share of the objects allocated. */
static inline double garbage_share(const char *text)
{
    struct gcs_trace *trace = trace_of(text);
    struct gcs_lifetimes lifetimes = judge(trace);
    double share = (double)lifetimes.garbage_count / (double)trace->allocations;
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
    return share;
}

/** A trace of a workload that gcsim carries, with some keys set: `rate=3`, …, NULL. */
static inline struct gcs_trace *ship(const char *name, const char *const *sets)
{
    char path[300];
    static char text[65536];
    snprintf(path, sizeof path, SOURCE_DIR "/configs/workloads/%s.yaml", name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    struct gcs_workload *workload = NULL;
    ck_assert_int_eq(gcs_workload_read(configure(text, size, sets), &workload, &error), GCS_OK);
    struct gcs_trace *trace = generate(workload, 1, 0);
    gcs_workload_free(workload);
    return trace;
}

/** A trace's events in one array, each event's `first` a place in the one array of targets. */
struct script {
    struct gcs_event *events;
    uint64_t *targets;
    uint64_t count;
};

static inline struct script script_of(const struct gcs_trace *trace)
{
    struct script script = {.events = calloc(trace->events + 1, sizeof *script.events)};
    size_t room = 0, used = 0;
    struct gcs_cursor *cursor;
    struct gcs_block block;
    ck_assert_int_eq(gcs_cursor_new(trace, &memory, &cursor, &error), GCS_OK);
    while (gcs_cursor_next(cursor, &block, &error) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count; i++) {
            struct gcs_event event = block.events[i];
            bool born = event.op == GCS_OP_ALLOCATE && event.flags & GCS_EVENT_BORN;
            uint32_t targets = born || event.op == GCS_OP_GC ? event.slots : 0;
            while (used + targets > room) {
                room = 2 * room + 1024;
                script.targets = realloc(script.targets, room * sizeof *script.targets);
                ck_assert(script.targets != NULL);
            }
            if (targets)
                memcpy(script.targets + used, block.targets + event.first,
                       targets * sizeof *script.targets);
            event.first = (uint32_t)used;
            used += targets;
            script.events[script.count++] = event;
        }
    gcs_cursor_free(cursor);
    return script;
}

static inline void script_free(struct script *script)
{
    free(script->events);
    free(script->targets);
}

/* A sound trace of these lines as a script, with its number of objects that become garbage. */
static inline struct script sound(const char *text, size_t *garbage)
{
    struct gcs_trace *trace = trace_of(text);
    struct gcs_lifetimes lifetimes = judge(trace);
    struct script script = script_of(trace);
    if (garbage)
        *garbage = lifetimes.garbage_count;
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
    return script;
}

static inline uint64_t objects_in(const struct script *script)
{
    uint64_t objects = 0;
    for (uint64_t i = 0; i < script->count; i++)
        objects += script->events[i].op == GCS_OP_ALLOCATE;
    return objects;
}

/* What is known of each object, by its number. */
struct known {
    uint32_t type;
    uint32_t slots;
    uint64_t born;    /* event */
    uint64_t dropped; /* event of its last root's end; 0: never */
};

static inline struct known *know(const struct script *script)
{
    struct known *known = calloc(objects_in(script) + 1, sizeof *known);
    ck_assert(known != NULL);
    for (uint64_t i = 0; i < script->count; i++) {
        const struct gcs_event *event = &script->events[i];
        if (event->op == GCS_OP_ALLOCATE) {
            known[event->object].type = event->type;
            known[event->object].slots = event->slots;
            known[event->object].born = i;
        } else if (event->op == GCS_OP_ROOT_LESS) {
            known[event->object].dropped = i;
        }
    }
    return known;
}

#endif
