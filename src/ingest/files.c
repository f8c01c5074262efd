#include "ingest/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/map.h"

enum { FOLDERS_DEEP = 64 };

struct place {
    dev_t device;
    ino_t inode;
};

struct walk {
    struct arena *arena;
    const struct ingest_sink *sink;
    struct ingest_file *list;
    size_t count;
    size_t capacity;
    struct map *seen;
    struct place above[FOLDERS_DEEP]; /* folders that lead to where we are */
    size_t depth;
};

static void trouble(struct walk *walk, struct str path, const char *reason)
{
    const struct ingest_trouble what = { .file = path, .reason = reason };
    walk->sink->trouble(walk->sink->self, &what);
}

static void failed(struct walk *walk, struct str path)
{
    const char *what = strerrordesc_np(errno);
    trouble(walk, path, str_format(walk->arena, "cannot be read: %s", what ? what : "unknown error").ptr);
}

static bool first_visit(struct walk *walk, const struct stat *st)
{
    static char yes;
    char key[48];
    const int len = snprintf(key, sizeof(key), "%ju %ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
    return map_put(walk->seen, (struct str){ key, (size_t)len }, &yes) == NULL;
}

static void add(struct walk *walk, struct str path, const struct stat *st)
{
    if (walk->count == walk->capacity) {
        const size_t size = walk->capacity * sizeof(*walk->list);
        walk->capacity = walk->capacity ? walk->capacity * 2 : 64;
        walk->list = arena_grow(walk->arena, walk->list, size, walk->capacity * sizeof(*walk->list));
    }
    walk->list[walk->count++] = (struct ingest_file){
        .path = path,
        .size = st->st_size > 0 ? (uint64_t)st->st_size : 0,
        .inode = st->st_ino,
        .changed_ms = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000,
    };
}

static struct str base_name(struct str path)
{
    const size_t slash = str_find_last(path, '/');
    return slash == STR_MISSING ? path : str_from(path, slash + 1);
}

/* A d in the shape stands for any digit. */
static bool starts_shaped(struct str s, const char *shape)
{
    for (size_t i = 0; shape[i]; i++) {
        const char c = i < s.len ? s.ptr[i] : ' ';
        if (shape[i] == 'd' ? c < '0' || c > '9' : c != shape[i]) {
            return false;
        }
    }
    return true;
}

static bool is_log_name(struct str path)
{
    struct str name = base_name(path);
    if (str_search(name, STR("_CloudTrail-Digest_")) != STR_MISSING) {
        return false;
    }
    static const struct str packed[] = { STR_INIT(".gz"), STR_INIT(".zst") };
    static const struct str endings[] = { STR_INIT(".json"), STR_INIT(".jsonl"), STR_INIT(".ndjson"), STR_INIT(".log") };
    for (size_t i = 0; i < COUNT_OF(packed); i++) {
        if (str_ends(name, packed[i])) {
            name.len -= packed[i].len;
        }
    }
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        if (str_ends(name, endings[i])) {
            return true;
        }
    }
    /* spec: S3 user guide, server access logging: YYYY-mm-DD-HH-MM-SS-UNIQUE; CloudWatch Logs, export to S3: 000000.gz */
    return starts_shaped(name, "dddd-dd-dd-dd-dd-dd-") || (name.len == 6 && starts_shaped(name, "dddddd"));
}

static bool is_account(struct str name)
{
    bool digits = name.len == 12;
    for (size_t i = 0; i < name.len && digits; i++) {
        digits = name.ptr[i] >= '0' && name.ptr[i] <= '9';
    }
    return digits;
}

/* AWSLogs/ACCOUNT/ and AWSLogs/o-ORGANISATION/ACCOUNT/ hold one folder per service. */
static bool is_delivery_folder(struct str path)
{
    struct str rest = path;
    const struct str account = base_name(rest);
    if (!is_account(account) || account.len == rest.len) {
        return false;
    }
    rest.len -= account.len + 1;
    const struct str above = base_name(rest);
    return str_equal(above, STR("AWSLogs")) || str_starts(above, STR("o-"));
}

static bool wanted_folder(struct str parent, struct str name)
{
    if (str_equal(name, STR("CloudTrail-Digest"))) {
        return false;
    }
    static const struct str delivered[] = { STR_INIT("vpcflowlogs"), STR_INIT("vpcdnsquerylogs"), STR_INIT("GuardDuty"),
                                            STR_INIT("WAFLogs"), STR_INIT("network-firewall") };
    bool wanted = !is_delivery_folder(parent) || str_starts(name, STR("CloudTrail"));
    for (size_t i = 0; i < COUNT_OF(delivered); i++) {
        wanted = wanted || str_equal(name, delivered[i]);
    }
    return wanted;
}

static int compare_text(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* Names in a folder in byte order; NULL when it can't be read. */
static struct str *entries(struct arena *arena, const char *path, size_t *count)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return NULL;
    }
    size_t capacity = 16;
    struct str *names = arena_alloc_raw(arena, capacity * sizeof(*names));
    *count = 0;
    for (const struct dirent *entry = NULL; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (*count == capacity) {
            names = arena_grow(arena, names, capacity * sizeof(*names), capacity * 2 * sizeof(*names));
            capacity *= 2;
        }
        names[(*count)++] = str_copy(arena, str_of(entry->d_name));
    }
    closedir(folder);
    qsort(names, *count, sizeof(*names), compare_text);
    return names;
}

static void visit(struct walk *walk, struct str path, bool named);

static void visit_folder(struct walk *walk, struct str path)
{
    size_t count = 0;
    struct str *names = entries(walk->arena, path.ptr, &count);
    if (names == NULL) {
        failed(walk, path);
        return;
    }
    const bool slash = str_ends(path, STR("/"));
    for (size_t i = 0; i < count; i++) {
        visit(walk, str_format(walk->arena, "%" STR_FMT "%s%" STR_FMT, STR_ARG(path), slash ? "" : "/", STR_ARG(names[i])),
              false);
    }
}

static bool leads_here(const struct walk *walk, const struct stat *st)
{
    for (size_t i = 0; i < walk->depth; i++) {
        if (walk->above[i].device == st->st_dev && walk->above[i].inode == st->st_ino) {
            return true;
        }
    }
    return false;
}

static void enter_folder(struct walk *walk, struct str path, const struct stat *st)
{
    if (leads_here(walk, st)) {
        trouble(walk, path, "a loop: this folder leads back to itself");
        return;
    }
    if (!first_visit(walk, st)) {
        return;
    }
    if (walk->depth == FOLDERS_DEEP) {
        trouble(walk, path, "folders are nested too deeply");
        return;
    }
    walk->above[walk->depth++] = (struct place){ st->st_dev, st->st_ino };
    visit_folder(walk, path);
    walk->depth--;
}

static struct str parent_of(struct str path)
{
    const size_t slash = str_find_last(path, '/');
    return slash == STR_MISSING ? STR("") : str_slice(path, 0, slash);
}

/* path ends in NUL. */
static void visit(struct walk *walk, struct str path, bool named)
{
    struct stat st = { 0 };
    if (stat(path.ptr, &st) != 0) {
        if (named || is_log_name(path) || errno == ELOOP) {
            failed(walk, path);
        }
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        if (named || wanted_folder(parent_of(path), base_name(path))) {
            enter_folder(walk, path, &st);
        }
        return;
    }
    if (named ? first_visit(walk, &st) : S_ISREG(st.st_mode) && is_log_name(path) && first_visit(walk, &st)) {
        add(walk, path, &st);
    }
}

static bool is_stamp(struct str part)
{
    static const char shape[] = "ddddddddTddddZ";
    return part.len == sizeof(shape) - 1 && starts_shaped(part, shape);
}

/* spec: CloudTrail user guide, log file names: ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz */
static struct str stamp_of(struct str path)
{
    struct str rest = base_name(path);
    while (rest.ptr) {
        const struct str part = str_cut(rest, '_', &rest);
        if (is_stamp(part)) {
            return part;
        }
    }
    return STR("");
}

static int compare_files(const void *a, const void *b)
{
    const struct ingest_file *left = a;
    const struct ingest_file *right = b;
    const int by_time = str_compare(stamp_of(left->path), stamp_of(right->path));
    return by_time ? by_time : str_compare(left->path, right->path);
}

struct ingest_files ingest_files_find(struct arena *arena, const struct str *paths, size_t count,
                                      const struct ingest_sink *sink)
{
    struct walk walk = { .arena = arena, .sink = sink, .seen = map_open() };
    for (size_t i = 0; i < count; i++) {
        if (str_equal(paths[i], STR("-"))) {
            add(&walk, paths[i], &(struct stat){ 0 });
            continue;
        }
        visit(&walk, str_copy(arena, paths[i]), true);
    }
    map_close(walk.seen, NULL);
    struct ingest_files files = { .list = walk.list, .count = walk.count };
    if (files.count > 1) {
        qsort(files.list, files.count, sizeof(*files.list), compare_files);
    }
    for (size_t i = 0; i < files.count; i++) {
        files.total_size += files.list[i].size;
    }
    return files;
}
