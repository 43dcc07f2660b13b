/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers with suffixes, the nearest of some names, digests, and the libraries' start. */
#include <gcsim/base.h>

#include <gsl/gsl_errno.h>
#include <xxhash.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct suffix {
    enum gcs_unit unit;
    const char *text;
    uint64_t factor;
};

/* k, M and G are for every unit but time. */
static const struct suffix suffixes[] = {
    {GCS_UNIT_NONE, "k", 1000},        {GCS_UNIT_NONE, "M", 1000000},
    {GCS_UNIT_NONE, "G", 1000000000},  {GCS_UNIT_BYTES, "k", 1000},
    {GCS_UNIT_BYTES, "M", 1000000},    {GCS_UNIT_BYTES, "G", 1000000000},
    {GCS_UNIT_BYTES, "B", 1},          {GCS_UNIT_BYTES, "KiB", 1u << 10},
    {GCS_UNIT_BYTES, "MiB", 1u << 20}, {GCS_UNIT_BYTES, "GiB", 1u << 30},
    {GCS_UNIT_TIME, "ns", 1},          {GCS_UNIT_TIME, "us", 1000},
    {GCS_UNIT_TIME, "ms", 1000000},    {GCS_UNIT_TIME, "s", 1000000000},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The length of a decimal number at the head of the text: -12.5e3. 0: there is none. */
static size_t number_length(const char *text, size_t length)
{
    size_t at = 0, digits = 0;
    if (at < length && text[at] == '-')
        at++;
    for (; at < length && is_digit(text[at]); at++)
        digits++;
    if (at < length && text[at] == '.')
        for (at++; at < length && is_digit(text[at]); at++)
            digits++;
    if (!digits)
        return 0;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        size_t after = at + 1;
        if (after < length && (text[after] == '-' || text[after] == '+'))
            after++;
        if (after < length && is_digit(text[after])) {
            while (after < length && is_digit(text[after]))
                after++;
            at = after;
        }
    }
    return at;
}

static const char *find_factor(const char *text, size_t length, enum gcs_unit unit,
                               uint64_t *factor)
{
    *factor = 1;
    if (!length)
        return NULL;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        const struct suffix *s = &suffixes[i];
        if (s->unit == unit && strlen(s->text) == length && !memcmp(s->text, text, length)) {
            *factor = s->factor;
            return NULL;
        }
    }
    return unit == GCS_UNIT_BYTES  ? "junk behind the number (suffixes: k M G KiB MiB GiB)"
           : unit == GCS_UNIT_TIME ? "junk behind the number (suffixes: ns us ms s)"
                                   : "junk behind the number (suffixes: k M G)";
}

bool gcs_parse_real(const char *text, size_t length, enum gcs_unit unit, double *value,
                    const char **why)
{
    char digits[64];
    uint64_t factor;
    size_t head = number_length(text, length);
    *why = head == 0               ? "not a number"
           : head >= sizeof digits ? "too many digits"
                                   : find_factor(text + head, length - head, unit, &factor);
    if (*why)
        return false;
    memcpy(digits, text, head);
    digits[head] = '\0';
    double number = strtod(digits, NULL) * (double)factor;
    if (!isfinite(number)) {
        *why = "too large";
        return false;
    }
    *value = number;
    return true;
}

/* Plain digits, exactly. */
static bool parse_digits(const char *text, size_t length, uint64_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool gcs_parse_whole(const char *text, size_t length, enum gcs_unit unit, uint64_t *value,
                     const char **why)
{
    size_t head = 0;
    uint64_t factor, number;
    while (head < length && is_digit(text[head]))
        head++;
    if (head == number_length(text, length) && head > 0) {
        *why = find_factor(text + head, length - head, unit, &factor);
        if (*why)
            return false;
        if (!parse_digits(text, head, &number) || (number && factor > UINT64_MAX / number)) {
            *why = "too large";
            return false;
        }
        *value = number * factor;
        return true;
    }
    double real;
    if (!gcs_parse_real(text, length, unit, &real, why))
        return false;
    double whole = round(real); /* 1.001k is whole, whatever binary fractions make of it */
    if (real < 0 || fabs(real - whole) > whole * 0x1p-51 || whole >= 0x1p53) {
        *why = real < 0 ? "is below 0" : whole >= 0x1p53 ? "too large" : "not a whole number";
        return false;
    }
    *value = (uint64_t)whole;
    return true;
}

/* Edits (insert, delete, replace) from a to b, for names up to 63 bytes. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[64];
    size_t n = strlen(b);
    if (n > 63 || strlen(a) > 63)
        return 64;
    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 0; a[i]; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (unsigned j = 0; j < n; j++) {
            unsigned replace = diagonal + (a[i] != b[j]);
            unsigned other = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = replace < other ? replace : other;
        }
    }
    return row[n];
}

const char *gcs_nearest(const char *text, const char *const *names, size_t count)
{
    const char *best = NULL;
    unsigned least = (unsigned)strlen(text) / 2 + 1; /* half of it may be wrong */
    if (least > 4)
        least = 4;
    for (size_t i = 0; i < count; i++) {
        unsigned d = distance(text, names[i]);
        size_t shared = strlen(text);
        if (shared >= 3 && d >= least && !strncmp(names[i], text, shared))
            d = least - 1; /* a beginning of the name */
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

struct gcs_digest gcs_digest_of(const void *bytes, size_t count)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, count));
    struct gcs_digest digest = {{0}};
    for (size_t i = 0; i < sizeof canonical.digest; i++) {
        digest.hex[2 * i] = "0123456789abcdef"[canonical.digest[i] >> 4];
        digest.hex[2 * i + 1] = "0123456789abcdef"[canonical.digest[i] & 15];
    }
    return digest;
}

void gcs_init(void)
{
    gsl_set_error_handler_off();
}
