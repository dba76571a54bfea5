/* The local limits file of remixd-gate and remixd-off. */
#ifndef REMIXD_LIMITS_H
#define REMIXD_LIMITS_H
#include "line.h"
#include <sys/stat.h>

/*
 * "key value" a line, # begins a comment. All keys, each once, all inside the compiled bounds; a regular file of at most
 * LONGEST_FILE bytes, without NUL, in lines of at most LONGEST_TEXT characters. Anything else is refused with its reason.
 */
enum { HEATER_LINE, ENABLE_LINE, LONGEST_ON, LEAST_OFF, LONGEST_LEASE, DUTY_MAX, DUTY_WINDOW, CONSTANT, LIMITS };
static const struct {
    const char *key;
    int64_t least, most;
} LIMIT[LIMITS] = {
    [HEATER_LINE] = {"heater-line", 9, 27}, /* lines 9 to 27 are pulled down from power-up on */
    [ENABLE_LINE] = {"enable-line", 9, 27},
    [LONGEST_ON] = {"longest-on-us", 1000, 5500000},
    [LEAST_OFF] = {"least-off-us", 50000, 60000000},
    [LONGEST_LEASE] = {"longest-lease-us", 1000, 250000},
    [DUTY_MAX] = {"duty-max-ppm", 1, 950000},
    [DUTY_WINDOW] = {"duty-window-us", 1000000, 60000000},
    [CONSTANT] = {"constant-us", 0, 3600000000LL},
};
enum { LONGEST_TEXT = 127, LONGEST_FILE = 4096 };
static int64_t limit[LIMITS];

/* The place of a limit in the table; LIMITS when there is none of this name. */
static int limit_named(const char *key) {
    int i = 0;
    while (i < LIMITS && strcmp(key, LIMIT[i].key)) i++;
    return i;
}

/* Takes one line of the limits file, which is cut at its comment or its end. */
static void read_limit(char *text, bool seen[LIMITS]) {
    char key[32];
    char value[32];
    char rest[2];
    text[strcspn(text, "#")] = 0;
    int words = sscanf(text, "%31s %31s %1s", key, value, rest);
    if (words <= 0) return;
    if (words != 2) fail(EXIT_LIMITS, "unknown, repeated or incomplete limit", text);
    if (!strcmp(key, "chip") && !*chip_label) {
        strcpy(chip_label, value);
        return;
    }
    int i = limit_named(key);
    if (i == LIMITS || seen[i]) fail(EXIT_LIMITS, "unknown, repeated or incomplete limit", text);
    if (!number(value, &limit[i]) || limit[i] < LIMIT[i].least || limit[i] > LIMIT[i].most)
        fail(EXIT_LIMITS, "limit outside its compiled bounds", text);
    seen[i] = true;
}

/* Opens the file without waiting: to open a FIFO would wait for whoever writes, with the heater line not yet taken. */
static int open_limits(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 && errno == EACCES) fail(EXIT_LIMITS, "no permission to read the limits file", path);
    if (file < 0 && errno == ENOENT) fail(EXIT_LIMITS, "the limits file is missing", path);
    struct stat facts;
    if (file < 0 || fstat(file, &facts)) fail(EXIT_LIMITS, "cannot read the limits file", path);
    errno = 0; /* what is wrong from here on is wrong with the file */
    if (!S_ISREG(facts.st_mode)) fail(EXIT_LIMITS, "the limits file is not a regular file", path);
    return file;
}

/* Reads the whole file and ends it with a 0. A file that grows without end is not read to its end. */
static void load_limits(const char *path, char text[LONGEST_FILE + 2]) {
    int file = open_limits(path);
    size_t length = 0;
    ssize_t got;
    while (length <= LONGEST_FILE && (got = read(file, text + length, LONGEST_FILE + 1 - length)) != 0) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(EXIT_LIMITS, "cannot read the limits file", path);
        length += (size_t)got;
    }
    close(file);
    errno = 0;
    if (length > LONGEST_FILE) fail(EXIT_LIMITS, "the limits file is longer than 4096 bytes", path);
    if (memchr(text, 0, length)) fail(EXIT_LIMITS, "the limits file contains a NUL byte", path);
    text[length] = 0;
}

static void read_limits(const char *path) {
    static char text[LONGEST_FILE + 2];
    bool seen[LIMITS] = {false};
    load_limits(path, text);
    char *next;
    for (char *line = text; *line; line = next) {
        size_t length = strcspn(line, "\n");
        next = line + length + (line[length] == '\n');
        if (length > LONGEST_TEXT) fail(EXIT_LIMITS, "a line of the limits file is longer than 127 characters", path);
        line[length] = 0;
        read_limit(line, seen);
    }
    for (int i = 0; i < LIMITS; i++) {
        if (!seen[i]) fail(EXIT_LIMITS, "missing limit", LIMIT[i].key);
    }
    if (!*chip_label) fail(EXIT_LIMITS, "missing limit", "chip");
}
#endif
