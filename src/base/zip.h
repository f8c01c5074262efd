/* zip.h - a strict reader of zip archives that lie in memory whole.
 *
 * What an archive may do to whoever unpacks it is settled here: names are relative, without "..", control bytes or doubles;
 * sizes are those of the central directory, bounded in sum before anything is inflated, and an entry that inflates to
 * anything else is broken. Stored and deflated entries only; no encryption, no zip64, no parts.
 * Everything borrows from the archive. */
#ifndef YAGURA_BASE_ZIP_H
#define YAGURA_BASE_ZIP_H

#include "base/err.h"

enum { ZIP_ENTRIES_MAX = 65534, ZIP_NAME_MAX = 4096 };

enum zip_kind { ZIP_FILE, ZIP_FOLDER, ZIP_LINK };

struct zip_entry {
    struct str name;   /* without a slash at its end */
    enum zip_kind kind;
    bool executable;
    uint32_t size;     /* unpacked */
    uint32_t crc;
    uint16_t method;
    struct str packed;
};

struct zip {
    struct zip_entry *entries; /* in the order of the directory */
    size_t count;
    uint64_t size;             /* of all entries, unpacked */
};

/* Entries in ctx's arena. FAULT_INVALID with the reason: no archive, or one that nobody should unpack. */
MUST_USE struct err zip_open(struct ctx *ctx, struct str archive, uint64_t size_max, struct zip *out);
/* Inflates into entry->size bytes at out. False when it is broken. */
bool zip_read(const struct zip_entry *entry, void *out);

#endif
