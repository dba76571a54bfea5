/* GPIO lines on the character device: the chip by its label, and one line of it as an output. */
#ifndef REMIXD_LINE_H
#define REMIXD_LINE_H
#include "common.h"
#include <linux/gpio.h>
#include <sys/ioctl.h>

static char chip_label[32]; /* the wanted label, or "auto" */

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
    int refused = 0;
    for (int i = 0; i < 64; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/gpiochip%d", i);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            if (errno == EACCES || errno == EPERM) refused = errno;
            continue;
        }
        struct gpiochip_info info = {.name = ""};
        if (ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) < 0 || !wanted_chip(info.label)) {
            close(fd);
        } else if (chip < 0) {
            chip = fd;
            found = info;
        } else if (strcmp(info.name, found.name)) {
            errno = 0;
            fail(EXIT_LINE, "two GPIO chips match", chip_label);
        } else {
            close(fd);
        }
    }
    if (chip < 0) {
        /* The search ends with the first number that there is no device for: that is no reason. */
        errno = refused;
        fail(EXIT_LINE, "no GPIO chip with this label", chip_label);
    }
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

/* Who holds a line of the chip, for a person to stop it; "?" when the kernel does not say. */
static inline void name_holder(int chip, int64_t offset, char name[GPIO_MAX_NAME_SIZE]) {
    struct gpio_v2_line_info info = {.offset = (uint32_t)offset};
    bool known = ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info) == 0;
    snprintf(name, GPIO_MAX_NAME_SIZE, "%s", known ? info.consumer : "?");
}

static inline bool set_line(int line, bool high) {
    struct gpio_v2_line_values values = {.bits = high, .mask = 1};
    return ioctl(line, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) == 0;
}

static bool is_low(int line) {
    struct gpio_v2_line_values values = {.mask = 1};
    errno = 0; /* a level that reads high is no error of the system */
    return ioctl(line, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) == 0 && !(values.bits & 1);
}
#endif
