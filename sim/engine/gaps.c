/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trace may say that replay does not model: one table, told on stderr and by list
 * models. */
#include <gcsim/engine.h>

#include <string.h>

static bool has_type(const struct gcs_trace *trace, bool (*test)(const struct gcs_type *))
{
    for (uint32_t i = 0; i < trace->type_count; i++)
        if (trace->types[i] && test(trace->types[i]))
            return true;
    return false;
}

static bool has_frame_free_list(const struct gcs_type *type)
{
    return type->kind == GCS_KIND_FRAME || type->kind == GCS_KIND_GENERATOR ||
           type->kind == GCS_KIND_COROUTINE;
}

static bool is_iterator(const struct gcs_type *type)
{
    return type->kind == GCS_KIND_ITERATOR;
}

static bool frames(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                   const struct gcs_model *model)
{
    (void)lifetimes;
    return model->minor > 0 && model->minor <= 10 && has_type(trace, has_frame_free_list);
}

static bool iterators(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                      const struct gcs_model *model)
{
    (void)lifetimes;
    return model->rules.minor >= 14 && has_type(trace, is_iterator);
}

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
    {frames, "frames up to 3.10: their free list is not modelled"},
    {iterators, "iterators from 3.14 on: their free lists are not modelled"},
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
