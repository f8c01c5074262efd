/* falco.c - alerts of Falco with json_output.
 * spec: Falco documentation, JSON output. */
#include "ingest/format.h"

/* What Falco doesn't know, older versions write as <NA>. */
static void finish(struct event *ev)
{
    static const enum field unknown[] = { FIELD_NAMESPACE, FIELD_NAME, FIELD_RESOURCE, FIELD_CONTAINER, FIELD_USER_NAME, FIELD_PROCESS, FIELD_KEY };
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        if (str_equal(ev->fields[unknown[i]], STR("<NA>"))) {
            ev->fields[unknown[i]] = STR_NONE;
        }
    }
}

const struct json_format FORMAT_FALCO = {
    .source = SOURCE_FALCO,
    .marks = { "output_fields", "rule" },
    .times = { "time" },
    .paths = {
        { FIELD_ACTION, "rule" },
        { FIELD_RULE, "rule" },
        { FIELD_SEVERITY, "priority" },
        { FIELD_MESSAGE, "output" },
        { FIELD_SERVICE, "source" },
        { FIELD_HOST, "hostname" },
        { FIELD_EVENT_ID, "uuid" },
        { FIELD_USER_NAME, "output_fields.user\\.name" },
        { FIELD_PROCESS, "output_fields.proc\\.exepath" },
        { FIELD_PROCESS, "output_fields.proc\\.name" },
        { FIELD_PROCESS, "output_fields.proc\\.cmdline" },
        { FIELD_COMMAND, "output_fields.proc\\.cmdline" },
        { FIELD_CONTAINER, "output_fields.container\\.id" },
        { FIELD_IP, "output_fields.fd\\.rip" },
        { FIELD_IP, "output_fields.fd\\.sip" },
        { FIELD_PORT, "output_fields.fd\\.rport" },
        { FIELD_PORT, "output_fields.fd\\.sport" },
        { FIELD_METHOD, "output_fields.evt\\.type" },
        { FIELD_QUERY, "output_fields.fd\\.rip\\.name" },
        { FIELD_QUERY, "output_fields.fd\\.sip\\.name" },
        { FIELD_NAMESPACE, "output_fields.k8s\\.ns\\.name" },
        { FIELD_NAME, "output_fields.k8s\\.pod\\.name" },
        { FIELD_NAME, "output_fields.container\\.name" },
        { FIELD_RESOURCE, "output_fields.container\\.image\\.repository" },
        { FIELD_KEY, "output_fields.fd\\.name" },
        { FIELD_ADDITIONAL, "output_fields" },
    },
    .finish = finish,
};
