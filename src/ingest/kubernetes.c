/* kubernetes.c - audit events of Kubernetes and EKS.
 * spec: Kubernetes audit.k8s.io/v1 Event; v1beta1 and v1alpha1 name the time `timestamp`. */
#include "ingest/format.h"

static void finish(struct event *ev)
{
    const struct str code = ev->fields[FIELD_STATUS];
    const bool failed = code.len == 3 && (code.ptr[0] == '4' || code.ptr[0] == '5');
    ev->fields[FIELD_ERROR] = failed && ev->fields[FIELD_ERROR].len == 0 ? code : ev->fields[FIELD_ERROR];
    ev->fields[FIELD_OUTCOME] = failed ? STR("Failure") : STR("Success");
}

const struct json_format FORMAT_KUBERNETES = {
    .source = SOURCE_KUBERNETES,
    .marks = { "kind", "user" },
    .times = { "requestReceivedTimestamp", "stageTimestamp", "timestamp", "metadata.creationTimestamp" },
    .paths = {
        { FIELD_ACTION, "verb" },
        { FIELD_EVENT_ID, "auditID" },
        { FIELD_EVENT_TYPE, "stage" },
        { FIELD_CATEGORY, "level" },
        { FIELD_USER_NAME, "user.username" },
        { FIELD_PRINCIPAL, "user.extra.arn[]" },
        { FIELD_PRINCIPAL, "user.username" },
        { FIELD_PRINCIPAL_ID, "user.uid" },
        { FIELD_ISSUER_ARN, "user.extra.canonicalArn[]" },
        { FIELD_ACCESS_KEY, "user.extra.accessKeyId[]" },
        { FIELD_GROUPS, "user.groups" },
        { FIELD_IMPERSONATED, "impersonatedUser.username" },
        { FIELD_IP, "sourceIPs[]" },
        { FIELD_AGENT, "userAgent" },
        { FIELD_URI, "requestURI" },
        { FIELD_RESOURCE, "objectRef.resource" },
        { FIELD_SUBRESOURCE, "objectRef.subresource" },
        { FIELD_NAMESPACE, "objectRef.namespace" },
        { FIELD_NAME, "objectRef.name" },
        { FIELD_STATUS, "responseStatus.code" },
        { FIELD_ERROR, "responseStatus.reason" },
        { FIELD_MESSAGE, "responseStatus.message" },
        { FIELD_VERDICT, "annotations.authorization\\.k8s\\.io/decision" },
        { FIELD_REQUEST, "requestObject" },
        { FIELD_RESPONSE, "responseObject" },
    },
    .finish = finish,
};
