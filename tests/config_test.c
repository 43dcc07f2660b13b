/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: what people write is read as they mean it or refused at its place, in one line. Method:
 * a table with one faulty document for each message, round trips through the printer, and the
 * files that are shipped.
 */
#include "config_private.h"
#include "config_samples.h"

#include <check.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct gcs_arena arena;
static struct gcs_error error;

static void setup(void)
{
    gcs_arena_init(&arena);
    error = (struct gcs_error){0};
}

static void teardown(void)
{
    gcs_arena_fini(&arena);
}

/*
 * Helpers
 */
/* Reads, overrides (`path=value`, or NULL) and finishes. */
static enum gcs_status finish(const char *text, size_t size, const char *set,
                              struct gcs_config **config)
{
    const char *equals = set ? strchr(set, '=') : NULL;
    GCS_TRY(gcs_config_read(text, size, &arena, config, &error));
    if (equals) {
        const char *path = gcs_arena_string(&arena, set, (size_t)(equals - set));
        GCS_TRY(gcs_config_set(*config, path, equals + 1, &error));
    }
    return gcs_config_finish(*config, &error);
}

static const struct gcs_config *accepted(const char *text, const char *set)
{
    struct gcs_config *config = NULL;
    enum gcs_status status = finish(text, strlen(text), set, &config);
    ck_assert_msg(status == GCS_OK, "%llu:%llu: %s: %s", (unsigned long long)error.line,
                  (unsigned long long)error.column, error.where, error.text);
    return config;
}

static char *printed(const struct gcs_config *config)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_config_print(config, &text);
    char *copy = gcs_arena_string(&arena, text.data, text.length);
    gcs_text_fini(&text);
    return copy;
}

static char *file_text(const char *name, size_t *size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    char *text = gcs_arena_push(&arena, CONFIG_BYTES_MAX + 1);
    *size = fread(text, 1, CONFIG_BYTES_MAX, file);
    fclose(file);
    return text;
}

static void check_failure(const char *what, uint64_t line, uint64_t column, const char *where,
                          const char *text)
{
    ck_assert_msg(error.status == GCS_INVALID, "accepted: %s", what);
    ck_assert_msg(error.line == line && error.column == column &&
                      gcs_same(error.where, where) && strstr(error.text, text),
                  "%s\nexpected %llu:%llu: %s: %s\nfound    %llu:%llu: %s: %s", what,
                  (unsigned long long)line, (unsigned long long)column, where, text,
                  (unsigned long long)error.line, (unsigned long long)error.column, error.where,
                  error.text);
}

/*
 * Faults
 */
START_TEST(a_fault_is_told_with_its_place_and_its_path)
{
    const struct fault *fault = &faults[_i];
    struct gcs_config *config;
    finish(fault->text, strlen(fault->text), fault->set, &config);
    check_failure(fault->text, fault->line, fault->column, fault->where, fault->message);
    ck_assert_str_eq(error.file, fault->set ? "--set" : "");
}
END_TEST

START_TEST(documents_too_large_too_long_or_too_deep_are_refused)
{
    struct gcs_config *config;
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, S "models: ");
    for (int i = 0; i < 100000; i++)
        gcs_text_add(&text, "[");
    finish(text.data, text.length, NULL, &config);
    check_failure("deep", 3, 10, "models.0", "expected a plain value, found a list");
    error = (struct gcs_error){0};
    text.length = 0;
    gcs_text_add(&text, S "models:\n");
    for (int i = 0; i < 4097; i++)
        gcs_text_add(&text, "- a\n");
    finish(text.data, text.length, NULL, &config);
    check_failure("many", 3, 1, "models", "more than 4096 entries");
    error = (struct gcs_error){0};
    text.length = 0;
    while (text.length <= CONFIG_BYTES_MAX)
        gcs_text_add(&text, "# a comment that says nothing, again and again\n");
    finish(text.data, text.length, NULL, &config);
    check_failure("large", 0, 0, "", "larger than 1 MiB");
    gcs_text_fini(&text);
}
END_TEST

START_TEST(the_wrong_kind_of_document_is_told_where_it_belongs)
{
    struct gcs_config *config;
    ck_assert_int_eq(gcs_config_read("strategy: s\n", 12, &arena, &config, &error), GCS_OK);
    ck_assert_int_eq(gcs_config_expect(config, GCS_DOCUMENT_STRATEGY, &error), GCS_OK);
    gcs_config_expect(config, GCS_DOCUMENT_WORKLOAD, &error);
    check_failure("strategy", 1, 11, "strategy",
                  "expected a workload, found a strategy: `gcsim run … -S FILE`");
}
END_TEST

/*
 * What is accepted
 */
START_TEST(what_is_printed_reads_back_to_the_same_print)
{
    const char *first = printed(accepted(samples[_i], NULL));
    const char *second = printed(accepted(first, NULL));
    ck_assert_str_eq(first, second);
}
END_TEST

START_TEST(values_come_typed_with_defaults_and_references)
{
    const struct gcs_node *root =
        gcs_config_root(accepted(W "rate: 1.5k\nservice_time: 3ms\nsites: {a: {weight: 7, "
                                   "types: list, lifetime: request}}\n",
                                 "sites.a.types=tuple"));
    const struct gcs_node *site = gcs_node_at(root, "sites.a");
    ck_assert_str_eq(gcs_node_name(site), "a");
    ck_assert_double_eq(gcs_node_real(root, "rate"), 1500);
    ck_assert_double_eq(gcs_node_real(root, "phases.steady.rate"), 1500);
    ck_assert_double_eq(gcs_node_real(root, "requests.service_time.mean"), 3e6);
    ck_assert_uint_eq(gcs_node_whole(root, "live_objects"), 60000);
    ck_assert_str_eq(gcs_node_text(site, "lifetime.cause"), "request");
    ck_assert_uint_eq(gcs_node_choice(site, "lifetime.cause"), 3);
    ck_assert_double_eq(gcs_node_real(site, "types.tuple"), 1);
    ck_assert(gcs_node_at(site, "lifetime.mean") == NULL);
    ck_assert(gcs_node_auto(root, "types.object.bytes"));
    ck_assert(!gcs_node_flag(root, "types.object.slots"));
    ck_assert(gcs_node_flag(root, "types.record.slots"));
    ck_assert_uint_eq(gcs_node_count(gcs_node_at(root, "phases")), 3);
}
END_TEST

START_TEST(a_choice_left_out_follows_from_its_neighbours)
{
    static const struct {
        const char *references;
        const char *distribution;
    } given[] = {
        {"{low: 1, high: 2}", "uniform"},
        {"{value: 3}", "constant"},
        {"3", "constant"},
        {"{values: {1: 1}}", "discrete"},
        {"{parts: {a: 1}}", "mixture"},
        {"{exponent: 2}", "zipf"},
        {"{mean: 2, sigma: 1}", "lognormal"},
        {"{}", "constant"},
    };
    for (size_t i = 0; i < COUNT(given); i++) {
        char text[200];
        snprintf(text, sizeof text,
                 W "sites: {a: {references: %s}, s: {during: startup, "
                   "lifetime: never}}\n",
                 given[i].references);
        const struct gcs_node *root = gcs_config_root(accepted(text, NULL));
        ck_assert_str_eq(gcs_node_text(root, "sites.a.references.distribution"),
                         given[i].distribution);
    }
}
END_TEST

START_TEST(an_override_wins_over_file_and_default)
{
    static const struct {
        const char *text, *set, *path;
        double value;
    } given[] = {
        {W "rate: 5\n", "rate=6", "rate", 6},
        {W, "cyclic=0.5", "sites.working.cyclic", 0.5},
        {W, "sites.working.cyclic=0.25", "sites.working.cyclic", 0.25},
        {W, "sites.session.lifetime.mean=5k", "sites.session.lifetime.mean", 5000},
        {W, "types.tuple.payload=1KiB", "types.tuple.payload.value", 1024},
        {W, "phases.ready.duration=3s", "phases.ready.duration", 3e9},
    };
    for (size_t i = 0; i < COUNT(given); i++) {
        const struct gcs_node *root = gcs_config_root(accepted(given[i].text, given[i].set));
        ck_assert_double_eq(gcs_node_real(root, given[i].path), given[i].value);
    }
    const struct gcs_node *root =
        gcs_config_root(accepted(W, "sites.session.lifetime=request"));
    ck_assert_str_eq(gcs_node_text(root, "sites.session.lifetime.cause"), "request");
    root = gcs_config_root(
        accepted("strategy: s\nrules:\n- {when: start, do: [disable, freeze]}\n",
                 "rules.0.do.1=unfreeze"));
    ck_assert_str_eq(gcs_node_text(gcs_node_entry(gcs_node_at(root, "rules"), 0), "when"),
                     "start");
    const struct gcs_config *study =
        accepted("study: s\nprogram: {workload: w}\n", "cyclic=0.5");
    ck_assert_double_eq(gcs_node_real(gcs_config_root(gcs_config_program(study)), "cyclic"),
                        0.5);
}
END_TEST

/* A file's content takes its place, and says where it is wrong. */
/* By what the documentation says of the knobs: defaults of `phases.*.duration` and
 * `sites.*.cyclic`, and what lifetimes of mean `auto` follow from. */
START_TEST(an_override_that_nothing_reads_is_found)
{
    static const struct {
        const char *text, *set, *unused, *instead;
    } cases[] = {
        {"workload: w\n", "duration=1s", NULL, NULL},
        {"workload: w\n", "live_objects=90k", NULL, NULL},
        {"workload: w\nphases: {a: {duration: 3s}}\n", "duration=1s", "duration",
         "phases.*.duration"},
        {"workload: w\nphases: {a: {duration: 3s}, b: {}}\n", "duration=1s", NULL, NULL},
        {"workload: w\nphases: {a: {duration: $duration}}\n", "duration=1s", NULL, NULL},
        {"workload: w\nduration: 1s\nphases: {a: {duration: 3s}}\n", "phases.a.duration=1s",
         NULL, NULL},
        {"workload: w\nsites: {a: {cyclic: 0}}\n", "live_objects=90k", "live_objects",
         "sites.*.lifetime.mean"},
        {"workload: w\nsites: {a: {lifetime: {cause: allocations, mean: 7}}}\n",
         "live_objects=90k", "live_objects", "sites.*.lifetime.mean"},
        {"workload: w\nsites: {a: {lifetime: {cause: allocations}}}\n", "live_objects=90k",
         NULL, NULL},
        {"study: s\nprogram: {workload: w, phases: {a: {duration: 3s}}}\n", "duration=1s",
         "duration", "phases.*.duration"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct gcs_config *config = accepted(cases[i].text, cases[i].set);
        const struct gcs_key *instead, *key = gcs_config_unused(config, 0, &instead);
        ck_assert_msg(!key == !cases[i].unused, "case %zu: %s", i, key ? key->path : "nothing");
        if (!key)
            continue;
        ck_assert_str_eq(key->path, cases[i].unused);
        ck_assert_str_eq(instead->path, cases[i].instead);
        ck_assert_ptr_null(gcs_config_unused(config, 1, &instead));
    }
}
END_TEST

START_TEST(a_file_of_quantiles_stands_for_the_table)
{
    static const struct {
        const char *content, *fault; /* NULL: none */
    } given[] = {
        {"share,value\n0,1us\r\n0.5,2us\n\n1,1ms", NULL},
        {"0,1\n1,2\n", NULL},
        {"0,1\n1\n", "q.csv:2: two columns are expected: share,value"},
        {"0,1,2\n", "q.csv:1: two columns are expected"},
        {"share,value\na b,2\n", "q.csv:2: the share is no number"},
        {"0,1\n0.5,x\n1,2\n", "not a number: 'x'"},
        {"0,1\n0.5,3\n1,2\n", "the value 2 is below the one before"},
        {"share,value\n", "shares begin with 0, rise, and end with 1"},
    };
    static const char text[] =
        "workload: w\nsites: {a: {lifetime: {cause: time, file: q.csv}}}\n";
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        struct gcs_config *config;
        const char *path;
        error = (struct gcs_error){0};
        ck_assert_int_eq(gcs_config_read(text, sizeof text - 1, &arena, &config, &error),
                         GCS_OK);
        ck_assert(gcs_config_file_wanted(config, &path) && gcs_same(path, "q.csv"));
        enum gcs_status status =
            gcs_config_file_take(config, given[i].content, strlen(given[i].content), &error);
        if (status == GCS_OK) {
            ck_assert(!gcs_config_file_wanted(config, &path));
            status = gcs_config_finish(config, &error);
        }
        ck_assert_int_eq(status, given[i].fault ? GCS_INVALID : GCS_OK);
        ck_assert_msg(!given[i].fault || strstr(error.text, given[i].fault), "%s", error.text);
        if (i)
            continue;
        const struct gcs_node *map =
            gcs_node_at(gcs_config_root(config), "sites.a.lifetime.quantiles");
        ck_assert_uint_eq(gcs_node_count(map), 3);
        ck_assert_double_eq(gcs_node_real(gcs_node_entry(map, 2), ""), 1e6);
        ck_assert_double_eq(gcs_node_named(gcs_node_entry(map, 1)), 0.5);
    }
}
END_TEST

/*
 * The table
 */
START_TEST(every_row_is_found_by_its_path_and_explained)
{
    for (size_t i = 0; i < gcs_key_count(); i++) {
        const struct gcs_key *key = gcs_key_at(i);
        ck_assert_ptr_eq(gcs_key_find(key->document, key->path), key);
        ck_assert_msg(key->help && *key->help, "%s has no help", key->path);
        bool number = key->type == GCS_KEY_REAL || key->type == GCS_KEY_WHOLE;
        ck_assert_msg(!number || key->minimum < key->maximum, "%s: bounds", key->path);
        ck_assert_msg((key->type == GCS_KEY_CHOICE) == (key->choices != NULL), "%s: choices",
                      key->path);
    }
    ck_assert(gcs_key_find(GCS_DOCUMENT_WORKLOAD, "sites.row.lifetime.mean") != NULL);
    ck_assert(gcs_key_find(GCS_DOCUMENT_STUDY, "program.sites.row.cyclic") != NULL);
    ck_assert(gcs_key_find(GCS_DOCUMENT_STUDY, "models.0") != NULL);
    ck_assert(gcs_key_find(GCS_DOCUMENT_WORKLOAD, "sites.row.nothing") == NULL);
}
END_TEST

START_TEST(the_page_of_keys_is_what_the_table_says)
{
    size_t size;
    const char *page = file_text("docs/keys.md", &size);
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_keys_print(&text);
    ck_assert_msg(gcs_same(page, text.data),
                  "docs/keys.md is not what gcs_keys_print makes; it is generated");
    gcs_text_fini(&text);
}
END_TEST

/* docs/defaults.yaml is what a workload of one line comes to. */
START_TEST(the_defaults_file_is_what_the_table_says)
{
    static const char one_line[] = "workload: defaults\n";
    size_t size;
    const char *page = file_text("docs/defaults.yaml", &size);
    struct gcs_text text;
    struct gcs_config *config;
    gcs_text_init(&text, NULL);
    ck_assert_int_eq(gcs_config_read(one_line, sizeof one_line - 1, &arena, &config, &error),
                     GCS_OK);
    ck_assert_int_eq(gcs_config_finish(config, &error), GCS_OK);
    gcs_config_print(config, &text);
    ck_assert_msg(gcs_same(page, text.data),
                  "docs/defaults.yaml is not what gcs_config_print makes; it is generated");
    gcs_text_fini(&text);
}
END_TEST

/*
 * Studies
 */
static void check_numbers(struct gcs_numbers numbers, size_t count, const int64_t *values)
{
    ck_assert_uint_eq(numbers.count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(numbers.values[i], values[i]);
}

START_TEST(ranges_have_both_ends_rounded_points_and_no_duplicates)
{
    static const struct {
        const char *text;
        size_t count;
        int64_t values[8];
    } given[] = {
        {"700", 1, {700}},
        {"2k", 1, {2000}},
        {"0:10:lin3", 3, {0, 5, 10}},
        {"10:0:lin3", 3, {10, 5, 0}},
        {"1:1000:log4", 4, {1, 10, 100, 1000}},
        {"1:3:lin8", 3, {1, 2, 3}},
        {"5:9:lin1", 1, {5}},
        {"7:7:log3", 1, {7}},
        {"1,5:7:lin3,9,9:8:lin9", 6, {1, 5, 6, 7, 9, 8}}, /* neighbours */
        {"2147483647", 1, {2147483647}},
    };
    for (size_t i = 0; i < COUNT(given); i++) {
        struct gcs_numbers numbers;
        ck_assert_int_eq(gcs_numbers_parse(given[i].text, &arena, &numbers, &error), GCS_OK);
        check_numbers(numbers, given[i].count, given[i].values);
    }
    struct gcs_thresholds thresholds;
    ck_assert_int_eq(gcs_thresholds_parse("300:100k:log12,,5", &arena, &thresholds, &error),
                     GCS_OK);
    ck_assert_uint_eq(thresholds.places[0].count, 12);
    ck_assert_int_eq(thresholds.places[0].values[0], 300);
    ck_assert_int_eq(thresholds.places[0].values[11], 100000);
    ck_assert_uint_eq(thresholds.places[1].count, 0);
    check_numbers(thresholds.places[2], 1, (const int64_t[]){5});
    ck_assert_int_eq(gcs_thresholds_parse("default", &arena, &thresholds, &error), GCS_OK);
    ck_assert_uint_eq(thresholds.places[0].count + thresholds.places[2].count, 0);
}
END_TEST

START_TEST(a_study_becomes_plain_structs)
{
    struct gcs_study study;
    const struct gcs_config *config = accepted(
        S "models: [a, b]\nthresholds: [\"700,10\", 2k]\nthreshold2: 1:3:lin3\n"
          "strategies: [default, \"manual:every=10,generation=0\"]\ncost: x.yaml\n"
          "axes: {rate: [10, 100:400:log3], live_objects: 10:20:lin3, service_time: 2ms}\n"
          "seeds: 3\nprogram_gc: ignore\nmax_memory: 1GiB\ndigest: ab\n",
        NULL);
    ck_assert_int_eq(gcs_study_read(config, &arena, &study, &error), GCS_OK);
    ck_assert_str_eq(study.input, "a");
    ck_assert(!study.program && !study.version);
    ck_assert_uint_eq(study.models.count, 2);
    ck_assert_str_eq(study.models.names[1], "b");
    ck_assert_uint_eq(study.threshold_count, 2);
    check_numbers(study.thresholds[0].places[1], 1, (const int64_t[]){10});
    check_numbers(study.threshold2, 3, (const int64_t[]){1, 2, 3});
    ck_assert_uint_eq(study.threshold1.count, 0);
    ck_assert_str_eq(study.strategies.names[1], "manual:every=10,generation=0");
    ck_assert_uint_eq(study.axis_count, 3);
    ck_assert_str_eq(study.axes[0].path, "rate");
    ck_assert_uint_eq(study.axes[0].values.count, 4);
    ck_assert_str_eq(study.axes[0].values.names[2], "200");
    ck_assert_str_eq(study.axes[1].values.names[1], "15");
    ck_assert_str_eq(study.axes[2].values.names[0], "2ms");
    ck_assert_str_eq(study.cost, "x.yaml");
    ck_assert_uint_eq(study.seed, 1);
    ck_assert_uint_eq(study.seeds, 3);
    ck_assert_int_eq(study.program_gc, GCS_PROGRAM_GC_IGNORE);
    ck_assert_uint_eq(study.max_memory, UINT64_C(1) << 30);
    ck_assert_str_eq(study.digest, "ab");
}
END_TEST

/*
 * Strategies
 */
static struct gcs_strategy read_strategy(const char *name, const char *parameters)
{
    char path[100];
    size_t size;
    struct gcs_strategy strategy = {0};
    snprintf(path, sizeof path, "configs/strategies/%s.yaml", name);
    const char *text = file_text(path, &size);
    enum gcs_status status =
        gcs_strategy_read(text, size, parameters, &arena, &strategy, &error);
    ck_assert_msg(status == GCS_OK, "%s: %s: %s", path, error.where, error.text);
    return strategy;
}

START_TEST(shipped_strategies_say_what_they_should)
{
    for (size_t i = 0; i < COUNT(strategies); i++) {
        const struct given_strategy *given = &strategies[i];
        struct gcs_strategy strategy = read_strategy(given->name, given->parameters);
        struct gcs_text text;
        gcs_text_init(&text, NULL);
        gcs_text_add(&text, "%s", "");
        for (size_t j = 0; j < strategy.rule_count; j++) {
            gcs_rule_print(&strategy.rules[j], &text);
            gcs_text_add(&text, "\n");
        }
        ck_assert_str_eq(strategy.name, given->name);
        if (given->parameters)
            ck_assert_str_eq(strategy.full_name + strlen(given->name) + 1, given->parameters);
        else
            ck_assert_str_eq(strategy.full_name, given->name);
        ck_assert_str_eq(text.data, given->rules);
        ck_assert(*strategy.about);
        gcs_text_fini(&text);
    }
}
END_TEST

/* What `form` says, with values for its capitals. */
static void fill_form(const char *form, size_t length, char *filled)
{
    static const struct {
        const char *capitals, *value;
    } blanks[] = {{"LABEL", "up"}, {"TIME", "30ms"}, {"P%", "2.5%"}, {"G", "1"}, {"N", "7"}};
    for (const char *at = form; at < form + length;) {
        size_t word = strcspn(at, " `"), i = 0;
        while (i < COUNT(blanks) && (strlen(blanks[i].capitals) != word ||
                                     strncmp(blanks[i].capitals, at, word) != 0))
            i++;
        filled += i < COUNT(blanks) ? sprintf(filled, "%s", blanks[i].value)
                                    : sprintf(filled, "%.*s", (int)word, at);
        at += word;
        if (*at == ' ')
            *filled++ = *at++;
    }
    *filled = '\0';
}

/* What the table's help says in `…` is understood, and printed as it was written. */
static void check_forms(const char *path, const char *before, const char *printed_before)
{
    unsigned forms = 0;
    const char *help = gcs_key_find(GCS_DOCUMENT_STRATEGY, path)->help;
    for (const char *at = strchr(help, '`'); at; at = strchr(at, '`')) {
        size_t length = strcspn(++at, "`");
        char form[64], text[200], expected[200];
        fill_form(at, length, form);
        at += length + 1;
        struct gcs_strategy strategy;
        int size = snprintf(text, sizeof text, "strategy: s\nrules: [{%s%s, do: freeze}]\n",
                            before, form);
        ck_assert_msg(gcs_strategy_read(text, (size_t)size, NULL, &arena, &strategy, &error) ==
                          GCS_OK,
                      "%s: %s", form, error.text);
        struct gcs_text rule;
        gcs_text_init(&rule, NULL);
        gcs_rule_print(&strategy.rules[0], &rule);
        snprintf(expected, sizeof expected, "%s%s: freeze", printed_before, form);
        ck_assert_str_eq(rule.data, expected);
        gcs_text_fini(&rule);
        forms++;
    }
    ck_assert_uint_ge(forms, 5);
}

START_TEST(all_that_the_help_says_of_rules_is_understood)
{
    check_forms("rules.0.when", "when: ", "");
    check_forms("rules.0.if.0", "when: idle, if: ", "idle, if ");
}
END_TEST

START_TEST(a_faulty_strategy_is_refused_at_its_place)
{
    const struct fault *fault = &strategy_faults[_i];
    struct gcs_strategy strategy;
    char text[300];
    int size = snprintf(text, sizeof text, "strategy: s\nrules:\n%s\n", fault->text);
    gcs_strategy_read(text, (size_t)size, fault->set, &arena, &strategy, &error);
    check_failure(text, fault->line + (fault->line > 0), fault->column, fault->where,
                  fault->message);
}
END_TEST

/*
 * Cost profiles
 */
static struct gcs_cost read_cost(const char *version)
{
    char path[100];
    size_t size;
    struct gcs_cost cost = {0};
    snprintf(path, sizeof path, "configs/costs/cpython-%s.yaml", version);
    const char *text = file_text(path, &size);
    ck_assert_int_eq(gcs_cost_read(text, size, &arena, &cost, &error), GCS_OK);
    return cost;
}

START_TEST(a_curve_is_linear_in_the_logarithm_and_flat_beyond_its_ends)
{
    const struct gcs_curve curve = {.count = 2, .bytes = {1024, 1048576}, .ns = {10, 30}};
    ck_assert_double_eq(gcs_curve_at(&curve, 0), 10);
    ck_assert_double_eq(gcs_curve_at(&curve, 1024), 10);
    ck_assert_double_eq_tol(gcs_curve_at(&curve, 32768), 20, 1e-9);
    ck_assert_double_eq(gcs_curve_at(&curve, 1e12), 30);
}
END_TEST

static double predict(const struct gcs_cost *cost, const struct measured *row, size_t version,
                      double objects, bool trash, bool finalizer)
{
    double bytes = objects * row->bytes[version];
    double each = gcs_curve_at(&cost->candidate, bytes) +
                  row->references * gcs_curve_at(&cost->reference, bytes);
    if (trash)
        each += gcs_curve_at(&cost->collected, bytes);
    if (finalizer)
        each += gcs_curve_at(&cost->finalizer, bytes);
    return cost->fixed_full_ns / objects + each;
}

START_TEST(shipped_costs_come_near_the_measurements_they_follow_from)
{
    static const char *const versions[] = {"3.11", "3.12", "3.13", "3.13t"};
    static const double objects[] = {1e3, 1e4, 1e5, 1e6};
    struct gcs_cost cost = read_cost(versions[_i]);
    double sum = 0;
    int off = 0, count = 0;
    for (size_t row = 0; row < COUNT(kept) + COUNT(collected); row++) {
        bool trash = row >= COUNT(kept);
        const struct measured *measured = trash ? &collected[row - COUNT(kept)] : &kept[row];
        for (size_t i = 0; i < COUNT(objects); i++) {
            bool finalizer = gcs_same(measured->objects, "__del__");
            double ns = predict(&cost, measured, (size_t)_i, objects[i], trash, finalizer);
            double fault = fabs(ns / measured->ns[_i][i] - 1);
            ck_assert_msg(fault < 0.55, "%s, %s, N = %g: %g ns predicted, %g measured",
                          versions[_i], measured->objects, objects[i], ns, measured->ns[_i][i]);
            off += fault > 0.35;
            sum += fault;
            count++;
        }
    }
    ck_assert_msg(off <= 3, "%s: %d of %d are off by more than 35 %%", versions[_i], off,
                  count);
    ck_assert_msg(sum / count < 0.17, "%s: off by %g in the mean", versions[_i], sum / count);
}
END_TEST

START_TEST(a_cost_profile_knows_what_it_was_measured_on)
{
    struct gcs_cost cost = read_cost("3.11");
    ck_assert_str_eq(cost.name, "cpython-3.11");
    ck_assert(gcs_cost_measured_on(&cost, "cpython-3.11"));
    ck_assert(gcs_cost_measured_on(&cost, "cpython-3.11.4"));
    ck_assert(gcs_cost_measured_on(&cost, "3.11"));
    ck_assert(!gcs_cost_measured_on(&cost, "cpython-3.1"));
    ck_assert(!gcs_cost_measured_on(&cost, "cpython-3.12"));
    ck_assert(!gcs_cost_measured_on(&cost, "refcount"));
}
END_TEST

START_TEST(a_faulty_cost_profile_is_refused_at_its_place)
{
    static const struct {
        const char *curve;
        uint64_t column;
        const char *where, *message;
    } given[] = {
        {"[]", 1, "candidate", "a curve has from 1 to 16 points"},
        {"[[1, 2, 3]]", 13, "candidate.0", "a point is written [bytes, ns]"},
        {"[[0, 2]]", 13, "candidate.0", "begin at 1 or more, and rise"},
        {"[[4k, 2], [4000, 3]]", 22, "candidate.1", "begin at 1 or more, and rise"},
        {"[[1, -2]]", 17, "candidate.0.1", "-2 is below 0"},
        {"[1]", 13, "candidate.0", "a point is written [bytes, ns]"},
    };
    for (size_t i = 0; i < COUNT(given); i++) {
        struct gcs_cost cost;
        char text[300];
        int size = snprintf(text, sizeof text,
                            "cost: c\nfixed_young_ns: 1\nfixed_full_ns: 1\ncandidate: %s\n"
                            "reference: [[1, 1]]\ncollected: [[1, 1]]\nfinalizer: [[1, 1]]\n",
                            given[i].curve);
        error = (struct gcs_error){0};
        gcs_cost_read(text, (size_t)size, &arena, &cost, &error);
        check_failure(text, 4, given[i].column, given[i].where, given[i].message);
    }
}
END_TEST

/*
 * Files
 */
static const char *const shipped[] = {
    "configs/workloads/web.yaml",       "configs/workloads/leak.yaml",
    "configs/workloads/llm-serve.yaml", "configs/strategies/default.yaml",
    "configs/strategies/manual.yaml",   "configs/strategies/renpy.yaml",
    "configs/strategies/timed.yaml",    "configs/strategies/budget-5.yaml",
    "configs/strategies/x3.yaml",       "configs/costs/cpython-3.11.yaml",
    "configs/costs/cpython-3.12.yaml",  "configs/costs/cpython-3.13.yaml",
};

START_TEST(a_shipped_file_is_accepted_and_printed_the_same_again)
{
    size_t size;
    const char *text = file_text(shipped[_i], &size);
    const struct gcs_config *config = accepted(text, NULL);
    const char *name = strrchr(shipped[_i], '/') + 1;
    ck_assert(!strncmp(name, gcs_config_name(config), strlen(name) - strlen(".yaml")));
    const char *first = printed(config);
    ck_assert_str_eq(printed(accepted(first, NULL)), first);
}
END_TEST

static Suite *config_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *faults_case = tcase_create("faults");
    tcase_add_checked_fixture(faults_case, setup, teardown);
    tcase_add_loop_test(faults_case, a_fault_is_told_with_its_place_and_its_path, 0,
                        COUNT(faults));
    tcase_add_test(faults_case, documents_too_large_too_long_or_too_deep_are_refused);
    tcase_add_test(faults_case, the_wrong_kind_of_document_is_told_where_it_belongs);
    suite_add_tcase(suite, faults_case);

    TCase *accepting = tcase_create("accepting");
    tcase_add_checked_fixture(accepting, setup, teardown);
    tcase_add_loop_test(accepting, what_is_printed_reads_back_to_the_same_print, 0,
                        COUNT(samples));
    tcase_add_test(accepting, values_come_typed_with_defaults_and_references);
    tcase_add_test(accepting, a_choice_left_out_follows_from_its_neighbours);
    tcase_add_test(accepting, an_override_wins_over_file_and_default);
    tcase_add_test(accepting, an_override_that_nothing_reads_is_found);
    tcase_add_test(accepting, a_file_of_quantiles_stands_for_the_table);
    tcase_add_test(accepting, every_row_is_found_by_its_path_and_explained);
    tcase_add_test(accepting, the_page_of_keys_is_what_the_table_says);
    tcase_add_test(accepting, the_defaults_file_is_what_the_table_says);
    tcase_add_loop_test(accepting, a_shipped_file_is_accepted_and_printed_the_same_again, 0,
                        COUNT(shipped));
    suite_add_tcase(suite, accepting);

    TCase *kinds = tcase_create("kinds");
    tcase_add_checked_fixture(kinds, setup, teardown);
    tcase_add_test(kinds, ranges_have_both_ends_rounded_points_and_no_duplicates);
    tcase_add_test(kinds, a_study_becomes_plain_structs);
    tcase_add_test(kinds, shipped_strategies_say_what_they_should);
    tcase_add_test(kinds, all_that_the_help_says_of_rules_is_understood);
    tcase_add_loop_test(kinds, a_faulty_strategy_is_refused_at_its_place, 0,
                        COUNT(strategy_faults));
    tcase_add_test(kinds, a_curve_is_linear_in_the_logarithm_and_flat_beyond_its_ends);
    tcase_add_loop_test(kinds, shipped_costs_come_near_the_measurements_they_follow_from, 0, 4);
    tcase_add_test(kinds, a_cost_profile_knows_what_it_was_measured_on);
    tcase_add_test(kinds, a_faulty_cost_profile_is_refused_at_its_place);
    suite_add_tcase(suite, kinds);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(config_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
