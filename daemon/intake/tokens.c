/*
 * Tokens in memory: a table of hashes, replaced whole by each load. Expiry is asked at each
 * look-up, so a token ends at its time without a load. A load that fails keeps the table that is
 * there and tries again.
 */
#include "intake/tokens.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/log.h"
#include "base/runq.h"
#include "store/people.h"

#define RETRY_MS 1000

struct row {
	uint8_t hash[SECRET_HASH_BYTES];
	struct principal principal;
	int64_t expires_utc_ms;
};

struct waiter {
	struct list link; /* tokens::waiting or tokens::loading */
	loop_fn *fn;
	void *arg;
};

struct tokens {
	struct store *store;
	struct loop *loop;
	struct row *rows; /* sorted by hash */
	size_t count;
	bool has_any; /* revoked and expired ones too */
	bool is_loading;
	bool is_stale;
	struct list waiting; /* struct waiter::link: for the next load */
	struct list loading; /* struct waiter::link: for the one under way */
	struct runq_item retry;
};

static void load(void *arg);

struct tokens *tokens_create(struct store *store, struct loop *loop)
{
	struct tokens *tokens = xcalloc(1, sizeof(*tokens));

	tokens->store = store;
	tokens->loop = loop;
	list_init(&tokens->waiting);
	list_init(&tokens->loading);
	runq_item_init(&tokens->retry, load, tokens);
	return tokens;
}

static void drop_waiters(struct list *list)
{
	struct list *node;

	while ((node = list_take_first(list)) != NULL) {
		free(LIST_ENTRY(node, struct waiter, link));
	}
}

void tokens_destroy(struct tokens **tokens)
{
	struct tokens *gone = take_ptr(tokens);

	if (gone == NULL) {
		return;
	}
	runq_cancel(loop_runq(gone->loop), &gone->retry);
	drop_waiters(&gone->waiting);
	drop_waiters(&gone->loading);
	free(gone->rows);
	free(gone);
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(((const struct row *)a)->hash, ((const struct row *)b)->hash,
		      SECRET_HASH_BYTES);
}

static int compare_person(const void *id, const void *row)
{
	return strcmp(id, ((const struct store_person_row *)row)->id);
}

static bool is_disabled(const struct store_people_load_out *out, const char *person)
{
	const struct store_person_row *found =
		out->person_count == 0 ? NULL
				       : bsearch(person, out->persons, out->person_count,
						 sizeof(*out->persons), compare_person);

	return found == NULL || found->disabled_utc_ms != 0;
}

static void fill_row(struct row *row, const struct store_token_row *token)
{
	memcpy(row->hash, token->hash, sizeof(row->hash));
	row->expires_utc_ms = token->expires_utc_ms;
	row->principal.role = token->role;
	row->principal.token = token->id;
	(void)snprintf(row->principal.person, AUTH_NAME_BYTES, "%s",
		       token->person != NULL ? token->person : "");
	(void)snprintf(row->principal.partner, AUTH_NAME_BYTES, "%s",
		       token->partner != NULL ? token->partner : "");
}

static void take(struct tokens *tokens, const struct store_people_load_out *out)
{
	free(tokens->rows);
	tokens->rows = xcalloc(out->token_count + 1, sizeof(*tokens->rows));
	tokens->count = 0;
	tokens->has_any = out->token_count > 0;
	for (size_t i = 0; i < out->token_count; i++) {
		const struct store_token_row *token = &out->tokens[i];

		if (token->revoked_utc_ms == 0 &&
		    (token->person == NULL || !is_disabled(out, token->person))) {
			fill_row(&tokens->rows[tokens->count++], token);
		}
	}
	qsort(tokens->rows, tokens->count, sizeof(*tokens->rows), compare_rows);
}

static void tell_waiters(struct tokens *tokens)
{
	struct list *node;

	while ((node = list_take_first(&tokens->loading)) != NULL) {
		struct waiter *waiter = LIST_ENTRY(node, struct waiter, link);

		waiter->fn(waiter->arg);
		free(waiter);
	}
}

static void on_loaded(struct store_call *call)
{
	struct tokens *tokens = call->ctx;

	tokens->is_loading = false;
	if (!call->ok) {
		log_error("tokens not loaded, trying again", "code=%s",
			  error_code_name(call->err.code));
		runq_schedule_in(loop_runq(tokens->loop), &tokens->retry, RETRY_MS);
		return;
	}
	take(tokens, call->out);
	tell_waiters(tokens);
	if (tokens->is_stale) {
		load(tokens);
	}
}

static void load(void *arg)
{
	struct tokens *tokens = arg;
	struct store_call *call;
	struct list *node;

	if (tokens->is_loading) {
		tokens->is_stale = true;
		return;
	}
	tokens->is_loading = true;
	tokens->is_stale = false;
	while ((node = list_take_first(&tokens->waiting)) != NULL) {
		list_append(&tokens->loading, node);
	}
	call = store_call_create(tokens->store, &store_people_load, on_loaded, tokens);
	((struct store_people_load_in *)call->in)->with_revoked = true;
	store_submit(call);
}

void tokens_load(struct tokens *tokens)
{
	load(tokens);
}

void tokens_when_fresh(struct tokens *tokens, loop_fn *fn, void *arg)
{
	struct waiter *waiter = xcalloc(1, sizeof(*waiter));

	waiter->fn = fn;
	waiter->arg = arg;
	list_append(&tokens->waiting, &waiter->link);
	load(tokens);
}

bool tokens_find(const uint8_t hash[SECRET_HASH_BYTES], struct principal *ret_principal, void *arg)
{
	const struct tokens *tokens = arg;
	struct row key = {0};
	const struct row *row;

	memcpy(key.hash, hash, sizeof(key.hash));
	row = tokens->count == 0
		      ? NULL
		      : bsearch(&key, tokens->rows, tokens->count, sizeof(key), compare_rows);
	if (row == NULL || (row->expires_utc_ms != 0 &&
			    row->expires_utc_ms <= clock_utc_ms(loop_clock(tokens->loop)))) {
		return false;
	}
	*ret_principal = row->principal;
	return true;
}

bool tokens_has_any(void *arg)
{
	return ((const struct tokens *)arg)->has_any;
}
