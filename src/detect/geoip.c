#include "detect/geoip.h"

#include <maxminddb.h>

struct geoip {
    MMDB_s database;
};

struct err geoip_open(struct ctx *ctx, const char *path, struct geoip **out)
{
    struct geoip *geoip = memory_new(sizeof(*geoip));
    const int status = MMDB_open(path, MMDB_MODE_MMAP, &geoip->database);
    if (status != MMDB_SUCCESS) {
        memory_free(geoip);
        return fail(ctx, &FAULT_IO, "%s: %s", path, MMDB_strerror(status));
    }
    *out = geoip;
    return ERR_OK;
}

void geoip_close(struct geoip *geoip)
{
    if (geoip) {
        MMDB_close(&geoip->database);
        memory_free(geoip);
    }
}

static bool two_letters(const MMDB_entry_data_s *data)
{
    return data->has_data && data->type == MMDB_DATA_TYPE_UTF8_STRING && data->data_size == 2;
}

uint16_t geoip_country(void *self, struct str address)
{
    const struct geoip *geoip = self;
    char text[64];
    if (address.len == 0 || address.len >= sizeof(text)) {
        return 0;
    }
    memcpy(text, address.ptr, address.len);
    text[address.len] = '\0';
    int address_error = 0;
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found = MMDB_lookup_string(&geoip->database, text, &address_error, &error);
    MMDB_entry_data_s data;
    if (address_error != 0 || error != MMDB_SUCCESS || !found.found_entry ||
        MMDB_get_value(&found.entry, &data, "country", "iso_code", NULL) != MMDB_SUCCESS || !two_letters(&data)) {
        return 0;
    }
    return (uint16_t)((unsigned char)data.utf8_string[0] << 8 | (unsigned char)data.utf8_string[1]);
}
