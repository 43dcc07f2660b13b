/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `gcsim docs` makes of the tables that the program itself uses. */
#ifndef GCSIM_DOCS_H
#define GCSIM_DOCS_H

#include "cli.h"

/** What may stand for an option's value or an argument. */
enum offer_kind {
    OFFER_NOTHING, /* known: numbers, say */
    OFFER_FILES,
    OFFER_WORDS,           /* one of the words */
    OFFER_WORDS_AND_FILES, /* one of them, or a file */
    OFFER_LIST,            /* several of them with commas between */
    OFFER_PREFIXES,        /* one of them, `=`, and a value */
};
struct offer {
    enum offer_kind kind;
    struct gcs_text words; /* with blanks between */
};
/** Of an option's argument as --help shows it ("M[,M...]"), or NULL; offer_fini it. */
struct offer offer_of_option(const char *argument);
/** Of a command's argument, from 0, as its usage shows it. */
struct offer offer_of_argument(const struct command *command, size_t index);
void offer_fini(struct offer *offer);

/** In one go. */
void print_bash(struct gcs_text *text);
void print_zsh(struct gcs_text *text);
void print_fish(struct gcs_text *text);

/** A page: "gcsim", a command's name, or "keys" (section 5). false: no such page. */
bool print_man(const char *page, struct gcs_text *text);
/** Pages by number: NULL behind the last. */
const char *man_page_at(size_t index);
/** "gcsim-run.1" */
void man_file_name(const char *page, char name[64]);

#endif
