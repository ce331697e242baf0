/*
 * The reference of config/README.md in Markdown, printed from the table of rows, so that what is
 * documented is what is checked. Pure.
 */
#include <stdio.h>
#include <string.h>

#include "astrad_channel.h"
#include "settings/options.h"
#include "settings/settings.h"

struct chapter {
	enum row_scope scope;
	const char *title;
};

static const struct chapter chapters[] = {
	{SCOPE_ASTRAD, "astrad.yaml"},
	{SCOPE_LISTEN, "An entry of `listen`"},
	{SCOPE_CONTACT, "An entry of `contacts` (astrad.yaml)"},
	{SCOPE_PARTNER, "partners.d/*.yaml"},
	{SCOPE_PERSON, "An entry of `contacts` (partner)"},
	{SCOPE_CHANNEL, "channels.d/*.yaml"},
	{SCOPE_RECIPIENT, "An entry of `recipients.inline`"},
	{SCOPE_POLICY, "policies.d/*.yaml"},
	{SCOPE_RUNG, "An entry of `rungs`"},
};

static const char *type_word(const struct row *row)
{
	static const char *const words[] = {
		[ROW_STRING] = "text",
		[ROW_STRINGS] = "list of texts",
		[ROW_INT] = "number",
		[ROW_BOOL] = "true or false",
		[ROW_DURATION] = "duration",
		[ROW_DURATIONS] = "list of durations",
		[ROW_PATH] = "path",
		[ROW_FILE] = "path of a file",
		[ROW_CERTIFICATES] = "path of a PEM file",
		[ROW_ENUM] = "one of",
		[ROW_ENUMS] = "list of",
		[ROW_SECRET] = "secret",
		[ROW_SECRETS] = "list of secrets, newest first",
		[ROW_LIST] = "list of maps",
		[ROW_MAP] = "map of names",
		[ROW_RAW] = "map",
		[ROW_ABSENT] = "",
	};
	return words[row->type];
}

static void print_range(const struct row *row, struct buf *out)
{
	char min[FORMAT_DURATION_BYTES];
	char max[FORMAT_DURATION_BYTES];
	if (row->type == ROW_ENUM || row->type == ROW_ENUMS || row->max == 0) {
		return;
	}
	switch (row->type) {
	case ROW_DURATION:
	case ROW_DURATIONS:
		format_duration_text(row->min, min);
		format_duration_text(row->max, max);
		buf_printf(out, ", %s to %s", min, max);
		break;
	case ROW_INT:
		buf_printf(out, " %lld to %lld", (long long)row->min, (long long)row->max);
		break;
	case ROW_STRING:
	case ROW_PATH:
	case ROW_FILE:
	case ROW_CERTIFICATES:
		buf_printf(out, ", %lld to %lld bytes", (long long)row->min, (long long)row->max);
		break;
	default:
		buf_printf(out, ", %lld to %lld", (long long)row->min, (long long)row->max);
		break;
	}
}

static void print_choices(const struct row *row, struct buf *out)
{
	char word[64];
	if (!row->choices) {
		return;
	}
	for (int i = 0;; i++) {
		rows_choice_word(row->choices, i, word, sizeof(word));
		if (strcmp(word, "?") == 0) {
			break;
		}
		buf_printf(out, "%s`%s`", row->type == ROW_INT ? " or " : (i == 0 ? " " : ", "),
			   word);
	}
}

static void print_row(const struct row *row, struct buf *out)
{
	if (row->type == ROW_ABSENT) {
		return;
	}
	buf_printf(out, "| `%s`%s | %s", row->path,
		   (row->flags & ROW_DEFAULTABLE) && row->scope == SCOPE_CHANNEL ? " *" : "",
		   type_word(row));
	print_range(row, out);
	print_choices(row, out);
	if (row->format) {
		buf_printf(out, ": %s", row->format->what);
	}
	buf_add_text(out, " | ");
	if (row->flags & ROW_REQUIRED) {
		buf_add_text(out, "**required**");
	} else if (row->default_value) {
		buf_printf(out, "`%s`", row->default_value);
	}
	buf_printf(out, " | %s | %s |\n", row->flags & ROW_RESTART ? "restart" : "live",
		   row->help ? row->help : "");
}

static void print_rows(struct rows rows, const char *title, struct buf *out)
{
	buf_printf(out, "### %s\n\n", title);
	buf_add_text(out, "| key | type | default | change | meaning |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < rows.count; i++) {
		print_row(&rows.items[i], out);
	}
	buf_add_text(out, "\n");
}

void settings_reference(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(chapters); i++) {
		print_rows(rows_of(chapters[i].scope), chapters[i].title, out);
	}
	buf_add_text(out, "### Codes of `astrad --check`\n\n| code | meaning |\n|---|---|\n");
	for (const struct issue_code *code = issue_codes; code->code; code++) {
		buf_printf(out, "| %s | %s |\n", code->code, code->meaning);
	}
}

void settings_reference_plugin(const struct astrad_channel *plugin, struct buf *out)
{
	char title[96];
	struct arena *arena = arena_create();
	(void)snprintf(title, sizeof(title), "`options` of plugin %s", plugin->name);
	print_rows(options_rows(arena, plugin), title, out);
	arena_destroy(&arena);
}
