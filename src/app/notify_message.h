/* notify_message.h - findings as what a destination takes: one message for many findings, or a line for each.
 *
 * Titles, names and addresses in findings come from logs: an attacker may have chosen them. Control characters and marks
 * that turn the direction of text become spaces before anything else, and each form escapes what would be markup, a mention,
 * a header or a new record there. Texts are in English or Japanese; what a rule says about itself stays as it is written.
 * spec: Slack, "Formatting text"; Mattermost, incoming webhooks; Microsoft Teams, Adaptive Cards; ArcSight CEF, revision 25;
 * RFC 5424; RFC 5322 and 2047; OpenSearch, bulk. */
#ifndef YAGURA_APP_NOTIFY_MESSAGE_H
#define YAGURA_APP_NOTIFY_MESSAGE_H

#include "app/notify_destination.h"
#include "detect/finding.h"

enum { NOTIFY_SHOWN_MAX = 10, NOTIFY_WHOLE_MAX = 100 };

struct notify_digest {
    const struct finding *findings; /* the most severe first, then the newest */
    size_t count;
};

/* Of JSON arrays of wire findings; what is below the severity is left out, and of repeats of one finding the newest stays. */
struct notify_digest notify_digest_of(struct arena *arena, const struct str *arrays, size_t count, double min_severity);

struct str notify_plain(struct arena *arena, struct str text, size_t most); /* for people: no control characters, not long */

/* The body of a POST to chat or webhook. */
struct str notify_message(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest);
/* A whole message with its head, lines ending in CR LF; message_id makes repeats of it recognisable. */
struct str notify_mail(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest,
                       struct str message_id, int64_t now_ms);
/* One syslog message without framing. */
struct str notify_line(struct arena *arena, const struct notify_destination *to, const struct finding *finding);
/* The action and document lines of a _bulk; its id is the finding's, so that a repeat replaces it. */
void notify_bulk(struct text *out, const struct notify_destination *to, const struct finding *finding);

#endif
