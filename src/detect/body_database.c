/* body_database.c - who tried to log in to which database, from its connection log.
 * spec: GuardDuty API reference, RdsDbInstanceDetails, RdsDbUserDetails, RdsLoginAttemptAction (LoginAttributes with its capital);
 * RDS user guide, log groups /aws/rds/instance/NAME/LOG and /aws/rds/cluster/NAME/LOG. */
#include "detect/body_parts.h"

static struct str engine_of(const struct event *ev) { return ev->source == SOURCE_MYSQL ? STR("MySQL") : STR("PostgreSQL"); }

/* A log read from a file says nothing about whose it is: the database's own name then stands for it. */
static void name(const struct event *ev, const struct detection *detection, struct verdict *verdict)
{
    (void)detection;
    body_default(&verdict->resource, body_of_log_group(ev, STR("/aws/rds/instance/")));
    body_default(&verdict->resource, body_of_log_group(ev, STR("/aws/rds/cluster/")));
    body_default(&verdict->resource, event_get(ev, FIELD_DATABASE));
    body_default(&verdict->resource, engine_of(ev));
    body_default(&verdict->resource_type, STR("RDSDBInstance"));
}

static struct str resource_of(const struct event *ev, const struct finding *finding)
{
    const struct str instance = body_of_log_group(ev, STR("/aws/rds/instance/"));
    const struct str arn = instance.len == 0 ? STR_NONE
                                             : str_format(ev->arena, "arn:aws:rds:%" STR_FMT ":%" STR_FMT ":db:%" STR_FMT,
                                                          STR_ARG(finding->region), STR_ARG(finding->account), STR_ARG(instance));
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    json_key(&w, STR("rdsDbInstanceDetails"));
    json_open_object(&w);
    BODY_MEMBERS(&w, { STR("dbInstanceIdentifier"), finding->resource_id }, { STR("engine"), engine_of(ev) },
                 { STR("dbClusterIdentifier"), body_of_log_group(ev, STR("/aws/rds/cluster/")) }, { STR("dbInstanceArn"), arn });
    json_close_object(&w);
    json_key(&w, STR("rdsDbUserDetails"));
    json_open_object(&w);
    BODY_MEMBERS(&w, { STR("user"), event_get(ev, FIELD_USER_NAME) }, { STR("database"), event_get(ev, FIELD_DATABASE) });
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct str action_of(const struct event *ev)
{
    const bool failed = str_equal(event_get(ev, FIELD_OUTCOME), STR("Failure"));
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    json_member_str(&w, STR("actionType"), STR("RDS_LOGIN_ATTEMPT"));
    json_key(&w, STR("rdsLoginAttemptAction"));
    json_open_object(&w);
    body_remote(&w, event_get(ev, FIELD_IP));
    json_key(&w, STR("LoginAttributes"));
    json_open_array(&w);
    json_open_object(&w);
    BODY_MEMBERS(&w, { STR("user"), event_get(ev, FIELD_USER_NAME) });
    json_member_int(&w, STR("failedLoginAttempts"), failed);
    json_member_int(&w, STR("successfulLoginAttempts"), !failed);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static void fill(const struct event *ev, const struct finding *finding, struct verdict *verdict)
{
    body_default(&verdict->resource_details, resource_of(ev, finding));
    body_default(&verdict->action, action_of(ev));
}

const struct body BODY_DATABASE = { name, fill };
