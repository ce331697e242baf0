/*
 * A whole intake under a clock that stands until it is told to move, with connections over socket
 * pairs and a small route table: POST /echo (role operator) answers with its body, POST /held keeps
 * its request, GET /open is open, GET /big answers with RIG_BIG_BYTES.
 */
#ifndef ASTRAD_TESTS_INTAKE_RIG_H
#define ASTRAD_TESTS_INTAKE_RIG_H

#include "base/clock.h"
#include "base/health.h"
#include "base/loop.h"
#include "intake/intake.h"
#include "intake/intake_private.h"
#include "intake/peer.h"
#include "intake/request.h"

#define RIG_HELD      16
#define RIG_BIG_BYTES (8u << 20) /* more than a socket pair holds */

#define RIG_AUTH       "Authorization: Bearer operator-token\r\n"
#define RIG_JSON       "Content-Type: application/json\r\n"
#define RIG_GET        "GET /open HTTP/1.1\r\nHost: a\r\n\r\n"
#define RIG_POST(path) "POST " path " HTTP/1.1\r\nHost: a\r\n" RIG_AUTH RIG_JSON

struct rig {
	struct clock_fake clock;
	struct loop *loop;
	struct health *health;
	struct intake *intake;
	struct request *held[RIG_HELD]; /* by POST /held, for rig_release */
	size_t held_count;
	bool has_tokens;
};

/* config: numbers of its own, or NULL for the defaults. There is one rig at a time. */
void rig_open(struct rig *rig, const struct intake_config *config);
void rig_close(struct rig *rig);
/* The client's end of a new connection from this address; it is closed by the test. */
int rig_connect(struct rig *rig, uint8_t address);
int rig_connect_as(struct rig *rig, const struct peer *peer);
void rig_send(struct rig *rig, int fd, const char *text);
/* Turns until there is nothing to do. */
void rig_turn(struct rig *rig);
void rig_advance(struct rig *rig, int64_t ms);
/* Status of the next answer in what has come; 0 = nothing came, -1 = closed. The rest of the answer
 * stays in rig_text until the next call. */
int rig_status(struct rig *rig, int fd);
const char *rig_text(void);
/* Sends and gives the status. */
int rig_ask(struct rig *rig, int fd, const char *text);
/* Answers what is held. */
void rig_release(struct rig *rig);

#endif
