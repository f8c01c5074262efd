#include "svc/iam/ssh_public_key.h"

#include "crypto/certificate.h"
#include "crypto/hash.h"

enum { MODULUS_MIN = 2048 / 8, MODULUS_MAX = 16384 / 8 };

static const struct str ALGORITHM = STR_INIT("ssh-rsa");

/* A length of four bytes and so many more. */
static bool take(struct str *rest, struct str *out)
{
    if (rest->len < 4) {
        return false;
    }
    const unsigned char *p = (const unsigned char *)rest->ptr;
    const size_t length = ((size_t)p[0] << 24) | ((size_t)p[1] << 16) | ((size_t)p[2] << 8) | p[3];
    if (length > rest->len - 4) {
        return false;
    }
    *out = str_slice(*rest, 4, length);
    *rest = str_from(*rest, 4 + length);
    return true;
}

/* A positive number: a zero byte goes before one whose top bit is set. */
static bool take_number(struct str *rest, struct str *out)
{
    if (!take(rest, out) || out->len == 0 || ((unsigned char)out->ptr[0] & 0x80) != 0) {
        return false;
    }
    while (out->len > 0 && out->ptr[0] == 0) {
        *out = str_from(*out, 1);
    }
    return out->len > 0;
}

static bool read_blob(struct str blob, struct ssh_public_key *out)
{
    struct str name = STR_NONE;
    return take(&blob, &name) && str_equal(name, ALGORITHM) && take_number(&blob, &out->exponent)
        && take_number(&blob, &out->modulus) && blob.len == 0;
}

enum ssh_public_key_fault ssh_public_key_read(struct arena *arena, struct str text, struct ssh_public_key *out)
{
    struct str rest = STR_NONE;
    struct str blob = STR_NONE;
    const struct str line = str_trim(text);
    const struct str algorithm = str_cut(line, ' ', &rest);
    bool good = false;
    if (str_equal(algorithm, ALGORITHM)) {
        good = str_unbase64(arena, str_cut(str_trim(rest), ' ', &rest), &blob) && read_blob(blob, out);
    } else if (str_starts(line, STR("-----BEGIN PUBLIC KEY-----"))) {
        good = public_key_of_pem(arena, line, &out->modulus, &out->exponent);
    } else {
        return SSH_KEY_NO_SUCH_ENCODING;
    }
    return good && out->modulus.len >= MODULUS_MIN && out->modulus.len <= MODULUS_MAX && out->exponent.len <= 8
               ? SSH_KEY_GOOD
               : SSH_KEY_INVALID;
}

static void add(struct text *text, struct str bytes, bool number)
{
    const bool zero = number && ((unsigned char)bytes.ptr[0] & 0x80) != 0;
    const size_t length = bytes.len + zero;
    for (int shift = 24; shift >= 0; shift -= 8) {
        text_add_char(text, (char)(unsigned char)(length >> shift));
    }
    if (zero) {
        text_add_char(text, '\0');
    }
    text_add(text, bytes);
}

static struct str blob_of(struct arena *arena, const struct ssh_public_key *key)
{
    struct text text = text_new(arena);
    add(&text, ALGORITHM, false);
    add(&text, key->exponent, true);
    add(&text, key->modulus, true);
    return text_str(&text);
}

struct str ssh_public_key_line(struct arena *arena, const struct ssh_public_key *key)
{
    const struct str blob = str_base64(arena, blob_of(arena, key));
    return str_format(arena, "%" STR_FMT " %" STR_FMT, STR_ARG(ALGORITHM), STR_ARG(blob));
}

struct str ssh_public_key_fingerprint(struct arena *arena, const struct ssh_public_key *key)
{
    const struct str hex = hash_hex(arena, HASH_MD5, blob_of(arena, key));
    struct text text = text_new(arena);
    for (size_t i = 0; i < hex.len; i += 2) {
        if (i > 0) {
            text_add_char(&text, ':');
        }
        text_add(&text, str_slice(hex, i, 2));
    }
    return text_str(&text);
}
