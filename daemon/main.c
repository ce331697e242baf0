/* astrad: reads its words and hands over to app. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "app.h"

static const char USAGE[] = "usage: astrad --config FILE\n"
			    "       astrad --check [--format text|json] --config FILE\n"
			    "       astrad --init --config FILE\n"
			    "       astrad --version\n";

static const struct option OPTIONS[] = {
	{"config", required_argument, NULL, 'c'},    {"format", required_argument, NULL, 'f'},
	{"check", no_argument, NULL, APP_CHECK},     {"init", no_argument, NULL, APP_INIT},
	{"version", no_argument, NULL, APP_VERSION}, {NULL, 0, NULL, 0},
};

static bool take(struct app_words *words, int letter)
{
	switch (letter) {
	case 'c':
		words->config = optarg;
		return true;
	case 'f':
		words->as_json = strcmp(optarg, "json") == 0;
		return words->as_json || strcmp(optarg, "text") == 0;
	case APP_CHECK:
	case APP_INIT:
	case APP_VERSION:
		words->what = (enum app_what)letter;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct app_words words = {.what = APP_RUN};
	bool is_good = true;
	int letter;

	while ((letter = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
		is_good = is_good && take(&words, letter);
	}
	if (!is_good || optind != argc || (words.config == NULL && words.what != APP_VERSION)) {
		(void)fputs(USAGE, stderr);
		return 2;
	}
	return app_main(&words);
}
