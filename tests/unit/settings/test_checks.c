/*
 * Covers check_channels.c, check_paths.c and check_policies.c: one change to the good
 * configuration, one finding. The words of each finding are kept by tests/bad_config.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"

struct change {
	const char *code;
	bool is_refused;
	const char *file, *from, *to;
};

#define ASTRAD "astrad.yaml"
#define MUP    "channels.d/mup-ns.yaml"
#define DUTY   "channels.d/duty.yaml"
#define LOG    "channels.d/log.yaml"
#define POLICY "policies.d/restricted.yaml"
#define WIDE   "policies.d/wide.yaml"

static const struct change changes[] = {
	{"E108", true, ASTRAD, "127.0.0.1, port", "192.0.2.1, port"},
	{"W208", false, ASTRAD, ", key_copy: /mnt/keys/cases.key", ""},
	{"E209", true, ASTRAD, "/mnt/keys/cases.key", "astrad.db"},
	{"E209", true, ASTRAD, "cases.key, key_copy", "secrets/../astrad.db, key_copy"},
	{"E209", true, ASTRAD, "/run/astrad/control.sock", "cases.key"},
	{"E209", true, LOG, "alerts.jsonl", "./cases.key"},
	{"E209", true, LOG, "alerts.jsonl", "astrad.yaml"},
	{"E102", true, LOG, "alerts.jsonl", "secrets"},
	{"W211", false, LOG, "alerts.jsonl", "no-such-folder/alerts.jsonl"},
	{"W212", false, ASTRAD, "127.0.0.0/8", "0.0.0.0/0"},
	{"E105", true, ASTRAD, "[{address", "[{address: 127.0.0.1, port: 8116}, {address"},
	{"E301", true, DUTY, "partner: astra\n", ""},
	{"E302", true, "partners.d/bolnica-ns.yaml", "hospital", "media"},
	{"E302", true, "partners.d/bolnica-ns.yaml", "hospital", "ngo"},
	{"E303", true, "partners.d/bolnica-ns.yaml", "regional", "internal"},
	{"W304", false, DUTY, "partner: astra", "partner: mup-ns"},
	{"E305", true, MUP, "fallback: log", "fallback: mup-ns"},
	{"W306", false, LOG, "statuses: [actual, exercise, test]", "statuses: test"},
	{"E307", true, LOG, "recipients:", "languages: [en] #"},
	{"E308", true, MUP, "mode: live", "was: log"},
	{"W312", false, DUTY, "partner: astra", "partner: mup-ns"},
	{"E309", true, MUP, "mode: live", "retry: {schedule: [1m, 30s]}"},
	{"W310", false, MUP, "mode: live", "retry: {schedule: [1m, 2m]}"},
	{"E401", true, POLICY, "channels: [duty]", "channels: [mup-ns]"},
	{"E402", true, WIDE, "id: wide", "id: wide\napprovals: 1"},
	{"E403", true, POLICY, "approvals: 2", "approvals: 1"},
	{"E405", true, LOG, "statuses: [actual, exercise, test]", "statuses: actual"},
	{"E405", true, MUP, "mode: live", "mode: off"},
	{"E405", true, MUP, "mode: live", "mode: retiring"},
	{"E405", true, MUP, "tier: restricted", "tier: national"},
	{"W406", false, WIDE, "channels: [mup-ns]", "channels: [bolnica-ns]"},
	{"E409", true, POLICY, "after: 10m", "after: 48h"},
	{"W410", false, POLICY, "after: 10m", "after: 24h"},
	{"E412", true, POLICY, "channels: [duty]", "channels: [duty], when: {no_ack_role: police}"},
	{"E414", true, WIDE, "until_ack}\n  last_resort: [log]", "until_ack}"},
	{"W415", false, POLICY, "roles: [police]", "roles: [police, hospital]"},
	{"E416", true, POLICY, "roles: [police], operator: true", "roles: [], operator: false"},
	{"E422", true, POLICY, "after: 0s, channels: [mup-ns]",
	 "after: 0s, channels: [mup-ns], when: {dead: [mup-ns]}"},
	{"E418", true, POLICY, "default: 24h", "default: 49h"},
	{"W419", false, POLICY, "channels: [bolnica-ns]", "channels: [mup-ns]"},
	{"W420", false, WIDE, "[regional, national]", "[regional]"},
	{"W421", false, WIDE, "channels: [duty]}]\n  last_resort: [log]", "channels: [duty]}]"},
};

static void one_change_one_finding(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		const struct change *change = &changes[i];
		struct rig rig;
		struct issues *issues = issues_create();
		rig_create(&rig);
		rig_change(&rig, change->file, change->from, change->to);
		struct settings *settings = rig_load(&rig, issues);
		if (!rig_has_code(issues, change->code) || !settings != change->is_refused) {
			AUTO(buf) struct buf out = {0};
			issues_print(issues, false, &out);
			fail_msg("%s, %s: %s", change->code, change->to, buf_text(&out));
		}
		settings_unref(&settings);
		issues_destroy(&issues);
		rig_destroy(&rig);
	}
}

/* Two persons are two for every tier; one is refused wherever it could widen what one may do. */
static void one_person_only_among_police_and_hotline(void **state)
{
	struct rig rig;
	struct issues *issues = issues_create();
	(void)state;
	rig_create(&rig);
	rig_change(&rig, POLICY, "approvals: 2", "approvals: 1");
	rig_change(&rig, POLICY, "channels: [bolnica-ns]", "channels: [mup-ns]");
	struct settings *settings = rig_load(&rig, issues);
	assert_non_null(settings);
	assert_true(rig_has_code(issues, "W404"));
	settings_unref(&settings);
	rig_change(&rig, LOG, "tier: internal", "tier: restricted"); /* nobody's channel */
	assert_null(rig_load(&rig, issues));
	assert_true(rig_has_code(issues, "E403"));
	issues_destroy(&issues);
	rig_destroy(&rig);
}

/* A thousand channels and a policy that uses them all are checked while the daemon runs. */
static void many_channels(void **state)
{
	enum { COUNT = 1000 };
	struct rig rig;
	AUTO(buf) struct buf names = {0};
	(void)state;
	rig_create(&rig);
	for (int i = 0; i < COUNT; i++) {
		char file[64];
		AUTO(free)
		char *text = xasprintf(
			"name: c%d\nplugin: journal\ntier: restricted\nareas: RS\noptions: "
			"{path: x}\nrecipients: {inline: [{id: a, address: b}]}\n",
			i);
		(void)snprintf(file, sizeof(file), "channels.d/c%d.yaml", i);
		rig_write(&rig, file, text);
		buf_printf(&names, "%sc%d", i == 0 ? "" : ", ", i);
	}
	AUTO(free) char *rung = xasprintf("channels: [%s]", buf_text(&names));
	rig_change(&rig, POLICY, "channels: [bolnica-ns]", rung);
	struct settings *settings = rig_load_good(&rig);
	assert_int_equal(settings->directory.channel_count, COUNT + 4);
	assert_int_equal(settings->directory.policies[0].alert.rungs[1].channel_count, COUNT);
	settings_unref(&settings);
	rig_destroy(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_change_one_finding),
		cmocka_unit_test(one_person_only_among_police_and_hotline),
		cmocka_unit_test(many_channels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
