/*
 * One line an event, in one write(2), so that lines of threads never mix. Lines are made on the
 * stack: logging works when memory is short. A control character that got into a field becomes '?',
 * so nobody can forge a line.
 *
 * The time on a line that does not go to the journal is the system's, also under a driven clock: it
 * tells when the line was written. State: the level (atomic), the sink of tests (behind a mutex),
 * and whether stderr is the journal (asked once).
 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

enum { LINE_BYTES = 2048, QUOTE_BYTES = 200, QUOTE_RING = 4, INTERVAL_MS = 1000 };

static const struct {
	const char *word;
	int priority; /* syslog(3) */
} LEVELS[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},   [LOG_LEVEL_WARNING] = {"warning", 4},
	[LOG_LEVEL_NOTICE] = {"notice", 5}, [LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

static atomic_int max_level = LOG_LEVEL_INFO;

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	void (*fn)(enum log_level level, const char *line, void *arg);
	void *arg;
} sink;

static pthread_once_t journal_once = PTHREAD_ONCE_INIT;
static bool is_journal;

/* JOURNAL_STREAM is "device:inode" of the stream the service manager gave us; stderr may have been
 * redirected since (systemd.exec(5)). */
static void ask_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat err_stat;

	is_journal = stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		     fstat(STDERR_FILENO, &err_stat) == 0 && err_stat.st_dev == device &&
		     err_stat.st_ino == inode;
}

void log_set_level(enum log_level level)
{
	atomic_store(&max_level, (int)level);
}

void log_set_sink(void (*fn)(enum log_level level, const char *line, void *arg), void *arg)
{
	(void)pthread_mutex_lock(&sink_lock); /* cannot fail: a plain mutex, never nested */
	sink.fn = fn;
	sink.arg = arg;
	(void)pthread_mutex_unlock(&sink_lock);
}

static bool give_to_sink(enum log_level level, const char *line)
{
	bool is_set;

	(void)pthread_mutex_lock(&sink_lock); /* cannot fail, as above */
	is_set = sink.fn != NULL;
	if (is_set) {
		sink.fn(level, line, sink.arg);
	}
	(void)pthread_mutex_unlock(&sink_lock);
	return is_set;
}

static void write_line(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t written = write(STDERR_FILENO, line, len);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written < 0) {
			return; /* there is no one left to tell */
		}
		line += written;
		len -= (size_t)written;
	}
}

static size_t put_head(enum log_level level, char *out, size_t room)
{
	char now[CLOCK_TEXT_BYTES];

	(void)pthread_once(&journal_once, ask_journal); /* fails for a bad argument only */
	if (is_journal) {
		return (size_t)snprintf(out, room, "<%d>", LEVELS[level].priority);
	}
	clock_format_utc(clock_utc_ms(clock_system()), true, now);
	return (size_t)snprintf(out, room, "%s %s ", now, LEVELS[level].word);
}

static void hide_controls(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			*text = '?';
		}
	}
}

void log_write(enum log_level level, const char *message, const char *fmt, ...)
{
	char line[LINE_BYTES];
	char out[LINE_BYTES + 64];
	va_list args;
	size_t len;
	int saved_errno = errno;
	int made;

	if ((int)level > atomic_load(&max_level)) {
		return;
	}
	made = snprintf(line, sizeof(line), "%s%s", message, fmt[0] != '\0' ? " " : "");
	assert(made >= 0 && (size_t)made < sizeof(line));
	va_start(args, fmt);
	(void)vsnprintf(line + made, sizeof(line) - (size_t)made, fmt,
			args); /* cut when too long */
	va_end(args);
	line[utf8_cut(line, strlen(line), sizeof(line) - 4)] = '\0';
	hide_controls(line);
	if (!give_to_sink(level, line)) {
		len = put_head(level, out, sizeof(out));
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s\n", line);
		write_line(out, len);
	}
	errno = saved_errno;
}

/* One character of text, escaped, and its length there. Bytes that are no UTF-8 are shown as \xHH:
 * the journal would keep the whole line as a blob. */
static size_t put_character(const char *text, size_t len, char *out, size_t *ret_made)
{
	unsigned char first = (unsigned char)text[0];
	size_t bytes = utf8_step(text, len);

	if (first == '"' || first == '\\') {
		out[0] = '\\';
		out[1] = (char)first;
		*ret_made = 2;
		return 1;
	}
	if (bytes == 0 || first < 0x20 || first == 0x7f) {
		*ret_made = (size_t)snprintf(out, 5, "\\x%02x", first);
		return 1;
	}
	memcpy(out, text, bytes);
	*ret_made = bytes;
	return bytes;
}

const char *log_quote(const char *text)
{
	static _Thread_local char ring[QUOTE_RING][4 * QUOTE_BYTES + 8];
	static _Thread_local unsigned next;
	char *start = ring[next++ % QUOTE_RING];
	size_t len = text == NULL ? 0 : strlen(text);
	size_t kept = text == NULL ? 0 : utf8_cut(text, len, QUOTE_BYTES);
	char *out = start;

	*out++ = '"';
	for (size_t at = 0; at < kept;) {
		size_t made;

		at += put_character(text + at, kept - at, out, &made);
		out += made;
	}
	(void)memcpy(out, kept < len ? "...\"" : "\"", kept < len ? 5 : 2);
	return start;
}

bool log_limit_pass(struct log_limit *limit, int64_t now_boot_ms, unsigned *ret_suppressed)
{
	if (now_boot_ms < limit->next_boot_ms) {
		limit->suppressed++;
		return false;
	}
	*ret_suppressed = limit->suppressed;
	limit->suppressed = 0;
	limit->next_boot_ms = now_boot_ms + INTERVAL_MS;
	return true;
}
