/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gcsim docs: man pages and completions, one or all of them. */
#include "docs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What there is to offer
 */
static void add_word(struct gcs_text *words, const char *word)
{
    gcs_text_add(words, "%s%s", words->length ? " " : "", word);
}

static void add_models(struct gcs_text *words)
{
    size_t count;
    const struct gcs_model *models = gcs_models(&count);
    for (size_t i = 0; i < count; i++)
        add_word(words, models[i].name);
}

static void add_embedded(const char *kind, struct gcs_text *words)
{
    for (size_t i = 0; i < embedded_count; i++)
        if (gcs_same(embedded_files[i].kind, kind))
            add_word(words, embedded_files[i].name);
}

static void add_strategies(struct gcs_text *words)
{
    add_embedded("strategies", words);
}

static void add_costs(struct gcs_text *words)
{
    add_embedded("costs", words);
}

/* Keys of workloads that have no name of one's own in them. */
static void add_keys(struct gcs_text *words)
{
    for (size_t i = 0; i < gcs_key_count(); i++) {
        const struct gcs_key *key = gcs_key_at(i);
        if (key->document == GCS_DOCUMENT_WORKLOAD && !strpbrk(key->path, "*[") &&
            key->type != GCS_KEY_NAMED && key->type != GCS_KEY_LIST && key->type != GCS_KEY_MAP)
            add_word(words, key->path);
    }
}

static void add_columns(struct gcs_text *words)
{
    for (size_t i = 0; i < gcs_summary_file.count; i++)
        add_word(words, gcs_summary_file.columns[i].name);
}

/* Those that --max can be told of. */
static void add_figures(struct gcs_text *words)
{
    for (size_t i = 0; i < gcs_summary_file.count; i++)
        if (gcs_summary_file.columns[i].cell != GCS_CELL_TEXT)
            add_word(words, gcs_summary_file.columns[i].name);
}

static void add_tables(struct gcs_text *words)
{
    for (unsigned i = 0; i < GCS_INFO_COUNT; i++)
        add_word(words, gcs_info_file((enum gcs_info)i)->name);
}

/* Arguments of options, as --help shows them. */
static const struct {
    const char *argument;
    enum offer_kind kind;
    void (*add)(struct gcs_text *words);
} places[] = {
    {"M[,M...]", OFFER_LIST, add_models},
    {"NAME[,NAME...]", OFFER_LIST, add_strategies},
    {"PROFILE", OFFER_WORDS_AND_FILES, add_costs},
    {"KEY=VALUE", OFFER_PREFIXES, add_keys},
    {"COLUMN=VALUE", OFFER_PREFIXES, add_figures},
    {"COLUMN[,COLUMN...]", OFFER_LIST, add_columns},
    {"TABLE", OFFER_WORDS, add_tables},
    {"PATH", OFFER_FILES, NULL},
};

/* "honour|ignore", `length` bytes of it: words, none of which stands for something else. */
static bool is_choice(const char *text, size_t length)
{
    bool several = false;
    for (size_t i = 0; i < length; i++) {
        several |= text[i] == '|';
        if (!islower((unsigned char)text[i]) && text[i] != '|' && text[i] != '-')
            return false;
    }
    return several;
}

static void add_choices(const char *text, size_t length, struct gcs_text *words)
{
    for (size_t i = 0; i < length; i++)
        gcs_text_add_bytes(words, text[i] == '|' ? " " : text + i, 1);
}

struct offer offer_of_option(const char *argument)
{
    struct offer offer = {.kind = OFFER_NOTHING};
    gcs_text_init(&offer.words, NULL);
    if (!argument)
        return offer;
    if (is_choice(argument, strlen(argument))) {
        offer.kind = OFFER_WORDS;
        add_choices(argument, strlen(argument), &offer.words);
        return offer;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (gcs_same(places[i].argument, argument)) {
            offer.kind = places[i].kind;
            if (places[i].add)
                places[i].add(&offer.words);
        }
    return offer;
}

struct offer offer_of_argument(const struct command *command, size_t index)
{
    struct offer offer = {.kind = OFFER_NOTHING};
    const char *word = command->usage;
    gcs_text_init(&offer.words, NULL);
    for (; index > 0 && *word; index--) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    size_t length = strcspn(word, " ");
    if (is_choice(word, length)) {
        offer.kind = OFFER_WORDS;
        add_choices(word, length, &offer.words);
    } else if (length >= 5 && memcmp(word, "INPUT", 5) == 0) {
        offer.kind = OFFER_WORDS_AND_FILES;
        add_embedded("workloads", &offer.words);
        for (size_t i = 5; i < length; i++)
            if (strncmp(word + i, "STUDY", 5) == 0)
                add_embedded("studies", &offer.words);
    }
    return offer;
}

void offer_fini(struct offer *offer)
{
    gcs_text_fini(&offer->words);
}

/*
 * The command
 */
static const struct {
    const char *name;
    void (*print)(struct gcs_text *text);
    const char *directory, *file; /* below share/, where the shell looks */
} shells[] = {
    {"bash", print_bash, "bash-completion/completions", "gcsim"},
    {"zsh", print_zsh, "zsh/site-functions", "_gcsim"},
    {"fish", print_fish, "fish/vendor_completions.d", "gcsim.fish"},
};
enum { SHELLS = sizeof shells / sizeof shells[0] };

static bool write_one(const struct options *options, const char *directory, const char *file,
                      const struct gcs_text *text)
{
    unsigned made;
    char *folder = path_join(options->output, directory), *path = path_join(folder, file);
    bool done = directory_make(folder, &made) &&
                file_write(path, text->data, text->length, options->force);
    free(path);
    free(folder);
    return done;
}

static int write_all(const struct options *options)
{
    struct gcs_text text;
    const char *page;
    bool done = true;
    if (!options->output) {
        print_usage_error("docs: -o DIRECTORY is needed: what goes below share/");
        return EXIT_USAGE;
    }
    for (size_t i = 0; done && i < SHELLS; i++) {
        gcs_text_init(&text, NULL);
        shells[i].print(&text);
        done = write_one(options, shells[i].directory, shells[i].file, &text);
        gcs_text_fini(&text);
    }
    for (size_t i = 0; done && (page = man_page_at(i)) != NULL; i++) {
        char file[64];
        man_file_name(page, file);
        gcs_text_init(&text, NULL);
        print_man(page, &text);
        done = write_one(options, strstr(file, ".5") ? "man/man5" : "man/man1", file, &text);
        gcs_text_fini(&text);
    }
    return done ? EXIT_DONE : EXIT_FAILED;
}

static int unknown_page(const char *name)
{
    const char *pages[64], *nearest;
    size_t count = 0;
    while (count < 64 && (pages[count] = man_page_at(count)) != NULL)
        count++;
    nearest = gcs_nearest(name, pages, count);
    print_usage_error("docs: there is no page '%s'%s%s%s", name,
                      nearest ? " (did you mean '" : ": gcsim, a command, or keys",
                      nearest ? nearest : "", nearest ? "'?)" : "");
    return EXIT_USAGE;
}

int command_docs(const struct options *options)
{
    const struct words *words = &options->arguments;
    const char *what = words->count ? words->word[0] : "";
    bool man = gcs_same(what, "man");
    struct gcs_text text;
    int code = EXIT_USAGE;
    if (gcs_same(what, "all") && words->count == 1)
        return write_all(options);
    gcs_text_init(&text, NULL);
    if (words->count == 1 || (man && words->count == 2)) {
        const char *page = words->count == 2 ? words->word[1] : "gcsim";
        for (size_t i = 0; i < SHELLS; i++)
            if (gcs_same(what, shells[i].name))
                shells[i].print(&text);
        if (man && !print_man(page, &text)) {
            gcs_text_fini(&text);
            return unknown_page(page);
        }
    }
    if (text.length) {
        print_out(&text);
        code = EXIT_DONE;
    } else {
        print_usage_error("docs: man [PAGE], bash, zsh, fish, or all -o DIRECTORY");
    }
    gcs_text_fini(&text);
    return code;
}
