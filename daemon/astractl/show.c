/* Tables and lines on stdout, refusals on stderr. No state. */
#include "astractl/show.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define COLUMNS_MAX 16
#define NAME_BYTES  64

/* --- cells --- */

/* Control characters become blanks, also those of two bytes (U+0080 to U+009F). `newline` stands
 * for a line's end. */
static void add_clean(struct buf *out, const char *text, const char *newline)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		size_t step = utf8_step(text + i, len - i);
		unsigned char c = (unsigned char)text[i];
		bool is_control = c < 0x20 || c == 0x7f || step == 0 ||
				  (step == 2 && c == 0xc2 && (unsigned char)text[i + 1] < 0xa0);

		if (c == '\n') {
			buf_add_text(out, newline);
		} else if (is_control) {
			buf_add_text(out, " ");
		} else {
			buf_add(out, text + i, step);
		}
		i += step > 0 ? step : 1;
	}
}

static void add_value(struct buf *out, const json_t *value, const char *newline);

/* "RS, RS-06" */
static void add_list(struct buf *out, const json_t *list)
{
	size_t index;
	json_t *value;

	json_array_foreach((json_t *)list, index, value)
	{
		buf_add_text(out, index > 0 ? ", " : "");
		add_value(out, value, " ");
	}
}

static void add_value(struct buf *out, const json_t *value, const char *newline)
{
	char *text;

	if (json_is_string(value)) {
		add_clean(out, json_string_value(value), newline);
	} else if (json_is_array(value)) {
		add_list(out, value);
	} else if (value != NULL && !json_is_null(value)) {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		add_clean(out, text != NULL ? text : "?", " ");
		free(text);
	}
}

/* "state.phase" of an item; NULL when it has none. */
static const json_t *find(const json_t *item, const char *path)
{
	char name[NAME_BYTES];

	while (*path != '\0' && item != NULL) {
		size_t len = strcspn(path, ".");

		(void)snprintf(name, sizeof(name), "%.*s", (int)len, path);
		item = json_object_get(item, name);
		path += len + (path[len] == '.' ? 1 : 0);
	}
	return item;
}

static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++) {
		width += ((unsigned char)*text & 0xc0) != 0x80;
	}
	return width;
}

/* --- tables --- */

struct column {
	char path[NAME_BYTES];
	char title[NAME_BYTES];
	size_t width; /* 0: every cell is empty */
};

static size_t read_columns(const char *text, struct column columns[COLUMNS_MAX])
{
	size_t count = 0;

	while (*text != '\0' && count < COLUMNS_MAX) {
		size_t len = strcspn(text, " ");
		struct column *column = &columns[count++];
		const char *last;

		(void)snprintf(column->path, sizeof(column->path), "%.*s", (int)len, text);
		last = strrchr(column->path, '.');
		(void)snprintf(column->title, sizeof(column->title), "%.63s",
			       last != NULL ? last + 1 : column->path);
		column->width = 0;
		text += len + strspn(text + len, " ");
	}
	return count;
}

static void measure(const json_t *items, struct column *column)
{
	size_t index;
	json_t *item;

	json_array_foreach((json_t *)items, index, item)
	{
		AUTO(buf) struct buf cell = {0};
		size_t width;

		add_value(&cell, find(item, column->path), " ");
		width = width_of(buf_text(&cell));
		if (width > 0 && column->width == 0) {
			column->width = width_of(column->title);
		}
		column->width = width > column->width ? width : column->width;
	}
}

static void add_cell(struct buf *line, const struct column *column, const char *text)
{
	int gap = (int)(column->width - width_of(text)) + 2;

	if (column->width > 0) {
		buf_printf(line, "%s%*s", text, gap, "");
	}
}

static void print_line(struct buf *line)
{
	while (line->len > 0 && line->data[line->len - 1] == ' ') {
		line->data[--line->len] = '\0';
	}
	(void)puts(buf_text(line));
}

static void print_table(const json_t *items, const struct column *columns, size_t count)
{
	AUTO(buf) struct buf titles = {0};
	size_t index;
	json_t *item;

	for (size_t c = 0; c < count; c++) {
		add_cell(&titles, &columns[c], columns[c].title);
	}
	print_line(&titles);
	json_array_foreach((json_t *)items, index, item)
	{
		AUTO(buf) struct buf line = {0};

		for (size_t c = 0; c < count; c++) {
			AUTO(buf) struct buf cell = {0};

			add_value(&cell, find(item, columns[c].path), " ");
			add_cell(&line, &columns[c], buf_text(&cell));
		}
		print_line(&line);
	}
}

void show_table(const json_t *items, const char *columns_text)
{
	struct column columns[COLUMNS_MAX];
	size_t count = read_columns(columns_text, columns);
	bool is_known = false;

	for (size_t c = 0; c < count; c++) {
		measure(items, &columns[c]);
		is_known |= columns[c].width > 0;
	}
	if (json_array_size(items) == 0) {
		(void)puts("none");
	} else if (is_known) {
		print_table(items, columns, count);
	} else { /* items of another kind: a partner's alerts are events */
		show_members(items);
	}
}

/* --- members --- */

static void print_value(const char *path, const json_t *value);

static void print_object(const char *path, const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		char inner[256];

		(void)snprintf(inner, sizeof(inner), "%s%s%s", path, *path != '\0' ? "." : "",
			       name);
		print_value(inner, value);
	}
}

static void print_array(const char *path, const json_t *array)
{
	size_t index;
	json_t *value;

	json_array_foreach((json_t *)array, index, value)
	{
		char inner[256];

		(void)snprintf(inner, sizeof(inner), "%s[%zu]", path, index);
		print_value(inner, value);
	}
}

static void print_value(const char *path, const json_t *value)
{
	AUTO(buf) struct buf line = {0};

	if (json_is_object(value)) {
		print_object(path, value);
	} else if (json_is_array(value)) {
		print_array(path, value);
	} else if (!json_is_null(value)) {
		add_clean(&line, path, " ");
		buf_add_text(&line, ": ");
		add_value(&line, value, "\n    ");
		(void)puts(buf_text(&line));
	}
}

void show_members(const json_t *document)
{
	print_value("", document);
}

/* --- preview --- */

static const char *word(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static void print_findings_of(const char *title, const json_t *findings)
{
	size_t index;
	json_t *finding;

	json_array_foreach((json_t *)findings, index, finding)
	{
		AUTO(buf) struct buf line = {0};

		add_clean(&line, word(finding, "pointer"), " ");
		buf_add_text(&line, " ");
		add_clean(&line, word(finding, "detail"), " ");
		(void)printf("%s: %s\n", title, buf_text(&line));
	}
}

/* What people at the other end will read: the released facts of each case, then the texts. A body
 * that is no JSON is a text as it is. */
static void print_body(const char *body)
{
	json_t *document = json_loads(body, 0, NULL);
	json_t *data = json_object_get(document, "data");
	AUTO(buf) struct buf text = {0};
	const char *language;
	json_t *value;

	if (document == NULL) {
		buf_add_text(&text, "    ");
		add_clean(&text, body, "\n    ");
		(void)puts(buf_text(&text));
		return;
	}
	print_array("  cases", json_object_get(data, "cases"));
	json_object_foreach(json_object_get(data, "texts"), language, value)
	{
		buf_reset(&text);
		add_value(&text, value, "\n    ");
		(void)printf("  %s:\n    %s\n", language, buf_text(&text));
	}
	json_decref(document);
}

static void print_variant(const json_t *variant)
{
	AUTO(buf) struct buf release = {0};
	AUTO(buf) struct buf languages = {0};

	add_value(&release, json_object_get(variant, "release"), " ");
	add_value(&languages, json_object_get(variant, "languages"), " ");
	(void)printf("\n%s: %s, %s, %lld bytes; languages %s; released: %s\n", word(variant, "id"),
		     word(variant, "message"), word(variant, "medium"),
		     (long long)json_integer_value(json_object_get(variant, "bytes")),
		     buf_text(&languages), release.len > 0 ? buf_text(&release) : "nothing");
	print_body(word(variant, "body"));
}

void show_preview(const json_t *preview)
{
	size_t index;
	json_t *variant;

	(void)printf("alert %s version %lld (%s)\n", word(preview, "ref"),
		     (long long)json_integer_value(json_object_get(preview, "version")),
		     word(preview, "kind"));
	print_findings_of("error", json_object_get(preview, "errors"));
	print_findings_of("warning", json_object_get(preview, "warnings"));
	(void)puts("");
	show_table(json_object_get(preview, "channels"),
		   "name partner use rung recipients variant areas excluded_because");
	json_array_foreach(json_object_get(preview, "variants"), index, variant)
	{
		print_variant(variant);
	}
	(void)printf("\ndigest: %s\n", word(preview, "digest"));
}

/* --- refusals --- */

/* What a refused reload found, as `astrad --check` tells it. */
static void print_findings(const json_t *findings)
{
	size_t index;
	json_t *issue;

	json_array_foreach(json_object_get(findings, "issues"), index, issue)
	{
		bool has_hint = *word(issue, "hint") != '\0';

		(void)fprintf(stderr, "  %s:%lld:%lld: %s %s %s%s%s%s\n", word(issue, "file"),
			      (long long)json_integer_value(json_object_get(issue, "line")),
			      (long long)json_integer_value(json_object_get(issue, "column")),
			      word(issue, "severity"), word(issue, "code"), word(issue, "text"),
			      has_hint ? " (" : "", word(issue, "hint"), has_hint ? ")" : "");
	}
}

static void print_reasons(const json_t *reasons)
{
	size_t index;
	json_t *reason;

	json_array_foreach((json_t *)reasons, index, reason)
	{
		(void)fprintf(stderr, "  %s %s: %s\n", word(reason, "reason"),
			      word(reason, "subject"), word(reason, "detail"));
	}
}

void show_refusal(const struct answer *answer)
{
	json_t *problem = json_loadb(buf_text(&answer->body), answer->body.len, 0, NULL);
	const char *detail = word(problem, "detail");
	size_t index;
	json_t *field;

	if (problem == NULL) {
		(void)fprintf(stderr, "refused (%ld): %s\n", answer->status,
			      buf_text(&answer->body));
		return;
	}
	(void)fprintf(stderr, "refused (%ld): %s%s%s\n", answer->status, word(problem, "title"),
		      *detail != '\0' ? ": " : "", detail);
	/* a single one is what the detail says */
	json_array_foreach(json_object_get(problem, "errors"), index, field)
	{
		if (json_array_size(json_object_get(problem, "errors")) == 1) {
			break;
		}
		(void)fprintf(stderr, "  %s: %s\n", word(field, "pointer"), word(field, "detail"));
	}
	print_findings(json_object_get(problem, "findings"));
	print_reasons(json_object_get(problem, "reasons"));
	json_decref(problem);
}
