#include "ingest/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/queue.h"

/* One file on its way: opened and begun by a loader, read to its end by the calling thread. */
struct job {
    const struct ingest_file *file;
    struct inflate *in;
    int fd;
    int error; /* errno of the opening */
    struct queue *begun;
};

struct run {
    struct reader *reader;
    const struct ingest_files *files;
    const struct ingest_sink *sink;
    const struct ingest_watch *watch;
    struct ingest_progress progress;
    const struct job *current;
    uint64_t size_before; /* of the files before the current one */
    uint64_t calls;
    struct job *jobs;
    size_t job_count;
    struct queue *todo;
};

static void begin(struct job *job)
{
    const bool standard = str_equal(job->file->path, STR("-"));
    job->fd = standard ? STDIN_FILENO : open(job->file->path.ptr, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    job->error = job->fd < 0 ? errno : 0;
    if (job->fd >= 0) {
        inflate_start(job->in, job->fd);
        inflate_ahead(job->in);
    }
}

static void load(void *argument)
{
    struct queue *todo = argument;
    for (struct job *job = NULL; (job = queue_pop(todo)) != NULL;) {
        begin(job);
        queue_push(job->begun, job);
    }
}

static void tell(struct run *run)
{
    if (run->watch == NULL) {
        return;
    }
    run->progress.bytes_read = run->size_before + (run->current ? inflate_read(run->current->in) : 0);
    run->progress.bytes_inflated = reader_counts(run->reader).bytes;
    run->watch->progress(run->watch->self, &run->progress);
}

static void pass_event(void *self, const struct event *ev)
{
    struct run *run = self;
    run->sink->event(run->sink->self, ev);
    if ((++run->calls & 1023) == 0) {
        tell(run);
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

static void report_unopened(struct run *run, const struct job *job)
{
    char reason[160];
    const char *what = strerrordesc_np(job->error);
    snprintf(reason, sizeof(reason), "cannot be read: %s", what ? what : "unknown error");
    const struct ingest_trouble trouble = { .file = job->file->path, .reason = reason };
    run->sink->trouble(run->sink->self, &trouble);
}

static void finish(struct run *run, struct job *job)
{
    const struct ingest_sink sink = { run, pass_event, pass_trouble, run->sink->soon ? pass_soon : NULL };
    run->current = job;
    if (job->fd >= 0) {
        reader_read(run->reader, job->file->path, job->in, &sink);
    } else {
        report_unopened(run, job);
    }
    if (job->fd > STDIN_FILENO) {
        close(job->fd);
    }
    run->current = NULL;
    run->size_before += job->file->size;
    run->progress.files_done++;
    tell(run);
}

static void read_here(struct run *run)
{
    struct job job = { .in = inflate_open(), .fd = -1 };
    for (size_t i = 0; i < run->files->count; i++) {
        job.file = &run->files->list[i];
        begin(&job);
        finish(run, &job);
    }
    inflate_close(job.in);
}

static void hand_out(struct run *run, size_t index)
{
    if (index < run->files->count) {
        struct job *job = &run->jobs[index % run->job_count];
        job->file = &run->files->list[index];
        queue_push(run->todo, job);
    }
}

/* Rather than wait, it begins what no loader has taken yet. */
static void await(struct run *run, struct job *job)
{
    void *begun = NULL;
    void *next = NULL;
    while (queue_pop_many(job->begun, &begun, 1, 0) == 0) {
        if (queue_pop_many(run->todo, &next, 1, 0) == 0) {
            queue_pop(job->begun);
            return;
        }
        struct job *other = next;
        begin(other);
        queue_push(other->begun, other);
    }
}

static void read_in_order(struct run *run)
{
    for (size_t i = 0; i < run->job_count; i++) {
        hand_out(run, i);
    }
    for (size_t i = 0; i < run->files->count; i++) {
        struct job *job = &run->jobs[i % run->job_count];
        await(run, job);
        finish(run, job);
        hand_out(run, i + run->job_count);
    }
}

static void read_with_loaders(struct run *run, size_t loaders)
{
    run->job_count = loaders + 2; /* one is read, one waits, the others are loaded */
    run->jobs = memory_new(run->job_count * sizeof(*run->jobs));
    run->todo = queue_open(run->job_count);
    for (size_t i = 0; i < run->job_count; i++) {
        run->jobs[i] = (struct job){ .in = inflate_open(), .fd = -1, .begun = queue_open(1) };
    }
    struct thread *threads[INGEST_THREADS_MAX];
    for (size_t i = 0; i < loaders; i++) {
        threads[i] = thread_start("inflate", load, run->todo);
    }
    read_in_order(run);
    queue_close(run->todo);
    for (size_t i = 0; i < loaders; i++) {
        thread_join(threads[i]);
    }
    for (size_t i = 0; i < run->job_count; i++) {
        inflate_close(run->jobs[i].in);
        queue_free(run->jobs[i].begun);
    }
    queue_free(run->todo);
    memory_free(run->jobs);
}

void ingest_run(struct reader *reader, const struct ingest_files *files, size_t threads,
                const struct ingest_sink *sink, const struct ingest_watch *watch)
{
    struct run run = { .reader = reader, .files = files, .sink = sink, .watch = watch };
    const size_t useful = threads < INGEST_THREADS_MAX ? threads : INGEST_THREADS_MAX;
    const size_t loaders = useful < files->count ? useful : files->count;
    if (loaders < 2) {
        read_here(&run);
        return;
    }
    read_with_loaders(&run, loaders - 1);
}
