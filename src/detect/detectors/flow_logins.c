/* flow_logins.c - passwords guessed: many short sessions of one client at SSH, RDP or Windows Remote Management.
 * spec: GuardDuty user guide, UnauthorizedAccess:EC2/SSHBruteForce, RDPBruteForce, Impact:EC2/WinRMBruteForce: low when the
 * instance is the target, high when it guesses. Our own figures: a failed login leaves a short session (SSH: the key exchange
 * and a few tries, 1 to 6 KB from the client); 20 of those within half an hour at the target, within ten minutes of an actor,
 * as scripts that log in for their work do so less often. */
#include "detect/detectors/flow_types.h"

enum { TARGET_WINDOW = 1800, ACTOR_WINDOW = 600, SESSIONS = 20, HIGH = 8 };

static const struct service {
    uint16_t port;
    uint16_t packets_least, packets_most;
    uint32_t bytes_least, bytes_most;
    const struct detector *detector;
    const char *name;
} services[] = {
    { 22, 7, 60, 1000, 6000, &FLOW_SSH_GUESS, "SSH" },
    { 3389, 5, 120, 500, 20000, &FLOW_RDP_GUESS, "RDP" },
    { 5985, 5, 80, 500, 20000, &FLOW_WINRM_GUESS, "Windows Remote Management" },
    { 5986, 5, 80, 500, 20000, &FLOW_WINRM_GUESS, "Windows Remote Management" },
};

static const struct service *service_at(uint16_t port)
{
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        if (services[i].port == port) {
            return &services[i];
        }
    }
    return NULL;
}

static bool is_guess(const struct flow *flow, const struct service *service)
{
    const struct event_flow *f = &flow->ev->flow;
    return !f->rejected && f->packets >= service->packets_least && f->packets <= service->packets_most &&
           f->bytes >= service->bytes_least && f->bytes <= service->bytes_most;
}

void flow_logins(struct flow *flow)
{
    if (flow->protocol != FLOW_TCP || flow->outbound != flow->initiated) { /* what the client sent */
        return;
    }
    const struct service *service = service_at(flow_service(flow));
    if (service == NULL || !is_guess(flow, service)) {
        return;
    }
    struct flow_guesses *guesses = &flow->pair->guesses;
    const enum network_window window = network_window(&guesses->start, flow->now, flow->initiated ? ACTOR_WINDOW : TARGET_WINDOW);
    if (window == WINDOW_PAST) {
        return;
    }
    if (window == WINDOW_NEW || guesses->service != service->port) {
        *guesses = (struct flow_guesses){ .start = guesses->start, .told = guesses->told, .service = service->port };
    }
    const uint16_t client = flow->initiated ? flow->local_port : flow->remote_port;
    const uint64_t bit = UINT64_C(1) << (keyed_mix(client, 6) & 63);
    guesses->count = (uint16_t)(guesses->count + ((guesses->bits & bit) == 0));
    guesses->bits |= bit;
    if (guesses->count < SESSIONS || !network_may_tell(&guesses->told, flow->now)) {
        return;
    }
    const struct str remote = flow_remote_text(flow);
    const struct str why = flow->initiated
                               ? str_format(flow->ev->arena, "it opened at least %u short %s sessions to %" STR_FMT " within minutes",
                                            guesses->count, service->name, STR_ARG(remote))
                               : str_format(flow->ev->arena, "%" STR_FMT " opened at least %u short %s sessions to it within half an hour",
                                            STR_ARG(remote), guesses->count, service->name);
    struct verdict *verdict = flow_tell(flow, service->detector, flow->initiated ? FLOW_ACTOR : FLOW_TARGET, why);
    verdict->severity = flow->initiated ? HIGH : 0;
}
