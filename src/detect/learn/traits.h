/* traits.h - what is compared of a call: who made it, by which means and from where, as the learning engine wants it.
 *
 * Versions, numbers and commands within a user agent do not count: an update is no new client. An address is told by its
 * autonomous system when a database knows it, else by its first sixteen bits (IPv6: thirty-two). */
#ifndef YAGURA_DETECT_LEARN_TRAITS_H
#define YAGURA_DETECT_LEARN_TRAITS_H

#include "detect/intel.h"
#include "detect/learn/learn.h"
#include "ingest/event.h"

/* Of an address or a user agent, remembered since it repeats. */
struct trait_memo {
    uint64_t text;     /* hash of it; 0: empty */
    uint64_t network;  /* or client */
    uint64_t country;
};
/* Of the ARN of a role behind callers. */
enum { TRAIT_ROLE_TEXT = 125 };
struct trait_role {
    bool service; /* linked to a service of AWS */
    bool people;  /* of single sign-on: its sessions are persons */
    uint8_t len;  /* 0: empty */
    char text[TRAIT_ROLE_TEXT];
};
enum { TRAIT_MEMOS = 1024, TRAIT_ROLES = 256 };
struct trait_memos {
    struct trait_memo addresses[TRAIT_MEMOS], agents[TRAIT_MEMOS];
    struct trait_role roles[TRAIT_ROLES];
};

struct traits {
    struct str who;    /* ARN of user, role, or person behind a role */
    struct str peers;  /* of a person behind a role: the role; else absent */
    struct str bucket; /* of a call on S3, else absent; or the model that was invoked */
    uint64_t api, service, region, network, country, agent, resource; /* hashes; 0: absent */
};
/* Who, and the bucket. False for calls that services of AWS make on their own, or for somebody. */
bool traits_begin(const struct learn *learn, struct trait_memos *memos, const struct event *ev, struct traits *out);
/* The other hashes: of the same who and the same TRAIT_FIELDS they are the same. */
void traits_fill(const struct learn *learn, struct trait_memos *memos, const struct event *ev, const struct intel *intel,
                 struct traits *traits);

#define TRAIT_FIELDS FIELD_ACCOUNT, FIELD_SERVICE, FIELD_ACTION, FIELD_REGION, FIELD_IP, FIELD_AGENT

uint64_t trait_client(uint64_t seed, struct str agent); /* what is left of a user agent */
struct str trait_network(struct str address);           /* the part of an address that stands for its network */

#endif
