#include "crypto/segments.h"

#include <assert.h>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/secret.h"

struct segments {
    struct aead *aead;
    const unsigned char *file;
    uint64_t plain;
};

struct sealer {
    struct aead *aead;
    uint64_t plain;
    unsigned char *rest; /* tags, salt */
    size_t rest_size;
};

static uint64_t segment_count(uint64_t plain)
{
    return plain == 0 ? 1 : (plain - 1) / SEGMENT_SIZE + 1;
}

uint64_t segments_file_size(uint64_t plain)
{
    assert(plain <= SEGMENTS_PLAIN_MAX);
    return plain + segment_count(plain) * AEAD_TAG_SIZE + SEGMENTS_SALT_SIZE;
}

static uint64_t tag_place(uint64_t plain, uint64_t number)
{
    return plain + number * AEAD_TAG_SIZE;
}

static size_t segment_size(uint64_t plain, uint64_t number)
{
    const uint64_t left = plain - number * SEGMENT_SIZE;
    return left < SEGMENT_SIZE ? (size_t)left : SEGMENT_SIZE;
}

static void segment_nonce(uint64_t plain, uint64_t number, unsigned char nonce[AEAD_NONCE_SIZE])
{
    memset(nonce, 0, AEAD_NONCE_SIZE);
    nonce[0] = number + 1 == segment_count(plain);
    for (size_t i = 0; i < 8; i++) {
        nonce[AEAD_NONCE_SIZE - 1 - i] = (unsigned char)(number >> (8 * i));
    }
}

static struct aead *file_key(const unsigned char *key, const unsigned char *salt)
{
    unsigned char made[HASH_SHA256_SIZE];
    hmac_sha256((struct str){ (const char *)key, SEGMENTS_KEY_SIZE }, (struct str){ (const char *)salt, SEGMENTS_SALT_SIZE }, made);
    struct aead *aead = aead_open_brief(made);
    memory_wipe(made, sizeof(made));
    return aead;
}

struct sealer *sealer_open(const unsigned char key[SEGMENTS_KEY_SIZE], uint64_t plain)
{
    const size_t tags = (size_t)segment_count(plain) * AEAD_TAG_SIZE;
    struct sealer *sealer = memory_new(sizeof(*sealer));
    *sealer = (struct sealer){ .plain = plain, .rest = memory_new(tags + SEGMENTS_SALT_SIZE), .rest_size = tags + SEGMENTS_SALT_SIZE };
    random_bytes(sealer->rest + tags, SEGMENTS_SALT_SIZE);
    sealer->aead = file_key(key, sealer->rest + tags);
    return sealer;
}

void sealer_close(struct sealer *sealer)
{
    if (sealer) {
        aead_close(sealer->aead);
        memory_free(sealer->rest);
        memory_free(sealer);
    }
}

void sealer_seal(struct sealer *sealer, uint64_t start, struct str bytes, unsigned char *out)
{
    size_t done = 0;
    assert(start % SEGMENT_SIZE == 0 && start <= sealer->plain && bytes.len <= sealer->plain - start);
    do {
        const uint64_t number = (start + done) / SEGMENT_SIZE;
        const size_t size = segment_size(sealer->plain, number);
        unsigned char nonce[AEAD_NONCE_SIZE];
        assert(size <= bytes.len - done);
        segment_nonce(sealer->plain, number, nonce);
        aead_seal_apart(sealer->aead, nonce, STR_NONE, str_slice(bytes, done, size), out + done, sealer->rest + number * AEAD_TAG_SIZE);
        done += size;
    } while (done < bytes.len);
}

struct str sealer_rest(const struct sealer *sealer)
{
    return (struct str){ (const char *)sealer->rest, sealer->rest_size };
}

void segments_seal(const unsigned char key[SEGMENTS_KEY_SIZE], unsigned char *file, uint64_t plain)
{
    struct sealer *sealer = sealer_open(key, plain);
    const struct str rest = sealer_rest(sealer);
    sealer_seal(sealer, 0, (struct str){ (const char *)file, (size_t)plain }, file);
    memcpy(file + plain, rest.ptr, rest.len);
    sealer_close(sealer);
}

struct segments *segments_open(const unsigned char key[SEGMENTS_KEY_SIZE], const unsigned char *file, uint64_t plain)
{
    struct segments *segments = memory_new(sizeof(*segments));
    *segments = (struct segments){ file_key(key, file + tag_place(plain, segment_count(plain))), file, plain };
    return segments;
}

void segments_close(struct segments *segments)
{
    if (segments) {
        aead_close(segments->aead);
        memory_free(segments);
    }
}

static bool open_segment(const struct segments *segments, uint64_t number, unsigned char *out)
{
    unsigned char nonce[AEAD_NONCE_SIZE];
    segment_nonce(segments->plain, number, nonce);
    const struct str sealed = { (const char *)segments->file + number * SEGMENT_SIZE, segment_size(segments->plain, number) };
    return aead_unseal_apart(segments->aead, nonce, STR_NONE, sealed, segments->file + tag_place(segments->plain, number), out);
}

bool segments_read(const struct segments *segments, uint64_t start, size_t count, unsigned char *out)
{
    assert(start <= segments->plain && count <= segments->plain - start);
    if (count == 0 && segments->plain > 0) {
        return true;
    }
    unsigned char whole[SEGMENT_SIZE];
    size_t done = 0;
    do {
        const uint64_t number = (start + done) / SEGMENT_SIZE;
        const size_t skip = (size_t)((start + done) % SEGMENT_SIZE);
        const size_t size = segment_size(segments->plain, number);
        const size_t take = size - skip < count - done ? size - skip : count - done;
        const bool direct = take == size; /* nothing of it is left out */
        if (!open_segment(segments, number, direct ? out + done : whole)) {
            memory_wipe(out, done);
            return false;
        }
        if (!direct) {
            memcpy(out + done, whole + skip, take);
        }
        done += take;
    } while (done < count);
    return true;
}
