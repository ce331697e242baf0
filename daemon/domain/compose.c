/*
 * Building a rendered body: bytes, the splices' offsets, and the texts in each language.
 *
 * Owner: a struct compose on the caller's stack; its buffer moves into the arena at the end. Typed
 * text is only ever added through compose_add, so it cannot leave the JSON string it stands in.
 */
#include "domain/compose.h"

#include <assert.h>

void compose_raw(struct compose *compose, const char *text)
{
	buf_add_text(&compose->out, text);
}

void compose_add(struct compose *compose, const char *text)
{
	AUTO(buf) struct buf quoted = {0};

	if (!compose->is_in_json) {
		buf_add_text(&compose->out, text);
		return;
	}
	buf_add_json_string(&quoted, text);
	buf_add(&compose->out, quoted.data + 1, quoted.len - 2);
}

void compose_splice(struct compose *compose, enum splice_kind kind)
{
	assert(compose->splice_count < COMPOSE_SPLICES_MAX);
	compose->splices[compose->splice_count++] =
		(struct splice){.offset = compose->out.len, .kind = kind};
}

void compose_key(struct compose *compose, const char *key, bool is_first)
{
	buf_printf(&compose->out, "%s\"%s\":", is_first ? "" : ",", key);
}

void compose_string(struct compose *compose, const char *key, const char *text)
{
	compose_key(compose, key, false);
	if (text) {
		buf_add_json_string(&compose->out, text);
	} else {
		compose_raw(compose, "null");
	}
}

void compose_number(struct compose *compose, const char *key, int64_t number)
{
	compose_key(compose, key, false);
	buf_printf(&compose->out, "%lld", (long long)number);
}

void compose_time(struct compose *compose, const char *key, enum splice_kind kind)
{
	compose_key(compose, key, false);
	compose_raw(compose, "\"");
	compose_splice(compose, kind);
	compose_raw(compose, "\"");
}

void compose_words(struct compose *compose, const char *key, const struct words *words)
{
	compose_key(compose, key, false);
	compose_raw(compose, "[");
	for (size_t i = 0; i < words->count; i++) {
		compose_raw(compose, i > 0 ? "," : "");
		buf_add_json_string(&compose->out, words->items[i]);
	}
	compose_raw(compose, "]");
}

void compose_finish(struct compose *compose, struct arena *arena, struct rendered *ret_rendered)
{
	assert(!compose->out.overflow);
	*ret_rendered = (struct rendered){
		.bytes = {arena_memdup(arena, buf_text(&compose->out), compose->out.len),
			  compose->out.len},
		.splices = arena_memdup(arena, compose->splices,
					compose->splice_count * sizeof(*compose->splices)),
		.splice_count = compose->splice_count,
	};
	buf_finish(&compose->out);
}

/* "ISPRAVKA. VEŽBA. NESTALO DETE 26-0147-T": the word for correction stands first of all. */
static void add_head(struct compose *compose, const struct render_alert *alert,
		     const struct phrase_book *book)
{
	bool is_end = alert->message != MESSAGE_VERSION;
	bool is_correction = is_end ? alert->message == MESSAGE_END_ISSUED_IN_ERROR
				    : alert->kind == VERSION_CORRECTION;
	bool is_update = !is_end && alert->kind == VERSION_UPDATE;
	const char *words[] = {
		is_correction ? book->correction : NULL,
		book->marks[alert->status],
		is_update ? book->update : NULL,
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i]) {
			compose_add(compose, words[i]);
			compose_add(compose, ". ");
		}
	}
	compose_add(compose, is_end ? book->end_title : book->title);
	compose_add(compose, " ");
	compose_add(compose, alert->ref);
}

static void add_until(struct compose *compose, const struct phrase_book *book)
{
	compose_add(compose, book->until[0]);
	compose_splice(compose, SPLICE_EXPIRES_DATE);
	compose_add(compose, book->until[1]);
	compose_splice(compose, SPLICE_EXPIRES_TIME);
	compose_add(compose, book->until[2]);
}

static void add_line(struct compose *compose, const char *text)
{
	compose_add(compose, "\n");
	compose_add(compose, text);
}

void compose_alert_text(struct compose *compose, const struct render_alert *alert,
			const struct render_text *text)
{
	const struct phrase_book *book = phrase_find(text->language);
	bool is_end = alert->message != MESSAGE_VERSION;

	add_head(compose, alert, book);
	if (is_end) {
		add_line(compose, book->ends[alert->message]);
	} else if (text->typed && *text->typed) {
		add_line(compose, text->typed);
	}
	if (alert->contact) {
		add_line(compose, is_end ? book->questions : book->contact);
		compose_add(compose, alert->contact->phone);
		compose_add(compose, ".");
	}
	if (!is_end) {
		compose_add(compose, "\n");
		add_until(compose, book);
	}
	/* Again at the end: a text that was cut at either side still shows it. */
	if (book->marks[alert->status]) {
		add_line(compose, book->marks[alert->status]);
	}
}
