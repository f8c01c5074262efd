/* scan_shape.h - documents that read like earlier ones: the scanner's memory of shapes. For scan*.c only.
 *
 * A document is a row of gaps and contents. Contents are what stands in strings that are values, in numbers, and in skipped
 * objects and arrays; everything else, keys too, is gap. Two documents whose gaps are the same byte for byte are walked
 * alike, so that of the second only the gaps need be compared: keys are known to be in place and no bracket is missing,
 * because that was so in the first. Values are then taken from where the shape has them.
 *
 * Shapes lie in a tree by their gaps, built from documents that the walk accepted, in bounded memory: when it is full all
 * are forgotten. Documents with a repeated wanted key make no shape. When shapes don't help, they are left aside for a while. */
#ifndef YAGURA_BASE_SCAN_SHAPE_H
#define YAGURA_BASE_SCAN_SHAPE_H

#include "base/scan.h"
#include "base/scan_window.h"

enum scan_content { SCAN_CONTENT_END, SCAN_CONTENT_STRING, SCAN_CONTENT_NUMBER, SCAN_CONTENT_NESTED };

struct scan_shapes;
struct scan_shape; /* one that a document was found to have */

struct scan_shapes *scan_shapes_open(void);
void scan_shapes_close(struct scan_shapes *shapes);
void scan_shapes_forget(struct scan_shapes *shapes); /* all of them, as with another projection */

/* Whether shapes are worth a try now. */
bool scan_shapes_useful(struct scan_shapes *shapes);
/* Behind the document at `at`, and its shape; SCAN_BAD when it has none that is known: the window is then anywhere. */
size_t scan_shapes_follow(struct scan_shapes *shapes, struct scan_window *w, size_t at, const struct scan_shape **shape);

/* Where values stand: by slot, with further ones behind them, as in scan.c. */
struct scan_taken {
    struct scan_value *values;
    struct scan_value *extras;
    uint16_t *touched;
    size_t touched_count;
    size_t extra_count;
    size_t deepest; /* at least as deep as anything in the document is nested */
};
/* Fills in the values of the document just followed; touched slots too unless they are the same as last time. The
 * extras have room for as many as any document learned had. */
void scan_shapes_take(const struct scan_shapes *shapes, const struct scan_shape *shape, const struct scan_window *w,
                      struct scan_taken *out);

/* The walk tells the contents it passes, in order, between begin and learn; at the end what it took becomes a shape. */
void scan_shapes_begin(struct scan_shapes *shapes);
void scan_shapes_note(struct scan_shapes *shapes, enum scan_content kind, size_t start, size_t end);
void scan_shapes_learn(struct scan_shapes *shapes, const struct scan_window *w, size_t at, size_t end,
                       const struct scan_taken *taken);

#endif
