/* One small town for tests that do something at every turn of a broadcast: two partners' webhooks
 * and a list, with few slots, so that every phase is there at once. */
#ifndef ASTRAD_TESTS_TURNS_H
#define ASTRAD_TESTS_TURNS_H

#include <stdio.h>

#include "base/log.h"
#include "outbox_rig.h"

#define TURNS_RECIPIENTS 24
#define TURNS_SLOTS      6 /* of the list's channel */
#define TURNS_ALL        (TURNS_RECIPIENTS + 2)
#define TURNS_WINDOW     (TURNS_SLOTS + 2) /* the partners have one recipient each */

static const struct rig_channel turns_channels[] = {
	{.name = "list", .recipients = TURNS_RECIPIENTS, .in_flight = TURNS_SLOTS},
	{.name = "mup", .partner = "mup"},
	{.name = "duty", .partner = "duty"},
};

static const struct rig_spec turns_spec = {turns_channels, ARRAY_LEN(turns_channels), 0};

/* Every third send hangs until the test ends it, every seventh fails once. */
static inline int turns_decide(const struct mock_send *send, void *arg)
{
	size_t number = ((struct mock_ledger *)arg)->count;

	if (number % 7 == 0 && send->attempt == 1) {
		return ASTRAD_RETRY;
	}
	return number % 3 == 0 ? 0 : ASTRAD_DELIVERED;
}

/* A fresh town, an approved alert, and so many turns; false when it was over before. */
static inline bool turns_begin(struct outbox_rig *rig, int turns, struct id *ret_alert)
{
	outbox_rig_init(rig, &turns_spec);
	rig->ledger.decide = turns_decide;
	rig->ledger.arg = &rig->ledger;
	*ret_alert = outbox_rig_alert(rig);
	for (int i = 0; i < turns; i++) {
		if (!outbox_rig_turn(rig)) {
			clock_fake_advance(&rig->store.clock, 10);
			if (!outbox_rig_turn(rig)) {
				if (rig->ledger.out == 0) {
					return false;
				}
				mock_end_all(&rig->ledger, ASTRAD_DELIVERED);
			}
		}
	}
	return true;
}

/* Everything that hangs ends well, until nothing is left to do. */
static inline void turns_end(struct outbox_rig *rig)
{
	rig->ledger.decide = NULL;
	for (int i = 0; i < 110; i++) { /* longer than a row waits for an older one */
		mock_end_all(&rig->ledger, ASTRAD_DELIVERED);
		outbox_rig_pass(rig, 1000);
	}
}

#endif
