/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of config_test.c: faulty documents, sound ones, and measured pauses. */
#ifndef GCSIM_CONFIG_SAMPLES_H
#define GCSIM_CONFIG_SAMPLES_H

#include <stdint.h>

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
    {W "rate: 1\n about: 2\n", NULL, 3, 7, "", "not YAML: mapping values are not allowed"},
    {W "about: \"\xc3(\"\n", NULL, 2, 10, "", "invalid trailing UTF-8 octet"},
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
    {W "phases: {a: {rate: $rat}}\n", NULL, 2, 20, "phases.a.rate",
     "'$rat' must name a number at the top"},
    {W "rate: $cyclic\n", NULL, 2, 7, "rate", "a key at the top has a value of its own"},
    {W "phases: {a: {rate: $service_time}}\n", NULL, 2, 20, "phases.a.rate",
     "'$service_time' has another unit"},
    {W "rate: \"$cyclic\"\n", NULL, 2, 7, "rate", "not a number: '$cyclic'"},
    {W "sites: {a: {lifetime: {cause: allocations, mean: 10ms}}}\n", NULL, 2, 50,
     "sites.a.lifetime.mean", "'10ms' is a time, but lifetime.cause is 'allocations'"},
    /* Keys that do not apply, or are missing */
    {W "sites: {a: {references: {value: 1, mean: 2}}}\n", NULL, 2, 42,
     "sites.a.references.mean",
     "applies only with "
     "distribution=exponential|lognormal|geometric|weibull|gamma|pareto|poisson, but "
     "distribution is "
     "'constant'"},
    {W "sites: {a: {lifetime: {cause: never, mean: 2}}}\n", NULL, 2, 44,
     "sites.a.lifetime.mean", "which does not apply here itself"},
    {W "sites: {a: {references: {distribution: uniform}}}\n", NULL, 2, 13, "sites.a.references",
     "'high' is missing"},
    {"cost: c\n", NULL, 1, 1, "", "'fixed_young_ns' is missing"},
    /* Rules between keys */
    {W "sites: {a: {references: {low: 3, high: 2}}}\n", NULL, 2, 31, "sites.a.references.low",
     "low 3 is above high 2"},
    {W "sites: {a: {references: {distribution: pareto, mean: 3, shape: 1}}}\n", NULL, 2, 64,
     "sites.a.references.shape", "a mean only with a shape above 1: 1.01 or more, not 1"},
    {W "sites: {a: {references: {distribution: gamma, mean: 3, shape: 0.01}}}\n", NULL, 2, 63,
     "sites.a.references.shape", "0.01 is below 0.1"},
    {W "sites: {a: {references: {alpha: 0, high: 2}}}\n", NULL, 2, 33,
     "sites.a.references.alpha", "0 is below 0.05"},
    {W "sites: {a: {references: {mean: 3, shape: 2}}}\n", NULL, 2, 32,
     "sites.a.references.mean", "but distribution is 'constant'"},
    {W "sites: {a: {lifetime: {cause: time, distribution: poisson, mean: 2s}}}\n", NULL, 2, 66,
     "sites.a.lifetime.mean", "a mean of at most 1e9, not 2s"},
    {W "sites: {a: {references: {quantiles: {0: 1, 0.5: 2}}}}\n", NULL, 2, 26,
     "sites.a.references.quantiles", "shares begin with 0, rise, and end with 1"},
    {W "sites: {a: {references: {quantiles: {0: 1, 0.5: 0.5, 1: 2}}}}\n", NULL, 2, 49,
     "sites.a.references.quantiles.0.5", "the value 0.5 is below the one before"},
    {W "sites: {a: {references: {quantiles: {0.1: 1, 1: 2}}}}\n", NULL, 2, 43,
     "sites.a.references.quantiles.0.1", "the share 0.1: shares begin with 0"},
    {W "sites: {a: {references: {quantiles: {0: 1, x: 2}}}}\n", NULL, 2, 47,
     "sites.a.references.quantiles.x", "not a number: 'x'"},
    {W "sites: {a: {references: {distribution: empirical}}}\n", NULL, 2, 13,
     "sites.a.references", "'quantiles' is missing"},
    {W "sites: {a: {references: {file: x.csv}}}\n", NULL, 2, 13, "sites.a.references",
     "'quantiles' is missing"},
    {W "sites: {a: {references: {file: x.csv, quantiles: {0: 1, 1: 2}}}}\n", NULL, 2, 32,
     "sites.a.references.file", "files are read by the program only"},
    {W "sites: {a: {joint: {x: {weight: 0}}}}\n", NULL, 2, 13, "sites.a.joint",
     "the weights of 'joint' add up to 0"},
    {W "sites: {a: {lifetime: request, joint: {x: {lifetime: 3}}}}\n", NULL, 2, 54,
     "sites.a.joint.x.lifetime", "lifetime.cause is 'request': only with allocations, time"},
    {W "sites: {a: {lifetime: {cause: allocations}, joint: {x: {lifetime: 3}, y: {}}}}\n", NULL,
     2, 71, "sites.a.joint.y", "it takes the site's lifetime, whose mean is 'auto'"},
    {W "sites: {a: {lifetime: {cause: time}, joint: {x: {lifetime: 3x}}}}\n", NULL, 2, 60,
     "sites.a.joint.x.lifetime.value", "junk behind the number"},
    {W "sites: {a: {joint: {x: {payload: {low: 3KiB, high: 1}}}}}\n", NULL, 2, 40,
     "sites.a.joint.x.payload.low", "low 3KiB is above high 1"},
    {W "sites: {a: {references: {values: {1: 0}}}}\n", NULL, 2, 26, "sites.a.references.values",
     "the weights of 'values' add up to 0"},
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
    {W "phases: {a: {kind: startup}}\nsites: {b: {during: startup}}\n", NULL, 2, 10, "phases.a",
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
    {S "threshold1: 1:2:lin2000000\n", NULL, 3, 13, "threshold1.0", "more than 1000000 points"},
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

static const char *const samples[] = {
    W,
    W "about: 'it''s: #1, \"quoted\"'\n",
    W "about: |\n  two\n  lines\n",
    W "rate: 300\nsites: {a: {types: list, references: 2, lifetime: {cause: time, low: 1ms, "
      "high: 2s}}, b: {during: startup, lifetime: never}}\n",
    W "sites: {a: {references: {parts: {x: {weight: 2, mean: 3}, y: 4}}}, "
      "b: {during: startup, lifetime: never, cyclic: 0}}\n",
    W "sites: {a: {references: {values: {0: 1, 2k: 3}}}, s: {during: startup, lifetime: "
      "never}}\n",
    W "types: {row: {attributes: 9, payload: {mean: 1KiB, distribution: lognormal}}}\n",
    W "sites: {t: {during: timers}, r: {}, s: {during: startup, lifetime: never}}\n"
      "timers: {t: {every: 10ms}}\nphases: {a: {}, b: {kind: idle}}\n",
    S,
    S "models: [cpython-3.11, cpython-3.13]\nthresholds: [\"700,10,10\", 300:100k:log12]\n"
      "axes: {sites.row.cyclic: [0, 0.5], rate: 100:300:lin3}\nseed: 18446744073709551615\n",
    S "cases: {a: {}, b: {sites.row.cycle.back_references: weak, rate: 3}}\n"
      "columns: [axes, gc_ns]\n",
    "study: s\nprogram: {workload: w, cyclic: 0.5}\n",
    "strategy: s\nparameters: {n: 5}\nrules:\n- {when: start, do: disable}\n"
    "- when: every $n requests\n  do: [collect 0, 'threshold -1 2 3']\n",
};

/* What each strategy shipped says, as `gcsim list strategies` shows it. */
static const struct given_strategy {
    const char *name, *parameters, *rules;
} strategies[] = {
    {"default", NULL, ""},
    {"disable", NULL, "start: disable\n"},
    {"threshold-zero", NULL, "start: threshold 0\n"},
    {"mypy", NULL, "start: threshold 200000 30 30\n"},
    {"close", NULL, "mark startup-done: collect 2, freeze, threshold 50000 *2 *2\n"},
    {"close", "threshold0=10k,mark=warm",
     "mark warm: collect 2, freeze, threshold 10000 *2 *2\n"},
    {"x3", NULL, "start: threshold *3 *3 *3\n"},
    {"x3", "factor=0.5", "start: threshold *0.5 *0.5 *0.5\n"},
    {"renpy", NULL,
     "start: threshold 25000 10 10\n"
     "idle, if count 0 over 2499 and count 2 over 9: collect 2\n"
     "idle, if count 0 over 2499 and count 2 up to 9 and count 1 over 9: collect 1\n"
     "idle, if count 0 over 2499 and count 2 up to 9 and count 1 up to 9: collect 0\n"},
    {"atom-20k", NULL, "start: threshold 20000 50 50\n"},
    {"inmanta-1m", NULL, "start: threshold 1000000 100 100\n"},
    {"inmanta-5m", NULL, "start: threshold 5000000 100 100\n"},
    {"freeze", NULL, "mark startup-done: freeze\n"},
    {"freeze", "mark=warm", "mark warm: freeze\n"},
    {"collect-freeze", NULL, "mark startup-done: collect 2, freeze\n"},
    {"freeze-each-fork", NULL, "mark fork: freeze, unfreeze\n"},
    {"refreeze-tick", NULL, "start: threshold *1 *1 1073741824\nevery 1 requests: freeze\n"},
    {"manual", NULL, "start: disable\nevery 50 requests: collect 1\n"},
    {"manual", "generation=2,every=1k,unit=allocations",
     "start: disable\nevery 1000 allocations: collect 2\n"},
    {"manual-full", NULL,
     "after 1 requests: collect 2, freeze, disable\nevery 5000 requests: collect 2\n"},
    {"timed", NULL,
     "start: disable\n"
     "every 100ms, if count 2 over threshold and 30s since collect 2: collect 2\n"
     "every 100ms, if count 1 over threshold and 10s since collect 1: collect 1\n"
     "every 100ms, if count 0 over threshold and 1s since collect 0: collect 0\n"},
    {"budget-5", NULL, "every 100ms, if last collect under 5%: collect 2\n"},
    {"budget-5", "percent=0.5", "every 100ms, if last collect under 0.5%: collect 2\n"},
    {"idle", NULL,
     "start: disable\nevery 200 idle: collect 2\nevery 10 idle: collect 1\n"
     "idle: collect 0\n"},
    {"freeze-idle", NULL,
     "start: disable\nmark startup-done: collect 2, freeze\nidle: collect 1\n"},
    {"request-end", NULL, "request-end: collect 0\n"},
    {"gen2-off", NULL,
     "start: threshold *1 *1 1073741824\nmark startup-done: threshold start\n"},
    {"promote", NULL, "start: disable\nmark startup-done: freeze, unfreeze, enable\n"},
    {"third-party-enable", NULL, "start: disable\nafter 100000 allocations: enable\n"},
    {"third-party-enable", "after=3,unit=requests",
     "start: disable\nafter 3 requests: enable\n"},
};

/* Rules of a strategy; `set` holds the parameters given. */
static const struct fault strategy_faults[] = {
    {"- {when: strat, do: freeze}", NULL, 2, 10, "rules.0.when",
     "not a moment: 'strat' (`start`"},
    {"- {when: every 100, do: freeze}", NULL, 2, 10, "rules.0.when",
     "not a moment: 'every 100'"},
    {"- {when: every 0ms, do: freeze}", NULL, 2, 10, "rules.0.when", "not a moment"},
    {"- {when: every 5 rows, do: freeze}", NULL, 2, 10, "rules.0.when", "not a moment"},
    {"- {when: a b c d e f, do: freeze}", NULL, 2, 10, "rules.0.when", "too many words"},
    {"- {when: after 5, do: freeze}", NULL, 2, 10, "rules.0.when", "not a moment: 'after 5'"},
    {"- {when: after idle, do: freeze}", NULL, 2, 10, "rules.0.when",
     "not a moment: 'after idle'"},
    {"- {when: every 5 $unit, do: freeze}\nparameters: {unit: requests}", "unit=rows", 2, 10,
     "rules.0.when", "not a moment: 'every 5 rows'"},
    {"- {when: idle, if: count 3 over 5, do: freeze}", NULL, 2, 20, "rules.0.if.0",
     "not a condition: 'count 3 over 5' (`count G over threshold`"},
    {"- {when: idle, if: [count 0 over 5, 3 since collect 0], do: freeze}", NULL, 2, 37,
     "rules.0.if.1", "not a condition: '3 since collect 0'"},
    {"- {when: idle, if: last collect under 5, do: freeze}", NULL, 2, 20, "rules.0.if.0",
     "not a condition"},
    {"- {when: idle, if: last collect under 200%, do: freeze}", NULL, 2, 20, "rules.0.if.0",
     "not a condition"},
    {"- {when: idle, if: count 0 below 5, do: freeze}", NULL, 2, 20, "rules.0.if.0",
     "not a condition"},
    {"- {when: idle, unless: count 0 over 5, do: freeze}", NULL, 2, 16, "rules.0.unless",
     "unknown key"},
    {"- {when: start, do: threshold *x}", NULL, 2, 21, "rules.0.do.0", "not a number: '*x'"},
    {"- {when: start, do: threshold *0}", NULL, 2, 21, "rules.0.do.0",
     "'*0' does not multiply by more than 0"},
    {"- {when: start, do: collect *2}", NULL, 2, 21, "rules.0.do.0", "not a number: '*2'"},
    {"- {when: start, do: threshold start 5}", NULL, 2, 21, "rules.0.do.0",
     "not a number: 'start'"},
    {"- {when: start, do: threshold *$factr}\nparameters: {factor: 3}", NULL, 2, 21,
     "rules.0.do.0", "no parameter 'factr' (did you mean 'factor'?)"},
    {"- {when: start, do: [freeze, melt]}", NULL, 2, 30, "rules.0.do.1",
     "not an action: 'melt'"},
    {"- {when: start, do: collect}", NULL, 2, 21, "rules.0.do.0", "not an action: 'collect'"},
    {"- {when: start, do: collect 3}", NULL, 2, 21, "rules.0.do.0",
     "'3' is not a whole number from 0 to 2"},
    {"- {when: start, do: collect all}", NULL, 2, 21, "rules.0.do.0", "not a number: 'all'"},
    {"- {when: start, do: freeze 1}", NULL, 2, 21, "rules.0.do.0", "not an action"},
    {"- {when: start, do: threshold 1 2 3 4}", NULL, 2, 21, "rules.0.do.0", "not an action"},
    {"- {when: mark $labl, do: freeze}\nparameters: {label: x}", NULL, 2, 10, "rules.0.when",
     "no parameter 'labl' (did you mean 'label'?)"},
    {"- {when: mark $xyzzyxyzzy, do: freeze}", NULL, 2, 10, "rules.0.when",
     "no parameter 'xyzzyxyzzy'"},
    {"- {do: freeze}", NULL, 2, 3, "rules.0", "'when' is missing"},
    {"- {when: start, do: freeze}\nparameters: {label: a b}", NULL, 3, 21, "parameters.label",
     "a parameter is one word"},
    {"- {when: start, do: freeze}\nparameters: {label: x}", "lable=y", 0, 0, "",
     "the strategy has no parameter 'lable' (did you mean 'label'?)"},
    {"- {when: start, do: freeze}\nparameters: {label: x}", "label", 0, 0, "",
     "parameters are written NAME=VALUE, not 'label'"},
};

/* Full collections of N kept objects: ns per object (measurements, +-15 %). */
struct measured {
    const char *objects;
    double references;
    double bytes[4];
    double ns[4][4]; /* 3.11, 3.12, 3.13, 3.13t; N = 1e3, 1e4, 1e5, 1e6 */
};

static const struct measured kept[] = {
    {"1 slot None",
     2,
     {48, 48, 48, 48},
     {{36.5, 35.7, 57.6, 78.9},
      {38.2, 40.9, 55.4, 88.2},
      {39.9, 39.1, 45.3, 77.4},
      {108, 45.3, 33.7, 28.8}}},
    {"1 slot next",
     2,
     {48, 48, 48, 48},
     {{41, 39, 64, 80}, {42, 57, 54, 89}, {42, 43, 47, 80}, {112, 44.3, 36.1, 35}}},
    {"8 slots None",
     9,
     {96, 96, 96, 96},
     {{71, 73, 150, 182}, {76, 81, 124, 231}, {78, 78, 163, 182}, {140, 73, 72.5, 80.4}}},
    {"8 slots next",
     9,
     {96, 96, 96, 96},
     {{83, 82, 185, 204}, {90, 92, 151, 194}, {89, 87, 128, 207}, {150, 79.2, 91.2, 94.1}}},
    {"dict instance",
     2,
     {96, 80, 80, 80},
     {{49, 46, 80, 138}, {45, 57, 91, 108}, {48, 49, 84, 140}, {115, 50.9, 36.8, 40.5}}},
    {"[None]",
     1,
     {80, 80, 80, 80},
     {{27, 25, 47, 104}, {28, 25, 109, 113}, {28, 27, 56, 114}, {104, 38.2, 25, 28.9}}},
    {"{'k': type}",
     1,
     {192, 192, 192, 192},
     {{37, 41, 123, 140}, {41, 39, 149, 152}, {38, 39, 94, 149}, {117, 46.3, 54.3, 48.4}}},
};

/* Self-cycles collected: slots, then with a __dict__; and slots with an empty __del__. */
static const struct measured collected[] = {
    {"slots",
     2,
     {48, 48, 48, 48},
     {{96, 107, 159, 178},
      {117, 106, 221, 232},
      {106, 102, 141, 214},
      {137, 72.1, 63.5, 62.3}}},
    {"dict instance",
     2,
     {96, 80, 80, 80},
     {{122, 126, 243, 243}, {120, 113, 238, 233}, {125, 121, 196, 292}, {156, 92, 79.6, 78}}},
    {"__del__",
     2,
     {48, 48, 48, 48},
     {{156, 138, 219, 229}, {185, 171, 342, 279}, {173, 156, 212, 294}, {175, 119, 105, 101}}},
};

#endif
