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

void segments_seal(const unsigned char key[SEGMENTS_KEY_SIZE], unsigned char *file, uint64_t plain)
{
    unsigned char *salt = file + tag_place(plain, segment_count(plain));
    random_bytes(salt, SEGMENTS_SALT_SIZE);
    struct aead *aead = file_key(key, salt);
    for (uint64_t number = 0; number < segment_count(plain); number++) {
        unsigned char *at = file + number * SEGMENT_SIZE;
        unsigned char nonce[AEAD_NONCE_SIZE];
        segment_nonce(plain, number, nonce);
        aead_seal_apart(aead, nonce, STR_NONE, (struct str){ (const char *)at, segment_size(plain, number) }, at,
                        file + tag_place(plain, number));
    }
    aead_close(aead);
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
