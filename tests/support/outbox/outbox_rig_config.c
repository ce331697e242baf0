/* The settings of an outbox rig, as files: see outbox_rig.h. */
#include <assert.h>
#include <stdio.h>
#include <sys/stat.h>

#include "outbox_rig_private.h"

static FILE *file_create(const struct outbox_rig *rig, const char *folder, const char *name,
			 const char *end)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", rig->config, folder);
	(void)mkdir(path, 0700); /* may be there */
	(void)snprintf(path, sizeof(path), "%s/%s/%s%s", rig->config, folder, name, end);
	file = fopen(path, "w");
	assert(file != NULL);
	return file;
}

static void file_end(FILE *file)
{
	assert(fclose(file) == 0);
}

void rig_write_channel(const struct outbox_rig *rig, const struct rig_channel *channel,
		       const char *key)
{
	FILE *file = file_create(rig, "channels.d", channel->name, ".yaml");

	(void)fprintf(file, "name: %s\nplugin: %s\ntier: restricted\nstatuses: [exercise]\n",
		      channel->name, channel->recipients > 0 ? "mocklist" : "mock");
	if (channel->partner != NULL) {
		(void)fprintf(file, "partner: %s\n", channel->partner);
	}
	if (channel->fallback != NULL) {
		(void)fprintf(file, "fallback: %s\n", channel->fallback);
	}
	if (channel->recipients > 0) {
		(void)fprintf(file, "recipients: {csv: lists/%s.csv}\n", channel->name);
	}
	(void)fprintf(file, "limits: {in_flight: %d}\noptions: {tag: %s, key: %s}\n",
		      channel->in_flight > 0 ? channel->in_flight : 8, channel->name, key);
	file_end(file);
}

static void write_list(const struct outbox_rig *rig, const struct rig_channel *channel)
{
	FILE *file = file_create(rig, "lists", channel->name, ".csv");

	for (size_t i = 0; i < channel->recipients; i++) {
		(void)fprintf(file, "r%zu,address-%zu\n", i, i);
	}
	file_end(file);
}

static void write_partner(const struct outbox_rig *rig, const char *id)
{
	FILE *file = file_create(rig, "partners.d", id, ".yaml");

	(void)fprintf(file,
		      "id: %s\nname: %s\nrole: police\ncountry: RS\nmax_tier: national\n"
		      "languages: [en]\ntimezone: Europe/Belgrade\n",
		      id, id);
	file_end(file);
}

static void set_private(const struct outbox_rig *rig, const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", rig->config, name);
	assert(chmod(path, 0600) == 0);
}

void rig_write_config(struct outbox_rig *rig)
{
	FILE *file = file_create(rig, ".", "astrad", ".yaml");

	(void)fprintf(file,
		      "environment: training\n"
		      "hotline: {name: ASTRA, country: RS, cap_sender: astra.rs}\n"
		      "public_url: https://alerts.example.org\ntimezone: Europe/Belgrade\n"
		      "languages: [en]\ncontacts: {hotline: {phone: \"116000\"}}\n"
		      "listen: [{address: 127.0.0.1, port: 0}]\ncontrol: {socket: control.sock}\n"
		      "store: {path: a.db, key_file: a.key}\n"
		      "security: {master_key: {file: master}}\nlimits: {in_flight: %d}\n",
		      rig->spec.in_flight > 0 ? rig->spec.in_flight : 256);
	file_end(file);
	file = file_create(rig, ".", "master", "");
	(void)fputs("KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio=\n", file);
	file_end(file);
	set_private(rig, "master");
	for (size_t i = 0; i < rig->spec.channel_count; i++) {
		const struct rig_channel *channel = &rig->spec.channels[i];

		rig_write_channel(rig, channel, "one");
		if (channel->recipients > 0) {
			write_list(rig, channel);
		}
		if (channel->partner != NULL) {
			write_partner(rig, channel->partner);
		}
	}
	file = file_create(rig, "policies.d", "restricted", ".yaml");
	(void)fprintf(file,
		      "id: restricted\ntiers: [restricted]\napprovals: 2\n"
		      "expires: {default: 24h, max: 48h}\n"
		      "ack: {roles: [police], operator: true, lease: 30m}\n"
		      "alert:\n  rungs: [{name: first, after: 0s, channels: [%s]}]\n"
		      "  last_resort: [%s]\n",
		      rig->spec.channels[0].name, rig->spec.channels[0].name);
	file_end(file);
}
