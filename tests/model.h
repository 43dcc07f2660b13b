/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference model: what CPython's generational collector does to a text trace, worked out
 * by definition and at any cost. Garbage is what cannot be reached from outside the candidates
 * (mark loops over plain arrays); nothing is shared with the simulator, so that the two can
 * only agree by both being right.
 *
 * Covers 3.6 to 3.13, 3.14.5 on and 3.15: kinds absent, atomic, tuple, list, dict, set, cell,
 * container, function, frame, generator, coroutine, iterator, slice, method and cfunction,
 * flags `dict` and `weakrefable`, all options, all events but `k`. Anything else is refused
 * with a message. Not covered: nested tuples that hang on sets, whose order in memory decides
 * when the collector untracks them.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_setting {
    int major;
    int minor;
    int patch;
    int threshold[3];
    bool enabled; /* at the start */
};

/* One collection. */
struct model_row {
    uint64_t event;
    int generation;
    uint64_t candidates;
    uint64_t collected;
    uint64_t uncollectable;
    uint64_t survivors;    /* still tracked behind it: what long_lived_* take */
    uint64_t live_objects; /* allocated and not freed behind it, hidden dicts included */
};

struct model_result {
    struct model_row *rows;
    size_t row_count;
    /* How things stand behind the last event. */
    int count[3];
    uint64_t long_lived_total;
    uint64_t long_lived_pending;
    uint64_t live_objects;
    char error[160]; /* empty if all went well */
};

/*
 * Runs a whole trace; text need not end in NUL. False: result->error says why. The result is
 * released by model_release() either way.
 */
bool model_run(const char *text, size_t length, const struct model_setting *setting,
               struct model_result *result);

void model_release(struct model_result *result);

#endif
