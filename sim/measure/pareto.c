/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trials that no other beats: peak memory × time in the collector × longest pause. */
#include <gcsim/measure.h>

enum { MEASURES = 3 };

static uint64_t measure(const struct gcs_summary *summary, unsigned which)
{
    return which == 0                            ? summary->peak_bytes
           : which == 1                          ? summary->gc_ns
           : summary->pause_ns_max == GCS_ABSENT ? 0
                                                 : summary->pause_ns_max;
}

static bool beats(const struct gcs_summary *a, const struct gcs_summary *b)
{
    bool smaller = false;
    for (unsigned which = 0; which < MEASURES; which++) {
        uint64_t x = measure(a, which), y = measure(b, which);
        if (x > y)
            return false;
        smaller |= x < y;
    }
    return smaller;
}

void gcs_pareto(const struct gcs_summary *const *summaries, size_t count, bool *on_front)
{
    for (size_t i = 0; i < count; i++) {
        on_front[i] = true;
        for (size_t j = 0; j < count && on_front[i]; j++)
            on_front[i] = !beats(summaries[j], summaries[i]);
    }
}
