#include "detect/catalogue.h"

#include "tests/test.h"

TEST(every_type_is_found_and_whole)
{
    CHECK_INT(catalogue_count(), 231);
    for (size_t i = 0; i < catalogue_count(); i++) {
        const struct catalogue_entry *entry = catalogue_at(i);
        CHECK(catalogue_find(entry->type) == entry);
        CHECK(entry->severity >= 2 && entry->severity <= 9);
        CHECK(entry->resource_type.len > 0 && entry->title.len > 0 && entry->description.len > entry->title.len);
    }
}

TEST(an_unknown_type_is_not_found)
{
    CHECK(catalogue_find(STR("Policy:IAMUser/RootCredentialUsag")) == NULL);
    CHECK(catalogue_find(STR("zzz")) == NULL);
    CHECK(catalogue_find(STR_NONE) == NULL);
}
