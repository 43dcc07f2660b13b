/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: what people write is read as they mean it or refused at its place, in one line. Method:
 * a table with one faulty document for each message, round trips through the printer, and the
 * files that are shipped.
 */
#include "config_private.h"

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
    ck_assert_msg(error.line == line && error.column == column && gcs_same(error.where, where) &&
                      strstr(error.text, text),
                  "%s\nexpected %llu:%llu: %s: %s\nfound    %llu:%llu: %s: %s", what,
                  (unsigned long long)line, (unsigned long long)column, where, text,
                  (unsigned long long)error.line, (unsigned long long)error.column, error.where,
                  error.text);
}

/*
 * Faults: one document for each message
 */
struct fault {
    const char *text;
    const char *set;
    uint64_t line;
    uint64_t column;
    const char *where;
    const char *message;
};

#define W "workload: w\n"
#define S "study: s\ninput: a\n"

static const struct fault faults[] = {
    /* What YAML would let through, or not */
    {"", NULL, 1, 1, "", "the file is empty"},
    {"# nothing\n", NULL, 1, 1, "", "the file is empty"},
    {"{}\n", NULL, 1, 1, "", "the file is empty"},
    {W "rate: [1\n", NULL, 3, 1, "", "not YAML: did not find expected"},
    {W "about: \"\xc3(\"\n", NULL, 2, 9, "", "invalid trailing UTF-8 octet"},
    {W "about: \x01\n", NULL, 2, 8, "", "control characters are not allowed"},
    {W "about: \"\\x01\"\n", NULL, 2, 8, "about", "control characters are not allowed"},
    {W "rate: &a 1\n", NULL, 2, 7, "", "anchors and aliases are not supported"},
    {W "rate: *a\n", NULL, 2, 7, "", "anchors and aliases are not supported"},
    {W "sites: &a {}\n", NULL, 2, 8, "", "anchors and aliases are not supported"},
    {W "rate: !!int 1\n", NULL, 2, 7, "", "tags are not supported"},
    {S "models: !x [a]\n", NULL, 3, 9, "", "tags are not supported"},
    {"%YAML 1.1\n---\n" W, NULL, 1, 1, "", "directives are not supported"},
    {W "---\nworkload: v\n", NULL, 2, 1, "", "a second document begins here"},
    {"- workload\n", NULL, 1, 1, "", "expected keys, the first of them"},
    {"workloads: w\n", NULL, 1, 1, "", "the first key must be workload, study, strategy or"},
    {W "[a]: 1\n", NULL, 2, 1, "", "a key must be a plain word"},
    {W "rte: 1\n", NULL, 2, 1, "rte", "unknown key (did you mean 'rate'?)"},
    {W "sites:\n  row: {lifetme: never}\n", NULL, 3, 9, "sites.row.lifetme",
     "unknown key (did you mean 'lifetime'?)"},
    {W "xyzzyxyzzy: 1\n", NULL, 2, 1, "xyzzyxyzzy", "unknown key"},
    {W "rate: 1\nabout: a\nrate: 2\n", NULL, 4, 1, "rate", "twice, first in line 2"},
    {W "sites: {a: {}, b: {}, a: {}}\n", NULL, 2, 23, "sites.a", "stands here twice"},
    {W "sites: {a.b: {}}\n", NULL, 2, 9, "", "not a name (letters, digits"},
    {W "rate:\n", NULL, 2, 1, "rate", "has no value"},
    {W "rate: {}\n", NULL, 2, 1, "rate", "expected a plain value, found a map"},
    {W "rate: [1]\n", NULL, 2, 1, "rate", "expected a plain value, found a list"},
    {W "sites: []\n", NULL, 2, 1, "sites", "expected a map, found a list"},
    {W "sites: none\n", NULL, 2, 8, "sites", "expected a map, found a plain value"},
    {W "\xc3\xa4: 1\n", NULL, 2, 1, "", "not a name"},
    {W "about: {\xc3\xa4\xc3\xa4: 1, b: 2}\n", NULL, 2, 1, "about", "expected a plain value"},
    {W "sites: {a: {types: {\"\xc3\xa4\": 1}}, b: {x: 1}}\n", NULL, 2, 21, "", "not a name"},
    {W "sites: {a: {types: a b}}\n", NULL, 2, 20, "sites.a.types", "not a name: 'a b'"},
    /* Scalars */
    {W "rate: fast\n", NULL, 2, 7, "rate", "not a number: 'fast'"},
    {W "rate: 3x\n", NULL, 2, 7, "rate", "junk behind the number"},
    {W "rate: nan\n", NULL, 2, 7, "rate", "not a number"},
    {W "rate: .inf\n", NULL, 2, 7, "rate", "not a number"},
    {W "rate: 1e999\n", NULL, 2, 7, "rate", "too large"},
    {W "cyclic: -0.1\n", NULL, 2, 9, "cyclic", "-0.1 is below 0"},
    {W "cyclic: 1.1\n", NULL, 2, 9, "cyclic", "1.1 is above 1"},
    {W "live_objects: 1.5\n", NULL, 2, 15, "live_objects", "not a whole number: '1.5'"},
    {W "service_time: 2MiB\n", NULL, 2, 15, "service_time", "suffixes: ns us ms s"},
    {W "types: {a: {slots: yes}}\n", NULL, 2, 20, "types.a.slots", "expected true or false"},
    {W "types: {a: {kind: lst}}\n", NULL, 2, 19, "types.a.kind",
     "unknown kind 'lst' (did you mean 'list'?)"},
    {W "types: {a: {kind: xyzzy}}\n", NULL, 2, 19, "types.a.kind",
     "unknown kind 'xyzzy' (one of instance|"},
    {W "sites: {a: {lifetime: {cause: time, distribution: expo, mean: 1s}}}\n", NULL, 2, 51,
     "sites.a.lifetime.distribution",
     "unknown distribution 'expo' (did you mean 'exponential'?)"},
    {"workload: a b\n", NULL, 1, 11, "workload", "not a name (letters, digits"},
    {W "cyclic: $rat\n", NULL, 2, 9, "cyclic", "'$rat' must name a number at the top"},
    {W "rate: $cyclic\ncyclic: $rate\n", NULL, 2, 7, "rate", "refers to another"},
    {W "rate: $service_time\n", NULL, 2, 7, "rate", "'$service_time' has another unit"},
    {W "rate: \"$cyclic\"\n", NULL, 2, 7, "rate", "not a number: '$cyclic'"},
    {W "sites: {a: {lifetime: {cause: allocations, mean: 10ms}}}\n", NULL, 2, 50,
     "sites.a.lifetime.mean", "'10ms' is a time, but lifetime.cause is 'allocations'"},
    /* Keys that do not apply, or are missing */
    {W "sites: {a: {references: {value: 1, mean: 2}}}\n", NULL, 2, 42, "sites.a.references.mean",
     "applies only with distribution=exponential|lognormal|geometric, but distribution is "
     "'constant'"},
    {W "sites: {a: {lifetime: {cause: never, mean: 2}}}\n", NULL, 2, 44, "sites.a.lifetime.mean",
     "which does not apply here itself"},
    {W "sites: {a: {references: {distribution: uniform}}}\n", NULL, 2, 13, "sites.a.references",
     "'high' is missing"},
    {"cost: c\n", NULL, 1, 1, "", "'fixed_young_ns' is missing"},
    /* Rules between keys */
    {W "sites: {a: {references: {low: 3, high: 2}}}\n", NULL, 2, 31, "sites.a.references.low",
     "low 3 is above high 2"},
    {W "sites: {a: {references: {values: {1: 0}}}}\n", NULL, 2, 26,
     "sites.a.references.values", "the weights of 'values' add up to 0"},
    {W "sites: {a: {references: {values: {x: 1}}}}\n", NULL, 2, 38,
     "sites.a.references.values.x", "not a number: 'x'"},
    {W "sites: {a: {references: {values: {10M: 1}}}}\n", NULL, 2, 40,
     "sites.a.references.values.10M", "the value 10M is not within 0 … 1e+06"},
    {W "sites: {a: {references: {parts: {x: {weight: 0, value: 1}}}}}\n", NULL, 2, 26,
     "sites.a.references.parts", "the weights of 'parts' add up to 0"},
    {W "sites: {a: {types: {objekt: 1}}}\n", NULL, 2, 29, "sites.a.types.objekt",
     "'types' defines no 'objekt' (did you mean 'object'?)"},
    {W "sites: {a: {types: xyzzyxyzzy}}\n", NULL, 2, 20, "sites.a.types.xyzzyxyzzy",
     "'types' defines no 'xyzzyxyzzy'"},
    {W "sites: {a: {types: {object: 0}}}\n", NULL, 2, 13, "sites.a.types",
     "the weights of 'types' add up to 0"},
    {W "sites: {a: {during: startup, lifetime: request}}\n", NULL, 2, 40, "sites.a.lifetime",
     "lifetime.cause 'request' needs during 'requests', not 'startup'"},
    {W "sites: {a: {lifetime: time}}\n", NULL, 2, 23, "sites.a.lifetime.mean",
     "with lifetime.cause 'time' the mean must be given"},
    {W "sites: {a: {during: timers, lifetime: allocations}}\n", NULL, 2, 39,
     "sites.a.lifetime.mean", "the mean can be 'auto' only with during 'requests'"},
    {W "startup_objects: 300k\n", NULL, 1, 1, "live_objects",
     "live_objects 60k is below startup_objects 300k"},
    {W "sites: {a: {cycle: {self: 0, pair: 0, tree: 0}}}\n", NULL, 2, 13, "sites.a.cycle",
     "cyclic is above 0, but the weights of cycle's shapes add up to 0"},
    {W "types: {a: {kind: cell, attributes: 2}}\n", NULL, 2, 37, "types.a.attributes",
     "a cell has 1 attributes, not 2"},
    {W "phases: {}\n", NULL, 2, 1, "phases", "without phases nothing happens"},
    {W "phases: {a: {kind: startup}}\nsites: {b: {}}\n", NULL, 2, 10, "phases.a",
     "needs a site with during 'startup' and lifetime 'never'"},
    {W "phases: {a: {}}\nsites: {b: {during: startup, lifetime: never}}\n", NULL, 2, 10,
     "phases.a", "a steady phase needs a site with during 'requests'"},
    {W "timers: {a: {}}\n", NULL, 2, 10, "timers.a", "needs a site with during 'timers'"},
    {"study: s\n", NULL, 1, 8, "study", "neither 'input' nor 'program' is given"},
    {S "program: {workload: w}\n", NULL, 1, 8, "study", "both 'input' and 'program' are given"},
    {S "thresholds: [1, 2:3]\n", NULL, 3, 17, "thresholds.1", "a range is written A:B:linN"},
    {S "thresholds: [\"1,2,3,4\"]\n", NULL, 3, 14, "thresholds.0", "more than three places"},
    {S "thresholds: \",,\"\n", NULL, 3, 13, "thresholds.0", "no threshold in ',,'"},
    {S "thresholds: 1.5\n", NULL, 3, 13, "thresholds.0", "not a whole number: '1.5'"},
    {S "thresholds: -1\n", NULL, 3, 13, "thresholds.0", "is below 0"},
    {S "thresholds: 3G\n", NULL, 3, 13, "thresholds.0", "is above 2147483647"},
    {S "threshold1: 1:2:lin20000\n", NULL, 3, 13, "threshold1.0", "more than 10000 points"},
    {S "threshold2: 0:2:log3\n", NULL, 3, 13, "threshold2.0", "must be above 0"},
    {S "axes: {sites.row.types: 1}\n", NULL, 3, 25, "axes.sites.row.types",
     "not a number, so it can't be an axis"},
    {S "axes: {rte: 1}\n", NULL, 3, 13, "axes.rte", "'rte' is no key of a workload"},
    {S "axes: {rate: 1:2}\n", NULL, 3, 14, "axes.rate.0", "a range is written"},
    /* Through -s */
    {W, "rte=1", 0, 0, "rte", "there is no 'rte' (did you mean 'rate'?)"},
    {W, "sites.wrking.weight=1", 0, 0, "sites.wrking.weight", "(did you mean 'working'?)"},
    {W, "rate.x=1", 0, 0, "rate.x", "there is no 'x'"},
    {W, "rate=", 0, 0, "rate", "not a number"},
    {W, "rate=-1", 0, 0, "rate", "-1 is below 1e-06"},
    {W, "about=\xff", 0, 0, "about", "not valid UTF-8"},
    {W, "sites=1", 0, 0, "sites", "expected a map, found a plain value"},
    {S "program: {workload: w}\n", "program.cyclic=2", 0, 0, "program.cyclic", "2 is above 1"},
};

START_TEST(a_fault_is_told_with_its_place_and_its_path)
{
    const struct fault *fault = &faults[_i];
    struct gcs_config *config;
    finish(fault->text, strlen(fault->text), fault->set, &config);
    check_failure(fault->text, fault->line, fault->column, fault->where, fault->message);
    ck_assert_str_eq(error.file, fault->set ? "--set" : "");
}
END_TEST

START_TEST(documents_too_large_too_deep_or_too_long_are_refused)
{
    struct gcs_config *config;
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, W "sites: ");
    for (int i = 0; i < 20; i++)
        gcs_text_add(&text, "{a: {cycle: {size: {parts: ");
    ck_assert_int_eq(finish(text.data, text.length, NULL, &config), GCS_INVALID);
    error = (struct gcs_error){0};
    text.length = 0;
    gcs_text_add(&text, S "models: ");
    for (int i = 0; i < 20; i++)
        gcs_text_add(&text, "[");
    finish(text.data, text.length, NULL, &config);
    ck_assert_str_eq(error.where, "models.0");
    error = (struct gcs_error){0};
    text.length = 0;
    gcs_text_add(&text, S "models:\n");
    for (int i = 0; i < 4097; i++)
        gcs_text_add(&text, "- a\n");
    finish(text.data, text.length, NULL, &config);
    check_failure("many", 3, 1, "models", "more than 4096 entries");
    error = (struct gcs_error){0};
    text.length = 0;
    gcs_text_add(&text, "# ");
    while (text.length <= CONFIG_BYTES_MAX)
        gcs_text_add(&text, "a long comment that says nothing, again and again; ");
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
static const char *const samples[] = {
    W,
    W "about: 'it''s: #1, \"quoted\"'\n",
    W "about: |\n  two\n  lines\n",
    W "rate: 300\nsites: {a: {types: list, references: 2, lifetime: {cause: time, low: 1ms, "
      "high: 2s}}, b: {during: startup, lifetime: never}}\n",
    W "sites: {a: {references: {parts: {x: {weight: 2, mean: 3}, y: 4}}}, "
      "b: {during: startup, lifetime: never, cyclic: 0}}\n",
    W "sites: {a: {references: {values: {0: 1, 2k: 3}}}, s: {during: startup, lifetime: never}}\n",
    W "types: {row: {attributes: 9, payload: {mean: 1KiB, distribution: lognormal}}}\n",
    W "sites: {t: {during: timers}, r: {}, s: {during: startup, lifetime: never}}\n"
      "timers: {t: {every: 10ms}}\nphases: {a: {}, b: {kind: idle}}\n",
    S,
    S "models: [cpython-3.11, cpython-3.13]\nthresholds: [\"700,10,10\", 300:100k:log12]\n"
      "axes: {sites.row.cyclic: [0, 0.5], rate: 100:300:lin3}\nseed: 18446744073709551615\n",
    "study: s\nprogram: {workload: w, cyclic: 0.5}\n",
    "strategy: s\nparameters: {n: 5}\nrules:\n- {when: start, do: disable}\n"
    "- when: every $n requests\n  do: [collect 0, 'threshold -1 2 3']\n",
};

START_TEST(what_is_printed_reads_back_to_the_same_print)
{
    const char *first = printed(accepted(samples[_i], NULL));
    const char *second = printed(accepted(first, NULL));
    ck_assert_str_eq(first, second);
}
END_TEST

START_TEST(values_come_typed_with_defaults_and_references)
{
    const struct gcs_node *root = gcs_config_root(accepted(
        W "rate: 1.5k\nservice_time: 3ms\nsites: {a: {weight: 7, types: [], lifetime: request}}\n",
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
