#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/release.h"
#include "domain/route.h"

static const char *const hotline_languages[] = {"sr-Latn", "sr-Cyrl", "en"};
static const char *const cyrillic[] = {"sr-Cyrl"};
static const char *const foreign[] = {"hu", "en"};
static const char *const serbia[] = {"RS"};
static const char *const croatia[] = {"HR"};
static const struct area areas[] = {{"RS", NULL}, {"RS-06", &areas[0]}, {"HR", NULL}};
static const struct directory directory = {
	.timezone = "Europe/Belgrade",
	.languages = {(const char **)hotline_languages, 3},
	.areas = areas,
	.area_count = ARRAY_LEN(areas),
};
static const struct partner partner = {.id = "mup-ns",
				       .max_tier = TIER_REGIONAL,
				       .languages = {(const char **)cyrillic, 1},
				       .timezone = "Europe/Zagreb"};

static struct channel good(void)
{
	return (struct channel){
		.name = "mup-ns",
		.partner = &partner,
		.tier = TIER_RESTRICTED,
		.statuses = STATUS_BIT(STATUS_ACTUAL) | STATUS_BIT(STATUS_EXERCISE),
		.areas = {(const char **)serbia, 1},
		.mode = CHANNEL_LIVE,
	};
}

static const char *const novi_sad[] = {"RS-06"};

static struct draft sample(void)
{
	return (struct draft){.status = STATUS_EXERCISE,
			      .tier = TIER_RESTRICTED,
			      .areas = {(const char **)novi_sad, 1},
			      .fields = RELEASE_BIT(RELEASE_GIVEN) | RELEASE_BIT(RELEASE_FAMILY) |
					RELEASE_BIT(RELEASE_MEDICAL)};
}

/* Each row breaks one thing of a routing that works. */
static void each_reason_excludes(void **state)
{
	(void)state;
	static const char *const names[] = {"mup-ns"};
	for (int answer = ROUTE_YES; answer < ROUTE_ANSWER_COUNT; answer++) {
		struct channel channel = good();
		struct draft draft = sample();
		switch ((enum route_answer)answer) {
		case ROUTE_YES:
		case ROUTE_ANSWER_COUNT:
			break;
		case ROUTE_OFF:
			channel.mode = CHANNEL_OFF;
			break;
		case ROUTE_RETIRING:
			channel.mode = CHANNEL_RETIRING;
			break;
		case ROUTE_STATUS:
			draft.status = STATUS_TEST;
			break;
		case ROUTE_CHANNEL_TIER:
			channel.tier = TIER_REGIONAL;
			break;
		case ROUTE_PARTNER_TIER:
			draft.tier = TIER_NATIONAL;
			break;
		case ROUTE_AREA:
			channel.areas = (struct words){(const char **)croatia, 1};
			break;
		case ROUTE_PARTNER_EXCLUDED:
			draft.exclude_partners = (struct words){(const char **)names, 1};
			break;
		case ROUTE_CHANNEL_EXCLUDED:
			draft.exclude_channels = (struct words){(const char **)names, 1};
			channel.partner = NULL;
			break;
		}
		assert_int_equal(route_ask(&directory, &channel, &draft), answer);
		assert_int_equal(route_answer_text((enum route_answer)answer) == NULL,
				 answer == ROUTE_YES);
	}
}

static void a_channel_without_partner_has_no_max_tier(void **state)
{
	(void)state;
	struct channel channel = good();
	struct draft draft = sample();
	channel.partner = NULL;
	channel.tier = TIER_INTERNAL;
	draft.tier = TIER_NATIONAL;
	assert_int_equal(route_ask(&directory, &channel, &draft), ROUTE_YES);
	assert_string_equal(route_zone(&directory, &channel), "Europe/Belgrade");
	channel.partner = &partner;
	assert_string_equal(route_zone(&directory, &channel), "Europe/Zagreb");
}

static void the_channels_tier_decides_the_fields(void **state)
{
	(void)state;
	struct channel channel = good();
	struct draft draft = sample();
	uint64_t both = RELEASE_BIT(RELEASE_GIVEN) | RELEASE_BIT(RELEASE_FAMILY);
	assert_true(route_release(&channel, &draft) == both);
	channel.tier = TIER_INTERNAL;
	assert_true(route_release(&channel, &draft) == both);
	channel.tier = TIER_REGIONAL;
	assert_true(route_release(&channel, &draft) == RELEASE_BIT(RELEASE_GIVEN));
}

static void check_languages(const struct channel *channel, const struct draft *draft,
			    const char *expected)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct words got = route_languages(&directory, channel, draft, arena);
	AUTO(buf) struct buf joined = {0};
	for (size_t i = 0; i < got.count; i++) {
		buf_printf(&joined, "%s ", got.items[i]);
	}
	assert_string_equal(buf_text(&joined), expected);
}

static void a_partner_gets_its_languages_that_exist(void **state)
{
	(void)state;
	static const struct draft_text all[] = {{"en", "x"}, {"sr-Latn", "x"}, {"sr-Cyrl", "x"}};
	struct channel channel = good();
	struct draft draft = sample();
	draft.texts = all;
	draft.text_count = 3;
	check_languages(&channel, &draft, "sr-Cyrl ");
	channel.languages = (struct words){(const char **)foreign, 2};
	check_languages(&channel, &draft, "en ");
	channel.languages = (struct words){0};
	channel.partner = NULL;
	check_languages(&channel, &draft, "sr-Latn sr-Cyrl en ");
	/* no text in what it wants: the first configured that has one, else the first */
	channel.partner = &partner;
	draft.text_count = 1;
	check_languages(&channel, &draft, "en ");
	draft.text_count = 0;
	check_languages(&channel, &draft, "sr-Latn ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_excludes),
		cmocka_unit_test(a_channel_without_partner_has_no_max_tier),
		cmocka_unit_test(the_channels_tier_decides_the_fields),
		cmocka_unit_test(a_partner_gets_its_languages_that_exist),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
