/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pool of workers over a list of jobs, for this stage.
 *
 * `run` is called with each worker's number and, under the pool's lock, may only be entered
 * through the three calls below. Workers come and go with the call: no thread outlives it.
 */
#ifndef GCSIM_WORKERS_H
#define GCSIM_WORKERS_H

struct workers;

/** Runs `run` in `count` threads (in this one if count is 1, or if none can be had) and waits
 * for all of them. */
void workers_run(unsigned count,
                 void (*run)(struct workers *workers, unsigned worker, void *job), void *job);
void workers_lock(struct workers *workers);
void workers_unlock(struct workers *workers);
/** Waits, the lock given up meanwhile, until another worker calls workers_wake. */
void workers_wait(struct workers *workers);
void workers_wake(struct workers *workers);

#endif
