#include "svc/kms/rows.h"

#include "store/list.h"
#include "svc/kms/rows_read.h"
#include "svc/kms/snapshot.h"

/* A reader of ours as the store calls it. */
struct adapter {
    const struct rows *rows;
    void (*read)(const struct rows *rows, const struct store_cursor *cursor, void *item);
};

static void read_row(const void *self, const struct store_cursor *row, void *item)
{
    const struct adapter *adapter = self;
    adapter->read(adapter->rows, row, item);
}

struct err kms_rows_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                         struct reader reader, void *items, size_t *taken)
{
    const struct adapter adapter = { rows, reader.read };
    struct store_list list = { NULL, 0 };
    const struct err err = store_list(rows->ctx, rows->db, sql, values, count,
                                      &(const struct store_reader){ read_row, &adapter, reader.size, reader.room }, &list);
    memcpy(items, &list.items, sizeof(list.items));
    *taken = list.count;
    return err;
}

struct err kms_rows_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                             struct reader reader, void *out, bool *found)
{
    const struct adapter adapter = { rows, reader.read };
    return store_first(rows->ctx, rows->db, sql, values, count, &(const struct store_reader){ read_row, &adapter, reader.size, 1 },
                       out, found);
}

struct err kms_rows_read_count(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                           int64_t *out)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    TRY(store_query(rows->ctx, rows->db, sql, values, count, &cursor));
    const struct err err = store_next(rows->ctx, &cursor, &more);
    *out = !err.fault && more ? store_int(&cursor, 0) : 0;
    store_end(&cursor);
    return err;
}

struct err kms_rows_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count)
{
    snapshot_changed();
    return store_run(rows->ctx, rows->db, sql, values, count, NULL);
}

#define KEY_COLUMNS \
    "account, region, id, spec, usage, origin, manager, state, description, policy, created_ms, deletion_ms, deletion_days," \
    " multi_region, primary_region, material, expires_ms, expiration, store, rotation_days, rotation_ms, on_demand, due_ms"

static void read_key(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    struct key *key = item;
    struct str *const texts[] = { &key->account, &key->region, &key->id };
    struct str *const middle[] = { &key->origin, &key->manager, &key->state, &key->description, &key->policy };
    for (int i = 0; i < 3; i++) {
        *texts[i] = store_text(rows->ctx, cursor, i);
    }
    for (int i = 0; i < 5; i++) {
        *middle[i] = store_text(rows->ctx, cursor, 5 + i);
    }
    key->spec = spec_find(store_text(rows->ctx, cursor, 3));
    usage_find(store_text(rows->ctx, cursor, 4), &key->usage);
    key->created_ms = store_int(cursor, 10);
    key->deletion_ms = store_int(cursor, 11);
    key->deletion_days = store_int(cursor, 12);
    key->multi_region = store_text(rows->ctx, cursor, 13);
    key->primary_region = store_text(rows->ctx, cursor, 14);
    key->material = store_text(rows->ctx, cursor, 15);
    key->expires_ms = store_int(cursor, 16);
    key->expiration = store_text(rows->ctx, cursor, 17);
    key->store = store_text(rows->ctx, cursor, 18);
    key->rotation_days = store_int(cursor, 19);
    key->rotation_ms = store_int(cursor, 20);
    key->on_demand = store_int(cursor, 21);
    key->arn = str_format(rows->ctx->arena, "arn:aws:kms:%" STR_FMT ":%" STR_FMT ":key/%" STR_FMT, STR_ARG(key->region),
                          STR_ARG(key->account), STR_ARG(key->id));
}

static struct reader key_reader(size_t room)
{
    return (struct reader){ read_key, sizeof(struct key), room };
}

struct err kms_rows_key_find(const struct rows *rows, struct str id, struct key *out, bool *found)
{
    return kms_rows_read_one(rows, "SELECT " KEY_COLUMNS " FROM kms_key WHERE account = $1 AND region = $2 AND id = $3",
                         SQL_VALUES(HERE, SQL_TEXT(id)), key_reader(1), out, found);
}

#define KEY_VALUES(key) \
    SQL_TEXT((key)->account), SQL_TEXT((key)->region), SQL_TEXT((key)->id), SQL_TEXT(spec_name((key)->spec)), \
        SQL_TEXT(str_of(usage_name((key)->usage))), SQL_TEXT((key)->origin), SQL_TEXT((key)->manager), \
        SQL_TEXT(state_of(key)), SQL_TEXT(not_absent((key)->description)), SQL_TEXT((key)->policy), \
        SQL_INT((key)->created_ms), SQL_INT((key)->deletion_ms), SQL_INT((key)->deletion_days), \
        SQL_TEXT(not_absent((key)->multi_region)), SQL_TEXT(not_absent((key)->primary_region)), \
        SQL_TEXT(not_absent((key)->material)), SQL_INT((key)->expires_ms), SQL_TEXT(not_absent((key)->expiration)), \
        SQL_TEXT(not_absent((key)->store)), SQL_INT((key)->rotation_days), SQL_INT((key)->rotation_ms), \
        SQL_INT((key)->on_demand), due_of(key)

static struct str state_of(const struct key *key)
{
    return key_is_state(key, "Unavailable") ? key->asked_state : key->state;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == 0 || (b && b < a) ? b : a;
}

static struct store_value due_of(const struct key *key)
{
    const int64_t gone_ms = key_is_state(key, "PendingDeletion") ? key->deletion_ms : 0;
    const int64_t rotation_ms = key_is_state(key, "Enabled") ? key->rotation_ms : 0;
    const int64_t due_ms = earlier(earlier(gone_ms, key->expires_ms), rotation_ms);
    return due_ms ? SQL_INT(due_ms) : (struct store_value){ .type = STORE_NULL };
}

struct err kms_rows_key_insert(const struct rows *rows, const struct key *key)
{
    return kms_rows_run(rows,
                    "INSERT INTO kms_key (" KEY_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
                    " $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
                    SQL_VALUES(KEY_VALUES(key)));
}

struct err kms_rows_key_update(const struct rows *rows, const struct key *key)
{
    return kms_rows_run(rows,
                    "UPDATE kms_key SET spec = $4, usage = $5, origin = $6, manager = $7, state = $8, description = $9,"
                    " policy = $10, created_ms = $11, deletion_ms = $12, deletion_days = $13, multi_region = $14,"
                    " primary_region = $15, material = $16, expires_ms = $17, expiration = $18, store = $19,"
                    " rotation_days = $20, rotation_ms = $21, on_demand = $22, due_ms = $23"
                    " WHERE account = $1 AND region = $2 AND id = $3",
                    SQL_VALUES(KEY_VALUES(key)));
}

struct err kms_rows_key_delete(const struct rows *rows, struct str id)
{
    static const char *const statements[] = {
        "DELETE FROM kms_material WHERE account = $1 AND region = $2 AND key_id = $3",
        "DELETE FROM kms_alias WHERE account = $1 AND region = $2 AND key_id = $3",
        "DELETE FROM kms_grant WHERE account = $1 AND region = $2 AND key_id = $3",
        "DELETE FROM kms_tag WHERE account = $1 AND region = $2 AND key_id = $3",
        "DELETE FROM kms_key WHERE account = $1 AND region = $2 AND id = $3",
    };
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        TRY(kms_rows_run(rows, statements[i], SQL_VALUES(HERE, SQL_TEXT(id))));
    }
    return ERR_OK;
}

struct err kms_rows_keys(const struct rows *rows, struct page page, struct key **out, size_t *count)
{
    return kms_rows_read(rows,
                     "SELECT " KEY_COLUMNS " FROM kms_key WHERE account = $1 AND region = $2 AND id > $3 ORDER BY id LIMIT $4",
                     SQL_VALUES(HERE, SQL_TEXT(page.after), SQL_INT(page.limit + 1)), key_reader(room_of(page)), out, count);
}

struct err kms_rows_key_regions(const struct rows *rows, struct str id, struct key **out, size_t *count)
{
    return kms_rows_read(rows, "SELECT " KEY_COLUMNS " FROM kms_key WHERE account = $1 AND id = $2 ORDER BY region",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)), key_reader(64), out, count);
}

struct err kms_rows_keys_due(const struct rows *rows, int64_t now_ms, struct key **out, size_t *count)
{
    return kms_rows_read(rows,
                     "SELECT " KEY_COLUMNS " FROM kms_key WHERE due_ms <= $1 ORDER BY due_ms, account, region, id LIMIT 100",
                     SQL_VALUES(SQL_INT(now_ms)), key_reader(100), out, count);
}

#define MATERIAL_COLUMNS "id, position, sealed, state, description, expires_ms, rotated_ms, rotation"

static void read_material(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct material_row *)item = (struct material_row){
        .id = store_text(rows->ctx, cursor, 0),
        .position = store_int(cursor, 1),
        .sealed = store_text(rows->ctx, cursor, 2),
        .state = store_text(rows->ctx, cursor, 3),
        .description = store_text(rows->ctx, cursor, 4),
        .expires_ms = store_int(cursor, 5),
        .rotated_ms = store_int(cursor, 6),
        .rotation = store_text(rows->ctx, cursor, 7),
    };
}

static struct reader material_reader(size_t room)
{
    return (struct reader){ read_material, sizeof(struct material_row), room };
}

struct err kms_rows_material_find(const struct rows *rows, struct str key, struct str id, struct material_row *out, bool *found)
{
    return kms_rows_read_one(rows,
                         "SELECT " MATERIAL_COLUMNS " FROM kms_material WHERE account = $1 AND region = $2 AND key_id = $3"
                         " AND id = $4",
                         SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(id)), material_reader(1), out, found);
}

struct err kms_rows_material_put(const struct rows *rows, struct str key, const struct material_row *row)
{
    return kms_rows_run(rows,
                    "INSERT INTO kms_material (account, region, key_id, " MATERIAL_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6,"
                    " $7, $8, $9, $10, $11) ON CONFLICT (account, region, key_id, id) DO UPDATE SET position = $5, sealed = $6,"
                    " state = $7, description = $8, expires_ms = $9, rotated_ms = $10, rotation = $11",
                    SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(row->id), SQL_INT(row->position), SQL_BLOB(row->sealed),
                               SQL_TEXT(row->state), SQL_TEXT(row->description), SQL_INT(row->expires_ms),
                               SQL_INT(row->rotated_ms), SQL_TEXT(not_absent(row->rotation))));
}

struct err kms_rows_materials(const struct rows *rows, struct str key, struct material_row **out, size_t *count)
{
    return kms_rows_read(rows,
                     "SELECT " MATERIAL_COLUMNS " FROM kms_material WHERE account = $1 AND region = $2 AND key_id = $3"
                     " ORDER BY position",
                     SQL_VALUES(HERE, SQL_TEXT(key)), material_reader(1 << 16), out, count);
}
