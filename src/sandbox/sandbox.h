/* sandbox.h - runs one program apart from the machine: namespaces, seccomp, Landlock, limits.
 *
 * sandbox_start makes a helper process (this program under another command, so that nothing of the server's memory is in
 * it), which builds namespaces and a read-only root, keeps watch as their process 1, and runs the program as a user
 * without rights. Whatever the host doesn't allow is left out and told: sandbox_missing. When the helper, the server or
 * the program ends, all that the program started ends too.
 *
 * One thread attends to a sandbox from sandbox_attend's call to its return; sandbox_kill, sandbox_freeze and sandbox_thaw
 * may come from others meanwhile. Everything the options point to is used only within sandbox_start. */
#ifndef YAGURA_SANDBOX_SANDBOX_H
#define YAGURA_SANDBOX_SANDBOX_H

#include "base/err.h"

enum { SANDBOX_BINDS_MAX = 8, SANDBOX_FILES_MAX = 8, SANDBOX_LISTENS_MAX = 34, SANDBOX_WORDS_MAX = 512 };

/* What a host may not allow. */
enum sandbox_lack {
    SANDBOX_NO_USER = 1,     /* user namespace */
    SANDBOX_NO_PROCESS = 2,  /* pid, ipc and uts namespaces */
    SANDBOX_NO_ROOT = 4,     /* mount namespace: a root of its own */
    SANDBOX_NO_NETWORK = 8,  /* network namespace, though one was asked for */
    SANDBOX_NO_LANDLOCK = 16,
    SANDBOX_NO_SECCOMP = 32,
    SANDBOX_NO_IDENTITY = 64, /* runs as the server's own user */
};

struct sandbox_bind { const char *from, *to; };           /* a folder, read-only */
struct sandbox_file { const char *path; struct str text; }; /* a small file, in a folder that exists in the root */
struct sandbox_listen { const char *address; uint16_t port; }; /* IPv4; port 0: any, where the network is the host's */

struct sandbox_options {
    const char *helper;           /* the program that calls sandbox_helper */
    const char *const *arguments; /* [0] is the program's path; NULL-terminated. {port:N}: the port of listener N */
    const char *const *environment;
    const char *folder;           /* where it starts */
    const char *root;             /* an empty folder, where the root is mounted; many sandboxes may share it */
    const char *scratch;          /* an empty writable folder, only used as /tmp where there is no root of its own */
    const struct sandbox_bind *binds;
    size_t bind_count;
    const struct sandbox_file *files;
    size_t file_count;
    const struct sandbox_listen *listens; /* listeners inside, whose connections come to `accepted` */
    size_t listen_count;
    uint64_t memory;    /* bytes that all processes together may hold; beyond: killed */
    uint64_t temporary; /* bytes of /tmp */
    uint64_t processes; /* and threads */
    bool host_network;  /* false: a network of its own, where nothing but the listeners answers */
};

struct sandbox;

MUST_USE struct err sandbox_start(struct ctx *ctx, const struct sandbox_options *options, struct sandbox **out);
void sandbox_close(struct sandbox *sandbox); /* kills and waits; NULL is allowed */

unsigned sandbox_missing(const struct sandbox *sandbox); /* of enum sandbox_lack */
uint16_t sandbox_port(const struct sandbox *sandbox, size_t listen); /* the one that was found */

struct sandbox_end {
    int status;        /* exit status; -1: by a signal, or never started */
    int signal;
    bool out_of_memory;
    char reason[160];  /* why it never started; empty: it did */
};

struct sandbox_ears {
    void (*printed)(void *self);                               /* sandbox_drain has something to hand out */
    void (*accepted)(void *self, size_t listen, int fd);       /* a connection; fd is now the ear's */
    void (*memory)(void *self, uint64_t bytes);                /* the most it held so far */
    void *self;
};
/* Until the program has ended. */
void sandbox_attend(struct sandbox *sandbox, const struct sandbox_ears *ears, struct sandbox_end *end);
/* Hands out what was printed so far, without waiting. On any thread; the caller sees to it that there is one at a time. */
void sandbox_drain(struct sandbox *sandbox, void (*output)(void *self, struct str bytes), void *self);
void sandbox_kill(struct sandbox *sandbox);
void sandbox_freeze(struct sandbox *sandbox); /* needs a pid namespace; without it nothing happens */
void sandbox_thaw(struct sandbox *sandbox);

/* The helper: never returns. Its only input is what sandbox_start left on descriptor 3. */
NO_RETURN void sandbox_helper(void);
#define SANDBOX_COMMAND "sandbox" /* argv[1] of the helper */

#endif
