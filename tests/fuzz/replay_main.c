/*
 * Replays a corpus through a fuzz target without libFuzzer: `fuzz_x FILE-OR-FOLDER...`. So each
 * build, whatever its compiler, runs every stored input as a test. A crash is the failure; an input
 * that cannot be read is one too, or a moved corpus would pass unseen.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_BYTES_MAX (16u << 20)

static size_t replayed;

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(INPUT_BYTES_MAX);
	size_t size;

	if (!file || !data) {
		perror(path);
		exit(1);
	}
	size = fread(data, 1, INPUT_BYTES_MAX, file);
	(void)fclose(file); /* only read */
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
}

static void replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	char name[4096];

	if (!folder) {
		perror(path);
		exit(1);
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.') {
			continue;
		}
		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		replay_file(name);
	}
	(void)closedir(folder); /* only read */
}

int main(int argc, char **argv)
{
	struct stat info;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode)) {
			replay_folder(argv[i]);
		} else {
			replay_file(argv[i]);
		}
	}
	printf("replayed %zu inputs\n", replayed);
	return replayed > 0 ? 0 : 1;
}
