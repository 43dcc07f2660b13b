/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain.h — from decisions to what a person reads, for the files that do it:
 *
 *   explain.c  the command: options, the run, the list of stories
 *   story.c    decisions that are alike are one story; what it says
 *   step.c     one at a time, for teaching
 */
#ifndef GCSIM_CLI_EXPLAIN_H
#define GCSIM_CLI_EXPLAIN_H

#include "trials.h"

/* Why the collector did what it did. lessons[] in story.c has the words. */
enum rule {
    RULE_YOUNG,
    RULE_MIDDLE,
    RULE_FULL,
    RULE_REFUSED, /* the 25 % test; a younger generation, or none, instead */
    RULE_ASKED,   /* gc.collect() */
    RULE_INCREMENT,
    RULE_MARK,
    RULE_CREDIT,
    RULE_FALLEN,
    RULE_DISABLED,
    RULE_MODEL, /* a model whose choice is not explained here */
};

/* Decisions in a row that differ in nothing but their figures. */
struct story {
    uint64_t number; /* of the first decision */
    uint64_t times;
    enum rule rule;
    struct gcs_decision last;
    int64_t count0_least;
    int64_t count0_most;
    struct gcs_work work; /* all together, as is the pause */
    gcs_time pause_ns;
};

struct story story_begin(uint64_t number, const struct gcs_model *model,
                         const struct gcs_decision *decision);
/** Takes the decision in if it is like the story's; false: it is a story of its own. */
bool story_continues(struct story *story, const struct gcs_model *model,
                     const struct gcs_decision *decision);
/** Two lines at most: when, what and why; what it cost and gave. */
void story_print(const struct story *story, const struct gcs_trial *trial,
                 struct gcs_text *text);
/** "count0 2,001 > 2,000" */
void story_reason(const struct story *story, const struct gcs_trial *trial,
                  struct gcs_text *text);
/** "examined 2,001 (4,002 references); …" */
void story_yield(const struct story *story, struct gcs_text *text);
/** What applied, in a sentence or three. */
const char *rule_lesson(enum rule rule);
/** "young", "middle", "full", "increment"; what it came to if nothing was collected. */
const char *decision_name(const struct gcs_model *model, const struct gcs_decision *decision);
/** What the model calls its lists: generations 0, 1, 2 and the permanent one. */
const char *list_name(const struct gcs_model *model, unsigned list);
/** "9,999", "22.0k", "1.50M" */
void print_short(uint64_t count, char text[16]);
/** "-5,000" */
void print_signed(int64_t count, char text[33]);

/* step.c */
struct stepper {
    bool prompt;          /* a person sits there */
    uint64_t collections; /* so far */
    uint64_t goal;        /* run on to this collection; 0: stop at each decision */
    bool to_end;          /* run on */
};
/** Shows the decision and waits for a line. false: quit. */
bool step(struct stepper *stepper, const struct story *story, const struct gcs_trial *trial,
          const struct gcs_heap *heap);

#endif
