#include "store/reseal.h"

enum { KEYS_MAX = 8, ROWS_AT_ONCE = 256 };

struct reseal {
    struct ctx *ctx;
    struct store_conn *conn;
    const struct sealed_column *column;
    const struct vault *from, *to;
    struct str keys[KEYS_MAX];
    bool numbers[KEYS_MAX];
    struct str key_list; /* without marks */
    size_t key_count;
    const char *select, *update;
};

static void read_keys(struct reseal *work)
{
    struct text list = text_new(work->ctx->arena);
    for (struct str rest = str_of(work->column->keys); rest.ptr && work->key_count < KEYS_MAX;) {
        const struct str key = str_trim(str_cut(rest, ',', &rest));
        work->numbers[work->key_count] = str_ends(key, STR("#"));
        work->keys[work->key_count] = str_slice(key, 0, key.len - work->numbers[work->key_count]);
        text_add(&list, work->key_count ? STR(", ") : STR(""));
        text_add(&list, work->keys[work->key_count++]);
    }
    work->key_list = text_str(&list);
}

static struct store_value key_value(const struct reseal *work, size_t at, struct str text)
{
    int64_t number = INT64_MIN; /* before the first row */
    if (!work->numbers[at]) {
        return SQL_TEXT(text);
    }
    str_to_int(text, &number);
    return SQL_INT(number);
}

/* Rows after the last one seen, in the order of their keys: (a > $1) OR (a = $1 AND b > $2) … */
static void add_after(struct text *sql, const struct reseal *work)
{
    for (size_t i = 0; i < work->key_count; i++) {
        text_add(sql, i ? STR(" OR (") : STR("("));
        for (size_t j = 0; j < i; j++) {
            text_add_format(sql, "%" STR_FMT " = $%zu AND ", STR_ARG(work->keys[j]), j + 1);
        }
        text_add_format(sql, "%" STR_FMT " > $%zu)", STR_ARG(work->keys[i]), i + 1);
    }
}

static void write_statements(struct reseal *work)
{
    struct text select = text_new(work->ctx->arena);
    struct text update = text_new(work->ctx->arena);
    const struct sealed_column *column = work->column;
    text_add_format(&select, "SELECT %s, %" STR_FMT " FROM %s WHERE %s IS NOT NULL AND (", column->column,
                    STR_ARG(work->key_list), column->table, column->column);
    add_after(&select, work);
    text_add_format(&select, ") ORDER BY %" STR_FMT " LIMIT %d", STR_ARG(work->key_list), ROWS_AT_ONCE);
    text_add_format(&update, "UPDATE %s SET %s = $1 WHERE ", column->table, column->column);
    for (size_t i = 0; i < work->key_count; i++) {
        text_add_format(&update, "%s%" STR_FMT " = $%zu", i ? " AND " : "", STR_ARG(work->keys[i]), i + 2);
    }
    work->select = text_str(&select).ptr;
    work->update = text_str(&update).ptr;
}

struct row {
    struct str sealed;
    struct str keys[KEYS_MAX];
};

static struct str about(const struct reseal *work, const struct row *row)
{
    struct text text = text_new(work->ctx->arena);
    for (struct str rest = str_of(work->column->about); rest.ptr;) {
        struct str tail = STR_NONE;
        text_add(&text, str_cut(rest, '{', &tail));
        rest = STR_NONE;
        if (tail.ptr) {
            const struct str name = str_cut(tail, '}', &rest);
            for (size_t i = 0; i < work->key_count; i++) {
                text_add(&text, str_equal(name, work->keys[i]) ? row->keys[i] : STR(""));
            }
        }
    }
    return text_str(&text);
}

static struct err change(struct reseal *work, const struct row *row)
{
    struct str plain = STR_NONE;
    const struct str bound = about(work, row);
    if (!vault_unseal(work->ctx, work->from, bound, row->sealed, &plain)) {
        return fail(work->ctx, &FAULT_INVALID, "a value of %s (%" STR_FMT ") doesn't open under the present root key; nothing was"
                    " changed", work->column->table, STR_ARG(bound));
    }
    struct store_value values[KEYS_MAX + 1] = { SQL_BLOB(vault_seal(work->ctx, work->to, bound, plain)) };
    for (size_t i = 0; i < work->key_count; i++) {
        values[i + 1] = key_value(work, i, row->keys[i]);
    }
    return store_run(work->ctx, work->conn, work->update, values, work->key_count + 1, NULL);
}

static struct err read_some(struct reseal *work, const struct row *last, struct row *rows, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct store_value values[KEYS_MAX];
    struct err err = ERR_OK;
    *count = 0;
    for (size_t i = 0; i < work->key_count; i++) {
        values[i] = key_value(work, i, last->keys[i]);
    }
    TRY(store_query(work->ctx, work->conn, work->select, values, work->key_count, &cursor));
    while (*count < ROWS_AT_ONCE && store_row(work->ctx, &cursor, &err)) {
        struct row *row = &rows[(*count)++];
        row->sealed = store_text(work->ctx, &cursor, 0);
        for (size_t i = 0; i < work->key_count; i++) {
            const int column = (int)i + 1;
            row->keys[i] = work->numbers[i]
                ? str_format(work->ctx->arena, "%lld", (long long)store_int(&cursor, column))
                : store_text(work->ctx, &cursor, column);
        }
    }
    store_end(&cursor);
    return err;
}

static struct err reseal_column(struct reseal *work, int64_t *changed)
{
    struct row *rows = ARENA_ARRAY(work->ctx->arena, struct row, ROWS_AT_ONCE);
    struct row last = { .sealed = STR_NONE };
    size_t count = ROWS_AT_ONCE;
    for (size_t i = 0; i < KEYS_MAX; i++) {
        last.keys[i] = STR("");
    }
    while (count == ROWS_AT_ONCE) {
        TRY(read_some(work, &last, rows, &count));
        for (size_t i = 0; i < count; i++) {
            TRY(change(work, &rows[i]));
        }
        *changed += (int64_t)count;
        last = count ? rows[count - 1] : last;
    }
    return ERR_OK;
}

struct err store_reseal(struct ctx *ctx, struct store_conn *conn, const struct sealed_column *columns, size_t count,
                        const struct vault *from, const struct vault *to, int64_t *changed)
{
    *changed = 0;
    for (size_t i = 0; i < count; i++) {
        struct reseal work = { .ctx = ctx, .conn = conn, .column = &columns[i], .from = from, .to = to };
        read_keys(&work);
        write_statements(&work);
        TRY(reseal_column(&work, changed));
    }
    return ERR_OK;
}

struct err store_root_read(struct ctx *ctx, struct store_conn *conn, struct str *fingerprint)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    *fingerprint = STR_NONE;
    TRY(store_query(ctx, conn, "SELECT fingerprint FROM kms_root", NULL, 0, &cursor));
    const struct err err = store_next(ctx, &cursor, &more);
    if (!err.fault && more) {
        *fingerprint = store_text(ctx, &cursor, 0);
    }
    store_end(&cursor);
    return err;
}

struct err store_root_write(struct ctx *ctx, struct store_conn *conn, struct str fingerprint)
{
    TRY(store_run(ctx, conn, "DELETE FROM kms_root", NULL, 0, NULL));
    return store_run(ctx, conn, "INSERT INTO kms_root (fingerprint) VALUES ($1)", SQL_VALUES(SQL_TEXT(fingerprint)), NULL);
}
