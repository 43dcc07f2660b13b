/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From YAML to a tree, strictly. libyaml (0.2.5) accepts duplicate keys, reads an empty file
 * without complaint, does not look for a second document, and counts lines and columns from 0,
 * columns in characters: all four are seen to here.
 */
#include "config_private.h"

#include <yaml.h>

#include <string.h>

/* How far the input has been walked; marks come in rising order, so this is linear. */
struct cursor {
    size_t line; /* from 0, as libyaml has it */
    size_t characters;
    size_t line_start; /* in bytes */
    size_t offset;
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one being looked at */
    struct gcs_config *config;
    const unsigned char *bytes;
    size_t size;
    struct cursor cursor;
    bool defaults; /* reading the table's own YAML: nothing has a place or was given */
    struct gcs_error *error;
};

static enum gcs_status read_node(struct reader *reader, struct gcs_node *node);

/* Bytes of the line break at an offset; what libyaml takes for one. */
static size_t break_length(const struct reader *reader, size_t at)
{
    const unsigned char *c = reader->bytes + at;
    size_t left = reader->size - at;
    if (*c == '\n')
        return 1;
    if (*c == '\r')
        return left > 1 && c[1] == '\n' ? 2 : 1;
    if (left > 1 && c[0] == 0xc2 && c[1] == 0x85)
        return 2;
    return left > 2 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9) ? 3 : 0;
}

static void advance(struct reader *reader)
{
    struct cursor *cursor = &reader->cursor;
    size_t length = break_length(reader, cursor->offset);
    if (length) {
        cursor->offset += length;
        cursor->line_start = cursor->offset;
        cursor->line++;
        cursor->characters = 0;
        return;
    }
    do
        cursor->offset++;
    while (cursor->offset < reader->size && (reader->bytes[cursor->offset] & 0xc0) == 0x80);
    cursor->characters++;
}

/* Line and column in bytes of a mark of libyaml's. */
static void locate(struct reader *reader, size_t line, size_t characters, uint64_t *line_at,
                   uint64_t *column_at)
{
    struct cursor *cursor = &reader->cursor;
    if (line < cursor->line || (line == cursor->line && characters < cursor->characters))
        *cursor = (struct cursor){0};
    while (cursor->offset < reader->size &&
           (cursor->line < line || (cursor->line == line && cursor->characters < characters)))
        advance(reader);
    *line_at = cursor->line + 1;
    *column_at = cursor->offset - cursor->line_start + 1;
}

static enum gcs_status fail_at_mark(struct reader *reader, yaml_mark_t mark, const char *what,
                                    const char *more)
{
    uint64_t line, column;
    locate(reader, mark.line, mark.column, &line, &column);
    return gcs_fail_at(reader->error, line, column, NULL, "%s%s", what, more);
}

static enum gcs_status fail_in_parser(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return gcs_fail(reader->error, GCS_NOMEM, "out of memory");
    const char *problem = parser->problem ? parser->problem : "it makes no sense";
    if (parser->error != YAML_READER_ERROR)
        return fail_at_mark(reader, parser->problem_mark, "not YAML: ", problem);
    reader->cursor = (struct cursor){0};
    while (reader->cursor.offset < reader->size &&
           reader->cursor.offset < parser->problem_offset)
        advance(reader);
    return gcs_fail_at(reader->error, reader->cursor.line + 1,
                       reader->cursor.offset - reader->cursor.line_start + 1, NULL, "%s",
                       problem);
}

/* Moves on to the next event, which stays the reader's. */
static enum gcs_status next(struct reader *reader)
{
    yaml_event_delete(&reader->event);
    if (!yaml_parser_parse(&reader->parser, &reader->event))
        return fail_in_parser(reader);
    const yaml_event_t *event = &reader->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_ALIAS_EVENT) {
        anchor = event->data.alias.anchor;
    } else if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (anchor)
        return fail_at_mark(reader, event->start_mark, "anchors and aliases are not supported",
                            "");
    return tag ? fail_at_mark(reader, event->start_mark, "tags are not supported", "") : GCS_OK;
}

static struct gcs_node *add_here(struct reader *reader, struct gcs_node *parent,
                                 const struct gcs_key *key, const char *name, size_t length)
{
    struct gcs_node *node = gcs_config_add(reader->config, parent, key, name, length);
    if (!reader->defaults) {
        node->given = true;
        locate(reader, reader->event.start_mark.line, reader->event.start_mark.column,
               &node->line, &node->column);
    }
    return node;
}

static enum gcs_status unknown_key(struct reader *reader, struct gcs_node *map,
                                   const char *name)
{
    struct gcs_node *node = add_here(reader, map, NULL, name, strlen(name));
    node->key = map->key ? map->key : gcs_config_first_key(gcs_config_document_in(map));
    const char *nearest = gcs_config_nearest_key(map, name);
    struct gcs_error *error = gcs_node_blame(node, reader->error);
    if (nearest)
        return gcs_fail(error, GCS_INVALID, "unknown key (did you mean '%s'?)", nearest);
    return gcs_fail(error, GCS_INVALID, "unknown key");
}

/* The row of a key or of a user's name, and that it is new here. */
static enum gcs_status check_name(struct reader *reader, struct gcs_node *map, const char *name,
                                  size_t length, const struct gcs_key **key)
{
    bool named = map->key && map->key->type == GCS_KEY_NAMED;
    const unsigned dotted = (unsigned)GCS_KEY_PATHS | GCS_KEY_NUMBERS;
    const char *also = named && map->key->flags & dotted ? "." : "";
    if (!gcs_config_is_name(name, length, also))
        return fail_at_mark(reader, reader->event.start_mark,
                            "not a name (letters, digits, _ and -, at most 63)", "");
    *key = gcs_config_child_key(map, name, length);
    if (!*key)
        return unknown_key(reader, map, name);
    const struct gcs_node *before = gcs_config_child(map, name, length);
    if (before) {
        struct gcs_node *again = add_here(reader, map, *key, name, length);
        return gcs_fail(gcs_node_blame(again, reader->error), GCS_INVALID,
                        "stands here twice, first in line %llu",
                        (unsigned long long)before->line);
    }
    return GCS_OK;
}

static enum gcs_status check_room(struct reader *reader, const struct gcs_node *node)
{
    if (node->count < CONFIG_ENTRIES_MAX)
        return GCS_OK;
    return gcs_fail(gcs_node_blame(node, reader->error), GCS_INVALID, "more than %d entries",
                    CONFIG_ENTRIES_MAX);
}

/* The first key tells the kind of document. */
static enum gcs_status tell_kind(struct reader *reader, struct gcs_node *root, const char *name)
{
    for (unsigned kind = 0; kind < GCS_DOCUMENT_COUNT; kind++)
        if (gcs_same(gcs_document_name(kind), name)) {
            reader->config->document = kind;
            root->choice = kind;
            return GCS_OK;
        }
    return fail_at_mark(
        reader, reader->event.start_mark,
        "the first key must be workload, study, strategy or cost: it tells what "
        "the file is",
        "");
}

static enum gcs_status read_map(struct reader *reader, struct gcs_node *map)
{
    for (;;) {
        GCS_TRY(next(reader));
        const yaml_event_t *event = &reader->event;
        if (event->type == YAML_MAPPING_END_EVENT)
            return GCS_OK;
        if (event->type != YAML_SCALAR_EVENT)
            return fail_at_mark(reader, event->start_mark, "a key must be a plain word", "");
        const char *name = (const char *)event->data.scalar.value;
        size_t length = event->data.scalar.length;
        const struct gcs_key *key = NULL;
        if (!map->key && !map->count)
            GCS_TRY(tell_kind(reader, map, name));
        GCS_TRY(check_room(reader, map));
        GCS_TRY(check_name(reader, map, name, length, &key));
        struct gcs_node *node = add_here(reader, map, key, name, length);
        GCS_TRY(next(reader));
        GCS_TRY(read_node(reader, node));
    }
}

static enum gcs_status read_list(struct reader *reader, struct gcs_node *list)
{
    const struct gcs_key *key = gcs_config_child_key(list, "", 0);
    for (;;) {
        GCS_TRY(next(reader));
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return GCS_OK;
        GCS_TRY(check_room(reader, list));
        struct gcs_node *node = add_here(reader, list, key, NULL, 0);
        GCS_TRY(read_node(reader, node));
    }
}

static enum gcs_status read_scalar(struct reader *reader, struct gcs_node *node)
{
    const yaml_event_t *event = &reader->event;
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!length && plain)
        return gcs_fail(gcs_node_blame(node, reader->error), GCS_INVALID, "has no value");
    if (!reader->defaults) /* a value's own place says more than its key's */
        locate(reader, event->start_mark.line, event->start_mark.column, &node->line,
               &node->column);
    node->no_reference = !plain;
    return gcs_config_assign(reader->config, node, text, length, reader->error);
}

/* Reads the value that the current event begins. This recurses no deeper than the table's paths
 * do: what nests deeper has no row, so it is refused where it begins. */
static enum gcs_status read_node(struct reader *reader, struct gcs_node *node)
{
    const yaml_event_t *event = &reader->event;
    enum gcs_key_type type = node->key ? node->key->type : GCS_KEY_MAP;
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, node);
    if (event->type == YAML_SEQUENCE_START_EVENT && type == GCS_KEY_LIST)
        return read_list(reader, node);
    bool map = type == GCS_KEY_MAP || type == GCS_KEY_NAMED || type == GCS_KEY_PROGRAM;
    if (event->type == YAML_MAPPING_START_EVENT && map)
        return read_map(reader, node);
    return gcs_fail(gcs_node_blame(node, reader->error), GCS_INVALID,
                    "expected a %s, found a %s",
                    map                    ? "map"
                    : type == GCS_KEY_LIST ? "list"
                                           : "plain value",
                    event->type == YAML_MAPPING_START_EVENT ? "map" : "list");
}

static enum gcs_status read_document(struct reader *reader, struct gcs_node *root)
{
    GCS_TRY(next(reader)); /* the stream's start */
    GCS_TRY(next(reader));
    const yaml_event_t *event = &reader->event;
    if (event->type == YAML_STREAM_END_EVENT)
        return gcs_fail_at(reader->error, 1, 1, NULL, "the file is empty");
    if (event->data.document_start.version_directive ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end)
        return fail_at_mark(reader, event->start_mark, "directives are not supported", "");
    GCS_TRY(next(reader));
    if (event->type != YAML_MAPPING_START_EVENT)
        return fail_at_mark(
            reader, event->start_mark,
            "expected keys, the first of them workload, study, strategy or cost", "");
    GCS_TRY(read_map(reader, root));
    if (!root->count && !root->key)
        return gcs_fail_at(reader->error, 1, 1, NULL, "the file is empty");
    GCS_TRY(next(reader)); /* the document's end */
    GCS_TRY(next(reader));
    if (event->type != YAML_STREAM_END_EVENT)
        return fail_at_mark(reader, event->start_mark,
                            "a second document begins here; a file holds one", "");
    return GCS_OK;
}

static enum gcs_status parse(struct gcs_config *config, const void *bytes, size_t size,
                             struct gcs_node *into, bool defaults, struct gcs_error *error)
{
    struct reader reader = {
        .config = config, .bytes = bytes, .size = size, .defaults = defaults, .error = error};
    if (!yaml_parser_initialize(&reader.parser))
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, bytes, size);
    enum gcs_status status = read_document(&reader, into);
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    return status;
}

static bool is_for_start(const struct gcs_node *site)
{
    const struct gcs_node *during = gcs_config_child(site, "during", strlen("during"));
    return during && during->text && gcs_same(during->text, "startup");
}

void gcs_config_graft(struct gcs_config *config, struct gcs_node *named, bool starts)
{
    struct gcs_node defaults = {.key = named->key, .parent = named->parent};
    const char *text = named->key->fallback;
    struct gcs_error error = {0};
    enum gcs_status status = parse(config, text, strlen(text), &defaults, true, &error);
    GCS_REQUIRE(status == GCS_OK); /* the table's own text */
    for (struct gcs_node *child = defaults.first, *following; child; child = following) {
        following = child->next;
        if (gcs_config_child(named, child->name, strlen(child->name)) ||
            (starts && !is_for_start(child)))
            continue;
        child->parent = named;
        child->index = named->count++;
        child->next = NULL;
        *(named->last ? &named->last->next : &named->first) = child;
        named->last = child;
    }
}

/* What the table adds to a map by name that was given. */
static void complete(struct gcs_config *config, struct gcs_node *named)
{
    bool starts = (named->key->flags & GCS_KEY_STARTS) != 0;
    for (const struct gcs_node *child = named->first; child && starts; child = child->next)
        starts = !is_for_start(child);
    if (starts || named->key->flags & GCS_KEY_MERGED)
        gcs_config_graft(config, named, starts);
}

/* Default entries are there from the start, so that overrides find them. */
static void graft_top(struct gcs_config *config, struct gcs_node *top)
{
    for (size_t i = 0; i < gcs_config_key_count; i++) {
        const struct gcs_key *key = &gcs_config_keys[i];
        if (!gcs_config_is_child(NULL, gcs_config_document_in(top), key) ||
            key->type != GCS_KEY_NAMED)
            continue;
        struct gcs_node *node = gcs_config_child(top, key->path, strlen(key->path));
        if (node)
            complete(config, node);
        else
            gcs_config_graft(
                config, gcs_config_add(config, top, key, key->path, strlen(key->path)), false);
    }
}

enum gcs_status gcs_config_read(const void *bytes, size_t size, struct gcs_arena *arena,
                                struct gcs_config **config, struct gcs_error *error)
{
    if (size > CONFIG_BYTES_MAX)
        return gcs_fail(error, GCS_INVALID, "larger than 1 MiB: this is no configuration");
    struct gcs_config *made = gcs_arena_push(arena, sizeof *made);
    made->arena = arena;
    made->root = gcs_arena_push(arena, sizeof *made->root);
    made->root->line = made->root->column = 1;
    GCS_TRY(parse(made, size ? bytes : "", size, made->root, false, error));
    graft_top(made, made->root);
    for (struct gcs_node *child = made->root->first; child; child = child->next)
        if (child->key->type == GCS_KEY_PROGRAM)
            graft_top(made, child);
    *config = made;
    return GCS_OK;
}
