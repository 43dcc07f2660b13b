/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One trial's ledger in figures. */
#include <gcsim/measure.h>

#include <math.h>

static void add_up_collections(const struct gcs_ledger *ledger, struct gcs_histogram *pauses,
                               struct gcs_summary *summary)
{
    for (size_t i = 0; i < ledger->collection_count; i++) {
        const struct gcs_collection *collection = &ledger->collections[i];
        gcs_histogram_add(pauses, collection->pause_ns);
        summary->collections[collection->work.generation]++;
        summary->collected += collection->work.collected;
        summary->uncollectable += collection->work.uncollectable;
        if (collection->work.generation == GCS_GENERATIONS - 1)
            summary->full_ns += collection->pause_ns;
    }
    summary->pause_ns_p50 = gcs_histogram_percentile(pauses, 0.5);
    summary->pause_ns_p90 = gcs_histogram_percentile(pauses, 0.9);
    summary->pause_ns_p99 = gcs_histogram_percentile(pauses, 0.99);
    summary->pause_ns_p999 = gcs_histogram_percentile(pauses, 0.999);
    summary->pause_ns_max = gcs_histogram_percentile(pauses, 1);
}

static void add_up_requests(const struct gcs_ledger *ledger, struct gcs_histogram *requests,
                            struct gcs_summary *summary)
{
    for (size_t i = 0; i < ledger->request_count; i++)
        gcs_histogram_add(requests, ledger->request_ns[i]);
    summary->requests = ledger->request_count;
    summary->request_ns_p50 = gcs_histogram_percentile(requests, 0.5);
    summary->request_ns_p99 = gcs_histogram_percentile(requests, 0.99);
    summary->request_ns_p999 = gcs_histogram_percentile(requests, 0.999);
    summary->request_ns_max = gcs_histogram_percentile(requests, 1);
}

void gcs_summarize(const struct gcs_ledger *ledger, struct gcs_histogram *pauses,
                   struct gcs_histogram *requests, struct gcs_summary *summary)
{
    double busy = (double)ledger->mutator_ns + (double)ledger->gc_ns;
    *summary = (struct gcs_summary){
        .events = ledger->events,
        .allocations = ledger->allocations,
        .mutator_ns = ledger->mutator_ns,
        .gc_ns = ledger->gc_ns,
        .gc_share = ledger->mutator_ns ? (double)ledger->gc_ns / busy : (double)NAN,
        .total_ns = ledger->total_ns,
        .peak_bytes = ledger->heap.peak_bytes,
        .mean_bytes = ledger->total_ns ? (uint64_t)llround(ledger->mean_bytes) : GCS_ABSENT,
        .peak_garbage_bytes = ledger->heap.peak_garbage_bytes,
        .peak_objects = ledger->heap.peak_objects,
        .end_garbage_objects = ledger->heap.garbage_objects,
        .idle_ns = ledger->idle_ns,
        .frozen_objects = ledger->heap.frozen_objects,
        .peak_footprint_bytes = ledger->heap.peak_footprint_bytes,
    };
    gcs_histogram_clear(pauses);
    gcs_histogram_clear(requests);
    add_up_collections(ledger, pauses, summary);
    add_up_requests(ledger, requests, summary);
}
