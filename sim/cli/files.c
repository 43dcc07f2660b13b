/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and what is said on the terminal. */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One line on stderr, whatever a name or a value holds. */
static void say(const char *line)
{
    char clean[2048];
    size_t length = 0;
    for (; line[length] && length + 2 < sizeof clean; length++) {
        unsigned char c = (unsigned char)line[length];
        clean[length] = c < ' ' || c == 0x7f ? '?' : line[length];
    }
    clean[length++] = '\n';
    fwrite(clean, 1, length, stderr);
}

static void say_formatted(const char *prefix, const char *format, va_list arguments)
    GCS_PRINTF(2, 0);
static void say_formatted(const char *prefix, const char *format, va_list arguments)
{
    char line[1024];
    size_t length = strlen(prefix);
    memcpy(line, prefix, length);
    vsnprintf(line + length, sizeof line - length, format, arguments);
    say(line);
}

void print_error(const char *file, const struct gcs_error *error)
{
    char line[1024], place[64] = "";
    const char *name = error->file[0] ? error->file : file && *file ? file : "gcsim";
    if (error->line && error->column)
        snprintf(place, sizeof place, "%llu:%llu:", (unsigned long long)error->line,
                 (unsigned long long)error->column);
    else if (error->line)
        snprintf(place, sizeof place, "%llu:", (unsigned long long)error->line);
    snprintf(line, sizeof line, "%.300s:%s %s%s%s", name, place, error->where,
             error->where[0] ? ": " : "", error->text);
    say(line);
}

void print_usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_formatted("gcsim: ", format, arguments);
    va_end(arguments);
}

void print_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_formatted("", format, arguments);
    va_end(arguments);
}

void warn(bool quiet, const char *format, ...)
{
    if (quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    say_formatted("gcsim: warning: ", format, arguments);
    va_end(arguments);
}

void warn_unmet(const char *strategy, const struct gcs_rule *rule)
{
    if (rule->when == GCS_WHEN_MARK)
        warn(false, "strategy %s waits for the mark '%s', which never came", strategy,
             rule->label);
    else
        warn(false, "strategy %s waits for %s, and there %s none", strategy,
             rule->when == GCS_WHEN_IDLE ? "idle time" : "requests to end",
             rule->when == GCS_WHEN_IDLE ? "was" : "were");
}

void print_out(const struct gcs_text *text)
{
    if (text->length)
        fwrite(text->data, 1, text->length, stdout);
}

static bool write_stream(void *to, const void *bytes, size_t count)
{
    return fwrite(bytes, 1, count, to) == count;
}

struct gcs_sink stdout_sink(void)
{
    return (struct gcs_sink){write_stream, stdout};
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

static bool read_stream(FILE *stream, struct bytes *bytes, size_t guess, uint64_t limit)
{
    size_t capacity = guess + 1;
    bytes->data = malloc(capacity);
    while (bytes->data) {
        bytes->size += fread(bytes->data + bytes->size, 1, capacity - bytes->size, stream);
        if (bytes->size < capacity)
            return !ferror(stream);
        if (limit && capacity > limit) {
            errno = EFBIG;
            return false;
        }
        capacity = capacity * 2 + 65536;
        unsigned char *grown = realloc(bytes->data, capacity);
        if (!grown)
            break;
        bytes->data = grown;
    }
    errno = ENOMEM;
    return false;
}

int file_take(const char *path, uint64_t limit, struct bytes *bytes)
{
    struct stat about;
    bool is_stdin = gcs_same(path, "-");
    FILE *stream = is_stdin ? stdin : fopen(path, "rb");
    *bytes = (struct bytes){0};
    if (!stream)
        return errno;
    int why = 0;
    size_t guess = 65536;
    if (fstat(fileno(stream), &about) == 0) {
        if (S_ISDIR(about.st_mode))
            why = EISDIR;
        else if (S_ISREG(about.st_mode) && limit && (uint64_t)about.st_size > limit)
            why = EFBIG;
        else if (S_ISREG(about.st_mode) && about.st_size > 0)
            guess = (size_t)about.st_size;
    }
    if (!why && !read_stream(stream, bytes, guess, limit))
        why = errno;
    if (why)
        bytes_free(bytes);
    if (!is_stdin)
        fclose(stream);
    return why;
}

bool file_read(const char *path, uint64_t limit, struct bytes *bytes)
{
    int why = file_take(path, limit, bytes);
    if (why == EISDIR)
        print_line("%s: is a directory: a workload, a study or a trace is expected", path);
    else if (why)
        print_line("%s: cannot be read: %s", path,
                   why == EFBIG ? "larger than --max-memory allows" : strerror(why));
    errno = why;
    return !why;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_is_regular(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode);
}

bool file_is_special(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

uint64_t memory_available(void)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *stream = fopen("/proc/meminfo", "r");
    while (stream && fgets(line, sizeof line, stream))
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            break;
    if (stream)
        fclose(stream);
    return (uint64_t)kib << 10;
}

char *path_join(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    GCS_REQUIRE(path != NULL);
    snprintf(path, size, "%s/%s", directory, name);
    return path;
}

bool directory_make(const char *path, unsigned *made)
{
    *made = 0;
    if (*path == '\0') {
        print_usage_error("--output: the name of a directory is expected");
        return false;
    }
    char *prefix = path_join(path, "");
    bool done = true;
    for (char *slash = strchr(prefix + 1, '/'); slash && done; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        done = mkdir(prefix, 0777) == 0;
        *made += done;
        done |= errno == EEXIST;
        *slash = '/';
    }
    struct stat about;
    if (done && (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))) {
        errno = ENOTDIR;
        done = false;
    }
    if (!done)
        print_line("%s: cannot be made: %s", path, strerror(errno));
    free(prefix);
    return done;
}

void directory_remove(const char *path, unsigned levels)
{
    char *rest = path_join(path, "");
    while (levels-- > 0) {
        char *slash = strrchr(rest, '/');
        while (slash && slash > rest && slash[1] == '\0') {
            *slash = '\0';
            slash = strrchr(rest, '/');
        }
        if (rmdir(rest) != 0 || !slash)
            break;
        slash[1] = '\0';
    }
    free(rest);
}

/* Temporaries that an interrupt has to take away. Only this file's begin and drop touch them.
 */
enum { TEMPORARIES = 16 };
static char *volatile temporaries[TEMPORARIES];

static void on_interrupt(int number)
{
    for (unsigned i = 0; i < TEMPORARIES; i++)
        if (temporaries[i])
            unlink(temporaries[i]);
    signal(number, SIG_DFL);
    raise(number);
}

static void remember_temporary(char *name)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (unsigned i = 0; i < 3; i++)
        if (signal(signals[i], on_interrupt) == SIG_IGN)
            signal(signals[i], SIG_IGN); /* as nohup wants it */
    for (unsigned i = 0; i < TEMPORARIES; i++)
        if (!temporaries[i]) {
            temporaries[i] = name;
            return;
        }
}

static void forget_temporary(const char *name)
{
    for (unsigned i = 0; i < TEMPORARIES; i++)
        if (temporaries[i] == name)
            temporaries[i] = NULL;
}

/* Devices and pipes are written into; only regular files are replaced. */
bool file_may_begin(const char *path, bool force)
{
    if (*path == '\0') {
        print_usage_error("--output: the name of a file is expected");
        return false;
    }
    if (force || file_is_special(path) || !file_exists(path))
        return true;
    print_line("%s: exists: give another name, or --force", path);
    return false;
}

bool file_begin(struct file_out *out, const char *path, bool force)
{
    *out = (struct file_out){0};
    if (!file_may_begin(path, force))
        return false;
    size_t size = strlen(path) + 32;
    out->path = malloc(size);
    out->temporary = malloc(size);
    GCS_REQUIRE(out->path && out->temporary);
    snprintf(out->path, size, "%s", path);
    out->special = file_is_special(path);
    if (out->special)
        snprintf(out->temporary, size, "%s", path);
    else
        snprintf(out->temporary, size, "%s.part%ld", path, (long)getpid());
    if (!out->special)
        remember_temporary(out->temporary);
    out->stream = fopen(out->temporary, "wb");
    if (out->stream)
        return true;
    print_line("%s: cannot be written: %s", path, strerror(errno));
    file_drop(out);
    return false;
}

struct gcs_sink file_sink(struct file_out *out)
{
    return (struct gcs_sink){write_stream, out->stream};
}

bool file_close(struct file_out *out)
{
    bool failed = ferror((FILE *)out->stream) != 0;
    failed |= fclose(out->stream) != 0;
    out->stream = NULL;
    if (failed)
        print_line("%s: cannot be written: %s", out->path, strerror(errno));
    return !failed;
}

bool file_keep(struct file_out *out)
{
    bool done = out->special || rename(out->temporary, out->path) == 0;
    if (!done)
        print_line("%s: cannot be written: %s", out->path, strerror(errno));
    else
        out->special = true; /* nothing is left to remove */
    file_drop(out);
    return done;
}

void file_drop(struct file_out *out)
{
    if (out->stream)
        fclose(out->stream);
    if (out->temporary && !out->special)
        remove(out->temporary);
    forget_temporary(out->temporary);
    free(out->path);
    free(out->temporary);
    *out = (struct file_out){0};
}

bool file_write(const char *path, const void *data, size_t size, bool force)
{
    struct file_out out;
    if (!file_begin(&out, path, force))
        return false;
    if (size)
        fwrite(data, 1, size, out.stream);
    if (file_close(&out))
        return file_keep(&out);
    file_drop(&out);
    return false;
}
