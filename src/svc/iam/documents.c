#include "svc/iam/documents.h"

static void add(const struct rows *rows, struct documents *out, const struct document *document)
{
    out->items = arena_grow(rows->ctx->arena, out->items, out->count * sizeof(*out->items),
                            (out->count + 1) * sizeof(*out->items));
    out->items[out->count++] = *document;
}

static struct err add_entity(const struct rows *rows, const struct entity *entity, struct documents *out)
{
    struct pairs own = { NULL, 0 };
    struct pairs attached = { NULL, 0 };
    TRY(rows_pairs(rows, INLINE_POLICIES, entity->id, page_all(), &own));
    TRY(rows_pairs(rows, ATTACHED_POLICIES, entity->id, page_all(), &attached));
    for (size_t i = 0; i < own.count; i++) {
        add(rows, out, &(const struct document){ entity->kind, entity->name, own.items[i].name, false, own.items[i].value });
    }
    for (size_t i = 0; i < attached.count; i++) {
        struct document document = { entity->kind, entity->name, attached.items[i].name, true, STR_NONE };
        bool found = false;
        TRY(managed_document(rows, document.name, &document.text, &found));
        add(rows, out, &document);
    }
    return ERR_OK;
}

struct err documents_of(const struct rows *rows, const struct entity *entity, struct documents *out)
{
    struct entities groups = { NULL, 0 };
    *out = (struct documents){ NULL, 0 };
    TRY(add_entity(rows, entity, out));
    if (entity->kind == ENTITY_USER) {
        TRY(rows_related(rows, GROUPS_OF_USER, entity->id, page_all(), &groups));
    }
    for (size_t i = 0; i < groups.count; i++) {
        TRY(add_entity(rows, &groups.items[i], out));
    }
    return ERR_OK;
}
