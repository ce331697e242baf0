/* Any bytes as text: folding is stable, phone numbers lie within the text, a text finds itself. */
#include <assert.h>
#include <string.h>

#include "domain/fold.h"
#include "domain/text.h"
#include "fuzz.h"

static void check_phones(struct bytes text)
{
	struct text_phone phone;
	size_t from = 0;

	while (text_find_phone(text, from, &phone)) {
		assert(phone.offset >= from && phone.len > 0);
		assert(phone.offset + phone.len <= text.len);
		assert(strspn(phone.digits, "0123456789") == strlen(phone.digits));
		from = phone.offset + phone.len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {(const char *)data, size};
	AUTO(buf) struct buf once = {0};
	AUTO(buf) struct buf twice = {0};
	struct fold_query query;
	size_t at;

	fold_text(text, &once);
	fold_text((struct bytes){buf_text(&once), once.len}, &twice);
	assert(once.len == twice.len && strcmp(buf_text(&once), buf_text(&twice)) == 0);
	fold_query_init(&query, text);
	assert(query.words[0] == '\0' || once.len > FOLD_QUERY_BYTES ||
	       fold_query_matches(&query, text));
	(void)fold_query_matches_phone(&query, text);
	assert(text_length(text) <= size);
	(void)text_find_control(text, true, &at);
	check_phones(text);
	return 0;
}
