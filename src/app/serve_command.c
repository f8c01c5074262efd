/* serve_command.c - yagura serve: opens everything in order, tells where it is, waits for a signal, closes in reverse.
 *
 * SIGTERM and SIGINT stop it once the requests under way are answered; SIGHUP, and a change of the
 * files of --rules, loads the rules anew. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/accounts.h"
#include "app/alarms.h"
#include "app/audit_event.h"
#include "app/audit_data.h"
#include "app/audit_stream.h"
#include "app/blobs.h"
#include "app/commands.h"
#include "app/data.h"
#include "app/deliverer.h"
#include "app/export.h"
#include "app/findings_table.h"
#include "app/front.h"
#include "app/function_logs.h"
#include "app/known.h"
#include "app/lambda.h"
#include "app/lists.h"
#include "app/log_exports.h"
#include "app/log_feeds.h"
#include "app/log_tails.h"
#include "app/notify.h"
#include "app/root_key.h"
#include "app/oidc_keys.h"
#include "app/rotation.h"
#include "app/s3_chores.h"
#include "app/source.h"
#include "app/trail_delivery.h"
#include "app/watch.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/secret.h"
#include "schema.h"
#include "store/source.h"
#include "svc/guardduty/guardduty.h"
#include "svc/iam/iam.h"
#include "svc/kms/kms.h"

enum { WRITER_QUEUE = 4096, WRITER_THREADS = 8, FIRST_FINDINGS = 20, DELIVERER_INTERVAL_MS = 500 };

struct server {
    struct settings settings;
    struct data_folder folder;
    struct vault *vault;
    struct store *store;
    struct store_writer *writer;
    struct journal *journal;
    struct blobs *blobs;
    struct audit_stream *stream; /* of the journal, to GuardDuty */
    struct trail_delivery *trails;
    bool looked;                 /* what there is has been shown */
    struct oidc_keys *oidc_keys;
    struct front *front;
    struct lambda *lambda;
    struct function_logs *function_logs;
    struct rotator *rotator;
    struct log_feeds *log_feeds;
    struct log_exports *log_exports;
    struct log_tails *log_tails;
    struct alarms *alarms;
    struct net_server *net;
    struct watch *watch;
    struct lists *lists;
    struct sources *sources;
    struct push push;
    struct notifier *notifier;
    struct export *export;
    struct guardduty_chores chores;
    struct s3_chores *s3_chores;
    struct deliverer_channel channels[DELIVERER_CHANNELS_MAX];
    size_t channel_count;
    struct deliverer *deliverer;
    struct str endpoint;
};

static struct err make_administrator(struct ctx *ctx, struct server *server, struct store_conn *db)
{
    struct credentials credentials = { 0 };
    const struct str path = data_file(ctx->arena, server->folder.path, "credentials");
    TRY(store_begin(ctx, db, STORE_WRITE));
    struct err err = iam_first_administrator(ctx, db, server->vault, server->settings.account_id,
                                             &credentials.access_key_id, &credentials.secret_access_key);
    /* The file before the commit: a key that nobody can read would lock everyone out. */
    if (!err.fault && credentials.access_key_id.ptr) {
        err = data_write_credentials(ctx, server->folder.path, &credentials);
    }
    if (err.fault) {
        store_rollback(db);
        return err;
    }
    TRY(store_commit(ctx, db));
    if (!data_exists(ctx, path)) {
        log_warn(ctx, "credentials file is missing; the key of the first administrator can't be shown again",
                 LOG_STR("path", path));
    }
    return ERR_OK;
}

static struct err open_store(struct ctx *ctx, struct server *server)
{
    const struct str url = data_store_url(ctx->arena, server->folder.path, server->settings.store);
    TRY(store_open(ctx, url, &server->store));
    TRY(store_migrate(ctx, server->store, SCHEMA_STEPS, SCHEMA_STEP_COUNT));
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, server->store, &db));
    struct err err = root_key_settle(ctx, &server->settings, db, &server->vault);
    err = err.fault ? err : make_administrator(ctx, server, db);
    store_disconnect(db);
    TRY(err);
    TRY(store_writer_open(ctx, server->store, WRITER_QUEUE, WRITER_THREADS, &server->writer));
    TRY(journal_open(ctx, data_file(ctx->arena, server->folder.path, "audit"), server->store, &server->journal));
    store_writer_use_journal(server->writer, server->journal);
    return blobs_open(ctx, &(struct blobs_options){
        .folder = data_file(ctx->arena, server->folder.path, "blobs"),
        .bucket = server->settings.blobs,
        .region = server->settings.region,
        .store = server->store,
        .writer = server->writer,
    }, &server->blobs);
}

static struct err open_lambda(struct ctx *ctx, struct server *server)
{
    const struct settings *settings = &server->settings;
    return lambda_open(ctx, &(struct lambda_options){
        .store = server->store,
        .writer = server->writer,
        .vault = server->vault,
        .data = server->folder.path,
        .network = settings->lambda_network,
        .environments = settings->lambda_environments,
        .idle_ms = settings->lambda_idle_ms,
        .retry_pause_ms = settings->lambda_retry_ms,
        .body_max = (size_t)settings->body_limit,
        .log = function_logs_take,
        .self = server->function_logs,
    }, &server->lambda);
}

/* What log groups do of themselves. */
static struct err open_logs(struct ctx *ctx, struct server *server)
{
    const struct log_feeds_options options = { server->store, server->writer, front_inside(server->front) };
    TRY(log_feeds_open(ctx, &options, &server->log_feeds));
    TRY(log_exports_open(ctx, &options, &server->log_exports));
    return log_tails_open(ctx, server->store, options.inside, &server->log_tails);
}

static void start_logs(struct server *server)
{
    function_logs_start(server->function_logs, front_inside(server->front));
    log_feeds_start(server->log_feeds);
    log_exports_start(server->log_exports);
    log_tails_start(server->log_tails);
}

static struct err open_front(struct ctx *ctx, struct server *server)
{
    const struct settings *settings = &server->settings;
    server->front = front_open(&(struct front_options){
        .store = server->store,
        .writer = server->writer,
        .vault = server->vault,
        .home_account = settings->account_id,
        .region = settings->region,
        .push = settings->push ? &server->push : NULL,
        .check_answers = settings->check_answers,
        .journal = server->journal,
        .blobs = blobs_store(server->blobs),
        .lambda = server->lambda,
        .body_max = (size_t)settings->body_limit,
    });
    const struct net_options options = {
        .listen = settings->listen,
        .threads = (unsigned)settings->threads,
        .spool = blob_spool(blobs_store(server->blobs)).ptr,
        .body_max = (size_t)settings->body_limit,
        .cert_file = settings->tls_cert.ptr,
        .key_file = settings->tls_key.ptr,
        .context = server->front,
        .handle = front_handle,
        .refuse = front_refuse,
        .admit = front_admit,
        .rest = front_rest,
    };
    TRY(net_server_start(ctx, &options, &server->net));
    struct str ignored = STR_NONE;
    const size_t colon = str_find_last(settings->listen, ':');
    const struct str host = colon == STR_MISSING ? str_cut(settings->listen, ':', &ignored)
                                                 : str_slice(settings->listen, 0, colon);
    server->endpoint = str_format(ctx->arena, "%s://%" STR_FMT ":%u", settings->tls_cert.ptr ? "https" : "http",
                                  STR_ARG(host), (unsigned)net_server_port(server->net));
    TRY(lambda_start(ctx, server->lambda, server->front, server->endpoint));
    return data_write(ctx, data_file(ctx->arena, server->folder.path, "endpoint"),
                      str_format(ctx->arena, "%" STR_FMT "\n", STR_ARG(server->endpoint)), 0600);
}

static void show_banner(const struct server *server)
{
    const struct settings *settings = &server->settings;
    printf("Yagura " YAGURA_VERSION " answers at %" STR_FMT "\n"
           "  data %" STR_FMT ", account %" STR_FMT ", region %" STR_FMT "\n",
           STR_ARG(server->endpoint), STR_ARG(settings->data), STR_ARG(settings->account_id),
           STR_ARG(settings->region));
    for (size_t i = 0; i < settings->watch.count; i++) {
        printf("  follows %" STR_FMT "\n", STR_ARG(settings->watch.items[i]));
    }
    for (size_t i = 0; i < settings->source.count; i++) {
        printf("  reads %" STR_FMT "\n", STR_ARG(settings->source.items[i]));
    }
    fflush(stdout);
}

static void show_how(const struct server *server)
{
    printf("\nTalk to it from another shell:\n"
           "  eval \"$(%s env --data %" STR_FMT ")\"\n"
           "  aws sts get-caller-identity\n"
           "  aws guardduty create-detector --enable     (it adopts the findings above of its region)\n"
           "  IAM and STS log their calls in us-east-1: add --region us-east-1 for those findings.\n"
           "Stop it with Ctrl-C.\n", program_invocation_name, STR_ARG(server->settings.data));
    fflush(stdout);
}

static struct err print_newest(struct ctx *ctx, const struct server *server, size_t limit)
{
    struct store_conn *db = NULL;
    size_t shown = 0;
    TRY(store_connect(ctx, server->store, &db));
    putchar('\n');
    const struct err err = findings_table_print(ctx, db, server->settings.account_id, STR_NONE, STR("table"), limit,
                                                stdout, &shown);
    if (!err.fault && shown == 0) {
        puts("(no findings yet)");
    }
    store_disconnect(db);
    fflush(stdout);
    return err;
}

/* On the watching thread. The first look shows what there is, later ones what is new. */
static void looked(void *self, size_t findings)
{
    struct server *server = self;
    const bool first = !server->looked;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    const size_t limit = findings < FIRST_FINDINGS && !first ? findings : FIRST_FINDINGS;
    if (print_newest(&ctx, server, limit).fault) {
        log_warn(&ctx, "cannot show findings", LOG_STR("reason", str_of(ctx.reason)));
    }
    if (first) {
        show_how(server);
        server->looked = true;
    }
}

static struct err make_watch(struct ctx *ctx, struct server *server, struct watch **out)
{
    struct known known = { 0 };
    TRY(lists_known(ctx, &server->settings, server->store, &known));
    const struct err err = watch_open(ctx, &(struct watch_options){
        .paths = &server->settings.watch,
        .rules = &server->settings.rules,
        .mapping = server->settings.mapping,
        .known = known,
        .store = server->store,
        .writer = server->writer,
        .home_account = server->settings.account_id,
        .home_region = server->settings.region,
        .data = server->settings.data,
        .interval_ms = server->settings.watch_interval_ms,
        .looked = looked,
        .self = server,
    }, out);
    if (err.fault) {
        known_close(&known);
    }
    return err;
}

static struct err open_watch(struct ctx *ctx, struct server *server)
{
    const struct settings *settings = &server->settings;
    if (settings->watch.count == 0 && settings->source.count == 0 && !settings->push) {
        return ERR_OK;
    }
    TRY(make_watch(ctx, server, &server->watch));
    return sources_open(ctx, &(struct sources_options){
        .uris = &settings->source,
        .watch = server->watch,
        .store = server->store,
        .writer = server->writer,
        .spool = server->folder.path,
        .region = settings->region,
    }, &server->sources);
}

static struct err open_push(struct ctx *ctx, struct server *server)
{
    struct store_conn *db = NULL;
    if (!server->settings.push) {
        return ERR_OK;
    }
    TRY(store_connect(ctx, server->store, &db));
    const struct err err = store_source_open(ctx, db, STR("push"), &server->push.source);
    store_disconnect(db);
    server->push.watch = server->watch;
    return err;
}

static struct err chores_due(void *self, struct ctx *ctx, struct store_conn *db, bool *out)
{
    struct server *server = self;
    TRY(audit_data_look(ctx, db));
    TRY(accounts_due(ctx, db, out));
    TRY(*out ? ERR_OK : guardduty_chores_due(ctx, db, &server->chores, out));
    return *out ? ERR_OK : kms_chores_due(ctx, db, out);
}

static struct err chores_do(void *self, struct ctx *ctx, struct store_conn *db, const struct journal_entry **entries)
{
    struct server *server = self;
    struct service_event *told = NULL;
    TRY(accounts_do(ctx, db));
    TRY(guardduty_chores_do(ctx, db, &server->chores));
    TRY(kms_chores_do(ctx, db, server->vault, &told));
    *entries = audit_service_events(ctx->arena, told);
    return ERR_OK;
}

static struct err open_notifier(struct ctx *ctx, struct server *server)
{
    if (server->settings.notify.count == 0) {
        return ERR_OK;
    }
    TRY(notifier_open(ctx, &server->settings.notify, &server->notifier));
    notifier_channels(server->notifier, server->channels + server->channel_count);
    server->channel_count += NOTIFY_CHANNELS;
    guardduty_set_publish(true);
    return ERR_OK;
}

static struct err open_deliverer(struct ctx *ctx, struct server *server)
{
    server->export = export_open();
    server->s3_chores = s3_chores_open(&(struct s3_chores_options){ server->store, server->writer, server->vault, server->settings.account_id,
                                                                     server->settings.trail_delivery_ms });
    server->channels[server->channel_count++] = s3_chores_channel(server->s3_chores);
    server->channels[server->channel_count++] = export_channel(server->export);
    TRY(open_notifier(ctx, server));
    TRY(deliverer_open(ctx, &(struct deliverer_options){
        .store = server->store,
        .writer = server->writer,
        .channels = server->channels,
        .channel_count = server->channel_count,
        .interval_ms = DELIVERER_INTERVAL_MS,
        .due = chores_due,
        .work = chores_do,
        .self = server,
    }, &server->deliverer));
    if (server->notifier) {
        notifier_set_stopped(server->notifier, deliverer_stopping, server->deliverer);
    }
    return ERR_OK;
}

/* On the stream's thread, once a detector wants to see this server's own calls. */
static struct err open_late(void *self, struct ctx *ctx, struct watch **out)
{
    struct server *server = self;
    TRY(make_watch(ctx, server, out));
    lists_use_watch(server->lists, *out);
    return ERR_OK;
}

static struct err open_stream(struct ctx *ctx, struct server *server)
{
    return audit_stream_open(ctx, &(struct audit_stream_options){
        .journal = server->journal,
        .store = server->store,
        .writer = server->writer,
        .watch = server->watch,
        .open = open_late,
        .self = server,
    }, &server->stream);
}

static struct err open_trails(struct ctx *ctx, struct server *server)
{
    return trail_delivery_open(ctx, &(struct trail_delivery_options){
        .journal = server->journal,
        .stream = server->stream,
        .store = server->store,
        .writer = server->writer,
        .vault = server->vault,
        .home_account = server->settings.account_id,
        .interval_ms = server->settings.trail_delivery_ms,
        .digest_ms = server->settings.trail_digest_ms,
        .insight_ms = server->settings.trail_insight_ms,
    }, &server->trails);
}

static void start_watch(struct server *server)
{
    server->looked = server->watch == NULL;
    audit_stream_start(server->stream);
    trail_delivery_start(server->trails, front_inside(server->front));
    if (server->watch == NULL) {
        show_how(server);
        return;
    }
    watch_start(server->watch);
    sources_start(server->sources);
}

static void set_clusters(struct ctx *ctx, struct server *server)
{
    const struct path_list *given = &server->settings.hsm;
    struct kms_cluster *clusters = ARENA_ARRAY(ctx->arena, struct kms_cluster, given->count + 1);
    for (size_t i = 0; i < given->count; i++) {
        clusters[i].id = str_cut(given->items[i], '=', &clusters[i].uri);
    }
    kms_set_clusters(clusters, given->count);
}

static struct err open_all(struct ctx *ctx, struct server *server)
{
    TRY(data_open(ctx, server->settings.data, &server->folder));
    set_clusters(ctx, server);
    TRY(root_key_open(ctx, server->settings.data, server->settings.root_key, &server->vault));
    TRY(open_store(ctx, server));
    TRY(open_watch(ctx, server));
    lists_open(&(struct lists_options){ &server->settings, server->store, server->writer, server->watch }, &server->lists);
    TRY(open_push(ctx, server));
    TRY(open_stream(ctx, server));
    TRY(open_trails(ctx, server));
    TRY(open_deliverer(ctx, server));
    TRY(oidc_keys_open(ctx, &server->settings.jwks, &server->oidc_keys));
    sts_keys_from(oidc_keys_source(server->oidc_keys));
    server->function_logs = function_logs_open();
    TRY(open_lambda(ctx, server));
    TRY(open_front(ctx, server));
    TRY(rotator_open(ctx, &(struct rotator_options){ server->store, server->writer, front_inside(server->front) }, &server->rotator));
    TRY(open_logs(ctx, server));
    TRY(alarms_open(ctx, &(struct alarms_options){ server->store, server->writer, front_inside(server->front) }, &server->alarms));
    show_banner(server);
    TRY(s3_chores_start(ctx, server->s3_chores, front_inside(server->front)));
    deliverer_start(server->deliverer);
    rotator_start(server->rotator);
    start_logs(server);
    alarms_start(server->alarms);
    start_watch(server);
    return ERR_OK;
}

static void close_all(struct server *server)
{
    lists_stop(server->lists);
    trail_delivery_close(server->trails);
    audit_stream_stop(server->stream);
    watch_stop(server->watch);
    sources_close(server->sources);
    rotator_stop(server->rotator);
    s3_chores_stop(server->s3_chores);
    log_feeds_close(server->log_feeds);
    log_exports_close(server->log_exports);
    alarms_stop(server->alarms);
    lambda_stop(server->lambda, server->settings.grace_ms);
    alarms_close(server->alarms);
    rotator_close(server->rotator);
    /* The writer last: it answers the writes that are under way. */
    if (server->net) {
        net_server_stop(server->net, server->settings.grace_ms);
    }
    log_tails_close(server->log_tails);
    export_stop(server->export);
    deliverer_close(server->deliverer);
    notifier_close(server->notifier);
    export_close(server->export);
    audit_stream_close(server->stream);
    watch_close(server->watch);
    lambda_close(server->lambda);
    function_logs_close(server->function_logs);
    blobs_stop(server->blobs);
    store_writer_close(server->writer);
    journal_close(server->journal);
    lists_close(server->lists);
    front_close(server->front);
    s3_chores_close(server->s3_chores); /* every call that is done tells it: the last one was */
    oidc_keys_close(server->oidc_keys);
    kms_close();
    blobs_close(server->blobs);
    store_close(server->store);
    vault_close(server->vault);
    data_close(&server->folder);
}

static void reload(struct server *server)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    if (server->watch && watch_reload(&ctx, server->watch).fault) {
        log_error(&ctx, "rules were not loaded; the old ones stay", LOG_STR("reason", str_of(ctx.reason)));
    } else {
        log_info(&ctx, "rules loaded anew");
    }
}

static void wait_for_stop(struct server *server, const sigset_t *signals)
{
    const struct timespec pause = { .tv_sec = 1 };
    const bool looks = server->watch && server->settings.rules.count > 0;
    for (;;) {
        const int number = looks ? sigtimedwait(signals, NULL, &pause) : sigwaitinfo(signals, NULL);
        if (number == SIGINT || number == SIGTERM) {
            return;
        }
        if (number == SIGHUP || (looks && watch_rules_changed(server->watch))) {
            reload(server);
        }
    }
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct server server = { .folder.lock = -1 };
    int status = 0;
    secret_process();
    if (!settings_begin(&ctx, command, argc, argv, &server.settings, &status)) {
        return status;
    }
    clock_set_offset(server.settings.clock_ms);
    ctx.now_ms = clock_now_ms();
    umask(077); /* whatever it makes is for the owner alone */
    /* Before any thread starts, so that all of them leave these signals to sigwait. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (open_all(&ctx, &server).fault) {
        status = command_failed(command, &ctx);
    } else {
        wait_for_stop(&server, &signals);
    }
    close_all(&server);
    return status;
}

const struct command COMMAND_SERVE = {
    .name = "serve",
    .summary = "run the services behind one endpoint",
    .usage = "yagura serve [options]",
    .examples = "  yagura serve\n  yagura serve --watch /var/log/cloudtrail --data /var/lib/yagura\n"
                "  yagura serve --source 's3://trail-bucket/AWSLogs/?region=eu-west-1'\n"
                "  yagura serve --source s3://trail-bucket/ --notify @slack-url --notify 'smtps://mail.example.org/?from=a@example.org&to=b@example.org#min=high'\n"
                "  yagura serve --store postgresql://yagura@db/yagura --listen 0.0.0.0:443 --tls-cert c.pem --tls-key k.pem\n",
    .groups = SETTINGS_DATA | SETTINGS_SERVE,
    .run = run,
};
