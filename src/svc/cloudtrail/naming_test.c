#include "svc/cloudtrail/naming.h"

#include <stdio.h>

#include "tests/test.h"

/* Services whose operations this server knows, by botocore's name. */
static bool is_ours(struct str service)
{
    static const char *const known[] = { "cloudtrail", "cloudtrail-data", "guardduty", "iam", "kms", "lambda", "logs", "organizations",
                                         "s3", "s3control", "secretsmanager", "sns", "sqs", "sts" };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_equal(service, str_of(known[i]))) {
            return true;
        }
    }
    return false;
}

TEST(what_only_reads_is_told_as_the_facts_have_it)
{
    if (test_shared() == NULL) {
        puts("facts skipped: there is no shared folder");
        return;
    }
    struct str rest = test_read_file(arena, str_format(arena, "%s/facts/cloudtrail_operations_readonly.csv", test_shared()).ptr);
    size_t run = 0, passed = 0;
    while (rest.ptr) {
        struct str line = str_cut(rest, '\n', &rest);
        const struct str service = str_cut(line, ',', &line);
        const struct str operation = str_cut(line, ',', &line);
        const bool reads = str_equal(str_cut(line, ',', &line), STR("true"));
        if (is_ours(service)) {
            const bool told = cloudtrail_read_only(str_format(arena, "%" STR_FMT ".amazonaws.com", STR_ARG(service)), operation);
            if (told != reads) {
                printf("%" STR_FMT ":%" STR_FMT "\n", STR_ARG(service), STR_ARG(operation));
            }
            run++;
            passed += told == reads;
        }
    }
    test_corpus_report("cloudtrail_operations_readonly", run, passed);
    CHECK_INT(passed, run);
}

TEST(services_without_regions_have_their_events_in_one)
{
    CHECK_STR(cloudtrail_region(STR("iam.amazonaws.com"), STR("eu-west-1")), "us-east-1");
    CHECK_STR(cloudtrail_region(STR("organizations.amazonaws.com"), STR("eu-west-1")), "us-east-1");
    CHECK_STR(cloudtrail_region(STR("sts.amazonaws.com"), STR("eu-west-1")), "eu-west-1");
}

TEST(parameters_name_resources_in_either_spelling)
{
    CHECK_STR(str_of(cloudtrail_resource_type(STR("iam.amazonaws.com"), STR("userName"))), "AWS::IAM::User");
    CHECK_STR(str_of(cloudtrail_resource_type(STR("iam.amazonaws.com"), STR("UserName"))), "AWS::IAM::User");
    CHECK(cloudtrail_resource_type(STR("kms.amazonaws.com"), STR("userName")) == NULL);
    CHECK(cloudtrail_resource_type(STR("iam.amazonaws.com"), STR("")) == NULL);
}
