/*
 * Policy files made into ladders of rungs.
 *
 * What one policy file can get wrong by itself (a condition with two meanings, a repeat without a
 * period) is told here; whether its rungs reach anybody is told by check_policies.c.
 */
#include "settings/load.h"

#include <string.h>

#include "settings/guess.h"

/* The channels of a list; unknown ones are told and left out. */
static const struct channel **find_channels(struct load *load, const struct object *object,
					    const struct value *list, const char *who,
					    size_t *ret_count)
{
	const struct channel **channels =
		arena_array(load->walk.arena, list->texts.count + 1, sizeof(channels[0]));
	size_t count = 0;
	for (size_t i = 0; i < list->texts.count; i++) {
		const struct channel *channel = load_find(load, NOUN_CHANNEL, list->texts.items[i],
							  who, value_place(object, list, i));
		if (channel) {
			channels[count++] = channel;
		}
	}
	*ret_count = count;
	return channels;
}

static void refuse(struct load *load, struct file_place place, const char *code, const char *text)
{
	issues_add(load->walk.issues, code, &place, NULL, "%s", text);
}

static void build_when(struct load *load, const struct object *object, struct rung *rung,
		       const char *who)
{
	const struct value *acks = object_get(object, "when.acks_below");
	const struct value *of = object_get(object, "when.of");
	const struct value *roles = object_get(object, "when.no_ack_role");
	const struct value *dead = object_get(object, "when.dead");
	size_t ignored;
	int given = (acks->node || of->node) + (roles->node != NULL) + (dead->node != NULL);
	if (given > 1) {
		refuse(load, object_place(object, "name"), "E102",
		       "when must be one of acks_below with of, no_ack_role, or dead");
		return;
	}
	if (acks->node || of->node) {
		rung->when = RUNG_ACKS_BELOW;
		rung->acks_below = acks->number;
		rung->of = of->texts;
		(void)find_channels(load, object, of, who, &ignored);
		if (!acks->node || !of->node) {
			refuse(load, acks->node ? acks->node->place : of->node->place, "E103",
			       acks->node ? "when.of is missing" : "when.acks_below is missing");
		}
	} else if (roles->node) {
		rung->when = RUNG_NO_ACK_ROLE;
		rung->no_ack_roles = (unsigned)roles->number;
	} else if (dead->node) {
		rung->when = RUNG_DEAD;
		rung->of = dead->texts;
		(void)find_channels(load, object, dead, who, &ignored);
	}
}

static void build_rung(struct load *load, const struct object *object, struct rung *rung)
{
	const char *name = object_text(object, "name");
	const char *who =
		arena_printf(load->walk.arena, "rung \"%s\"", name ? name : "without a name");
	rung->name = name;
	rung->after_ms = object_number(object, "after");
	rung->channels = find_channels(load, object, object_get(object, "channels"), who,
				       &rung->channel_count);
	build_when(load, object, rung, who);
}

/* The rows of one ladder: "approval" or "alert". */
struct ladder_rows {
	const char *rungs, *every, *times, *last_resort, *who;
};

static void check_rung_names(struct load *load, const struct value *list)
{
	for (size_t i = 1; i < list->count; i++) {
		const char *name = object_text(&list->items[i], "name");
		for (size_t j = 0; name && j < i; j++) {
			const char *before = object_text(&list->items[j], "name");
			if (before && strcmp(before, name) == 0) {
				struct file_place place = object_place(&list->items[i], "name");
				issues_add(load->walk.issues, "E105", &place, NULL,
					   "rung \"%s\" stands twice in one ladder", name);
			}
		}
	}
}

static void build_ladder(struct load *load, const struct object *object,
			 const struct ladder_rows *rows, struct ladder_def *ladder)
{
	const struct value *list = object_get(object, rows->rungs);
	const struct value *every = object_get(object, rows->every);
	const struct value *times = object_get(object, rows->times);
	struct rung *rungs = arena_array(load->walk.arena, list->count + 1, sizeof(rungs[0]));
	for (size_t i = 0; i < list->count; i++) {
		build_rung(load, &list->items[i], &rungs[i]);
	}
	check_rung_names(load, list);
	ladder->rungs = rungs;
	ladder->rung_count = list->count;
	ladder->repeat_every_ms = every->number;
	ladder->repeat_times = times->number;
	if ((every->node != NULL) != (times->node != NULL)) {
		issues_add(load->walk.issues, "E103",
			   every->node ? &every->node->place : &times->node->place, NULL,
			   "%s is missing", every->node ? rows->times : rows->every);
	}
	ladder->last_resort = find_channels(load, object, object_get(object, rows->last_resort),
					    rows->who, &ladder->last_resort_count);
}

static void build_policy(struct load *load, const struct source *source, struct policy *policy)
{
	static const struct ladder_rows approval = {"approval.rungs", "approval.repeat.every",
						    "approval.repeat.times", "approval.last_resort",
						    "approval.last_resort"};
	static const struct ladder_rows alert = {"alert.rungs", "alert.repeat.every",
						 "alert.repeat.times", "alert.last_resort",
						 "alert.last_resort"};
	const struct object *object = source->object;
	*policy = (struct policy){
		.id = source->name,
		.tiers = (unsigned)object_number(object, "tiers"),
		.approvals = (int)object_number(object, "approvals"),
		.expires_default_ms = object_number(object, "expires.default"),
		.expires_max_ms = object_number(object, "expires.max"),
		.ack_roles = (unsigned)object_number(object, "ack.roles"),
		.ack_operator = object_number(object, "ack.operator") != 0,
		.ack_lease_ms = object_number(object, "ack.lease"),
	};
	build_ladder(load, object, &approval, &policy->approval);
	build_ladder(load, object, &alert, &policy->alert);
}

void build_policies(struct load *load)
{
	struct sources *sources = &load->values->policies;
	size_t count = build_drop_unnamed(sources);
	struct policy *policies = arena_array(load->walk.arena, count + 1, sizeof(policies[0]));
	for (size_t i = 0; i < count; i++) {
		build_policy(load, &sources->items[i], &policies[i]);
	}
	load->settings->directory.policies = policies;
	load->settings->directory.policy_count = count;
}
