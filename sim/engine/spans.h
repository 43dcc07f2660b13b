/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spans: things that begin at a position and end at an event, and how much of them is open.
 *
 * A query sums over the spans that begin in an interval of positions and have not ended. Spans
 * are kept by lifetime class: class k lasts for 4^k … 4^(k+1) − 1 positions. Of a class those
 * that begin long before the moment are over, those that begin short before it are not; only
 * between the two does one have to look. The others are differences of running sums
 * (docs/index.md).
 */
#ifndef GCSIM_SPANS_H
#define GCSIM_SPANS_H

#include <gcsim/baseline.h>

enum {
    SPAN_SUMS = 6 + GCS_LIST_CODES, /* sums of a span, at most */
    SPAN_CLASSES = 17,              /* 4^0 … 4^15, and those that never end */
};

/* Some spans by one order: by beginning, or by end. */
struct span_order {
    uint32_t *key;  /* rising: positions, or events */
    uint32_t *kind; /* whose sums */
    size_t count, key_capacity, kind_capacity;
    uint32_t *places; /* by key >> 8: the first span of that or a higher key */
    size_t place_count, place_capacity;
    uint64_t *sums; /* at every 16th span: the sums of those before */
    size_t sum_capacity;
};

struct spans {
    struct gcs_memory *memory;
    unsigned width;  /* sums of a span */
    uint64_t *kinds; /* [kind][width] */
    size_t kind_count, kind_capacity;
    struct span_class {
        struct span_order begun;
        uint32_t *end; /* events, beside begun */
        size_t end_capacity;
    } classes[SPAN_CLASSES];
    struct span_order ended;
};

void spans_init(struct spans *spans, struct gcs_memory *memory, unsigned width);
void spans_fini(struct spans *spans);

/** A kind of spans: sums[0 … width). */
enum gcs_status spans_add_kind(struct spans *spans, const uint64_t *sums, uint32_t *kind,
                               struct gcs_error *error);
/** Spans come by rising beginning, … `end_at`: how many positions there are when it ends;
 * GCS_NEVER: it never ends. */
enum gcs_status spans_add(struct spans *spans, uint32_t begin, uint32_t end, uint32_t end_at,
                          uint32_t kind, struct gcs_error *error);
/** … and those that end once more by rising end. */
enum gcs_status spans_add_end(struct spans *spans, uint32_t end, uint32_t kind,
                              struct gcs_error *error);
enum gcs_status spans_finish(struct spans *spans, struct gcs_error *error);

/** sums[0 … width) of the spans that begin in [from, to) and end after `event`, `to` being the
 * number of positions there are at that event. */
void spans_open(const struct spans *spans, uint32_t from, uint32_t to, uint32_t event,
                uint64_t *sums);
/** The same of those that have ended by then. */
void spans_over(const struct spans *spans, uint32_t from, uint32_t to, uint32_t event,
                uint64_t *sums);

#endif
