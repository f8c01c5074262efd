#include "app/known.h"

static bool kind_of(struct str name, enum intel_list *list)
{
    static const struct {
        struct str name;
        enum intel_list list;
    } kinds[] = { { STR_INIT("tor"), INTEL_TOR }, { STR_INIT("threat"), INTEL_THREAT }, { STR_INIT("custom"), INTEL_CUSTOM },
                  { STR_INIT("trusted"), INTEL_TRUSTED }, { STR_INIT("aws"), INTEL_AWS } };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_equal(name, kinds[i].name)) {
            *list = kinds[i].list;
            return true;
        }
    }
    return false;
}

static struct err load(struct ctx *ctx, const struct settings *settings, struct known *known)
{
    for (size_t i = 0; i < settings->address_lists.count; i++) {
        struct str file = STR_NONE;
        const struct str kind = str_cut(settings->address_lists.items[i], '=', &file);
        enum intel_list list = INTEL_TOR;
        if (file.len == 0 || !kind_of(kind, &list)) {
            return fail(ctx, &FAULT_INVALID, "--address-list %" STR_FMT ": want tor, threat, custom, trusted or aws, then =FILE",
                        STR_ARG(settings->address_lists.items[i]));
        }
        TRY(intel_load(ctx, known->intel, list, str_cstr(ctx->arena, file)));
    }
    if (settings->geoip.len > 0) {
        TRY(geoip_open(ctx, str_cstr(ctx->arena, settings->geoip), &known->geoip));
        intel_set_country(known->intel, geoip_country, known->geoip);
    }
    return ERR_OK;
}

struct err known_open(struct ctx *ctx, const struct settings *settings, struct known *out)
{
    *out = (struct known){ intel_open(), NULL };
    const struct err err = load(ctx, settings, out);
    if (err.fault) {
        known_close(out);
    }
    return err;
}

void known_close(struct known *known)
{
    intel_close(known->intel);
    geoip_close(known->geoip);
    *known = (struct known){ NULL, NULL };
}
