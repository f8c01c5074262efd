/* shared.h - what the detectors over network records have in common, below network.h. */
#ifndef YAGURA_DETECT_DETECTORS_SHARED_H
#define YAGURA_DETECT_DETECTORS_SHARED_H

#include "detect/keyed.h"
#include "detect/network.h"
#include "detect/tunnel.h"

struct dga;
struct suffixes;

/* The state of one account. */
struct network_account {
    uint64_t name;
    uint64_t used; /* the number of its last use */
    uint64_t met;  /* uses, while it is not one of those that stay */
    struct keyed *hosts, *pairs;    /* of flows; NULL: none yet */
    struct keyed *askers, *domains; /* of DNS */
};

/* A flow record that comes soon. */
enum { NETWORK_EXPECTED = 32 };
struct network_expected {
    const struct event *ev;
    const struct network_account *account; /* NULL: none yet */
    uint64_t host, pair; /* keys */
};

enum { NETWORK_DOH = 256 };
struct network {
    struct network_options options;
    struct network_account *accounts; /* options.accounts of them */
    size_t account_count;
    char last_text[12]; /* the account of the record before; zeroed: none of twelve digits */
    size_t last;        /* its place */
    uint16_t recent[256]; /* places of accounts, by their names' last byte */
    uint64_t evictions;  /* of whole accounts */
    uint64_t uses;       /* of accounts, so far */
    uint32_t intel_number;      /* changes with the lists; never 0 */
    uint32_t interfaces_number; /* likewise */
    struct dga *dga;
    struct suffixes *suffixes;
    struct tunnel tunnel;
    uint64_t doh[NETWORK_DOH]; /* hashes of addresses that answer DNS over HTTPS; 0: unused */
    struct network_expected expected[NETWORK_EXPECTED];
    size_t expected_count, expected_next;
};

struct network_hits {
    struct network_hit *items;
    size_t count;
    struct verdict unseen; /* is filled in when there is no more room */
};

/* A zeroed one to be filled in; beyond the bound one that nobody sees. */
struct verdict *network_tell(struct network_hits *hits, const struct detector *detector);

/* How many pairs an account that comes now may have. */
size_t network_pairs(const struct network *network);

void flow_open(struct network *network);
void flow_expect(struct network_expected *expected);
void flow_expect_soon(const struct network_expected *expected);
void flow_inspect(struct network *network, struct network_account *account, const struct event *ev, const struct intel *intel,
                  struct network_hits *hits);
void dns_inspect(struct network *network, struct network_account *account, const struct event *ev, const struct intel *intel,
                 struct network_hits *hits);

enum network_window { WINDOW_SAME, WINDOW_NEW, WINDOW_PAST };
/* Logs come hours late, not days: a time this far ahead of another was absurd, and what it began doesn't hold off the others.
 * Assumption of ours. */
enum { NETWORK_DISORDER = 7 * 86400 };
static inline bool network_absurd(uint32_t known, uint32_t now) { return now < known && known - now > NETWORK_DISORDER; }

/* Which window of a length a time falls into. A new one begins at the time: the caller clears what it counts. */
static inline enum network_window network_window(uint32_t *start, uint32_t now, uint32_t length)
{
    if (*start == 0 || (now > *start && now - *start > length) || network_absurd(*start, now)) {
        *start = now;
        return WINDOW_NEW;
    }
    return now < *start && *start - now > length ? WINDOW_PAST : WINDOW_SAME;
}

/* Whether it is time to tell again; then told is moved. */
static inline bool network_may_tell(uint32_t *told, uint32_t now)
{
    if (*told != 0 && !network_absurd(*told, now) && (now < *told || now - *told < NETWORK_QUIET_SECONDS)) {
        return false;
    }
    *told = now;
    return true;
}

#endif
