/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: sums over spans that are over are what adding up one by one gives.
 * Method: a few spans by hand, at the edges of lifetime classes and just beside; thousands of
 * random spans, short-lived ones and long-lived ones, against a naive sum.
 */
#include "spans.h"

#include <check.h>

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

static struct gcs_memory memory;
static struct gcs_error error;
static struct spans spans;

static void setup(void)
{
    memory = (struct gcs_memory){0};
}

static void teardown(void)
{
    spans_fini(&spans);
    ck_assert_uint_eq(memory.used, 0);
}

/*
 * By hand: all spans are of one kind; its two sums are 1 and 100.
 */
struct by_hand {
    uint32_t begin;
    uint32_t lasts; /* ops */
};

static uint32_t end_of(const struct by_hand *span)
{
    return span->begin + span->lasts;
}

static int by_end(const void *a, const void *b)
{
    uint32_t x = end_of(a), y = end_of(b);
    return x < y ? -1 : x > y;
}

/* Takes them by rising beginning, and leaves them by rising end. */
static void make_by_hand(struct by_hand *all, size_t count)
{
    const uint32_t sums[] = {1, 100};
    uint32_t kind;
    spans_init(&spans, &memory, COUNT(sums), 1);
    MUST(spans_add_kind(&spans, sums, &kind, &error) == GCS_OK);
    for (size_t i = 0; i < count; i++)
        MUST(spans_add(&spans, all[i].begin, end_of(&all[i]), kind, &error) == GCS_OK);
    if (count)
        qsort(all, count, sizeof *all, by_end);
    for (size_t i = 0; i < count; i++)
        MUST(spans_add_end(&spans, end_of(&all[i]), kind, &error) == GCS_OK);
    MUST(spans_finish(&spans, 1000, &error) == GCS_OK);
}

/* Of the spans that begin at `from` or later, when `done` ops are done. */
static void expect(uint32_t from, uint32_t done, uint32_t over)
{
    uint32_t sums[SPAN_SUMS] = {0};
    spans_over(&spans, from, done, done, sums);
    ck_assert_msg(sums[0] == over && sums[1] == 100 * over, "[%u, %u): %u over, not %u", from,
                  done, sums[0], over);
}

START_TEST(nothing_has_no_sums)
{
    make_by_hand(NULL, 0);
    expect(0, 0, 0);
    expect(0, 50, 0);
    expect(3, 50, 0);
    expect(50, 50, 0);
}
END_TEST

START_TEST(three_spans_end)
{
    struct by_hand all[] = {{0, 3}, {1, 900}, {2, 2}}; /* to op 3, for long, to op 4 */
    make_by_hand(all, COUNT(all));
    expect(0, 0, 0);
    expect(0, 1, 0);
    expect(0, 2, 0);
    expect(0, 3, 0);
    expect(0, 4, 1);
    expect(1, 4, 0);
    expect(0, 5, 2);
    expect(1, 5, 1);
    expect(2, 5, 1);
    expect(3, 5, 0);
    expect(5, 5, 0); /* the interval is empty */
}
END_TEST

/* Spans of the same lifetime, few or many: the oldest ends first, and the others one by one. */
START_TEST(lifetimes_at_the_edge_of_a_class_end_when_they_end)
{
    static const uint32_t lifetimes[] = {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257};
    enum { MANY = 60 };
    uint32_t lasts = lifetimes[_i / 2], count = _i % 2 ? MANY : 4;
    struct by_hand all[MANY];
    for (uint32_t i = 0; i < count; i++)
        all[i] = (struct by_hand){i + 1, lasts};
    make_by_hand(all, count);
    for (uint32_t done = 0; done < lasts + count + 5; done++) {
        uint32_t over[2] = {0}; /* of all; of those from op 3 on */
        for (uint32_t begin = 1; begin <= count && begin + lasts < done; begin++) {
            over[0]++;
            over[1] += begin >= 3;
        }
        expect(0, done, over[0]);
        if (done >= 1)
            expect(1, done, over[0]);
        if (done >= 3)
            expect(3, done, over[1]);
    }
}
END_TEST

/*
 * Random spans
 */
enum { SPANS = 5000, OPS = 30000, KINDS = 20, QUERIES = 3000 };

struct span {
    uint32_t begin, end, kind;
};

static struct gcs_random dice;
static struct span made[SPANS]; /* by beginning */
static size_t made_count;
static uint32_t ended[SPANS]; /* of these, by end */
static size_t ended_count;
static uint32_t kinds[KINDS][SPAN_SUMS];
static unsigned width;

static void end_one(uint32_t op, uint32_t *live, size_t *live_count)
{
    uint64_t back = gcs_random_below(&dice, 3) ? 1 + gcs_random_below(&dice, 3)
                                               : 1 + gcs_random_below(&dice, *live_count);
    size_t at = back > *live_count ? 0 : *live_count - (size_t)back; /* mostly a young one */
    ended[ended_count++] = live[at];
    made[live[at]].end = op;
    live[at] = live[--*live_count];
}

/* A history: some ops are nothing to it, the others begin or end a span. */
static void live_through(void)
{
    static uint32_t live[SPANS];
    size_t live_count = 0;
    made_count = ended_count = 0;
    for (uint32_t op = 0; op < OPS; op++) {
        if (gcs_random_below(&dice, 4) == 0)
            continue;
        if (live_count > 300 && gcs_random_below(&dice, 5) < 2) {
            end_one(op, live, &live_count);
        } else if (made_count < SPANS) {
            live[live_count++] = (uint32_t)made_count;
            made[made_count++] =
                (struct span){op, GCS_NEVER, (uint32_t)gcs_random_below(&dice, KINDS)};
        }
    }
}

static void make_random(size_t most_kinds)
{
    spans_init(&spans, &memory, width, most_kinds);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        uint32_t known;
        for (unsigned w = 0; w < width; w++)
            kinds[kind][w] =
                (uint32_t)(gcs_random_next(&dice) >> (32 + gcs_random_below(&dice, 32)));
        MUST(spans_add_kind(&spans, kinds[kind], &known, &error) == GCS_OK);
        MUST(known == kind);
    }
    for (size_t i = 0; i < made_count; i++)
        if (made[i].end != GCS_NEVER)
            MUST(spans_add(&spans, made[i].begin, made[i].end, made[i].kind, &error) == GCS_OK);
    for (size_t i = 0; i < ended_count; i++)
        MUST(spans_add_end(&spans, made[ended[i]].end, made[ended[i]].kind, &error) == GCS_OK);
    MUST(spans_finish(&spans, OPS, &error) == GCS_OK);
}

static void compare(uint32_t from, uint32_t to, uint32_t done)
{
    uint32_t over[SPAN_SUMS] = {0}, sums[SPAN_SUMS] = {0};
    for (size_t i = 0; i < made_count; i++)
        if (made[i].begin >= from && made[i].begin < to && made[i].end < done)
            for (unsigned w = 0; w < width; w++)
                over[w] += kinds[made[i].kind][w];
    spans_over(&spans, from, to, done, sums);
    for (unsigned w = 0; w < width; w++)
        MUST(sums[w] == over[w]);
}

START_TEST(random_spans_have_the_sums_of_adding_one_by_one)
{
    static const unsigned widths[] = {1, 3, 7, SPAN_SUMS};
    gcs_random_init(&dice, (uint64_t)_i, "spans");
    width = widths[(unsigned)_i % COUNT(widths)];
    live_through();
    make_random(_i % 3 ? KINDS : SIZE_MAX);
    MUST(made_count > SPANS / 2 && ended_count > made_count / 2 && ended_count < made_count);
    for (unsigned i = 0; i < QUERIES; i++) {
        uint32_t done = i * (OPS / QUERIES) + (uint32_t)gcs_random_below(&dice, OPS / QUERIES);
        uint32_t from = (uint32_t)gcs_random_below(&dice, done + 1);
        compare(from, done, done);
        if (from) /* from 0 on it is what ended, wherever it began */
            compare(from, from + (uint32_t)gcs_random_below(&dice, done - from + 1), done);
        uint64_t near = gcs_random_below(&dice, 400); /* a young generation */
        compare(near < done ? done - (uint32_t)near : 0, done, done);
        if (i % 10 == 0)
            compare(0, done, done);
    }
    compare(0, OPS, OPS);
    compare(OPS / 2, GCS_NEVER - 1, GCS_NEVER - 1);
    compare(OPS, GCS_NEVER - 1, GCS_NEVER - 1);
}
END_TEST

static Suite *spans_suite(void)
{
    Suite *suite = suite_create("spans");
    TCase *sums = tcase_create("sums");
    tcase_add_checked_fixture(sums, setup, teardown);
    tcase_set_timeout(sums, 120);
    tcase_add_test(sums, nothing_has_no_sums);
    tcase_add_test(sums, three_spans_end);
    tcase_add_loop_test(sums, lifetimes_at_the_edge_of_a_class_end_when_they_end, 0, 28);
    tcase_add_loop_test(sums, random_spans_have_the_sums_of_adding_one_by_one, 0, 8);
    suite_add_tcase(suite, sums);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(spans_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
