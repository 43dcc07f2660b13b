/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Continuous distributions, scaled to a mean of 1 (beta: to 0 … 1), in two ways: by quantile,
 * and as what one meets who looks at a random moment: drawn in proportion to length. For each
 * of these families the latter is one of its kind again, with other parameters.
 */
#include "workload_private.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>

#include <math.h>

#define EITHER_SIDE(name, ...) \
    (upper ? gsl_cdf_##name##_Qinv(__VA_ARGS__) : gsl_cdf_##name##_Pinv(__VA_ARGS__))

static double exponential_quantile(bool upper, double share, double shape, double shape2)
{
    (void)shape, (void)shape2;
    return EITHER_SIDE(exponential, share, 1);
}

static double exponential_by_length(const gsl_rng *gsl, double shape, double shape2)
{
    (void)shape, (void)shape2;
    return gsl_ran_gamma(gsl, 2, 1);
}

static double lognormal_quantile(bool upper, double share, double sigma, double shape2)
{
    (void)shape2;
    double deviation =
        sigma * (upper ? gsl_cdf_ugaussian_Qinv(share) : gsl_cdf_ugaussian_Pinv(share));
    return exp(deviation - sigma * sigma / 2);
}

static double lognormal_by_length(const gsl_rng *gsl, double sigma, double shape2)
{
    (void)shape2;
    return gsl_ran_lognormal(gsl, sigma * sigma / 2, sigma);
}

/* The scale that makes the mean 1. */
static double weibull_scale(double shape)
{
    return exp(-gsl_sf_lngamma(1 + 1 / shape));
}

static double weibull_quantile(bool upper, double share, double shape, double shape2)
{
    (void)shape2;
    return EITHER_SIDE(weibull, share, weibull_scale(shape), shape);
}

static double weibull_by_length(const gsl_rng *gsl, double shape, double shape2)
{
    (void)shape2;
    return weibull_scale(shape) * pow(gsl_ran_gamma(gsl, 1 + 1 / shape, 1), 1 / shape);
}

static double gamma_quantile(bool upper, double share, double shape, double shape2)
{
    (void)shape2;
    return EITHER_SIDE(gamma, share, shape, 1 / shape);
}

static double gamma_by_length(const gsl_rng *gsl, double shape, double shape2)
{
    (void)shape2;
    return gsl_ran_gamma(gsl, shape + 1, 1 / shape);
}

static double pareto_quantile(bool upper, double share, double shape, double shape2)
{
    (void)shape2;
    return EITHER_SIDE(pareto, share, shape, (shape - 1) / shape);
}

static double pareto_by_length(const gsl_rng *gsl, double shape, double shape2)
{
    (void)shape2;
    return gsl_ran_pareto(gsl, shape - 1, (shape - 1) / shape);
}

static double beta_quantile(bool upper, double share, double alpha, double beta)
{
    return EITHER_SIDE(beta, share, alpha, beta);
}

static double beta_by_length(const gsl_rng *gsl, double alpha, double beta)
{
    return gsl_ran_beta(gsl, alpha + 1, beta);
}

const struct family gcs_family_exponential = {exponential_quantile, exponential_by_length};
const struct family gcs_family_lognormal = {lognormal_quantile, lognormal_by_length};
const struct family gcs_family_weibull = {weibull_quantile, weibull_by_length};
const struct family gcs_family_gamma = {gamma_quantile, gamma_by_length};
const struct family gcs_family_pareto = {pareto_quantile, pareto_by_length};
const struct family gcs_family_beta = {beta_quantile, beta_by_length};
