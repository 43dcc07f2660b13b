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

static bool is_free_threaded(const struct gcs_model *model)
{
    return model->rules.mechanism == GCS_MECHANISM_FREE_THREADED;
}

static bool is_tuple(const struct gcs_type *type)
{
    return type->kind == GCS_KIND_TUPLE;
}

static bool order(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                  const struct gcs_model *model)
{
    (void)lifetimes;
    return is_free_threaded(model) && has_type(trace, is_tuple);
}

static bool is_function(const struct gcs_type *type)
{
    return type->kind == GCS_KIND_FUNCTION;
}

static bool functions(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                      const struct gcs_model *model)
{
    (void)lifetimes;
    return is_free_threaded(model) && has_type(trace, is_function);
}

static bool is_closed(const struct gcs_type *type)
{
    return type->kind == GCS_KIND_GENERATOR || type->kind == GCS_KIND_COROUTINE;
}

static bool python2(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                    const struct gcs_model *model)
{
    (void)lifetimes;
    return model->rules.python2 && has_type(trace, is_closed);
}

static bool closing(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                    const struct gcs_model *model)
{
    (void)lifetimes;
    return is_free_threaded(model) && has_type(trace, is_closed);
}

static bool is_legacy(const struct gcs_type *type)
{
    return type->legacy;
}

static bool worklists(const struct gcs_trace *trace, const struct gcs_lifetimes *lifetimes,
                      const struct gcs_model *model)
{
    return is_free_threaded(model) && lifetimes->weak_callbacks > 0 &&
           has_type(trace, is_legacy);
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
    {order,
     "tuples of atoms inside tuples or dicts, free-threaded: which is untracked first is "
     "not modelled"},
    {functions,
     "functions, free-threaded: those standing at the start are taken for a module's "
     "(die only in a run), later ones for nested (die at once)"},
    {python2, "generators in Python 2: closing them there is not modelled"},
    {closing, "generators and coroutines, free-threaded: a run does not close them first"},
    {worklists, "callbacks of weak references that something with a tp_del reaches, "
                "free-threaded: CPython loses objects there"},
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
