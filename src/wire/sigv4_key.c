#include "base/queue.h"
#include "crypto/equal.h"
#include "wire/sigv4.h"

/* Sets of few entries, a lock each: what one request holds up is small, and a flood of made-up scopes (which only
 * holders of a key can cause: entries are made when a secret is known) drives out no more than its set. */
enum { SETS = 64, ENTRIES = 8, NAME_MAX = 256 };

struct entry {
    char name[NAME_MAX];
    size_t name_size; /* 0: free */
    char secret[SIGV4_SECRET_MAX];
    size_t secret_size;
    struct hmac_key key;
};

struct set {
    struct lock *lock;
    size_t next; /* to be replaced */
    struct entry entries[ENTRIES];
};

struct sigv4_keys {
    struct set sets[SETS];
};

struct sigv4_keys *sigv4_keys_open(void)
{
    struct sigv4_keys *keys = memory_new(sizeof(*keys));
    for (size_t i = 0; i < SETS; i++) {
        keys->sets[i].lock = lock_open();
    }
    return keys;
}

void sigv4_keys_close(struct sigv4_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < SETS; i++) {
        lock_free(keys->sets[i].lock);
    }
    memory_wipe(keys, sizeof(*keys));
    memory_free(keys);
}

/* spec: AWS Signature Version 4, "Calculate the signature": HMACs chained over "AWS4" + secret, whatever its length. */
static struct hmac_key first_key(struct str secret)
{
    char text[4 + SIGV4_SECRET_MAX] = "AWS4";
    struct str first = { text, 4 + secret.len };
    if (secret.len <= SIGV4_SECRET_MAX) {
        memcpy(text + 4, secret.ptr, secret.len);
    } else { /* spec: RFC 2104: a key longer than the block is replaced by its digest */
        struct hash hash = hash_begin(HASH_SHA256);
        hash_add(&hash, STR("AWS4"));
        hash_add(&hash, secret);
        hash_end(&hash, (unsigned char *)text);
        first.len = HASH_SHA256_SIZE;
    }
    const struct hmac_key key = hmac_key(first);
    memory_wipe(text, sizeof(text));
    return key;
}

static struct hmac_key derive(const struct sigv4_claim *claim, struct str secret)
{
    const struct str links[] = { claim->day, claim->region, claim->service, STR("aws4_request") };
    struct hmac_key key = first_key(secret);
    unsigned char digest[HASH_SHA256_SIZE];
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        hmac_sign(&key, links[i], digest);
        key = hmac_key((struct str){ (const char *)digest, sizeof(digest) });
    }
    memory_wipe(digest, sizeof(digest));
    return key;
}

/* The claim's key id and scope in one piece; false when they are too long to be kept. */
static bool name_of(const struct sigv4_claim *claim, char name[NAME_MAX], struct str *out)
{
    const struct str parts[] = { claim->access_key, claim->day, claim->region, claim->service };
    size_t size = 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (parts[i].len + 1 > NAME_MAX - size) {
            return false;
        }
        memcpy(name + size, parts[i].ptr, parts[i].len);
        size += parts[i].len;
        name[size++] = '/';
    }
    *out = (struct str){ name, size };
    return true;
}

/* Held under the set's lock. */
static const struct entry *find(const struct set *set, struct str name, struct str secret)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct entry *entry = &set->entries[i];
        if (str_equal((struct str){ entry->name, entry->name_size }, name)
            && crypto_equal((struct str){ entry->secret, entry->secret_size }, secret)) {
            return entry;
        }
    }
    return NULL;
}

static void keep(struct set *set, struct str name, struct str secret, const struct hmac_key *key)
{
    lock_take(set->lock);
    struct entry *entry = &set->entries[set->next++ % ENTRIES];
    memory_wipe(entry->secret, sizeof(entry->secret));
    memcpy(entry->name, name.ptr, name.len);
    memcpy(entry->secret, secret.ptr, secret.len);
    entry->name_size = name.len;
    entry->secret_size = secret.len;
    entry->key = *key;
    lock_give(set->lock);
}

struct hmac_key sigv4_signing_key(struct sigv4_keys *keys, const struct sigv4_claim *claim, struct str secret)
{
    char text[NAME_MAX];
    struct str name = STR_NONE;
    if (keys == NULL || secret.len > SIGV4_SECRET_MAX || !name_of(claim, text, &name)) {
        return derive(claim, secret);
    }
    struct set *set = &keys->sets[str_hash(name) % SETS];
    struct hmac_key key = { 0 };
    lock_take(set->lock);
    const struct entry *entry = find(set, name, secret);
    if (entry) {
        key = entry->key;
    }
    lock_give(set->lock);
    if (entry == NULL) {
        key = derive(claim, secret);
        keep(set, name, secret, &key);
    }
    return key;
}
