/* import.h - what imported material needs beside its operations. */
#ifndef YAGURA_SVC_KMS_IMPORT_H
#define YAGURA_SVC_KMS_IMPORT_H

#include "svc/kms/rows.h"

/* Opens what was wrapped under the wrapping key; algorithm is the model's WrappingAlgorithm. */
bool import_unwrap(struct arena *arena, const struct pkey *wrapping, struct str algorithm, struct str wrapped, struct str *plain);

/* The material goes (deleted or expired); the key waits for it from then on. */
struct err import_drop(struct request *rq, struct key *key, struct material_row *row);

#endif
