/* notify_destination.h - a destination of notifications, from the URL a person wrote.
 *
 *   https://hooks.slack.com/...                  Slack; elsewhere slack+https://HOST/...
 *   https://...webhook.office.com/...            Teams (also logic.azure.com); elsewhere teams+https://HOST/...
 *   mattermost+https://HOST/hooks/KEY            Mattermost
 *   https://HOST/PATH                            any other webhook: a JSON object with the findings as they are
 *   syslog://HOST:PORT, cef://HOST:PORT          RFC 5424 lines, or CEF in them, over UDP; +tcp and +tls over those
 *   opensearch+https://USER:PASSWORD@HOST/INDEX  OpenSearch, or what takes its _bulk
 *   smtp://USER:PASSWORD@HOST:PORT/?from=A&to=B  e-mail, with STARTTLS; smtps:// with TLS from the start; `to` may repeat
 *   securityhub://REGION                         AWS Security Hub, by BatchImportFindings; ?endpoint=URL for another
 *   @FILE                                        the URL is the first line of FILE, so that no process list shows it
 *
 * After #, parameters joined by &: min=LEVEL (low, medium, high, critical or a number), lang=en|ja, and every=SECONDS that lie
 * between two messages to people. http:// in place of https:// is taken for what stands beside the server. */
#ifndef YAGURA_APP_NOTIFY_DESTINATION_H
#define YAGURA_APP_NOTIFY_DESTINATION_H

#include "base/err.h"

enum notify_kind {
    NOTIFY_SLACK,
    NOTIFY_TEAMS,
    NOTIFY_MATTERMOST,
    NOTIFY_WEBHOOK,
    NOTIFY_MAIL,
    NOTIFY_GROUPED_COUNT, /* those before it get one message for many findings, those from here each finding */
    NOTIFY_SYSLOG = NOTIFY_GROUPED_COUNT,
    NOTIFY_CEF,
    NOTIFY_OPENSEARCH,
    NOTIFY_SECURITY_HUB,
};
enum { NOTIFY_RECIPIENTS_MAX = 32, NOTIFY_EVERY_S = 30 };

struct notify_destination {
    enum notify_kind kind;
    struct str id;   /* the same for the same URL: names it in the outbox */
    struct str name; /* "slack hooks.slack.com": for logs, without anything secret */
    struct str base; /* "https://host:port"; of syslog "udp://host:port"; of mail "smtp://host:port" */
    struct str path, query; /* what follows it; of OpenSearch the index, of Security Hub the region */
    struct str user, password;
    struct str from, to[NOTIFY_RECIPIENTS_MAX];
    size_t to_count;
    double min_severity;
    int64_t every_ms;
    struct str language; /* "en" or "ja" */
};

/* FAULT_INVALID says what is wrong with it, without repeating its secrets. Texts are the arena's. */
struct err notify_destination_read(struct ctx *ctx, struct str url, struct notify_destination *out);

#endif
