/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `gcsim trace info` tells, as tables. Columns are only ever added, at the end. */
#include <gcsim/report.h>

#include <math.h>
#include <stddef.h>

#define COLUMN(name, unit, cell, row, member, help)                     \
    {                                                                   \
        name, unit, help, GCS_CELL_##cell, offsetof(struct row, member) \
    }
#define FILE_OF(columns) columns, sizeof(columns) / sizeof(columns)[0]

/* One row of each table. */
struct totals_row {
    const struct gcs_trace *trace;
    const char *digest;
    uint64_t events, allocations, standing, types, requests, work_ns, binary_bytes;
    uint64_t fates[GCS_FATE_COUNT];
    uint64_t cycles, bytes, born_references, stored_references, older_references;
    double cyclic_share, lifetime_mean;
};
struct type_row {
    const char *name, *kind;
    uint64_t number, allocated, bytes, fates[GCS_FATE_COUNT];
    double bytes_mean, lifetime_mean, references_mean;
};
struct quantile_row {
    const char *name;
    uint64_t count;
    double mean;
    uint64_t minimum, p10, p25, p50, p75, p90, p99, p999, maximum;
};
struct distribution_row {
    const char *name;
    uint64_t from, to, count;
    double share;
};
struct survival_row {
    struct gcs_survival survival;
    double share;
};
struct cycle_row {
    const char *types, *path;
    uint64_t steps, cycles, objects, bytes, largest;
};
struct closer_row {
    const char *source, *slot, *target;
    uint64_t references, older, cycles, ends_cycles, ends_objects;
};
struct growth_row {
    const char *type;
    struct gcs_snapshot at;
    int64_t objects_delta, bytes_delta;
};

static const struct gcs_column totals_columns[] = {
    COLUMN("events", "", U64, totals_row, events, "of the trace"),
    COLUMN("allocations", "", U64, totals_row, allocations, "objects that the trace allocates"),
    COLUMN("standing", "", U64, totals_row, standing, "of these, there before the trace began"),
    COLUMN("types", "", U64, totals_row, types, "types defined"),
    COLUMN("requests", "", U64, totals_row, requests, "begun"),
    COLUMN("work_ns", "ns", U64, totals_row, work_ns, "the program's own work"),
    COLUMN("binary_bytes", "bytes", U64, totals_row, binary_bytes,
           "of the trace in binary form"),
    COLUMN("digest", "", TEXT, totals_row, digest, "of what the trace says"),
    COLUMN("at_once", "", U64, totals_row, fates[GCS_FATE_AT_ONCE],
           "died by reference count before the next allocation"),
    COLUMN("later", "", U64, totals_row, fates[GCS_FATE_LATER],
           "died by reference count later"),
    COLUMN("in_cycle", "", U64, totals_row, fates[GCS_FATE_CYCLE],
           "part of a cycle that became unreachable"),
    COLUMN("off_cycle", "", U64, totals_row, fates[GCS_FATE_HANGING],
           "held by such a cycle, not part of one, and unreachable otherwise"),
    COLUMN("alive", "", U64, totals_row, fates[GCS_FATE_ALIVE], "reachable at the end"),
    COLUMN("cyclic_share", "", REAL, totals_row, cyclic_share,
           "(in_cycle + off_cycle) / allocations"),
    COLUMN("cycles", "", U64, totals_row, cycles,
           "that became unreachable: strongly connected components"),
    COLUMN("allocated_bytes", "bytes", U64, totals_row, bytes,
           "all objects at birth, payload included, sizes as in CPython 3.13"),
    COLUMN("lifetime_mean", "allocations", REAL, totals_row, lifetime_mean,
           "of what did not live to the end"),
    COLUMN("born_references", "", U64, totals_row, born_references,
           "that objects were born with"),
    COLUMN("stored_references", "", U64, totals_row, stored_references, "stored later"),
    COLUMN("older_references", "", U64, totals_row, older_references,
           "of these, stored into an object older than what it refers to"),
};

static const struct gcs_column types_columns[] = {
    COLUMN("type", "", TEXT, type_row, name, "its name"),
    COLUMN("number", "", U64, type_row, number, "in the trace"),
    COLUMN("kind", "", TEXT, type_row, kind, "what CPython calls such objects"),
    COLUMN("allocated", "", U64, type_row, allocated, "objects"),
    COLUMN("at_once", "", U64, type_row, fates[GCS_FATE_AT_ONCE],
           "died by reference count before the next allocation"),
    COLUMN("later", "", U64, type_row, fates[GCS_FATE_LATER], "died by reference count later"),
    COLUMN("in_cycle", "", U64, type_row, fates[GCS_FATE_CYCLE],
           "part of a cycle that became unreachable"),
    COLUMN("off_cycle", "", U64, type_row, fates[GCS_FATE_HANGING],
           "held by such a cycle and unreachable otherwise"),
    COLUMN("alive", "", U64, type_row, fates[GCS_FATE_ALIVE], "reachable at the end"),
    COLUMN("allocated_bytes", "bytes", U64, type_row, bytes, "at birth, payload included"),
    COLUMN("size_bytes_mean", "bytes", REAL, type_row, bytes_mean, "the same, an object"),
    COLUMN("lifetime_mean", "allocations", REAL, type_row, lifetime_mean,
           "of what did not live to the end"),
    COLUMN("references_mean", "", REAL, type_row, references_mean,
           "that an object held at its end"),
};

static const struct gcs_column quantiles_columns[] = {
    COLUMN("distribution", "", TEXT, quantile_row, name, "of what"),
    COLUMN("count", "", U64, quantile_row, count, "values"),
    COLUMN("mean", "", REAL, quantile_row, mean, "their mean"),
    COLUMN("min", "", U64, quantile_row, minimum, "the least, exactly"),
    COLUMN("p10", "", U64, quantile_row, p10, "10 % are no larger"),
    COLUMN("p25", "", U64, quantile_row, p25, "25 % are no larger"),
    COLUMN("p50", "", U64, quantile_row, p50, "half are no larger"),
    COLUMN("p75", "", U64, quantile_row, p75, "75 % are no larger"),
    COLUMN("p90", "", U64, quantile_row, p90, "90 % are no larger"),
    COLUMN("p99", "", U64, quantile_row, p99, "99 % are no larger"),
    COLUMN("p999", "", U64, quantile_row, p999, "99.9 % are no larger"),
    COLUMN("max", "", U64, quantile_row, maximum, "the largest, exactly"),
};

static const struct gcs_column distributions_columns[] = {
    COLUMN("distribution", "", TEXT, distribution_row, name, "of what"),
    COLUMN("from", "", U64, distribution_row, from, "0, or a power of two"),
    COLUMN("to", "", U64, distribution_row, to, "the last value counted here"),
    COLUMN("count", "", U64, distribution_row, count, "values from one to the other, exactly"),
    COLUMN("share", "", REAL, distribution_row, share, "of all values"),
};

static const struct gcs_column survival_columns[] = {
    COLUMN("age", "allocations", U64, survival_row, survival.age, "0, or a power of two"),
    COLUMN("born", "", U64, survival_row, survival.born,
           "objects born at least so long before the end"),
    COLUMN("lived", "", U64, survival_row, survival.lived, "of these, lived so long"),
    COLUMN("share", "", REAL, survival_row, share, "lived / born"),
};

static const struct gcs_column cycles_columns[] = {
    COLUMN("types", "", TEXT, cycle_row, types, "of the objects in the cycle, by number"),
    COLUMN("cycles", "", U64, cycle_row, cycles, "of these types that became unreachable"),
    COLUMN("objects", "", U64, cycle_row, objects, "in them"),
    COLUMN("cycle_bytes", "bytes", U64, cycle_row, bytes, "of these objects"),
    COLUMN("largest", "", U64, cycle_row, largest, "objects of the largest"),
    COLUMN("steps", "", U64, cycle_row, steps, "of the shortest way round through the oldest"),
    COLUMN("path", "", TEXT, cycle_row, path, "that way, TYPE.SLOT -> ..., its beginning"),
};

static const struct gcs_column closers_columns[] = {
    COLUMN("source", "", TEXT, closer_row, source, "type of the object that refers"),
    COLUMN("slot", "", TEXT, closer_row, slot, "where: a slot from 0, [] for items"),
    COLUMN("target", "", TEXT, closer_row, target, "type that it refers to"),
    COLUMN("references", "", U64, closer_row, references,
           "such references in cycles that became unreachable"),
    COLUMN("older", "", U64, closer_row, older,
           "of these, from an older object to a younger one"),
    COLUMN("cycles", "", U64, closer_row, cycles, "that have such a reference"),
    COLUMN("ends_cycles", "", U64, closer_row, ends_cycles,
           "that would be none without (if it were weak, say)"),
    COLUMN("ends_objects", "", U64, closer_row, ends_objects, "objects in these"),
};

static const struct gcs_column curve_columns[] = {
    COLUMN("allocations", "", U64, gcs_snapshot, allocations, "so far"),
    COLUMN("event", "", U64, gcs_snapshot, event, "events so far"),
    COLUMN("work_ns", "ns", U64, gcs_snapshot, work_ns, "the program's own work so far"),
    COLUMN("live_objects", "", U64, gcs_snapshot, objects, "reachable then"),
    COLUMN("live_bytes", "bytes", U64, gcs_snapshot, bytes, "of these"),
};

static const struct gcs_column growth_columns[] = {
    COLUMN("type", "", TEXT, growth_row, type, "its name"),
    COLUMN("allocations", "", U64, growth_row, at.allocations, "so far"),
    COLUMN("event", "", U64, growth_row, at.event, "events so far"),
    COLUMN("work_ns", "ns", U64, growth_row, at.work_ns, "the program's own work so far"),
    COLUMN("live_objects", "", U64, growth_row, at.objects, "of this type, reachable then"),
    COLUMN("live_objects_delta", "", I64, growth_row, objects_delta,
           "more than at the point before"),
    COLUMN("live_bytes", "bytes", U64, growth_row, at.bytes, "of these"),
    COLUMN("live_bytes_delta", "bytes", I64, growth_row, bytes_delta,
           "more than at the point before"),
};

const struct gcs_file *gcs_info_file(enum gcs_info table)
{
    static const struct gcs_file files[GCS_INFO_COUNT] = {
        [GCS_INFO_TOTALS] = {"totals", "`gcsim trace info --table totals`: one row",
                             FILE_OF(totals_columns)},
        [GCS_INFO_TYPES] = {"types", "`gcsim trace info --table types`: one row a type",
                            FILE_OF(types_columns)},
        [GCS_INFO_QUANTILES] = {"quantiles",
                                "`gcsim trace info --table quantiles`: one row a distribution",
                                FILE_OF(quantiles_columns)},
        [GCS_INFO_DISTRIBUTIONS] =
            {"distributions",
             "`gcsim trace info --table distributions`: counts by powers of two",
             FILE_OF(distributions_columns)},
        [GCS_INFO_SURVIVAL] = {"survival",
                               "`gcsim trace info --table survival`: who lives how long",
                               FILE_OF(survival_columns)},
        [GCS_INFO_CYCLES] = {"cycles",
                             "`gcsim trace info --table cycles`: cyclic garbage, by types",
                             FILE_OF(cycles_columns)},
        [GCS_INFO_CLOSERS] =
            {"closers", "`gcsim trace info --table closers`: references that close cycles",
             FILE_OF(closers_columns)},
        [GCS_INFO_CURVE] = {"curve",
                            "`gcsim trace info --table curve`: what is alive over time",
                            FILE_OF(curve_columns)},
        [GCS_INFO_GROWTH] = {"growth",
                             "`gcsim trace info --table growth`: one row a type and point",
                             FILE_OF(growth_columns)},
    };
    return &files[table];
}

/* Where rows go. */
struct out {
    const struct gcs_demographics *found;
    void (*add)(void *to, const void *row);
    void *to;
};

static double ratio(uint64_t a, uint64_t b)
{
    return b ? (double)a / (double)b : (double)NAN;
}

static double ratio_real(double a, uint64_t b)
{
    return b ? a / (double)b : (double)NAN;
}

static void add_totals(const struct out *out)
{
    const struct gcs_demographics *found = out->found;
    const struct gcs_trace *trace = found->trace;
    const uint64_t *fates = found->all.fates;
    struct totals_row row = {
        .digest = trace->digest.hex,
        .events = trace->events,
        .allocations = trace->allocations,
        .standing = trace->options.standing,
        .requests = trace->requests,
        .work_ns = trace->work_ns,
        .binary_bytes = trace->image_size,
        .cycles = found->knots,
        .bytes = found->all.bytes,
        .born_references = found->born_references,
        .stored_references = found->stored_references,
        .older_references = found->older_references,
        .cyclic_share =
            ratio(fates[GCS_FATE_CYCLE] + fates[GCS_FATE_HANGING], trace->allocations),
        .lifetime_mean = ratio(found->all.lifetimes, found->all.ended),
    };
    for (uint32_t i = 0; i < trace->type_count; i++)
        row.types += trace->types[i] != NULL;
    for (unsigned f = 0; f < GCS_FATE_COUNT; f++)
        row.fates[f] = fates[f];
    out->add(out->to, &row);
}

static void add_types(const struct out *out)
{
    const struct gcs_trace *trace = out->found->trace;
    for (uint32_t i = 0; i < trace->type_count; i++) {
        const struct gcs_type_lives *type = &out->found->types[i];
        if (!trace->types[i])
            continue;
        struct type_row row = {
            .name = trace->types[i]->name,
            .kind = gcs_kind_name(trace->types[i]->kind),
            .number = i,
            .allocated = type->allocated,
            .bytes = type->bytes,
            .bytes_mean = ratio(type->bytes, type->allocated),
            .lifetime_mean = ratio(type->lifetimes, type->ended),
            .references_mean = ratio(type->references, type->allocated),
        };
        for (unsigned f = 0; f < GCS_FATE_COUNT; f++)
            row.fates[f] = type->fates[f];
        out->add(out->to, &row);
    }
}

static void add_quantiles(const struct out *out)
{
    for (unsigned s = 0; s < GCS_SPREAD_COUNT; s++) {
        const struct gcs_histogram *spread = &out->found->spreads[s];
        bool any = spread->total > 0;
        struct quantile_row row = {
            .name = gcs_spread_name((enum gcs_spread)s),
            .count = spread->total,
            .mean = ratio_real(spread->sum, spread->total),
            .minimum = any ? spread->minimum : GCS_ABSENT,
            .p10 = gcs_histogram_percentile(spread, 0.1),
            .p25 = gcs_histogram_percentile(spread, 0.25),
            .p50 = gcs_histogram_percentile(spread, 0.5),
            .p75 = gcs_histogram_percentile(spread, 0.75),
            .p90 = gcs_histogram_percentile(spread, 0.9),
            .p99 = gcs_histogram_percentile(spread, 0.99),
            .p999 = gcs_histogram_percentile(spread, 0.999),
            .maximum = any ? spread->maximum : GCS_ABSENT,
        };
        out->add(out->to, &row);
    }
}

static void add_distributions(const struct out *out)
{
    for (unsigned s = 0; s < GCS_SPREAD_COUNT; s++) {
        const struct gcs_histogram *spread = &out->found->spreads[s];
        uint64_t left = spread->total;
        for (uint64_t from = 0, next = 1; left; from = next, next *= 2) {
            uint64_t beyond = gcs_histogram_at_least(spread, next);
            struct distribution_row row = {gcs_spread_name((enum gcs_spread)s), from, next - 1,
                                           left - beyond, ratio(left - beyond, spread->total)};
            out->add(out->to, &row);
            left = beyond;
        }
    }
}

static void add_survival(const struct out *out)
{
    for (uint64_t age = 0;; age = age ? age * 2 : 1) {
        struct survival_row row = {.survival = gcs_demographics_survival(out->found, age)};
        if (!row.survival.born)
            return;
        row.share = ratio(row.survival.lived, row.survival.born);
        out->add(out->to, &row);
    }
}

static void add_cycles(const struct out *out)
{
    const struct gcs_trace *trace = out->found->trace;
    for (size_t i = 0; i < out->found->knot_sum_count; i++) {
        const struct gcs_knot_sum *sum = &out->found->knot_sums[i];
        struct gcs_text types, path;
        gcs_text_init(&types, NULL);
        gcs_text_init(&path, NULL);
        for (size_t t = 0; t < sum->type_count; t++)
            gcs_text_add(&types, "%s%s", t ? " " : "", trace->types[sum->types[t]]->name);
        for (size_t s = 0; s < sum->path_length && s < GCS_PATH_MAX; s++) {
            gcs_text_add(&path, "%s", s ? " -> " : "");
            gcs_print_slot(trace, &sum->path[s], &path);
        }
        if (sum->path_length <= GCS_PATH_MAX)
            gcs_text_add(&path, " -> %s", trace->types[sum->path[0].type]->name);
        struct cycle_row row = {types.data,   path.data,  sum->path_length, sum->knots,
                                sum->objects, sum->bytes, sum->largest};
        out->add(out->to, &row);
        gcs_text_fini(&types);
        gcs_text_fini(&path);
    }
}

static void add_closers(const struct out *out)
{
    const struct gcs_trace *trace = out->found->trace;
    for (size_t i = 0; i < out->found->tie_count; i++) {
        const struct gcs_tie_sum *sum = &out->found->ties[i];
        struct gcs_text slot;
        gcs_text_init(&slot, NULL);
        if (sum->slot.slot == GCS_ANY_SLOT)
            gcs_text_add(&slot, "[]");
        else
            gcs_text_add(&slot, "%u", sum->slot.slot);
        struct closer_row row = {trace->types[sum->slot.type]->name,
                                 slot.data,
                                 trace->types[sum->slot.target]->name,
                                 sum->references,
                                 sum->older,
                                 sum->knots,
                                 sum->cut_knots,
                                 sum->cut_objects};
        out->add(out->to, &row);
        gcs_text_fini(&slot);
    }
}

static void add_curve(const struct out *out)
{
    for (size_t i = 0; i < GCS_LIVE_POINTS; i++)
        if (i + 1 == GCS_LIVE_POINTS ||
            out->found->curve[i + 1].allocations > out->found->curve[i].allocations)
            out->add(out->to, &out->found->curve[i]);
}

static void add_growth(const struct out *out)
{
    const struct gcs_demographics *found = out->found;
    for (uint32_t t = 0; t < found->trace->type_count; t++) {
        struct gcs_living before = {0};
        for (size_t i = 0; found->trace->types[t] && i < found->growth_points; i++) {
            struct gcs_living now = found->type_growth[t * found->growth_points + i];
            struct growth_row row = {
                .type = found->trace->types[t]->name,
                .at = found->growth[i],
                .objects_delta = (int64_t)(now.objects - before.objects),
                .bytes_delta = (int64_t)(now.bytes - before.bytes),
            };
            row.at.objects = now.objects;
            row.at.bytes = now.bytes;
            out->add(out->to, &row);
            before = now;
        }
    }
}

void gcs_info_rows(const struct gcs_demographics *demographics, enum gcs_info table,
                   void (*add)(void *to, const void *row), void *to)
{
    static void (*const adders[GCS_INFO_COUNT])(const struct out *out) = {
        [GCS_INFO_TOTALS] = add_totals,       [GCS_INFO_TYPES] = add_types,
        [GCS_INFO_QUANTILES] = add_quantiles, [GCS_INFO_DISTRIBUTIONS] = add_distributions,
        [GCS_INFO_SURVIVAL] = add_survival,   [GCS_INFO_CYCLES] = add_cycles,
        [GCS_INFO_CLOSERS] = add_closers,     [GCS_INFO_CURVE] = add_curve,
        [GCS_INFO_GROWTH] = add_growth,
    };
    const struct out out = {demographics, add, to};
    adders[table](&out);
}
