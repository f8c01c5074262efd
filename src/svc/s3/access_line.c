#include "svc/s3/access_line.h"

#include "base/clock.h"

static void add_word(struct text *out, struct str word)
{
    static const char HEX[] = "0123456789ABCDEF";
    if (word.len == 0) {
        text_add_char(out, '-');
    }
    for (size_t i = 0; i < word.len; i++) {
        const unsigned char c = (unsigned char)word.ptr[i];
        if (c > ' ' && c < 0x7F && c != '"') {
            text_add_char(out, (char)c);
            continue;
        }
        text_add_char(out, '%');
        text_add_char(out, HEX[c >> 4]);
        text_add_char(out, HEX[c & 15]);
    }
    text_add_char(out, ' ');
}

static void add_number(struct text *out, int64_t number)
{
    if (number < 0) {
        text_add(out, STR("- "));
        return;
    }
    text_add_int(out, number);
    text_add_char(out, ' ');
}

/* Within quotes, where blanks may stand. */
static void add_quoted_part(struct text *out, struct str part)
{
    for (size_t i = 0; i < part.len; i++) {
        const unsigned char c = (unsigned char)part.ptr[i];
        if (c < ' ' || c >= 0x7F || c == '"' || c == '\\') {
            text_add_format(out, "\\x%02X", c);
            continue;
        }
        text_add_char(out, (char)c);
    }
}

static void add_quoted(struct text *out, struct str text)
{
    text_add_char(out, '"');
    add_quoted_part(out, text.len > 0 ? text : STR("-"));
    text_add(out, STR("\" "));
}

static void add_time(struct text *out, int64_t ms)
{
    static const char MONTHS[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    const struct civil_time t = clock_civil(ms);
    text_add_format(out, "[%02d/%s/%04d:%02d:%02d:%02d +0000] ", t.day, MONTHS[t.month - 1], (int)t.year, t.hour, t.minute, t.second);
}

static void add_request(struct text *out, const struct access_line *line)
{
    text_add_char(out, '"');
    add_quoted_part(out, line->method);
    text_add_char(out, ' ');
    add_quoted_part(out, line->target);
    text_add(out, STR(" HTTP/1.1\" "));
}

void access_line_write(struct text *out, const struct access_line *line)
{
    add_word(out, line->bucket_owner);
    add_word(out, line->bucket);
    add_time(out, line->time_ms);
    add_word(out, line->remote_ip);
    add_word(out, line->requester);
    add_word(out, line->request_id);
    add_word(out, line->operation);
    add_word(out, line->key.len ? str_percent_encode(out->arena, line->key, true) : STR_NONE);
    if (line->method.len > 0) {
        add_request(out, line);
    } else {
        text_add(out, STR("\"-\" "));
    }
    add_number(out, line->status > 0 ? line->status : -1);
    add_word(out, line->error);
    add_number(out, line->bytes_sent);
    add_number(out, line->object_size);
    add_number(out, line->total_ms);
    add_number(out, line->turnaround_ms);
    add_quoted(out, line->referer);
    add_quoted(out, line->user_agent);
    add_word(out, line->version_id);
    add_word(out, line->host_id);
    add_word(out, line->signature);
    add_word(out, line->cipher);
    add_word(out, line->auth_type);
    add_word(out, line->host);
    add_word(out, line->tls);
    text_add(out, STR("- -\n"));
}
