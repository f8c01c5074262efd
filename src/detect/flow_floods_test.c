/* Floods: of packets, from and to an instance; and of keys and accounts, which forget nobody else's. */
#include "detect/flow_log_test.h"
#include "detect/memory.h"

static struct text flood(struct arena *arena, unsigned protocol, unsigned port, unsigned packets, unsigned size, unsigned answered)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < 4; i++) {
        add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = port, .protocol = protocol, .packets = packets, .bytes = packets * size, .at = i * 60, .seconds = 60, .flags = SYN });
        if (answered > 0) {
            add(&log, (struct line){ .from = AWAY, .to = HOME, .from_port = port, .to_port = 41000, .protocol = protocol, .packets = answered, .bytes = answered * 1400, .at = i * 60, .seconds = 60, .flags = 16 });
        }
    }
    return log;
}

TEST(very_much_sent_and_hardly_answered_is_a_flood_of_its_kind)
{
    static const struct { const char *type; unsigned protocol, port; } kinds[] = {
        { "Backdoor:EC2/DenialOfService.Dns", UDP, 53 },           { "Backdoor:EC2/DenialOfService.Tcp", TCP, 80 },
        { "Backdoor:EC2/DenialOfService.Udp", UDP, 80 },           { "Backdoor:EC2/DenialOfService.UdpOnTcpPorts", UDP, 22 },
        { "Backdoor:EC2/DenialOfService.UnusualProtocol", 2, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct text log = flood(arena, kinds[i].protocol, kinds[i].port, 600000, 60, 0);
        HIT(&log, NULL, kinds[i].type, 8);
        log = flood(arena, kinds[i].protocol, kinds[i].port, 60000, 60, 0); /* a thousand a second */
        MISS(&log, NULL, kinds[i].type);
        log = flood(arena, kinds[i].protocol, kinds[i].port, 600000, 1200, 100000); /* answered: an upload */
        MISS(&log, NULL, kinds[i].type);
    }
}

TEST(very_much_that_comes_from_outside_and_is_not_answered_is_told_of_the_flooded)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < 40; i++) {
        add(&log, (struct line){ .from = str_format(arena, "198.51.100.%u", i + 1).ptr, .to = HOME, .from_port = 50000, .to_port = 443, .protocol = TCP, .packets = 80000, .bytes = 3520000, .at = i * 3, .seconds = 60, .flags = SYN, .rejected = i % 2 });
    }
    HIT(&log, NULL, "Impact:EC2/DenialOfServiceTarget.Yagura", 5);
    log = log_new(arena);
    for (unsigned i = 0; i < 40; i++) { /* as much, answered: a busy server */
        add(&log, (struct line){ .from = str_format(arena, "198.51.100.%u", i + 1).ptr, .to = HOME, .from_port = 50000, .to_port = 443, .protocol = TCP, .packets = 80000, .bytes = 3520000, .at = i * 3, .seconds = 60, .flags = 3 });
        add(&log, (struct line){ .from = HOME, .to = str_format(arena, "198.51.100.%u", i + 1).ptr, .from_port = 443, .to_port = 50000, .protocol = TCP, .packets = 60000, .bytes = 30000000, .at = i * 3, .seconds = 60, .flags = 19 });
    }
    MISS(&log, NULL, "Impact:EC2/DenialOfServiceTarget.Yagura");
    log = log_new(arena);
    for (unsigned i = 0; i < 40; i++) { /* not as fast as it takes */
        add(&log, (struct line){ .from = str_format(arena, "198.51.100.%u", i + 1).ptr, .to = HOME, .from_port = 50000, .to_port = 443, .protocol = TCP, .packets = 40000, .bytes = 1760000, .at = i * 3, .seconds = 60, .flags = SYN });
    }
    MISS(&log, NULL, "Impact:EC2/DenialOfServiceTarget.Yagura");
}

TEST(a_flood_of_peers_forgets_only_its_own_accounts_oldest)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .keys_per_account = 64 });
    struct text log = log_new(arena);
    for (unsigned i = 0; i < 5000; i++) {
        add(&log, (struct line){ .from = HOME, .to = str_format(arena, "20.%u.%u.%u", i / 65536 % 256, i / 256 % 256, i % 256).ptr, .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 12, .bytes = 3000, .at = i, .flags = SYN });
    }
    harness_feed(harness, "flow.log", text_str(&log));
    CHECK(engine_counts(harness->engine).evictions > 1000);
    CHECK_INT(harness->count, 0);
    harness_close(harness);
}

TEST(forged_accounts_that_came_first_do_not_keep_their_places)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .accounts = 8 });
    struct text log = log_new(arena);
    for (unsigned i = 0; i < 8; i++) {
        text_add_format(&log, "2 %012u eni-x 10.0.0.5 10.0.9.9 36050 443 6 1 44 1700000000 1700000060 ACCEPT OK 2\n", i);
    }
    harness_feed(harness, "forged.log", text_str(&log));
    log = log_new(arena);
    for (unsigned i = 0; i < 1000; i++) {
        add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 36050, .to_port = 443, .protocol = TCP, .packets = 10, .bytes = 4400, .flags = SYN });
    }
    for (unsigned i = 0; i <= ACCOUNT_IDLE / 1000; i++) {
        harness_feed(harness, "real.log", text_str(&log));
    }
    log = log_new(arena);
    for (unsigned i = 0; i < 60; i++) {
        add(&log, (struct line){ .from = HOME, .to = "10.0.9.9", .from_port = 36050, .to_port = 20 + i, .protocol = TCP, .packets = 1, .bytes = 44, .at = i, .flags = SYN });
        for (unsigned k = 0; k < 10; k++) {
            text_add_format(&log, "2 %012u eni-x 10.0.0.5 10.0.9.9 36050 443 6 1 44 1700000000 1700000060 ACCEPT OK 2\n", 100 + i * 10 + k);
        }
    }
    harness_feed(harness, "flow.log", text_str(&log));
    CHECK_INT(harness_count(harness, "Recon:EC2/Portscan"), 1);
    harness_close(harness);
}

TEST(forged_accounts_push_no_known_account_out)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .accounts = 8 });
    struct text log = log_new(arena);
    for (unsigned i = 0; i < 60; i++) {
        add(&log, (struct line){ .from = HOME, .to = "10.0.9.9", .from_port = 36050, .to_port = 20 + i, .protocol = TCP, .packets = 1, .bytes = 44, .at = i, .flags = SYN });
        for (unsigned k = 0; k < 10; k++) {
            text_add_format(&log, "2 %012u eni-x 10.0.0.5 10.0.9.9 36050 443 6 1 44 4200000000 4200000000 ACCEPT OK 2\n", i * 10 + k);
        }
    }
    harness_feed(harness, "flow.log", text_str(&log));
    CHECK_INT(harness_count(harness, "Recon:EC2/Portscan"), 1);
    CHECK(engine_counts(harness->engine).evictions > 0);
    harness_close(harness);
}
