/* function_logs.h - what functions say, on its way to their log groups (/aws/lambda/NAME).
 *
 * Lines gather per stream for a moment and go as one PutLogEvents each, with the rights of the function's role, as in AWS: it
 * needs logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents. What can't be put there goes to the server's own log,
 * so that no line is without a place. No call waits for any of it. */
#ifndef YAGURA_APP_FUNCTION_LOGS_H
#define YAGURA_APP_FUNCTION_LOGS_H

#include "app/inside.h"
#include "app/lambda.h"

struct function_logs;

struct function_logs *function_logs_open(void);
void function_logs_start(struct function_logs *logs, struct inside *inside);
/* For struct lambda_options. */
void function_logs_take(void *logs, const struct lambda_line *line);
void function_logs_close(struct function_logs *logs); /* sends what waits; NULL is allowed */

#endif
