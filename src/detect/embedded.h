/* embedded.h - the content of rules/ as it was when the program was built (made by tools/embed_rules.py). */
#ifndef YAGURA_DETECT_EMBEDDED_H
#define YAGURA_DETECT_EMBEDDED_H

#include "detect/catalogue.h"

struct embedded_rule {
    struct str file;
    struct str text;
    struct str brief; /* without the tests */
};
extern const struct embedded_rule EMBEDDED_RULES[];
extern const size_t EMBEDDED_RULES_COUNT;
struct embedded_model {
    struct str name;
    struct str text;
};
extern const struct embedded_model EMBEDDED_MODELS[]; /* by name, ends with an absent one */
struct embedded_pair {
    struct str name;
    struct str value;
};
extern const struct embedded_pair ASFF_TYPES[]; /* by finding type; several are joined by ; */
extern const size_t ASFF_TYPES_COUNT;
extern const struct embedded_pair AUDIT_CHECKS[]; /* of yagura audit: id and JSON, by id */
extern const size_t AUDIT_CHECKS_COUNT;
extern const struct catalogue_entry CATALOGUE[]; /* sorted by type */
extern const size_t CATALOGUE_COUNT;

#endif
