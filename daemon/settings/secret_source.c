/*
 * {file: PATH}, {env: NAME}, {credential: NAME} made into the secret's content.
 *
 * The content lives in the snapshot's arena, which is wiped with it. Files are read again at each
 * load, so a reload brings a rotated secret; a credential is a copy the service manager made at the
 * start. `astrad --check` in a shell has no credentials: it says what it could not look at and goes
 * on; the start itself fails closed.
 */
#include "settings/secret_source.h"

#include <stdlib.h>
#include <string.h>

#include "settings/file.h"

static const char *path_of(struct walker *walk, const char *text)
{
	return text[0] == '/' ? text : arena_printf(walk->arena, "%s/%s", walk->folder, text);
}

/* Copies the content without its final newline; why it is no secret, or NULL. */
static const char *copy_content(struct arena *arena, struct bytes content, const char **ret_text)
{
	size_t len = content.len;
	if (len > 0 && content.data[len - 1] == '\n') {
		len--;
	}
	if (len > 0 && content.data[len - 1] == '\r') {
		len--;
	}
	if (len == 0) {
		return "the secret is empty";
	}
	if (memchr(content.data, '\0', len)) {
		return "the secret holds a zero byte";
	}
	*ret_text = arena_memdup(arena, content.data, len);
	return NULL;
}

static bool take_content(struct walker *walk, const struct node *node, struct bytes content,
			 const char **ret_text)
{
	const char *why = copy_content(walk->arena, content, ret_text);
	if (why) {
		issues_add(walk->issues, "E202", &node->place, NULL, "%s", why);
	}
	return why == NULL;
}

/* A secret that others can read or change is none. Credentials are guarded by their folder. */
static void check_mode(struct walker *walk, const struct node *node, mode_t mode)
{
	if (mode & (S_IROTH | S_IWOTH | S_IWGRP)) {
		issues_add(walk->issues, "E203", &node->place, "chmod 600",
			   "the secret's file can be %s by %s",
			   mode & (S_IWOTH | S_IWGRP) ? "changed" : "read",
			   mode & (S_IROTH | S_IWOTH) ? "everyone" : "its group");
	} else if (mode & S_IRGRP) {
		issues_add(walk->issues, "W204", &node->place,
			   "chmod 600, or make sure that the group is the daemon's alone",
			   "the secret's file can be read by its group");
	}
}

static bool read_path(struct walker *walk, const struct row *row, const struct node *node,
		      bool is_credential, struct secret_source *source)
{
	AUTO(buf) struct buf content = {.limit = SECRET_SOURCE_BYTES};
	struct stat found;
	const char *why;
	if (!file_read(source->path, &content, &found, &why)) {
		if (walk->is_init && (row->flags & ROW_MADE_BY_INIT)) {
			return true;
		}
		const char *hint = is_credential ? "the service manager gives it: LoadCredential="
						 : "astrad --init makes it";
		bool has_hint = is_credential || (row->flags & ROW_MADE_BY_INIT);
		issues_add(walk->issues, "E202", &node->place, has_hint ? hint : NULL,
			   "cannot read the secret: %s", why);
		return false;
	}
	if (!is_credential) {
		check_mode(walk, node, found.st_mode);
	}
	return take_content(walk, node, (struct bytes){content.data, content.len}, &source->text);
}

static bool read_credential(struct walker *walk, const struct row *row, const struct node *node,
			    struct secret_source *source)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	if (strchr(node->text, '/') || node->text[0] == '.') {
		issues_add(walk->issues, "E202", &node->place, NULL,
			   "a credential is a name, not a path");
		return false;
	}
	issues_add(walk->issues, "N205", &node->place, NULL,
		   "credential \"%s\" is fixed until restart", node->text);
	if (!folder) {
		issues_add(walk->issues, walk->is_check ? "W206" : "E202", &node->place,
			   "the service manager sets it: LoadCredential=",
			   "CREDENTIALS_DIRECTORY is not set: credential \"%s\" was not looked at",
			   node->text);
		return walk->is_check;
	}
	source->path = arena_printf(walk->arena, "%s/%s", folder, node->text);
	return read_path(walk, row, node, true, source);
}

static bool read_env(struct walker *walk, const struct node *node, struct secret_source *source)
{
	const char *content = getenv(node->text);
	if (!format_variable.fits(node->text)) {
		issues_add(walk->issues, "E102", &node->place, NULL,
			   "the name of a variable must be %s", format_variable.what);
		return false;
	}
	if (!content) {
		issues_add(walk->issues, walk->is_check ? "W206" : "E202", &node->place, NULL,
			   "the environment has no %s", node->text);
		return walk->is_check;
	}
	return take_content(walk, node, (struct bytes){content, strlen(content)}, &source->text);
}

bool secret_source_again(const char *path, struct arena *arena, const char **ret_text,
			 struct error *err)
{
	AUTO(buf) struct buf content = {.limit = SECRET_SOURCE_BYTES};
	struct stat found;
	const char *why;
	if (file_read(path, &content, &found, &why)) {
		bool is_open = found.st_mode & (S_IROTH | S_IWOTH | S_IWGRP);
		why = is_open ? "others can read or change it"
			      : copy_content(arena, (struct bytes){content.data, content.len},
					     ret_text);
	}
	return why == NULL || error_set(err, ERROR_INVALID, "%s: %s", path, why);
}

bool secret_source_read(struct walker *walk, const struct row *row, const struct node *node,
			struct secret_source *ret_source)
{
	const char *const inline_text =
		"inline secret; use {file: PATH}, {env: NAME} or {credential: NAME}";
	if (node->kind == NODE_SCALAR) {
		issues_add(walk->issues, "E201", &node->place, NULL, "%s", inline_text);
		return false;
	}
	bool is_single = node->kind == NODE_MAP && node->count == 1 &&
			 node->entries[0].value->kind == NODE_SCALAR &&
			 node->entries[0].value->text[0] != '\0';
	const char *kind = is_single ? node->entries[0].key->text : "";
	bool is_file = strcmp(kind, "file") == 0;
	bool is_env = strcmp(kind, "env") == 0;
	if (!is_file && !is_env && strcmp(kind, "credential") != 0) {
		issues_add(walk->issues, "E102", &node->place, NULL,
			   "%s must be one of {file: PATH}, {env: NAME} or {credential: NAME}",
			   row->path);
		return false;
	}
	const struct node *what = node->entries[0].value;
	struct secret_source source = {
		.source = arena_printf(walk->arena, "%s: %s", kind, what->text)};
	bool is_read;
	if (is_file) {
		source.path = path_of(walk, what->text);
		is_read = read_path(walk, row, what, false, &source);
	} else {
		is_read = is_env ? read_env(walk, what, &source)
				 : read_credential(walk, row, what, &source);
	}
	if (is_read) {
		*ret_source = source;
	}
	return is_read;
}
