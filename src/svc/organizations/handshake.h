/* handshake.h - how two parties come to agree: an invitation, or the move to all features. */
#ifndef YAGURA_SVC_ORGANIZATIONS_HANDSHAKE_H
#define YAGURA_SVC_ORGANIZATIONS_HANDSHAKE_H

#include "svc/organizations/caller.h"

#define INVITE "INVITE"
#define ENABLE_ALL_FEATURES "ENABLE_ALL_FEATURES"
#define APPROVE_ALL_FEATURES "APPROVE_ALL_FEATURES"

/* A new one of the caller's organisation, REQUESTED or OPEN. */
struct handshake_row org_handshake_new(struct request *rq, const struct standing *standing, const char *action,
                                       struct str party, struct str invited);
bool org_handshake_is_open(const struct request *rq, const struct handshake_row *row);
struct err org_handshake_out(struct request *rq, const struct handshake_row *row,
                             const struct organizations_handshake **out);

/* EnableAllFeatures: asks every invited member. features.c */
struct err org_handshake_all_features(struct request *rq, const struct standing *standing,
                                      const struct organizations_handshake **out);
/* What follows when one of the two kinds is accepted. */
struct err org_handshake_features_accepted(struct request *rq, const struct handshake_row *row);

#endif
