/* A model as bytes: a header that tells version and layout, then account by account what it holds, then a checksum. Numbers
 * are as the machine has them; the layout tells one that has them otherwise. */
#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "detect/learn/account.h"

enum { MODEL_VERSION = 1, ACCOUNTS_MOST = 1 << 16, ENTITIES_MOST = 1 << 28 };
static const char MAGIC[8] = { 'y', 'a', 'g', 'u', 'r', 'a', 'L', 'M' };

struct model_head {
    char magic[8];
    uint32_t version, spare;
    uint64_t layout, seed, entities, accounts, account_count;
};

struct model_account {
    uint64_t key;
    struct learn_clock clock;
    uint32_t entities[LEARN_KINDS];
    uint8_t has_whole[LEARN_KINDS];
    uint8_t has_edges, has_forest;
};

struct stream {
    FILE *file;
    uint64_t sum;
    bool failed;
    bool unsummed; /* the checksum does not matter */
};

/* Sizes and shapes: what a saved profile's bytes mean. */
static uint64_t layout(void)
{
    const uint64_t sizes[] = { sizeof(struct model_head), sizeof(struct model_account), sizeof(struct rarity_profile),
                               sizeof(struct rarity_slot), sizeof(struct edges), sizeof(struct forest), 0x0102030405060708 };
    uint64_t sum = learn_hash(0, (struct str){ (const char *)sizes, sizeof(sizes) });
    for (enum learn_kind kind = 0; kind < LEARN_KINDS; kind++) {
        sum = learn_mix(sum, rarity_size(learn_shape(kind)));
        sum = learn_mix(sum, rarity_size(learn_account_shape(kind)));
    }
    return sum;
}

static void put(struct stream *stream, const void *bytes, size_t size)
{
    stream->sum = learn_hash(stream->sum, (struct str){ bytes, size });
    stream->failed = stream->failed || fwrite(bytes, 1, size, stream->file) != size;
}

static bool take(struct stream *stream, void *bytes, size_t size)
{
    stream->failed = stream->failed || fread(bytes, 1, size, stream->file) != size;
    if (!stream->failed) {
        stream->sum = learn_hash(stream->sum, (struct str){ bytes, size });
    }
    return !stream->failed;
}

static void put_account(struct stream *stream, const struct learn *learn, const struct learn_account *account)
{
    struct model_account head;
    memset(&head, 0, sizeof(head)); /* gaps between members too */
    head.key = account->key;
    head.clock = account->clock;
    head.has_edges = account->edges != NULL;
    head.has_forest = account->forest != NULL;
    for (size_t kind = 0; kind < LEARN_KINDS; kind++) {
        head.entities[kind] = (uint32_t)account->index[kind].count;
        head.has_whole[kind] = account->whole[kind] != NULL;
    }
    put(stream, &head, sizeof(head));
    for (enum learn_kind kind = 0; kind < LEARN_KINDS; kind++) {
        if (account->whole[kind]) {
            put(stream, account->whole[kind], rarity_size(learn_account_shape(kind)));
        }
        const struct learn_index *index = &account->index[kind];
        for (size_t i = 0; i < index->capacity; i++) {
            if (index->cells[i]) {
                const struct rarity_profile *profile = learn_pool_at(&learn->pools[kind], index->cells[i] - 1);
                put(stream, &profile->key, sizeof(profile->key)); /* apart, since whoever reads needs it first */
                put(stream, (const char *)profile + sizeof(profile->key), learn->pools[kind].size - sizeof(profile->key));
            }
        }
    }
    if (account->edges) {
        put(stream, account->edges, sizeof(*account->edges));
    }
    if (account->forest) {
        put(stream, account->forest, sizeof(*account->forest));
    }
}

bool learn_write(const struct learn *learn, FILE *out)
{
    struct stream stream = { .file = out };
    struct model_head head = { .version = MODEL_VERSION, .layout = layout(), .seed = learn->options.seed,
                               .entities = learn->options.entities, .accounts = learn->options.accounts,
                               .account_count = learn->account_count };
    memcpy(head.magic, MAGIC, sizeof(MAGIC));
    put(&stream, &head, sizeof(head));
    for (size_t i = 0; i < learn->account_count; i++) {
        put_account(&stream, learn, &learn->accounts[i]);
    }
    const uint64_t sum = stream.sum;
    put(&stream, &sum, sizeof(sum));
    return !stream.failed;
}

static bool profile_sound(const struct rarity_profile *profile)
{
    return profile->key != 0 && profile->days < RARITY_DAYS_MAX && profile->season.hour < 24 && profile->season.open <= SEASON_DISTRUSTED &&
           isfinite(profile->season.amount) && isfinite(profile->window.unusual);
}

static bool take_entity(struct stream *stream, struct learn *learn, struct learn_account *account, enum learn_kind kind)
{
    uint64_t key = 0;
    if (!take(stream, &key, sizeof(key)) || key == 0) {
        return false;
    }
    struct rarity_profile *profile = learn_entity_new(learn, account, kind, key);
    return profile && take(stream, (char *)profile + sizeof(key), learn->pools[kind].size - sizeof(key)) && profile_sound(profile);
}

static bool take_account(struct stream *stream, struct learn *learn)
{
    struct model_account head;
    if (!take(stream, &head, sizeof(head)) || head.key == 0) {
        return false;
    }
    struct learn_account *account = learn_account_new(learn, head.key);
    if (account == NULL) {
        return false;
    }
    account->clock = head.clock;
    for (enum learn_kind kind = 0; kind < LEARN_KINDS; kind++) {
        if (head.has_whole[kind]) {
            struct rarity_profile *whole = learn_whole_get(learn, account, kind);
            if (!take(stream, whole, rarity_size(learn_account_shape(kind))) || !profile_sound(whole)) {
                return false;
            }
        }
        for (uint32_t i = 0; i < head.entities[kind]; i++) {
            if (!take_entity(stream, learn, account, kind)) {
                return false;
            }
        }
    }
    if (head.has_edges && !take(stream, learn_edges(learn, account), sizeof(struct edges))) {
        return false;
    }
    return !head.has_forest || (take(stream, learn_forest(learn, account), sizeof(struct forest)) && forest_sound(account->forest));
}

static bool take_all(struct stream *stream, struct learn *learn, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!take_account(stream, learn)) {
            return false;
        }
    }
    const uint64_t sum = stream->sum;
    uint64_t written = 0;
    if (stream->unsummed) {
        return true;
    }
    return take(stream, &written, sizeof(written)) && written == sum && fgetc(stream->file) == EOF;
}

static struct err read_model(struct ctx *ctx, struct stream *stream, const char *name, struct learn **out)
{
    struct model_head head;
    if (!take(stream, &head, sizeof(head)) || memcmp(head.magic, MAGIC, sizeof(MAGIC)) != 0) {
        return fail(ctx, &FAULT_INVALID, "%s is no learned model", name);
    }
    if (head.version != MODEL_VERSION) {
        return fail(ctx, &FAULT_INVALID, "%s is a model of version %u, and this program reads version %d: warm up again with --warm-up",
                    name, head.version, MODEL_VERSION);
    }
    if (head.layout != layout()) {
        return fail(ctx, &FAULT_INVALID, "%s is a model of another build of this program: warm up again with --warm-up", name);
    }
    if (head.accounts == 0 || head.accounts > ACCOUNTS_MOST || head.entities == 0 || head.entities > ENTITIES_MOST ||
        head.account_count > head.accounts) {
        return fail(ctx, &FAULT_INVALID, "%s is damaged: its sizes make no sense", name);
    }
    struct learn *learn = learn_open(&(struct learn_options){ head.entities, head.accounts, head.seed });
    if (!take_all(stream, learn, head.account_count)) {
        learn_close(learn);
        return fail(ctx, &FAULT_INVALID, "%s is damaged or cut short: warm up again with --warm-up", name);
    }
    *out = learn;
    return ERR_OK;
}

struct err learn_read(struct ctx *ctx, FILE *in, const char *name, struct learn **out)
{
    return read_model(ctx, &(struct stream){ .file = in }, name, out);
}

struct err learn_read_unsummed(struct ctx *ctx, FILE *in, struct learn **out)
{
    return read_model(ctx, &(struct stream){ .file = in, .unsummed = true }, "the model", out);
}

struct err learn_load(struct ctx *ctx, const char *path, struct learn **out)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        const struct fault *fault = errno == ENOENT ? &FAULT_MISSING : &FAULT_IO;
        return fail(ctx, fault, "cannot read the model %s: %s", path, strerrordesc_np(errno));
    }
    const struct err err = learn_read(ctx, in, path, out);
    fclose(in);
    return err;
}

struct err learn_save(struct ctx *ctx, const struct learn *learn, const char *path)
{
    const char *draft = str_cstr(ctx->arena, str_format(ctx->arena, "%s.new", path));
    FILE *out = fopen(draft, "wb");
    if (out == NULL) {
        return fail(ctx, &FAULT_IO, "cannot write the model %s: %s", draft, strerrordesc_np(errno));
    }
    bool written = learn_write(learn, out) && fflush(out) == 0 && fsync(fileno(out)) == 0;
    int reason = errno;
    written = fclose(out) == 0 && written;
    if (written && rename(draft, path) == 0) {
        return ERR_OK;
    }
    reason = written ? errno : reason;
    unlink(draft);
    return fail(ctx, &FAULT_IO, "cannot write the model %s: %s", path, strerrordesc_np(reason));
}
