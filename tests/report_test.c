/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: files have the columns that were promised, in their order, and fields that any CSV or
 * JSON reader reads back; what people see is aligned and short.
 * Method: the lists of names written out again; hard cases of RFC 4180 and JSON read back by
 * small readers of the test's own; figures by hand.
 */
#include <gcsim/report.h>

#include <check.h>

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct gcs_text text;

static void setup(void)
{
    gcs_text_init(&text, NULL);
}

static void teardown(void)
{
    gcs_text_fini(&text);
}

/*
 * Columns
 */
static const struct {
    const char *file, *names;
    bool more; /* columns have been added since */
} files[] = {
    {"summary.csv",
     "trial,input,model,strategy,threshold0,threshold1,threshold2,seed,engine,events,"
     "allocations,mutator_ns,gc_ns,gc_share,total_ns,collections_gen0,collections_gen1,"
     "collections_gen2,collected,uncollectable,pause_ns_p50,pause_ns_p90,pause_ns_p99,"
     "pause_ns_p999,pause_ns_max,peak_bytes,mean_bytes,peak_garbage_bytes,peak_objects,"
     "end_garbage_objects,request_ns_p50,request_ns_p99,request_ns_p999,request_ns_max,pareto",
     true},
    {"collections.csv",
     "trial,event,time_ns,generation,cause,candidates,candidate_bytes,references,collected,"
     "uncollectable,survivors,finalizers,freed_objects,freed_bytes,pause_ns,live_objects,"
     "heap_bytes",
     false},
    {"timeline.csv", "trial,event,time_ns,live_bytes,garbage_bytes,frozen_bytes,live_objects",
     true},
    {"requests.csv", "trial,percentile,request_ns", false},
    {"decisions",
     "decision,event,scheduled_event,time_ns,cause,outcome,generation,full_refused,count0,"
     "count1,count2,threshold0,threshold1,threshold2,long_lived_pending,long_lived_total,"
     "work_to_do,candidates,references,collected,uncollectable,survivors,finalizers,"
     "freed_objects,freed_bytes,pause_ns,live_objects,heap_bytes",
     false},
    {"totals",
     "events,allocations,standing,types,requests,work_ns,binary_bytes,digest,at_once,later,"
     "in_cycle,off_cycle,alive,cyclic_share,cycles,allocated_bytes,lifetime_mean,"
     "born_references,stored_references,older_references",
     false},
    {"types",
     "type,number,kind,allocated,at_once,later,in_cycle,off_cycle,alive,allocated_bytes,"
     "size_bytes_mean,lifetime_mean,references_mean",
     false},
    {"quantiles", "distribution,count,mean,min,p10,p25,p50,p75,p90,p99,p999,max", false},
    {"distributions", "distribution,from,to,count,share", false},
    {"survival", "age,born,lived,share", false},
    {"cycles", "types,cycles,objects,cycle_bytes,largest,steps,path", false},
    {"closers", "source,slot,target,references,older,cycles,ends_cycles,ends_objects", false},
    {"curve", "allocations,event,work_ns,live_objects,live_bytes", false},
    {"growth",
     "type,allocations,event,work_ns,live_objects,live_objects_delta,live_bytes,live_bytes_"
     "delta",
     false},
    {"comparison.csv",
     "figure,axes,model,strategy,threshold0,threshold1,threshold2,n,median,p99,max,pairs,"
     "difference_mean,difference_median,difference_max,t_low,t_high,bootstrap_low,"
     "bootstrap_high,warning,relative,verdict,seeds_needed,warmup,counted_ns_min,"
     "collections_min,full_min,requests_min,advice",
     false},
};

START_TEST(a_file_has_the_columns_of_the_design_in_their_order)
{
    const struct gcs_file *file = gcs_file_at((size_t)_i);
    size_t length = strlen(files[_i].names);
    ck_assert_str_eq(file->name, files[_i].file);
    gcs_csv_header(file, &text);
    ck_assert_uint_ge(text.length, length + 1);
    ck_assert_mem_eq(text.data, files[_i].names, length);
    ck_assert_int_eq(text.data[length], files[_i].more ? ',' : '\n');
    ck_assert_int_eq(text.data[text.length - 1], '\n');
    ck_assert_ptr_null(gcs_file_at(COUNT(files)));
}
END_TEST

START_TEST(every_column_has_a_plain_name_of_its_own_and_a_meaning)
{
    for (size_t f = 0; f < COUNT(files); f++) {
        const struct gcs_file *file = gcs_file_at(f);
        for (size_t i = 0; i < file->count; i++) {
            const struct gcs_column *column = &file->columns[i];
            ck_assert_uint_gt(strlen(column->name), 0);
            ck_assert_uint_eq(strspn(column->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                              strlen(column->name));
            ck_assert_uint_gt(strlen(column->help), 0);
            /* Units stand in the name, before the statistic. */
            ck_assert_int_eq(gcs_same(column->unit, "ns"), strstr(column->name, "_ns") != NULL);
            ck_assert_int_eq(gcs_same(column->unit, "bytes"),
                             strstr(column->name, "_bytes") != NULL);
            ck_assert_ptr_eq(gcs_column_find(file, column->name), column); /* the only one */
        }
    }
    ck_assert_ptr_null(gcs_column_find(&gcs_summary_file, "no_such_column"));
}
END_TEST

/*
 * Fields
 */
struct cells {
    uint64_t u64;
    int64_t i64;
    uint32_t u32;
    double real;
    const char *string;
    bool flag;
};
static const struct gcs_column cell_columns[] = {
    {"u64", "", "", GCS_CELL_U64, offsetof(struct cells, u64)},
    {"i64", "", "", GCS_CELL_I64, offsetof(struct cells, i64)},
    {"u32", "", "", GCS_CELL_U32, offsetof(struct cells, u32)},
    {"real", "", "", GCS_CELL_REAL, offsetof(struct cells, real)},
    {"string", "", "", GCS_CELL_TEXT, offsetof(struct cells, string)},
    {"flag", "", "", GCS_CELL_FLAG, offsetof(struct cells, flag)},
};
static const struct gcs_file cell_file = {"cells.csv", "", cell_columns, COUNT(cell_columns)};

static const struct {
    struct cells cells;
    const char *csv, *json;
} rows[] = {
    {{0, 0, 0, 0, "a", false},
     "0,0,0,0,a,0\n",
     "{\"u64\": 0, \"i64\": 0, \"u32\": 0, \"real\": 0, \"string\": \"a\", \"flag\": 0}"},
    {{UINT64_MAX, INT64_MIN, UINT32_MAX, (double)NAN, NULL, true},
     ",-9223372036854775808,4294967295,,,1\n",
     "{\"u64\": null, \"i64\": -9223372036854775808, \"u32\": 4294967295, \"real\": null, "
     "\"string\": \"\", \"flag\": 1}"},
    {{UINT64_MAX - 1, INT64_MAX, 1, 1.0 / 3, "", false},
     "18446744073709551614,9223372036854775807,1,0.333333333,,0\n",
     "{\"u64\": 18446744073709551614, \"i64\": 9223372036854775807, \"u32\": 1, "
     "\"real\": 0.333333333, \"string\": \"\", \"flag\": 0}"},
    {{1, -1, 1, 1e-20, "a,b", false},
     "1,-1,1,1e-20,\"a,b\",0\n",
     "{\"u64\": 1, \"i64\": -1, \"u32\": 1, \"real\": 1e-20, \"string\": \"a,b\", \"flag\": "
     "0}"},
    {{1, 1, 1, 12345678.9, "say \"x\"", false},
     "1,1,1,12345678.9,\"say \"\"x\"\"\",0\n",
     "{\"u64\": 1, \"i64\": 1, \"u32\": 1, \"real\": 12345678.9, \"string\": \"say "
     "\\\"x\\\"\", "
     "\"flag\": 0}"},
    {{1, 1, 1, 1234567890123., "two\nlines\r\n", false},
     "1,1,1,1.23456789e+12,\"two\nlines\r\n\",0\n",
     "{\"u64\": 1, \"i64\": 1, \"u32\": 1, \"real\": 1.23456789e+12, "
     "\"string\": \"two\\u000alines\\u000d\\u000a\", \"flag\": 0}"},
    {{1, 1, 1, 0.5, "C:\\x \xc3\xa9\x01", false},
     "1,1,1,0.5,C:\\x \xc3\xa9\x01,0\n",
     "{\"u64\": 1, \"i64\": 1, \"u32\": 1, \"real\": 0.5, \"string\": \"C:\\\\x "
     "\xc3\xa9\\u0001\", "
     "\"flag\": 0}"},
};

START_TEST(fields_are_exact_quoted_and_empty_where_they_must_be)
{
    gcs_csv_row(&cell_file, &rows[_i].cells, &text);
    ck_assert_str_eq(text.data, rows[_i].csv);
    teardown();
    setup();
    gcs_json_row(&cell_file, &rows[_i].cells, &text);
    ck_assert_str_eq(text.data, rows[_i].json);
}
END_TEST

/* A reader as RFC 4180 has it: one field, its quotes taken off. What follows it is returned. */
static const char *read_field(const char *at, char *field)
{
    bool quoted = *at == '"';
    at += quoted;
    while (*at && (quoted || !strchr(",\n", *at))) {
        if (quoted && *at == '"' && *++at != '"')
            break;
        *field++ = *at++;
    }
    *field = '\0';
    return at;
}

START_TEST(any_text_reads_back_from_a_quoted_field)
{
    static const char alphabet[] = "ab,\"\n\r ;'\\";
    struct gcs_random random;
    gcs_random_init(&random, 1, "fields");
    for (int i = 0; i < 2000; i++) {
        char string[12] = {0}, field[64];
        struct cells cells = {.string = string};
        size_t length = gcs_random_below(&random, sizeof string);
        for (size_t c = 0; c < length; c++)
            string[c] = alphabet[gcs_random_below(&random, sizeof alphabet - 1)];
        teardown();
        setup();
        gcs_csv_row(&cell_file, &cells, &text);
        const char *at = text.data;
        for (int column = 0; column <= 4; column++)
            at = read_field(at, field) + 1;
        if (!gcs_same(field, string) || !gcs_same(at, "0\n"))
            ck_abort_msg("'%s' came back as '%s'", string, field);
    }
}
END_TEST

START_TEST(a_cell_alone_is_printed_without_quotes)
{
    struct cells cells = {.string = "a \"b\", c", .u64 = GCS_ABSENT};
    gcs_cell_print(&cell_columns[4], &cells, &text);
    ck_assert_str_eq(text.data, "a \"b\", c");
    size_t before = text.length;
    gcs_cell_print(&cell_columns[0], &cells, &text);
    ck_assert_uint_eq(text.length, before);
}
END_TEST

START_TEST(a_ledger_becomes_one_row_a_fact)
{
    struct gcs_collection collections[] = {
        {.event = 7,
         .time_ns = 8,
         .pause_ns = 9,
         .cause = GCS_CAUSE_STRATEGY,
         .work = {.generation = 2,
                  .candidates = 10,
                  .candidate_bytes = 11,
                  .references = 12,
                  .collected = 13,
                  .uncollectable = 14,
                  .survivors = 15,
                  .finalizers = 16,
                  .freed_objects = 17,
                  .freed_bytes = 18},
         .live_objects = 19,
         .heap_bytes = 20},
        {.cause = GCS_CAUSE_PROGRAM},
    };
    struct gcs_sample samples[] = {{1, 2, 3, 4, 5, 6, 7}};
    struct gcs_ledger ledger = {.collections = collections,
                                .collection_count = 2,
                                .samples = samples,
                                .sample_count = 1};
    gcs_csv_collections(3, &ledger, &text);
    gcs_csv_timeline(3, &ledger, &text);
    ck_assert_str_eq(text.data, "3,7,8,2,strategy,10,11,12,13,14,15,16,17,18,9,19,20\n"
                                "3,0,0,0,program,0,0,0,0,0,0,0,0,0,0,0,0\n"
                                "3,1,2,3,4,5,6,7\n");
}
END_TEST

START_TEST(latencies_are_listed_by_percentile_if_there_are_any)
{
    static struct gcs_histogram requests;
    gcs_csv_requests(1, &requests, &text);
    ck_assert_uint_eq(text.length, 0);
    for (uint64_t i = 1; i <= 1000; i++)
        gcs_histogram_add(&requests, i);
    gcs_csv_requests(1, &requests, &text);
    ck_assert_mem_eq(text.data, "1,0,1\n1,10,100\n", 15);
    ck_assert_ptr_nonnull(strstr(text.data, "\n1,50,500\n"));
    ck_assert_ptr_nonnull(strstr(text.data, "\n1,99,990\n"));
    ck_assert_ptr_nonnull(strstr(text.data, "\n1,99.9,999\n"));
    ck_assert_ptr_nonnull(strstr(text.data, "\n1,100,1000\n"));
}
END_TEST

/*
 * For people
 */
START_TEST(columns_are_aligned_figures_to_the_right_in_characters_not_bytes)
{
    static const char *const cells[] = {
        "name",           "n",     "share", "",          /* the head */
        "caf\xc3\xa9",    "1",     "2.5 %", "*",         /* 4 characters, 5 bytes */
        "\xe2\x86\x92 x", "12345", "-",     "* default", /* 3 characters */
        "longest",        "",      "+1",    "",
    };
    struct gcs_grid grid;
    gcs_grid_init(&grid, 4);
    for (size_t i = 0; i < COUNT(cells); i++)
        gcs_grid_add(&grid, "%s", cells[i]);
    gcs_grid_print(&grid, &text);
    gcs_grid_fini(&grid);
    ck_assert_str_eq(text.data, "name         n  share\n"
                                "caf\xc3\xa9         1  2.5 %  *\n"
                                "\xe2\x86\x92 x      12345      -  * default\n"
                                "longest            +1\n");
}
END_TEST

START_TEST(a_grid_grows_and_may_be_empty)
{
    struct gcs_grid grid;
    gcs_grid_init(&grid, 2);
    gcs_grid_print(&grid, &text);
    ck_assert_uint_eq(text.length, 0);
    for (int i = 0; i < 1000; i++)
        gcs_grid_add(&grid, "%04d", i);
    gcs_grid_print(&grid, &text);
    gcs_grid_fini(&grid);
    ck_assert_uint_eq(text.length, 500 * strlen("0000  0001\n"));
    ck_assert_mem_eq(text.data, "0000  0001\n0002  0003\n", 22);
}
END_TEST

START_TEST(times_are_short)
{
    static const struct {
        gcs_time ns;
        const char *text;
    } times[] = {
        {0, "0 ns"},
        {999, "999 ns"},
        {1000, "1 us"},
        {480000, "480 us"},
        {1234567, "1.23 ms"},
        {12345678, "12.3 ms"},
        {999400000, "999 ms"},
        {1000000000, "1 s"},
        {90000000000, "90 s"},
        {3600000000000, "3600 s"},
        {UINT64_MAX - 1, "18446744074 s"},
        {GCS_ABSENT, "-"},
    };
    for (size_t i = 0; i < COUNT(times); i++) {
        char is[16];
        gcs_print_time(times[i].ns, is);
        ck_assert_str_eq(is, times[i].text);
    }
}
END_TEST

START_TEST(bytes_are_short)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } sizes[] = {
        {0, "0 B"},
        {999, "999 B"},
        {1024, "1.0 KiB"},
        {10240, "10 KiB"},
        {1 << 20, "1.0 MiB"},
        {4349952, "4.1 MiB"},
        {242221056, "231 MiB"},
        {(uint64_t)20 << 30, "20 GiB"},
        {(uint64_t)64 << 40, "64 TiB"},
        {GCS_ABSENT, "-"},
    };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char is[16];
        gcs_print_bytes(sizes[i].bytes, is);
        ck_assert_str_eq(is, sizes[i].text);
    }
}
END_TEST

/* Whatever is printed, it fits, and means what it stands for within a rounding step. */
START_TEST(short_figures_of_any_magnitude_fit_and_keep_their_order)
{
    struct gcs_random random;
    gcs_random_init(&random, 5, "figures");
    for (int i = 0; i < 5000; i++) {
        static const struct {
            const char *unit;
            double factor;
        } units[] = {{"ns", 1},      {"us", 1e3},   {"ms", 1e6},          {"s", 1e9},
                     {"B", 1},       {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1 << 30},
                     {"TiB", 0x1p40}};
        uint64_t value = gcs_random_next(&random) >> gcs_random_below(&random, 64);
        char is[2][16];
        gcs_print_time(value, is[0]);
        gcs_print_bytes(value, is[1]);
        for (int which = 0; which < 2 && value != GCS_ABSENT; which++) {
            char *unit;
            double read = strtod(is[which], &unit), back = -1;
            for (size_t u = 0; u < COUNT(units); u++)
                if (gcs_same(unit + 1, units[u].unit))
                    back = read * units[u].factor;
            if (fabs(back - (double)value) > 0.0501 * (double)value)
                ck_abort_msg("%llu became %s", (unsigned long long)value, is[which]);
        }
    }
}
END_TEST

START_TEST(counts_have_commas)
{
    static const struct {
        uint64_t count;
        const char *text;
    } counts[] = {
        {0, "0"},          {999, "999"},           {1000, "1,000"},
        {93232, "93,232"}, {1234567, "1,234,567"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    for (size_t i = 0; i < COUNT(counts); i++) {
        char is[32];
        gcs_print_count(counts[i].count, is);
        ck_assert_str_eq(is, counts[i].text);
    }
}
END_TEST

/* Three settings of one program, three seeds each; what is advised follows from the medians. */
static void fill_trials(struct gcs_trial trials[9], uint64_t third_gc)
{
    static const uint64_t thresholds[] = {2000, 10000, 50000}, peaks[] = {100, 110, 200};
    static const uint64_t wobble[] = {9, 1, 5};
    uint64_t gc[] = {1000, 400, third_gc};
    for (unsigned i = 0; i < 9; i++) {
        unsigned s = i / 3;
        trials[i] =
            (struct gcs_trial){.trial = i + 1,
                               .setting = {.model = gcs_model_newest(),
                                           .threshold = {(int64_t)thresholds[s], 10, 10}},
                               .input = "web",
                               .model = "cpython-3.14",
                               .strategy = "default",
                               .seed = i % 3,
                               .summary = {.mutator_ns = 9000000,
                                           .gc_ns = gc[s] * 1000 + wobble[i % 3],
                                           .pause_ns_max = 5000000,
                                           .request_ns_p99 = GCS_ABSENT,
                                           .peak_bytes = peaks[s] << 20},
                               .pareto = s == 1};
    }
}

START_TEST(a_study_advises_the_cheapest_setting_that_costs_little_memory)
{
    struct gcs_trial trials[9];
    fill_trials(trials, 100); /* the third is cheaper still, but takes twice the memory */
    gcs_print_study(trials, COUNT(trials), 0, &text);
    ck_assert_ptr_nonnull(strstr(text.data, "    gc.set_threshold(10000, 10, 10)\n"));
    ck_assert_ptr_nonnull(strstr(text.data, "GC 10.00 % -> 4.26 % of CPU"));
    ck_assert_ptr_nonnull(strstr(text.data, "peak heap 100 MiB -> 110 MiB"));
    ck_assert_ptr_nonnull(strstr(text.data, "the default"));
    const char *table_end = strstr(text.data, "* no other setting");
    ck_assert_ptr_nonnull(table_end);
    size_t lines = 0;
    for (const char *c = text.data; c < table_end; c++)
        lines += *c == '\n';
    ck_assert_uint_eq(lines, 4); /* a head, and one line a setting, not one a trial */
}
END_TEST

/* Settings beside the default, which takes 10 ms of GC, pauses of 5 ms, 100 MiB, p99 of 20 ms:
 * what is advised for least GC time, and for a short pause. */
static const struct {
    struct {
        const char *strategy;
        uint64_t gc_us, pause_us, mib, p99_us;
    } settings[3];
    const char *least, *shortest;
} advices[] = {
    /* One hundredth less of all is no difference; two are. */
    {{{"default", 9900, 4950, 99, 19800}}, NULL, NULL},
    {{{"default", 9700, 4850, 100, 20000}}, "3000, 10, 10)\n", "3000, 10, 10)\n"},
    /* p99 may be slower by what is no difference, not by more. */
    {{{"default", 5000, 5000, 100, 20300}}, "3000, 10, 10)\n", NULL},
    {{{"default", 5000, 5000, 100, 20500}}, NULL, NULL},
    {{{"default", 5000, 1000, 126, 20000}}, NULL, NULL},
    /* Of two that take the same GC time but for a hundredth, the one of less memory. */
    {{{"default", 5000, 5000, 120, 20000}, {"default", 5050, 5000, 101, 20000}},
     "4000, 10, 10)\n",
     NULL},
    /* The shortest pause may cost no more GC time than the default; of two alike the cheaper.
     */
    {{{"default", 5000, 5000, 100, 20000},
      {"default", 9000, 2000, 100, 20000},
      {"default", 10300, 1000, 100, 20000}},
     "3000, 10, 10)\n",
     "4000, 10, 10)\n"},
    {{{"default", 9500, 2000, 100, 20000}, {"default", 9000, 2020, 100, 20000}},
     "4000, 10, 10)\n",
     "4000, 10, 10)\n"},
    /* A strategy is told only if it is better than plain thresholds. */
    {{{"default", 5000, 5000, 100, 20000}, {"other", 4950, 1000, 100, 20000}},
     "3000, 10, 10)\n",
     "4000, 10, 10) and strategy other\n"},
    {{{"default", 9000, 5000, 100, 20000}, {"other", 4950, 5000, 100, 20000}},
     "4000, 10, 10) and strategy other\n",
     NULL},
};

START_TEST(advice_calls_nothing_better_that_is_not)
{
    struct gcs_trial trials[4];
    size_t count = 0;
    int64_t own = gcs_model_newest()->threshold[0];
    for (size_t i = 0; i < 4; i++) {
        bool first = i == 0;
        if (!first && !advices[_i].settings[i - 1].strategy)
            break;
        trials[count++] = (struct gcs_trial){
            .trial = i + 1,
            .setting = {.model = gcs_model_newest(),
                        .threshold = {first ? own : 1000 * ((int64_t)i + 2), 10, 10}},
            .model = "cpython-3.15",
            .strategy = first ? "default" : advices[_i].settings[i - 1].strategy,
            .summary = {
                .mutator_ns = 100000000,
                .gc_ns = 1000 * (first ? 10000 : advices[_i].settings[i - 1].gc_us),
                .pause_ns_max = 1000 * (first ? 5000 : advices[_i].settings[i - 1].pause_us),
                .request_ns_p99 = 1000 * (first ? 20000 : advices[_i].settings[i - 1].p99_us),
                .peak_bytes = (first ? 100 : advices[_i].settings[i - 1].mib) << 20}};
    }
    gcs_print_study(trials, count, 0, &text);
    const char *least = strstr(text.data, "Least GC time:\n");
    const char *shortest = strstr(text.data, "Shortest longest pause");
    ck_assert(least && shortest);
    const char *keep = strstr(least, "keep the default");
    ck_assert_int_eq(keep && keep < shortest, !advices[_i].least);
    ck_assert_int_eq(strstr(shortest, "keep the default") != NULL, !advices[_i].shortest);
    const char *told = advices[_i].least ? strstr(least, advices[_i].least) : least;
    ck_assert(told && told < shortest);
    if (advices[_i].shortest)
        ck_assert_ptr_nonnull(strstr(shortest, advices[_i].shortest));
}
END_TEST

START_TEST(one_trial_is_told_without_what_it_has_not)
{
    struct gcs_trial trials[9];
    fill_trials(trials, 100);
    trials[0].summary.pause_ns_p50 = trials[0].summary.pause_ns_max = GCS_ABSENT;
    trials[0].summary.gc_share = (double)NAN;
    gcs_print_trial(&trials[0], &text);
    ck_assert_ptr_nonnull(strstr(text.data, "cpython-3.14, thresholds 2000,10,10"));
    ck_assert_ptr_nonnull(strstr(text.data, "max -"));
    ck_assert_ptr_null(strstr(text.data, "nan"));
    ck_assert_ptr_null(strstr(text.data, "requests"));
    ck_assert_ptr_null(strstr(text.data, "18446744073709551615"));
}
END_TEST

static Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tables = tcase_create("tables");
    tcase_add_checked_fixture(tables, setup, teardown);
    tcase_add_loop_test(tables, a_file_has_the_columns_of_the_design_in_their_order, 0,
                        (int)COUNT(files));
    tcase_add_test(tables, every_column_has_a_plain_name_of_its_own_and_a_meaning);
    tcase_add_loop_test(tables, fields_are_exact_quoted_and_empty_where_they_must_be, 0,
                        (int)COUNT(rows));
    tcase_add_test(tables, any_text_reads_back_from_a_quoted_field);
    tcase_add_test(tables, a_cell_alone_is_printed_without_quotes);
    tcase_add_test(tables, a_ledger_becomes_one_row_a_fact);
    tcase_add_test(tables, latencies_are_listed_by_percentile_if_there_are_any);
    tcase_add_test(tables, columns_are_aligned_figures_to_the_right_in_characters_not_bytes);
    tcase_add_test(tables, a_grid_grows_and_may_be_empty);
    tcase_add_test(tables, times_are_short);
    tcase_add_test(tables, bytes_are_short);
    tcase_add_test(tables, short_figures_of_any_magnitude_fit_and_keep_their_order);
    tcase_add_test(tables, counts_have_commas);
    tcase_add_test(tables, a_study_advises_the_cheapest_setting_that_costs_little_memory);
    tcase_add_loop_test(tables, advice_calls_nothing_better_that_is_not, 0,
                        (int)COUNT(advices));
    tcase_add_test(tables, one_trial_is_told_without_what_it_has_not);
    suite_add_tcase(suite, tables);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(report_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
