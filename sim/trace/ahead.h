/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread that works ahead. It fills slots in turn, 0, 1, … and from 0 again, and waits while
 * all are full; who takes them gets them in the same order, and waits while none is. So what is
 * taken does not depend on who is faster.
 */
#ifndef GCSIM_AHEAD_H
#define GCSIM_AHEAD_H

#include <stdbool.h>

struct gcs_ahead;

/** `fill` fills a slot of `work`, and is false if that was the last. NULL: no thread can be
 * had; the caller does without. */
struct gcs_ahead *gcs_ahead_new(unsigned slots, bool (*fill)(void *work, unsigned slot),
                                void *work);
/** The next slot, full; the one taken before is given back. Not to be called after the last. */
unsigned gcs_ahead_next(struct gcs_ahead *ahead);
/** Ends the thread, if it has not come to its last slot when the one at work is full. */
void gcs_ahead_free(struct gcs_ahead *ahead);

#endif
