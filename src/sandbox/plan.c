#include "sandbox/plan.h"

#include <stdio.h>
#include <stdlib.h>

/* A field is its letter, four bytes of length, and the bytes with a NUL behind them. */
enum { FIELD_HEAD = 5 };

static void put(struct text *text, char letter, struct str value)
{
    const uint32_t length = (uint32_t)value.len;
    char head[FIELD_HEAD] = { letter };
    memcpy(head + 1, &length, sizeof(length));
    text_add(text, (struct str){ head, sizeof(head) });
    text_add(text, value);
    text_add_char(text, '\0');
}

static void put_words(struct text *text, char letter, const char *const *words)
{
    for (size_t i = 0; words && words[i] && i < SANDBOX_WORDS_MAX; i++) {
        put(text, letter, str_of(words[i]));
    }
}

struct str plan_write(struct arena *arena, const struct sandbox_options *options)
{
    const struct plan_numbers numbers = { options->memory, options->temporary, options->processes, options->host_network };
    struct text text = text_new(arena);
    put(&text, 'n', (struct str){ (const char *)&numbers, sizeof(numbers) });
    put_words(&text, 'a', options->arguments);
    put_words(&text, 'e', options->environment);
    put(&text, 'c', str_of(options->folder));
    put(&text, 'r', str_of(options->root));
    put(&text, 's', str_of(options->scratch));
    for (size_t i = 0; i < options->bind_count; i++) {
        put(&text, 'b', str_of(options->binds[i].from));
        put(&text, 'B', str_of(options->binds[i].to));
    }
    for (size_t i = 0; i < options->file_count; i++) {
        put(&text, 'f', str_of(options->files[i].path));
        put(&text, 'F', options->files[i].text);
    }
    for (size_t i = 0; i < options->listen_count; i++) {
        put(&text, 'l', str_of(options->listens[i].address));
        put(&text, 'L', str_format(arena, "%u", (unsigned)options->listens[i].port));
    }
    return text.len <= PLAN_SIZE_MAX ? text_str(&text) : STR_NONE;
}

static bool add(char **list, size_t *count, size_t max, char *value)
{
    if (*count >= max) {
        return false;
    }
    list[(*count)++] = value;
    return true;
}

/* The second of two fields belongs to the first's place. */
static bool pair(char **list, size_t count, char *value)
{
    if (count == 0) {
        return false;
    }
    list[count - 1] = value;
    return true;
}

static bool take(struct plan *plan, char letter, char *value, size_t length)
{
    switch (letter) {
    case 'n':
        memcpy(&plan->numbers, value, length < sizeof(plan->numbers) ? length : sizeof(plan->numbers));
        return length == sizeof(plan->numbers);
    case 'a': return add(plan->arguments, &plan->argument_count, SANDBOX_WORDS_MAX, value);
    case 'e': return add(plan->environment, &plan->environment_count, SANDBOX_WORDS_MAX, value);
    case 'c': plan->folder = value; return true;
    case 'r': plan->root = value; return true;
    case 's': plan->scratch = value; return true;
    case 'b': return add(plan->bind_from, &plan->bind_count, SANDBOX_BINDS_MAX, value);
    case 'B': return pair(plan->bind_to, plan->bind_count, value);
    case 'f': return add(plan->file_path, &plan->file_count, SANDBOX_FILES_MAX, value);
    case 'F': return pair(plan->file_text, plan->file_count, value);
    case 'l': return add(plan->listen_address, &plan->listen_count, SANDBOX_LISTENS_MAX, value);
    case 'L':
        if (plan->listen_count > 0) {
            plan->listen_port[plan->listen_count - 1] = (uint16_t)strtoul(value, NULL, 10);
        }
        return plan->listen_count > 0;
    default: return false;
    }
}

bool plan_read(char *message, size_t size, struct plan *out)
{
    *out = (struct plan){ .folder = NULL };
    for (size_t at = 0; at < size;) {
        uint32_t length = 0;
        if (size - at < FIELD_HEAD) {
            return false;
        }
        memcpy(&length, message + at + 1, sizeof(length));
        if (length >= size - at - FIELD_HEAD || message[at + FIELD_HEAD + length] != '\0'
            || !take(out, message[at], message + at + FIELD_HEAD, length)) {
            return false;
        }
        at += FIELD_HEAD + length + 1;
    }
    return out->argument_count > 0 && out->folder && out->root && out->scratch;
}

/* A word with each mention of `from` replaced; memory is never given back: the helper is short. */
static char *replaced(char *word, const char *from, const char *to)
{
    char *copy = NULL;
    size_t size = 0;
    FILE *out = from[0] && strstr(word, from) ? open_memstream(&copy, &size) : NULL;
    if (out == NULL) {
        return word;
    }
    const char *rest = word;
    for (const char *found = rest; (found = strstr(rest, from)) != NULL; rest = found + strlen(from)) {
        fwrite(rest, 1, (size_t)(found - rest), out);
        fputs(to, out);
    }
    fputs(rest, out);
    return fclose(out) == 0 && copy ? copy : word;
}

void plan_replace(struct plan *plan, const char *from, const char *to)
{
    for (size_t i = 0; i < plan->argument_count; i++) {
        plan->arguments[i] = replaced(plan->arguments[i], from, to);
    }
    for (size_t i = 0; i < plan->environment_count; i++) {
        plan->environment[i] = replaced(plan->environment[i], from, to);
    }
    plan->folder = replaced(plan->folder, from, to);
}
