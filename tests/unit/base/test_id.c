/* Ids and refs: layout of RFC 9562, order under a standing and a falling clock, check letters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/id.h"

/* RFC 9562, appendix A.6 */
static void test_rfc_example(void **state)
{
	static const uint8_t random[10] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc,
					   0x0c, 0x0c, 0x07, 0x39, 0x8f};
	struct id id = id_make(0x017f22e279b0, random);
	struct id parsed;
	char text[ID_TEXT_BYTES];

	(void)state;
	id_format(&id, text);
	assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
	assert_int_equal(id_utc_ms(&id), 0x017f22e279b0);
	assert_true(id_parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", 36, &parsed));
	assert_true(id_equal(&id, &parsed));
	parsed.bytes[15] ^= 1;
	assert_false(id_equal(&id, &parsed));
}

static void test_none(void **state)
{
	struct id id = {0};

	(void)state;
	assert_true(id_is_none(&id));
	id.bytes[15] = 1;
	assert_false(id_is_none(&id));
}

static void test_parse_refuses(void **state)
{
	static const char *const rows[] = {
		"",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
		"017f22e279b0-7cc3-98c4-dc0c0c07398f00",
		"017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398-",
		"017f22e2-79b0-7cc3-98c4-dc0c0c 7398f",
	};
	struct id id = {.bytes = {42}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(id_parse(rows[i], strlen(rows[i]), &id));
	}
	assert_int_equal(id.bytes[0], 42);
}

static void test_increasing(void **state)
{
	struct clock_fake fake;
	struct id before = {0};

	(void)state;
	clock_fake_init(&fake, 1790000000000);
	for (int i = 0; i < 100000; i++) {
		struct id id = id_new(&fake.clock);

		assert_true(memcmp(id.bytes, before.bytes, sizeof(id.bytes)) > 0);
		assert_int_equal(id.bytes[6] >> 4, 7);
		assert_int_equal(id.bytes[8] >> 6, 2);
		before = id;
		if (i == 50000) {
			fake.utc_ms -= 3600000; /* somebody sets the clock back */
		}
	}
	assert_int_equal(id_utc_ms(&before), 1790000000000);
	clock_fake_advance(&fake, 3600005);
	before = id_new(&fake.clock);
	assert_int_equal(id_utc_ms(&before), 1790000000005);
}

enum { THREADS = 4, IDS_PER_THREAD = 5000 };
static struct id made[THREADS][IDS_PER_THREAD];

static void *make_ids(void *arg)
{
	struct id *out = arg;

	for (int i = 0; i < IDS_PER_THREAD; i++) {
		out[i] = id_new(clock_system());
	}
	return NULL;
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct id));
}

static void test_threads(void **state)
{
	struct id *all = &made[0][0];
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, make_ids, made[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	qsort(all, (size_t)THREADS * IDS_PER_THREAD, sizeof(*all), compare_ids);
	for (int i = 1; i < THREADS * IDS_PER_THREAD; i++) {
		assert_false(id_equal(&all[i - 1], &all[i]));
	}
}

static void test_ref_format(void **state)
{
	static const struct {
		int year;
		int64_t number;
		const char *ref;
	} rows[] = {
		{2026, 147, "26-0147-T"}, /* CONTRACT.md section 2 */
		{2026, 0, "26-0000-J"},      {2000, 0, "00-0000-A"},
		{2026, 12345, "26-12345-F"}, {2099, 9999999999, "99-9999999999-N"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[REF_TEXT_BYTES], again[REF_TEXT_BYTES];

		ref_format(rows[i].year, rows[i].number, out);
		assert_string_equal(out, rows[i].ref);
		assert_true(ref_parse(out, strlen(out), again));
		assert_string_equal(again, out);
	}
}

/* A ref is often a part of a longer text: what follows it is not looked at. */
static void test_ref_ends_where_it_ends(void **state)
{
	static const char text[] = "26-014712345678";
	char out[REF_TEXT_BYTES];

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		char *exact = xrealloc(NULL, len + (len == 0), 1); /* one byte more is not ours */

		memcpy(exact, text, len);
		assert_false(ref_parse(exact, len, out));
		free(exact);
	}
}

static void test_ref_parse(void **state)
{
	static const char *const bad[] = {
		"",           "26-0147",          "26-0147-",  "26-0147-S",  "26-0147-TT",
		"6-0147-T",   "026-0147-T",       "26-147-T",  "26-00147-T", "26 0147 T",
		"26-0147T",   "26--0147-T",       "26-01a7-T", "260147-T",   "26-0147-\xd4",
		"26-0147-T ", "99-99999999999-A", "+6-0147-T", "26-0147-4",
	};
	char out[REF_TEXT_BYTES] = "kept";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(ref_parse(bad[i], strlen(bad[i]), out));
	}
	assert_string_equal(out, "kept");
	assert_true(ref_parse("26-0147-t", 9, out));
	assert_string_equal(out, "26-0147-T");
}

/* Every single wrong digit and every exchange of neighbours changes the letter. */
static void test_ref_letter_catches_slips(void **state)
{
	char good[REF_TEXT_BYTES], out[REF_TEXT_BYTES];
	size_t len;

	(void)state;
	ref_format(2026, 58310, good);
	len = strlen(good);
	for (size_t at = 0; at < len - 2; at++) {
		for (char digit = '0'; digit <= '9' && good[at] != '-'; digit++) {
			char slip[REF_TEXT_BYTES];

			memcpy(slip, good, sizeof(slip));
			slip[at] = digit;
			assert_int_equal(ref_parse(slip, len, out), digit == good[at]);
		}
		if (good[at] != '-' && good[at + 1] != '-' && good[at] != good[at + 1]) {
			char slip[REF_TEXT_BYTES];

			memcpy(slip, good, sizeof(slip));
			slip[at] = good[at + 1];
			slip[at + 1] = good[at];
			assert_false(ref_parse(slip, len, out));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_example),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_increasing),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_ref_format),
		cmocka_unit_test(test_ref_parse),
		cmocka_unit_test(test_ref_ends_where_it_ends),
		cmocka_unit_test(test_ref_letter_catches_slips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
