/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a random trace to stdout: random_trace SEED EVENTS [FEATURE...]. Features are named
 * as in random_trace.c; `all` is every one of them, `modelled` what the reference model knows,
 * and -FEATURE takes one out again. Without arguments it lists the features.
 */
#include "random_trace.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_feature(const char *text, uint32_t *features)
{
    const bool out = *text == '-';
    const char *name = text + out;
    uint32_t bits = 0;
    if (strcmp(name, "all") == 0) {
        bits = (1U << RANDOM_TRACE_FEATURES) - 1;
    } else if (strcmp(name, "modelled") == 0) {
        bits = RANDOM_TRACE_MODELLED;
    }
    for (int i = 0; i < RANDOM_TRACE_FEATURES; i++) {
        if (strcmp(name, random_trace_names[i]) == 0) {
            bits = 1U << i;
        }
    }
    *features = out ? *features & ~bits : *features | bits;
    return bits != 0;
}

static int list_features(void)
{
    for (int i = 0; i < RANDOM_TRACE_FEATURES; i++) {
        printf("%s\n", random_trace_names[i]);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct random_trace_shape shape = {0};
    size_t length;
    if (argc == 1) {
        return list_features();
    }
    uint64_t seed = 0;
    if (argc < 3 || sscanf(argv[1], "%" SCNu64, &seed) != 1 ||
        sscanf(argv[2], "%" SCNu32, &shape.events) != 1) {
        fprintf(stderr, "usage: random_trace SEED EVENTS [FEATURE...]\n");
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        if (!parse_feature(argv[i], &shape.features)) {
            fprintf(stderr, "random_trace: unknown feature '%s'\n", argv[i]);
            return 2;
        }
    }
    char *text = random_trace(seed, shape, &length);
    if (!text || fwrite(text, 1, length, stdout) != length || fflush(stdout) != 0) {
        fprintf(stderr, "random_trace: cannot write the trace\n");
        free(text);
        return 1;
    }
    free(text);
    return 0;
}
