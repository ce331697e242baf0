/* The intake's inside, for the files of the connection layer. Resource files need none of it. */
#ifndef ASTRAD_INTAKE_PRIVATE_H
#define ASTRAD_INTAKE_PRIVATE_H

#include <sys/types.h>

#include "base/list.h"
#include "intake/intake.h"
#include "intake/penalty.h"
#include "intake/places.h"

struct listener;
struct traffic;

struct intake {
	struct intake_config config; /* its texts are owned */
	struct intake_deps deps;
	struct places *places;
	struct penalty *penalty;
	struct traffic *traffic;
	struct listener **listeners; /* config.listen_count, then the Unix socket */
	size_t listener_count;
	struct list conns;   /* struct conn::link: all that are open */
	struct list waiting; /* struct conn::waiting_link: guests that wait for a request, oldest
				first */
	struct list closed;  /* struct conn::link: freed in the next turn */
	struct list running; /* struct request::link: handlers that owe an answer */
	size_t conn_count;
	size_t unplaced; /* of them, those that are only told that they are refused */
	uid_t own_uid;
	char root_name[AUTH_NAME_BYTES]; /* "unix:LOGIN" of root and of our own uid */
	char own_name[AUTH_NAME_BYTES];
	bool is_draining;
};

#endif
