#include "svc/s3/owner.h"

#include "crypto/hash.h"

enum { ACCOUNT_DIGITS = 12, HEAD_DIGITS = 52 };

static const char HEX[] = "0123456789abcdef";

/* The account's digits, each masked by a digit of what the head hashes to. */
static void mask(struct arena *arena, struct str head, const char *from, char out[ACCOUNT_DIGITS])
{
    const struct str pad = hash_hex(arena, HASH_SHA256, head);
    for (size_t i = 0; i < ACCOUNT_DIGITS; i++) {
        const char *digit = strchr(HEX, from[i]);
        const char *other = strchr(HEX, pad.ptr[i]);
        out[i] = HEX[(digit && *digit ? digit - HEX : 0) ^ (other ? other - HEX : 0)];
    }
}

struct str owner_id(struct arena *arena, struct str account)
{
    char tail[ACCOUNT_DIGITS + 1] = "";
    const struct str whole = str_format(arena, "%-12" STR_FMT, STR_ARG(str_slice(account, 0, ACCOUNT_DIGITS)));
    const struct str head = str_slice(hash_hex(arena, HASH_SHA256, str_format(arena, "canonical user %s", whole.ptr)), 0, HEAD_DIGITS);
    mask(arena, head, whole.ptr, tail);
    return str_format(arena, "%" STR_FMT "%s", STR_ARG(head), tail);
}

struct str owner_account(struct arena *arena, struct str id)
{
    char account[ACCOUNT_DIGITS];
    if (id.len != HEAD_DIGITS + ACCOUNT_DIGITS) {
        return STR_NONE;
    }
    for (size_t i = 0; i < id.len; i++) {
        if (id.ptr[i] == '\0' || strchr(HEX, id.ptr[i]) == NULL) {
            return STR_NONE;
        }
    }
    mask(arena, str_slice(id, 0, HEAD_DIGITS), id.ptr + HEAD_DIGITS, account);
    const struct str told = str_copy(arena, (struct str){ account, ACCOUNT_DIGITS });
    return str_equal(owner_id(arena, told), id) ? told : STR_NONE;
}

const struct s3_owner *owner_of_account(struct arena *arena, struct str account)
{
    struct s3_owner *owner = ARENA_NEW(arena, struct s3_owner);
    owner->id = owner_id(arena, account);
    return owner;
}
