/* What remixd-gate and remixd-off share: the local limits file and one GPIO line on the character device. */
#ifndef REMIXD_LINE_H
#define REMIXD_LINE_H
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/gpio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { EXIT_USE = 64, EXIT_LINE = 74, EXIT_LIMITS = 78 };

/* The limits file: "key value" a line, # begins a comment. All keys, each once, all inside the compiled bounds. */
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
    [DUTY_MAX] = {"duty-max-ppm", 1, 600000},
    [DUTY_WINDOW] = {"duty-window-us", 1000000, 60000000},
    [CONSTANT] = {"constant-us", 0, 3600000000LL},
};
static int64_t limit[LIMITS];
static char chip_label[32];

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
    text[strcspn(text, "#\n")] = 0;
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

static void read_limits(const char *path) {
    bool seen[LIMITS] = {false};
    char text[128];
    FILE *file = fopen(path, "r");
    if (!file) fail(EXIT_LIMITS, "cannot read the limits file", path);
    errno = 0; /* what is wrong from here on is wrong with the text */
    while (fgets(text, sizeof text, file)) read_limit(text, seen);
    fclose(file);
    for (int i = 0; i < LIMITS; i++) {
        if (!seen[i]) fail(EXIT_LIMITS, "missing limit", LIMIT[i].key);
    }
    if (!*chip_label) fail(EXIT_LIMITS, "missing limit", "chip");
}

/* Whether a GPIO chip has the wanted label, or one of those that "auto" stands for. */
static bool wanted_chip(const char *label) {
    if (!strcmp(label, chip_label)) return true;
    if (strcmp(chip_label, "auto")) return false;
    return !strcmp(label, "pinctrl-rp1") || !strcmp(label, "pinctrl-bcm2711") || !strcmp(label, "pinctrl-bcm2835");
}

/* Opens the one GPIO chip with the wanted label: numbers differ between kernels, and links give one chip two names. */
static int open_chip(void) {
    struct gpiochip_info found = {.name = ""};
    int chip = -1;
    for (int i = 0; i < 64; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/gpiochip%d", i);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0) continue;
        struct gpiochip_info info = {.name = ""};
        if (ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) < 0 || !wanted_chip(info.label)) {
            close(fd);
        } else if (chip < 0) {
            chip = fd;
            found = info;
        } else if (strcmp(info.name, found.name)) {
            fail(EXIT_LINE, "two GPIO chips match", chip_label);
        } else {
            close(fd);
        }
    }
    if (chip < 0) fail(EXIT_LINE, "no GPIO chip with this label", chip_label);
    return chip;
}

/* Takes a line of the chip for this process alone, as an output that is low. -1 with errno when it is held. */
static int take_low(int chip, int64_t offset, const char *consumer) {
    struct gpio_v2_line_request request = {.num_lines = 1, .offsets = {(uint32_t)offset}};
    snprintf(request.consumer, sizeof request.consumer, "%s", consumer);
    request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
    request.config.num_attrs = 1; /* the value itself stays 0 = low */
    request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
    request.config.attrs[0].mask = 1;
    if (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) < 0) return -1;
    return request.fd;
}

static inline bool set_line(int line, bool high) {
    struct gpio_v2_line_values values = {.bits = high, .mask = 1};
    return ioctl(line, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) == 0;
}

static bool is_low(int line) {
    struct gpio_v2_line_values values = {.mask = 1};
    return ioctl(line, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) == 0 && !(values.bits & 1);
}
#endif
