/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges `A:B:linN` and `A:B:logN`, and the settings that are made of them. */
#include "config_private.h"

#include <math.h>
#include <string.h>

#define THRESHOLD_MAX 2147483647.0 /* CPython keeps thresholds in a C int */

/* The number of points in `lin12`, `log12`; 0 if it is neither. */
static uint64_t points_of(const char *text, size_t length, bool *logarithmic)
{
    uint64_t points;
    const char *why;
    if (length < 4 || (memcmp(text, "lin", 3) && memcmp(text, "log", 3)))
        return 0;
    *logarithmic = text[1] == 'o';
    if (!gcs_parse_whole(text + 3, length - 3, GCS_UNIT_NONE, &points, &why))
        return 0;
    return points;
}

static double point(double from, double to, bool logarithmic, uint64_t index, uint64_t points)
{
    if (!index || from == to)
        return from;
    if (index == points - 1)
        return to;
    double share = (double)index / (double)(points - 1);
    return logarithmic ? from * pow(to / from, share) : from + (to - from) * share;
}

bool gcs_config_range_parse(const char *text, size_t length, enum gcs_unit unit,
                            struct gcs_arena *arena, double **values, size_t *count,
                            const char **why)
{
    const char *colon = memchr(text, ':', length);
    const char *second =
        colon ? memchr(colon + 1, ':', length - (size_t)(colon + 1 - text)) : NULL;
    size_t first_length = colon ? (size_t)(colon - text) : length;
    double from, to;
    if (!gcs_parse_real(text, first_length, unit, &from, why))
        return false;
    if (!colon) {
        *values = gcs_arena_push(arena, sizeof **values);
        **values = from;
        *count = 1;
        return true;
    }
    bool logarithmic = false;
    size_t done = second ? (size_t)(second + 1 - text) : length;
    uint64_t points = second ? points_of(text + done, length - done, &logarithmic) : 0;
    if (!points || points > CONFIG_RANGE_POINTS) {
        *why = points ? "more than 1000000 points"
                      : "a range is written A:B:linN or A:B:logN, with N points";
        return false;
    }
    if (!gcs_parse_real(colon + 1, (size_t)(second - colon - 1), unit, &to, why))
        return false;
    if (logarithmic && !(from > 0 && to > 0)) {
        *why = "the ends of a logarithmic range must be above 0";
        return false;
    }
    *values = gcs_arena_push(arena, (size_t)points * sizeof **values);
    *count = (size_t)points;
    for (uint64_t i = 0; i < points; i++)
        (*values)[i] = point(from, to, logarithmic, i, points);
    return true;
}

/* Appends a range's values to whole numbers that have room for them. */
static enum gcs_status add_whole(const double *values, size_t count, int64_t *into,
                                 size_t *filled, const char *text, struct gcs_error *error)
{
    for (size_t i = 0; i < count; i++) {
        double rounded = round(values[i]);
        if (rounded < 0 || rounded > THRESHOLD_MAX)
            return gcs_fail(error, GCS_INVALID, "%.10g in '%s' is %s", values[i], text,
                            rounded < 0 ? "below 0" : "above 2147483647");
        if (count == 1 && rounded != values[i])
            return gcs_fail(error, GCS_INVALID, "not a whole number: '%s'", text);
        if (!*filled || into[*filled - 1] != (int64_t)rounded) /* a range is monotonic */
            into[(*filled)++] = (int64_t)rounded;
    }
    return GCS_OK;
}

/* `text` up to `length`: numbers and ranges between commas. */
static enum gcs_status parse_numbers(const char *text, size_t length, struct gcs_arena *arena,
                                     struct gcs_numbers *numbers, struct gcs_error *error)
{
    int64_t *all = NULL;
    size_t filled = 0;
    for (size_t at = 0; at <= length;) {
        const char *comma = memchr(text + at, ',', length - at);
        size_t size = comma ? (size_t)(comma - text) - at : length - at;
        double *values;
        size_t count;
        const char *why;
        if (!gcs_config_range_parse(text + at, size, GCS_UNIT_NONE, arena, &values, &count,
                                    &why))
            return gcs_fail(error, GCS_INVALID, "%s: '%.*s'", why, (int)size, text + at);
        int64_t *more = gcs_arena_push(arena, (filled + count) * sizeof *more);
        if (filled)
            memcpy(more, all, filled * sizeof *more);
        all = more;
        GCS_TRY(add_whole(values, count, all, &filled, gcs_arena_string(arena, text + at, size),
                          error));
        at += size + 1;
    }
    *numbers = (struct gcs_numbers){all, filled};
    return GCS_OK;
}

enum gcs_status gcs_numbers_parse(const char *text, struct gcs_arena *arena,
                                  struct gcs_numbers *numbers, struct gcs_error *error)
{
    return parse_numbers(text, strlen(text), arena, numbers, error);
}

enum gcs_status gcs_thresholds_parse(const char *text, struct gcs_arena *arena,
                                     struct gcs_thresholds *thresholds, struct gcs_error *error)
{
    struct gcs_thresholds parsed = {0};
    const char *at = text;
    if (gcs_same(text, "default") || gcs_same(text, "auto")) {
        *thresholds = (struct gcs_thresholds){.sought = text[0] == 'a' ? 7 : 0};
        return GCS_OK;
    }
    for (unsigned place = 0;; place++, at++) {
        if (place == 3)
            return gcs_fail(
                error, GCS_INVALID,
                "more than three places in '%s': T0[,T1[,T2]], give several settings "
                "one by one",
                text);
        size_t length = strcspn(at, ",");
        if (length == 4 && !memcmp(at, "auto", 4))
            parsed.sought |= 1u << place;
        else if (length)
            GCS_TRY(parse_numbers(at, length, arena, &parsed.places[place], error));
        at += length;
        if (!*at)
            break;
    }
    if (!parsed.sought && !parsed.places[0].count && !parsed.places[1].count &&
        !parsed.places[2].count)
        return gcs_fail(error, GCS_INVALID, "no threshold in '%s'", text);
    *thresholds = parsed;
    return GCS_OK;
}
