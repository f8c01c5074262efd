#include "detect/model.h"

#include "detect/embedded.h"

struct str model_embedded(struct str name)
{
    for (const struct embedded_model *model = EMBEDDED_MODELS; model->name.ptr; model++) {
        if (str_equal(model->name, name)) {
            return model->text;
        }
    }
    return STR_NONE;
}

bool model_line(struct str *text, struct str *word, struct str *rest)
{
    while (text->ptr && text->len > 0) {
        const struct str line = str_trim(str_cut(*text, '\n', text));
        if (line.len > 0) {
            *word = str_cut(line, ' ', rest);
            return true;
        }
    }
    return false;
}

bool model_begins(struct str text, struct str name)
{
    struct str word = STR_NONE;
    struct str rest = STR_NONE;
    struct str named = STR_NONE;
    return model_line(&text, &word, &rest) && str_equal(word, STR("yagura-model")) &&
           str_equal(str_cut(rest, ' ', &named), STR("1")) && str_equal(named, name);
}

bool model_numbers(struct str rest, double *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!rest.ptr || !str_to_double(str_cut(rest, ' ', &rest), &out[i])) {
            return false;
        }
    }
    return rest.ptr == NULL;
}

static int digit_of(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool model_bytes(struct str *text, unsigned char *out, size_t count)
{
    size_t filled = 0;
    uint32_t word = 0;
    unsigned bits = 0;
    while (filled < count && text->ptr && text->len > 0) {
        const struct str line = str_cut(*text, '\n', text);
        for (size_t i = 0; i < line.len && filled < count; i++) {
            const int digit = digit_of(line.ptr[i]);
            if (digit < 0) {
                return false;
            }
            word = word << 6 | (uint32_t)digit;
            bits += 6;
            if (bits >= 8) {
                bits -= 8;
                out[filled++] = (unsigned char)(word >> bits);
            }
        }
    }
    return filled == count;
}
