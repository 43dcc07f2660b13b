/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of a document: adding, finding, overriding, and what others may ask of it. */
#include "config_private.h"

#include <string.h>

enum gcs_document gcs_config_document_in(const struct gcs_node *map)
{
    if (!map->key)
        return map->choice; /* the root's */
    return map->key->type == GCS_KEY_PROGRAM ? GCS_DOCUMENT_WORKLOAD : map->key->document;
}

const struct gcs_key *gcs_config_map_key_in(const struct gcs_node *map)
{
    return !map->key || map->key->type == GCS_KEY_PROGRAM ? NULL : map->key;
}

bool gcs_config_is_scalar(const struct gcs_key *key)
{
    switch (key->type) {
    case GCS_KEY_MAP:
    case GCS_KEY_NAMED:
    case GCS_KEY_LIST:
    case GCS_KEY_PROGRAM:
        return false;
    case GCS_KEY_WHOLE:
    case GCS_KEY_REAL:
    case GCS_KEY_FLAG:
    case GCS_KEY_TEXT:
    case GCS_KEY_NAME:
    case GCS_KEY_CHOICE:
    case GCS_KEY_TYPE_COUNT:
        break;
    }
    return true;
}

bool gcs_config_is_name(const char *text, size_t length, const char *also)
{
    if (!length || length > CONFIG_NAME_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c != '_' && c != '-' && !(c && strchr(also, c)))
            return false;
    }
    return true;
}

struct gcs_node *gcs_config_add(struct gcs_config *config, struct gcs_node *parent,
                                const struct gcs_key *key, const char *name, size_t length)
{
    struct gcs_node *node = gcs_arena_push(config->arena, sizeof *node);
    node->key = key;
    node->name = name ? gcs_arena_string(config->arena, name, length) : NULL;
    node->parent = parent;
    node->index = parent->count++;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    return node;
}

struct gcs_node *gcs_config_child(const struct gcs_node *map, const char *name, size_t length)
{
    for (struct gcs_node *child = map->first; child; child = child->next)
        if (child->name && strlen(child->name) == length && !memcmp(child->name, name, length))
            return child;
    return NULL;
}

/* Joins the path of a node behind `at`; what does not fit is left out. */
static size_t write_path(const struct gcs_node *node, char *into, size_t size)
{
    size_t at = node->parent && node->parent->key ? write_path(node->parent, into, size) : 0;
    char digits[24];
    const char *name = node->name;
    if (!name) {
        size_t first = sizeof digits - 1;
        size_t number = node->index;
        digits[first] = '\0';
        do {
            digits[--first] = (char)('0' + number % 10);
            number /= 10;
        } while (number);
        name = digits + first;
    }
    if (at && at + 1 < size)
        into[at++] = '.';
    for (; *name && at + 1 < size; name++)
        into[at++] = *name;
    into[at] = '\0';
    return at;
}

struct gcs_error *gcs_node_blame(const struct gcs_node *node, struct gcs_error *error)
{
    if (!error || error->status != GCS_OK)
        return error;
    const struct gcs_node *placed = node; /* a default's place is that of what it completes */
    while (!placed->line && !placed->set && placed->parent)
        placed = placed->parent;
    error->line = placed->line;
    error->column = placed->column;
    error->where[0] = '\0';
    if (node->key)
        write_path(node, error->where, sizeof error->where);
    if (placed->set)
        memcpy(error->file, "--set", sizeof "--set");
    return error;
}

/* The bytes of the UTF-8 character at the head of the text; 0: there is none. */
static size_t character_length(const unsigned char *text, size_t length)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = *text < 0x80 ? 1 : *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;
    if (size == 1)
        return 1;
    if (*text < 0xc2 || *text > 0xf4 || size > length)
        return 0;
    unsigned code = *text & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < least[size] || surrogate || code > 0x10ffff ? 0 : size;
}

enum gcs_status gcs_config_check_text(const struct gcs_node *node, const char *text,
                                      size_t length, struct gcs_error *error)
{
    for (size_t at = 0; at < length;) {
        const unsigned char *c = (const unsigned char *)text + at;
        size_t size = character_length(c, length - at);
        if (!size)
            return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "not valid UTF-8");
        if ((*c < ' ' && *c != '\n' && *c != '\t') || *c == 0x7f)
            return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                            "control characters are not allowed");
        at += size;
    }
    return GCS_OK;
}

static enum gcs_status assign_in_map(struct gcs_config *config, struct gcs_node *node,
                                     const char *text, size_t length, struct gcs_error *error)
{
    const struct gcs_key *key = node->key;
    if (key->type == GCS_KEY_PROGRAM || (key->type != GCS_KEY_LIST && !key->plain))
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                        "expected a map, found a plain value");
    const char *name = key->type == GCS_KEY_MAP     ? key->plain
                       : key->type == GCS_KEY_NAMED ? text
                                                    : NULL;
    size_t size = key->type == GCS_KEY_NAMED ? length : name ? strlen(name) : 0;
    if (key->type == GCS_KEY_NAMED && !gcs_config_is_name(text, length, ""))
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "not a name: '%s'", text);
    struct gcs_node *child = gcs_config_add(
        config, node, gcs_config_child_key(node, name ? name : "", size), name, size);
    child->given = true;
    child->set = node->set;
    child->line = node->line;
    child->column = node->column;
    child->no_reference = node->no_reference;
    if (key->type != GCS_KEY_NAMED)
        return gcs_config_assign(config, child, text, length, error);
    return gcs_config_assign(config, child, key->plain, strlen(key->plain), error);
}

enum gcs_status gcs_config_assign(struct gcs_config *config, struct gcs_node *node,
                                  const char *text, size_t length, struct gcs_error *error)
{
    GCS_TRY(gcs_config_check_text(node, text, length, error));
    node->first = node->last = NULL;
    node->count = 0;
    if (!gcs_config_is_scalar(node->key))
        return assign_in_map(config, node, text, length, error);
    node->text = gcs_arena_string(config->arena, text, length);
    node->length = length;
    return GCS_OK;
}

/*
 * Overrides
 */
static enum gcs_status no_such_entry(struct gcs_config *config, const struct gcs_node *map,
                                     const char *name, struct gcs_error *error)
{
    const char *nearest;
    if (map->key && map->key->type == GCS_KEY_NAMED) {
        const char **names = gcs_arena_push(config->arena, (map->count + 1) * sizeof *names);
        size_t count = 0;
        for (const struct gcs_node *child = map->first; child; child = child->next)
            names[count++] = child->name;
        nearest = gcs_nearest(name, names, count);
    } else {
        nearest = gcs_config_nearest_key(map, name);
    }
    if (nearest)
        return gcs_fail(error, GCS_INVALID, "there is no '%s' (did you mean '%s'?)", name,
                        nearest);
    return gcs_fail(error, GCS_INVALID, "there is no '%s'", name);
}

/* One step of a path; a key of a fixed map that is absent so far is added. */
static struct gcs_node *step(struct gcs_config *config, struct gcs_node *at, const char *name,
                             size_t length)
{
    const struct gcs_key *map = gcs_config_map_key_in(at);
    struct gcs_node *child = NULL;
    if (map && map->type == GCS_KEY_LIST) {
        uint64_t index;
        const char *why;
        if (!gcs_parse_whole(name, length, GCS_UNIT_NONE, &index, &why))
            return NULL;
        for (child = at->first; child && child->index != index;)
            child = child->next;
        return child;
    }
    if (map && gcs_config_is_scalar(map))
        return NULL;
    child = gcs_config_child(at, name, length);
    if (child || (map && map->type == GCS_KEY_NAMED))
        return child;
    const struct gcs_key *key = gcs_config_child_key(at, name, length);
    return key ? gcs_config_add(config, at, key, name, length) : NULL;
}

/* The node at a path; NULL, with *at_fault and *part where it went wrong. */
static struct gcs_node *walk(struct gcs_config *config, struct gcs_node *from, const char *path,
                             struct gcs_node **at_fault, const char **part)
{
    struct gcs_node *at = from;
    for (*part = path;; (*part)++) {
        size_t length = strcspn(*part, ".");
        *at_fault = at;
        at = step(config, at, *part, length);
        if (!at || !(*part)[length])
            return at;
        *part += length;
    }
}

/* Blames an override as it was written; what the shell let through may not break the line. */
static void blame_override(const char *path, struct gcs_error *error)
{
    size_t at = 0;
    if (!error || error->status != GCS_OK)
        return;
    error->line = error->column = 0;
    memcpy(error->file, "--set", sizeof "--set");
    for (; path[at] && at + 1 < sizeof error->where; at++)
        error->where[at] = (unsigned char)path[at] < ' ' || path[at] == 0x7f ? '?' : path[at];
    error->where[at] = '\0';
}

enum gcs_status gcs_config_set(struct gcs_config *config, const char *path, const char *value,
                               struct gcs_error *error)
{
    GCS_REQUIRE(!config->finished);
    struct gcs_node *at_fault;
    const char *part;
    struct gcs_node *root = config->root;
    struct gcs_node *program = gcs_config_child(root, "program", strlen("program"));
    struct gcs_node *node = walk(config, root, path, &at_fault, &part);
    if (!node && at_fault == root && program && config->document == GCS_DOCUMENT_STUDY)
        node = walk(config, root = program, path, &at_fault, &part);
    blame_override(path, error);
    if (!node) {
        const char *name = gcs_arena_string(config->arena, part, strcspn(part, "."));
        return no_such_entry(config, at_fault, name, error);
    }
    struct gcs_node *up = node;
    for (; up && up->key; up = up->parent) /* what leads there is given now */
        up->given = true;
    node->set = true;
    node->line = node->column = 0;
    node->no_reference = false;
    GCS_TRY(gcs_config_assign(config, node, value, strlen(value), error));
    if (error && error->status == GCS_OK)
        error->file[0] = error->where[0] = '\0';
    return GCS_OK;
}

/*
 * Accessors
 */
enum gcs_document gcs_config_document(const struct gcs_config *config)
{
    return config->document;
}

const char *gcs_config_name(const struct gcs_config *config)
{
    return gcs_node_text(config->root, gcs_document_name(config->document));
}

enum gcs_status gcs_config_expect(const struct gcs_config *config, enum gcs_document document,
                                  struct gcs_error *error)
{
#define BELONGS_(name, text, at) at,
    static const char *const belongs[] = {GCS_DOCUMENT_LIST(BELONGS_)};
    if (config->document == document)
        return GCS_OK;
    return gcs_fail(gcs_node_blame(config->root->first, error), GCS_INVALID,
                    "expected a %s, found %s", gcs_document_name(document),
                    belongs[config->document]);
}

const struct gcs_config *gcs_config_program(const struct gcs_config *config)
{
    return config->program;
}

const struct gcs_node *gcs_config_root(const struct gcs_config *config)
{
    return config->root;
}

const struct gcs_node *gcs_node_at(const struct gcs_node *node, const char *path)
{
    for (const char *part = path; node; part++) {
        size_t length = strcspn(part, ".");
        node = gcs_config_child(node, part, length);
        part += length;
        if (!*part)
            break;
    }
    return node;
}

/* The scalar at a path, or the node itself for "". */
static const struct gcs_node *scalar_at(const struct gcs_node *node, const char *path)
{
    const struct gcs_node *found = *path ? gcs_node_at(node, path) : node;
    GCS_REQUIRE(found != NULL && gcs_config_is_scalar(found->key));
    return found;
}

double gcs_node_real(const struct gcs_node *node, const char *path)
{
    return scalar_at(node, path)->real;
}

uint64_t gcs_node_whole(const struct gcs_node *node, const char *path)
{
    return scalar_at(node, path)->whole;
}

bool gcs_node_flag(const struct gcs_node *node, const char *path)
{
    return scalar_at(node, path)->choice == 1;
}

const char *gcs_node_text(const struct gcs_node *node, const char *path)
{
    return scalar_at(node, path)->text;
}

unsigned gcs_node_choice(const struct gcs_node *node, const char *path)
{
    return scalar_at(node, path)->choice;
}

bool gcs_node_auto(const struct gcs_node *node, const char *path)
{
    return scalar_at(node, path)->automatic;
}

size_t gcs_node_count(const struct gcs_node *node)
{
    return node->count;
}

const struct gcs_node *gcs_node_entry(const struct gcs_node *node, size_t index)
{
    const struct gcs_node *child = node->first;
    while (child && index--)
        child = child->next;
    GCS_REQUIRE(child != NULL);
    return child;
}

const char *gcs_node_name(const struct gcs_node *node)
{
    GCS_REQUIRE(node->name != NULL);
    return node->name;
}

double gcs_node_named(const struct gcs_node *node)
{
    return node->named;
}
