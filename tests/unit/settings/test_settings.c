/*
 * Covers settings.c, load_files.c, build_astrad.c, build_channels.c, build_policies.c, options.c
 * and print_json.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "plugins.h"
#include "rig.h"

static struct rig rig;

static int set_up(void **state)
{
	(void)state;
	rig_create(&rig);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

static void assert_below(const char *path, const char *name)
{
	char folder[4096];
	assert_non_null(realpath(rig.folder, folder));
	AUTO(free) char *want = xasprintf("%s/%s", folder, name);
	assert_string_equal(path, want);
}

static void the_files_of_the_contract(void **state)
{
	(void)state;
	struct settings *settings = rig_load_good(&rig);
	const struct directory *directory = &settings->directory;
	assert_int_equal(directory->environment, ENVIRONMENT_TRAINING);
	assert_string_equal(directory->hotline_name, "ASTRA");
	assert_string_equal(directory->hotline_country, "RS");
	assert_string_equal(directory->cap_sender, "astra.rs");
	assert_string_equal(directory->public_url, "https://alerts.example.org");
	assert_string_equal(directory->languages.items[0], "sr-Latn");
	assert_int_equal(directory->languages.count, 3);
	assert_string_equal(directory_find_contact(directory, "police")->phone, "192");
	assert_string_equal(settings->listen[0].address, "127.0.0.1");
	assert_int_equal(settings->listen[0].port, 8116);
	assert_string_equal(settings->control_socket, "/run/astrad/control.sock");
	assert_below(settings->store.path, "astrad.db");
	assert_below(settings->store.key_file, "cases.key");
	assert_string_equal(settings->store.key_copy, "/mnt/keys/cases.key");
	assert_string_equal(settings->security.private_ranges, "127.0.0.0/8");
	assert_true(settings->security.has_master_key);
	assert_int_equal(settings->security.master_key.bytes[31], 31);
	assert_below(settings->security.master_key_path, "secrets/master");
	assert_int_equal(settings->limits.in_flight, 256);
	assert_null(settings->paths.plugins);
	assert_int_equal(strlen(settings->digest), 64);
	assert_string_equal(directory_find_area(directory, "RS-06")->parent->id, "RS");
	settings_unref(&settings);
	assert_null(settings);
}

static void partners_inherit_from_the_hotline(void **state)
{
	(void)state;
	struct settings *settings = rig_load_good(&rig);
	const struct settings_partner *mup = settings_find_partner(settings, "mup-ns");
	const struct settings_partner *hospital = settings_find_partner(settings, "bolnica-ns");
	assert_int_equal(mup->partner->role, PARTNER_POLICE);
	assert_int_equal(mup->partner->max_tier, TIER_NATIONAL);
	assert_int_equal(mup->partner->languages.count, 1);
	assert_string_equal(mup->contacts[0].name, "Dežurni");
	assert_string_equal(mup->contacts[0].phone, "+38121000000");
	assert_string_equal(mup->contacts[0].hours, "24/7");
	assert_string_equal(hospital->partner->country, "RS");
	assert_string_equal(hospital->partner->timezone, "Europe/Belgrade");
	assert_int_equal(hospital->partner->languages.count, 3);
	assert_null(settings_find_partner(settings, "none"));
	settings_unref(&settings);
}

static void a_channel_is_ready_for_its_plugin(void **state)
{
	(void)state;
	struct settings *settings = rig_load_good(&rig);
	const struct settings_channel *channel = settings_find_channel(settings, "mup-ns");
	assert_ptr_equal(channel->plugin, &mock_webhook);
	assert_int_equal(channel->channel->medium, MEDIUM_JSON);
	assert_string_equal(channel->channel->partner->id, "mup-ns");
	assert_string_equal(channel->channel->fallback->name, "log");
	assert_int_equal(channel->channel->statuses,
			 STATUS_BIT(STATUS_ACTUAL) | STATUS_BIT(STATUS_EXERCISE));
	assert_int_equal(channel->channel->limits.rate, 50);
	assert_int_equal(channel->channel->limits.timeout_ms, 15000);
	assert_null(channel->channel->limits.schedule_ms);
	assert_string_equal(channel->options[0].texts[0], "https://alerts.mup.example/astrad");
	assert_int_equal(channel->options[1].text_count, 2); /* newest first */
	assert_string_equal(channel->options[2].text, "v1"); /* the plugin's default */
	assert_int_equal(channel->options[3].number, 0);
	assert_below(channel->options[4].text, "secrets/mup-ca.pem");
	assert_string_equal(channel->options[6].text, "not a key, but the file must be there");
	assert_int_equal(channel->list, SETTINGS_LIST_NONE);
	assert_string_equal(channel->place.file, "channels.d/mup-ns.yaml");
	assert_int_equal(channel->place.line, 1);
	settings_unref(&settings);
}

static void recipients_inline_or_from_a_file(void **state)
{
	(void)state;
	struct settings *settings = rig_load_good(&rig);
	const struct settings_channel *channel = settings_find_channel(settings, "log");
	assert_true(channel->channel->takes_recipients);
	assert_int_equal(channel->list, SETTINGS_LIST_INLINE);
	assert_int_equal(channel->recipient_count, 1);
	assert_string_equal(channel->recipients[0].id, "shift-lead");
	settings_unref(&settings);
	rig_write(&rig, "list.csv", "id,address\na,a\n");
	rig_change(&rig, "channels.d/log.yaml", "{inline: [{id: shift-lead, address: shift-lead}]}",
		   "{csv: list.csv}");
	settings = rig_load_good(&rig);
	channel = settings_find_channel(settings, "log");
	assert_int_equal(channel->list, SETTINGS_LIST_CSV);
	assert_below(channel->csv, "list.csv");
	settings_unref(&settings);
}

static void a_policy_is_its_two_ladders(void **state)
{
	(void)state;
	struct settings *settings = rig_load_good(&rig);
	const struct policy *policy = directory_find_policy(&settings->directory, "restricted");
	assert_int_equal(policy->tiers, 1u << TIER_RESTRICTED);
	assert_int_equal(policy->approvals, 2);
	assert_int_equal(policy->expires_default_ms, 86400000);
	assert_int_equal(policy->expires_max_ms, 172800000);
	assert_int_equal(policy->ack_roles, 1u << PARTNER_POLICE);
	assert_true(policy->ack_operator);
	assert_int_equal(policy->ack_lease_ms, 1800000);
	assert_int_equal(policy->approval.rung_count, 1);
	assert_string_equal(policy->approval.rungs[0].channels[0]->name, "duty");
	assert_int_equal(policy->approval.repeat_every_ms, 300000);
	assert_int_equal(policy->approval.repeat_times, 3);
	const struct rung *rung = &policy->alert.rungs[1];
	assert_int_equal(rung->after_ms, 600000);
	assert_int_equal(rung->when, RUNG_ACKS_BELOW);
	assert_int_equal(rung->acks_below, 1);
	assert_string_equal(rung->of.items[0], "mup-ns");
	assert_int_equal(policy->alert.repeat_times, REPEAT_UNTIL_ACK);
	assert_string_equal(policy->alert.last_resort[0]->name, "log");
	settings_unref(&settings);
}

static void other_conditions(void **state)
{
	(void)state;
	rig_change(&rig, "policies.d/restricted.yaml", "{acks_below: 1, of: [mup-ns]}",
		   "{no_ack_role: [police, border]}");
	rig_change(&rig, "policies.d/wide.yaml", "[{name: police, after: 0s, channels: [mup-ns]}]",
		   "[{name: police, after: 0s, channels: [mup-ns]}, {name: b, after: 1m, channels: "
		   "[log], when: {dead: mup-ns}}]");
	struct settings *settings = rig_load_good(&rig);
	const struct directory *directory = &settings->directory;
	const struct rung *rung = &directory_find_policy(directory, "restricted")->alert.rungs[1];
	assert_int_equal(rung->when, RUNG_NO_ACK_ROLE);
	assert_int_equal(rung->no_ack_roles, (1u << PARTNER_POLICE) | (1u << PARTNER_BORDER));
	rung = &directory_find_policy(directory, "wide")->alert.rungs[1];
	assert_int_equal(rung->when, RUNG_DEAD);
	assert_string_equal(rung->of.items[0], "mup-ns");
	settings_unref(&settings);
}

static void defaults_stand_under_a_channel(void **state)
{
	(void)state;
	rig_change(&rig, "astrad.yaml", "{webhook: {limits: {in_flight: 8}}}",
		   "{webhook: {limits: {in_flight: 3, rate: 9}, retry: {schedule: [5s, 24h]}, "
		   "options: {signing: v1a}}}");
	struct settings *settings = rig_load_good(&rig);
	const struct settings_channel *own = settings_find_channel(settings, "mup-ns");
	const struct settings_channel *bare = settings_find_channel(settings, "bolnica-ns");
	const struct settings_channel *other = settings_find_channel(settings, "log");
	assert_int_equal(own->channel->limits.rate, 50);
	assert_int_equal(bare->channel->limits.rate, 9);
	assert_int_equal(bare->channel->limits.in_flight, 3);
	assert_int_equal(bare->channel->limits.schedule_count, 2);
	assert_int_equal(bare->channel->limits.schedule_ms[1], 86400000);
	assert_string_equal(bare->options[2].text, "v1a");
	assert_int_equal(other->channel->limits.rate, 0);
	settings_unref(&settings);
}

static void the_digest_is_that_of_the_files(void **state)
{
	(void)state;
	struct settings *first = rig_load_good(&rig);
	struct settings *again = rig_load_good(&rig);
	assert_string_equal(first->digest, again->digest);
	settings_unref(&again);
	rig_change(&rig, "partners.d/astra.yaml", "name: ASTRA", "name: Astra");
	again = rig_load_good(&rig);
	assert_string_not_equal(first->digest, again->digest);
	settings_unref(&first);
	settings_unref(&again);
}

static void the_last_reference_frees(void **state)
{
	(void)state;
	struct settings *settings = rig_load_good(&rig);
	struct settings *second = settings_ref(settings);
	settings_unref(&settings);
	assert_null(settings);
	assert_string_equal(second->directory.hotline_name, "ASTRA");
	settings_unref(&second);
	settings_unref(&second); /* NULL is fine */
}

static void a_fault_gives_no_settings(void **state)
{
	struct issues *issues = issues_create();
	(void)state;
	rig_write(&rig, "partners.d/astra.yaml", "id: [");
	assert_null(rig_load(&rig, issues));
	assert_int_equal(issues_errors(issues), 1); /* and nobody calls its partner unknown */
	assert_true(rig_has_code(issues, "E002"));
	issues_destroy(&issues);
}

static void init_comes_before_the_master_key(void **state)
{
	struct issues *issues = issues_create();
	const struct settings_load how = {
		.path = rig.path, .plugins = &mock_plugins, .is_init = true};
	(void)state;
	rig_write(&rig, "secrets/master", NULL);
	struct settings *settings = settings_load(&how, issues);
	assert_non_null(settings);
	assert_false(settings->security.has_master_key);
	assert_below(settings->security.master_key_path, "secrets/master");
	settings_unref(&settings);
	issues_destroy(&issues);
}

static void printing_hides_secrets(void **state)
{
	AUTO(buf) struct buf out = {0};
	(void)state;
	struct settings *settings = rig_load_good(&rig);
	settings_print(settings, &out);
	json_t *root = json_loads(buf_text(&out), 0, NULL);
	assert_non_null(root);
	assert_null(strstr(buf_text(&out), "whsec_"));
	assert_null(strstr(buf_text(&out), "AAECAwQF"));
	assert_null(strstr(buf_text(&out), "not a key"));
	const char *sources[2];
	assert_int_equal(json_unpack(root, "{s:{s:{s:[s]}}, s:[{}, {s:{s:[s]}}]}", "astrad",
				     "security", "master_key", &sources[0], "channels", "options",
				     "secrets", &sources[1]),
			 0);
	assert_string_equal(sources[0], "file: secrets/master");
	assert_string_equal(sources[1], "env: ASTRAD_TEST_DUTY");
	json_decref(root);
	settings_unref(&settings);
}

/* A load in steps is the same load; one that is given up leaves nothing behind. */
static void steps(void **state)
{
	const struct settings_load how = {.path = rig.path, .plugins = &mock_plugins};
	struct issues *issues = issues_create();
	size_t count = 1;
	(void)state;
	rig_write(&rig, "list.csv", "id,address\na,a\n");
	rig_change(&rig, "channels.d/log.yaml", "{inline: [{id: shift-lead, address: shift-lead}]}",
		   "{csv: list.csv}");
	struct settings_loading *loading = settings_load_begin(&how, issues);
	while (settings_load_step(loading)) {
		count++;
	}
	struct settings *settings = settings_load_end(&loading);
	struct settings *whole = rig_load_good(&rig);
	assert_null(loading);
	assert_non_null(settings);
	assert_string_equal(settings->digest, whole->digest);
	settings_unref(&settings);
	settings_unref(&whole);
	for (size_t stop = 0; stop < count; stop++) {
		loading = settings_load_begin(&how, issues);
		for (size_t i = 0; i < stop; i++) {
			assert_true(settings_load_step(loading));
		}
		assert_null(settings_load_end(&loading));
	}
	issues_destroy(&issues);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_files_of_the_contract, set_up, tear_down),
		cmocka_unit_test_setup_teardown(partners_inherit_from_the_hotline, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_channel_is_ready_for_its_plugin, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(recipients_inline_or_from_a_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_policy_is_its_two_ladders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_conditions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(defaults_stand_under_a_channel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_digest_is_that_of_the_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_reference_frees, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_fault_gives_no_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(init_comes_before_the_master_key, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(printing_hides_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(steps, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
