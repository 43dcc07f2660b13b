/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Demographics for people: a few tables, 100 columns wide. */
#include <gcsim/report.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPES_SHOWN = 12, CYCLES_SHOWN = 8, CLOSERS_SHOWN = 10, GROWTH_SHOWN = 15 };
enum {
    NAME_WIDTH = 24,
    GROWTH_NAME_WIDTH = 20,
    WAY_WIDTH = 46,
    CURVE_WIDTH = 64,
    GROWTH_COLUMNS = 4
};

void gcs_print_slot(const struct gcs_trace *trace, const struct gcs_slot *slot,
                    struct gcs_text *text)
{
    const char *name = trace->types[slot->type]->name;
    if (slot->slot == GCS_ANY_SLOT)
        gcs_text_add(text, "%s[]", name);
    else
        gcs_text_add(text, "%s.%u", name, slot->slot);
}

/* At most so many characters of UTF-8, the last one a mark if some had to go. */
static void fit(const char *string, size_t most, struct gcs_text *text)
{
    size_t bytes = 0, before_last = 0, characters = 0;
    while (string[bytes]) {
        if (((unsigned char)string[bytes] & 0xc0) != 0x80 && ++characters == most)
            before_last = bytes;
        bytes++;
    }
    if (characters <= most)
        gcs_text_add_bytes(text, string, bytes);
    else {
        gcs_text_add_bytes(text, string, before_last);
        gcs_text_add(text, "…");
    }
}

static void add_name(struct gcs_grid *grid, const char *indent, const char *name, size_t most)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    fit(name, most, &text);
    gcs_grid_add(grid, "%s%s", indent, text.data ? text.data : "");
    gcs_text_fini(&text);
}

static void add_count(struct gcs_grid *grid, uint64_t count)
{
    char text[32];
    gcs_print_count(count, text);
    gcs_grid_add(grid, "%s", text);
}

/* "12,345", and "1.53M" beyond. */
static void print_short_count(uint64_t count, char text[16])
{
    static const char units[] = " kMGT";
    double value = (double)count;
    unsigned unit = 0;
    if (count < 100000) {
        char whole[32];
        gcs_print_count(count, whole);
        snprintf(text, 16, "%.15s", whole);
        return;
    }
    while (value >= 999.5 && units[unit + 1]) {
        value /= 1000;
        unit++;
    }
    snprintf(text, 16, "%.*f%c", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[unit]);
}

static void add_short_count(struct gcs_grid *grid, uint64_t count)
{
    char text[16];
    print_short_count(count, text);
    gcs_grid_add(grid, "%s", text);
}

static void add_share(struct gcs_grid *grid, uint64_t part, uint64_t whole)
{
    if (whole)
        gcs_grid_add(grid, "%.1f %%", 100.0 * (double)part / (double)whole);
    else
        gcs_grid_add(grid, "-");
}

static void add_bytes(struct gcs_grid *grid, uint64_t bytes)
{
    char text[16];
    gcs_print_bytes(bytes, text);
    gcs_grid_add(grid, "%s", text);
}

static void heads(struct gcs_grid *grid, const char *const *words, size_t count)
{
    gcs_grid_init(grid, count);
    for (size_t i = 0; i < count; i++)
        gcs_grid_add(grid, "%s", words[i]);
}
#define HEADS(grid, words) heads(grid, words, sizeof(words) / sizeof(words)[0])

static void end_grid(struct gcs_grid *grid, struct gcs_text *text)
{
    gcs_grid_print(grid, text);
    gcs_grid_fini(grid);
}

static void say_more(struct gcs_text *text, size_t count, size_t shown, const char *what,
                     const char *table)
{
    if (count > shown)
        gcs_text_add(text, "  … and %zu more %s: --format csv --table %s\n", count - shown,
                     what, table);
}

static void print_fates(const struct gcs_demographics *found, struct gcs_text *text)
{
    static const char *const lines[GCS_FATE_COUNT][2] = {
        [GCS_FATE_AT_ONCE] = {"by reference count, at once", "before the next allocation"},
        [GCS_FATE_LATER] = {"by reference count, later", ""},
        [GCS_FATE_CYCLE] = {"in cycles", "unreachable: only the collector frees them"},
        [GCS_FATE_HANGING] = {"off cycles", "held by unreachable cycles only"},
        [GCS_FATE_ALIVE] = {"alive at the end", ""},
    };
    static const char *const words[] = {"How objects end", "objects", "", ""};
    struct gcs_grid grid;
    HEADS(&grid, words);
    for (unsigned f = 0; f < GCS_FATE_COUNT; f++) {
        gcs_grid_add(&grid, "  %s", lines[f][0]);
        add_count(&grid, found->all.fates[f]);
        add_share(&grid, found->all.fates[f], found->all.allocated);
        gcs_grid_add(&grid, "%s", lines[f][1]);
    }
    end_grid(&grid, text);
}

/* Type numbers in an order of one's own. */
struct ranked {
    uint32_t type;
    uint64_t rank;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    return x->type < y->type ? -1 : x->type > y->type;
}

/* Types of rank above 0, highest first; malloc'ed. */
static struct ranked *
rank_types(const struct gcs_demographics *found,
           uint64_t (*rank)(const struct gcs_demographics *found, uint32_t type), size_t *count)
{
    struct ranked *ranked = malloc((found->trace->type_count + 1) * sizeof *ranked);
    GCS_REQUIRE(ranked != NULL);
    *count = 0;
    for (uint32_t t = 0; t < found->trace->type_count; t++)
        if (found->trace->types[t] && rank(found, t))
            ranked[(*count)++] = (struct ranked){t, rank(found, t)};
    qsort(ranked, *count, sizeof *ranked, by_rank);
    return ranked;
}

static uint64_t allocated_of(const struct gcs_demographics *found, uint32_t type)
{
    return found->types[type].allocated;
}

static void print_types(const struct gcs_demographics *found, struct gcs_text *text)
{
    static const char *const words[] = {"By type", "allocated", "at once", "later",
                                        "garbage", "alive",     "size",    "mean life"};
    struct gcs_grid grid;
    size_t count;
    struct ranked *ranked = rank_types(found, allocated_of, &count);
    HEADS(&grid, words);
    for (size_t i = 0; i < count && i < TYPES_SHOWN; i++) {
        const struct gcs_type_lives *type = &found->types[ranked[i].type];
        add_name(&grid, "  ", found->trace->types[ranked[i].type]->name, NAME_WIDTH);
        add_count(&grid, type->allocated);
        add_share(&grid, type->fates[GCS_FATE_AT_ONCE], type->allocated);
        add_share(&grid, type->fates[GCS_FATE_LATER], type->allocated);
        add_share(&grid, type->fates[GCS_FATE_CYCLE] + type->fates[GCS_FATE_HANGING],
                  type->allocated);
        add_share(&grid, type->fates[GCS_FATE_ALIVE], type->allocated);
        add_bytes(&grid, type->bytes / type->allocated);
        if (type->ended)
            add_count(&grid, type->lifetimes / type->ended);
        else
            gcs_grid_add(&grid, "-");
    }
    end_grid(&grid, text);
    say_more(text, count, TYPES_SHOWN, "types", "types");
    free(ranked);
}

static void print_quantiles(const struct gcs_demographics *found, struct gcs_text *text)
{
    static const char *const lines[GCS_SPREAD_COUNT] = {
        [GCS_SPREAD_COUNTED] = "lifetime, by reference count",
        [GCS_SPREAD_GARBAGE] = "lifetime, until unreachable",
        [GCS_SPREAD_AGES] = "age of the alive",
        [GCS_SPREAD_BYTES] = "bytes",
        [GCS_SPREAD_REFERENCES] = "references held",
        [GCS_SPREAD_CYCLES] = "objects of a cycle",
        [GCS_SPREAD_OLDER] = "older than its target by",
    };
    static const char *const words[] = {"Distributions", "values", "p50",  "p90",
                                        "p99",           "p99.9",  "most", "mean"};
    static const double shares[] = {0.5, 0.9, 0.99, 0.999, 1};
    struct gcs_grid grid;
    HEADS(&grid, words);
    for (unsigned s = 0; s < GCS_SPREAD_COUNT; s++) {
        const struct gcs_histogram *spread = &found->spreads[s];
        gcs_grid_add(&grid, "  %s", lines[s]);
        add_short_count(&grid, spread->total);
        for (unsigned i = 0; i < sizeof shares / sizeof shares[0]; i++)
            if (spread->total)
                add_short_count(&grid, gcs_histogram_percentile(spread, shares[i]));
            else
                gcs_grid_add(&grid, "-");
        if (!spread->total)
            gcs_grid_add(&grid, "-");
        else if (spread->sum < 1000 * (double)spread->total)
            gcs_grid_add(&grid, "%.3g", spread->sum / (double)spread->total);
        else
            add_short_count(&grid, (uint64_t)(spread->sum / (double)spread->total));
    }
    end_grid(&grid, text);
    gcs_text_add(text, "  Lifetimes and ages are counted in allocations; bytes are those of "
                       "CPython 3.13, payload included.\n");
}

static void print_survival(const struct gcs_demographics *found, struct gcs_text *text)
{
    struct gcs_text line;
    gcs_text_init(&line, NULL);
    for (uint64_t age = 1; age <= UINT64_MAX / 8; age *= 4) {
        struct gcs_survival survival = gcs_demographics_survival(found, age);
        char head[32];
        if (!survival.born)
            break;
        if (age < 1024)
            snprintf(head, sizeof head, "%llu", (unsigned long long)age);
        else if (age < 1 << 20)
            snprintf(head, sizeof head, "%lluk", (unsigned long long)age >> 10);
        else
            snprintf(head, sizeof head, "%lluM", (unsigned long long)age >> 20);
        double share = 100.0 * (double)survival.lived / (double)survival.born;
        gcs_text_add(text, "%s%6s", age == 1 ? "Allocations     " : "", head);
        gcs_text_add(&line, share >= 9.995 || share == 0 ? "%6.3g" : "%6.2g", share);
    }
    if (line.length)
        gcs_text_add(text, "\n  outlived by, %% %s\n", line.data);
    gcs_text_fini(&line);
}

static void print_references(const struct gcs_demographics *found, struct gcs_text *text)
{
    char born[32], stored[32], older[32];
    gcs_print_count(found->born_references, born);
    gcs_print_count(found->stored_references, stored);
    gcs_print_count(found->older_references, older);
    gcs_text_add(text, "References: %s that objects were born with, %s stored later", born,
                 stored);
    if (found->stored_references)
        gcs_text_add(
            text, ",\n  %s of these (%.1f %%) from an older object to a younger one", older,
            100.0 * (double)found->older_references / (double)found->stored_references);
    gcs_text_add(text, "\n");
}

/* "Session.0 -> Entry.1 -> Session". */
static void print_way(const struct gcs_trace *trace, const struct gcs_knot_sum *sum,
                      struct gcs_text *way)
{
    size_t shown = sum->path_length <= GCS_PATH_MAX ? sum->path_length : 2;
    for (size_t i = 0; i < shown; i++) {
        gcs_print_slot(trace, &sum->path[i], way);
        gcs_text_add(way, " -> ");
    }
    if (shown < sum->path_length)
        gcs_text_add(way, "… (%zu steps)", sum->path_length);
    else
        gcs_text_add(way, "%s", trace->types[sum->path[0].type]->name);
}

static void print_cycles(const struct gcs_demographics *found, struct gcs_text *text)
{
    static const char *const words[] = {"Garbage", "cycles", "objects",           "bytes",
                                        "largest", "types",  "shortest way round"};
    struct gcs_grid grid;
    HEADS(&grid, words);
    for (size_t i = 0; i < found->knot_sum_count && i < CYCLES_SHOWN; i++) {
        const struct gcs_knot_sum *sum = &found->knot_sums[i];
        struct gcs_text way;
        gcs_text_init(&way, NULL);
        print_way(found->trace, sum, &way);
        gcs_grid_add(&grid, "  %.1f %%",
                     100.0 * (double)sum->objects / (double)found->all.fates[GCS_FATE_CYCLE]);
        add_short_count(&grid, sum->knots);
        add_short_count(&grid, sum->objects);
        add_bytes(&grid, sum->bytes);
        add_short_count(&grid, sum->largest);
        gcs_grid_add(&grid, "%zu", sum->type_count);
        add_name(&grid, "", way.data, WAY_WIDTH);
        gcs_text_fini(&way);
    }
    end_grid(&grid, text);
    say_more(text, found->knot_sum_count, CYCLES_SHOWN, "kinds of cycles", "cycles");
}

static void print_closers(const struct gcs_demographics *found, struct gcs_text *text)
{
    static const char *const words[] = {"References that close them",
                                        "in cycles",
                                        "ends",
                                        "of all",
                                        "references",
                                        "older to younger"};
    struct gcs_grid grid;
    HEADS(&grid, words);
    for (size_t i = 0; i < found->tie_count && i < CLOSERS_SHOWN; i++) {
        const struct gcs_tie_sum *sum = &found->ties[i];
        struct gcs_text edge;
        gcs_text_init(&edge, NULL);
        gcs_print_slot(found->trace, &sum->slot, &edge);
        gcs_text_add(&edge, " -> %s", found->trace->types[sum->slot.target]->name);
        add_name(&grid, "  ", edge.data, 2 * NAME_WIDTH - 14);
        add_short_count(&grid, sum->knots);
        add_short_count(&grid, sum->cut_knots);
        add_share(&grid, sum->cut_knots, found->knots);
        add_short_count(&grid, sum->references);
        add_share(&grid, sum->older, sum->references);
        gcs_text_fini(&edge);
    }
    end_grid(&grid, text);
    say_more(text, found->tie_count, CLOSERS_SHOWN, "references", "closers");
    gcs_text_add(text, "  ends: cycles that would be none without it, were it weak or cleared "
                       "by hand\n");
}

/* One line of blocks, the highest of each column. */
static void print_curve_line(const struct gcs_demographics *found, bool bytes,
                             struct gcs_text *text)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    uint64_t heights[CURVE_WIDTH] = {0}, most = 0;
    char figure[32];
    for (size_t i = 0; i < GCS_LIVE_POINTS; i++) {
        uint64_t value = bytes ? found->curve[i].bytes : found->curve[i].objects;
        uint64_t *height = &heights[i * CURVE_WIDTH / GCS_LIVE_POINTS];
        *height = value > *height ? value : *height;
        most = value > most ? value : most;
    }
    gcs_text_add(text, bytes ? "  bytes    " : "  objects  ");
    for (size_t i = 0; i < CURVE_WIDTH; i++) {
        double share = most ? (double)heights[i] / (double)most : 0;
        gcs_text_add(text, "%s", blocks[(int)(share * 8 + 0.5)]);
    }
    if (bytes)
        gcs_print_bytes(most, figure);
    else
        gcs_print_count(most, figure);
    gcs_text_add(text, "  at most %s\n", figure);
}

static void print_curve(const struct gcs_demographics *found, struct gcs_text *text)
{
    gcs_text_add(text, "Alive from the first allocation to the last\n");
    print_curve_line(found, false, text);
    print_curve_line(found, true, text);
}

void gcs_print_demographics(const struct gcs_demographics *found, struct gcs_text *text)
{
    if (!found->all.allocated) {
        gcs_text_add(text, "The trace allocates nothing.\n");
        return;
    }
    print_fates(found, text);
    gcs_text_add(text, "\n");
    print_types(found, text);
    gcs_text_add(text, "\n");
    print_quantiles(found, text);
    gcs_text_add(text, "\n");
    print_survival(found, text);
    print_references(found, text);
    if (found->knots) {
        gcs_text_add(text, "\n");
        print_cycles(found, text);
        gcs_text_add(text, "\n");
        print_closers(found, text);
    }
    gcs_text_add(text, "\n");
    print_curve(found, text);
}

/*
 * Growth
 */
static struct gcs_living living_at(const struct gcs_demographics *found, uint32_t type,
                                   size_t point)
{
    return found->type_growth[(size_t)type * found->growth_points + point];
}

/* From the first point to the last; types that did not grow come behind those that did. */
static int64_t grown(const struct gcs_demographics *found, uint32_t type)
{
    return (int64_t)(living_at(found, type, found->growth_points - 1).objects -
                     living_at(found, type, 0).objects);
}

static uint64_t growth_rank(const struct gcs_demographics *found, uint32_t type)
{
    if (!found->types[type].allocated)
        return 0;
    return (uint64_t)(grown(found, type) + ((int64_t)1 << 40));
}

static void add_delta(struct gcs_grid *grid, int64_t delta)
{
    char text[16];
    print_short_count((uint64_t)(delta < 0 ? -delta : delta), text);
    gcs_grid_add(grid, "%s%s", delta > 0 ? "+" : delta < 0 ? "-" : "", text);
}

static void add_growth_row(const struct gcs_demographics *found, uint32_t type,
                           struct gcs_grid *grid)
{
    size_t points = found->growth_points, steps = 0;
    size_t from = points > GROWTH_COLUMNS ? points - GROWTH_COLUMNS : 0;
    add_name(grid, "", found->trace->types[type]->name, GROWTH_NAME_WIDTH);
    add_short_count(grid, living_at(found, type, 0).objects);
    for (size_t i = 1; i < points; i++) {
        int64_t delta = (int64_t)(living_at(found, type, i).objects -
                                  living_at(found, type, i - 1).objects);
        steps += delta > 0;
        if (i > from)
            add_delta(grid, delta);
    }
    add_short_count(grid, living_at(found, type, points - 1).objects);
    add_delta(grid, grown(found, type));
    gcs_grid_add(grid, "%zu of %zu", steps, points - 1);
    add_bytes(grid, living_at(found, type, points - 1).bytes);
}

void gcs_print_growth(const struct gcs_demographics *found, struct gcs_text *text)
{
    struct gcs_grid grid;
    size_t count, points = found->growth_points;
    size_t from = points > GROWTH_COLUMNS ? points - GROWTH_COLUMNS : 0;
    struct ranked *ranked = rank_types(found, growth_rank, &count);
    gcs_text_add(text,
                 "Objects alive by type at %zu points, evenly spaced over the allocations\n",
                 points);
    gcs_grid_init(&grid, 6 + points - 1 - from);
    gcs_grid_add(&grid, "type");
    for (size_t i = 0; i < points; i++)
        if (i == 0 || i > from)
            gcs_grid_add(&grid, "%s%.0f %%", i ? "to " : "at ",
                         100.0 * (double)(i + 1) / (double)points);
    gcs_grid_add(&grid, "end");
    gcs_grid_add(&grid, "grown");
    gcs_grid_add(&grid, "in steps");
    gcs_grid_add(&grid, "bytes");
    for (size_t i = 0; i < count && i < GROWTH_SHOWN; i++)
        add_growth_row(found, ranked[i].type, &grid);
    end_grid(&grid, text);
    say_more(text, count, GROWTH_SHOWN, "types", "growth");
    if (from)
        gcs_text_add(text, "  Points between the first and the last ones: --format csv\n");
    free(ranked);
}
