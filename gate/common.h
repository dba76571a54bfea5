/* What all programs of this folder share: how they say why they end, and how they read a number. */
#ifndef REMIXD_COMMON_H
#define REMIXD_COMMON_H
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USE = 64, EXIT_LINE = 74, EXIT_LIMITS = 78 };

static _Noreturn void fail(int code, const char *what, const char *which) {
    fprintf(stderr, "remixd: %s: %s (%s)\n", what, which, errno ? strerror(errno) : "refused");
    exit(code);
}

/* A whole decimal number and nothing else; false for "", signs, 0x, overflow. */
static bool number(const char *text, int64_t *value) {
    if (!*text || strlen(text) > 18 || strspn(text, "0123456789") != strlen(text)) return false;
    *value = strtoll(text, NULL, 10);
    return true;
}

/* The instant, on the clock that all processes of the bench share: CLOCK_MONOTONIC in µs. */
static inline int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}
#endif
