/*
 * astrad.yaml's object made into the snapshot's plain structs, and what only it can get wrong.
 *
 * Runs with findings too: a row that was wrong is NULL or zero here, and nobody reads the snapshot
 * then but the checks that follow.
 */
#include "settings/load.h"

#include <string.h>

/* Without slashes at its end: what is added begins with one. */
static const char *base_of(struct arena *arena, const char *url)
{
	size_t len = url ? strlen(url) : 0;
	while (len > 0 && url[len - 1] == '/') {
		len--;
	}
	return url ? arena_memdup(arena, url, len) : NULL;
}

static void build_hotline(struct load *load)
{
	struct directory *directory = &load->settings->directory;
	const struct object *astrad = load->values->astrad;
	directory->environment = (int)object_number(astrad, "environment");
	directory->hotline_name = object_text(astrad, "hotline.name");
	directory->hotline_country = object_text(astrad, "hotline.country");
	directory->cap_sender = object_text(astrad, "hotline.cap_sender");
	directory->public_url = base_of(load->walk.arena, object_text(astrad, "public_url"));
	directory->timezone = object_text(astrad, "timezone");
	directory->languages = object_get(astrad, "languages")->texts;
}

static void build_contacts(struct load *load)
{
	const struct value *list = object_get(load->values->astrad, "contacts");
	struct contact *contacts =
		arena_array(load->walk.arena, list->count + 1, sizeof(contacts[0]));
	for (size_t i = 0; i < list->count; i++) {
		contacts[i] = (struct contact){.name = list->items[i].key,
					       .phone = object_text(&list->items[i], "phone")};
	}
	load->settings->directory.contacts = contacts;
	load->settings->directory.contact_count = list->count;
}

static void build_listen(struct load *load)
{
	const struct value *list = object_get(load->values->astrad, "listen");
	struct settings_listen *listen =
		arena_array(load->walk.arena, list->count + 1, sizeof(listen[0]));
	for (size_t i = 0; i < list->count; i++) {
		listen[i] = (struct settings_listen){
			.address = object_text(&list->items[i], "address"),
			.port = (int)object_number(&list->items[i], "port")};
	}
	load->settings->listen = listen;
	load->settings->listen_count = list->count;
}

/* 32 bytes in base64. */
static void build_master_key(struct load *load)
{
	const struct value *value = object_get(load->values->astrad, "security.master_key");
	struct settings_security *security = &load->settings->security;
	AUTO(buf) struct buf key = {0};
	if (!value->is_set) {
		return;
	}
	security->master_key_path = value->source_path;
	if (!value->text) {
		return;
	}
	if (!secret_base64_decode(value->text, strlen(value->text), &key) ||
	    key.len != SECRET_KEY_BYTES) {
		struct file_place place = object_place(load->values->astrad, "security.master_key");
		issues_add(load->walk.issues, "E207", &place, "astrad --init makes one",
			   "the master key is not 32 bytes in base64");
		return;
	}
	memcpy(security->master_key.bytes, key.data, SECRET_KEY_BYTES);
	security->has_master_key = true;
}

static void build_private_ranges(struct load *load)
{
	const struct words *ranges =
		&object_get(load->values->astrad, "security.private_ranges")->texts;
	AUTO(buf) struct buf text = {0};
	for (size_t i = 0; i < ranges->count; i++) {
		buf_printf(&text, "%s%s", i == 0 ? "" : " ", ranges->items[i]);
	}
	load->settings->security.private_ranges = arena_strdup(load->walk.arena, buf_text(&text));
}

static void build_limits(struct settings_limits *limits, const struct object *astrad)
{
	*limits = (struct settings_limits){
		.connections = object_number(astrad, "limits.connections"),
		.connections_per_address = object_number(astrad, "limits.connections_per_address"),
		.connections_per_token = object_number(astrad, "limits.connections_per_token"),
		.kept_for_control = object_number(astrad, "limits.kept_for_control"),
		.kept_for_operators = object_number(astrad, "limits.kept_for_operators"),
		.head_timeout_ms = object_number(astrad, "limits.head_timeout"),
		.body_timeout_ms = object_number(astrad, "limits.body_timeout"),
		.idle_timeout_ms = object_number(astrad, "limits.idle_timeout"),
		.in_flight = object_number(astrad, "limits.in_flight"),
	};
}

void build_astrad(struct load *load)
{
	const struct object *astrad = load->values->astrad;
	struct settings *settings = load->settings;
	build_hotline(load);
	build_contacts(load);
	build_listen(load);
	build_master_key(load);
	build_private_ranges(load);
	build_limits(&settings->limits, astrad);
	settings->control_socket = object_text(astrad, "control.socket");
	settings->store = (struct settings_store){
		.path = object_text(astrad, "store.path"),
		.key_file = object_text(astrad, "store.key_file"),
		.key_copy = object_text(astrad, "store.key_copy"),
	};
	settings->paths = (struct settings_paths){
		.plugins = object_text(astrad, "paths.plugins"),
		.areas = object_text(astrad, "paths.areas"),
	};
	struct index *names = index_create(load->walk.arena, load->areas.count);
	settings->directory.areas = areas_link(&load->walk, &load->areas);
	for (size_t i = 0; i < load->areas.count; i++) {
		const struct area *area = &settings->directory.areas[i];
		(void)index_add(names, area->id, area); /* unique: see areas.c */
	}
	load->values->names[NOUN_AREA] = names;
	settings->directory.area_count = load->areas.count;
}
