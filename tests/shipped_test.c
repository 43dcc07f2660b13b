/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: every workload that gcsim carries makes a sound trace with the demographics that its
 * comment claims. Method: a trace of each, some shorter than shipped, judged by the pass over
 * lifetimes, and counted by rules that know nothing of the generator. What is expected is
 * worked out from the comment and the weights by hand.
 */
#define _POSIX_C_SOURCE 200809L
#include "workload_facts.h"
#include "workload_made.h"

#include <check.h>

#include <dirent.h>
#include <math.h>

/* All that is known of one trace. */
struct seen {
    const struct gcs_trace *trace;
    struct facts facts;
    struct script script;
    struct gcs_lifetimes lifetimes;
};
typedef void claim(const struct seen *seen);

static bool is(const struct seen *seen, uint64_t object, const char *type)
{
    return gcs_same(seen->trace->types[seen->facts.lives[object].type]->name, type);
}

static uint64_t count_of(const struct seen *seen, const char *type)
{
    uint64_t count = 0;
    for (uint64_t i = 1; i <= seen->facts.objects; i++)
        count += is(seen, i, type);
    return count;
}

static void between(const char *what, double value, double low, double high)
{
    ck_assert_msg(value >= low && value <= high, "%s: %g is not within %g … %g", what, value,
                  low, high);
}

/* Objects of the type that were born with references to atoms only. */
static uint64_t of_atoms(const struct seen *seen, const char *type)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < seen->script.count; i++) {
        const struct gcs_event *event = &seen->script.events[i];
        if (event->op != GCS_OP_ALLOCATE || !(event->flags & GCS_EVENT_BORN) ||
            !is(seen, event->object, type))
            continue;
        bool only = true;
        for (uint32_t j = 0; j < event->slots; j++) {
            uint64_t target = seen->script.targets[event->first + j];
            only &= !target || is(seen, target, "atom");
        }
        count += only;
    }
    return count;
}

/* Requests arrive every so many ns. */
static void check_beat(const struct seen *seen, double ns)
{
    for (uint64_t i = 2; i <= seen->facts.request_count; i++) {
        double gap =
            (double)(seen->facts.requests[i].arrival - seen->facts.requests[i - 1].arrival);
        MUST(fabs(gap - ns) <= 1);
    }
}

static void check_calls(const struct seen *seen, const enum gcs_gc *calls, size_t count)
{
    size_t at = 0;
    for (uint64_t i = 0; i < seen->script.count; i++)
        if (seen->script.events[i].op == GCS_OP_GC) {
            ck_assert_uint_lt(at, count);
            ck_assert_uint_eq(seen->script.events[i].detail, calls[at++]);
        }
    ck_assert_uint_eq(at, count);
}

/*
 * The claims, one a workload
 */
static void orm_load(const struct seen *seen)
{
    double rows = (double)count_of(seen, "row"), entities = (double)count_of(seen, "entity");
    between("rows", rows, 90e3, 110e3);
    ck_assert_double_eq((double)of_atoms(seen, "row"), rows);
    between("entities and states a row", entities / rows, 1.9, 2.4);
    /* Each pair has an entry, each tree one; nine in ten are pairs. */
    between("entries", (double)seen->lifetimes.weak_callbacks / rows, 0.7, 0.9);
}

static void type_checker(const struct seen *seen)
{
    ck_assert_uint_eq(seen->lifetimes.garbage_count, 0);
    double made = (double)(seen->facts.objects - seen->facts.mark_objects);
    between("kept", ((double)seen->lifetimes.survivors - 80e3) / made, 0.38, 0.42);
}

static void docs_build(const struct seen *seen)
{
    double nodes = (double)(count_of(seen, "node") + count_of(seen, "text"));
    between("trees and tails among the garbage",
            (double)seen->lifetimes.garbage_count /
                (nodes + (double)count_of(seen, "children")),
            0.6, 1);
}

static void asyncio(const struct seen *seen)
{
    uint64_t open = 0, most = 0;
    double dead = 0, all = 0;
    for (uint64_t i = 0; i < seen->script.count; i++) {
        open += seen->script.events[i].op == GCS_OP_BEGIN;
        open -= seen->script.events[i].op == GCS_OP_END;
        most = open > most ? open : most;
    }
    ck_assert(most > 4 && most <= 50);
    for (uint64_t i = 1; i <= seen->facts.objects; i++)
        all += (double)seen->facts.lives[i].extra;
    for (size_t i = 0; i < seen->lifetimes.garbage_count; i++)
        dead += (double)seen->facts.lives[seen->lifetimes.garbage[i].object].extra;
    between("payload in garbage", dead / all, 0.99, 1);
    between("mean payload", all / (double)count_of(seen, "buffer"), 55e3, 80e3);
}

static void etl(const struct seen *seen)
{
    double made = (double)(seen->facts.objects - seen->facts.mark_objects);
    double untracked = (double)(of_atoms(seen, "row") + of_atoms(seen, "document"));
    between("rows of atoms", untracked / made, 0.6, 0.66); /* few of the transformed, too */
    uint64_t inside = 0, stretches = 0;
    for (uint64_t i = 0; i < seen->script.count; i++) {
        stretches += seen->script.events[i].op == GCS_OP_ENTER;
        inside += seen->script.events[i].op == GCS_OP_LEAVE;
    }
    ck_assert(stretches > 100 && stretches == inside);
}

static void training(const struct seen *seen)
{
    const struct facts *facts = &seen->facts;
    for (uint64_t i = 1; i <= facts->request_count; i++)
        MUST(facts->requests[i].work > 100e6 && facts->requests[i].work < 220e6);
    between("objects of a step",
            (double)(facts->objects - facts->mark_objects) / (double)facts->request_count, 11e3,
            13.5e3);
}

static void game(const struct seen *seen)
{
    check_beat(seen, 1e9 / 60);
    between("nodes of scenes", (double)count_of(seen, "sprite"), 10e3, 200e3);
}

static void lru_cache(const struct seen *seen)
{
    uint64_t entries = count_of(seen, "entry"), uses = 0;
    for (uint64_t i = 0; i < seen->script.count; i++)
        uses += seen->script.events[i].op == GCS_OP_ROOT_MORE;
    ck_assert_uint_gt(entries, 25000);
    between("uses an entry", (double)uses / (double)entries, 2.95, 3.05);
    between("left", (double)seen->lifetimes.survivors, 119e3, 123e3);
}

static void queue_cycles(const struct seen *seen)
{
    uint64_t nodes = count_of(seen, "node");
    ck_assert_uint_eq(nodes, 300000);
    ck_assert_uint_eq(seen->lifetimes.garbage_count, nodes - 1000);
    for (uint64_t i = 2; i <= seen->facts.objects; i++)
        MUST(seen->facts.lives[i].extra == 10000);
}

static void linked_lists(const struct seen *seen)
{
    uint64_t nodes = count_of(seen, "node"), old = 0;
    for (uint64_t i = 0; i < seen->script.count; i++) {
        const struct gcs_event *event = &seen->script.events[i];
        if (event->op == GCS_OP_ALLOCATE && event->flags & GCS_EVENT_BORN &&
            is(seen, event->object, "node"))
            old += seen->script.targets[event->first + 2] <= seen->facts.mark_objects;
    }
    ck_assert_uint_gt(nodes, 400000);
    ck_assert_uint_eq(nodes % 5000, 0);
    ck_assert_uint_eq(old, nodes);
    ck_assert_uint_eq(seen->lifetimes.garbage_count, nodes);
}

static void bursts(const struct seen *seen)
{
    for (uint64_t i = seen->facts.mark_objects + 1; i <= seen->facts.objects; i++) {
        const struct life *life = &seen->facts.lives[i];
        MUST(!life->dropped_request || life->dropped_request == life->born_request + 4);
        MUST(life->dropped_request || life->born_request + 4 > seen->facts.request_count);
    }
    ck_assert_uint_eq(seen->lifetimes.survivors, seen->facts.mark_objects + 4 * 20000);
}

static void import_and_exit(const struct seen *seen)
{
    uint64_t freed = 0;
    ck_assert_uint_eq(seen->lifetimes.survivors, 0);
    for (uint64_t i = 1; i <= seen->facts.mark_objects; i++)
        freed += seen->facts.lives[i].dropped_objects < seen->facts.objects;
    between("freed by the start", (double)freed / (double)seen->facts.mark_objects, 0.45, 0.55);
    ck_assert_int_eq(seen->script.events[seen->script.count - 1].op, GCS_OP_COLLECT);
}

static void prefork(const struct seen *seen)
{
    static const enum gcs_gc calls[] = {GCS_GC_DISABLE, GCS_GC_FREEZE, GCS_GC_ENABLE};
    check_calls(seen, calls, COUNT(calls));
    uint64_t quiet = 0;
    for (uint64_t i = 2; i <= seen->facts.request_count; i++)
        quiet += seen->facts.requests[i].arrival - seen->facts.requests[i - 1].arrival > 50e6;
    ck_assert_uint_gt(quiet, 4); /* at 200 a second within bursts never by chance */
}

static void third_party(const struct seen *seen)
{
    static const enum gcs_gc calls[] = {GCS_GC_DISABLE, GCS_GC_ENABLE};
    check_calls(seen, calls, COUNT(calls));
}

static void robot(const struct seen *seen)
{
    check_beat(seen, 10e6);
    for (uint64_t i = 1; i <= seen->facts.request_count; i++)
        MUST(seen->facts.requests[i].work < 10e6); /* the program alone keeps its deadline */
}

static void nothing_else(const struct seen *seen)
{
    (void)seen;
}

/*
 * Shares are those of the objects that were allocated after the start, those that fill the live
 * heap then among them. No collector runs, so the entries of weak values whose objects are
 * garbage are still there in orm-load; and the static objects of import-and-exit that refer to
 * each other are garbage after the teardown.
 */
static const struct shipped {
    const char *name;
    const char *set[3]; /* shorter than shipped */
    claim *claims;
    double live[2];    /* objects reachable at the end */
    double at_once[2]; /* share that goes right behind its birth */
    double garbage[2]; /* share that is, or hangs on, cyclic garbage */
} shipped[] = {
    {"asyncio",
     {"phases.steady.duration=5s"},
     asyncio,
     {99e3, 103e3},
     {0.66, 0.7},
     {0.004, 0.01}},
    {"bursts", {"startup_objects=40k", "duration=3s"}, bursts, {119e3, 121e3}, {0, 0}, {0, 0}},
    {"docs-build",
     {"startup_objects=40k", "duration=3s"},
     docs_build,
     {40e3, 60e3},
     {0.49, 0.53},
     {0.2, 0.27}},
    {"etl", {"phases.steady.duration=2s"}, etl, {60e3, 110e3}, {0.19, 0.21}, {0, 0}},
    {"game", {"phases.steady.duration=10s"}, game, {170e3, 182e3}, {0.62, 0.66}, {0.04, 0.07}},
    {"import-and-exit", {NULL}, import_and_exit, {0, 0}, {0.66, 0.73}, {0.2, 0.6}},
    {"leak",
     {"phases.steady.duration=1s"},
     nothing_else,
     {150e3, 200e3},
     {0.37, 0.41},
     {0.014, 0.03}},
    {"linked-lists", {"duration=1s"}, linked_lists, {20e3, 20001}, {0, 0}, {1, 1}},
    {"llm-serve",
     {"phases.steady.duration=2s"},
     nothing_else,
     {330e3, 350e3},
     {0.37, 0.41},
     {0, 0}},
    {"lru-cache",
     {"phases.steady.duration=5s"},
     lru_cache,
     {119e3, 123e3},
     {0.63, 0.67},
     {0.002, 0.006}},
    {"orm-load", {NULL}, orm_load, {125e3, 140e3}, {0.27, 0.31}, {0.3, 0.5}},
    {"prefork",
     {"phases.serve.duration=5s"},
     prefork,
     {262e3, 276e3},
     {0.45, 0.5},
     {0.03, 0.06}},
    {"queue-cycles", {NULL}, queue_cycles, {1001, 1001}, {0, 0}, {0.99, 1}},
    {"robot", {"phases.steady.duration=10s"}, robot, {149e3, 152e3}, {0.6, 0.64}, {0.05, 0.1}},
    {"third-party",
     {"phases.steady.duration=1s", "phases.library.duration=1s"},
     third_party,
     {147e3, 153e3},
     {0.44, 0.5},
     {0.02, 0.05}},
    {"training",
     {"phases.steady.duration=5s"},
     training,
     {309e3, 325e3},
     {0.58, 0.62},
     {0.003, 0.008}},
    {"type-checker", {"duration=600ms"}, type_checker, {200e3, 400e3}, {0.53, 0.57}, {0, 0}},
    {"web",
     {"phases.steady.duration=2s"},
     nothing_else,
     {190e3, 210e3},
     {0.34, 0.42},
     {0.05, 0.09}},
};

static void check_demographics(const struct shipped *row, const struct seen *seen)
{
    const struct facts *facts = &seen->facts;
    double made = (double)(facts->objects - facts->mark_objects), at_once = 0;
    for (uint64_t i = facts->mark_objects + 1; i <= facts->objects; i++)
        at_once += facts->lives[i].at_once;
    between("live", (double)seen->lifetimes.survivors, row->live[0], row->live[1]);
    between("at once", at_once / made, row->at_once[0], row->at_once[1]);
    between("garbage", (double)seen->lifetimes.garbage_count / made, row->garbage[0],
            row->garbage[1]);
}

START_TEST(a_shipped_workload_has_the_demographics_it_claims)
{
    const struct shipped *row = &shipped[_i];
    struct gcs_trace *trace = ship(row->name, row->set);
    struct seen seen = {.trace = trace,
                        .facts = facts_of(trace, &memory),
                        .script = script_of(trace),
                        .lifetimes = judge(trace)};
    check_demographics(row, &seen);
    row->claims(&seen);
    gcs_lifetimes_fini(&seen.lifetimes);
    script_free(&seen.script);
    facts_free(&seen.facts);
    gcs_trace_free(trace);
}
END_TEST

START_TEST(every_workload_that_is_carried_is_tested)
{
    DIR *folder = opendir(SOURCE_DIR "/configs/workloads");
    const struct dirent *entry;
    size_t files = 0;
    ck_assert(folder != NULL);
    while ((entry = readdir(folder))) {
        size_t length = strcspn(entry->d_name, ".");
        if (!gcs_same(entry->d_name + length, ".yaml"))
            continue;
        bool found = false;
        for (size_t i = 0; i < COUNT(shipped); i++)
            found |= strlen(shipped[i].name) == length &&
                     !strncmp(shipped[i].name, entry->d_name, length);
        ck_assert_msg(found, "%s has no row here", entry->d_name);
        files++;
    }
    closedir(folder);
    ck_assert_uint_eq(files, COUNT(shipped));
    ck_assert_uint_ge(files, 14);
}
END_TEST

static Suite *shipped_suite(void)
{
    Suite *suite = suite_create("shipped");
    TCase *all = tcase_create("shipped");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 240);
    tcase_add_test(all, every_workload_that_is_carried_is_tested);
    /* Millions of events through the code that all others test too: where traces are to be few
     * (under sanitizers and valgrind), these are left to the plain builds. */
    if (!getenv("GCSIM_TEST_TRACES"))
        tcase_add_loop_test(all, a_shipped_workload_has_the_demographics_it_claims, 0,
                            COUNT(shipped));
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(shipped_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
