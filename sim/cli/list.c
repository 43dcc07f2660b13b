/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gcsim list: each list is read off the table that the program itself uses. */
#include "listed.h"

#include <stdio.h>
#include <string.h>

static const char *without_cpython(const char *name)
{
    static const char prefix[] = "cpython-";
    return strncmp(name, prefix, sizeof prefix - 1) ? name : name + sizeof prefix - 1;
}

/* What models[at] was checked against, with all that share it; nothing if one before did. */
static void list_checked(struct gcs_text *text, const struct gcs_model *models, size_t at,
                         size_t count)
{
    for (size_t i = 0; i < at; i++)
        if (gcs_same(models[i].checked, models[at].checked))
            return;
    gcs_text_add(text, "  %s:\n    %s", models[at].checked, without_cpython(models[at].name));
    for (size_t i = at + 1; i < count; i++)
        if (gcs_same(models[i].checked, models[at].checked))
            gcs_text_add(text, ", %s", without_cpython(models[i].name));
    gcs_text_add(text, "\n");
}

static void list_models(struct gcs_text *text)
{
    size_t count;
    const struct gcs_model *models = gcs_models(&count);
    struct gcs_grid grid;
    gcs_grid_init(&grid, 4);
    const char *heads[] = {"model", "versions", "thresholds", "fidelity"};
    for (unsigned i = 0; i < 4; i++)
        gcs_grid_add(&grid, "%s", heads[i]);
    for (size_t i = 0; i < count; i++) {
        const int64_t *t = models[i].threshold;
        gcs_grid_add(&grid, "%s", models[i].name);
        gcs_grid_add(&grid, "%s", models[i].versions);
        gcs_grid_add(&grid, "%lld,%lld,%lld", (long long)t[0], (long long)t[1],
                     (long long)t[2]);
        gcs_grid_add(&grid, "%.*s", (int)strcspn(models[i].checked, ";:"), models[i].checked);
    }
    gcs_grid_print(&grid, text);
    gcs_grid_fini(&grid);
    gcs_text_add(text, "\n");
    for (size_t i = 0; i < count; i++)
        gcs_text_add(text, "%s: %s\n", models[i].name, models[i].about);
    gcs_text_add(
        text,
        "\nFidelity (event, generation, collected and uncollectable of every collection):\n");
    for (size_t i = 0; i < count; i++)
        list_checked(text, models, i, count);
    gcs_text_add(
        text,
        "\nA release (cpython-3.12.7) is taken for the row that covers it; cpython- may be "
        "left out.\n");
    gcs_text_add(text, "\nNot modelled (a trace that has it is run with a warning):\n");
    for (size_t i = 0; gcs_replay_gap(i); i++)
        gcs_text_add(text, "  %s\n", gcs_replay_gap(i));
}

enum { LINE = 100 };

/* Words in lines of LINE characters, the first of which has `column` already; further lines are
 * indented by four. Ends the last line. */
static void add_wrapped(struct gcs_text *text, const char *words, size_t column)
{
    for (const char *at = words; *at;) {
        size_t length = strcspn(at, " \n"), width = 0;
        if (!strncmp(at + length, " %", 2)) /* stays with its number */
            length += 1 + strcspn(at + length + 1, " \n");
        for (size_t i = 0; i < length; i++)
            width += ((unsigned char)at[i] & 0xC0) != 0x80; /* UTF-8: not a further byte */
        bool fits = column + 1 + width <= LINE;
        gcs_text_add(text, fits ? " " : "\n    ");
        gcs_text_add_bytes(text, at, length);
        column = fits ? column + 1 + width : 4 + width;
        at += length;
        at += strspn(at, " \n");
    }
    gcs_text_add(text, "\n");
}

static void list_strategy(void *to, const struct gcs_strategy *strategy)
{
    struct gcs_text *text = to;
    gcs_text_add(text, "%s:", strategy->name);
    add_wrapped(text, strategy->about, strlen(strategy->name) + 1);
    for (size_t i = 0; i < strategy->rule_count; i++) {
        gcs_text_add(text, "        ");
        gcs_rule_print(&strategy->rules[i], text);
        gcs_text_add(text, "\n");
    }
    if (*strategy->parameters)
        gcs_text_add(text, "    -S %s:%s\n", strategy->name, strategy->parameters);
    gcs_text_add(text, "\n");
}

static void list_strategies(struct gcs_text *text)
{
    each_strategy(list_strategy, text);
    gcs_text_add(text,
                 "A parameter is given as `-S NAME:PARAMETER=VALUE,...`; a strategy of your "
                 "own as `-S ./FILE.yaml`.\nWhat rules can say: `gcsim list keys`, "
                 "rules.[].when, if and do.\n");
}

static void list_cost(void *to, const struct gcs_cost *cost)
{
    struct gcs_text *text = to;
    gcs_text_add(text, "%s (%s on", cost->name, cost->measured ? "measured" : "assumed");
    for (size_t v = 0; v < cost->version_count; v++)
        gcs_text_add(text, " %s", cost->versions[v]);
    gcs_text_add(text,
                 "): %s\n    young %.0f ns, full %.0f ns, and per object examined %.3g "
                 "to %.3g ns, per reference %.3g to %.3g ns\n",
                 cost->about, cost->fixed_young_ns, cost->fixed_full_ns, cost->candidate.ns[0],
                 cost->candidate.ns[cost->candidate.count - 1], cost->reference.ns[0],
                 cost->reference.ns[cost->reference.count - 1]);
}

static void list_costs(struct gcs_text *text)
{
    each_cost(list_cost, text);
}

static void list_program(void *to, const char *name, const struct gcs_config *config)
{
    gcs_text_add(to, "%s: %s\n", name, gcs_node_text(gcs_config_root(config), "about"));
}

/* Workloads or studies: what they say of themselves. */
static void list_abouts(const char *kind, struct gcs_text *text)
{
    each_program(kind, list_program, text);
}

static void list_workloads(struct gcs_text *text)
{
    list_abouts("workloads", text);
}

static void list_studies(struct gcs_text *text)
{
    list_abouts("studies", text);
}

static void list_columns(struct gcs_text *text)
{
    const struct gcs_file *file;
    for (size_t f = 0; (file = gcs_file_at(f)) != NULL; f++) {
        struct gcs_grid grid;
        gcs_text_add(text, "%s%s: %s\n", f ? "\n" : "", file->name, file->help);
        gcs_grid_init(&grid, 3);
        for (size_t i = 0; i < file->count; i++) {
            gcs_grid_add(&grid, "  %s", file->columns[i].name);
            gcs_grid_add(&grid, "%s", file->columns[i].unit);
            gcs_grid_add(&grid, "%s", file->columns[i].help);
        }
        gcs_grid_print(&grid, text);
        gcs_grid_fini(&grid);
    }
}

static void list_keys(struct gcs_text *text)
{
    enum gcs_document document = GCS_DOCUMENT_COUNT;
    struct gcs_grid grid = {0};
    for (size_t i = 0; i < gcs_key_count(); i++) {
        const struct gcs_key *key = gcs_key_at(i);
        struct gcs_text bounds;
        if (!gcs_key_is_told(key))
            continue;
        if (key->document != document) {
            if (grid.columns) {
                gcs_grid_print(&grid, text);
                gcs_grid_fini(&grid);
                gcs_text_add(text, "\n");
            }
            document = key->document;
            gcs_text_add(text, "%s:\n", gcs_document_name(document));
            gcs_grid_init(&grid, 5);
        }
        gcs_text_init(&bounds, NULL);
        gcs_key_print_bounds(key, &bounds);
        gcs_grid_add(&grid, "  %s", key->path);
        gcs_grid_add(&grid, "%s", key->choices ? key->choices : gcs_key_type_name(key->type));
        gcs_grid_add(&grid, "%s", bounds.length ? bounds.data : "");
        gcs_grid_add(&grid, "%s", key->fallback ? key->fallback : "");
        gcs_grid_add(&grid, "%s", key->help);
        gcs_text_fini(&bounds);
    }
    gcs_grid_print(&grid, text);
    gcs_grid_fini(&grid);
}

static const struct {
    const char *name;
    void (*list)(struct gcs_text *text); /* for people */
    const struct listed *rows;           /* for programs */
} lists[] = {{"models", list_models, &listed_models},
             {"strategies", list_strategies, &listed_strategies},
             {"keys", list_keys, &listed_keys},
             {"columns", list_columns, &listed_columns},
             {"workloads", list_workloads, &listed_workloads},
             {"studies", list_studies, &listed_studies},
             {"costs", list_costs, &listed_costs}};
enum { LISTS = sizeof lists / sizeof lists[0] };

int command_list(const struct options *options)
{
    const char *names[LISTS];
    if (options->arguments.count != 1) {
        print_usage_error(
            "list what? models, strategies, keys, columns, workloads, studies or costs");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < LISTS; i++) {
        names[i] = lists[i].name;
        if (gcs_same(lists[i].name, options->arguments.word[0])) {
            struct gcs_text text;
            gcs_text_init(&text, NULL);
            if (options->format == FORMAT_TEXT)
                lists[i].list(&text);
            else
                listed_print(lists[i].rows, options->format, &text);
            print_out(&text);
            gcs_text_fini(&text);
            return EXIT_DONE;
        }
    }
    const char *nearest = gcs_nearest(options->arguments.word[0], names, LISTS);
    print_usage_error("there is no list of '%s'%s%s%s", options->arguments.word[0],
                      nearest ? " (did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?)" : "");
    return EXIT_USAGE;
}
