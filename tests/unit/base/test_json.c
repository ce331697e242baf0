/* JSON by hand: every kind of value, what stands for "none", and commas wherever a value may stand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void test_values(void **state)
{
	static const uint8_t random[10] = {1};
	const struct id id = id_make(0x017f22e279b0, random), none = {0};
	AUTO(buf) struct buf out = {0};

	(void)state;
	buf_add_text(&out, "{");
	json_text(&out, "a", "Đ\"x\":");
	json_text(&out, "b", NULL);
	json_int(&out, "c", INT64_MIN);
	json_bool(&out, "d", true);
	json_bool(&out, "e", false);
	json_id(&out, "f", &id);
	json_id(&out, "g", &none);
	json_time(&out, "h", 1795447867042);
	json_time(&out, "i", 0);
	json_raw(&out, "j", (struct bytes){"[1]garbage", 3});
	json_raw(&out, "k", (struct bytes){NULL, 0});
	buf_add_text(&out, "}");
	assert_string_equal(buf_text(&out),
			    "{\"a\":\"Đ\\\"x\\\":\",\"b\":null,\"c\":-9223372036854775808,\"d\":"
			    "true,\"e\":false,"
			    "\"f\":\"017f22e2-79b0-7100-8000-000000000000\",\"g\":null,"
			    "\"h\":\"2026-11-23T15:31:07Z\",\"i\":null,\"j\":[1],\"k\":null}");
}

static void test_nesting(void **state)
{
	AUTO(buf) struct buf out = {0};

	(void)state;
	buf_add_text(&out, "{");
	json_name(&out, "items");
	buf_add_text(&out, "[");
	for (int i = 0; i < 2; i++) {
		json_comma(&out);
		buf_add_text(&out, "{");
		json_int(&out, "n", i);
		buf_add_text(&out, "}");
	}
	buf_add_text(&out, "]");
	json_name(&out, "next");
	json_comma(&out); /* a value comes right after its name */
	buf_add_text(&out, "7}");
	assert_string_equal(buf_text(&out), "{\"items\":[{\"n\":0},{\"n\":1}],\"next\":7}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_nesting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
