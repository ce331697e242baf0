/*
 * The bare baseline of deliveries: what these parts can do on this machine with nothing around
 * them. One thread claims rows and stores results in SQLite (WAL, synchronous=FULL), both in the
 * transaction that comes next; a row is claimed durably before it is sent and its result, with a
 * row of the attempt, is stored durably before its slot is free, as in astrad. The main thread
 * sends with a curl multi in an epoll loop. No signatures, look-ups, gates, retries or logs.
 *
 *	bench_bare_outbox DATABASE URL DELIVERIES SLOTS        prints {"seconds":S}
 */
#include <curl/curl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define BODY_BYTES 1024
#define SLOTS_MAX  1024

struct slot {
	struct slot *next;
	CURL *curl;
	int64_t id; /* of the delivery it holds, 0 = none yet */
	int status;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct slot *finished, *claimed; /* under lock */
static int claimed_fd, epoll;
static sqlite3 *db;
static CURLM *multi;
static int64_t timeout_ns; /* of the multi, absolute; 0 = none */
static long left;
static struct curl_slist *headers;
static char body[BODY_BYTES];

static int64_t now_ns(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void must(int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE) {
		(void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *stmt;

	must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL));
	return stmt;
}

static void run(sqlite3_stmt *stmt)
{
	must(sqlite3_step(stmt));
	must(sqlite3_reset(stmt));
}

/* --- the thread of the database --- */

static void store_result(sqlite3_stmt *update, sqlite3_stmt *insert, const struct slot *slot)
{
	must(sqlite3_bind_int64(update, 1, slot->id));
	run(update);
	must(sqlite3_bind_int64(insert, 1, slot->id));
	must(sqlite3_bind_int(insert, 2, slot->status));
	run(insert);
}

/* Gives the slot the next row; false when there is none: then the slot rests. */
static bool claim(sqlite3_stmt *find, sqlite3_stmt *mark, struct slot *slot)
{
	int code = sqlite3_step(find);

	slot->id = code == SQLITE_ROW ? sqlite3_column_int64(find, 0) : 0;
	must(sqlite3_reset(find));
	if (slot->id != 0) {
		must(sqlite3_bind_int64(mark, 1, slot->id));
		run(mark);
	}
	return slot->id != 0;
}

static void hand_over(struct slot *batch)
{
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&lock);
	while (batch != NULL) {
		struct slot *next = batch->next;

		batch->next = claimed;
		claimed = batch;
		batch = next;
	}
	(void)pthread_mutex_unlock(&lock);
	if (write(claimed_fd, &one, sizeof(one)) < 0) {
		exit(1);
	}
}

static struct slot *wait_finished(void)
{
	struct slot *batch;

	(void)pthread_mutex_lock(&lock);
	while (finished == NULL) {
		(void)pthread_cond_wait(&wake, &lock);
	}
	batch = finished;
	finished = NULL;
	(void)pthread_mutex_unlock(&lock);
	return batch;
}

static void *store(void *arg)
{
	sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE");
	sqlite3_stmt *end = prepare("COMMIT");
	sqlite3_stmt *find = prepare("SELECT id FROM delivery WHERE state = 1 ORDER BY id LIMIT 1");
	sqlite3_stmt *mark = prepare("UPDATE delivery SET state = 2 WHERE id = ?1");
	sqlite3_stmt *update = prepare("UPDATE delivery SET state = 3 WHERE id = ?1");
	sqlite3_stmt *insert = prepare("INSERT INTO attempt (delivery, status) VALUES (?1, ?2)");

	for (long unstored = *(const long *)arg; unstored > 0;) {
		struct slot *batch = wait_finished();
		struct slot *full = NULL;
		struct slot *next;

		run(begin);
		for (struct slot *slot = batch; slot != NULL; slot = next) {
			next = slot->next;
			if (slot->id != 0) {
				store_result(update, insert, slot);
				unstored--;
			}
			if (claim(find, mark, slot)) {
				slot->next = full;
				full = slot;
			}
		}
		run(end);
		hand_over(full);
	}
	return NULL;
}

/* --- the loop --- */

static size_t ignore(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * count;
}

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *known)
{
	struct epoll_event event = {.data.fd = fd};

	(void)curl;
	(void)arg;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events =
		(what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	(void)epoll_ctl(epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
	curl_multi_assign(multi, fd, &epoll);
	return 0;
}

static int on_timer(CURLM *of, long ms, void *arg)
{
	(void)of;
	(void)arg;
	timeout_ns = ms < 0 ? 0 : now_ns() + ms * 1000000;
	return 0;
}

static void send_claimed(void)
{
	struct slot *batch;
	uint64_t total;

	if (read(claimed_fd, &total, sizeof(total)) < 0) {
		return;
	}
	(void)pthread_mutex_lock(&lock);
	batch = claimed;
	claimed = NULL;
	(void)pthread_mutex_unlock(&lock);
	while (batch != NULL) {
		struct slot *next = batch->next;

		curl_multi_add_handle(multi, batch->curl);
		batch = next;
	}
}

static void collect(void)
{
	struct slot *batch = NULL;
	CURLMsg *message;
	int more;

	while ((message = curl_multi_info_read(multi, &more)) != NULL) {
		CURL *curl = message->easy_handle;
		struct slot *slot;
		long status = 0;

		if (message->data.result != CURLE_OK) {
			(void)fprintf(stderr, "%s\n", curl_easy_strerror(message->data.result));
			exit(1);
		}
		curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&slot);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		curl_multi_remove_handle(multi, curl);
		slot->status = (int)status;
		slot->next = batch;
		batch = slot;
		left--;
	}
	(void)pthread_mutex_lock(&lock);
	while (batch != NULL) {
		struct slot *next = batch->next;

		batch->next = finished;
		finished = batch;
		batch = next;
	}
	(void)pthread_cond_signal(&wake);
	(void)pthread_mutex_unlock(&lock);
}

static void turn(void)
{
	struct epoll_event events[256];
	int64_t wait_ns = timeout_ns == 0 ? 1000000000 : timeout_ns - now_ns();
	int running;
	int n = epoll_wait(epoll, events, 256, wait_ns <= 0 ? 0 : (int)(wait_ns / 1000000) + 1);

	for (int i = 0; i < n; i++) {
		int flags = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			    (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);

		if (events[i].data.fd == claimed_fd) {
			send_claimed();
		} else {
			curl_multi_socket_action(multi, events[i].data.fd, flags, &running);
		}
	}
	if (timeout_ns != 0 && now_ns() >= timeout_ns) {
		timeout_ns = 0;
		curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	collect();
}

static void make_slots(const char *url, long count)
{
	struct slot *slots = calloc((size_t)count, sizeof(*slots));

	headers = curl_slist_append(NULL, "content-type: application/json");
	memset(body, 'x', sizeof(body));
	for (long i = 0; i < count; i++) {
		CURL *curl = curl_easy_init();

		slots[i].curl = curl;
		curl_easy_setopt(curl, CURLOPT_URL, url);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)sizeof(body));
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
		curl_easy_setopt(curl, CURLOPT_PRIVATE, &slots[i]);
		slots[i].next = finished;
		finished = &slots[i];
	}
}

static void make_rows(const char *path, long count)
{
	sqlite3_stmt *insert;

	must(sqlite3_open(path, &db));
	must(sqlite3_exec(
		db,
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"CREATE TABLE IF NOT EXISTS delivery (id INTEGER PRIMARY KEY, state INTEGER);"
		"CREATE INDEX IF NOT EXISTS due ON delivery (id) WHERE state = 1;"
		"CREATE TABLE IF NOT EXISTS attempt (delivery INTEGER, status INTEGER); BEGIN",
		NULL, NULL, NULL));
	insert = prepare("INSERT INTO delivery (state) VALUES (1)");
	for (long i = 0; i < count; i++) {
		run(insert);
	}
	must(sqlite3_finalize(insert));
	must(sqlite3_exec(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL));
}

int main(int argc, char **argv)
{
	struct epoll_event event = {.events = EPOLLIN};
	int64_t began_ns;
	pthread_t thread;
	long count;

	if (argc != 5 || (count = strtol(argv[3], NULL, 10)) < 1 ||
	    strtol(argv[4], NULL, 10) > SLOTS_MAX) {
		return 2;
	}
	left = count;
	curl_global_init(CURL_GLOBAL_ALL);
	make_rows(argv[1], count);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	claimed_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	event.data.fd = claimed_fd;
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, claimed_fd, &event);
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)SLOTS_MAX);
	make_slots(argv[2], strtol(argv[4], NULL, 10));
	began_ns = now_ns();
	(void)pthread_create(&thread, NULL, store, &count);
	while (left > 0) {
		turn();
	}
	(void)pthread_join(thread, NULL);
	(void)printf("{\"seconds\":%.6f}\n", (double)(now_ns() - began_ns) / 1e9);
	return 0;
}
