#include "net/mail.h"

#include <curl/curl.h>

enum { TIMEOUT_S = 60, CONNECT_MS = 10000 };

struct sending {
    struct str rest;
    bool (*stopped)(void *self);
    void *self;
};

static size_t give(char *bytes, size_t size, size_t count, void *argument)
{
    struct sending *sending = argument;
    const struct str piece = str_slice(sending->rest, 0, size * count);
    memcpy(bytes, piece.ptr, piece.len);
    sending->rest = str_from(sending->rest, piece.len);
    return piece.len;
}

static int watch(void *argument, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct sending *sending = argument;
    (void)a, (void)b, (void)c, (void)d;
    return sending->stopped && sending->stopped(sending->self);
}

static bool is_loopback(struct str base)
{
    const struct str host = str_from(base, str_search(base, STR("://")) + 3);
    return str_starts(host, STR("127.")) || str_starts(host, STR("localhost")) || str_starts(host, STR("[::1]"));
}

static void set_envelope(CURL *curl, struct arena *arena, const struct net_mail *mail, struct curl_slist **to)
{
    for (size_t i = 0; i < mail->to_count; i++) {
        *to = curl_slist_append(*to, str_cstr(arena, mail->to[i]));
    }
    curl_easy_setopt(curl, CURLOPT_URL, str_cstr(arena, mail->base));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, str_cstr(arena, mail->from));
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, *to);
    const bool bare = is_loopback(mail->base) && mail->password.len == 0;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(bare ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (mail->user.len > 0) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, str_cstr(arena, mail->user));
        curl_easy_setopt(curl, CURLOPT_PASSWORD, str_cstr(arena, mail->password));
    }
}

static void set_transfer(CURL *curl, struct sending *sending)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, sending);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, sending);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

struct err net_mail_send(struct ctx *ctx, const struct net_mail *mail, bool (*stopped)(void *self), void *self)
{
    char reason[CURL_ERROR_SIZE] = "";
    struct sending sending = { mail->message, stopped, self };
    struct curl_slist *to = NULL;
    long answer = 0;
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        return fail(ctx, &FAULT_UNAVAILABLE, "no memory for a connection");
    }
    set_envelope(curl, ctx->arena, mail, &to);
    set_transfer(curl, &sending);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    curl_easy_cleanup(curl);
    curl_slist_free_all(to);
    if (code == CURLE_OK) {
        return ERR_OK;
    }
    return fail(ctx, answer >= 500 ? &FAULT_INVALID : &FAULT_UNAVAILABLE, "%" STR_FMT ": %s", STR_ARG(mail->base),
                reason[0] ? reason : curl_easy_strerror(code));
}
