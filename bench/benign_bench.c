/* benign_bench.c - benign logs of varied behaviour, on standard output, for counting false alarms.
 *
 *     benign_bench SOURCE SEED EVENTS      SOURCE: cloudtrail, kubernetes, flow, dns, principals or stolen (cloudtrail, and
 *                                          at its end what must be found: keys of known people, used by somebody else)
 *
 * Nothing was tuned on it: it shares neither code nor lists with tools/history.py. What it assumes stands in docs/quality.md
 * and above each source's part. The same arguments give the same bytes. */
#include "bench/benign.h"
#include "bench/benign_cloudtrail.h"
#include "bench/benign_kubernetes.h"
#include "bench/benign_network.h"

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(uint64_t events);
    } sources[] = { { "cloudtrail", benign_cloudtrail }, { "kubernetes", benign_kubernetes }, { "flow", benign_flow }, { "dns", benign_dns },
        { "principals", benign_principals }, { "stolen", benign_then_stolen } };
    static char buffer[1 << 20];

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    for (size_t i = 0; argc == 4 && i < sizeof(sources) / sizeof(*sources); i++) {
        if (strcmp(argv[1], sources[i].name) == 0) {
            chance_state = strtoull(argv[2], NULL, 10) * UINT64_C(0xD1342543DE82EF95) + 1;
            sources[i].write(strtoull(argv[3], NULL, 10));
            return fflush(stdout) ? 4 : 0;
        }
    }
    fprintf(stderr, "usage: benign_bench cloudtrail|kubernetes|flow|dns|principals|stolen SEED EVENTS\n");
    return 2;
}
