#include "detect/interfaces.h"

#include <stdio.h>

#include "base/json.h"
#include "base/map.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

struct interfaces {
    struct arena *arena;
    struct map *by_id; /* to struct interface */
};

struct interfaces *interfaces_open(void)
{
    struct interfaces *interfaces = memory_new(sizeof(*interfaces));
    *interfaces = (struct interfaces){ arena_open(), map_open() };
    return interfaces;
}

void interfaces_close(struct interfaces *interfaces)
{
    if (interfaces) {
        map_close(interfaces->by_id, NULL);
        arena_close(interfaces->arena);
        memory_free(interfaces);
    }
}

/* spec: Lambda developer guide, interfaces of functions in a VPC: "AWS Lambda VPC ENI-" name, hyphen, UUID. */
static struct str function_named(struct str description)
{
    enum { UUID = 36 };
    const struct str begins = STR("AWS Lambda VPC ENI-");
    if (!str_starts(description, begins) || description.len <= begins.len + UUID + 1) {
        return STR_NONE;
    }
    const struct str name = str_slice(description, begins.len, description.len - begins.len - UUID - 1);
    return description.ptr[begins.len + name.len] == '-' ? name : STR_NONE;
}

static bool is_emr(const struct json *groups)
{
    for (const struct json *group = groups ? groups->child : NULL; group; group = group->next) {
        if (str_starts(json_text(json_get(group, STR("GroupName"))), STR("ElasticMapReduce"))) {
            return true;
        }
    }
    return false;
}

static struct str write_groups(struct arena *arena, const struct json *groups)
{
    struct json_writer w = json_writer_new(arena);
    json_open_array(&w);
    for (const struct json *group = groups ? groups->child : NULL; group; group = group->next) {
        json_open_object(&w);
        json_member_str(&w, STR("groupId"), json_text(json_get(group, STR("GroupId"))));
        json_member_str(&w, STR("groupName"), json_text(json_get(group, STR("GroupName"))));
        json_close_object(&w);
    }
    json_close_array(&w);
    return json_done(&w);
}

static enum interface_kind kind_of(const struct json *j, const struct interface *interface)
{
    const struct str type = json_text(json_get(j, STR("InterfaceType")));
    if (str_equal(type, STR("lambda")) || interface->function.len > 0) {
        return INTERFACE_FUNCTION;
    }
    if (interface->instance.len == 0) {
        return INTERFACE_OTHER;
    }
    return is_emr(json_get(j, STR("Groups"))) ? INTERFACE_EMR : INTERFACE_INSTANCE;
}

static struct str kept(struct interfaces *interfaces, const struct json *j, const char *path)
{
    const struct str text = json_text(json_path(j, path));
    return text.len > 0 ? str_copy(interfaces->arena, text) : STR_NONE;
}

static bool add(struct interfaces *interfaces, const struct json *j)
{
    const struct str id = kept(interfaces, j, "NetworkInterfaceId");
    if (id.len == 0) {
        return false;
    }
    struct interface *interface = ARENA_NEW(interfaces->arena, struct interface);
    *interface = (struct interface){
        .id = id,
        .instance = kept(interfaces, j, "Attachment.InstanceId"),
        .function = function_named(kept(interfaces, j, "Description")),
        .vpc = kept(interfaces, j, "VpcId"),
        .subnet = kept(interfaces, j, "SubnetId"),
        .private_ip = kept(interfaces, j, "PrivateIpAddress"),
        .public_ip = kept(interfaces, j, "Association.PublicIp"),
        .groups = write_groups(interfaces->arena, json_get(j, STR("Groups"))),
    };
    interface->kind = kind_of(j, interface);
    map_put(interfaces->by_id, id, interface);
    return true;
}

bool interfaces_load_text(struct interfaces *interfaces, struct str text)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    const struct json *list = json_get(json_parse(arena, text, NULL), STR("NetworkInterfaces"));
    bool good = list && list->kind == JSON_ARRAY;
    for (const struct json *j = good ? list->child : NULL; j && good; j = j->next) {
        good = add(interfaces, j);
    }
    return good;
}

struct err interfaces_load(struct ctx *ctx, struct interfaces *interfaces, const char *path)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail(ctx, &FAULT_IO, "%s can't be opened", path);
    }
    struct text text = text_new(arena);
    char chunk[16384];
    for (size_t n = 0; text.len < FILE_MAX && (n = fread(chunk, 1, sizeof(chunk), file)) > 0;) {
        text_add(&text, (struct str){ chunk, n });
    }
    const bool broken = ferror(file) != 0 || text.len >= FILE_MAX;
    fclose(file);
    if (broken) {
        return fail(ctx, &FAULT_IO, "%s can't be read, or is larger than 256 MB", path);
    }
    if (!interfaces_load_text(interfaces, text_str(&text))) {
        return fail(ctx, &FAULT_INVALID, "%s isn't what aws ec2 describe-network-interfaces prints (JSON with NetworkInterfaces)", path);
    }
    return ERR_OK;
}

const struct interface *interfaces_find(const struct interfaces *interfaces, struct str id)
{
    return interfaces ? map_get(interfaces->by_id, id) : NULL;
}
