/* A connection's inside, for conn.c (its life) and conn_read.c (its input). */
#ifndef ASTRAD_INTAKE_CONN_PRIVATE_H
#define ASTRAD_INTAKE_CONN_PRIVATE_H

#include "base/list.h"
#include "base/runq.h"
#include "intake/conn.h"
#include "intake/head.h"
#include "intake/intake_private.h"
#include "intake/request.h"
#include "intake/wire.h"

enum conn_state {
	CONN_HEAD,
	CONN_BODY,
	CONN_RUNNING,
	CONN_WRITING,
	CONN_IDLE,
	CONN_LINGERING,
	CONN_CLOSED,
	CONN_STATE_COUNT,
};

struct conn {
	struct intake *intake;
	struct bufferevent *transport;
	struct peer peer;
	struct place place;
	struct list link;         /* intake's conns, then closed */
	struct list waiting_link; /* intake's waiting */
	struct runq_item deadline;
	enum conn_state state;
	struct head head;
	struct wire *wire;
	struct request *request;  /* while body, or running */
	int64_t writing_until_ms; /* boot clock */
	size_t unsent;            /* at the last look */
	bool is_body_read;        /* nothing of the present request is left in the input */
	bool is_closing;          /* after the answer */
	bool has_ended;           /* the peer sends no more */
	bool is_advancing;
};

/* Goes to the state and sets its deadline; asserts that the table of transitions has it. */
void conn_enter(struct conn *conn, enum conn_state state);
/* Closes now and frees in the next turn; a running request is cut loose. */
void conn_close(struct conn *conn);
/* Goes on as long as there is input to work on; does nothing when called from inside itself. */
void conn_advance(struct conn *conn);

#endif
