/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that somebody asks for, as a table for people. */
#include <gcsim/report.h>

#include <stdio.h>
#include <string.h>

static const char *figure(const struct gcs_column *column, const char *cell, char text[32])
{
    const char *why;
    uint64_t value;
    if (column->cell == GCS_CELL_REAL && gcs_same(column->name, "gc_share")) {
        double share;
        if (!gcs_parse_real(cell, strlen(cell), GCS_UNIT_NONE, &share, &why))
            return cell;
        snprintf(text, 32, "%.2f %%", 100 * share);
        return text;
    }
    if (column->cell != GCS_CELL_U64 ||
        !gcs_parse_whole(cell, strlen(cell), GCS_UNIT_NONE, &value, &why))
        return cell;
    if (gcs_same(column->unit, "ns"))
        gcs_print_time(value, text);
    else if (gcs_same(column->unit, "bytes"))
        gcs_print_bytes(value, text);
    else
        gcs_print_count(value, text);
    return text;
}

void gcs_print_chosen(const struct gcs_column *const *columns, size_t column_count,
                      const struct gcs_trial *trials, size_t count, struct gcs_text *text)
{
    struct gcs_grid grid;
    gcs_grid_init(&grid, column_count);
    for (size_t c = 0; c < column_count; c++)
        gcs_grid_add(&grid, "%s", columns[c]->name);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < column_count; c++) {
            char shown[32];
            struct gcs_text cell;
            gcs_text_init(&cell, NULL);
            gcs_text_add(&cell, "%s", "");
            gcs_cell_print(columns[c], &trials[i], &cell);
            gcs_grid_add(&grid, "%s", cell.length ? figure(columns[c], cell.data, shown) : "-");
            gcs_text_fini(&cell);
        }
    gcs_grid_print(&grid, text);
    gcs_grid_fini(&grid);
}
