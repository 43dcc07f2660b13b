/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * demographics.h — a program's objects in figures: how many of which type, how long they live,
 * how they end, what refers to what.
 *
 * Everything is counted, nothing sampled. Percentiles are as exact as a histogram's
 * (measure.h); counts by powers of two are exact.
 *
 *   trace ──gcs_lives_of──▶ lives, as they end ──▶ struct gcs_demographics
 */
#ifndef GCSIM_DEMOGRAPHICS_H
#define GCSIM_DEMOGRAPHICS_H

#include <gcsim/lives.h>
#include <gcsim/measure.h>

/** One type's objects. */
struct gcs_type_lives {
    uint64_t allocated;             /* `o standing` ones included, as in fates */
    uint64_t bytes;                 /* that they took at birth */
    uint64_t fates[GCS_FATE_COUNT]; /* objects by how they ended; sum: allocated */
    uint64_t ended;                 /* of these, that did end, and did not stand at the start */
    uint64_t lifetimes;             /* of the ended: sum */
    uint64_t references;            /* held at the end of life, all fates: sum */
};

/** What is alive (reachable) after so many allocations, and all that follows the last one. */
struct gcs_snapshot {
    uint64_t allocations;
    uint64_t event;   /* events before it */
    gcs_time work_ns; /* the program's work before it */
    uint64_t objects;
    uint64_t bytes;
};

struct gcs_living {
    uint64_t objects;
    uint64_t bytes;
};

/** References of one sort in cycles that became garbage. */
struct gcs_tie_sum {
    struct gcs_slot slot;
    uint64_t references;
    uint64_t older;       /* of these, from an older object to a younger one */
    uint64_t knots;       /* cycles (components) that have it */
    uint64_t cut_knots;   /* that are none without it */
    uint64_t cut_objects; /* objects in these */
};

/** Cycles of the same types. */
enum { GCS_PATH_MAX = 6 };
struct gcs_knot_sum {
    uint32_t *types; /* ascending */
    size_t type_count, type_capacity;
    uint64_t knots;
    uint64_t objects;
    uint64_t bytes;
    uint64_t largest;                   /* in objects */
    size_t path_length;                 /* of the shortest cycle … */
    struct gcs_slot path[GCS_PATH_MAX]; /* … and its first steps */
};

#define GCS_SPREAD_LIST(X)                                                            \
    X(COUNTED, "lifetime_counted", "lifetimes ended by reference count, allocations") \
    X(GARBAGE, "lifetime_garbage", "lifetimes ended as garbage, allocations")         \
    X(AGES, "age_alive", "ages of what is alive at the end, allocations")             \
    X(BYTES, "bytes", "bytes of an object at birth, payload included")                \
    X(REFERENCES, "references", "references that an object holds at its end")         \
    X(CYCLES, "cycle_objects", "objects of a cycle that became garbage")              \
    X(OLDER, "older_by", "allocations between an object and a younger one stored in it")
#define GCS_SPREAD_ENUM_(name, text, help) GCS_SPREAD_##name,
enum gcs_spread { GCS_SPREAD_LIST(GCS_SPREAD_ENUM_) GCS_SPREAD_COUNT };

enum { GCS_LIVE_POINTS = 256, GCS_GROWTH_MAX = 1000 };

struct gcs_demographics {
    struct gcs_memory *memory;
    const struct gcs_trace *trace;
    uint64_t allocations; /* without those that stood at the start */
    struct gcs_type_lives all;
    struct gcs_type_lives *types; /* by type number: trace->type_count */
    size_t type_capacity;

    uint64_t born_references; /* that objects were born with */
    uint64_t stored_references;
    uint64_t older_references; /* stored into an object older than what it refers to */

    struct gcs_histogram *spreads; /* by enum gcs_spread */
    size_t spread_capacity;

    struct gcs_snapshot *curve; /* GCS_LIVE_POINTS */
    size_t curve_capacity;
    size_t growth_points;
    struct gcs_snapshot *growth; /* growth_points */
    size_t growth_capacity;
    struct gcs_living *type_growth; /* by type, growth_points each */
    size_t type_growth_capacity;

    uint64_t knots;
    struct gcs_tie_sum *ties; /* by knots, most first */
    size_t tie_count, tie_capacity;
    struct gcs_knot_sum *knot_sums; /* by objects, most first */
    size_t knot_sum_count, knot_sum_capacity;
};

/** One pass. `growth_points`: 1 … GCS_GROWTH_MAX, evenly spaced over the allocations, the last
 *  one at the end. `search_at`: gcs_lives_witness's. The result is the caller's
 *  (gcs_demographics_fini) and borrows the trace. GCS_INVALID: the trace is wrong. */
enum gcs_status gcs_demographics_of(const struct gcs_trace *trace, size_t growth_points,
                                    uint64_t search_at, struct gcs_memory *memory,
                                    struct gcs_demographics *demographics,
                                    struct gcs_error *error);
void gcs_demographics_fini(struct gcs_demographics *demographics);

/** Of all objects born at least `age` (0 or a power of two) allocations before the end: how
 * many lived so long. */
struct gcs_survival {
    uint64_t age;
    uint64_t born;
    uint64_t lived;
};
struct gcs_survival gcs_demographics_survival(const struct gcs_demographics *demographics,
                                              uint64_t age);

const char *gcs_spread_name(enum gcs_spread spread);
const char *gcs_spread_help(enum gcs_spread spread);

#endif
