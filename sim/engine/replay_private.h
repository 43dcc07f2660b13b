/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of the loop in replay.c, for the files of this stage. */
#ifndef GCSIM_REPLAY_PRIVATE_H
#define GCSIM_REPLAY_PRIVATE_H

#include <gcsim/baseline.h>
#include <gcsim/engine.h>

struct open_request {
    uint64_t request;
    gcs_time arrival;
};

/* A rule of the strategy. */
struct rule_state {
    uint64_t due; /* when next: in allocations, requests, ns; UINT64_MAX: never again */
    bool met;     /* its moment came, some time */
    bool now;     /* its moment is now … */
    bool acts;    /* … and its conditions hold */
};

/* The strategy's last collection of a generation, or of any. */
struct own_collection {
    bool ever;
    gcs_time end;      /* on the clock */
    gcs_time busy_end; /* on the clock without waiting */
    gcs_time pause;
};

/* What does the collecting: the heap, or the index. */
struct backing {
    void (*collect)(void *self, unsigned generation, struct gcs_work *work);
    void (*freeze)(void *self);
    void (*unfreeze)(void *self);
    void (*defer)(void *self); /* the index covers no model that does */
    /* The next allocation that takes count0 above this is to be told. */
    void (*arm)(void *self, int64_t above, int64_t threshold1);
    const char *(*check)(void *self); /* why its books do not balance, or NULL */
};

struct replay {
    const struct gcs_trace *trace;
    const struct gcs_lifetimes *lifetimes;
    const struct gcs_setting *setting;
    const struct gcs_model *model;
    struct gcs_memory *memory;
    struct gcs_ledger *ledger;
    const struct backing *backing;
    void *self;
    bool sampled; /* the heap's history is wanted */
    const struct gcs_counts *counts;
    const struct gcs_totals *totals;
    bool check;
    const struct gcs_witness *witness; /* or NULL */

    /* The interpreter */
    int64_t threshold[GCS_GENERATIONS];
    bool enabled;
    bool scheduled;           /* a run at the next check (from 3.12) */
    uint64_t scheduled_event; /* since when */
    bool stretch;             /* between `u` and `v`: no check comes */

    /* The world */
    uint64_t event;
    gcs_time clock;
    gcs_time
        warm_at; /* when the warm-up ends by the clock; UINT64_MAX: not by it, or it is over */
    gcs_area area;
    size_t garbage_next; /* in lifetimes->garbage */
    struct open_request *open;
    size_t open_count;
    size_t open_capacity;

    /* The strategy */
    struct rule_state *rules;
    size_t rule_capacity;
    struct own_collection own[GCS_GENERATIONS];
    struct own_collection last_own;
    uint64_t requests_ended;
    uint64_t idles;
};

/* interpreter.c: what the interpreter and the world do, whatever does the collecting */
void interpreter_new(struct replay *replay, const struct gcs_setting *setting);
void arm_trigger(struct replay *replay);
/* The clock moves on, and one account of the ledger with it. */
void pass(struct replay *replay, gcs_time *account, gcs_time ns);
/* The same while the heap stays as it is. */
void advance(struct replay *replay, gcs_time *account, gcs_time ns);
/* Behind all that is done at a mark. */
void meet_mark(struct replay *replay, const struct gcs_event *event);
struct gcs_sample sample_now(const struct replay *replay);
enum gcs_status collect_automatically(struct replay *replay, struct gcs_error *error);
/* From 3.12: a run at the eval breaker's next check, where the counts are tested anew. */
void schedule(struct replay *replay);
enum gcs_status check_scheduled(struct replay *replay, struct gcs_error *error);
enum gcs_status act_program(struct replay *replay, const struct gcs_event *event,
                            const uint64_t *targets, struct gcs_error *error);
enum gcs_status idle(struct replay *replay, gcs_time ns, struct gcs_error *error);
enum gcs_status begin_request(struct replay *replay, const struct gcs_event *event,
                              struct gcs_error *error);
enum gcs_status end_request(struct replay *replay, const struct gcs_event *event,
                            struct gcs_error *error);
void close_books(struct replay *replay);
enum gcs_status act(struct replay *replay, const struct gcs_action *action,
                    enum gcs_cause cause, struct gcs_error *error);

/* ledger.c */
enum gcs_status ledger_add_collection(struct gcs_ledger *ledger,
                                      const struct gcs_collection *collection,
                                      struct gcs_error *error);
enum gcs_status ledger_add_request(struct gcs_ledger *ledger, gcs_time ns,
                                   struct gcs_error *error);
/* What sample_events will be when so many events have been observed. */
uint64_t ledger_stretch(uint64_t events);
enum gcs_status ledger_observe(struct gcs_ledger *ledger, const struct gcs_sample *sample,
                               struct gcs_error *error);
enum gcs_status ledger_end(struct gcs_ledger *ledger, const struct gcs_sample *sample,
                           struct gcs_error *error);

/* witness.c: ask before, tell after; `in vain`: both at once, if there is a witness */
void witness_ask(const struct replay *replay, enum gcs_cause cause,
                 struct gcs_decision *decision);
enum gcs_status witness_tell(const struct replay *replay, struct gcs_decision *decision,
                             struct gcs_error *error);
enum gcs_status witness_collected(const struct replay *replay, struct gcs_decision *decision,
                                  const struct gcs_collection *collection,
                                  struct gcs_error *error);
enum gcs_status witness_in_vain(const struct replay *replay, enum gcs_outcome outcome,
                                struct gcs_error *error);

/* rules.c */
enum gcs_status rules_begin(struct replay *replay, struct gcs_error *error);
enum gcs_status rules_after(struct replay *replay, const struct gcs_event *event,
                            struct gcs_error *error);
enum gcs_status rules_idle(struct replay *replay, struct gcs_error *error);
/* When the next rule that goes by the clock is due; UINT64_MAX: there is none. */
gcs_time rules_next_tick(const struct replay *replay);
/* Those that are due by now, in the midst of waiting. */
enum gcs_status rules_tick(struct replay *replay, struct gcs_error *error);
void rules_end(struct replay *replay);

#endif
