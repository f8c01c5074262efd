#include "ingest/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/queue.h"
#include "ingest/batch.h"

/* Of two threads the calling one reads three bytes of ten itself: a gap of them, while the others are read for it. */
enum {
    GAP = 512 << 10,                    /* bytes of files, before what is read ahead begins */
    SMALL_FILE = 1 << 20,
    FILES_AHEAD = 128,
    BATCHES = 32, BATCHES_A_THREAD = 8, /* 256 KiB each */
    BATCHES_CURRENT = 4,                /* so many more for the file that is delivered: the others may be held by those behind it */
};

struct run {
    struct reader *reader;
    const struct ingest_files *files;
    const struct ingest_sink *sink;
    const struct ingest_question *question;
    const struct ingest_watch *watch;
    struct ingest_progress progress;
    uint64_t size_before; /* of the files before the current one */
    struct inflate *in; /* of what the calling thread reads itself */
    uint64_t calls;

    struct place *places; /* of the files from current on, round and round */
    struct batch *batches;
    uint64_t gap;
    struct lock *lock;    /* of what follows */
    size_t current;       /* the file that is delivered */
    bool over;
    struct batch *spare;
    size_t spare_count;
};

/* One file on its way. */
struct place {
    bool taken;
    struct batch *ready, **ready_end; /* in their order */
};

/* One that reads. */
struct loader {
    struct run *run;
    struct reader *reader;
    struct inflate *in;
    void *scratch;
    struct place *place;
    struct batch *batch; /* being filled */
    uint64_t inflated;   /* as told already */
    struct thread *thread;
};

static int open_file(const struct ingest_file *file)
{
    return str_equal(file->path, STR("-")) ? STDIN_FILENO : open(file->path.ptr, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static void close_file(int fd)
{
    if (fd > STDIN_FILENO) {
        close(fd);
    }
}

static void read_file(struct reader *reader, struct inflate *in, const struct ingest_file *file, const struct ingest_sink *sink)
{
    const int fd = open_file(file);
    if (fd < 0) {
        char reason[160];
        const char *what = strerrordesc_np(errno);
        snprintf(reason, sizeof(reason), "cannot be read: %s", what ? what : "unknown error");
        reader_refuse(reader, file->path, reason, sink);
        return;
    }
    inflate_start(in, fd);
    reader_read(reader, file->path, in, sink);
    close_file(fd);
}

static void tell(struct run *run, uint64_t read_of_file)
{
    if (run->watch == NULL) {
        return;
    }
    run->progress.bytes_read = run->size_before + read_of_file;
    run->progress.bytes_inflated = reader_counts(run->reader).bytes;
    run->watch->progress(run->watch->self, &run->progress);
}

static void file_done(struct run *run, const struct ingest_file *file)
{
    run->size_before += file->size;
    run->progress.files_done++;
    tell(run, 0);
}

/* --- on the calling thread --- */

static void pass_event(void *self, const struct event *ev)
{
    struct run *run = self;
    run->sink->event(run->sink->self, ev);
    if ((++run->calls & 1023) == 0) {
        tell(run, inflate_read(run->in));
    }
}

static void pass_soon(void *self, const struct event *events, size_t count)
{
    const struct run *run = self;
    run->sink->soon(run->sink->self, events, count);
}

static void pass_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct run *run = self;
    run->sink->trouble(run->sink->self, trouble);
}

static void read_here(struct run *run, const struct ingest_file *file)
{
    const struct ingest_sink sink = { run, pass_event, pass_trouble, run->sink->soon ? pass_soon : NULL };
    read_file(run->reader, run->in, file, &sink);
}

static void read_all_here(struct run *run)
{
    for (size_t i = 0; i < run->files->count; i++) {
        read_here(run, &run->files->list[i]);
        file_done(run, &run->files->list[i]);
    }
}

/* --- threads that read ahead --- */

static struct place *place_of(const struct run *run, size_t file)
{
    return &run->places[file % FILES_AHEAD];
}

/* The last ones are kept for the file that everything waits for. */
static struct batch *take_spare(struct run *run, const struct place *place)
{
    lock_take(run->lock);
    while (run->spare_count <= (place == place_of(run, run->current) ? 0 : BATCHES_CURRENT)) {
        lock_wait(run->lock, -1);
    }
    struct batch *batch = run->spare;
    run->spare = batch->next;
    run->spare_count--;
    lock_give(run->lock);
    batch_clear(batch);
    return batch;
}

static void give_spare(struct run *run, struct batch *batch)
{
    lock_take(run->lock);
    batch->next = run->spare;
    run->spare = batch;
    run->spare_count++;
    lock_signal(run->lock);
    lock_give(run->lock);
}

static void give_ready(struct run *run, struct place *place, struct batch *batch)
{
    lock_take(run->lock);
    batch->next = NULL;
    *place->ready_end = batch;
    place->ready_end = &batch->next;
    lock_signal(run->lock);
    lock_give(run->lock);
}

static struct batch *take_ready(struct run *run, struct place *place)
{
    lock_take(run->lock);
    while (place->ready == NULL) {
        lock_wait(run->lock, -1);
    }
    struct batch *batch = place->ready;
    place->ready = batch->next;
    place->ready_end = place->ready ? place->ready_end : &place->ready;
    lock_give(run->lock);
    return batch;
}

static void hand_over(struct loader *loader, bool last)
{
    struct batch *batch = loader->batch;
    batch->last = last;
    batch->read = inflate_read(loader->in);
    batch->inflated = reader_counts(loader->reader).bytes - loader->inflated;
    loader->inflated += batch->inflated;
    give_ready(loader->run, loader->place, batch);
    loader->batch = last ? NULL : take_spare(loader->run, loader->place);
}

static void hand_over_full(struct loader *loader)
{
    if (loader->batch->used >= BATCH_SIZE) {
        hand_over(loader, false);
    }
}

static void pack_event(void *self, const struct event *ev)
{
    struct loader *loader = self;
    const struct ingest_question *question = loader->run->question;
    batch_add_event(loader->batch, ev, question == NULL || question->ask(question->self, loader->scratch, ev));
    hand_over_full(loader);
}

static void pack_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct loader *loader = self;
    batch_add_trouble(loader->batch, trouble);
    hand_over_full(loader);
}

/* Which file to read ahead, or none now. The small ones close to the current file are left to the calling thread, which would wait
 * for them; of a large one it can have the beginning. Under the lock. */
static bool next_ahead(const struct run *run, size_t *out)
{
    uint64_t gap = 0;
    for (size_t i = run->current; i < run->files->count && i < run->current + FILES_AHEAD; i++) {
        const uint64_t size = run->files->list[i].size;
        if (!place_of(run, i)->taken && (size > SMALL_FILE || gap >= run->gap)) {
            *out = i;
            return true;
        }
        gap += size;
    }
    return false;
}

/* False: all are taken. */
static bool take_ahead(struct run *run, size_t *file)
{
    lock_take(run->lock);
    while (!run->over && !next_ahead(run, file)) {
        lock_wait(run->lock, -1);
    }
    const bool found = !run->over;
    if (found) {
        place_of(run, *file)->taken = true;
    }
    lock_give(run->lock);
    return found;
}

static void load(void *argument)
{
    struct loader *loader = argument;
    const struct ingest_sink sink = { .self = loader, .event = pack_event, .trouble = pack_trouble };
    for (size_t file = 0; take_ahead(loader->run, &file);) {
        loader->place = place_of(loader->run, file);
        loader->batch = take_spare(loader->run, loader->place);
        read_file(loader->reader, loader->in, &loader->run->files->list[file], &sink);
        hand_over(loader, true);
    }
}

static void open_loader(struct loader *loader, struct run *run)
{
    const struct ingest_question *question = run->question;
    *loader = (struct loader){ .run = run, .reader = reader_open_ahead(run->reader), .in = inflate_open() };
    loader->scratch = question ? question->open(question->self) : NULL;
    loader->thread = thread_start("read", load, loader);
}

static void close_loader(struct loader *loader)
{
    thread_join(loader->thread);
    if (loader->run->question) {
        loader->run->question->close(loader->scratch);
    }
    reader_close(loader->reader);
    inflate_close(loader->in);
}

static void deliver(struct run *run, const struct ingest_file *file, struct place *place)
{
    bool last = false;
    while (!last) {
        struct batch *batch = take_ready(run, place);
        last = batch->last;
        batch_deliver(batch, run->reader, file->path, run->sink);
        reader_count_bytes(run->reader, batch->inflated);
        tell(run, batch->read);
        give_spare(run, batch);
    }
}

/* Goes on to a file; whether nobody reads it, and nobody will. */
static bool is_ours(struct run *run, size_t file)
{
    lock_take(run->lock);
    if (file > 0) {
        place_of(run, file - 1)->taken = false; /* of the file that has the place next */
    }
    run->current = file;
    const bool ours = !place_of(run, file)->taken && run->files->list[file].size <= SMALL_FILE;
    place_of(run, file)->taken = place_of(run, file)->taken || ours;
    lock_signal(run->lock);
    lock_give(run->lock);
    return ours;
}

static void deliver_in_order(struct run *run)
{
    for (size_t i = 0; i < run->files->count; i++) {
        const struct ingest_file *file = &run->files->list[i];
        if (is_ours(run, i)) {
            read_here(run, file);
        } else {
            deliver(run, file, place_of(run, i));
        }
        file_done(run, file);
    }
    lock_take(run->lock);
    run->over = true;
    lock_signal(run->lock);
    lock_give(run->lock);
}

static void read_ahead(struct run *run, size_t threads)
{
    struct loader loaders[INGEST_THREADS_MAX];
    const size_t batch_count = BATCHES + BATCHES_CURRENT + threads * BATCHES_A_THREAD;
    const uint64_t fair = run->files->total_size / 8;
    run->gap = fair < GAP ? fair : GAP;
    run->places = memory_new(FILES_AHEAD * sizeof(*run->places));
    run->batches = memory_new(batch_count * sizeof(*run->batches));
    run->lock = lock_open();
    for (size_t i = 0; i < FILES_AHEAD; i++) {
        run->places[i].ready_end = &run->places[i].ready;
    }
    for (size_t i = 0; i < batch_count; i++) {
        give_spare(run, &run->batches[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        open_loader(&loaders[i], run);
    }
    deliver_in_order(run);
    for (size_t i = 0; i < threads; i++) {
        close_loader(&loaders[i]);
    }
    for (size_t i = 0; i < batch_count; i++) {
        batch_free(&run->batches[i]);
    }
    lock_free(run->lock);
    memory_free(run->batches);
    memory_free(run->places);
}

void ingest_run(struct reader *reader, const struct ingest_files *files, size_t threads, const struct ingest_sink *sink,
                const struct ingest_question *question, const struct ingest_watch *watch)
{
    struct run run = { .reader = reader, .files = files, .sink = sink, .question = question, .watch = watch, .in = inflate_open() };
    const size_t most = threads < INGEST_THREADS_MAX ? threads : INGEST_THREADS_MAX;
    const size_t useful = most < files->count ? most : files->count;
    /* What comes through a pipe is delivered as it comes. */
    const bool piped = files->count == 1 && str_equal(files->list[0].path, STR("-"));
    if (threads < 2 || useful == 0 || piped) {
        read_all_here(&run);
    } else {
        read_ahead(&run, useful > 1 ? useful - 1 : 1);
    }
    inflate_close(run.in);
}
