/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The language of a strategy's rules. Moments and conditions are forms of words: those in
 * capitals stand for a value, the others for themselves. The same forms read and print.
 */
#include "config_private.h"

#include <string.h>

enum { WORDS_MAX = 5 };

struct words {
    const char *word[WORDS_MAX];
    unsigned count;
};

/* What the capitals of a form stand for. */
struct values {
    const char *label; /* LABEL */
    uint64_t n;        /* N: a whole number */
    gcs_time time;     /* TIME: with its unit; a bare number would be ns, which nobody means */
    unsigned generation; /* G */
    double percent;      /* P% */
};

static const struct moment {
    const char *form;
    enum gcs_when when;
    bool once;
} moments[] = {
    {"start", GCS_WHEN_START, false},
    {"mark LABEL", GCS_WHEN_MARK, false},
    {"every N allocations", GCS_WHEN_ALLOCATIONS, false},
    {"every N requests", GCS_WHEN_REQUESTS, false},
    {"every TIME", GCS_WHEN_TIME, false},
    {"after N allocations", GCS_WHEN_ALLOCATIONS, true},
    {"after N requests", GCS_WHEN_REQUESTS, true},
    {"after TIME", GCS_WHEN_TIME, true},
    {"request-end", GCS_WHEN_REQUEST_END, false},
    {"idle", GCS_WHEN_IDLE, false},
    {"every N idle", GCS_WHEN_IDLE, false},
};

static const struct {
    const char *form;
    enum gcs_if test;
} conditions[] = {
    {"count G over threshold", GCS_IF_OVER_THRESHOLD},
    {"count G over N", GCS_IF_OVER},
    {"count G up to N", GCS_IF_UP_TO},
    {"TIME since collect G", GCS_IF_SINCE},
    {"last collect under P%", GCS_IF_SHARE},
};

enum {
    MOMENTS = sizeof moments / sizeof moments[0],
    CONDITIONS = sizeof conditions / sizeof conditions[0],
};

/*
 * Reading
 */
/* The words of a rule's text, with `$name` replaced. */
static enum gcs_status split(const struct gcs_node *node,
                             const struct gcs_parameters *parameters, struct words *words,
                             struct gcs_error *error)
{
    *words = (struct words){0};
    for (const char *at = node->text; *at;) {
        size_t length = strcspn(at, " ");
        if (length && words->count == WORDS_MAX)
            return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "too many words: '%s'",
                            node->text);
        if (length) {
            const char **word = &words->word[words->count++];
            *word = gcs_arena_string(parameters->arena, at, length);
            GCS_TRY(gcs_parameter_expand(parameters, word, gcs_node_blame(node, error)));
        }
        at += length + (at[length] == ' ');
    }
    return GCS_OK;
}

static bool fill_in(char capital, const char *word, struct values *values)
{
    const char *why;
    size_t length = strlen(word);
    uint64_t generation;
    switch (capital) {
    case 'L':
        values->label = word;
        return true;
    case 'N':
        return gcs_parse_whole(word, length, GCS_UNIT_NONE, &values->n, &why);
    case 'T':
        return length && word[length - 1] == 's' &&
               gcs_parse_whole(word, length, GCS_UNIT_TIME, &values->time, &why);
    case 'G':
        if (!gcs_parse_whole(word, length, GCS_UNIT_NONE, &generation, &why) || generation > 2)
            return false;
        values->generation = (unsigned)generation;
        return true;
    default: /* P% */
        return length && word[length - 1] == '%' &&
               gcs_parse_real(word, length - 1, GCS_UNIT_NONE, &values->percent, &why) &&
               values->percent > 0 && values->percent <= 100;
    }
}

static bool matches(const char *form, const struct words *words, struct values *values)
{
    unsigned i = 0;
    *values = (struct values){0};
    for (const char *at = form; *at; i++) {
        size_t length = strcspn(at, " ");
        const char *word = i < words->count ? words->word[i] : "";
        bool capital = *at >= 'A' && *at <= 'Z';
        if (capital ? !fill_in(*at, word, values)
                    : strlen(word) != length || memcmp(word, at, length) != 0)
            return false;
        at += length + (at[length] == ' ');
    }
    return i == words->count;
}

static enum gcs_status fail_words(const struct gcs_node *node, const char *what,
                                  const struct words *words, struct gcs_error *error)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "%s", "");
    for (unsigned i = 0; i < words->count; i++)
        gcs_text_add(&text, "%s%s", i ? " " : "", words->word[i]);
    enum gcs_status status = gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                                      "not %s: '%s' (%s)", what, text.data, node->key->help);
    gcs_text_fini(&text);
    return status;
}

static bool has_number(const struct moment *moment)
{
    return strpbrk(moment->form, "NT") != NULL;
}

static enum gcs_status read_when(const struct gcs_node *node,
                                 const struct gcs_parameters *parameters, struct gcs_rule *rule,
                                 struct gcs_error *error)
{
    struct words words;
    struct values values;
    GCS_TRY(split(node, parameters, &words, error));
    for (unsigned i = 0; i < MOMENTS; i++) {
        if (!matches(moments[i].form, &words, &values))
            continue;
        rule->when = moments[i].when;
        rule->once = moments[i].once;
        rule->label = values.label;
        rule->n = rule->when == GCS_WHEN_TIME ? values.time : values.n;
        if (rule->n || !has_number(&moments[i]))
            return GCS_OK;
    }
    return fail_words(node, "a moment", &words, error);
}

static enum gcs_status read_condition(const struct gcs_node *node,
                                      const struct gcs_parameters *parameters,
                                      struct gcs_condition *condition, struct gcs_error *error)
{
    struct words words;
    struct values values;
    GCS_TRY(split(node, parameters, &words, error));
    for (unsigned i = 0; i < CONDITIONS; i++)
        if (matches(conditions[i].form, &words, &values)) {
            *condition = (struct gcs_condition){
                .test = conditions[i].test,
                .generation = values.generation,
                .count = values.n < INT64_MAX ? (int64_t)values.n : INT64_MAX,
                .time = values.time,
                .percent = values.percent,
            };
            return GCS_OK;
        }
    return fail_words(node, "a condition", &words, error);
}

/* The value of an action, within bounds. */
static enum gcs_status read_value(const struct gcs_node *node, const char *word, double low,
                                  double high, int64_t *value, struct gcs_error *error)
{
    double real;
    const char *why;
    if (!gcs_parse_real(word, strlen(word), GCS_UNIT_NONE, &real, &why))
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s: '%s'", why, word);
    if (real < low || real > high || real != (double)(int64_t)real)
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                        "'%s' is not a whole number from %.0f to %.0f", word, low, high);
    *value = (int64_t)real;
    return GCS_OK;
}

/* `*3`: three times what is in force */
static enum gcs_status read_times(const struct gcs_node *node, const char *word, double *times,
                                  struct gcs_error *error)
{
    const char *why;
    if (!gcs_parse_real(word + 1, strlen(word + 1), GCS_UNIT_NONE, times, &why))
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s: '%s'", why, word);
    if (!(*times > 0 && *times <= 1e9))
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                        "'%s' does not multiply by more than 0 and at most 1000000000", word);
    return GCS_OK;
}

static enum gcs_status read_values(const struct gcs_node *node, const struct words *words,
                                   struct gcs_action *action, struct gcs_error *error)
{
    bool collect = action->action == GCS_GC_COLLECT;
    action->count = words->count - 1;
    if (!collect && action->count == 1 && gcs_same(words->word[1], "start"))
        action->count = 0;
    for (unsigned i = 0; i < action->count; i++) {
        const char *word = words->word[i + 1];
        if (!collect && *word == '*')
            GCS_TRY(read_times(node, word, &action->times[i], error));
        else
            GCS_TRY(read_value(node, word, collect ? 0 : -2147483648.0,
                               collect ? 2 : 2147483647.0, &action->values[i], error));
    }
    return GCS_OK;
}

static enum gcs_status read_action(const struct gcs_node *node,
                                   const struct gcs_parameters *parameters,
                                   struct gcs_action *action, struct gcs_error *error)
{
    struct words words;
    GCS_TRY(split(node, parameters, &words, error));
    unsigned found = GCS_GC_COUNT;
    for (unsigned i = 0; i < GCS_GC_COUNT && words.count; i++)
        if (gcs_same(gcs_gc_name(i), words.word[0]))
            found = i;
    unsigned least = found == GCS_GC_COLLECT || found == GCS_GC_THRESHOLD;
    unsigned most = found == GCS_GC_THRESHOLD ? 3 : least;
    if (found == GCS_GC_COUNT || words.count - 1 < least || words.count - 1 > most)
        return fail_words(node, "an action", &words, error);
    *action = (struct gcs_action){.action = found};
    return read_values(node, &words, action, error);
}

static enum gcs_status read_actions(const struct gcs_node *list,
                                    const struct gcs_parameters *parameters,
                                    const struct gcs_action **actions, size_t *count,
                                    struct gcs_error *error)
{
    struct gcs_action *read =
        gcs_arena_push(parameters->arena, (list->count + 1) * sizeof *read);
    for (const struct gcs_node *child = list->first; child; child = child->next)
        GCS_TRY(read_action(child, parameters, &read[child->index], error));
    *actions = read;
    *count = list->count;
    return GCS_OK;
}

/* Whether its thresholds are numbers, as a trace has them. */
static bool is_absolute(const struct gcs_action *action)
{
    bool absolute = action->action != GCS_GC_THRESHOLD || action->count > 0;
    for (unsigned i = 0; i < action->count; i++)
        absolute &= action->times[i] == 0;
    return absolute;
}

enum gcs_status gcs_actions_read(const struct gcs_node *list, struct gcs_arena *arena,
                                 const struct gcs_action **actions, size_t *count,
                                 struct gcs_error *error)
{
    const struct gcs_parameters none = {.arena = arena};
    GCS_TRY(read_actions(list, &none, actions, count, error));
    for (const struct gcs_node *child = list->first; child; child = child->next)
        if (!is_absolute(&(*actions)[child->index]))
            return gcs_fail(gcs_node_blame(child, error), GCS_INVALID,
                            "'%s': a program sets its thresholds to numbers; what depends on "
                            "the setting is a strategy's",
                            child->text);
    return GCS_OK;
}

enum gcs_status gcs_rule_read(const struct gcs_node *node,
                              const struct gcs_parameters *parameters, struct gcs_rule *rule,
                              struct gcs_error *error)
{
    const struct gcs_node *ifs = gcs_node_at(node, "if");
    struct gcs_arena *arena = parameters->arena;
    struct gcs_condition *tests = gcs_arena_push(arena, (ifs->count + 1) * sizeof *tests);
    *rule = (struct gcs_rule){.conditions = tests, .condition_count = ifs->count};
    GCS_TRY(read_when(gcs_node_at(node, "when"), parameters, rule, error));
    for (const struct gcs_node *child = ifs->first; child; child = child->next)
        GCS_TRY(read_condition(child, parameters, &tests[child->index], error));
    return read_actions(gcs_node_at(node, "do"), parameters, &rule->actions,
                        &rule->action_count, error);
}

/*
 * Printing
 */
static void print_time(gcs_time ns, struct gcs_text *text)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    unsigned unit = 0;
    for (; unit < 3 && ns && ns % 1000 == 0; unit++)
        ns /= 1000;
    gcs_text_add_u64(text, ns);
    gcs_text_add(text, "%s", units[unit]);
}

static void print_value(char capital, const struct values *values, struct gcs_text *text)
{
    if (capital == 'L')
        gcs_text_add(text, "%s", values->label);
    else if (capital == 'N')
        gcs_text_add_u64(text, values->n);
    else if (capital == 'T')
        print_time(values->time, text);
    else if (capital == 'G')
        gcs_text_add(text, "%u", values->generation);
    else
        gcs_text_add(text, "%g%%", values->percent);
}

static void print_form(const char *form, const struct values *values, struct gcs_text *text)
{
    for (const char *at = form; *at;) {
        size_t length = strcspn(at, " ");
        if (*at >= 'A' && *at <= 'Z')
            print_value(*at, values, text);
        else
            gcs_text_add_bytes(text, at, length);
        if (at[length])
            gcs_text_add(text, " ");
        at += length + (at[length] == ' ');
    }
}

void gcs_moment_print(const struct gcs_rule *rule, struct gcs_text *text)
{
    const struct values values = {.label = rule->label, .n = rule->n, .time = rule->n};
    for (unsigned i = 0; i < MOMENTS; i++)
        if (moments[i].when == rule->when && moments[i].once == rule->once &&
            has_number(&moments[i]) == (rule->n != 0)) {
            print_form(moments[i].form, &values, text);
            return;
        }
}

static void print_condition(const struct gcs_condition *condition, struct gcs_text *text)
{
    const struct values values = {
        .n = (uint64_t)condition->count,
        .time = condition->time,
        .generation = condition->generation,
        .percent = condition->percent,
    };
    for (unsigned i = 0; i < CONDITIONS; i++)
        if (conditions[i].test == condition->test)
            print_form(conditions[i].form, &values, text);
}

static void print_action(const struct gcs_action *action, struct gcs_text *text)
{
    gcs_text_add(text, "%s", gcs_gc_name(action->action));
    if (action->action == GCS_GC_THRESHOLD && action->count == 0)
        gcs_text_add(text, " start");
    for (unsigned i = 0; i < action->count; i++)
        if (action->times[i] > 0)
            gcs_text_add(text, " *%g", action->times[i]);
        else
            gcs_text_add(text, " %lld", (long long)action->values[i]);
}

void gcs_rule_print(const struct gcs_rule *rule, struct gcs_text *text)
{
    gcs_moment_print(rule, text);
    for (size_t i = 0; i < rule->condition_count; i++) {
        gcs_text_add(text, "%s", i ? " and " : ", if ");
        print_condition(&rule->conditions[i], text);
    }
    for (size_t i = 0; i < rule->action_count; i++) {
        gcs_text_add(text, "%s", i ? ", " : ": ");
        print_action(&rule->actions[i], text);
    }
}
