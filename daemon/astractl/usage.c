/* Help, printed from the table of verbs: what is not in the table is not in the help. */
#include "astractl/usage.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

#define COLUMN 42

static const char OPTIONS[] =
	"usage: astractl [--socket PATH | --url URL] [--token-file FILE] [--json] NOUN VERB ...\n"
	"\n"
	"  --socket PATH      the daemon's control socket (ASTRACTL_SOCKET,\n"
	"                     /run/astrad/control.sock); without a token root is an admin there\n"
	"  --url URL          the daemon's address instead, such as http://127.0.0.1:8116\n"
	"                     (ASTRACTL_URL)\n"
	"  --token-file FILE  whose token goes out (ASTRACTL_TOKEN_FILE)\n"
	"  --json             the answer as it came, for programs\n"
	"\n"
	"A name is an id or a ref such as 26-0147-T. A FILE is JSON, - is standard input.\n"
	"Exit status: 0 done, 1 refused, 2 wrong words, 3 no answer.\n"
	"\n";

static void add_names(const struct verb *verb, struct buf *out)
{
	const char *at = verb->path;

	while ((at = strchr(at, '{')) != NULL) {
		buf_add_text(out, " ");
		for (at++; *at != '}'; at++) {
			buf_printf(out, "%c", toupper((unsigned char)*at));
		}
	}
}

static void add_fields(const struct verb *verb, struct buf *out)
{
	for (size_t i = 0; i < VERB_FIELDS && verb->fields[i].flag != NULL; i++) {
		const struct field *field = &verb->fields[i];

		if (field->type == FIELD_WORD) {
			buf_printf(out, " %s...", field->flag);
		} else {
			buf_printf(out, field->is_needed ? " --%s %s" : " [--%s %s]", field->flag,
				   field->type == FIELD_INT ? "N" : "...");
		}
	}
}

static void add_verb(const struct verb *verb, bool with_fields, struct buf *out)
{
	buf_printf(out, "%s%s%s", verb->noun, *verb->verb != '\0' ? " " : "", verb->verb);
	add_names(verb, out);
	if (with_fields) {
		add_fields(verb, out);
	}
	if (verb->takes_file) {
		buf_add_text(out, " FILE");
	}
}

bool usage_has_noun(const char *noun)
{
	for (size_t i = 0; i < verb_count; i++) {
		if (strcmp(verbs[i].noun, noun) == 0) {
			return true;
		}
	}
	return false;
}

void usage_of_verb(const struct verb *verb, FILE *out)
{
	AUTO(buf) struct buf line = {0};

	add_verb(verb, true, &line);
	(void)fprintf(out, "astractl %s\n", buf_text(&line));
}

void usage_of_noun(const char *noun, FILE *out)
{
	for (size_t i = 0; i < verb_count; i++) {
		AUTO(buf) struct buf line = {0};

		if (strcmp(verbs[i].noun, noun) == 0) {
			add_verb(&verbs[i], true, &line);
			(void)fprintf(out, "  %s\n      %s\n", buf_text(&line), verbs[i].help);
		}
	}
}

void usage_all(FILE *out)
{
	(void)fputs(OPTIONS, out);
	for (size_t i = 0; i < verb_count; i++) {
		AUTO(buf) struct buf line = {0};

		add_verb(&verbs[i], false, &line);
		(void)fprintf(out, "  %-*s %s\n", COLUMN, buf_text(&line), verbs[i].help);
	}
	(void)fputs("\nastractl help NOUN tells what its verbs take.\n", out);
}

void usage_help(const char *noun)
{
	if (noun != NULL && usage_has_noun(noun)) {
		usage_of_noun(noun, stdout);
	} else {
		usage_all(stdout);
	}
}
