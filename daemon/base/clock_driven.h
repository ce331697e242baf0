/*
 * A clock that a test drives from outside the process, in the test-hooks build only: whole days of
 * a real daemon in seconds, and no machine's clock is ever set.
 *
 * ASTRAD_CLOCK="PATH[;command]...": PATH is a Unix datagram socket that the daemon makes; the
 * commands are carried out at once, before anything asks for the time. Later each datagram to PATH
 * is one command and is answered with one datagram (a Python test binds its socket to "" for that):
 *
 *   get              nothing but the answer
 *   hold             both clocks stand
 *   flow             both clocks go on, at the machine's speed (the state at start)
 *   advance MS       both clocks forward
 *   suspend MS       as advance, and the daemon is told of it as after a suspend
 *   utc MS           the wall clock is set (milliseconds since 1970); CLOCK_BOOTTIME is not
 *   boot MS          CLOCK_BOOTTIME is this; at the start only, because it never goes back
 *   synchronised 0|1 what the kernel is said to think of the wall clock (1 at start)
 *
 * Answer: "ok utc_ms=N boot_ms=N flowing=0|1 synchronised=0|1 next_due_boot_ms=N|none", or "error
 * TEXT" and nothing has changed. It is sent when the loop has run every deadline that the command
 * made due, so `advance` to next_due_boot_ms walks from event to event. Work that those deadlines
 * started (a commit, a transfer) may still run: wait for its effect. Time-outs inside libcurl and
 * libevent's bufferevents stay on the machine's clock.
 *
 * A test that kills the daemon and starts it again hands over the time it read last:
 * "PATH;hold;utc N;boot N".
 */
#ifndef ASTRAD_BASE_CLOCK_DRIVEN_H
#define ASTRAD_BASE_CLOCK_DRIVEN_H

#include "base/clock.h"
#include "base/error.h"
#include "base/loop.h"

struct clock_driven;

/* NULL on failure: a bad command, or the socket cannot be made. */
struct clock_driven *clock_driven_create(const char *spec, struct error *err) MUST_USE;
/* Removes the socket. After detach, and after everything that holds the clock. */
void clock_driven_destroy(struct clock_driven **driven);
/* Borrowed; may be asked by any thread. */
const struct clock *clock_driven_clock(const struct clock_driven *driven) RETURNS_NONNULL;
/* Serves the socket in this loop, which must have been made with this clock. */
void clock_driven_attach(struct clock_driven *driven, struct loop *loop);
void clock_driven_detach(struct clock_driven *driven);

#endif
