/* Covers plan.c, plan_channel.c, plan_variant.c, plan_lint.c, plan_lint_json.c, plan_change_json.c
 * and plan_json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/secret.h"
#include "domain/plan.h"
#include "domain/release.h"
#include "golden.h"

#define NOON INT64_C(1795447867000)
#define DAY  (INT64_C(24) * 3600 * 1000)

/* A house of four channels: police, hospital, a public medium, the log. */
static const char *const languages[] = {"sr-Latn", "sr-Cyrl", "en"};
static const char *const latin[] = {"sr-Latn"};
static const char *const serbia[] = {"RS"};
static const struct area areas[] = {{"RS", NULL}, {"RS-06", &areas[0]}};
static const struct contact contacts[] = {{"police", "192"}, {"hotline", "116000"}};
static const struct partner partners[] = {
	{.id = "mup-ns",
	 .role = PARTNER_POLICE,
	 .max_tier = TIER_NATIONAL,
	 .languages = {(const char **)latin, 1}},
	{.id = "bolnica-ns",
	 .role = PARTNER_HOSPITAL,
	 .max_tier = TIER_NATIONAL,
	 .languages = {(const char **)latin, 1}},
	{.id = "tv", .role = PARTNER_MEDIA, .max_tier = TIER_NATIONAL},
};
#define ALL (STATUS_BIT(STATUS_ACTUAL) | STATUS_BIT(STATUS_EXERCISE) | STATUS_BIT(STATUS_TEST))
static const struct channel channels[] = {
	{.name = "mup-ns",
	 .medium = MEDIUM_JSON,
	 .partner = &partners[0],
	 .tier = TIER_RESTRICTED,
	 .statuses = ALL,
	 .areas = {(const char **)serbia, 1},
	 .mode = CHANNEL_LIVE,
	 .fallback = &channels[3]},
	{.name = "bolnica-ns",
	 .medium = MEDIUM_JSON,
	 .partner = &partners[1],
	 .tier = TIER_RESTRICTED,
	 .statuses = ALL,
	 .mode = CHANNEL_LIVE},
	{.name = "tv",
	 .medium = MEDIUM_JSON,
	 .partner = &partners[2],
	 .tier = TIER_REGIONAL,
	 .statuses = ALL,
	 .mode = CHANNEL_LIVE},
	{.name = "log",
	 .medium = MEDIUM_TEXT,
	 .tier = TIER_INTERNAL,
	 .statuses = ALL,
	 .mode = CHANNEL_LIVE,
	 .takes_recipients = true},
};
static const struct channel *first_rung[] = {&channels[0]};
static const struct channel *second_rung[] = {&channels[1], &channels[2]};
static const struct channel *last_resort[] = {&channels[3]};
static const struct rung rungs[] = {
	{.name = "police", .channels = first_rung, .channel_count = 1},
	{.name = "region", .after_ms = 600000, .channels = second_rung, .channel_count = 2},
};
#define LADDER                                                                                     \
	{                                                                                          \
		.rungs = rungs, .rung_count = 2, .last_resort = last_resort,                       \
		.last_resort_count = 1                                                             \
	}
static const struct policy policies[] = {
	{.id = "restricted",
	 .tiers = 1u << TIER_RESTRICTED,
	 .approvals = 1,
	 .expires_max_ms = 2 * DAY,
	 .alert = LADDER},
	{.id = "wide",
	 .tiers = (1u << TIER_REGIONAL) | (1u << TIER_NATIONAL),
	 .approvals = 1,
	 .alert = LADDER},
};
static const struct directory house = {
	.environment = ENVIRONMENT_TRAINING,
	.hotline_name = "ASTRA",
	.public_url = "https://alerts.example.org",
	.timezone = "Europe/Belgrade",
	.languages = {(const char **)languages, 3},
	.contacts = contacts,
	.contact_count = 2,
	.partners = partners,
	.partner_count = 3,
	.channels = channels,
	.channel_count = 4,
	.policies = policies,
	.policy_count = 2,
	.areas = areas,
	.area_count = 2,
};

#define TRUTH(clothing)                                                                            \
	"{\"fields\":{\"category\":\"lost\",\"child\":{\"age\":7,\"clothing\":\"" clothing         \
	"\",\"names\":[{\"family\":\"Živković\",\"given\":\"Đorđe\",\"script\":\"Latn\"}]},"   \
	"\"circumstances\":\"Tajna\",\"status\":\"exercise\"},\"reporters\":{},\"sources\":{}}"
#define BLUE TRUTH("plava jakna")

static const struct draft_text texts[] = {
	{"en", "Boy (7), blue jacket, near the park."},
	{"sr-Latn", "Dečak (7), plava jakna, kod parka."},
};
static const char *const novi_sad[] = {"RS-06"};
#define FIELDS                                                                                     \
	(RELEASE_BIT(RELEASE_GIVEN) | RELEASE_BIT(RELEASE_FAMILY) | RELEASE_BIT(RELEASE_AGE) |     \
	 RELEASE_BIT(RELEASE_CLOTHING))

struct fixture {
	struct arena *arena;
	struct directory directory;
	struct draft draft;
	struct draft previous;
	struct plan_case one;
	struct plan_list list;
	struct plan_input input;
	struct plan plan;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	f->arena = arena_create();
	f->directory = house;
	f->draft = (struct draft){.status = STATUS_EXERCISE,
				  .tier = TIER_RESTRICTED,
				  .areas = {(const char **)novi_sad, 1},
				  .policy = "restricted",
				  .expires_utc_ms = NOON + DAY,
				  .contact = "police",
				  .texts = texts,
				  .text_count = 2,
				  .fields = FIELDS};
	f->one = (struct plan_case){.ref = "26-0146-S",
				    .state = CASE_OPEN,
				    .status = STATUS_EXERCISE,
				    .truth = {BLUE, sizeof(BLUE) - 1}};
	f->list = (struct plan_list){"log", 4, 2};
	f->input = (struct plan_input){.directory = &f->directory,
				       .draft = &f->draft,
				       .alert_id = {{1, 2, 3}},
				       .ref = "26-0147-T",
				       .version = 1,
				       .kind = VERSION_ISSUE,
				       .cases = &f->one,
				       .case_count = 1,
				       .lists = &f->list,
				       .list_count = 1,
				       .now_utc_ms = NOON};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_destroy(&f->arena);
	free(f);
	return 0;
}

static void make(struct fixture *f)
{
	struct error err = {0};
	if (!plan_make(&f->input, f->arena, &f->plan, &err)) {
		fail_msg("%s", err.text);
	}
}

/* The detail of the first problem at a pointer, or "". */
static const char *problem_at(const struct problems *problems, const char *pointer)
{
	for (size_t i = 0; i < problems->count; i++) {
		if (strcmp(problems->items[i].pointer, pointer) == 0) {
			return problems->items[i].detail;
		}
	}
	return "";
}

static const struct plan_channel *planned(const struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->plan.channel_count; i++) {
		if (strcmp(f->plan.channels[i].channel->name, name) == 0) {
			return &f->plan.channels[i];
		}
	}
	fail_msg("%s is not planned", name);
	return NULL;
}

static void previews_what_everybody_gets(void **state)
{
	struct fixture *f = *state;
	make(f);
	assert_true(problems_are_none(&f->plan.errors));
	golden_check("plan/preview.json", f->plan.preview.data, f->plan.preview.len);
	assert_null(strstr(f->plan.preview.data, "Tajna"));
	const struct plan_variant *variant =
		plan_find_variant(&f->plan, planned(f, "mup-ns"), MESSAGE_END_RESOLVED);
	assert_string_equal(variant->id, "json-1.resolved");
	assert_null(plan_find_variant(&f->plan, planned(f, "tv"), MESSAGE_VERSION));
	/* the same bytes serve police and hospital */
	assert_int_equal(planned(f, "bolnica-ns")->variant, planned(f, "mup-ns")->variant);
}

/* The digest as a client computes it from the answer it got. */
static void the_digest_can_be_computed_by_anybody(void **state)
{
	struct fixture *f = *state;
	uint8_t hash[SECRET_HASH_BYTES];
	char hex[2 * SECRET_HASH_BYTES + 1];
	make(f);
	json_t *tree = json_loadb(f->plan.preview.data, f->plan.preview.len, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(tree, "digest")), f->plan.digest);
	json_object_del(tree, "digest");
	json_object_del(tree, "errors");
	json_object_del(tree, "warnings");
	char *text = json_dumps(tree, JSON_SORT_KEYS | JSON_COMPACT);
	secret_sha256(text, strlen(text), hash);
	secret_hex(hash, sizeof(hash), hex);
	assert_string_equal(f->plan.digest + strlen("sha256:"), hex);
	free(text);
	json_decref(tree);
}

static void the_digest_moves_with_everything_but_time(void **state)
{
	struct fixture *f = *state;
	char first[ALERTBODY_DIGEST_BYTES];
	make(f);
	memcpy(first, f->plan.digest, sizeof(first));
	f->input.now_utc_ms += 3600000;
	f->input.has_open_duplicate = true;
	make(f);
	assert_string_equal(f->plan.digest, first);
	f->one.truth = (struct bytes){TRUTH("crvena jakna"), sizeof(TRUTH("crvena jakna")) - 1};
	make(f);
	assert_string_not_equal(f->plan.digest, first);
	f->one.truth = (struct bytes){BLUE, sizeof(BLUE) - 1};
	f->list.recipients++;
	make(f);
	assert_string_not_equal(f->plan.digest, first);
	f->list.recipients--;
	f->directory.public_url = "https://other.example.org";
	make(f);
	assert_string_not_equal(f->plan.digest, first);
}

static void fields_follow_the_channels_class(void **state)
{
	struct fixture *f = *state;
	f->draft.tier = TIER_REGIONAL;
	f->draft.policy = "wide";
	make(f);
	const struct plan_variant *police =
		plan_find_variant(&f->plan, planned(f, "mup-ns"), MESSAGE_VERSION);
	const struct plan_variant *medium =
		plan_find_variant(&f->plan, planned(f, "tv"), MESSAGE_VERSION);
	assert_non_null(strstr(police->body.data, "Živković"));
	assert_null(strstr(medium->body.data, "Živković"));
	assert_non_null(strstr(medium->body.data, "Đorđe"));
	assert_non_null(strstr(medium->body.data, "\"scope\":\"public\",\"publish\":false"));
	assert_int_equal(f->plan.approvals, 2);
}

static void uses_are_told_apart(void **state)
{
	struct fixture *f = *state;
	const char *ledger[] = {"tv"};
	f->input.ledger_channels = (struct words){ledger, 1};
	make(f);
	assert_int_equal(planned(f, "mup-ns")->use, PLAN_RUNG);
	assert_int_equal(planned(f, "bolnica-ns")->rung, 1);
	assert_int_equal(planned(f, "log")->use, PLAN_FALLBACK);
	assert_int_equal(planned(f, "log")->rung, 0);
	assert_int_equal(planned(f, "log")->recipients, 2);
	assert_int_equal(planned(f, "log")->list_generation, 4);
	/* it has an earlier version but is not routed any more: it gets the end */
	assert_non_null(planned(f, "tv")->excluded_because);
	assert_true(planned(f, "tv")->is_in_ledger);
	f->directory.channels = channels;
	first_rung[0] = &channels[1];
	make(f);
	first_rung[0] = &channels[0];
	assert_int_equal(planned(f, "log")->use, PLAN_LAST_RESORT);
	assert_int_equal(planned(f, "log")->rung, -1);
}

static void lint_refuses_what_harms(void **state)
{
	struct fixture *f = *state;
	static const struct draft_text phone[] = {{"sr-Latn", "Zovite 064/123-4567 odmah."}};
	static const struct draft_text ours[] = {{"sr-Latn", "Zovite 116000 ili policiju 192."}};
	f->draft.texts = phone;
	f->draft.text_count = 1;
	make(f);
	assert_non_null(strstr(problem_at(&f->plan.errors, "/message/sr-Latn"), "phone"));
	f->draft.texts = ours;
	make(f);
	assert_true(problems_are_none(&f->plan.errors));
#define CHECK_TRUTH(text, pointer, word)                                                           \
	do {                                                                                       \
		f->one.truth = (struct bytes){text, sizeof(text) - 1};                             \
		make(f);                                                                           \
		assert_non_null(strstr(problem_at(&f->plan.errors, pointer), word));               \
	} while (0)
	CHECK_TRUTH(TRUTH("jakna, zvati 0641234567"), "/fields", "child.clothing");
	CHECK_TRUTH("{\"fields\":{\"category\":\"historic\",\"child\":{\"age\":3}},"
		    "\"reporters\":{},\"sources\":{}}",
		    "", "historic");
	CHECK_TRUTH("{\"fields\":{\"child\":{\"age\":18}},\"reporters\":{},\"sources\":{}}", "",
		    "18 or over");
	f->one.truth = (struct bytes){BLUE, sizeof(BLUE) - 1};
	f->one.held_fields = RELEASE_BIT(RELEASE_GIVEN);
	make(f);
	assert_non_null(strstr(problem_at(&f->plan.errors, "/fields"), "child.given"));
	f->one.held_fields = RELEASE_BIT(RELEASE_HAIR);
	f->one.state = CASE_FOUND;
	make(f);
	assert_non_null(strstr(problem_at(&f->plan.errors, ""), "is over"));
	f->one.state = CASE_OPEN;
	f->one.status = STATUS_TEST;
	make(f);
	assert_non_null(strstr(problem_at(&f->plan.errors, "/status"), "26-0146-S"));
	f->one.status = STATUS_EXERCISE;
	const char *excluded[] = {"mup-ns", "bolnica-ns", "tv"};
	f->draft.exclude_partners = (struct words){excluded, 3};
	make(f);
	assert_non_null(strstr(problem_at(&f->plan.errors, ""), "no channel of any rung"));
}

static void lint_warns_of_what_is_thin(void **state)
{
	struct fixture *f = *state;
	f->draft.text_count = 0;
	f->draft.areas = (struct words){0};
	f->draft.fields = 0;
	f->input.has_open_duplicate = true;
	f->list.recipients = 0;
	make(f);
	assert_true(problems_are_none(&f->plan.errors));
	assert_string_not_equal(problem_at(&f->plan.warnings, "/message"), "");
	assert_string_not_equal(problem_at(&f->plan.warnings, "/areas"), "");
	assert_string_not_equal(problem_at(&f->plan.warnings, "/fields"), "");
	assert_non_null(strstr(problem_at(&f->plan.warnings, ""), "another alert"));
	static char long_text[1200];
	memset(long_text, 'a', sizeof(long_text) - 1);
	const struct draft_text one[] = {{"en", long_text}};
	f->draft.texts = one;
	f->draft.text_count = 1;
	make(f);
	assert_non_null(strstr(problem_at(&f->plan.warnings, "/message/en"), "longer"));
	assert_non_null(strstr(problem_at(&f->plan.warnings, "/message"), "sr-Latn"));
}

/* Version 1 showed a blue jacket; what does version 2 say about itself? */
static void compares_with_what_was_shown(void **state)
{
	struct fixture *f = *state;
	make(f);
	struct bytes shown = f->plan.shown;
	f->previous = f->draft;
	f->input.previous = &f->previous;
	f->input.previous_shown = shown;
	f->input.version = 2;
	f->input.kind = VERSION_UPDATE;
	make(f);
	assert_true(f->plan.changed == 0 && f->plan.retracted == 0);
	assert_true(f->plan.narrows);
	f->draft.fields &= ~RELEASE_BIT(RELEASE_FAMILY);
	make(f);
	assert_true(f->plan.changed == 0);
	assert_true(f->plan.retracted == RELEASE_BIT(RELEASE_FAMILY));
	assert_true(f->plan.narrows);
	/* whom the files name since is no narrowing: he newly gets the alert */
	static const char *const known[] = {"log", "mup-ns"};
	static const char *const all[] = {"bolnica-ns", "log", "mup-ns"};
	f->input.approved_channels = (struct words){(const char **)known, 2};
	make(f);
	assert_false(f->plan.narrows);
	f->input.approved_channels = (struct words){(const char **)all, 3};
	make(f);
	assert_true(f->plan.narrows);
	/* a fact that changed in the case is no narrowing, whoever touched the draft */
	f->one.truth = (struct bytes){TRUTH("crvena jakna"), sizeof(TRUTH("crvena jakna")) - 1};
	make(f);
	assert_true(f->plan.changed == RELEASE_BIT(RELEASE_CLOTHING));
	assert_true(f->plan.retracted == RELEASE_BIT(RELEASE_FAMILY));
	assert_false(f->plan.narrows);
	f->input.kind = VERSION_CORRECTION;
	make(f);
	assert_true(f->plan.retracted ==
		    (RELEASE_BIT(RELEASE_CLOTHING) | RELEASE_BIT(RELEASE_FAMILY)));
	assert_non_null(strstr(f->plan.preview.data, "\"message\":\"updated\""));
	assert_non_null(strstr(f->plan.variants[0].body.data, "\"sr-Latn\":\"ISPRAVKA. VEŽBA."));
	f->input.previous_shown = (struct bytes){0};
	make(f);
	assert_true(f->plan.retracted == RELEASE_BIT(RELEASE_FAMILY));
	f->input.previous_shown = (struct bytes){"{", 1};
	struct error err = {0};
	assert_false(plan_make(&f->input, f->arena, &f->plan, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
}

/* A /send of version 1 to the hospital of which no rung knows: that version, and it alone. */
static void a_send_brings_what_was_shown(void **state)
{
	struct fixture *f = *state;
	static const char *const approved[] = {"log", "mup-ns"};
	struct plan_act act = {
		.version = 2, .kind = VERSION_SEND, .channel = "bolnica-ns", .least_approvals = 1};
	make(f);
	const struct plan first = f->plan;
	act.shown = first.shown;
	f->input.act = &act;
	f->input.approved_channels = (struct words){(const char **)approved, 2};
	f->one.truth = (struct bytes){TRUTH("crvena jakna"), sizeof(TRUTH("crvena jakna")) - 1};
	make(f);
	assert_true(problems_are_none(&f->plan.errors));
	assert_true(f->plan.widens && !f->plan.narrows);
	assert_int_equal(f->plan.approvals, 2); /* whatever the policy says */
	assert_int_equal(f->plan.channel_count, 1);
	assert_int_equal(planned(f, "bolnica-ns")->recipients, 1);
	assert_string_equal(f->plan.variants[0].id, "v2-json-1");
	assert_string_equal(f->plan.variants[0].body.data, first.variants[0].body.data);
	assert_non_null(strstr(f->plan.preview.data, "\"kind\":\"send\""));
	assert_non_null(strstr(f->plan.preview.data, "\"version\":2"));
	assert_string_not_equal(f->plan.digest, first.digest);
	/* in the approved plan: nothing new; for a list those who came since */
	act.channel = "mup-ns";
	make(f);
	assert_false(f->plan.widens);
	act.channel = "log";
	f->list.recipients = 0;
	make(f);
	assert_false(f->plan.widens);
	f->list.recipients = 1;
	make(f);
	assert_true(f->plan.widens);
	/* what is not kept cannot be sent */
	struct error err = {0};
	act.shown = (struct bytes){"{}", 2};
	assert_false(plan_make(&f->input, f->arena, &f->plan, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
}

/* A /repolicy shows the new ladder whole, and gives only what is new a variant. */
static void a_repolicy_adds_who_is_new(void **state)
{
	struct fixture *f = *state;
	static const char *const approved[] = {"log", "mup-ns"};
	static const char *const everybody[] = {"bolnica-ns", "log", "mup-ns", "tv"};
	struct plan_act act = {.version = 2, .kind = VERSION_REPOLICY, .least_approvals = 1};
	make(f);
	act.shown = f->plan.shown;
	f->input.act = &act;
	f->input.approved_channels = (struct words){(const char **)approved, 2};
	make(f);
	assert_true(problems_are_none(&f->plan.errors));
	assert_true(f->plan.widens);
	assert_true(planned(f, "mup-ns")->is_approved);
	assert_non_null(strstr(planned(f, "mup-ns")->excluded_because, "approved plan"));
	assert_null(planned(f, "bolnica-ns")->excluded_because);
	assert_int_equal(f->plan.variant_count, PLAN_MESSAGES);
	/* nobody new: at once, but for a policy that asks fewer persons */
	f->input.approved_channels = (struct words){(const char **)everybody, 4};
	make(f);
	assert_false(f->plan.widens);
	assert_true(problems_are_none(&f->plan.errors));
	act.least_approvals = 3;
	make(f);
	assert_true(f->plan.widens);
	assert_int_equal(f->plan.approvals, 3);
}

static void a_resume_takes_two(void **state)
{
	struct fixture *f = *state;
	const char *excluded[] = {"bolnica-ns", "tv"};
	f->draft.exclude_partners = (struct words){excluded, 2};
	make(f);
	assert_int_equal(f->plan.approvals, 1);
	f->input.kind = VERSION_RESUME;
	make(f);
	assert_int_equal(f->plan.approvals, 2);
}

static void an_update_keeps_the_alerts_end(void **state)
{
	struct fixture *f = *state;
	f->previous = f->draft;
	f->previous.expires_utc_ms = 0;
	f->input.previous = &f->previous;
	f->input.expires_utc_ms = NOON + DAY;
	f->input.kind = VERSION_UPDATE;
	f->input.version = 2;
	f->draft.expires_utc_ms = 0;
	make(f);
	assert_true(f->plan.narrows);
	assert_non_null(strstr(f->plan.variants[0].body.data, "do 24.11.2026. u 16:31."));
	f->draft.expires_utc_ms = NOON + DAY + 1;
	make(f);
	assert_false(f->plan.narrows);
	f->draft.expires_utc_ms = NOON + DAY - 1;
	make(f);
	assert_true(f->plan.narrows);
}

static void one_approval_needs_trusted_partners_only(void **state)
{
	struct fixture *f = *state;
	make(f);
	assert_int_equal(f->plan.approvals, 2); /* the hospital */
	const char *hospital[] = {"bolnica-ns"};
	f->draft.exclude_partners = (struct words){hospital, 1};
	make(f);
	assert_int_equal(f->plan.approvals, 1);
	f->draft.policy = "none";
	make(f);
	assert_int_equal(f->plan.approvals, 0);
	assert_string_not_equal(problem_at(&f->plan.errors, "/policy"), "");
}

/* As many channels as a house may have, each once, in the order of the rung. */
static void a_large_house_is_planned_whole(void **state)
{
	struct fixture *f = *state;
	enum { COUNT = LIMIT_CHANNELS };
	struct channel *many = arena_array(f->arena, COUNT, sizeof(*many));
	const struct channel **all = arena_array(f->arena, COUNT, sizeof(*all));
	for (size_t i = 0; i < COUNT; i++) {
		many[i] = channels[1];
		many[i].name = arena_printf(f->arena, "c%zu", COUNT - i);
		all[i] = &many[i];
	}
	const struct rung one = {.name = "all", .channels = all, .channel_count = COUNT};
	const struct policy policy = {.id = "restricted",
				      .tiers = 1u << TIER_RESTRICTED,
				      .approvals = 2,
				      .alert = {.rungs = &one, .rung_count = 1}};
	f->directory.channels = many;
	f->directory.channel_count = COUNT;
	f->directory.policies = &policy;
	f->directory.policy_count = 1;
	make(f);
	assert_int_equal(f->plan.channel_count, COUNT);
	assert_int_equal(f->plan.variant_count, PLAN_MESSAGES);
	for (size_t i = 0; i < COUNT; i++) {
		assert_ptr_equal(f->plan.channels[i].channel, &many[i]);
		assert_int_equal(f->plan.channels[i].variant, 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(previews_what_everybody_gets),
		TEST(the_digest_can_be_computed_by_anybody),
		TEST(the_digest_moves_with_everything_but_time),
		TEST(fields_follow_the_channels_class),
		TEST(uses_are_told_apart),
		TEST(lint_refuses_what_harms),
		TEST(lint_warns_of_what_is_thin),
		TEST(compares_with_what_was_shown),
		TEST(a_send_brings_what_was_shown),
		TEST(a_repolicy_adds_who_is_new),
		TEST(a_resume_takes_two),
		TEST(an_update_keeps_the_alerts_end),
		TEST(a_large_house_is_planned_whole),
		TEST(one_approval_needs_trusted_partners_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
