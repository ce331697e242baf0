/* Idempotency-Key, its scope and its fingerprint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "intake/idempotency.h"

static void reads_keys(void **state)
{
	static const struct {
		const char *text;
		const char *key; /* NULL = refused */
		bool is_quoted;
	} ROWS[] = {
		{"\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324",
		 true},
		{"8e03978e", "8e03978e", false},
		{"\"a\"", "a", true},
		{"\"\"", NULL, false},
		{"", NULL, false},
		{"\"", NULL, false},
		{"\"a", NULL, false},
		{"a\"", NULL, false},
		{"\"a\"b\"", NULL, false},
		{"\"a\\\"b\"", NULL, false},
		{"\"a b\"", NULL, false},
		{"a b", NULL, false},
		{"\"đ\"", NULL, false},
		{"\"a\";p=1", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct bytes key;
		bool is_quoted;
		bool is_read = idempotency_parse((struct bytes){ROWS[i].text, strlen(ROWS[i].text)},
						 &key, &is_quoted);

		if (is_read != (ROWS[i].key != NULL)) {
			fail_msg("%s", ROWS[i].text);
		}
		if (is_read) {
			assert_int_equal(key.len, strlen(ROWS[i].key));
			assert_memory_equal(key.data, ROWS[i].key, key.len);
			assert_int_equal(is_quoted, ROWS[i].is_quoted);
		}
	}
}

static void bounds_keys(void **state)
{
	char text[IDEMPOTENCY_KEY_MAX + 1];
	struct bytes key;
	bool is_quoted;

	(void)state;
	memset(text, 'k', sizeof(text));
	assert_true(idempotency_parse((struct bytes){text, sizeof(text) - 1}, &key, &is_quoted));
	assert_false(idempotency_parse((struct bytes){text, sizeof(text)}, &key, &is_quoted));
}

struct scope {
	struct principal principal;
	enum method method;
	const char *path;
	const char *key;
};

static void run(const struct scope *scope, uint8_t out[SECRET_HASH_BYTES])
{
	static const struct secret_key KEY = {{1}};
	const struct bytes parts[2] = {{scope->path, strlen(scope->path)},
				       {scope->key, strlen(scope->key)}};

	idempotency_scope(&KEY, &scope->principal, scope->method, parts, out);
}

static void every_part_makes_another_scope(void **state)
{
	static const struct scope SCOPES[] = {
		{{.person = "ana"}, METHOD_POST, "/v1/a", "k"},
		{{.person = "ann"}, METHOD_POST, "/v1/a", "k"},
		{{.partner = "ana"}, METHOD_POST, "/v1/a", "k"},
		{{.person = "ana"}, METHOD_PUT, "/v1/a", "k"},
		{{.person = "ana"}, METHOD_POST, "/v1/b", "k"},
		{{.person = "ana"}, METHOD_POST, "/v1/a", "l"},
		{{.person = "ana"}, METHOD_POST, "/v1/", "ak"},
		{{.person = "ana"}, METHOD_POST, "/v1/a1:k", ""},
	};
	uint8_t hashes[ARRAY_LEN(SCOPES)][SECRET_HASH_BYTES];
	uint8_t again[SECRET_HASH_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(SCOPES); i++) {
		run(&SCOPES[i], hashes[i]);
		for (size_t j = 0; j < i; j++) {
			assert_memory_not_equal(hashes[i], hashes[j], SECRET_HASH_BYTES);
		}
	}
	run(&SCOPES[0], again);
	assert_memory_equal(hashes[0], again, SECRET_HASH_BYTES);
}

static void a_fingerprint_is_of_the_body_and_keyed(void **state)
{
	static const struct secret_key KEYS[2] = {{{1}}, {{2}}};
	uint8_t hashes[3][SECRET_HASH_BYTES];

	(void)state;
	idempotency_fingerprint(&KEYS[0], (struct bytes){"{}", 2}, hashes[0]);
	idempotency_fingerprint(&KEYS[0], (struct bytes){NULL, 0}, hashes[1]);
	idempotency_fingerprint(&KEYS[1], (struct bytes){"{}", 2}, hashes[2]);
	assert_memory_not_equal(hashes[0], hashes[1], SECRET_HASH_BYTES);
	assert_memory_not_equal(hashes[0], hashes[2], SECRET_HASH_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_keys),
		cmocka_unit_test(bounds_keys),
		cmocka_unit_test(every_part_makes_another_scope),
		cmocka_unit_test(a_fingerprint_is_of_the_body_and_keyed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
