#include "app/table.h"

#include "base/json.h"

struct table table_new(struct arena *arena)
{
    return (struct table){ .arena = arena };
}

void table_column(struct table *table, const char *name, bool right)
{
    table->names[table->columns] = name;
    table->right[table->columns] = right;
    table->columns++;
}

void table_cell(struct table *table, struct str value)
{
    if (table->count == table->capacity) {
        const size_t capacity = table->capacity ? table->capacity * 2 : 64;
        table->cells = arena_grow(table->arena, table->cells, table->capacity * sizeof(struct str),
                                  capacity * sizeof(struct str));
        table->capacity = capacity;
    }
    table->cells[table->count++] = str_copy(table->arena, value.ptr ? value : STR(""));
}

/* spec: UAX #9: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. */
size_t table_turning(struct str s, size_t at)
{
    const struct str rest = str_from(s, at);
    if (str_starts(rest, STR("\xD8\x9C"))) {
        return 2;
    }
    const unsigned char last = rest.len >= 3 ? (unsigned char)rest.ptr[2] : 0;
    const bool marks = str_starts(rest, STR("\xE2\x80")) && ((last >= 0x8E && last <= 0x8F) || (last >= 0xAA && last <= 0xAE));
    const bool isolates = str_starts(rest, STR("\xE2\x81")) && last >= 0xA6 && last <= 0xA9;
    return marks || isolates ? 3 : 0;
}

/* C0, DEL and the C1 controls (0xC2 0x80..0x9F in UTF-8) can drive a terminal; invalid UTF-8 may hide them. */
struct str table_clean(struct arena *arena, struct str s)
{
    const bool valid = str_utf8_valid(s);
    struct text text = text_new(arena);
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        const bool c1 = c == 0xC2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xA0;
        const size_t turning = table_turning(s, i);
        if (turning > 0) {
            text_add_char(&text, '?');
            i += turning - 1;
        } else if (c < 0x20 || c == 0x7F || c1 || (!valid && c >= 0x80)) {
            text_add_char(&text, '?');
            i += c1;
        } else {
            text_add_char(&text, (char)c);
        }
    }
    return text_str(&text);
}

static size_t width_of(struct str s)
{
    size_t width = 0;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        /* Code points; East Asian letters (from U+1100 on, three bytes and more) take two columns. */
        width += (c & 0xC0) != 0x80;
        width += c >= 0xE3 && c <= 0xED;
    }
    return width;
}

static void print_padded(FILE *out, struct str s, size_t width, bool right, bool last)
{
    const size_t pad = width > width_of(s) ? width - width_of(s) : 0;
    if (right) {
        fprintf(out, "%*s", (int)pad, "");
    }
    fwrite(s.ptr, 1, s.len, out);
    if (!right && !last) {
        fprintf(out, "%*s", (int)pad, "");
    }
    fputs(last ? "\n" : "  ", out);
}

static void print_aligned(struct table *table, FILE *out)
{
    size_t widths[TABLE_COLUMNS_MAX] = { 0 };
    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = strlen(table->names[i]);
    }
    for (size_t i = 0; i < table->count; i++) {
        table->cells[i] = table_clean(table->arena, table->cells[i]);
        const size_t width = width_of(table->cells[i]);
        size_t *widest = &widths[i % table->columns];
        *widest = width > *widest ? width : *widest;
    }
    for (size_t i = 0; i < table->columns; i++) {
        print_padded(out, str_of(table->names[i]), widths[i], table->right[i], i + 1 == table->columns);
    }
    for (size_t i = 0; i < table->count; i++) {
        const size_t column = i % table->columns;
        print_padded(out, table->cells[i], widths[column], table->right[column], column + 1 == table->columns);
    }
}

static void print_csv_cell(FILE *out, struct str s)
{
    const bool formula = s.len > 0 && strchr("=+-@\t\r", s.ptr[0]);
    fputc('"', out);
    if (formula) {
        fputc('\'', out);
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"') {
            fputc('"', out);
        }
        fputc(s.ptr[i], out);
    }
    fputc('"', out);
}

static void print_csv(const struct table *table, FILE *out)
{
    for (size_t i = 0; i < table->columns; i++) {
        fprintf(out, "%s%s", table->names[i], i + 1 == table->columns ? "\r\n" : ",");
    }
    for (size_t i = 0; i < table->count; i++) {
        print_csv_cell(out, table->cells[i]);
        fputs((i + 1) % table->columns == 0 ? "\r\n" : ",", out);
    }
}

static void print_json(const struct table *table, FILE *out, bool lines)
{
    fputs(lines ? "" : "[", out);
    for (size_t row = 0; row < table->count; row += table->columns) {
        struct json_writer w = json_writer_new(table->arena);
        json_open_object(&w);
        for (size_t i = 0; i < table->columns; i++) {
            int64_t number = 0;
            json_key(&w, str_of(table->names[i]));
            if (table->right[i] && str_to_int(table->cells[row + i], &number)) {
                json_write_int(&w, number);
            } else {
                json_str(&w, table->cells[row + i]);
            }
        }
        json_close_object(&w);
        fprintf(out, "%s%s%s", row > 0 && !lines ? ",\n" : "", json_done(&w).ptr, lines ? "\n" : "");
    }
    fputs(lines ? "" : "]\n", out);
}

bool table_print(struct table *table, struct str format, FILE *out)
{
    if (str_equal(format, STR("table"))) {
        print_aligned(table, out);
    } else if (str_equal(format, STR("csv"))) {
        print_csv(table, out);
    } else if (str_equal(format, STR("json")) || str_equal(format, STR("ndjson"))) {
        print_json(table, out, str_equal(format, STR("ndjson")));
    } else {
        return false;
    }
    return true;
}
