/*
 * libyaml's events made into nodes.
 *
 * One struct composer lives for one file. libyaml cannot go on after a syntax error, so that is the
 * one finding that ends a file; everything else is collected. The composer is recursive, bounded by
 * TREE_DEPTH_MAX. Each node knows its weight: an alias costs the weight of what it names, so ten
 * lines of nested aliases meet TREE_NODES_MAX before any later walk over the tree can feel them.
 * Rejected: libyaml's own document tree, which loses nothing but has no bound on depth and neither
 * merges nor tells where an alias loops.
 */
#include "settings/tree.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#define ANCHORS_MAX 256
#define ITEMS_MIN   8

struct anchor {
	const char *name;
	const struct node *node; /* NULL while it is being composed */
};

struct composer {
	yaml_parser_t parser;
	struct arena *arena;
	struct issues *issues;
	struct bytes text;
	const char *file;
	struct anchor anchors[ANCHORS_MAX];
	size_t anchor_count;
	size_t weight;
	int depth;
	bool has_failed; /* nothing more of this file can be read */
};

static struct file_place place_of(const struct composer *composer, yaml_mark_t mark)
{
	return (struct file_place){
		.file = composer->file, .line = (int)mark.line + 1, .column = (int)mark.column + 1};
}

static const struct node *fail(struct composer *composer, const char *code, yaml_mark_t mark,
			       const char *text)
{
	if (!composer->has_failed) {
		struct file_place place = place_of(composer, mark);
		issues_add(composer->issues, code, &place, NULL, "%s", text);
	}
	composer->has_failed = true;
	return NULL;
}

/* True when the line of the mark is indented with a tab. */
static bool is_tabbed(struct bytes text, yaml_mark_t mark)
{
	const char *at = text.data;
	const char *end = text.data + text.len;
	for (size_t line = 0; line < mark.line && at; line++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	while (at && at < end && *at == ' ') {
		at++;
	}
	return at && at < end && *at == '\t';
}

/* What an admin most likely did, where libyaml says only what it did not find. */
static const char *syntax_hint(struct bytes text, const char *problem, yaml_mark_t mark)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{"mapping values are not allowed",
		 "the indentation is off, or a text with a colon needs quotes"},
		{"expected node content", "a text that begins with a colon or a sign needs quotes"},
		{"expected key", "the line is not indented like those it belongs to"},
		{"expected ':'", "a key needs a colon and a blank behind it"},
		{"expected ',' or", "a comma or a closing bracket is missing"},
		{"start any token", "a text that begins with this sign needs quotes"},
		{"UTF-8", "save the file as UTF-8"},
	};
	if (is_tabbed(text, mark)) {
		return "indent with blanks, not with tabs";
	}
	for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
		if (strstr(problem, hints[i].problem)) {
			return hints[i].hint;
		}
	}
	return NULL;
}

static void fail_syntax(struct composer *composer)
{
	const yaml_parser_t *parser = &composer->parser;
	const char *problem = parser->problem ? parser->problem : "not YAML";
	yaml_mark_t mark = parser->problem_mark;
	if (parser->error == YAML_READER_ERROR) {
		mark = parser->mark; /* the reader gives an offset only; this is its line */
	}
	struct file_place place = place_of(composer, mark);
	issues_add(composer->issues, "E002", &place, syntax_hint(composer->text, problem, mark),
		   "%s", problem);
	composer->has_failed = true;
}

/* False when there is no further event; the finding is told. Delete the event otherwise. */
static bool next_event(struct composer *composer, yaml_event_t *event)
{
	if (composer->has_failed) {
		return false;
	}
	if (yaml_parser_parse(&composer->parser, event)) {
		return true;
	}
	fail_syntax(composer);
	return false;
}

static struct node *new_node(struct composer *composer, enum node_kind kind,
			     const yaml_event_t *event)
{
	struct node *node = arena_alloc(composer->arena, sizeof(*node));
	node->kind = kind;
	node->place = place_of(composer, event->start_mark);
	node->weight = 1;
	return node;
}

/* Counts n nodes as read; false when that is too many. */
static bool weigh(struct composer *composer, size_t n, yaml_mark_t mark)
{
	composer->weight += n;
	if (composer->weight > TREE_NODES_MAX) {
		(void)fail(composer, "E004", mark,
			   "too many values once aliases and merges are written out");
		return false;
	}
	return true;
}

static struct anchor *find_anchor(struct composer *composer, const char *name)
{
	for (size_t i = composer->anchor_count; i > 0; i--) {
		if (strcmp(composer->anchors[i - 1].name, name) == 0) {
			return &composer->anchors[i - 1];
		}
	}
	return NULL;
}

/* The slot of the event's anchor + 1, 0 when it has none. A name may be used again: the last one
 * counts. */
static size_t add_anchor(struct composer *composer, const yaml_char_t *name, yaml_mark_t mark)
{
	if (!name) {
		return 0;
	}
	if (composer->anchor_count == ANCHORS_MAX) {
		(void)fail(composer, "E004", mark, "too many anchors");
		return 0;
	}
	composer->anchors[composer->anchor_count++] =
		(struct anchor){.name = arena_strdup(composer->arena, (const char *)name)};
	return composer->anchor_count;
}

static void set_anchor(struct composer *composer, size_t slot, const struct node *node)
{
	if (slot > 0) {
		composer->anchors[slot - 1].node = node;
	}
}

static const struct node *compose(struct composer *composer, const yaml_event_t *event);

static const struct node *compose_alias(struct composer *composer, const yaml_event_t *event)
{
	const struct anchor *anchor = find_anchor(composer, (const char *)event->data.alias.anchor);
	if (!anchor) {
		return fail(composer, "E006", event->start_mark,
			    "alias without an anchor before it");
	}
	if (!anchor->node) {
		return fail(composer, "E006", event->start_mark, "alias inside its own anchor");
	}
	return weigh(composer, anchor->node->weight, event->start_mark) ? anchor->node : NULL;
}

static const struct node *compose_scalar(struct composer *composer, const yaml_event_t *event)
{
	if (!weigh(composer, 1, event->start_mark)) {
		return NULL;
	}
	struct node *node = new_node(composer, NODE_SCALAR, event);
	const char *text = (const char *)event->data.scalar.value;
	node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_strdup(composer->arena, text);
	if (strlen(text) != event->data.scalar.length) {
		return fail(composer, "E002", event->start_mark, "a zero byte in a value");
	}
	set_anchor(composer, add_anchor(composer, event->data.scalar.anchor, event->start_mark),
		   node);
	return node;
}

/* Grows a list in the arena by doubling: what is left behind is bounded by what is kept. */
static void *grow(struct arena *arena, void *items, size_t count, size_t size)
{
	bool is_full = count == 0 || (count >= ITEMS_MIN && (count & (count - 1)) == 0);
	if (!is_full) {
		return items;
	}
	void *more = arena_array(arena, count == 0 ? ITEMS_MIN : count * 2, size);
	if (count > 0) {
		memcpy(more, items, count * size);
	}
	return more;
}

static bool enter(struct composer *composer, yaml_mark_t mark)
{
	if (++composer->depth > TREE_DEPTH_MAX) {
		(void)fail(composer, "E004", mark, "nested too deep");
		return false;
	}
	return weigh(composer, 1, mark);
}

static const struct node *compose_list(struct composer *composer, const yaml_event_t *event)
{
	if (!enter(composer, event->start_mark)) {
		return NULL;
	}
	struct node *list = new_node(composer, NODE_LIST, event);
	size_t slot = add_anchor(composer, event->data.sequence_start.anchor, event->start_mark);
	yaml_event_t inner;
	while (next_event(composer, &inner)) {
		bool is_end = inner.type == YAML_SEQUENCE_END_EVENT;
		const struct node *item = is_end ? NULL : compose(composer, &inner);
		yaml_event_delete(&inner);
		if (is_end) {
			break;
		}
		if (item) {
			list->items = grow(composer->arena, list->items, list->count,
					   sizeof(list->items[0]));
			list->items[list->count++] = item;
			list->weight += item->weight;
		}
	}
	composer->depth--;
	set_anchor(composer, slot, list);
	return composer->has_failed ? NULL : list;
}

static struct node_entry *find_entry(const struct node *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++) {
		if (strcmp(map->entries[i].key->text, key) == 0) {
			return &map->entries[i];
		}
	}
	return NULL;
}

static void add_entry(struct arena *arena, struct node *map, struct node_entry entry)
{
	map->entries = grow(arena, map->entries, map->count, sizeof(map->entries[0]));
	map->entries[map->count++] = entry;
}

static bool is_merge_key(const struct node *key)
{
	return key->is_plain && strcmp(key->text, "<<") == 0;
}

static void add_pair(struct composer *composer, struct node *map, const struct node *key,
		     const struct node *value)
{
	map->weight += key->weight + value->weight;
	const struct node_entry *before = find_entry(map, key->text);
	if (before && !is_merge_key(key)) {
		issues_add(composer->issues, "E003", &key->place, NULL,
			   "\"%s\" stands twice in one map, first in line %d", key->text,
			   before->key->place.line);
		return;
	}
	add_entry(composer->arena, map, (struct node_entry){.key = key, .value = value});
}

/* Adds what `from` has and the map has not: keys written out win, the first of several merges wins
 * over the later ones. */
static void merge_from(struct composer *composer, struct node *map, const struct node *from)
{
	if (from->kind != NODE_MAP) {
		issues_add(composer->issues, "E006", &from->place, NULL,
			   "\"<<\" merges a map or a list of maps");
		return;
	}
	for (size_t i = 0; i < from->count; i++) {
		if (!find_entry(map, from->entries[i].key->text)) {
			add_entry(composer->arena, map,
				  (struct node_entry){.key = from->entries[i].key,
						      .value = from->entries[i].value,
						      .is_merged = true});
		}
	}
}

static void apply_merges(struct composer *composer, struct node *map)
{
	struct node plain = *map;
	plain.entries = NULL;
	plain.count = 0;
	for (size_t i = 0; i < map->count; i++) {
		if (!is_merge_key(map->entries[i].key)) {
			add_entry(composer->arena, &plain, map->entries[i]);
		}
	}
	for (size_t i = 0; i < map->count; i++) {
		const struct node *from = map->entries[i].value;
		if (!is_merge_key(map->entries[i].key)) {
			continue;
		}
		if (from->kind != NODE_LIST) {
			merge_from(composer, &plain, from);
			continue;
		}
		for (size_t j = 0; j < from->count; j++) {
			merge_from(composer, &plain, from->items[j]);
		}
	}
	*map = plain;
}

/* One key and its value; false at the map's end or when the file has failed. */
static bool compose_pair(struct composer *composer, struct node *map)
{
	yaml_event_t event;
	if (!next_event(composer, &event)) {
		return false;
	}
	yaml_mark_t mark = event.start_mark;
	bool is_end = event.type == YAML_MAPPING_END_EVENT;
	const struct node *key = is_end ? NULL : compose(composer, &event);
	yaml_event_delete(&event);
	if (is_end || !key || !next_event(composer, &event)) {
		return false;
	}
	const struct node *value = compose(composer, &event);
	yaml_event_delete(&event);
	if (!value) {
		return false;
	}
	if (key->kind != NODE_SCALAR) {
		(void)fail(composer, "E006", mark, "a key must be a plain word");
		return false;
	}
	if (map->count == TREE_ENTRIES_MAX) {
		(void)fail(composer, "E004", mark, "too many keys in one map");
		return false;
	}
	add_pair(composer, map, key, value);
	return true;
}

static const struct node *compose_map(struct composer *composer, const yaml_event_t *event)
{
	if (!enter(composer, event->start_mark)) {
		return NULL;
	}
	struct node *map = new_node(composer, NODE_MAP, event);
	size_t slot = add_anchor(composer, event->data.mapping_start.anchor, event->start_mark);
	while (compose_pair(composer, map)) {
	}
	composer->depth--;
	if (composer->has_failed) {
		return NULL;
	}
	if (find_entry(map, "<<")) {
		apply_merges(composer, map);
	}
	set_anchor(composer, slot, map);
	return map;
}

static bool has_tag(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.tag != NULL;
	default:
		return false;
	}
}

/* The node that starts with this event; NULL when the file has failed. */
static const struct node *compose(struct composer *composer, const yaml_event_t *event)
{
	if (has_tag(event)) {
		struct file_place place = place_of(composer, event->start_mark);
		issues_add(composer->issues, "E006", &place,
			   "types come from the table of settings; leave the tag out",
			   "tags are not used here");
	}
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return compose_alias(composer, event);
	case YAML_SCALAR_EVENT:
		return compose_scalar(composer, event);
	case YAML_SEQUENCE_START_EVENT:
		return compose_list(composer, event);
	case YAML_MAPPING_START_EVENT:
		return compose_map(composer, event);
	default:
		return fail(composer, "E002", event->start_mark, "a value is missing");
	}
}

/* The first document; a second one is an error. */
static const struct node *compose_file(struct composer *composer)
{
	const struct node *root = NULL;
	yaml_event_t event;
	bool is_end = false;
	while (!is_end && next_event(composer, &event)) {
		is_end = event.type == YAML_STREAM_END_EVENT;
		bool is_frame = is_end || event.type == YAML_STREAM_START_EVENT ||
				event.type == YAML_DOCUMENT_START_EVENT ||
				event.type == YAML_DOCUMENT_END_EVENT;
		if (!is_frame && root) {
			(void)fail(composer, "E006", event.start_mark,
				   "a second document (\"---\"); write it to a file of its own");
		} else if (!is_frame) {
			root = compose(composer, &event);
		}
		yaml_event_delete(&event);
	}
	return composer->has_failed ? NULL : root;
}

/* Without the byte order mark that some editors put first, which libyaml does not pass over where
 * it is told the encoding. An empty file has no data, which libyaml does not take. */
static struct bytes without_mark(struct bytes text)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t skipped = text.len >= 3 && memcmp(text.data, mark, 3) == 0 ? 3 : 0;
	return text.data ? (struct bytes){text.data + skipped, text.len - skipped}
			 : (struct bytes){"", 0};
}

const struct node *tree_parse(struct arena *arena, struct bytes text, const char *file,
			      struct issues *issues)
{
	struct composer *composer = xcalloc(1, sizeof(*composer));
	composer->arena = arena;
	composer->issues = issues;
	composer->text = without_mark(text);
	composer->file = arena_strdup(arena, file);
	struct file_place place = {.file = file};
	const struct node *root = NULL;
	if (!yaml_parser_initialize(&composer->parser)) {
		abort(); /* out of memory, as xcalloc does */
	}
	yaml_parser_set_encoding(&composer->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&composer->parser, (const unsigned char *)composer->text.data,
				     composer->text.len);
	root = compose_file(composer);
	if (!root && !composer->has_failed) {
		issues_add(issues, "E002", &place, NULL, "the file is empty");
	}
	yaml_parser_delete(&composer->parser);
	free(composer);
	return root;
}

const struct node *tree_find(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP) {
		return NULL;
	}
	const struct node_entry *entry = find_entry(map, key);
	return entry ? entry->value : NULL;
}

bool tree_is_empty(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->is_plain &&
	       (strcmp(node->text, "") == 0 || strcmp(node->text, "~") == 0 ||
		strcmp(node->text, "null") == 0);
}

const struct node *tree_merge(struct arena *arena, const struct node *over,
			      const struct node *under, int levels)
{
	bool both_are_maps = over && under && over->kind == NODE_MAP && under->kind == NODE_MAP;
	if (!both_are_maps || levels == 0) {
		return over ? over : under;
	}
	struct node *merged = arena_alloc(arena, sizeof(*merged));
	*merged = *over;
	merged->entries = NULL;
	merged->count = 0;
	for (size_t i = 0; i < over->count; i++) {
		struct node_entry entry = over->entries[i];
		entry.value = tree_merge(arena, entry.value, tree_find(under, entry.key->text),
					 levels - 1);
		add_entry(arena, merged, entry);
	}
	for (size_t i = 0; i < under->count; i++) {
		if (!tree_find(over, under->entries[i].key->text)) {
			struct node_entry entry = under->entries[i];
			entry.is_merged = true;
			add_entry(arena, merged, entry);
		}
	}
	return merged;
}
