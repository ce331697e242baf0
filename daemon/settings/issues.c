/*
 * The findings of one check, kept until they are printed.
 *
 * Owner: whoever loads settings. A finding is a copy in the list's own arena, so it outlives the
 * trees it speaks of. Findings arrive in the order of the checks and are told in the order of the
 * files: they are sorted once, at the first look. A fault in a merged or aliased node is met once
 * for each of its users; it is one fault, so equal findings are dropped (by a hash of their text).
 * Nothing here survives a crash, and nothing needs to.
 */
#include "settings/issues.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/utf8.h"

#define TEXT_BYTES 1024
#define SEEN_SLOTS 4096 /* a power of two, well above ISSUES_MAX */

struct issues {
	struct arena *arena;
	struct issue items[ISSUES_MAX];
	size_t count;
	uint64_t seen[SEEN_SLOTS]; /* hashes of kept findings, open addressing; 0 = free */
	size_t errors;
	size_t warnings;
	size_t dropped;
	bool is_sorted;
	struct issue_counts counts;
};

struct issues *issues_create(void)
{
	struct issues *issues = xcalloc(1, sizeof(*issues));
	issues->arena = arena_create();
	issues->is_sorted = true;
	return issues;
}

void issues_destroy(struct issues **issues)
{
	if (!*issues) {
		return;
	}
	arena_destroy(&(*issues)->arena);
	free(*issues);
	*issues = NULL;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++) {
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
	}
	return hash * 0x100000001b3u;
}

/* FNV-1a over place, code and text; never 0, which marks a free slot. */
static uint64_t hash_issue(const char *code, const struct file_place *place, const char *text)
{
	uint64_t hash = hash_text(0xcbf29ce484222325u, place->file);
	hash = (hash ^ (uint64_t)place->line) * 0x100000001b3u;
	hash = (hash ^ (uint64_t)place->column) * 0x100000001b3u;
	hash = hash_text(hash, code);
	hash = hash_text(hash, text);
	return hash ? hash : 1;
}

/* False when it was there. The table cannot fill up: at most ISSUES_MAX entries are kept. */
static bool remember(struct issues *issues, uint64_t hash)
{
	size_t slot = (size_t)hash & (SEEN_SLOTS - 1);
	while (issues->seen[slot] && issues->seen[slot] != hash) {
		slot = (slot + 1) & (SEEN_SLOTS - 1);
	}
	if (issues->seen[slot]) {
		return false;
	}
	if (issues->count < ISSUES_MAX) {
		issues->seen[slot] = hash;
	}
	return true;
}

/* A key or a file's name may hold anything, and a cut text ends anywhere; a finding is one line of
 * UTF-8 on somebody's terminal. */
static char *clean(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);
	size_t len = copy ? strlen(copy) : 0;
	for (size_t i = 0; i < len;) {
		size_t step = utf8_step(copy + i, len - i);
		if (step == 0 || (unsigned char)copy[i] < ' ' || copy[i] == 0x7f) {
			copy[i] = '?';
		}
		i += step == 0 ? 1 : step;
	}
	return copy;
}

static enum issue_level level_of(const char *code)
{
	if (code[0] == 'E') {
		return ISSUE_ERROR;
	}
	return code[0] == 'W' ? ISSUE_WARNING : ISSUE_NOTE;
}

void issues_add(struct issues *issues, const char *code, const struct file_place *place,
		const char *hint, const char *fmt, ...)
{
	static const struct file_place whole = {.file = "astrad.yaml"};
	char text[TEXT_BYTES];
	va_list args;
	place = place ? place : &whole;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* a cut text is still a finding */
	va_end(args);
	if (!remember(issues, hash_issue(code, place, text))) {
		return;
	}
	enum issue_level level = level_of(code);
	issues->errors += level == ISSUE_ERROR;
	issues->warnings += level == ISSUE_WARNING;
	if (issues->count == ISSUES_MAX) {
		issues->dropped++;
		return;
	}
	issues->is_sorted = false;
	issues->items[issues->count++] = (struct issue){
		.level = level,
		.code = arena_strdup(issues->arena, code),
		.place = {.file = clean(issues->arena, place->file),
			  .line = place->line,
			  .column = place->column},
		.text = clean(issues->arena, text),
		.hint = clean(issues->arena, hint),
	};
}

size_t issues_errors(const struct issues *issues)
{
	return issues->errors;
}

size_t issues_warnings(const struct issues *issues)
{
	return issues->warnings;
}

size_t issues_count(const struct issues *issues)
{
	return issues->count;
}

struct issue_counts *issues_counts(struct issues *issues)
{
	return &issues->counts;
}

/* astrad.yaml first: the other files are read because of it. */
static int compare_files(const char *a, const char *b)
{
	bool a_is_deep = strchr(a, '/') != NULL;
	bool b_is_deep = strchr(b, '/') != NULL;
	if (a_is_deep != b_is_deep) {
		return a_is_deep ? 1 : -1;
	}
	return strcmp(a, b);
}

static int compare_issues(const void *left, const void *right)
{
	const struct issue *a = left;
	const struct issue *b = right;
	int order = compare_files(a->place.file, b->place.file);
	if (order != 0) {
		return order;
	}
	if (a->place.line != b->place.line) {
		return a->place.line < b->place.line ? -1 : 1;
	}
	if (a->place.column != b->place.column) {
		return a->place.column < b->place.column ? -1 : 1;
	}
	order = strcmp(a->code, b->code);
	return order != 0 ? order : strcmp(a->text, b->text);
}

const struct issue *issues_get(struct issues *issues, size_t i)
{
	if (!issues->is_sorted) {
		qsort(issues->items, issues->count, sizeof(issues->items[0]), compare_issues);
		issues->is_sorted = true;
	}
	return &issues->items[i];
}

static const char *level_name(enum issue_level level)
{
	static const char *const names[] = {
		[ISSUE_ERROR] = "error", [ISSUE_WARNING] = "warning", [ISSUE_NOTE] = "note"};
	return names[level];
}

static void print_text(struct issues *issues, struct buf *out)
{
	for (size_t i = 0; i < issues->count; i++) {
		const struct issue *issue = issues_get(issues, i);
		buf_add_text(out, issue->place.file);
		if (issue->place.line > 0) {
			buf_printf(out, ":%d:%d", issue->place.line, issue->place.column);
		}
		buf_printf(out, ": %s %s %s", level_name(issue->level), issue->code, issue->text);
		if (issue->hint) {
			buf_printf(out, " (%s)", issue->hint);
		}
		buf_add_text(out, "\n");
	}
	if (issues->dropped > 0) {
		buf_printf(out, "%zu further findings are not shown\n", issues->dropped);
	}
	const struct issue_counts *counts = &issues->counts;
	buf_printf(out, "%zu error%s, %zu warning%s (%zu file%s, %zu channel%s, %zu polic%s)\n",
		   issues->errors, issues->errors == 1 ? "" : "s", issues->warnings,
		   issues->warnings == 1 ? "" : "s", counts->files, counts->files == 1 ? "" : "s",
		   counts->channels, counts->channels == 1 ? "" : "s", counts->policies,
		   counts->policies == 1 ? "y" : "ies");
}

static void print_json(struct issues *issues, struct buf *out)
{
	json_t *list = json_array();
	for (size_t i = 0; i < issues->count; i++) {
		const struct issue *issue = issues_get(issues, i);
		json_t *item =
			json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s?}", "file", issue->place.file,
				  "line", issue->place.line, "column", issue->place.column,
				  "severity", level_name(issue->level), "code", issue->code, "text",
				  issue->text, "hint", issue->hint);
		(void)json_array_append_new(list, item); /* all of it is UTF-8: see clean */
	}
	const struct issue_counts *counts = &issues->counts;
	json_t *all = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:o}", "ok", issues->errors == 0,
				"errors", (json_int_t)issues->errors, "warnings",
				(json_int_t)issues->warnings, "files", (json_int_t)counts->files,
				"channels", (json_int_t)counts->channels, "policies",
				(json_int_t)counts->policies, "issues", list);
	char *text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	buf_add_text(out, text ? text : "{}");
	buf_add_text(out, "\n");
	free(text);
}

void issues_print(struct issues *issues, bool as_json, struct buf *out)
{
	if (as_json) {
		print_json(issues, out);
	} else {
		print_text(issues, out);
	}
}
