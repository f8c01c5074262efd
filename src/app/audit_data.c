#include "app/audit_data.h"

#include <stdatomic.h>

#include "svc/cloudtrail/cloudtrail.h"
#include "svc/guardduty/guardduty.h"

/* How often it changed, twice; odd: nobody wants them. */
static _Atomic uint64_t state;

bool audit_data_wanted(void)
{
    return atomic_load(&state) % 2 == 0;
}

void audit_data_changed(void)
{
    uint64_t before = atomic_load(&state);
    while (!atomic_compare_exchange_weak(&state, &before, (before | 1) + 1)) {
    }
}

/* What was found counts only where nothing has changed since the look began. */
struct err audit_data_look(struct ctx *ctx, struct store_conn *db)
{
    bool trails = false, detectors = false;
    uint64_t before = atomic_load(&state);
    TRY(cloudtrail_takes_data(ctx, db, &trails));
    TRY(guardduty_takes_data(ctx, db, &detectors));
    const bool wanted = trails || detectors;
    if (wanted && before % 2 == 1) {
        audit_data_changed();
    } else if (!wanted) {
        atomic_compare_exchange_strong(&state, &before, before | 1);
    }
    return ERR_OK;
}
