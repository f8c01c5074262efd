/* model.h - a service model as constant tables: what tools/model.py generates and the codecs walk.
 *
 * A value of a shape is a C object of the size and layout below; every absent member is all zero bytes:
 *
 *   string, enum, blob, document   struct str (ptr NULL: absent). A document holds its JSON text.
 *   boolean                        struct opt_bool
 *   byte, short, integer           struct opt_int
 *   long                           struct opt_long
 *   float, double                  struct opt_double
 *   timestamp                      struct opt_time, Unix milliseconds
 *   list                           struct SVC_NAME { ELEM *items; size_t count; }  items NULL: absent; count 0 with
 *                                  items set: empty. ELEM is the bare value: struct str, bool, int32_t, int64_t, double,
 *                                  int64_t (timestamp), a structure by value, a list or map struct.
 *                                  In sparse lists a null element is an absent one (struct str only).
 *   map                            struct SVC_NAME { struct SVC_NAME_entry { struct str key; ELEM value; } *items;
 *                                  size_t count; }
 *   structure, union               inside another structure: pointer to const struct (NULL: absent)
 *
 * All of it lives in the arena of whoever decoded or filled it. C names are the model's in snake_case, prefixed with the
 * service's folder: shape Tag of guardduty is struct guardduty_tag; input and output of CreateDetector are
 * struct guardduty_create_detector_in and _out (also for operations without members). A member whose name is a C
 * keyword gets a trailing underscore. Faults: GUARDDUTY_BAD_REQUEST_EXCEPTION. Tables: GUARDDUTY_SHAPE_FINDING is the
 * struct shape of struct guardduty_finding; GUARDDUTY_MODEL is the service. */
#ifndef YAGURA_WIRE_MODEL_H
#define YAGURA_WIRE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct opt_bool { bool set; bool v; };
struct opt_int { bool set; int32_t v; };
struct opt_long { bool set; int64_t v; };
struct opt_double { bool set; double v; };
struct opt_time { bool set; int64_t v; };

#define SOME(value) { .set = true, .v = (value) } /* .enable = SOME(true) */

struct any_list { void *items; size_t count; };                /* any list or map, seen without its element type */

enum shape_kind {
    SHAPE_STRING, SHAPE_BLOB, SHAPE_DOCUMENT, SHAPE_BOOLEAN, SHAPE_INTEGER, SHAPE_LONG, SHAPE_DOUBLE, SHAPE_TIMESTAMP,
    SHAPE_LIST, SHAPE_MAP, SHAPE_STRUCTURE
};

enum member_location { IN_BODY, IN_HEADER, IN_HEADERS, IN_URI, IN_QUERY, IN_STATUS };
enum timestamp_format { TIME_DEFAULT, TIME_UNIX, TIME_ISO8601, TIME_RFC7231 };

struct shape;

struct member {
    const char *name;        /* the model's */
    const char *wire_name;   /* locationName, else name; of a list's element: locationName, else NULL */
    const char *query_name;  /* ec2 queryName, else NULL */
    const char *media_type;  /* of a blob or string payload; NULL: any */
    const char *xml_prefix;  /* xmlNamespace of the member, "prefix=uri", else NULL */
    const struct shape *shape;
    uint32_t offset;         /* within the C structure; of a map's value: within the entry */
    uint8_t location;        /* enum member_location */
    uint8_t time;            /* enum timestamp_format */
    bool required;
    bool flattened;
    bool xml_attribute;
    bool payload;            /* the structure's payload member */
    bool streaming;
    bool json_value;         /* header holding base64 of JSON */
    bool host_label;
    bool idempotency_token;
    bool event_payload;
};

struct shape {
    const char *name;
    enum shape_kind kind;
    uint32_t size;                 /* of the bare C value; of a structure, of the struct itself */
    uint32_t stride;               /* list and map: from one item to the next */
    const struct member *members;  /* structure: its members; list: [0] is the element; map: [0] key, [1] value */
    uint16_t member_count;
    uint16_t bits;                 /* integers: 8, 16, 32; doubles: 32 or 64 */
    bool has_min, has_max;
    bool is_union, sensitive, flattened, sparse, wrapper;
    double min, max;               /* of numbers; of lengths of strings (in code points), blobs, lists and maps */
    const char *pattern;           /* ECMA regular expression, not anchored unless it says so; NULL: any */
    const char *const *values;     /* of an enum, NULL-terminated; NULL: any */
    const char *too_long;          /* what AWS says of a longer one, instead of the usual sentence; NULL: that */
    const char *xml_namespace;     /* "uri" or "prefix=uri"; NULL: none */
    const char *xml_name;          /* root element when it differs from the name */
    uint8_t time;                  /* enum timestamp_format of the shape itself */
};

enum protocol {
    PROTOCOL_JSON, PROTOCOL_REST_JSON, PROTOCOL_QUERY, PROTOCOL_EC2, PROTOCOL_REST_XML, PROTOCOL_CBOR, PROTOCOL_COUNT
};

struct request; /* svc/request.h */

typedef struct err (*operation_handler)(struct request *rq, const void *in, void *out);

enum access { ACCESS_READ, ACCESS_WRITE };

/* What policies may ask about the input (rules/authorization): condition key "kms:KeySpec" from member "KeySpec". Key
 * "iam:PassRole": the member is a role that is handed to a service. tools/model/keys.py says what a path may be. */
struct operation_key {
    const char *key;
    const char *path;
    const char *passed_to; /* of iam:PassRole: "lambda.amazonaws.com"; else NULL */
};

struct operation {
    const char *name;
    const char *method;         /* HTTP */
    const char *uri;            /* requestUri, constant query included */
    uint16_t status;            /* of success */
    const struct shape *input;  /* a structure, possibly without members; never NULL */
    const struct shape *output;
    const char *output_wrapper; /* query: resultWrapper; NULL: none */
    const struct fault *const *faults; /* NULL-terminated, those the model lists */
    const char *host_prefix;    /* NULL: none */
    bool unsigned_ok;           /* authtype none */
    bool deprecated;            /* loses to one with the same method and path */
    /* From ops.tsv; handler NULL: not built, answers NotImplemented. */
    operation_handler handler;
    enum access access;
    const char *action;         /* IAM action, "guardduty:CreateDetector" */
    const char *resource;       /* template: "detector/{DetectorId}", "*"; svc/request.h says how it becomes an ARN */
    const char *audit;          /* "management", "data", "none" */
    const struct operation_key *keys; /* ends with a NULL key; NULL: none */
};

struct service_model {
    const char *name;           /* folder: "guardduty" */
    const char *service_id;     /* "GuardDuty" */
    const char *signing_name;
    const char *endpoint_prefix;
    const char *target_prefix;  /* json; NULL otherwise */
    const char *api_version;
    const char *xml_namespace;  /* NULL: none */
    const char *json_version;   /* "1.0", "1.1" */
    uint8_t protocols;          /* bit per enum protocol that the model lists */
    uint8_t protocol;           /* the one botocore prefers */
    bool query_compatible;
    const struct operation *operations; /* sorted by name */
    size_t operation_count;
    const struct fault *const *faults;  /* all of the service, NULL-terminated */
    const struct shape *const *fault_shapes; /* the shape behind each of them, NULL for one of our own making */
    const struct fault *validation;     /* what a broken constraint raises; named in ops.tsv */
};

#endif
