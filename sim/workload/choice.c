/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Choosing among weighted places by Walker's alias method: one random number, one cell. GSL
 * works the cells out; they are then kept side by side, 12 bytes each, with the place in them.
 */
#include "workload_private.h"

enum gcs_status gcs_choice_make(struct gcs_workload *workload, const double *weights,
                                const uint32_t *places, size_t count, struct choice *choice,
                                struct gcs_error *error)
{
    gsl_ran_discrete_t *table = gsl_ran_discrete_preproc(count, weights);
    if (!table)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    struct cell *cells = gcs_arena_push(&workload->arena, count * sizeof *cells);
    for (size_t i = 0; i < count; i++) {
        /* GSL keeps (i + share) / count */
        double share = weights[i] > 0 ? table->F[i] * (double)count - (double)i : 0;
        bool whole = share * 0x1p32 >= UINT32_MAX;
        size_t other = whole ? i : table->A[i];
        cells[i] = (struct cell){
            .keep = whole ? UINT32_MAX : (uint32_t)(share * 0x1p32),
            .place = {places ? places[i] : (uint32_t)i,
                      places ? places[other] : (uint32_t)other},
        };
    }
    gsl_ran_discrete_free(table);
    *choice = (struct choice){.cells = cells, .count = (uint32_t)count};
    return GCS_OK;
}
