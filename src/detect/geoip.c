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

static bool find(const struct geoip *geoip, struct str address, MMDB_lookup_result_s *found)
{
    char text[64];
    int address_error = 0;
    int error = MMDB_SUCCESS;
    if (address.len == 0 || address.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, address.ptr, address.len);
    text[address.len] = '\0';
    *found = MMDB_lookup_string(&geoip->database, text, &address_error, &error);
    return address_error == 0 && error == MMDB_SUCCESS && found->found_entry;
}

uint16_t geoip_country(void *self, struct str address)
{
    MMDB_lookup_result_s found;
    MMDB_entry_data_s data;
    if (!find(self, address, &found) || MMDB_get_value(&found.entry, &data, "country", "iso_code", NULL) != MMDB_SUCCESS ||
        !two_letters(&data)) {
        return 0;
    }
    return (uint16_t)((unsigned char)data.utf8_string[0] << 8 | (unsigned char)data.utf8_string[1]);
}

struct intel_network geoip_network(void *self, struct str address)
{
    MMDB_lookup_result_s found;
    MMDB_entry_data_s data;
    struct intel_network network = { 0, STR_NONE };
    if (!find(self, address, &found)) {
        return network;
    }
    if (MMDB_get_value(&found.entry, &data, "autonomous_system_number", NULL) == MMDB_SUCCESS && data.has_data &&
        data.type == MMDB_DATA_TYPE_UINT32) {
        network.number = data.uint32;
    }
    if (MMDB_get_value(&found.entry, &data, "autonomous_system_organization", NULL) == MMDB_SUCCESS && data.has_data &&
        data.type == MMDB_DATA_TYPE_UTF8_STRING) {
        network.organisation = (struct str){ data.utf8_string, data.data_size };
    }
    return network;
}
