/* public_ssh.c - a security group now lets everyone reach the SSH port.
 * spec: GuardDuty custom detection signal EC2SecurityGroupPublicSSH; EC2 API, AuthorizeSecurityGroupIngress: a permission
 * stands in ipPermissions.items, or (old form) in the parameters themselves; protocol -1 is every port. In C because port
 * and network must belong to the same permission. */
#include "detect/detectors.h"

enum { SSH_PORT = 22 };

static bool covers_port(const struct json *permission)
{
    const struct json *protocol = json_get(permission, STR("ipProtocol"));
    if (protocol && (str_equal(protocol->text, STR("-1")) || str_equal(protocol->text, STR("all")))) {
        return true;
    }
    int64_t from = 0;
    int64_t to = 0;
    const bool tcp = protocol && (str_equal(protocol->text, STR("tcp")) || str_equal(protocol->text, STR("6")));
    return tcp && json_int(json_get(permission, STR("fromPort")), &from) && json_int(json_get(permission, STR("toPort")), &to) &&
           from <= SSH_PORT && SSH_PORT <= to;
}

static bool any_public(const struct json *ranges, struct str key)
{
    const struct json *items = json_get(ranges, STR("items"));
    for (const struct json *range = items ? items->child : NULL; range; range = range->next) {
        if (str_ends(json_text(json_get(range, key)), STR("/0"))) {
            return true;
        }
    }
    return false;
}

static bool is_public(const struct json *permission)
{
    return covers_port(permission) && (str_ends(json_text(json_get(permission, STR("cidrIp"))), STR("/0")) ||
                                       str_ends(json_text(json_get(permission, STR("cidrIpv6"))), STR("/0")) ||
                                       any_public(json_get(permission, STR("ipRanges")), STR("cidrIp")) ||
                                       any_public(json_get(permission, STR("ipv6Ranges")), STR("cidrIpv6")));
}

static bool inspect(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    verdict->why = STR("port 22 is now open to every address");
    const struct json *request = json_parse(ev->arena, event_get(ev, FIELD_REQUEST), NULL);
    const struct json *items = json_path(request, "ipPermissions.items");
    for (const struct json *permission = items ? items->child : NULL; permission; permission = permission->next) {
        if (is_public(permission)) {
            return true;
        }
    }
    return is_public(request);
}

const struct detector PUBLIC_SSH = {
    .detection = {
        .id = STR_INIT("public-ssh"),
        .type = STR_INIT("Persistence:EC2/ExternalRemoteServices"),
        .severity = 5,
        .signal = STR_INIT("EC2SecurityGroupPublicSSH"),
        .resource = STR_INIT("AccessKey"),
        .name = STR_INIT("requestParameters.groupId"),
        .title = STR_INIT("SSH was opened to the internet in security group ${resource}."),
        .description = STR_INIT("${caller} called ${eventName} on the security group ${resource} from ${source}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_SERVICE, "ec2.amazonaws.com" }, { FIELD_ACTION, "AuthorizeSecurityGroupIngress" } },
    .inspect = inspect,
};
