/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stories: decisions alike are told once. The reasons are worked out from the figures that the
 * collector saw (cpython-gc.md 3.2; collector.h, gcs_choose_generational). */
#include "explain.h"

#include <stdio.h>
#include <string.h>

static const char *const lessons[] = {
    [RULE_YOUNG] = "count0 is allocations less deallocations since the last collection. The "
                   "oldest generation over\n  its threshold is collected; here only the "
                   "youngest is.",
    [RULE_MIDDLE] = "count1 is the number of young collections since the last middle one. It "
                    "is over threshold1,\n  so generations 0 and 1 are examined together.",
    [RULE_FULL] = "count2 is the number of middle collections since the last full one. It is "
                  "over threshold2, and\n  pending is no less than a quarter of total: "
                  "everything is examined but what is frozen.",
    [RULE_REFUSED] = "Generation 2 is due, but too little grew old since the last full "
                     "collection: pending is under\n  a quarter of total (the 25 % rule). The "
                     "next younger generation over its threshold runs\n  instead, and the "
                     "test comes again at each trigger.",
    [RULE_ASKED] = "gc.collect() tests neither thresholds nor the 25 % rule, and runs even "
                   "if the collector\n  is disabled.",
    [RULE_INCREMENT] = "An increment examines all young objects, and as many old ones, with "
                       "what they reach, as\n  work_to_do asks for.",
    [RULE_MARK] = "A new cycle begins: what roots reach is marked as visited, and its size is "
                  "charged to\n  work_to_do (twice). Nothing is collected yet.",
    [RULE_CREDIT] = "work_to_do is below 0: earlier increments did more than their share. "
                    "This one returns at\n  once, and the young objects stay.",
    [RULE_FALLEN] = "From 3.12 an allocation only schedules a collection. At the next check "
                    "the counts are tested\n  anew, and objects that died meanwhile have "
                    "brought them down.",
    [RULE_DISABLED] = "From 3.12 an allocation only schedules a collection. By the next check "
                      "the program had\n  disabled the collector.",
    [RULE_MODEL] = "The model chose so by its counts and thresholds.",
};

const char *rule_lesson(enum rule rule)
{
    return lessons[rule];
}

static bool is_incremental(const struct gcs_model *model)
{
    return model->rules.mechanism == GCS_MECHANISM_INCREMENTAL;
}

static enum rule rule_of(const struct gcs_model *model, const struct gcs_decision *decision)
{
    static const enum rule by_generation[] = {RULE_YOUNG, RULE_MIDDLE, RULE_FULL};
    if (decision->outcome == GCS_OUTCOME_DISABLED)
        return RULE_DISABLED;
    if (decision->outcome == GCS_OUTCOME_MARKED)
        return RULE_MARK;
    if (decision->outcome == GCS_OUTCOME_CREDIT)
        return RULE_CREDIT;
    if (decision->collection.cause != GCS_CAUSE_THRESHOLD)
        return RULE_ASKED;
    if (gcs_decision_row_of(0, model, decision).full_refused)
        return RULE_REFUSED;
    if (decision->outcome == GCS_OUTCOME_FALLEN)
        return RULE_FALLEN;
    if (is_incremental(model))
        return RULE_INCREMENT;
    return model->choose == gcs_choose_generational
               ? by_generation[decision->collection.work.generation]
               : RULE_MODEL;
}

static void take_in(struct story *story, const struct gcs_decision *decision)
{
    const struct gcs_work *work = &decision->collection.work;
    int64_t count0 = decision->counts.count[0];
    if (!story->times || count0 < story->count0_least)
        story->count0_least = count0;
    if (!story->times || count0 > story->count0_most)
        story->count0_most = count0;
    story->times++;
    story->last = *decision;
    story->pause_ns += decision->collection.pause_ns;
    story->work.generation = work->generation;
    story->work.candidates += work->candidates;
    story->work.references += work->references;
    story->work.collected += work->collected;
    story->work.uncollectable += work->uncollectable;
    story->work.survivors += work->survivors;
    story->work.finalizers += work->finalizers;
    story->work.freed_objects += work->freed_objects;
    story->work.freed_bytes += work->freed_bytes;
}

struct story story_begin(uint64_t number, const struct gcs_model *model,
                         const struct gcs_decision *decision)
{
    struct story story = {.number = number, .rule = rule_of(model, decision)};
    take_in(&story, decision);
    return story;
}

bool story_continues(struct story *story, const struct gcs_model *model,
                     const struct gcs_decision *decision)
{
    const struct gcs_decision *last = &story->last;
    if (rule_of(model, decision) != story->rule || decision->outcome != last->outcome ||
        decision->collection.cause != last->collection.cause ||
        decision->collection.work.generation != last->collection.work.generation ||
        memcmp(decision->threshold, last->threshold, sizeof last->threshold) != 0)
        return false;
    if (story->rule == RULE_REFUSED &&
        (decision->counts.long_lived_pending != last->counts.long_lived_pending ||
         decision->counts.long_lived_total != last->counts.long_lived_total))
        return false;
    take_in(story, decision);
    return true;
}

const char *decision_name(const struct gcs_model *model, const struct gcs_decision *decision)
{
    static const char *const names[] = {"young", "middle", "full"};
    unsigned generation = decision->collection.work.generation;
    switch (decision->outcome) {
    case GCS_OUTCOME_MARKED:
        return "mark";
    case GCS_OUTCOME_CREDIT:
        return "in credit";
    case GCS_OUTCOME_FALLEN:
    case GCS_OUTCOME_DISABLED:
        return "in vain";
    case GCS_OUTCOME_COLLECTED:
    case GCS_OUTCOME_COUNT:
        break;
    }
    return is_incremental(model) && generation == 1 ? "increment" : names[generation];
}

const char *list_name(const struct gcs_model *model, unsigned list)
{
    static const char *const generational[] = {"young", "middle", "old", "frozen"};
    static const char *const incremental[] = {"young", "visited", "pending", "frozen"};
    return is_incremental(model) ? incremental[list] : generational[list];
}

void print_short(uint64_t count, char text[16])
{
    char exact[32];
    double value = (double)count;
    if (count < 10000) {
        gcs_print_count(count, exact);
        snprintf(text, 16, "%.15s", exact);
    } else if (value < 999.5e3) {
        snprintf(text, 16, value < 99950 ? "%.1fk" : "%.0fk", value / 1e3);
    } else if (value < 999.5e6) {
        snprintf(text, 16, value < 9.995e6 ? "%.2fM" : "%.1fM", value / 1e6);
    } else {
        snprintf(text, 16, "%.2fG", value / 1e9);
    }
}

void print_signed(int64_t count, char text[33])
{
    text[0] = '-';
    gcs_print_count(count < 0 ? 0 - (uint64_t)count : (uint64_t)count, text + (count < 0));
}

/* "count1 11 > 10" */
static void add_over(unsigned generation, const struct gcs_decision *decision,
                     struct gcs_text *text)
{
    char count[33], threshold[33];
    print_signed(decision->counts.count[generation], count);
    print_signed(decision->threshold[generation], threshold);
    gcs_text_add(text, "count%u %s > %s", generation, count, threshold);
}

static void add_count0(const struct story *story, struct gcs_text *text)
{
    char least[33], most[33], threshold[33];
    print_signed(story->count0_least, least);
    print_signed(story->count0_most, most);
    print_signed(story->last.threshold[0], threshold);
    if (story->count0_least == story->count0_most)
        gcs_text_add(text, "count0 %s", least);
    else
        gcs_text_add(text, "count0 %s to %s", least, most);
    gcs_text_add(text, story->rule == RULE_FALLEN ? ", no longer > %s" : " > %s", threshold);
}

static void add_refusal(const struct story *story, struct gcs_text *text)
{
    const struct gcs_counts *counts = &story->last.counts;
    char pending[33], total[33];
    print_signed(counts->long_lived_pending, pending);
    print_signed(counts->long_lived_total, total);
    gcs_text_add(text, "full refused: %s < %s/4; ", pending, total);
    if (story->last.outcome != GCS_OUTCOME_COLLECTED)
        gcs_text_add(text, "no other is due");
    else if (story->last.collection.work.generation == 0)
        add_count0(story, text);
    else
        add_over(story->last.collection.work.generation, &story->last, text);
}

static void add_full(const struct story *story, struct gcs_text *text)
{
    const struct gcs_counts *counts = &story->last.counts;
    char pending[33], total[33];
    print_signed(counts->long_lived_pending, pending);
    print_signed(counts->long_lived_total, total);
    add_over(2, &story->last, text);
    gcs_text_add(text, ", %s pending >= %s/4", pending, total);
}

/* "work_to_do -5,000 -> -2,999" */
static void add_work_to_do(const struct story *story, struct gcs_text *text)
{
    char before[33], after[33];
    print_signed(story->last.before.work_to_do, before);
    print_signed(story->last.after.work_to_do, after);
    gcs_text_add(text, "work_to_do %s -> %s", before, after);
}

static void add_asked(const struct story *story, const struct gcs_trial *trial,
                      struct gcs_text *text)
{
    unsigned generation = story->last.collection.work.generation;
    if (story->last.collection.cause == GCS_CAUSE_PROGRAM)
        gcs_text_add(text, "the program calls gc.collect(%u)", generation);
    else
        gcs_text_add(text, "strategy %s: collect %u", trial->strategy, generation);
}

void story_reason(const struct story *story, const struct gcs_trial *trial,
                  struct gcs_text *text)
{
    const struct gcs_decision *last = &story->last;
    uint64_t waited = last->collection.event - last->scheduled_event;
    switch (story->rule) {
    case RULE_YOUNG:
    case RULE_MODEL:
    case RULE_FALLEN:
        add_count0(story, text);
        break;
    case RULE_MIDDLE:
        add_over(1, last, text);
        break;
    case RULE_FULL:
        add_full(story, text);
        break;
    case RULE_REFUSED:
        add_refusal(story, text);
        break;
    case RULE_ASKED:
        add_asked(story, trial, text);
        break;
    case RULE_INCREMENT:
    case RULE_MARK:
    case RULE_CREDIT:
        if (last->collection.cause == GCS_CAUSE_THRESHOLD)
            add_count0(story, text);
        else
            add_asked(story, trial, text);
        gcs_text_add(text, "; ");
        add_work_to_do(story, text);
        break;
    case RULE_DISABLED:
        gcs_text_add(text, "disabled since it was scheduled");
        break;
    }
    if (waited && story->times == 1)
        gcs_text_add(text, " (asked %llu event%s before)", (unsigned long long)waited,
                     waited == 1 ? "" : "s");
}

void story_yield(const struct story *story, struct gcs_text *text)
{
    const struct gcs_work *work = &story->work;
    char a[16], b[16], c[16];
    print_short(work->candidates, a);
    print_short(work->references, b);
    if (story->last.outcome == GCS_OUTCOME_MARKED) {
        gcs_text_add(text, "marked %s", a);
        return;
    }
    gcs_text_add(text, "examined %s (%s references); ", a, b);
    print_short(work->collected, a);
    if (work->collected)
        gcs_text_add(text, "collected %s", a);
    else
        gcs_text_add(text, "found nothing");
    if (work->uncollectable)
        gcs_text_add(text, ", uncollectable %llu", (unsigned long long)work->uncollectable);
    if (work->finalizers)
        gcs_text_add(text, ", %llu __del__", (unsigned long long)work->finalizers);
    print_short(work->freed_objects, b);
    gcs_print_bytes(work->freed_bytes, c);
    if (work->freed_objects)
        gcs_text_add(text, ", freed %s (%s)", b, c);
    print_short(work->survivors, a);
    gcs_text_add(text, "; %s survive", a);
}

void story_print(const struct story *story, const struct gcs_trial *trial,
                 struct gcs_text *text)
{
    const struct gcs_decision *last = &story->last;
    const char *name = decision_name(trial->setting.model, last);
    bool worked = last->outcome == GCS_OUTCOME_COLLECTED || last->outcome == GCS_OUTCOME_MARKED;
    char event[32], time[16], pause[16], what[48];
    int room = 12; /* in characters: the cross has two bytes */
    gcs_print_count(last->collection.event, event);
    gcs_print_time(last->collection.time_ns, time);
    gcs_print_time(story->pause_ns, pause);
    snprintf(what, sizeof what, "%s", name);
    if (story->times > 1)
        room += snprintf(what, sizeof what, "%s \xc3\x97 %llu", name,
                         (unsigned long long)story->times) > 0;
    gcs_text_add(text, "%11s  %7s  %-*s  %7s  ", event, time, room, what,
                 story->pause_ns ? pause : "-");
    story_reason(story, trial, text);
    if (worked) {
        gcs_text_add(text, "\n%11s", "");
        story_yield(story, text);
    }
    gcs_text_add(text, "\n");
}
