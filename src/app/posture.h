/* posture.h - yagura audit: what an account looks like, asked for by AWS's own operations, and what of it should be changed.
 *
 * A struct posture asks either an endpoint over HTTP or the services themselves, in a data folder, as the account's root; both
 * ways the same requests and answers. posture_look turns answers into items: small JSON objects with a kind. The checks
 * of rules/audit are EventBridge patterns over items. What can't be looked at is told, and counts as input that was skipped. */
#ifndef YAGURA_APP_POSTURE_H
#define YAGURA_APP_POSTURE_H

#include "app/severity.h"
#include "base/err.h"
#include "base/json.h"
#include "wire/xml.h"

struct posture;

struct posture_options {
    struct str data, store, root_key; /* a data folder ... */
    struct str endpoint;      /* ... or, when it isn't absent: a URL, or "aws" */
    struct str account, region;
};

struct err posture_open(struct ctx *ctx, const struct posture_options *options, struct posture **out);
void posture_close(struct posture *posture); /* NULL is allowed */

/* One call. A refusal is no fault: then code is set, and the answer absent. Faults: nobody answers, or no sense. */
struct posture_answer {
    struct str code, message;
    const struct xml *xml;   /* of query services: the result element, as in ListUsersResult */
    const struct json *json;
};
/* fields: what follows Action and Version, percent-encoded: "UserName=ann&Marker=x". */
struct err posture_iam(struct ctx *ctx, struct posture *posture, const char *operation, struct str fields,
                       struct posture_answer *out);
struct err posture_cloudtrail(struct ctx *ctx, struct posture *posture, const char *operation, struct str body,
                              struct posture_answer *out);

/* The child of that name; NULL for none, and for none of NULL. Its text, absent for none. Its members: "Users" → <member>... */
const struct xml *posture_child(const struct xml *xml, const char *name);
struct str posture_text(const struct xml *xml, const char *name);
const struct xml *posture_members(const struct xml *xml, const char *name); /* the first; the others follow by next */

/* What was found out. */
struct posture_item {
    struct str subject; /* who or what it is about, for people */
    struct str json;
};
struct posture_items {
    struct posture_item *items;
    size_t count;
    struct str *trouble; /* what couldn't be looked at, in words */
    size_t trouble_count;
};
/* now: ctx->now_ms, which --as-of may have set. */
struct err posture_look(struct ctx *ctx, struct posture *posture, struct posture_items *out);
void posture_add(struct ctx *ctx, struct posture_items *items, struct str subject, struct json_writer *w);
void posture_trouble(struct ctx *ctx, struct posture_items *items, const char *what, const char *operation,
                     const struct posture_answer *answer);
int64_t posture_days(const struct ctx *ctx, int64_t since_ms);
/* posture_policies.c: managed and inline policies, roles; the users that are administrators, by name. */
struct posture_administrators {
    bool known; /* false: that couldn't be looked at */
    struct str *users;
    size_t count;
};
struct err posture_look_policies(struct ctx *ctx, struct posture *posture, struct posture_administrators *administrators,
                                 struct posture_items *out);
/* posture_trails.c */
struct err posture_look_trails(struct ctx *ctx, struct posture *posture, struct json_writer *account, struct posture_items *out);
struct err posture_root_use(struct ctx *ctx, struct posture *posture, struct json_writer *root, struct posture_items *out);

struct posture_check {
    struct str id;
    enum severity severity;
    struct str title, remediation;
    const struct json *tests;
};
struct posture_finding {
    const struct posture_check *check;
    struct str subject;
};
struct posture_checks;
/* language: "en" or "ja". The checks and their text live in ctx->arena. */
struct err posture_checks_open(struct ctx *ctx, struct str language, struct posture_checks **out);
void posture_checks_close(struct posture_checks *checks); /* NULL is allowed */
size_t posture_checks_count(const struct posture_checks *checks);
const struct posture_check *posture_check_at(const struct posture_checks *checks, size_t at);
/* The checks that an item fails, into out (room for all of them). */
size_t posture_judge(struct posture_checks *checks, struct str item, const struct posture_check **out);

#endif
