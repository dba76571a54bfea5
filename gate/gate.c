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
 *
 * Only rise() makes the line high, and only do_what_is_due() calls it. What makes it low: on_signal() for a signal,
 * hang_up() for end of file, do_what_is_due() for silence, refuse() for a line that is not understood or not allowed.
 */
#define _GNU_SOURCE
#include "limits.h"
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define FAR_US 4000000000000000LL /* more than a century: never, and sums of it do not overflow */
#define HOUR_US 3600000000LL
#define MINUTE_US 60000000LL
#define NEAR_US 2000 /* this long before an edge the socket can wait */
#define SPIN_US 400  /* the last stretch is waited for awake, where no other task can be kept from its core */

static const char MALFORMED[] = "malformed line";
static bool punctual; /* real-time scheduling was allowed */

/* The pattern in force: from START, high for ON in every PERIOD. It counts only while it is leased. */
static struct pattern {
    bool leased;
    int64_t lease_until;
    int64_t on, period, start;
    int64_t since; /* when it was first ordered */
} pattern;

static volatile sig_atomic_t heater = -1; /* descriptor of the heater line, also read by the signal handler */
static bool high;
static int64_t rise_us, fall_us = -FAR_US; /* the last edges */
static int64_t next_edge = FAR_US;         /* when the line changes next */
static bool limited;                       /* a limit ends the pulse, and not the pattern */

static double bucket; /* mean duty lately, 0 to 1, as of bucket_at */
static int64_t bucket_at;
static int64_t constant_used; /* constant current so far, without the present pulse */
static bool was_constant;     /* the present pulse counts as constant current */

static int listener = -1;     /* the socket; negative with --stdio */
static int in = -1, out = -1; /* the controller; negative when there is none */
static char pending[128];     /* input of which the end of the line has not come yet */
static size_t pending_length;
static uint32_t sent, heard;  /* the last sequence numbers, ours and the controller's */

static struct timespec timespec_of(int64_t us) {
    return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000 * 1000)};
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

static void wait_for(int64_t at) {
    int64_t wake = at - (punctual ? SPIN_US : 0);
    struct timespec until = timespec_of(wake);
    if (wake > now_us()) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    while (now_us() < at) {}
}

static uint16_t crc16(const char *text, size_t length) {
    uint16_t crc = 0xffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= (uint16_t)((uint8_t)text[i] << 8);
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

static void hang_up(void);
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    if (out < 0) return;
    char text[256];
    sent++;
    int length = snprintf(text, sizeof text, "%" PRIu32 " ", sent);
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(text + length, sizeof text - (size_t)length - 8, format, arguments);
    va_end(arguments);
    length += sprintf(text + length, "*%04x\n", crc16(text, (size_t)length));
    ssize_t gone = listener < 0 ? write(out, text, (size_t)length) : send(out, text, (size_t)length, MSG_NOSIGNAL);
    if (gone != length) hang_up(); /* a controller that does not read is none */
}

static double duty_max(void) { return (double)limit[DUTY_MAX] / 1e6; }
static bool is_constant(void) { return pattern.leased && pattern.on == pattern.period; }
static bool in_pulse(int64_t at) {
    return pattern.leased && at >= pattern.start && (at - pattern.start) % pattern.period < pattern.on;
}

/* The start of the period that `at` is in; of the first one when none has begun. */
static int64_t period_start(int64_t at) {
    return at < pattern.start ? pattern.start : at - (at - pattern.start) % pattern.period;
}

/* Mean duty lately (I8): a leaky bucket with the time constant of the duty window. */
static void fill_bucket(int64_t at) {
    if (at <= bucket_at) return;
    double keep = exp(-(double)(at - bucket_at) / (double)limit[DUTY_WINDOW]);
    bucket = high + (bucket - high) * keep;
    bucket_at = at;
}

/* When the limits end the present pulse at the latest; constant current has a limit of its own. */
static int64_t latest_fall(void) {
    double room = (1 - bucket) / (1 - duty_max());
    int64_t bucket_full = bucket_at + (int64_t)((double)limit[DUTY_WINDOW] * log(room > 1 ? room : 1));
    return earlier(rise_us + limit[LONGEST_ON], bucket_full);
}

static int64_t next_rise(int64_t now) {
    int64_t edge = period_start(now);
    if (now >= edge && !in_pulse(now)) edge += pattern.period;
    edge = later(edge, pattern.since); /* an order in the middle of a pulse begins nothing before it came */
    return later(edge, fall_us + limit[LEAST_OFF]);
}

/* Finds when the line changes next. A pulse that would break a limit ends early, whatever its pattern says. */
static void plan(int64_t now) {
    next_edge = FAR_US;
    if (!pattern.leased) return;
    if (high && is_constant()) was_constant = true; /* an order can turn a pulse into constant current */
    limited = is_constant();
    if (!high) {
        next_edge = next_rise(now);
    } else if (is_constant()) {
        next_edge = rise_us + limit[CONSTANT] - constant_used;
    } else {
        int64_t pulse_end = period_start(now) + pattern.on;
        int64_t latest = latest_fall();
        limited = pulse_end > latest;
        next_edge = earlier(pulse_end, latest);
    }
}

static void on_signal(int number) { /* any signal at all ends the heat and the process; told to stop, it ends well */
    if (heater >= 0) set_line(heater, false);
    _exit(number == SIGTERM ? 0 : 128 + number);
}

/* Ends the pulse, if there is one. Either the line is low afterwards, or the process ends. */
static void fall(int64_t asked) {
    if (!high) return;
    bool done = set_line(heater, false) || set_line(heater, false); /* it is tried twice */
    if (!done) fail(EXIT_LINE, "the heater line cannot be set", "low");
    int64_t at = now_us();
    fill_bucket(at);
    high = false;
    fall_us = at;
    if (was_constant) constant_used += at - rise_us;
    say("edge 0 %" PRId64 " %" PRId64, earlier(asked, at), at);
    if (!is_low(heater)) fail(EXIT_LINE, "the heater line reads high after it was set", "low");
}

/* Ends the pulse and the pattern with it: nothing rises until another order comes. */
static void off(int64_t asked) {
    pattern.leased = false;
    next_edge = FAR_US;
    fall(asked);
}

/* A refusal is never words alone: the heater is off before it is said. */
static void refuse(uint32_t sequence, const char *why, int64_t at) {
    off(at);
    say("refused %" PRIu32 " %" PRId64 " %s", sequence, at, why);
}

static void hang_up(void) {
    int gone = out;
    out = -1; /* first: what falls now has nobody to be told */
    off(now_us());
    if (listener < 0) exit(0);
    close(gone);
    in = -1;
}

static bool may_rise(int64_t asked) { /* the pulse that is due */
    fill_bucket(asked);
    if (asked - fall_us >= limit[DUTY_WINDOW]) constant_used = 0; /* a short break does not make constant current new */
    if (!in_pulse(asked)) return false;
    const char *why = NULL;
    if (is_constant() && constant_used >= limit[CONSTANT]) why = "constant current for too long";
    if (!is_constant() && bucket >= duty_max() - 1e-6) why = "mean duty too high";
    if (why) refuse(heard, why, now_us());
    return !why;
}

static void rise(int64_t asked) {
    int64_t now = now_us();
    if (!in_pulse(now) || now >= pattern.lease_until) return; /* this pulse, or the lease, was slept through */
    if (!set_line(heater, true)) {
        set_line(heater, false);
        fail(EXIT_LINE, "the heater line cannot be set", "high");
    }
    rise_us = now_us();
    fill_bucket(rise_us);
    high = true;
    was_constant = is_constant();
    say("edge 1 %" PRId64 " %" PRId64, asked, rise_us);
}

enum { ON, PERIOD, START, LEASE, ARGUMENTS };

struct order {
    uint32_t sequence; /* stays 0 when the line is not an order */
    const char *word;
    int64_t argument[ARGUMENTS];
    int arguments;
};

/* Takes the check code off a line. NULL when it is right, else what is wrong. */
static const char *unseal(char *text) {
    char *star = strrchr(text, '*');
    if (!star || strspn(star + 1, "0123456789abcdef") != 4 || star[5]) return MALFORMED;
    bool intact = strtoul(star + 1, NULL, 16) == crc16(text, (size_t)(star - text));
    *star = 0;
    return intact ? NULL : "wrong check code";
}

/* Splits a line into the fields of an order. False when it does not have their form. */
static bool split(char *text, struct order *order) {
    char *rest = NULL;
    int64_t sequence;
    const char *first = strtok_r(text, " ", &rest);
    order->word = strtok_r(NULL, " ", &rest);
    if (!first || !order->word || !number(first, &sequence) || sequence > UINT32_MAX) return false;
    const char *next;
    while ((next = strtok_r(NULL, " ", &rest))) {
        if (order->arguments == ARGUMENTS || !number(next, &order->argument[order->arguments])) return false;
        order->arguments++;
    }
    order->sequence = (uint32_t)sequence;
    return true;
}

/* Why a pattern is not played. NULL when it is within all limits. */
static const char *why_not(const int64_t wanted[ARGUMENTS], int64_t now) {
    if (wanted[ON] <= 0 || wanted[PERIOD] <= 0 || wanted[ON] > wanted[PERIOD]) return "on-time outside the period";
    if (wanted[PERIOD] > HOUR_US || wanted[START] > now + HOUR_US) return "more than an hour";
    if (wanted[LEASE] <= 0 || wanted[LEASE] > limit[LONGEST_LEASE]) return "lease too long";
    if (wanted[ON] == wanted[PERIOD]) return limit[CONSTANT] > 0 ? NULL : "constant current is not allowed here";
    if (wanted[ON] > limit[LONGEST_ON]) return "pulse too long";
    return wanted[PERIOD] - wanted[ON] < limit[LEAST_OFF] ? "off-time too short" : NULL;
}

static void play(const int64_t wanted[ARGUMENTS], int64_t now) {
    bool renewed = pattern.leased && pattern.on == wanted[ON] && pattern.period == wanted[PERIOD] &&
                   pattern.start == wanted[START];
    int64_t since = renewed ? pattern.since : now;
    pattern = (struct pattern){.leased = true, .lease_until = now + wanted[LEASE], .since = since,
                               .on = wanted[ON], .period = wanted[PERIOD], .start = wanted[START]};
    if (!in_pulse(now)) fall(now); /* a pulse of the pattern before does not outlive it */
    plan(now);
}

/* Carries out an order. NULL when it is done, else why it is not. */
static const char *carry_out(const struct order *order, int64_t now) {
    if (order->sequence <= heard) return "old sequence number";
    heard = order->sequence;
    if (!strcmp(order->word, "off") && order->arguments == 0) {
        off(now);
        return NULL;
    }
    if (strcmp(order->word, "play") || order->arguments != ARGUMENTS) return MALFORMED;
    const char *why = why_not(order->argument, now);
    if (!why) play(order->argument, now);
    return why;
}

/* Obeys one line. Whatever is not exactly an order turns the heater off. */
static void obey(char *text, size_t length) {
    int64_t now = now_us();
    struct order order = {0};
    const char *why = strlen(text) == length ? unseal(text) : MALFORMED; /* a NUL would hide what follows it */
    if (!why && !split(text, &order)) why = MALFORMED;
    if (!why) why = carry_out(&order, now);
    if (why) {
        refuse(order.sequence, why, now);
        return;
    }
    fill_bucket(now);
    say("alive %" PRIu32 " %.0f %" PRId64, order.sequence, bucket * 1e6, now);
}

static void listen_to_controller(void) {
    ssize_t got = read(in, pending + pending_length, sizeof pending - 1 - pending_length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        hang_up();
        return;
    }
    pending_length += (size_t)got;
    char *from = pending;
    char *end;
    while ((end = memchr(from, '\n', pending_length - (size_t)(from - pending)))) {
        *end = 0;
        obey(from, (size_t)(end - from));
        if (in < 0) return; /* the controller is gone: what else it sent is not obeyed */
        from = end + 1;
    }
    pending_length -= (size_t)(from - pending);
    memmove(pending, from, pending_length);
    if (pending_length == sizeof pending - 1) {
        say("refused 0 %" PRId64 " line too long", now_us());
        hang_up();
    }
}

static void greet(int input, int output) {
    in = input;
    out = output;
    pending_length = 0;
    sent = 0;
    heard = 0;
    say("hello 1 %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s",
        limit[LONGEST_ON], limit[LEAST_OFF], limit[LONGEST_LEASE], limit[DUTY_MAX], limit[DUTY_WINDOW], limit[CONSTANT],
        limit[HEATER_LINE], limit[ENABLE_LINE], punctual ? "fifo45" : "other");
}

static void answer_the_door(void) { /* one controller at a time: a second one is sent away */
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (peer < 0) return;
    if (in < 0) greet(peer, peer);
    else close(peer);
}

static void open_stdio(void) {
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
    greet(STDIN_FILENO, STDOUT_FILENO);
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

static int64_t next_deadline(void) { return pattern.leased ? earlier(pattern.lease_until, next_edge) : FAR_US; }
static void take_input(void) {
    int64_t left = next_deadline() - NEAR_US - now_us();
    struct timespec pause = timespec_of(later(0, earlier(left, MINUTE_US)));
    struct pollfd doors[2] = {{.fd = in, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
    if (ppoll(doors, 2, &pause, NULL) <= 0) return;
    if (doors[0].revents) listen_to_controller();
    if (doors[1].revents) answer_the_door();
}

static void do_what_is_due(void) {
    int64_t due = next_deadline();
    if (due - now_us() > NEAR_US) return;
    bool expires = due >= pattern.lease_until;
    bool rises = !high && !expires && may_rise(due); /* asked first: after the wait only the set is left */
    wait_for(due);
    if (expires) {
        off(due);
        say("expired %" PRId64, now_us());
    } else if (high) {
        fall(due);
        if (limited) refuse(heard, "limit ended the pulse", now_us());
    } else if (rises) {
        rise(due);
    }
    plan(now_us());
}

static void be_punctual(void) {
    struct sched_param priority = {.sched_priority = 45}; /* below the kernel's threaded interrupts (50) */
    punctual = sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority) == 0;
    if (!punctual) perror("remixd-gate: no SCHED_FIFO, edges will be later");
    if (mlockall(MCL_CURRENT | MCL_FUTURE)) perror("remixd-gate: memory is not locked");
}

int main(int argc, char **argv) {
    bool stdio = argc == 4 && !strcmp(argv[3], "--stdio");
    bool with_socket = argc == 5 && !strcmp(argv[3], "--socket");
    if (!(stdio || with_socket) || strcmp(argv[1], "--limits"))
        fail(EXIT_USE, "use", "remixd-gate --limits FILE (--socket PATH | --stdio)");
    read_limits(argv[2]);
    struct sigaction action = {.sa_handler = on_signal};
    sigfillset(&action.sa_mask); /* the first one decides: the service manager sends SIGCONT on the heels of SIGTERM */
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL); /* SIGKILL and SIGSTOP refuse */
    heater = take_low(open_chip(), limit[HEATER_LINE], "remixd-gate");
    if (heater < 0 || !is_low(heater)) fail(EXIT_LINE, "the heater line cannot be taken low", argv[2]);
    be_punctual();
    bucket_at = now_us();
    if (stdio) open_stdio();
    else open_socket(argv[4]);
    for (;;) {
        take_input();
        do_what_is_due();
    }
}
