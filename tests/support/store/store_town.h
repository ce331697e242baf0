/*
 * What tests of the store's ops need before they can begin: persons, cases, an alert that runs.
 * Every step runs the real op inline and aborts the test when it is refused; steps whose refusal is
 * looked at give the answer instead.
 */
#ifndef ASTRAD_TESTS_STORE_TOWN_H
#define ASTRAD_TESTS_STORE_TOWN_H

#include "store/alert.h"
#include "store/casefile.h"
#include "store/outbox.h"
#include "store_rig.h"

#define STORE_TOWN_DAY_MS 86400000LL

struct store_town {
	struct store_rig rig;
	int made; /* of what needs a seed or a hash of its own */
};

/* An inline store with the persons vera and marko. */
void store_town_begin(struct store_town *town);
void store_town_end(struct store_town *town);
int64_t store_town_now(const struct store_town *town);
struct timer_now store_town_clock(const struct store_town *town);
struct id store_town_id(struct store_town *town);
struct bytes store_town_bytes(const char *text);
/* Fails the test with the answer's words. */
void store_town_must(struct store_rig_answer answer);

void store_town_person(struct store_town *town, const char *id);
/* A report that makes a case. `body` NULL: an exercise with a child of seven. */
struct outcome store_town_report(struct store_town *town, const char *body);
/* Fills in->case_id, person, item_id and now; the rest is the caller's. */
struct store_case_act_in *store_town_act(struct store_town *town, struct store_call **ret_call,
					 enum store_case_act act, const struct id *case_id);
/* The recipients r0 .. r(count-1); the generation they make. */
int64_t store_town_list(struct store_town *town, const char *channel, size_t count);
/* A draft of the case, by vera. */
struct outcome store_town_draft(struct store_town *town, const struct id *case_id);
struct store_rig_answer store_town_load(struct store_town *town, const struct id *alert,
					struct store_alert_load_out *out);
/* Submitted by vera with the digest "sha256:one". */
struct store_rig_answer store_town_submit(struct store_town *town, const struct id *alert,
					  struct outcome *ret);
/* The open version approved: by `person`, planned and sent to channel "log" without a partner and
 * "mup" of partner mup. */
struct store_rig_answer store_town_approve(struct store_town *town, const struct id *alert,
					   const char *person, struct outcome *ret);
/* A case with an alert that runs, on lists of five and of one. */
struct id store_town_active(struct store_town *town);
/* The newest open broadcast of the alert on the channel; id 0 when there is none. */
struct store_broadcast store_town_broadcast(struct store_town *town, const struct id *alert,
					    const char *channel);
struct store_outbox_page_out store_town_page(struct store_town *town, int64_t broadcast, int limit);
void store_town_result(struct store_town *town, int64_t delivery, int64_t broadcast,
		       enum delivery_state state, enum reached reached);
struct store_rig_answer store_town_stop(struct store_town *town, const struct id *alert,
					struct outcome *ret);
/* What the audit chain and the tables say in one number: `sql` is one SELECT without parameters. */
int64_t store_town_count(struct store_town *town, const char *sql);

#endif
