/* inside.h - the steps of the helper, each in a file of its own. They run in a process with one thread. Inside sandbox. */
#ifndef YAGURA_SANDBOX_INSIDE_H
#define YAGURA_SANDBOX_INSIDE_H

#include "sandbox/plan.h"

enum { INSIDE_USER = 993, INSIDE_GROUP = 990, OUTSIDE_USER = 64993 };

/* mounts.c: the root of its own, and into it. On false nothing has changed for the process, errno says why. */
bool inside_mount(const struct plan *plan);
/* Where there is none: words of the plan that name a bound folder or /tmp get a path through a descriptor, which needs no
 * rights on the folders above it. */
void inside_translate(struct plan *plan);

/* network.c: loopback of a fresh network namespace, on which every address is its own. */
bool inside_network(void);
/* Opens the plan's listeners; fds and ports as the plan has them. */
bool inside_listen(const struct plan *plan, int *fds, uint16_t *ports);

/* confine.c: what the program's process gives up, just before it becomes the program. */
void inside_limits(const struct plan *plan);
/* Gives up all rights, and becomes that user; 0: stays who it is. */
void inside_identity(unsigned user, unsigned group);
bool inside_landlock(const struct plan *plan, bool own_root);
bool inside_seccomp(void);

/* memory.c: what that process holds, or, for 0, all of this pid namespace but the first. */
uint64_t inside_memory(int process);

/* watch.c: process 1. Builds what is inside, starts the program, and stays until it has ended. */
NO_RETURN void inside_watch(struct plan *plan, bool privileged);

#endif
