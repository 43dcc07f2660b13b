/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xoshiro256** (Blackman and Vigna 2018), seeded through splitmix64 (Steele et al. 2014). */
#include <gcsim/base.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void gcs_random_init(struct gcs_random *random, uint64_t seed, const char *name)
{
    uint64_t state = seed;
    uint64_t mixed = splitmix(&state);
    for (const char *c = name; *c; c++) {
        state = mixed ^ (unsigned char)*c;
        mixed = splitmix(&state);
    }
    state = mixed;
    for (unsigned i = 0; i < 4; i++)
        random->state[i] = splitmix(&state);
}

uint64_t gcs_random_below(struct gcs_random *random, uint64_t n)
{
    GCS_ASSERT(n > 0);
    uint64_t unfair = (0 - n) % n; /* 2^64 mod n values would come once too often */
    uint64_t value;
    do
        value = gcs_random_next(random);
    while (value < unfair);
    return value % n;
}
