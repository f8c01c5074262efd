/* ssh_public_key.h - RSA public keys as SSH writes them: "ssh-rsa BASE64 comment". spec: RFC 4253, 6.6; RFC 4251, 5. */
#ifndef YAGURA_SVC_IAM_SSH_PUBLIC_KEY_H
#define YAGURA_SVC_IAM_SSH_PUBLIC_KEY_H

#include "base/str.h"

struct ssh_public_key {
    struct str modulus, exponent; /* big-endian, without leading zeros */
};

enum ssh_public_key_fault { SSH_KEY_GOOD, SSH_KEY_NO_SUCH_ENCODING, SSH_KEY_INVALID };

/* In SSH's form or as PEM ("BEGIN PUBLIC KEY"); 2048 bits at least. */
enum ssh_public_key_fault ssh_public_key_read(struct arena *arena, struct str text, struct ssh_public_key *out);
struct str ssh_public_key_line(struct arena *arena, const struct ssh_public_key *key); /* without a comment */
struct str ssh_public_key_fingerprint(struct arena *arena, const struct ssh_public_key *key); /* MD5, "aa:bb:..." */

#endif
