/*
 * Decoding a report: the walker checks each field by the table, then the rules that need more than
 * one field, then the few facts the store keeps in clear are picked. What is sealed is the
 * canonical text of the checked tree.
 *
 * Ages are compared with dates of birth at the time the child was last seen, else at `now`, and
 * only when they cannot both be true: a caller who is a year off is not refused. A reporter's clock
 * decides nothing here. Pure; memory is the arena's.
 */
#include "domain/report.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "base/civil.h"
#include "domain/casefile_private.h"
#include "domain/report_private.h"

#define DAY_MS INT64_C(86400000)

static int integer_of(const json_t *object, const char *key, int absent)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? (int)json_integer_value(value) : absent;
}

/* Whole years from a birthday to a day. */
static int years_between(struct shape_date born, struct civil day)
{
	int years = (int)day.year - born.year;

	if (day.month < born.month || (day.month == born.month && day.day < born.day)) {
		years--;
	}
	return years;
}

static struct report_ages ages_by_birth(struct shape_date born, int64_t now_utc_ms)
{
	struct civil today = civil_from_days(civil_floor(now_utc_ms, DAY_MS));
	struct shape_date first = born;
	struct shape_date last = born;

	if (born.month == 0) {
		first.month = 1;
		last.month = 12;
	}
	if (born.day == 0) {
		first.day = 1;
		last.day = civil_month_days(last.year, last.month);
	}
	return (struct report_ages){.low = years_between(last, today),
				    .high = years_between(first, today)};
}

struct report_ages report_ages_of(const json_t *child, int64_t now_utc_ms)
{
	struct report_ages ages = {.low = 0, .high = -1};
	const char *born = shape_text(child, "born");
	int age = integer_of(child, "age", -1);
	struct shape_date date;

	if (born != NULL && shape_parse_date(born, &date)) {
		ages = ages_by_birth(date, now_utc_ms);
		ages.low = ages.low < 0 ? 0 : ages.low;
		ages.high = ages.high < 0 ? 0 : ages.high;
		return ages;
	}
	ages.low = integer_of(child, "age_min", age < 0 ? 0 : age);
	ages.high = integer_of(child, "age_max", age);
	return ages;
}

static void check_ages(const json_t *child, int64_t seen_utc_ms, struct problems *problems)
{
	int age = integer_of(child, "age", -1);
	int low = integer_of(child, "age_min", -1);
	int high = integer_of(child, "age_max", -1);
	const char *born = shape_text(child, "born");
	struct shape_date date;
	struct report_ages ages;

	if (low >= 0 && high >= 0 && low > high) {
		problems_add(problems, "/child/age_min", "is greater than age_max");
	} else if (age >= 0 && ((low >= 0 && age < low) || (high >= 0 && age > high))) {
		problems_add(problems, "/child/age", "is not between age_min and age_max");
	}
	if (born == NULL || !shape_parse_date(born, &date)) {
		return;
	}
	ages = ages_by_birth(date, seen_utc_ms);
	if (ages.high < 0) {
		problems_add(problems, "/child/born", "is later than the child was last seen");
		return;
	}
	low = low >= 0 ? low : age;
	high = high >= 0 ? high : age;
	if ((high >= 0 && high + 1 < ages.low) || (low >= 0 && low - 1 > ages.high)) {
		problems_add(problems, "/child/born", "and the age cannot both be true");
	}
}

static void check_last_seen(const json_t *seen, struct problems *problems)
{
	bool has_lat = json_object_get(seen, "lat") != NULL;
	bool has_lon = json_object_get(seen, "lon") != NULL;
	int64_t from = shape_time(seen, "from");
	int64_t to = shape_time(seen, "to");

	if (from != 0 && to != 0 && to < from) {
		problems_add(problems, "/last_seen/to", "is earlier than from");
	}
	if (has_lat != has_lon) {
		problems_add(problems, has_lat ? "/last_seen/lon" : "/last_seen/lat",
			     "is needed too: a position is lat and lon");
	} else if (!has_lat && json_object_get(seen, "radius_km") != NULL &&
		   json_object_get(seen, "place") == NULL) {
		problems_add(problems, "/last_seen/radius_km", "needs lat and lon, or a place");
	}
}

void report_check_rules(const json_t *fields, int64_t now_utc_ms, struct problems *problems)
{
	const json_t *seen = json_object_get(fields, "last_seen");
	int64_t to = shape_time(seen, "to");
	int64_t from = shape_time(seen, "from");

	check_last_seen(seen, problems);
	check_ages(json_object_get(fields, "child"),
		   to != 0     ? to
		   : from != 0 ? from
			       : now_utc_ms,
		   problems);
}

/* Gaps ----------------------------------------------------------------------------------------- */

static bool any_item_has(const json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (json_object_get(json_array_get(list, i), key) != NULL) {
			return true;
		}
	}
	return false;
}

static bool has_age(const json_t *child)
{
	return json_object_get(child, "age") != NULL || json_object_get(child, "age_min") != NULL ||
	       json_object_get(child, "age_max") != NULL;
}

/* Present, and not the code that says it is not. */
static bool is_known(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value != NULL &&
	       (!json_is_string(value) || strcmp(json_string_value(value), "unknown") != 0);
}

uint32_t report_gaps(const json_t *fields)
{
	static const struct {
		enum report_gap gap;
		const char *object;
		const char *key;
		const char *other; /* says the same */
	} rows[] = {
		{REPORT_GAP_SEX, "child", "sex", "sex"},
		{REPORT_GAP_HEIGHT, "child", "height_cm", "height_cm"},
		{REPORT_GAP_HAIR, "child", "hair", "hair_text"},
		{REPORT_GAP_EYES, "child", "eyes", "eyes_text"},
		{REPORT_GAP_CLOTHING, "child", "clothing", "clothing"},
		{REPORT_GAP_SEEN_FROM, "last_seen", "from", "to"},
		{REPORT_GAP_SEEN_PLACE, "last_seen", "place", "lat"},
	};
	const json_t *child = json_object_get(fields, "child");
	const json_t *vehicles = json_object_get(fields, "vehicles");
	uint32_t missing = REPORT_GAP_PHOTO; /* no case has a photo yet */

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const json_t *object = json_object_get(fields, rows[i].object);

		if (!is_known(object, rows[i].key) && !is_known(object, rows[i].other)) {
			missing |= rows[i].gap;
		}
	}
	if (!any_item_has(json_object_get(child, "names"), "given")) {
		missing |= REPORT_GAP_GIVEN;
	}
	if (!has_age(child)) {
		missing |= REPORT_GAP_AGE;
	}
	if (json_array_size(vehicles) > 0 && !any_item_has(vehicles, "plate")) {
		missing |= REPORT_GAP_PLATE;
	}
	return missing;
}

/* Decoding ------------------------------------------------------------------------------------- */

static void pick_case(const json_t *tree, struct report *report)
{
	const char *text = shape_text(tree, "case_id");

	if (text != NULL && !id_parse(text, strlen(text), &report->case_id) &&
	    !ref_parse(text, strlen(text), report->case_ref)) {
		report->case_ref[0] = '\0'; /* cannot be: the walker checked it */
	}
}

static void pick_facts(const json_t *tree, struct report *report)
{
	report->status = alert_status_parse(shape_text(tree, "status"));
	report->has_status = report->status != 0;
	report->status = report->has_status ? report->status : STATUS_ACTUAL;
	report->category = report_category_parse(shape_text(tree, "category"));
	report->category = report->category == 0 ? REPORT_UNKNOWN : report->category;
	report->source = report_source_parse(shape_text(tree, "source"));
	report->source = report->source == 0 ? REPORT_CALL : report->source;
	pick_case(tree, report);
	report->missing = report_gaps(tree);
}

static struct bytes keep(const struct buf *text, struct arena *arena)
{
	return (struct bytes){arena_memdup(arena, buf_text(text), text->len), text->len};
}

/* The tree as it is stored: a new case's truth, or the canonical report. Takes the tree. */
static void write_tree(json_t *tree, const struct id *report_id, struct arena *arena,
		       struct report *report)
{
	AUTO(buf) struct buf text = {0};

	if (report_id != NULL && id_is_none(&report->case_id) && report->case_ref[0] == '\0') {
		casefile_begin(tree, report, report_id, &text);
		report->truth = keep(&text, arena);
		return;
	}
	shape_render(tree, &text);
	report->canonical = keep(&text, arena);
	json_decref(tree);
}

/* The checked tree and the facts picked from it; NULL with problems. */
static json_t *read_report(struct bytes body, int64_t now_utc_ms, struct report *report,
			   struct problems *problems)
{
	size_t before = problems->count;
	json_t *tree = shape_parse(body, problems);

	if (tree == NULL) {
		return NULL;
	}
	shape_check(tree, &report_shape, SHAPE_WHOLE, problems);
	report_check_rules(tree, now_utc_ms, problems);
	if (problems->count != before || problems->more != 0) {
		json_decref(tree);
		return NULL;
	}
	pick_facts(tree, report);
	return tree;
}

static bool decode(struct bytes body, const struct id *report_id, struct arena *arena,
		   struct report *report, struct problems *problems)
{
	json_t *tree = read_report(body, report->decoded_utc_ms, report, problems);

	if (tree == NULL) {
		return false;
	}
	write_tree(tree, report_id, arena, report);
	return true;
}

bool report_decode(struct bytes body, int64_t now_utc_ms, struct arena *arena,
		   struct report *ret_report, struct problems *problems)
{
	struct report report = {.decoded_utc_ms = now_utc_ms};

	if (!decode(body, NULL, arena, &report, problems)) {
		return false;
	}
	*ret_report = report;
	return true;
}

bool report_decode_new(struct bytes body, int64_t now_utc_ms, const struct id *report_id,
		       struct arena *arena, struct report *ret_report, struct problems *problems)
{
	struct report report = {.decoded_utc_ms = now_utc_ms};

	if (!decode(body, report_id, arena, &report, problems)) {
		return false;
	}
	*ret_report = report;
	return true;
}

void report_fuzz(const uint8_t *bytes, size_t len)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct report report;
	struct report again;

	problems_init(&problems, arena);
	if (!report_decode((struct bytes){(const char *)bytes, len}, 0, arena, &report,
			   &problems)) {
		assert(!problems_are_none(&problems));
		return;
	}
	assert(report_decode(report.canonical, 0, arena, &again, &problems));
	assert(again.canonical.len == report.canonical.len);
	assert(memcmp(again.canonical.data, report.canonical.data, report.canonical.len) == 0);
}
