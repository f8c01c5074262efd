/* lambda.h - functions: what is stored of them, who may call them, and what a runner needs to run them.
 *
 * The service keeps functions and judges calls; it never runs anything. app/lambda.h gives it a runner. */
#ifndef YAGURA_SVC_LAMBDA_LAMBDA_H
#define YAGURA_SVC_LAMBDA_LAMBDA_H

#include "lambda_model.h"
#include "svc/request.h"

extern const struct service LAMBDA;

/* One invocation, settled: which version, and its limits. Text lives as long as the request. */
struct lambda_call {
    struct str account, region, name;
    int64_t number;          /* version; 0: $LATEST */
    struct str arn;          /* as it was invoked, qualifier included */
    struct str revision;     /* of the version: another one is other code */
    int64_t timeout_ms;
    int64_t memory;          /* megabytes */
    int64_t reserved;        /* concurrent executions kept for the function; -1: none */
    struct str request_id;
    struct str payload, client_context;
    bool tail;               /* the end of the log is wanted */
    struct lambda_stream *stream; /* the runner's own; NULL: the answer is wanted whole */
};

struct lambda_outcome {
    struct str payload;
    struct str error;        /* "Handled", "Unhandled"; absent: none */
    struct str tail;         /* of the log, at most 4 KiB */
    double duration_ms;      /* as its REPORT says */
};

struct lambda_runner {
    /* Runs and waits. Faults: LAMBDA_TOO_MANY_REQUESTS_EXCEPTION and the like; what the function did is no fault. */
    struct err (*invoke)(void *self, struct ctx *ctx, const struct lambda_call *call, struct lambda_outcome *out);
    /* Runs, and gives the answer as it comes: an event stream that ends with InvokeComplete. Faults: as above, when nothing came. */
    struct err (*stream)(void *self, struct ctx *ctx, const struct lambda_call *call, struct http_stream *out);
    /* Keeps it for later: durable when it returns. */
    struct err (*enqueue)(void *self, struct ctx *ctx, const struct lambda_call *call);
    /* What is provisioned has changed: lambda_provisions says how. */
    void (*provision)(void *self);
    /* How many environments of that version stand ready because they are provisioned; failed: one could not start. */
    void (*provisioned)(void *self, struct ctx *ctx, const struct lambda_call *call, int64_t *ready, bool *failed);
    int64_t environments;    /* at most, of all functions */
    struct str endpoint;     /* "http://127.0.0.1:4700": where function URLs and code are served */
    /* Whether a runtime can be run here; the reason, naming what to install. */
    struct err (*check_runtime)(void *self, struct ctx *ctx, struct str runtime);
    void *self;
};
/* What a request to a function URL is judged as; guard.c takes its kind, NONE or AWS_IAM, from Invoke's InvocationType. */
#define LAMBDA_URL_ACTION "lambda:InvokeFunctionUrl"

/* Before any request; NULL: functions are kept but can't be invoked. */
void lambda_set_runner(const struct lambda_runner *runner);

/* The call that an invocation of ARN_OR_NAME (with qualifier; absent: $LATEST) means. Weighted aliases are drawn here. */
struct err lambda_settle(struct ctx *ctx, struct store_conn *db, struct str account, struct str region, struct str function,
                         struct str qualifier, struct lambda_call *out);

/* What is provisioned, of all accounts; an alias means its own version, weights aside. */
struct lambda_provision {
    struct lambda_call call;
    int64_t wanted;
    struct str since; /* another text: asked for anew */
};
struct err lambda_provisions(struct ctx *ctx, struct store_conn *db, struct lambda_provision **out, size_t *count);

/* All that a new execution environment is made of. */
struct lambda_image {
    struct lambda_function_configuration config;
    struct str sealed;                            /* the environment where a KMS key seals it, see lambda_decrypt; else absent */
    struct lambda_environment_variables variables;
    struct str code;                              /* digest */
    struct str layers[5];                         /* digests, in order */
    struct str layer_accounts[5];
    size_t layer_count;
};
struct err lambda_load(struct ctx *ctx, struct store_conn *db, const struct vault *vault, const struct lambda_call *call,
                       struct lambda_image *out);
/* image->sealed, opened piece by piece with whatever rights `decrypt` calls KMS; then read. */
struct kms_decrypt_in;
struct kms_decrypt_out;
struct err lambda_decrypt(struct ctx *ctx, struct str arn, struct str ciphertexts,
                          struct err (*decrypt)(void *self, const struct kms_decrypt_in *in, const struct kms_decrypt_out **out), void *self,
                          struct str *out);
struct err lambda_variables(struct ctx *ctx, struct str plain, struct lambda_environment_variables *out);
/* The archive of a digest; absent when there is none. */
struct err lambda_archive(struct ctx *ctx, struct store_conn *db, struct str account, struct str digest, struct str *out);
/* The archive that a link of GetFunction's means; FAULT_MISSING with the reason. */
struct err lambda_link_open(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct str query, struct str *archive);

#endif
