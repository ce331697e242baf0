/*
 * Persons and tokens. A token's secret is never stored: only its keyed hash (store_derive_key
 * "token"), looked up in memory by intake, which loads the whole table at start and after each
 * change.
 */
#ifndef ASTRAD_STORE_PEOPLE_H
#define ASTRAD_STORE_PEOPLE_H

#include "domain/outcome.h"
#include "store/store.h"

struct store_person_create_in {
	const char *id;
	const char *name;
	const char *by;
	int64_t now_utc_ms;
};
struct store_person_create_out {
	struct outcome outcome; /* word = id; ERROR_CONFLICT when the id exists, ERROR_LIMIT beyond
				   LIMIT_PEOPLE */
};
extern const struct store_op store_person_create;

/* Ends all tokens of the person at once. A disabled person's id is never given again. */
struct store_person_disable_in {
	const char *id;
	const char *by;
	int64_t now_utc_ms;
};
struct store_person_disable_out {
	struct outcome outcome; /* count = tokens revoked */
};
extern const struct store_op store_person_disable;

struct store_token_create_in {
	struct id token_id; /* fresh */
	const char *name;
	const char *person;  /* ERROR_INVALID when unknown or disabled */
	const char *partner; /* checked against settings by casework */
	enum role role;
	uint8_t hash[SECRET_HASH_BYTES];
	int64_t expires_utc_ms; /* 0 = never */
	const char *by;
	bool only_first; /* the daemon's own uid: ERROR_DENIED when any token exists */
	int64_t now_utc_ms;
};
struct store_token_create_out {
	struct outcome outcome; /* item_id = token, word = name */
};
extern const struct store_op store_token_create;

struct store_token_revoke_in {
	struct id token_id;
	const char *by;
	int64_t now_utc_ms;
};
struct store_token_revoke_out {
	struct outcome outcome;
};
extern const struct store_op store_token_revoke;

struct store_person_row {
	const char *id;
	const char *name;
	int64_t created_utc_ms;
	int64_t disabled_utc_ms; /* 0 = active */
};
struct store_token_row {
	struct id id;
	const char *name;
	const char *person;  /* or NULL */
	const char *partner; /* or NULL */
	enum role role;
	uint8_t hash[SECRET_HASH_BYTES];                        /* zero in a page */
	int64_t created_utc_ms, expires_utc_ms, revoked_utc_ms; /* 0 = none */
};
/* Everything: a hotline has tens of both; bounded by LIMIT_PEOPLE. READ. */
struct store_people_load_in {
	bool with_revoked;
};
struct store_people_load_out {
	const struct store_person_row *persons; /* in the order of ids */
	size_t person_count;
	const struct store_token_row *tokens;
	size_t token_count;
};
extern const struct store_op store_people_load;

/* Persons in the order of ids, with every token of each, revoked ones too. READ. */
struct store_person_page_in {
	const char *after; /* NULL = from the first */
	int limit;
};
struct store_person_page_out {
	const struct store_person_row *persons;
	size_t person_count;
	bool has_more;
	const struct store_token_row *tokens; /* in the order of persons */
	size_t token_count;
};
extern const struct store_op store_person_page;

/* All tokens, also partners' and revoked ones, oldest first. READ. */
struct store_token_page_in {
	struct id after; /* none = from the first */
	int limit;
};
struct store_token_page_out {
	const struct store_token_row *tokens;
	size_t token_count;
	bool has_more;
};
extern const struct store_op store_token_page;

#endif
