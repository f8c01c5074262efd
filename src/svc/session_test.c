#include "svc/session.h"

#include "tests/test.h"

static struct vault *vault_new(struct ctx *ctx, struct arena *arena)
{
    struct vault *vault = NULL;
    CHECK_OK(vault_open(ctx, str_format(arena, "%s/root.key", test_folder(arena)), &vault));
    return vault;
}

TEST(an_access_key_tells_its_account)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str accounts[] = { STR("000000000000"), STR("111122223333"), STR("999999999999") };
    for (size_t i = 0; i < COUNT_OF(accounts); i++) {
        struct str account = STR_NONE;
        const struct str key = access_key_new(&ctx, STR("AKIA"), accounts[i]);
        CHECK_INT(key.len, 20);
        CHECK(access_key_account(&ctx, key, &account));
        CHECK(str_equal(account, accounts[i]));
        CHECK(!str_equal(key, access_key_new(&ctx, STR("AKIA"), accounts[i])));
    }
    struct str account = STR_NONE;
    CHECK(!access_key_account(&ctx, STR("AKIA0000000000000000"), &account));
    CHECK(!access_key_account(&ctx, STR("AKIA"), &account));
}

TEST(a_session_comes_back_as_it_was_sealed)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct vault *vault = vault_new(&ctx, arena);
    const struct context_pair tag = { STR("aws:PrincipalTag/team"), STR("red\"") };
    struct session made = {
        .principal = { .type = PRINCIPAL_ASSUMED_ROLE, .account = STR("111122223333"), .name = STR("r"), .mfa = true,
                       .id = STR("AROAX:s"), .session_policy = STR("{\"Statement\":[]}"), .session_since_ms = 1000 },
        .expires_ms = 5000, .tags = &tag, .tag_count = 1,
    };
    const struct str token = session_seal(&ctx, vault, &made);
    struct session found = { .expires_ms = 0 };
    CHECK(session_unseal(&ctx, vault, made.principal.access_key, token, &found));
    CHECK(str_equal(found.secret, made.secret) && str_equal(found.principal.access_key, made.principal.access_key));
    CHECK(found.principal.type == PRINCIPAL_ASSUMED_ROLE && found.principal.mfa);
    CHECK(str_equal(found.principal.session_policy, made.principal.session_policy));
    CHECK(found.principal.session_policy_arns.ptr == NULL && found.principal.arn.ptr == NULL);
    CHECK_INT(found.expires_ms, 5000);
    CHECK_STR(found.tags[0].key, "aws:PrincipalTag/team");
    CHECK_STR(found.tags[0].value, "red\"");
    vault_close(vault);
}

TEST(a_changed_or_foreign_token_opens_nothing)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct vault *vault = vault_new(&ctx, arena);
    struct vault *other = vault_new(&ctx, arena);
    struct session made = { .principal = { .type = PRINCIPAL_USER, .account = STR("111122223333") } };
    struct session found = { .expires_ms = 0 };
    const struct str token = session_seal(&ctx, vault, &made);
    CHECK(!session_unseal(&ctx, other, made.principal.access_key, token, &found));
    CHECK(!session_unseal(&ctx, vault, access_key_new(&ctx, STR("ASIA"), STR("111122223333")), token, &found));
    CHECK(!session_unseal(&ctx, vault, made.principal.access_key, str_slice(token, 0, token.len - 4), &found));
    CHECK(!session_unseal(&ctx, vault, made.principal.access_key, STR(""), &found));
    for (size_t i = 0; i < token.len; i++) {
        char *changed = (char *)arena_alloc(arena, token.len);
        memcpy(changed, token.ptr, token.len);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK(!session_unseal(&ctx, vault, made.principal.access_key, (struct str){ changed, token.len }, &found));
    }
    vault_close(vault);
    vault_close(other);
}
