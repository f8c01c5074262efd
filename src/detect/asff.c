#include "detect/asff.h"

#include "base/clock.h"
#include "detect/embedded.h"
#include "detect/record.h"

enum { TITLE_MAX = 256, DESCRIPTION_MAX = 1024, ID_MAX = 512, FIELD_MAX = 1024 };

static struct str types_of(struct str type)
{
    for (size_t i = 0; i < ASFF_TYPES_COUNT; i++) {
        if (str_equal(ASFF_TYPES[i].name, type)) {
            return ASFF_TYPES[i].value;
        }
    }
    return STR_NONE;
}

/* "CredentialAccess" as "Credential Access". */
static struct str in_words(struct arena *arena, struct str purpose)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < purpose.len; i++) {
        if (i > 0 && purpose.ptr[i] >= 'A' && purpose.ptr[i] <= 'Z') {
            text_add_char(&text, ' ');
        }
        text_add_char(&text, purpose.ptr[i]);
    }
    return text_str(&text);
}

static struct str usual_type(struct arena *arena, struct str type)
{
    struct str rest = STR_NONE;
    const struct str purpose = str_cut(type, ':', &rest);
    struct text text = text_new(arena);
    text_add_format(&text, "TTPs/%" STR_FMT "/", STR_ARG(in_words(arena, purpose)));
    for (size_t i = 0; i < type.len; i++) {
        text_add_char(&text, type.ptr[i] == '/' ? '-' : type.ptr[i]);
    }
    return text_str(&text);
}

static void write_types(struct json_writer *w, struct str type)
{
    struct str rest = types_of(type);
    rest = rest.len > 0 ? rest : usual_type(w->text.arena, type);
    json_key(w, STR("Types"));
    json_open_array(w);
    while (rest.len > 0) {
        json_str(w, str_cut(rest, ';', &rest));
    }
    json_close_array(w);
}

static struct str label_of(double severity)
{
    return severity >= 9 ? STR("CRITICAL") : severity >= 7 ? STR("HIGH") : severity >= 4 ? STR("MEDIUM") : STR("LOW");
}

static void write_severity(struct json_writer *w, double severity)
{
    json_key(w, STR("Severity"));
    json_open_object(w);
    json_member_str(w, STR("Label"), label_of(severity));
    json_member_str(w, STR("Original"), str_format(w->text.arena, "%g", severity));
    json_close_object(w);
}

static const struct {
    struct str ours, asff;
} RESOURCES[] = {
    { STR_INIT("AccessKey"), STR_INIT("AwsIamAccessKey") },       { STR_INIT("S3Bucket"), STR_INIT("AwsS3Bucket") },
    { STR_INIT("S3Object"), STR_INIT("AwsS3Object") },            { STR_INIT("Instance"), STR_INIT("AwsEc2Instance") },
    { STR_INIT("EKSCluster"), STR_INIT("AwsEksCluster") },        { STR_INIT("ECSCluster"), STR_INIT("AwsEcsCluster") },
    { STR_INIT("Container"), STR_INIT("Container") },             { STR_INIT("Lambda"), STR_INIT("AwsLambdaFunction") },
    { STR_INIT("RDSDBInstance"), STR_INIT("AwsRdsDbInstance") },
};

static void write_resource(struct json_writer *w, const struct finding *finding, struct str partition)
{
    struct str type = STR("Other");
    for (size_t i = 0; i < sizeof(RESOURCES) / sizeof(RESOURCES[0]); i++) {
        type = str_equal(RESOURCES[i].ours, finding->resource_type) ? RESOURCES[i].asff : type;
    }
    const struct str id = finding->resource_id.len > 0 ? finding->resource_id : finding->account;
    json_key(w, STR("Resources"));
    json_open_array(w);
    json_open_object(w);
    json_member_str(w, STR("Type"), type);
    json_member_str(w, STR("Id"), record_short(w->text.arena, id, ID_MAX));
    json_member_str(w, STR("Partition"), partition);
    json_member_str(w, STR("Region"), finding->region);
    json_close_object(w);
    json_close_array(w);
}

static void write_fields(struct json_writer *w, const struct finding *finding)
{
    json_key(w, STR("ProductFields"));
    json_open_object(w);
    json_member_str(w, STR("yagura/type"), finding->type);
    json_member_str(w, STR("yagura/findingId"), finding->id);
    json_member_str(w, STR("yagura/count"), str_format(w->text.arena, "%lld", (long long)finding->count));
    if (finding->principal.len > 0) {
        json_member_str(w, STR("yagura/principal"), record_short(w->text.arena, finding->principal, FIELD_MAX));
    }
    json_close_object(w);
}

void asff_write(struct json_writer *w, const struct finding *finding, const struct json *tree, struct str region)
{
    struct arena *arena = w->text.arena;
    const struct str named = json_text(json_get(tree, STR("partition")));
    const struct str partition = named.len > 0 ? named : STR("aws");
    const struct str arn = json_text(json_get(tree, STR("arn")));
    json_open_object(w);
    json_member_str(w, STR("SchemaVersion"), STR("2018-10-08"));
    json_member_str(w, STR("Id"), arn.len > 0 ? arn : finding->id);
    json_member_str(w, STR("ProductArn"),
                    str_format(arena, "arn:%" STR_FMT ":securityhub:%" STR_FMT ":%" STR_FMT ":product/%" STR_FMT "/default",
                               STR_ARG(partition), STR_ARG(region), STR_ARG(finding->account), STR_ARG(finding->account)));
    json_member_str(w, STR("ProductName"), STR("Yagura"));
    json_member_str(w, STR("CompanyName"), STR("Yagura"));
    json_member_str(w, STR("GeneratorId"), str_format(arena, "yagura/%" STR_FMT, STR_ARG(finding->type)));
    json_member_str(w, STR("AwsAccountId"), finding->account);
    write_types(w, finding->type);
    json_member_str(w, STR("FirstObservedAt"), clock_format_iso8601_ms(arena, finding->first_ms));
    json_member_str(w, STR("LastObservedAt"), clock_format_iso8601_ms(arena, finding->last_ms));
    json_member_str(w, STR("CreatedAt"), clock_format_iso8601_ms(arena, finding->first_ms));
    json_member_str(w, STR("UpdatedAt"), clock_format_iso8601_ms(arena, finding->last_ms));
    write_severity(w, finding->severity);
    json_member_str(w, STR("Title"), record_short(arena, finding->title, TITLE_MAX));
    json_member_str(w, STR("Description"), record_short(arena, finding->description, DESCRIPTION_MAX));
    write_fields(w, finding);
    write_resource(w, finding, partition);
    json_key(w, STR("FindingProviderFields"));
    json_open_object(w);
    write_severity(w, finding->severity);
    write_types(w, finding->type);
    json_close_object(w);
    json_close_object(w);
}
