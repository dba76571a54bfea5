/*
 * remixd-gate: the executor that owns the heater line. It plays leased patterns on its own clock (CLOCK_MONOTONIC, µs)
 * and ends every pulse itself. There is no "on". The line is low at start, on end of file, on silence (the lease), on
 * any signal and on any line it does not understand. Limits come from its own file and never over the protocol.
 *
 *   remixd-gate --limits FILE (--socket PATH | --stdio)
 *
 * Every line, both ways: SEQ WORD ARGUMENTS*CRC\n, CRC-16/CCITT-FALSE in hex over all before the star; SEQ rises.
 *   in   play ON PERIOD START LEASE | off
 *   out  hello 1 LONGEST_ON LEAST_OFF LONGEST_LEASE DUTY_PPM DUTY_WINDOW CONSTANT HEATER_LINE ENABLE_LINE SCHEDULING
 *        alive SEQ BUCKET_PPM NOW · edge 1|0 ASKED ACHIEVED · refused SEQ NOW WHY · expired NOW
 */
#define _GNU_SOURCE
#include "line.h"
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#define FAR_US 4000000000000000LL /* more than a century: never, and sums of it do not overflow */
#define MINUTE_US 60000000LL
#define NEAR_US 2000              /* this long before an edge the socket can wait */
#define SPIN_US 400               /* the last stretch is waited for awake, where no other task can be kept from its core */

static struct play { bool leased; int64_t on, period, start, lease_until, since; } play;
static volatile sig_atomic_t line = -1; /* also read by the signal handler */
static bool high, was_constant, limited; /* limited: the pulse will end before its pattern says */
static int64_t rise_us, fall_us = -FAR_US, next_edge = FAR_US, constant_used, bucket_at, spin_us;
static double bucket;
static int listener = -1, in = -1, out = -1;
static char pending[128];
static size_t pending_length;
static uint32_t sent, heard;
static const char *scheduling = "other";

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void on_signal(int number) { /* any signal at all ends the heat and the process */
    if (line >= 0) set_line(line, false);
    _exit(128 + number);
}

static uint16_t crc16(const char *text, size_t length) {
    uint16_t crc = 0xffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= (uint16_t)((uint8_t)text[i] << 8);
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

static void hang_up(void);

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    char text[256];
    if (out < 0) return;
    int length = snprintf(text, sizeof text, "%" PRIu32 " ", ++sent);
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(text + length, sizeof text - (size_t)length - 8, format, arguments);
    va_end(arguments);
    length += sprintf(text + length, "*%04x\n", crc16(text, (size_t)length));
    ssize_t gone = listener < 0 ? write(out, text, (size_t)length) : send(out, text, (size_t)length, MSG_NOSIGNAL);
    if (gone != length) hang_up(); /* a controller that does not read is none */
}

/* Mean duty lately (I8): a leaky bucket with the time constant of the duty window. */
static void fill_bucket(int64_t at) {
    if (at <= bucket_at) return;
    double keep = exp(-(double)(at - bucket_at) / (double)limit[DUTY_WINDOW]);
    bucket = high + (bucket - high) * keep;
    bucket_at = at;
}

static bool constant(void) { return play.leased && play.on == play.period; }
static bool in_pulse(int64_t at) {
    return play.leased && at >= play.start && (at - play.start) % play.period < play.on;
}

/* When the line changes next. Ends a pulse that would break a limit, whatever the pattern says. */
static void plan(int64_t now) {
    next_edge = FAR_US;
    if (!play.leased) return;
    was_constant |= high && constant(); /* a pulse that an order turns into constant current is booked as that */
    limited = constant();
    if (high && constant()) next_edge = rise_us + limit[CONSTANT] - constant_used;
    else if (high) {
        double room = (1 - bucket) / (1 - (double)limit[DUTY_MAX] / 1e6);
        int64_t full = bucket_at + (int64_t)((double)limit[DUTY_WINDOW] * log(room > 1 ? room : 1));
        next_edge = play.start + (now - play.start) / play.period * play.period + play.on;
        limited = next_edge > rise_us + limit[LONGEST_ON] || next_edge > full;
        if (next_edge > rise_us + limit[LONGEST_ON]) next_edge = rise_us + limit[LONGEST_ON];
        if (next_edge > full) next_edge = full;
    } else {
        int64_t cycle = now < play.start ? 0 : (now - play.start) / play.period;
        next_edge = play.start + cycle * play.period;
        if (now >= next_edge && !in_pulse(now)) next_edge += play.period;
        if (next_edge < play.since) next_edge = play.since; /* it was ordered in the middle of this pulse */
        if (next_edge < fall_us + limit[LEAST_OFF]) next_edge = fall_us + limit[LEAST_OFF];
    }
}

static void refuse(uint32_t sequence, const char *why, int64_t at) {
    play.leased = false;
    next_edge = FAR_US;
    say("refused %" PRIu32 " %" PRId64 " %s", sequence, at, why);
}

static void fall(int64_t asked) {
    if (!high) return;
    if (!set_line(line, false) && !set_line(line, false)) fail(EXIT_LINE, "the heater line cannot be set", "low");
    int64_t at = now_us();
    fill_bucket(at);
    high = false;
    fall_us = at;
    if (was_constant) constant_used += at - rise_us;
    say("edge 0 %" PRId64 " %" PRId64, asked < at ? asked : at, at);
    if (!is_low(line)) fail(EXIT_LINE, "the heater line reads high after it was set", "low");
}

/* Whether the pulse that is due may begin. Asked before the wait, so that after it nothing is left but the set. */
static bool may_rise(int64_t asked) {
    fill_bucket(asked);
    if (asked - fall_us >= limit[DUTY_WINDOW]) constant_used = 0; /* a short break does not make constant current new */
    if (!in_pulse(asked)) return false;
    if (!constant() && bucket >= (double)limit[DUTY_MAX] / 1e6 - 1e-6) return refuse(heard, "mean duty too high", now_us()), false;
    if (constant() && constant_used >= limit[CONSTANT]) return refuse(heard, "constant current for too long", now_us()), false;
    return true;
}

static void rise(int64_t asked) {
    int64_t now = now_us();
    if (!in_pulse(now) || now >= play.lease_until) return; /* this pulse, or the lease, was slept through */
    if (!set_line(line, true) && (set_line(line, false), true)) fail(EXIT_LINE, "the heater line cannot be set", "high");
    rise_us = now_us();
    fill_bucket(rise_us);
    high = true;
    was_constant = constant();
    say("edge 1 %" PRId64 " %" PRId64, asked, rise_us);
}

static void off(int64_t asked) {
    play.leased = false;
    next_edge = FAR_US;
    fall(asked);
}

static void hang_up(void) {
    int old = out;
    out = -1; /* first: what falls now has nobody to be told */
    off(now_us());
    if (listener < 0) exit(0);
    close(old);
    in = -1;
}

static const char *why_not(const int64_t a[4], int64_t now) {
    if (a[0] <= 0 || a[1] <= 0 || a[0] > a[1]) return "on-time outside the period";
    if (a[1] > 3600000000LL || a[2] > now + 3600000000LL) return "more than an hour";
    if (a[3] <= 0 || a[3] > limit[LONGEST_LEASE]) return "lease too long";
    if (a[0] == a[1]) return limit[CONSTANT] > 0 ? NULL : "constant current is not allowed here";
    if (a[0] > limit[LONGEST_ON]) return "pulse too long";
    return a[1] - a[0] < limit[LEAST_OFF] ? "off-time too short" : NULL;
}

/* One order. Whatever is not exactly an order turns the heater off. */
static void obey(char *text) {
    int64_t now = now_us(), sequence = 0, a[4];
    char *star = strrchr(text, '*'), *end = NULL, *save = NULL;
    const char *why = "malformed line";
    if (star && strspn(star + 1, "0123456789abcdef") == 4 && !star[5]) {
        bool intact = strtoul(star + 1, &end, 16) == crc16(text, (size_t)(star - text));
        *star = 0;
        char *first = strtok_r(text, " ", &save), *word = strtok_r(NULL, " ", &save), *argument = NULL;
        int count = 0;
        while ((argument = strtok_r(NULL, " ", &save)) && count < 4 && number(argument, &a[count])) count++;
        if (!intact) why = "wrong check code";
        else if (!first || !word || argument || !number(first, &sequence) || sequence > UINT32_MAX) sequence = 0;
        else if (sequence <= heard) why = "old sequence number";
        else if (heard = (uint32_t)sequence, !strcmp(word, "off") && count == 0) why = NULL, off(now);
        else if (!strcmp(word, "play") && count == 4 && !(why = why_not(a, now))) {
            bool same = play.leased && play.on == a[0] && play.period == a[1] && play.start == a[2];
            play = (struct play){true, a[0], a[1], a[2], now + a[3], same ? play.since : now};
            if (high && !in_pulse(now)) fall(now); /* a pulse of the pattern before does not outlive it */
            plan(now);
        }
    }
    if (why) off(now), refuse((uint32_t)sequence, why, now);
    else fill_bucket(now), say("alive %" PRIu32 " %.0f %" PRId64, (uint32_t)sequence, bucket * 1e6, now);
}

static void listen_to_controller(void) {
    ssize_t got = read(in, pending + pending_length, sizeof pending - 1 - pending_length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return hang_up();
    pending_length += (size_t)got;
    char *from = pending, *end;
    while (in >= 0 && (end = memchr(from, '\n', pending_length - (size_t)(from - pending)))) {
        *end = 0;
        obey(from);
        from = end + 1;
    }
    pending_length -= (size_t)(from - pending);
    memmove(pending, from, pending_length);
    if (pending_length >= sizeof pending - 1 && in >= 0) refuse(0, "line too long", now_us()), hang_up();
}

static void greet(void) {
    pending_length = 0;
    sent = heard = 0;
    say("hello 1 %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s",
        limit[LONGEST_ON], limit[LEAST_OFF], limit[LONGEST_LEASE], limit[DUTY_MAX], limit[DUTY_WINDOW], limit[CONSTANT],
        limit[HEATER_LINE], limit[ENABLE_LINE], scheduling);
}

static void welcome(void) { /* one controller at a time: a second one finds the door closed */
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (peer < 0) return;
    if (in >= 0) close(peer);
    else in = out = peer, greet();
}

static void open_socket(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(EXIT_USE, "socket path too long", path);
    strcpy(address.sun_path, path);
    unlink(path); /* the line was taken before: no living gate listens here */
    umask(0117);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4))
        fail(EXIT_LINE, "cannot listen", path);
}

static void be_punctual(void) {
    struct sched_param priority = {.sched_priority = 45}; /* below the kernel's threaded interrupts (50) */
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority)) perror("remixd-gate: no SCHED_FIFO, edges will be later");
    else scheduling = "fifo45", spin_us = SPIN_US;
    if (mlockall(MCL_CURRENT | MCL_FUTURE)) perror("remixd-gate: memory is not locked");
}

static int64_t next_deadline(void) {
    int64_t edge = play.leased ? next_edge : FAR_US;
    return play.leased && play.lease_until < edge ? play.lease_until : edge < FAR_US ? edge : FAR_US;
}

static void wait_for(int64_t at) {
    int64_t asleep = at - spin_us;
    struct timespec until = {.tv_sec = (time_t)(asleep / 1000000), .tv_nsec = (long)(asleep % 1000000 * 1000)};
    if (asleep > now_us()) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    while (now_us() < at) {}
}

int main(int argc, char **argv) {
    bool stdio = argc == 4 && !strcmp(argv[3], "--stdio");
    if (argc < 4 || strcmp(argv[1], "--limits") || !(stdio || (argc == 5 && !strcmp(argv[3], "--socket"))))
        fail(EXIT_USE, "use", "remixd-gate --limits FILE (--socket PATH | --stdio)");
    read_limits(argv[2]);
    struct sigaction action = {.sa_handler = on_signal};
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL); /* SIGKILL and SIGSTOP refuse */
    line = take_low(open_chip(), limit[HEATER_LINE], "remixd-gate");
    if (line < 0 || !is_low(line)) fail(EXIT_LINE, "the heater line cannot be taken low", argv[2]);
    be_punctual();
    bucket_at = now_us();
    if (stdio) in = 0, out = 1, fcntl(0, F_SETFL, O_NONBLOCK), fcntl(1, F_SETFL, O_NONBLOCK), greet();
    else open_socket(argv[4]);
    for (;;) {
        int64_t left = next_deadline() - NEAR_US - now_us();
        left = left < 0 ? 0 : left < MINUTE_US ? left : MINUTE_US;
        struct timespec pause = {.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000 * 1000)};
        struct pollfd doors[2] = {{.fd = in, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
        if (ppoll(doors, 2, &pause, NULL) > 0) {
            if (doors[0].revents) listen_to_controller();
            if (doors[1].revents) welcome();
        }
        /* However many orders come in, what is due is done between any two of them. */
        int64_t due = next_deadline();
        if (due - now_us() > NEAR_US) continue;
        bool ends = due >= play.lease_until, rises = !high && !ends && may_rise(due);
        wait_for(due);
        if (ends) off(due), say("expired %" PRId64, now_us());
        else if (high && limited) fall(due), refuse(heard, "limit ended the pulse", now_us());
        else if (high) fall(due);
        else if (rises) rise(due);
        plan(now_us());
    }
}
