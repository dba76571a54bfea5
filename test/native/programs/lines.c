/*
 * A process that holds one line of the GPIO character device as an output.
 *
 *   lines hold OFFSET LEVEL        requests the line at that level, says "held" and waits until stdin ends
 *   lines time OFFSET TIMES        sets the line TIMES times and prints mean and worst time of a call in µs
 *   lines info OFFSET              prints the chip, and who uses the line and which way it goes
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int request(int chip, uint32_t offset, int level)
{
	struct gpio_v2_line_request r;
	memset(&r, 0, sizeof r);
	r.offsets[0] = offset;
	r.num_lines = 1;
	strcpy(r.consumer, "lines");
	r.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
	r.config.num_attrs = 1;
	r.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
	r.config.attrs[0].attr.values = (uint64_t)level;
	r.config.attrs[0].mask = 1;
	return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &r) == 0 ? r.fd : -1;
}

static int set(int line, int level)
{
	struct gpio_v2_line_values v = {.bits = (uint64_t)level, .mask = 1};
	return ioctl(line, GPIO_V2_LINE_SET_VALUES_IOCTL, &v);
}

int main(int argc, char **argv)
{
	if (argc < 3) return 2;
	uint32_t offset = (uint32_t)atoi(argv[2]);
	int chip = open("/dev/gpiochip0", O_RDWR | O_CLOEXEC);
	if (chip < 0) {
		printf("open %d\n", errno);
		return 1;
	}
	if (strcmp(argv[1], "info") == 0) {
		struct gpiochip_info c;
		struct gpio_v2_line_info l;
		memset(&l, 0, sizeof l);
		l.offset = offset;
		if (ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &c) != 0 || ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &l) != 0) return 1;
		printf("%s %s %u '%s' %s %s\n", c.name, c.label, c.lines, l.consumer,
		       l.flags & GPIO_V2_LINE_FLAG_USED ? "used" : "free", l.flags & GPIO_V2_LINE_FLAG_OUTPUT ? "out" : "in");
		return 0;
	}
	int line = request(chip, offset, argc > 3 && strcmp(argv[1], "hold") == 0 ? atoi(argv[3]) : 0);
	if (line < 0) {
		printf("request %d\n", errno);
		return 1;
	}
	if (strcmp(argv[1], "time") == 0) {
		int times = atoi(argv[3]);
		double sum = 0, worst = 0;
		for (int i = 0; i < times; i++) {
			double start = now_us();
			if (set(line, i & 1) != 0) return 1;
			double took = now_us() - start;
			sum += took;
			if (took > worst) worst = took;
			usleep(200);
		}
		printf("{\"mean\":%.2f,\"worst\":%.2f}\n", sum / times, worst);
		return 0;
	}
	printf("held\n");
	fflush(stdout);
	char c;
	while (read(0, &c, 1) > 0) continue;
	return 0;
}
