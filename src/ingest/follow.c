#include "ingest/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/map.h"
#include "ingest/files.h"

enum { HEAD = 64, HEADER_LINE = 4096, CLOCKS_APART_MS = 60000 };

struct followed {
    uint64_t inode;
    uint64_t size;   /* as far as it was looked at */
    uint64_t offset; /* as far as it is done with */
    uint64_t poll;   /* that saw it last */
};

struct follow {
    struct arena *arena; /* of the paths */
    struct arena *scratch;
    struct str *paths;
    size_t count;
    struct map *files;
    struct map *reported;
    struct inflate *in;
    uint64_t poll;
    const struct ingest_sink *sink; /* during a poll */
};

static uint64_t number(struct str *rest, bool *fine)
{
    int64_t value = 0;
    *fine = str_to_int(str_cut(*rest, ' ', rest), &value) && value >= 0 && rest->ptr && *fine;
    return (uint64_t)value;
}

static void load_line(struct follow *follow, struct str line)
{
    struct str rest = line;
    bool fine = true;
    struct followed one = { 0 };
    one.inode = number(&rest, &fine);
    one.size = number(&rest, &fine);
    one.offset = number(&rest, &fine);
    if (!fine || rest.len == 0) {
        return;
    }
    struct followed *kept = memory_new(sizeof(*kept));
    *kept = one;
    memory_free(map_put(follow->files, str_percent_decode(follow->scratch, rest, false), kept));
}

struct follow *follow_open(const struct str *paths, size_t count, struct str state)
{
    struct follow *follow = memory_new(sizeof(*follow));
    follow->arena = arena_open();
    follow->scratch = arena_open();
    follow->files = map_open();
    follow->reported = map_open();
    follow->in = inflate_open();
    follow->count = count;
    follow->paths = arena_array(follow->arena, count, sizeof(*paths));
    for (size_t i = 0; i < count; i++) {
        follow->paths[i] = str_copy(follow->arena, paths[i]);
    }
    for (struct str rest = state; rest.ptr;) {
        load_line(follow, str_cut(rest, '\n', &rest));
    }
    return follow;
}

void follow_close(struct follow *follow)
{
    if (follow == NULL) {
        return;
    }
    map_close(follow->files, memory_free);
    map_close(follow->reported, NULL);
    inflate_close(follow->in);
    arena_close(follow->scratch);
    arena_close(follow->arena);
    memory_free(follow);
}

/* What can't be read is found again by every poll, and told once. */
static void report_once(void *self, const struct ingest_trouble *trouble)
{
    static char told;
    struct follow *follow = self;
    if (map_count(follow->reported) < FOLLOW_FILES_MAX && map_put(follow->reported, trouble->file, &told) == NULL) {
        follow->sink->trouble(follow->sink->self, trouble);
    }
}

static struct str skip_blank(struct str s)
{
    size_t at = str_starts(s, STR("\xEF\xBB\xBF")) ? 3 : 0;
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t' || s.ptr[at] == '\r' || s.ptr[at] == '\n')) {
        at++;
    }
    return str_from(s, at);
}

/* One record a line: where reading stopped, it can go on. A document of many records or compressed bytes can't. */
static bool grows_by_lines(int fd)
{
    char bytes[HEAD];
    const ssize_t got = pread(fd, bytes, sizeof(bytes), 0);
    const struct str head = { bytes, got > 0 ? (size_t)got : 0 };
    if (head.len == 0 || str_starts(head, STR("\x1F\x8B")) || str_starts(head, STR("\x28\xB5\x2F\xFD"))) {
        return false;
    }
    const struct str text = skip_blank(head);
    if (!str_starts(text, STR("{"))) {
        return !str_starts(text, STR("["));
    }
    const struct str key = skip_blank(str_from(text, 1));
    const struct str records = STR("\"Records\"");
    return key.len >= records.len && !str_starts(key, records);
}

static void read_lines(struct follow *follow, struct followed *one, const struct ingest_file *file, int fd,
                       struct reader *reader)
{
    if (lseek(fd, (off_t)one->offset, SEEK_SET) < 0) {
        return;
    }
    char bytes[HEADER_LINE];
    const ssize_t got = pread(fd, bytes, sizeof(bytes), 0);
    const struct str head = { bytes, got > 0 ? (size_t)got : 0 };
    inflate_start(follow->in, fd);
    const uint64_t start = one->offset;
    one->offset = reader_read_growing(reader, file->path, head, start, follow->in, follow->sink);
    one->size = start + inflate_read(follow->in);
}

static void read_rested(struct follow *follow, struct followed *one, const struct ingest_file *file, int fd,
                        struct reader *reader)
{
    inflate_start(follow->in, fd);
    reader_read(reader, file->path, follow->in, follow->sink);
    one->size = file->size;
    one->offset = file->size;
}

static bool has_rested(const struct ingest_file *file, int64_t now_ms)
{
    const int64_t age = now_ms - file->changed_ms;
    return age >= FOLLOW_REST_MS || age < -CLOCKS_APART_MS;
}

static bool read_new(struct follow *follow, struct followed *one, const struct ingest_file *file, int64_t now_ms,
                     struct reader *reader)
{
    const int fd = open(file->path.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        const char *what = strerrordesc_np(errno);
        const struct str reason = str_format(follow->scratch, "cannot be read: %s", what ? what : "unknown error");
        report_once(follow, &(struct ingest_trouble){ .file = file->path, .reason = reason.ptr });
        return false;
    }
    const bool lines = grows_by_lines(fd);
    const bool ready = lines || has_rested(file, now_ms);
    if (lines) {
        read_lines(follow, one, file, fd, reader);
    }
    if (ready && !lines) {
        read_rested(follow, one, file, fd, reader);
    }
    close(fd);
    return ready;
}

static struct followed *remember(struct follow *follow, const struct ingest_file *file)
{
    struct followed *one = map_get(follow->files, file->path);
    if (one == NULL) {
        one = memory_new(sizeof(*one));
        map_put(follow->files, file->path, one);
    }
    if (one->inode != file->inode || file->size < one->size) {
        *one = (struct followed){ .inode = file->inode };
    }
    one->poll = follow->poll;
    return one;
}

/* Files that are gone are forgotten only when there are too many: one that comes back must not be read again. */
static void forget_gone(struct follow *follow)
{
    if (map_count(follow->files) <= FOLLOW_FILES_MAX) {
        return;
    }
    struct map *kept = map_open();
    struct str path = STR_NONE;
    void *value = NULL;
    for (size_t at = 0; map_next(follow->files, &at, &path, &value);) {
        struct followed *one = value;
        if (one->poll == follow->poll) {
            map_put(kept, path, one);
        } else {
            memory_free(one);
        }
    }
    map_close(follow->files, NULL);
    follow->files = kept;
}

size_t follow_poll(struct follow *follow, int64_t now_ms, struct reader *reader, const struct ingest_sink *sink)
{
    const struct ingest_sink quiet = { .self = follow, .event = sink->event, .trouble = report_once };
    follow->sink = sink;
    follow->poll++;
    arena_reset(follow->scratch);
    const struct ingest_files files = ingest_files_find(follow->scratch, follow->paths, follow->count, &quiet);
    size_t read = 0;
    for (size_t i = 0; i < files.count; i++) {
        struct followed *one = remember(follow, &files.list[i]);
        if (files.list[i].size > one->size) {
            read += read_new(follow, one, &files.list[i], now_ms, reader);
        }
    }
    forget_gone(follow);
    return read;
}

static int by_path(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

struct str follow_state(const struct follow *follow, struct arena *arena)
{
    const size_t count = map_count(follow->files);
    struct str *paths = ARENA_ARRAY(arena, struct str, count + 1);
    void *value = NULL;
    for (size_t at = 0, i = 0; i < count && map_next(follow->files, &at, &paths[i], &value); i++) {
    }
    qsort(paths, count, sizeof(*paths), by_path);
    struct text text = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        const struct followed *one = map_get(follow->files, paths[i]);
        text_add_format(&text, "%ju %ju %ju ", (uintmax_t)one->inode, (uintmax_t)one->size, (uintmax_t)one->offset);
        text_add(&text, str_percent_encode(arena, paths[i], true));
        text_add_char(&text, '\n');
    }
    return text_str(&text);
}
