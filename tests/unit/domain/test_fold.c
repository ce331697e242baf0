/* One child, written in every way an operator may type the name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/fold.h"

static void assert_folds(const char *text, const char *expected)
{
	AUTO(buf) struct buf out = {0};

	fold_text((struct bytes){text, strlen(text)}, &out);
	if (strcmp(buf_text(&out), expected) != 0) {
		fail_msg("\"%s\" folds to \"%s\", not \"%s\"", text, buf_text(&out), expected);
	}
}

static void test_every_writing_folds_to_one(void **state)
{
	static const struct {
		const char *folded;
		const char *writings[12];
	} rows[] = {
		{"dorde", {"Đorđe", "Ђорђе", "Djordje", "Dorde", "ĐORĐE", "ЂОРЂЕ", "DJORDJE"}},
		{"dorde zivkovic",
		 {"Đorđe Živković", "Ђорђе Живковић", "djordje zivkovic", " Đorđe,  Živković!",
		  "Đorđe Z\xcc\x8civkovic\xcc\x81"}},
		{"adutant", {"ađutant", "adjutant", "adjjutant"}},
		{"ljubica", {"Ljubica", "Љубица", "ǈubica", "LJUBICA", "ǇUBICA"}},
		{"njegos", {"Njegoš", "Његош", "ǋegoš", "njegos"}},
		{"dzenana", {"Dženana", "Џенана", "ǅenana", "Dzenana", "DŽENANA"}},
		{"ana marija", {"Ana-Marija", "Ана-Марија", "ana marija", "Ana\xc2\xa0Marija"}},
		{"cacak", {"Čačak", "Чачак", "Ćaćak"}},
		{"erzsebet szucs oze", {"Erzsébet Szűcs Őze", "ERZSÉBET SZŰCS ŐZE"}},
		{"gergo fulop", {"Gergő Fülöp", "Gergo\xcc\x8b Fu\xcc\x88lo\xcc\x88p"}},
		{"edona ceku", {"Edona Çeku", "Ëdona Çeku"}},
		{"istvan gaspar", {"István Gáspár"}},
		{"strasse", {"Straße", "STRASSE", "STRAẞE"}},
		{"lukasz", {"Łukasz", "łukasz"}},
		{"stefan ghita", {"Ștefan Ghiță", "Ştefan Ghiţă"}},
		{"nguyen thi", {"Nguyễn Thị"}},
		{"sergej juscenko", {"Сергей Ющенко", "Sergej Juščenko"}},
		{"kocovic 2", {"Kočović (2)", "Кочовић 2", "Kočović ٢"}},
		{"محمد", {"محمد"}},
		{"γιωργος", {"γιωργος"}},
		{"", {"", " - ", "\xff\xfe", "+/()"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; k < ARRAY_LEN(rows[i].writings); k++) {
			if (rows[i].writings[k] != NULL) {
				assert_folds(rows[i].writings[k], rows[i].folded);
			}
		}
	}
}

static void test_queries_find_names(void **state)
{
	static const struct {
		const char *query;
		const char *text;
		bool found;
	} rows[] = {
		{"djordje", "Ђорђе Живковић", true},
		{"đorđe", "Dorde Zivkovic", true},
		{"Живковић Ђорђе", "Đorđe Živković", true},
		{"ziv dor", "Đorđe Živković", true},
		{"kovic", "Đorđe Živković", true},
		{"djordje petrovic", "Đorđe Živković", false},
		{"marko", "Đorđe Živković", false},
		{"љуб", "Ljubica", true},
		{"", "Đorđe", false},
		{" - ", "Đorđe", false},
		{"džon", "Џон", true},
		{"szucs", "Szűcs Erzsébet", true},
		{"nadja", "Nađa", true},
		{"nada", "Nađa", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (fold_matches(rows[i].query, rows[i].text) != rows[i].found) {
			fail_msg("\"%s\" in \"%s\"", rows[i].query, rows[i].text);
		}
	}
}

static void test_phones_are_found_in_any_writing(void **state)
{
	static const char *const same[] = {
		"+381641234567",   "+381 64 123 45 67", "00381 64/123-4567", "064 123 4567",
		"(064) 123-45-67", "064/1234567",       "381641234567",
	};
	static const struct {
		const char *query;
		const char *phone;
		bool found;
	} rows[] = {
		{"064123", "+381641234567", true},
		{"4567", "+381641234567", true},
		{"+38164123", "064/123-4567", true},
		{"0641234568", "+381641234567", false},
		{"+36301234567", "+381301234567", false},
		{"192", "192", true},
		{"12", "+381641234567", false},
		{"64a123", "+381641234567", false},
		{"116000", "116 000", true},
		{"064123", "", false},
		{"064123", "\xff\xff", false},
	};

	(void)state;
	for (size_t a = 0; a < ARRAY_LEN(same); a++) {
		for (size_t b = 0; b < ARRAY_LEN(same); b++) {
			if (!fold_matches(same[a], same[b])) {
				fail_msg("%s is not found in %s", same[a], same[b]);
			}
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fold_query query;
		struct bytes phone = {rows[i].phone, strlen(rows[i].phone)};

		fold_query_init(&query, (struct bytes){rows[i].query, strlen(rows[i].query)});
		if (fold_query_matches_phone(&query, phone) != rows[i].found) {
			fail_msg("%s in %s", rows[i].query, rows[i].phone);
		}
	}
}

static void test_long_queries_are_cut(void **state)
{
	char text[4 * FOLD_QUERY_BYTES];
	struct fold_query query;

	(void)state;
	memset(text, 'x', sizeof(text));
	fold_query_init(&query, (struct bytes){text, sizeof(text)});
	assert_true(strlen(query.words) <= FOLD_QUERY_BYTES);
	memset(text, '7', sizeof(text));
	fold_query_init(&query, (struct bytes){text, sizeof(text)});
	assert_true(strlen(query.digits) <= FOLD_QUERY_BYTES);
	assert_false(fold_query_matches_phone(&query, (struct bytes){"123", 3}));
}

/* Every pair of bytes, alone and between letters. */
static void test_any_bytes_are_safe(void **state)
{
	(void)state;
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		AUTO(buf) struct buf out = {0};
		char text[4] = {'a', (char)(pair >> 8), (char)pair, 'b'};

		fold_text((struct bytes){text, sizeof(text)}, &out);
		fold_text((struct bytes){text + 1, 2}, &out);
		assert_true(out.len >= 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_writing_folds_to_one),
		cmocka_unit_test(test_queries_find_names),
		cmocka_unit_test(test_phones_are_found_in_any_writing),
		cmocka_unit_test(test_long_queries_are_cut),
		cmocka_unit_test(test_any_bytes_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
