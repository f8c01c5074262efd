#include "detect/learn/anomaly.h"

#include <math.h>

#include "detect/learn/account.h"
#include "detect/learn/repeats.h"

#define HOUR_MS (INT64_C(60) * 60 * 1000)
static const double HOUR_SHARE_USUAL = 0.15;
enum { FAILURES_MOST = 5, PEERS_ENOUGH = 2, CASES = 512, TACTIC_MEMOS = 512 };

struct anomaly {
    struct trait_memos memos;
    struct tactics *tactics;
    struct {
        uint64_t api; /* hash; 0: empty */
        const struct tactic *tactic;
    } known[TACTIC_MEMOS]; /* calls repeat */
    struct anomaly_case cases[CASES]; /* by hash of the entity: a newer one takes the place, the verdict stays the same */
    struct verdict last;              /* of the event judged last, when it has a second type */
    const struct tactic *also;
    struct repeats repeats;
};

struct anomaly *anomaly_open(void)
{
    struct anomaly *anomaly = memory_new(sizeof(*anomaly));
    anomaly->tactics = tactics_open();
    return anomaly;
}

void anomaly_close(struct anomaly *anomaly)
{
    if (anomaly) {
        tactics_close(anomaly->tactics);
        memory_free(anomaly);
    }
}

void anomaly_new_intel(struct anomaly *anomaly)
{
    memset(anomaly->memos.addresses, 0, sizeof(anomaly->memos.addresses));
    repeats_forget(&anomaly->repeats);
}

static bool has_failed(const struct event *ev) { return str_equal(event_get(ev, FIELD_OUTCOME), STR("Failure")); }

/* An hour as a point: what is typical differs by account, so each has a forest. */
static void window_point(const struct rarity_window *window, double hour_share, float *point)
{
    const unsigned actions = (unsigned)__builtin_popcountll(window->actions);
    point[0] = log2f(1.0F + (float)window->events);
    point[1] = 1.5F * log2f(1.0F + (float)actions);
    point[2] = 1.5F * log2f(1.0F + (float)window->failures);
    point[3] = 2.0F * log2f(1.0F + (float)window->fresh);
    point[4] = log2f(1.0F + (float)window->marked);
    point[5] = (float)(3 * (1 - hour_share));
}

/* An hour that is over goes into the account's forest, unless its day was judged anomalous. */
static void window_turn(struct learn_view *view, uint32_t hour)
{
    struct rarity_profile *profile = view->entity;
    struct rarity_window *window = &profile->window;
    if (hour <= window->hour) {
        return;
    }
    if (window->events > 0 && profile->distrusted != window->hour / 24) {
        float point[FOREST_DIMENSIONS];
        window_point(window, season_hour_share(&profile->season, (uint8_t)(window->hour % 24), profile->days), point);
        forest_add(learn_forest(view->learn, view->owner), point);
    }
    *window = (struct rarity_window){ .hour = hour };
}

static uint16_t one_more(uint16_t n) { return (uint16_t)(n < UINT16_MAX ? n + 1 : n); }

static void window_note(struct rarity_window *window, uint32_t hour, const struct traits *traits, const struct event *ev)
{
    if (hour != window->hour) {
        return; /* a late record */
    }
    window->events = one_more(window->events);
    window->failures = has_failed(ev) ? one_more(window->failures) : window->failures;
    window->actions |= UINT64_C(1) << (traits->api >> 58);
}

static void learn_trait(struct learn_view *view, enum aspect aspect, unsigned feature, uint64_t hash, struct anomaly_score *score)
{
    score->of[aspect] = hash ? learn_value_hash(view, feature, hash) : score->of[aspect];
}

static void learn_values(struct learn_view *view, const struct traits *traits, struct anomaly_score *score)
{
    learn_trait(view, ASPECT_API, PRINCIPAL_API, traits->api, score);
    learn_trait(view, ASPECT_SERVICE, PRINCIPAL_SERVICE, traits->service, score);
    learn_trait(view, ASPECT_REGION, PRINCIPAL_REGION, traits->region, score);
    learn_trait(view, ASPECT_NETWORK, PRINCIPAL_NETWORK, traits->network, score);
    learn_trait(view, ASPECT_COUNTRY, PRINCIPAL_COUNTRY, traits->country, score);
    learn_trait(view, ASPECT_AGENT, PRINCIPAL_AGENT, traits->agent, score);
    learn_trait(view, ASPECT_RESOURCE, PRINCIPAL_RESOURCE, traits->resource, score);
}

static void note_fresh(struct rarity_window *window, bool never)
{
    window->fresh = (uint8_t)(window->fresh + (never && window->fresh < UINT8_MAX));
}

/* People who share a role; else users of the same two services. */
static struct rarity_profile *peers_of(const struct learn_view *view, const struct traits *traits)
{
    uint64_t key = 0;
    if (traits->peers.len > 0) {
        key = learn_value_key(view->learn, traits->peers);
    } else {
        const struct rarity_shape *shape = learn_shape(LEARN_PRINCIPAL);
        const struct rarity_slot *services = &view->entity->slots[(size_t)shape->sets[PRINCIPAL_API] * RARITY_SET];
        struct rarity_slot first = { 0 }, second = { 0 };
        for (size_t i = 0; i < RARITY_SET; i++) {
            if (services[i].days > first.days) {
                second = first;
                first = services[i];
            } else if (services[i].days > second.days) {
                second = services[i];
            }
        }
        key = learn_mix(first.tag + (uint64_t)second.tag, first.tag ^ second.tag);
    }
    return learn_entity_get(view->learn, view->owner, LEARN_PEERS, key ? key : 1);
}

/* What has become usual for one is told to its peers. */
static void tell_peers(const struct learn_view *view, const struct traits *traits)
{
    if ((view->established & (1u << PRINCIPAL_API | 1u << PRINCIPAL_SERVICE)) == 0) {
        return;
    }
    struct rarity_profile *peers = peers_of(view, traits);
    if (peers) {
        rarity_visit(peers, learn_shape(LEARN_PEERS), view->day);
        rarity_adopt(peers, learn_shape(LEARN_PEERS), PRINCIPAL_API, traits->api, view->day);
        rarity_adopt(peers, learn_shape(LEARN_PEERS), PRINCIPAL_SERVICE, traits->service, view->day);
    }
}

static bool peers_do(const struct learn_view *view, const struct traits *traits)
{
    const struct rarity_profile *peers = peers_of(view, traits);
    const struct rarity_slot *slot = peers ? rarity_find(peers, learn_shape(LEARN_PEERS), PRINCIPAL_API, traits->api) : NULL;
    return slot && slot->more >= PEERS_ENOUGH;
}

/* The bucket's or model's own view of its callers. */
static struct learn_rarity learn_resource(const struct learn_view *view, const struct event *ev, const struct traits *traits)
{
    struct learn_view own;
    if (traits->resource == 0 ||
        !learn_at(view->learn, LEARN_BUCKET, event_get(ev, FIELD_ACCOUNT), traits->bucket, ev->at_ms, &own)) {
        return (struct learn_rarity){ .entity = LEARN_UNKNOWN };
    }
    own.learns = own.learns && view->learns;
    learn_value_hash(&own, BUCKET_API, traits->api);
    return learn_value_hash(&own, BUCKET_CALLER, view->entity->key);
}

static double hour_surprise(const struct learn_view *view, uint8_t *days)
{
    const struct season *season = &view->entity->season;
    const uint8_t hour = view->hour;
    const uint8_t history = view->entity->days;
    const double share = season_hour_share(season, hour, history);
    const double before = share * history - 1;
    *days = before > 0 ? (uint8_t)before : 0;
    return share >= HOUR_SHARE_USUAL ? 0 : -log((*days + 0.5) / (history + 1.0));
}

static void weigh_behaviour(const struct learn_view *view, const struct traits *traits, struct anomaly_score *score)
{
    const struct anomaly_weights *w = &ANOMALY_WEIGHTS;
    const struct rarity_window *window = &view->entity->window;
    const bool shared = score->of[ASPECT_API].entity == LEARN_NEVER && peers_do(view, traits);
    const double peers = shared ? w->peers : 1;
    score->nats[ASPECT_API] = w->api * peers * score->of[ASPECT_API].surprise;
    score->nats[ASPECT_SERVICE] = w->service * peers * score->of[ASPECT_SERVICE].surprise;
    score->nats[ASPECT_RESOURCE] = w->resource * score->of[ASPECT_RESOURCE].surprise;
    score->nats[ASPECT_CALLER] = w->resource * score->of[ASPECT_CALLER].surprise;
    const struct season_view season = season_now(&view->entity->season);
    score->amount = season.amount;
    score->expected = season.expected;
    score->volume = w->volume * season.surprise;
    const int refused = window->failures < FAILURES_MOST ? window->failures : FAILURES_MOST;
    score->refused = window->failures;
    score->failures = window->failures * 5 > window->events ? w->failures * refused : 0;
    score->earlier = w->earlier * (double)window->unusual < w->earlier_most ? w->earlier * (double)window->unusual : w->earlier_most;
    score->behaviour = score->nats[ASPECT_API] + score->nats[ASPECT_SERVICE] + score->nats[ASPECT_RESOURCE] +
                       score->nats[ASPECT_CALLER] + score->volume + score->edge + score->failures + score->earlier;
}

static void weigh_context(const struct learn_view *view, struct anomaly_score *score)
{
    const struct anomaly_weights *w = &ANOMALY_WEIGHTS;
    score->nats[ASPECT_NETWORK] = w->network * score->of[ASPECT_NETWORK].surprise;
    score->nats[ASPECT_COUNTRY] = w->country * score->of[ASPECT_COUNTRY].surprise;
    score->nats[ASPECT_AGENT] = w->agent * score->of[ASPECT_AGENT].surprise;
    score->nats[ASPECT_REGION] = w->region * score->of[ASPECT_REGION].surprise;
    score->hour = w->hour * hour_surprise(view, &score->hour_days);
    score->context = score->nats[ASPECT_NETWORK] + score->nats[ASPECT_COUNTRY] + score->nats[ASPECT_AGENT] +
                     score->nats[ASPECT_REGION] + score->hour;
}

/* The forest is asked last, and only when its answer can decide. */
static void weigh_forest(struct learn_view *view, double gravity, struct anomaly_score *score)
{
    const struct anomaly_weights *w = &ANOMALY_WEIGHTS;
    enum { FOREST_MOST = 8 };
    score->total = score->context + score->behaviour + gravity;
    if (score->total + w->forest * FOREST_MOST < w->threshold) {
        return;
    }
    float point[FOREST_DIMENSIONS];
    const struct rarity_profile *profile = view->entity;
    window_point(&profile->window, season_hour_share(&profile->season, view->hour, profile->days), point);
    score->forest = w->forest * forest_score(learn_forest(view->learn, view->owner), point).surprise;
    score->behaviour += score->forest;
    score->total += score->forest;
}

static bool is_anomalous(const struct anomaly_score *score, double gravity)
{
    const struct anomaly_weights *w = &ANOMALY_WEIGHTS;
    const struct learn_rarity *api = &score->of[ASPECT_API];
    if (gravity >= w->grave && api->entity == LEARN_NEVER && api->account == LEARN_NEVER && score->total >= w->grave_threshold) {
        return true;
    }
    return score->total >= w->threshold && score->behaviour >= w->least_behaviour &&
           (score->context >= w->least_context || score->behaviour >= w->alone);
}

static void case_note(struct anomaly_case *kept, const struct learn_view *view, const struct event *ev)
{
    const uint32_t hour = view->entity->window.hour;
    if (kept->entity != view->entity->key || kept->hour != hour) {
        *kept = (struct anomaly_case){ .entity = view->entity->key, .hour = hour };
    }
    char name[CASE_NAME];
    snprintf(name, sizeof(name), "%" STR_FMT "/%" STR_FMT, STR_ARG(event_get(ev, FIELD_SERVICE)), STR_ARG(event_get(ev, FIELD_ACTION)));
    size_t i = 0;
    while (i < kept->count && strcmp(kept->calls[i].name, name) != 0) {
        i++;
    }
    if (i == CASE_CALLS) {
        return;
    }
    if (i == kept->count) {
        memcpy(kept->calls[i].name, name, sizeof(name));
        kept->count++;
    }
    struct anomaly_call *call = &kept->calls[i];
    call->failed = has_failed(ev) ? one_more(call->failed) : call->failed;
    call->succeeded = has_failed(ev) ? call->succeeded : one_more(call->succeeded);
}

/* What an unusual call adds to the score of later ones in this hour: distinct calls count once. */
static void note_unusual(struct rarity_window *window, bool first, const struct anomaly_score *score)
{
    const double most = 100;
    const double sum = (double)window->unusual + score->nats[ASPECT_API];
    window->marked = (uint8_t)(window->marked < UINT8_MAX ? window->marked + 1 : UINT8_MAX);
    if (first && score->of[ASPECT_API].entity == LEARN_NEVER) {
        window->unusual = (float)(sum < most ? sum : most);
    }
}

static const struct tactic *tactic_of(struct anomaly *anomaly, const struct event *ev, uint64_t api)
{
    const size_t at = api % TACTIC_MEMOS;
    if (anomaly->known[at].api != api) {
        anomaly->known[at].api = api;
        anomaly->known[at].tactic = tactics_find(anomaly->tactics, event_get(ev, FIELD_SERVICE), event_get(ev, FIELD_ACTION));
    }
    return anomaly->known[at].tactic;
}

static bool judge(struct anomaly *anomaly, struct learn_view *view, const struct event *ev, const struct traits *traits,
                  const struct tactic *tactic, bool first, struct anomaly_score *score)
{
    weigh_behaviour(view, traits, score);
    weigh_context(view, score);
    weigh_forest(view, tactic->gravity, score);
    note_unusual(&view->entity->window, first, score);
    if (score->of[ASPECT_API].entity >= LEARN_RARE) {
        case_note(&anomaly->cases[view->entity->key % CASES], view, ev);
    }
    return is_anomalous(score, tactic->gravity);
}

static void set_type(const struct tactic *tactic, const struct traits *traits, struct verdict *verdict)
{
    const bool of_bucket = str_search(tactic->type, STR(":S3/")) != STR_MISSING;
    verdict->type = tactic->type;
    verdict->resource_type = of_bucket ? STR("S3Bucket") : STR("AccessKey");
    verdict->resource = of_bucket ? traits->bucket : STR_NONE;
}

/* A call like one before on this day, of which no verdict is wanted. */
static void count_again(const struct repeat *repeat, struct learn_view *view, const struct event *ev, struct traits *traits)
{
    const uint32_t hour = (uint32_t)(ev->at_ms / HOUR_MS);
    traits->api = repeat->api;
    window_turn(view, hour);
    note_fresh(&view->entity->window, view->judged && repeat->never);
    if (traits->resource) {
        learn_value_hash(view, PRINCIPAL_RESOURCE, traits->resource);
        learn_resource(view, ev, traits);
    }
    window_note(&view->entity->window, hour, traits, ev);
    season_add(&view->entity->season, view->day, view->hour, 1, view->learns);
    edges_count(learn_edges(view->learn, view->owner), learn_mix(view->entity->key, traits->api), hour, 1);
}

/* Whether counting it is enough: it teaches nothing, and it is not to be judged. */
static bool is_counted(const struct repeat *repeat, const struct learn_view *view)
{
    return !view->judged || (repeat->tactic == NULL && view->entity->last_day == view->day);
}

/* Learns the call. True: the first of its kind in this hour. */
static bool look(struct learn_view *view, const struct event *ev, const struct traits *traits, struct anomaly_score *score)
{
    rarity_prefetch(view->entity, learn_shape(LEARN_PRINCIPAL));
    const uint32_t hour = (uint32_t)(ev->at_ms / HOUR_MS);
    window_turn(view, hour);
    const bool first = (view->entity->window.actions >> (traits->api >> 58) & 1) == 0;
    learn_values(view, traits, score);
    note_fresh(&view->entity->window, score->of[ASPECT_API].entity == LEARN_NEVER);
    score->of[ASPECT_CALLER] = learn_resource(view, ev, traits);
    window_note(&view->entity->window, hour, traits, ev);
    season_add(&view->entity->season, view->day, view->hour, 1, view->learns);
    tell_peers(view, traits);
    const struct edges_view edge = edges_add(learn_edges(view->learn, view->owner), learn_mix(view->entity->key, traits->api), hour, 1);
    score->edge = ANOMALY_WEIGHTS.edge * edge.surprise;
    return first;
}

bool anomaly_inspect(struct anomaly *anomaly, struct learn *learn, const struct event *ev, const struct intel *intel,
                     struct verdict *verdict)
{
    struct traits traits;
    struct learn_view view;
    anomaly->also = NULL;
    if (!traits_begin(learn, &anomaly->memos, ev, &traits)) {
        return false;
    }
    struct repeat *repeat = repeats_find(&anomaly->repeats, traits.who, ev);
    const bool again = repeat && learn_again(&repeat->again, ev->at_ms, &view);
    if (again && is_counted(repeat, &view)) {
        count_again(repeat, &view, ev, &traits);
        return false;
    }
    if (!again && !learn_at(learn, LEARN_PRINCIPAL, event_get(ev, FIELD_ACCOUNT), traits.who, ev->at_ms, &view)) {
        return false;
    }
    traits_fill(learn, &anomaly->memos, ev, intel, &traits);
    struct anomaly_score score = { .judged = view.judged };
    const bool first = look(&view, ev, &traits, &score);
    const struct tactic *tactic = tactic_of(anomaly, ev, traits.api);
    if (repeat) {
        repeat->api = traits.api;
        repeat->tactic = tactic;
        repeat->never = score.of[ASPECT_API].entity_days == 0;
        repeat->again = learn_remember(&view);
    }
    if (!view.judged || tactic == NULL || !judge(anomaly, &view, ev, &traits, tactic, first, &score)) {
        return false;
    }
    learn_distrust(&view);
    if (score.of[ASPECT_API].entity < LEARN_RARE) { /* else it was noted before */
        case_note(&anomaly->cases[view.entity->key % CASES], &view, ev);
    }
    anomaly_tell(ev, intel, &traits, &score, &anomaly->cases[view.entity->key % CASES], verdict);
    set_type(tactic, &traits, verdict);
    anomaly->last = *verdict;
    anomaly->also = tactic_also(tactic);
    if (anomaly->also) {
        set_type(anomaly->also, &traits, &anomaly->last);
    }
    return true;
}

bool anomaly_also(struct anomaly *anomaly, const struct event *ev, struct verdict *verdict)
{
    (void)ev;
    if (anomaly->also == NULL) {
        return false;
    }
    anomaly->also = NULL;
    *verdict = anomaly->last;
    return true;
}
