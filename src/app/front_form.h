/* front_form.h - a browser's upload: multipart/form-data posted to a bucket becomes a PutObject, signed by its policy.
 *
 * spec: S3 API reference, "POST Object" and "Browser-Based Uploads Using POST (AWS Signature Version 4)". */
#ifndef YAGURA_APP_FRONT_FORM_H
#define YAGURA_APP_FRONT_FORM_H

#include "app/front_parts.h"

bool front_form_is(const struct call *call);
/* Instead of recognising it by its head: who signed the policy, whether the form keeps to it, and the call as PutObject. */
struct err front_form_take(struct call *call, struct worker *worker);
/* What a form asked to be answered: a status, a page to go to. Of a call that was done. */
void front_form_answer(struct call *call);

#endif
