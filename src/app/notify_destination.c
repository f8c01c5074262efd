#include "app/notify_destination.h"

#include <stdio.h>

#include "app/severity.h"
#include "crypto/hash.h"

enum { URL_MAX = 4096 };

/* By scheme; the transport is what base begins with. */
static const struct {
    struct str scheme;
    enum notify_kind kind;
    const char *transport;
} SCHEMES[] = {
    { STR_INIT("https"), NOTIFY_WEBHOOK, "https" },
    { STR_INIT("http"), NOTIFY_WEBHOOK, "http" },
    { STR_INIT("slack+https"), NOTIFY_SLACK, "https" },
    { STR_INIT("slack+http"), NOTIFY_SLACK, "http" },
    { STR_INIT("teams+https"), NOTIFY_TEAMS, "https" },
    { STR_INIT("teams+http"), NOTIFY_TEAMS, "http" },
    { STR_INIT("mattermost+https"), NOTIFY_MATTERMOST, "https" },
    { STR_INIT("mattermost+http"), NOTIFY_MATTERMOST, "http" },
    { STR_INIT("syslog"), NOTIFY_SYSLOG, "udp" },
    { STR_INIT("syslog+tcp"), NOTIFY_SYSLOG, "tcp" },
    { STR_INIT("syslog+tls"), NOTIFY_SYSLOG, "tls" },
    { STR_INIT("cef"), NOTIFY_CEF, "udp" },
    { STR_INIT("cef+tcp"), NOTIFY_CEF, "tcp" },
    { STR_INIT("cef+tls"), NOTIFY_CEF, "tls" },
    { STR_INIT("opensearch+https"), NOTIFY_OPENSEARCH, "https" },
    { STR_INIT("opensearch+http"), NOTIFY_OPENSEARCH, "http" },
    { STR_INIT("smtp"), NOTIFY_MAIL, "smtp" },
    { STR_INIT("smtps"), NOTIFY_MAIL, "smtps" },
    { STR_INIT("securityhub"), NOTIFY_SECURITY_HUB, NULL },
};

static const char *const KIND_NAMES[] = {
    [NOTIFY_SLACK] = "slack",   [NOTIFY_TEAMS] = "teams", [NOTIFY_MATTERMOST] = "mattermost", [NOTIFY_WEBHOOK] = "webhook",
    [NOTIFY_MAIL] = "mail",     [NOTIFY_SYSLOG] = "syslog", [NOTIFY_CEF] = "cef",             [NOTIFY_OPENSEARCH] = "opensearch",
    [NOTIFY_SECURITY_HUB] = "securityhub",
};

/* Known senders by their host, for URLs as these services hand them out. */
static const struct {
    struct str host; /* this, or what ends in it after a dot */
    enum notify_kind kind;
} HOSTS[] = {
    { STR_INIT("hooks.slack.com"), NOTIFY_SLACK },
    { STR_INIT("hooks.slack-gov.com"), NOTIFY_SLACK },
    { STR_INIT("webhook.office.com"), NOTIFY_TEAMS },
    { STR_INIT("logic.azure.com"), NOTIFY_TEAMS },
    { STR_INIT("api.powerplatform.com"), NOTIFY_TEAMS },
};

static bool is_of(struct str host, struct str domain)
{
    return str_ends(host, domain) && (host.len == domain.len || host.ptr[host.len - domain.len - 1] == '.');
}

static enum notify_kind kind_of_host(struct str host)
{
    for (size_t i = 0; i < COUNT_OF(HOSTS); i++) {
        if (is_of(host, HOSTS[i].host)) {
            return HOSTS[i].kind;
        }
    }
    return NOTIFY_WEBHOOK;
}

static struct err read_parameters(struct ctx *ctx, struct str text, struct notify_destination *out)
{
    for (struct str rest = text; rest.len > 0;) {
        struct str value = STR_NONE;
        const struct str name = str_cut(str_cut(rest, '&', &rest), '=', &value);
        if (str_equal(name, STR("min"))) {
            if (!severity_parse(value, &out->min_severity)) {
                return fail(ctx, &FAULT_INVALID, "min takes low, medium, high, critical or 1 to 10");
            }
        } else if (str_equal(name, STR("every"))) {
            int64_t seconds = 0;
            if (!str_to_int(value, &seconds) || seconds < 0 || seconds > 86400) {
                return fail(ctx, &FAULT_INVALID, "every takes 0 to 86400 seconds");
            }
            out->every_ms = seconds * 1000;
        } else if (str_equal(name, STR("lang"))) {
            if (!str_equal(value, STR("en")) && !str_equal(value, STR("ja"))) {
                return fail(ctx, &FAULT_INVALID, "lang takes en or ja");
            }
            out->language = value;
        } else {
            return fail(ctx, &FAULT_INVALID, "after # there may be min=LEVEL, lang=en|ja and every=SECONDS, joined by &");
        }
    }
    return ERR_OK;
}

/* An address goes into a line of SMTP's dialogue and of the message's head. */
static bool is_address(struct str s)
{
    const size_t at = str_find(s, '@');
    bool fine = at != STR_MISSING && at > 0 && at + 1 < s.len && s.len <= 254;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        fine = fine && c > ' ' && c != 0x7F && c != '<' && c != '>' && c != ',' && c != '"';
    }
    return fine;
}

static struct err read_mail(struct ctx *ctx, struct notify_destination *out)
{
    for (struct str rest = out->query; rest.len > 0;) {
        struct str value = STR_NONE;
        const struct str name = str_cut(str_cut(rest, '&', &rest), '=', &value);
        const struct str address = str_percent_decode(ctx->arena, value, false);
        if (!is_address(address)) {
            return fail(ctx, &FAULT_INVALID, "from and to take an e-mail address each");
        }
        if (str_equal(name, STR("from"))) {
            out->from = address;
        } else if (str_equal(name, STR("to")) && out->to_count < NOTIFY_RECIPIENTS_MAX) {
            out->to[out->to_count++] = address;
        } else {
            return fail(ctx, &FAULT_INVALID, "of e-mail only from and up to %d to are known", NOTIFY_RECIPIENTS_MAX);
        }
    }
    return out->from.ptr && out->to_count > 0
               ? ERR_OK
               : fail(ctx, &FAULT_INVALID, "e-mail needs /?from=ADDRESS&to=ADDRESS");
}

/* Names of indices: spec: OpenSearch documentation, index naming. */
static struct err read_index(struct ctx *ctx, struct notify_destination *out)
{
    out->path = str_from(out->path, 1);
    bool fine = out->path.len > 0 && out->path.len <= 255 && out->path.ptr[0] != '-' && out->path.ptr[0] != '_';
    for (size_t i = 0; i < out->path.len; i++) {
        const char c = out->path.ptr[i];
        fine = fine && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.');
    }
    return fine ? ERR_OK : fail(ctx, &FAULT_INVALID, "OpenSearch needs the name of an index: opensearch+https://HOST/INDEX");
}

static struct err read_security_hub(struct ctx *ctx, struct str rest, struct notify_destination *out)
{
    struct str query = STR_NONE, value = STR_NONE;
    out->path = str_cut(rest, '?', &query);
    const bool named = query.ptr == NULL || str_equal(str_cut(query, '=', &value), STR("endpoint"));
    const bool china = str_starts(out->path, STR("cn-"));
    bool fine = named && out->path.len > 0;
    for (size_t i = 0; i < out->path.len; i++) {
        const char c = out->path.ptr[i];
        fine = fine && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
    }
    out->base = value.len > 0 ? value
                              : str_format(ctx->arena, "https://securityhub.%" STR_FMT ".amazonaws.com%s", STR_ARG(out->path),
                                           china ? ".cn" : "");
    fine = fine && (str_starts(out->base, STR("https://")) || str_starts(out->base, STR("http://")));
    return fine ? ERR_OK : fail(ctx, &FAULT_INVALID, "Security Hub is named securityhub://REGION, perhaps with ?endpoint=URL");
}

static struct err read_authority(struct ctx *ctx, struct str rest, const char *transport, struct notify_destination *out)
{
    const size_t slash = str_find(rest, '/');
    const struct str authority = slash == STR_MISSING ? rest : str_slice(rest, 0, slash);
    const size_t at = str_find_last(authority, '@');
    const struct str host = at == STR_MISSING ? authority : str_from(authority, at + 1);
    struct str password = STR_NONE;
    const struct str user = at == STR_MISSING ? STR_NONE : str_cut(str_slice(authority, 0, at), ':', &password);
    if (host.len == 0) {
        return fail(ctx, &FAULT_INVALID, "no host is named");
    }
    out->user = str_percent_decode(ctx->arena, user, false);
    out->password = str_percent_decode(ctx->arena, password, false);
    out->base = str_format(ctx->arena, "%s://%" STR_FMT, transport, STR_ARG(host));
    out->path = str_cut(slash == STR_MISSING ? STR("/") : str_from(rest, slash), '?', &out->query);
    return ERR_OK;
}

static struct str host_of(struct str base)
{
    struct str port = STR_NONE;
    const struct str host = str_from(base, str_search(base, STR("://")) + 3);
    return str_starts(host, STR("[")) ? host : str_cut(host, ':', &port);
}

static struct err read_url(struct ctx *ctx, struct str url, struct notify_destination *out)
{
    struct str parameters = STR_NONE;
    url = str_cut(url, '#', &parameters);
    const size_t colon = str_search(url, STR("://"));
    const struct str scheme = colon == STR_MISSING ? STR_NONE : str_slice(url, 0, colon);
    const struct str rest = colon == STR_MISSING ? STR_NONE : str_from(url, colon + 3);
    const char *transport = NULL;
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(SCHEMES) && !known; i++) {
        known = str_equal(scheme, SCHEMES[i].scheme);
        out->kind = SCHEMES[i].kind;
        transport = SCHEMES[i].transport;
    }
    if (!known) {
        return fail(ctx, &FAULT_INVALID, "it begins with no scheme that is known: https, slack+https, teams+https, "
                    "mattermost+https, syslog, cef, opensearch+https, smtp, smtps or securityhub");
    }
    TRY(read_parameters(ctx, parameters, out));
    if (out->kind == NOTIFY_SECURITY_HUB) {
        return read_security_hub(ctx, rest, out);
    }
    TRY(read_authority(ctx, rest, transport, out));
    if (out->kind == NOTIFY_WEBHOOK) {
        out->kind = kind_of_host(host_of(out->base));
    }
    if (out->kind == NOTIFY_MAIL) {
        return read_mail(ctx, out);
    }
    return out->kind == NOTIFY_OPENSEARCH ? read_index(ctx, out) : ERR_OK;
}

static struct err first_line(struct ctx *ctx, struct str path, struct str *out)
{
    FILE *file = fopen(str_cstr(ctx->arena, path), "re");
    char line[URL_MAX + 2] = "";
    const bool read = file && fgets(line, sizeof(line), file);
    if (file) {
        fclose(file);
    }
    *out = str_copy(ctx->arena, str_trim(str_of(line)));
    memory_wipe(line, sizeof(line));
    return read ? ERR_OK : fail(ctx, &FAULT_INVALID, "the file %" STR_FMT " can't be read, or is empty", STR_ARG(path));
}

struct err notify_destination_read(struct ctx *ctx, struct str url, struct notify_destination *out)
{
    *out = (struct notify_destination){ .language = STR_INIT("en"), .every_ms = (int64_t)NOTIFY_EVERY_S * 1000 };
    if (str_starts(url, STR("@"))) {
        TRY(first_line(ctx, str_from(url, 1), &url));
    }
    for (size_t i = 0; i < url.len; i++) {
        if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7F) {
            return fail(ctx, &FAULT_INVALID, "it holds a space or a control character");
        }
    }
    if (url.len > URL_MAX) {
        return fail(ctx, &FAULT_INVALID, "it is longer than %d bytes", URL_MAX);
    }
    TRY(read_url(ctx, url, out));
    struct str parameters = STR_NONE;
    out->id = str_slice(hash_hex(ctx->arena, HASH_SHA256, str_cut(url, '#', &parameters)), 0, 16);
    out->name = str_format(ctx->arena, "%s %" STR_FMT, KIND_NAMES[out->kind], STR_ARG(host_of(out->base)));
    return ERR_OK;
}
