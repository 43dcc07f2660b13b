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
 * Distributions over numbers with weights
 */
/* Chooses among values[0 … count), plainly and by length. */
static enum gcs_status make_choices(struct gcs_workload *workload, struct sampler *sampler,
                                    const double *weights, const double *lengths, size_t count,
                                    struct gcs_error *error)
{
    double *products = gcs_arena_push(&workload->arena, count * sizeof *products);
    double sum = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        sum += products[i] = weights[i] * lengths[i];
        all += weights[i];
    }
    sampler->mean = sum / all;
    GCS_TRY(gcs_choice_make(workload, weights, NULL, count, &sampler->choice, error));
    sampler->by_length = sampler->choice;
    if (!(sum > 0)) /* all are 0, whichever is chosen */
        return GCS_OK;
    return gcs_choice_make(workload, products, NULL, count, &sampler->by_length, error);
}

static enum gcs_status read_zipf(struct gcs_workload *workload, const struct gcs_node *node,
                                 struct sampler *sampler, struct gcs_error *error)
{
    size_t count = gcs_node_whole(node, "highest");
    double exponent = gcs_node_real(node, "exponent");
    double *weights = gcs_arena_push(&workload->arena, count * sizeof *weights);
    double *values = gcs_arena_push(&workload->arena, count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] = (double)(i + 1);
        weights[i] = pow(values[i], -exponent);
    }
    sampler->values = values;
    return make_choices(workload, sampler, weights, values, count, error);
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
    return make_choices(workload, sampler, weights, values, count, error);
}

static enum gcs_status read_mixture(struct gcs_workload *workload, const struct gcs_node *node,
                                    struct sampler *sampler, struct gcs_error *error)
{
    const struct gcs_node *map = gcs_node_at(node, "parts");
    size_t count = gcs_node_count(map);
    double *weights = gcs_arena_push(&workload->arena, count * sizeof *weights);
    double *means = gcs_arena_push(&workload->arena, count * sizeof *means);
    struct sampler *parts = gcs_arena_push(&workload->arena, count * sizeof *parts);
    for (size_t i = 0; i < count; i++) {
        const struct gcs_node *part = gcs_node_entry(map, i);
        weights[i] = gcs_node_real(part, "weight");
        GCS_TRY(gcs_sampler_read(workload, part, &parts[i], error));
        means[i] = parts[i].mean;
    }
    sampler->parts = parts;
    return make_choices(workload, sampler, weights, means, count, error);
}

/* Between two quantiles all values are equally likely: a mixture of uniform distributions. */
static enum gcs_status read_empirical(struct gcs_workload *workload,
                                      const struct gcs_node *node, struct sampler *sampler,
                                      struct gcs_error *error)
{
    const struct gcs_node *map = gcs_node_at(node, "quantiles");
    size_t count = gcs_node_count(map) - 1;
    double *weights = gcs_arena_push(&workload->arena, count * sizeof *weights);
    double *means = gcs_arena_push(&workload->arena, count * sizeof *means);
    struct sampler *parts = gcs_arena_push(&workload->arena, count * sizeof *parts);
    for (size_t i = 0; i < count; i++) {
        const struct gcs_node *from = gcs_node_entry(map, i), *to = gcs_node_entry(map, i + 1);
        double low = gcs_node_real(from, ""), high = gcs_node_real(to, "");
        weights[i] = gcs_node_named(to) - gcs_node_named(from);
        means[i] = (low + high) / 2;
        parts[i] = (struct sampler){
            .shape = SHAPE_UNIFORM, .a = low, .b = high - low, .mean = means[i]};
    }
    sampler->parts = parts;
    return make_choices(workload, sampler, weights, means, count, error);
}

/*
 * Counts without an end
 */
/* A geometric distribution has no memory: behind its `count` first numbers it begins anew. So
 * they are chosen from, and the last choice stands for the rest. */
static enum gcs_status prepare_geometric(struct gcs_workload *workload, struct sampler *sampler,
                                         struct gcs_error *error)
{
    enum { MEAN_MAX = 256 }; /* of means that a table is made for */
    double mean = sampler->mean = sampler->a;
    if (!(mean > 0 && mean <= MEAN_MAX))
        return GCS_OK;
    size_t count = (size_t)(8 * mean) + 8;
    double *weights = gcs_arena_push(&workload->arena, (count + 1) * sizeof *weights);
    for (size_t i = 0; i < count; i++)
        weights[i] = gsl_ran_geometric_pdf((unsigned)i + 1, 1 / (1 + mean));
    weights[count] = pow(mean / (1 + mean), (double)count);
    return gcs_choice_make(workload, weights, NULL, count + 1, &sampler->choice, error);
}

static double draw_geometric(const struct sampler *sampler, struct stream *stream)
{
    uint32_t begun = 0, drawn, end = sampler->choice.count - 1;
    if (!(sampler->mean > 0))
        return 0;
    if (!sampler->choice.count) /* what falls of an exponential one into each whole number */
        return floor(gsl_ran_exponential(&stream->gsl, 1 / log1p(1 / sampler->mean)));
    while ((drawn = gcs_choose(&sampler->choice, &stream->random)) == end)
        begun += end;
    return begun + drawn;
}

/* All that is likely: what lies twelve deviations from the mean comes once in 10^32 draws. */
static enum gcs_status prepare_poisson(struct gcs_workload *workload, struct sampler *sampler,
                                       struct gcs_error *error)
{
    enum { MEAN_MAX = 4096 }; /* of means that a table is made for */
    double mean = sampler->mean = sampler->a;
    if (!(mean > 0 && mean <= MEAN_MAX))
        return GCS_OK;
    double far = 12 * sqrt(mean) + 30;
    unsigned low = mean > far ? (unsigned)(mean - far) : 0;
    size_t count = (size_t)(mean + far) - low;
    double *weights = gcs_arena_push(&workload->arena, count * sizeof *weights);
    double *values = gcs_arena_push(&workload->arena, count * sizeof *values);
    for (unsigned i = 0; i < count; i++) {
        values[i] = low + i;
        weights[i] = gsl_ran_poisson_pdf(low + i, mean);
    }
    sampler->values = values;
    return gcs_choice_make(workload, weights, NULL, count, &sampler->choice, error);
}

static double draw_poisson(const struct sampler *sampler, struct stream *stream)
{
    if (!(sampler->mean > 0))
        return 0;
    if (!sampler->choice.count)
        return gsl_ran_poisson(&stream->gsl, sampler->mean);
    return sampler->values[gcs_choose(&sampler->choice, &stream->random)];
}

/*
 * All
 */
static enum gcs_status by_quantiles(struct gcs_workload *workload, const struct gcs_node *node,
                                    const struct family *family, const char *shape_key,
                                    struct sampler *sampler)
{
    double shape = shape_key ? gcs_node_real(node, shape_key) : 0;
    sampler->mean = sampler->a = gcs_node_real(node, "mean");
    sampler->table = gcs_quantiles_of(workload, family, shape, 0);
    return GCS_OK;
}

enum gcs_status gcs_sampler_set_mean(struct gcs_workload *workload, struct sampler *sampler,
                                     double mean, struct gcs_error *error)
{
    sampler->a = sampler->mean = mean;
    if (sampler->shape == SHAPE_GEOMETRIC)
        return prepare_geometric(workload, sampler, error);
    if (sampler->shape == SHAPE_POISSON)
        return prepare_poisson(workload, sampler, error);
    return GCS_OK;
}

static void read_beta(struct gcs_workload *workload, const struct gcs_node *node,
                      struct sampler *sampler)
{
    double alpha = gcs_node_real(node, "alpha"), beta = gcs_node_real(node, "beta");
    sampler->a = gcs_node_real(node, "low");
    sampler->b = gcs_node_real(node, "high") - sampler->a;
    sampler->mean = sampler->a + sampler->b * alpha / (alpha + beta);
    sampler->table = gcs_quantiles_of(workload, &gcs_family_beta, alpha, beta);
}

enum gcs_status gcs_sampler_read(struct gcs_workload *workload, const struct gcs_node *node,
                                 struct sampler *sampler, struct gcs_error *error)
{
    *sampler = (struct sampler){.shape = gcs_node_choice(node, "distribution")};
    switch (sampler->shape) {
    case SHAPE_CONSTANT:
        sampler->mean = sampler->a = gcs_node_real(node, "value");
        break;
    case SHAPE_UNIFORM:
        sampler->a = gcs_node_real(node, "low");
        sampler->b = gcs_node_real(node, "high") - sampler->a;
        sampler->mean = sampler->a + sampler->b / 2;
        break;
    case SHAPE_EXPONENTIAL:
        return by_quantiles(workload, node, &gcs_family_exponential, NULL, sampler);
    case SHAPE_LOGNORMAL:
        return by_quantiles(workload, node, &gcs_family_lognormal, "sigma", sampler);
    case SHAPE_WEIBULL:
        return by_quantiles(workload, node, &gcs_family_weibull, "shape", sampler);
    case SHAPE_GAMMA:
        return by_quantiles(workload, node, &gcs_family_gamma, "shape", sampler);
    case SHAPE_PARETO:
        return by_quantiles(workload, node, &gcs_family_pareto, "shape", sampler);
    case SHAPE_BETA:
        read_beta(workload, node, sampler);
        break;
    case SHAPE_GEOMETRIC:
        sampler->a = gcs_node_real(node, "mean");
        return prepare_geometric(workload, sampler, error);
    case SHAPE_POISSON:
        sampler->a = gcs_node_real(node, "mean");
        return prepare_poisson(workload, sampler, error);
    case SHAPE_ZIPF:
        return read_zipf(workload, node, sampler, error);
    case SHAPE_DISCRETE:
        return read_discrete(workload, node, sampler, error);
    case SHAPE_EMPIRICAL:
        return read_empirical(workload, node, sampler, error);
    case SHAPE_MIXTURE:
        return read_mixture(workload, node, sampler, error);
    }
    return GCS_OK;
}

double gcs_sampler_draw(const struct sampler *sampler, struct stream *stream)
{
    struct gcs_random *random = &stream->random;
    switch (sampler->shape) {
    case SHAPE_CONSTANT:
        break;
    case SHAPE_UNIFORM:
        return sampler->a + sampler->b * gcs_random_unit(random);
    case SHAPE_EXPONENTIAL:
    case SHAPE_LOGNORMAL:
    case SHAPE_WEIBULL:
    case SHAPE_GAMMA:
    case SHAPE_PARETO:
        return sampler->a * gcs_quantiles_draw(sampler->table, random);
    case SHAPE_BETA:
        return sampler->a + sampler->b * gcs_quantiles_draw(sampler->table, random);
    case SHAPE_GEOMETRIC:
        return draw_geometric(sampler, stream);
    case SHAPE_POISSON:
        return draw_poisson(sampler, stream);
    case SHAPE_ZIPF:
    case SHAPE_DISCRETE:
        return sampler->values[gcs_choose(&sampler->choice, random)];
    case SHAPE_EMPIRICAL:
    case SHAPE_MIXTURE:
        return gcs_sampler_draw(&sampler->parts[gcs_choose(&sampler->choice, random)], stream);
    }
    return sampler->a;
}

uint64_t gcs_sampler_draw_count(const struct sampler *sampler, struct stream *stream,
                                uint64_t most)
{
    double drawn = gcs_sampler_draw(sampler, stream) + 0.5;
    return drawn < (double)most ? (uint64_t)(int64_t)drawn : most;
}

/*
 * In proportion to length
 */
/* low + width * x, where x in 0 … 1 is drawn plainly or by its own length: the value's length
 * is low's share, the same for all, and x's. */
static double draw_between(const struct sampler *sampler, struct stream *stream, double mean,
                           double plain, double by_length)
{
    double width = sampler->b * mean;
    bool low = gcs_random_unit(&stream->random) * (sampler->a + width) < sampler->a;
    return sampler->a + sampler->b * (low ? plain : by_length);
}

static double draw_by_length(const struct sampler *sampler, struct stream *stream)
{
    struct gcs_random *random = &stream->random;
    const struct quantiles *table = sampler->table;
    switch (sampler->shape) {
    case SHAPE_CONSTANT:
        break;
    case SHAPE_UNIFORM:
        return draw_between(sampler, stream, 0.5, gcs_random_unit(random),
                            sqrt(gcs_random_unit(random)));
    case SHAPE_BETA:
        return draw_between(
            sampler, stream, table->shape / (table->shape + table->shape2),
            gcs_quantiles_draw(table, random),
            table->family->by_length(&stream->gsl, table->shape, table->shape2));
    case SHAPE_EXPONENTIAL:
    case SHAPE_LOGNORMAL:
    case SHAPE_WEIBULL:
    case SHAPE_GAMMA:
    case SHAPE_PARETO:
        return sampler->a * table->family->by_length(&stream->gsl, table->shape, table->shape2);
    case SHAPE_GEOMETRIC: /* n p^n is the sum of 1 and two of its kind */
        if (!(sampler->mean > 0))
            return 0;
        return 1 + draw_geometric(sampler, stream) + draw_geometric(sampler, stream);
    case SHAPE_POISSON: /* n m^n / n! is one of its kind, and 1 */
        return sampler->mean > 0 ? 1 + draw_poisson(sampler, stream) : 0;
    case SHAPE_ZIPF:
    case SHAPE_DISCRETE:
        return sampler->values[gcs_choose(&sampler->by_length, random)];
    case SHAPE_EMPIRICAL:
    case SHAPE_MIXTURE:
        return draw_by_length(&sampler->parts[gcs_choose(&sampler->by_length, random)], stream);
    }
    return sampler->a;
}

double gcs_sampler_draw_rest(const struct sampler *sampler, struct stream *stream)
{
    return gcs_random_unit(&stream->random) * draw_by_length(sampler, stream);
}
