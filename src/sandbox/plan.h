/* plan.h - what the server asks of a helper, as one message; and what they say to each other later. Inside sandbox. */
#ifndef YAGURA_SANDBOX_PLAN_H
#define YAGURA_SANDBOX_PLAN_H

#include "sandbox/sandbox.h"

enum { PLAN_CHANNEL = 3, PLAN_OUTPUT = 4, PLAN_SIZE_MAX = 160 * 1024 };

struct plan_numbers {
    uint64_t memory, temporary, processes;
    bool host_network;
};

/* As the helper sees it; text lies in the message. */
struct plan {
    char *arguments[SANDBOX_WORDS_MAX + 1];
    char *environment[SANDBOX_WORDS_MAX + 1];
    size_t argument_count, environment_count;
    char *folder, *root, *scratch;
    char *bind_from[SANDBOX_BINDS_MAX], *bind_to[SANDBOX_BINDS_MAX];
    size_t bind_count;
    char *file_path[SANDBOX_FILES_MAX], *file_text[SANDBOX_FILES_MAX];
    size_t file_count;
    char *listen_address[SANDBOX_LISTENS_MAX];
    uint16_t listen_port[SANDBOX_LISTENS_MAX];
    size_t listen_count;
    struct plan_numbers numbers;
    unsigned missing;
};

/* STR_NONE when it is too large for one message. */
struct str plan_write(struct arena *arena, const struct sandbox_options *options);
bool plan_read(char *message, size_t size, struct plan *out);
/* In arguments, environment and folder. */
void plan_replace(struct plan *plan, const char *from, const char *to);

/* From the helper: ready (with the listeners), the most memory held, failed, ended. From the server: freeze, thaw. */
enum plan_word { PLAN_READY = 'R', PLAN_MEMORY = 'M', PLAN_FAILED = 'X', PLAN_ENDED = 'E', PLAN_FREEZE = 'F', PLAN_THAW = 'T' };

struct plan_message {
    uint8_t word;
    unsigned missing;
    uint64_t memory;
    int status, signal;
    bool out_of_memory;
    uint16_t ports[SANDBOX_LISTENS_MAX];
    char reason[160];
};

#endif
