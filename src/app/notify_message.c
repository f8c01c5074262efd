#include "app/notify_message.h"

#include <stdio.h>

#include "app/commands.h"
#include "app/report_words.h"
#include "base/clock.h"
#include "base/json.h"

enum { FIELD_MAX = 200 };

static bool turns_direction(uint32_t c)
{
    return (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x061C;
}

/* The length of the character at s, 1 for a byte that is none, and what it is. */
static size_t character(struct str s, uint32_t *out)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    const size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC2 ? 2 : 0;
    *out = 0xFFFD;
    if (len == 0 || len > s.len || !str_utf8_valid(str_slice(s, 0, len))) {
        return 1;
    }
    uint32_t c = len == 1 ? p[0] : p[0] & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        c = c << 6 | (p[i] & 0x3F);
    }
    *out = c;
    return len;
}

struct str notify_plain(struct arena *arena, struct str text, size_t most)
{
    struct text out = text_new(arena);
    for (struct str rest = text; rest.len > 0;) {
        uint32_t c = 0;
        const size_t len = character(rest, &c);
        const bool odd = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || turns_direction(c);
        if (out.len + len > most) {
            text_add(&out, STR("…"));
            break;
        }
        text_add(&out, odd ? STR(" ") : c == 0xFFFD ? STR("?") : str_slice(rest, 0, len));
        rest = str_from(rest, len);
    }
    return text_str(&out);
}

static bool is_japanese(const struct notify_destination *to) { return str_equal(to->language, STR("ja")); }

/* "12 findings: 3 High, 9 Low" */
static struct str headline(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest)
{
    size_t counts[SEVERITY_COUNT] = { 0 };
    for (size_t i = 0; i < digest->count; i++) {
        counts[severity_of(digest->findings[i].severity)]++;
    }
    struct text text = text_new(arena);
    text_add(&text, is_japanese(to) ? STR("Yagura: 検出結果 ") : STR("Yagura: "));
    text_add_int(&text, (int64_t)digest->count);
    text_add(&text, is_japanese(to) ? STR(" 件") : digest->count == 1 ? STR(" finding") : STR(" findings"));
    const char *separator = " (";
    for (int severity = SEVERITY_COUNT - 1; severity >= 0; severity--) {
        if (counts[severity] > 0) {
            text_add_format(&text, "%s%s %zu", separator, report_severity(to->language, (enum severity)severity), counts[severity]);
            separator = ", ";
        }
    }
    text_add(&text, STR(")"));
    return text_str(&text);
}

static size_t shown(const struct notify_digest *digest)
{
    return digest->count < NOTIFY_SHOWN_MAX ? digest->count : NOTIFY_SHOWN_MAX;
}

static struct str more(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest)
{
    const size_t left = digest->count - shown(digest);
    if (left == 0) {
        return STR_NONE;
    }
    return is_japanese(to) ? str_format(arena, "ほか %zu 件", left) : str_format(arena, "and %zu more", left);
}

/* How one form writes what isn't its own. */
typedef struct str (*escape_text)(struct arena *arena, struct str text);

static struct str field(struct arena *arena, escape_text escape, struct str text)
{
    const struct str plain = notify_plain(arena, text, FIELD_MAX);
    return escape ? escape(arena, plain) : plain;
}

static struct str facts(struct arena *arena, const struct notify_destination *to, const struct finding *f, escape_text escape)
{
    const bool japanese = is_japanese(to);
    return str_format(arena, "%" STR_FMT " · %s %" STR_FMT " · %" STR_FMT " · %" STR_FMT " · %s %lld · %s %" STR_FMT,
                      STR_ARG(field(arena, escape, f->type)), japanese ? "アカウント" : "account", STR_ARG(field(arena, escape, f->account)),
                      STR_ARG(field(arena, escape, f->region)), STR_ARG(field(arena, escape, f->resource_id)),
                      japanese ? "回数" : "count", (long long)f->count, japanese ? "最終" : "last",
                      STR_ARG(clock_format_iso8601(arena, f->last_ms)));
}

/* spec: Slack: these three characters alone are special in mrkdwn's text; links and mentions need < to begin. */
static struct str for_slack(struct arena *arena, struct str text)
{
    struct text out = text_new(arena);
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': text_add(&out, STR("&amp;")); break;
        case '<': text_add(&out, STR("&lt;")); break;
        case '>': text_add(&out, STR("&gt;")); break;
        default: text_add_char(&out, text.ptr[i]);
        }
    }
    return text_str(&out);
}

/* Markdown: a backslash takes the meaning from every ASCII punctuation mark. A mention dies of a zero-width space after @;
 * so does a bare link after its colon. */
static struct str for_markdown(struct arena *arena, struct str text)
{
    struct text out = text_new(arena);
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (memchr("\\`*_{}[]()<>#+-!|~", c, 18)) {
            text_add_char(&out, '\\');
        }
        text_add_char(&out, c);
        if (c == '@' || (c == ':' && str_starts(str_from(text, i), STR("://")))) {
            text_add(&out, STR("\xE2\x80\x8B"));
        }
    }
    return text_str(&out);
}

static struct str lines(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest,
                        const char *bullet, escape_text escape)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < shown(digest); i++) {
        const struct finding *f = &digest->findings[i];
        text_add_format(&text, "%s[%s] %" STR_FMT "\n    %" STR_FMT "\n", bullet,
                        report_severity(to->language, severity_of(f->severity)), STR_ARG(field(arena, escape, f->title)),
                        STR_ARG(facts(arena, to, f, escape)));
    }
    text_add(&text, more(arena, to, digest));
    return text_str(&text);
}

static struct str text_message(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest,
                               const char *bold, escape_text escape)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("text"),
                    str_format(arena, "%s%" STR_FMT "%s\n%" STR_FMT, bold, STR_ARG(headline(arena, to, digest)), bold,
                               STR_ARG(lines(arena, to, digest, "• ", escape))));
    json_close_object(&w);
    return json_done(&w);
}

static void text_block(struct json_writer *w, struct str text, bool heavy)
{
    json_open_object(w);
    json_member_str(w, STR("type"), STR("TextBlock"));
    json_member_str(w, STR("text"), text);
    json_member_bool(w, STR("wrap"), true);
    if (heavy) {
        json_member_str(w, STR("weight"), STR("Bolder"));
    }
    json_close_object(w);
}

/* spec: Teams, incoming webhooks and workflows: a message with an Adaptive Card. */
static struct str teams_message(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("type"), STR("message"));
    json_key(&w, STR("attachments"));
    json_open_array(&w);
    json_open_object(&w);
    json_member_str(&w, STR("contentType"), STR("application/vnd.microsoft.card.adaptive"));
    json_key(&w, STR("content"));
    json_open_object(&w);
    json_member_str(&w, STR("type"), STR("AdaptiveCard"));
    json_member_str(&w, STR("version"), STR("1.4"));
    json_key(&w, STR("body"));
    json_open_array(&w);
    text_block(&w, headline(arena, to, digest), true);
    for (size_t i = 0; i < shown(digest); i++) {
        const struct finding *f = &digest->findings[i];
        const char *severity = report_severity(to->language, severity_of(f->severity));
        text_block(&w, str_format(arena, "[%s] %" STR_FMT, severity, STR_ARG(field(arena, for_markdown, f->title))), true);
        text_block(&w, facts(arena, to, f, for_markdown), false);
    }
    if (more(arena, to, digest).len > 0) {
        text_block(&w, more(arena, to, digest), false);
    }
    json_close_array(&w);
    json_close_object(&w);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct str webhook_message(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest)
{
    const size_t whole = digest->count < NOTIFY_WHOLE_MAX ? digest->count : NOTIFY_WHOLE_MAX;
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("source"), STR("yagura"));
    json_member_str(&w, STR("summary"), headline(arena, to, digest));
    json_member_int(&w, STR("count"), (int64_t)digest->count);
    json_member_int(&w, STR("omitted"), (int64_t)(digest->count - whole));
    json_key(&w, STR("findings"));
    json_open_array(&w);
    for (size_t i = 0; i < whole; i++) {
        json_raw(&w, digest->findings[i].json);
    }
    json_close_array(&w);
    json_close_object(&w);
    return json_done(&w);
}

struct str notify_message(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest)
{
    switch (to->kind) {
    case NOTIFY_SLACK:
        return text_message(arena, to, digest, "*", for_slack);
    case NOTIFY_MATTERMOST:
        return text_message(arena, to, digest, "**", for_markdown);
    case NOTIFY_TEAMS:
        return teams_message(arena, to, digest);
    default:
        return webhook_message(arena, to, digest);
    }
}

/* A body in base64, as lines of SMTP are short and pure ASCII. */
static void add_base64(struct text *out, struct str body)
{
    enum { LINE = 57 }; /* 76 characters */
    for (; body.len > 0; body = str_from(body, LINE)) {
        text_add(out, str_base64(out->arena, str_slice(body, 0, LINE)));
        text_add(out, STR("\r\n"));
    }
}

/* spec: RFC 5322, 3.3; only dates of this form are exchanged. */
static struct str mail_date(struct arena *arena, int64_t now_ms)
{
    const struct str date = clock_format_rfc7231(arena, now_ms);
    return str_format(arena, "%" STR_FMT "+0000", STR_ARG(str_slice(date, 0, date.len - 3)));
}

struct str notify_mail(struct arena *arena, const struct notify_destination *to, const struct notify_digest *digest,
                       struct str message_id, int64_t now_ms)
{
    const struct str subject = headline(arena, to, digest);
    const struct str body = lines(arena, to, digest, "", NULL);
    struct text out = text_new(arena);
    text_add_format(&out, "Date: %" STR_FMT "\r\nFrom: Yagura <%" STR_FMT ">\r\n", STR_ARG(mail_date(arena, now_ms)), STR_ARG(to->from));
    for (size_t i = 0; i < to->to_count; i++) {
        text_add_format(&out, "%s<%" STR_FMT ">%s", i == 0 ? "To: " : " ", STR_ARG(to->to[i]), i + 1 < to->to_count ? ",\r\n" : "\r\n");
    }
    text_add_format(&out, "Message-ID: <%" STR_FMT "@yagura.invalid>\r\nSubject: =?UTF-8?B?%" STR_FMT "?=\r\nMIME-Version: 1.0\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n",
                    STR_ARG(message_id), STR_ARG(str_base64(arena, subject)));
    add_base64(&out, str_format(arena, "%" STR_FMT "\n\n%" STR_FMT "\n", STR_ARG(subject), STR_ARG(body)));
    return text_str(&out);
}

/* spec: CEF: \ and | in the head, \ and = in extensions. */
static struct str for_cef(struct arena *arena, struct str text, const char *special)
{
    struct text out = text_new(arena);
    for (size_t i = 0; i < text.len; i++) {
        if (strchr(special, text.ptr[i]) && text.ptr[i] != '\0') {
            text_add_char(&out, '\\');
        }
        text_add_char(&out, text.ptr[i]);
    }
    return text_str(&out);
}

static struct str cef_head(struct arena *arena, struct str text) { return for_cef(arena, text, "\\|"); }
static struct str cef_value(struct arena *arena, struct str text) { return for_cef(arena, text, "\\="); }

static struct str cef(struct arena *arena, const struct finding *f)
{
    return str_format(arena,
                      "CEF:0|Yagura|Yagura|" YAGURA_VERSION "|%" STR_FMT "|%" STR_FMT "|%d|externalId=%" STR_FMT " start=%lld end=%lld cnt=%lld"
                      " cs1Label=account cs1=%" STR_FMT " cs2Label=region cs2=%" STR_FMT " cs3Label=resource cs3=%" STR_FMT
                      " suser=%" STR_FMT " msg=%" STR_FMT,
                      STR_ARG(field(arena, cef_head, f->type)), STR_ARG(field(arena, cef_head, f->title)), (int)f->severity,
                      STR_ARG(field(arena, cef_value, f->id)), (long long)f->first_ms, (long long)f->last_ms, (long long)f->count,
                      STR_ARG(field(arena, cef_value, f->account)), STR_ARG(field(arena, cef_value, f->region)),
                      STR_ARG(field(arena, cef_value, f->resource_id)), STR_ARG(field(arena, cef_value, f->principal)),
                      STR_ARG(cef_value(arena, notify_plain(arena, f->description, 1000))));
}

/* spec: RFC 5424: facility 13, log audit; severity critical, error, warning or notice. */
static int priority_of(const struct finding *finding)
{
    static const int severities[SEVERITY_COUNT] = { [SEVERITY_LOW] = 5, [SEVERITY_MEDIUM] = 4, [SEVERITY_HIGH] = 3, [SEVERITY_CRITICAL] = 2 };
    return 13 * 8 + severities[severity_of(finding->severity)];
}

struct str notify_line(struct arena *arena, const struct notify_destination *to, const struct finding *finding)
{
    const struct str message = to->kind == NOTIFY_CEF ? cef(arena, finding) : finding->json;
    return str_format(arena, "<%d>1 %" STR_FMT " - yagura - finding - %" STR_FMT, priority_of(finding),
                      STR_ARG(clock_format_iso8601_ms(arena, finding->last_ms)), STR_ARG(message));
}

void notify_bulk(struct text *out, const struct notify_destination *to, const struct finding *finding)
{
    struct json_writer w = json_writer_new(out->arena);
    json_open_object(&w);
    json_key(&w, STR("index"));
    json_open_object(&w);
    json_member_str(&w, STR("_index"), to->path);
    json_member_str(&w, STR("_id"), finding->id);
    json_close_object(&w);
    json_close_object(&w);
    text_add(out, json_done(&w));
    text_add_char(out, '\n');
    text_add(out, finding->json);
    text_add_char(out, '\n');
}
