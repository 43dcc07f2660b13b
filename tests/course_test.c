/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: what a site, a request or a phase does beyond allocating is in the trace as declared:
 * stores, queues, caches, weak values, stretches, waits, bursts, the program's own gc calls,
 * the teardown. Method: each trace is checked for soundness, and its events are counted by
 * rules of their own, which know nothing of the generator.
 */
#include "workload_facts.h"
#include "workload_made.h"
#include "workload_statistics.h"

#include <check.h>

#include <math.h>
#include <stdlib.h>

/* Type 0 is `one`, type 1 `two`, as far as sites use them. */
#define HEAD                                                            \
    "workload: w\ncyclic: 0\nstartup_objects: 300\nlive_objects: 300\n" \
    "types: {one: {attributes: 4}, two: {attributes: 4}}\n"

/*
 * Requests
 */
/* What is open, as the trace says it. */
struct traffic {
    uint64_t requests, most;
    double area;       /* of open requests over time, ns */
    double *durations; /* by request */
    gcs_time clock, idle;
};

static struct traffic traffic_of(const struct script *script)
{
    struct traffic traffic = {.durations = calloc(script->count + 1, sizeof(double))};
    uint64_t open = 0;
    for (uint64_t i = 0; i < script->count; i++) {
        const struct gcs_event *event = &script->events[i];
        if (event->op == GCS_OP_WORK || event->op == GCS_OP_IDLE) {
            traffic.clock += event->object;
            traffic.area += (double)open * (double)event->object;
            traffic.idle += event->op == GCS_OP_IDLE ? event->object : 0;
        } else if (event->op == GCS_OP_BEGIN) {
            if (!open && traffic.clock < event->value)
                traffic.clock = event->value;
            traffic.durations[event->object] = -(double)traffic.clock;
            traffic.requests++;
            if (++open > traffic.most)
                traffic.most = open;
        } else if (event->op == GCS_OP_END) {
            traffic.durations[event->object] += (double)traffic.clock;
            open--;
        }
    }
    ck_assert_uint_eq(open, 0);
    return traffic;
}

#define ASYNC                                                                            \
    HEAD "duration: 5s\nrate: 100\nservice_time: 1ms\nallocations_per_request: 100\n"    \
         "sites: {a: {types: one, lifetime: request, targets: {recent: 3}}, b: {types: " \
         "two}}\n"

START_TEST(several_requests_are_open_while_they_wait)
{
    struct script script = sound(ASYNC "requests: {concurrency: 7, awaits: 4, await_time: "
                                       "{value: 5ms}}\nphases: {steady: {}}\n",
                                 NULL);
    struct traffic traffic = traffic_of(&script);
    double sum = 0;
    for (uint64_t i = 1; i <= traffic.requests; i++) {
        MUST(traffic.durations[i] >= 4 * 5e6);
        sum += traffic.durations[i];
    }
    ck_assert_uint_gt(traffic.requests, 400);
    ck_assert_uint_eq(traffic.most, 7);
    /* 21 ms each and 100 a second make two at a time, Little says; they delay each other. */
    double open = traffic.area / (double)traffic.clock;
    ck_assert(open > 1.9 && open < 3);
    ck_assert_double_eq_tol(sum, traffic.area, 1);
    free(traffic.durations);
    script_free(&script);
}
END_TEST

START_TEST(what_requests_make_goes_with_its_own_request)
{
    struct script script = sound(ASYNC "requests: {concurrency: 7, awaits: 4, await_time: "
                                       "{value: 5ms}}\nphases: {steady: {}}\n",
                                 NULL);
    struct known *known = know(&script);
    uint64_t *begun = calloc(script.count + 1, sizeof *begun); /* by request: event */
    uint64_t dropped = 0, all = 0, interleaved = 0;
    for (uint64_t i = 0; i < script.count; i++) {
        const struct gcs_event *event = &script.events[i];
        all += event->op == GCS_OP_ALLOCATE && event->type == 0;
        if (event->op == GCS_OP_BEGIN)
            begun[event->object] = i;
        if (event->op != GCS_OP_END)
            continue;
        uint64_t before = UINT64_MAX, others = 0;
        for (uint64_t j = i - 1; script.events[j].op == GCS_OP_ROOT_LESS &&
                                 known[script.events[j].object].type == 0;
             j--, dropped++) { /* backwards: the youngest went first */
            uint64_t object = script.events[j].object;
            MUST(known[object].born > begun[event->object]);
            MUST(before == UINT64_MAX || object > before);
            for (uint64_t k = before + 1; before != UINT64_MAX && k < object; k++)
                others += known[k].type == 0; /* of those that were open, too */
            before = object;
        }
        interleaved += others > 0;
    }
    ck_assert_uint_eq(dropped, all);
    ck_assert_uint_gt(interleaved, 300);
    free(begun);
    free(known);
    script_free(&script);
}
END_TEST

START_TEST(alone_a_request_waits_idly)
{
    struct script script = sound(
        ASYNC "requests: {awaits: 3, await_time: {value: 2ms}}\nphases: {steady: {}}\n", NULL);
    struct traffic traffic = traffic_of(&script);
    ck_assert_uint_eq(traffic.most, 1);
    ck_assert_uint_eq(traffic.idle, traffic.requests * 3 * 2000000);
    free(traffic.durations);
    script_free(&script);
}
END_TEST

START_TEST(in_a_closed_loop_concurrency_is_the_number_of_clients)
{
    struct script script = sound(
        ASYNC
        "requests: {arrivals: closed, think_time: {value: 10ms}, concurrency: 5, awaits: 1, "
        "await_time: {value: 20ms}, service_time: {value: 100us}}\nphases: {steady: {}}\n",
        NULL);
    struct traffic traffic = traffic_of(&script);
    ck_assert_uint_eq(traffic.most, 5);
    /* Each client: 10 ms, 20 ms and its own work, and that of others which is in its way. */
    ck_assert_double_eq_tol((double)traffic.requests, 5 * 5 / 0.0303, 25);
    free(traffic.durations);
    script_free(&script);
}
END_TEST

START_TEST(bursts_come_and_go_and_keep_the_mean_rate)
{
    struct facts facts = facts_from(
        HEAD "duration: 300s\nrate: 200\nallocations_per_request: 1\nservice_time: 1us\n"
             "sites: {a: {types: one}}\n"
             "requests: {arrivals: bursty, burst: {on: 100ms, off: 900ms}}\n");
    size_t count = facts.request_count, bursts = 0, within = 0;
    double *gaps = calloc(count, sizeof *gaps);
    for (size_t i = 1; i < count; i++) {
        double gap = (double)(facts.requests[i + 1].arrival - facts.requests[i].arrival);
        if (gap > 20e6) /* 2000 a second within a burst: never by chance */
            bursts++;
        else if (gap < 4e6) /* quiet that is so short would show */
            gaps[within++] = gap;
    }
    /* Cycles of a second; a burst and the quiet vary, as exponentials do. */
    ck_assert_double_eq_tol((double)bursts, 300 * exp(-20.0 / 900), 5 * sqrt(300));
    ck_assert_double_eq_tol((double)count, 60000, 5 * 60000 * sqrt(2.0 / 300));
    check_ks("gaps in a burst", gaps, within > 5000 ? 5000 : within, cut_exponential,
             (const double[]){0.5e6, 4e6});
    free(gaps);
    facts_free(&facts);
}
END_TEST

/*
 * The program and the collector
 */
struct call {
    enum gcs_op op;
    unsigned detail;
    unsigned count;
    uint64_t values[3];
};

static void check_calls(const struct script *script, const struct call *calls, size_t count)
{
    size_t at = 0;
    for (uint64_t i = 0; i < script->count; i++) {
        const struct gcs_event *event = &script->events[i];
        if (event->op != GCS_OP_GC && event->op != GCS_OP_COLLECT && event->op != GCS_OP_MARK)
            continue;
        ck_assert_uint_lt(at, count);
        ck_assert_uint_eq(event->op, calls[at].op);
        ck_assert_uint_eq(event->detail, calls[at].detail);
        for (unsigned j = 0; j < calls[at].count; j++)
            ck_assert_uint_eq(script->targets[event->first + j], calls[at].values[j]);
        at++;
    }
    ck_assert_uint_eq(at, count);
}

START_TEST(phases_begin_with_the_calls_declared)
{
    static const struct call calls[] = {
        {.op = GCS_OP_GC, .detail = GCS_GC_DISABLE},
        {.op = GCS_OP_MARK},
        {.op = GCS_OP_COLLECT, .detail = 2},
        {.op = GCS_OP_GC, .detail = GCS_GC_FREEZE},
        {.op = GCS_OP_GC, .detail = GCS_GC_THRESHOLD, .count = 3, .values = {50000, 10, 10}},
        {.op = GCS_OP_GC, .detail = GCS_GC_THRESHOLD, .count = 1, .values = {UINT64_MAX}},
        {.op = GCS_OP_GC, .detail = GCS_GC_ENABLE},
    };
    struct script script = sound(
        HEAD "sites: {a: {types: one}}\nphases: {start: {kind: startup, gc: disable}, "
             "ready: {kind: idle, duration: 1s, gc: [collect 2, freeze, threshold 50k 10 10, "
             "threshold -1]}, steady: {duration: 100ms}, library: {kind: steady, duration: "
             "100ms, gc: enable}}\n",
        NULL);
    check_calls(&script, calls, COUNT(calls));
    script_free(&script);
}
END_TEST

START_TEST(requests_and_timers_make_their_calls_each_time)
{
    struct script script =
        sound(HEAD "duration: 1s\nsites: {a: {types: one}, t: {types: two, during: timers}}\n"
                   "requests: {gc: [collect 0]}\ntimers: {t: {every: 100ms, gc: collect 1}}\n",
              NULL);
    uint64_t ends = 0, collects[3] = {0};
    for (uint64_t i = 0; i < script.count; i++) {
        const struct gcs_event *event = &script.events[i];
        if (event->op == GCS_OP_COLLECT)
            collects[event->detail]++;
        if (event->op == GCS_OP_END) {
            ends++;
            MUST(script.events[i + 1].op == GCS_OP_COLLECT && script.events[i + 1].detail == 0);
        }
    }
    ck_assert_uint_gt(ends, 100);
    ck_assert_uint_eq(collects[0], ends);
    ck_assert_uint_eq(collects[1], 9 + 10); /* in the idle second before, too */
    script_free(&script);
}
END_TEST

START_TEST(the_teardown_lets_everything_go_and_collects)
{
    struct gcs_trace *trace = trace_of(
        "workload: w\nstartup_objects: 2k\nlive_objects: 4k\nduration: 200ms\nteardown: true\n"
        "sites: {a: {types: object, lifetime: {cause: allocations}}, q: {types: object, "
        "lifetime: "
        "{cause: queue}}, l: {types: object, lifetime: {cause: lru}, stores: 0.5, targets: "
        "{atoms: 1}}, w: {types: object, lifetime: request, weak_values: 0.5}, s: {types: "
        "object, during: startup, lifetime: never, cyclic: 0.3}}\n");
    struct gcs_lifetimes lifetimes = judge(trace);
    struct script script = script_of(trace);
    const struct gcs_event *last = &script.events[script.count - 1];
    ck_assert(last->op == GCS_OP_COLLECT && last->detail == 2);
    /* Entries of weak values stay until a collector has seen the garbage. */
    uint64_t entries = 0;
    for (uint64_t i = 0; i < script.count; i++)
        entries += script.events[i].op == GCS_OP_WEAK && script.events[i].detail;
    ck_assert_uint_gt(entries, 0);
    ck_assert_uint_lt(lifetimes.survivors, entries);
    ck_assert_uint_eq(lifetimes.deaths + lifetimes.garbage_count + lifetimes.survivors,
                      trace->allocations);
    script_free(&script);
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
}
END_TEST

/*
 * Everything at once
 */
static const char busy[] =
    "workload: w\nstartup_objects: 2k\nlive_objects: 4k\nduration: 300ms\nteardown: true\n"
    "types: {f: {finalizer: plain}, r: {finalizer: resurrect}}\n"
    "sites: {a: {types: {set: 1, object: 1, f: 1, generator: 1}, references: 3, cycle: {ring: "
    "1, "
    "linked_list: 1, back_references: weak}, stores: 0.3, weak_values: 0.2}, b: {types: "
    "{object: "
    "2, r: 1, dict: 1, cell: 1}, lifetime: {cause: time, mean: 50ms}, cycle: {clique: 1, "
    "linked_list: 1, broken_by_hand: 0.5}, stores: {share: 0.5, static: 0}, weak_values: 0.5}, "
    "c: {types: {list: 1, method: 1}, lifetime: {cause: allocations}, stores: 0.5, stretch: "
    "{distribution: geometric, mean: 20}}, d: {types: function, lifetime: request, stores: "
    "{share: 0.3, same_request: 3}}, e: {types: {object: 1, iterator: 1}, during: timers, "
    "lifetime: {cause: allocations, distribution: uniform, low: 10, high: 1k}}, g: {weight: "
    "0.1, "
    "lifetime: never, stores: 0.5}, h: {types: {object: 1, f: 1}, lifetime: {cause: lru, "
    "capacity: 200}, cycle: {broken_by_hand: 0.5, clique: 1}, weak_values: 0.3, stores: 0.2}, "
    "i: {lifetime: {cause: queue, capacity: 90}, cycle: {linked_list: 3}, stretch: 5}, "
    "j: {lifetime: phase, stores: 0.3, cyclic: 0.2}, k: {lifetime: {cause: requests, mean: 3}, "
    "stores: 0.3, targets: {atoms: 2}}, l: {types: tuple, cyclic: 0, targets: {recent: 0, "
    "same_request: 0, older: 0, static: 0, atoms: 1}}}\n"
    "requests: {concurrency: 9, awaits: 2, arrivals: bursty, burst: {on: 20ms, off: 50ms}, gc: "
    "[collect 0]}\n"
    "timers: {t: {every: 50ms, gc: [disable, enable]}}\n";

START_TEST(everything_at_once_is_sound_for_every_seed)
{
    struct gcs_workload *workload = workload_of(busy);
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct gcs_trace *trace = generate(workload, seed, 0);
        struct gcs_lifetimes lifetimes = judge(trace);
        ck_assert(lifetimes.garbage_count > 0);
        gcs_lifetimes_fini(&lifetimes);
        gcs_trace_free(trace);
    }
    gcs_workload_free(workload);
}
END_TEST

START_TEST(everything_at_once_can_be_cut_anywhere)
{
    struct gcs_workload *workload = workload_of(busy);
    for (uint64_t limit = 1; limit < 30000; limit += 1 + limit / 5) {
        struct gcs_trace *trace = generate(workload, 1, limit);
        struct gcs_lifetimes lifetimes = judge(trace);
        ck_assert(trace->events == limit || trace->events == limit - 1);
        gcs_lifetimes_fini(&lifetimes);
        gcs_trace_free(trace);
    }
    gcs_workload_free(workload);
}
END_TEST

START_TEST(a_budget_too_small_ends_in_one_error_and_leaves_nothing)
{
    struct gcs_workload *workload = workload_of(busy);
    struct gcs_trace *trace = NULL;
    enum gcs_status status = GCS_LIMIT;
    for (memory.limit = 1; status != GCS_OK; memory.limit += 1 + memory.limit / 4) {
        error = (struct gcs_error){0};
        status = gcs_workload_generate(workload, 1, 20000, true, &memory, &trace, &error);
        ck_assert(status == GCS_OK || (status == GCS_LIMIT && error.text[0] && !trace));
        ck_assert(status == GCS_OK || memory.used == 0);
    }
    gcs_trace_free(trace);
    gcs_workload_free(workload);
}
END_TEST

static Suite *course_suite(void)
{
    Suite *suite = suite_create("course");
    TCase *all = tcase_create("course");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, several_requests_are_open_while_they_wait);
    tcase_add_test(all, what_requests_make_goes_with_its_own_request);
    tcase_add_test(all, alone_a_request_waits_idly);
    tcase_add_test(all, in_a_closed_loop_concurrency_is_the_number_of_clients);
    tcase_add_test(all, bursts_come_and_go_and_keep_the_mean_rate);
    tcase_add_test(all, phases_begin_with_the_calls_declared);
    tcase_add_test(all, requests_and_timers_make_their_calls_each_time);
    tcase_add_test(all, the_teardown_lets_everything_go_and_collects);
    tcase_add_test(all, everything_at_once_is_sound_for_every_seed);
    tcase_add_test(all, everything_at_once_can_be_cut_anywhere);
    tcase_add_test(all, a_budget_too_small_ends_in_one_error_and_leaves_nothing);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(course_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
