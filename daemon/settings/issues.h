/*
 * What a check found: every error of every file at once, with file, line, column, code and hint.
 * `astrad --check` prints them; a refused reload tells them. Texts hold names, paths and words of
 * the files, never a secret's content. CONTRACT section 1, DELIVERY section 6.
 */
#ifndef ASTRAD_SETTINGS_ISSUES_H
#define ASTRAD_SETTINGS_ISSUES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

enum issue_level { ISSUE_ERROR = 1, ISSUE_WARNING, ISSUE_NOTE };

/* Where in the files. line and column count from 1; 0 = the file as a whole. */
struct file_place {
	const char *file; /* relative to astrad.yaml's folder */
	int line;
	int column;
};

struct issue {
	enum issue_level level;
	const char *code; /* "E104": one meaning for ever, listed in config/README.md */
	struct file_place place;
	const char *text; /* "policy names unknown channel \"smss\"" */
	const char *hint; /* "did you mean \"sms\"?" or NULL */
};

/* How much was read, for the closing line. */
struct issue_counts {
	size_t files;
	size_t channels;
	size_t policies;
};

struct issues;

struct issues *issues_create(void) RETURNS_NONNULL;
void issues_destroy(struct issues **issues); /* NULL is fine; sets NULL */
/* Everything is copied. A finding equal to an earlier one (same place, code, text) is dropped; past
 * ISSUES_MAX findings are only counted. The level comes from the code's first letter.
 * place NULL: nowhere in particular, told of astrad.yaml. */
void issues_add(struct issues *issues, const char *code, const struct file_place *place,
		const char *hint, const char *fmt, ...) PRINTF_LIKE(5, 6);
#define ISSUES_MAX 1000

size_t issues_errors(const struct issues *issues);
size_t issues_warnings(const struct issues *issues);
size_t issues_count(const struct issues *issues); /* those that are kept */
/* By file, line and column. i < issues_count. Lives as long as the issues. */
const struct issue *issues_get(struct issues *issues, size_t i) RETURNS_NONNULL;
struct issue_counts *issues_counts(struct issues *issues) RETURNS_NONNULL;

/*
 * Text: one line an issue, `file:line:col: error CODE text (hint)`, then the closing line
 * `2 errors, 1 warning (6 files, 11 channels, 4 policies)`.
 * JSON: {"ok", "errors", "warnings", "files", "channels", "policies", "issues": [{"file", "line",
 * "column", "severity", "code", "text", "hint"}]}, one line.
 */
void issues_print(struct issues *issues, bool as_json, struct buf *out);

/* Every code with its meaning, for the reference. Ends with a row whose code is NULL. */
struct issue_code {
	const char *code;
	const char *meaning;
};
extern const struct issue_code issue_codes[];

#endif
