/* qr_png.c - a QR code as a PNG of one bit a pixel, stored without compression. spec: PNG, third edition; RFC 1950; RFC 1951. */
#include "crypto/crc.h"
#include "svc/iam/qr.h"

enum { PIXELS = 4, QUIET = 4 };

static void add_big(struct text *text, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        text_add_char(text, (char)(unsigned char)(number >> shift));
    }
}

static void add_chunk(struct text *text, struct str type, struct str data)
{
    add_big(text, (uint32_t)data.len);
    text_add(text, type);
    text_add(text, data);
    add_big(text, crc32_ieee(crc32_ieee(0, type), data));
}

/* White is 1. A row begins with its filter, none. */
static void add_row(struct text *text, const struct qr *qr, int row)
{
    const int pixels = (qr->side + 2 * QUIET) * PIXELS;
    text_add_char(text, '\0');
    for (int x = 0; x < pixels; x += 8) {
        unsigned byte = 0;
        for (int i = 0; i < 8; i++) {
            const int column = (x + i) / PIXELS - QUIET;
            const bool inside = row >= 0 && row < qr->side && column >= 0 && column < qr->side;
            byte = (byte << 1) | !(inside && qr->dark[row][column]);
        }
        text_add_char(text, (char)(unsigned char)byte);
    }
}

static uint32_t adler32(struct str data)
{
    uint32_t a = 1;
    uint32_t b = 0;
    for (size_t i = 0; i < data.len; i++) {
        a = (a + (unsigned char)data.ptr[i]) % 65521;
        b = (b + a) % 65521;
    }
    return (b << 16) | a;
}

/* One stored block: the largest picture has under 64 KiB. */
static struct str stored(struct arena *arena, struct str data)
{
    const uint32_t length = (uint32_t)data.len;
    const unsigned char head[] = { 0x78, 0x01, 1, (unsigned char)length, (unsigned char)(length >> 8),
                                   (unsigned char)~length, (unsigned char)(~length >> 8) };
    struct text text = text_new(arena);
    text_add(&text, (struct str){ (const char *)head, sizeof(head) });
    text_add(&text, data);
    add_big(&text, adler32(data));
    return text_str(&text);
}

struct str qr_png(struct ctx *ctx, struct str text)
{
    struct qr *qr = ARENA_NEW(ctx->arena, struct qr);
    if (!qr_encode(text, qr)) {
        return STR_NONE;
    }
    const int pixels = (qr->side + 2 * QUIET) * PIXELS;
    struct text rows = text_new(ctx->arena);
    for (int y = 0; y < pixels; y++) {
        add_row(&rows, qr, y / PIXELS - QUIET);
    }
    struct text head = text_new(ctx->arena);
    add_big(&head, (uint32_t)pixels);
    add_big(&head, (uint32_t)pixels);
    text_add(&head, STR("\x01\x00\x00\x00\x00")); /* bits a pixel, grey, and three zeros */
    struct text png = text_new(ctx->arena);
    text_add(&png, STR("\x89PNG\r\n\x1a\n"));
    add_chunk(&png, STR("IHDR"), text_str(&head));
    add_chunk(&png, STR("IDAT"), stored(ctx->arena, text_str(&rows)));
    add_chunk(&png, STR("IEND"), STR(""));
    return text_str(&png);
}
