/* lists.h - brings the lists of the GuardDuty API to the state that calls asked for: reads them from S3 or from files, says how it
 * went, and hands all lists there are (imported ones too, when their folder changed) to the watch, which goes on judging.
 *
 * S3 is read with the keys of the environment, at AWS or at AWS_ENDPOINT_URL_S3. Files are read below --list-folder alone. */
#ifndef YAGURA_APP_LISTS_H
#define YAGURA_APP_LISTS_H

#include "app/watch.h"
#include "svc/guardduty/guardduty.h"

struct lists_options {
    const struct settings *settings;
    struct store *store;
    struct store_writer *writer;
    struct watch *watch; /* NULL: nothing is judged */
};

struct lists;
/* What the operator named, and the active lists of accounts. */
MUST_USE struct err lists_known(struct ctx *ctx, const struct settings *settings, struct store *store, struct known *out);
void lists_open(const struct lists_options *options, struct lists **out); /* starts its thread */
void lists_use_watch(struct lists *lists, struct watch *watch); /* one that was opened later */
void lists_stop(struct lists *lists);  /* before the writer and the watch are closed; NULL is allowed */
void lists_close(struct lists *lists); /* after the writer */

/* lists_fetch.c: a list as it lies there. The reason says why not, for the caller of the API. */
struct source;
struct source *lists_fetcher_open(void);
void lists_fetcher_stop(struct source *source); /* what is under way fails soon */
void lists_fetcher_close(struct source *source);
MUST_USE struct err lists_fetch(struct ctx *ctx, struct source *source, const struct settings *settings, const struct guardduty_list *list,
                                struct str *content);

#endif
