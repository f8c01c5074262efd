/* notify_command.c - yagura notify: one message to each destination now, to see whether it arrives. */
#include <stdio.h>

#include "app/commands.h"
#include "app/notify.h"
#include "base/clock.h"
#include "base/json.h"
#include "detect/finding.h"

/* A finding that cannot be taken for one: of no account, and its words say what it is. */
static struct str trial(struct arena *arena, const struct settings *settings, int64_t now_ms)
{
    const struct str now = clock_format_iso8601_ms(arena, now_ms);
    const struct str id = finding_id(arena, (const struct str[]){ STR("notify"), now }, 2);
    struct json_writer w = json_writer_new(arena);
    json_open_array(&w);
    json_open_object(&w);
    json_member_str(&w, STR("schemaVersion"), STR("2.0"));
    json_member_str(&w, STR("accountId"), settings->account_id);
    json_member_str(&w, STR("region"), settings->region);
    json_member_str(&w, STR("partition"), STR("aws"));
    json_member_str(&w, STR("id"), id);
    json_member_str(&w, STR("arn"), str_format(arena, "arn:aws:guardduty:%" STR_FMT ":%" STR_FMT ":detector/trial/finding/%" STR_FMT,
                                               STR_ARG(settings->region), STR_ARG(settings->account_id), STR_ARG(id)));
    json_member_str(&w, STR("type"), STR("Trial:Yagura/Notification"));
    json_member_str(&w, STR("createdAt"), now);
    json_member_str(&w, STR("updatedAt"), now);
    json_member_int(&w, STR("severity"), 10);
    json_member_str(&w, STR("title"), STR("A trial of this destination: nothing was found."));
    json_member_str(&w, STR("description"), STR("Sent by `yagura notify`. Findings look like this one."));
    json_close_object(&w);
    json_close_array(&w);
    return json_done(&w);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings settings = { 0 };
    struct notifier *notifier = NULL;
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    if (settings.arguments.count == 0) {
        fprintf(stderr, "yagura notify: name a destination; see yagura notify --help\n");
        return 2;
    }
    if (notifier_open(&ctx, &settings.arguments, &notifier).fault) {
        return command_failed(command, &ctx);
    }
    for (size_t i = 0; i < settings.arguments.count; i++) {
        const struct str array = trial(arena, &settings, ctx.now_ms);
        const bool failed = notify_send(&ctx, notifier, i, &array, 1).fault != NULL;
        printf("%zu: %s\n", i + 1, failed ? ctx.reason : "taken");
        status = failed ? 4 : status;
    }
    notifier_close(notifier);
    return status;
}

const struct command COMMAND_NOTIFY = {
    .name = "notify",
    .summary = "send a trial message to a destination of serve --notify",
    .usage = "yagura notify URL... [options]",
    .examples = "  yagura notify @slack-url\n"
                "  yagura notify 'https://hooks.slack.com/services/T000/B000/xxxx#min=high&lang=ja'\n"
                "  yagura notify 'smtps://mail.example.org/?from=yagura@example.org&to=soc@example.org'\n"
                "  yagura notify cef+tls://siem.example.org:6514 opensearch+https://user:secret@search.example.org:9200/findings\n"
                "  yagura notify securityhub://ap-northeast-1\n"
                "\n@FILE takes the URL from a file's first line, so that no process list shows it. yagura-serve(1) has all forms.\n",
    .groups = SETTINGS_WHERE,
    .run = run,
};
