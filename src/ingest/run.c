#include "ingest/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/queue.h"
#include "ingest/batch.h"

enum { BATCHES_PER_FILE = 4, FILES_PER_THREAD = 2 };

struct run {
    struct reader *reader;
    const struct ingest_files *files;
    const struct ingest_sink *sink;
    const struct ingest_question *question;
    const struct ingest_watch *watch;
    struct ingest_progress progress;
    uint64_t size_before; /* of the files before the current one */
    const struct inflate *in; /* of a run of one thread */
    uint64_t calls;
    struct queue *todo; /* places of files that no thread has taken yet */
};

/* One file on its way: batches go round between the thread that reads it and the one that delivers. */
struct place {
    const struct ingest_file *file;
    struct batch batches[BATCHES_PER_FILE];
    struct queue *spare, *ready;
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

/* --- one thread --- */

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

static void read_here(struct run *run)
{
    struct inflate *in = inflate_open();
    const struct ingest_sink sink = { run, pass_event, pass_trouble, run->sink->soon ? pass_soon : NULL };
    run->in = in;
    for (size_t i = 0; i < run->files->count; i++) {
        read_file(run->reader, in, &run->files->list[i], &sink);
        file_done(run, &run->files->list[i]);
    }
    inflate_close(in);
}

/* --- threads that read ahead --- */

static void hand_over(struct loader *loader, bool last)
{
    struct batch *batch = loader->batch;
    batch->last = last;
    batch->read = inflate_read(loader->in);
    batch->inflated = reader_counts(loader->reader).bytes - loader->inflated;
    loader->inflated += batch->inflated;
    queue_push(loader->place->ready, batch);
    loader->batch = last ? NULL : queue_pop(loader->place->spare);
    if (loader->batch) {
        batch_clear(loader->batch);
    }
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

static void load(void *argument)
{
    struct loader *loader = argument;
    const struct ingest_sink sink = { .self = loader, .event = pack_event, .trouble = pack_trouble };
    while ((loader->place = queue_pop(loader->run->todo)) != NULL) {
        loader->batch = queue_pop(loader->place->spare);
        batch_clear(loader->batch);
        read_file(loader->reader, loader->in, loader->place->file, &sink);
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

static void open_place(struct place *place)
{
    place->spare = queue_open(BATCHES_PER_FILE);
    place->ready = queue_open(BATCHES_PER_FILE);
    for (size_t i = 0; i < BATCHES_PER_FILE; i++) {
        queue_push(place->spare, &place->batches[i]);
    }
}

static void close_place(struct place *place)
{
    for (size_t i = 0; i < BATCHES_PER_FILE; i++) {
        batch_free(&place->batches[i]);
    }
    queue_free(place->spare);
    queue_free(place->ready);
}

static void deliver(struct run *run, struct place *place)
{
    bool last = false;
    while (!last) {
        struct batch *batch = queue_pop(place->ready);
        last = batch->last;
        batch_deliver(batch, run->reader, place->file->path, run->sink);
        reader_count_bytes(run->reader, batch->inflated);
        tell(run, batch->read);
        queue_push(place->spare, batch);
    }
    file_done(run, place->file);
}

static void hand_out(struct run *run, struct place *places, size_t place_count, size_t index)
{
    if (index < run->files->count) {
        struct place *place = &places[index % place_count];
        place->file = &run->files->list[index];
        queue_push(run->todo, place);
    }
}

static void deliver_in_order(struct run *run, struct place *places, size_t place_count)
{
    for (size_t i = 0; i < place_count; i++) {
        hand_out(run, places, place_count, i);
    }
    for (size_t i = 0; i < run->files->count; i++) {
        deliver(run, &places[i % place_count]);
        hand_out(run, places, place_count, i + place_count);
    }
}

static void read_ahead(struct run *run, size_t threads)
{
    const size_t place_count = threads * FILES_PER_THREAD;
    struct place *places = memory_new(place_count * sizeof(*places));
    struct loader loaders[INGEST_THREADS_MAX];
    run->todo = queue_open(place_count);
    for (size_t i = 0; i < place_count; i++) {
        open_place(&places[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        open_loader(&loaders[i], run);
    }
    deliver_in_order(run, places, place_count);
    queue_close(run->todo);
    for (size_t i = 0; i < threads; i++) {
        close_loader(&loaders[i]);
    }
    for (size_t i = 0; i < place_count; i++) {
        close_place(&places[i]);
    }
    queue_free(run->todo);
    memory_free(places);
}

void ingest_run(struct reader *reader, const struct ingest_files *files, size_t threads, const struct ingest_sink *sink,
                const struct ingest_question *question, const struct ingest_watch *watch)
{
    struct run run = { .reader = reader, .files = files, .sink = sink, .question = question, .watch = watch };
    const size_t useful = threads < INGEST_THREADS_MAX ? threads : INGEST_THREADS_MAX;
    const size_t loaders = useful < files->count ? useful : files->count;
    /* What comes through a pipe is delivered as it comes. */
    const bool piped = files->count == 1 && str_equal(files->list[0].path, STR("-"));
    if (threads < 2 || loaders == 0 || piped) {
        read_here(&run);
        return;
    }
    read_ahead(&run, loaders);
}
