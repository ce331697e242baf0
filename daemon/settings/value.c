/*
 * Scalars and lists made into values, one function a type.
 *
 * Stateless; values live in the snapshot's arena. Each reader tells all it finds: a list with three
 * wrong entries gives three findings. A default is read by the same code as what an admin writes,
 * so one that breaks its own row is a finding at the place "default": a test walks the table,
 * and a plugin's broken table is told, not believed.
 */
#include "settings/value.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"
#include "settings/file.h"
#include "settings/guess.h"
#include "settings/index.h"
#include "settings/secret_source.h"

#define LIST_MAX           64
#define PATH_MAX_BYTES     4095
#define SCHEDULE_MAX       64
#define CERTIFICATES_BYTES (1u << 20) /* four times the system's own bundle */

/* The entries of a list; one scalar or one map is a list of one. */
struct entries {
	const struct node *const *items;
	size_t count;
};

static struct entries entries_of(const struct node *const *node)
{
	if ((*node)->kind == NODE_LIST) {
		return (struct entries){.items = (const struct node *const *)(*node)->items,
					.count = (*node)->count};
	}
	return (struct entries){.items = node, .count = 1};
}

static bool refuse(struct walker *walk, const struct row *row, const struct node *node,
		   const char *what)
{
	issues_add(walk->issues, "E102", &node->place, NULL, "%s must be %s", row->path, what);
	return false;
}

static bool is_scalar(struct walker *walk, const struct row *row, const struct node *node,
		      const char *what)
{
	if (node->kind == NODE_SCALAR && tree_is_empty(node)) {
		issues_add(walk->issues, "E102", &node->place, "leave the key out instead",
			   "%s has no value", row->path);
		return false;
	}
	return node->kind == NODE_SCALAR || refuse(walk, row, node, what);
}

/* Length or count: the row's bounds, else the type's own. */
struct bounds {
	const char *unit;
	int64_t min, max;
};

static bool fits_bounds(struct walker *walk, const struct row *row, const struct node *node,
			int64_t n, struct bounds bounds)
{
	if (row->max != 0) {
		bounds.min = row->min;
		bounds.max = row->max;
	}
	if (n >= bounds.min && n <= bounds.max) {
		return true;
	}
	issues_add(walk->issues, "E102", &node->place, NULL, "%s must have %lld to %lld %s",
		   row->path, (long long)bounds.min, (long long)bounds.max, bounds.unit);
	return false;
}

static const struct bounds text_bounds = {"bytes", 1, LIMIT_SHORT_TEXT_BYTES};
static const struct bounds path_bounds = {"bytes", 1, PATH_MAX_BYTES};
static const struct bounds list_bounds = {"entries", 0, LIST_MAX};

static bool check_text(struct walker *walk, const struct row *row, const struct node *node)
{
	if (!is_scalar(walk, row, node, "a text")) {
		return false;
	}
	if (format_has_control(node->text)) {
		return refuse(walk, row, node, "without line breaks and control characters");
	}
	if (format_has_userinfo(node->text)) {
		issues_add(walk->issues, "E201", &node->place, NULL,
			   "inline secret: a URL here carries no user name and no password");
		return false;
	}
	return !row->format || row->format->fits(node->text) ||
	       refuse(walk, row, node, row->format->what);
}

static bool read_string(struct walker *walk, const struct row *row, const struct node *node,
			struct value *value)
{
	value->text = node->text;
	return check_text(walk, row, node) &&
	       fits_bounds(walk, row, node, (int64_t)strlen(node->text), text_bounds);
}

static bool read_path(struct walker *walk, const struct row *row, const struct node *node,
		      struct value *value)
{
	if (!check_text(walk, row, node)) {
		return false;
	}
	value->text = node->text[0] == '/'
			      ? node->text
			      : arena_printf(walk->arena, "%s/%s", walk->folder, node->text);
	return fits_bounds(walk, row, node, (int64_t)strlen(value->text), path_bounds);
}

static bool read_file(struct walker *walk, const struct row *row, const struct node *node,
		      struct value *value)
{
	const char *why;
	if (!read_path(walk, row, node, value)) {
		return false;
	}
	int fd = file_open_regular(value->text, NULL, &why);
	if (fd < 0) {
		issues_add(walk->issues, "E001", &node->place, NULL,
			   "cannot read the file of %s: %s", row->path, why);
		return false;
	}
	(void)close(fd); /* only looked at */
	return true;
}

/* A file of the wrong kind would be met at the first alert: nobody could be trusted. A warning and
 * no error, because one partner's file must not keep the daemon from starting. */
static bool read_certificates(struct walker *walk, const struct row *row, const struct node *node,
			      struct value *value)
{
	AUTO(buf) struct buf pem = {.limit = CERTIFICATES_BYTES};
	struct secret_certificates found;
	const char *why;
	if (!read_path(walk, row, node, value)) {
		return false;
	}
	if (!file_read(value->text, &pem, NULL, &why)) {
		issues_add(walk->issues, "E001", &node->place, NULL,
			   "cannot read the file of %s: %s", row->path, why);
		return false;
	}
	secret_pem_count((struct bytes){buf_text(&pem), pem.len}, &found);
	if (found.count == 0) {
		issues_add(walk->issues, "W214", &node->place, "PEM begins with -----BEGIN",
			   "the file of %s holds no certificate: nothing could be sent", row->path);
	} else if (found.expired == found.count) {
		issues_add(walk->issues, "W214", &node->place, NULL,
			   "the certificate in the file of %s has expired: nothing could be sent",
			   row->path);
	}
	return true;
}

static bool read_strings(struct walker *walk, const struct row *row, const struct node *node,
			 struct value *value)
{
	struct entries entries = entries_of(&node);
	bool is_right = fits_bounds(walk, row, node, (int64_t)entries.count, list_bounds);
	if (!is_right) {
		return false;
	}
	value->texts.items =
		arena_array(walk->arena, entries.count + 1, sizeof(value->texts.items[0]));
	struct index *seen = index_create(walk->arena, entries.count);
	for (size_t i = 0; i < entries.count; i++) {
		const struct node *entry = entries.items[i];
		if (!check_text(walk, row, entry)) {
			is_right = false;
			continue;
		}
		if (index_add(seen, entry->text, entry)) {
			issues_add(walk->issues, "E105", &entry->place, NULL, "%s has \"%s\" twice",
				   row->path, entry->text);
			is_right = false;
		}
		value->texts.items[value->texts.count++] = entry->text;
	}
	return is_right;
}

/* INT and DURATION have the row's bounds, or none. */
static bool in_range(const struct row *row, int64_t number)
{
	return (row->min == 0 && row->max == 0) || (number >= row->min && number <= row->max);
}

static bool read_int(struct walker *walk, const struct row *row, const struct node *node,
		     struct value *value)
{
	if (!is_scalar(walk, row, node, "a whole number")) {
		return false;
	}
	if (row->choices && strcmp(node->text, row->choices) == 0) {
		value->number = -1;
		value->text = node->text;
		return true;
	}
	if (format_int(node->text, &value->number) && in_range(row, value->number)) {
		return true;
	}
	bool has_bounds = row->min != 0 || row->max != 0;
	const char *what =
		has_bounds
			? arena_printf(walk->arena, "a whole number from %lld to %lld%s%s",
				       (long long)row->min, (long long)row->max,
				       row->choices ? " or " : "", row->choices ? row->choices : "")
			: "a whole number";
	return refuse(walk, row, node, what);
}

static bool read_bool(struct walker *walk, const struct row *row, const struct node *node,
		      struct value *value)
{
	bool flag;
	if (!is_scalar(walk, row, node, "true or false")) {
		return false;
	}
	if (!format_bool(node->text, &flag)) {
		return refuse(walk, row, node, "true or false");
	}
	value->number = flag;
	return true;
}

static bool check_duration(struct walker *walk, const struct row *row, const struct node *node,
			   int64_t *ret_ms)
{
	const char *const what = "a duration such as 30s, 10m or 24h";
	int64_t ms;
	if (!is_scalar(walk, row, node, what)) {
		return false;
	}
	if (!format_duration(node->text, &ms)) {
		return refuse(walk, row, node, what);
	}
	if (!in_range(row, ms)) {
		char min[FORMAT_DURATION_BYTES];
		char max[FORMAT_DURATION_BYTES];
		format_duration_text(row->min, min);
		format_duration_text(row->max, max);
		return refuse(walk, row, node, arena_printf(walk->arena, "%s to %s", min, max));
	}
	*ret_ms = ms;
	return true;
}

static bool read_durations(struct walker *walk, const struct row *row, const struct node *node,
			   struct value *value)
{
	struct entries entries = entries_of(&node);
	if (entries.count == 0 || entries.count > SCHEDULE_MAX) {
		return refuse(walk, row, node, "a list of 1 to 64 durations");
	}
	int64_t *numbers = arena_array(walk->arena, entries.count, sizeof(numbers[0]));
	bool is_right = true;
	for (size_t i = 0; i < entries.count; i++) {
		if (!check_duration(walk, row, entries.items[i], &numbers[i])) {
			is_right = false;
		}
	}
	value->numbers = numbers;
	value->count = entries.count;
	return is_right;
}

/* The number of a word among the row's choices; the finding names all of them. */
static bool read_choice(struct walker *walk, const struct row *row, const struct node *node,
			int64_t *ret_number)
{
	char word[64];
	AUTO(buf) struct buf all = {0};
	struct guess guess;
	int place = node->kind == NODE_SCALAR ? rows_choice(row->choices, node->text) : -1;
	if (place >= 0) {
		*ret_number = place + 1;
		return true;
	}
	guess_start(&guess, node->kind == NODE_SCALAR ? node->text : "");
	for (int i = 0;; i++) {
		rows_choice_word(row->choices, i, word, sizeof(word));
		if (strcmp(word, "?") == 0) {
			break;
		}
		buf_printf(&all, "%s%s", i == 0 ? "" : ", ", word);
		guess_try(&guess, arena_strdup(walk->arena, word));
	}
	issues_add(walk->issues, "E102", &node->place, guess_hint(&guess, walk->arena),
		   "%s must be one of %s", row->path, buf_text(&all));
	return false;
}

static bool read_enum(struct walker *walk, const struct row *row, const struct node *node,
		      struct value *value)
{
	value->text = node->text;
	return read_choice(walk, row, node, &value->number);
}

static bool read_enums(struct walker *walk, const struct row *row, const struct node *node,
		       struct value *value)
{
	struct entries entries = entries_of(&node);
	if (!fits_bounds(walk, row, node, (int64_t)entries.count, list_bounds)) {
		return false;
	}
	value->texts.items =
		arena_array(walk->arena, entries.count + 1, sizeof(value->texts.items[0]));
	bool is_right = true;
	for (size_t i = 0; i < entries.count; i++) {
		int64_t number = 0;
		if (!read_choice(walk, row, entries.items[i], &number)) {
			is_right = false;
			continue;
		}
		value->number |= (int64_t)1 << number;
		value->texts.items[value->texts.count++] = entries.items[i]->text;
	}
	return is_right;
}

static bool read_secrets(struct walker *walk, const struct row *row, const struct node *node,
			 struct value *value)
{
	struct entries entries = entries_of(&node);
	bool is_one = row->type == ROW_SECRET;
	if (is_one && node->kind == NODE_LIST) {
		return refuse(walk, row, node, "one secret, not a list");
	}
	if (!is_one && !fits_bounds(walk, row, node, (int64_t)entries.count, list_bounds)) {
		return false;
	}
	size_t room = entries.count + 1;
	value->texts.items = arena_array(walk->arena, room, sizeof(value->texts.items[0]));
	value->sources.items = arena_array(walk->arena, room, sizeof(value->sources.items[0]));
	value->paths.items = arena_array(walk->arena, room, sizeof(value->paths.items[0]));
	bool is_right = true;
	for (size_t i = 0; i < entries.count; i++) {
		struct secret_source source;
		if (!secret_source_read(walk, row, entries.items[i], &source)) {
			is_right = false;
			continue;
		}
		bool is_file = strncmp(source.source, "file:", 5) == 0;
		value->paths.items[value->paths.count++] = is_file ? source.path : NULL;
		value->sources.items[value->sources.count++] = source.source;
		if (source.text) {
			value->texts.items[value->texts.count++] = source.text;
		}
		value->text = is_one ? source.text : NULL;
		value->source_path = is_one ? source.path : NULL;
	}
	return is_right;
}

bool value_read(struct walker *walk, const struct row *row, const struct node *node,
		struct value *value)
{
	switch (row->type) {
	case ROW_STRING:
		return read_string(walk, row, node, value);
	case ROW_STRINGS:
		return read_strings(walk, row, node, value);
	case ROW_INT:
		return read_int(walk, row, node, value);
	case ROW_BOOL:
		return read_bool(walk, row, node, value);
	case ROW_DURATION:
		return check_duration(walk, row, node, &value->number);
	case ROW_DURATIONS:
		return read_durations(walk, row, node, value);
	case ROW_PATH:
		return read_path(walk, row, node, value);
	case ROW_FILE:
		return read_file(walk, row, node, value);
	case ROW_CERTIFICATES:
		return read_certificates(walk, row, node, value);
	case ROW_ENUM:
		return read_enum(walk, row, node, value);
	case ROW_ENUMS:
		return read_enums(walk, row, node, value);
	case ROW_SECRET:
	case ROW_SECRETS:
		return read_secrets(walk, row, node, value);
	case ROW_LIST:
	case ROW_MAP:
	case ROW_RAW:
	case ROW_ABSENT:
		break;
	}
	assert(!"a row of this type is read by the walk");
	return false;
}

/* A default as the tree of a file would hold it. */
static const struct node *default_node(struct walker *walk, const struct row *row)
{
	struct node *node = arena_alloc(walk->arena, sizeof(*node));
	*node = (struct node){
		.kind = NODE_SCALAR, .place = {.file = "default"}, .text = row->default_value};
	bool is_list =
		row->type == ROW_STRINGS || row->type == ROW_ENUMS || row->type == ROW_DURATIONS;
	if (!is_list) {
		return node;
	}
	struct node *list = arena_alloc(walk->arena, sizeof(*list));
	*list = (struct node){.kind = NODE_LIST, .place = node->place};
	list->items = arena_array(walk->arena, LIST_MAX, sizeof(list->items[0]));
	for (const char *word = row->default_value; *word && list->count < LIST_MAX;) {
		size_t len = strcspn(word, " ");
		struct node *item = arena_alloc(walk->arena, sizeof(*item));
		*item = *node;
		item->text = arena_memdup(walk->arena, word, len);
		list->items[list->count++] = item;
		word += len + strspn(word + len, " ");
	}
	return list;
}

void value_use_default(struct walker *walk, const struct row *row, struct value *value)
{
	if (!row->default_value) {
		return;
	}
	value->is_set = value_read(walk, row, default_node(walk, row), value);
}
