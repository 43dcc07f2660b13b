/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and what is said on the terminal. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void print_error(const char *file, const struct gcs_error *error)
{
    const char *name = error->file[0] ? error->file : file;
    if (name && *name)
        fprintf(stderr, "%s:", name);
    else
        fprintf(stderr, "gcsim:");
    if (error->line)
        fprintf(stderr, "%llu:", (unsigned long long)error->line);
    if (error->line && error->column)
        fprintf(stderr, "%llu:", (unsigned long long)error->column);
    if (error->where[0])
        fprintf(stderr, " %s:", error->where);
    fprintf(stderr, " %s\n", error->text);
}

void print_usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("gcsim: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void warn(bool quiet, const char *format, ...)
{
    if (quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    fputs("gcsim: warning: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
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

static bool read_stream(FILE *stream, struct bytes *bytes, size_t guess)
{
    size_t capacity = guess + 1;
    bytes->data = malloc(capacity);
    while (bytes->data) {
        bytes->size += fread(bytes->data + bytes->size, 1, capacity - bytes->size, stream);
        if (bytes->size < capacity)
            return !ferror(stream);
        capacity = capacity * 2 + 65536;
        unsigned char *grown = realloc(bytes->data, capacity);
        if (!grown)
            break;
        bytes->data = grown;
    }
    errno = ENOMEM;
    return false;
}

bool file_read(const char *path, struct bytes *bytes)
{
    struct stat about;
    bool is_stdin = gcs_same(path, "-");
    FILE *stream = is_stdin ? stdin : fopen(path, "rb");
    *bytes = (struct bytes){0};
    if (!stream) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        return false;
    }
    size_t guess = 65536;
    if (fstat(fileno(stream), &about) == 0) {
        if (S_ISDIR(about.st_mode)) {
            fprintf(stderr, "%s: is a directory: a workload, a study or a trace is expected\n",
                    path);
            if (!is_stdin)
                fclose(stream);
            return false;
        }
        if (S_ISREG(about.st_mode) && about.st_size > 0)
            guess = (size_t)about.st_size;
    }
    bool done = read_stream(stream, bytes, guess);
    if (!done) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        bytes_free(bytes);
    }
    if (!is_stdin)
        fclose(stream);
    return done;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

char *path_join(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    GCS_REQUIRE(path != NULL);
    snprintf(path, size, "%s/%s", directory, name);
    return path;
}

bool directory_make(const char *path)
{
    char *prefix = path_join(path, "");
    bool done = true;
    for (char *slash = strchr(prefix + 1, '/'); slash && done; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        done = mkdir(prefix, 0777) == 0 || errno == EEXIST;
        *slash = '/';
    }
    struct stat about;
    if (done && (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))) {
        errno = ENOTDIR;
        done = false;
    }
    if (!done)
        fprintf(stderr, "%s: cannot be made: %s\n", path, strerror(errno));
    free(prefix);
    return done;
}

bool file_begin(struct file_out *out, const char *path, bool force)
{
    *out = (struct file_out){0};
    if (!force && file_exists(path)) {
        fprintf(stderr, "%s: exists: give another name, or --force\n", path);
        return false;
    }
    size_t size = strlen(path) + 32;
    out->path = malloc(size);
    out->temporary = malloc(size);
    GCS_REQUIRE(out->path && out->temporary);
    snprintf(out->path, size, "%s", path);
    snprintf(out->temporary, size, "%s.part%ld", path, (long)getpid());
    out->stream = fopen(out->temporary, "wb");
    if (out->stream)
        return true;
    fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
    free(out->path);
    free(out->temporary);
    return false;
}

struct gcs_sink file_sink(struct file_out *out)
{
    return (struct gcs_sink){write_stream, out->stream};
}

bool file_end(struct file_out *out, bool keep)
{
    bool failed = ferror((FILE *)out->stream) != 0;
    failed |= fclose(out->stream) != 0;
    if (keep && !failed)
        failed = rename(out->temporary, out->path) != 0;
    if (keep && failed)
        fprintf(stderr, "%s: cannot be written: %s\n", out->path, strerror(errno));
    if (!keep || failed)
        remove(out->temporary);
    free(out->path);
    free(out->temporary);
    return keep && !failed;
}

bool file_write(const char *path, const void *data, size_t size, bool force)
{
    struct file_out out;
    if (!file_begin(&out, path, force))
        return false;
    if (size)
        fwrite(data, 1, size, out.stream);
    return file_end(&out, true);
}
