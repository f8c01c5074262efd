/* flow_mail.c - an instance that mails to many servers by itself.
 * spec: GuardDuty user guide, Backdoor:EC2/Spambot: unusual conversations on port 25. Our own figures: ten public servers within
 * an hour; of an instance that takes mail itself, and so is a mail server, forty. */
#include "detect/detectors/flow_types.h"

enum { SMTP = 25, WINDOW = 3600, SERVERS = 10, SERVERS_OF_SERVER = 40 };

void flow_mail(struct flow *flow)
{
    if (flow->protocol != FLOW_TCP || flow_service(flow) != SMTP || flow->probe || !flow->public_remote) {
        return;
    }
    struct flow_host *host = flow->host;
    if (!flow->initiated) {
        host->serves_mail = true;
        return;
    }
    const enum network_window window = network_window(&host->mail_start, flow->now, WINDOW);
    if (window == WINDOW_NEW) {
        host->mail_bits = 0;
    }
    host->mail_bits |= window == WINDOW_PAST ? 0 : UINT64_C(1) << (keyed_hash(7, flow->remote, 16) & 63);
    const int servers = __builtin_popcountll(host->mail_bits);
    if (servers < (host->serves_mail ? SERVERS_OF_SERVER : SERVERS) || !network_may_tell(&host->mail_told, flow->now)) {
        return;
    }
    flow_tell(flow, &FLOW_SPAM, FLOW_ACTOR,
              str_format(flow->ev->arena, "it spoke to at least %d mail servers on port 25 within an hour", servers));
}
