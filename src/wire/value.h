/* value.h - reaching into values of a shape: a view reads one, a slot fills one (the layout stands in wire/model.h).
 *
 * Scalars are optional inside structures and bare inside lists and maps; views and slots hide the difference. A slot's
 * memory is zero before it is filled. struct decoder bounds what one request may make us allocate. */
#ifndef YAGURA_WIRE_VALUE_H
#define YAGURA_WIRE_VALUE_H

#include "wire/model.h"

struct view {
    const struct shape *shape;
    const void *at; /* a structure: itself, NULL when absent; others: their place */
    bool bare;
    uint8_t time;   /* enum timestamp_format of this use of the shape */
};

struct view view_structure(const struct shape *shape, const void *structure);
struct view view_member(const void *structure, const struct member *member);
struct view view_item(const struct view *list, size_t index); /* element of a list, value of a map */
bool view_present(const struct view *view);
struct str view_text(const struct view *view);    /* string, blob, document */
bool view_bool(const struct view *view);
int64_t view_integer(const struct view *view);    /* integer, long, timestamp */
double view_double(const struct view *view);
size_t view_count(const struct view *view);       /* list, map */
struct str view_key(const struct view *map, size_t index);

struct slot {
    const struct shape *shape;
    void *at;
    bool bare;
    uint8_t time;
};

enum { DECODE_BUDGET = 64 << 20, DECODE_DEPTH_MAX = 128 };

/* One decoding: where memory comes from, how much is left, and which fault says "malformed". */
struct decoder {
    struct ctx *ctx;
    const struct fault *malformed;
    size_t budget;
};

struct decoder decoder_new(struct ctx *ctx, const struct fault *malformed);

struct slot slot_member(void *structure, const struct member *member);
/* The structure behind the slot, made when it isn't there yet. */
void *slot_structure(struct decoder *d, const struct slot *slot);
void slot_text(const struct slot *slot, struct str text);
void slot_bool(const struct slot *slot, bool value);
/* False when it is out of the shape's range. */
bool slot_integer(const struct slot *slot, int64_t value);
void slot_double(const struct slot *slot, double value);

/* Fills a list or map. */
struct builder {
    struct slot slot;
    char *items;
    size_t count;
    size_t capacity;
};

struct builder builder_new(struct decoder *d, const struct slot *slot);
/* The next element, or value of the next entry, under key (ignored by lists). Fails when the budget is spent. */
struct err builder_add(struct decoder *d, struct builder *builder, struct str key, struct slot *item);
void builder_drop_last(struct builder *builder);
void builder_done(struct builder *builder); /* present from here on, even if empty */

/* A scalar from text: form values, XML text, headers, labels. time_default applies where the model says nothing. */
struct err slot_parse(struct decoder *d, const struct slot *slot, struct str text, enum timestamp_format time_default);
struct err slot_parse_time(struct decoder *d, const struct slot *slot, struct str text, enum timestamp_format format);
/* A scalar as text, the other way round; doubles that are no numbers are NaN, Infinity, -Infinity. */
struct str view_print(struct arena *arena, const struct view *view, enum timestamp_format time_default);
/* Seconds with the fraction only when there is one: 1422172800, 1422172800.123. */
struct str print_epoch(struct arena *arena, int64_t ms);

/* The beginning of s for a person to read: whole characters, at most so many bytes. */
struct str text_shown(struct str s, size_t most);

enum timestamp_format time_of(uint8_t own, enum timestamp_format otherwise);

#endif
