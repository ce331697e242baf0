#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "settings/guess.h"

static void the_nearest_word_is_offered(void **state)
{
	static const char *const known[] = {"sms", "mup-ns", "bolnica-ns", "log", "limits"};
	static const struct {
		const char *word;
		const char *best; /* NULL: none is near enough */
	} cases[] = {
		{"smss", "sms"},
		{"sm", "sms"},
		{"msm", NULL},
		{"mup_ns", "mup-ns"},
		{"bolnica", "bolnica-ns"},
		{"blonica-ns", "bolnica-ns"},
		{"MUP-NS", "mup-ns"},
		{"bolni", NULL},
		{"LOG", "log"},
		{"limts", "limits"},
		{"x", NULL},
		{"completely-other", NULL},
		{"", NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct guess guess;
		guess_start(&guess, cases[i].word);
		for (size_t k = 0; k < ARRAY_LEN(known); k++) {
			guess_try(&guess, known[k]);
		}
		if (!cases[i].best) {
			assert_null(guess.best);
		} else {
			assert_non_null(guess.best);
			assert_string_equal(guess.best, cases[i].best);
		}
	}
}

static void long_words_are_left_alone(void **state)
{
	struct guess guess;
	char word[300];
	(void)state;
	for (size_t i = 0; i < sizeof(word) - 1; i++) {
		word[i] = 'a';
	}
	word[sizeof(word) - 1] = '\0';
	guess_start(&guess, word);
	guess_try(&guess, "a");
	assert_null(guess.best);
	guess_start(&guess, "a");
	guess_try(&guess, word);
	assert_null(guess.best);
}

static void the_hint_is_a_question(void **state)
{
	struct arena *arena = arena_create();
	struct guess guess;
	(void)state;
	guess_start(&guess, "smss");
	assert_null(guess_hint(&guess, arena));
	guess_try(&guess, "sms");
	assert_string_equal(guess_hint(&guess, arena), "did you mean \"sms\"?");
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_word_is_offered),
		cmocka_unit_test(long_words_are_left_alone),
		cmocka_unit_test(the_hint_is_a_question),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
