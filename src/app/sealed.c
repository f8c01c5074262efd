/* sealed.c - every column of the store that is sealed under the root key. A test holds it against the schema. */
#include "app/root_key.h"

const struct sealed_column SEALED_COLUMNS[] = {
    { "iam_access_key", "secret", "account, id", "iam:access-key:{id}" },
    { "iam_item", "secret", "account, kind, key", "iam:{kind}:{key}" },
    { "cloudtrail_key", "sealed", "account, region, fingerprint", "cloudtrail:key:{region}:{fingerprint}" },
    { "kms_material", "sealed", "account, region, key_id, id", "kms:material:{account}:{key_id}:{id}" },
    { "lambda_function", "environment", "account, region, name, number#", "lambda:environment:{account}:{region}:{name}" },
    { "sts_token_key", "secret", "account, algorithm, id", "sts:token-key:{account}:{id}" },
    { "s3_key", "sealed", "bucket, id", "s3:key:{bucket}:{id}" },
    { "kms_store", "password", "account, region, id", "kms:store:{account}:{id}" },
};
const size_t SEALED_COLUMN_COUNT = COUNT_OF(SEALED_COLUMNS);
