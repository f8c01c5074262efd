/* sequence_parts.h - what the files of sequences share; nobody else includes it. */
#ifndef YAGURA_DETECT_SEQUENCE_PARTS_H
#define YAGURA_DETECT_SEQUENCE_PARTS_H

#include "detect/catalogue.h"
#include "detect/sequence.h"

enum { SIGNALS_MAX = 12 };
enum foreign { FOREIGN_NOT, FOREIGN_PERHAPS, FOREIGN_SURELY };

/* Findings of one type, as far as they are remembered. */
struct signal {
    int64_t first_ms, last_ms;
    uint32_t count;
    uint16_t type;        /* place in the catalogue */
    uint8_t source;       /* enum source */
    uint8_t foreign;      /* enum foreign: how much it says that somebody else is at work */
    bool is_call;         /* the signal is the call itself, not a finding of GuardDuty's own making */
    char id[FINDING_ID_LENGTH + 1];
    char name[48];        /* of the call */
    char address[46];
    char resource[64];
    char resource_type[16];
};

/* Of one identity, cluster or group. */
struct trail {
    struct signal signals[SIGNALS_MAX];
    uint32_t count;
    char region[24];      /* of the first signal by time, as it was when the sequence was first told: then it stays the same finding */
    bool told;
    char user[64], user_type[20], key[24], account[13];
};

static inline const struct catalogue_entry *signal_type(const struct signal *signal) { return catalogue_at(signal->type); }
struct str signal_tactic(const struct signal *signal); /* what stands before the colon: "Persistence" */

/* service.detection, of the signals that chosen marks. */
struct str sequence_json(struct arena *arena, const struct trail *trail, const bool chosen[SIGNALS_MAX], enum sequence_kind kind,
                         struct str key);

#endif
