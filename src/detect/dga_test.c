#include "detect/dga.h"

#include <math.h>

#include "detect/dga_names.h"
#include "detect/model.h"
#include "tests/test.h"

TEST(the_classifier_agrees_with_the_script_that_trained_it)
{
    struct dga *dga = dga_open(model_embedded(STR("dga")));
    CHECK(dga != NULL);
    for (size_t i = 0; i < COUNT_OF(dga_names); i++) {
        const double score = dga_score(dga, str_of(dga_names[i].label), STR("com"));
        if (fabs(score - dga_names[i].score) > 0.01 + 0.001 * fabs(score)) {
            fail_msg("%s: %f, trained as %f", dga_names[i].label, score, dga_names[i].score);
        }
    }
    dga_close(dga);
}

TEST(random_letters_score_above_words)
{
    struct dga *dga = dga_open(model_embedded(STR("dga")));
    CHECK(dga_score(dga, STR("xkqzvwjhtrpl"), STR("net")) > dga_limit(dga));
    CHECK(dga_score(dga, STR("XKQZVWJHTRPL"), STR("NET")) > dga_limit(dga));
    CHECK(dga_score(dga, STR("morning-coffee"), STR("com")) < 0);
    CHECK(dga_score(dga, STR("gardentools"), STR("co.uk")) < 0);
    CHECK(fabs(dga_score(dga, STR(""), STR("com"))) < 1e-9);
    dga_close(dga);
}

TEST(a_model_of_another_version_or_a_damaged_one_is_refused)
{
    const struct str model = model_embedded(STR("dga"));
    CHECK(dga_open(STR("yagura-model 2 dga\n")) == NULL);
    CHECK(dga_open(STR("yagura-model 1 tunnel\n")) == NULL);
    CHECK(dga_open(str_slice(model, 0, model.len / 2)) == NULL);
    CHECK(dga_open(STR_NONE) == NULL);
}
