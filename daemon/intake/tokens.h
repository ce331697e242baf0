/*
 * The token table in memory, by keyed hash: what intake/auth.h asks for each request. Loaded whole
 * from the store at start and after each change; until the first load nobody has a token.
 */
#ifndef ASTRAD_INTAKE_TOKENS_H
#define ASTRAD_INTAKE_TOKENS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/loop.h"
#include "intake/auth.h"
#include "store/store.h"

struct tokens;

/* Borrows store and loop. */
struct tokens *tokens_create(struct store *store, struct loop *loop) RETURNS_NONNULL;
void tokens_destroy(struct tokens **tokens); /* no load may be under way: after store_close */
/* Persons or tokens changed: load again. Changes during a load make it load once more. */
void tokens_load(struct tokens *tokens);
/* Calls fn when everything committed before this call is in the table: so a token works when its
 * answer arrives. */
void tokens_when_fresh(struct tokens *tokens, loop_fn *fn, void *arg);
/* For struct auth_source; `arg` is the tokens. */
bool tokens_find(const uint8_t hash[SECRET_HASH_BYTES], struct principal *ret_principal, void *arg);
bool tokens_has_any(void *arg);

#endif
