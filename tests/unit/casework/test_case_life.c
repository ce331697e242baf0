/*
 * The state walk of cases: every act in every state, through casework on the real store. What the
 * table does not allow is refused and changes nothing. Covers cases.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "casework/alert.h"
#include "casework/cases.h"
#include "replay.h"
#include "store/core.h"

/* The case of the walk; the rig names an alert. */
static char case_name[ID_TEXT_BYTES];

#define ACT(function, what)                                                                        \
	static void function(struct casework *casework, const struct action *action,               \
			     const char *name, struct bytes body, action_done *done, void *arg)    \
	{                                                                                          \
		(void)name; /* the rig's alert */                                                  \
		cases_act(casework, action, what, case_name, 0, body, done, arg);                  \
	}
ACT(note, CASES_NOTE)
ACT(assign, CASES_ASSIGN)
ACT(shut, CASES_CLOSE)
ACT(reopen, CASES_REOPEN)
ACT(hold, CASES_HOLD)
ACT(let_go, CASES_RELEASE)

static void change(struct casework *casework, const struct action *action, const char *name,
		   struct bytes body, action_done *done, void *arg)
{
	(void)name; /* the rig's alert */
	cases_change(casework, action, case_name, 0, body, done, arg);
}

static void report(struct casework *casework, const struct action *action, const char *name,
		   struct bytes body, action_done *done, void *arg)
{
	(void)name; /* the rig's alert */
	cases_report(casework, action, body, done, arg);
}

static void evidence(struct casework *casework, const struct action *action, const char *name,
		     struct bytes body, action_done *done, void *arg)
{
	char text[256];

	(void)name; /* the rig's alert */
	(void)body; /* the case is named in it */
	(void)snprintf(text, sizeof(text),
		       "{\"case_id\":\"%s\",\"status\":\"exercise\",\"circumstances\":\"x\"}",
		       case_name);
	cases_report(casework, action, (struct bytes){text, strlen(text)}, done, arg);
}

static void draft(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg)
{
	(void)name; /* the rig's alert */
	alert_draft(casework, action, case_name, body, done, arg);
}

#define VERIFIED                                                                                   \
	"\"verified_by\":{\"name\":\"V. P.\",\"unit\":\"PU\",\"how\":\"lično\"},\"note\":\"n\"}"
#define CLOSE(outcome) "{\"outcome\":\"" outcome "\"," VERIFIED

enum {
	CHANGE,
	EVIDENCE,
	NOTE,
	ASSIGN,
	HOLD,
	LET_GO, /* after a hold */
	DRAFT,
	SHUT,
	SAY_SHUT, /* nobody verified it */
	REOPEN,
	ACTS,
};

static const struct {
	const char *name;
	replay_act *act;
	const char *body;
} acts[ACTS] = {
	[CHANGE] = {"patch", change, "{\"reason\":\"r\",\"child\":{\"age\":8}}"},
	[EVIDENCE] = {"evidence", evidence, ""},
	[NOTE] = {"note", note, "{\"text\":\"n\"}"},
	[ASSIGN] = {"assign", assign, "{\"person\":\"vera\"}"},
	[HOLD] = {"hold", hold,
		  "{\"field\":\"child.age\",\"by\":\"tužilac\",\"reference\":\"KT 1\"}"},
	[LET_GO] = {"release", let_go, "{\"field\":\"child.age\"}"},
	[DRAFT] = {"draft", draft,
		   "{\"tier\":\"restricted\",\"fields\":[\"child.age\"],\"areas\":[\"RS\"]}"},
	[SHUT] = {"close", shut, CLOSE("found")},
	[SAY_SHUT] = {"close unverified", shut, "{\"outcome\":\"found\",\"note\":\"n\"}"},
	[REOPEN] = {"reopen", reopen, "{\"reason\":\"r\"}"},
};

#define GONE "gone" /* 410, of a purged case */

/* What is kept of an ended case goes on being kept; it opens again, and nothing is sent of it. */
#define OF_ENDED(word)                                                                             \
	{                                                                                          \
		[CHANGE] = word, [EVIDENCE] = word, [NOTE] = word, [ASSIGN] = word, [HOLD] = word, \
		[LET_GO] = word, [REOPEN] = "open"                                                 \
	}

static const struct {
	const char *name;
	const char *close; /* the body of a close that leads here, or NULL */
	int first;         /* an act that leads here; ACTS = none */
	int stored;        /* a state no route leads to yet; 0 = none */
	/* the case's state after each act; NULL = a conflict */
	const char *after[ACTS];
} states[] = {
	{"intake",
	 NULL,
	 ACTS,
	 0,
	 {[CHANGE] = "open",
	  [EVIDENCE] = "intake",
	  [NOTE] = "intake",
	  [ASSIGN] = "open",
	  [HOLD] = "intake",
	  [LET_GO] = "intake",
	  [DRAFT] = "open",
	  [SHUT] = "found",
	  [SAY_SHUT] = "intake"}},
	{"intake, said to be found",
	 NULL,
	 SAY_SHUT,
	 0,
	 {[CHANGE] = "open",
	  [EVIDENCE] = "intake",
	  [NOTE] = "intake",
	  [ASSIGN] = "open",
	  [HOLD] = "intake",
	  [LET_GO] = "intake",
	  [DRAFT] = "open",
	  [SHUT] = "found",
	  [SAY_SHUT] = "intake",
	  [REOPEN] = "open"}},
	{"open",
	 NULL,
	 CHANGE,
	 0,
	 {[CHANGE] = "open",
	  [EVIDENCE] = "open",
	  [NOTE] = "open",
	  [ASSIGN] = "open",
	  [HOLD] = "open",
	  [LET_GO] = "open",
	  [DRAFT] = "open",
	  [SHUT] = "found",
	  [SAY_SHUT] = "open"}},
	{"found", CLOSE("found"), ACTS, 0, OF_ENDED("found")},
	{"returned", CLOSE("returned"), ACTS, 0, OF_ENDED("returned")},
	{"deceased", CLOSE("deceased"), ACTS, 0, OF_ENDED("deceased")},
	{"aged_out", CLOSE("aged_out"), ACTS, 0, OF_ENDED("aged_out")},
	{"withdrawn", CLOSE("withdrawn"), ACTS, 0, OF_ENDED("withdrawn")},
	{"hoax", CLOSE("hoax"), ACTS, 0, OF_ENDED("hoax")},
	{"takedown", CLOSE("found"), ACTS, CASE_TAKEDOWN, OF_ENDED("takedown")},
	{"retained", CLOSE("found"), ACTS, CASE_RETAINED, OF_ENDED("retained")},
	{"purged",
	 CLOSE("found"),
	 ACTS,
	 CASE_PURGED,
	 {[CHANGE] = GONE,
	  [EVIDENCE] = GONE,
	  [NOTE] = GONE,
	  [ASSIGN] = GONE,
	  [HOLD] = GONE,
	  [LET_GO] = GONE,
	  [SHUT] = GONE,
	  [SAY_SHUT] = GONE,
	  [REOPEN] = GONE}},
};

static void must(struct replay *r, replay_act *act, const char *body)
{
	if (!replay_act_as(r, "vera", NULL, act, body)->ok) {
		fail_msg("%s: %s", body, r->answer.err.text);
	}
}

static void run_sql(struct replay *r, const char *sql)
{
	assert_int_equal(sqlite3_exec(r->rig.store->writer.handle, sql, NULL, NULL, NULL),
			 SQLITE_OK);
}

static void store_state(struct replay *r, int state)
{
	AUTO(free) char *sql = xasprintf("UPDATE casefile SET state = %d", state);

	run_sql(r, sql);
}

static void begin_at(struct replay *r, size_t state, int which)
{
	must(r, report, "{\"status\":\"exercise\",\"circumstances\":\"x\"}");
	id_format(&r->answer.outcome.case_id, case_name);
	if (which == LET_GO) {
		must(r, hold, acts[HOLD].body);
	}
	if (states[state].close != NULL) {
		must(r, shut, states[state].close);
	} else if (states[state].first != ACTS) {
		must(r, acts[states[state].first].act, acts[states[state].first].body);
	}
	if (states[state].stored != 0) {
		store_state(r, states[state].stored);
	}
}

static void check_cell(struct replay *r, size_t state, int which)
{
	const char *after = states[state].after[which];
	const struct replay_answer *answer =
		replay_act_as(r, "vera", NULL, acts[which].act, acts[which].body);
	const char *seen = answer->ok ? case_state_name(answer->outcome.case_state)
			   : answer->err.code == ERROR_GONE     ? GONE
			   : answer->err.code == ERROR_CONFLICT ? "a conflict"
								: answer->err.text;

	if (strcmp(seen, after != NULL ? after : "a conflict") != 0) {
		fail_msg("%s, %s: %s, not %s", states[state].name, acts[which].name, seen,
			 after != NULL ? after : "a conflict");
	}
	assert_int_equal(r->marks, 0);
}

static void test_every_act_in_every_state(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	run_sql(&r, "INSERT INTO person (id, name, created_utc_ms) VALUES ('vera', 'V', 1)");
	for (size_t s = 0; s < ARRAY_LEN(states); s++) {
		for (int which = 0; which < ACTS; which++) {
			begin_at(&r, s, which);
			check_cell(&r, s, which);
			if (states[s].stored != 0) {
				store_state(&r, CASE_FOUND); /* the next one begins like others */
			}
		}
	}
	replay_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_act_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
