/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a collection costs: its work, priced by a profile's curves over the working set. */
#include <gcsim/collector.h>

#include <math.h>

gcs_time gcs_cost_pause(const struct gcs_cost *cost, const struct gcs_work *work)
{
    double set = (double)work->candidate_bytes;
    double ns =
        work->generation == GCS_GENERATIONS - 1 ? cost->fixed_full_ns : cost->fixed_young_ns;
    double examined = (double)work->candidates + (double)work->marked;
    ns += examined * gcs_curve_at(&cost->candidate, set);
    ns += (double)work->references * gcs_curve_at(&cost->reference, set);
    ns += (double)work->collected * gcs_curve_at(&cost->collected, set);
    ns += (double)work->finalizers * gcs_curve_at(&cost->finalizer, set);
    return (gcs_time)llround(ns);
}
