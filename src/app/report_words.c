#include "app/report_words.h"

enum { ENGLISH, JAPANESE, LANGUAGES };

static const char *const words[WORD_COUNT_OF_WORDS][LANGUAGES] = {
    [WORD_LANGUAGE] = { "en", "ja" },
    [WORD_TITLE] = { "Yagura: findings", "Yagura 検出結果" },
    [WORD_LOW] = { "Low", "低" },
    [WORD_MEDIUM] = { "Medium", "中" },
    [WORD_HIGH] = { "High", "高" },
    [WORD_CRITICAL] = { "Critical", "重大" },
    [WORD_FINDINGS] = { "Findings", "検出結果" },
    [WORD_NO_FINDINGS] = { "Nothing was found at this severity.", "この重要度以上の検出結果はありません。" },
    [WORD_RECORDS] = { "Records", "レコード" },
    [WORD_FILES] = { "Files", "ファイル" },
    [WORD_DUPLICATES] = { "Duplicates", "重複" },
    [WORD_SKIPPED] = { "Skipped", "スキップ" },
    [WORD_SKIPPED_INPUT] = { "Input that could not be read", "読み取れなかった入力" },
    [WORD_PRINCIPALS] = { "Principals", "プリンシパル" },
    [WORD_TIMELINE] = { "Timeline by principal", "プリンシパル別タイムライン" },
    [WORD_TIMELINE_NOTE] = { "Each bar spans first to last occurrence (UTC).", "帯は最初から最後の発生まで（UTC）を示します。" },
    [WORD_FILTER] = { "Filter", "絞り込み" },
    [WORD_FILTER_HINT] = { "type, principal, account, address…", "タイプ、プリンシパル、アカウント、アドレスなど" },
    [WORD_SEVERITY] = { "Severity", "重要度" },
    [WORD_TYPE] = { "Type", "タイプ" },
    [WORD_PRINCIPAL] = { "Principal", "プリンシパル" },
    [WORD_PLACE] = { "Account, region", "アカウント・リージョン" },
    [WORD_COUNT] = { "Count", "回数" },
    [WORD_FIRST_SEEN] = { "First seen", "初回" },
    [WORD_LAST_SEEN] = { "Last seen", "最終" },
    [WORD_WHY] = { "Why it fired", "検出の根拠" },
    [WORD_ACTION] = { "Action", "アクション" },
    [WORD_RESOURCE] = { "Resource", "リソース" },
    [WORD_OBJECT] = { "Finding as JSON", "検出結果の JSON" },
    [WORD_MORE] = { "more findings are left out of this page; --format json has them all.",
                    "件はこのページでは省略しました。--format json ですべて得られます。" },
};

const char *report_word(struct str language, enum report_word word)
{
    return words[word][str_equal(language, STR("ja")) ? JAPANESE : ENGLISH];
}

const char *report_severity(struct str language, enum severity severity)
{
    static const enum report_word names[SEVERITY_COUNT] = {
        [SEVERITY_LOW] = WORD_LOW, [SEVERITY_MEDIUM] = WORD_MEDIUM, [SEVERITY_HIGH] = WORD_HIGH,
        [SEVERITY_CRITICAL] = WORD_CRITICAL,
    };
    return report_word(language, names[severity]);
}
