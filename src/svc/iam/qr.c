#include "svc/iam/qr.h"

enum { CODEWORDS_MAX = 660, CHECK_MAX = 30 };

/* By version, for correction level L. */
static const unsigned char CHECK_PER_BLOCK[QR_VERSION_MAX + 1] = { 0,  7,  10, 15, 20, 26, 18, 20,
                                                                   24, 30, 18, 20, 24, 26, 30, 22 };
static const unsigned char BLOCKS[QR_VERSION_MAX + 1] = { 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6 };

static int alignment_count(int version)
{
    return version == 1 ? 0 : version / 7 + 2;
}

/* All modules but finders, timing, alignment, format and version. */
static int codeword_count(int version)
{
    const int n = alignment_count(version);
    int modules = (16 * version + 128) * version + 64;
    modules -= n > 0 ? (25 * n - 10) * n - 55 : 0;
    modules -= version >= 7 ? 36 : 0;
    return modules / 8;
}

static int data_count(int version)
{
    return codeword_count(version) - CHECK_PER_BLOCK[version] * BLOCKS[version];
}

static int version_for(size_t bytes)
{
    for (int version = 1; version <= QR_VERSION_MAX; version++) {
        const size_t header = version < 10 ? 2 : 3;
        if (bytes + header <= (size_t)data_count(version)) {
            return version;
        }
    }
    return 0;
}

struct bits {
    unsigned char bytes[CODEWORDS_MAX];
    size_t count;
};

static void add_bits(struct bits *bits, unsigned value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        const unsigned bit = (value >> i) & 1;
        bits->bytes[bits->count / 8] = (unsigned char)(bits->bytes[bits->count / 8] | (bit << (7 - bits->count % 8)));
        bits->count++;
    }
}

/* Mode, length, bytes, terminator, padding. */
static void add_text(struct bits *bits, struct str text, int version)
{
    const size_t capacity = (size_t)data_count(version) * 8;
    add_bits(bits, 4, 4);
    add_bits(bits, (unsigned)text.len, version < 10 ? 8 : 16);
    for (size_t i = 0; i < text.len; i++) {
        add_bits(bits, (unsigned char)text.ptr[i], 8);
    }
    const size_t left = capacity - bits->count;
    add_bits(bits, 0, left < 4 ? (int)left : 4);
    add_bits(bits, 0, (int)((8 - bits->count % 8) % 8));
    for (unsigned pad = 0xEC; bits->count < capacity; pad ^= 0xEC ^ 0x11) {
        add_bits(bits, pad, 8);
    }
}

/* In the field of 256 elements with polynomial 0x11D. */
static unsigned char multiply(unsigned char a, unsigned char b)
{
    unsigned product = 0;
    for (int i = 7; i >= 0; i--) {
        product = (product << 1) ^ ((product >> 7) * 0x11D);
        product ^= (((unsigned)b >> i) & 1U) * a;
    }
    return (unsigned char)product;
}

/* The product of (x - 2^i), highest power left out. */
static void generator(int degree, unsigned char out[CHECK_MAX])
{
    unsigned char root = 1;
    memset(out, 0, CHECK_MAX);
    out[degree - 1] = 1;
    for (int i = 0; i < degree; i++) {
        for (int j = 0; j < degree; j++) {
            out[j] = (unsigned char)(multiply(out[j], root) ^ (j + 1 < degree ? out[j + 1] : 0));
        }
        root = multiply(root, 2);
    }
}

static void check_codewords(const unsigned char *data, int count, int degree, unsigned char out[CHECK_MAX])
{
    unsigned char divisor[CHECK_MAX];
    generator(degree, divisor);
    memset(out, 0, CHECK_MAX);
    for (int i = 0; i < count; i++) {
        const unsigned char factor = data[i] ^ out[0];
        memmove(out, out + 1, (size_t)degree - 1);
        out[degree - 1] = 0;
        for (int j = 0; j < degree; j++) {
            out[j] = (unsigned char)(out[j] ^ multiply(divisor[j], factor));
        }
    }
}

/* Blocks are sent a codeword of each in turn; the later ones may be one longer. */
static void interleave(const struct bits *data, int version, unsigned char out[CODEWORDS_MAX])
{
    const int blocks = BLOCKS[version];
    const int check = CHECK_PER_BLOCK[version];
    const int total = data_count(version);
    const int shorter = total / blocks;
    const int short_blocks = blocks - total % blocks;
    int start = 0;
    for (int block = 0; block < blocks; block++) {
        const int count = shorter + (block >= short_blocks);
        unsigned char checks[CHECK_MAX];
        check_codewords(data->bytes + start, count, check, checks);
        for (int i = 0; i < count; i++) {
            const int at = i < shorter ? i * blocks + block : shorter * blocks + block - short_blocks;
            out[at] = data->bytes[start + i];
        }
        for (int i = 0; i < check; i++) {
            out[total + i * blocks + block] = checks[i];
        }
        start += count;
    }
}

static void set_fixed(struct qr *qr, int row, int column, bool dark)
{
    if (row >= 0 && row < qr->side && column >= 0 && column < qr->side) {
        qr->dark[row][column] = dark;
        qr->fixed[row][column] = 1;
    }
}

/* Squares in squares around a middle: finders reach 4 modules, white rim included, alignments 2. */
static void draw_rings(struct qr *qr, int row, int column, int reach)
{
    for (int y = -reach; y <= reach; y++) {
        for (int x = -reach; x <= reach; x++) {
            const int ring = (y < 0 ? -y : y) > (x < 0 ? -x : x) ? (y < 0 ? -y : y) : (x < 0 ? -x : x);
            set_fixed(qr, row + y, column + x, reach == 4 ? ring != 2 && ring != 4 : ring != 1);
        }
    }
}

static void draw_alignments(struct qr *qr, int version)
{
    const int count = alignment_count(version);
    const int step = count > 1 ? (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2 : 0;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            const int row = i == 0 ? 6 : qr->side - 7 - (count - 1 - i) * step;
            const int column = j == 0 ? 6 : qr->side - 7 - (count - 1 - j) * step;
            const bool corner = (i == 0 && j == 0) || (i == 0 && j == count - 1) || (i == count - 1 && j == 0);
            if (!corner) {
                draw_rings(qr, row, column, 2);
            }
        }
    }
}

/* value followed by its remainder, as format and version are protected. */
static unsigned with_remainder(unsigned value, unsigned polynomial, int width)
{
    unsigned remainder = value;
    for (int i = 0; i < width; i++) {
        remainder = (remainder << 1) ^ ((remainder >> (width - 1)) * polynomial);
    }
    return (value << width) | (remainder & ((1U << width) - 1));
}

/* Level L and mask 0, twice. */
static void draw_format(struct qr *qr)
{
    const unsigned format = with_remainder(1U << 3, 0x537, 10) ^ 0x5412;
    for (int i = 0; i < 15; i++) {
        const bool dark = (format >> i) & 1;
        const int along = i < 6 ? i : i < 8 ? i + 1 : qr->side - 15 + i;
        const int across = i < 8 ? qr->side - 1 - i : i == 8 ? 7 : 14 - i;
        set_fixed(qr, along, 8, dark);
        set_fixed(qr, 8, across, dark);
    }
    set_fixed(qr, qr->side - 8, 8, true);
}

static void draw_version(struct qr *qr, int version)
{
    const unsigned text = with_remainder((unsigned)version, 0x1F25, 12);
    for (int i = 0; version >= 7 && i < 18; i++) {
        const bool dark = (text >> i) & 1;
        set_fixed(qr, qr->side - 11 + i % 3, i / 3, dark);
        set_fixed(qr, i / 3, qr->side - 11 + i % 3, dark);
    }
}

static void draw_patterns(struct qr *qr, int version)
{
    for (int i = 0; i < qr->side; i++) {
        set_fixed(qr, 6, i, i % 2 == 0);
        set_fixed(qr, i, 6, i % 2 == 0);
    }
    draw_rings(qr, 3, 3, 4);
    draw_rings(qr, 3, qr->side - 4, 4);
    draw_rings(qr, qr->side - 4, 3, 4);
    draw_alignments(qr, version);
    draw_format(qr);
    draw_version(qr, version);
}

/* Two columns at a time from the right, up and down in turn, under mask 0: readers take any mask, so one is enough. */
static void draw_data(struct qr *qr, const unsigned char *codewords, int count)
{
    int at = 0;
    bool up = true;
    for (int right = qr->side - 1; right > 0; right -= right == 8 ? 3 : 2, up = !up) {
        const int first = right == 6 ? 5 : right;
        for (int i = 0; i < 2 * qr->side; i++) {
            const int row = up ? qr->side - 1 - i / 2 : i / 2;
            const int column = first - i % 2;
            if (qr->fixed[row][column]) {
                continue;
            }
            const bool bit = at < count * 8 && ((codewords[at / 8] >> (7 - at % 8)) & 1);
            qr->dark[row][column] = bit != ((row + column) % 2 == 0);
            at++;
        }
    }
}

bool qr_encode(struct str text, struct qr *out)
{
    const int version = version_for(text.len);
    struct bits data = { .count = 0 };
    unsigned char codewords[CODEWORDS_MAX] = { 0 };
    memset(out, 0, sizeof(*out));
    if (version == 0) {
        return false;
    }
    out->side = 4 * version + 17;
    add_text(&data, text, version);
    interleave(&data, version, codewords);
    draw_patterns(out, version);
    draw_data(out, codewords, codeword_count(version));
    return true;
}
