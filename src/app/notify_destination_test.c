#include "app/notify_destination.h"

#include "tests/test.h"

static struct notify_destination good(struct arena *arena, const char *url)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct notify_destination out;
    CHECK_OK(notify_destination_read(&ctx, str_of(url), &out));
    return out;
}

static void bad(struct arena *arena, const char *url)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct notify_destination out;
    CHECK_FAULT(notify_destination_read(&ctx, str_of(url), &out), "ValidationException");
    if (str_search(str_of(ctx.reason), STR("s3cret")) != STR_MISSING) {
        fail_msg("%s told of %s", ctx.reason, url);
    }
}

TEST(a_url_as_the_service_hands_it_out_tells_its_kind)
{
    CHECK_INT(good(arena, "https://hooks.slack.com/services/T/B/x").kind, NOTIFY_SLACK);
    CHECK_INT(good(arena, "https://acme.webhook.office.com/webhookb2/x").kind, NOTIFY_TEAMS);
    CHECK_INT(good(arena, "https://prod-1.japaneast.logic.azure.com:443/workflows/x?sig=y").kind, NOTIFY_TEAMS);
    CHECK_INT(good(arena, "https://nothooks.slack.com.example.org/x").kind, NOTIFY_WEBHOOK);
    CHECK_INT(good(arena, "mattermost+https://chat.example.org/hooks/x").kind, NOTIFY_MATTERMOST);
    CHECK_INT(good(arena, "cef+tls://siem.example.org:6514").kind, NOTIFY_CEF);
}

TEST(parts_stand_where_they_belong)
{
    const struct notify_destination search = good(arena, "opensearch+https://yagura:p%40ss@search.example.org:9200/findings#min=high&lang=ja");
    CHECK_STR(search.base, "https://search.example.org:9200");
    CHECK_STR(search.path, "findings");
    CHECK_STR(search.user, "yagura");
    CHECK_STR(search.password, "p@ss");
    CHECK_STR(search.language, "ja");
    CHECK(search.min_severity > 6.9 && search.min_severity < 7.1);
    CHECK_STR(search.name, "opensearch search.example.org");
    const struct notify_destination mail = good(arena, "smtp://mail.example.org:587/?from=yagura@example.org&to=a@example.org&to=b%2Bx@example.org");
    CHECK_INT(mail.to_count, 2);
    CHECK_STR(mail.to[1], "b+x@example.org");
    CHECK_STR(good(arena, "securityhub://cn-north-1").base, "https://securityhub.cn-north-1.amazonaws.com.cn");
    CHECK_STR(good(arena, "https://example.org/hook?key=1#min=5").query, "key=1");
}

TEST(the_same_url_has_the_same_id_whatever_its_parameters)
{
    CHECK(str_equal(good(arena, "https://example.org/hook").id, good(arena, "https://example.org/hook#min=high").id));
    CHECK(!str_equal(good(arena, "https://example.org/hook").id, good(arena, "https://example.org/hooks").id));
}

TEST(what_is_wrong_is_refused_without_its_secrets)
{
    bad(arena, "");
    bad(arena, "ftp://s3cret@example.org/");
    bad(arena, "https:///s3cret");
    bad(arena, "https://example.org/s3cret#min=loud");
    bad(arena, "https://example.org/s3cret#lang=fr");
    bad(arena, "https://example.org/s3cret#every=-1");
    bad(arena, "https://example.org/s3cret#colour=red");
    bad(arena, "https://example.org/s3cret\r\nX-Evil: 1");
    bad(arena, "opensearch+https://u:s3cret@example.org/");
    bad(arena, "opensearch+https://u:s3cret@example.org/Upper");
    bad(arena, "smtp://u:s3cret@example.org/?from=a@example.org");
    bad(arena, "smtp://u:s3cret@example.org/?from=a@example.org&to=b%0D%0Aevil@example.org");
    bad(arena, "securityhub://");
    bad(arena, "@/nonexistent/s3");
}
