/*
 * For domain's own files (implementers' header): builds a rendered body piece by piece. Text goes
 * in as it is or, between compose_begin_json and compose_end_json, escaped for a JSON string; a
 * splice remembers the offset reached.
 */
#ifndef ASTRAD_DOMAIN_COMPOSE_H
#define ASTRAD_DOMAIN_COMPOSE_H

#include "domain/phrase.h"
#include "domain/render.h"

/* Two a language, and what a body has. */
#define COMPOSE_SPLICES_MAX 160

struct compose {
	struct buf out;
	struct splice splices[COMPOSE_SPLICES_MAX];
	size_t splice_count;
	bool is_in_json; /* what is added stands in a JSON string */
};

void compose_add(struct compose *compose, const char *text);
/* Our own syntax: never escaped. */
void compose_raw(struct compose *compose, const char *text);
void compose_splice(struct compose *compose, enum splice_kind kind);
/* `"key":` with a comma before it unless `is_first`; the key is our own. */
void compose_key(struct compose *compose, const char *key, bool is_first);
void compose_string(struct compose *compose, const char *key, const char *text); /* NULL: null */
void compose_number(struct compose *compose, const char *key, int64_t number);
/* "key":"<splice>" */
void compose_time(struct compose *compose, const char *key, enum splice_kind kind);
void compose_words(struct compose *compose, const char *key, const struct words *words);
/* Copies into the arena and frees its own memory. */
void compose_finish(struct compose *compose, struct arena *arena, struct rendered *ret_rendered);

/* The whole text of one language. */
void compose_alert_text(struct compose *compose, const struct render_alert *alert,
			const struct render_text *text);
/* The body of a webhook. */
void compose_json_alert(struct compose *compose, const struct render_alert *alert);

#endif
