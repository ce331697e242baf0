/*
 * One file of policies.d from anybody, in a configuration that is good without it: the load tells
 * an error or gives a snapshot, and the same files give the same snapshot again. The folder lives
 * as long as the process.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "unit/settings/rig.h"

static struct rig rig;

static void remove_folder(void)
{
	rig_destroy(&rig);
}

static void write_policy(const uint8_t *data, size_t size)
{
	AUTO(free) char *path = xasprintf("%s/policies.d/any.yaml", rig.folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct issues *issues = issues_create();
	AUTO(buf) struct buf first = {0};
	AUTO(buf) struct buf second = {0};

	if (!rig.folder[0]) {
		rig_create(&rig);
		(void)atexit(remove_folder);
	}
	write_policy(data, size);
	struct settings *settings = rig_load(&rig, issues);
	assert(!settings == (issues_errors(issues) > 0));
	if (settings) {
		struct settings *again = rig_load_good(&rig);

		settings_print(settings, &first);
		settings_print(again, &second);
		assert(strcmp(buf_text(&first), buf_text(&second)) == 0);
		assert(settings_diff(settings, again, &(struct words){0}, issues));
		settings_unref(&again);
		settings_unref(&settings);
	}
	issues_destroy(&issues);
	return 0;
}
