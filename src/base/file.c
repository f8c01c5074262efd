#include "base/file.h"

#include <errno.h>
#include <unistd.h>

bool file_write_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        const ssize_t written = write(fd, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes = str_from(bytes, (size_t)written);
    }
    return true;
}
