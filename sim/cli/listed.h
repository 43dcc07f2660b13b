/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `gcsim list` lists, one thing at a time and as rows. */
#ifndef GCSIM_LISTED_H
#define GCSIM_LISTED_H

#include "cli.h"

/** What is compiled in, one by one; each lives for the call only. */
void each_strategy(void (*visit)(void *to, const struct gcs_strategy *strategy), void *to);
void each_cost(void (*visit)(void *to, const struct gcs_cost *cost), void *to);
void each_program(const char *kind,
                  void (*visit)(void *to, const char *name, const struct gcs_config *config),
                  void *to);

/** A list as a table. */
struct listed {
    struct gcs_file file;
    void (*add_rows)(struct rows *rows);
};
extern const struct listed listed_models, listed_strategies, listed_keys, listed_columns,
    listed_workloads, listed_studies, listed_costs;
/** As CSV or JSON. */
void listed_print(const struct listed *listed, enum format format, struct gcs_text *text);

#endif
