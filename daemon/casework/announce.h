/*
 * For casework's escalation files: notices to staff (internal channels, no seq, no case data) and
 * to partners about an acknowledgement. Memory is the work's. A notice that nobody can get has no
 * type and is not stored.
 */
#ifndef ASTRAD_CASEWORK_ANNOUNCE_H
#define ASTRAD_CASEWORK_ANNOUNCE_H

#include "casework/ladder_work.h"
#include "domain/notice.h"

/* To the live internal channels among `names`, or, with names NULL, to all those the policy of the
 * ladder knows. */
struct ladder_notice announce_staff(struct ladder_work *work, const struct notice *notice,
				    const struct words *names);
/* alert.acknowledged: to every channel that was sent the alert of every partner but `but`. */
struct ladder_notice announce_acknowledged(struct ladder_work *work, const struct notice *notice,
					   const char *but);
/* alert.ack_expiring: to the channels of one partner. */
struct ladder_notice announce_to(struct ladder_work *work, const struct notice *notice,
				 const char *partner);

/* A notice about the work's alert with what all have in common; reason may be NULL. */
struct notice announce_of(const struct ladder_work *work, enum notice_type type,
			  const char *reason);

#endif
