#include "crypto/token.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include "base/queue.h"

enum { SLOTS_MAX = 256, KEY_BYTES = 32, LABEL_SIZE = 32 };

const struct fault TOKEN_WRONG_PIN = { "InvalidCredentials", NULL, NULL, 400 };

struct token {
    void *library;
    CK_FUNCTION_LIST *calls;
    CK_SESSION_HANDLE session;
    struct lock *lock;
};

/* key=value pairs between separators */
static void read_parts(struct arena *arena, struct str text, char separator, struct token_uri *out)
{
    for (struct str rest = text; rest.ptr;) {
        struct str value = STR_NONE;
        const struct str name = str_cut(str_cut(rest, separator, &rest), '=', &value);
        struct str *place = str_equal(name, STR("token")) ? &out->token
            : str_equal(name, STR("object"))              ? &out->object
            : str_equal(name, STR("module-path"))         ? &out->module
            : str_equal(name, STR("pin-value"))           ? &out->pin
            : str_equal(name, STR("pin-source"))          ? &out->pin_source
                                                          : NULL;
        if (place && value.ptr) {
            *place = str_percent_decode(arena, value, false);
        }
    }
}

bool token_uri_read(struct arena *arena, struct str text, struct token_uri *out)
{
    struct str query = STR_NONE;
    *out = (struct token_uri){ .token = STR_NONE };
    if (!str_starts(text, STR("pkcs11:"))) {
        return false;
    }
    read_parts(arena, str_cut(str_from(text, 7), '?', &query), ';', out);
    read_parts(arena, query, '&', out);
    return out->token.len > 0 && out->module.len > 0;
}

static struct err failed(struct ctx *ctx, const char *what, CK_RV code)
{
    return fail(ctx, code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED || code == CKR_PIN_LEN_RANGE ? &TOKEN_WRONG_PIN : &FAULT_IO,
                "the PKCS #11 token can't %s (0x%lx)", what, (unsigned long)code);
}

static struct err load(struct ctx *ctx, struct str module, struct token *token)
{
    CK_RV (*list)(CK_FUNCTION_LIST **) = NULL;
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
    token->library = dlopen(str_cstr(ctx->arena, module), RTLD_NOW | RTLD_LOCAL);
    void *symbol = token->library ? dlsym(token->library, "C_GetFunctionList") : NULL;
    if (symbol == NULL) {
        return fail(ctx, &FAULT_IO, "%" STR_FMT " is no PKCS #11 module: %s", STR_ARG(module),
                    token->library ? "it has no C_GetFunctionList" : "it can't be loaded");
    }
    memcpy(&list, &symbol, sizeof(list));
    CK_RV code = list(&token->calls);
    if (code == CKR_OK) {
        code = token->calls->C_Initialize(&arguments);
    }
    return code == CKR_OK || code == CKR_CRYPTOKI_ALREADY_INITIALIZED ? ERR_OK : failed(ctx, "be initialised", code);
}

/* Labels are padded with spaces. */
static bool has_label(const CK_TOKEN_INFO *info, struct str label)
{
    const struct str padded = { (const char *)info->label, LABEL_SIZE };
    return str_equal(str_trim(padded), label);
}

static struct err find_slot(struct ctx *ctx, const struct token *token, struct str label, CK_SLOT_ID *out)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    const CK_RV code = token->calls->C_GetSlotList(CK_TRUE, slots, &count);
    if (code != CKR_OK) {
        return failed(ctx, "list its slots", code);
    }
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (token->calls->C_GetTokenInfo(slots[i], &info) == CKR_OK && has_label(&info, label)) {
            *out = slots[i];
            return ERR_OK;
        }
    }
    return fail(ctx, &FAULT_IO, "the PKCS #11 module has no token labelled \"%" STR_FMT "\"", STR_ARG(label));
}

static struct err log_in(struct ctx *ctx, struct token *token, struct str label, struct str pin)
{
    CK_SLOT_ID slot = 0;
    TRY(find_slot(ctx, token, label, &slot));
    CK_RV code = token->calls->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &token->session);
    if (code != CKR_OK) {
        return failed(ctx, "open a session", code);
    }
    unsigned char *copy = arena_alloc_raw(ctx->arena, pin.len + 1);
    memcpy(copy, pin.ptr ? pin.ptr : "", pin.len);
    code = token->calls->C_Login(token->session, CKU_USER, copy, (CK_ULONG)pin.len);
    memory_wipe(copy, pin.len);
    return code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN ? ERR_OK : failed(ctx, "log in", code);
}

struct err token_open(struct ctx *ctx, const struct token_uri *uri, struct str pin, struct token **out)
{
    struct token *token = memory_new(sizeof(*token));
    token->lock = lock_open();
    struct err err = load(ctx, uri->module, token);
    if (!err.fault) {
        err = log_in(ctx, token, uri->token, pin);
    }
    if (err.fault) {
        token_close(token);
        return err;
    }
    *out = token;
    return ERR_OK;
}

/* The module stays loaded and initialised: another token of it may be in use, and logging out would end that one's sessions. */
void token_close(struct token *token)
{
    if (token) {
        if (token->session) {
            token->calls->C_CloseSession(token->session);
        }
        lock_free(token->lock);
        memory_free(token);
    }
}

static CK_RV find_key(const struct token *token, struct str label, CK_OBJECT_HANDLE *key, CK_ULONG *count)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_ATTRIBUTE wanted[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_LABEL, (void *)(uintptr_t)label.ptr, (CK_ULONG)label.len },
    };
    CK_RV code = token->calls->C_FindObjectsInit(token->session, wanted, COUNT_OF(wanted));
    if (code == CKR_OK) {
        code = token->calls->C_FindObjects(token->session, key, 1, count);
        token->calls->C_FindObjectsFinal(token->session);
    }
    return code;
}

/* Sensitive and not extractable: whoever has the token's PIN can use the key, not read it. */
static CK_RV make_key(const struct token *token, struct str label, CK_OBJECT_HANDLE *key)
{
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_ULONG size = KEY_BYTES;
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE wanted[] = {
        { CKA_TOKEN, &yes, sizeof(yes) },
        { CKA_PRIVATE, &yes, sizeof(yes) },
        { CKA_SENSITIVE, &yes, sizeof(yes) },
        { CKA_EXTRACTABLE, &no, sizeof(no) },
        { CKA_ENCRYPT, &yes, sizeof(yes) },
        { CKA_DECRYPT, &yes, sizeof(yes) },
        { CKA_VALUE_LEN, &size, sizeof(size) },
        { CKA_LABEL, (void *)(uintptr_t)label.ptr, (CK_ULONG)label.len },
    };
    return token->calls->C_GenerateKey(token->session, &mechanism, wanted, COUNT_OF(wanted), key);
}

struct err token_need_key(struct ctx *ctx, struct token *token, struct str label, bool *made)
{
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG count = 0;
    *made = false;
    lock_take(token->lock);
    CK_RV code = find_key(token, label, &key, &count);
    if (code == CKR_OK && count == 0) {
        code = make_key(token, label, &key);
        *made = code == CKR_OK;
    }
    lock_give(token->lock);
    return code == CKR_OK ? ERR_OK : failed(ctx, "make a key", code);
}

struct err token_delete_key(struct ctx *ctx, struct token *token, struct str label)
{
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG count = 0;
    lock_take(token->lock);
    CK_RV code = find_key(token, label, &key, &count);
    if (code == CKR_OK && count == 1) {
        code = token->calls->C_DestroyObject(token->session, key);
    }
    lock_give(token->lock);
    return code == CKR_OK ? ERR_OK : failed(ctx, "delete a key", code);
}

/* Bytes in, bytes out, in either direction. */
struct pass {
    struct str label, about, in;
    const unsigned char *nonce;
    unsigned char *out;
    CK_ULONG size;
};

static CK_RV run_pass(const struct token *token, struct pass *pass, bool sealing)
{
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG count = 0;
    CK_GCM_PARAMS gcm = {
        .iv_ptr = (unsigned char *)(uintptr_t)pass->nonce, .iv_len = AEAD_NONCE_SIZE, .iv_bits = 8 * AEAD_NONCE_SIZE,
        .aad_ptr = (unsigned char *)(uintptr_t)pass->about.ptr, .aad_len = (CK_ULONG)pass->about.len,
        .tag_bits = 8 * AEAD_TAG_SIZE,
    };
    CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof(gcm) };
    unsigned char *in = (unsigned char *)(uintptr_t)pass->in.ptr;
    CK_RV code = find_key(token, pass->label, &key, &count);
    if (code != CKR_OK || count == 0) {
        return code != CKR_OK ? code : CKR_KEY_HANDLE_INVALID;
    }
    if (sealing) {
        code = token->calls->C_EncryptInit(token->session, &mechanism, key);
        return code != CKR_OK ? code : token->calls->C_Encrypt(token->session, in, (CK_ULONG)pass->in.len, pass->out, &pass->size);
    }
    code = token->calls->C_DecryptInit(token->session, &mechanism, key);
    return code != CKR_OK ? code : token->calls->C_Decrypt(token->session, in, (CK_ULONG)pass->in.len, pass->out, &pass->size);
}

struct err token_seal(struct ctx *ctx, struct token *token, struct str label, const unsigned char nonce[AEAD_NONCE_SIZE],
                      struct str about, struct str plain, unsigned char *out)
{
    struct pass pass = { label, about, plain, nonce, out, (CK_ULONG)(plain.len + AEAD_TAG_SIZE) };
    lock_take(token->lock);
    const CK_RV code = run_pass(token, &pass, true);
    lock_give(token->lock);
    return code == CKR_OK ? ERR_OK : failed(ctx, "encrypt", code);
}

struct err token_unseal(struct ctx *ctx, struct token *token, struct str label, const unsigned char nonce[AEAD_NONCE_SIZE],
                        struct str about, struct str sealed, unsigned char *out, bool *opened)
{
    /* Some tokens want room for the tag as well. */
    unsigned char *room = arena_alloc(ctx->arena, sealed.len + AEAD_TAG_SIZE);
    struct pass pass = { label, about, sealed, nonce, room, (CK_ULONG)(sealed.len + AEAD_TAG_SIZE) };
    lock_take(token->lock);
    const CK_RV code = run_pass(token, &pass, false);
    lock_give(token->lock);
    *opened = code == CKR_OK && pass.size + AEAD_TAG_SIZE == sealed.len;
    if (*opened) {
        memcpy(out, room, pass.size);
    }
    const bool refused = code == CKR_ENCRYPTED_DATA_INVALID || code == CKR_ENCRYPTED_DATA_LEN_RANGE || code == CKR_GENERAL_ERROR;
    return code == CKR_OK || refused ? ERR_OK : failed(ctx, "decrypt", code);
}
