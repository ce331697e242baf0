/*
 * A channel's list, one recipient at a time.
 *
 * Owner: whoever opens it; one file descriptor, one line of memory. A file that is exchanged while
 * it is read stays the old one (it is open). The hash is chained over the items, not over the
 * bytes, so a list that moves from inline to a file makes no new generation.
 */
#include "settings/recipients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "settings/file.h"
#include "settings/format.h"

struct recipients {
	const struct settings_channel *channel;
	FILE *file; /* NULL: inline */
	size_t next;
	int line;
	char text[RECIPIENTS_LINE_BYTES + 2]; /* with line end and zero */
	char fields[2][RECIPIENTS_LINE_BYTES + 1];
};

struct recipients *recipients_open(const struct settings_channel *channel, struct error *err)
{
	FILE *file = NULL;
	if (channel->list == SETTINGS_LIST_CSV) {
		const char *why;
		int fd = file_open_regular(channel->csv, NULL, &why);
		if (fd < 0) {
			(void)error_set(err, ERROR_NOT_FOUND, "cannot read the list: %s", why);
			return NULL;
		}
		file = fdopen(fd, "r");
		if (!file) {
			abort(); /* out of memory, as xcalloc does */
		}
	}
	struct recipients *recipients = xcalloc(1, sizeof(*recipients));
	recipients->channel = channel;
	recipients->file = file;
	return recipients;
}

void recipients_close(struct recipients **recipients)
{
	if (!*recipients) {
		return;
	}
	if ((*recipients)->file) {
		(void)fclose((*recipients)->file); /* only read from */
	}
	secret_wipe(*recipients, sizeof(**recipients)); /* addresses are personal data */
	free(*recipients);
	*recipients = NULL;
}

int recipients_line(const struct recipients *recipients)
{
	return recipients->line;
}

static enum recipients_step bad(struct error *err, const char *why)
{
	(void)error_set(err, ERROR_INVALID, "%s", why);
	return RECIPIENTS_BAD;
}

static void skip_line(FILE *file)
{
	int c;
	do {
		c = getc(file);
	} while (c != EOF && c != '\n');
}

/* One line without its end, in recipients->text. */
static enum recipients_step read_line(struct recipients *recipients, struct error *err)
{
	errno = 0;
	memset(recipients->text, '\n', sizeof(recipients->text));
	if (!fgets(recipients->text, sizeof(recipients->text), recipients->file)) {
		if (ferror(recipients->file)) {
			(void)error_set(err, ERROR_TEMPORARY, "cannot read the list: %s",
					strerror(errno));
			return RECIPIENTS_FAILED;
		}
		return RECIPIENTS_END;
	}
	recipients->line++;
	/* fgets ends what it read with a zero; the last one before the fill is its own */
	const char *end = memrchr(recipients->text, '\0', sizeof(recipients->text));
	size_t len = (size_t)(end - recipients->text);
	bool is_whole = len > 0 && recipients->text[len - 1] == '\n';
	if (!is_whole && !feof(recipients->file)) {
		skip_line(recipients->file);
		return bad(err, "the line is too long");
	}
	if (strlen(recipients->text) != len) {
		return bad(err, "the line holds a zero byte");
	}
	len -= is_whole;
	len -= len > 0 && recipients->text[len - 1] == '\r';
	recipients->text[len] = '\0';
	return RECIPIENTS_ITEM;
}

/* Copies one field without blanks around it; gives what follows its comma or the line's end, NULL
 * when a quote is wrong. */
static const char *take_field(const char *from, char *out)
{
	from += strspn(from, " \t");
	if (*from != '"') {
		size_t len = strcspn(from, ",");
		const char *next = from + len;
		while (len > 0 && (from[len - 1] == ' ' || from[len - 1] == '\t')) {
			len--;
		}
		memcpy(out, from, len);
		out[len] = '\0';
		return next;
	}
	for (from++; *from; from++) {
		if (*from == '"' && from[1] != '"') {
			*out = '\0';
			return from + 1 + strspn(from + 1, " \t");
		}
		from += *from == '"';
		*out++ = *from;
	}
	return NULL;
}

/* Spreadsheets of some countries part columns by a semicolon. */
static enum recipients_step bad_columns(const char *text, struct error *err)
{
	bool has_semicolon = strchr(text, ';') && !strchr(text, ',');
	return bad(err, has_semicolon ? "the line must be id,address, parted by a comma"
				      : "the line must be id,address");
}

static enum recipients_step split(struct recipients *recipients, const char *text,
				  struct error *err)
{
	const char *rest = take_field(text, recipients->fields[0]);
	if (rest && *rest == ',') {
		rest = take_field(rest + 1, recipients->fields[1]);
	} else {
		rest = NULL;
	}
	if (!rest || *rest != '\0') {
		return bad_columns(text, err);
	}
	return RECIPIENTS_ITEM;
}

/* The line of names that may stand first. */
static bool is_header(const struct recipients *recipients)
{
	return recipients->line == 1 && strcasecmp(recipients->fields[0], "id") == 0 &&
	       strcasecmp(recipients->fields[1], "address") == 0;
}

static enum recipients_step judge(const struct recipients *recipients, struct error *err)
{
	if (recipients->line == 1 && strcasecmp(recipients->fields[0], "address") == 0) {
		return bad(err, "the columns are id,address in this order");
	}
	if (!format_recipient.fits(recipients->fields[0])) {
		return bad(err, "the id must be 1 to 128 letters, digits and . _ - @ + : /");
	}
	size_t len = strlen(recipients->fields[1]);
	if (len == 0 || len > LIMIT_SHORT_TEXT_BYTES || format_has_control(recipients->fields[1]) ||
	    !utf8_is_valid(recipients->fields[1], len)) {
		return bad(err, "the address must be 1 to 512 bytes of UTF-8 without control "
				"characters");
	}
	return RECIPIENTS_ITEM;
}

static enum recipients_step next_of_file(struct recipients *recipients, struct error *err)
{
	for (;;) {
		enum recipients_step step = read_line(recipients, err);
		if (step != RECIPIENTS_ITEM) {
			return step;
		}
		const char *text = recipients->text;
		if (recipients->line == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0) {
			text += 3; /* spreadsheets begin a file so */
		}
		if (text[strspn(text, " \t")] == '\0') {
			continue;
		}
		step = split(recipients, text, err);
		if (step != RECIPIENTS_ITEM || !is_header(recipients)) {
			return step == RECIPIENTS_ITEM ? judge(recipients, err) : step;
		}
	}
}

enum recipients_step recipients_next(struct recipients *recipients, struct settings_recipient *item,
				     struct error *err)
{
	const struct settings_channel *channel = recipients->channel;
	if (!recipients->file) {
		if (recipients->next == channel->recipient_count) {
			return RECIPIENTS_END;
		}
		*item = channel->recipients[recipients->next++];
		return RECIPIENTS_ITEM;
	}
	enum recipients_step step = next_of_file(recipients, err);
	if (step == RECIPIENTS_ITEM) {
		*item = (struct settings_recipient){.id = recipients->fields[0],
						    .address = recipients->fields[1]};
	}
	return step;
}

/* hash = SHA-256(hash, id, 0, address, 0) */
static void chain(uint8_t hash[SECRET_HASH_BYTES], const struct settings_recipient *item)
{
	AUTO(buf) struct buf bytes = {0};
	buf_add(&bytes, hash, SECRET_HASH_BYTES);
	buf_add(&bytes, item->id, strlen(item->id) + 1);
	buf_add(&bytes, item->address, strlen(item->address) + 1);
	secret_sha256(bytes.data, bytes.len, hash);
}

bool recipients_hash(const struct settings_channel *channel, uint8_t out[SECRET_HASH_BYTES],
		     struct error *err)
{
	uint8_t hash[SECRET_HASH_BYTES] = {0};
	struct settings_recipient item;
	enum recipients_step step = RECIPIENTS_ITEM;
	struct recipients *recipients = recipients_open(channel, err);
	if (!recipients) {
		return false;
	}
	while (step == RECIPIENTS_ITEM) {
		step = recipients_next(recipients, &item, err);
		if (step == RECIPIENTS_ITEM) {
			chain(hash, &item);
		}
	}
	if (step == RECIPIENTS_END) {
		memcpy(out, hash, sizeof(hash));
	} else {
		(void)error_prefix(err, "line %d", recipients_line(recipients));
	}
	recipients_close(&recipients);
	return step == RECIPIENTS_END;
}
