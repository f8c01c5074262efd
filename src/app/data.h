/* data.h - the data folder: where things lie in it, and the small files that other commands read.
 *
 *   yagura.db     SQLite, unless --store names another
 *   root.key      seals secrets at rest (crypto/vault.h), 0600; or root.sealed, the same wrapped (app/root_key.h)
 *   credentials   JSON, the first administrator's access key, 0600
 *   endpoint      URL of the server that last started here
 *   lock          held while a server runs */
#ifndef YAGURA_APP_DATA_H
#define YAGURA_APP_DATA_H

#include "store/store.h"

struct data_folder {
    struct str path;
    int lock; /* file descriptor; -1: not held */
};

/* Makes the folder (0700) if need be and takes the lock; the reason names the one that holds it. */
struct err data_open(struct ctx *ctx, struct str path, struct data_folder *out);
void data_close(struct data_folder *folder);

struct str data_file(struct arena *arena, struct str folder, const char *name);
/* sqlite:FOLDER/yagura.db unless url names another store. */
struct str data_store_url(struct arena *arena, struct str folder, struct str url);
/* Whole, atomically (temporary file, fsync, rename, fsync of the folder), with the given mode. */
struct err data_write(struct ctx *ctx, struct str path, struct str bytes, unsigned mode);
/* FAULT_MISSING when it isn't there. At most 1 MiB. */
struct err data_read(struct ctx *ctx, struct str path, struct str *bytes);
struct err data_copy(struct ctx *ctx, struct str from, struct str to, unsigned mode);
bool data_has_root_key(struct ctx *ctx, struct str folder); /* itself, or wrapped */
bool data_exists(struct ctx *ctx, struct str path);

/* A connection to the store of a data folder, for commands that look into one, server or not. FAULT_MISSING: the folder is
 * none of Yagura's. data_disconnect closes both; it takes NULLs too. */
struct err data_connect(struct ctx *ctx, struct str folder, struct str url, struct store **store, struct store_conn **db);
void data_disconnect(struct store *store, struct store_conn *db);

struct credentials {
    struct str access_key_id;
    struct str secret_access_key;
};
struct err data_write_credentials(struct ctx *ctx, struct str folder, const struct credentials *credentials);
struct err data_read_credentials(struct ctx *ctx, struct str folder, struct credentials *credentials);

#endif
