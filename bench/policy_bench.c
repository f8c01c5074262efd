/* policy_bench.c - decisions of the policy engine on one core.
 *
 *     build/release/bench/policy_bench [turns [folder]]
 *
 * Two principals: one with 10 policies of 20 statements, one with 10 policies of 100. Each asks the same 4,096 questions:
 * half about something that a statement allows, half not. Prints a line each, tab-separated: name, decisions per second
 * (median of the turns), how many of the questions were allowed. With a folder, the same policies and questions are
 * written there for Cedar, in its language (SIZE.cedar, SIZE.questions). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/corpus.h"
#include "policy/policy.h"

enum { POLICIES = 10, QUESTIONS = 4096, TURNS_MAX = 101, ROUNDS = 16, KINDS = 5 };

struct rule {
    bool deny, wild;
    int kind;
    uint32_t service, verb, noun, place;
};

struct bench {
    struct arena *arena;
    const struct policy *policies[POLICIES];
    struct rule *rules;
    size_t statements;
    struct policy_question questions[QUESTIONS];
};

static bool look_up(void *argument, struct str key, struct policy_values *values)
{
    static const struct {
        const char *key;
        struct str value;
    } known[] = { { "aws:SourceIp", STR_INIT("192.0.2.17") }, { "aws:username", STR_INIT("ann") },
                  { "aws:MultiFactorAuthPresent", STR_INIT("true") }, { "aws:PrincipalTag/team", STR_INIT("blue") } };
    (void)argument;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_equal_nocase(key, str_of(known[i].key))) {
            *values = (struct policy_values){ &known[i].value, 1 };
            return true;
        }
    }
    return false;
}

static struct rule rule_make(uint64_t *state)
{
    return (struct rule){ .deny = corpus_pick(state, 10) == 0, .wild = corpus_pick(state, 4) == 0,
                          .kind = (int)corpus_pick(state, KINDS), .service = corpus_pick(state, COUNT_OF(CORPUS_SERVICES)),
                          .verb = corpus_pick(state, COUNT_OF(CORPUS_VERBS)),
                          .noun = corpus_pick(state, COUNT_OF(CORPUS_NOUNS)), .place = corpus_pick(state, 50) };
}

static struct str action_of(struct arena *arena, const struct rule *rule)
{
    return str_format(arena, "%s:%s%s", CORPUS_SERVICES[rule->service], CORPUS_VERBS[rule->verb],
                      rule->wild ? "*" : CORPUS_NOUNS[rule->noun]);
}

static const char *const CONDITIONS[KINDS] = {
    "", "", ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.0/24\"}}",
    ",\"Condition\":{\"Bool\":{\"aws:MultiFactorAuthPresent\":\"true\"}}",
    ",\"Condition\":{\"StringEquals\":{\"aws:PrincipalTag/team\":[\"red\",\"blue\"]}}",
};
static const char *const CEDAR_CONDITIONS[KINDS] = {
    "", "", " && context.ip.isInRange(ip(\"192.0.2.0/24\"))", " && context.mfa",
    " && (context.team == \"red\" || context.team == \"blue\")",
};

static void add_statement(struct arena *arena, struct text *out, const struct rule *rule)
{
    text_add_format(out, "{\"Effect\":\"%s\",\"Action\":\"%" STR_FMT "\",\"Resource\":\"arn:aws:%s:*:111122223333:%s-%u/%s*\"%s}",
                    rule->deny ? "Deny" : "Allow", STR_ARG(action_of(arena, rule)), CORPUS_SERVICES[rule->service],
                    CORPUS_NOUNS[rule->noun], rule->place, rule->kind == 1 ? "${aws:username}/" : "", CONDITIONS[rule->kind]);
}

static void make_policies(struct bench *bench, uint64_t *state)
{
    const size_t each = bench->statements / POLICIES;
    bench->rules = ARENA_ARRAY(bench->arena, struct rule, bench->statements);
    for (size_t i = 0; i < POLICIES; i++) {
        struct policy_error error = { .reason = NULL };
        struct text text = text_new(bench->arena);
        text_add(&text, STR("{\"Version\":\"2012-10-17\",\"Statement\":["));
        for (size_t j = 0; j < each; j++) {
            bench->rules[i * each + j] = rule_make(state);
            text_add(&text, j ? STR(",") : STR(""));
            add_statement(bench->arena, &text, &bench->rules[i * each + j]);
        }
        text_add(&text, STR("]}"));
        bench->policies[i] = policy_parse(bench->arena, text_str(&text), POLICY_IDENTITY, &error);
        if (bench->policies[i] == NULL) {
            fprintf(stderr, "%s\n", error.reason);
            exit(4);
        }
    }
}

static void make_questions(struct bench *bench, const struct policy_layer *layer, uint64_t *state)
{
    for (size_t i = 0; i < QUESTIONS; i++) {
        struct rule about = bench->rules[corpus_pick(state, (uint32_t)bench->statements)];
        about.wild = false;
        about.place = i % 2 ? about.place : 99;
        bench->questions[i] = (struct policy_question){
            .action = action_of(bench->arena, &about),
            .resource = str_format(bench->arena, "arn:aws:%s:eu-west-1:111122223333:%s-%u/ann/%u", CORPUS_SERVICES[about.service],
                                   CORPUS_NOUNS[about.noun], about.place, corpus_pick(state, 1000)),
            .caller = { .account = STR("111122223333"), .arn = STR("arn:aws:iam::111122223333:user/ann") },
            .lookup = look_up, .layers = layer, .layer_count = 1,
        };
    }
}

static FILE *create(const char *folder, size_t statements, const char *extension)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%zu.%s", folder, statements, extension);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(4);
    }
    return file;
}

static void write_cedar(const struct bench *bench, const char *folder)
{
    FILE *policies = create(folder, bench->statements, "cedar");
    for (size_t i = 0; i < bench->statements; i++) {
        const struct rule *rule = &bench->rules[i];
        const struct str action = action_of(bench->arena, rule);
        fprintf(policies, "%s(principal, %s, resource) when { %s%" STR_FMT "%scontext.arn like \"arn:aws:%s:*:111122223333:%s-%u/%s*\"%s };\n",
                rule->deny ? "forbid" : "permit",
                rule->wild ? "action" : str_format(bench->arena, "action == Action::\"%" STR_FMT "\"", STR_ARG(action)).ptr,
                rule->wild ? "context.action like \"" : "", STR_ARG(rule->wild ? action : STR("")), rule->wild ? "\" && " : "",
                CORPUS_SERVICES[rule->service], CORPUS_NOUNS[rule->noun], rule->place, rule->kind == 1 ? "ann/" : "",
                CEDAR_CONDITIONS[rule->kind]);
    }
    FILE *questions = create(folder, bench->statements, "questions");
    for (size_t i = 0; i < QUESTIONS; i++) {
        fprintf(questions, "%" STR_FMT "\t%" STR_FMT "\n", STR_ARG(bench->questions[i].action), STR_ARG(bench->questions[i].resource));
    }
    if (fclose(policies) != 0 || fclose(questions) != 0) {
        perror(folder);
        exit(4);
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t ask_all(const struct bench *bench)
{
    size_t allowed = 0;
    for (size_t i = 0; i < QUESTIONS; i++) {
        allowed += policy_decide(&bench->questions[i]).decision == POLICY_ALLOW;
    }
    return allowed;
}

static void run(size_t statements, int turns, const char *folder)
{
    static struct bench bench;
    double rates[TURNS_MAX];
    uint64_t state = 7;
    bench = (struct bench){ .arena = arena_open(), .statements = statements };
    make_policies(&bench, &state);
    const struct policy_layer layer = { LAYER_IDENTITY, bench.policies, POLICIES };
    make_questions(&bench, &layer, &state);
    if (folder) {
        write_cedar(&bench, folder);
    }
    const size_t allowed = ask_all(&bench);
    for (int turn = 0; turn < turns; turn++) {
        const double start = corpus_seconds();
        for (int round = 0; round < ROUNDS; round++) {
            if (ask_all(&bench) != allowed) {
                fputs("the answers differ from turn to turn\n", stderr);
                exit(4);
            }
        }
        rates[turn] = ROUNDS * QUESTIONS / (corpus_seconds() - start);
    }
    qsort(rates, (size_t)turns, sizeof(*rates), compare);
    printf("%zu statements\t%.0f\t%zu of %d\n", statements, rates[turns / 2], allowed, QUESTIONS);
    arena_close(bench.arena);
}

int main(int argc, char **argv)
{
    int64_t turns = 5;
    if (argc > 1 && (!str_to_int(str_of(argv[1]), &turns) || turns < 1 || turns > TURNS_MAX)) {
        fprintf(stderr, "usage: policy_bench [turns [folder]]\n");
        return 2;
    }
    run(200, (int)turns, argc > 2 ? argv[2] : NULL);
    run(1000, (int)turns, argc > 2 ? argv[2] : NULL);
    return 0;
}
