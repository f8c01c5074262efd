/* flow.h - what the detectors over flow records share: a record as its interface sees it, and the state it belongs to.
 *
 * Each flow_NAME(flow) looks at one record and tells what it finds. Windows are in seconds of the records' own time. */
#ifndef YAGURA_DETECT_DETECTORS_FLOW_H
#define YAGURA_DETECT_DETECTORS_FLOW_H

#include "detect/detectors/shared.h"
#include "detect/interfaces.h"

enum { FLOW_TCP = 6, FLOW_UDP = 17, FLOW_ICMP = 1, FLOW_ICMP6 = 58 };

/* Ports of one peer that were tried: a set that counts by its bits. */
struct flow_tried {
    uint64_t bits[4];
    uint32_t start, told;
    uint16_t count;
};

struct flow_guesses {
    uint64_t bits; /* of the clients' ports: one a session */
    uint32_t start, told;
    uint16_t service, count;
};

struct flow_flood {
    float packets, bytes; /* sent */
    float answers, answer_bytes;
    uint32_t start, told;
    uint16_t records;
    uint8_t kind;
};

/* What the world sends to an interface, all peers together. */
struct flow_flooded {
    float packets, answers;
    uint32_t start, told;
    uint16_t records;
};

struct flow_beacon {
    float gap, gap_square, size, size_square; /* sums */
    uint32_t last, told;
    uint16_t count, port, client_port;
};

struct flow_session {
    float bytes;
    uint32_t start, told;
    uint16_t client_port, records;
};

/* An interface and one peer of it. The first 64 bytes are what nearly every record needs, the next what those do that go out. */
struct flow_pair {
    unsigned lists;         /* of the peer, as of lists_of; asked again when that isn't the network's number */
    uint32_t lists_of;
    uint32_t told;          /* by lists */
    uint32_t learned_hour, learned; /* what the learner was told of within that hour: a set of ports */
    uint32_t volume_hour, volume_told;
    bool is_new, is_usual;  /* to this interface, that is known well enough to say so */
    uint64_t unlearned;     /* bytes sent and not handed to the learner yet */
    struct flow_guesses guesses;
    struct flow_flood flood;
    struct flow_beacon beacon;
    struct flow_tried out, in;
    uint32_t port_told;     /* a probed port */
    struct flow_session mining;
};

struct flow_sweep {
    uint64_t bits[8]; /* of the hosts probed */
    uint32_t start, told;
    uint32_t talks;   /* conversations on that port that were none */
    uint16_t port, count;
};

enum { FLOW_SWEEPS = 4 };
struct flow_host {
    uint64_t key;
    const struct interface *interface; /* NULL: nothing is known of it */
    uint32_t interface_of;      /* the network's number when it was looked up */
    bool serves_mail;
    uint8_t own_count;          /* how many of `own` may be its address; 0: no record yet; 3: several are */
    unsigned char own[2][16];
    uint16_t swept[FLOW_SWEEPS]; /* the ports of sweeps, or 0: these lie together */
    struct flow_sweep sweeps[FLOW_SWEEPS];
    uint64_t mail_bits, relay_in, relay_out;
    uint32_t mail_start, mail_told, relay_start, relay_told;
    uint64_t coin_bits;
    uint32_t coin_start, coin_told;
    struct flow_flooded flooded;
};

struct flow {
    const struct event *ev;
    struct network *network;
    const struct intel *intel;
    struct network_hits *hits;
    struct flow_host *host;
    struct flow_pair *pair;
    const unsigned char *local, *remote; /* addresses */
    uint16_t local_port, remote_port;
    uint8_t protocol;
    bool outbound;      /* this record's packets went from local to remote */
    bool initiated;     /* the local end began the conversation */
    bool public_remote;
    bool probe;         /* a TCP or UDP record that is no conversation */
    uint32_t now;       /* start of the record */
    uint32_t seconds;   /* it sums up; at least 1 */
};

static inline uint16_t flow_service(const struct flow *flow) { return flow->initiated ? flow->remote_port : flow->local_port; }

void flow_lists(struct flow *flow);
void flow_scan(struct flow *flow);
void flow_logins(struct flow *flow);
void flow_flood(struct flow *flow);
void flow_flooded(struct flow *flow);
void flow_mail(struct flow *flow);
void flow_mining(struct flow *flow);
void flow_beacon(struct flow *flow);
void flow_unusual(struct flow *flow);

/* Tells a finding about the interface's instance (or function). why is one sentence without its full stop. */
enum flow_role { FLOW_ACTOR, FLOW_TARGET };
struct verdict *flow_tell(struct flow *flow, const struct detector *detector, enum flow_role role, struct str why);
struct str flow_remote_text(const struct flow *flow);

#endif
