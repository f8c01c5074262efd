/* network_fuzz.c - what the detectors over flows and names parse: models, interface lists, names. The first byte chooses. A
 * model that is taken must judge any name without trouble. */
#include <math.h>
#include <stdlib.h>

#include "detect/dga.h"
#include "detect/interfaces.h"
#include "detect/model.h"
#include "detect/suffixes.h"
#include "detect/tunnel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_models(struct str text)
{
    struct tunnel tunnel;
    struct dga *dga = dga_open(text);
    if (dga) {
        (void)dga_score(dga, STR("example"), STR("com"));
        dga_close(dga);
    }
    if (tunnel_open(text, &tunnel)) {
        (void)tunnel_score(&tunnel, &(struct tunnel_window){ .names = 1 });
    }
}

static void fuzz_interfaces(struct str text)
{
    struct interfaces *interfaces = interfaces_open();
    if (interfaces_load_text(interfaces, text)) {
        (void)interfaces_find(interfaces, STR("eni-1"));
    }
    interfaces_close(interfaces);
}

/* Names, one a line, as one instance might ask them below one domain. */
static void fuzz_names(struct str text)
{
    static struct suffixes *suffixes;
    static struct dga *dga;
    static struct tunnel tunnel;
    if (suffixes == NULL) {
        suffixes = suffixes_open();
        dga = dga_open(model_embedded(STR("dga")));
        if (dga == NULL || !tunnel_open(model_embedded(STR("tunnel")), &tunnel)) {
            abort();
        }
    }
    struct tunnel_window window = { .names = 0 };
    while (text.ptr) {
        struct name_parts parts;
        if (!suffixes_split(suffixes, str_cut(text, '\n', &text), &parts)) {
            continue;
        }
        const size_t whole = parts.below.len + parts.label.len + parts.suffix.len + (parts.below.len > 0) + (parts.label.len > 0);
        if (whole > parts.name.len || !isfinite(dga_score(dga, parts.label, parts.suffix))) {
            abort();
        }
        tunnel_add(&window, parts.below, STR("TXT"));
    }
    if (!isfinite(tunnel_score(&tunnel, &window))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(struct str) = { fuzz_models, fuzz_interfaces, fuzz_names };
    if (size > 0) {
        targets[data[0] % COUNT_OF(targets)]((struct str){ (const char *)data + 1, size - 1 });
    }
    return 0;
}
