/* made by tools/train_dns.py: made-up labels below .com, and what the model gave them when it was trained. */
#ifndef YAGURA_DETECT_DGA_NAMES_H
#define YAGURA_DETECT_DGA_NAMES_H

static const struct {
    const char *label;
    double score;
} dga_names[] = {
    { "a", 1.1539 },
    { "example", -7.7589 },
    { "xn--bcher-kva", -29.7389 },
    { "under_score", -3.3032 },
    { "0123456789", -3.8046 },
    { "a-b-c-d", -29.4772 },
    { "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 17.1370 },
    { "bai80ebxiht7p", 3.4573 },
    { "onjpmanmhpnwplvx", 5.0934 },
    { "huhyca", -1.3694 },
    { "abqnufvmhpfsqksfsboansra", 10.4760 },
    { "sstrdhrvj", 5.4797 },
    { "oyohhzoggyo", 1.3944 },
    { "c6291def71b54fc31e28f7fdad47fa", 8.2656 },
    { "qygjoqv", 1.8812 },
    { "pkfxpquuxzkcb", 6.1569 },
    { "iapg9nkjh", 2.1184 },
    { "abtzqne", -2.4900 },
    { "vafubutoxulyg", 5.9243 },
    { "dapyxagubyhe", 3.8318 },
    { "qfrmldhvniododthluwx", 8.5119 },
    { "hmmvmtyh", 2.4953 },
    { "yqbul", 0.4244 },
    { "mqydxt", 2.5301 },
    { "mtfftidpitdoopto", 4.1424 },
    { "pmoytskw", 2.5845 },
    { "gwoasod", 0.5304 },
    { "mmheghhfye", 2.6993 },
    { "kwudxokxvci", 6.3898 },
    { "mrkhburrpqtedvnfptxtg", 8.8686 },
    { "mtbkxfqyolwxvt", 7.3704 },
    { "usudlzjz", -0.0850 },
};

#endif
