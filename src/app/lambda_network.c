#include "app/lambda_parts.h"

/* An IPv4 literal stands for itself inside, as every address there is the sandbox's own; a name gets an address of
 * loopback and a line in /etc/hosts. */
static bool is_ipv4(struct str host)
{
    size_t dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        dots += host.ptr[i] == '.';
        if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9')) {
            return false;
        }
    }
    return dots == 3 && host.len >= 7 && host.len <= 15;
}

static struct err read_destination(struct ctx *ctx, struct str where, struct network *out)
{
    struct destination *one = &out->destinations[out->count];
    const size_t colon = str_find_last(where, ':');
    int64_t port = 0;
    if (colon == STR_MISSING || colon == 0 || !str_to_int(str_from(where, colon + 1), &port) || port < 1 || port > 65535) {
        return fail(ctx, &FAULT_INVALID, "--lambda-network takes open, none or HOST:PORT,HOST:PORT, not \"%" STR_FMT "\"", STR_ARG(where));
    }
    one->where = where;
    one->host = str_slice(where, 0, colon);
    one->port = (uint16_t)port;
    const struct str address = is_ipv4(one->host) ? one->host : str_equal(one->host, STR("localhost")) ? STR("127.0.0.1")
        : str_format(ctx->arena, "127.77.0.%zu", out->count + 1);
    memcpy(one->address, str_cstr(ctx->arena, address), address.len + 1);
    out->count++;
    return ERR_OK;
}

struct err network_read(struct ctx *ctx, struct str setting, struct network *out)
{
    *out = (struct network){ .open = setting.len == 0 || str_equal(setting, STR("open")) };
    struct text hosts = text_new(ctx->arena);
    struct str rest = out->open || str_equal(setting, STR("none")) ? STR_NONE : setting;
    while (rest.ptr) {
        if (out->count == LAMBDA_DESTINATIONS_MAX) {
            return fail(ctx, &FAULT_INVALID, "--lambda-network: at most %d destinations", LAMBDA_DESTINATIONS_MAX);
        }
        TRY(read_destination(ctx, str_trim(str_cut(rest, ',', &rest)), out));
    }
    text_add(&hosts, STR("127.0.0.1 localhost lambda\n"));
    for (size_t i = 0; i < out->count; i++) {
        if (str_starts(str_of(out->destinations[i].address), STR("127.77.0."))) {
            text_add_format(&hosts, "%s %" STR_FMT "\n", out->destinations[i].address, STR_ARG(out->destinations[i].host));
        }
    }
    out->hosts = text_str(&hosts);
    return ERR_OK;
}
