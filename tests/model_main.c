/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference model as a command, for scripts and for shrinking a difference by hand:
 * model_main TRACE 3.12.7 700,10,10 prints one CSV row per collection.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path, size_t *length)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *text = NULL;
    size_t room = 0;
    *length = 0;
    if (!file) {
        return NULL;
    }
    for (size_t got = 1; got > 0; *length += got) {
        if (room - *length < 4096) {
            room = room ? room * 2 : 65536;
            char *bigger = realloc(text, room);
            if (!bigger) {
                free(text);
                return NULL;
            }
            text = bigger;
        }
        got = fread(text + *length, 1, room - *length, file);
    }
    if (file != stdin) {
        fclose(file);
    }
    return text;
}

int main(int argc, char **argv)
{
    struct model_setting setting = {.enabled = true};
    struct model_result result;
    size_t length;
    if (argc != 4 ||
        sscanf(argv[2], "%d.%d.%d", &setting.major, &setting.minor, &setting.patch) != 3 ||
        sscanf(argv[3], "%d,%d,%d", &setting.threshold[0], &setting.threshold[1],
               &setting.threshold[2]) != 3) {
        fprintf(stderr, "usage: model_main TRACE X.Y.Z T0,T1,T2\n");
        return 2;
    }
    char *text = read_file(argv[1], &length);
    if (!text) {
        perror(argv[1]);
        return 1;
    }
    const bool good = model_run(text, length, &setting, &result);
    printf("event,generation,collected,uncollectable,candidates,survivors,live_objects\n");
    for (size_t i = 0; i < result.row_count; i++) {
        const struct model_row *row = &result.rows[i];
        printf("%llu,%d,%llu,%llu,%llu,%llu,%llu\n", (unsigned long long)row->event,
               row->generation, (unsigned long long)row->collected,
               (unsigned long long)row->uncollectable, (unsigned long long)row->candidates,
               (unsigned long long)row->survivors, (unsigned long long)row->live_objects);
    }
    if (!good) {
        fprintf(stderr, "%s: %s\n", argv[1], result.error);
    }
    model_release(&result);
    free(text);
    return good ? 0 : 1;
}
