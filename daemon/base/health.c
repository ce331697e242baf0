/*
 * Why the daemon is not well: a list of raised reasons, sorted by reason and subject so that
 * /readyz reads the same each time. Raising what is raised updates it; the callback hears of a
 * reason that appears, changes its level or goes, not of a new detail, so that a reason whose
 * detail counts something is logged once. Loop thread only. Lost at a crash: rooms raise what still
 * holds at start.
 */
#include "base/health.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/list.h"

struct reason {
	struct list link;
	enum health_level level;
	char *reason;
	char *subject; /* "" for none */
	char *detail;
};

struct health {
	struct list reasons; /* struct reason::link */
	void (*on_change)(enum health_level level, const char *reason, const char *subject,
			  bool raised, void *arg);
	void *on_change_arg;
};

static const char *const STATUS_NAMES[] = {"ready", "degraded", "down"};

struct health *health_create(void)
{
	struct health *health = xcalloc(1, sizeof(*health));

	list_init(&health->reasons);
	return health;
}

static void reason_destroy(struct reason *gone)
{
	list_remove(&gone->link);
	free(gone->reason);
	free(gone->subject);
	free(gone->detail);
	free(gone);
}

void health_destroy(struct health **health)
{
	struct health *gone = take_ptr(health);

	if (gone == NULL) {
		return;
	}
	LIST_FOR_EACH (node, &gone->reasons) {
		reason_destroy(LIST_ENTRY(node, struct reason, link));
	}
	free(gone);
}

/* The first reason that is not before (reason, subject); NULL at the end. */
static struct reason *find_place(const struct health *health, const char *reason,
				 const char *subject, bool *ret_is_same)
{
	*ret_is_same = false;
	LIST_FOR_EACH (node, &health->reasons) {
		struct reason *at = LIST_ENTRY(node, struct reason, link);
		int order = strcmp(at->reason, reason);

		if (order == 0) {
			order = strcmp(at->subject, subject != NULL ? subject : "");
		}
		if (order >= 0) {
			*ret_is_same = order == 0;
			return at;
		}
	}
	return NULL;
}

static void tell(const struct health *health, const struct reason *reason, bool raised)
{
	if (health->on_change != NULL) {
		health->on_change(reason->level, reason->reason,
				  reason->subject[0] != '\0' ? reason->subject : NULL, raised,
				  health->on_change_arg);
	}
}

void health_raise(struct health *health, enum health_level level, const char *reason,
		  const char *subject, const char *detail)
{
	bool is_same;
	struct reason *at = find_place(health, reason, subject, &is_same);
	bool is_news = !is_same || at->level != level;

	assert(level == HEALTH_DEGRADED || level == HEALTH_DOWN);
	if (!is_same) {
		struct list *after = at != NULL ? &at->link : &health->reasons;

		at = xcalloc(1, sizeof(*at));
		at->reason = xstrdup(reason);
		at->subject = xstrdup(subject != NULL ? subject : "");
		list_append(after, &at->link); /* appending to a node puts in front of it */
	}
	at->level = level;
	free(at->detail);
	at->detail = xstrdup(detail != NULL ? detail : "");
	if (is_news) {
		tell(health, at, true);
	}
}

void health_clear(struct health *health, const char *reason, const char *subject)
{
	bool is_same;
	struct reason *at = find_place(health, reason, subject, &is_same);

	if (is_same) {
		tell(health, at, false);
		reason_destroy(at);
	}
}

enum health_level health_level(const struct health *health)
{
	enum health_level worst = HEALTH_OK;

	LIST_FOR_EACH (node, &health->reasons) {
		const struct reason *at = LIST_ENTRY(node, struct reason, link);

		worst = at->level > worst ? at->level : worst;
	}
	return worst;
}

bool health_is_raised(const struct health *health, const char *reason, const char *subject)
{
	bool is_same;

	(void)find_place(health, reason, subject, &is_same); /* only whether it is there */
	return is_same;
}

void health_render(const struct health *health, struct buf *out)
{
	const char *comma = "";

	buf_printf(out, "{\"status\":\"%s\",\"reasons\":[", STATUS_NAMES[health_level(health)]);
	LIST_FOR_EACH (node, &health->reasons) {
		const struct reason *at = LIST_ENTRY(node, struct reason, link);

		buf_printf(out, "%s{\"reason\":", comma);
		buf_add_json_string(out, at->reason);
		buf_add_text(out, ",\"subject\":");
		if (at->subject[0] != '\0') {
			buf_add_json_string(out, at->subject);
		} else {
			buf_add_text(out, "null");
		}
		buf_printf(out, ",\"level\":\"%s\",\"detail\":", STATUS_NAMES[at->level]);
		buf_add_json_string(out, at->detail);
		buf_add_text(out, "}");
		comma = ",";
	}
	buf_add_text(out, "]}");
}

void health_on_change(struct health *health,
		      void (*fn)(enum health_level level, const char *reason, const char *subject,
				 bool raised, void *arg),
		      void *arg)
{
	health->on_change = fn;
	health->on_change_arg = arg;
}
