/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files hold: one table a file. Columns are only ever added, at the end. */
#include <gcsim/report.h>

#include <stddef.h>

#define COLUMN(name, unit, cell, row, member, help)                     \
    {                                                                   \
        name, unit, help, GCS_CELL_##cell, offsetof(struct row, member) \
    }
#define TRIAL(name, unit, cell, member, help) COLUMN(name, unit, cell, gcs_trial, member, help)

static const struct gcs_column summary_columns[] = {
    TRIAL("trial", "", U64, trial, "number of the trial in the study, from 1"),
    TRIAL("input", "", TEXT, input, "the workload or trace"),
    TRIAL("model", "", TEXT, model, "the collector modelled"),
    TRIAL("strategy", "", TEXT, strategy, "what the program does about the collector"),
    TRIAL("threshold0", "", I64, setting.threshold[0], "where the interpreter starts"),
    TRIAL("threshold1", "", I64, setting.threshold[1], "the same, generation 1"),
    TRIAL("threshold2", "", I64, setting.threshold[2], "the same, generation 2"),
    TRIAL("seed", "", U64, seed, "of the workload's random streams"),
    TRIAL("engine", "", TEXT, engine, "which engine ran"),
    TRIAL("events", "", U64, summary.events, "of the trace"),
    TRIAL("allocations", "", U64, summary.allocations, "objects that the trace allocates"),
    TRIAL("mutator_ns", "ns", U64, summary.mutator_ns, "the program's own work"),
    TRIAL("gc_ns", "ns", U64, summary.gc_ns, "all pauses together"),
    TRIAL("gc_share", "", REAL, summary.gc_share, "gc_ns / (gc_ns + mutator_ns)"),
    TRIAL("total_ns", "ns", U64, summary.total_ns, "work, pauses and idle time"),
    TRIAL("collections_gen0", "", U64, summary.collections[0], "collections of generation 0"),
    TRIAL("collections_gen1", "", U64, summary.collections[1], "collections of generation 1"),
    TRIAL("collections_gen2", "", U64, summary.collections[2], "full collections"),
    TRIAL("collected", "", U64, summary.collected,
          "objects found unreachable, as CPython counts"),
    TRIAL("uncollectable", "", U64, summary.uncollectable, "found, but kept in gc.garbage"),
    TRIAL("pause_ns_p50", "ns", U64, summary.pause_ns_p50, "half of the pauses are no longer"),
    TRIAL("pause_ns_p90", "ns", U64, summary.pause_ns_p90, "90 % of the pauses are no longer"),
    TRIAL("pause_ns_p99", "ns", U64, summary.pause_ns_p99, "99 % of the pauses are no longer"),
    TRIAL("pause_ns_p999", "ns", U64, summary.pause_ns_p999, "99.9 % are no longer"),
    TRIAL("pause_ns_max", "ns", U64, summary.pause_ns_max, "the longest pause, exactly"),
    TRIAL("peak_bytes", "bytes", U64, summary.peak_bytes, "the largest heap"),
    TRIAL("mean_bytes", "bytes", U64, summary.mean_bytes, "mean heap over simulated time"),
    TRIAL("peak_garbage_bytes", "bytes", U64, summary.peak_garbage_bytes,
          "the most that was unreachable and not yet freed"),
    TRIAL("peak_objects", "", U64, summary.peak_objects, "the most objects at a time"),
    TRIAL("end_garbage_objects", "", U64, summary.end_garbage_objects,
          "unreachable and not freed at the end"),
    TRIAL("request_ns_p50", "ns", U64, summary.request_ns_p50,
          "latency from arrival to end, pauses and queueing included: median"),
    TRIAL("request_ns_p99", "ns", U64, summary.request_ns_p99, "the same, 99 %"),
    TRIAL("request_ns_p999", "ns", U64, summary.request_ns_p999, "the same, 99.9 %"),
    TRIAL("request_ns_max", "ns", U64, summary.request_ns_max, "the same, the slowest"),
    TRIAL("pareto", "", FLAG, pareto,
          "1: no other trial is as good in peak_bytes, gc_ns, pause_ns_max and better in one"),
    TRIAL("requests", "", U64, summary.requests, "requests that ended"),
    TRIAL("idle_ns", "ns", U64, summary.idle_ns, "waiting, for requests or otherwise"),
    TRIAL("full_ns", "ns", U64, summary.full_ns, "pauses of full collections together"),
    TRIAL("frozen_objects", "", U64, summary.frozen_objects,
          "in gc.freeze's permanent list, end"),
    TRIAL("axes", "", TEXT, axes, "values of the workload's keys that the study varies"),
    TRIAL("peak_footprint_bytes", "bytes", U64, summary.peak_footprint_bytes,
          "the most memory that pymalloc and malloc took from the system; --memory pymalloc"),
};

#define COLLECTION(name, unit, cell, member, help) \
    COLUMN(name, unit, cell, gcs_collection_row, member, help)

static const struct gcs_column collections_columns[] = {
    COLLECTION("trial", "", U64, trial, "as in summary.csv"),
    COLLECTION("event", "", U64, collection.event, "number of the trace event at which it ran"),
    COLLECTION("time_ns", "ns", U64, collection.time_ns, "simulated time at its start"),
    COLLECTION("generation", "", U32, collection.work.generation, "0, 1 or 2 (full)"),
    COLLECTION("cause", "", TEXT, cause, "threshold, program or strategy"),
    COLLECTION("candidates", "", U64, collection.work.candidates, "objects examined"),
    COLLECTION("candidate_bytes", "bytes", U64, collection.work.candidate_bytes,
               "their own bytes: the working set"),
    COLLECTION("references", "", U64, collection.work.references, "references they report"),
    COLLECTION("collected", "", U64, collection.work.collected, "as gc.get_stats() counts"),
    COLLECTION("uncollectable", "", U64, collection.work.uncollectable,
               "as gc.get_stats() counts"),
    COLLECTION("survivors", "", U64, collection.work.survivors,
               "what CPython adds to its long-lived figures"),
    COLLECTION("finalizers", "", U64, collection.work.finalizers, "__del__ calls"),
    COLLECTION("freed_objects", "", U64, collection.work.freed_objects,
               "gone afterwards, with what hung on them"),
    COLLECTION("freed_bytes", "bytes", U64, collection.work.freed_bytes, "the same in bytes"),
    COLLECTION("pause_ns", "ns", U64, collection.pause_ns, "what it took"),
    COLLECTION("live_objects", "", U64, collection.live_objects,
               "allocated and not freed, right after it"),
    COLLECTION("heap_bytes", "bytes", U64, collection.heap_bytes, "their bytes"),
};

#define SAMPLE(name, unit, member, help) COLUMN(name, unit, U64, gcs_timeline_row, member, help)

static const struct gcs_column timeline_columns[] = {
    SAMPLE("trial", "", trial, "as in summary.csv"),
    SAMPLE("event", "", sample.event, "number of the trace event"),
    SAMPLE("time_ns", "ns", sample.time_ns, "simulated time"),
    SAMPLE("live_bytes", "bytes", sample.live_bytes, "allocated and not freed, all of it"),
    SAMPLE("garbage_bytes", "bytes", sample.garbage_bytes, "of these, unreachable"),
    SAMPLE("frozen_bytes", "bytes", sample.frozen_bytes, "of these, frozen"),
    SAMPLE("live_objects", "", sample.live_objects, "allocated and not freed"),
    SAMPLE("footprint_bytes", "bytes", sample.footprint_bytes,
           "arenas and large blocks taken from the system; --memory pymalloc"),
};

static const struct gcs_column requests_columns[] = {
    COLUMN("trial", "", U64, gcs_request_row, trial, "as in summary.csv"),
    COLUMN("percentile", "%", REAL, gcs_request_row, percentile, "share of the requests"),
    COLUMN("request_ns", "ns", U64, gcs_request_row, request_ns,
           "latency from arrival to end that so many do not exceed"),
};

#define FILE_OF(columns) columns, sizeof columns / sizeof columns[0]

const struct gcs_file gcs_summary_file = {"summary.csv", "one row a trial",
                                          FILE_OF(summary_columns)};
const struct gcs_file gcs_collections_file = {"collections.csv", "one row a collection",
                                              FILE_OF(collections_columns)};
const struct gcs_file gcs_timeline_file = {
    "timeline.csv", "the heap over time: at most 4,096 rows a trial, peaks kept",
    FILE_OF(timeline_columns)};
const struct gcs_file gcs_requests_file = {"requests.csv", "latency percentiles",
                                           FILE_OF(requests_columns)};

const struct gcs_file *gcs_file_at(size_t index)
{
    static const struct gcs_file *const files[] = {&gcs_summary_file, &gcs_collections_file,
                                                   &gcs_timeline_file, &gcs_requests_file};
    return index < sizeof files / sizeof files[0] ? files[index] : NULL;
}

const struct gcs_column *gcs_column_find(const struct gcs_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (gcs_same(file->columns[i].name, name))
            return &file->columns[i];
    return NULL;
}
