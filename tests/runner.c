#include "tests/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test_case *cases;
static size_t count;

void test_register(struct test_case *test)
{
    struct test_case **end = &cases;
    while (*end) {
        end = &(*end)->next;
    }
    *end = test;
    count++;
}

static void run_case(void **state)
{
    struct test_case *test = *state;
    struct arena *arena = arena_open();
    test->run(arena);
    arena_close(arena);
}

const char *test_shared(void)
{
    static char path[4096];
    const char *chosen = getenv("YAGURA_SHARED");
    snprintf(path, sizeof(path), "%s", chosen ? chosen : "../shared");
    return access(path, R_OK) == 0 ? path : NULL;
}

void test_corpus_report(const char *name, size_t run, size_t passed)
{
    printf("corpus %s: run %zu passed %zu\n", name, run, passed);
    fflush(stdout);
    if (run == 0) {
        fail_msg("the corpus %s is there, yet no case of it ran", name);
    }
    if (passed != run) {
        fail_msg("corpus %s: %zu of %zu cases failed", name, run - passed, run);
    }
}

struct str test_read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return STR_NONE;
    }
    struct text text = text_new(arena);
    char chunk[65536];
    for (size_t n = 0; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;) {
        text_add(&text, (struct str){ chunk, n });
    }
    fclose(file);
    return text_str(&text);
}

static char folders[64][64];
static size_t folder_count;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_folders(void)
{
    for (size_t i = 0; i < folder_count; i++) {
        nftw(folders[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}

const char *test_folder(struct arena *arena)
{
    if (folder_count == 0) {
        atexit(remove_folders);
    }
    if (folder_count == 64) {
        fail_msg("too many test folders");
    }
    char *path = folders[folder_count++];
    snprintf(path, sizeof(folders[0]), "/tmp/yagura-test-XXXXXX");
    if (mkdtemp(path) == NULL) {
        fail_msg("cannot make %s", path);
    }
    return str_copy(arena, str_of(path)).ptr;
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc(count ? count : 1, sizeof(*tests));
    size_t chosen = 0;
    for (struct test_case *test = cases; test; test = test->next) {
        if (argc < 2 || strstr(test->name, argv[1])) {
            tests[chosen++] = (struct CMUnitTest){ test->name, run_case, NULL, NULL, test };
        }
    }
    if (chosen == 0) {
        fputs("no test was linked in or chosen\n", stderr);
        return 1;
    }
    const int failed = _cmocka_run_group_tests(argv[0], tests, chosen, NULL, NULL);
    free(tests);
    return failed == 0 ? 0 : 1;
}
