#include "detect/intel.h"

static const struct {
    enum intel_list list;
    struct str word;
} words[] = {
    { INTEL_TOR, STR_INIT("tor") },               { INTEL_THREAT, STR_INIT("threat") },
    { INTEL_CUSTOM, STR_INIT("custom") },         { INTEL_TRUSTED, STR_INIT("trusted") },
    { INTEL_AWS, STR_INIT("aws") },               { INTEL_TOR_RELAY, STR_INIT("tor-relay") },
    { INTEL_COMMAND, STR_INIT("command") },       { INTEL_MINING, STR_INIT("mining") },
    { INTEL_MINING_LOW, STR_INIT("mining-low") }, { INTEL_SINKHOLE, STR_INIT("sinkhole") },
    { INTEL_DROP_POINT, STR_INIT("drop-point") }, { INTEL_PHISHING, STR_INIT("phishing") },
    { INTEL_DRIVE_BY, STR_INIT("drive-by") },     { INTEL_DGA_KNOWN, STR_INIT("dga") },
    { INTEL_ABUSED, STR_INIT("abused") },         { INTEL_SUSPICIOUS, STR_INIT("suspicious") },
    { INTEL_REPUTATION, STR_INIT("reputation") }, { INTEL_VPN, STR_INIT("vpn") },
    { INTEL_LEAKED, STR_INIT("leaked-keys") },    { INTEL_TOOL, STR_INIT("tool") },
};

bool intel_list_of(struct str word, enum intel_list *out)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_equal(words[i].word, word)) {
            *out = words[i].list;
            return true;
        }
    }
    return false;
}

struct str intel_list_word(enum intel_list list)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (words[i].list == list) {
            return words[i].word;
        }
    }
    return STR_NONE;
}

struct str intel_list_words(struct arena *arena)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        text_add(&text, i == 0 ? STR("") : i + 1 == COUNT_OF(words) ? STR(" or ") : STR(", "));
        text_add(&text, words[i].word);
    }
    return text_str(&text);
}
