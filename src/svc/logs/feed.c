#include "svc/logs/feed.h"

#include "svc/logs/unseal.h"
#include "wire/codec.h"

enum { LEASE_MS = 30000, BATCH_BLOCKS = 256, BATCH_BYTES = 4 << 20 };

struct err logs_feed_due(struct ctx *ctx, struct store_conn *db, size_t max, struct logs_feed *feeds, size_t *count)
{
    const struct rows rows = { ctx, db, STR_NONE, STR_NONE };
    struct pumps pumps = { NULL, 0 };
    TRY(logs_row_pumps_due(&rows, (int64_t)max, &pumps));
    for (size_t i = 0; i < pumps.count; i++) {
        feeds[i] = (struct logs_feed){ pumps.items[i].account, pumps.items[i].region, pumps.items[i].group, pumps.items[i].next_block };
    }
    *count = pumps.count;
    return ERR_OK;
}

struct err logs_feed_take(struct ctx *ctx, struct store_conn *db, const struct logs_feed *feed, bool *mine)
{
    const struct rows rows = { ctx, db, feed->account, feed->region };
    const struct pump pump = { feed->account, feed->region, feed->group, feed->next_block };
    return logs_row_pump_lease(&rows, &pump, ctx->now_ms + LEASE_MS, mine);
}

struct err logs_feed_done(struct ctx *ctx, struct store_conn *db, const struct logs_feed *feed, int64_t next_block, bool *first)
{
    const struct rows rows = { ctx, db, feed->account, feed->region };
    const struct pump pump = { feed->account, feed->region, feed->group, feed->next_block };
    return logs_row_pump_done(&rows, &pump, next_block, first);
}

/* Reads data until the batch is large enough. */
static bool has_room(void *argument, const struct block *block)
{
    int64_t *bytes = argument;
    *bytes += block->bytes;
    return *bytes <= BATCH_BYTES || *bytes == block->bytes;
}

static struct err add_key(const struct rows *rows, struct logs_batch *batch, int64_t number)
{
    bool found = false;
    for (size_t i = 0; i < batch->key_count; i++) {
        if (batch->keys[i].number == number) {
            return ERR_OK;
        }
    }
    struct logs_batch_key *key = &batch->keys[batch->key_count++];
    key->number = number;
    return logs_row_key(rows, batch->group.id, number, &key->sealed, &found);
}

struct err logs_batch_read(struct ctx *ctx, struct store_conn *db, const struct logs_feed *feed, struct logs_batch *out)
{
    const struct rows rows = { ctx, db, feed->account, feed->region };
    int64_t bytes = 0;
    bool found = false;
    *out = (struct logs_batch){ .next_block = feed->next_block };
    TRY(logs_row_group_of_id(&rows, feed->group, &out->group, &found));
    if (!found) {
        return ERR_OK;
    }
    out->arn = str_format(ctx->arena, "arn:aws:logs:%" STR_FMT ":%" STR_FMT ":log-group:%" STR_FMT, STR_ARG(feed->region),
                          STR_ARG(feed->account), STR_ARG(out->group.name));
    TRY(logs_row_items_of_group(&rows, KIND_METRIC_FILTER, feed->group, &out->metric_filters));
    TRY(logs_row_items_of_group(&rows, KIND_SUBSCRIPTION, feed->group, &out->subscriptions));
    TRY(logs_row_blocks_since(&rows, feed->group, feed->next_block, BATCH_BLOCKS, has_room, &bytes, &out->blocks));
    const bool all = out->blocks.count < BATCH_BLOCKS;
    size_t count = 0;
    while (count < out->blocks.count && out->blocks.items[count].data.ptr) {
        count++;
    }
    /* blocks of streams that were deleted leave holes: all that there are have been seen */
    out->next_block = all && count == out->blocks.count ? out->group.next_block : out->blocks.items[count - 1].number + 1;
    out->blocks.count = count;
    out->keys = ARENA_ARRAY(ctx->arena, struct logs_batch_key, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (out->blocks.items[i].data_key) {
            TRY(add_key(&rows, out, out->blocks.items[i].data_key));
        }
    }
    return ERR_OK;
}

bool logs_batch_open(struct ctx *ctx, const struct logs_batch *batch, const struct block *block, struct block_reader *out)
{
    struct str data = block->data;
    for (size_t i = 0; i < batch->key_count && block->data_key; i++) {
        const struct logs_batch_key *key = &batch->keys[i];
        if (key->number == block->data_key && (key->plain.ptr == NULL || !logs_unseal(ctx, batch->group.id, key->plain, block->data, &data))) {
            return false;
        }
    }
    return block_open(ctx->arena, data, block->first_ms, out);
}
