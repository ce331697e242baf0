/* Every pair of every life cycle, against a list written by hand from CONTRACT section 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/states.h"

/* Adapters, so that one walk serves every enum. */
#define MACHINE(type)                                                                              \
	static const char *type##_word(int value)                                                  \
	{                                                                                          \
		return type##_name((enum type)value);                                              \
	}                                                                                          \
	static bool type##_allows(int from, int to)                                                \
	{                                                                                          \
		return type##_may((enum type)from, (enum type)to);                                 \
	}

MACHINE(case_state)
MACHINE(alert_state)
MACHINE(version_state)
MACHINE(delivery_state)
MACHINE(ladder_state)

struct machine {
	const char *title;
	int last;
	const char *(*word)(int value);
	bool (*allows)(int from, int to);
	const char *const *rows; /* "from: to to to", one per state that has a way on */
};

static const char *const case_rows[] = {
	"intake: open found returned deceased aged_out withdrawn hoax",
	"open: found returned deceased aged_out withdrawn hoax",
	"found: takedown open",
	"returned: takedown open",
	"deceased: takedown open",
	"aged_out: takedown open",
	"withdrawn: takedown open",
	"hoax: takedown open",
	"takedown: retained open",
	"retained: purged open",
	NULL,
};

static const char *const alert_rows[] = {
	"draft: pending ended",
	"pending: draft awaiting_authority active ended rejected",
	"awaiting_authority: draft active ended rejected",
	"active: suspended ended",
	"suspended: active ended",
	NULL,
};

static const char *const version_rows[] = {
	"draft: pending withdrawn",
	"pending: approved returned rejected withdrawn",
	"returned: draft pending withdrawn",
	NULL,
};

static const char *const delivery_rows[] = {
	"waiting: sending held superseded dead",
	"sending: waiting accepted delivered retry uncertain rejected held superseded dead",
	"accepted: delivered unconfirmed rejected",
	"retry: waiting sending held superseded dead",
	"uncertain: waiting sending delivered held superseded dead",
	"unconfirmed: delivered rejected held superseded dead",
	"held: waiting retry superseded dead",
	"dead: waiting retry superseded",
	NULL,
};

static const char *const ladder_rows[] = {
	"running: acked paused exhausted ended",
	"acked: running paused exhausted ended",
	"paused: running acked exhausted ended",
	"exhausted: running acked paused ended",
	NULL,
};

static const struct machine machines[] = {
	{"case", CASE_PURGED, case_state_word, case_state_allows, case_rows},
	{"alert", ALERT_REJECTED, alert_state_word, alert_state_allows, alert_rows},
	{"version", VERSION_WITHDRAWN, version_state_word, version_state_allows, version_rows},
	{"delivery", DELIVERY_DEAD, delivery_state_word, delivery_state_allows, delivery_rows},
	{"ladder", LADDER_ENDED, ladder_state_word, ladder_state_allows, ladder_rows},
};

static bool is_listed(const struct machine *machine, const char *from, const char *to)
{
	size_t from_len = strlen(from);
	char wanted[64];
	char row[256];
	snprintf(wanted, sizeof(wanted), " %s ", to);
	for (size_t i = 0; machine->rows[i]; i++) {
		if (strncmp(machine->rows[i], from, from_len) == 0 &&
		    machine->rows[i][from_len] == ':') {
			snprintf(row, sizeof(row), "%s ", machine->rows[i] + from_len + 1);
			return strstr(row, wanted) != NULL;
		}
	}
	return false;
}

static void walks_every_pair(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		const struct machine *machine = &machines[m];
		for (int from = 0; from <= machine->last + 1; from++) {
			for (int to = 0; to <= machine->last + 1; to++) {
				bool expected =
					from >= 1 && to >= 1 && from <= machine->last &&
					to <= machine->last &&
					is_listed(machine, machine->word(from), machine->word(to));
				if (machine->allows(from, to) != expected) {
					fail_msg("%s: %s -> %s should be %s", machine->title,
						 machine->word(from), machine->word(to),
						 expected ? "allowed" : "refused");
				}
			}
		}
	}
}

static void names_every_state(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		assert_string_equal(machines[m].word(0), "?");
		assert_string_equal(machines[m].word(machines[m].last + 1), "?");
		for (int value = 1; value <= machines[m].last; value++) {
			assert_string_not_equal(machines[m].word(value), "?");
		}
	}
}

/* What is stored and shown comes back; an unknown word is 0. */
static void parses_what_it_names(void **state)
{
	(void)state;
#define ROUND_TRIP(type, last)                                                                     \
	do {                                                                                       \
		assert_int_equal(type##_parse("nonsense"), 0);                                     \
		assert_int_equal(type##_parse(NULL), 0);                                           \
		assert_int_equal(type##_parse("?"), 0);                                            \
		for (int value = 1; value <= (int)(last); value++) {                               \
			assert_int_equal(type##_parse(type##_name((enum type)value)), value);      \
		}                                                                                  \
	} while (0)
	ROUND_TRIP(alert_status, STATUS_TEST);
	ROUND_TRIP(tier, TIER_NATIONAL);
	ROUND_TRIP(case_state, CASE_PURGED);
	ROUND_TRIP(alert_state, ALERT_REJECTED);
	ROUND_TRIP(end_reason, END_ISSUED_IN_ERROR);
	ROUND_TRIP(version_kind, VERSION_REOPEN);
	ROUND_TRIP(delivery_state, DELIVERY_DEAD);
	ROUND_TRIP(role, ROLE_PARTNER);
	ROUND_TRIP(partner_role, PARTNER_NGO);
	assert_string_equal(end_reason_name(END_NONE), "none");
	assert_string_equal(reached_name(REACHED_MAYBE), "maybe");
	assert_string_equal(ack_state_name(ACK_DECLINED), "declined");
}

static void knows_what_is_over(void **state)
{
	(void)state;
	assert_false(case_state_is_ended(CASE_INTAKE));
	assert_false(case_state_is_ended(CASE_OPEN));
	for (int value = CASE_FOUND; value <= CASE_PURGED; value++) {
		assert_true(case_state_is_ended((enum case_state)value));
	}
	for (int value = DELIVERY_WAITING; value <= DELIVERY_DEAD; value++) {
		enum delivery_state one = (enum delivery_state)value;
		bool over = one == DELIVERY_DELIVERED || one == DELIVERY_REJECTED ||
			    one == DELIVERY_SUPERSEDED || one == DELIVERY_DEAD;
		assert_int_equal(delivery_state_is_terminal(one, true), over);
		assert_int_equal(delivery_state_is_terminal(one, false),
				 over || one == DELIVERY_ACCEPTED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_every_pair),
		cmocka_unit_test(names_every_state),
		cmocka_unit_test(parses_what_it_names),
		cmocka_unit_test(knows_what_is_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
