/*
 * The snapshot of a ladder: what a policy said when a version was submitted or approved.
 *
 *	{"ack":{"lease_ms":1800000,"operator":true,"roles":2},"kind":1,"last_resort":["log"],
 *	 "policy":"restricted","repeat":{"every_ms":600000,"times":-1},
 *	 "rungs":[{"after_ms":0,"channels":["mup-ns"],"name":"police","when":0},
 *	          {"acks_below":1,"after_ms":600000,"channels":["bolnica-ns"],"name":"region",
 *	           "of":["mup-ns"],"partners":["mup-ns"],"roles":0,"when":1}]}
 *
 * Owner: trees are this file's and freed before it returns; what is read is the arena's. Enums are
 * stored as their numbers, like everywhere in the store.
 */
#include "domain/ladder.h"

#include <jansson.h>

#include "domain/shape.h"

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value); /* our own keys; out of memory aborts */
}

static json_t *list_of(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->count; i++) {
		(void)json_array_append_new(list, json_string(words->items[i])); /* as above */
	}
	return list;
}

static json_t *names_of(const struct channel **channels, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		(void)json_array_append_new(list, json_string(channels[i]->name)); /* as above */
	}
	return list;
}

/* Each partner once: a partner with two channels has one voice. */
static json_t *partners_of(const struct directory *directory, const struct words *channels)
{
	json_t *partners = json_object();
	json_t *list = json_array();
	const char *id;
	json_t *unused;

	for (size_t i = 0; i < channels->count; i++) {
		const struct channel *channel =
			directory_find_channel(directory, channels->items[i]);
		if (channel && channel->partner) {
			set(partners, channel->partner->id, json_true());
		}
	}
	json_object_foreach(partners, id, unused)
	{
		(void)json_array_append_new(list, json_string(id)); /* as above */
	}
	json_decref(partners);
	return list;
}

static json_t *rung_tree(const struct directory *directory, const struct rung *rung)
{
	json_t *tree = json_object();

	set(tree, "name", json_string(rung->name));
	set(tree, "after_ms", json_integer((json_int_t)rung->after_ms));
	set(tree, "channels", names_of(rung->channels, rung->channel_count));
	set(tree, "when", json_integer(rung->when));
	if (rung->when != RUNG_ALWAYS) {
		set(tree, "acks_below", json_integer((json_int_t)rung->acks_below));
		set(tree, "of", list_of(&rung->of));
		set(tree, "partners", partners_of(directory, &rung->of));
		set(tree, "roles", json_integer(rung->no_ack_roles));
	}
	return tree;
}

static json_t *ack_tree(const struct policy *policy)
{
	json_t *tree = json_object();

	set(tree, "roles", json_integer(policy->ack_roles));
	set(tree, "operator", json_boolean(policy->ack_operator));
	set(tree, "lease_ms", json_integer((json_int_t)policy->ack_lease_ms));
	return tree;
}

void ladder_snapshot(const struct directory *directory, const struct policy *policy,
		     enum ladder_kind kind, struct buf *out)
{
	const struct ladder_def *def = kind == LADDER_APPROVAL ? &policy->approval : &policy->alert;
	json_t *tree = json_object();
	json_t *rungs = json_array();
	json_t *repeat = json_object();

	for (size_t i = 0; i < def->rung_count && i < LADDER_RUNGS_MAX; i++) {
		(void)json_array_append_new(rungs, /* as above */
					    rung_tree(directory, &def->rungs[i]));
	}
	set(repeat, "every_ms", json_integer((json_int_t)def->repeat_every_ms));
	set(repeat, "times", json_integer((json_int_t)def->repeat_times));
	set(tree, "policy", json_string(policy->id));
	set(tree, "kind", json_integer(kind));
	set(tree, "rungs", rungs);
	set(tree, "repeat", repeat);
	set(tree, "last_resort", names_of(def->last_resort, def->last_resort_count));
	set(tree, "ack", ack_tree(policy));
	shape_render(tree, out);
	json_decref(tree);
}

static struct words read_words(const json_t *list, struct arena *arena)
{
	size_t count = json_array_size(list);
	const char **items = arena_array(arena, count + 1, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		const char *word = json_string_value(json_array_get(list, i));
		items[i] = arena_strdup(arena, word ? word : "");
	}
	return (struct words){items, count};
}

static int64_t read_number(const json_t *object, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(object, key));
}

static void read_rung(const json_t *tree, struct arena *arena, struct ladder_rung *rung)
{
	const char *name = shape_text(tree, "name");

	*rung = (struct ladder_rung){
		.name = arena_strdup(arena, name ? name : ""),
		.after_ms = read_number(tree, "after_ms"),
		.channels = read_words(json_object_get(tree, "channels"), arena),
		.when = (enum rung_when)read_number(tree, "when"),
		.acks_below = read_number(tree, "acks_below"),
		.of_channels = read_words(json_object_get(tree, "of"), arena),
		.of_partners = read_words(json_object_get(tree, "partners"), arena),
		.no_ack_roles = (unsigned)read_number(tree, "roles"),
	};
}

static void read_plan(const json_t *tree, struct arena *arena, struct ladder_plan *plan)
{
	const json_t *rungs = json_object_get(tree, "rungs");
	const json_t *repeat = json_object_get(tree, "repeat");
	const json_t *ack = json_object_get(tree, "ack");
	size_t count = json_array_size(rungs);
	struct ladder_rung *items = arena_array(arena, count + 1, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		read_rung(json_array_get(rungs, i), arena, &items[i]);
	}
	*plan = (struct ladder_plan){
		.policy = arena_strdup(arena, shape_text(tree, "policy")),
		.kind = (enum ladder_kind)read_number(tree, "kind"),
		.rungs = items,
		.rung_count = count,
		.repeat_every_ms = read_number(repeat, "every_ms"),
		.repeat_times = read_number(repeat, "times"),
		.last_resort = read_words(json_object_get(tree, "last_resort"), arena),
		.ack_roles = (unsigned)read_number(ack, "roles"),
		.ack_operator = shape_flag(ack, "operator"),
		.ack_lease_ms = read_number(ack, "lease_ms"),
	};
}

bool ladder_read(const char *snapshot, struct arena *arena, struct ladder_plan *ret_plan,
		 struct error *err)
{
	json_t *tree = json_loads(snapshot ? snapshot : "", 0, NULL);
	bool is_read = json_is_object(tree) && shape_text(tree, "policy") &&
		       json_array_size(json_object_get(tree, "rungs")) <= LADDER_RUNGS_MAX;

	if (is_read) {
		read_plan(tree, arena, ret_plan);
	}
	json_decref(tree);
	return is_read || error_set(err, ERROR_INTERNAL, "a ladder's snapshot cannot be read");
}
