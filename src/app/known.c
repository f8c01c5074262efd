#include "app/known.h"

#include "app/data.h"
#include "app/intel_store.h"

static struct err load_lists(struct ctx *ctx, const struct settings *settings, struct intel *intel)
{
    for (size_t i = 0; i < settings->address_lists.count; i++) {
        struct str file = STR_NONE;
        const struct str kind = str_cut(settings->address_lists.items[i], '=', &file);
        enum intel_list list = INTEL_TOR;
        if (file.len == 0 || !intel_list_of(kind, &list)) {
            return fail(ctx, &FAULT_INVALID, "--address-list %" STR_FMT ": want %" STR_FMT ", then =FILE",
                        STR_ARG(settings->address_lists.items[i]), STR_ARG(intel_list_words(ctx->arena)));
        }
        TRY(intel_load(ctx, intel, list, str_cstr(ctx->arena, file)));
    }
    return intel_store_load(ctx, known_folder(ctx, settings), intel);
}

static struct err open_databases(struct ctx *ctx, const struct settings *settings, struct known *known)
{
    if (settings->geoip.len > 0) {
        TRY(geoip_open(ctx, str_cstr(ctx->arena, settings->geoip), &known->geoip));
        intel_set_country(known->intel, geoip_country, known->geoip);
    }
    if (settings->asn.len > 0) {
        TRY(geoip_open(ctx, str_cstr(ctx->arena, settings->asn), &known->networks));
        intel_set_network(known->intel, geoip_network, known->networks);
    }
    if (settings->interfaces.len > 0) {
        known->interfaces = interfaces_open();
        TRY(interfaces_load(ctx, known->interfaces, str_cstr(ctx->arena, settings->interfaces)));
    }
    return ERR_OK;
}

struct str known_folder(struct ctx *ctx, const struct settings *settings)
{
    return settings->intel.len > 0 ? settings->intel : data_file(ctx->arena, settings->data, "intel");
}

struct err known_open(struct ctx *ctx, const struct settings *settings, struct known *out)
{
    *out = (struct known){ .intel = intel_open() };
    struct err err = load_lists(ctx, settings, out->intel);
    if (!err.fault) {
        err = open_databases(ctx, settings, out);
    }
    if (err.fault) {
        known_close(out);
    }
    return err;
}

void known_close(struct known *known)
{
    intel_close(known->intel);
    geoip_close(known->geoip);
    geoip_close(known->networks);
    interfaces_close(known->interfaces);
    *known = (struct known){ 0 };
}
