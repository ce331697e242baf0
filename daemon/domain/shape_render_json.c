/*
 * A tree as text: compact, the members of each object sorted by key, so that equal trees give equal
 * bytes. Those bytes are sealed, compared and hashed. Only real numbers are left to Jansson, whose
 * writing of a string costs as much as its reading.
 */
#include "domain/shape.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_ON_STACK 32
#define REAL_BYTES    64

/* Keys are compared as their bytes. */
struct member {
	struct bytes key;
	const json_t *value;
};

static int compare(const void *a, const void *b)
{
	const struct member *left = a;
	const struct member *right = b;
	size_t shorter = left->key.len < right->key.len ? left->key.len : right->key.len;
	int order = memcmp(left->key.data, right->key.data, shorter);

	return order != 0 ? order
			  : (left->key.len > right->key.len) - (left->key.len < right->key.len);
}

static void render_members(const struct member *members, size_t count, struct buf *out)
{
	buf_add(out, "{", 1);
	for (size_t i = 0; i < count; i++) {
		if (i > 0) {
			buf_add(out, ",", 1);
		}
		buf_add_json_string(out, members[i].key.data);
		buf_add(out, ":", 1);
		shape_render(members[i].value, out);
	}
	buf_add(out, "}", 1);
}

static void render_object(const json_t *object, struct buf *out)
{
	struct member few[KEYS_ON_STACK];
	size_t size = json_object_size(object);
	struct member *members = size <= KEYS_ON_STACK ? few : xcalloc(size, sizeof(*members));
	size_t count = 0;

	for (void *at = json_object_iter((json_t *)object); at != NULL;
	     at = json_object_iter_next((json_t *)object, at)) {
		assert(count < size);
		members[count++] = (struct member){
			{json_object_iter_key(at), json_object_iter_key_len(at)},
			json_object_iter_value(at),
		};
	}
	qsort(members, count, sizeof(*members), compare);
	render_members(members, count, out);
	if (members != few) {
		free(members);
	}
}

static void render_list(const json_t *list, struct buf *out)
{
	buf_add(out, "[", 1);
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i > 0) {
			buf_add(out, ",", 1);
		}
		shape_render(json_array_get(list, i), out);
	}
	buf_add(out, "]", 1);
}

/* 15 digits give back every decimal number as it was written, 17 would show noise. */
static void render_real(const json_t *value, struct buf *out)
{
	char text[REAL_BYTES];
	size_t len =
		json_dumpb(value, text, sizeof(text), JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	assert(len > 0 && len <= sizeof(text));
	buf_add(out, text, len);
}

void shape_render(const json_t *value, struct buf *out)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		render_object(value, out);
		break;
	case JSON_ARRAY:
		render_list(value, out);
		break;
	case JSON_STRING:
		buf_add_json_string(out, json_string_value(value));
		break;
	case JSON_INTEGER:
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		render_real(value, out);
		break;
	case JSON_TRUE:
		buf_add_text(out, "true");
		break;
	case JSON_FALSE:
		buf_add_text(out, "false");
		break;
	case JSON_NULL:
		buf_add_text(out, "null");
		break;
	}
}
