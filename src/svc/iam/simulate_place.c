/* simulate_place.c - where statements stand in a document, and what ARN an action is about.
 *
 * A statement begins behind the bracket or comma before it (a lone one behind its own brace) and ends behind its closing
 * brace: so the simulator's answers count. */
#include <strings.h>

#include "svc/iam/simulate.h"

struct action_form {
    const char *action, *arn;
};

#include "iam_actions.h"

struct str action_form(struct str action)
{
    size_t low = 0;
    size_t high = COUNT_OF(ACTION_FORMS);
    char name[160];
    if (action.len >= sizeof(name)) {
        return STR("*");
    }
    memcpy(name, action.ptr, action.len);
    name[action.len] = '\0';
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcasecmp(ACTION_FORMS[middle].action, name);
        if (order == 0) {
            return str_of(ACTION_FORMS[middle].arn);
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return STR("*");
}

/* A walk over the text of a sound JSON object. */
struct reader {
    struct str text;
    size_t at;
    int64_t line, column; /* of text.ptr[at] */
};

static void step(struct reader *reader)
{
    const bool newline = reader->text.ptr[reader->at] == '\n';
    reader->line += newline;
    reader->column = newline ? 1 : reader->column + 1;
    reader->at++;
}

static bool at_end(const struct reader *reader)
{
    return reader->at >= reader->text.len;
}

/* Over a string, from its opening quote. */
static struct str read_string(struct reader *reader)
{
    const size_t start = reader->at + 1;
    step(reader);
    while (!at_end(reader) && reader->text.ptr[reader->at] != '"') {
        if (reader->text.ptr[reader->at] == '\\' && reader->at + 1 < reader->text.len) {
            step(reader);
        }
        step(reader);
    }
    const struct str content = str_slice(reader->text, start, reader->at - start);
    if (!at_end(reader)) {
        step(reader);
    }
    return content;
}

static struct iam_position position(const struct reader *reader)
{
    return (struct iam_position){ (struct opt_int)SOME((int32_t)reader->line), (struct opt_int)SOME((int32_t)reader->column) };
}

/* To where the value of the outermost Statement begins. */
static void find_statements(struct reader *reader)
{
    int depth = 0;
    while (!at_end(reader)) {
        const char c = reader->text.ptr[reader->at];
        if (c == '"') {
            const bool named = str_equal(read_string(reader), STR("Statement")) && depth == 1;
            while (named && !at_end(reader) && reader->text.ptr[reader->at] != '{' && reader->text.ptr[reader->at] != '[') {
                step(reader);
            }
            if (named) {
                return;
            }
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        step(reader);
    }
}

/* From the opening brace to behind the closing one. */
static void skip_object(struct reader *reader)
{
    int depth = 0;
    while (!at_end(reader)) {
        const char c = reader->text.ptr[reader->at];
        if (c == '"') {
            read_string(reader);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        step(reader);
        if (depth == 0) {
            return;
        }
    }
}

static void skip_to(struct reader *reader, char c)
{
    while (!at_end(reader) && reader->text.ptr[reader->at] != c) {
        step(reader);
    }
}

void statement_places(struct str document, struct statement_place *places, size_t count)
{
    struct reader reader = { document, 0, 1, 1 };
    find_statements(&reader);
    for (size_t i = 0; i < count && !at_end(&reader); i++) {
        step(&reader); /* the bracket, the comma, or a lone statement's own brace */
        places[i].start = position(&reader);
        if (reader.text.ptr[reader.at - 1] == '{') {
            reader.at--;
            reader.column--;
        }
        skip_to(&reader, '{');
        skip_object(&reader);
        places[i].end = position(&reader);
        skip_to(&reader, ',');
    }
}
