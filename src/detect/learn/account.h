/* account.h - the state of learn_* : accounts, their entities, and what bounds them. For learn*.c and the judges of this folder.
 *
 * Profiles lie in slabs, one row of slabs per kind; an account finds its own by an open-addressed table of numbers. */
#ifndef YAGURA_DETECT_LEARN_ACCOUNT_H
#define YAGURA_DETECT_LEARN_ACCOUNT_H

#include "detect/learn/edges.h"
#include "detect/learn/forest.h"
#include "detect/learn/hash.h"
#include "detect/learn/learn.h"
#include "detect/learn/rarity.h"

enum { LEARN_MOVED = 256 };
enum { LEARN_SLAB = 512, LEARN_ENTITY_DAYS = 7, LEARN_ACCOUNT_DAYS = 14 };

struct learn_pool {
    size_t size; /* of a profile */
    unsigned char **slabs;
    size_t slab_count, used;
    uint32_t *spare; /* numbers given back */
    size_t spare_count, spare_room;
};

struct learn_index {
    uint32_t *cells; /* number of a profile plus one; 0: empty */
    size_t capacity, count; /* capacity is 0 or a power of two */
};

/* What an account's clock has seen: its newest day, how many records stand behind it, and a day ahead that some claim. */
struct learn_clock {
    uint16_t newest, ahead;
    uint16_t support, ahead_support;
};

struct learn_account {
    uint64_t key; /* 0: unused */
    struct learn_clock clock;
    size_t bytes; /* of its profiles */
    size_t hand;  /* where the search for a profile to forget goes on */
    struct learn_index index[LEARN_KINDS];
    struct rarity_profile *whole[LEARN_KINDS]; /* of the account itself; NULL: not met */
    struct edges *edges;   /* NULL until asked for */
    struct forest *forest;
};

struct learn {
    struct learn_options options;
    size_t bytes, bytes_most, bytes_most_account;
    struct learn_account *accounts; /* options.accounts of them */
    size_t account_count;
    struct learn_index account_index;
    struct learn_account *last; /* asked for */
    struct learn_pool pools[LEARN_KINDS];
    struct learn_counts counts;
    uint32_t moved[LEARN_MOVED]; /* by profile: how often what learn_again relies on changed */
};

const struct rarity_shape *learn_shape(enum learn_kind kind);
const struct rarity_shape *learn_account_shape(enum learn_kind kind);

static inline struct rarity_profile *learn_pool_at(const struct learn_pool *pool, uint32_t number)
{
    return (struct rarity_profile *)(void *)(pool->slabs[number / LEARN_SLAB] + number % LEARN_SLAB * pool->size);
}
uint32_t learn_pool_take(struct learn_pool *pool); /* zeroed */

/* The account, made when there is room; NULL: refused. */
struct learn_account *learn_account_get(struct learn *learn, struct str name);
void learn_account_forget(struct learn *learn, struct learn_account *account); /* all it knows, but for its clock */
/* NULL: refused. */
struct rarity_profile *learn_entity_get(struct learn *learn, struct learn_account *account, enum learn_kind kind, uint64_t key);
struct rarity_profile *learn_whole_get(struct learn *learn, struct learn_account *account, enum learn_kind kind);
/* For reading a model: a fresh account, or an account's fresh entity, of a key that must not be there yet; false: no room. */
struct learn_account *learn_account_new(struct learn *learn, uint64_t key);
struct rarity_profile *learn_entity_new(struct learn *learn, struct learn_account *account, enum learn_kind kind, uint64_t key);
struct edges *learn_edges(struct learn *learn, struct learn_account *account);
struct forest *learn_forest(struct learn *learn, struct learn_account *account);

/* How a record's day stands to the account's: whether it may be judged, whether it may be learned. */
struct learn_standing {
    bool judged, learns;
    bool forgets; /* what was learned so far was of a future that never was */
};
struct learn_standing learn_clock_tell(struct learn_clock *clock, uint16_t day);
bool learn_clock_steady(const struct learn_clock *clock, uint16_t day); /* the day neither leads nor restarts the clock */

/* When the very same values come again on the same day, nothing is left to observe, but for PRINCIPAL_RESOURCE of a
 * principal: of that one every value has to be shown. */
struct learn_again {
    struct learn_view view;
    uint64_t forgotten;
    uint32_t moved;
};
struct learn_again learn_remember(const struct learn_view *view);
/* The view at that time; false: observe. Whether the entity may be judged is told anew. */
bool learn_again(const struct learn_again *again, int64_t at_ms, struct learn_view *view);
/* For the fuzzer: learn_read, whatever the checksum. */
MUST_USE struct err learn_read_unsummed(struct ctx *ctx, FILE *in, struct learn **out);

#endif
