#include "app/deliverer.h"

#include <string.h>

#include "base/clock.h"
#include "base/queue.h"
#include "store/store_test.h"
#include "tests/test.h"

enum { WAIT_ROUNDS = 500 };

/* A channel that notes what it was handed; guarded, for it runs on the deliverer's thread. */
struct probe {
    struct lock *lock;
    enum delivery_outcome outcome;
    size_t handed, settled;
    char last[64];
};

static void deliver(void *self, struct ctx *ctx, struct store_conn *db, struct delivery *deliveries, size_t count)
{
    (void)ctx;
    (void)db;
    struct probe *probe = self;
    lock_take(probe->lock);
    for (size_t i = 0; i < count; i++) {
        deliveries[i].outcome = probe->outcome;
        const size_t len = deliveries[i].item.payload.len < 63 ? deliveries[i].item.payload.len : 63;
        memcpy(probe->last, deliveries[i].item.payload.ptr, len);
        probe->last[len] = '\0';
    }
    probe->handed += count;
    lock_give(probe->lock);
}

static struct err settle(void *self, struct ctx *ctx, struct store_conn *db, const struct delivery *deliveries,
                         size_t count)
{
    (void)ctx;
    (void)db;
    (void)deliveries;
    struct probe *probe = self;
    lock_take(probe->lock);
    probe->settled += count;
    lock_signal(probe->lock);
    lock_give(probe->lock);
    return ERR_OK;
}

/* A store with items in its outbox, a writer and a deliverer with one channel. */
struct scene {
    struct ctx ctx;
    struct store *store;
    struct store_conn *db;
    struct store_writer *writer;
    struct probe probe;
    struct deliverer_channel channel;
    struct deliverer *deliverer;
};

static void scene_open(struct scene *scene, struct arena *arena, enum delivery_outcome outcome)
{
    *scene = (struct scene){ .ctx = ctx_new(arena, clock_now_ms()) };
    CHECK_OK(store_open(&scene->ctx, store_test_sqlite(arena), &scene->store));
    CHECK_OK(store_migrate(&scene->ctx, scene->store, NULL, 0));
    CHECK_OK(store_connect(&scene->ctx, scene->store, &scene->db));
    CHECK_OK(store_writer_open(&scene->ctx, scene->store, 16, 1, &scene->writer));
    scene->probe.lock = lock_open();
    scene->probe.outcome = outcome;
    scene->channel = (struct deliverer_channel){ STR("chat"), deliver, settle, &scene->probe };
    CHECK_OK(deliverer_open(&scene->ctx, &(struct deliverer_options){
        .store = scene->store, .writer = scene->writer, .channels = &scene->channel, .channel_count = 1, .interval_ms = 10,
    }, &scene->deliverer));
}

static void add(struct scene *scene, const char *topic, const char *payload)
{
    CHECK_OK(store_begin(&scene->ctx, scene->db, STORE_WRITE));
    CHECK_OK(store_outbox_add(&scene->ctx, scene->db, STR("111122223333"), str_of(topic), str_of(payload)));
    CHECK_OK(store_commit(&scene->ctx, scene->db));
}

/* What lies in the outbox, due by `later_ms` from now. */
static size_t due(struct scene *scene, int64_t later_ms)
{
    struct outbox_item items[16];
    size_t count = 0;
    scene->ctx.now_ms = clock_now_ms() + later_ms;
    CHECK_OK(store_outbox_due(&scene->ctx, scene->db, 16, items, &count));
    return count;
}

static void wait_for_settled(struct scene *scene, size_t count)
{
    lock_take(scene->probe.lock);
    for (int i = 0; i < WAIT_ROUNDS && scene->probe.settled < count; i++) {
        lock_wait(scene->probe.lock, 20);
    }
    CHECK_INT(scene->probe.settled, count);
    lock_give(scene->probe.lock);
}

static void scene_stop(struct scene *scene)
{
    deliverer_close(scene->deliverer);
    store_writer_close(scene->writer);
}

static void scene_close(struct scene *scene)
{
    store_disconnect(scene->db);
    store_close(scene->store);
    lock_free(scene->probe.lock);
}

TEST(what_was_delivered_is_gone_and_what_no_channel_takes_is_given_up)
{
    struct scene scene;
    scene_open(&scene, arena, DELIVERY_DONE);
    add(&scene, "chat/one", "hello");
    add(&scene, "chatter", "not for the channel");
    add(&scene, "chat", "again");
    deliverer_start(scene.deliverer);
    wait_for_settled(&scene, 2);
    scene_stop(&scene);
    CHECK_INT(scene.probe.handed, 2);
    CHECK_STR(str_of(scene.probe.last), "again"); /* oldest first */
    CHECK_INT(due(&scene, INT64_C(1) << 40), 0);
    scene_close(&scene);
}

TEST(what_could_not_be_delivered_comes_again_after_a_pause)
{
    struct scene scene;
    scene_open(&scene, arena, DELIVERY_LATER);
    add(&scene, "chat/one", "hello");
    deliverer_start(scene.deliverer);
    wait_for_settled(&scene, 1);
    scene_stop(&scene);
    CHECK_INT(scene.probe.handed, 1);
    CHECK_INT(due(&scene, 0), 0);
    CHECK_INT(due(&scene, 5000), 1);
    scene_close(&scene);
}

TEST(what_is_refused_for_good_does_not_come_again)
{
    struct scene scene;
    scene_open(&scene, arena, DELIVERY_NEVER);
    add(&scene, "chat", "hello");
    deliverer_start(scene.deliverer);
    wait_for_settled(&scene, 1);
    scene_stop(&scene);
    CHECK_INT(due(&scene, INT64_C(1) << 40), 0);
    scene_close(&scene);
}
