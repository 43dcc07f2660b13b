/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same trace in a real CPython. A command (real.py) runs it on real objects, and prints the
 * interpreter's name, then for each setting its threshold0, the seconds (median), and how many
 * collections it saw.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static bool write_bytes(void *to, const void *bytes, size_t count)
{
    return fwrite(bytes, 1, count, to) == count;
}

static void write_text(const struct gcs_trace *trace, const char *path)
{
    struct gcs_error error = {0};
    FILE *file = fopen(path, "wb");
    if (!file)
        give_up("cannot be written", path);
    struct gcs_sink sink = {write_bytes, file};
    must(gcs_trace_print(trace, &sink, &error), &error);
    if (fclose(file) != 0)
        give_up("cannot be written", path);
}

/* One line of its answer. */
static void note(struct subject *subject, const char *line)
{
    long long threshold0;
    double seconds;
    unsigned long long collections;
    if (sscanf(line, "%lld %lf %llu", &threshold0, &seconds, &collections) != 3)
        return;
    for (size_t i = 0; i < PRICED; i++) {
        struct priced *priced = &subject->priced[i];
        if (priced->threshold0 != threshold0)
            continue;
        priced->real = seconds;
        if (priced->collections != collections)
            fprintf(stderr, "bench: %s at %lld: %llu collections in %s, %zu here\n",
                    subject->name, threshold0, collections, subject->python,
                    priced->collections);
    }
}

static void ask(const struct plan *plan, struct subject *subject)
{
    char command[4096], line[256];
    int length =
        snprintf(command, sizeof command, "%s '%s' %d", plan->real, plan->scratch, plan->runs);
    for (size_t i = 0; i < PRICED; i++)
        length += snprintf(command + length, sizeof command - (size_t)length, " %lld",
                           (long long)subject->priced[i].threshold0);
    FILE *answer = popen(command, "r");
    if (!answer)
        return;
    if (fgets(line, sizeof line, answer)) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(subject->python, sizeof subject->python, "%.63s", line);
    }
    while (fgets(line, sizeof line, answer))
        note(subject, line);
    pclose(answer);
}

void measure_real(const struct gcs_trace *trace, const struct plan *plan,
                  struct subject *subject)
{
    if (!plan->real)
        return;
    fflush(stdout);
    write_text(trace, plan->scratch);
    ask(plan, subject);
    remove(plan->scratch);
}
