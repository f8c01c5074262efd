#include "detect/memory.h"

#include "base/map.h"

/* A ring of things by last use: head.next is the newest, head.previous the oldest. First member of what it links. */
struct link {
    struct link *next, *previous;
};

struct piece {
    struct link link;
    struct str key; /* the map's copy would do, but map_remove needs it */
    max_align_t memory[];
};

struct account {
    struct link link; /* of those that stay, or of those that may be forgotten */
    bool stays;
    uint64_t last, uses; /* of the table, of the account: at its last use, so far */
    struct str name;
    struct map *pieces;
    struct link oldest_last;
};

struct memory_table {
    size_t piece, keys_per_account, account_limit;
    struct map *accounts;
    struct link staying, others;
    uint64_t uses, evictions;
};

static void ring_start(struct link *head) { *head = (struct link){ head, head }; }

static void ring_leave(struct link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
}

static void ring_enter(struct link *head, struct link *link)
{
    *link = (struct link){ .next = head->next, .previous = head };
    head->next->previous = link;
    head->next = link;
}

static struct str key_copy(struct str key)
{
    char *copy = memory_new(key.len + 1);
    if (key.len > 0) {
        memcpy(copy, key.ptr, key.len);
    }
    return (struct str){ copy, key.len };
}

static void key_free(struct str key)
{
    union { const char *in; char *out; } name = { key.ptr };
    memory_free(name.out);
}

static void piece_free(void *value)
{
    struct piece *piece = value;
    key_free(piece->key);
    memory_free(piece);
}

static void account_free(void *value)
{
    struct account *account = value;
    map_close(account->pieces, piece_free);
    key_free(account->name);
    memory_free(account);
}

struct memory_table *memory_table_open(size_t piece, size_t keys_per_account, size_t accounts)
{
    struct memory_table *table = memory_new(sizeof(*table));
    *table = (struct memory_table){ .piece = piece, .keys_per_account = keys_per_account, .account_limit = accounts, .accounts = map_open() };
    ring_start(&table->staying);
    ring_start(&table->others);
    return table;
}

void memory_table_close(struct memory_table *table)
{
    if (table) {
        map_close(table->accounts, account_free);
        memory_free(table);
    }
}

size_t memory_accounts_staying(size_t limit) { return limit - (limit + 3) / 4; }

static struct account *account_of(struct link *link)
{
    return (struct account *)(void *)link;
}

static void forget_account(struct memory_table *table)
{
    struct account *oldest = account_of(table->others.previous);
    table->evictions += map_count(oldest->pieces);
    ring_leave(&oldest->link);
    map_remove(table->accounts, oldest->name);
    account_free(oldest);
}

static void account_place(struct memory_table *table, struct account *account, bool stays)
{
    account->stays = stays;
    ring_enter(stays ? &table->staying : &table->others, &account->link);
}

/* Into the place of one that is heard of no more. */
static bool may_settle(const struct memory_table *table, const struct account *account)
{
    return account->uses >= ACCOUNT_SETTLES && table->uses - account_of(table->staying.previous)->last > ACCOUNT_IDLE;
}

static void account_use(struct memory_table *table, struct account *account)
{
    account->last = ++table->uses;
    account->uses++;
    ring_leave(&account->link);
    if (!account->stays && may_settle(table, account)) {
        struct account *idle = account_of(table->staying.previous);
        ring_leave(&idle->link);
        account_place(table, idle, false);
        account->stays = true;
    }
    account_place(table, account, account->stays);
}

static struct account *account_get(struct memory_table *table, struct str name)
{
    struct account *account = map_get(table->accounts, name);
    if (account == NULL) {
        if (map_count(table->accounts) >= table->account_limit) {
            forget_account(table);
        }
        account = memory_new(sizeof(*account));
        account->name = key_copy(name);
        account->pieces = map_open();
        ring_start(&account->oldest_last);
        account_place(table, account, map_count(table->accounts) < memory_accounts_staying(table->account_limit));
        map_put(table->accounts, name, account);
    }
    account_use(table, account);
    return account;
}

static void forget_piece(struct memory_table *table, struct account *account)
{
    struct piece *oldest = (struct piece *)(void *)account->oldest_last.previous;
    ring_leave(&oldest->link);
    map_remove(account->pieces, oldest->key);
    piece_free(oldest);
    table->evictions++;
}

void *memory_table_get(struct memory_table *table, struct str account_name, struct str key)
{
    struct account *account = account_get(table, account_name);
    struct piece *piece = map_get(account->pieces, key);
    if (piece) {
        ring_leave(&piece->link);
        ring_enter(&account->oldest_last, &piece->link);
        return piece->memory;
    }
    if (map_count(account->pieces) >= table->keys_per_account) {
        forget_piece(table, account);
    }
    piece = memory_new(sizeof(*piece) + table->piece);
    piece->key = key_copy(key);
    ring_enter(&account->oldest_last, &piece->link);
    map_put(account->pieces, key, piece);
    return piece->memory;
}

uint64_t memory_table_evictions(const struct memory_table *table) { return table->evictions; }
