#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "detect/intel_format.h"
#include "detect/intel_parts.h"
#include "ingest/inflate.h"

enum { FILE_MAX = 512 * 1024 * 1024, HASH_LENGTH_MAX = 64, KEY_LENGTH = 20 };

struct loading {
    struct intel *intel;
    const struct intel_list_options *options;
    uint32_t source;
    struct intel_counts counts;
};

static bool is_hex(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
            return false;
        }
    }
    return true;
}

static bool is_hash(struct str text) { return (text.len == 32 || text.len == 40 || text.len == HASH_LENGTH_MAX) && is_hex(text); }

/* spec: IAM user guide, unique identifiers: AKIA and ASIA begin access keys. */
static bool is_key(struct str text)
{
    if (text.len != KEY_LENGTH || (!str_starts(text, STR("AKIA")) && !str_starts(text, STR("ASIA")))) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            return false;
        }
    }
    return true;
}

/* Two labels at least: what is called "localhost" or is a whole top-level domain is a mistake in a list. */
static bool is_name(struct str name)
{
    const size_t len = name.len > 0 && name.ptr[name.len - 1] == '.' ? name.len - 1 : name.len;
    size_t label = 0;
    size_t dots = 0;
    bool digits = true;
    for (size_t i = 0; i < len; i++) {
        const char c = name.ptr[i];
        const bool digit = c >= '0' && c <= '9';
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
        if (c == '.') {
            if (label == 0) {
                return false;
            }
            dots++;
            label = 0;
            digits = true;
            continue;
        }
        if ((!digit && !letter && c != '-' && c != '_') || ++label > 63) {
            return false;
        }
        digits = digits && digit;
    }
    return len <= TEXT_LENGTH_MAX && dots > 0 && label > 0 && !digits;
}

static bool bits_of(struct str length, size_t width, int64_t *bits)
{
    *bits = (int64_t)width * 8;
    return length.ptr == NULL || (str_to_int(length, bits) && *bits > 0 && *bits <= (int64_t)width * 8);
}

static const char *add_network(struct loading *loading, const unsigned char *bytes, size_t width, int64_t bits, uint32_t value)
{
    char text[32];
    const struct intel_list_options *options = loading->options;
    if (options->public_v4_only) {
        const int length = width == 4 ? snprintf(text, sizeof(text), "%u.%u.%u.%u", (unsigned)bytes[0], (unsigned)bytes[1],
                                                 (unsigned)bytes[2], (unsigned)bytes[3]) : 0;
        if (width != 4 || intel_is_private((struct str){ text, (size_t)length })) {
            return width != 4 ? "only IPv4 is matched by such a list" : "not a public address";
        }
    }
    networks_add(width == 4 ? &loading->intel->v4 : &loading->intel->v6, bytes, (unsigned)bits, value);
    loading->counts.addresses++;
    return NULL;
}

static const char *add_text(struct loading *loading, struct str indicator, uint32_t value)
{
    const struct intel_list_options *options = loading->options;
    const bool hash = is_hash(indicator);
    if (options->addresses_only) {
        return "not an address or network";
    }
    if (hash && options->no_hashes) {
        return "file hashes stand on threat lists only";
    }
    const bool key = !hash && is_key(indicator);
    if (!hash && !key && !is_name(indicator)) {
        return "not an address, network, domain name or file hash";
    }
    size_t *count = hash ? &loading->counts.hashes : key ? &loading->counts.keys : &loading->counts.names;
    (*count)++;
    texts_add(&loading->intel->texts, hash || key ? text_hash(hash ? TEXT_HASH : TEXT_KEY, indicator) : text_name_hash(indicator), value);
    return NULL;
}

/* "192.0.2.7:443" is how lists of servers put it. */
static struct str without_port(struct str text)
{
    const size_t colon = str_find(text, ':');
    return colon != STR_MISSING && colon == str_find_last(text, ':') ? str_slice(text, 0, colon) : text;
}

/* "http://evil.example/" means the whole host; one with a path doesn't: others may share that host. */
static bool take_off_scheme(struct str *indicator)
{
    const size_t scheme = str_search(*indicator, STR("://"));
    const struct str host = scheme == STR_MISSING ? *indicator : str_from(*indicator, scheme + 3);
    const size_t slash = scheme == STR_MISSING ? STR_MISSING : str_find(host, '/');
    *indicator = slash == STR_MISSING ? host : str_slice(host, 0, slash);
    return slash == STR_MISSING || slash + 1 == host.len;
}

static const char *entry(void *self, struct str indicator, struct str threat)
{
    struct loading *loading = self;
    const struct intel_list_options *options = loading->options;
    const struct intel_counts *counts = &loading->counts;
    if (options->entries_max > 0 && intel_counts_all(counts) >= options->entries_max) {
        loading->counts.full = true;
        return "beyond the number of entries such a list may have";
    }
    if (!take_off_scheme(&indicator)) {
        return "a URL; only whole names and addresses are matched";
    }
    const bool below_only = str_starts(indicator, STR("*."));
    const struct str whole = without_port(str_starts(indicator, STR(".")) ? str_from(indicator, 1) : indicator);
    indicator = without_port(below_only ? str_from(indicator, 2) : str_starts(indicator, STR(".")) ? str_from(indicator, 1) : indicator);
    struct str length = STR_NONE;
    const struct str address = str_cut(indicator, '/', &length);
    unsigned char bytes[16];
    int64_t bits = 0;
    const size_t width = intel_address(address, bytes);
    const uint32_t value = labels_make(loading->intel->labels, loading->source, options->lists, threat, below_only);
    const char *reason = width == 0 || below_only           ? add_text(loading, indicator, value)
                         : bits_of(length, width, &bits) ? add_network(loading, bytes, width, bits, value)
                                                            : "not the length of a network";
    if (reason == NULL && options->taken) {
        options->taken(options->self, whole, threat);
    }
    return reason;
}

static void broken(void *self, size_t line, struct str text, const char *reason)
{
    struct loading *loading = self;
    loading->counts.broken++;
    if (loading->options->broken) {
        loading->options->broken(loading->options->self, line, text, reason);
    }
}

struct intel_counts intel_load_list(struct intel *intel, const struct intel_list_options *options, struct str text)
{
    struct loading loading = { .intel = intel, .options = options, .source = labels_source(intel->labels, options->name) };
    intel_format_read(options->format, text, &(struct intel_format_sink){ &loading, entry, broken });
    intel_settle(intel);
    const struct intel_counts *counts = &loading.counts;
    if (intel_counts_all(counts) > 0) {
        intel->present |= options->lists;
    }
    return loading.counts;
}

static struct str usual_name(enum intel_list list)
{
    return list == INTEL_TOR ? STR("Tor exit nodes") : list == INTEL_CUSTOM ? STR("custom threat list") : STR("threat list");
}

void intel_load_text(struct intel *intel, enum intel_list list, struct str text, size_t *lines_used)
{
    const struct intel_list_options options = { .name = usual_name(list), .lists = (unsigned)list };
    const struct intel_counts counts = intel_load_list(intel, &options, text);
    *lines_used = intel_counts_all(&counts);
}

struct err intel_read_file(struct ctx *ctx, const char *path, size_t limit, struct str *out)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) {
        return fail(ctx, &FAULT_IO, "%s can't be opened: %s", path, strerrordesc_np(errno));
    }
    const struct err err = intel_read(ctx, file, path, limit, out);
    close(file);
    return err;
}

struct err intel_read(struct ctx *ctx, int file, const char *name, size_t limit, struct str *out)
{
    struct text text = text_new(ctx->arena);
    struct inflate *in = inflate_open();
    inflate_start(in, file);
    while (text.len <= limit && inflate_more(in, 0)) {
        const struct str window = inflate_window(in);
        text_add(&text, str_slice(window, 0, limit + 1 - text.len));
    }
    const char *trouble = inflate_trouble(in);
    const struct err err = trouble ? fail(ctx, &FAULT_IO, "%s can't be read: %s", name, trouble) : ERR_OK;
    inflate_close(in);
    TRY(err);
    if (text.len > limit) {
        return fail(ctx, &FAULT_INVALID, "%s is larger than %zu MB", name, limit >> 20);
    }
    *out = text_str(&text);
    return ERR_OK;
}

struct err intel_load(struct ctx *ctx, struct intel *intel, enum intel_list list, const char *path)
{
    struct str text = STR_NONE;
    size_t used = 0;
    TRY(intel_read_file(ctx, path, FILE_MAX, &text));
    intel_load_text(intel, list, text, &used);
    if (used == 0) {
        return fail(ctx, &FAULT_INVALID, "%s holds no address, network, domain name or file hash", path);
    }
    return ERR_OK;
}
