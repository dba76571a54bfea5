/*
 * remixd-lines: the controller's lines on the character device, for a kernel without GPIO files in /sys. Outputs:
 * ENABLE, the light, the supply of the sensors. Inputs: E-stop and lid. It is a program of its own and never part of the
 * gate, because the heater line and ENABLE are two switches only while two processes hold them.
 *
 *   remixd-lines --chip LABEL --enable N --estop N --lid N [--light N] [--power N]
 *
 * The controller starts it and holds its standard input and output. Times are CLOCK_MONOTONIC, µs; SEQ counts from 1.
 *   in   SEQ AT toggle · SEQ AT light 0|1 · SEQ AT power 0|1
 *   out  hello 1 · levels AT HEARD ESTOP LID (every 20 ms; HEARD is the last SEQ that was read: a state is then set, a
 *        toggle played or, if it came too late, left out)
 *
 * ENABLE conducts only while edges come, so this program makes none of its own accord: one toggle is one edge, a toggle
 * older than 50 ms is none, and toggles that come together are one. Stopped or killed it leaves a level that stands
 * still, and the charge pump opens. At end of file, at any signal and at a line that it does not understand it sets all
 * outputs low and ends.
 *
 * Exit codes: 0 told to end · 64 wrong use or a malformed line · 74 a line could not be taken or set
 */
#define _GNU_SOURCE
#include "line.h"
#include <poll.h>
#include <signal.h>

#define REPORT_US 20000
#define STALE_US 50000 /* a toggle that waited longer is not played: the tick that it speaks for is over */

/* Outputs first, in the order in which they are taken and lowered. */
enum { ENABLE, LIGHT, POWER, OUTPUTS, ESTOP = OUTPUTS, LID, LINES };
static struct {
    const char *option;
    int64_t least; /* lines 9 to 27 are pulled down from power-up on */
    bool needed, given;
    int64_t offset;
} line[LINES] = {
    [ENABLE] = {.option = "--enable", .least = 9, .needed = true},
    [LIGHT] = {.option = "--light", .least = 9},
    [POWER] = {.option = "--power", .least = 1},
    [ESTOP] = {.option = "--estop", .least = 9, .needed = true},
    [LID] = {.option = "--lid", .least = 9, .needed = true},
};
static const char USE[] = "remixd-lines --chip LABEL --enable N --estop N --lid N [--light N] [--power N]";

static volatile sig_atomic_t held[LINES] = {-1, -1, -1, -1, -1}; /* descriptors, also read by the signal handler */
static bool enable_high;
static bool toggle_due;    /* a fresh toggle has come since the last edge */
static char pending[4096]; /* input of which the end of the line has not come yet */
static size_t pending_length;
static int64_t heard; /* the last sequence number */
static int64_t next_report;

static void all_low(void) {
    for (int i = 0; i < OUTPUTS; i++) {
        if (held[i] >= 0) set_line(held[i], false);
    }
}

static void on_signal(int number) { /* any signal at all: one that was stopped does not go on either */
    all_low();
    _exit(number == SIGTERM ? 0 : 128 + number);
}

static _Noreturn void end(int code, const char *why) {
    all_low();
    if (why) fprintf(stderr, "remixd-lines: %s; all outputs are low\n", why);
    exit(code);
}

/* A report that the controller has no room for is left out: it carries its instant, so the next one does as well. */
static void say(const char *text) {
    size_t length = strlen(text);
    ssize_t gone = write(STDOUT_FILENO, text, length);
    if (gone != (ssize_t)length && !(gone < 0 && errno == EAGAIN)) end(EXIT_LINE, "a report cannot be written");
}

static int level_of(int which) {
    struct gpio_v2_line_values values = {.mask = 1};
    if (ioctl(held[which], GPIO_V2_LINE_GET_VALUES_IOCTL, &values)) end(EXIT_LINE, "a contact cannot be read");
    return (int)(values.bits & 1);
}

static void report(int64_t now) { /* dated before the contacts are read */
    char text[96];
    int estop = level_of(ESTOP);
    int lid = level_of(LID);
    snprintf(text, sizeof text, "levels %" PRId64 " %" PRId64 " %d %d\n", now, heard, estop, lid);
    say(text);
    next_report = now + REPORT_US;
}

/* Sets an output that is a state and not an edge. False when the words do not ask for one. */
static bool set_state(int which, const char *level) {
    if (held[which] < 0 || !level || (strcmp(level, "0") && strcmp(level, "1"))) return false;
    if (!set_line(held[which], *level == '1')) end(EXIT_LINE, "an output cannot be set");
    return true;
}

/* Carries out one line. False for anything that is not exactly a command. */
static bool obey(char *text, int64_t now) {
    char *rest = NULL;
    int64_t sequence, at;
    const char *first = strtok_r(text, " ", &rest);
    const char *when = strtok_r(NULL, " ", &rest);
    const char *word = strtok_r(NULL, " ", &rest);
    const char *level = strtok_r(NULL, " ", &rest);
    if (!word || strtok_r(NULL, " ", &rest)) return false;
    if (!number(first, &sequence) || sequence != heard + 1 || !number(when, &at)) return false;
    if (at > now) return false; /* both processes read one clock, which never goes back: an order to come is an error */
    heard = sequence;
    if (!strcmp(word, "light")) return set_state(LIGHT, level);
    if (!strcmp(word, "power")) return set_state(POWER, level);
    if (strcmp(word, "toggle") || level) return false;
    if (now - at <= STALE_US) toggle_due = true;
    return true;
}

static void listen_to_controller(void) {
    ssize_t got = read(STDIN_FILENO, pending + pending_length, sizeof pending - pending_length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) end(0, NULL);
    pending_length += (size_t)got;
    int64_t now = now_us();
    char *from = pending;
    char *stop;
    while ((stop = memchr(from, '\n', pending_length - (size_t)(from - pending)))) {
        *stop = 0;
        bool whole = strlen(from) == (size_t)(stop - from); /* a NUL would hide what follows it */
        if (!whole || !obey(from, now)) end(EXIT_USE, "malformed line");
        from = stop + 1;
    }
    pending_length -= (size_t)(from - pending);
    memmove(pending, from, pending_length);
    if (pending_length == sizeof pending) end(EXIT_USE, "line too long");
}

static void feed_pump(void) {
    if (!toggle_due) return;
    toggle_due = false;
    enable_high = !enable_high;
    if (!set_line(held[ENABLE], enable_high)) end(EXIT_LINE, "ENABLE cannot be set");
}

/* Takes a contact. Pulled down, so that a wire that has come off its pin reads open. */
static int take_contact(int chip, int64_t offset) {
    struct gpio_v2_line_request request = {.num_lines = 1, .offsets = {(uint32_t)offset}};
    strcpy(request.consumer, "remixd-lines");
    request.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
    return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) < 0 ? -1 : request.fd;
}

static _Noreturn void refuse(int chip, int which) {
    int why = errno;
    char holder[GPIO_MAX_NAME_SIZE];
    char text[GPIO_MAX_NAME_SIZE + 64];
    name_holder(chip, line[which].offset, holder);
    int length = snprintf(text, sizeof text, "line %" PRId64, line[which].offset);
    if (why == EBUSY) snprintf(text + length, sizeof text - (size_t)length, " is held by \"%s\"", holder);
    errno = why;
    fail(EXIT_LINE, "a GPIO line cannot be taken", text);
}

/* All lines or none: what was taken before one that is refused is low and is given back by the end of the process. */
static void take_lines(void) {
    int chip = open_chip();
    for (int i = 0; i < LINES; i++) {
        if (!line[i].given) continue;
        held[i] = i < OUTPUTS ? take_low(chip, line[i].offset, "remixd-lines") : take_contact(chip, line[i].offset);
        if (held[i] < 0) refuse(chip, i);
        if (i < OUTPUTS && !is_low(held[i]))
            fail(EXIT_LINE, "a GPIO line reads high after it was set low", line[i].option);
    }
    close(chip);
}

static int option_named(const char *name) {
    int i = 0;
    while (i < LINES && strcmp(name, line[i].option)) i++;
    return i;
}

static void read_options(int argc, char **argv) {
    for (int at = 1; at < argc; at += 2) {
        const char *value = at + 1 < argc ? argv[at + 1] : "";
        int i = option_named(argv[at]);
        if (!strcmp(argv[at], "--chip") && *value && strlen(value) < sizeof chip_label) {
            strcpy(chip_label, value);
            continue;
        }
        if (i == LINES || line[i].given || !number(value, &line[i].offset)) fail(EXIT_USE, "use", USE);
        if (line[i].offset < line[i].least || line[i].offset > 27) fail(EXIT_USE, "no such line of the header", value);
        line[i].given = true;
    }
    for (int i = 0; i < LINES; i++) {
        if (line[i].needed && !line[i].given) fail(EXIT_USE, "use", USE);
    }
    if (!*chip_label) fail(EXIT_USE, "use", USE);
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    struct sigaction action = {.sa_handler = on_signal};
    sigfillset(&action.sa_mask);
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL); /* SIGKILL and SIGSTOP refuse */
    take_lines();
    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
    say("hello 1\n");
    for (;;) {
        int64_t now = now_us();
        if (now >= next_report) report(now);
        int64_t left = next_report - now;
        struct timespec pause = {.tv_nsec = (long)(left > 0 ? left : 0) * 1000};
        struct pollfd door = {.fd = STDIN_FILENO, .events = POLLIN};
        if (ppoll(&door, 1, &pause, NULL) <= 0) continue;
        listen_to_controller();
        feed_pump();
    }
}
