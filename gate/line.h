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
static const struct { const char *key; int64_t least, most; } LIMIT[LIMITS] = {
    {"heater-line", 9, 27}, {"enable-line", 9, 27}, /* pulled down from power-up on */
    {"longest-on-us", 1000, 5500000}, {"least-off-us", 50000, 60000000}, {"longest-lease-us", 1000, 250000},
    {"duty-max-ppm", 1, 600000}, {"duty-window-us", 1000000, 60000000}, {"constant-us", 0, 3600000000LL},
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

static void read_limits(const char *path) {
    bool seen[LIMITS] = {false};
    char text[128], key[32], value[32], rest[2];
    FILE *file = fopen(path, "r");
    if (!file) fail(EXIT_LIMITS, "cannot read the limits file", path);
    while (errno = 0, fgets(text, sizeof text, file)) {
        text[strcspn(text, "#\n")] = 0;
        int words = sscanf(text, "%31s %31s %1s", key, value, rest), i = 0;
        if (words <= 0) continue;
        while (i < LIMITS && strcmp(key, LIMIT[i].key)) i++;
        if (words == 2 && !strcmp(key, "chip") && !*chip_label) strcpy(chip_label, value);
        else if (words != 2 || i == LIMITS || seen[i]) fail(EXIT_LIMITS, "unknown, repeated or incomplete limit", text);
        else if (!number(value, &limit[i]) || limit[i] < LIMIT[i].least || limit[i] > LIMIT[i].most)
            fail(EXIT_LIMITS, "limit outside its compiled bounds", text);
        else seen[i] = true;
    }
    fclose(file);
    for (int i = 0; i < LIMITS; i++) if (!seen[i]) fail(EXIT_LIMITS, "missing limit", LIMIT[i].key);
    if (!*chip_label) fail(EXIT_LIMITS, "missing limit", "chip");
}

/* Opens the one GPIO chip with the wanted label: numbers differ between kernels, and links give one chip two names. */
static int open_chip(void) {
    static const char *const AUTO[] = {"pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835"};
    struct gpiochip_info info, found = {.name = ""};
    char path[32];
    int chip = -1;
    for (int i = 0; i < 64; i++) {
        snprintf(path, sizeof path, "/dev/gpiochip%d", i);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0) continue;
        memset(&info, 0, sizeof info);
        bool wanted = ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) == 0 && !strcmp(info.label, chip_label);
        for (int k = 0; k < 3 && !strcmp(chip_label, "auto"); k++) wanted |= !strcmp(info.label, AUTO[k]);
        if (wanted && chip >= 0 && strcmp(info.name, found.name)) fail(EXIT_LINE, "two GPIO chips match", chip_label);
        if (wanted && chip < 0) chip = fd, found = info;
        else close(fd);
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
    request.config.attrs[0] = (struct gpio_v2_line_config_attribute){.attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, .mask = 1};
    return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) < 0 ? -1 : request.fd;
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
