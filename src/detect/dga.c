#include "detect/dga.h"

#include <math.h>

#include "base/map.h"
#include "detect/model.h"

enum {
    CODES = 39, /* 0: before and behind the label; a to z, 0 to 9, hyphen; 38: anything else */
    HYPHEN = 37,
    OTHER = 38,
    LONGEST = 63,
    INPUTS = 20,
    HIDDEN = 24,
    FOUR_BITS = 16,
    FIVE_BITS = 17,
    SUFFIX_MAX = 16,
    SUFFIXES = 1024,
};
enum { KNOWN_WELL = 5, KNOWN_AT_ALL = 2 }; /* on the logarithmic scale of the tables */

struct suffix {
    char name[SUFFIX_MAX];
    uint8_t len;
    float odds;
};

struct dga {
    unsigned char trigram[CODES * CODES * CODES];    /* sixteenths of a nat */
    unsigned char four[1 << FOUR_BITS >> 1];         /* nibbles */
    unsigned char five[1 << FIVE_BITS >> 1];
    float weights[INPUTS][HIDDEN], bias[HIDDEN], out[HIDDEN], out_bias;
    struct suffix suffixes[SUFFIXES]; /* open addressing by their hash */
    size_t suffix_count;
    float other_suffix;
    double limit;
};

static uint32_t suffix_hash(struct str name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ ((unsigned char)name.ptr[i] | 0x20u)) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static bool suffix_same(const struct suffix *known, struct str name)
{
    bool same = known->len == name.len;
    for (size_t i = 0; i < name.len && same; i++) {
        same = known->name[i] == (char)((unsigned char)name.ptr[i] | 0x20u) || known->name[i] == name.ptr[i];
    }
    return same;
}

/* The place of a suffix, or where it would stand. */
static size_t suffix_place(const struct dga *dga, struct str name)
{
    size_t at = suffix_hash(name) % SUFFIXES;
    while (dga->suffixes[at].len > 0 && !suffix_same(&dga->suffixes[at], name)) {
        at = (at + 1) % SUFFIXES;
    }
    return at;
}

static float suffix_odds(const struct dga *dga, struct str suffix)
{
    const size_t dot = str_find_last(suffix, '.');
    const struct str last = dot == STR_MISSING ? suffix : str_from(suffix, dot + 1);
    const struct suffix *known = last.len == 0 || last.len >= SUFFIX_MAX ? NULL : &dga->suffixes[suffix_place(dga, last)];
    return known && known->len > 0 ? known->odds : dga->other_suffix;
}

static bool read_suffix(struct dga *dga, struct str rest)
{
    double odds = 0;
    struct str number = STR_NONE;
    const struct str name = str_cut(rest, ' ', &number);
    if (!number.ptr || !str_to_double(number, &odds) || name.len == 0 || name.len >= SUFFIX_MAX) {
        return false;
    }
    if (str_equal(name, STR("*"))) {
        dga->other_suffix = (float)odds;
        return true;
    }
    if (++dga->suffix_count >= SUFFIXES / 2) {
        return false;
    }
    struct suffix *suffix = &dga->suffixes[suffix_place(dga, name)];
    memcpy(suffix->name, name.ptr, name.len);
    suffix->len = (uint8_t)name.len;
    suffix->odds = (float)odds;
    return true;
}

/* What the lines of numbers hold, before the scaling of the inputs is worked into the weights. */
struct raw {
    double inputs, hidden, limit, out_bias;
    double mean[INPUTS], scale[INPUTS], rows[HIDDEN][INPUTS], bias[HIDDEN], out[HIDDEN];
    size_t row_count;
};

static bool read_line(struct dga *dga, struct raw *raw, struct str *text, struct str word, struct str rest)
{
    const struct { struct str word; double *out; size_t count; } numbers[] = {
        { STR_INIT("inputs"), &raw->inputs, 1 },        { STR_INIT("hidden"), &raw->hidden, 1 },
        { STR_INIT("limit"), &raw->limit, 1 },          { STR_INIT("mean"), raw->mean, INPUTS },
        { STR_INIT("scale"), raw->scale, INPUTS },      { STR_INIT("hidden_bias"), raw->bias, HIDDEN },
        { STR_INIT("out"), raw->out, HIDDEN },          { STR_INIT("out_bias"), &raw->out_bias, 1 },
    };
    const struct { struct str word; unsigned char *out; size_t count; } tables[] = {
        { STR_INIT("trigram"), dga->trigram, sizeof(dga->trigram) },
        { STR_INIT("gram4"), dga->four, sizeof(dga->four) },
        { STR_INIT("gram5"), dga->five, sizeof(dga->five) },
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        if (str_equal(word, numbers[i].word)) {
            return model_numbers(rest, numbers[i].out, numbers[i].count);
        }
    }
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        if (str_equal(word, tables[i].word)) {
            return model_bytes(text, tables[i].out, tables[i].count);
        }
    }
    if (str_equal(word, STR("row"))) {
        return raw->row_count < HIDDEN && model_numbers(rest, raw->rows[raw->row_count++], INPUTS);
    }
    return str_equal(word, STR("suffix")) ? read_suffix(dga, rest) : str_equal(word, STR("yagura-model"));
}

static bool take_weights(struct dga *dga, const struct raw *raw)
{
    const bool whole = raw->inputs >= INPUTS && raw->inputs <= INPUTS && raw->hidden >= HIDDEN && raw->hidden <= HIDDEN &&
                       raw->row_count == HIDDEN;
    for (size_t h = 0; h < HIDDEN && whole; h++) {
        double bias = raw->bias[h];
        for (size_t i = 0; i < INPUTS; i++) {
            if (!(raw->scale[i] > 0)) {
                return false;
            }
            dga->weights[i][h] = (float)(raw->rows[h][i] / raw->scale[i]);
            bias -= raw->rows[h][i] * raw->mean[i] / raw->scale[i];
        }
        dga->bias[h] = (float)bias;
        dga->out[h] = (float)raw->out[h];
    }
    dga->out_bias = (float)raw->out_bias;
    dga->limit = raw->limit;
    return whole;
}

struct dga *dga_open(struct str model)
{
    if (!model_begins(model, STR("dga"))) {
        return NULL;
    }
    struct dga *dga = memory_new(sizeof(*dga));
    struct raw raw = { .row_count = 0 };
    struct str word = STR_NONE;
    struct str rest = STR_NONE;
    bool good = true;
    while (good && model_line(&model, &word, &rest)) {
        good = read_line(dga, &raw, &model, word, rest);
    }
    if (good && take_weights(dga, &raw)) {
        return dga;
    }
    dga_close(dga);
    return NULL;
}

void dga_close(struct dga *dga) { memory_free(dga); }

double dga_limit(const struct dga *dga) { return dga->limit; }

static const unsigned char code_of[256] = {
    ['a'] = 1,  ['b'] = 2,  ['c'] = 3,  ['d'] = 4,  ['e'] = 5,  ['f'] = 6,  ['g'] = 7,  ['h'] = 8,  ['i'] = 9,  ['j'] = 10,
    ['k'] = 11, ['l'] = 12, ['m'] = 13, ['n'] = 14, ['o'] = 15, ['p'] = 16, ['q'] = 17, ['r'] = 18, ['s'] = 19, ['t'] = 20,
    ['u'] = 21, ['v'] = 22, ['w'] = 23, ['x'] = 24, ['y'] = 25, ['z'] = 26, ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,
    ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
    ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['0'] = 27, ['1'] = 28, ['2'] = 29, ['3'] = 30, ['4'] = 31, ['5'] = 32, ['6'] = 33, ['7'] = 34,
    ['8'] = 35, ['9'] = 36, ['-'] = HYPHEN,
};

static bool is_digit(unsigned code) { return code >= 27 && code <= 36; }
static bool is_letter(unsigned code) { return code >= 1 && code <= 26; }
static bool is_vowel(unsigned code)
{
    return code == 1 || code == 5 || code == 9 || code == 15 || code == 21 || code == 25; /* a e i o u y */
}

/* codes[2..length+1] are the label, 0 stands around it. */
static size_t encode(struct str label, unsigned char codes[LONGEST + 4])
{
    const size_t length = label.len < LONGEST ? label.len : LONGEST;
    for (size_t i = 0; i < length; i++) {
        const unsigned char code = code_of[(unsigned char)label.ptr[i]];
        codes[i + 2] = code ? code : OTHER;
    }
    return length;
}

static void spell_trigrams(const struct dga *dga, const unsigned char *codes, size_t length, float *in)
{
    unsigned sum = 0;
    unsigned most = 0;
    unsigned rare = 0;
    for (size_t i = 2; i <= length + 2; i++) {
        const unsigned cost = dga->trigram[(codes[i - 2] * CODES + codes[i - 1]) * CODES + codes[i]];
        sum += cost;
        most = cost > most ? cost : most;
        rare += cost > 5 * 16;
    }
    const float count = (float)(length + 1);
    in[0] = (float)sum / 16 / count;
    in[1] = (float)most / 16;
    in[2] = (float)rare / count;
}

/* How well known the pieces of `size` characters are. The hash is the script's. */
static void spell_grams(const unsigned char *table, unsigned bits, size_t size, const unsigned char *codes, size_t length, float *in)
{
    unsigned sum = 0;
    unsigned unseen = 0;
    unsigned seldom = 0;
    unsigned count = 0;
    for (size_t i = size - 1; i <= length + 2; i++) {
        uint64_t gram = 0;
        for (size_t j = i + 1 - size; j <= i; j++) {
            gram = gram * CODES + codes[j];
        }
        const uint32_t place = (uint32_t)(gram * 0x9E3779B1u) >> (32 - bits);
        const unsigned known = table[place >> 1] >> (place & 1 ? 4 : 0) & 15u;
        sum += known;
        unseen += known < KNOWN_AT_ALL;
        seldom += known < KNOWN_WELL;
        count++;
    }
    const float all = count ? (float)count : 1;
    in[0] = (float)sum / all;
    in[1] = (float)unseen / all;
    in[2] = (float)seldom / all;
}

struct kinds {
    unsigned digits, vowels, letters, hyphens, hexadecimal, changes, consonant_run, digit_run;
};

static struct kinds count_kinds(const unsigned char *codes, size_t length)
{
    struct kinds k = { .digits = 0 };
    unsigned consonants = 0;
    unsigned digits = 0;
    for (size_t i = 2; i < length + 2; i++) {
        const unsigned code = codes[i];
        const bool digit = is_digit(code);
        const bool consonant = is_letter(code) && !is_vowel(code);
        k.digits += digit;
        k.letters += is_letter(code);
        k.vowels += is_vowel(code);
        k.hyphens += code == HYPHEN;
        k.hexadecimal += digit || (code >= 1 && code <= 6);
        k.changes += i + 1 < LONGEST + 4 && digit != is_digit(codes[i + 1]);
        consonants = consonant ? consonants + 1 : 0;
        digits = digit ? digits + 1 : 0;
        k.consonant_run = consonants > k.consonant_run ? consonants : k.consonant_run;
        k.digit_run = digits > k.digit_run ? digits : k.digit_run;
    }
    return k;
}

static void count_characters(const unsigned char *codes, size_t length, float *in)
{
    unsigned char counts[CODES] = { 0 };
    unsigned distinct = 0;
    for (size_t i = 2; i < length + 2; i++) {
        distinct += counts[codes[i]]++ == 0;
    }
    float entropy = 0;
    for (size_t code = 1; code < CODES; code++) {
        if (counts[code] > 0) {
            const float share = (float)counts[code] / (float)length;
            entropy -= share * logf(share);
        }
    }
    in[0] = (float)distinct / (float)length;
    in[1] = entropy;
}

static void spell_kinds(const unsigned char *codes, size_t length, float *in)
{
    const struct kinds k = count_kinds(codes, length);
    const float all = (float)length;
    in[0] = all;
    in[1] = (float)k.digits / all;
    in[2] = (float)k.vowels / (float)(k.letters ? k.letters : 1);
    in[3] = (float)k.hyphens;
    in[4] = (float)k.hexadecimal / all;
    in[5] = (float)k.changes / all;
    in[6] = (float)k.consonant_run;
    in[7] = (float)k.digit_run;
    count_characters(codes, length, in + 8);
}

static double run_net(const struct dga *dga, const float in[INPUTS])
{
    float hidden[HIDDEN];
    memcpy(hidden, dga->bias, sizeof(hidden));
    for (size_t i = 0; i < INPUTS; i++) {
        for (size_t h = 0; h < HIDDEN; h++) {
            hidden[h] += dga->weights[i][h] * in[i];
        }
    }
    float out = dga->out_bias;
    for (size_t h = 0; h < HIDDEN; h++) {
        out += hidden[h] > 0 ? hidden[h] * dga->out[h] : 0;
    }
    return (double)out;
}

double dga_score(const struct dga *dga, struct str label, struct str suffix)
{
    unsigned char codes[LONGEST + 4] = { 0 };
    float in[INPUTS];
    const size_t length = encode(label, codes);
    if (length == 0) {
        return 0;
    }
    spell_trigrams(dga, codes, length, in);
    spell_grams(dga->four, FOUR_BITS, 4, codes, length, in + 3);
    spell_grams(dga->five, FIVE_BITS, 5, codes, length, in + 6);
    spell_kinds(codes, length, in + 9);
    in[19] = suffix_odds(dga, suffix);
    return run_net(dga, in);
}
