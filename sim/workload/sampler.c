/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random streams for GSL, and the distributions that a workload may name. */
#include "workload_private.h"

#include <math.h>

/*
 * Streams. GSL's own generators take 32 bits of seed at most; this type lends it ours. Its
 * state is seeded by stream_init, so `set` has nothing to do.
 */
static void set(void *state, unsigned long seed)
{
    (void)state;
    (void)seed;
}

static unsigned long get(void *state)
{
    return (unsigned long)gcs_random_next(state);
}

static double get_double(void *state)
{
    return gcs_random_unit(state);
}

static const gsl_rng_type type = {
    .name = "gcsim",
    .max = UINT64_MAX,
    .min = 0,
    .size = sizeof(struct gcs_random),
    .set = set,
    .get = get,
    .get_double = get_double,
};
static_assert(sizeof(unsigned long) == sizeof(uint64_t), "GSL's numbers take 64 bits here");

void gcs_stream_init(struct stream *stream, uint64_t seed, const char *purpose,
                     const char *name)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "%s:%s", purpose, name);
    GCS_REQUIRE(text.data != NULL);
    gcs_random_init(&stream->random, seed, text.data);
    gcs_text_fini(&text);
    stream->gsl = (gsl_rng){.type = &type, .state = &stream->random};
}

/*
 * Distributions
 */
enum gcs_status gcs_table_new(struct gcs_workload *workload, const double *weights,
                              size_t count, gsl_ran_discrete_t **table, struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(&workload->memory, &workload->tables, &workload->table_capacity,
                     workload->table_count + 1, error));
    *table = gsl_ran_discrete_preproc(count, weights);
    if (!*table)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    workload->tables[workload->table_count++] = *table;
    return GCS_OK;
}

static enum gcs_status read_zipf(struct gcs_workload *workload, const struct gcs_node *node,
                                 struct sampler *sampler, struct gcs_error *error)
{
    size_t count = gcs_node_whole(node, "highest");
    double exponent = gcs_node_real(node, "exponent");
    double *weights = gcs_arena_push(&workload->arena, count * sizeof *weights);
    for (size_t i = 0; i < count; i++)
        weights[i] = pow((double)(i + 1), -exponent);
    return gcs_table_new(workload, weights, count, &sampler->table, error);
}

static enum gcs_status read_discrete(struct gcs_workload *workload, const struct gcs_node *node,
                                     struct sampler *sampler, struct gcs_error *error)
{
    const struct gcs_node *map = gcs_node_at(node, "values");
    size_t count = gcs_node_count(map);
    double *weights = gcs_arena_push(&workload->arena, count * sizeof *weights);
    double *values = gcs_arena_push(&workload->arena, count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        const struct gcs_node *value = gcs_node_entry(map, i);
        weights[i] = gcs_node_real(value, "");
        values[i] = gcs_node_named(value);
    }
    sampler->values = values;
    return gcs_table_new(workload, weights, count, &sampler->table, error);
}

static enum gcs_status read_mixture(struct gcs_workload *workload, const struct gcs_node *node,
                                    struct sampler *sampler, struct gcs_error *error)
{
    const struct gcs_node *map = gcs_node_at(node, "parts");
    size_t count = gcs_node_count(map);
    double *weights = gcs_arena_push(&workload->arena, count * sizeof *weights);
    struct sampler *parts = gcs_arena_push(&workload->arena, count * sizeof *parts);
    for (size_t i = 0; i < count; i++) {
        const struct gcs_node *part = gcs_node_entry(map, i);
        weights[i] = gcs_node_real(part, "weight");
        GCS_TRY(gcs_sampler_read(workload, part, &parts[i], error));
    }
    sampler->parts = parts;
    return gcs_table_new(workload, weights, count, &sampler->table, error);
}

enum gcs_status gcs_sampler_read(struct gcs_workload *workload, const struct gcs_node *node,
                                 struct sampler *sampler, struct gcs_error *error)
{
    *sampler = (struct sampler){.shape = gcs_node_choice(node, "distribution")};
    switch (sampler->shape) {
    case SHAPE_CONSTANT:
        sampler->a = gcs_node_real(node, "value");
        break;
    case SHAPE_UNIFORM:
        sampler->a = gcs_node_real(node, "low");
        sampler->b = gcs_node_real(node, "high");
        break;
    case SHAPE_EXPONENTIAL:
        sampler->a = gcs_node_real(node, "mean");
        break;
    case SHAPE_LOGNORMAL:
        sampler->b = gcs_node_real(node, "sigma");
        sampler->a = gcs_node_real(node, "mean");
        break;
    case SHAPE_GEOMETRIC:
        sampler->a = gcs_node_real(node, "mean");
        break;
    case SHAPE_ZIPF:
        return read_zipf(workload, node, sampler, error);
    case SHAPE_DISCRETE:
        return read_discrete(workload, node, sampler, error);
    case SHAPE_MIXTURE:
        return read_mixture(workload, node, sampler, error);
    }
    return GCS_OK;
}

double gcs_sampler_draw(const struct sampler *sampler, struct stream *stream)
{
    const gsl_rng *gsl = &stream->gsl;
    double mean = sampler->a;
    switch (sampler->shape) {
    case SHAPE_CONSTANT:
        break;
    case SHAPE_UNIFORM:
        return gsl_ran_flat(gsl, sampler->a, sampler->b);
    case SHAPE_EXPONENTIAL:
        return gsl_ran_exponential(gsl, mean);
    case SHAPE_LOGNORMAL: /* zeta such that the mean is as given; log(0) makes it 0 */
        return gsl_ran_lognormal(gsl, log(mean) - sampler->b * sampler->b / 2, sampler->b);
    case SHAPE_GEOMETRIC: /* GSL counts trials, we count failures */
        return (double)gsl_ran_geometric(gsl, 1 / (1 + mean)) - 1;
    case SHAPE_ZIPF:
        return (double)gsl_ran_discrete(gsl, sampler->table) + 1;
    case SHAPE_DISCRETE:
        return sampler->values[gsl_ran_discrete(gsl, sampler->table)];
    case SHAPE_MIXTURE:
        return gcs_sampler_draw(&sampler->parts[gsl_ran_discrete(gsl, sampler->table)], stream);
    }
    return sampler->a;
}

uint64_t gcs_sampler_draw_count(const struct sampler *sampler, struct stream *stream,
                                uint64_t most)
{
    double drawn = gcs_sampler_draw(sampler, stream) + 0.5;
    return drawn < (double)most ? (uint64_t)drawn : most;
}

double gcs_sampler_draw_rest(const struct sampler *sampler, struct stream *stream)
{
    enum { DRAWS = 16 }; /* one of them, in proportion to its length, is long enough */
    double drawn[DRAWS], sum = 0;
    if (sampler->shape == SHAPE_EXPONENTIAL) /* has no memory */
        return gcs_sampler_draw(sampler, stream);
    for (unsigned i = 0; i < DRAWS; i++)
        sum += drawn[i] = gcs_sampler_draw(sampler, stream);
    double at = gcs_random_unit(&stream->random) * sum;
    unsigned i = 0;
    for (; i < DRAWS - 1 && at >= drawn[i]; i++)
        at -= drawn[i];
    return gcs_random_unit(&stream->random) * drawn[i];
}
