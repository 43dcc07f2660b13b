/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What makes a figure of a comparison mean little, and what to do about it. */
#include "compare_private.h"

#include <math.h>

/* A heap that grows by more in the last quarter of the run, garbage that is more of it. */
static const double much_growth = 0.05, much_garbage = 0.1;

#define BIT(warning) (1U << GCS_COMPARED_##warning)

/* Which warnings are about which figures; the others are about all. */
static const struct {
    const char *figure;
    unsigned warnings;
} about[] = {
    {"gc_share", BIT(GROWING)},
    {"gc_ns", BIT(GROWING)},
    {"pause_ns_p99", BIT(NO_COLLECTIONS) | BIT(FEW_FULL) | BIT(FEW_PAUSES)},
    {"pause_ns_max", BIT(NO_COLLECTIONS) | BIT(FEW_FULL)},
    {"request_ns_p99", BIT(FEW_REQUESTS)},
    {"request_ns_max", 0},
    {"peak_bytes", BIT(GROWING) | BIT(GARBAGE)},
};
static const unsigned about_all =
    BIT(ONE_SEED) | BIT(FEW_SEEDS) | BIT(NEVER_ACTED) | BIT(NO_EFFECT) | BIT(CANNOT_TELL);

const char *warning_name(enum gcs_compared_warning warning)
{
#define NAME(name, text) text,
    static const char *const names[] = {GCS_COMPARED_WARNING_LIST(NAME)};
    return names[warning];
}

static const struct gcs_rule *unmet(const struct gcs_comparison *comparison, size_t arm)
{
    const struct gcs_rule *rule = NULL;
    for (size_t seed = 0; seed < comparison->seeds && !rule; seed++)
        rule = comparison->trials[trial_at(comparison, arm, seed)].unmet;
    return rule;
}

static uint64_t passes(const struct gcs_summary *summary)
{
    uint64_t sum = 0;
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        sum += summary->collections[g];
    return sum;
}

static uint64_t full(const struct gcs_summary *summary)
{
    return summary->collections[GCS_GENERATIONS - 1];
}

static uint64_t requests(const struct gcs_summary *summary)
{
    return summary->requests;
}

/* The seed with the fewest. */
static const struct gcs_summary *fewest(const struct gcs_comparison *comparison, size_t arm,
                                        uint64_t (*count)(const struct gcs_summary *))
{
    const struct gcs_summary *found = &comparison->steady[arm].summary;
    for (size_t seed = 1; seed < comparison->seeds; seed++) {
        const struct gcs_summary *summary =
            &comparison->steady[trial_at(comparison, arm, seed)].summary;
        if (count(summary) < count(found))
            found = summary;
    }
    return found;
}

struct gcs_counted counted_of(const struct gcs_comparison *comparison, size_t arm)
{
    struct gcs_counted counted = {passes(fewest(comparison, arm, passes)),
                                  full(fewest(comparison, arm, full)),
                                  requests(fewest(comparison, arm, requests)), UINT64_MAX};
    for (size_t seed = 0; seed < comparison->seeds; seed++) {
        gcs_time ns = comparison->steady[trial_at(comparison, arm, seed)].summary.total_ns;
        counted.ns = ns < counted.ns ? ns : counted.ns;
    }
    return counted;
}

/* The mean over the seeds in which it is known. */
static double mean_of(const struct gcs_comparison *comparison, size_t arm, bool growth)
{
    double sum = 0;
    size_t count = 0;
    for (size_t seed = 0; seed < comparison->seeds; seed++) {
        const struct gcs_steady *steady = &comparison->steady[trial_at(comparison, arm, seed)];
        double value = growth ? steady->growth : steady->garbage;
        if (!isnan(value)) {
            sum += value;
            count++;
        }
    }
    return count ? sum / (double)count : 0;
}

/* Like the baseline in every seed. */
static bool same_as_first(const struct gcs_comparison *comparison, size_t arm)
{
    for (size_t seed = 0; seed < comparison->seeds; seed++) {
        const struct gcs_summary *a =
            &comparison->steady[trial_at(comparison, 0, seed)].summary;
        const struct gcs_summary *b =
            &comparison->steady[trial_at(comparison, arm, seed)].summary;
        if (a->gc_ns != b->gc_ns || passes(a) != passes(b) || full(a) != full(b) ||
            a->collected != b->collected || a->pause_ns_max != b->pause_ns_max ||
            a->peak_bytes != b->peak_bytes || a->request_ns_max != b->request_ns_max)
            return false;
    }
    return arm > 0;
}

unsigned warnings_of(const struct gcs_comparison *comparison, size_t arm,
                     const struct gcs_compared *row)
{
    const struct gcs_counted *counted = &row->counted;
    unsigned wanted = about_all, found = 0;
    for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
        if (gcs_same(about[i].figure, row->figure))
            wanted |= about[i].warnings;
    found |= comparison->seeds == 1 ? BIT(ONE_SEED) : 0;
    found |= comparison->seeds > 1 && comparison->seeds < FEW_SEEDS ? BIT(FEW_SEEDS) : 0;
    found |= unmet(comparison, arm) ? BIT(NEVER_ACTED) : 0;
    found |= same_as_first(comparison, arm) ? BIT(NO_EFFECT) : 0;
    if (counted->collections == 0)
        found |= BIT(NO_COLLECTIONS);
    else
        found |= (counted->full < ENOUGH_FULL ? BIT(FEW_FULL) : 0) |
                 (counted->collections < ENOUGH_FOR_P99 ? BIT(FEW_PAUSES) : 0);
    found |= counted->requests && counted->requests < ENOUGH_FOR_P99 ? BIT(FEW_REQUESTS) : 0;
    found |= mean_of(comparison, arm, true) > much_growth ? BIT(GROWING) : 0;
    found |= mean_of(comparison, arm, false) > much_garbage ? BIT(GARBAGE) : 0;
    found |= row->verdict && gcs_same(row->verdict, "unclear") ? BIT(CANNOT_TELL) : 0;
    return found & wanted;
}

static void add_counted(uint64_t count, const char *one, struct gcs_text *text)
{
    char number[32];
    gcs_print_count(count, number);
    gcs_text_add(text, "%s %s%s", number, one, count == 1 ? "" : "s");
}

/* Two digits, and no less. */
static gcs_time round_up(double ns)
{
    double unit = pow(10, floor(log10(ns)) - 1);
    return (gcs_time)llround(ceil(ns / unit * (1 - 1e-12)) * unit);
}

/* How much longer a run must be to hold `enough` of what there are `count` of. */
static void add_longer(uint64_t count, uint64_t enough, gcs_time ns, struct gcs_text *text)
{
    char now[16], then[16], number[32];
    if (!ns) {
        gcs_text_add(text, "raise the duration");
        return;
    }
    gcs_print_time(round_up((double)ns), now);
    gcs_print_time(round_up((double)ns * (double)enough / (double)count), then);
    gcs_print_count(enough, number);
    gcs_text_add(text, "raise the duration from %s to %s, for %s", now, then, number);
}

static void advise_full(const struct gcs_comparison *comparison, size_t arm,
                        struct gcs_text *text)
{
    const struct gcs_summary *least = fewest(comparison, arm, full);
    if (full(least) == 0) {
        gcs_text_add(text, "no full collection in a seed: what one would take is not seen; "
                           "raise the duration");
        return;
    }
    gcs_text_add(text, "only ");
    add_counted(full(least), "full collection", text);
    gcs_text_add(text, " in a seed: max and p99 of full pauses are chance; ");
    add_longer(full(least), ENOUGH_FULL, least->total_ns, text);
}

/* `beyond`: one of a hundred. */
static void advise_p99(uint64_t count, const char *one, gcs_time ns, struct gcs_text *text)
{
    uint64_t beyond = count / 100 + 1;
    gcs_text_add(text, "only ");
    add_counted(count, one, text);
    gcs_text_add(text, " in a seed: p99 rests on %s",
                 beyond == 1 ? "the longest" : "the longest ");
    if (beyond > 1)
        gcs_text_add(text, "%llu", (unsigned long long)beyond);
    gcs_text_add(text, "; ");
    add_longer(count, ENOUGH_FOR_P99, ns, text);
}

static void advise_unmet(const struct gcs_rule *rule, struct gcs_text *text)
{
    if (rule->when == GCS_WHEN_MARK)
        gcs_text_add(text, "never acted: it waits for the mark '%s', which never came",
                     rule->label);
    else
        gcs_text_add(text, "never acted: it waits for %s, and there %s none",
                     rule->when == GCS_WHEN_IDLE ? "idle time" : "requests to end",
                     rule->when == GCS_WHEN_IDLE ? "was" : "were");
}

static void advise_seeds(const struct gcs_compared *row, struct gcs_text *text)
{
    char number[32];
    gcs_text_add(text, "cannot be told from the baseline: ");
    if (row->seeds_needed == GCS_ABSENT) {
        gcs_text_add(text, "an interval holds 0");
        return;
    }
    gcs_print_count(row->seeds_needed, number);
    gcs_text_add(text, "about %s seeds would tell such a difference, 4 times of 5", number);
}

void advise(const struct gcs_comparison *comparison, size_t arm,
            enum gcs_compared_warning warning, const struct gcs_compared *row,
            struct gcs_text *text)
{
    const struct gcs_summary *least;
    switch (warning) {
    case GCS_COMPARED_ONE_SEED:
        gcs_text_add(text, "one seed: there are no intervals; give a workload and --seeds %d",
                     ENOUGH_SEEDS);
        return;
    case GCS_COMPARED_FEW_SEEDS:
        gcs_text_add(text, "only %zu seeds: the intervals are wide; --seeds %d",
                     comparison->seeds, ENOUGH_SEEDS);
        return;
    case GCS_COMPARED_NEVER_ACTED:
        advise_unmet(unmet(comparison, arm), text);
        return;
    case GCS_COMPARED_NO_EFFECT:
        gcs_text_add(text,
                     "did what the baseline does, in every seed: it changes nothing here");
        return;
    case GCS_COMPARED_NO_COLLECTIONS:
        gcs_text_add(text, "collects nothing: there are no pauses");
        return;
    case GCS_COMPARED_FEW_FULL:
        advise_full(comparison, arm, text);
        return;
    case GCS_COMPARED_FEW_PAUSES:
        least = fewest(comparison, arm, passes);
        advise_p99(passes(least), "pause", least->total_ns, text);
        return;
    case GCS_COMPARED_FEW_REQUESTS:
        least = fewest(comparison, arm, requests);
        advise_p99(requests(least), "request", least->total_ns, text);
        return;
    case GCS_COMPARED_GROWING:
        gcs_text_add(text,
                     "the heap grows to the end, by %.0f %% in the last quarter: memory and GC "
                     "time depend on where the run ends",
                     100 * mean_of(comparison, arm, true));
        return;
    case GCS_COMPARED_GARBAGE:
        gcs_text_add(text,
                     "nothing is collected in the last half, %.0f %% of the heap is garbage at "
                     "the end: peak memory grows with the duration",
                     100 * mean_of(comparison, arm, false));
        return;
    case GCS_COMPARED_CANNOT_TELL:
        advise_seeds(row, text);
        return;
    case GCS_COMPARED_WARNINGS:
        return;
    }
}
