#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"

struct change {
	const char *code; /* NULL: may be taken without a word */
	bool may;
	const char *file, *from, *to;
};

#define ASTRAD "astrad.yaml"
#define MUP    "channels.d/mup-ns.yaml"

static const char *live_names[] = {"mup-ns", "log", "long-gone"};
static const struct words live = {live_names, ARRAY_LEN(live_names)};

static const struct change changes[] = {
	{NULL, true, ASTRAD, "# production | staging | training", "# words"},
	{NULL, true, ASTRAD, "Europe/Belgrade", "Europe/Paris"},
	{NULL, true, ASTRAD, "[127.0.0.0/8]", "[127.0.0.0/8, 10.0.0.0/8]"},
	{"E501", false, ASTRAD, "environment: training", "environment: staging"},
	{"E501", false, ASTRAD, "port: 8116", "port: 8117"},
	{"E501", false, ASTRAD, "key_file: cases.key", "key_file: other.key"},
	{"E501", false, ASTRAD, "/run/astrad/control.sock", "/run/astrad/other.sock"},
	{NULL, true, MUP, "rate: 50", "rate: 60"},
	{NULL, true, MUP, "https://alerts.mup.example/astrad", "https://new.example/"},
	{NULL, true, MUP, "mode: live", "mode: retiring"},
	{"E501", false, MUP, "allow_http: false", "pool: 9"},
	{"E502", false, MUP, "mode: live", "mode: off"},
	{"E502", false, MUP, "name: mup-ns", "name: mup"},
	{NULL, true, MUP, "name: mup-ns", "name: mup\nwas: mup-ns"},
	{"E503", false, MUP, "partner: mup-ns", "partner: astra"},
	{NULL, true, "channels.d/bolnica-ns.yaml", "partner: bolnica-ns", "partner: mup-ns"},
};

/* Policies of the rig would not stand a channel that is off or renamed: these use none of them. */
static void loosen(const struct rig *rig)
{
	rig_write(rig, "policies.d/restricted.yaml", NULL);
	rig_write(rig, "policies.d/wide.yaml", NULL);
}

static void what_may_change_while_an_alert_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		const struct change *change = &changes[i];
		struct rig rig;
		struct issues *issues = issues_create();
		rig_create(&rig);
		loosen(&rig);
		struct settings *now = rig_load_good(&rig);
		rig_change(&rig, change->file, change->from, change->to);
		struct settings *next = rig_load_good(&rig);
		bool may = settings_diff(now, next, &live, issues);
		bool is_told = change->code ? rig_has_code(issues, change->code)
					    : issues_count(issues) == 0;
		if (may != change->may || !is_told) {
			AUTO(buf) struct buf out = {0};
			issues_print(issues, false, &out);
			fail_msg("%s: %s", change->to, buf_text(&out));
		}
		settings_unref(&now);
		settings_unref(&next);
		issues_destroy(&issues);
		rig_destroy(&rig);
	}
}

static void what_no_alert_uses_may_go(void **state)
{
	struct rig rig;
	struct issues *issues = issues_create();
	(void)state;
	rig_create(&rig);
	loosen(&rig);
	struct settings *now = rig_load_good(&rig);
	rig_write(&rig, "channels.d/bolnica-ns.yaml", NULL);
	rig_write(&rig, "channels.d/duty.yaml", NULL);
	struct settings *next = rig_load_good(&rig);
	assert_true(settings_diff(now, next, &live, issues));
	assert_true(settings_diff(now, next, NULL, issues));
	const char *both[] = {"duty", "bolnica-ns"};
	assert_false(settings_diff(now, next, &(struct words){both, 2}, issues));
	assert_int_equal(issues_errors(issues), 2); /* all are told */
	settings_unref(&now);
	settings_unref(&next);
	issues_destroy(&issues);
	rig_destroy(&rig);
}

/* A new master key is another store: never taken by a reload. The secret of a partner is. */
static void secrets(void **state)
{
	struct rig rig;
	struct issues *issues = issues_create();
	(void)state;
	rig_create(&rig);
	struct settings *now = rig_load_good(&rig);
	rig_write(&rig, "secrets/mup-ns.new", "whsec_other\n");
	struct settings *next = rig_load_good(&rig);
	assert_true(settings_diff(now, next, &live, issues));
	settings_unref(&next);
	rig_write(&rig, "secrets/master", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	next = rig_load_good(&rig);
	assert_false(settings_diff(now, next, &live, issues));
	assert_true(rig_has_code(issues, "E501"));
	settings_unref(&next);
	settings_unref(&now);
	issues_destroy(&issues);
	rig_destroy(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_change_while_an_alert_runs),
		cmocka_unit_test(what_no_alert_uses_may_go),
		cmocka_unit_test(secrets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
