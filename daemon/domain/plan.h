/*
 * The plan of a version: who gets which bytes. What /preview shows, what the digest is made from
 * and what approve stores are this one thing. Pure: the same input gives the same plan, so a digest
 * that still matches means that nothing an approver read has changed, a reload included.
 * EXAMPLES "Preview", CONTRACT section 2.
 */
#ifndef ASTRAD_DOMAIN_PLAN_H
#define ASTRAD_DOMAIN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/id.h"
#include "domain/alertbody.h"
#include "domain/directory.h"
#include "domain/draft.h"
#include "domain/message.h"
#include "domain/problem.h"
#include "domain/render.h"
#include "domain/states.h"

#define PLAN_MESSAGES      5 /* the version, then the four ends by enum message */
#define PLAN_VARIANT_BYTES 48
/* The store's variant row that remembers what a version showed (plan.shown); never in a plan row.
 */
#define PLAN_SHOWN_VARIANT "shown"

struct plan_case {
	const char *ref;
	enum case_state state;
	enum alert_status status;
	bool is_unverified;   /* closed, and nobody verified it: warned of, approve refuses */
	struct bytes truth;   /* JSON of domain/casefile.h */
	uint64_t held_fields; /* held now: an unapproved version must not contain them */
};

/* The newest complete generation of a channel's list. */
struct plan_list {
	const char *channel;
	int64_t generation;
	int64_t recipients;
};

/*
 * A version that only acts: /send and /repolicy. It has no content of its own: what it sends is the
 * current version, to those who have no place in the approved plan yet.
 */
struct plan_act {
	int version; /* its own number; the input's version and kind are the current version's */
	enum version_kind kind; /* VERSION_SEND or VERSION_REPOLICY */
	const char *channel;    /* VERSION_SEND: the one that is meant, by its list's rest */
	struct bytes shown;     /* plan.shown of the current version */
	int least_approvals;    /* of the policy that runs */
};

struct plan_input {
	const struct directory *directory;
	const struct draft *draft; /* filled (draft_fill) */
	struct id alert_id;
	const char *ref;
	int version;
	enum version_kind kind;
	const struct plan_case *cases;
	size_t case_count;
	const struct draft *previous; /* the approved draft, or NULL */
	struct bytes previous_shown;  /* its plan.shown; empty = unknown */
	/* The alert's end as it stands; 0 before the first approval. A draft that names none keeps
	 * it. */
	int64_t expires_utc_ms;
	const struct plan_list *lists;
	size_t list_count;
	struct words ledger_channels;   /* where somebody has or may have a version */
	struct words approved_channels; /* in the current version's plan */
	struct words extra_channels;    /* were sent a version, whatever the ladder says today */
	const struct plan_act *act;     /* NULL: a version with content, or a resume */
	bool has_open_duplicate;        /* another live alert or draft of one of the cases */
	int64_t now_utc_ms;             /* for errors and warnings only */
};

struct plan_variant {
	char id[PLAN_VARIANT_BYTES]; /* "json-1", "json-1.resolved" */
	enum medium medium;
	uint64_t release;
	bool is_public;
	struct words languages;
	enum message message;
	struct rendered rendered;
	struct bytes body; /* with placeholders: what the preview shows */
};

struct plan_channel {
	const struct channel *channel;
	const char *name; /* in this alert, for as long as it runs: one that was renamed meanwhile
			     keeps the name it had, by which ledger and ladder know it */
	enum plan_use use;
	int rung;       /* index; -1 = none (last resort, ledger, /send) */
	size_t variant; /* index of its MESSAGE_VERSION; the ends follow; SIZE_MAX when excluded */
	int64_t recipients;
	int64_t list_generation;      /* 0 = no list */
	const char *excluded_because; /* NULL = gets the version */
	bool is_in_ledger;            /* has an earlier version: excluded, it gets the end */
	bool is_approved; /* of an act: stands in the approved plan, nothing new is rendered */
};

struct plan {
	struct problems errors; /* pointers into the draft: submit and approve are refused */
	struct problems warnings;
	struct plan_variant *variants; /* PLAN_MESSAGES in a row for each combination */
	size_t variant_count;
	struct plan_channel *channels; /* by first rung, then fallbacks, last resort, ledger */
	size_t channel_count;
	uint64_t changed;
	uint64_t retracted;
	bool narrows;  /* its author alone may approve it */
	bool widens;   /* of an act: somebody newly gets the alert, or fewer persons decide */
	int approvals; /* distinct persons it needs; 0 without a policy */
	char digest[ALERTBODY_DIGEST_BYTES];
	/* What the version tells of the cases; sealed with it, it becomes previous_shown. */
	struct bytes shown;
	struct bytes preview; /* the answer of /preview: complete JSON */
};

/* False only when stored JSON cannot be read (ERROR_INTERNAL). Memory is the arena's. */
bool plan_make(const struct plan_input *input, struct arena *arena, struct plan *ret_plan,
	       struct error *err) MUST_USE;

/* The variant of a planned channel for a message; NULL when the channel is excluded. */
const struct plan_variant *plan_find_variant(const struct plan *plan,
					     const struct plan_channel *channel,
					     enum message message);

#endif
