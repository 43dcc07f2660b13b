/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: numbers, text, memory, random streams and error lines are what base.h promises.
 * Method: tables of quantities; published values of xoshiro256**, splitmix64 and XXH3-128 and a
 * second statement of the algorithms; chi-square tests with GSL's distribution; budgets and
 * sinks that give up.
 */
#include <gcsim/base.h>

#include <check.h>
#include <gsl/gsl_cdf.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

/*
 * Quantities
 */
static const struct whole_sample {
    const char *text;
    enum gcs_unit unit;
    uint64_t value;
} wholes[] = {
    {"0", GCS_UNIT_NONE, 0},
    {"20k", GCS_UNIT_NONE, 20000},
    {"2G", GCS_UNIT_NONE, 2000000000},
    {"1.5k", GCS_UNIT_NONE, 1500},
    {"1.50M", GCS_UNIT_NONE, 1500000},
    {"5.0", GCS_UNIT_NONE, 5},
    {"18446744073709551615", GCS_UNIT_NONE, UINT64_MAX},
    {"9007199254740993", GCS_UNIT_NONE, 9007199254740993}, /* no double holds it */
    {"18446744073709551k", GCS_UNIT_NONE, 18446744073709551000u},
    {"17179869183GiB", GCS_UNIT_BYTES, 18446744072635809792u},
    {"64KiB", GCS_UNIT_BYTES, 65536},
    {"1.5MiB", GCS_UNIT_BYTES, 1572864},
    {"1GiB", GCS_UNIT_BYTES, 1073741824},
    {"64k", GCS_UNIT_BYTES, 64000},
    {"1G", GCS_UNIT_BYTES, 1000000000},
    {"12ns", GCS_UNIT_TIME, 12},
    {"12us", GCS_UNIT_TIME, 12000},
    {"12ms", GCS_UNIT_TIME, 12000000},
    {"12s", GCS_UNIT_TIME, 12000000000},
    {"0.5us", GCS_UNIT_TIME, 500},
};

START_TEST(a_whole_quantity_is_exact)
{
    const struct whole_sample *sample = &wholes[_i];
    const char *why = "";
    uint64_t value = 424242;
    ck_assert_msg(
        gcs_parse_whole(sample->text, strlen(sample->text), sample->unit, &value, &why), "%s",
        why);
    ck_assert_uint_eq(value, sample->value);
}
END_TEST

static const struct {
    enum gcs_unit unit;
    const char *why;
    const char *texts[10];
} refusals[] = {
    {GCS_UNIT_NONE, "too large", {"18446744073709551616", "18446744073709552k"}},
    {GCS_UNIT_BYTES, "too large", {"17179869184GiB"}},
    {GCS_UNIT_NONE, "not a whole number", {"1.5", "0.0005k"}},
    {GCS_UNIT_TIME, "not a whole number", {"1.5ns"}},
    {GCS_UNIT_NONE, "is below 0", {"-1", "-0.5k"}},
    {GCS_UNIT_NONE, "not a number", {"", "-", ".", "k", "+1", " 1", "inf", "nan"}},
    {GCS_UNIT_NONE,
     "junk behind the number (suffixes: k M G)",
     {"1 ", "0x10", "1K", "1KiB", "1ms", "1e", "1k1"}},
    {GCS_UNIT_BYTES,
     "junk behind the number (suffixes: k M G KiB MiB GiB)",
     {"1ms", "1kib", "1Ki"}},
    {GCS_UNIT_TIME,
     "junk behind the number (suffixes: ns us ms s)",
     {"1k", "1m", "1MiB", "1sec"}},
};

START_TEST(a_whole_quantity_that_is_none_is_refused_with_the_reason)
{
    for (size_t i = 0; i < COUNT(refusals[_i].texts) && refusals[_i].texts[i]; i++) {
        const char *text = refusals[_i].texts[i], *why = NULL;
        uint64_t value = 424242;
        ck_assert_msg(!gcs_parse_whole(text, strlen(text), refusals[_i].unit, &value, &why),
                      "'%s'", text);
        ck_assert_str_eq(why, refusals[_i].why);
        ck_assert_uint_eq(value, 424242);
    }
}
END_TEST

START_TEST(a_real_quantity_is_finite_or_refused)
{
    static const struct {
        const char *text;
        enum gcs_unit unit;
        double value;
    } reals[] = {
        {"0.1", GCS_UNIT_NONE, 0.1},   {"-1.5", GCS_UNIT_NONE, -1.5},
        {".5", GCS_UNIT_NONE, 0.5},    {"5.", GCS_UNIT_NONE, 5},
        {"-2k", GCS_UNIT_NONE, -2000}, {"1e-3", GCS_UNIT_NONE, 1e-3},
        {"1E+3", GCS_UNIT_NONE, 1e3},  {"0.5KiB", GCS_UNIT_BYTES, 512},
        {"1e3k", GCS_UNIT_NONE, 1e6},  {"2.5ms", GCS_UNIT_TIME, 2.5e6},
    };
    static const char *const refused[] = {"1e999", "1e308G", "inf", "-inf", "nan",   "+1",   "",
                                          "1,5",   "0x1p3",  "1 k", "--1",  "1.2.3", "1e2.5"};
    const char *why = NULL;
    double value;
    for (size_t i = 0; i < COUNT(reals); i++) {
        ck_assert(
            gcs_parse_real(reals[i].text, strlen(reals[i].text), reals[i].unit, &value, &why));
        ck_assert_double_eq(value, reals[i].value);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        why = NULL;
        ck_assert_msg(
            !gcs_parse_real(refused[i], strlen(refused[i]), GCS_UNIT_NONE, &value, &why),
            "'%s'", refused[i]);
        ck_assert(why && strlen(why) > 0);
        ck_assert_double_eq(value, 2.5e6);
    }
}
END_TEST

START_TEST(only_the_given_length_of_a_quantity_is_read)
{
    const char *why;
    uint64_t whole;
    double real;
    ck_assert(gcs_parse_whole("12345", 2, GCS_UNIT_NONE, &whole, &why));
    ck_assert_uint_eq(whole, 12);
    ck_assert(gcs_parse_real("1.5e9", 3, GCS_UNIT_NONE, &real, &why));
    ck_assert_double_eq(real, 1.5);
    ck_assert(gcs_parse_real("5ms", 1, GCS_UNIT_TIME, &real, &why));
    ck_assert_double_eq(real, 5);
}
END_TEST

/* N thousandths with a suffix k is N, whatever binary fractions do to it on the way. */
START_TEST(a_decimal_fraction_of_a_suffix_is_whole_where_arithmetic_says_so)
{
    for (unsigned n = 1; n < 20000; n++) {
        char text[32];
        const char *why = "";
        uint64_t value = 0;
        int length = snprintf(text, sizeof text, "%u.%03uk", n / 1000, n % 1000);
        bool parsed = gcs_parse_whole(text, (size_t)length, GCS_UNIT_NONE, &value, &why);
        if (!parsed || value != n)
            ck_abort_msg("'%s' gave %llu %s", text, (unsigned long long)value, why);
    }
}
END_TEST

/* 2^53 + 1 with a point behind it: refused or exact, but never another number. */
START_TEST(a_whole_number_that_no_double_holds_is_not_rounded)
{
    const char *text = "9007199254740993.0", *why;
    uint64_t value = 0;
    if (gcs_parse_whole(text, strlen(text), GCS_UNIT_NONE, &value, &why))
        ck_assert_uint_eq(value, 9007199254740993);
}
END_TEST

/*
 * Names
 */
START_TEST(a_near_name_is_suggested_and_a_far_one_is_not)
{
    static const char *const names[] = {"exponential", "uniform", "constant", "lognormal"};
    static const char *const near[][2] = {
        {"expontential", "exponential"}, {"uniforn", "uniform"},     {"konstant", "constant"},
        {"expo", "exponential"},         {"lognormal", "lognormal"}, {"log", "lognormal"},
    };
    static const char *const far[] = {"zipf", "", "x", "an entirely different thing"};
    for (size_t i = 0; i < COUNT(near); i++)
        ck_assert_pstr_eq(gcs_nearest(near[i][0], names, COUNT(names)), near[i][1]);
    for (size_t i = 0; i < COUNT(far); i++)
        ck_assert_pstr_eq(gcs_nearest(far[i], names, COUNT(names)), NULL);
    ck_assert_ptr_null(gcs_nearest("uniform", names, 0));
}
END_TEST

START_TEST(digests_are_xxh3_128_in_hex)
{
    /* xxHash's own sanity check, seed 0, no bytes. */
    ck_assert_str_eq(gcs_digest_of("", 0).hex, "99aa06d3014798d86001c324468d497f");
    ck_assert_str_ne(gcs_digest_of("a", 1).hex, gcs_digest_of("b", 1).hex);
    ck_assert_uint_eq(strlen(gcs_digest_of("a", 1).hex), 32);
}
END_TEST

/*
 * Random streams
 */
/* Splitmix64's n-th output, from 1, without walking there. */
static uint64_t splitmix_at(uint64_t seed, uint64_t n)
{
    uint64_t z = seed + n * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

START_TEST(the_generator_is_xoshiro256_star_star)
{
    /* The first outputs from the state 1, 2, 3, 4, as implementations in other languages test
     * them. */
    static const uint64_t published[] = {11520u,
                                         0u,
                                         1509978240u,
                                         1215971899390074240u,
                                         1216172134540287360u,
                                         607988272756665600u,
                                         16172922978634559625u,
                                         8476171486693032832u};
    struct gcs_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < COUNT(published); i++)
        ck_assert_uint_eq(gcs_random_next(&random), published[i]);
}
END_TEST

/* One step of xoshiro256** as new words from old ones, not in place. */
static uint64_t restated_next(uint64_t s[4])
{
    uint64_t five = s[1] + (s[1] << 2);
    uint64_t seven = (five << 7) + (five >> 57);
    uint64_t result = seven + (seven << 3);
    uint64_t last = s[3] ^ s[1];
    uint64_t after[4] = {s[0] ^ last, s[1] ^ s[2] ^ s[0], s[2] ^ s[0] ^ (s[1] << 17),
                         (last << 45) + (last >> 19)};
    memcpy(s, after, sizeof after);
    return result;
}

START_TEST(a_stream_without_a_name_starts_as_splitmix64_says)
{
    ck_assert_uint_eq(splitmix_at(1234567, 1), 6457827717110365317u); /* published */
    ck_assert_uint_eq(splitmix_at(1234567, 2), 3203168211198807973u);
    for (uint64_t seed = 0; seed < 50; seed++) {
        uint64_t mixed = splitmix_at(seed * 0x123456789abcdefu, 1), state[4];
        struct gcs_random random;
        gcs_random_init(&random, seed * 0x123456789abcdefu, "");
        for (uint64_t i = 0; i < 4; i++)
            state[i] = splitmix_at(mixed, i + 1);
        for (int i = 0; i < 1000; i++)
            MUST(gcs_random_next(&random) == restated_next(state));
    }
}
END_TEST

START_TEST(seed_and_name_start_streams_that_share_nothing)
{
    static const char *const names[] = {"", "a", "b", "ab", "ba", "aa", "arrivals", "arrival"};
    static const uint64_t seeds[] = {0, 1, 2, UINT64_MAX, (uint64_t)1 << 63, (uint64_t)1 << 32};
    enum { STREAMS = COUNT(names) * COUNT(seeds) };
    uint64_t firsts[STREAMS];
    for (size_t i = 0; i < STREAMS; i++) {
        struct gcs_random random;
        gcs_random_init(&random, seeds[i % COUNT(seeds)], names[i / COUNT(seeds)]);
        firsts[i] = gcs_random_next(&random);
        for (size_t j = 0; j < i; j++)
            ck_assert_uint_ne(firsts[i], firsts[j]);
    }
    struct gcs_random once, again;
    gcs_random_init(&once, 7, "service");
    gcs_random_init(&again, 7, "service");
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(gcs_random_next(&once), gcs_random_next(&again));
}
END_TEST

/* The bins are neither too uneven nor too even to be chance; seeds are fixed: no lottery. */
static void check_even(const unsigned *counts, size_t bins, double total)
{
    double expected = total / (double)bins, sum = 0;
    for (size_t i = 0; i < bins; i++)
        sum += pow((double)counts[i] - expected, 2) / expected;
    double tail = gsl_cdf_chisq_Q(sum, (double)(bins - 1));
    ck_assert_msg(tail > 1e-4 && tail < 1 - 1e-4, "chance %g", tail);
}

START_TEST(units_are_uniform_below_one)
{
    enum { BINS = 256, DRAWS = 200000 };
    unsigned counts[BINS] = {0};
    struct gcs_random random;
    gcs_random_init(&random, 1, "unit");
    for (int i = 0; i < DRAWS; i++) {
        double unit = gcs_random_unit(&random);
        MUST(unit >= 0 && unit < 1);
        counts[(int)(unit * BINS)]++;
    }
    check_even(counts, BINS, DRAWS);
}
END_TEST

START_TEST(whole_numbers_below_a_bound_are_uniform)
{
    /* With 3 * 2^62 values, a plain remainder would draw the first third twice as often. */
    static const struct {
        uint64_t bound, bin;
        size_t bins;
    } cases[] = {{6, 1, 6}, {1000, 10, 100}, {3 * ((uint64_t)1 << 62), (uint64_t)1 << 62, 3}};
    enum { DRAWS = 100000 };
    for (size_t c = 0; c < COUNT(cases); c++) {
        unsigned counts[100] = {0};
        struct gcs_random random;
        gcs_random_init(&random, 2, "below");
        for (int i = 0; i < DRAWS; i++) {
            uint64_t value = gcs_random_below(&random, cases[c].bound);
            MUST(value < cases[c].bound);
            counts[value / cases[c].bin]++;
        }
        check_even(counts, cases[c].bins, DRAWS);
    }
    struct gcs_random random;
    gcs_random_init(&random, 2, "one");
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(gcs_random_below(&random, 1), 0);
}
END_TEST

START_TEST(two_streams_of_one_seed_are_independent)
{
    enum { SIDE = 16, DRAWS = 200000 };
    unsigned counts[SIDE * SIDE] = {0};
    struct gcs_random a, b;
    gcs_random_init(&a, 1, "site.a");
    gcs_random_init(&b, 1, "site.b");
    for (int i = 0; i < DRAWS; i++) {
        uint64_t row = gcs_random_next(&a) >> 60, column = gcs_random_next(&b) >> 60;
        counts[row * SIDE + column]++;
    }
    check_even(counts, COUNT(counts), DRAWS);
}
END_TEST

/*
 * Memory
 */
START_TEST(a_budget_that_is_reached_leaves_array_and_figures_as_they_were)
{
    struct gcs_memory memory = {.limit = 4096};
    struct gcs_error error = {0};
    uint64_t *array = NULL;
    size_t capacity = 0;
    ck_assert_int_eq(GCS_GROW(&memory, &array, &capacity, 300, &error), GCS_OK);
    ck_assert_uint_ge(capacity, 300);
    ck_assert_uint_eq(memory.used, capacity * sizeof *array);
    for (size_t i = 0; i < capacity; i++)
        array[i] = i;
    const uint64_t *before = array;
    const struct gcs_memory figures = memory;
    const size_t room = capacity;
    ck_assert_int_eq(GCS_GROW(&memory, &array, &capacity, 513, &error), GCS_LIMIT);
    ck_assert_int_eq(error.status, GCS_LIMIT);
    ck_assert_ptr_eq(array, before);
    ck_assert_uint_eq(capacity, room);
    ck_assert_uint_eq(memory.used, figures.used);
    error = (struct gcs_error){0};
    ck_assert_int_eq(GCS_GROW(&memory, &array, &capacity, 400, &error), GCS_OK);
    ck_assert_uint_eq(memory.used, 3200); /* doubling gives way where only this much fits */
    for (size_t i = 0; i < room; i++)
        ck_assert_uint_eq(array[i], i);
    gcs_memory_free(&memory, array, capacity, sizeof *array);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

START_TEST(what_no_machine_holds_is_a_limit)
{
    struct gcs_memory memory = {0};
    struct gcs_error error = {0};
    void *array = NULL;
    size_t capacity = 0;
    ck_assert_int_eq(gcs_memory_grow(&memory, &array, &capacity, SIZE_MAX / 4, 32, &error),
                     GCS_LIMIT);
    ck_assert_ptr_null(array);
    ck_assert_uint_eq(capacity, 0);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

START_TEST(an_arena_hands_out_zeroed_aligned_memory_that_stays)
{
    enum { PIECES = 3000 };
    static unsigned char *pieces[PIECES];
    struct gcs_arena arena;
    gcs_arena_init(&arena);
    for (size_t i = 0; i < PIECES; i++) {
        size_t bytes = (i + 1) % 97 + (i == 1500 ? 1u << 20 : 0);
        pieces[i] = gcs_arena_push(&arena, bytes);
        MUST((uintptr_t)pieces[i] % 16 == 0);
        for (size_t b = 0; b < bytes; b++)
            MUST(pieces[i][b] == 0);
        memset(pieces[i], (int)(i & 0xff), bytes);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t b = 0; b < (i + 1) % 97; b++)
            MUST(pieces[i][b] == (i & 0xff));
    ck_assert_str_eq(gcs_arena_string(&arena, "sites.row", 5), "sites");
    ck_assert_str_eq(gcs_arena_string(&arena, "", 0), "");
    gcs_arena_fini(&arena);
    ck_assert_ptr_null(arena.chunks);
}
END_TEST

START_TEST(nothing_can_be_pushed_on_an_arena_that_is_empty)
{
    struct gcs_arena arena;
    gcs_arena_init(&arena);
    ck_assert_ptr_nonnull(gcs_arena_push(&arena, 0));
    gcs_arena_fini(&arena);
}
END_TEST

/*
 * Text
 */
struct pail {
    char *bytes;
    size_t count;
    size_t room; /* the sink gives up rather than hold more */
    unsigned refusals;
};

static bool pour(void *to, const void *bytes, size_t count)
{
    struct pail *pail = to;
    if (count > pail->room - pail->count) {
        pail->refusals++;
        return false;
    }
    memcpy(pail->bytes + pail->count, bytes, count);
    pail->count += count;
    return true;
}

START_TEST(text_grows_in_place_and_ends_in_a_zero)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    ck_assert_ptr_null(text.data);
    gcs_text_add(&text, "%s %d", "answer", 42);
    gcs_text_add_bytes(&text, "\0!", 2);
    gcs_text_add_u64(&text, 0);
    gcs_text_add_u64(&text, UINT64_MAX);
    ck_assert_uint_eq(text.length, 9 + 2 + 1 + 20);
    ck_assert_mem_eq(text.data, "answer 42\0!018446744073709551615", text.length + 1);
    ck_assert(gcs_text_flush(&text));
    gcs_text_fini(&text);
    ck_assert_ptr_null(text.data);
}
END_TEST

START_TEST(a_sink_gets_all_bytes_in_order_and_the_buffer_stays_small)
{
    enum { LINES = 400000 };
    struct pail pail = {.room = 8u << 20};
    pail.bytes = malloc(pail.room);
    struct gcs_sink sink = {pour, &pail};
    struct gcs_text text;
    gcs_text_init(&text, &sink);
    for (unsigned i = 0; i < LINES; i++) {
        gcs_text_add(&text, "%u\n", i);
        MUST(text.capacity < 2u << 20);
    }
    ck_assert(gcs_text_flush(&text));
    gcs_text_fini(&text);
    const char *at = pail.bytes;
    for (unsigned i = 0; i < LINES; i++) {
        char *end;
        MUST(strtoul(at, &end, 10) == i && *end == '\n');
        at = end + 1;
    }
    ck_assert_ptr_eq(at, pail.bytes + pail.count);
    free(pail.bytes);
}
END_TEST

START_TEST(a_sink_that_gives_up_is_not_asked_again)
{
    char bytes[1000];
    struct pail pail = {.bytes = bytes, .room = sizeof bytes};
    struct gcs_sink sink = {pour, &pail};
    struct gcs_text text;
    gcs_text_init(&text, &sink);
    gcs_text_add(&text, "%999d", 1);
    ck_assert(gcs_text_flush(&text));
    for (int i = 0; i < 100; i++)
        gcs_text_add(&text, "%9999d", 1);
    ck_assert(!gcs_text_flush(&text));
    ck_assert(text.failed);
    gcs_text_add(&text, "more");
    gcs_text_add_u64(&text, 1);
    gcs_text_add_bytes(&text, "x", 1);
    ck_assert(!gcs_text_flush(&text));
    ck_assert_uint_eq(pail.refusals, 1);
    gcs_text_fini(&text);
}
END_TEST

/*
 * Errors
 */
START_TEST(the_first_error_wins)
{
    struct gcs_error error = {0};
    ck_assert_int_eq(gcs_fail(&error, GCS_LIMIT, "first %d", 1), GCS_LIMIT);
    ck_assert_int_eq(gcs_fail(&error, GCS_NOMEM, "second"), GCS_NOMEM);
    ck_assert_int_eq(gcs_fail_at(&error, 3, 4, "key", "third"), GCS_INVALID);
    ck_assert_int_eq(error.status, GCS_LIMIT);
    ck_assert_str_eq(error.text, "first 1");
    ck_assert_str_eq(error.where, "");
    ck_assert_uint_eq(error.line, 0);
    ck_assert_int_eq(gcs_fail(NULL, GCS_LIMIT, "nobody listens"), GCS_LIMIT);
    ck_assert_int_eq(gcs_fail_at(NULL, 1, 1, NULL, "nobody listens"), GCS_INVALID);
}
END_TEST

START_TEST(an_error_has_its_place_and_fits_one_line)
{
    struct gcs_error error = {0};
    ck_assert_int_eq(
        gcs_fail_at(&error, 12, 5, "sites.row", "bad '%s'", "a\nb\x1b[2J\x7f\xc3\xa9"),
        GCS_INVALID);
    ck_assert_uint_eq(error.line, 12);
    ck_assert_uint_eq(error.column, 5);
    ck_assert_str_eq(error.where, "sites.row");
    ck_assert_str_eq(error.text, "bad 'a?b?[2J?\xc3\xa9'");

    char longer[2000] = {0};
    memset(longer, 'x', sizeof longer - 1);
    error = (struct gcs_error){0};
    gcs_fail_at(&error, 1, 1, longer, "%s", longer);
    ck_assert_uint_eq(strlen(error.text), sizeof error.text - 1);
    ck_assert_uint_eq(strlen(error.where), sizeof error.where - 1);
}
END_TEST

static Suite *base_suite(void)
{
    Suite *suite = suite_create("base");
    TCase *quantities = tcase_create("quantities");
    tcase_add_loop_test(quantities, a_whole_quantity_is_exact, 0, (int)COUNT(wholes));
    tcase_add_loop_test(quantities, a_whole_quantity_that_is_none_is_refused_with_the_reason, 0,
                        (int)COUNT(refusals));
    tcase_add_test(quantities, a_real_quantity_is_finite_or_refused);
    tcase_add_test(quantities, only_the_given_length_of_a_quantity_is_read);
    tcase_add_test(quantities, a_near_name_is_suggested_and_a_far_one_is_not);
    tcase_add_test(quantities, digests_are_xxh3_128_in_hex);
    suite_add_tcase(suite, quantities);

    TCase *random = tcase_create("random");
    tcase_add_test(random, the_generator_is_xoshiro256_star_star);
    tcase_add_test(random, a_stream_without_a_name_starts_as_splitmix64_says);
    tcase_add_test(random, seed_and_name_start_streams_that_share_nothing);
    tcase_add_test(random, units_are_uniform_below_one);
    tcase_add_test(random, whole_numbers_below_a_bound_are_uniform);
    tcase_add_test(random, two_streams_of_one_seed_are_independent);
    suite_add_tcase(suite, random);

    TCase *memory = tcase_create("memory and text");
    tcase_add_test(memory, a_budget_that_is_reached_leaves_array_and_figures_as_they_were);
    tcase_add_test(memory, what_no_machine_holds_is_a_limit);
    tcase_add_test(memory, an_arena_hands_out_zeroed_aligned_memory_that_stays);
    tcase_add_test(memory, text_grows_in_place_and_ends_in_a_zero);
    tcase_add_test(memory, a_sink_gets_all_bytes_in_order_and_the_buffer_stays_small);
    tcase_add_test(memory, a_sink_that_gives_up_is_not_asked_again);
    tcase_add_test(memory, the_first_error_wins);
    tcase_add_test(memory, an_error_has_its_place_and_fits_one_line);
    suite_add_tcase(suite, memory);

    TCase *known = tcase_create("known");
    tcase_add_test(known, a_decimal_fraction_of_a_suffix_is_whole_where_arithmetic_says_so);
    tcase_add_test(known, a_whole_number_that_no_double_holds_is_not_rounded);
    tcase_add_test(known, nothing_can_be_pushed_on_an_arena_that_is_empty);
    suite_add_tcase(suite, known);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(base_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
