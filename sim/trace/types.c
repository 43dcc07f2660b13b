/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names: of kinds and actions, and what a name may consist of. */
#include "trace_private.h"

const char *gcs_kind_name(enum gcs_kind kind)
{
#define NAME(name, text) text,
    static const char *const names[] = {GCS_KIND_LIST(NAME)};
    return names[kind];
}

const char *gcs_gc_name(enum gcs_gc action)
{
    static const char *const names[] = {GCS_GC_LIST(NAME)};
    return names[action];
}

/* Bytes of the character at `at` in well-formed UTF-8 (Unicode 15, table 3-7); 0: none. */
static size_t character_bytes(const unsigned char *at, size_t left)
{
    unsigned low = 0x80, high = 0xbf;
    size_t bytes = at[0] < 0x80                     ? 1
                   : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                   : (at[0] & 0xf0) == 0xe0         ? 3
                   : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                    : 0;
    if (bytes < 2 || bytes > left)
        return bytes > left ? 0 : bytes;
    if (at[0] == 0xe0)
        low = 0xa0; /* shorter forms exist */
    if (at[0] == 0xed)
        high = 0x9f; /* surrogates */
    if (at[0] == 0xf0)
        low = 0x90;
    if (at[0] == 0xf4)
        high = 0x8f; /* beyond U+10FFFF */
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < bytes; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return bytes;
}

bool gcs_name_is_clean(const char *name, size_t length)
{
    const unsigned char *at = (const unsigned char *)name;
    for (size_t i = 0, bytes; i < length; i += bytes) {
        bytes = character_bytes(at + i, length - i);
        if (!bytes || at[i] <= ' ' || at[i] == 0x7f)
            return false;
    }
    return true;
}
