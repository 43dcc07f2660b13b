/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees as YAML, in the order of the table; the table as a page. */
#include "config_private.h"

#include <string.h>

/* Whether a text can stand in YAML without quotes and means itself there. */
static bool is_plain(const char *text, size_t length)
{
    static const char inside[] = "_./$+,%=()<>^ -";
    bool colon = false;
    if (!length || text[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (colon && !word)
            return false;
        colon = c == ':';
        if (!word && !(i && colon) && !strchr(i ? inside : "_./$", c))
            return false;
    }
    return !colon;
}

static void print_scalar(const struct gcs_node *node, struct gcs_text *text)
{
    const char *bare = node->text;
    if (is_plain(bare, node->length) && !(node->no_reference && *bare == '$')) {
        gcs_text_add_bytes(text, bare, node->length);
        return;
    }
    gcs_text_add_bytes(text, "\"", 1);
    for (size_t i = 0; i < node->length; i++) {
        const char *escape = bare[i] == '\n'   ? "\\n"
                             : bare[i] == '\t' ? "\\t"
                             : bare[i] == '"'  ? "\\\""
                             : bare[i] == '\\' ? "\\\\"
                                               : NULL;
        gcs_text_add_bytes(text, escape ? escape : bare + i, escape ? 2 : 1);
    }
    gcs_text_add_bytes(text, "\"", 1);
}

static void indent(struct gcs_text *text, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        gcs_text_add_bytes(text, "  ", 2);
}

static void print_node(const struct gcs_node *node, struct gcs_text *text, unsigned depth);

/* A list within a list, such as a point of a curve, takes one line. */
static void print_flow(const struct gcs_node *list, struct gcs_text *text)
{
    gcs_text_add(text, "[");
    for (const struct gcs_node *child = list->first; child; child = child->next) {
        gcs_text_add(text, child == list->first ? "" : ", ");
        print_scalar(child, text);
    }
    gcs_text_add(text, "]");
}

static void print_list(const struct gcs_node *list, struct gcs_text *text, unsigned depth)
{
    gcs_text_add(text, "\n");
    for (const struct gcs_node *child = list->first; child; child = child->next) {
        indent(text, depth);
        if (gcs_config_is_scalar(child->key)) {
            gcs_text_add(text, "- ");
            print_scalar(child, text);
        } else if (child->key->type == GCS_KEY_LIST) {
            gcs_text_add(text, "- ");
            print_flow(child, text);
        } else {
            gcs_text_add(text, "-\n");
            print_node(child, text, depth + 1);
            continue;
        }
        gcs_text_add(text, "\n");
    }
}

static void print_entry(const struct gcs_node *node, struct gcs_text *text, unsigned depth)
{
    indent(text, depth);
    gcs_text_add(text, "%s:", node->name);
    if (gcs_config_is_scalar(node->key)) {
        gcs_text_add(text, " ");
        print_scalar(node, text);
        gcs_text_add(text, "\n");
    } else if (!node->count) {
        gcs_text_add(text, node->key->type == GCS_KEY_LIST ? " []\n" : " {}\n");
    } else if (node->key->type == GCS_KEY_LIST) {
        print_list(node, text, depth + 1);
    } else {
        gcs_text_add(text, "\n");
        print_node(node, text, depth + 1);
    }
}

/* The entries of a map: a user's names in the order of the file, keys in that of the table. */
static void print_node(const struct gcs_node *node, struct gcs_text *text, unsigned depth)
{
    if (node->key && node->key->type == GCS_KEY_NAMED) {
        for (const struct gcs_node *child = node->first; child; child = child->next)
            print_entry(child, text, depth);
        return;
    }
    for (size_t i = 0; i < gcs_config_key_count; i++) {
        const struct gcs_key *key = &gcs_config_keys[i];
        if (!gcs_config_is_child(gcs_config_map_key_in(node), gcs_config_document_in(node),
                                 key))
            continue;
        const char *name = gcs_config_key_last(key);
        const struct gcs_node *child = gcs_config_child(node, name, strlen(name));
        if (child)
            print_entry(child, text, depth);
    }
}

void gcs_config_print(const struct gcs_config *config, struct gcs_text *text)
{
    GCS_REQUIRE(config->finished);
    print_node(config->root, text, 0);
}

/*
 * docs/keys.md
 */
static const char *unit_name(const struct gcs_key *key)
{
    if (key->flags & GCS_KEY_EITHER)
        return "count or time";
    return key->unit == GCS_UNIT_BYTES ? "bytes" : key->unit == GCS_UNIT_TIME ? "time" : "";
}

static bool is_number(const struct gcs_key *key)
{
    return key->type == GCS_KEY_WHOLE || key->type == GCS_KEY_REAL;
}

void gcs_key_print_bounds(const struct gcs_key *key, struct gcs_text *text)
{
    if (!is_number(key))
        return;
    if (key->maximum >= 1e15)
        gcs_text_add(text, "≥ %g", key->minimum);
    else
        gcs_text_add(text, "%g … %g", key->minimum, key->maximum);
}

/* `a|b|c` for a cell of a table, which a bar would end. */
static void print_choices(const char *choices, struct gcs_text *text)
{
    size_t length;
    const char *choice;
    for (size_t i = 0; (choice = gcs_config_choice_at(choices, i, &length)); i++)
        gcs_text_add(text, "%s`%.*s`", i ? ", " : "", (int)length, choice);
}

/* What a key may hold, in one cell of a table. */
static void print_values(const struct gcs_key *key, struct gcs_text *text)
{
    if (key->choices)
        print_choices(key->choices, text);
    else
        gcs_text_add(text, "%s", gcs_key_type_name(key->type));
    if (is_number(key)) {
        gcs_text_add(text, " ");
        gcs_key_print_bounds(key, text);
    }
    if (key->flags & GCS_KEY_AUTO)
        gcs_text_add(text, " or `auto`");
}

static void print_default(const struct gcs_key *key, struct gcs_text *text)
{
    bool entries = key->fallback && strchr(key->fallback, '\n');
    if (key->flags & GCS_KEY_OPTIONAL)
        gcs_text_add(text, "absent");
    else if (entries)
        gcs_text_add(text, "see below");
    else if (key->fallback)
        gcs_text_add(text, "`%s`", *key->fallback ? key->fallback : "\"\"");
    else if (key->type != GCS_KEY_MAP && !strchr("*[", *gcs_config_key_last(key)))
        gcs_text_add(text, "must be given");
}

static void print_row(const struct gcs_key *key, struct gcs_text *text)
{
    gcs_text_add(text, "| `%s` | ", key->path);
    print_values(key, text);
    gcs_text_add(text, " | %s | ", unit_name(key));
    print_default(key, text);
    gcs_text_add(text, " | %s", key->help);
    if (key->only_if) {
        size_t length = strcspn(key->only_if, "=");
        gcs_text_add(text, "; only with `%.*s` ", (int)length, key->only_if);
        print_choices(key->only_if + length + 1, text);
    }
    if (key->plain && key->type == GCS_KEY_MAP)
        gcs_text_add(text, "; a plain value stands for `%s`", key->plain);
    gcs_text_add(text, " |\n");
}

void gcs_keys_print(struct gcs_text *text)
{
    gcs_text_add(
        text,
        "# Keys\n\n"
        "Generated from the table of keys: `gcsim list keys` prints the same.\n"
        "`*` stands for a name of your own, `[]` for a place in a list (from 0).\n"
        "Numbers take `k M G`, bytes `KiB MiB GiB`, times `ns us ms s`; in a workload a\n"
        "number may be `$key`: what that key at its top holds. `-s PATH=VALUE` overrides\n"
        "any key, and any number can be an axis of a sweep.\n"
        "Parameters of a distribution, `value` and `mean` apart, stand once: below\n"
        "`types.*.payload`. Elsewhere they have the unit and the bounds of their place.\n");
    for (unsigned document = 0; document < GCS_DOCUMENT_COUNT; document++) {
        gcs_text_add(text, "\n## %s\n\n", gcs_document_name(document));
        gcs_text_add(text,
                     "| key | values | unit | default | meaning |\n|---|---|---|---|---|\n");
        for (size_t i = 0; i < gcs_config_key_count; i++)
            if (gcs_config_keys[i].document == document && gcs_key_is_told(&gcs_config_keys[i]))
                print_row(&gcs_config_keys[i], text);
        for (size_t i = 0; i < gcs_config_key_count; i++) {
            const struct gcs_key *key = &gcs_config_keys[i];
            if (key->document == document && key->fallback && strchr(key->fallback, '\n'))
                gcs_text_add(text, "\nDefault of `%s`:\n\n```yaml\n%s```\n", key->path,
                             key->fallback);
        }
    }
}
