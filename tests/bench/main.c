/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmake --build --preset release -t bench, or ./run bench; docs/benchmarks.md says what for. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: bench --source ROOT [OPTION VALUE]...\n\n"
    "  --source ROOT     the source tree: configs/ and tests/bench/ are read there\n"
    "  --allocations N   of the trace t10m (default 10000000)\n"
    "  --runs N          a figure is the median of so many (default 3)\n"
    "  --growth N        up to so many allocations, by tens from 1000000 (default 10000000;\n"
    "                    0: leave it out)\n"
    "  --real COMMAND    what executes a trace in a real interpreter (default: nothing)\n"
    "  --scratch PATH    for the trace that it reads (default bench.gctrace)\n"
    "  --format SHAPE    text, csv or json (default text)\n"
    "  --phase NAME      no table: this phase alone on small traces, --times N of it on\n"
    "                    --subject t10m or web (instructions.sh)\n";

struct options {
    const char *source, *real, *scratch, *format, *phase, *subject;
    uint64_t allocations, growth;
    int runs, times;
};

static bool take(struct options *options, const char *name, const char *value)
{
    if (gcs_same(name, "--source"))
        options->source = value;
    else if (gcs_same(name, "--real"))
        options->real = value;
    else if (gcs_same(name, "--scratch"))
        options->scratch = value;
    else if (gcs_same(name, "--format"))
        options->format = value;
    else if (gcs_same(name, "--phase"))
        options->phase = value;
    else if (gcs_same(name, "--subject"))
        options->subject = value;
    else if (gcs_same(name, "--times"))
        options->times = atoi(value);
    else if (gcs_same(name, "--allocations"))
        options->allocations = strtoull(value, NULL, 10);
    else if (gcs_same(name, "--growth"))
        options->growth = strtoull(value, NULL, 10);
    else if (gcs_same(name, "--runs"))
        options->runs = atoi(value);
    else
        return false;
    return true;
}

static bool parse(int count, char **words, struct options *options, enum shape *shape)
{
    static const char *const shapes[] = {"text", "csv", "json"};
    for (int i = 1; i < count; i += 2)
        if (i + 1 == count || !take(options, words[i], words[i + 1]))
            return false;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (gcs_same(options->format, shapes[i])) {
            *shape = (enum shape)i;
            return options->source && options->runs >= 1 && options->runs <= RUNS_MAX - 4 &&
                   options->allocations >= 100;
        }
    return false;
}

enum {
    WHOLE = 2,
    GROWTH_MAX = 3,
    SHIPPED_MAX = 64,
    FIRST_GROWTH = 1000000,
    SHIPPED_EVENTS = 5000000,   /* at most, of a shipped workload */
    SMALL_ALLOCATIONS = 100000, /* for a phase alone */
    SMALL_EVENTS = 400000,
};

/* t10m of every size up to the one asked for; returns how many. */
static size_t grow(uint64_t largest, struct plan plan, struct subject *subjects)
{
    size_t count = 0;
    plan.depth = DEPTH_ANALYSIS;
    for (uint64_t n = FIRST_GROWTH; n <= largest && count < GROWTH_MAX; n *= 10) {
        struct origin origin = {.name = "growth", .allocations = n};
        fprintf(stderr, "bench: growth, %llu allocations\n", (unsigned long long)n);
        measure(&origin, &plan, &subjects[count++]);
    }
    return count;
}

/* The traces of all shipped workloads; returns how many. */
static size_t ship(const char *source, struct plan plan, struct subject *subjects)
{
    char pattern[1024];
    size_t count = 0;
    glob_t found;
    plan.depth = DEPTH_TRACE;
    snprintf(pattern, sizeof pattern, "%s/configs/workloads/*.yaml", source);
    if (glob(pattern, 0, NULL, &found) != 0)
        give_up("no workloads", pattern);
    for (; count < found.gl_pathc && count < SHIPPED_MAX; count++) {
        const char *path = found.gl_pathv[count];
        struct origin origin = {.name = strrchr(path, '/') + 1, .max_events = SHIPPED_EVENTS};
        fprintf(stderr, "bench: %s\n", origin.name);
        origin.workload = read_workload(source, path + strlen(source) + 1);
        measure(&origin, &plan, &subjects[count]);
        gcs_workload_free(origin.workload);
    }
    globfree(&found);
    return count;
}

static void print_table(const struct options *options, const struct plan *plan,
                        enum shape shape, const struct origin origins[WHOLE])
{
    static struct subject subjects[WHOLE + GROWTH_MAX + SHIPPED_MAX];
    bool text = shape == SHAPE_TEXT;
    size_t count = 0;
    for (; count < WHOLE; count++) {
        fprintf(stderr, "bench: %s\n", origins[count].name);
        measure(&origins[count], plan, &subjects[count]);
        if (text)
            show_subject(&subjects[count], options->runs, stdout);
        fflush(stdout);
    }
    size_t grown = grow(options->growth, *plan, subjects + count);
    if (text)
        show_growth(subjects + count, grown, stdout);
    count += grown;
    size_t shipped = ship(options->source, *plan, subjects + count);
    if (text)
        show_traces(subjects + count, shipped, stdout);
    else
        show_rows(subjects, count + shipped, shape, stdout);
}

static void run_phase(const struct options *options, const struct plan *plan,
                      struct origin origins[WHOLE])
{
    for (size_t i = 0; i < WHOLE; i++) {
        origins[i].max_events = SMALL_EVENTS;
        if (origins[i].allocations) /* what is generated is another trace than what is built */
            origins[i].allocations =
                gcs_same(options->phase, "generate") ? 0 : SMALL_ALLOCATIONS;
        if (gcs_same(origins[i].name, options->subject))
            repeat(&origins[i], plan, options->phase, options->times);
    }
}

int main(int count, char **words)
{
    struct options options = {.format = "text",
                              .scratch = "bench.gctrace",
                              .subject = "t10m",
                              .times = 1,
                              .allocations = 10000000,
                              .growth = 10000000,
                              .runs = 3};
    enum shape shape;
    if (!parse(count, words, &options, &shape)) {
        fputs(usage, stderr);
        return 2;
    }
    gcs_init();
    struct gcs_arena arena;
    struct plan plan = {.runs = options.runs,
                        .depth = DEPTH_WHOLE,
                        .real = options.real && *options.real ? options.real : NULL,
                        .scratch = options.scratch};
    gcs_arena_init(&arena);
    read_cost(options.source, "configs/costs/" BENCH_MODEL ".yaml", &arena, &plan.cost);
    struct origin origins[WHOLE] = {
        {.name = "t10m",
         .allocations = options.allocations,
         .workload = read_workload(options.source, "tests/bench/t10m.yaml")},
        {.name = "web",
         .workload = read_workload(options.source, "configs/workloads/web.yaml")},
    };
    if (options.phase)
        run_phase(&options, &plan, origins);
    else
        print_table(&options, &plan, shape, origins);
    for (size_t i = 0; i < WHOLE; i++)
        gcs_workload_free(origins[i].workload);
    gcs_arena_fini(&arena);
    return 0;
}
