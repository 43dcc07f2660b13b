/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spans: things that begin and end at ops, and how much of them is open.
 *
 * A query sums over the spans that begin in an interval and have not ended. Spans are kept by
 * lifetime class: class k lasts for 4^k … 4^(k+1) − 1 ops. Of a class those that begin long
 * before the moment are over, those that begin short before it are not; only between the two
 * does one have to look. The others are differences of running sums (docs/index.md).
 *
 * Whoever asks goes forward in time, so nobody searches: a *place* says how many spans of each
 * class begin before an op, and moves on.
 */
#ifndef GCSIM_SPANS_H
#define GCSIM_SPANS_H

#include <gcsim/baseline.h>

enum {
    SPAN_SUMS = 6 + GCS_LIST_CODES, /* sums of a span, at most */
    SPAN_CLASSES = 17,              /* 4^0 … 4^15, and those that never end */
};

/* Spans in an order, and their running sums. */
struct span_order {
    uint32_t *at;   /* rising: ops at which they begin, or end */
    uint32_t *kind; /* whose sums */
    size_t count, at_capacity, kind_capacity;
    uint64_t *sums; /* before every 32nd span: the sums of those before */
    size_t sum_capacity;
};

struct spans {
    struct gcs_memory *memory;
    unsigned width;  /* sums of a span */
    uint64_t *kinds; /* [kind][width] */
    size_t kind_count, kind_capacity;
    struct span_class {
        struct span_order begun;
        uint32_t *end; /* beside begun */
        size_t end_capacity;
    } classes[SPAN_CLASSES];
    struct span_order ended; /* as far as added; for spans_over */
};

struct span_place {
    uint32_t op;
    uint32_t begun[SPAN_CLASSES]; /* spans of the class that begin before `op` */
};

void spans_init(struct spans *spans, struct gcs_memory *memory, unsigned width);
void spans_fini(struct spans *spans);

/** A kind of spans: sums[0 … width). */
enum gcs_status spans_add_kind(struct spans *spans, const uint64_t *sums, uint32_t *kind,
                               struct gcs_error *error);
/** Spans come by rising beginning. `end`: GCS_NEVER, or a later op than `begin`. */
enum gcs_status spans_add(struct spans *spans, uint32_t begin, uint32_t end, uint32_t kind,
                          struct gcs_error *error);
/** … and those that end once more by rising end, where spans_over is to be asked. */
enum gcs_status spans_add_end(struct spans *spans, uint32_t end, uint32_t kind,
                              struct gcs_error *error);
enum gcs_status spans_finish(struct spans *spans, struct gcs_error *error);
/** How many rows of running sums so many spans have. */
size_t spans_sums(size_t count);

/** Moves the place on to an op that is not before it. A place of zeros stands at op 0. */
void spans_advance(const struct spans *spans, struct span_place *place, uint32_t op);

/** Adds to sums[0 … width) those of the spans that begin between the places and do not end
 *  before op `done`, which is not before `to`. */
void spans_open(const struct spans *spans, const struct span_place *from,
                const struct span_place *to, uint32_t done, uint64_t *sums);
/** The same of those that have ended. */
void spans_over(const struct spans *spans, const struct span_place *from,
                const struct span_place *to, uint32_t done, uint64_t *sums);

#endif
