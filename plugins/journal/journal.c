/*
 * journal: appends each alert as one JSON line to a file. The smallest real channel, and the
 * skeleton for others: options, create, send, cancel, destroy, and nothing else.
 *
 * A line is one write() to a file opened with O_APPEND, so lines of several senders never mix.
 * There is no fsync: the file is a log for people at hand, the proof of a delivery is the daemon's
 * own ledger. A short write or a full disk is a retry; what a short write or a power cut left of a
 * line is closed with a line feed before the next one. A file that was rotated away is opened
 * again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "astrad_channel.h"

enum { OPTION_PATH, OPTION_COUNT };

static const struct astrad_option options[] = {
	[OPTION_PATH] = {.name = "path",
			 .type = ASTRAD_OPTION_PATH,
			 .required = 1,
			 .help = "The file that gets a line for each alert; made with mode 0600"},
	[OPTION_COUNT] = {.name = NULL},
};

struct journal {
	const struct astrad_services *services;
	void *host;
	const char *path;
	int fd;      /* -1 = not open */
	int is_torn; /* the file does not end in a line feed: one comes first */
	char *line;  /* grows to the longest line */
	size_t line_size;
	size_t line_len;
};

static void *journal_create(const struct astrad_services *services, void *host,
			    const struct astrad_value *values, char *why, size_t why_size)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	journal->services = services;
	journal->host = host;
	journal->path = values[OPTION_PATH].text;
	journal->fd = -1;
	return journal;
}

static void journal_destroy(void *channel)
{
	struct journal *journal = channel;

	if (journal->fd >= 0) {
		close(journal->fd);
	}
	free(journal->line);
	free(journal);
}

/* A file with bytes whose last one is no line feed. */
static int ends_torn(const struct journal *journal)
{
	struct stat st;
	char last = '\n';
	int fd;

	if (fstat(journal->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		return 0;
	}
	fd = open(journal->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		(void)!pread(fd, &last, 1, st.st_size - 1); /* unreadable: as if it were whole */
		close(fd);
	}
	return last != '\n';
}

/* Opens the file, again when the path names another one than the open one. A pipe that nobody reads
 * is an error, not a wait. */
static int open_file(struct journal *journal)
{
	struct stat named, held;

	if (journal->fd >= 0 && stat(journal->path, &named) == 0 &&
	    fstat(journal->fd, &held) == 0 && named.st_ino == held.st_ino &&
	    named.st_dev == held.st_dev) {
		return 1;
	}
	if (journal->fd >= 0) {
		close(journal->fd);
	}
	journal->fd = open(journal->path,
			   O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	journal->is_torn = journal->fd >= 0 && ends_torn(journal);
	return journal->fd >= 0;
}

/* --- the line --- */

/* Room for `more` bytes; 0 when there is no memory. */
static int reserve(struct journal *journal, size_t more)
{
	size_t size = journal->line_size;
	char *grown;

	if (journal->line_len + more <= size) {
		return 1;
	}
	size = (journal->line_len + more) * 2;
	grown = realloc(journal->line, size);
	if (grown == NULL) {
		return 0;
	}
	journal->line = grown;
	journal->line_size = size;
	return 1;
}

static int add(struct journal *journal, const void *bytes, size_t len)
{
	if (!reserve(journal, len)) {
		return 0;
	}
	memcpy(journal->line + journal->line_len, bytes, len);
	journal->line_len += len;
	return 1;
}

/* `,"name":"text"`; control characters become \u00XX. */
static int add_text(struct journal *journal, const char *name, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	if (!add(journal, ",\"", 2) || !add(journal, name, strlen(name)) ||
	    !add(journal, "\":\"", 3) || !reserve(journal, strlen(text) * 6 + 1)) {
		return 0;
	}
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		char *out = journal->line + journal->line_len;

		if (*c < 0x20) {
			memcpy(out, "\\u00", 4);
			out[4] = hex[*c >> 4];
			out[5] = hex[*c & 15];
			journal->line_len += 6;
			continue;
		}
		if (*c == '"' || *c == '\\') {
			*out++ = '\\';
			journal->line_len++;
		}
		*out = (char)*c;
		journal->line_len++;
	}
	return add(journal, "\"", 1);
}

static int build_line(struct journal *journal, const struct astrad_delivery *delivery)
{
	const struct astrad_bytes none = {"null", 4};
	const struct astrad_bytes body = delivery->body.len > 0 ? delivery->body : none;
	time_t seconds = (time_t)(journal->services->now_utc_ms(journal->host) / 1000);
	struct tm utc;
	char head[64];
	int n;

	if (gmtime_r(&seconds, &utc) == NULL) {
		return 0;
	}
	n = (int)strftime(head, sizeof(head), "{\"time\":\"%Y-%m-%dT%H:%M:%SZ\"", &utc);
	journal->line_len = 0;
	return (!journal->is_torn || add(journal, "\n", 1)) && add(journal, head, (size_t)n) &&
	       add_text(journal, "message", delivery->message_id) &&
	       add_text(journal, "delivery", delivery->delivery_ref) &&
	       add_text(journal, "recipient", delivery->recipient) &&
	       add_text(journal, "address", delivery->address) && add(journal, ",\"body\":", 8) &&
	       add(journal, body.data, body.len) && add(journal, "}\n", 2);
}

/* --- sending --- */

static void finish(struct journal *journal, uint64_t token, int outcome, const char *detail)
{
	const struct astrad_result result = {
		.outcome = outcome,
		.retry_after_ms = -1,
		.detail = detail,
	};

	journal->services->done(journal->host, token, &result);
}

static void journal_send(void *channel, const struct astrad_delivery *delivery)
{
	struct journal *journal = channel;
	ssize_t n;

	if (!open_file(journal)) {
		finish(journal, delivery->token, ASTRAD_RETRY, "the file cannot be opened");
		return;
	}
	if (!build_line(journal, delivery)) {
		finish(journal, delivery->token, ASTRAD_RETRY, "out of memory");
		return;
	}
	n = write(journal->fd, journal->line, journal->line_len);
	if (n == (ssize_t)journal->line_len) {
		journal->is_torn = 0;
		finish(journal, delivery->token, ASTRAD_DELIVERED, "written");
	} else {
		journal->is_torn = journal->is_torn || n > 0;
		finish(journal, delivery->token, ASTRAD_RETRY, "the disk takes no more");
	}
}

/* A send is over before it returns: there is nothing to stop. */
static void journal_cancel(void *channel, uint64_t token)
{
	(void)channel;
	(void)token;
}

const struct astrad_channel astrad_channel = {
	.abi = ASTRAD_CHANNEL_ABI,
	.size = sizeof(struct astrad_channel),
	.name = "journal",
	.summary = "Appends each alert as one JSON line to a file",
	.medium = ASTRAD_MEDIUM_JSON,
	.options = options,
	.takes_recipients = 1,
	.create = journal_create,
	.destroy = journal_destroy,
	.send = journal_send,
	.cancel = journal_cancel,
	.batch_max = 256,
};
