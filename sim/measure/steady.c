/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run behind its warm-up, and whether it is steady there. */
#include <gcsim/measure.h>

#include <math.h>

/* The least heap after a collection that starts in [from, to); NaN: there is none. */
static double least_heap(const struct gcs_ledger *ledger, gcs_time from, gcs_time to)
{
    double least = (double)NAN;
    for (size_t i = 0; i < ledger->collection_count; i++) {
        const struct gcs_collection *collection = &ledger->collections[i];
        double bytes = (double)collection->heap_bytes;
        if (collection->time_ns >= from && collection->time_ns < to && !(bytes >= least))
            least = bytes;
    }
    return least;
}

/* `start`: when the warm-up was over. */
static void judge(const struct gcs_ledger *ledger, gcs_time start, struct gcs_steady *steady)
{
    gcs_time end = ledger->total_ns, quarter = (end - start) / 4;
    double before = least_heap(ledger, end - 2 * quarter, end - quarter);
    double last = least_heap(ledger, end - quarter, UINT64_MAX);
    double heap = (double)ledger->heap.live_bytes;
    steady->growth = before > 0 ? last / before - 1 : (double)NAN;
    steady->garbage = isnan(before) && isnan(last) && heap > 0
                          ? (double)ledger->heap.garbage_bytes / heap
                          : (double)NAN;
}

void gcs_steady_of(const struct gcs_ledger *ledger, struct gcs_histogram *pauses,
                   struct gcs_histogram *requests, struct gcs_steady *steady)
{
    struct gcs_ledger behind = *ledger; /* a view: the arrays are in the order of time */
    const struct gcs_cut *cut = &ledger->cut;
    behind.collections += cut->collections;
    behind.collection_count -= cut->collections;
    behind.request_ns += cut->requests;
    behind.request_count -= cut->requests;
    behind.mutator_ns -= cut->mutator_ns;
    behind.gc_ns -= cut->gc_ns;
    behind.idle_ns -= cut->idle_ns;
    gcs_summarize(&behind, pauses, requests, &steady->summary);
    steady->summary.total_ns = ledger->total_ns - cut->time_ns;
    steady->cut = *cut;
    judge(&behind, cut->time_ns, steady);
}
