/* function.h - what operations about functions share. */
#ifndef YAGURA_SVC_LAMBDA_FUNCTION_H
#define YAGURA_SVC_LAMBDA_FUNCTION_H

#include "svc/lambda/name.h"

/* What CreateFunction and UpdateFunctionConfiguration may set; absent members leave what is there. */
struct function_settings {
    struct str role, handler, runtime, description, kms_key_arn;
    struct opt_int timeout, memory_size;
    const struct lambda_environment *environment;
    const struct lambda_tracing_config *tracing_config;
    const struct lambda_ephemeral_storage *ephemeral_storage;
    const struct lambda_snap_start *snap_start;
    const struct lambda_logging_config *logging_config;
    const struct lambda_dead_letter_config *dead_letter_config;
    const struct lambda_vpc_config *vpc_config;
    struct lambda_layer_list layers;
};
struct err function_apply(struct request *rq, const struct function_name *name, const struct function_settings *settings,
                          struct function_row *row);
/* Now, as LastModified has it. */
struct str function_modified(struct ctx *ctx);
/* A new revision, now. */
void function_touch(struct request *rq, struct function_row *row);
/* A version is made of this: code and settings. */
struct str function_basis(struct ctx *ctx, const struct function_row *row);
/* The row as answers show it: environment opened, the ARN with its qualifier where one was asked for. out is the output
 * struct of any operation that answers with a FunctionConfiguration. */
struct err function_answer(struct request *rq, const struct function_name *name, const struct function_row *row, void *out);
/* As the answer that makes a version shows it. */
void function_show_creation(struct request *rq, struct lambda_function_configuration *shown);
/* Of an InvalidParameterValueException: AWS leaves Type out of a few. */
void function_untyped(struct request *rq);
/* Less of it, as lists show it. */
void function_listed(struct lambda_function_configuration *shown);
/* $LATEST as a version of its own, or the newest version where nothing has changed since. */
struct err function_publish(struct request *rq, const struct function_name *name, const struct function_row *latest,
                            struct str description, struct function_row *out);

/* code.c: keeps an archive; InvalidParameterValueException when nobody could unpack it. */
enum { CODE_UNZIPPED_MAX = 262144000 };
struct code {
    struct str archive;
    struct str digest; /* hex */
    struct str sha256; /* base64 */
    int64_t size;
};
struct code_source {
    struct str zip_file, s3_bucket, s3_key, s3_version, image_uri;
};
struct err code_check(struct request *rq, struct str archive, struct code *out);
struct err code_take(struct request *rq, struct lambda_rows rows, const struct code_source *source, struct code *out);

/* code_fetch.c: code that is an object of S3 is fetched and checked before the transaction (struct before), as the caller. */
bool code_is_object(const struct code_source *source);
struct err code_before(struct request *rq, const void *in);
struct err code_fetched(struct request *rq, struct code *out); /* within it: what came of that */

/* A link under which an archive can be fetched for ten minutes. */
struct str code_link(struct request *rq, struct str account, struct str digest);

/* environment.c */
struct err environment_seal(struct request *rq, const struct function_name *name, struct str kms_key_arn,
                            const struct lambda_environment_variables *variables, struct str *out);
struct err environment_open(struct request *rq, const struct function_name *name, struct str kms_key_arn, struct str sealed,
                            const struct lambda_environment_response **out);

/* layer.c: the list as a function's configuration shows it, and digests of archives. */
struct err layer_resolve(struct request *rq, const struct lambda_layer_list *asked, struct lambda_layers_reference_list *out);
struct err layer_digest(struct ctx *ctx, struct store_conn *db, struct str arn, struct str *account, struct str *digest);

/* invoke.c: lambda_settle, without the lot of weighted aliases. account.c: what no function has reserved for itself. */
struct err lambda_settle_first(struct ctx *ctx, struct store_conn *db, const struct function_name *name, struct lambda_call *out);
struct err account_unreserved(struct request *rq, int64_t *out);

/* tag.c */
struct err function_tags_put(struct request *rq, struct lambda_rows rows, struct str name, const struct lambda_tags *tags);
struct err function_tags_get(struct lambda_rows rows, struct str name, struct lambda_tags *out);

extern const struct fault LAMBDA_ACCESS_DENIED; /* 403 AccessDeniedException */
extern _Atomic(const struct lambda_runner *) lambda_runner; /* NULL: none */

struct str function_endpoint(void); /* where this server is reached; empty: it serves no functions */

/* Pages of ListX: how many, and where the last page ended (sealed). */
size_t function_page_size(struct opt_int asked);
struct str function_page_token(struct request *rq, struct str last);
struct err function_page_start(struct request *rq, struct str token, struct str *after);

#endif
