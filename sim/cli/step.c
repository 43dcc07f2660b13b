/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stepping: one decision a time, with what the collector saw, did, and left. */
#include "explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_three(const char *label, const int64_t values[GCS_GENERATIONS],
                      struct gcs_text *text)
{
    char a[33], b[33], c[33];
    print_signed(values[0], a);
    print_signed(values[1], b);
    print_signed(values[2], c);
    gcs_text_add(text, "  %-11s %s / %s / %s", label, a, b, c);
}

/* What the 25 % rule, or the incremental collector's, goes by. */
static void add_state(const struct gcs_decision *decision, const struct gcs_model *model,
                      struct gcs_text *text)
{
    char a[33], b[33], c[33];
    if (model->rules.mechanism == GCS_MECHANISM_INCREMENTAL) {
        print_signed(decision->before.work_to_do, a);
        print_signed(decision->after.work_to_do, b);
        gcs_text_add(text, "  %-11s %s, %s after; phase: %s\n", "work_to_do", a, b,
                     decision->before.marked ? "collect" : "mark");
        return;
    }
    if (model->rules.mechanism == GCS_MECHANISM_FREE_THREADED) {
        print_signed(decision->counts.long_lived_total, a);
        print_signed(decision->counts.long_lived_total / 4, b);
        gcs_text_add(text, "  %-11s %s total: an automatic run wants a quarter new, %s\n",
                     "long-lived", a, b);
        return;
    }
    print_signed(decision->counts.long_lived_pending, a);
    print_signed(decision->counts.long_lived_total, b);
    print_signed(decision->counts.long_lived_total / 4, c);
    gcs_text_add(text, "  %-11s %s pending, %s total: a full collection needs %s pending\n",
                 "long-lived", a, b, c);
}

static void add_lists(const struct gcs_heap *heap, const struct gcs_model *model,
                      struct gcs_text *text)
{
    struct gcs_census census[GCS_GENERATIONS + 1];
    gcs_heap_census(heap, census);
    gcs_text_add(text, "  %-11s ", "now");
    for (unsigned i = 0; i < GCS_GENERATIONS + 1; i++) {
        char objects[32], garbage[32];
        gcs_print_count(census[i].objects, objects);
        gcs_print_count(census[i].garbage, garbage);
        gcs_text_add(text, "%s%s %s", i ? ", " : "", list_name(model, i), objects);
        if (census[i].garbage)
            gcs_text_add(text, " (garbage: %s)", garbage);
    }
    gcs_text_add(text, "\n");
}

static void show(const struct stepper *stepper, const struct story *story,
                 const struct gcs_trial *trial, const struct gcs_heap *heap)
{
    const struct gcs_model *model = trial->setting.model;
    const struct gcs_decision *decision = &story->last;
    const char *name = decision_name(model, decision);
    char event[32], time[16];
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_print_count(decision->collection.event, event);
    gcs_print_time(decision->collection.time_ns, time);
    if (decision->outcome == GCS_OUTCOME_COLLECTED)
        gcs_text_add(&text, "collection %llu: %s", (unsigned long long)stepper->collections,
                     name);
    else
        gcs_text_add(&text, "%s",
                     decision->outcome == GCS_OUTCOME_MARKED   ? "an increment that marks"
                     : decision->outcome == GCS_OUTCOME_CREDIT ? "an increment in credit"
                                                               : "a check in vain");
    gcs_text_add(&text, ", event %s at %s\n", event, time);
    add_three("counts", decision->counts.count, &text);
    gcs_text_add(&text, "\n");
    add_three("thresholds", decision->threshold, &text);
    gcs_text_add(&text, "\n");
    add_state(decision, model, &text);
    gcs_text_add(&text, "  %-11s ", "why");
    story_reason(story, trial, &text);
    gcs_text_add(&text, "\n  %s\n", rule_lesson(story->rule));
    if (decision->outcome == GCS_OUTCOME_COLLECTED || decision->outcome == GCS_OUTCOME_MARKED) {
        char pause[16];
        gcs_print_time(story->pause_ns, pause);
        gcs_text_add(&text, "  %-11s %s: ", "cost, yield", pause);
        story_yield(story, &text);
        gcs_text_add(&text, "\n");
    }
    add_three("counts now", gcs_heap_counts(heap)->count, &text);
    gcs_text_add(&text, "\n");
    add_lists(heap, model, &text);
    gcs_text_add(&text, "\n");
    print_out(&text);
    gcs_text_fini(&text);
}

/* Does what a line says; false: quit. *again: it said nothing that goes on. */
static bool obey(struct stepper *stepper, const char *line, bool *again)
{
    unsigned long long goal;
    char rest;
    *again = false;
    if (line[0] == '\0')
        return true;
    if (gcs_same(line, "q"))
        return false;
    if (gcs_same(line, "c")) {
        stepper->to_end = true;
    } else if (sscanf(line, "g %llu%c", &goal, &rest) == 1 && line[2] != '-') {
        *again = goal <= stepper->collections;
        if (*again)
            printf("collection %llu is past\n", goal);
        else
            stepper->goal = goal;
    } else {
        *again = true;
        printf("Enter: next; g N: go on to collection N; c: go on to the end; q: quit\n");
    }
    return true;
}

bool step(struct stepper *stepper, const struct story *story, const struct gcs_trial *trial,
          const struct gcs_heap *heap)
{
    char line[128];
    bool again = true;
    stepper->collections += story->last.outcome == GCS_OUTCOME_COLLECTED;
    if (stepper->to_end || stepper->collections < stepper->goal)
        return true;
    stepper->goal = 0;
    show(stepper, story, trial, heap);
    while (again) {
        if (stepper->prompt)
            printf("[Enter, g N, c, q] ");
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return false;
        line[strcspn(line, "\r\n")] = '\0';
        if (!obey(stepper, line, &again))
            return false;
    }
    return true;
}
