/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gcsim.h — all of it, in the order in which the data flows and in which to read:
 *
 *   base.h       status, memory, text, random streams
 *   trace.h      what a program does to its objects, as text and bytes
 *   config.h     what people write: YAML, by one table of keys
 *   workload.h   a described program, simulated: writes traces
 *   heap.h       what exists and what one collection does to it; lifetimes
 *   baseline.h   what happens if nothing is collected: what the index is made of
 *   lives.h      each object's life as the program alone decides it
 *   collector.h  models: which generation, what a CPython's objects are like; pauses
 *   engine.h     one trace under one setting gives one ledger (replay.c is the loop)
 *   measure.h    from a ledger's facts to figures
 *   demographics.h  a program's objects in figures
 *   study.h      an array of trials on all cores
 *   report.h     tables as CSV, JSON and text
 */
#ifndef GCSIM_GCSIM_H
#define GCSIM_GCSIM_H

#include <gcsim/report.h>
#include <gcsim/study.h>

#endif
