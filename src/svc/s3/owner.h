/* owner.h - canonical user ids: an account as S3's ACLs and listings name it, 64 hexadecimal digits. The account can be told
 * from its id again. */
#ifndef YAGURA_SVC_S3_OWNER_H
#define YAGURA_SVC_S3_OWNER_H

#include "s3_model.h"

struct str owner_id(struct arena *arena, struct str account);
struct str owner_account(struct arena *arena, struct str id); /* absent: not an id of ours */
const struct s3_owner *owner_of_account(struct arena *arena, struct str account);

#endif
