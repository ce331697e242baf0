/*
 * A hotline in memory for tests of whole days: the real store (inline, on disk), casework and
 * escalation under a fake clock; the network is a list of what was sent. Every second of the day is
 * a turn of the loop.
 *
 *	struct replay r;
 *	replay_begin(&r, STATUS_EXERCISE);
 *	replay_approve(&r);                    report, draft, submit by vera, approve by ana
 *	replay_pass(&r, 10 * MINUTE);
 *	replay_expect(&r, "00:00 mup-ns version 1", "10:00 bolnica-ns version 1", NULL);
 *	replay_end(&r);
 *
 * Times in the list are minutes and seconds since the approval. Configuration: EXAMPLES, as
 * tests/bad_config/base has it; change it between replay_prepare and replay_open.
 */
#ifndef ASTRAD_TESTS_REPLAY_H
#define ASTRAD_TESTS_REPLAY_H

#include "base/health.h"
#include "casework/casework.h"
#include "escalation/escalation.h"
#include "rig.h"
#include "store_rig.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

#define REPLAY_SENT_MAX 2048

struct replay_answer {
	int count; /* answers so far */
	bool ok;
	bool replayed;
	struct error err;
	struct outcome outcome;
	bool has_outcome;
	char body[16384];
	bool is_page;
	char pointer[64]; /* of the first field error */
};

struct replay {
	struct rig files;
	struct store_rig rig;
	enum alert_status status;
	struct settings *settings;
	struct casework *casework;
	struct escalation *escalation;
	struct health *health;
	struct id boot_id;

	struct id case_id;
	char alert[ID_TEXT_BYTES];
	char ref[REF_TEXT_BYTES];
	int64_t zero_utc_ms; /* when it was approved */

	struct replay_answer answer; /* of the last action */
	int64_t seen_broadcast;      /* the newest that was sent */
	const char *mute;            /* a channel that sends nothing now, or NULL */
	const char *slow;            /* a channel whose sends stay on the wire, or NULL */
	char sent[REPLAY_SENT_MAX][96];
	size_t sent_count;
	size_t told; /* lines that replay_expect has seen */
	int marks;   /* stop marks that are set */
};

/* Files, store and clock; nothing runs. */
void replay_prepare(struct replay *r, enum alert_status status);
/* Loads the files, opens the rooms. */
void replay_open(struct replay *r);
void replay_begin(struct replay *r, enum alert_status status); /* both */
void replay_end(struct replay *r);
/* The daemon goes at once and comes back after `down_ms`; a new boot changes the boot clock too. */
void replay_restart(struct replay *r, int64_t down_ms, bool is_new_boot);
/*
 * `act` runs in a process of its own and is killed when it returns: nothing is closed, answered or
 * finished. Afterwards r is the daemon started again on what was committed. r must be from
 * replay_share.
 */
void replay_kill_after(struct replay *r, void (*act)(struct replay *r, int arg), int arg);
/* A hotline that a killed process can leave behind; replay_unshare after replay_end. */
struct replay *replay_share(void);
void replay_unshare(struct replay *r);
/* The muted channel sends again, what it held back first. */
void replay_unmute(struct replay *r);
/* Reads the files again and swaps the snapshot. */
void replay_reload(struct replay *r);

/* Time passes, second by second. */
void replay_pass(struct replay *r, int64_t ms);
/* Whatever can be done now is done. */
void replay_settle(struct replay *r);

/* --- people --- */

void replay_submit(struct replay *r);  /* report, draft and submit by vera */
void replay_accept(struct replay *r);  /* approve by ana; the zero of the list */
void replay_approve(struct replay *r); /* both */

typedef void replay_act(struct casework *casework, const struct action *action, const char *name,
			struct bytes body, action_done *done, void *arg);
/* Reads the preview and sends its version and digest to submit or approve. */
void replay_decide(struct replay *r, const char *person, replay_act *act);
/* One action on the alert by a person (operator) or, with partner, by a partner. Gives the answer.
 */
struct replay_answer *replay_act_as(struct replay *r, const char *person, const char *partner,
				    replay_act *act, const char *body);
/* Shorter: POST /acks. */
struct replay_answer *replay_ack(struct replay *r, const char *partner);
struct replay_answer *replay_operator_ack(struct replay *r, const char *person, const char *body);
struct replay_answer *replay_release(struct replay *r, const char *partner, const struct id *ack);
/* An action_done that fills r->answer; arg is the replay. */
void replay_on_answer(const struct action_result *result, void *arg);

/* --- what happened --- */

/* What was sent since the last call, line by line, NULL at the end. */
void replay_expect(struct replay *r, ...);
/* How often a line that ends so was sent since the last call; forgets them. */
int replay_count(struct replay *r, const char *end);
/* The state of the alert's ladder, by the store. */
enum ladder_state replay_ladder(struct replay *r);
enum alert_state replay_alert(struct replay *r);

#endif
