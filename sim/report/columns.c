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

#define DECISION(name, unit, cell, member, help) \
    COLUMN(name, unit, cell, gcs_decision_row, member, help)
static const struct gcs_column decisions_columns[] = {
    DECISION("decision", "", U64, number, "each time that the collector was asked, from 1"),
    DECISION("event", "", U64, decision.collection.event,
             "of the trace, at which it was heard"),
    DECISION("scheduled_event", "", U64, decision.scheduled_event,
             "whose allocation asked; before `event` where the check came later"),
    DECISION("time_ns", "ns", U64, decision.collection.time_ns, "simulated time then"),
    DECISION("cause", "", TEXT, cause, "who asked: threshold, program or strategy"),
    DECISION("outcome", "", TEXT, outcome,
             "collected; in vain: fallen, disabled; of an increment also marked, credit"),
    DECISION("generation", "", U64, generation, "that was collected"),
    DECISION("full_refused", "", FLAG, full_refused,
             "1: generation 2 was due, and pending under a quarter of total"),
    DECISION("count0", "", I64, decision.counts.count[0], "as the collector saw it"),
    DECISION("count1", "", I64, decision.counts.count[1], "the same, generation 1"),
    DECISION("count2", "", I64, decision.counts.count[2], "the same, generation 2"),
    DECISION("threshold0", "", I64, decision.threshold[0], "in force then"),
    DECISION("threshold1", "", I64, decision.threshold[1], "the same, generation 1"),
    DECISION("threshold2", "", I64, decision.threshold[2], "the same, generation 2"),
    DECISION("long_lived_pending", "", I64, decision.counts.long_lived_pending,
             "survivors of generation 1 since the last full collection"),
    DECISION("long_lived_total", "", I64, decision.counts.long_lived_total,
             "survivors of the last full collection"),
    DECISION("work_to_do", "", I64, decision.before.work_to_do,
             "of the incremental collector; below 0: in credit"),
    DECISION("candidates", "", U64, decision.collection.work.candidates, "objects examined"),
    DECISION("references", "", U64, decision.collection.work.references, "visited"),
    DECISION("collected", "", U64, decision.collection.work.collected,
             "found unreachable, as CPython counts"),
    DECISION("uncollectable", "", U64, decision.collection.work.uncollectable,
             "found, but kept in gc.garbage"),
    DECISION("survivors", "", U64, decision.collection.work.survivors, "of those examined"),
    DECISION("finalizers", "", U64, decision.collection.work.finalizers, "`__del__` calls"),
    DECISION("freed_objects", "", U64, decision.collection.work.freed_objects,
             "gone afterwards, what hung off them included"),
    DECISION("freed_bytes", "bytes", U64, decision.collection.work.freed_bytes, "their bytes"),
    DECISION("pause_ns", "ns", U64, decision.collection.pause_ns, "what it cost"),
    DECISION("live_objects", "", U64, decision.collection.live_objects, "right after it"),
    DECISION("heap_bytes", "bytes", U64, decision.collection.heap_bytes, "right after it"),
};

const struct gcs_file gcs_summary_file = {"summary.csv", "one row a trial",
                                          FILE_OF(summary_columns)};
const struct gcs_file gcs_collections_file = {"collections.csv", "one row a collection",
                                              FILE_OF(collections_columns)};
const struct gcs_file gcs_timeline_file = {
    "timeline.csv", "the heap over time: at most 4,096 rows a trial, peaks kept",
    FILE_OF(timeline_columns)};
const struct gcs_file gcs_requests_file = {"requests.csv", "latency percentiles",
                                           FILE_OF(requests_columns)};

const struct gcs_file gcs_decisions_file = {
    "decisions", "what `gcsim explain --format csv` prints: one row a decision",
    FILE_OF(decisions_columns)};

struct gcs_decision_row gcs_decision_row_of(uint64_t number, const struct gcs_model *model,
                                            const struct gcs_decision *decision)
{
    const struct gcs_counts *counts = &decision->counts;
    bool collected = decision->outcome == GCS_OUTCOME_COLLECTED;
    return (struct gcs_decision_row){
        .number = number,
        .decision = *decision,
        .cause = gcs_cause_name(decision->collection.cause),
        .outcome = gcs_outcome_name(decision->outcome),
        .generation = collected ? decision->collection.work.generation : GCS_ABSENT,
        .full_refused = model->choose == gcs_choose_generational &&
                        decision->collection.cause == GCS_CAUSE_THRESHOLD &&
                        decision->outcome != GCS_OUTCOME_DISABLED &&
                        counts->count[2] > decision->threshold[2] &&
                        counts->long_lived_pending < counts->long_lived_total / 4,
    };
}

const struct gcs_file *gcs_file_at(size_t index)
{
    static const struct gcs_file *const files[] = {&gcs_summary_file,   &gcs_collections_file,
                                                   &gcs_timeline_file,  &gcs_requests_file,
                                                   &gcs_decisions_file};
    enum { FILES = sizeof files / sizeof files[0] };
    if (index < FILES)
        return files[index];
    if (index < FILES + GCS_INFO_COUNT)
        return gcs_info_file((enum gcs_info)(index - FILES));
    return index == FILES + GCS_INFO_COUNT ? &gcs_comparison_file : NULL;
}

const struct gcs_column *gcs_column_find(const struct gcs_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (gcs_same(file->columns[i].name, name))
            return &file->columns[i];
    return NULL;
}
