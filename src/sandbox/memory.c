#include "sandbox/inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* spec: proc(5), statm: size resident shared, in pages. */
static bool read_statm(const char *process, uint64_t *resident, uint64_t *shared)
{
    char path[64], text[128];
    snprintf(path, sizeof(path), "/proc/%.20s/statm", process);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (size <= 0) {
        return false;
    }
    text[size] = '\0';
    char *rest = text;
    (void)strtoull(rest, &rest, 10);
    *resident = strtoull(rest, &rest, 10);
    *shared = strtoull(rest, &rest, 10);
    return true;
}

/* What each holds alone, and the largest share of files: pages that all map are counted once. */
uint64_t inside_memory(int process)
{
    uint64_t own = 0, common = 0;
    if (process) {
        char name[16];
        snprintf(name, sizeof(name), "%d", process);
        return read_statm(name, &own, &common) ? own * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
    }
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes)) != NULL;) {
        uint64_t resident = 0, shared = 0;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || strcmp(entry->d_name, "1") == 0
            || !read_statm(entry->d_name, &resident, &shared)) {
            continue;
        }
        own += resident > shared ? resident - shared : 0;
        common = shared > common ? shared : common;
    }
    if (processes) {
        closedir(processes);
    }
    return (own + common) * (uint64_t)sysconf(_SC_PAGESIZE);
}
