/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random traces for tests: valid, in canonical text form (comments aside there is one text for
 * a trace, and this is it), the same for the same seed and shape on every platform.
 *
 * The generator names an object only at the end of a walk from a root reference along slots,
 * so it never names one that is unreachable or dead, whatever a collector would do.
 */
#ifndef TESTS_RANDOM_TRACE_H
#define TESTS_RANDOM_TRACE_H

#include <stddef.h>
#include <stdint.h>

/* What a trace may contain beyond instances with slots. */
enum random_trace_feature {
    RANDOM_TRACE_LISTS = 1 << 0,
    RANDOM_TRACE_TUPLES = 1 << 1,
    RANDOM_TRACE_DICTS = 1 << 2,
    RANDOM_TRACE_ATOMS = 1 << 3,
    RANDOM_TRACE_INSTANCE_DICTS = 1 << 4,
    RANDOM_TRACE_SETS = 1 << 5,       /* tuples then hold no tuples: see model.h */
    RANDOM_TRACE_PAYLOADS = 1 << 6,   /* EXTRA, and z */
    RANDOM_TRACE_BORN = 1 << 7,       /* = TARGET..., besides tuples */
    RANDOM_TRACE_OWN_SLOTS = 1 << 8,  /* SLOTS of lists, tuples, dicts */
    RANDOM_TRACE_MANUAL = 1 << 9,     /* c, g enable, g disable */
    RANDOM_TRACE_FREEZE = 1 << 10,    /* g freeze, g unfreeze (CPython 3.7) */
    RANDOM_TRACE_THRESHOLD = 1 << 11, /* g threshold, also with 0 and negative values */
    RANDOM_TRACE_STRETCHES = 1 << 12, /* u, v */
    RANDOM_TRACE_REQUESTS = 1 << 13,  /* b, e */
    RANDOM_TRACE_WORK = 1 << 14,      /* w, i */
    RANDOM_TRACE_MARKS = 1 << 15,
    RANDOM_TRACE_FINALIZERS = 1 << 16,
    RANDOM_TRACE_RESURRECT = 1 << 17,
    RANDOM_TRACE_LEGACY = 1 << 18,
    RANDOM_TRACE_WEAKREFS = 1 << 19,
    RANDOM_TRACE_BUILTINS = 1 << 20, /* cells, containers, slices, methods, C functions */
    RANDOM_TRACE_FUNCTIONS = 1 << 21,
    RANDOM_TRACE_ITERATORS = 1 << 22, /* over lists */
    RANDOM_TRACE_FRAMES = 1 << 23,
    RANDOM_TRACE_GENERATORS = 1 << 24,
    RANDOM_TRACE_COROUTINES = 1 << 25,
    RANDOM_TRACE_STANDING = 1 << 26, /* o standing */
    RANDOM_TRACE_START = 1 << 27,    /* o start */
    RANDOM_TRACE_OBJECTS = 1 << 28,  /* o objects=3.10: no type that has hidden objects */
    RANDOM_TRACE_RESOLVED = 1 << 29  /* o freelists=resolved */
};

enum {
    RANDOM_TRACE_FEATURES = 30,
    /* What the reference model covers. */
    RANDOM_TRACE_MODELLED = ((1 << 16) - 1) | RANDOM_TRACE_BUILTINS | RANDOM_TRACE_FUNCTIONS |
                            RANDOM_TRACE_ITERATORS | RANDOM_TRACE_FRAMES |
                            RANDOM_TRACE_GENERATORS | RANDOM_TRACE_COROUTINES |
                            RANDOM_TRACE_STANDING | RANDOM_TRACE_START | RANDOM_TRACE_OBJECTS |
                            RANDOM_TRACE_RESOLVED
};

/* Names for command lines, by bit. */
extern const char *const random_trace_names[RANDOM_TRACE_FEATURES];

struct random_trace_shape {
    uint32_t events;   /* about so many: what was begun is finished */
    uint32_t features; /* of enum random_trace_feature */
    uint32_t roots;    /* how many objects have root references at most; 0: it varies */
};

/* A NUL-terminated text from malloc(), its length without the NUL; NULL: out of memory. */
char *random_trace(uint64_t seed, struct random_trace_shape shape, size_t *length);

#endif
