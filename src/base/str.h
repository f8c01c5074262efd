/* str.h - text as a pointer and a length.
 *
 * A struct str borrows: whoever made it owns the bytes. It need not end in NUL and may hold any byte.
 * ptr == NULL means absent; ptr != NULL with len 0 is the empty string. str_copy keeps (in an arena, NUL-terminated).
 * struct text builds text in an arena; text_str gives what stands there, NUL-terminated, valid until the next append. */
#ifndef YAGURA_BASE_STR_H
#define YAGURA_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/compat.h"

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){ ("" literal), sizeof(literal) - 1 })
#define STR_INIT(literal) { ("" literal), sizeof(literal) - 1 } /* for static tables */
#define STR_NONE ((struct str){ NULL, 0 })
/* printf("%" STR_FMT, STR_ARG(s)) */
#define STR_FMT ".*s"
#define STR_ARG(s) (int)((s).len > 1 << 20 ? 1 << 20 : (s).len), (s).ptr ? (s).ptr : ""

static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct str str_of(const char *text); /* NULL gives STR_NONE */
struct str str_copy(struct arena *arena, struct str s);
const char *str_cstr(struct arena *arena, struct str s);
bool str_equal_nocase(struct str a, struct str b); /* ASCII */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
int str_compare(struct str a, struct str b); /* by bytes, shorter first */
struct str str_from(struct str s, size_t start);           /* s without its first bytes; empty when beyond */
struct str str_slice(struct str s, size_t start, size_t len);
struct str str_trim(struct str s);                         /* spaces, tabs, CR, LF */
#define STR_MISSING SIZE_MAX
size_t str_find(struct str s, char c);                     /* STR_MISSING when absent */
size_t str_find_last(struct str s, char c);
size_t str_search(struct str s, struct str needle);
/* Cuts s at the first c: head before it, *rest after it. Without c: head is all of s, *rest is absent (ptr NULL). */
struct str str_cut(struct str s, char c, struct str *rest);
struct str str_lower(struct arena *arena, struct str s);   /* ASCII */
struct str str_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* Whole text a decimal number within range; false otherwise. */
bool str_to_int(struct str s, int64_t *out);
bool str_to_double(struct str s, double *out); /* JSON number grammar only, under 512 characters, finite */
bool str_is_number(struct str s);              /* JSON number grammar */
uint64_t str_hash(struct str s);               /* not for hostile keys beyond one process: seeded at start */
bool str_utf8_valid(struct str s);
struct str str_hex(struct arena *arena, const void *bytes, size_t count);
bool str_unhex(struct str s, unsigned char *out, size_t count); /* s must be exactly 2*count digits, either case */
struct str str_base64(struct arena *arena, struct str bytes);
bool str_unbase64(struct arena *arena, struct str s, struct str *out); /* strict RFC 4648, padding needed */
struct str str_percent_decode(struct arena *arena, struct str s, bool plus_is_space); /* bad escapes stay as they are */
struct str str_percent_encode(struct arena *arena, struct str s, bool keep_slash);    /* RFC 3986 unreserved kept */

struct text {
    struct arena *arena;
    char *ptr;
    size_t len;
    size_t capacity;
};

struct text text_new(struct arena *arena);
char *text_space(struct text *text, size_t more); /* room for so many bytes behind text->len, which the writer moves */
void text_add(struct text *text, struct str s);
void text_add_char(struct text *text, char c);
void text_add_format(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_add_int(struct text *text, int64_t number);
struct str text_str(struct text *text);
static inline void text_reset(struct text *text) { text->len = 0; }

#endif
