/*
 * The preview and its digest.
 *
 * Owner: the plan's arena. The digest is SHA-256 over the preview's own JSON, keys sorted, compact,
 * without digest, errors and warnings: whoever holds a preview can compute it. No number in it is
 * a fraction, so every JSON library writes the same bytes.
 */
#include "domain/plan_private.h"

#include <jansson.h>
#include <string.h>

#include "base/secret.h"
#include "domain/release.h"
#include "domain/shape.h"

/* All setters: keys and texts of ours, UTF-8 was checked when they came in. */
static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value); /* out of memory aborts */
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *list_of(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->count; i++) {
		(void)json_array_append_new(list, json_string(words->items[i])); /* as above */
	}
	return list;
}

static void append_name(const char *name, void *arg)
{
	(void)json_array_append_new(arg, json_string(name)); /* as above */
}

static json_t *names_of(uint64_t fields)
{
	json_t *names = json_array();

	release_names(fields, append_name, names);
	return names;
}

/* issued, updated, end.resolved ... */
static json_t *message_word(const struct plan_work *work, enum message message)
{
	if (message != MESSAGE_VERSION) {
		return json_sprintf("end.%s", end_reason_name((enum end_reason)message));
	}
	return json_string(work->input->kind == VERSION_ISSUE ? "issued" : "updated");
}

static json_t *variant_tree(const struct plan_work *work, const struct plan_variant *variant)
{
	json_t *tree = json_object();

	set(tree, "id", json_string(variant->id));
	set(tree, "medium", json_string(plan_medium_name(variant->medium)));
	set(tree, "release", names_of(variant->release));
	set(tree, "languages", list_of(&variant->languages));
	set(tree, "message", message_word(work, variant->message));
	set(tree, "body", json_stringn(variant->body.data, variant->body.len));
	set(tree, "bytes", json_integer((json_int_t)variant->body.len));
	set(tree, "encoding", json_null());
	set(tree, "parts", json_null());
	set(tree, "cost", json_null());
	set(tree, "eta", json_null());
	return tree;
}

static const char *rung_name(const struct plan_work *work, int rung)
{
	if (rung < 0 || !work->policy) {
		return NULL;
	}
	return work->policy->alert.rungs[rung].name;
}

static json_t *channel_tree(const struct plan_work *work, const struct plan_channel *planned)
{
	const struct channel *channel = planned->channel;
	const char *variant =
		planned->excluded_because ? NULL : work->plan->variants[planned->variant].id;
	json_t *tree = json_object();

	set(tree, "name", json_string(channel->name));
	set(tree, "partner", text_or_null(channel->partner ? channel->partner->id : NULL));
	set(tree, "rung", text_or_null(rung_name(work, planned->rung)));
	set(tree, "use", json_string(plan_use_name(planned->use)));
	set(tree, "variant", text_or_null(variant));
	set(tree, "recipients", json_integer((json_int_t)planned->recipients));
	set(tree, "list_generation", json_integer((json_int_t)planned->list_generation));
	set(tree, "areas", list_of(&channel->areas));
	set(tree, "excluded_because", text_or_null(planned->excluded_because));
	return tree;
}

static json_t *preview_tree(const struct plan_work *work)
{
	const struct plan *plan = work->plan;
	json_t *tree = json_object();
	json_t *variants = json_array();
	json_t *channels = json_array();

	set(tree, "alert", json_string(work->alert));
	set(tree, "ref", json_string(work->input->ref));
	const struct plan_act *act = work->input->act;

	set(tree, "version", json_integer(act ? act->version : work->input->version));
	set(tree, "kind", json_string(version_kind_name(act ? act->kind : work->input->kind)));
	for (size_t i = 0; i < plan->variant_count; i++) {
		(void)json_array_append_new(variants, /* as above */
					    variant_tree(work, &plan->variants[i]));
	}
	for (size_t i = 0; i < plan->channel_count; i++) {
		(void)json_array_append_new(channels, /* as above */
					    channel_tree(work, &plan->channels[i]));
	}
	set(tree, "variants", variants);
	set(tree, "channels", channels);
	return tree;
}

static void digest_of(const json_t *tree, char out[ALERTBODY_DIGEST_BYTES])
{
	AUTO(buf) struct buf text = {0};
	uint8_t hash[SECRET_HASH_BYTES];

	shape_render(tree, &text);
	secret_sha256(text.data, text.len, hash);
	memcpy(out, "sha256:", strlen("sha256:"));
	secret_hex(hash, sizeof(hash), out + strlen("sha256:"));
}

static json_t *problems_tree(const struct problems *problems)
{
	AUTO(buf) struct buf text = {0};

	problems_render(problems, &text);
	return json_loadb(text.data, text.len, 0, NULL);
}

void plan_render_preview(struct plan_work *work)
{
	AUTO(buf) struct buf out = {0};
	struct plan *plan = work->plan;
	json_t *tree = preview_tree(work);

	digest_of(tree, plan->digest);
	set(tree, "digest", json_string(plan->digest));
	set(tree, "errors", problems_tree(&plan->errors));
	set(tree, "warnings", problems_tree(&plan->warnings));
	shape_render(tree, &out);
	plan->preview = (struct bytes){arena_memdup(work->arena, out.data, out.len), out.len};
	json_decref(tree);
}
