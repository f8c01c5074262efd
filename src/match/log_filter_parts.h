/* log_filter_parts.h - the inside of log filters. For log_filter*.c only. */
#ifndef YAGURA_MATCH_LOG_FILTER_PARTS_H
#define YAGURA_MATCH_LOG_FILTER_PARTS_H

#include "match/log_filter.h"
#include "match/match.h"
#include "match/regex.h"
#include "match/text.h"

enum filter_form { FILTER_TEXT, FILTER_FIELDS, FILTER_JSON };
enum filter_comparison { FILTER_EQUAL, FILTER_UNEQUAL, FILTER_GREATER, FILTER_AT_LEAST, FILTER_LESS, FILTER_AT_MOST };

/* What a value is compared with. */
struct filter_operand {
    enum filter_comparison comparison;
    struct str text;          /* in the matcher's spelling of wildcards */
    struct wildcard wildcard;
    struct regex *regex;      /* NULL: none */
    bool numeric;
    double number;
};

struct filter_term {
    char kind; /* '+', '-' or '?' */
    struct str text;
    struct regex *regex;
};

enum filter_node_kind { FILTER_AND, FILTER_OR, FILTER_COMPARE, FILTER_EXISTS, FILTER_NOT_EXISTS, FILTER_NULL, FILTER_TRUE, FILTER_FALSE };

/* One step into a document: a key, or (ptr NULL) an index. */
struct filter_step {
    struct str key;
    size_t index;
};
struct filter_node {
    enum filter_node_kind kind;
    struct filter_node *left, *right;
    struct str selector; /* as written: "$.a[0]" or the field's name */
    struct filter_step *steps;
    size_t step_count;
    struct filter_operand operand;
};
struct filter_field {
    struct str name; /* empty: none */
    bool rest;       /* "..." */
    struct filter_node *when; /* NULL: anything */
};

struct log_filter {
    struct arena *arena;
    enum filter_form form;
    struct filter_term *terms;
    size_t term_count;
    struct filter_field *fields;
    size_t field_count;
    struct filter_node *root;
    const struct predicate *predicate;
    struct regex *regexes[LOG_FILTER_REGEX_MAX];
    size_t regex_count;
    struct regex_scratch *regex_scratch;
    struct match_set *set;
    struct projection *projection;
    struct scan *scan;
    struct match_scratch *scratch;
};

struct filter_reader {
    struct ctx *ctx;
    struct log_filter *filter;
    struct str pattern;
    size_t at;
    unsigned depth;
};

/* log_filter_read.c */
MUST_USE struct err filter_refuse(const struct filter_reader *r, const char *what);
MUST_USE struct err filter_bad_term(const struct filter_reader *r, struct str term);
char filter_peek(const struct filter_reader *r); /* NUL at the end */
void filter_space(struct filter_reader *r);
bool filter_take(struct filter_reader *r, struct str word); /* spaces, then the word */
MUST_USE struct err filter_quoted(struct filter_reader *r, struct str *out);
MUST_USE struct err filter_regex(struct filter_reader *r, struct regex **out);
MUST_USE struct err filter_comparison(struct filter_reader *r, struct filter_operand *out); /* "!= 4*" */
bool filter_holds(const struct log_filter *filter, const struct filter_operand *operand, struct str text, const double *number);

/* log_filter_tree.c: what a reader reads between && and ||, with parentheses. */
typedef struct err (*filter_leaf)(struct filter_reader *r, struct filter_node **out);
MUST_USE struct err filter_expression(struct filter_reader *r, filter_leaf leaf, struct filter_node **out);
struct filter_node *filter_node_new(struct filter_reader *r, enum filter_node_kind kind);

/* Each form: reads the pattern; answers. */
MUST_USE struct err filter_fields_read(struct filter_reader *r);
bool filter_fields_hold(const struct log_filter *filter, struct arena *arena, struct str message);
size_t filter_fields_values(const struct log_filter *filter, struct arena *arena, struct str message, struct log_filter_value **out);
MUST_USE struct err filter_json_read(struct filter_reader *r);
size_t filter_json_values(const struct log_filter *filter, struct arena *arena, struct str message, struct log_filter_value **out);

#endif
