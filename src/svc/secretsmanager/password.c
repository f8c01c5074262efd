/* password.c - random passwords, every one that fits the request equally likely. */
#include "crypto/random.h"
#include "svc/secretsmanager/secret.h"

enum { KINDS = 5, LENGTH_DEFAULT = 32, LENGTH_MAX = 4096 };

struct alphabet {
    struct str kinds[KINDS]; /* lower case, upper case, numbers, punctuation, space; empty ones are left out */
    struct str all;
};

static struct str without(struct request *rq, struct str letters, struct str excluded)
{
    struct text text = text_new(rq->ctx.arena);
    for (size_t i = 0; i < letters.len; i++) {
        if (str_find(excluded, letters.ptr[i]) == STR_MISSING) {
            text_add_char(&text, letters.ptr[i]);
        }
    }
    return text_str(&text);
}

static struct alphabet alphabet_of(struct request *rq, const struct secretsmanager_get_random_password_in *in)
{
    const struct {
        bool excluded;
        struct str letters;
    } kinds[KINDS] = {
        { in->exclude_lowercase.v, STR("abcdefghijklmnopqrstuvwxyz") },
        { in->exclude_uppercase.v, STR("ABCDEFGHIJKLMNOPQRSTUVWXYZ") },
        { in->exclude_numbers.v, STR("0123456789") },
        { in->exclude_punctuation.v, STR("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") },
        { !in->include_space.v, STR(" ") },
    };
    struct alphabet alphabet = { .all = STR_NONE };
    struct text all = text_new(rq->ctx.arena);
    for (size_t i = 0; i < KINDS; i++) {
        alphabet.kinds[i] = kinds[i].excluded ? STR("") : without(rq, kinds[i].letters, in->exclude_characters);
        text_add(&all, alphabet.kinds[i]);
    }
    alphabet.all = text_str(&all);
    return alphabet;
}

static bool holds_each(const struct alphabet *alphabet, struct str password)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        bool held = alphabet->kinds[kind].len == 0;
        for (size_t i = 0; i < password.len && !held; i++) {
            held = str_find(alphabet->kinds[kind], password.ptr[i]) != STR_MISSING;
        }
        if (!held) {
            return false;
        }
    }
    return true;
}

struct err secretsmanager_get_random_password(struct request *rq, const struct secretsmanager_get_random_password_in *in,
                                              struct secretsmanager_get_random_password_out *out)
{
    const struct alphabet alphabet = alphabet_of(rq, in);
    const size_t length = in->password_length.set ? (size_t)in->password_length.v : LENGTH_DEFAULT;
    const bool each = !in->require_each_included_type.set || in->require_each_included_type.v;
    size_t kinds = 0;
    for (size_t i = 0; i < KINDS; i++) {
        kinds += alphabet.kinds[i].len > 0;
    }
    if (kinds == 0) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "You excluded every character that a password could be made of.");
    }
    if (length > LENGTH_MAX || (each && length < kinds)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                    "The password length is too short based on the required types.");
    }
    /* Drawn again as a whole when a kind is missing: putting one in by hand would favour some passwords. */
    do {
        const struct arena_mark mark = arena_mark(rq->ctx.arena);
        out->random_password = random_alphabet(&rq->ctx, alphabet.all, length);
        if (!each || holds_each(&alphabet, out->random_password)) {
            return ERR_OK;
        }
        arena_release(rq->ctx.arena, mark);
    } while (true);
}
