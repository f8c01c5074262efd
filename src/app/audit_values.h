/* audit_values.h - typed inputs and outputs as CloudTrail shows them. */
#ifndef YAGURA_APP_AUDIT_VALUES_H
#define YAGURA_APP_AUDIT_VALUES_H

#include "base/json.h"
#include "wire/model.h"

enum { AUDIT_VALUES_MAX = 100 << 10 }; /* of requestParameters, and of responseElements */

/* How a service's events spell names and hide what is sensitive. */
struct audit_style {
    bool wire_names;    /* S3: everything by its name on the wire, lists as XML has them */
    const char *hidden; /* shown in place of sensitive text; NULL: left out */
    struct str host;    /* of a request in wire names: the Host header; absent: none */
    const char *uri;    /* of a request in wire names: its constant query is shown as parameters; NULL: none */
};
struct audit_style audit_style(const struct service_model *service);

/* One JSON value: an object, or null when the structure is absent or shows nothing. */
void audit_write(struct json_writer *w, const struct audit_style *style, const struct shape *shape, const void *structure);

#endif
