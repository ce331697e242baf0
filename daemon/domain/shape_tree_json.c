/*
 * Around a tree: its pointers and its members.
 *
 * A pointer is built in place while the walker goes down and is cut back when it comes up; a step
 * that does not fit is left out, so a hostile key costs no memory. Pure.
 */
#include "domain/shape.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/clock.h"

void shape_list_word(char *list, size_t size, const char *word)
{
	size_t len = strlen(list);

	if (len + strlen(word) + sizeof(", , ...") <= size) {
		(void)snprintf(list + len, size - len, "%s%s", len == 0 ? "" : ", ", word);
	} else if (len + sizeof(", ...") <= size &&
		   (len < 3 || strcmp(list + len - 3, "...") != 0)) {
		(void)snprintf(list + len, size - len, ", ...");
	}
}

size_t shape_pointer_enter(struct shape_pointer *pointer, const char *key)
{
	size_t before = pointer->len;
	size_t len = before;
	char *text = pointer->text;

	if (len + 1 < sizeof(pointer->text)) {
		text[len++] = '/';
	}
	for (; *key != '\0' && len + 2 < sizeof(pointer->text); key++) {
		if (*key == '~' || *key == '/') {
			text[len++] = '~';
			text[len++] = *key == '~' ? '0' : '1';
		} else {
			text[len++] = *key;
		}
	}
	if (*key != '\0') {
		len = before;
	}
	text[len] = '\0';
	pointer->len = len;
	return before;
}

size_t shape_pointer_enter_index(struct shape_pointer *pointer, size_t index)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "%zu", index); /* fits any size_t */
	return shape_pointer_enter(pointer, key);
}

void shape_pointer_leave(struct shape_pointer *pointer, size_t len)
{
	pointer->len = len;
	pointer->text[len] = '\0';
}

const char *shape_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int64_t shape_time(const json_t *object, const char *key)
{
	const char *text = shape_text(object, key);
	int64_t utc_ms;

	return text != NULL && clock_parse(text, strlen(text), &utc_ms) ? utc_ms : 0;
}

bool shape_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static bool read_part(const char **text, size_t digits, int *ret)
{
	int value = 0;

	for (size_t i = 0; i < digits; i++, (*text)++) {
		if (**text < '0' || **text > '9') {
			return false;
		}
		value = value * 10 + (**text - '0');
	}
	*ret = value;
	return true;
}

bool shape_parse_date(const char *text, struct shape_date *ret)
{
	struct shape_date date = {0};

	if (!read_part(&text, 4, &date.year) || date.year < 1900) {
		return false;
	}
	if (*text == '-') {
		text++;
		if (!read_part(&text, 2, &date.month) || date.month < 1 || date.month > 12) {
			return false;
		}
		if (*text == '-') {
			text++;
			if (!read_part(&text, 2, &date.day) || date.day < 1 ||
			    date.day > civil_month_days(date.year, date.month)) {
				return false;
			}
		}
	}
	if (*text != '\0') {
		return false;
	}
	*ret = date;
	return true;
}
