/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: what a site, a request or a phase does beyond allocating is in the trace as declared:
 * stores, queues, caches, weak values, stretches, waits, bursts, the program's own gc calls,
 * the teardown. Method: each trace is checked for soundness, and its events are counted by
 * rules of their own, which know nothing of the generator.
 */
#include "workload_facts.h"
#include "workload_made.h"

#include <check.h>

#include <math.h>
#include <stdlib.h>

/* Type 0 is `one`, type 1 `two`, as far as sites use them. */
#define HEAD                                                            \
    "workload: w\ncyclic: 0\nstartup_objects: 300\nlive_objects: 300\n" \
    "types: {one: {attributes: 4}, two: {attributes: 4}}\n"

/*
 * Stores
 */
static const struct {
    const char *site;
    bool forgets; /* each store is undone before its object goes */
} stores[] = {
    {"{types: one, lifetime: {cause: allocations, mean: 500}, stores: 0.4}", true},
    {"{types: one, lifetime: {cause: allocations, mean: 500}, stores: {share: 0.4, static: 0}}",
     true},
    {"{types: one, lifetime: {cause: time, mean: 5ms}, stores: 0.4}", true},
    {"{types: one, lifetime: {cause: requests, low: 0, high: 5}, stores: 0.4}", true},
    {"{types: one, lifetime: request, stores: {share: 0.4, same_request: 9}}", true},
    {"{types: one, lifetime: phase, stores: 0.4}", true},
    {"{types: one, stores: 0.4}", true},
    {"{types: one, lifetime: {cause: queue, capacity: 50}, stores: 0.4}", true},
    {"{types: one, lifetime: {cause: lru, capacity: 50}, stores: 0.4}", true},
    {"{types: one, lifetime: never, stores: 0.4}", false},
};

START_TEST(objects_are_stored_in_older_ones_until_they_go)
{
    char text[600];
    size_t garbage;
    snprintf(text, sizeof text, HEAD "duration: 150ms\nsites: {a: %s}\n", stores[_i].site);
    struct script script = sound(text, &garbage);
    struct known *known = know(&script);
    double births = 0, stored = 0, forgotten = 0;
    for (uint64_t i = 0; i < script.count; i++) {
        const struct gcs_event *event = &script.events[i];
        births += event->op == GCS_OP_ALLOCATE && event->type == 0;
        bool container = event->op == GCS_OP_STORE && known[event->object].slots == 50;
        if (event->op != GCS_OP_STORE || container)
            continue;
        if (!event->value) {
            forgotten++;
            continue;
        }
        stored++;
        MUST(event->object < event->value); /* from old to young */
        MUST(known[event->value].type == 0);
    }
    ck_assert_double_gt(births, 3000);
    /* The first objects find nobody older. */
    ck_assert_double_eq_tol(stored / births, 0.4, 5 * sqrt(0.24 / births) + 0.002);
    if (stores[_i].forgets)
        ck_assert(forgotten > 0.8 * stored && forgotten <= stored);
    else
        ck_assert_double_eq(forgotten, 0);
    ck_assert_uint_eq(garbage, 0);
    free(known);
    script_free(&script);
}
END_TEST

START_TEST(owners_are_of_the_kinds_asked_for)
{
    struct script script = sound(
        HEAD "duration: 500ms\nsites: {a: {types: one, lifetime: {cause: allocations, mean: "
             "500}, stores: {share: 0.5, static: 0}}, s: {types: two, during: startup, "
             "lifetime: never}}\n",
        NULL);
    struct known *known = know(&script);
    double all = 0, of_one = 0;
    for (uint64_t i = 0; i < script.count; i++)
        if (script.events[i].op == GCS_OP_STORE && script.events[i].value) {
            all++;
            of_one += known[script.events[i].object].type == 0;
        }
    /* One that dies early finds one that lives longer in four tries nearly always; the others
     * are stored in static objects. */
    ck_assert(of_one > 0.7 * all && of_one < all);
    free(known);
    script_free(&script);
}
END_TEST

/*
 * Queues and caches
 */
enum { CAPACITY = 60 };

struct filled {
    uint64_t object[CAPACITY];
    uint64_t order[CAPACITY]; /* event of the insertion or of the last use */
    uint32_t count;
};

/* The container is the one object with so many slots; its stores are insertions. */
static void see_container(const struct script *script, bool cache, double *inserted,
                          double *uses)
{
    struct filled filled = {0};
    uint64_t container = 0;
    for (uint64_t i = 0; i < script->count; i++) {
        const struct gcs_event *event = &script->events[i];
        if (event->op == GCS_OP_ALLOCATE && event->slots == CAPACITY)
            container = event->object;
        for (uint32_t j = 0; event->op == GCS_OP_ROOT_MORE && j < CAPACITY; j++)
            if (filled.object[j] == event->object) {
                MUST(cache);
                filled.order[j] = i;
                ++*uses;
            }
        if (event->op != GCS_OP_STORE || event->object != container)
            continue;
        MUST(event->type < CAPACITY && event->value);
        for (uint32_t j = 0; j < CAPACITY; j++) /* the one that goes is the first in order */
            MUST(filled.count < CAPACITY || filled.order[j] >= filled.order[event->type]);
        filled.count += filled.count < CAPACITY;
        filled.object[event->type] = event->value;
        filled.order[event->type] = i;
        ++*inserted;
        MUST(script->events[i + 1].op == GCS_OP_ROOT_LESS &&
             script->events[i + 1].object == event->value);
    }
    ck_assert_uint_eq(filled.count, CAPACITY);
}

START_TEST(the_oldest_leaves_a_queue)
{
    double inserted = 0, uses = 0;
    size_t garbage;
    struct script script = sound(HEAD "duration: 300ms\nsites: {a: {types: one, lifetime: "
                                      "{cause: queue, capacity: 60}}}\n",
                                 &garbage);
    see_container(&script, false, &inserted, &uses);
    ck_assert(inserted > 20000 && uses == 0);
    ck_assert_uint_eq(garbage, 0);
    script_free(&script);
}
END_TEST

START_TEST(the_least_recently_used_leaves_a_cache)
{
    double inserted = 0, uses = 0;
    struct script script = sound(HEAD "duration: 300ms\nsites: {a: {types: one, weight: 1, "
                                      "lifetime: {capacity: 60, cause: lru, uses: 1.5}}, "
                                      "b: {types: two, weight: 9}}\n",
                                 NULL);
    see_container(&script, true, &inserted, &uses);
    ck_assert(inserted > 2000);
    ck_assert_double_eq_tol(uses / inserted, 1.5, 0.05);
    script_free(&script);
}
END_TEST

START_TEST(cycles_in_a_queue_become_garbage_when_their_turn_comes)
{
    size_t garbage;
    struct script script =
        sound("workload: w\nstartup_objects: 0\nduration: 200ms\nsites: {a: {types: object, "
              "cyclic: 1, cycle: {pair: 0, tree: 0, tail: 0}, lifetime: {cause: queue, "
              "capacity: 100}}}\n",
              &garbage);
    uint64_t objects = objects_in(&script);
    ck_assert_uint_gt(objects, 10000);
    ck_assert_uint_eq(garbage, objects - 1 - 100); /* the deque, and what is in it */
    script_free(&script);
}
END_TEST

START_TEST(a_steady_phase_begins_with_full_caches)
{
    static const char text[] =
        HEAD "duration: 50ms\nsites: {a: {types: one, lifetime: {cause: lru, capacity: 200}}}\n"
             "phases: {steady: {filled: %s}}\n";
    for (int filled = 0; filled < 2; filled++) {
        char lines[600];
        uint64_t before = 0;
        snprintf(lines, sizeof lines, text, filled ? "true" : "false");
        struct script script = sound(lines, NULL);
        while (script.events[before].op != GCS_OP_BEGIN)
            before++;
        ck_assert(filled ? before > 600 : before < 10); /* a birth, a store and a root's end */
        script_free(&script);
    }
}
END_TEST

/*
 * Lifetimes by phase and by requests
 */
START_TEST(lifetimes_until_the_phases_end)
{
    struct facts facts = facts_from(
        HEAD "sites: {a: {types: one, lifetime: phase}, b: {types: two}}\n"
             "phases: {early: {kind: steady, duration: 200ms}, late: {kind: steady, duration: "
             "200ms, mark: over}}\n");
    struct script script = sound(
        HEAD "sites: {a: {types: one, lifetime: phase}, b: {types: two}}\n"
             "phases: {early: {kind: steady, duration: 200ms}, late: {kind: steady, duration: "
             "200ms, mark: over}}\n",
        NULL);
    uint64_t dropped = 0, first_end = 0, first_late = 0;
    for (uint64_t i = 1; i <= facts.objects; i++) {
        const struct life *life = &facts.lives[i];
        if (life->type)
            continue;
        MUST(life->dropped_objects && !life->dropped_request); /* after the last request */
        if (!first_end)
            first_end = life->dropped_objects;
        if (!first_late && life->dropped_objects != first_end)
            first_late = i;
        MUST(life->dropped_objects == (first_late ? facts.objects : first_end));
        dropped++;
    }
    ck_assert(dropped > 10000 && first_late > 5000 && first_late < facts.objects - 5000);
    ck_assert(first_end < first_late);
    ck_assert_int_eq(script.events[script.count - 1].op, GCS_OP_MARK);
    facts_free(&facts);
    script_free(&script);
}
END_TEST

START_TEST(lifetimes_count_requests)
{
    static const unsigned later[] = {0, 1, 4};
    for (size_t i = 0; i < COUNT(later); i++) {
        char text[600];
        snprintf(text, sizeof text,
                 HEAD "duration: 500ms\nsites: {a: {types: one, lifetime: {cause: requests, "
                      "value: %u}}}\n",
                 later[i]);
        struct facts facts = facts_from(text);
        uint64_t seen = 0;
        for (uint64_t j = 1; j <= facts.objects; j++) {
            const struct life *life = &facts.lives[j];
            if (life->born_request && life->born_request + later[i] <= facts.request_count) {
                MUST(life->dropped_request == life->born_request + later[i]);
                seen++;
            }
        }
        ck_assert_uint_gt(seen, 10000);
        facts_free(&facts);
    }
}
END_TEST

/*
 * Shapes
 */
START_TEST(a_linked_list_refers_both_ways)
{
    size_t garbage;
    struct script script = sound(
        "workload: w\nstartup_objects: 0\nduration: 100ms\ntypes: {one: {attributes: 2}}\n"
        "sites: {a: {types: one, cyclic: 1, references: 0, cycle: {self: 0, pair: 0, tree: "
        "0, linked_list: 1, size: 7, tail: 0}}}\n",
        &garbage);
    uint64_t objects = objects_in(&script), back = 0, forward = 0;
    for (uint64_t i = 0; i < script.count; i++) {
        const struct gcs_event *event = &script.events[i];
        if (event->op == GCS_OP_ALLOCATE && event->flags & GCS_EVENT_BORN) {
            MUST(!script.targets[event->first]);
            MUST(script.targets[event->first + 1] == event->object - 1);
            back++;
        } else if (event->op == GCS_OP_STORE) {
            MUST(event->type == 0 && event->value == event->object + 1);
            forward++;
        }
    }
    ck_assert(objects > 5000 && objects % 7 == 0);
    ck_assert_uint_eq(back, objects / 7 * 6);
    ck_assert_uint_eq(forward, back);
    ck_assert_uint_eq(garbage, objects);
    script_free(&script);
}
END_TEST

START_TEST(in_a_clique_each_has_all_the_others)
{
    size_t garbage;
    struct script script = sound(
        "workload: w\nstartup_objects: 0\nduration: 100ms\ntypes: {one: {attributes: 1}}\n"
        "sites: {a: {types: one, cyclic: 1, references: 0, cycle: {self: 0, pair: 0, tree: "
        "0, clique: 1, size: 6, tail: 0}}}\n",
        &garbage);
    uint64_t objects = objects_in(&script), lists = 0, held = 0;
    for (uint64_t i = 0; i < script.count; i++) {
        const struct gcs_event *event = &script.events[i];
        if (event->op != GCS_OP_ALLOCATE || !(event->flags & GCS_EVENT_BORN))
            continue;
        uint64_t sum = 0, owner = script.events[i + 1].object;
        for (uint32_t j = 0; j < event->slots; j++) {
            MUST(script.targets[event->first + j] != owner);
            sum += script.targets[event->first + j];
        }
        uint64_t head = (owner - 1) / 12 * 12 + 1; /* six members, then their six lists */
        MUST(event->slots == 5 && sum + owner == 6 * head + 15);
        held += script.events[i + 1].op == GCS_OP_STORE &&
                script.events[i + 1].value == event->object;
        lists++;
    }
    ck_assert(objects > 5000 && objects % 12 == 0);
    ck_assert_uint_eq(lists, objects / 2);
    ck_assert_uint_eq(held, lists);
    ck_assert_uint_eq(garbage, objects);
    script_free(&script);
}
END_TEST

START_TEST(tuples_of_atoms_refer_to_nothing_that_is_tracked)
{
    struct gcs_trace *trace = trace_of(
        HEAD "duration: 100ms\nsites: {a: {types: tuple, references: 2, targets: {recent: 0, "
             "same_request: 0, older: 0, static: 1, atoms: 3}}}\n");
    struct script script = script_of(trace);
    struct known *known = know(&script);
    double atoms = 0, all = 0;
    for (uint64_t i = 0; i < script.count; i++) {
        const struct gcs_event *event = &script.events[i];
        bool tuple = event->op == GCS_OP_ALLOCATE &&
                     trace->types[event->type]->kind == GCS_KIND_TUPLE && i > 5000;
        for (uint32_t j = 0; tuple && j < event->slots; j++) {
            uint64_t target = script.targets[event->first + j];
            all++;
            atoms += trace->types[known[target].type]->kind == GCS_KIND_ATOMIC;
        }
    }
    ck_assert_double_gt(all, 10000);
    ck_assert_double_eq_tol(atoms / all, 0.75, 5 * sqrt(0.19 / all));
    free(known);
    script_free(&script);
    gcs_trace_free(trace);
}
END_TEST

START_TEST(weak_values_go_with_what_they_refer_to)
{
    struct gcs_trace *trace =
        trace_of(HEAD "duration: 200ms\nsites: {a: {types: one, lifetime: {cause: allocations, "
                      "mean: 200}, weak_values: 0.3}, b: {types: list, weight: 2}}\n");
    struct gcs_lifetimes lifetimes = judge(trace);
    struct script script = script_of(trace);
    struct known *known = know(&script);
    double of_one = 0, entries = 0;
    for (uint64_t i = 0; i < script.count; i++) {
        const struct gcs_event *event = &script.events[i];
        of_one += event->op == GCS_OP_ALLOCATE && event->type == 0;
        if (event->op != GCS_OP_WEAK)
            continue;
        MUST(event->detail == GCS_WEAK_DROP && known[event->value].type == 0);
        MUST(!known[event->object].dropped); /* that is the callback's */
        entries++;
    }
    ck_assert_double_gt(of_one, 5000);
    ck_assert_double_eq_tol(entries / of_one, 0.3, 5 * sqrt(0.21 / of_one));
    /* Each entry has gone with its object: what is left is the static and the live ones. */
    ck_assert_double_eq((double)lifetimes.weak_callbacks, entries);
    ck_assert_uint_lt(lifetimes.survivors, 300 + 2 * 300);
    ck_assert_uint_eq(lifetimes.garbage_count, 0);
    free(known);
    script_free(&script);
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
}
END_TEST

/*
 * Stretches
 */
static const char stretches[] =
    HEAD "duration: 1s\nsites: {a: {types: one, stretch: 250, lifetime: request}, "
         "b: {types: two, weight: 3}}\n";

START_TEST(a_stretch_holds_as_many_objects_as_declared)
{
    struct script script = sound(stretches, NULL);
    uint64_t inside = 0, count = 0, of[2] = {0};
    bool in = false;
    for (uint64_t i = 0; i < script.count; i++) {
        const struct gcs_event *event = &script.events[i];
        if (event->op == GCS_OP_ENTER) {
            in = true;
            inside = 0;
        } else if (event->op == GCS_OP_LEAVE) {
            MUST(in && inside == 250);
            in = false;
            count++;
        } else if (event->op == GCS_OP_ALLOCATE) {
            inside += in;
            MUST(in == (event->type == 0) || event->type > 1);
            if (event->type < 2)
                of[event->type]++;
        }
    }
    ck_assert_uint_gt(count, 100);
    ck_assert_uint_eq(of[0], 250 * count);
    /* Stretches come at random, in the mean as often as the weights say. */
    ck_assert_double_eq_tol((double)of[0] / (double)(of[0] + of[1]), 0.25, 0.01);
    script_free(&script);
}
END_TEST

START_TEST(a_limit_of_events_ends_outside_of_stretches)
{
    struct gcs_workload *workload = workload_of(stretches);
    for (uint64_t limit = 1; limit < 20000; limit += 1 + limit / 7) {
        struct gcs_trace *trace = generate(workload, 1, limit);
        struct gcs_lifetimes lifetimes = judge(trace);
        ck_assert(trace->events == limit || trace->events == limit - 1);
        gcs_lifetimes_fini(&lifetimes);
        gcs_trace_free(trace);
    }
    gcs_workload_free(workload);
}
END_TEST

static Suite *sites_suite(void)
{
    Suite *suite = suite_create("sites");
    TCase *all = tcase_create("sites");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, objects_are_stored_in_older_ones_until_they_go, 0, COUNT(stores));
    tcase_add_test(all, owners_are_of_the_kinds_asked_for);
    tcase_add_test(all, the_oldest_leaves_a_queue);
    tcase_add_test(all, the_least_recently_used_leaves_a_cache);
    tcase_add_test(all, cycles_in_a_queue_become_garbage_when_their_turn_comes);
    tcase_add_test(all, a_steady_phase_begins_with_full_caches);
    tcase_add_test(all, lifetimes_until_the_phases_end);
    tcase_add_test(all, lifetimes_count_requests);
    tcase_add_test(all, a_linked_list_refers_both_ways);
    tcase_add_test(all, in_a_clique_each_has_all_the_others);
    tcase_add_test(all, tuples_of_atoms_refer_to_nothing_that_is_tracked);
    tcase_add_test(all, weak_values_go_with_what_they_refer_to);
    tcase_add_test(all, a_stretch_holds_as_many_objects_as_declared);
    tcase_add_test(all, a_limit_of_events_ends_outside_of_stretches);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(sites_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
