/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: a generated trace is valid, is the same again for the same seed, and has the
 * demographics that its workload declares. Method: traces with fixed seeds against GSL's
 * distribution functions (Kolmogorov-Smirnov, chi-square, at the 0.1 % level), and the pass
 * over lifetimes, which knows nothing of workloads, as the judge of what dies and what is
 * garbage.
 */
#include "workload_facts.h"
#include "workload_made.h"
#include "workload_private.h"
#include "workload_statistics.h"

#include <check.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Demographics of small workloads. Site `a` is what is looked at; type numbers follow the order
 * of the types.
 */
#define HEAD                                                            \
    "workload: w\ncyclic: 0\nstartup_objects: 300\nlive_objects: 300\n" \
    "types: {one: {attributes: 4}, two: {attributes: 4}}\n"

START_TEST(lifetimes_in_allocations_are_as_declared)
{
    struct facts facts = facts_from(
        HEAD
        "duration: 2s\nsites: {a: {types: one, lifetime: {cause: allocations, mean: 3k}}}\n");
    const double parameters[] = {3000, 300000};
    double *sample = calloc(facts.objects, sizeof *sample);
    size_t count = 0;
    for (uint64_t i = facts.mark_objects + 1; i <= facts.objects - 300000; i++) {
        const struct life *life = &facts.lives[i];
        if (life->dropped_objects) /* between two whole numbers, as the draw was */
            sample[count++] = (double)(life->dropped_objects - i) + (double)(i % 97) / 97 - 0.5;
    }
    ck_assert_uint_gt(facts.objects, 600000);
    ck_assert_uint_gt(count, 300000);
    check_ks("lifetime in allocations", sample, 20000, cut_exponential, parameters);
    free(sample);
    facts_free(&facts);
}
END_TEST

START_TEST(lifetimes_in_time_are_as_declared)
{
    struct facts facts = facts_from(HEAD "duration: 10s\nallocations_per_request: 50\n"
                                         "requests: {work_every: 1}\nservice_time: 4ms\n"
                                         "sites: {a: {types: one, lifetime: {cause: time, "
                                         "distribution: uniform, low: 1s, high: 3s}}}\n");
    const double ends[] = {1e9, 3e9};
    double *sample = calloc(facts.objects, sizeof *sample);
    size_t count = 0;
    for (uint64_t i = facts.mark_objects + 1; i <= facts.objects; i++)
        if (facts.lives[i].dropped_clock && facts.lives[i].born_clock < 6000000000u)
            sample[count++] =
                (double)(facts.lives[i].dropped_clock - facts.lives[i].born_clock);
    check_ks("lifetime in time", sample, count > 5000 ? 5000 : count, flat, ends);
    free(sample);
    facts_free(&facts);
}
END_TEST

START_TEST(causes_of_death_are_as_declared)
{
    struct facts facts = facts_from(HEAD "duration: 1s\nsites: {a: {types: one, weight: 3}, "
                                         "b: {types: two, lifetime: request}, "
                                         "c: {types: object, lifetime: never}}\n");
    uint64_t counts[4] = {0};
    for (uint64_t i = facts.mark_objects + 1; i <= facts.objects; i++) {
        const struct life *life = &facts.lives[i];
        if (life->type == 0)
            MUST(life->at_once);
        else if (life->type == 1)
            MUST(life->dropped_request == life->born_request && life->dropped_objects);
        else
            MUST(!life->dropped_objects);
        counts[life->type < 2 ? life->type : 2]++;
    }
    check_chi_square("share of sites", counts, (const double[]){0.6, 0.2, 0.2}, 3);
    facts_free(&facts);
}
END_TEST

START_TEST(types_degrees_and_payloads_are_as_declared)
{
    enum { DEGREES = 40 };
    struct facts facts = facts_from(
        "workload: w\nstartup_objects: 300\nlive_objects: 300\nduration: 1s\ncyclic: 0\n"
        "types: {one: {attributes: 4, payload: {mean: 500, distribution: lognormal}}, "
        "two: {kind: list, attributes: 0}}\n"
        "sites: {a: {types: {one: 1, two: 4}, references: {distribution: geometric, mean: 2}, "
        "targets: {recent: 0, same_request: 0, older: 0, static: 1}}}\n");
    uint64_t types[2] = {0}, degrees[DEGREES] = {0};
    double shares[DEGREES], sum = 0;
    double *payloads = calloc(facts.objects, sizeof *payloads);
    size_t payload_count = 0;
    for (uint64_t i = facts.mark_objects + 1; i <= facts.objects; i++) {
        const struct life *life = &facts.lives[i];
        types[life->type]++;
        if (life->type == 0) {
            payloads[payload_count++] = (double)life->extra;
            MUST(life->slots == 4 && life->degree <= 4);
        } else {
            MUST(life->slots == life->degree && life->extra == 0);
            degrees[life->degree < DEGREES ? life->degree : DEGREES - 1]++;
        }
    }
    check_chi_square("types", types, (const double[]){0.2, 0.8}, 2);
    for (unsigned i = 0; i < DEGREES - 1; i++)
        sum += shares[i] = gsl_ran_geometric_pdf(i + 1, 1.0 / 3);
    shares[DEGREES - 1] = 1 - sum;
    check_chi_square("out-degree", degrees, shares, DEGREES);
    check_ks("payload", payloads, 10000, lognormal, (const double[]){500, 1});
    free(payloads);
    facts_free(&facts);
}
END_TEST

/* Size and lifetime go together: nothing that is small lives long. */
START_TEST(rows_of_a_joint_table_are_drawn_as_a_whole)
{
    struct facts facts = facts_from(
        "workload: w\nstartup_objects: 300\nlive_objects: 300\nduration: 1s\ncyclic: 0\n"
        "types: {one: {kind: list, attributes: 0, payload: 7}}\n"
        "sites: {a: {types: one, references: 1, lifetime: {cause: allocations, mean: 40}, "
        "targets: {recent: 0, same_request: 0, older: 0, static: 1}, joint: {"
        "small: {weight: 6, lifetime: 3}, "
        "large: {weight: 3, references: 9, payload: {low: 4000, high: 5000}, lifetime: {low: "
        "2k, high: 3k}}, other: {weight: 1, references: 2}}}}\n");
    uint64_t rows[3] = {0}, end = facts.objects - 4000;
    for (uint64_t i = facts.mark_objects + 1; i <= end; i++) {
        const struct life *life = &facts.lives[i];
        uint64_t lived = life->dropped_objects - i;
        rows[life->degree == 1 ? 0 : life->degree == 9 ? 1 : 2]++;
        MUST(life->degree == 1 ? life->extra == 7 && lived == 3
             : life->degree == 9
                 ? life->extra >= 4000 && life->extra <= 5000 && lived >= 2000 && lived <= 3000
                 : life->degree == 2 && life->extra == 7);
    }
    ck_assert_uint_gt(rows[2], 10000);
    check_chi_square("rows", rows, (const double[]){0.6, 0.3, 0.1}, 3);
    facts_free(&facts);
}
END_TEST

START_TEST(requests_arrive_work_and_allocate_as_declared)
{
    struct facts facts = facts_from(
        HEAD "duration: 20s\nrate: 300\nallocations_per_request: 60\nsites: {a: {types: one}}\n"
             "requests: {service_time: {distribution: lognormal, mean: 1ms, sigma: 0.4}}\n");
    size_t count = facts.request_count;
    double *gaps = calloc(count, sizeof *gaps);
    double *work = calloc(count, sizeof *work);
    double *objects = calloc(count, sizeof *objects);
    for (size_t i = 1; i < count; i++) {
        const struct request *request = &facts.requests[i + 1];
        MUST(request->has_arrival);
        gaps[i - 1] = (double)(request->arrival - facts.requests[i].arrival);
        work[i - 1] = (double)request->work;
        objects[i - 1] = (double)request->objects + (double)(i % 97) / 97 - 0.5;
    }
    ck_assert_double_eq_tol((double)count, 6000, 4 * sqrt(6000));
    check_ks("gaps", gaps, count - 1, exponential, (const double[]){1e9 / 300});
    check_ks("work", work, count - 1, lognormal, (const double[]){1e6, 0.4});
    check_ks("objects", objects, count - 1, lognormal, (const double[]){60, 1});
    free(gaps);
    free(work);
    free(objects);
    facts_free(&facts);
}
END_TEST

START_TEST(arrivals_are_even_or_follow_the_end_of_the_last)
{
    struct facts facts = facts_from(HEAD "duration: 2s\nrate: 100\nsites: {a: {types: one}}\n"
                                         "requests: {arrivals: deterministic}\n");
    ck_assert_uint_eq(facts.request_count, 199); /* the next would be at the end */
    for (uint64_t i = 2; i <= facts.request_count; i++)
        ck_assert_uint_eq(facts.requests[i].arrival - facts.requests[i - 1].arrival, 10000000);
    facts_free(&facts);
    facts = facts_from(HEAD "duration: 2s\nsites: {a: {types: one}}\nphases: {steady: {}}\n"
                            "requests: {arrivals: closed, think_time: 3ms, service_time: 1ms, "
                            "allocations: 7}\n");
    ck_assert_uint_eq(facts.request_count, 500);
    ck_assert_uint_eq(facts.idle, 500 * 3000000);
    for (uint64_t i = 1; i <= facts.request_count; i++)
        ck_assert(!facts.requests[i].has_arrival && facts.requests[i].objects == 7 &&
                  facts.requests[i].work == 1000000);
    facts_free(&facts);
}
END_TEST

START_TEST(phases_and_timers_come_when_they_should)
{
    struct facts facts = facts_from(
        HEAD "sites: {a: {types: one}, b: {types: two, during: timers}}\n"
             "timers: {t: {every: 100ms, allocations: 11, work: 2ms}}\n"
             "phases: {go: {kind: startup, work: 77ms}, run: {kind: steady, duration: 1s}, "
             "rest: {kind: idle, duration: 1s}}\n");
    uint64_t ticked = 0;
    for (uint64_t i = 1; i <= facts.objects; i++) {
        MUST(i > facts.mark_objects || !facts.lives[i].dropped_objects);
        MUST(facts.lives[i].type != 1 || facts.lives[i].born_request == 0);
        ticked += facts.lives[i].type == 1;
    }
    ck_assert_uint_eq(facts.mark_objects, 300);
    ck_assert_uint_eq(facts.mark_work, 77000000);
    ck_assert_uint_eq(ticked, 11 * (9 + 10)); /* the end of a phase is not in it */
    ck_assert(facts.idle > 900000000 && facts.idle < 1000000000);
    facts_free(&facts);
}
END_TEST

/*
 * Cycles
 */
#define CYCLES                                                                          \
    "workload: w\nstartup_objects: 300\nlive_objects: 300\nduration: 500ms\n"           \
    "types: {one: {attributes: 4}}\nsites: {a: {types: {one: 1, tuple: 1}, weight: 1, " \
    "lifetime: request, cyclic: 0.2, cycle: "

static const struct {
    const char *cycle;
    double garbage; /* a share of the request's objects */
} cycles[] = {
    {"{self: 1, pair: 0, tree: 0, tail: 0}}}\n", 0.2},
    {"{self: 0, pair: 1, tree: 0, tail: 0}}}\n", 0.2},
    {"{self: 0, pair: 1, tree: 0, tail: 1}}}\n", 0.2 * 1.5},
    {"{self: 0, pair: 0, tree: 0, ring: 1, size: 10, tail: 5}}}\n", 0.2 * 1.5},
    {"{self: 0, pair: 0, tree: 1, size: 21, fanout: 4, tail: 0}}}\n", 0.2},
    {"{self: 0, pair: 0, tree: 1, size: 21, fanout: 4, tail: 13}}}\n", 0.2 * 1.5},
    {"{size: {distribution: geometric, mean: 7}, ring: 1}}}\n", -1},
    {"{self: 1, pair: 1, ring: 1, tree: 1, back_references: weak}}}\n", 0},
    {"{self: 1, pair: 1, ring: 1, tree: 1, broken_by_hand: 1}}}\n", 0},
    {"{self: 1, pair: 0, tree: 0, tail: 0, broken_by_hand: 0.5}}}\n", 0.1},
    {"{self: 0, pair: 0, tree: 1, size: 50, fanout: 3, tail: 2, broken_by_hand: 1}}}\n", 0},
    {"{self: 0, pair: 0, tree: 1, size: 2, fanout: 1, tail: 2, broken_by_hand: 1}}}\n", 0},
};

START_TEST(cycles_become_garbage_with_their_tails_as_declared)
{
    char text[600];
    snprintf(text, sizeof text, CYCLES "%s", cycles[_i].cycle);
    struct facts facts = facts_from(text);
    double started = (double)facts.mark_objects / (double)facts.objects;
    double share = garbage_share(text) / (1 - started);
    bool weak = strstr(text, "weak") != NULL;
    bool broken = strstr(text, "broken") != NULL;
    if (cycles[_i].garbage >= 0)
        ck_assert_msg(fabs(share - cycles[_i].garbage) <= 0.01 * cycles[_i].garbage + 0.002,
                      "%s: %g instead of %g", cycles[_i].cycle, share, cycles[_i].garbage);
    else
        ck_assert(share > 0.2 && share < 0.3);
    ck_assert((facts.weak > 0) == weak);
    ck_assert((facts.emptied > 0) == broken);
    facts_free(&facts);
}
END_TEST

START_TEST(cyclic_shares_hold_for_every_lifetime)
{
    static const char *const lifetimes[] = {"at-once", "{cause: allocations, mean: 50}",
                                            "{cause: time, mean: 100us}", "request"};
    for (size_t i = 0; i < COUNT(lifetimes); i++) {
        char text[600];
        snprintf(text, sizeof text,
                 "workload: w\nstartup_objects: 0\nduration: 500ms\n"
                 "sites: {a: {types: object, lifetime: %s, cyclic: 0.3, cycle: {tail: 0}}}\n",
                 lifetimes[i]);
        ck_assert_double_eq_tol(garbage_share(text), 0.3, 0.01);
    }
}
END_TEST

START_TEST(a_site_whose_types_cannot_be_in_its_cycles_is_refused)
{
    static const char *const texts[] = {
        "workload: w\nsites: {a: {types: tuple}}\n",
        "workload: w\nsites: {a: {types: cell}}\n",
        "workload: w\nsites: {a: {types: record, cycle: {back_references: weak}}}\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct gcs_workload *workload = NULL;
        error = (struct gcs_error){0};
        const struct gcs_config *config = configure(texts[i], strlen(texts[i]), NULL);
        ck_assert_int_eq(gcs_workload_read(config, &workload, &error), GCS_INVALID);
        ck_assert_str_eq(error.where, i == 2 ? "sites.a.types" : "sites.a.types");
        ck_assert(strstr(error.text, "none of these types can be part of a cycle"));
        ck_assert(workload == NULL && error.line == 2);
    }
}
END_TEST

/*
 * The same again, and what differs
 */
static const char busy[] = /* everything at once */
    "workload: w\nstartup_objects: 2k\nlive_objects: 4k\nduration: 500ms\n"
    "types: {f: {finalizer: plain}, r: {finalizer: resurrect, weakrefable: true, slots: "
    "true}}\n"
    "sites: {a: {types: {set: 1, object: 1, f: 1, generator: 1}, references: 3, cycle: {ring: "
    "1, "
    "back_references: weak}}, b: {types: {object: 2, r: 1, dict: 1, cell: 1}, lifetime: "
    "{cause: "
    "time, mean: 50ms}, cycle: {broken_by_hand: 0.5}}, c: {types: {list: 1, method: 1}, "
    "lifetime: {cause: allocations}}, d: {types: function, lifetime: request}, e: {types: "
    "{object: 1, iterator: 1}, during: timers, lifetime: {cause: allocations, distribution: "
    "uniform, low: 10, high: 1k}}, g: {weight: 0.1, lifetime: never}}\n"
    "timers: {t: {every: 50ms}}\n";

START_TEST(everything_at_once_is_valid_for_every_seed)
{
    struct gcs_workload *workload = workload_of(busy);
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct gcs_trace *trace = generate(workload, seed, 0);
        struct gcs_lifetimes lifetimes = judge(trace);
        ck_assert(lifetimes.garbage_count > 0);
        gcs_lifetimes_fini(&lifetimes);
        gcs_trace_free(trace);
    }
    gcs_workload_free(workload);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_bytes_and_another_does_not)
{
    struct gcs_workload *first = workload_of(busy), *second = workload_of(busy);
    struct gcs_trace *traces[] = {generate(first, 5, 0), generate(second, 5, 0),
                                  generate(first, 6, 0)};
    ck_assert_uint_eq(traces[0]->image_size, traces[1]->image_size);
    ck_assert_mem_eq(traces[0]->image, traces[1]->image, traces[0]->image_size);
    ck_assert_str_ne(traces[0]->digest.hex, traces[2]->digest.hex);
    for (size_t i = 0; i < COUNT(traces); i++)
        gcs_trace_free(traces[i]);
    gcs_workload_free(first);
    gcs_workload_free(second);
}
END_TEST

static void check_same_arrivals(const struct facts *a, const struct facts *b, bool same_work)
{
    ck_assert_uint_eq(a->request_count, b->request_count);
    for (uint64_t i = 1; i <= a->request_count; i++) {
        MUST(a->requests[i].arrival == b->requests[i].arrival);
        MUST(!same_work || a->requests[i].work == b->requests[i].work);
    }
}

START_TEST(a_change_in_one_purpose_leaves_the_others_alone)
{
    struct facts base = facts_from(HEAD "duration: 1s\nsites: {a: {types: one}}\n");
    struct facts work =
        facts_from(HEAD "duration: 1s\nsites: {a: {types: one}}\n"
                        "requests: {service_time: {distribution: lognormal, mean: 1ms}}\n");
    struct facts site =
        facts_from(HEAD "duration: 1s\nsites: {a: {types: one}, b: {types: two, references: 3, "
                        "lifetime: request, cyclic: 0.5}}\n");
    check_same_arrivals(&base, &work, false);
    check_same_arrivals(&base, &site, true);
    facts_free(&base);
    facts_free(&work);
    facts_free(&site);
}
END_TEST

START_TEST(a_limit_of_events_cuts_a_valid_beginning)
{
    struct gcs_workload *workload = workload_of(busy);
    for (uint64_t limit = 1; limit < 30000; limit += 1 + limit / 3) {
        struct gcs_trace *trace = generate(workload, 1, limit);
        ck_assert_uint_eq(trace->events, limit);
        struct gcs_lifetimes lifetimes = judge(trace);
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

/*
 * Shipped workloads
 */
struct shipped {
    const char *name;
    const char *set[2]; /* shorter than shipped */
    bool poisson;
    double rate, service_ns, service_sigma, objects, objects_sigma;
    double startup, live;
    double garbage_low, garbage_high; /* of the requests' objects; cycles and tails */
    double share_at_once;
    double population_share; /* of the site that keeps live_objects alive */
    bool memoryless;         /* and whether its lifetimes are exponential */
};

static const struct shipped shipped[] = {
    {"web",
     {"phases.steady.duration=3s"},
     true,
     200,
     2.6e6,
     0.3,
     2000,
     1,
     150e3,
     200e3,
     0.05,
     0.09,
     0,
     14.0 / 109,
     true},
    {"leak",
     {"phases.steady.duration=3s"},
     true,
     200,
     2e6,
     0.3,
     2000,
     0.5,
     30e3,
     40e3,
     0.014,
     0.03,
     0,
     0.01,
     true},
    {"llm-serve",
     {"phases.steady.duration=5s"},
     false,
     50,
     11e6,
     0.15,
     6000,
     0.3,
     300e3,
     340e3,
     0,
     0,
     0.4,
     0.15,
     false},
};

static void check_requests(const struct shipped *row, const struct facts *facts)
{
    size_t count = facts->request_count;
    double *gaps = calloc(count, sizeof *gaps), *work = calloc(count, sizeof *work);
    double *objects = calloc(count, sizeof *objects);
    for (size_t i = 1; i < count; i++) {
        const struct request *request = &facts->requests[i + 1];
        gaps[i - 1] = (double)(request->arrival - facts->requests[i].arrival);
        work[i - 1] = (double)request->work;
        objects[i - 1] = (double)request->objects;
        MUST(row->poisson || gaps[i - 1] == 1e9 / row->rate);
    }
    if (row->poisson)
        check_ks("gaps", gaps, count - 1, exponential, (const double[]){1e9 / row->rate});
    check_ks("work", work, count - 1, lognormal,
             (const double[]){row->service_ns, row->service_sigma});
    check_ks("objects", objects, count - 1, lognormal,
             (const double[]){row->objects, row->objects_sigma});
    free(gaps);
    free(work);
    free(objects);
}

/* What outlives its request and is let go later lives as long as declared: a population is its
 * share of the allocations times the mean lifetime. */
static void check_population(const struct shipped *row, const struct facts *facts)
{
    double mean = (row->live - row->startup) / row->population_share;
    double window = (double)(facts->objects - facts->mark_objects) / 2;
    double *sample = calloc(facts->objects, sizeof *sample);
    size_t count = 0;
    for (uint64_t i = facts->mark_objects + 1; i <= facts->objects; i++) {
        const struct life *life = &facts->lives[i];
        double lived = (double)life->dropped_objects - (double)i;
        /* One in seven: what lived for less than its request is missed, which shows in many. */
        if (i % 7 == 0 && life->born_request && life->dropped_objects && lived < window &&
            (double)(facts->objects - i) > window &&
            life->dropped_request != life->born_request)
            sample[count++] = lived;
    }
    if (row->memoryless)
        check_ks("lifetimes", sample, count, cut_exponential, (const double[]){mean, window});
    free(sample);
}

START_TEST(a_shipped_workload_has_the_demographics_it_declares)
{
    const struct shipped *row = &shipped[_i];
    struct gcs_trace *trace = ship(row->name, row->set);
    struct gcs_lifetimes lifetimes = judge(trace);
    struct facts facts = facts_of(trace, &memory);
    double served = 0, at_once = 0, kept = 0;
    for (uint64_t i = 1; i <= facts.objects; i++) {
        served += facts.lives[i].born_request > 0;
        at_once += facts.lives[i].born_request && facts.lives[i].at_once;
        kept += i <= facts.mark_objects && !facts.lives[i].dropped_objects;
    }
    check_requests(row, &facts);
    check_population(row, &facts);
    ck_assert_double_eq_tol(kept, row->startup, 0.001 * row->startup);
    double garbage = (double)lifetimes.garbage_count / served;
    ck_assert_msg(garbage >= row->garbage_low && garbage <= row->garbage_high, "garbage %g",
                  garbage);
    if (row->share_at_once > 0)
        ck_assert_double_eq_tol(at_once / served, row->share_at_once, 0.002);
    double alive = (double)lifetimes.survivors;
    if (!gcs_same(row->name, "leak"))
        ck_assert_double_eq_tol(alive, row->live, 0.03 * row->live);
    else
        ck_assert(alive > 8 * row->live);
    facts_free(&facts);
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
}
END_TEST

static Suite *workload_suite(void)
{
    Suite *suite = suite_create("workload");
    TCase *traces = tcase_create("traces");
    tcase_add_checked_fixture(traces, setup, teardown);
    tcase_set_timeout(traces, 120);
    tcase_add_test(traces, lifetimes_in_allocations_are_as_declared);
    tcase_add_test(traces, lifetimes_in_time_are_as_declared);
    tcase_add_test(traces, causes_of_death_are_as_declared);
    tcase_add_test(traces, types_degrees_and_payloads_are_as_declared);
    tcase_add_test(traces, rows_of_a_joint_table_are_drawn_as_a_whole);
    tcase_add_test(traces, requests_arrive_work_and_allocate_as_declared);
    tcase_add_test(traces, arrivals_are_even_or_follow_the_end_of_the_last);
    tcase_add_test(traces, phases_and_timers_come_when_they_should);
    tcase_add_loop_test(traces, cycles_become_garbage_with_their_tails_as_declared, 0,
                        COUNT(cycles));
    tcase_add_test(traces, cyclic_shares_hold_for_every_lifetime);
    tcase_add_test(traces, a_site_whose_types_cannot_be_in_its_cycles_is_refused);
    tcase_add_test(traces, everything_at_once_is_valid_for_every_seed);
    tcase_add_test(traces, the_same_seed_gives_the_same_bytes_and_another_does_not);
    tcase_add_test(traces, a_change_in_one_purpose_leaves_the_others_alone);
    tcase_add_test(traces, a_limit_of_events_cuts_a_valid_beginning);
    tcase_add_test(traces, a_budget_too_small_ends_in_one_error_and_leaves_nothing);
    /* Millions of events through the code that all others test too: where traces are to be few
     * (under sanitizers and valgrind), these are left to the plain builds. */
    if (!getenv("GCSIM_TEST_TRACES"))
        tcase_add_loop_test(traces, a_shipped_workload_has_the_demographics_it_declares, 0,
                            COUNT(shipped));
    suite_add_tcase(suite, traces);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(workload_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
