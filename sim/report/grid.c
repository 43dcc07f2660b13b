/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aligned tables and short figures, for people. */
#include <gcsim/report.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gcs_grid_init(struct gcs_grid *grid, size_t columns)
{
    *grid = (struct gcs_grid){.columns = columns};
    gcs_arena_init(&grid->arena);
}

void gcs_grid_fini(struct gcs_grid *grid)
{
    gcs_arena_fini(&grid->arena);
    free((void *)grid->cells);
    *grid = (struct gcs_grid){0};
}

void gcs_grid_add(struct gcs_grid *grid, const char *format, ...)
{
    char cell[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cell, sizeof cell, format, arguments);
    va_end(arguments);
    if (grid->count == grid->capacity) {
        size_t capacity = grid->capacity * 2 + 64;
        const char **grown = realloc((void *)grid->cells, capacity * sizeof *grown);
        GCS_REQUIRE(grown != NULL);
        grid->cells = grown;
        grid->capacity = capacity;
    }
    grid->cells[grid->count++] = gcs_arena_string(&grid->arena, cell, strlen(cell));
}

/* Width on a terminal: bytes that begin a UTF-8 character. */
static size_t width(const char *cell)
{
    size_t count = 0;
    for (; *cell; cell++)
        count += ((unsigned char)*cell & 0xc0) != 0x80;
    return count;
}

/* A column of figures goes to the right: its second row begins with a digit, a sign or a dash.
 */
static bool is_right(const struct gcs_grid *grid, size_t column)
{
    size_t figures = 0, words = 0;
    for (size_t i = grid->columns + column; i < grid->count; i += grid->columns) {
        char first = grid->cells[i][0];
        if (first && strchr("0123456789-+<", first))
            figures++;
        else if (first)
            words++;
    }
    return figures > words;
}

static void pad(struct gcs_text *text, size_t count)
{
    while (count-- > 0)
        gcs_text_add_bytes(text, " ", 1);
}

static void print_row(const struct gcs_grid *grid, size_t from, const size_t *widths,
                      const bool *right, struct gcs_text *text)
{
    size_t last = grid->columns;
    while (last > 0 && grid->cells[from + last - 1][0] == '\0')
        last--; /* no blanks at the end of a line */
    for (size_t c = 0; c < last; c++) {
        const char *cell = grid->cells[from + c];
        size_t space = widths[c] - width(cell);
        if (c)
            pad(text, 2);
        if (right[c])
            pad(text, space);
        gcs_text_add_bytes(text, cell, strlen(cell));
        if (!right[c] && c + 1 < last)
            pad(text, space);
    }
    gcs_text_add_bytes(text, "\n", 1);
}

void gcs_grid_print(const struct gcs_grid *grid, struct gcs_text *text)
{
    enum { COLUMNS_MAX = 64 };
    size_t widths[COLUMNS_MAX] = {0};
    bool right[COLUMNS_MAX];
    GCS_REQUIRE(grid->columns <= COLUMNS_MAX && grid->count % grid->columns == 0);
    for (size_t i = 0; i < grid->count; i++) {
        size_t w = width(grid->cells[i]);
        if (w > widths[i % grid->columns])
            widths[i % grid->columns] = w;
    }
    for (size_t c = 0; c < grid->columns; c++)
        right[c] = is_right(grid, c);
    for (size_t from = 0; from < grid->count; from += grid->columns)
        print_row(grid, from, widths, right, text);
}

void gcs_print_time(gcs_time ns, char text[16])
{
    double value = (double)ns;
    if (ns == GCS_ABSENT)
        snprintf(text, 16, "-");
    else if (value < 1e3)
        snprintf(text, 16, "%.0f ns", value);
    else if (value < 1e6)
        snprintf(text, 16, "%.3g us", value / 1e3 < 999.5 ? value / 1e3 : 999);
    else if (value < 1e9)
        snprintf(text, 16, "%.3g ms", value / 1e6 < 999.5 ? value / 1e6 : 999);
    else if (value < 1e12)
        snprintf(text, 16, "%.3g s", value / 1e9 < 999.5 ? value / 1e9 : 999);
    else
        snprintf(text, 16, "%.0f s", value / 1e9);
}

void gcs_print_bytes(uint64_t bytes, char text[16])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    unsigned unit = 0;
    if (bytes == GCS_ABSENT) {
        snprintf(text, 16, "-");
        return;
    }
    while (value >= 1000 && unit < 4) {
        value /= 1024;
        unit++;
    }
    snprintf(text, 16, value < 10 && unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void gcs_print_count(uint64_t count, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    size_t at = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}
