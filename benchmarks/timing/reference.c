/*
 * What a careful C programmer writes without a gate: a loop at SCHED_FIFO 45 that toggles a line at absolute deadlines,
 * with the same line request and the same clock as the gate, printing every edge as "RISING ASKED ACHIEVED" (µs).
 *
 *   reference sleep|spin LINE ON_US PERIOD_US START_US END_US
 *
 * sleep: clock_nanosleep to the deadline. spin: clock_nanosleep to 400 µs before it, then a busy wait.
 */
#define _GNU_SOURCE
#include "../../gate/line.h"
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

int main(int argc, char **argv) {
    int64_t line, on, period, start, end;
    bool spin = argc == 7 && !strcmp(argv[1], "spin");
    if (argc != 7 || !number(argv[2], &line) || !number(argv[3], &on) || !number(argv[4], &period) ||
        !number(argv[5], &start) || !number(argv[6], &end))
        fail(EXIT_USE, "use", "reference sleep|spin LINE ON PERIOD START END");
    strcpy(chip_label, "auto");
    int pin = take_low(open_chip(), line, "reference");
    if (pin < 0 || !is_low(pin)) fail(EXIT_LINE, "no line", argv[2]);
    struct sched_param priority = {.sched_priority = 45};
    if (sched_setscheduler(0, SCHED_FIFO, &priority)) perror("reference: no SCHED_FIFO"), spin = false;
    mlockall(MCL_CURRENT | MCL_FUTURE);
    bool high = false;
    for (int64_t cycle = 0, asked; (asked = start + cycle * period + (high ? on : 0)) < end; high = !high, cycle += !high) {
        int64_t wake = asked - (spin ? 400 : 0);
        struct timespec until = {.tv_sec = wake / 1000000, .tv_nsec = wake % 1000000 * 1000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        while (spin && now_us() < asked) {}
        set_line(pin, !high);
        printf("%d %" PRId64 " %" PRId64 "\n", !high, asked, now_us());
        fflush(stdout);
    }
    set_line(pin, false);
    return 0;
}
