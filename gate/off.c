/*
 * remixd-off: drives lines low and proves it by reading them back. For the service manager, before and after the two
 * services, and for a person in doubt. A free line is taken on the character device; a line that is exported in sysfs
 * (and stays there, high, after a controller was killed) is written there.
 *
 *   remixd-off --limits FILE --line heater|enable|all
 *
 * Exit codes: 0 low · 64 wrong use · 74 a line could not be driven low · 78 bad limits file
 */
#define _GNU_SOURCE
#include "limits.h"
#include <dirent.h>

static bool read_text(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t got = read(fd, text, size - 1);
    close(fd);
    if (got < 0) return false;
    text[got] = 0;
    text[strcspn(text, "\n")] = 0;
    return true;
}

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    return close(fd) == 0 && written;
}

/* The first number of the chip with this label in sysfs, or -1. */
static long base_of(const char *label) {
    char path[512];
    char text[64];
    long base = -1;
    DIR *folder = opendir("/sys/class/gpio");
    if (!folder) return -1;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (strncmp(entry->d_name, "gpiochip", 8)) continue;
        snprintf(path, sizeof path, "/sys/class/gpio/%s/label", entry->d_name);
        if (!read_text(path, text, sizeof text) || strcmp(text, label)) continue;
        snprintf(path, sizeof path, "/sys/class/gpio/%s/base", entry->d_name);
        if (read_text(path, text, sizeof text)) base = strtol(text, NULL, 10);
    }
    closedir(folder);
    return base;
}

/* Makes an exported line an output that is low, in one step where the kernel can, and reads both back. */
static bool exported_low(const char *label, int64_t offset) {
    char path[96];
    char text[64];
    long base = base_of(label);
    if (base < 0) return false;
    snprintf(path, sizeof path, "/sys/class/gpio/gpio%ld/active_low", base + (long)offset);
    write_text(path, "0"); /* else a written 0 would be a high */
    snprintf(path, sizeof path, "/sys/class/gpio/gpio%ld/direction", base + (long)offset);
    bool written = write_text(path, "low");
    bool output = read_text(path, text, sizeof text) && !strcmp(text, "out");
    snprintf(path, sizeof path, "/sys/class/gpio/gpio%ld/value", base + (long)offset);
    if (!written) written = write_text(path, "0");
    if (!written || !output) return false;
    return read_text(path, text, sizeof text) && !strcmp(text, "0");
}

static bool drive_low(int chip, const char *label, const char *name, int64_t offset) {
    const char *how;
    bool low;
    int line = take_low(chip, offset, "remixd-off");
    if (line >= 0) {
        how = "character device";
        low = is_low(line);
    } else {
        how = "sysfs";
        low = errno == EBUSY && exported_low(label, offset);
        if (!low) {
            char holder[GPIO_MAX_NAME_SIZE];
            name_holder(chip, offset, holder);
            fprintf(stderr, "remixd-off: %s line %" PRId64 " is held by \"%s\": stop that program\n", name, offset, holder);
        }
    }
    printf("remixd-off: %s line %" PRId64 " %s (%s)\n", name, offset, low ? "is low" : "COULD NOT BE DRIVEN LOW", how);
    return low;
}

int main(int argc, char **argv) {
    const char *which = argc == 5 ? argv[4] : "";
    bool all = !strcmp(which, "all");
    bool heater = all || !strcmp(which, "heater");
    bool enable = all || !strcmp(which, "enable");
    if (argc != 5 || strcmp(argv[1], "--limits") || strcmp(argv[3], "--line") || !(heater || enable))
        fail(EXIT_USE, "use", "remixd-off --limits FILE --line heater|enable|all");
    read_limits(argv[2]);
    int chip = open_chip();
    struct gpiochip_info info = {.name = ""};
    if (ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &info)) fail(EXIT_LINE, "cannot ask the GPIO chip", chip_label);
    bool low = true; /* the second line is driven whatever became of the first */
    if (heater) low &= drive_low(chip, info.label, "heater", limit[HEATER_LINE]);
    if (enable) low &= drive_low(chip, info.label, "enable", limit[ENABLE_LINE]);
    return low ? 0 : EXIT_LINE;
}
