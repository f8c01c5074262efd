#include "detect/harness.h"
#include "detect/intel_format.h"

static struct intel *listed(enum intel_list list, const char *name, struct str text)
{
    struct intel *intel = intel_open();
    const struct intel_list_options options = { .name = str_of(name), .lists = (unsigned)list };
    intel_load_list(intel, &options, text);
    return intel;
}

TEST(evidence_tells_the_list_and_what_it_says_of_the_address)
{
    struct intel *intel = listed(INTEL_COMMAND, "servers of May", STR("203.0.113.7\tSliver\n"));
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "log", harness_record(arena, 1, "{\"eventName\":\"ListUsers\"}"));
    harness_feed(harness, "log", harness_record(arena, 2, "{\"eventName\":\"ListUsers\",\"sourceIPAddress\":\"203.0.113.8\"}"));
    CHECK_INT(harness_count(harness, "Recon:IAMUser/MaliciousIPCaller"), 1);
    CHECK(str_search(harness->found[0].json, STR("\"threatIntelligenceDetails\":[{\"threatListName\":\"servers of May\","
                                                 "\"threatNames\":[\"Sliver\"]}]")) != STR_MISSING);
    harness_close(harness);
    intel_close(intel);
}

TEST(other_lists_are_used_from_the_next_event_on)
{
    struct intel *old = intel_open();
    struct intel *new = listed(INTEL_TOR, "exits", STR("203.0.113.7\n"));
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = old });
    harness_feed(harness, "log", harness_record(arena, 1, "{\"eventName\":\"ListUsers\"}"));
    CHECK_INT(harness_count(harness, "Recon:IAMUser/TorIPCaller"), 0);
    engine_use_intel(harness->engine, new);
    intel_close(old);
    reader_want(harness->reader, engine_sources(harness->engine));
    harness_feed(harness, "log", harness_record(arena, 2, "{\"eventName\":\"ListUsers\"}"));
    CHECK_INT(harness_count(harness, "Recon:IAMUser/TorIPCaller"), 1);
    engine_use_intel(harness->engine, NULL);
    harness_feed(harness, "log", harness_record(arena, 3, "{\"eventName\":\"ListUsers\"}"));
    CHECK_INT(harness_count(harness, "Recon:IAMUser/TorIPCaller"), 1);
    harness_close(harness);
    intel_close(new);
}

TEST(the_list_of_one_account_does_not_act_on_another)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel_view_open(intel, STR("111122223333"), STR("ap-northeast-1")), INTEL_CUSTOM, STR("203.0.113.7"), &used);
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "log", harness_record(arena, 1, "{\"eventName\":\"ListUsers\"}"));
    CHECK_INT(harness_count(harness, "Recon:IAMUser/MaliciousIPCaller.Custom"), 1);
    harness_feed(harness, "log", harness_record(arena, 2, "{\"eventName\":\"ListUsers\",\"recipientAccountId\":\"444455556666\"}"));
    harness_feed(harness, "log", harness_record(arena, 3, "{\"eventName\":\"ListUsers\",\"awsRegion\":\"eu-west-1\"}"));
    CHECK_INT(harness_count(harness, "Recon:IAMUser/MaliciousIPCaller.Custom"), 1);
    harness_close(harness);
    intel_close(intel);
}
