/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of keys: every fact about a key is here and nowhere else.
 *
 * A map's rows follow it. A row that applies only with some value of a neighbour (`only_if`)
 * stands behind that neighbour, for defaults are filled in from top to bottom; so do rows whose
 * default refers to another key (`$rate`).
 */
#include "config_private.h"

#include <string.h>

#define WORKLOAD GCS_DOCUMENT_WORKLOAD
#define NO_TIME  1e18 /* ns; 31 years, so that sums of times stay within 64 bits */
#define MANY     1e9

#define ROW(document_, path_, type_, ...)                                          \
    {                                                                              \
        .document = document_, .path = path_, .type = GCS_KEY_##type_, __VA_ARGS__ \
    }
#define BOUNDS(low, high) .minimum = (low), .maximum = (high)
#define EITHER(flags)     ((unsigned)(flags) & (unsigned)GCS_KEY_EITHER)

/* What a distribution is made of, wherever one stands. `value` and `mean` are its defaults. */
#define SHAPES                                                               \
    "constant|uniform|exponential|lognormal|geometric|zipf|discrete|weibull" \
    "|gamma|pareto|poisson|beta|empirical"

#define PARAMETERS(document_, at, unit_, low_, high_, value_, mean_, flags_)                   \
    ROW(document_, at ".value", REAL, .unit = unit_, BOUNDS(low_, high_), .fallback = value_,  \
        .flags = EITHER(flags_), .only_if = "distribution=constant", .help = "the one value"), \
        ROW(document_, at ".mean", REAL, .unit = unit_, BOUNDS(low_, high_),                   \
            .fallback = mean_, .flags = (flags_),                                              \
            .only_if =                                                                         \
                "distribution=exponential|lognormal|geometric|weibull|gamma|pareto|poisson",   \
            .help = "its mean"),                                                               \
        ROW(document_, at ".sigma", REAL, .flags = GCS_KEY_PARAMETER, BOUNDS(0, 10),           \
            .fallback = "1", .only_if = "distribution=lognormal",                              \
            .help = "standard deviation of the logarithm"),                                    \
        ROW(document_, at ".shape", REAL, .flags = GCS_KEY_PARAMETER, BOUNDS(0.1, 1000),       \
            .fallback = "2", .only_if = "distribution=weibull|gamma|pareto",                   \
            .help = "weibull, gamma: below 1 the young die first, 1 is exponential, large "    \
                    "ones are near the mean; pareto: P(more than x) falls as x^-shape, "       \
                    "shape above 1"),                                                          \
        ROW(document_, at ".alpha", REAL, .flags = GCS_KEY_PARAMETER, BOUNDS(0.05, 1000),      \
            .fallback = "1", .only_if = "distribution=beta",                                   \
            .help = "the larger, the less there is near low"),                                 \
        ROW(document_, at ".beta", REAL, .flags = GCS_KEY_PARAMETER, BOUNDS(0.05, 1000),       \
            .fallback = "1", .only_if = "distribution=beta",                                   \
            .help = "the larger, the less there is near high"),                                \
        ROW(document_, at ".low", REAL, .unit = unit_, BOUNDS(low_, high_), .fallback = "0",   \
            .flags = EITHER(flags_) | GCS_KEY_IMPLIES | GCS_KEY_PARAMETER,                     \
            .only_if = "distribution=uniform|beta", .help = "the least value"),                \
        ROW(document_, at ".high", REAL, .unit = unit_, BOUNDS(low_, high_),                   \
            .flags = EITHER(flags_) | GCS_KEY_IMPLIES | GCS_KEY_PARAMETER,                     \
            .only_if = "distribution=uniform|beta", .help = "the greatest value"),             \
        ROW(document_, at ".exponent", REAL, .flags = GCS_KEY_PARAMETER, BOUNDS(0, 20),        \
            .fallback = "1", .only_if = "distribution=zipf",                                   \
            .help = "rank r comes in proportion to r^-exponent"),                              \
        ROW(document_, at ".highest", WHOLE, .flags = GCS_KEY_PARAMETER, BOUNDS(1, 1e6),       \
            .fallback = "1000", .only_if = "distribution=zipf",                                \
            .help = "ranks run from 1 to this"),                                               \
        ROW(document_, at ".values", NAMED, .flags = GCS_KEY_PARAMETER | GCS_KEY_NUMBERS,      \
            .only_if = "distribution=discrete",                                                \
            .help = "the values, each with its weight: `{1: 3, 2: 1}`"),                       \
        ROW(document_, at ".values.*", REAL, .flags = GCS_KEY_PARAMETER, BOUNDS(0, MANY),      \
            .help = "weight of this value"),                                                   \
        ROW(document_, at ".file", TEXT,                                                       \
            .flags = GCS_KEY_OPTIONAL | GCS_KEY_PARAMETER | GCS_KEY_FILE,                      \
            .only_if = "distribution=empirical",                                               \
            .help =                                                                            \
                "a CSV with the columns share,value, which stands for quantiles; relative "    \
                "to this document"),                                                           \
        ROW(document_, at ".quantiles", NAMED, .flags = GCS_KEY_PARAMETER | GCS_KEY_NUMBERS,   \
            .only_if = "distribution=empirical",                                               \
            .help = "shares from 0 to 1, each with the value that so many are below; linear "  \
                    "between them: `{0: 1, 0.5: 10, 1: 500}`"),                                \
        ROW(document_, at ".quantiles.*", REAL, .unit = unit_, BOUNDS(low_, high_),            \
            .flags = EITHER(flags_) | GCS_KEY_PARAMETER,                                       \
            .help = "the value that this share is below")

#define DISTRIBUTION_IN(document_, at, unit_, low_, high_, which_, value_, mean_, flags_, if_) \
    ROW(document_, at ".distribution", CHOICE, .fallback = which_, .only_if = if_,             \
        .choices = SHAPES "|mixture",                                                          \
        .help = "its shape; left out, it follows from a parameter that only one shape has, "   \
                "and low and high mean uniform (geometric counts from 0)"),                    \
        PARAMETERS(document_, at, unit_, low_, high_, value_, mean_, flags_),                  \
        ROW(document_, at ".parts", NAMED, .flags = GCS_KEY_PARAMETER,                         \
            .only_if = "distribution=mixture",                                                 \
            .help = "the distributions mixed, by any names"),                                  \
        ROW(document_, at ".parts.*", MAP, .flags = GCS_KEY_PARAMETER, .plain = "value",       \
            .help = "one of them"),                                                            \
        ROW(document_, at ".parts.*.weight", REAL, .flags = GCS_KEY_PARAMETER,                 \
            BOUNDS(0, MANY), .fallback = "1",                                                  \
            .help = "its share, relative to the other parts"),                                 \
        ROW(document_, at ".parts.*.distribution", CHOICE, .flags = GCS_KEY_PARAMETER,         \
            .fallback = "exponential", .choices = SHAPES, .help = "its shape"),                \
        PARAMETERS(document_, at ".parts.*", unit_, low_, high_, NULL, NULL, EITHER(flags_))

#define DISTRIBUTION(document_, at, unit_, low_, high_, which_, value_, mean_, what) \
    ROW(document_, at, MAP, .plain = "value", .help = what),                         \
        DISTRIBUTION_IN(document_, at, unit_, low_, high_, which_, value_, mean_, 0, NULL)

/* A distribution that may be left out. */
#define OWN_DISTRIBUTION(document_, at, unit_, low_, high_, flags_, what)                  \
    ROW(document_, at, MAP, .plain = "value", .flags = GCS_KEY_OPTIONAL, .help = what),    \
        DISTRIBUTION_IN(document_, at, unit_, low_, high_, "constant", NULL, NULL, flags_, \
                        NULL)

/* The place of which parameters of distributions are told. */
static const char told_of[] = "types.*.payload.";

const struct gcs_key gcs_config_keys[] = {
    /* Workloads: the knobs that everything below refers to unless it says otherwise. */
    ROW(WORKLOAD, "workload", NAME, .help = "the program's name"),
    ROW(WORKLOAD, "about", TEXT, .fallback = "", .help = "what it stands for"),
    ROW(WORKLOAD, "live_objects", WHOLE, BOUNDS(0, MANY), .fallback = "60k",
        .help = "objects alive in the steady phase, those of the start included"),
    ROW(WORKLOAD, "allocations_per_request", WHOLE, BOUNDS(1, MANY), .fallback = "2000",
        .help = "objects that a request allocates, in the mean"),
    ROW(WORKLOAD, "cyclic", REAL, BOUNDS(0, 1), .fallback = "0.05",
        .help = "share of the allocated objects that are part of a reference cycle"),
    ROW(WORKLOAD, "rate", REAL, BOUNDS(1e-6, MANY), .fallback = "200",
        .help = "requests a second"),
    ROW(WORKLOAD, "service_time", REAL, .unit = GCS_UNIT_TIME, BOUNDS(0, NO_TIME),
        .fallback = "2ms", .help = "work of a request in the mean, collections apart"),
    ROW(WORKLOAD, "startup_objects", WHOLE, BOUNDS(0, MANY), .fallback = "40k",
        .help = "objects that the start leaves for good"),
    ROW(WORKLOAD, "duration", REAL, .unit = GCS_UNIT_TIME, BOUNDS(0, NO_TIME), .fallback = "5s",
        .help = "how long the steady phase lasts"),
    ROW(WORKLOAD, "teardown", FLAG, .fallback = "false",
        .help = "at its end the program lets go of everything and collects, as the interpreter "
                "does; false: the trace ends before"),

    ROW(WORKLOAD, "types", NAMED, .fallback = CONFIG_DEFAULT_TYPES, .flags = GCS_KEY_MERGED,
        .help = "types of objects by name; the usual ones are there already"),
    ROW(WORKLOAD, "types.*", MAP, .help = "a type"),
    ROW(WORKLOAD, "types.*.kind", CHOICE, .fallback = "instance", .choices = CONFIG_KINDS,
        .help =
            "instance: of a Python class; else what CPython calls it; atomic: no container"),
    ROW(WORKLOAD, "types.*.attributes", WHOLE, BOUNDS(0, 1e6), .fallback = "3",
        .help = "references that it has room for; lists, tuples, dicts and sets grow beyond"),
    ROW(WORKLOAD, "types.*.slots", FLAG, .fallback = "false", .only_if = "kind=instance",
        .help = "the class has __slots__, and no __dict__"),
    ROW(WORKLOAD, "types.*.weakrefable", CHOICE, .fallback = "auto",
        .choices = "auto|true|false",
        .help = "may be referred to weakly; auto: functions, sets, generators, and instances "
                "without __slots__"),
    ROW(WORKLOAD, "types.*.finalizer", CHOICE, .fallback = "none",
        .choices = "none|plain|resurrect",
        .help = "it has __del__; resurrect: which keeps the object alive, once"),
    ROW(WORKLOAD, "types.*.bytes", WHOLE, .unit = GCS_UNIT_BYTES, BOUNDS(0, 1e12),
        .fallback = "auto", .flags = GCS_KEY_AUTO,
        .help = "size without the collector's header; auto: what the model's CPython takes"),
    DISTRIBUTION(WORKLOAD, "types.*.payload", GCS_UNIT_BYTES, 0, 1e12, "constant", "0", NULL,
                 "bytes in a block of its own: text, an array"),

    ROW(WORKLOAD, "sites", NAMED, .fallback = CONFIG_DEFAULT_SITES, .flags = GCS_KEY_STARTS,
        .help = "places of the program that allocate, by name; without one for the start, that "
                "below is there"),
    ROW(WORKLOAD, "sites.*", MAP, .help = "a site"),
    ROW(WORKLOAD, "sites.*.during", CHOICE, .fallback = "requests",
        .choices = "startup|requests|timers", .help = "when it allocates"),
    ROW(WORKLOAD, "sites.*.weight", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "its share of the objects, relative to the other sites of that time"),
    ROW(WORKLOAD, "sites.*.types", NAMED, .fallback = "{object: 1}", .plain = "1",
        .help = "types of its objects, each with its weight; or the name of the only one"),
    ROW(WORKLOAD, "sites.*.types.*", REAL, BOUNDS(0, MANY), .help = "weight of this type"),
    DISTRIBUTION(WORKLOAD, "sites.*.references", GCS_UNIT_NONE, 0, 1e6, "constant", "1", NULL,
                 "references an object is born with, as far as its type has room"),
    ROW(WORKLOAD, "sites.*.targets", MAP,
        .help = "what these refer to: weights; only what outlives the object is taken"),
    ROW(WORKLOAD, "sites.*.targets.recent", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "one of the last objects allocated and still held"),
    ROW(WORKLOAD, "sites.*.targets.same_request", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "one that this request holds"),
    ROW(WORKLOAD, "sites.*.targets.older", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "any one that outlives requests"),
    ROW(WORKLOAD, "sites.*.targets.static", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "one of those that never die"),
    ROW(WORKLOAD, "sites.*.targets.atoms", REAL, BOUNDS(0, MANY), .fallback = "0",
        .help = "a number or a string: a tuple of nothing else is untracked when a collection "
                "first sees it"),
    ROW(WORKLOAD, "sites.*.lifetime", MAP, .plain = "cause",
        .help = "when the program lets go of an object, or of a cycle as a whole"),
    ROW(WORKLOAD, "sites.*.lifetime.cause", CHOICE, .fallback = "at-once",
        .choices = "at-once|allocations|time|request|never|requests|phase|queue|lru",
        .help = "at once; after a number of allocations; after a time; at the request's end; "
                "never (at the start: for good; later: a leak); so many requests later; at the "
                "phase's end; when newer ones push it out of a deque; when it is the least "
                "recently used in a full cache"),
    ROW(WORKLOAD, "sites.*.lifetime.capacity", WHOLE, BOUNDS(1, 1e7), .fallback = "1000",
        .only_if = "cause=queue|lru",
        .help = "objects, or cycles, that its deque or cache takes, on top of live_objects"),
    ROW(WORKLOAD, "sites.*.lifetime.uses", REAL, BOUNDS(0, 1000), .fallback = "1",
        .only_if = "cause=lru",
        .help =
            "times an entry of the cache is used, for each new one; half of the uses fall on "
            "6 % of them"),
    DISTRIBUTION_IN(WORKLOAD, "sites.*.lifetime", GCS_UNIT_NONE, 0, NO_TIME, "exponential",
                    NULL, "auto", GCS_KEY_AUTO | GCS_KEY_EITHER,
                    "cause=allocations|time|requests"),
    ROW(WORKLOAD, "sites.*.joint", NAMED, .fallback = "{}",
        .help = "what goes together, as a profile shows it: rows by any names, one of which is "
                "drawn for each object or cycle"),
    ROW(WORKLOAD, "sites.*.joint.*", MAP,
        .help = "a row; what it leaves out is as elsewhere in the site"),
    ROW(WORKLOAD, "sites.*.joint.*.weight", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "its share, relative to the other rows: what the profile counted"),
    OWN_DISTRIBUTION(WORKLOAD, "sites.*.joint.*.references", GCS_UNIT_NONE, 0, 1e6, 0,
                     "references of its objects"),
    OWN_DISTRIBUTION(WORKLOAD, "sites.*.joint.*.payload", GCS_UNIT_BYTES, 0, 1e12, 0,
                     "payload of its objects, in place of their types'"),
    OWN_DISTRIBUTION(WORKLOAD, "sites.*.joint.*.size", GCS_UNIT_NONE, 0, 1e6, 0,
                     "objects of its cycles, as cycle.size has it"),
    OWN_DISTRIBUTION(WORKLOAD, "sites.*.joint.*.lifetime", GCS_UNIT_NONE, 0, NO_TIME,
                     GCS_KEY_EITHER, "in the unit that lifetime.cause asks for"),
    ROW(WORKLOAD, "sites.*.cyclic", REAL, BOUNDS(0, 1), .fallback = "$cyclic",
        .help = "share of its objects that are part of a reference cycle"),
    ROW(WORKLOAD, "sites.*.stores", MAP, .plain = "share",
        .help = "mutation: `older.attribute = object`"),
    ROW(WORKLOAD, "sites.*.stores.share", REAL, BOUNDS(0, 1), .fallback = "0",
        .help = "share of its objects that are stored in an older one, until they go"),
    ROW(WORKLOAD, "sites.*.stores.same_request", REAL, BOUNDS(0, MANY), .fallback = "0",
        .help = "weight of owners that this request holds; of those with room which live "
                "longer, else a static one"),
    ROW(WORKLOAD, "sites.*.stores.older", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "weight of owners that outlive requests"),
    ROW(WORKLOAD, "sites.*.stores.static", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "weight of owners that never die"),
    ROW(WORKLOAD, "sites.*.weak_values", REAL, BOUNDS(0, 1), .fallback = "0",
        .help = "share of its objects, as far as weakrefable, that a WeakValueDictionary has "
                "too: the entry goes by callback when the object does"),
    DISTRIBUTION(
        WORKLOAD, "sites.*.stretch", GCS_UNIT_NONE, 0, 1e6, "constant", "0", NULL,
        "objects that one call of C code makes (json.loads, fetchall), uninterruptibly: "
        "from 3.12 on a collection waits until its end; 0: each by itself"),
    ROW(WORKLOAD, "sites.*.cycle", MAP, .help = "what its cycles look like"),
    ROW(WORKLOAD, "sites.*.cycle.self", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "weight of objects that refer to themselves"),
    ROW(WORKLOAD, "sites.*.cycle.pair", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "weight of two that refer to each other"),
    ROW(WORKLOAD, "sites.*.cycle.ring", REAL, BOUNDS(0, MANY), .fallback = "0",
        .help = "weight of rings"),
    ROW(WORKLOAD, "sites.*.cycle.tree", REAL, BOUNDS(0, MANY), .fallback = "1",
        .help = "weight of trees whose children refer back to their parent; each parent holds "
                "them in a list"),
    ROW(WORKLOAD, "sites.*.cycle.linked_list", REAL, BOUNDS(0, MANY), .fallback = "0",
        .help = "weight of lists whose nodes refer to the next one and to the one before"),
    ROW(WORKLOAD, "sites.*.cycle.clique", REAL, BOUNDS(0, MANY), .fallback = "0",
        .help = "weight of groups in which each has a list of all the others"),
    DISTRIBUTION(
        WORKLOAD, "sites.*.cycle.size", GCS_UNIT_NONE, 0, 1e6, "geometric", NULL, "5",
        "objects of a ring (at least 3), nodes of a tree or a linked list (at least 2), "
        "members of a clique (2 to 1000)"),
    ROW(WORKLOAD, "sites.*.cycle.fanout", WHOLE, BOUNDS(1, 1e6), .fallback = "4",
        .help = "children of a tree's node at most"),
    DISTRIBUTION(WORKLOAD, "sites.*.cycle.tail", GCS_UNIT_NONE, 0, 1e6, "constant", "1", NULL,
                 "more objects that hang on a cycle and die with it, without being part of it"),
    ROW(WORKLOAD, "sites.*.cycle.back_references", CHOICE, .fallback = "strong",
        .choices = "strong|weak",
        .help =
            "weak: the reference that would close the cycle is a weakref, a cure for cycles"),
    ROW(WORKLOAD, "sites.*.cycle.broken_by_hand", REAL, BOUNDS(0, 1), .fallback = "0",
        .help = "share of the cycles that the program takes apart before letting go, the other "
                "cure"),

    ROW(WORKLOAD, "requests", MAP, .help = "what a request is"),
    ROW(WORKLOAD, "requests.arrivals", CHOICE, .fallback = "poisson",
        .choices = "poisson|deterministic|closed|bursty",
        .help =
            "open loop at random or even distances, or at random in bursts; closed: the next "
            "comes when one is done"),
    ROW(WORKLOAD, "requests.burst", MAP, .only_if = "arrivals=bursty",
        .help = "bursts, such that `rate` is the mean over them and the quiet between them"),
    ROW(WORKLOAD, "requests.burst.on", REAL, .unit = GCS_UNIT_TIME, BOUNDS(1000, NO_TIME),
        .fallback = "1s", .help = "how long one lasts, in the mean"),
    ROW(WORKLOAD, "requests.burst.off", REAL, .unit = GCS_UNIT_TIME, BOUNDS(1000, NO_TIME),
        .fallback = "4s", .help = "the quiet behind it, in the mean"),
    ROW(WORKLOAD, "requests.concurrency", WHOLE, BOUNDS(1, 1e4), .fallback = "1",
        .help = "requests open at once at most, as with asyncio; closed loop: clients"),
    ROW(WORKLOAD, "requests.awaits", WHOLE, BOUNDS(0, 1e4), .fallback = "0",
        .help = "times a request waits for something outside, while others go on"),
    DISTRIBUTION(WORKLOAD, "requests.await_time", GCS_UNIT_TIME, 0, NO_TIME, "exponential",
                 NULL, "5ms", "how long it waits each time"),
    DISTRIBUTION(WORKLOAD, "requests.think_time", GCS_UNIT_TIME, 0, NO_TIME, "exponential",
                 NULL, "1ms", "closed loop: the wait before the next request"),
    DISTRIBUTION(WORKLOAD, "requests.service_time", GCS_UNIT_TIME, 0, NO_TIME, "exponential",
                 NULL, "$service_time", "work of a request"),
    DISTRIBUTION(WORKLOAD, "requests.allocations", GCS_UNIT_NONE, 0, MANY, "lognormal", NULL,
                 "$allocations_per_request", "objects that a request allocates"),
    ROW(WORKLOAD, "requests.work_every", WHOLE, BOUNDS(1, 1e6), .fallback = "16",
        .help = "allocations between two pieces of its work"),
    CONFIG_PROGRAM_GC("requests.gc", "after each"),

    ROW(WORKLOAD, "timers", NAMED, .fallback = "{}",
        .help = "work in the background, between requests, by name"),
    ROW(WORKLOAD, "timers.*", MAP, .help = "a timer"),
    ROW(WORKLOAD, "timers.*.every", REAL, .unit = GCS_UNIT_TIME, BOUNDS(1000, NO_TIME),
        .fallback = "1s", .help = "its period"),
    DISTRIBUTION(WORKLOAD, "timers.*.allocations", GCS_UNIT_NONE, 0, MANY, "constant", "1000",
                 NULL, "objects allocated each time"),
    ROW(WORKLOAD, "timers.*.work", REAL, .unit = GCS_UNIT_TIME, BOUNDS(1, NO_TIME),
        .fallback = "1ms", .help = "work each time"),
    CONFIG_PROGRAM_GC("timers.*.gc", "each time"),

    ROW(WORKLOAD, "phases", NAMED, .fallback = CONFIG_DEFAULT_PHASES,
        .help = "what happens one after the other, by name"),
    ROW(WORKLOAD, "phases.*", MAP, .help = "a phase"),
    ROW(WORKLOAD, "phases.*.kind", CHOICE, .fallback = "steady",
        .choices = "startup|steady|idle",
        .help = "startup: builds the static heap; steady: requests come; idle: nothing does"),
    ROW(WORKLOAD, "phases.*.objects", WHOLE, BOUNDS(0, MANY), .fallback = "$startup_objects",
        .only_if = "kind=startup", .help = "static objects to leave"),
    ROW(WORKLOAD, "phases.*.work", REAL, .unit = GCS_UNIT_TIME, BOUNDS(0, NO_TIME),
        .fallback = "1s", .only_if = "kind=startup", .help = "work that takes"),
    ROW(WORKLOAD, "phases.*.duration", REAL, .unit = GCS_UNIT_TIME, BOUNDS(0, NO_TIME),
        .fallback = "$duration", .only_if = "kind=steady|idle",
        .help = "requests that arrive within it are served"),
    ROW(WORKLOAD, "phases.*.rate", REAL, BOUNDS(1e-6, MANY), .fallback = "$rate",
        .only_if = "kind=steady", .help = "requests a second"),
    ROW(WORKLOAD, "phases.*.filled", FLAG, .fallback = "true", .only_if = "kind=steady",
        .help =
            "it begins with what is missing of the live objects; false: they come with time"),
    ROW(WORKLOAD, "phases.*.mark", NAME, .fallback = "auto", .flags = GCS_KEY_AUTO,
        .help = "mark at its end; auto: `startup-done` after a start, else none"),
    CONFIG_PROGRAM_GC("phases.*.gc", "as it begins"),

    /* Studies */
    ROW(GCS_DOCUMENT_STUDY, "study", NAME, .help = "the study's name"),
    ROW(GCS_DOCUMENT_STUDY, "about", TEXT, .fallback = "", .help = "what it asks"),
    ROW(GCS_DOCUMENT_STUDY, "version", TEXT, .flags = GCS_KEY_OPTIONAL,
        .help = "the gcsim that wrote this"),
    ROW(GCS_DOCUMENT_STUDY, "input", TEXT, .flags = GCS_KEY_OPTIONAL,
        .help = "path of a workload or a trace"),
    ROW(GCS_DOCUMENT_STUDY, "digest", TEXT, .flags = GCS_KEY_OPTIONAL,
        .help = "of the input, when this was written"),
    ROW(GCS_DOCUMENT_STUDY, "models", LIST, .fallback = "[]",
        .help = "collectors; none: the newest generational one"),
    ROW(GCS_DOCUMENT_STUDY, "models.[]", NAME, .help = "`cpython-3.12`, `refcount`"),
    ROW(GCS_DOCUMENT_STUDY, "thresholds", LIST, .fallback = "[]",
        .help = "settings of the thresholds; none: the model's own"),
    ROW(GCS_DOCUMENT_STUDY, "thresholds.[]", TEXT,
        .help =
            "`T0[,T1[,T2]]`, a place may be a range `A:B:linN` or `A:B:logN`; or `default`"),
    ROW(GCS_DOCUMENT_STUDY, "threshold1", LIST, .fallback = "[]",
        .help = "values where `thresholds` leaves threshold1 out"),
    ROW(GCS_DOCUMENT_STUDY, "threshold1.[]", TEXT, .help = "a number or a range"),
    ROW(GCS_DOCUMENT_STUDY, "threshold2", LIST, .fallback = "[]",
        .help = "values where `thresholds` leaves threshold2 out"),
    ROW(GCS_DOCUMENT_STUDY, "threshold2.[]", TEXT, .help = "a number or a range"),
    ROW(GCS_DOCUMENT_STUDY, "strategies", LIST, .fallback = "[]",
        .help = "strategies; none: `default`"),
    ROW(GCS_DOCUMENT_STUDY, "strategies.[]", TEXT,
        .help = "`manual:every=1000,generation=1`, or the path of a file"),
    ROW(GCS_DOCUMENT_STUDY, "cases", NAMED, .fallback = "{}",
        .help = "programs to set side by side, by names of your own"),
    ROW(GCS_DOCUMENT_STUDY, "cases.*", NAMED, .flags = GCS_KEY_PATHS,
        .help = "what is different in it: keys of the workload, each with its value"),
    ROW(GCS_DOCUMENT_STUDY, "cases.*.*", TEXT, .help = "the value of this key"),
    ROW(GCS_DOCUMENT_STUDY, "axes", NAMED, .fallback = "{}", .flags = GCS_KEY_PATHS,
        .help = "other axes: numeric keys of the workload, each with its values"),
    ROW(GCS_DOCUMENT_STUDY, "axes.*", LIST, .help = "values of this key"),
    ROW(GCS_DOCUMENT_STUDY, "axes.*.[]", TEXT, .help = "a value or a range"),
    ROW(GCS_DOCUMENT_STUDY, "columns", LIST, .fallback = "[]",
        .help = "what the table on the terminal shows; none: pauses, GC share, memory"),
    ROW(GCS_DOCUMENT_STUDY, "columns.[]", TEXT, .help = "a column of summary.csv"),
    ROW(GCS_DOCUMENT_STUDY, "cost", TEXT, .flags = GCS_KEY_OPTIONAL,
        .help = "cost profile; absent: the model's"),
    ROW(GCS_DOCUMENT_STUDY, "seed", WHOLE, BOUNDS(0, 0x1p64), .fallback = "1",
        .help = "the first seed"),
    ROW(GCS_DOCUMENT_STUDY, "seeds", WHOLE, BOUNDS(1, 1e6), .fallback = "1",
        .help = "how many seeds, counting up"),
    ROW(GCS_DOCUMENT_STUDY, "program_gc", CHOICE, .fallback = "honour",
        .choices = "honour|ignore", .help = "what the program itself asks of the gc module"),
    ROW(GCS_DOCUMENT_STUDY, "memory", CHOICE, .fallback = "sum", .choices = "sum|pymalloc",
        .help = "what memory is counted: objects' bytes, or pymalloc's arenas too"),
    ROW(GCS_DOCUMENT_STUDY, "engine", CHOICE, .fallback = "auto",
        .choices = "auto|replay|index", .help = "how trials are evaluated"),
    ROW(GCS_DOCUMENT_STUDY, "max_events", WHOLE, BOUNDS(0, 0x1p64), .fallback = "0",
        .help = "end of the trace at the latest; 0: its own"),
    ROW(GCS_DOCUMENT_STUDY, "max_memory", WHOLE, .unit = GCS_UNIT_BYTES, BOUNDS(0, 0x1p64),
        .fallback = "0", .help = "memory of the simulator; 0: most of what is free"),
    ROW(GCS_DOCUMENT_STUDY, "warmup", TEXT, .flags = GCS_KEY_OPTIONAL,
        .help =
            "what `compare` leaves out: all up to a mark, or a time; absent: up to the mark "
            "`startup-done`, if it comes"),
    ROW(GCS_DOCUMENT_STUDY, "program", PROGRAM, .flags = GCS_KEY_OPTIONAL,
        .help = "a workload written here, instead of an input"),

    /* Strategies */
    ROW(GCS_DOCUMENT_STRATEGY, "strategy", NAME, .help = "the strategy's name"),
    ROW(GCS_DOCUMENT_STRATEGY, "about", TEXT, .fallback = "", .help = "what it does, for whom"),
    ROW(GCS_DOCUMENT_STRATEGY, "parameters", NAMED, .fallback = "{}",
        .help = "names that rules may use as `$name`, each with its default"),
    ROW(GCS_DOCUMENT_STRATEGY, "parameters.*", TEXT, .help = "a number or a label"),
    ROW(GCS_DOCUMENT_STRATEGY, "rules", LIST, .fallback = "[]", .help = "what it does"),
    ROW(GCS_DOCUMENT_STRATEGY, "rules.[]", MAP, .help = "a rule"),
    ROW(GCS_DOCUMENT_STRATEGY, "rules.[].when", TEXT,
        .help = "`start`, `mark LABEL`, `every N allocations`, `every N requests`, `every "
                "TIME`, `after N allocations`, `after N requests`, `after TIME`, "
                "`request-end`, `idle`, `every N idle`"),
    ROW(GCS_DOCUMENT_STRATEGY, "rules.[].if", LIST, .fallback = "[]",
        .help = "a condition, or a list of which all must hold as the moment comes"),
    ROW(GCS_DOCUMENT_STRATEGY, "rules.[].if.[]", TEXT,
        .help = "`count G over threshold`, `count G over N`, `count G up to N`, `TIME since "
                "collect G`, `last collect under P%` (of the time since)"),
    ROW(GCS_DOCUMENT_STRATEGY, "rules.[].do", LIST,
        .help = "one action, or a list of them in their order"),
    ROW(GCS_DOCUMENT_STRATEGY, "rules.[].do.[]", TEXT,
        .help = CONFIG_ACTIONS " (`*3`: three times what is in force), `threshold start`"),

    /* Cost profiles */
    ROW(GCS_DOCUMENT_COST, "cost", NAME, .help = "the profile's name"),
    ROW(GCS_DOCUMENT_COST, "about", TEXT, .fallback = "", .help = "machine and method"),
    ROW(GCS_DOCUMENT_COST, "measured", FLAG, .fallback = "true",
        .help = "false: taken from elsewhere"),
    ROW(GCS_DOCUMENT_COST, "versions", LIST, .fallback = "[]",
        .help = "what it was measured on; other versions that use it are marked as assumed"),
    ROW(GCS_DOCUMENT_COST, "versions.[]", NAME, .help = "`3.11`"),
    ROW(GCS_DOCUMENT_COST, "fixed_young_ns", REAL, BOUNDS(0, 1e12),
        .help = "ns of a collection of generation 0 or 1, however little it finds"),
    ROW(GCS_DOCUMENT_COST, "fixed_full_ns", REAL, BOUNDS(0, 1e12), .help = "ns of a full one"),
    CONFIG_CURVE("candidate", "ns per candidate, all passes"),
    CONFIG_CURVE("reference", "ns per reference visited"),
    CONFIG_CURVE("collected", "ns per object collected, beyond being a candidate"),
    CONFIG_CURVE("finalizer", "ns per finalizer called"),
};

const size_t gcs_config_key_count = sizeof gcs_config_keys / sizeof gcs_config_keys[0];

bool gcs_key_is_told(const struct gcs_key *key)
{
    static const char *const of_parts[] = {"weight", "distribution", "value", "mean"};
    bool there = !strncmp(key->path, told_of, sizeof told_of - 1);
    if (!strstr(key->path, ".parts.*."))
        return there || !(key->flags & GCS_KEY_PARAMETER);
    for (size_t i = 0; i < sizeof of_parts / sizeof of_parts[0]; i++)
        if (there && gcs_same(gcs_config_key_last(key), of_parts[i]))
            return true;
    return false;
}
