/* mfa.c - virtual MFA devices: authenticator apps that share a seed with us. STS asks them for codes (GetSessionToken,
 * AssumeRole); number holds the step of the code accepted last. */
#include "crypto/random.h"
#include "crypto/totp.h"
#include "svc/iam/item.h"
#include "svc/iam/qr.h"

enum { DEVICES_PER_USER = 8 };

/* Whose device: a user's, or the account's own for its root. */
struct holder {
    struct str id;
    struct str name;
};

static struct err holder_of(struct request *rq, struct str user_name, struct holder *out)
{
    if (rq->caller.type == PRINCIPAL_ROOT && (user_name.ptr == NULL || str_equal(user_name, STR("root")))) {
        *out = (struct holder){ rq->account, STR("root") };
        return ERR_OK;
    }
    struct entity user = { .kind = ENTITY_USER };
    TRY(entity_user_or_caller(rq, user_name, &user));
    *out = (struct holder){ user.id, user.name };
    return ERR_OK;
}

/* What an authenticator app scans. spec: Google Authenticator wiki, "Key Uri Format". */
static struct str key_uri(struct request *rq, const struct item *device, struct str seed)
{
    return str_format(rq->ctx.arena, "otpauth://totp/Yagura:%" STR_FMT "@%" STR_FMT "?secret=%" STR_FMT "&issuer=Yagura",
                      STR_ARG(str_percent_encode(rq->ctx.arena, device->name, false)), STR_ARG(rq->account),
                      STR_ARG(seed));
}

struct err iam_create_virtual_mfa_device(struct request *rq, const struct iam_create_virtual_mfa_device_in *in,
                                         struct iam_create_virtual_mfa_device_out *out)
{
    const struct rows rows = rows_of(rq);
    const struct str path = in->path.ptr ? in->path : STR("/");
    char seed[TOTP_SEED_SIZE];
    struct item device = {
        .kind = ITEM_MFA,
        .key = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":mfa%" STR_FMT "%" STR_FMT, STR_ARG(rq->account),
                          STR_ARG(path), STR_ARG(in->virtual_mfa_device_name)),
        .name = in->virtual_mfa_device_name,
        .path = path,
        .created_ms = item_now(rq),
    };
    random_bytes(seed, sizeof(seed));
    device.secret = item_seal(rq, &device, (struct str){ seed, sizeof(seed) });
    const struct err err = rows_item_insert(&rows, &device);
    if (err_is(err, &STORE_CONFLICT)) {
        memory_wipe(seed, sizeof(seed));
        return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION,
                    "MFADevice entity at the same path and name already exists.");
    }
    TRY(err);
    struct iam_virtual_mfa_device *made = ARENA_NEW(rq->ctx.arena, struct iam_virtual_mfa_device);
    made->serial_number = device.key;
    made->base32_string_seed = totp_base32(rq->ctx.arena, (struct str){ seed, sizeof(seed) });
    memory_wipe(seed, sizeof(seed));
    made->qr_code_png = qr_png(&rq->ctx, key_uri(rq, &device, made->base32_string_seed));
    made->tags = in->tags;
    out->virtual_mfa_device = made;
    return tags_put(rq, item_tags(&device), in->tags);
}

struct err iam_delete_virtual_mfa_device(struct request *rq, const struct iam_delete_virtual_mfa_device_in *in,
                                         struct iam_delete_virtual_mfa_device_out *out)
{
    (void)out;
    struct item device = { .kind = ITEM_MFA };
    TRY(item_get(rq, ITEM_MFA, in->serial_number, &device));
    return device.owner.len == 0 ? item_delete(rq, &device)
                                 : fail(&rq->ctx, &IAM_DELETE_CONFLICT_EXCEPTION,
                                        "Cannot delete entity, must deactivate the MFA device first.");
}

/* Two codes in a row prove that the device holds the seed and set its clock. */
static struct err accept_codes(struct request *rq, struct item *device, struct str first, struct str second)
{
    struct str seed = STR_NONE;
    if (!item_unseal(rq, device, &seed)) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "the seed of %" STR_FMT " does not open", STR_ARG(device->key));
    }
    const bool good = totp_verify_pair(seed, first, second, rq->ctx.now_ms, device->number, &device->number);
    return good ? ERR_OK
                : fail(&rq->ctx, &IAM_INVALID_AUTHENTICATION_CODE_EXCEPTION,
                       "Authentication code for device is not valid.");
}

struct err iam_enable_mfa_device(struct request *rq, const struct iam_enable_mfa_device_in *in,
                                 struct iam_enable_mfa_device_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct holder holder = { STR_NONE, STR_NONE };
    struct item device = { .kind = ITEM_MFA };
    TRY(holder_of(rq, in->user_name, &holder));
    TRY(item_get(rq, ITEM_MFA, in->serial_number, &device));
    if (device.owner.len > 0) {
        return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION, "MFA Device is already in use.");
    }
    TRY(item_quota(rq, ITEM_MFA, holder.id, DEVICES_PER_USER, "MFADevicesPerUser"));
    TRY(accept_codes(rq, &device, in->authentication_code1, in->authentication_code2));
    device.owner = holder.id;
    device.changed_ms = item_now(rq);
    return rows_item_update(&rows, &device, STR_NONE);
}

static struct err device_of(struct request *rq, struct str user_name, struct str serial, struct item *device)
{
    const struct rows rows = rows_of(rq);
    struct holder holder = { STR_NONE, STR_NONE };
    bool found = false;
    TRY(holder_of(rq, user_name, &holder));
    TRY(rows_item_find(&rows, ITEM_MFA, serial, device, &found));
    return found && str_equal(device->owner, holder.id)
               ? ERR_OK
               : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "MFA Device invalid for user.");
}

struct err iam_deactivate_mfa_device(struct request *rq, const struct iam_deactivate_mfa_device_in *in,
                                     struct iam_deactivate_mfa_device_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct item device = { .kind = ITEM_MFA };
    TRY(device_of(rq, in->user_name, in->serial_number, &device));
    device.owner = STR("");
    device.changed_ms = 0;
    return rows_item_update(&rows, &device, STR_NONE);
}

struct err iam_resync_mfa_device(struct request *rq, const struct iam_resync_mfa_device_in *in,
                                 struct iam_resync_mfa_device_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct item device = { .kind = ITEM_MFA };
    TRY(device_of(rq, in->user_name, in->serial_number, &device));
    TRY(accept_codes(rq, &device, in->authentication_code1, in->authentication_code2));
    return rows_item_update(&rows, &device, STR_NONE);
}

struct err iam_list_mfa_devices(struct request *rq, const struct iam_list_mfa_devices_in *in,
                                struct iam_list_mfa_devices_out *out)
{
    struct holder holder = { STR_NONE, STR_NONE };
    struct item_page page = { .marker = STR_NONE };
    TRY(holder_of(rq, in->user_name, &holder));
    TRY(item_list(rq, ITEM_MFA, holder.id, STR_NONE, in->marker, in->max_items, &page));
    const size_t count = page.items.count;
    out->mfa_devices.items = ARENA_ARRAY(rq->ctx.arena, struct iam_mfa_device, count + 1);
    for (size_t i = 0; i < count; i++) {
        out->mfa_devices.items[i] = (struct iam_mfa_device){ holder.name, page.items.items[i].key,
                                                             SOME(page.items.items[i].changed_ms) };
    }
    out->mfa_devices.count = count;
    out->marker = page.marker;
    out->is_truncated = page.truncated;
    return ERR_OK;
}

/* The user a device is enabled for; NULL for none. */
static struct err user_of(struct request *rq, const struct item *device, const struct iam_user **out)
{
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct iam_user *made = ARENA_NEW(rq->ctx.arena, struct iam_user);
    bool found = false;
    if (str_equal(device->owner, rq->account)) {
        *made = (struct iam_user){
            .path = STR("/"),
            .user_name = STR("root"),
            .user_id = rq->account,
            .arn = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(rq->account)),
            .create_date = SOME(device->created_ms),
        };
        *out = made;
        return ERR_OK;
    }
    TRY(rows_entity_by_id(&rows, device->owner, &user, &found));
    if (found) {
        *made = user_out(rq, &user);
        *out = made;
    }
    return ERR_OK;
}

/* With a status a page may hold fewer than asked for, as IAM warns that pages may. */
struct err iam_list_virtual_mfa_devices(struct request *rq, const struct iam_list_virtual_mfa_devices_in *in,
                                        struct iam_list_virtual_mfa_devices_out *out)
{
    struct item_page page = { .marker = STR_NONE };
    TRY(item_list(rq, ITEM_MFA, STR_NONE, STR_NONE, in->marker, in->max_items, &page));
    out->virtual_mfa_devices.items = ARENA_ARRAY(rq->ctx.arena, struct iam_virtual_mfa_device, page.items.count + 1);
    for (size_t i = 0; i < page.items.count; i++) {
        const struct item *device = &page.items.items[i];
        const bool assigned = device->owner.len > 0;
        if (str_equal(in->assignment_status, assigned ? STR("Unassigned") : STR("Assigned"))) {
            continue;
        }
        struct iam_virtual_mfa_device *made = &out->virtual_mfa_devices.items[out->virtual_mfa_devices.count++];
        made->serial_number = device->key;
        made->enable_date = (struct opt_time){ assigned, device->changed_ms };
        TRY(user_of(rq, device, &made->user));
    }
    out->marker = page.marker;
    out->is_truncated = page.truncated;
    return ERR_OK;
}

struct err iam_get_mfa_device(struct request *rq, const struct iam_get_mfa_device_in *in,
                              struct iam_get_mfa_device_out *out)
{
    struct item device = { .kind = ITEM_MFA };
    const struct iam_user *user = NULL;
    if (in->user_name.ptr) {
        TRY(device_of(rq, in->user_name, in->serial_number, &device));
    } else {
        TRY(item_get(rq, ITEM_MFA, in->serial_number, &device));
    }
    TRY(user_of(rq, &device, &user));
    out->serial_number = device.key;
    out->user_name = user ? user->user_name : STR_NONE;
    out->enable_date = (struct opt_time){ user != NULL, device.changed_ms };
    return ERR_OK;
}
