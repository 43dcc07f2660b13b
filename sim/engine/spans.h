/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spans: things that begin and end at ops, and how much of them is over.
 *
 * A query sums over the spans that begin in an interval and have ended. Spans are kept by
 * lifetime class: class k lasts for 4^k … 4^(k+1) − 1 ops. Classes that last longer than the
 * interval cannot have ended (so what never ends is not kept). Of the others those that begin
 * long before the moment are over, those that begin short before it are not; only between the
 * two does one have to look. All else is a difference of running sums (docs/index.md). Sums are
 * modulo 2^32.
 */
#ifndef GCSIM_SPANS_H
#define GCSIM_SPANS_H

#include <gcsim/baseline.h>

enum {
    SPAN_SUMS = 7 + GCS_LIST_CODES, /* sums of a span, at most */
    SPAN_CLASSES = 16,              /* 4^0 … 4^15 */
    SPAN_ORDERS = SPAN_CLASSES + 1, /* each by beginning, and all by end */
};

/* Spans in an order, and their running sums. */
struct span_order {
    uint16_t *at;     /* ops at which they begin, or end: places in their rows */
    uint16_t *kind;   /* whose sums … */
    uint32_t *kind32; /* … or this, where there may be more kinds */
    size_t count, at_capacity, kind_capacity, kind32_capacity;
    uint32_t *sums; /* before every 32nd span: the sums of those before */
    size_t sum_capacity;
};

struct spans {
    struct gcs_memory *memory;
    unsigned width;  /* sums of a span */
    bool many_kinds; /* than a uint16_t can tell */
    uint32_t *kinds; /* [kind][width] */
    size_t kind_count, kind_capacity;
    struct span_class {
        struct span_order begun;
        uint32_t *end; /* beside begun */
        size_t end_capacity;
    } classes[SPAN_CLASSES];
    struct span_order ended; /* as far as added; for spans_over */
    /* [op >> ROW_BITS] (op_rows.h): how many of each order are at earlier ops; one row more. */
    uint32_t (*rows)[SPAN_ORDERS];
    size_t row_count, row_capacity;
};

/** `kinds`: there will be so many at most. */
void spans_init(struct spans *spans, struct gcs_memory *memory, unsigned width, size_t kinds);
void spans_fini(struct spans *spans);

/** A kind of spans: sums[0 … width). */
enum gcs_status spans_add_kind(struct spans *spans, const uint32_t *sums, uint32_t *kind,
                               struct gcs_error *error);
/** Spans come by rising beginning. `end`: a later op than `begin`. */
enum gcs_status spans_add(struct spans *spans, uint32_t begin, uint32_t end, uint32_t kind,
                          struct gcs_error *error);
/** … and once more by rising end, where spans_over is to be asked from op 0 on.
 */
enum gcs_status spans_add_end(struct spans *spans, uint32_t end, uint32_t kind,
                              struct gcs_error *error);
/** They are complete; all is at ops below `ops`. */
enum gcs_status spans_finish(struct spans *spans, uint32_t ops, struct gcs_error *error);
/** How many rows of running sums so many spans have. */
size_t spans_sums(size_t count);

/** Adds to sums[0 … width) those of the spans that begin at `from` or later, before op `to`,
 * and end before op `done`, which is not before `to`. (From op 0 on: all that end before.) */
void spans_over(const struct spans *spans, uint32_t from, uint32_t to, uint32_t done,
                uint32_t *sums);

#endif
