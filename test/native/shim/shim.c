/*
 * A preloaded library that lets programs meet the chip models where they would meet the kernel: it answers the calls on
 * /dev/i2c-*, /dev/spidev*, /dev/gpiochip* and /sys/class/gpio by asking an emulator in another process.
 *
 * - EMULATED_BENCH_DIR names the emulator's folder: its socket is bench.sock there, and below it lies a tree of ordinary
 *   files (sys/..., dev/...) that listing, existence checks and plain attribute files are redirected to. Without the
 *   variable the library does nothing.
 * - Every opened virtual file is a connection of its own, and the descriptor that the program gets is that connection.
 *   So the emulator sees the end of a process, however it ended, as the kernel does.
 * - Descriptors may be closed behind our back (libuv closes by a bare system call). A descriptor therefore counts as
 *   virtual only while it still is the socket that we made, which its inode number tells.
 * - Setting a line writes a stamped record into memory that the emulator reads: nobody is waited for and nobody is
 *   woken, which would cost the caller its processor on a busy machine. The instant that counts is the stamp's.
 * - Real work is done by bare system calls, so that nothing has to be looked up while another preloaded library (a
 *   sanitizer's) is still being initialised.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "the layouts of stat and off_t are taken to be those of a 64-bit system");

#define MOST_FDS 4096
#define MOST_BYTES 8192
#define MOST_PATH 512

/* ---- the wire; wire.ts says the same ---------------------------------------------------------------------------- */

enum op {
	OP_OPEN = 1,
	OP_READ = 2,
	OP_WRITE = 3,
	OP_WATCH = 4,
	OP_I2C_ADDRESS = 5,
	OP_I2C = 6,
	OP_SPI = 7,
	OP_CHIP_INFO = 8,
	OP_LINE_INFO = 9,
	OP_LINE_REQUEST = 10,
	OP_LINE_GET = 11,
	OP_LINE_CONFIG = 12,
};

struct ask {
	uint32_t length; /* of what follows this header */
	uint32_t op;
	uint64_t stamp_us; /* CLOCK_MONOTONIC */
};

struct answer {
	uint32_t length;
	int32_t result; /* below 0: an errno, negative */
};

struct wire_line {
	uint32_t offset;
	uint32_t value;
	uint64_t flags;
};

struct wire_request {
	uint32_t pid;
	uint32_t lines;
	char consumer[32];
	char chip[32];
	char log[64]; /* file of the line_log below; the emulator opens and removes it */
	struct wire_line line[GPIO_V2_LINES_MAX];
};

#define LOG_RECORDS 65536

/* What a holder of lines set, in a file that both sides map or read. */
struct line_log {
	uint64_t count; /* records ever written */
	uint64_t spare[7];
	struct {
		uint64_t stamp_us, bits, mask;
	} record[LOG_RECORDS];
};

struct wire_message {
	uint16_t address;
	uint16_t read;
	uint32_t length;
};

/* ---- virtual descriptors ---------------------------------------------------------------------------------------- */

enum kind { NOTHING = 0, ATTRIBUTE, I2C, SPI, CHIP, LINE };

struct slot {
	enum kind kind;
	ino_t inode;
	pthread_mutex_t lock;
	char path[64];
	/* ATTRIBUTE: text as of the last read from its start, and the companion that carries its edges */
	char text[64];
	size_t text_length;
	off_t at;
	int companion;
	ino_t companion_inode;
	/* I2C */
	uint16_t address;
	/* SPI */
	uint32_t mode, hz;
	uint8_t bits;
	/* LINE */
	uint32_t lines;
	uint64_t outputs;
	struct line_log *log;
};

static struct slot slots[MOST_FDS];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- bare system calls; syscall() itself is one of the names that are taken over --------------------------------- */

static long raw6(long n, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
		: "=a"(result)
		: "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	long result = x0;
#else
#error "no bare system call for this processor"
#endif
	if (result > -4096 && result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

#define RAW_PICK(_1, _2, _3, _4, _5, _6, _7, name, ...) name
#define RAW1(n) raw6(n, 0, 0, 0, 0, 0, 0)
#define RAW2(n, a) raw6(n, (long)(a), 0, 0, 0, 0, 0)
#define RAW3(n, a, b) raw6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW4(n, a, b, c) raw6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW5(n, a, b, c, d) raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW6(n, a, b, c, d, e) raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define RAW7(n, a, b, c, d, e, f) raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define raw(...) RAW_PICK(__VA_ARGS__, RAW7, RAW6, RAW5, RAW4, RAW3, RAW2, RAW1, 0)(__VA_ARGS__)

static int raw_close(int fd) { return (int)raw(SYS_close, fd); }

static const char *bench(void) {
	static const char *folder;
	static bool asked;
	if (!asked) {
		folder = getenv("EMULATED_BENCH_DIR");
		if (folder && *folder == '\0') folder = NULL;
		asked = true;
	}
	return folder;
}

static ino_t inode_of(int fd) {
	struct stat st;
	if (raw(SYS_fstat, fd, &st) != 0 || !S_ISSOCK(st.st_mode)) return 0;
	return st.st_ino;
}

/* The slot of a descriptor that is ours and still open, else NULL. */
static struct slot *virtual(int fd) {
	if (fd < 0 || fd >= MOST_FDS || slots[fd].kind == NOTHING) return NULL;
	struct slot *s = &slots[fd];
	if (inode_of(fd) == s->inode) return s;
	return NULL;
}

static void drop_companion(struct slot *s) {
	if (s->companion >= 0 && s->companion_inode != 0 && inode_of(s->companion) == s->companion_inode)
		raw_close(s->companion);
	s->companion = -1;
	s->companion_inode = 0;
}

static struct slot *adopt(int fd, enum kind kind, const char *path) {
	struct slot *s = &slots[fd];
	pthread_mutex_lock(&slots_lock);
	/* What was here before may have been closed by a bare system call. */
	if (s->kind != NOTHING) drop_companion(s);
	if (s->log) munmap(s->log, sizeof *s->log);
	memset(s, 0, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	snprintf(s->path, sizeof s->path, "%s", path);
	s->companion = -1;
	s->bits = 8;
	s->hz = 500000;
	s->inode = inode_of(fd);
	__atomic_store_n(&s->kind, kind, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&slots_lock);
	return s;
}

/* ---- talking to the emulator ------------------------------------------------------------------------------------ */

static uint64_t now_us(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static bool wait_for(int fd, short events) {
	struct pollfd p = {.fd = fd, .events = events};
	int n = (int)raw(SYS_ppoll, &p, 1, NULL, NULL, 0);
	return n >= 0 || errno == EINTR;
}

static bool send_all(int fd, const void *head, size_t head_length, const void *body, size_t body_length) {
	struct iovec part[2] = {{(void *)head, head_length}, {(void *)body, body_length}};
	struct msghdr message = {.msg_iov = part, .msg_iovlen = 2};
	size_t left = head_length + body_length;
	while (left > 0) {
		ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EINTR) continue;
			if (errno == EAGAIN && wait_for(fd, POLLOUT)) continue;
			return false;
		}
		left -= (size_t)n;
		for (int i = 0; i < 2; i++) {
			size_t taken = (size_t)n < part[i].iov_len ? (size_t)n : part[i].iov_len;
			part[i].iov_base = (char *)part[i].iov_base + taken;
			part[i].iov_len -= taken;
			n -= (ssize_t)taken;
		}
	}
	return true;
}

static bool receive_all(int fd, void *into, size_t length) {
	char *p = into;
	while (length > 0) {
		ssize_t n = recv(fd, p, length, 0);
		if (n == 0) return false;
		if (n < 0) {
			if (errno == EINTR) continue;
			if (errno == EAGAIN && wait_for(fd, POLLIN)) continue;
			return false;
		}
		p += n;
		length -= (size_t)n;
	}
	return true;
}

/* Asks and waits. Returns the result (>= 0) with up to *got bytes in `into`, or -1 with errno. */
static int ask(int fd, enum op op, const void *body, size_t length, void *into, size_t *got) {
	struct ask head = {.length = (uint32_t)length, .op = op, .stamp_us = now_us()};
	struct answer answer;
	size_t room = got ? *got : 0;
	if (got) *got = 0;
	if (!send_all(fd, &head, sizeof head, body, length) || !receive_all(fd, &answer, sizeof answer)) {
		errno = EIO;
		return -1;
	}
	size_t kept = answer.length < room ? answer.length : room;
	if (!receive_all(fd, into, kept)) {
		errno = EIO;
		return -1;
	}
	for (size_t rest = answer.length - kept; rest > 0;) {
		char sink[256];
		size_t part = rest < sizeof sink ? rest : sizeof sink;
		if (!receive_all(fd, sink, part)) {
			errno = EIO;
			return -1;
		}
		rest -= part;
	}
	if (got) *got = kept;
	if (answer.result < 0) {
		errno = -answer.result;
		return -1;
	}
	return answer.result;
}

static int ask_locked(int fd, struct slot *s, enum op op, const void *body, size_t length, void *into, size_t *got) {
	pthread_mutex_lock(&s->lock);
	int result = ask(fd, op, body, length, into, got);
	int why = errno;
	pthread_mutex_unlock(&s->lock);
	errno = why;
	return result;
}

static int dial(int cloexec) {
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int n = snprintf(to.sun_path, sizeof to.sun_path, "%s/bench.sock", bench());
	if (n < 0 || (size_t)n >= sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | (cloexec ? SOCK_CLOEXEC : 0), 0);
	if (fd < 0) return -1;
	if (fd >= MOST_FDS) {
		raw_close(fd);
		errno = EMFILE;
		return -1;
	}
	while (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		if (errno == EINTR) continue;
		raw_close(fd);
		errno = ENODEV;
		return -1;
	}
	return fd;
}

static int open_virtual(const char *path, enum kind kind, int flags) {
	int fd = dial(flags & O_CLOEXEC);
	if (fd < 0) return -1;
	struct {
		uint32_t pid;
		char path[64];
	} body = {.pid = (uint32_t)getpid()};
	snprintf(body.path, sizeof body.path, "%s", path);
	if (ask(fd, OP_OPEN, &body, sizeof body, NULL, NULL) < 0) {
		int why = errno;
		raw_close(fd);
		errno = why;
		return -1;
	}
	adopt(fd, kind, path);
	if (flags & O_NONBLOCK) fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* ---- paths ------------------------------------------------------------------------------------------------------ */

static bool starts(const char *path, const char *with) { return strncmp(path, with, strlen(with)) == 0; }

static enum kind kind_of(const char *path) {
	static const char *const attributes[] = {"value", "direction", "edge", "active_low"};
	if (starts(path, "/dev/i2c-")) return I2C;
	if (starts(path, "/dev/spidev")) return SPI;
	if (starts(path, "/dev/gpiochip")) return CHIP;
	if (!starts(path, "/sys/class/gpio/")) return NOTHING;
	const char *rest = path + strlen("/sys/class/gpio/");
	if (strcmp(rest, "export") == 0 || strcmp(rest, "unexport") == 0) return ATTRIBUTE;
	int used = 0;
	unsigned number;
	if (sscanf(rest, "gpio%u/%n", &number, &used) < 1 || used == 0) return NOTHING;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
		if (strcmp(rest + used, attributes[i]) == 0) return ATTRIBUTE;
	return NOTHING;
}

/* Where the tree keeps this path; the path itself when it is none of ours. */
static const char *redirect(const char *path, char *room) {
	static const char *const roots[] = {
		"/sys/class/gpio", "/sys/bus/gpio", "/sys/module/pinctrl_", "/dev/gpiochip", "/dev/i2c-", "/dev/spidev",
	};
	if (!path || path[0] != '/' || !bench()) return path;
	bool ours = strcmp(path, "/dev") == 0 || strcmp(path, "/dev/") == 0 || strcmp(path, "/sys/module") == 0;
	for (size_t i = 0; i < sizeof roots / sizeof *roots && !ours; i++) ours = starts(path, roots[i]);
	if (!ours) return path;
	int n = snprintf(room, MOST_PATH, "%s%s", bench(), path);
	return n > 0 && n < MOST_PATH ? room : path;
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
	char room[MOST_PATH];
	if (path && path[0] == '/' && bench()) {
		enum kind kind = kind_of(path);
		if (kind != NOTHING) return open_virtual(path, kind, flags);
		/* Descriptors of /dev itself stay real: only listings of it are redirected. */
		if (strcmp(path, "/dev") != 0 && strcmp(path, "/sys/module") != 0) path = redirect(path, room);
	}
	return (int)raw(SYS_openat, at, path, flags, mode);
}

#define WITH_MODE(flags)                                                                                               \
	mode_t mode = 0;                                                                                                   \
	if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                           \
		va_list args;                                                                                                  \
		va_start(args, flags);                                                                                         \
		mode = va_arg(args, mode_t);                                                                                   \
		va_end(args);                                                                                                  \
	}

int open(const char *path, int flags, ...) {
	WITH_MODE(flags)
	return open_any(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
	WITH_MODE(flags)
	return open_any(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...) {
	WITH_MODE(flags)
	return open_any(at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
	WITH_MODE(flags)
	return open_any(at, path, flags, mode);
}
int __open_2(const char *path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char *path, int flags) { return open_any(at, path, flags, 0); }
int __openat64_2(int at, const char *path, int flags) { return open_any(at, path, flags, 0); }

/* libc's own callers of open are not reached by the names above. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

FILE *fopen(const char *path, const char *mode) {
	char room[MOST_PATH];
	return NEXT(fopen)(redirect(path, room), mode);
}
FILE *fopen64(const char *path, const char *mode) {
	char room[MOST_PATH];
	return NEXT(fopen64)(redirect(path, room), mode);
}
DIR *opendir(const char *path) {
	char room[MOST_PATH];
	return NEXT(opendir)(redirect(path, room));
}
int scandir(const char *path, struct dirent ***list, int (*keep)(const struct dirent *),
	int (*order)(const struct dirent **, const struct dirent **)) {
	char room[MOST_PATH];
	return NEXT(scandir)(redirect(path, room), list, keep, order);
}
int scandir64(const char *path, struct dirent64 ***list, int (*keep)(const struct dirent64 *),
	int (*order)(const struct dirent64 **, const struct dirent64 **)) {
	char room[MOST_PATH];
	return NEXT(scandir64)(redirect(path, room), list, keep, order);
}

static int status(int at, const char *path, void *into, int flags) {
	char room[MOST_PATH];
	return (int)raw(SYS_newfstatat, at, redirect(path, room), into, flags);
}
int stat(const char *path, struct stat *st) { return status(AT_FDCWD, path, st, 0); }
int stat64(const char *path, struct stat64 *st) { return status(AT_FDCWD, path, st, 0); }
int lstat(const char *path, struct stat *st) { return status(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW); }
int lstat64(const char *path, struct stat64 *st) { return status(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW); }
int fstatat(int at, const char *path, struct stat *st, int flags) { return status(at, path, st, flags); }
int fstatat64(int at, const char *path, struct stat64 *st, int flags) { return status(at, path, st, flags); }
/* The names that programs linked against an older glibc use. */
int __xstat(int version, const char *path, struct stat *st) {
	(void)version;
	return status(AT_FDCWD, path, st, 0);
}
int __xstat64(int version, const char *path, struct stat64 *st) {
	(void)version;
	return status(AT_FDCWD, path, st, 0);
}
int __lxstat(int version, const char *path, struct stat *st) {
	(void)version;
	return status(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}
int __lxstat64(int version, const char *path, struct stat64 *st) {
	(void)version;
	return status(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}
int statx(int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict into) {
	char room[MOST_PATH];
	return (int)raw(SYS_statx, at, redirect(path, room), flags, mask, into);
}
/* libuv before 1.50 asks for statx in this way. */
long syscall(long number, ...) {
	char room[MOST_PATH];
	long a[6];
	va_list args;
	va_start(args, number);
	for (int i = 0; i < 6; i++) a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_statx) a[1] = (long)redirect((const char *)a[1], room);
	return raw6(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
int access(const char *path, int mode) {
	char room[MOST_PATH];
	return (int)raw(SYS_faccessat, AT_FDCWD, redirect(path, room), mode);
}
ssize_t readlink(const char *restrict path, char *restrict into, size_t length) {
	char room[MOST_PATH];
	return raw(SYS_readlinkat, AT_FDCWD, redirect(path, room), into, length);
}

int close(int fd) {
	struct slot *s = virtual(fd);
	if (s) {
		pthread_mutex_lock(&slots_lock);
		drop_companion(s);
		if (s->log) munmap(s->log, sizeof *s->log);
		s->log = NULL;
		s->kind = NOTHING;
		pthread_mutex_unlock(&slots_lock);
	}
	return raw_close(fd);
}

/* ---- bytes of I2C devices and attributes ------------------------------------------------------------------------ */

static int i2c_transfer(int fd, struct slot *s, struct i2c_msg *messages, unsigned count) {
	uint8_t body[MOST_BYTES], back[MOST_BYTES];
	size_t length = 0, got = sizeof back;
	for (unsigned i = 0; i < count; i++) {
		struct i2c_msg *m = &messages[i];
		bool read = (m->flags & I2C_M_RD) != 0;
		struct wire_message head = {.address = m->addr, .read = read, .length = m->len};
		if (length + sizeof head + (read ? 0 : m->len) > sizeof body) {
			errno = EINVAL;
			return -1;
		}
		memcpy(body + length, &head, sizeof head);
		length += sizeof head;
		if (!read && m->len > 0) memcpy(body + length, m->buf, m->len);
		if (!read) length += m->len;
	}
	if (ask_locked(fd, s, OP_I2C, body, length, back, &got) < 0) return -1;
	size_t at = 0;
	for (unsigned i = 0; i < count; i++) {
		if (!(messages[i].flags & I2C_M_RD)) continue;
		if (at + messages[i].len > got) {
			errno = EIO;
			return -1;
		}
		if (messages[i].len > 0) memcpy(messages[i].buf, back + at, messages[i].len);
		at += messages[i].len;
	}
	return (int)count;
}

static ssize_t attribute_read(int fd, struct slot *s, void *into, size_t length, off_t at) {
	if (at == 0) {
		/* The kernel clears the pending edge when the value is read from its start. */
		char sink[64];
		if (s->companion >= 0)
			while (recv(s->companion, sink, sizeof sink, MSG_DONTWAIT) > 0) continue;
		s->text_length = sizeof s->text;
		if (ask_locked(fd, s, OP_READ, NULL, 0, s->text, &s->text_length) < 0) return -1;
	}
	if ((size_t)at >= s->text_length) return 0;
	size_t rest = s->text_length - (size_t)at;
	size_t taken = length < rest ? length : rest;
	memcpy(into, s->text + at, taken);
	return (ssize_t)taken;
}

static ssize_t read_virtual(int fd, struct slot *s, void *into, size_t length, off_t at) {
	if (s->kind == ATTRIBUTE) {
		ssize_t n = attribute_read(fd, s, into, length, at < 0 ? s->at : at);
		if (n > 0 && at < 0) s->at += n;
		return n;
	}
	if (s->kind == I2C && length <= 4096) {
		struct i2c_msg m = {.addr = s->address, .flags = I2C_M_RD, .len = (uint16_t)length, .buf = into};
		return i2c_transfer(fd, s, &m, 1) < 0 ? -1 : (ssize_t)length;
	}
	errno = EINVAL;
	return -1;
}

static ssize_t write_virtual(int fd, struct slot *s, const void *from, size_t length) {
	if (s->kind == ATTRIBUTE && length <= 64) {
		if (ask_locked(fd, s, OP_WRITE, from, length, NULL, NULL) < 0) return -1;
		return (ssize_t)length;
	}
	if (s->kind == I2C && length <= 4096) {
		struct i2c_msg m = {.addr = s->address, .len = (uint16_t)length, .buf = (void *)from};
		return i2c_transfer(fd, s, &m, 1) < 0 ? -1 : (ssize_t)length;
	}
	errno = EINVAL;
	return -1;
}

ssize_t read(int fd, void *into, size_t length) {
	struct slot *s = virtual(fd);
	return s ? read_virtual(fd, s, into, length, -1) : raw(SYS_read, fd, into, length);
}
ssize_t pread(int fd, void *into, size_t length, off_t at) {
	struct slot *s = virtual(fd);
	return s ? read_virtual(fd, s, into, length, at) : raw(SYS_pread64, fd, into, length, at);
}
ssize_t pread64(int fd, void *into, size_t length, off64_t at) { return pread(fd, into, length, at); }
ssize_t __read_chk(int fd, void *into, size_t length, size_t room) {
	if (length > room) abort();
	return read(fd, into, length);
}
ssize_t __pread_chk(int fd, void *into, size_t length, off_t at, size_t room) {
	if (length > room) abort();
	return pread(fd, into, length, at);
}
ssize_t __pread64_chk(int fd, void *into, size_t length, off64_t at, size_t room) {
	if (length > room) abort();
	return pread(fd, into, length, at);
}
ssize_t write(int fd, const void *from, size_t length) {
	struct slot *s = virtual(fd);
	return s ? write_virtual(fd, s, from, length) : raw(SYS_write, fd, from, length);
}
ssize_t pwrite(int fd, const void *from, size_t length, off_t at) {
	struct slot *s = virtual(fd);
	return s ? write_virtual(fd, s, from, length) : raw(SYS_pwrite64, fd, from, length, at);
}
ssize_t pwrite64(int fd, const void *from, size_t length, off64_t at) { return pwrite(fd, from, length, at); }

off_t lseek(int fd, off_t at, int whence) {
	struct slot *s = virtual(fd);
	if (!s) return raw(SYS_lseek, fd, at, whence);
	if (s->kind != ATTRIBUTE || whence != SEEK_SET) {
		errno = ESPIPE;
		return -1;
	}
	return s->at = at;
}
off64_t lseek64(int fd, off64_t at, int whence) { return lseek(fd, at, whence); }

/* ---- edges of exported lines ------------------------------------------------------------------------------------ */

/* Sockets know no EPOLLPRI: a second connection becomes readable when the line has had an edge. */
int epoll_ctl(int ep, int what, int fd, struct epoll_event *event) {
	struct slot *s = virtual(fd);
	if (!s || s->kind != ATTRIBUTE) return (int)raw(SYS_epoll_ctl, ep, what, fd, event);
	if (what == EPOLL_CTL_ADD) {
		if (s->companion >= 0) {
			errno = EEXIST;
			return -1;
		}
		int companion = dial(1);
		if (companion < 0) return -1;
		char path[64];
		memcpy(path, s->path, sizeof path);
		if (ask(companion, OP_WATCH, path, sizeof path, NULL, NULL) < 0) {
			raw_close(companion);
			errno = EPERM;
			return -1;
		}
		s->companion = companion;
		s->companion_inode = inode_of(companion);
	} else if (s->companion < 0) {
		errno = ENOENT;
		return -1;
	}
	struct epoll_event shown = {0};
	if (event) {
		shown = *event;
		shown.events = EPOLLIN | (event->events & (EPOLLET | EPOLLONESHOT));
	}
	int result = (int)raw(SYS_epoll_ctl, ep, what, s->companion, &shown);
	if (what == EPOLL_CTL_DEL) drop_companion(s);
	return result;
}

/* ---- ioctl ------------------------------------------------------------------------------------------------------ */

/* An SMBus transaction as the bare messages it puts on the wire, so that a check byte is a byte like any other. */
static int smbus(int fd, struct slot *s, struct i2c_smbus_ioctl_data *d) {
	uint8_t out[2 + I2C_SMBUS_BLOCK_MAX] = {d->command}, in[2 + I2C_SMBUS_BLOCK_MAX] = {0};
	bool reading = d->read_write == I2C_SMBUS_READ;
	struct i2c_msg m[2] = {
		{.addr = s->address, .buf = out, .len = 1},
		{.addr = s->address, .buf = in, .flags = I2C_M_RD},
	};
	unsigned count = reading ? 2 : 1;
	uint8_t n = 0;
	switch (d->size) {
	case I2C_SMBUS_QUICK:
		m[0].len = 0;
		m[0].flags = reading ? I2C_M_RD : 0;
		count = 1;
		break;
	case I2C_SMBUS_BYTE:
		if (reading) {
			m[0] = m[1];
			m[0].len = 1;
		}
		count = 1;
		break;
	case I2C_SMBUS_BYTE_DATA:
		m[1].len = 1;
		if (!reading) {
			out[1] = d->data->byte;
			m[0].len = 2;
		}
		break;
	case I2C_SMBUS_WORD_DATA:
		m[1].len = 2;
		if (!reading) {
			out[1] = (uint8_t)(d->data->word & 0xff);
			out[2] = (uint8_t)(d->data->word >> 8);
			m[0].len = 3;
		}
		break;
	case I2C_SMBUS_I2C_BLOCK_BROKEN:
	case I2C_SMBUS_I2C_BLOCK_DATA:
		n = d->size == I2C_SMBUS_I2C_BLOCK_BROKEN && reading ? I2C_SMBUS_BLOCK_MAX : d->data->block[0];
		if (n == 0 || n > I2C_SMBUS_BLOCK_MAX) {
			errno = EINVAL;
			return -1;
		}
		m[1].len = n;
		if (!reading) {
			memcpy(out + 1, d->data->block + 1, n);
			m[0].len = (uint16_t)(1 + n);
		}
		break;
	default:
		errno = EOPNOTSUPP;
		return -1;
	}
	if (i2c_transfer(fd, s, m, count) < 0) return -1;
	if (!reading) return 0;
	switch (d->size) {
	case I2C_SMBUS_BYTE:
	case I2C_SMBUS_BYTE_DATA:
		d->data->byte = in[0];
		break;
	case I2C_SMBUS_WORD_DATA:
		d->data->word = (uint16_t)(in[0] | in[1] << 8);
		break;
	case I2C_SMBUS_I2C_BLOCK_BROKEN:
	case I2C_SMBUS_I2C_BLOCK_DATA:
		d->data->block[0] = n;
		memcpy(d->data->block + 1, in, n);
		break;
	}
	return 0;
}

static int i2c_ioctl(int fd, struct slot *s, unsigned long request, void *arg) {
	switch (request) {
	case I2C_SLAVE:
	case I2C_SLAVE_FORCE: {
		uint32_t body[2] = {(uint32_t)(uintptr_t)arg, request == I2C_SLAVE_FORCE};
		if (body[0] > 0x7f) {
			errno = EINVAL;
			return -1;
		}
		if (ask_locked(fd, s, OP_I2C_ADDRESS, body, sizeof body, NULL, NULL) < 0) return -1;
		s->address = (uint16_t)body[0];
		return 0;
	}
	case I2C_FUNCS:
		*(unsigned long *)arg = I2C_FUNC_I2C | I2C_FUNC_SMBUS_QUICK | I2C_FUNC_SMBUS_BYTE | I2C_FUNC_SMBUS_BYTE_DATA |
			I2C_FUNC_SMBUS_WORD_DATA | I2C_FUNC_SMBUS_I2C_BLOCK;
		return 0;
	case I2C_SMBUS:
		return smbus(fd, s, arg);
	case I2C_RDWR: {
		struct i2c_rdwr_ioctl_data *d = arg;
		return i2c_transfer(fd, s, d->msgs, d->nmsgs);
	}
	case I2C_TIMEOUT:
	case I2C_RETRIES:
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

static int spi_message(int fd, struct slot *s, struct spi_ioc_transfer *t, unsigned count) {
	uint8_t body[MOST_BYTES], back[MOST_BYTES];
	size_t length = 0, total = 0, got = sizeof back;
	memcpy(body, &s->mode, 4);
	length += 4;
	for (unsigned i = 0; i < count; i++) {
		uint32_t head[2] = {t[i].len, t[i].cs_change};
		if (length + sizeof head + t[i].len > sizeof body) {
			errno = EMSGSIZE;
			return -1;
		}
		memcpy(body + length, head, sizeof head);
		length += sizeof head;
		if (t[i].tx_buf) memcpy(body + length, (const void *)(uintptr_t)t[i].tx_buf, t[i].len);
		else memset(body + length, 0, t[i].len);
		length += t[i].len;
		total += t[i].len;
	}
	if (ask_locked(fd, s, OP_SPI, body, length, back, &got) < 0) return -1;
	if (got < total) {
		errno = EIO;
		return -1;
	}
	for (unsigned i = 0, at = 0; i < count; at += t[i].len, i++)
		if (t[i].rx_buf) memcpy((void *)(uintptr_t)t[i].rx_buf, back + at, t[i].len);
	return (int)total;
}

static int spi_ioctl(int fd, struct slot *s, unsigned long request, void *arg) {
	if (_IOC_TYPE(request) == SPI_IOC_MAGIC && _IOC_NR(request) == 0 && _IOC_DIR(request) == _IOC_WRITE)
		return spi_message(fd, s, arg, (unsigned)(_IOC_SIZE(request) / sizeof(struct spi_ioc_transfer)));
	switch (request) {
	case SPI_IOC_RD_MODE:
		*(uint8_t *)arg = (uint8_t)s->mode;
		return 0;
	case SPI_IOC_WR_MODE:
		s->mode = *(uint8_t *)arg;
		return 0;
	case SPI_IOC_RD_MODE32:
		*(uint32_t *)arg = s->mode;
		return 0;
	case SPI_IOC_WR_MODE32:
		s->mode = *(uint32_t *)arg;
		return 0;
	case SPI_IOC_RD_LSB_FIRST:
		*(uint8_t *)arg = (s->mode & SPI_LSB_FIRST) != 0;
		return 0;
	case SPI_IOC_RD_BITS_PER_WORD:
		*(uint8_t *)arg = s->bits;
		return 0;
	case SPI_IOC_WR_BITS_PER_WORD:
		s->bits = *(uint8_t *)arg;
		return 0;
	case SPI_IOC_RD_MAX_SPEED_HZ:
		*(uint32_t *)arg = s->hz;
		return 0;
	case SPI_IOC_WR_MAX_SPEED_HZ:
		s->hz = *(uint32_t *)arg;
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

/* Flags and level of each line, with the attributes that override them. False = the kernel would refuse it. */
static bool lines_of(const struct gpio_v2_line_config *config, uint32_t count, struct wire_line *line) {
	if (config->num_attrs > GPIO_V2_LINE_NUM_ATTRS_MAX) return false;
	for (uint32_t i = 0; i < count; i++) {
		line[i].flags = config->flags;
		line[i].value = 0;
		bool flags_found = false, value_found = false;
		for (uint32_t a = 0; a < config->num_attrs; a++) {
			const struct gpio_v2_line_config_attribute *attr = &config->attrs[a];
			if (!(attr->mask >> i & 1)) continue;
			if (attr->attr.id == GPIO_V2_LINE_ATTR_ID_FLAGS && !flags_found) {
				line[i].flags = attr->attr.flags;
				flags_found = true;
			} else if (attr->attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES && !value_found) {
				line[i].value = attr->attr.values >> i & 1;
				value_found = true;
			}
		}
		if (!(line[i].flags & GPIO_V2_LINE_FLAG_INPUT) == !(line[i].flags & GPIO_V2_LINE_FLAG_OUTPUT)) return false;
	}
	return true;
}

static uint64_t outputs_of(const struct wire_line *line, uint32_t count) {
	uint64_t outputs = 0;
	for (uint32_t i = 0; i < count; i++)
		if (line[i].flags & GPIO_V2_LINE_FLAG_OUTPUT) outputs |= 1ull << i;
	return outputs;
}

/* A new log in memory that has a name for as long as the emulator needs to open it. */
static struct line_log *new_log(char *path, size_t room) {
	static unsigned serial;
	const char *folder = raw(SYS_faccessat, AT_FDCWD, "/dev/shm", W_OK) == 0 ? "/dev/shm" : bench();
	unsigned number = __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED);
	int n = snprintf(path, room, "%s/remixd-lines-%d-%u", folder, getpid(), number);
	if (n < 0 || (size_t)n >= room) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	int fd = (int)raw(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) return NULL;
	void *log = MAP_FAILED;
	if (ftruncate(fd, sizeof(struct line_log)) == 0)
		log = mmap(NULL, sizeof(struct line_log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	raw_close(fd);
	return log == MAP_FAILED ? NULL : log;
}

static int request_lines(struct slot *chip, struct gpio_v2_line_request *r) {
	struct wire_request body = {.pid = (uint32_t)getpid(), .lines = r->num_lines};
	if (r->num_lines == 0 || r->num_lines > GPIO_V2_LINES_MAX || !lines_of(&r->config, r->num_lines, body.line)) {
		errno = EINVAL;
		return -1;
	}
	for (uint32_t i = 0; i < r->num_lines; i++) body.line[i].offset = r->offsets[i];
	snprintf(body.consumer, sizeof body.consumer, "%.31s", r->consumer);
	snprintf(body.chip, sizeof body.chip, "%.31s", chip->path);
	int fd = dial(1);
	if (fd < 0) return -1;
	struct line_log *log = new_log(body.log, sizeof body.log);
	size_t length = offsetof(struct wire_request, line) + r->num_lines * sizeof *body.line;
	if (!log || ask(fd, OP_LINE_REQUEST, &body, length, NULL, NULL) < 0) {
		int why = errno;
		if (log) munmap(log, sizeof *log);
		raw(SYS_unlinkat, AT_FDCWD, body.log, 0);
		raw_close(fd);
		errno = why;
		return -1;
	}
	struct slot *s = adopt(fd, LINE, chip->path);
	s->log = log;
	s->lines = r->num_lines;
	s->outputs = outputs_of(body.line, r->num_lines);
	r->fd = fd;
	return 0;
}

static int chip_ioctl(int fd, struct slot *s, unsigned long request, void *arg) {
	switch (request) {
	case GPIO_GET_CHIPINFO_IOCTL: {
		struct gpiochip_info *info = arg;
		size_t got = sizeof *info;
		return ask_locked(fd, s, OP_CHIP_INFO, NULL, 0, info, &got) < 0 ? -1 : 0;
	}
	case GPIO_V2_GET_LINEINFO_IOCTL: {
		struct gpio_v2_line_info *info = arg;
		uint32_t offset = info->offset;
		struct {
			char name[32], consumer[32];
			uint64_t flags;
		} back;
		size_t got = sizeof back;
		if (ask_locked(fd, s, OP_LINE_INFO, &offset, sizeof offset, &back, &got) < 0) return -1;
		memset(info, 0, sizeof *info);
		memcpy(info->name, back.name, sizeof info->name);
		memcpy(info->consumer, back.consumer, sizeof info->consumer);
		info->offset = offset;
		info->flags = back.flags;
		return 0;
	}
	case GPIO_V2_GET_LINE_IOCTL:
		return request_lines(s, arg);
	default:
		errno = ENOTTY;
		return -1;
	}
}

static int line_ioctl(int fd, struct slot *s, unsigned long request, void *arg) {
	switch (request) {
	case GPIO_V2_LINE_SET_VALUES_IOCTL: {
		const struct gpio_v2_line_values *v = arg;
		if (v->mask == 0 || (s->lines < 64 && v->mask >> s->lines != 0)) {
			errno = EINVAL;
			return -1;
		}
		if (v->mask & ~s->outputs) {
			errno = EPERM;
			return -1;
		}
		/* The line has its new level now; the emulator learns of it in its own time. */
		pthread_mutex_lock(&s->lock);
		uint64_t n = s->log->count;
		s->log->record[n % LOG_RECORDS].stamp_us = now_us();
		s->log->record[n % LOG_RECORDS].bits = v->bits;
		s->log->record[n % LOG_RECORDS].mask = v->mask;
		__atomic_store_n(&s->log->count, n + 1, __ATOMIC_RELEASE);
		pthread_mutex_unlock(&s->lock);
		return 0;
	}
	case GPIO_V2_LINE_GET_VALUES_IOCTL: {
		struct gpio_v2_line_values *v = arg;
		uint64_t bits = 0;
		size_t got = sizeof bits;
		if (v->mask == 0) {
			errno = EINVAL;
			return -1;
		}
		if (ask_locked(fd, s, OP_LINE_GET, NULL, 0, &bits, &got) < 0) return -1;
		v->bits = bits & v->mask;
		return 0;
	}
	case GPIO_V2_LINE_SET_CONFIG_IOCTL: {
		struct wire_line line[GPIO_V2_LINES_MAX] = {0};
		if (!lines_of(arg, s->lines, line)) {
			errno = EINVAL;
			return -1;
		}
		if (ask_locked(fd, s, OP_LINE_CONFIG, line, s->lines * sizeof *line, NULL, NULL) < 0) return -1;
		s->outputs = outputs_of(line, s->lines);
		return 0;
	}
	default:
		errno = ENOTTY;
		return -1;
	}
}

int ioctl(int fd, unsigned long request, ...) {
	va_list args;
	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	struct slot *s = virtual(fd);
	switch (s ? s->kind : NOTHING) {
	case I2C:
		return i2c_ioctl(fd, s, request, arg);
	case SPI:
		return spi_ioctl(fd, s, request, arg);
	case CHIP:
		return chip_ioctl(fd, s, request, arg);
	case LINE:
		return line_ioctl(fd, s, request, arg);
	case ATTRIBUTE:
		errno = ENOTTY;
		return -1;
	case NOTHING:
		break;
	}
	return (int)raw(SYS_ioctl, fd, request, arg);
}
