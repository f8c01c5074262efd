#include "detect/learn/learn.h"

#include <math.h>

#include "detect/learn/account.h"

#define HOUR_MS (INT64_C(60) * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)

/* spec: GuardDuty user guide, anomaly details: rare, infrequent, frequent. The guide gives no figures; these are ours. */
static const double FREQUENT_SHARE = 0.2, INFREQUENT_SHARE = 0.04;
enum { FREQUENT_DAYS = 5, INFREQUENT_DAYS = 2 };
/* A value that is everybody's is no surprise beyond being new; one nobody had, so many nats more. */
static const double UNHEARD_NATS = 3.0, SELDOM_NATS = 3.0;
enum { FIRST_DAY = 10957, LAST_DAY = 60000, ADOPTERS_COMMON = 3 }; /* 2000-01-01, 2134-04-11 */

static uint8_t days_before(const struct rarity_profile *profile, uint16_t day)
{
    return (uint8_t)(profile->days - (profile->days > 0 && profile->last_day == day));
}

static void view_stand(struct learn_view *view, bool judged, int64_t at_ms)
{
    view->hour = (uint8_t)(at_ms / HOUR_MS % 24);
    view->judged = judged && days_before(view->entity, view->day) >= LEARN_ENTITY_DAYS &&
                   days_before(view->account, view->day) >= LEARN_ACCOUNT_DAYS;
    view->learns = view->entity->distrusted != view->day;
}

bool learn_at(struct learn *learn, enum learn_kind kind, struct str account_name, struct str entity, int64_t at_ms,
              struct learn_view *view)
{
    const int64_t day = at_ms / DAY_MS;
    if (account_name.len == 0 || entity.len == 0 || day < FIRST_DAY || day > LAST_DAY) {
        learn->counts.refused++;
        return false;
    }
    struct learn_account *account = learn_account_get(learn, account_name);
    if (account == NULL) {
        return false;
    }
    const struct learn_standing standing = learn_clock_tell(&account->clock, (uint16_t)day);
    if (!standing.learns) {
        learn->counts.refused++;
        return false;
    }
    if (standing.forgets) {
        learn_account_forget(learn, account);
    }
    const uint64_t hash = learn_hash(learn->options.seed + kind + 1, entity);
    struct rarity_profile *profile = learn_entity_get(learn, account, kind, hash ? hash : 1);
    if (profile == NULL) {
        return false;
    }
    struct rarity_profile *whole = learn_whole_get(learn, account, kind);
    rarity_visit(profile, learn_shape(kind), (uint16_t)day);
    rarity_visit(whole, learn_account_shape(kind), (uint16_t)day);
    *view = (struct learn_view){ .learn = learn, .owner = account, .entity = profile, .account = whole, .kind = kind, .day = (uint16_t)day };
    view_stand(view, standing.judged, at_ms);
    return true;
}

static uint32_t moved_of(const struct learn_view *view)
{
    return view->learn->moved[view->entity->key % LEARN_MOVED] + view->learn->moved[view->account->key % LEARN_MOVED];
}

struct learn_again learn_remember(const struct learn_view *view)
{
    return (struct learn_again){ *view, view->learn->counts.forgotten, moved_of(view) };
}

bool learn_again(const struct learn_again *again, int64_t at_ms, struct learn_view *view)
{
    if (again->view.learn == NULL || again->forgotten != again->view.learn->counts.forgotten || at_ms / DAY_MS != again->view.day ||
        !learn_clock_steady(&again->view.owner->clock, again->view.day) || again->moved != moved_of(&again->view)) {
        return false;
    }
    *view = again->view;
    view->established = 0;
    view_stand(view, learn_clock_tell(&view->owner->clock, view->day).judged, at_ms);
    return true;
}

static enum learn_word word_of(uint8_t days, uint8_t history)
{
    const double share = history > 0 ? (double)days / history : 0;
    if (days == 0) {
        return LEARN_NEVER;
    }
    if (share >= FREQUENT_SHARE && days >= FREQUENT_DAYS) {
        return LEARN_FREQUENT;
    }
    return share >= INFREQUENT_SHARE && days >= INFREQUENT_DAYS ? LEARN_INFREQUENT : LEARN_RARE;
}

const char *learn_word_name(enum learn_word word)
{
    static const char *const NAMES[] = { "unknown", "frequent", "infrequent", "rare", "rare" };
    return NAMES[word];
}

/* A value the entity has never shown: that it shows anything new, and that it is this, by what others do. */
static double surprise_new(const struct learn_view *view, unsigned feature, const struct learn_rarity *r)
{
    const double own = -log(rarity_novelty(view->entity, feature));
    if (r->account == LEARN_FREQUENT || r->adopters >= ADOPTERS_COMMON) {
        return own;
    }
    const double share = (r->account_days + 0.5) / (r->account_history + 1.0);
    const double others = -log(share) / 1.5;
    return own + (others < UNHEARD_NATS ? others : UNHEARD_NATS);
}

static double surprise_of(const struct learn_view *view, unsigned feature, const struct learn_rarity *r)
{
    if (r->entity == LEARN_NEVER) {
        return surprise_new(view, feature, r);
    }
    if (r->entity == LEARN_FREQUENT) {
        return 0;
    }
    const double seldom = -log((double)r->entity_days / r->entity_history) / 2;
    return seldom < 0 ? 0 : seldom < SELDOM_NATS ? seldom : SELDOM_NATS;
}

static struct learn_rarity answer(const struct learn_view *view, unsigned feature, struct rarity_seen own, struct rarity_seen all)
{
    struct learn_rarity r = {
        .entity_days = own.days,
        .account_days = all.days,
        .entity_history = days_before(view->entity, view->day),
        .account_history = days_before(view->account, view->day),
        .adopters = all.more,
    };
    if (view->judged) {
        r.entity = word_of(r.entity_days, r.entity_history);
        r.account = word_of(r.account_days, r.account_history);
        r.surprise = surprise_of(view, feature, &r);
    }
    return r;
}

static void note_moved(struct learn_view *view, unsigned feature, bool own, bool all)
{
    if (view->kind == LEARN_PRINCIPAL && feature == PRINCIPAL_RESOURCE) {
        return;
    }
    view->learn->moved[view->entity->key % LEARN_MOVED] += own;
    view->learn->moved[view->account->key % LEARN_MOVED] += all;
}

struct learn_rarity learn_value_hash(struct learn_view *view, unsigned feature, uint64_t hash)
{
    const struct rarity_shape *shape = learn_shape(view->kind);
    const struct rarity_shape *account_shape = learn_account_shape(view->kind);
    const struct rarity_seen own = rarity_observe(view->entity, shape, feature, hash, view->day,
                                                  view->learns ? RARITY_LEARN : RARITY_DISTRUST);
    const struct rarity_seen all = rarity_observe(view->account, account_shape, feature, hash, view->day,
                                                  view->learns ? RARITY_LEARN : RARITY_LOOK);
    if (own.established) {
        rarity_adopt(view->account, account_shape, feature, hash, view->day);
        view->established |= 1u << feature;
    }
    view->learn->counts.displaced += own.displaced;
    if (own.displaced || all.displaced || own.established) {
        note_moved(view, feature, own.displaced, all.displaced || own.established);
    }
    return answer(view, feature, own, all);
}

uint64_t learn_value_key(const struct learn *learn, struct str value) { return learn_hash(learn->options.seed, value); }

struct learn_rarity learn_value(struct learn_view *view, unsigned feature, struct str value)
{
    if (value.len == 0 || feature >= learn_shape(view->kind)->features) {
        return (struct learn_rarity){ .entity = LEARN_UNKNOWN };
    }
    return learn_value_hash(view, feature, learn_value_key(view->learn, value));
}

struct learn_volume learn_amount(struct learn_view *view, double amount)
{
    struct rarity_profile *profile = view->entity;
    season_add(&profile->season, view->day, view->hour, amount, view->learns);
    const struct season_view now = season_now(&profile->season);
    return (struct learn_volume){ now.amount, now.expected, view->judged ? now.surprise : 0 };
}

void learn_distrust(struct learn_view *view)
{
    struct rarity_profile *profile = view->entity;
    if (profile->distrusted == view->day) {
        return;
    }
    rarity_distrust(profile, learn_shape(view->kind), view->day, true);
    rarity_distrust(view->account, learn_account_shape(view->kind), view->day, false);
    season_distrust(&profile->season);
    note_moved(view, 0, true, true);
    view->learns = false;
}
