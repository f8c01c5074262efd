/* eventbridge_json.h - JSON read token by token, so that a refusal can tell the place that AWS's reader would tell.
 * For eventbridge*.c only.
 *
 * That reader looks one step ahead: at a field's name it has already read the value's first token. A string as a value is
 * only read to its opening quote until somebody asks for its text or for the next token. */
#ifndef YAGURA_MATCH_EVENTBRIDGE_JSON_H
#define YAGURA_MATCH_EVENTBRIDGE_JSON_H

#include "match/eventbridge.h"

enum token {
    TOKEN_END, /* of the text */
    TOKEN_OBJECT,
    TOKEN_OBJECT_END,
    TOKEN_ARRAY,
    TOKEN_ARRAY_END,
    TOKEN_NAME,
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_NULL,
};

struct json_nesting {
    bool array;
    bool any;    /* an entry has been read */
    size_t start;
};

struct token_reader {
    struct ctx *ctx;
    struct str source;
    size_t at;
    enum token token;
    bool ahead;          /* the value after a name has been read: next */
    enum token next;
    size_t start;        /* of the newest token */
    bool unread;         /* a string of which only the opening quote was read */
    struct str name;     /* of the field, unescaped */
    struct str text;     /* of a string once asked for, or a number's source */
    size_t depth;
    struct json_nesting nesting[EVENTBRIDGE_DEPTH_MAX];
    struct str reason;   /* of the failure */
};

MUST_USE struct err token_next(struct token_reader *r);
MUST_USE struct err token_text(struct token_reader *r, struct str *text); /* of a string or a number */
MUST_USE struct err token_source(struct token_reader *r, struct str *text); /* of any token */
/* Fails with a reason and where the reader stands; _text without the place if not with_place. */
MUST_USE struct err token_refuse(struct token_reader *r, const char *message);
MUST_USE struct err token_refuse_name(struct token_reader *r, const char *message, struct str name);
MUST_USE struct err token_refuse_text(struct token_reader *r, struct str message, bool with_place);

#endif
