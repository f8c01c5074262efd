/* report_words.h - the words of the triage page, in each language. */
#ifndef YAGURA_APP_REPORT_WORDS_H
#define YAGURA_APP_REPORT_WORDS_H

#include "app/severity.h"

enum report_word {
    WORD_LANGUAGE, /* of the html element */
    WORD_TITLE,
    WORD_LOW,
    WORD_MEDIUM,
    WORD_HIGH,
    WORD_CRITICAL,
    WORD_FINDINGS,
    WORD_NO_FINDINGS,
    WORD_RECORDS,
    WORD_FILES,
    WORD_DUPLICATES,
    WORD_SKIPPED,
    WORD_SKIPPED_INPUT,
    WORD_PRINCIPALS,
    WORD_TIMELINE,
    WORD_TIMELINE_NOTE,
    WORD_FILTER,
    WORD_FILTER_HINT,
    WORD_SEVERITY,
    WORD_TYPE,
    WORD_PRINCIPAL,
    WORD_PLACE,
    WORD_COUNT,
    WORD_FIRST_SEEN,
    WORD_LAST_SEEN,
    WORD_WHY,
    WORD_ACTION,
    WORD_RESOURCE,
    WORD_OBJECT,
    WORD_MORE,
    WORD_COUNT_OF_WORDS
};

const char *report_word(struct str language, enum report_word word);
const char *report_severity(struct str language, enum severity severity);

#endif
