/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From names and paths to rows of the table. */
#include "config_private.h"

#include <string.h>

size_t gcs_key_count(void)
{
    return gcs_config_key_count;
}

const struct gcs_key *gcs_key_at(size_t index)
{
    GCS_REQUIRE(index < gcs_config_key_count);
    return &gcs_config_keys[index];
}

#define NAME_OF_(name, text)              text,
#define NAME_OF_DOCUMENT_(name, text, at) text,

const char *gcs_document_name(enum gcs_document document)
{
    static const char *const names[] = {GCS_DOCUMENT_LIST(NAME_OF_DOCUMENT_)};
    GCS_REQUIRE(document < GCS_DOCUMENT_COUNT);
    return names[document];
}

const char *gcs_key_type_name(enum gcs_key_type type)
{
    static const char *const names[] = {GCS_KEY_TYPE_LIST(NAME_OF_)};
    GCS_REQUIRE(type < GCS_KEY_TYPE_COUNT);
    return names[type];
}

const struct gcs_key *gcs_config_first_key(enum gcs_document document)
{
    const struct gcs_key *key = gcs_config_keys;
    while (key->document != document) /* every kind has rows */
        key++;
    return key;
}

const char *gcs_config_key_last(const struct gcs_key *key)
{
    const char *dot = strrchr(key->path, '.');
    return dot ? dot + 1 : key->path;
}

bool gcs_config_is_child(const struct gcs_key *map, enum gcs_document document,
                         const struct gcs_key *key)
{
    if (key->document != document)
        return false;
    size_t length = map ? strlen(map->path) : 0;
    if (length && (strncmp(key->path, map->path, length) || key->path[length] != '.'))
        return false;
    return !strchr(key->path + length + (length > 0), '.');
}

/* The row below `map` whose last part is the name, or `*` or `[]`, which take any. */
static const struct gcs_key *find_below(const struct gcs_key *map, enum gcs_document document,
                                        const char *name, size_t length)
{
    for (size_t i = 0; i < gcs_config_key_count; i++) {
        const struct gcs_key *key = &gcs_config_keys[i];
        if (!gcs_config_is_child(map, document, key))
            continue;
        const char *last = gcs_config_key_last(key);
        if (gcs_same(last, "*") || gcs_same(last, "[]") ||
            (strlen(last) == length && !memcmp(last, name, length)))
            return key;
    }
    return NULL;
}

const struct gcs_key *gcs_config_child_key(const struct gcs_node *map, const char *name,
                                           size_t length)
{
    return find_below(gcs_config_map_key_in(map), gcs_config_document_in(map), name, length);
}

const struct gcs_key *gcs_key_find(enum gcs_document document, const char *path)
{
    const struct gcs_key *at = NULL;
    for (const char *part = path;; part++) {
        size_t length = strcspn(part, ".");
        at = find_below(at, document, part, length);
        if (!at)
            return NULL;
        part += length;
        if (!*part)
            return at;
        if (at->type == GCS_KEY_PROGRAM) {
            at = NULL;
            document = GCS_DOCUMENT_WORKLOAD;
        }
    }
}

const char *gcs_config_nearest_key(const struct gcs_node *map, const char *name)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < gcs_config_key_count && count < sizeof names / sizeof names[0]; i++)
        if (gcs_config_is_child(gcs_config_map_key_in(map), gcs_config_document_in(map),
                                &gcs_config_keys[i]))
            names[count++] = gcs_config_key_last(&gcs_config_keys[i]);
    return gcs_nearest(name, names, count);
}

const char *gcs_config_choice_at(const char *choices, size_t index, size_t *length)
{
    for (const char *at = choices;; at++) {
        *length = strcspn(at, "|");
        if (!index--)
            return at;
        at += *length;
        if (!*at)
            return NULL;
    }
}

int gcs_config_choice_find(const char *choices, const char *text, size_t length)
{
    size_t size;
    const char *choice;
    for (size_t i = 0; (choice = gcs_config_choice_at(choices, i, &size)); i++)
        if (size == length && !memcmp(choice, text, length))
            return (int)i;
    return -1;
}

const char *gcs_config_choice_nearest(struct gcs_arena *arena, const char *choices,
                                      const char *text)
{
    const char *names[32];
    size_t count = 0, size;
    const char *choice;
    while (count < 32 && (choice = gcs_config_choice_at(choices, count, &size)))
        names[count++] = gcs_arena_string(arena, choice, size);
    return gcs_nearest(text, names, count);
}
