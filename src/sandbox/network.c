#include "sandbox/inside.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static bool loopback_up(void)
{
    struct ifreq request = { .ifr_name = "lo" };
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool done = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

struct route_request {
    struct nlmsghdr head;
    struct rtmsg route;
    struct rtattr attribute;
    uint32_t interface;
};

/* "ip route add local 0.0.0.0/0 dev lo": every address is this machine's own, so that a listener can stand for any
 * destination, and where none listens the answer is a refusal at once. */
static bool all_addresses_local(void)
{
    struct route_request request = {
        .head = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_NEWROUTE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK },
        .route = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_LOCAL, .rtm_protocol = RTPROT_BOOT, .rtm_scope = RT_SCOPE_HOST,
                   .rtm_type = RTN_LOCAL },
        .attribute = { .rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = RTA_OIF },
        .interface = if_nametoindex("lo"),
    };
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char rest[256];
    } answer = { .error = { .error = -1 } };
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    const bool asked = fd >= 0 && send(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request);
    const bool told = asked && recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)(sizeof(answer.head) + sizeof(int));
    if (fd >= 0) {
        close(fd);
    }
    return told && answer.head.nlmsg_type == NLMSG_ERROR && answer.error.error == 0;
}

bool inside_network(void)
{
    return loopback_up() && all_addresses_local();
}

static int listen_at(const char *address, uint16_t port, uint16_t *found)
{
    struct sockaddr_in where = { .sin_family = AF_INET, .sin_port = htons(port) };
    socklen_t size = sizeof(where);
    const int yes = 1;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    if (inet_pton(AF_INET, address, &where.sin_addr) != 1
        || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0
        || bind(fd, (struct sockaddr *)&where, sizeof(where)) != 0 || listen(fd, BACKLOG) != 0
        || getsockname(fd, (struct sockaddr *)&where, &size) != 0) {
        close(fd);
        return -1;
    }
    *found = ntohs(where.sin_port);
    return fd;
}

bool inside_listen(const struct plan *plan, int *fds, uint16_t *ports)
{
    for (size_t i = 0; i < plan->listen_count; i++) {
        fds[i] = listen_at(plan->listen_address[i], plan->listen_port[i], &ports[i]);
        if (fds[i] < 0) {
            return false;
        }
    }
    return true;
}
