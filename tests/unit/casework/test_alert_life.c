/*
 * The state walk: every act of an alert's life in every state it can be in, through casework on the
 * real store. What the table does not allow is a conflict and changes nothing.
 * Covers alert.c, alert_act.c, alert_approve.c, alert_decision.c, alert_effect.c,
 * alert_refuse.c, alert_submit.c, alert_update.c, alert_work.c, stop.c and casework.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "casework/ack.h"
#include "casework/alert.h"
#include "casework/rung.h"
#include "casework/stop.h"
#include "replay.h"

#define UPDATE                                                                                     \
	"{\"kind\":\"information\",\"reason\":\"r\",\"set\":{\"message\":{\"sr-Latn\":\"Kod "      \
	"stanice.\"}}}"
#define NOTHING "{\"version\":1,\"digest\":\"sha256:0\"}"

/* --- acts --- */

static void edit(struct casework *casework, const struct action *action, const char *name,
		 struct bytes body, action_done *done, void *arg)
{
	alert_edit(casework, action, name, 0, body, done, arg);
}

static void give_back(struct casework *casework, const struct action *action, const char *name,
		      struct bytes body, action_done *done, void *arg)
{
	alert_refuse(casework, action, ALERT_RETURN, name, body, done, arg);
}

static void reject(struct casework *casework, const struct action *action, const char *name,
		   struct bytes body, action_done *done, void *arg)
{
	alert_refuse(casework, action, ALERT_REJECT, name, body, done, arg);
}

static void withdraw(struct casework *casework, const struct action *action, const char *name,
		     struct bytes body, action_done *done, void *arg)
{
	alert_refuse(casework, action, ALERT_WITHDRAW, name, body, done, arg);
}

enum {
	EDIT,
	SUBMIT,
	APPROVE,
	RETURN,
	REJECT,
	WITHDRAW,
	DO_UPDATE,
	SUSPEND,
	RESUME,
	CANCEL,
	SEND_MORE,
	SEND_PLANNED,
	REPOLICY,
	ESCALATE,
	ACK,
	ACTS,
};

static const struct {
	const char *name;
	const char *person; /* ana approves, vera operates */
	replay_act *act;
	const char *body; /* NULL = version and digest of the preview */
} acts[ACTS] = {
	[EDIT] = {"edit", "vera", edit, "{\"areas\":[]}"},
	[SUBMIT] = {"submit", "vera", alert_submit, NULL},
	[APPROVE] = {"approve", "ana", alert_approve, NULL},
	[RETURN] = {"return", "ana", give_back, "{\"reason\":\"r\"}"},
	[REJECT] = {"reject", "ana", reject, "{\"reason\":\"r\"}"},
	[WITHDRAW] = {"withdraw", "vera", withdraw, ""},
	[DO_UPDATE] = {"update", "vera", alert_update, UPDATE},
	[SUSPEND] = {"suspend", "vera", stop_suspend, ""},
	[RESUME] = {"resume", "vera", alert_resume, ""},
	[CANCEL] = {"cancel", "vera", stop_cancel, "{\"reason\":\"resolved\"}"},
	[SEND_MORE] = {"send", "vera", alert_send, "{\"channel\":\"duty\"}"},
	[SEND_PLANNED] = {"send a rung", "vera", alert_send, "{\"channel\":\"bolnica-ns\"}"},
	[REPOLICY] = {"repolicy", "vera", alert_repolicy, "{\"policy\":\"restricted\"}"},
	[ESCALATE] = {"escalate", "vera", rung_escalate, ""},
	[ACK] = {"ack", "vera", ack_create, "{\"by\":\"Vera\"}"},
};

static void keep_body(const struct action_result *result, void *arg)
{
	char *body = arg;

	(void)snprintf(body, 16384, "%.*s", result->ok ? (int)result->body.len : 0,
		       result->ok ? result->body.data : "");
}

/* What a person reads and sends back; something that cannot be right where nothing is to be read.
 */
static void read_decision(struct replay *r, const char *person, char out[160])
{
	static char body[16384];
	const struct action action = {.actor = {.person = person, .role = ROLE_APPROVER},
				      .route = "test"};
	const char *digest, *version;

	body[0] = '\0';
	alert_preview(r->casework, &action, r->alert, keep_body, body);
	replay_settle(r);
	digest = strstr(body, "\"sha256:");
	version = strstr(body, "\"version\":");
	if (digest == NULL || version == NULL) {
		(void)snprintf(out, 160, "%s", NOTHING);
		return;
	}
	(void)snprintf(out, 160, "{\"version\":%d,\"digest\":%.73s}",
		       (int)strtol(version + strlen("\"version\":"), NULL, 10), digest);
}

static bool act(struct replay *r, int which)
{
	char body[160];

	if (acts[which].body != NULL) {
		(void)snprintf(body, sizeof(body), "%s", acts[which].body);
	} else {
		read_decision(r, acts[which].person, body);
	}
	return replay_act_as(r, acts[which].person, NULL, acts[which].act, body)->ok;
}

/* --- states --- */

static const struct {
	const char *name;
	int path[8]; /* acts from a submitted alert, ended by ACTS */
	/* alert/version after each act; NULL = a conflict */
	const char *after[ACTS];
} states[] = {
	{"pending",
	 {ACTS},
	 {[APPROVE] = "active/approved",
	  [RETURN] = "draft/returned",
	  [REJECT] = "rejected/rejected",
	  [WITHDRAW] = "ended/withdrawn",
	  [CANCEL] = "ended/?",
	  [ESCALATE] = "pending/?"}},
	{"returned",
	 {RETURN, ACTS},
	 {[EDIT] = "draft/draft",
	  [SUBMIT] = "pending/pending",
	  [WITHDRAW] = "ended/withdrawn",
	  [CANCEL] = "ended/?"}},
	{"draft",
	 {RETURN, EDIT, ACTS},
	 {[EDIT] = "draft/draft",
	  [SUBMIT] = "pending/pending",
	  [WITHDRAW] = "ended/withdrawn",
	  [CANCEL] = "ended/?"}},
	{"rejected", {REJECT, ACTS}, {0}},
	{"withdrawn", {WITHDRAW, ACTS}, {0}},
	{"active",
	 {APPROVE, ACTS},
	 {[DO_UPDATE] = "active/draft",
	  [SUSPEND] = "suspended/?",
	  [CANCEL] = "ended/?",
	  [SEND_MORE] = "active/draft",
	  [SEND_PLANNED] = "active/?",
	  [REPOLICY] = "active/?",
	  [ESCALATE] = "active/?",
	  [ACK] = "active/?"}},
	{"active, update drafted",
	 {APPROVE, DO_UPDATE, ACTS},
	 {[EDIT] = "active/draft",
	  [SUBMIT] = "active/pending",
	  [WITHDRAW] = "active/withdrawn",
	  [SUSPEND] = "suspended/?",
	  [CANCEL] = "ended/?",
	  [SEND_PLANNED] = "active/?",
	  [ESCALATE] = "active/?",
	  [ACK] = "active/?"}},
	{"active, update returned",
	 {APPROVE, DO_UPDATE, SUBMIT, RETURN, ACTS},
	 {[EDIT] = "active/draft",
	  [SUBMIT] = "active/pending",
	  [WITHDRAW] = "active/withdrawn",
	  [SUSPEND] = "suspended/?",
	  [CANCEL] = "ended/?",
	  [SEND_PLANNED] = "active/?",
	  [ESCALATE] = "active/?",
	  [ACK] = "active/?"}},
	{"active, send drafted",
	 {APPROVE, SEND_MORE, ACTS},
	 {[SUBMIT] = "active/pending",
	  [WITHDRAW] = "active/withdrawn",
	  [SUSPEND] = "suspended/?",
	  [CANCEL] = "ended/?",
	  [SEND_PLANNED] = "active/?",
	  [ESCALATE] = "active/?",
	  [ACK] = "active/?"}},
	{"active, send pending",
	 {APPROVE, SEND_MORE, SUBMIT, ACTS},
	 {[APPROVE] = "active/approved",
	  [RETURN] = "active/returned",
	  [REJECT] = "active/rejected",
	  [WITHDRAW] = "active/withdrawn",
	  [SUSPEND] = "suspended/?",
	  [CANCEL] = "ended/?",
	  [SEND_PLANNED] = "active/?",
	  [ESCALATE] = "active/?",
	  [ACK] = "active/?"}},
	{"active, send returned",
	 {APPROVE, SEND_MORE, SUBMIT, RETURN, ACTS},
	 {[SUBMIT] = "active/pending",
	  [WITHDRAW] = "active/withdrawn",
	  [SUSPEND] = "suspended/?",
	  [CANCEL] = "ended/?",
	  [SEND_PLANNED] = "active/?",
	  [ESCALATE] = "active/?",
	  [ACK] = "active/?"}},
	{"active, sent further",
	 {APPROVE, SEND_MORE, SUBMIT, APPROVE, SEND_PLANNED, ACTS},
	 {[DO_UPDATE] = "active/draft",
	  [SUSPEND] = "suspended/?",
	  [CANCEL] = "ended/?",
	  [REPOLICY] = "active/?",
	  [ESCALATE] = "active/?",
	  [ACK] = "active/?"}},
	{"active, update pending",
	 {APPROVE, DO_UPDATE, SUBMIT, ACTS},
	 {[APPROVE] = "active/approved",
	  [RETURN] = "active/returned",
	  [REJECT] = "active/rejected",
	  [WITHDRAW] = "active/withdrawn",
	  [SUSPEND] = "suspended/?",
	  [CANCEL] = "ended/?",
	  [SEND_PLANNED] = "active/?",
	  [ESCALATE] = "active/?",
	  [ACK] = "active/?"}},
	{"suspended",
	 {APPROVE, SUSPEND, ACTS},
	 {[RESUME] = "suspended/draft", [CANCEL] = "ended/?", [ACK] = "suspended/?"}},
	{"suspended, update pending",
	 {APPROVE, DO_UPDATE, SUBMIT, SUSPEND, ACTS},
	 {[RETURN] = "suspended/returned",
	  [REJECT] = "suspended/rejected",
	  [WITHDRAW] = "suspended/withdrawn",
	  [CANCEL] = "ended/?",
	  [ACK] = "suspended/?"}},
	{"suspended, send pending",
	 {APPROVE, SEND_MORE, SUBMIT, SUSPEND, ACTS},
	 {[RETURN] = "suspended/returned",
	  [REJECT] = "suspended/rejected",
	  [WITHDRAW] = "suspended/withdrawn",
	  [CANCEL] = "ended/?",
	  [ACK] = "suspended/?"}},
	{"suspended, resume drafted",
	 {APPROVE, SUSPEND, RESUME, ACTS},
	 {[SUBMIT] = "suspended/pending",
	  [WITHDRAW] = "suspended/withdrawn",
	  [CANCEL] = "ended/?",
	  [ACK] = "suspended/?"}},
	{"suspended, resume returned",
	 {APPROVE, SUSPEND, RESUME, SUBMIT, RETURN, ACTS},
	 {[SUBMIT] = "suspended/pending",
	  [WITHDRAW] = "suspended/withdrawn",
	  [CANCEL] = "ended/?",
	  [ACK] = "suspended/?"}},
	{"suspended, resume pending",
	 {APPROVE, SUSPEND, RESUME, SUBMIT, ACTS},
	 {[APPROVE] = "active/approved",
	  [RETURN] = "suspended/returned",
	  [REJECT] = "suspended/rejected",
	  [WITHDRAW] = "suspended/withdrawn",
	  [CANCEL] = "ended/?",
	  [ACK] = "suspended/?"}},
	{"ended", {APPROVE, CANCEL, ACTS}, {0}},
};

static void begin_at(struct replay *r, size_t state)
{
	replay_begin(r, STATUS_EXERCISE);
	replay_submit(r);
	for (const int *step = states[state].path; *step != ACTS; step++) {
		if (!act(r, *step)) {
			fail_msg("%s: %s: %s", states[state].name, acts[*step].name,
				 r->answer.err.text);
		}
	}
}

/* Leaves the hotline as it was when the act is a conflict. */
static void check_cell(struct replay *r, size_t state, int which)
{
	const char *after = states[state].after[which];
	enum alert_state before = replay_alert(r);
	char seen[64];

	if (act(r, which)) {
		(void)snprintf(seen, sizeof(seen), "%s/%s", alert_state_name(replay_alert(r)),
			       version_state_name(r->answer.outcome.version_state));
		if (after == NULL || strcmp(seen, after) != 0) {
			fail_msg("%s, %s: %s, not %s", states[state].name, acts[which].name, seen,
				 after != NULL ? after : "a conflict");
		}
	} else if (after != NULL || r->answer.err.code != ERROR_CONFLICT ||
		   replay_alert(r) != before) {
		fail_msg("%s, %s: %s: %s, now %s", states[state].name, acts[which].name,
			 error_code_name(r->answer.err.code), r->answer.err.text,
			 alert_state_name(replay_alert(r)));
	}
	assert_int_equal(r->marks, 0); /* every stop mark is settled, also of a refused stop */
}

/* All conflicts one after the other, then each act that is allowed, from the state anew. */
static void walk(size_t state)
{
	struct replay r;

	begin_at(&r, state);
	for (int which = 0; which < ACTS; which++) {
		if (states[state].after[which] == NULL) {
			check_cell(&r, state, which);
		}
	}
	for (int which = 0; which < ACTS; which++) {
		if (states[state].after[which] != NULL) {
			check_cell(&r, state, which);
			replay_end(&r);
			begin_at(&r, state);
		}
	}
	replay_end(&r);
}

static void test_every_act_in_every_state(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(states); s++) {
		walk(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_act_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
