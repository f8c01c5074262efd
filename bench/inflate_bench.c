/* inflate_bench.c - the floor that detection is held against: libdeflate alone over the same files, one thread.
 *
 *     inflate_bench FOLDER     prints "BYTES SECONDS": of inflated data, of processor time (files are read once before) */
#include <ftw.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct file {
    unsigned char *bytes;
    size_t size;
};

static struct file *files;
static size_t count;

static int load(const char *path, const struct stat *st, int type)
{
    const size_t length = strlen(path);
    if (type != FTW_F || length < 3 || strcmp(path + length - 3, ".gz") != 0) {
        return 0;
    }
    struct file file = { malloc((size_t)st->st_size), (size_t)st->st_size };
    FILE *in = fopen(path, "rb");
    if (in == NULL || file.bytes == NULL || fread(file.bytes, 1, file.size, in) != file.size) {
        perror(path);
        exit(1);
    }
    fclose(in);
    files = realloc(files, (count + 1) * sizeof(*files));
    files[count++] = file;
    return 0;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* gzip's last four bytes tell the size. */
static size_t inflated_size(const struct file *file)
{
    const unsigned char *end = file->bytes + file->size - 4;
    return (size_t)end[0] | (size_t)end[1] << 8 | (size_t)end[2] << 16 | (size_t)end[3] << 24;
}

int main(int argc, char **argv)
{
    if (argc != 2 || ftw(argv[1], load, 16) != 0 || count == 0) {
        fputs("usage: inflate_bench FOLDER (with .gz files in it)\n", stderr);
        return 2;
    }
    size_t most = 0;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        most = inflated_size(&files[i]) > most ? inflated_size(&files[i]) : most;
    }
    unsigned char *out = malloc(most);
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    memset(out, 1, most);
    const double started = seconds_now();
    for (size_t i = 0; i < count; i++) {
        size_t made = 0;
        if (libdeflate_gzip_decompress(decompressor, files[i].bytes, files[i].size, out, most, &made) != 0) {
            fputs("a file does not inflate\n", stderr);
            return 1;
        }
        total += made;
    }
    printf("%zu %.6f\n", total, seconds_now() - started);
    return 0;
}
