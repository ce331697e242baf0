/* The program: builds its rooms in order, tears them down in reverse, and wires what neighbours
 * tell each other. */
#ifndef ASTRAD_APP_H
#define ASTRAD_APP_H

#include <stdbool.h>

enum app_what { APP_RUN = 1, APP_CHECK, APP_INIT, APP_VERSION };

struct app_words {
	enum app_what what;
	const char *config; /* path of astrad.yaml */
	bool as_json;       /* --format json */
};

/* The exit status: 0, or 1 with the reason on stderr. */
int app_main(const struct app_words *words);

#endif
