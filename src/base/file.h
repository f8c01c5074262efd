/* file.h - what the calls of the kernel leave to whoever writes files. */
#ifndef YAGURA_BASE_FILE_H
#define YAGURA_BASE_FILE_H

#include "base/str.h"

/* All of it, however many writes that takes. False: errno says why, and some may be written. */
bool file_write_all(int fd, struct str bytes);

#endif
