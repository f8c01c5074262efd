/* log_tails.h - sessions of live tail (svc/logs/tail.h): one thread reads what is new for all, once a second; the network takes it
 * from each session's buffer. At most 15 sessions of an account, each for three hours. Who reads too slowly misses events, and is
 * told so. */
#ifndef YAGURA_APP_LOG_TAILS_H
#define YAGURA_APP_LOG_TAILS_H

#include "app/inside.h"

struct log_tails;

struct err log_tails_open(struct ctx *ctx, struct store *store, struct inside *inside, struct log_tails **out);
void log_tails_start(struct log_tails *tails); /* StartLiveTail works from here on */
void log_tails_close(struct log_tails *tails); /* once the network is gone; NULL is allowed */

#endif
