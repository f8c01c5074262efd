#include "ingest/format.h"

#include "base/clock.h"
#include "ingest/gather.h"
#include "tests/test.h"

/* Read both from memory and through windows, which must agree. */
static struct gather read_all(struct arena *arena, struct str text)
{
    struct gather gather = gather_new(arena);
    struct gather windows = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    const struct ingest_sink windows_sink = gather_sink(&windows);
    struct gather_reader reader = gather_reader_open();
    struct gather_reader other = gather_reader_open();
    reader_read_text(reader.reader, STR("f"), text, &sink);
    struct inflate *in = inflate_open();
    inflate_start_bytes(in, text);
    reader_read(other.reader, STR("f"), in, &windows_sink);
    inflate_close(in);
    CHECK_INT(windows.event_count, gather.event_count);
    CHECK_STR(text_str(&windows.troubles), text_str(&gather.troubles).ptr);
    gather_reader_close(&reader);
    gather_reader_close(&other);
    return gather;
}

static struct event read_one(struct arena *arena, const char *text, enum source source)
{
    struct gather gather = read_all(arena, str_of(text));
    CHECK_STR(text_str(&gather.troubles), "");
    CHECK_INT(gather.event_count, 1);
    CHECK_INT(gather.last.source, source);
    return gather.last;
}

#define CHECK_FIELD(event, field, expected) CHECK_STR(event_get(&(event), (field)), (expected))
#define CHECK_TIME(event, expected) CHECK_STR(clock_format_iso8601_ms(arena, (event).at_ms), (expected))

TEST(times_of_every_form_are_read)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        { "2020-06-21T20:41:25Z", 1592772085000 },           { "2020-06-21 20:41:25.000000000", 1592772085000 },
        { "2020-06-21 20:41:25", 1592772085000 },            { "2020-06-21 20:41:25.250 UTC", 1592772085250 },
        { "2020-06-21T22:41:25.5+0200", 1592772085500 },     { "2020-06-21T18:41:25.000-02:00", 1592772085000 },
        { "1592772085", 1592772085000 },                     { "1592772085.250", 1592772085250 },
        { "1592772085250", 1592772085250 },                  { "1592772085250000", 1592772085250 },
        { "1592772085250000000", 1592772085250 },            { "0", 0 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = -1;
        CHECK(format_time(str_of(cases[i].text), &ms));
        CHECK_INT(ms, cases[i].ms);
    }
    static const char *const wrong[] = { "", "-", "yesterday", "2020-13-01T00:00:00Z", "2020-06-21", "-5", "1e300",
                                         "2020-06-21 20:41:25 somewhere over the rainbow and beyond" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int64_t ms = 0;
        CHECK(!format_time(str_of(wrong[i]), &ms));
    }
}

/* spec: VPC user guide, flow log record examples and available fields */
TEST(flow_lines_without_a_header_are_of_version_two)
{
    const struct event ev = read_one(arena, "2 111122223333 eni-1 192.0.2.1 2001:db8::5 4711 22 6 20 4249 1418530010 1418530070 REJECT OK\n",
                                     SOURCE_FLOW);
    CHECK_TIME(ev, "2014-12-14T04:06:50.000Z");
    CHECK_FIELD(ev, FIELD_ACCOUNT, "111122223333");
    CHECK_FIELD(ev, FIELD_INTERFACE, "eni-1");
    CHECK_FIELD(ev, FIELD_IP, "192.0.2.1");
    CHECK_FIELD(ev, FIELD_TARGET_IP, "2001:db8::5");
    CHECK_FIELD(ev, FIELD_TARGET_PORT, "22");
    CHECK_FIELD(ev, FIELD_VERDICT, "REJECT");
    CHECK_FIELD(ev, FIELD_STATUS, "OK");
    CHECK(ev.flow.source_port == 4711 && ev.flow.target_port == 22 && ev.flow.protocol == 6 && ev.flow.rejected);
    CHECK(ev.flow.packets == 20 && ev.flow.bytes == 4249 && ev.flow.start == 1418530010 && ev.flow.end == 1418530070);
    static const unsigned char source[16] = { [10] = 0xFF, [11] = 0xFF, [12] = 192, [13] = 0, [14] = 2, [15] = 1 };
    static const unsigned char target[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 5 };
    CHECK(memcmp(ev.flow.source, source, 16) == 0 && memcmp(ev.flow.target, target, 16) == 0);
}

TEST(a_flow_header_orders_the_columns)
{
    const struct event ev = read_one(arena,
                                     "dstport srcaddr dstaddr new-field tcp-flags pkt-srcaddr start flow-direction vpc-id\r\n"
                                     "443 10.0.0.1 192.0.2.9 what 19 10.0.0.7 1418530010 egress -\r\n",
                                     SOURCE_FLOW);
    CHECK(ev.flow.target_port == 443 && ev.flow.tcp_flags == 19);
    CHECK_FIELD(ev, FIELD_ORIGIN_IP, "10.0.0.7");
    CHECK_FIELD(ev, FIELD_DIRECTION, "egress");
    CHECK(event_get(&ev, FIELD_VPC).ptr == NULL);
    const struct event comma = read_one(arena, "srcaddr,dstaddr,tcp_flags,start,action\n10.0.0.1,\"192.0.2.9\",2,1418530010,ACCEPT\n", SOURCE_FLOW);
    CHECK(comma.flow.tcp_flags == 2);
    CHECK_FIELD(comma, FIELD_TARGET_IP, "192.0.2.9");
}

TEST(flow_records_without_data_have_no_addresses)
{
    const struct event none = read_one(arena, "2 111122223333 eni-1 - - - - - - - 1431280876 1431280934 - NODATA\n", SOURCE_FLOW);
    CHECK(none.flow.status == FLOW_NO_DATA && event_get(&none, FIELD_IP).ptr == NULL && none.flow.source[15] == 0);
    const struct event skipped = read_one(arena, "2 111122223333 eni-1 - - - - - - - 1431280876 1431280934 - SKIPDATA\n", SOURCE_FLOW);
    CHECK(skipped.flow.status == FLOW_SKIPPED && !skipped.flow.rejected);
}

TEST(wrong_flow_lines_are_reported_and_left)
{
    struct gather gather = read_all(arena, STR("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
                                               "2 1 eni-1 192.0.2.1 192.0.2.2 4711 65536 6 1 1 1418530010 1418530070 ACCEPT OK\n"
                                               "2 1 eni-1 192.0.2.1 192.0.2.2 4711 22 6 1 1 1418530010 1418530070 ACCEPT OK\n"
                                               "2 1 eni-1 192.0.2.256 192.0.2.2 4711 22 6 1 1 1418530010 1418530070 ACCEPT OK\n"
                                               "2 1 eni-1 192.0.2.1 192.0.2.2 4711 22 6 1 1 99999999999999 1418530070 ACCEPT OK\n"
                                               "2 1 eni-1 192.0.2.1 192.0.2.2 4711 22 6 1 1 1418530010 1418530070 ACCEPT OK\n"));
    CHECK_INT(gather.event_count, 2);
    CHECK_INT(gather.trouble_count, 2); /* lines that follow one another are reported once */
}

TEST(resolver_logs_are_read)
{
    const struct event ev = read_one(arena,
                                     "{\"version\":\"1.100000\",\"account_id\":\"111122223333\",\"region\":\"eu-west-1\",\"vpc_id\":\"vpc-1\","
                                     "\"query_timestamp\":\"2026-01-05T01:02:03Z\",\"query_name\":\"example.com.\",\"query_type\":\"TXT\","
                                     "\"rcode\":\"NOERROR\",\"answers\":[{\"Rdata\":\"x\"}],\"srcaddr\":\"10.0.0.1\",\"srcport\":\"53\","
                                     "\"srcaddr\":\"10.0.0.2\",\"transport\":\"UDP\",\"srcids\":{\"instance\":\"i-1\"}}",
                                     SOURCE_DNS);
    CHECK_FIELD(ev, FIELD_QUERY, "example.com.");
    CHECK_FIELD(ev, FIELD_QUERY_TYPE, "TXT");
    CHECK_FIELD(ev, FIELD_IP, "10.0.0.2"); /* the last of two keys */
    CHECK_FIELD(ev, FIELD_INSTANCE, "i-1");
    CHECK_FIELD(ev, FIELD_ANSWERS, "[{\"Rdata\":\"x\"}]");
}

#define AUDIT_EVENT                                                                                                          \
    "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"a-1\",\"stage\":\"ResponseComplete\",\"verb\":\"create\"," \
    "\"user\":{\"username\":\"eve\",\"groups\":[\"g\"],\"extra\":{\"arn\":[\"arn:aws:iam::1:role/r\"]}},\"sourceIPs\":[\"192.0.2.1\"," \
    "\"10.0.0.1\"],\"objectRef\":{\"resource\":\"pods\",\"subresource\":\"exec\",\"namespace\":\"n\",\"name\":\"p\"},"         \
    "\"responseStatus\":{\"code\":403},\"requestReceivedTimestamp\":\"2026-01-05T01:02:03.123456Z\"}"

TEST(kubernetes_audit_is_read_bare_and_from_cloudwatch)
{
    const struct event ev = read_one(arena, AUDIT_EVENT, SOURCE_KUBERNETES);
    CHECK_TIME(ev, "2026-01-05T01:02:03.123Z");
    CHECK_FIELD(ev, FIELD_ACTION, "create");
    CHECK_FIELD(ev, FIELD_PRINCIPAL, "arn:aws:iam::1:role/r");
    CHECK_FIELD(ev, FIELD_IP, "192.0.2.1");
    CHECK_FIELD(ev, FIELD_SUBRESOURCE, "exec");
    CHECK_FIELD(ev, FIELD_OUTCOME, "Failure");
    struct json_writer w = json_writer_new(arena);
    json_str(&w, STR(AUDIT_EVENT));
    const struct str message = json_done(&w);
    read_one(arena, str_format(arena, "{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"id\":\"1\",\"timestamp\":1,\"message\":%" STR_FMT "}]}",
                               STR_ARG(message)).ptr, SOURCE_KUBERNETES);
    const struct event grouped = read_one(
        arena, str_format(arena, "{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"111122223333\",\"logGroup\":\"/aws/eks/prod/cluster\","
                                 "\"logEvents\":[{\"id\":\"1\",\"timestamp\":1,\"message\":%" STR_FMT "}]}", STR_ARG(message)).ptr,
        SOURCE_KUBERNETES);
    CHECK_FIELD(grouped, FIELD_ACCOUNT, "111122223333");
    CHECK_FIELD(grouped, FIELD_LOG_GROUP, "/aws/eks/prod/cluster");
    CHECK_FIELD(ev, FIELD_LOG_GROUP, "");
    read_one(arena, "2026-01-05T01:02:04.000Z " AUDIT_EVENT "\n", SOURCE_KUBERNETES);
    read_one(arena, "{\"kind\":\"EventList\",\"items\":[" AUDIT_EVENT "," AUDIT_EVENT "]}", SOURCE_KUBERNETES); /* one twice */
}

TEST(text_in_cloudwatch_envelopes_is_read)
{
#define FLOW_TEXT "2 1 eni-1 192.0.2.1 192.0.2.2 4711 22 6 1 1 1418530010 1418530070 ACCEPT OK"
    read_one(arena, "{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"id\":\"1\",\"timestamp\":1,\"message\":\"" FLOW_TEXT "\"}]}", SOURCE_FLOW);
    read_one(arena, "2014-12-14T04:07:51.000Z " FLOW_TEXT "\n", SOURCE_FLOW);
    struct gather gather = read_all(arena, STR("{\"logEvents\":[{\"message\":\"" FLOW_TEXT "\\n" FLOW_TEXT "\"},{\"message\":\"what\"}]}"));
    CHECK_INT(gather.event_count, 2);
    CHECK_INT(gather.trouble_count, 1);
}

#define TETRAGON_PROCESS                                                                                                       \
    "\"process\":{\"exec_id\":\"bm9kZTox\",\"pid\":42,\"uid\":0,\"cwd\":\"/\",\"binary\":\"/usr/bin/curl\",\"arguments\":\"-s http://x\"," \
    "\"pod\":{\"namespace\":\"default\",\"name\":\"web\",\"container\":{\"id\":\"containerd://abc\",\"image\":{\"name\":\"nginx\"}}}}"

/* spec: Tetragon documentation, events */
TEST(tetragons_events_are_read)
{
    const struct event exec = read_one(arena, "{\"process_exec\":{" TETRAGON_PROCESS "},\"node_name\":\"n\",\"time\":\"2026-01-05T01:02:03.5Z\"}",
                                       SOURCE_TETRAGON);
    CHECK_TIME(exec, "2026-01-05T01:02:03.500Z");
    CHECK_FIELD(exec, FIELD_ACTION, "process_exec");
    CHECK_FIELD(exec, FIELD_COMMAND, "/usr/bin/curl -s http://x");
    CHECK_FIELD(exec, FIELD_CONTAINER, "containerd://abc");
    CHECK_FIELD(exec, FIELD_HOST, "n");
    CHECK_FIELD(exec, FIELD_USER_NAME, "uid 0");
    const struct event exit = read_one(arena, "{\"process_exit\":{" TETRAGON_PROCESS ",\"status\":1},\"time\":\"2026-01-05T01:02:03Z\"}",
                                       SOURCE_TETRAGON);
    CHECK_FIELD(exit, FIELD_STATUS, "1");
    const struct event connect = read_one(
        arena, "{\"process_kprobe\":{" TETRAGON_PROCESS ",\"function_name\":\"tcp_connect\",\"args\":[{\"int_arg\":1},{\"sock_arg\":{\"saddr\":"
               "\"10.0.0.1\",\"daddr\":\"198.51.100.7\",\"sport\":4711,\"dport\":443}}]},\"time\":\"2026-01-05T01:02:03Z\"}",
        SOURCE_TETRAGON);
    CHECK_FIELD(connect, FIELD_SUBRESOURCE, "tcp_connect");
    CHECK_FIELD(connect, FIELD_IP, "198.51.100.7");
    CHECK_FIELD(connect, FIELD_PORT, "443");
    const struct event lsm = read_one(
        arena, "{\"process_lsm\":{" TETRAGON_PROCESS ",\"function_name\":\"bprm_check_security\",\"ima_hash\":\"sha256:00ff\"},"
               "\"time\":\"2026-01-05T01:02:03Z\"}",
        SOURCE_TETRAGON);
    CHECK_FIELD(lsm, FIELD_HASH, "00ff");
    const struct event dns = read_one(arena, "{\"process_dns\":{" TETRAGON_PROCESS ",\"dns\":{\"names\":[\"evil.example.\"],\"ips\":[\"192.0.2.1\"]}},"
                                             "\"time\":\"2026-01-05T01:02:03Z\"}",
                                      SOURCE_TETRAGON);
    CHECK_FIELD(dns, FIELD_QUERY, "evil.example.");
    const struct gather broken = read_all(arena, STR("{\"process_exec\":{" TETRAGON_PROCESS "},\"time\":\"soon\"}\n"));
    CHECK_INT(broken.event_count, 0);
    CHECK_INT(broken.trouble_count, 1);
}

/* spec: clamd.conf(5) */
TEST(what_clamav_found_is_read)
{
    const struct event found = read_one(arena, "Mon Jan  5 01:02:03 2026 -> /mnt/i-1/a: b/x.sh: Unix.Trojan.Mirai-1(44d88612fea8a8f36de82e1278abb02f:68) FOUND\n",
                                        SOURCE_MALWARE);
    CHECK_TIME(found, "2026-01-05T01:02:03.000Z");
    CHECK_FIELD(found, FIELD_KEY, "/mnt/i-1/a: b/x.sh");
    CHECK_FIELD(found, FIELD_TYPE, "Unix.Trojan.Mirai-1");
    CHECK_FIELD(found, FIELD_HASH, "44d88612fea8a8f36de82e1278abb02f");
    const struct gather rest = read_all(arena, STR("Mon Jan  5 01:02:03 2026 -> /mnt/i-1/a: OK\n"
                                                   "Mon Dec 15 01:02:03 2025 -> SelfCheck: Database status OK.\n"
                                                   "Mon Jux  5 01:02:03 2026 -> /mnt/a: X FOUND\n"
                                                   "Mon Jan  5 01:02:03 2026 -> nothing FOUND\n"));
    CHECK_INT(rest.event_count, 0);
    CHECK_INT(rest.trouble_count, 1);
    const struct event object = read_one(arena,
                                         "{\"id\":\"e\",\"account\":\"111122223333\",\"region\":\"us-east-1\",\"time\":\"2026-01-05T01:02:03Z\",\"detail\":"
                                         "{\"s3ObjectDetails\":{\"bucketName\":\"b\",\"objectKey\":\"k\"},\"scanResultDetails\":{\"scanResultStatus\":"
                                         "\"THREATS_FOUND\",\"threats\":[{\"name\":\"EICAR\"}]}}}",
                                         SOURCE_MALWARE);
    CHECK_FIELD(object, FIELD_ACTION, "FOUND");
    CHECK_FIELD(object, FIELD_BUCKET, "b");
    CHECK_FIELD(object, FIELD_TYPE, "EICAR");
}

/* spec: S3 user guide, server access log format */
TEST(s3_access_lines_are_read)
{
    const struct event ev = read_one(arena,
                                     "79a59df900b949e5 bucket-1 [06/Feb/2019:02:00:38 +0200] 192.0.2.3 arn:aws:iam::1:user/u 3E57427F3EXAMPLE "
                                     "REST.GET.OBJECT a/key \"GET /bucket-1/a/key?x=\"y HTTP/1.1\" 403 AccessDenied 113 - 7 - \"-\" "
                                     "\"S3\"Console/0.4\" - s9lzHYrFp76 SigV4 ECDHE AuthHeader bucket-1.s3.amazonaws.com TLSv1.2 - -\n",
                                     SOURCE_S3_ACCESS);
    CHECK_TIME(ev, "2019-02-06T00:00:38.000Z");
    CHECK_FIELD(ev, FIELD_BUCKET, "bucket-1");
    CHECK_FIELD(ev, FIELD_KEY, "a/key");
    CHECK_FIELD(ev, FIELD_URI, "GET /bucket-1/a/key?x=\"y HTTP/1.1");
    CHECK_FIELD(ev, FIELD_ERROR, "AccessDenied");
    CHECK_FIELD(ev, FIELD_AGENT, "S3\"Console/0.4");
    CHECK_FIELD(ev, FIELD_HOST, "bucket-1.s3.amazonaws.com");
    CHECK_FIELD(ev, FIELD_OUTCOME, "Failure");
    read_one(arena, "79a b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E REST.GET.VERSIONING - \"GET /b HTTP/1.1\" 200 -\n", SOURCE_S3_ACCESS);
}

TEST(audit_records_are_read)
{
    const struct event ev = read_one(arena,
                                     "node=web type=USER_LOGIN msg=audit(1364481363.243:24287): pid=1 uid=0 auid=4294967295 ses=1 msg='op=login "
                                     "acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.7 terminal=ssh res=failed'\n",
                                     SOURCE_AUDITD);
    CHECK_TIME(ev, "2013-03-28T14:36:03.243Z");
    CHECK_FIELD(ev, FIELD_ACTION, "USER_LOGIN");
    CHECK_FIELD(ev, FIELD_USER_NAME, "root");
    CHECK_FIELD(ev, FIELD_IP, "192.0.2.7");
    CHECK_FIELD(ev, FIELD_HOST, "web");
    CHECK_FIELD(ev, FIELD_OUTCOME, "Failure");
    const struct event title = read_one(arena, "type=PROCTITLE msg=audit(1364481363.243:24287): proctitle=636174002F6574632F736861646F77\n", SOURCE_AUDITD);
    CHECK_FIELD(title, FIELD_MESSAGE, "cat /etc/shadow");
}

TEST(network_firewall_and_suricata_are_read)
{
#define EVE                                                                                                                   \
    "{\"timestamp\":\"2026-01-05T01:02:03.000000+0000\",\"event_type\":\"alert\",\"src_ip\":\"192.0.2.1\",\"dest_ip\":\"10.0.0.1\"," \
    "\"dest_port\":443,\"proto\":\"TCP\",\"alert\":{\"action\":\"blocked\",\"signature\":\"S\"},\"tls\":{\"sni\":\"a\",\"sni\":\"b\"}}"
    const struct event ev = read_one(arena, EVE, SOURCE_SURICATA);
    CHECK_FIELD(ev, FIELD_RULE, "S");
    CHECK_FIELD(ev, FIELD_HOST, "b");
    CHECK_FIELD(ev, FIELD_TARGET_PORT, "443");
    read_one(arena, "{\"firewall_name\":\"f\",\"availability_zone\":\"z\",\"event_timestamp\":\"1767574923\",\"event\":" EVE "}", SOURCE_SURICATA);
}

TEST(the_other_json_formats_are_read)
{
    const struct event waf = read_one(arena,
                                      "{\"timestamp\":1669549802503,\"formatVersion\":1,\"webaclId\":\"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/b\","
                                      "\"action\":\"BLOCK\",\"terminatingRuleId\":\"R\",\"httpRequest\":{\"clientIp\":\"192.0.2.1\",\"uri\":\"/x\",\"httpMethod\":\"GET\"}}",
                                      SOURCE_WAF);
    CHECK_FIELD(waf, FIELD_VERDICT, "BLOCK");
    CHECK_FIELD(waf, FIELD_REGION, "eu-west-1");
    CHECK_FIELD(waf, FIELD_ACCOUNT, "111122223333");
    const struct event falco = read_one(arena,
                                        "{\"time\":\"2026-01-05T01:02:03.123456789Z\",\"rule\":\"Terminal shell\",\"priority\":\"Notice\",\"output\":\"o\","
                                        "\"output_fields\":{\"user.name\":\"root\",\"proc.cmdline\":\"bash\",\"k8s.pod.name\":null}}",
                                        SOURCE_FALCO);
    CHECK_FIELD(falco, FIELD_USER_NAME, "root");
    CHECK_FIELD(falco, FIELD_PROCESS, "bash");
    const struct event finding = read_one(arena,
                                          "{\"detail-type\":\"GuardDuty Finding\",\"source\":\"aws.guardduty\",\"detail\":{\"accountId\":\"1\",\"type\":\"T:A/B\","
                                          "\"severity\":8,\"id\":\"f\",\"updatedAt\":\"2026-01-05T01:02:03.000Z\",\"service\":{},\"resource\":{\"resourceType\":\"AccessKey\"}}}",
                                          SOURCE_GUARDDUTY);
    CHECK_FIELD(finding, FIELD_SEVERITY, "8");
    read_one(arena, "{\"Findings\":[{\"AwsAccountId\":\"1\",\"GeneratorId\":\"g\",\"UpdatedAt\":\"2026-01-05T01:02:03Z\",\"Id\":\"i\"}]}", SOURCE_SECURITY_HUB);
    const struct event item = read_one(arena,
                                       "{\"fileVersion\":\"1.0\",\"configSnapshotId\":\"s\",\"configurationItems\":[{\"configurationItemCaptureTime\":"
                                       "\"2026-01-05T01:02:03.000Z\",\"resourceType\":\"AWS::S3::Bucket\",\"resourceId\":\"b\"}]}",
                                       SOURCE_CONFIG);
    CHECK_FIELD(item, FIELD_RESOURCE, "AWS::S3::Bucket");
    const struct event ocsf = read_one(arena, "{\"class_uid\":4001,\"metadata\":{\"uid\":\"m\"},\"time\":1649721788000,\"src_endpoint\":{\"ip\":\"192.0.2.1\"}}", SOURCE_OCSF);
    CHECK_FIELD(ocsf, FIELD_IP, "192.0.2.1");
    const struct event flow = read_one(arena, "{\"srcaddr\":\"192.0.2.1\",\"dstaddr\":\"10.0.0.1\",\"dstport\":22.0,\"protocol\":6,\"start\":1418530010,\"action\":\"REJECT\"}", SOURCE_FLOW);
    CHECK(flow.flow.target_port == 22 && flow.flow.protocol == 6 && flow.flow.rejected && flow.flow.source[12] == 192);
}

TEST(postgresql_connections_are_read)
{
    const struct event refused = read_one(arena, "2026-01-05 01:02:03 UTC:192.0.2.1(4711):postgres@shop:[123]:FATAL:  password authentication failed for user \"postgres\"\n", SOURCE_POSTGRESQL);
    CHECK_FIELD(refused, FIELD_IP, "192.0.2.1");
    CHECK_FIELD(refused, FIELD_PORT, "4711");
    CHECK_FIELD(refused, FIELD_DATABASE, "shop");
    CHECK_FIELD(refused, FIELD_OUTCOME, "Failure");
    const struct event received = read_one(arena,
                                           "2026-01-05 01:02:03.250 UTC [12] LOG:  connection received: host=192.0.2.1 port=4711\n"
                                           "2026-01-05 01:02:04.250 UTC [12] LOG:  statement: select 1\n\tfrom nowhere\nat all\n",
                                           SOURCE_POSTGRESQL);
    CHECK_TIME(received, "2026-01-05T01:02:03.250Z");
    CHECK_FIELD(received, FIELD_IP, "192.0.2.1");
    const struct event json = read_one(arena, "{\"timestamp\":\"2026-01-05 01:02:03.250 UTC\",\"pid\":1,\"error_severity\":\"FATAL\",\"message\":\"password authentication failed for user \\\"u\\\"\"}", SOURCE_POSTGRESQL);
    CHECK_FIELD(json, FIELD_USER_NAME, "u");
}

TEST(mysql_connections_are_read)
{
    const struct event denied = read_one(arena, "2026-01-05T01:02:03.123456Z 8 [Note] [MY-010926] [Server] Access denied for user 'root'@'192.0.2.1' (using password: YES)\n", SOURCE_MYSQL);
    CHECK_FIELD(denied, FIELD_USER_NAME, "root");
    CHECK_FIELD(denied, FIELD_IP, "192.0.2.1");
    CHECK_FIELD(denied, FIELD_OUTCOME, "Failure");
    const struct event general = read_one(arena, "2026-01-05T01:02:03.123456Z\t    8 Connect\troot@192.0.2.1 on shop using TCP/IP\n2026-01-05T01:02:03.2Z\t    8 Query\tselect 1\n", SOURCE_MYSQL);
    CHECK_FIELD(general, FIELD_DATABASE, "shop");
    const struct event audit = read_one(arena, "20260105 01:02:03,ip-10-0-0-1,root,192.0.2.1,8,0,FAILED_CONNECT,,,1045\n", SOURCE_MYSQL);
    CHECK_FIELD(audit, FIELD_IP, "192.0.2.1");
    CHECK_FIELD(audit, FIELD_OUTCOME, "Failure");
}

TEST(lines_longer_than_a_mebibyte_are_left)
{
    char *line = arena_alloc_raw(arena, READER_LINE_MAX + 100);
    memset(line, '7', READER_LINE_MAX + 99);
    line[READER_LINE_MAX + 99] = '\n';
    struct gather gather = read_all(arena, str_format(arena, "%" STR_FMT FLOW_TEXT "\n", READER_LINE_MAX + 100, line));
    CHECK_INT(gather.event_count, 1);
    CHECK_STR(text_str(&gather.troubles), "0 a line longer than 1 MiB\n");
}

TEST(a_last_line_needs_no_end)
{
    struct text text = text_new(arena);
    for (int i = 0; i < 3000; i++) {
        text_add(&text, STR(FLOW_TEXT "\n"));
    }
    text_add(&text, STR(FLOW_TEXT));
    struct gather gather = read_all(arena, text_str(&text));
    CHECK_INT(gather.event_count, 3001);
    CHECK_INT(gather.trouble_count, 0);
}

/* Of a growing file whole lines are read, and the header is known when reading goes on behind it. */
TEST(growing_flow_logs_go_on_with_their_header)
{
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    struct gather_reader reader = gather_reader_open();
    struct inflate *in = inflate_open();
    const struct str head = STR("dstport srcaddr dstaddr start\n22 192.0.2.1 192.0.2.2 1418530010\n23 192.0");
    const struct str rest = STR("23 192.0.2.1 192.0.2.2 1418530010\n");
    inflate_start_bytes(in, head);
    const uint64_t done = reader_read_growing(reader.reader, STR("f"), head, 0, in, &sink);
    CHECK_INT(done, head.len - 8);
    CHECK_INT(gather.event_count, 1);
    inflate_start_bytes(in, rest);
    CHECK_INT(reader_read_growing(reader.reader, STR("f"), head, done, in, &sink), done + rest.len);
    CHECK_INT(gather.event_count, 2);
    CHECK(gather.last.flow.target_port == 23);
    CHECK_INT(gather.trouble_count, 0);
    inflate_close(in);
    gather_reader_close(&reader);
}

TEST(a_logsource_names_its_sources)
{
    CHECK_INT(sources_of_logsource(STR("aws"), STR_NONE, STR("cloudtrail")), 1u << SOURCE_CLOUDTRAIL);
    CHECK_INT(sources_of_logsource(STR("aws"), STR_NONE, STR_NONE), 1u << SOURCE_CLOUDTRAIL);
    CHECK_INT(sources_of_logsource(STR("kubernetes"), STR_NONE, STR("audit")), 1u << SOURCE_KUBERNETES);
    CHECK_INT(sources_of_logsource(STR("linux"), STR_NONE, STR("auditd")), 1u << SOURCE_AUDITD);
    CHECK_INT(sources_of_logsource(STR_NONE, STR("dns"), STR_NONE), 1u << SOURCE_DNS);
    CHECK_INT(sources_of_logsource(STR("windows"), STR("process_creation"), STR_NONE), 1u << SOURCE_CLOUDTRAIL);
    CHECK(sources_of_logsource(STR_NONE, STR_NONE, STR_NONE) == UINT32_MAX);
}
