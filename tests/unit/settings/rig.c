#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugins.h"
#include "rig.h"
#include "settings/file.h"

static const char *const files[] = {
	"astrad.yaml",
	"partners.d/astra.yaml",
	"partners.d/bolnica-ns.yaml",
	"partners.d/mup-ns.yaml",
	"channels.d/bolnica-ns.yaml",
	"channels.d/duty.yaml",
	"channels.d/log.yaml",
	"channels.d/mup-ns.yaml",
	"policies.d/restricted.yaml",
	"policies.d/wide.yaml",
	"areas/serbia.geojson",
	"secrets/bolnica-ns",
	"secrets/mup-ns.new",
	"secrets/mup-ns.old",
	"secrets/mup-ca.pem",
	"secrets/us.key",
	"secrets/us.pem",
};

static const char *const folders[] = {"partners.d", "channels.d", "policies.d", "areas", "secrets"};

/* Call by call: a test that could not read its own files must not go on. */
static void read_whole(const char *path, struct buf *out)
{
	const char *why = "";
	if (!file_read(path, out, NULL, &why)) {
		fail_msg("%s: %s", path, why);
	}
}

void rig_write(const struct rig *rig, const char *file, const char *content)
{
	AUTO(free) char *path = xasprintf("%s/%s", rig->folder, file);
	if (!content) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(close(fd), 0);
}

void rig_change(const struct rig *rig, const char *file, const char *from, const char *to)
{
	AUTO(free) char *path = xasprintf("%s/%s", rig->folder, file);
	AUTO(buf) struct buf text = {0};
	AUTO(buf) struct buf changed = {0};
	read_whole(path, &text);
	const char *place = strstr(buf_text(&text), from);
	assert_non_null(place);
	assert_null(strstr(place + 1, from));
	buf_add(&changed, text.data, (size_t)(place - text.data));
	buf_add_text(&changed, to);
	buf_add_text(&changed, place + strlen(from));
	rig_write(rig, file, buf_text(&changed));
}

void rig_create(struct rig *rig)
{
	(void)snprintf(rig->folder, sizeof(rig->folder), "/tmp/astrad-settings-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	(void)snprintf(rig->path, sizeof(rig->path), "%s/astrad.yaml", rig->folder);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		AUTO(free) char *path = xasprintf("%s/%s", rig->folder, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(free) char *path = xasprintf("%s/%s", BASE_DIR, files[i]);
		AUTO(buf) struct buf text = {0};
		read_whole(path, &text);
		rig_write(rig, files[i], buf_text(&text));
	}
	rig_change(rig, "astrad.yaml", "{credential: master}", "{file: secrets/master}");
	rig_write(rig, "secrets/master", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n");
	assert_int_equal(setenv("ASTRAD_TEST_DUTY", "whsec_duty", 1), 0);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info;
	(void)type;
	(void)at;
	return remove(path);
}

void rig_destroy(struct rig *rig)
{
	assert_int_equal(nftw(rig->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

struct settings *rig_load(const struct rig *rig, struct issues *issues)
{
	const struct settings_load how = {.path = rig->path, .plugins = &mock_plugins};
	return settings_load(&how, issues);
}

struct settings *rig_load_good(const struct rig *rig)
{
	AUTO(buf) struct buf out = {0};
	struct issues *issues = issues_create();
	struct settings *settings = rig_load(rig, issues);
	if (!settings) {
		issues_print(issues, false, &out);
		fail_msg("%s", buf_text(&out));
	}
	issues_destroy(&issues);
	return settings;
}

bool rig_has_code(struct issues *issues, const char *code)
{
	for (size_t i = 0; i < issues_count(issues); i++) {
		if (strcmp(issues_get(issues, i)->code, code) == 0) {
			return true;
		}
	}
	return false;
}
