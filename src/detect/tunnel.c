#include "detect/tunnel.h"

#include <math.h>

#include "detect/keyed.h"
#include "detect/model.h"

enum { HYPHEN = 36, OTHER = 37, INPUTS = 5, NAME_LENGTH_MOST = 255, NAMES_MOST = 250 }; /* so that counts fit */

static bool carries(struct str type)
{
    static const struct str carriers[] = { STR_INIT("TXT"), STR_INIT("NULL"), STR_INIT("CNAME"), STR_INIT("MX"), STR_INIT("SRV"),
                                           STR_INIT("PRIVATE") };
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(carriers); i++) {
        any = any || str_equal(type, carriers[i]);
    }
    return any;
}

static size_t place_of(char c)
{
    return c >= 'a' && c <= 'z' ? (size_t)(c - 'a') : c >= '0' && c <= '9' ? (size_t)(c - '0') + 26 : c == '-' ? HYPHEN : OTHER;
}

bool tunnel_add(struct tunnel_window *window, struct str below, struct str type)
{
    const uint64_t place = keyed_hash(9, below.ptr, below.len) & 1023;
    const uint64_t bit = UINT64_C(1) << (place & 63);
    window->queries++;
    if (window->seen[place >> 6] & bit || window->names == NAMES_MOST) {
        return false;
    }
    window->seen[place >> 6] |= bit;
    window->names++;
    window->carriers += carries(type);
    for (size_t i = 0; i < below.len && i < NAME_LENGTH_MOST; i++) {
        if (below.ptr[i] == '.') {
            continue;
        }
        const size_t character = place_of(below.ptr[i]);
        window->length++;
        window->counts[character]++;
        window->odd += character >= 26 && character != HYPHEN;
    }
    return true;
}

bool tunnel_open(struct str model, struct tunnel *out)
{
    struct str word = STR_NONE;
    struct str rest = STR_NONE;
    double inputs = 0;
    bool good = model_begins(model, STR("tunnel"));
    bool weighed = false;
    while (good && model_line(&model, &word, &rest)) {
        if (str_equal(word, STR("bias"))) {
            good = model_numbers(rest, &out->bias, 1);
        }
        if (str_equal(word, STR("inputs"))) {
            good = model_numbers(rest, &inputs, 1);
        }
        if (str_equal(word, STR("weights"))) {
            good = weighed = model_numbers(rest, out->weights, INPUTS);
        }
    }
    return good && weighed && inputs >= INPUTS && inputs <= INPUTS;
}

double tunnel_score(const struct tunnel *tunnel, const struct tunnel_window *window)
{
    const double length = window->length ? window->length : 1;
    const double names = window->names ? window->names : 1;
    double entropy = 0;
    for (size_t i = 0; i < TUNNEL_CHARACTERS; i++) {
        const double share = window->counts[i] / length;
        entropy -= share > 0 ? share * log2(share) : 0;
    }
    const double in[INPUTS] = { log1p(length / names), entropy, window->odd / length, window->carriers / names,
                                names / (window->queries ? window->queries : 1) };
    double score = tunnel->bias;
    for (size_t i = 0; i < INPUTS; i++) {
        score += tunnel->weights[i] * in[i];
    }
    return score;
}
