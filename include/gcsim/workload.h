/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workload.h — from the description of a program to a trace of it.
 *
 * A discrete-event simulation of a Python program in its own time, in which collections take
 * none: requests arrive, allocate and end, objects come to the end of their lifetimes, timers
 * fire, phases change. What happens is written in the trace's alphabet.
 *
 *   config ──read──▶ workload ──generate(seed)──▶ trace
 *
 *   W1  deaths come before births at equal times, then the order of scheduling decides
 *   W2  the generator holds a root to whatever it will name again, and nothing refers to an
 *       object that dies before it (what a request holds may refer to any that outlives
 * requests, at the cost of keeping it until the request's end), so a scheduled death is a
 * death, or makes garbage of a cycle and its tail and of nothing else W3  same workload, seed
 * and limit → the same trace, byte by byte; each purpose (arrivals, service, each site, …) has
 * a random stream of its own
 *
 * A workload is immutable once read; many threads may generate from one. Its arrays are its
 * own: free it. While generating, everything comes from the memory budget.
 */
#ifndef GCSIM_WORKLOAD_H
#define GCSIM_WORKLOAD_H

#include <gcsim/config.h>
#include <gcsim/trace.h>

struct gcs_workload;

/** From a finished configuration of kind workload, which may be gone afterwards. Fails where
 *  what its sites ask for cannot be made of their types. */
enum gcs_status gcs_workload_read(const struct gcs_config *config,
                                  struct gcs_workload **workload, struct gcs_error *error);
void gcs_workload_free(struct gcs_workload *workload);

/** `max_events`: end there at the latest; 0: at the end of the last phase. `compress`: what
 * goes to a file; in memory a trace is made and read faster as it is, and says the same. */
enum gcs_status gcs_workload_generate(const struct gcs_workload *workload, uint64_t seed,
                                      uint64_t max_events, bool compress,
                                      struct gcs_memory *memory, struct gcs_trace **trace,
                                      struct gcs_error *error);

#endif
