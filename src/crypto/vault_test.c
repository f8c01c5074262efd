#include "crypto/vault.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/queue.h"
#include "tests/test.h"

static struct str key_path(struct arena *arena)
{
    return str_format(arena, "%s/root.key", test_folder(arena));
}

static struct vault *open_vault(struct ctx *ctx, struct str path)
{
    struct vault *vault = NULL;
    CHECK_OK(vault_open(ctx, path, &vault));
    return vault;
}

TEST(what_was_sealed_opens_again_after_a_restart)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str path = key_path(arena);
    struct vault *vault = open_vault(&ctx, path);
    const struct str sealed = vault_seal(&ctx, vault, STR("iam:access-key:AKIA1"), STR("hunter2"));
    const struct str again = vault_seal(&ctx, vault, STR("iam:access-key:AKIA1"), STR("hunter2"));
    CHECK_INT(sealed.len, 1 + 12 + 7 + 16);
    CHECK(!str_equal(sealed, again));
    vault_close(vault);

    vault = open_vault(&ctx, path);
    struct str plain = STR_NONE;
    CHECK(vault_unseal(&ctx, vault, STR("iam:access-key:AKIA1"), sealed, &plain));
    CHECK_STR(plain, "hunter2");
    CHECK(vault_unseal(&ctx, vault, STR(""), vault_seal(&ctx, vault, STR_NONE, STR("")), &plain));
    CHECK(plain.ptr && plain.len == 0);
    vault_close(vault);
}

TEST(a_sealed_value_cannot_be_moved_changed_or_cut)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct vault *vault = open_vault(&ctx, key_path(arena));
    struct vault *other = open_vault(&ctx, key_path(arena));
    const struct str sealed = vault_seal(&ctx, vault, STR("a"), STR("some secret"));
    struct str plain = STR("untouched");
    CHECK(!vault_unseal(&ctx, vault, STR("b"), sealed, &plain));
    CHECK(plain.ptr == NULL);
    CHECK(!vault_unseal(&ctx, other, STR("a"), sealed, &plain));
    for (size_t cut = 0; cut < sealed.len; cut++) {
        CHECK(!vault_unseal(&ctx, vault, STR("a"), str_slice(sealed, 0, cut), &plain));
    }
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        const struct str changed = str_copy(arena, sealed);
        ((char *)(uintptr_t)changed.ptr)[bit / 8] ^= (char)(1 << (bit % 8));
        CHECK(!vault_unseal(&ctx, vault, STR("a"), changed, &plain));
    }
    CHECK(vault_unseal(&ctx, vault, STR("a"), sealed, &plain));
    vault_close(vault);
    vault_close(other);
}

TEST(the_key_file_is_private_and_alone_in_its_folder)
{
    struct ctx ctx = ctx_new(arena, 0);
    const char *folder = test_folder(arena);
    const struct str path = str_format(arena, "%s/root.key", folder);
    vault_close(open_vault(&ctx, path));
    struct stat st;
    CHECK(stat(path.ptr, &st) == 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(st.st_size, 32);
    CHECK_INT(st.st_nlink, 1);
}

TEST(a_key_file_that_others_can_read_is_refused_and_told_why)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str path = key_path(arena);
    vault_close(open_vault(&ctx, path));
    struct vault *vault = NULL;
    static const mode_t loose[] = { 0640, 0604, 0660, 0601 };
    for (size_t i = 0; i < COUNT_OF(loose); i++) {
        CHECK(chmod(path.ptr, loose[i]) == 0);
        CHECK_FAULT(vault_open(&ctx, path, &vault), "InternalFailure");
        CHECK(vault == NULL);
        CHECK(strstr(ctx.reason, "chmod 600") && strstr(ctx.reason, path.ptr));
    }
    CHECK(chmod(path.ptr, 0400) == 0);
    vault_close(open_vault(&ctx, path));
}

TEST(a_key_file_of_the_wrong_kind_is_refused_and_left_alone)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str path = key_path(arena);
    FILE *file = fopen(path.ptr, "wb");
    CHECK(file && fputs("too short", file) >= 0 && fclose(file) == 0 && chmod(path.ptr, 0600) == 0);
    struct vault *vault = NULL;
    CHECK_FAULT(vault_open(&ctx, path, &vault), "InternalFailure");
    CHECK(strstr(ctx.reason, "exactly 32 bytes"));
    CHECK_STR(test_read_file(arena, path.ptr), "too short");
    CHECK_FAULT(vault_open(&ctx, str_format(arena, "%s/none/root.key", test_folder(arena)), &vault), "InternalFailure");
    CHECK_FAULT(vault_open(&ctx, str_of(test_folder(arena)), &vault), "InternalFailure");
}

struct contender {
    struct str path;
    const struct vault *vault;
    size_t good;
    char sealed[64];
    size_t sealed_size;
};

static void first_start(void *argument)
{
    struct contender *me = argument;
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct vault *mine = NULL;
    if (vault_open(&ctx, me->path, &mine).fault == NULL) {
        const struct str sealed = vault_seal(&ctx, mine, STR("x"), STR("y"));
        memcpy(me->sealed, sealed.ptr, sealed.len);
        me->sealed_size = sealed.len;
        vault_close(mine);
    }
    arena_close(arena);
}

TEST(of_several_first_starts_all_hold_the_same_key)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct contender all[4] = { 0 };
    struct thread *threads[4];
    const struct str path = key_path(arena);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        all[i].path = path;
        threads[i] = thread_start("vault", first_start, &all[i]);
    }
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        thread_join(threads[i]);
    }
    struct vault *vault = open_vault(&ctx, path);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct str plain = STR_NONE;
        CHECK(vault_unseal(&ctx, vault, STR("x"), (struct str){ all[i].sealed, all[i].sealed_size }, &plain));
        CHECK_STR(plain, "y");
    }
    vault_close(vault);
}

static void seal_and_open(void *argument)
{
    struct contender *me = argument;
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    for (int i = 0; i < 2000; i++) {
        const struct str about = str_format(arena, "n%d", i % 7);
        struct str plain = STR_NONE;
        const struct str sealed = vault_seal(&ctx, me->vault, about, about);
        me->good += vault_unseal(&ctx, me->vault, about, sealed, &plain) && str_equal(plain, about);
        arena_reset(arena);
    }
    arena_close(arena);
}

TEST(one_vault_serves_many_threads)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct vault *vault = open_vault(&ctx, key_path(arena));
    struct contender all[24] = { 0 };
    struct thread *threads[24];
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        all[i].vault = vault;
        threads[i] = thread_start("vault", seal_and_open, &all[i]);
    }
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        thread_join(threads[i]);
        CHECK_INT(all[i].good, 2000);
    }
    vault_close(vault);
}
