/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gcsim explain: why each collection ran or was refused, what it cost and what it gave. */
#include "explain.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a list too long for a screen or two, the beginning and the end. */
enum { FIRST = 6, LAST = 14, SHOWN_MAX = 100000 };

/* Collections of one generation together. */
struct tally {
    uint64_t runs;
    struct gcs_work work;
    gcs_time pause_ns;
};

struct explanation {
    const struct options *options;
    const struct gcs_trial *trial;
    struct gcs_text out; /* csv and json, as they come */
    uint64_t events_from;
    uint64_t events_to;

    /* The stories to print: the first ones, and the last ones in a ring. */
    struct story *first;
    uint64_t first_room;
    struct story *last;
    uint64_t last_room;
    uint64_t stories; /* begun so far */
    struct story open;
    bool is_open;

    struct stepper stepper;
    bool quit;

    /* Of the whole run */
    uint64_t decisions;
    uint64_t by_cause[GCS_CAUSE_COUNT];
    uint64_t by_outcome[GCS_OUTCOME_COUNT];
    uint64_t refused;
    uint64_t full_automatic;
    struct tally tally[GCS_GENERATIONS];
    struct story longest;
    uint64_t longest_collection; /* its number, as --step counts; 0: it collected nothing */
    struct gcs_census census[GCS_GENERATIONS + 1];
};

/* Puts the open story where it belongs. */
static void close_story(struct explanation *explanation)
{
    if (!explanation->is_open)
        return;
    explanation->is_open = false;
    uint64_t index = explanation->stories++;
    if (index < explanation->first_room)
        explanation->first[index] = explanation->open;
    else if (explanation->last_room)
        explanation->last[(index - explanation->first_room) % explanation->last_room] =
            explanation->open;
}

static void add_to_tally(struct explanation *explanation, const struct gcs_decision *decision)
{
    const struct gcs_work *work = &decision->collection.work;
    struct tally *tally = &explanation->tally[work->generation];
    tally->runs++;
    tally->pause_ns += decision->collection.pause_ns;
    tally->work.candidates += work->candidates;
    tally->work.collected += work->collected;
    tally->work.freed_objects += work->freed_objects;
    tally->work.freed_bytes += work->freed_bytes;
}

static void count(struct explanation *explanation, const struct gcs_decision_row *row)
{
    const struct gcs_decision *decision = &row->decision;
    explanation->by_cause[decision->collection.cause]++;
    explanation->by_outcome[decision->outcome]++;
    explanation->refused += row->full_refused;
    if (decision->outcome == GCS_OUTCOME_COLLECTED)
        add_to_tally(explanation, decision);
    if (row->generation == 2 && decision->collection.cause == GCS_CAUSE_THRESHOLD)
        explanation->full_automatic++;
    if (decision->collection.pause_ns > explanation->longest.pause_ns) {
        explanation->longest =
            story_begin(row->number, explanation->trial->setting.model, decision);
        explanation->longest_collection = decision->outcome == GCS_OUTCOME_COLLECTED
                                              ? explanation->by_outcome[GCS_OUTCOME_COLLECTED]
                                              : 0;
    }
}

static void list(struct explanation *explanation, const struct gcs_decision_row *row)
{
    const struct gcs_model *model = explanation->trial->setting.model;
    uint64_t event = row->decision.collection.event;
    if (event < explanation->events_from || event > explanation->events_to)
        return;
    switch (explanation->options->format) {
    case FORMAT_CSV:
        gcs_csv_row(&gcs_decisions_file, row, &explanation->out);
        return;
    case FORMAT_JSON:
        gcs_text_add(&explanation->out, "%s\n  ", explanation->stories++ ? "," : "");
        gcs_json_row(&gcs_decisions_file, row, &explanation->out);
        return;
    case FORMAT_TEXT:
        break;
    }
    if (explanation->is_open && story_continues(&explanation->open, model, &row->decision))
        return;
    close_story(explanation);
    explanation->open = story_begin(row->number, model, &row->decision);
    explanation->is_open = true;
}

static bool decided(void *witness, const struct gcs_decision *decision,
                    const struct gcs_heap *heap)
{
    struct explanation *explanation = witness;
    const struct gcs_model *model = explanation->trial->setting.model;
    const struct gcs_decision_row row =
        gcs_decision_row_of(++explanation->decisions, model, decision);
    count(explanation, &row);
    if (!explanation->options->step) {
        list(explanation, &row);
        return !explanation->out.failed;
    }
    const struct story story = story_begin(row.number, model, decision);
    explanation->quit = !step(&explanation->stepper, &story, explanation->trial, heap);
    return !explanation->quit;
}

static void ended(void *witness, const struct gcs_heap *heap)
{
    struct explanation *explanation = witness;
    gcs_heap_census(heap, explanation->census);
}

static void print_heading(const struct trials *trials, struct gcs_text *text)
{
    const struct gcs_trial *trial = &trials->plan.trials[0];
    const int64_t *t = trial->setting.threshold;
    gcs_text_add(text,
                 "%s on %s, thresholds %lld,%lld,%lld, strategy %s\npauses priced by %s%s\n\n",
                 trial->input, trial->model, (long long)t[0], (long long)t[1], (long long)t[2],
                 trial->strategy, trials->cost_name,
                 trials->cost_assumed ? " (assumed for this model)" : "");
}

static void print_stories(const struct explanation *explanation, struct gcs_text *text)
{
    uint64_t first = explanation->first_room, last = explanation->last_room;
    uint64_t stories = explanation->stories;
    if (stories)
        gcs_text_add(text, "%11s  %7s  %-12s  %7s  why, and what it gave\n", "event", "time",
                     "ran", "pause");
    for (uint64_t i = 0; i < stories && i < first; i++)
        story_print(&explanation->first[i], explanation->trial, text);
    uint64_t rest = stories > first ? stories - first : 0,
             left_out = rest > last ? rest - last : 0;
    if (left_out)
        gcs_text_add(text,
                     "%11s  %llu more like these: --first N, --last N, --events A:B, --format "
                     "csv\n",
                     "...", (unsigned long long)left_out);
    for (uint64_t i = left_out; i < rest; i++)
        story_print(&explanation->last[i % last], explanation->trial, text);
    if (stories)
        gcs_text_add(text, "\n");
}

static void add_count(struct gcs_grid *grid, uint64_t count)
{
    char text[32];
    gcs_print_count(count, text);
    gcs_grid_add(grid, "%s", text);
}

static void print_tallies(const struct explanation *explanation, gcs_time gc_ns,
                          struct gcs_text *text)
{
    static const char *const heads[] = {"",      "runs",  "examined", "collected", "yield",
                                        "freed", "bytes", "time",     "share"};
    static const char *const names[] = {"young", "middle", "full"};
    bool incremental =
        explanation->trial->setting.model->rules.mechanism == GCS_MECHANISM_INCREMENTAL;
    struct gcs_grid grid;
    gcs_grid_init(&grid, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        gcs_grid_add(&grid, "%s", heads[i]);
    for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
        const struct tally *tally = &explanation->tally[g];
        char bytes[16], time[16];
        gcs_print_bytes(tally->work.freed_bytes, bytes);
        gcs_print_time(tally->pause_ns, time);
        gcs_grid_add(&grid, "  %s", incremental && g == 1 ? "increments" : names[g]);
        add_count(&grid, tally->runs);
        add_count(&grid, tally->work.candidates);
        add_count(&grid, tally->work.collected);
        if (tally->work.candidates)
            gcs_grid_add(&grid, "%.1f %%",
                         100 * (double)tally->work.collected / (double)tally->work.candidates);
        else
            gcs_grid_add(&grid, "-");
        add_count(&grid, tally->work.freed_objects);
        gcs_grid_add(&grid, "%s", bytes);
        gcs_grid_add(&grid, "%s", time);
        if (gc_ns)
            gcs_grid_add(&grid, "%.1f %%", 100 * (double)tally->pause_ns / (double)gc_ns);
        else
            gcs_grid_add(&grid, "-");
    }
    gcs_grid_print(&grid, text);
    gcs_grid_fini(&grid);
}

static void print_in_vain(const struct explanation *explanation, struct gcs_text *text)
{
    const uint64_t *by = explanation->by_outcome;
    if (by[GCS_OUTCOME_FALLEN] || by[GCS_OUTCOME_DISABLED])
        gcs_text_add(text,
                     "checks in vain     %llu: counts had fallen at %llu, the collector was "
                     "disabled at %llu\n",
                     (unsigned long long)(by[GCS_OUTCOME_FALLEN] + by[GCS_OUTCOME_DISABLED]),
                     (unsigned long long)by[GCS_OUTCOME_FALLEN],
                     (unsigned long long)by[GCS_OUTCOME_DISABLED]);
    if (by[GCS_OUTCOME_MARKED] || by[GCS_OUTCOME_CREDIT])
        gcs_text_add(text,
                     "other increments   %llu only marked, %llu were in credit and returned at "
                     "once\n",
                     (unsigned long long)by[GCS_OUTCOME_MARKED],
                     (unsigned long long)by[GCS_OUTCOME_CREDIT]);
}

static void print_longest(const struct explanation *explanation, struct gcs_text *text)
{
    const struct story *longest = &explanation->longest;
    char pause[16], event[32], candidates[16];
    if (!longest->times)
        return;
    gcs_print_time(longest->pause_ns, pause);
    gcs_print_count(longest->last.collection.event, event);
    print_short(longest->work.candidates, candidates);
    gcs_text_add(text, "longest pause      %s at event %s", pause, event);
    if (explanation->longest_collection)
        gcs_text_add(text, ", collection %llu",
                     (unsigned long long)explanation->longest_collection);
    gcs_text_add(text, ": %s, %s objects examined\n%19s",
                 decision_name(explanation->trial->setting.model, &longest->last), candidates,
                 "");
    story_reason(longest, explanation->trial, text);
    gcs_text_add(text, "\n");
}

/* A figure of each list. */
static void print_census(const struct explanation *explanation, const char *label,
                         size_t offset, struct gcs_text *text)
{
    gcs_text_add(text, "%-18s ", label);
    for (unsigned i = 0; i < GCS_GENERATIONS + 1; i++) {
        uint64_t figure;
        char count[32];
        memcpy(&figure, (const unsigned char *)&explanation->census[i] + offset, sizeof figure);
        gcs_print_count(figure, count);
        gcs_text_add(text, "%s%s %s", i ? ", " : "",
                     list_name(explanation->trial->setting.model, i), count);
    }
    gcs_text_add(text, "\n");
}

/* What is left, and what it waits for. */
static void print_waiting(const struct explanation *explanation,
                          const struct gcs_ledger *ledger, struct gcs_text *text)
{
    const struct gcs_model *model = explanation->trial->setting.model;
    print_census(explanation, "waiting at the end", offsetof(struct gcs_census, objects), text);
    print_census(explanation, "garbage among it", offsetof(struct gcs_census, garbage), text);
    if (model->choose != gcs_choose_generational)
        return;
    const struct gcs_counts *counts = &ledger->counts;
    char pending[33], quarter[33];
    print_signed(counts->long_lived_pending, pending);
    print_signed(counts->long_lived_total / 4, quarter);
    gcs_text_add(text,
                 "counts at the end  %lld / %lld / %lld; a full collection needs %s pending, "
                 "and has %s\n",
                 (long long)counts->count[0], (long long)counts->count[1],
                 (long long)counts->count[2], quarter, pending);
}

static void print_summary(const struct explanation *explanation,
                          const struct gcs_ledger *ledger, struct gcs_text *text)
{
    char time[16], count[32];
    if (explanation->trial->setting.model->timing == GCS_TIMING_NEVER) {
        gcs_print_count(ledger->heap.garbage_objects, count);
        gcs_text_add(text,
                     "no cyclic collector: nothing to decide; %s objects of garbage left\n",
                     count);
        return;
    }
    gcs_text_add(text,
                 "decisions          %llu: %llu by thresholds, %llu by the program, %llu by "
                 "the strategy\n",
                 (unsigned long long)explanation->decisions,
                 (unsigned long long)explanation->by_cause[GCS_CAUSE_THRESHOLD],
                 (unsigned long long)explanation->by_cause[GCS_CAUSE_PROGRAM],
                 (unsigned long long)explanation->by_cause[GCS_CAUSE_STRATEGY]);
    print_tallies(explanation, ledger->gc_ns, text);
    if (explanation->trial->setting.model->choose == gcs_choose_generational)
        gcs_text_add(text,
                     "full collections   refused %llu times by the 25 %% rule, run %llu times "
                     "when due\n",
                     (unsigned long long)explanation->refused,
                     (unsigned long long)explanation->full_automatic);
    print_in_vain(explanation, text);
    gcs_print_time(ledger->gc_ns, time);
    gcs_text_add(text, "time               %s in the collector", time);
    if (ledger->mutator_ns)
        gcs_text_add(text, ", %.2f %% of CPU",
                     100 * (double)ledger->gc_ns /
                         ((double)ledger->gc_ns + (double)ledger->mutator_ns));
    gcs_text_add(text, "\n");
    print_longest(explanation, text);
    print_waiting(explanation, ledger, text);
}

/* The one trial, with us as witness. */
static enum gcs_status replay(const struct trials *trials, const struct options *options,
                              struct explanation *explanation, struct gcs_ledger *ledger,
                              struct gcs_memory *memory, struct gcs_error *error)
{
    const struct gcs_program *program = &trials->plan.programs[0];
    const struct gcs_witness witness = {decided, ended, explanation};
    struct gcs_trace *generated = NULL;
    struct gcs_lifetimes lifetimes = {0};
    enum gcs_status status = GCS_OK;
    if (!program->trace)
        status = gcs_workload_generate(program->workload, program->seed, program->max_events,
                                       false, memory, &generated, error);
    const struct gcs_trace *trace = program->trace ? program->trace : generated;
    if (status == GCS_OK)
        status = gcs_lifetimes_of(trace, memory, &lifetimes, error);
    if (status == GCS_OK) {
        struct gcs_text gaps;
        gcs_text_init(&gaps, NULL);
        gcs_replay_gaps(trace, &lifetimes, explanation->trial->setting.model, &gaps);
        for (const char *line = gaps.data; line && *line; line += strcspn(line, "\n") + 1)
            warn(false, "not modelled: %.*s", (int)strcspn(line, "\n"), line);
        gcs_text_fini(&gaps);
        status = gcs_replay_witnessed(trace, &lifetimes, &explanation->trial->setting,
                                      options->paranoid, &witness, memory, ledger, error);
    }
    if (status == GCS_OK || explanation->quit) {
        if (ledger->freeze_missing)
            warn(false,
                 "gc.freeze was asked of a version that has none (3.7 on): nothing was frozen");
        if (ledger->unmet && !explanation->quit)
            warn_unmet(explanation->trial->strategy, ledger->unmet);
    }
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(generated);
    return status;
}

static int explain(const struct trials *trials, const struct options *options,
                   struct explanation *explanation)
{
    struct gcs_memory memory = {.limit = trials->plan.max_memory};
    struct gcs_ledger ledger;
    struct gcs_error error = {0};
    struct gcs_sink sink = stdout_sink();
    gcs_ledger_init(&ledger, &memory);
    gcs_text_init(&explanation->out, &sink);
    if (options->format == FORMAT_CSV)
        gcs_csv_header(&gcs_decisions_file, &explanation->out);
    else if (options->format == FORMAT_JSON)
        gcs_text_add(&explanation->out, "[");
    else
        print_heading(trials, &explanation->out);
    if (options->step)
        gcs_text_flush(&explanation->out);
    enum gcs_status status = replay(trials, options, explanation, &ledger, &memory, &error);
    if (status == GCS_OK && options->format == FORMAT_JSON) {
        gcs_text_add(&explanation->out, "\n]\n");
    } else if (status == GCS_OK && options->format == FORMAT_TEXT) {
        close_story(explanation);
        if (explanation->stepper.goal)
            gcs_text_add(&explanation->out, "collection %llu never came: there were %llu\n\n",
                         (unsigned long long)explanation->stepper.goal,
                         (unsigned long long)explanation->stepper.collections);
        print_stories(explanation, &explanation->out);
        print_summary(explanation, &ledger, &explanation->out);
    }
    gcs_text_flush(&explanation->out); /* what stdout did not take, main tells */
    gcs_text_fini(&explanation->out);
    gcs_ledger_fini(&ledger);
    if (status == GCS_OK || explanation->quit || explanation->out.failed)
        return EXIT_DONE;
    input_print_error(trials->program, &error);
    return status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

/* `A:B`, either of which may be left out. */
static enum gcs_status parse_events(const char *text, struct explanation *explanation,
                                    struct gcs_error *error)
{
    const char *colon = text ? strchr(text, ':') : NULL, *why = "";
    explanation->events_to = UINT64_MAX;
    if (!text)
        return GCS_OK;
    if (!colon)
        return gcs_fail(error, GCS_INVALID, "--events: '%s': A:B is expected, both included",
                        text);
    size_t length = (size_t)(colon - text);
    if ((length &&
         !gcs_parse_whole(text, length, GCS_UNIT_NONE, &explanation->events_from, &why)) ||
        (colon[1] && !gcs_parse_whole(colon + 1, strlen(colon + 1), GCS_UNIT_NONE,
                                      &explanation->events_to, &why)))
        return gcs_fail(error, GCS_INVALID, "--events: '%s': %s", text, why);
    if (explanation->events_from > explanation->events_to)
        return gcs_fail(error, GCS_INVALID, "--events: '%s': the first is behind the last",
                        text);
    return GCS_OK;
}

static enum gcs_status parse_room(const char *value, const char *option, uint64_t otherwise,
                                  struct story **stories, uint64_t *room,
                                  struct gcs_error *error)
{
    GCS_TRY(options_whole(value, option, GCS_UNIT_NONE, otherwise, room, error));
    if (*room > SHOWN_MAX)
        return gcs_fail(error, GCS_INVALID, "--%s: %llu is not in 0 ... %d", option,
                        (unsigned long long)*room, SHOWN_MAX);
    *stories = calloc(*room + 1, sizeof **stories);
    return *stories ? GCS_OK : gcs_fail(error, GCS_NOMEM, "out of memory");
}

static enum gcs_status parse(const struct options *options, struct explanation *explanation,
                             struct gcs_error *error)
{
    bool limited = options->first || options->last;
    if (options->format != FORMAT_TEXT && (limited || options->step))
        return gcs_fail(
            error, GCS_INVALID,
            "--format %s has all decisions: --first, --last and --step are for text",
            options->format_name);
    if (options->step && (limited || options->events))
        return gcs_fail(error, GCS_INVALID,
                        "--step walks through all: --first, --last and --events are for lists");
    if (options->step && options->arguments.count && gcs_same(options->arguments.word[0], "-"))
        return gcs_fail(error, GCS_INVALID,
                        "--step reads what you type from stdin: INPUT cannot be `-`");
    GCS_TRY(parse_events(options->events, explanation, error));
    GCS_TRY(parse_room(options->first, "first", limited ? 0 : FIRST, &explanation->first,
                       &explanation->first_room, error));
    return parse_room(options->last, "last", limited ? 0 : LAST, &explanation->last,
                      &explanation->last_room, error);
}

int command_explain(const struct options *options)
{
    struct explanation explanation = {.options = options,
                                      .stepper.prompt = isatty(STDIN_FILENO) == 1};
    struct gcs_error error = {0};
    if (options->arguments.count != 1) {
        print_usage_error("one INPUT is expected: gcsim explain --help");
        return EXIT_USAGE;
    }
    if (parse(options, &explanation, &error) != GCS_OK) {
        print_error(NULL, &error);
        free(explanation.first);
        return error.status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    struct input input;
    int code = input_open(&input, options->arguments.word[0], options);
    if (code == EXIT_DONE) {
        struct trials trials;
        code = trials_make(&trials, &input, options, false);
        if (code == EXIT_DONE) {
            explanation.trial = &trials.plan.trials[0];
            code = explain(&trials, options, &explanation);
        }
        trials_free(&trials);
    }
    input_close(&input);
    free(explanation.first);
    free(explanation.last);
    return code;
}
