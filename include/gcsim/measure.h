/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure.h — from a ledger's facts to figures. Pure functions.
 *
 * Percentiles come from a log-linear histogram: exact below 2,048, above that within 1/1,024 of
 * the value (GCS_HISTOGRAM_PRECISION), the highest value of the bucket being reported but never
 * more than the exact maximum. A percentile p is the smallest value with at least p of all
 * values at or under it.
 */
#ifndef GCSIM_MEASURE_H
#define GCSIM_MEASURE_H

#include <gcsim/engine.h>

#define GCS_HISTOGRAM_PRECISION (1.0 / 1024)
enum { GCS_HISTOGRAM_BUCKETS = 2048 + 53 * 1024 };

/** Counts of values 0 … 2^64−1; about 450 KiB. All zero: empty. */
struct gcs_histogram {
    uint64_t total;
    uint64_t minimum; /* of an empty one: 0 */
    uint64_t maximum;
    double sum;
    uint64_t counts[GCS_HISTOGRAM_BUCKETS];
};
/** Empties it. It looks only where values are: what was none before must be all zero. */
void gcs_histogram_clear(struct gcs_histogram *histogram);
void gcs_histogram_add(struct gcs_histogram *histogram, uint64_t value);
/** `share` in [0, 1]. Of an empty histogram: GCS_ABSENT. */
uint64_t gcs_histogram_percentile(const struct gcs_histogram *histogram, double share);
/** How many values are not less; exact for 0 and powers of two, else counted by buckets. */
uint64_t gcs_histogram_at_least(const struct gcs_histogram *histogram, uint64_t value);
/** The HdrHistogram percentile form, values divided by `unit`. */
void gcs_histogram_print(const struct gcs_histogram *histogram, double unit,
                         struct gcs_text *text);

/** A whole number that does not exist (a percentile of nothing); the CSV field stays empty.
 * Reals that do not exist are NaN. */
#define GCS_ABSENT UINT64_MAX
static_assert(GCS_ABSENT == GCS_NO_FOOTPRINT, "a footprint goes into its column as it is");

/** One trial in figures. */
struct gcs_summary {
    uint64_t events;
    uint64_t allocations;
    gcs_time mutator_ns;
    gcs_time gc_ns;
    double gc_share; /* gc / (gc + mutator); idle time is in neither */
    gcs_time total_ns;
    uint64_t collections[GCS_GENERATIONS];
    uint64_t collected;
    uint64_t uncollectable;
    gcs_time pause_ns_p50;
    gcs_time pause_ns_p90;
    gcs_time pause_ns_p99;
    gcs_time pause_ns_p999;
    gcs_time pause_ns_max;
    uint64_t peak_bytes;
    uint64_t mean_bytes;
    uint64_t peak_garbage_bytes;
    uint64_t peak_objects;
    uint64_t end_garbage_objects;
    uint64_t requests;
    gcs_time request_ns_p50;
    gcs_time request_ns_p99;
    gcs_time request_ns_p999;
    gcs_time request_ns_max;
    gcs_time idle_ns;
    uint64_t frozen_objects;
    gcs_time full_ns;              /* in collections of the oldest generation */
    uint64_t peak_footprint_bytes; /* GCS_ABSENT: not modelled */
};

/** Both histograms are scratch, and hold the pauses and the latencies afterwards. */
void gcs_summarize(const struct gcs_ledger *ledger, struct gcs_histogram *pauses,
                   struct gcs_histogram *requests, struct gcs_summary *summary);

/** What of a run counts: all behind its warm-up, or all. */
struct gcs_steady {
    struct gcs_summary summary; /* times, collections, pauses and requests behind the cut;
                                   events, allocations and memory are the whole run's */
    struct gcs_cut cut;
    double growth;  /* of the heap: what collections of the last quarter of the time leave at
                       least, against the quarter before; 0.05: 5 % more. NaN: one has none */
    double garbage; /* share of the heap at the end that is garbage, if the last half of the
                       time has no collection; else NaN */
};
/** Both histograms are scratch, and hold the pauses and the latencies that count. */
void gcs_steady_of(const struct gcs_ledger *ledger, struct gcs_histogram *pauses,
                   struct gcs_histogram *requests, struct gcs_steady *steady);

/** What trade-offs are judged by, of one trial; small, as there may be millions. */
struct gcs_standing {
    uint64_t peak_bytes;
    gcs_time gc_ns;
    gcs_time pause_ns_max; /* without collections 0 */
    uint32_t group;        /* only standings of the same group compete */
    bool on_front;         /* set by gcs_pareto */
};
struct gcs_standing gcs_standing_of(const struct gcs_summary *summary, uint32_t group);
/** Marks those that no other of their group beats: none is at most as large in all three
 *  figures and smaller in one. Needs 8 bytes a standing meanwhile; false: out of memory. */
bool gcs_pareto(struct gcs_standing *standings, size_t count);

/*
 * Thresholds that are sought: a first round, then rounds that look at what came out
 */
/** A setting that has run. */
struct gcs_tried {
    int32_t threshold[GCS_GENERATIONS];
    struct gcs_standing standing;
};
/** The thresholds to begin with, at most `room` and one at least: `base`, the decades of the
 *  first place sought at base's other places, and if several places are sought, points evenly
 *  over all of them up to three fifths of `room` (the rest is for the rounds). `sought`: a bit
 *  for each place; the others stay as in base. Returns how many; may repeat some. */
size_t gcs_seek_first(const int32_t base[GCS_GENERATIONS], unsigned sought, size_t room,
                      int32_t (*next)[GCS_GENERATIONS]);
/** The thresholds of the next round, at most `room`, none of them tried: the middles of the
 *  widest gaps of the front. A gap is between two on the front with no third nearer to both;
 *  its width is the largest ratio of their figures. 0: no gap is wider than 2 %, or its ends'
 *  thresholds are that close. Needs up to count² bytes; false: out of memory. */
bool gcs_seek_next(const struct gcs_tried *tried, size_t count, unsigned sought, size_t room,
                   int32_t (*next)[GCS_GENERATIONS], size_t *found);

/*
 * Samples: one value a seed
 */
/** Percentiles as above; of no values NaN. */
struct gcs_spread_figures {
    size_t count;
    double median; /* of an even count the mean of both in the middle */
    double p99;
    double max;
};
bool gcs_spread_of(const double *values, size_t count, struct gcs_spread_figures *spread);

/** Of a mean, 95 %. Of fewer than two values NaN. */
struct gcs_interval {
    double low, high;
};
/** Student's. */
struct gcs_interval gcs_t_interval(const double *values, size_t count);
/** The studentised bootstrap's (Efron's bootstrap-t): how far means of samples drawn again lie
 *  from the mean, each in its own standard errors, takes the place of Student's distribution.
 *  3,999 samples, by the stream "bootstrap" of the seed. Of ten skewed values it holds the mean
 *  more often than Student's, the bootstrap's percentiles or BCa (tests/measure_test.c). Where
 *  ties leave an end infinite, the extreme value is it. Of fewer than eight values NaN. false:
 *  out of memory. */
bool gcs_bootstrap_interval(const double *values, size_t count, uint64_t seed,
                            struct gcs_interval *interval);
/** How many pairs it takes to tell a mean difference like that of these from 0 at 95 %, in four
 *  of five cases: by the normal approximation of a paired t test's power. GCS_ABSENT: more than
 *  a million, or nobody knows. */
uint64_t gcs_pairs_needed(const double *values, size_t count);

#endif
