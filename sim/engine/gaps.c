/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trace may say that replay does not model: one table, told on stderr and by list
 * models. */
#include <gcsim/engine.h>

#include <string.h>

static bool family(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                   const struct gcs_model *model)
{
    (void)lifetimes;
    unsigned recorded = trace->options.objects_minor, asked = model->minor;
    unsigned families[] = {recorded, asked};
    if (!recorded || !asked)
        return false;
    for (unsigned i = 0; i < 2; i++)
        families[i] = families[i] <= 7 ? 0 : families[i] <= 10 ? 1 : 2;
    return families[0] != families[1];
}

static const struct gap {
    bool (*is_met)(const struct gcs_trace *, const struct gcs_lifetimes *,
                   const struct gcs_model *);
    const char *text;
} gaps[] = {
    {family, "o objects: recorded with another object family than the model's"},
};

void gcs_replay_gaps(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                     const struct gcs_model *model, struct gcs_text *text)
{
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++)
        if (gaps[i].is_met(trace, lifetimes, model))
            gcs_text_add(text, "%s\n", gaps[i].text);
}

const char *gcs_replay_gap(size_t index)
{
    return index < sizeof gaps / sizeof gaps[0] ? gaps[index].text : NULL;
}
