/* The loader, with shared modules that are wrong in one way each (mock_*.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "channel/plugin.h"
#include "mock.h"

static const struct {
	const char *name;
	const char *says;
} refused[] = {
	{"mock_abi", "built for channel ABI 99, this daemon has 1; rebuild it"},
	{"mock_size", "has 16 bytes"},
	{"mock_name", "calls itself other; rename the file"},
	{"mock_none", "no data symbol astrad_channel; is it a channel plugin?"},
	{"not_there", "there is no not_there.so in"},
	{"../mock_good", "is no plugin name"},
	{"Mock", "is no plugin name"},
	{"", "is no plugin name"},
};

static void refuses_and_says_what_to_do(void **state)
{
	struct plugin_set *set = plugin_set_create(MOCK_DIR);
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct error err = {0};

		assert_null(plugin_find(set, refused[i].name, &err));
		if (strstr(err.text, refused[i].says) == NULL) {
			fail_msg("%s: \"%s\"", refused[i].name, err.text);
		}
	}
	plugin_set_destroy(&set);
	assert_null(set);
	plugin_set_destroy(&set);
}

static void loads_once(void **state)
{
	struct plugin_set *set = plugin_set_create(MOCK_DIR);
	const struct astrad_channel *plugin = plugin_find(set, "mock_good", NULL);
	(void)state;

	assert_non_null(plugin);
	assert_string_equal(plugin->name, "mock_good");
	assert_non_null(plugin->on_wire);
	assert_ptr_equal(plugin_find(set, "mock_good", NULL), plugin);
	plugin_set_destroy(&set);
}

static void older_table_is_filled_up(void **state)
{
	struct plugin_set *set = plugin_set_create(MOCK_DIR);
	const struct astrad_channel *plugin = plugin_find(set, "mock_old", NULL);
	(void)state;

	assert_non_null(plugin);
	assert_non_null(plugin->send);
	assert_null(plugin->on_wire);
	plugin_set_destroy(&set);
}

static void real_plugins_load(void **state)
{
	static const char *const names[] = {"webhook", "journal"};
	struct plugin_set *set = plugin_set_create(PLUGIN_DIR);
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct error err = {0};
		const struct astrad_channel *plugin = plugin_find(set, names[i], &err);

		if (plugin == NULL) {
			fail_msg("%s", err.text);
			return;
		}
		assert_string_equal(plugin->name, names[i]);
		assert_int_equal(plugin->medium, ASTRAD_MEDIUM_JSON);
	}
	plugin_set_destroy(&set);
}

static void registered_is_found_by_its_name(void **state)
{
	struct plugin_set *set = plugin_set_create(NULL);
	(void)state;

	assert_true(plugin_register(set, &mock_channel, NULL));
	assert_string_equal(plugin_find(set, "mock", NULL)->summary, mock_channel.summary);
	plugin_set_destroy(&set);
}

static const struct astrad_option no_type[] = {
	{.name = "x", .help = "x"},
	{.name = NULL},
};
static const struct astrad_option no_help[] = {
	{.name = "x", .type = ASTRAD_OPTION_INT},
	{.name = NULL},
};
static const struct astrad_option no_choices[] = {
	{.name = "x", .type = ASTRAD_OPTION_ENUM, .help = "x"},
	{.name = NULL},
};

static void spoil_name(struct astrad_channel *channel)
{
	channel->name = "Bad Name";
}
static void spoil_summary(struct astrad_channel *channel)
{
	channel->summary = NULL;
}
static void spoil_medium(struct astrad_channel *channel)
{
	channel->medium = (enum astrad_medium)9;
}
static void spoil_send(struct astrad_channel *channel)
{
	channel->send = NULL;
}
static void spoil_cancel(struct astrad_channel *channel)
{
	channel->cancel = NULL;
}
static void spoil_options(struct astrad_channel *channel)
{
	channel->options = NULL;
}
static void spoil_type(struct astrad_channel *channel)
{
	channel->options = no_type;
}
static void spoil_help(struct astrad_channel *channel)
{
	channel->options = no_help;
}
static void spoil_choices(struct astrad_channel *channel)
{
	channel->options = no_choices;
}

static void broken_tables_are_refused(void **state)
{
	static void (*const spoils[])(struct astrad_channel *) = {
		spoil_name,    spoil_summary, spoil_medium, spoil_send,    spoil_cancel,
		spoil_options, spoil_type,    spoil_help,   spoil_choices,
	};
	struct plugin_set *set = plugin_set_create(NULL);
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(spoils); i++) {
		struct astrad_channel channel = mock_channel;
		struct error err = {0};

		spoils[i](&channel);
		assert_false(plugin_register(set, &channel, &err));
		assert_int_equal(err.code, ERROR_INVALID);
	}
	plugin_set_destroy(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_and_says_what_to_do),
		cmocka_unit_test(loads_once),
		cmocka_unit_test(older_table_is_filled_up),
		cmocka_unit_test(real_plugins_load),
		cmocka_unit_test(registered_is_found_by_its_name),
		cmocka_unit_test(broken_tables_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
