-- The spine: people, cases, alerts, broadcasts, deliveries, ladders. STRICT tables; ids are UUIDv7 in 16 bytes;
-- times are UTC milliseconds; states are the numbers of daemon/domain/states.h. A column called *_sealed holds AES-256-GCM
-- under the row's case or alert key. Nothing else in this file may hold personal data of a child or a caller.

-- People and tokens -----------------------------------------------------------------------------------------------

CREATE TABLE person (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	created_utc_ms INTEGER NOT NULL,
	disabled_utc_ms INTEGER
) STRICT;

CREATE TABLE token (
	id BLOB PRIMARY KEY,
	name TEXT NOT NULL,
	person TEXT REFERENCES person (id),
	partner TEXT,
	role INTEGER NOT NULL,
	hash BLOB NOT NULL UNIQUE,
	created_by TEXT NOT NULL,
	created_utc_ms INTEGER NOT NULL,
	expires_utc_ms INTEGER,
	revoked_utc_ms INTEGER,
	CHECK ((person IS NULL) <> (partner IS NULL))
) STRICT;

-- Cases -----------------------------------------------------------------------------------------------------------

-- Cases and alerts share one counter a year (hotline's timezone decides the year).
CREATE TABLE ref_counter (
	year INTEGER PRIMARY KEY,
	last INTEGER NOT NULL
) STRICT;

-- etag rises with every change, truth_version (part of the blob's AAD) with every change of the truth.
CREATE TABLE casefile (
	id BLOB PRIMARY KEY,
	ref TEXT NOT NULL UNIQUE,
	status INTEGER NOT NULL,
	state INTEGER NOT NULL,
	category INTEGER NOT NULL,
	key_id INTEGER NOT NULL UNIQUE,
	etag INTEGER NOT NULL,
	truth_version INTEGER NOT NULL,
	assigned_to TEXT REFERENCES person (id),
	created_utc_ms INTEGER NOT NULL,
	updated_utc_ms INTEGER NOT NULL,
	closed_utc_ms INTEGER,
	is_verified INTEGER,
	purge_requested_utc_ms INTEGER,
	purged_utc_ms INTEGER,
	-- last: what stands behind a long blob is slow to reach
	truth_sealed BLOB,
	close_sealed BLOB
) STRICT;
CREATE INDEX casefile_by_state ON casefile (state, id);
-- Closed without proof: somebody still has to look.
CREATE INDEX casefile_unverified ON casefile (state, closed_utc_ms) WHERE state IN (1, 2) AND closed_utc_ms IS NOT NULL;
CREATE INDEX casefile_purging ON casefile (id) WHERE purge_requested_utc_ms IS NOT NULL AND purged_utc_ms IS NULL;

CREATE TABLE report (
	id BLOB PRIMARY KEY,
	case_id BLOB NOT NULL REFERENCES casefile (id),
	person TEXT NOT NULL,
	source INTEGER NOT NULL,
	received_utc_ms INTEGER NOT NULL,
	body_sealed BLOB
) STRICT;
CREATE INDEX report_by_case ON report (case_id, id);

CREATE TABLE note (
	id BLOB PRIMARY KEY,
	case_id BLOB NOT NULL REFERENCES casefile (id),
	person TEXT NOT NULL,
	created_utc_ms INTEGER NOT NULL,
	due_utc_ms INTEGER,
	done_utc_ms INTEGER,
	text_sealed BLOB
) STRICT;
CREATE INDEX note_by_case ON note (case_id, id);
CREATE INDEX note_due ON note (due_utc_ms) WHERE due_utc_ms IS NOT NULL AND done_utc_ms IS NULL;

-- A field of the release table that must not be published until a time.
CREATE TABLE hold (
	case_id BLOB NOT NULL REFERENCES casefile (id),
	field INTEGER NOT NULL,
	person TEXT NOT NULL,
	created_utc_ms INTEGER NOT NULL,
	until_utc_ms INTEGER,
	why_sealed BLOB,
	PRIMARY KEY (case_id, field)
) STRICT;

-- Alerts ----------------------------------------------------------------------------------------------------------

-- current_version: the highest approved version, 0 before the first. open_version: the one unapproved version, or NULL.
-- Nothing is claimed or sent whose version is not current_version: every page asks this row.
CREATE TABLE alert (
	id BLOB PRIMARY KEY,
	ref TEXT NOT NULL UNIQUE,
	status INTEGER NOT NULL,
	state INTEGER NOT NULL,
	tier INTEGER NOT NULL,
	policy TEXT NOT NULL,
	key_id INTEGER NOT NULL UNIQUE,
	etag INTEGER NOT NULL,
	current_version INTEGER NOT NULL DEFAULT 0,
	last_version INTEGER NOT NULL DEFAULT 0,
	open_version INTEGER,
	end_reason INTEGER NOT NULL DEFAULT 0,
	created_by TEXT NOT NULL,
	created_utc_ms INTEGER NOT NULL,
	issued_utc_ms INTEGER,
	expires_utc_ms INTEGER,
	ended_utc_ms INTEGER,
	purged_utc_ms INTEGER
) STRICT;
CREATE INDEX alert_by_state ON alert (state, id);

CREATE TABLE alert_case (
	alert_id BLOB NOT NULL REFERENCES alert (id),
	case_id BLOB NOT NULL REFERENCES casefile (id),
	PRIMARY KEY (alert_id, case_id)
) STRICT;
CREATE INDEX alert_by_case ON alert_case (case_id, alert_id);

-- draft_sealed: the canonical draft; request_sealed: what an update asked (kind, set, remove, reason).
CREATE TABLE version (
	alert_id BLOB NOT NULL REFERENCES alert (id),
	version INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	state INTEGER NOT NULL,
	etag INTEGER NOT NULL,
	tier INTEGER NOT NULL,
	narrows INTEGER NOT NULL DEFAULT 0,
	end_reason INTEGER NOT NULL DEFAULT 0,
	digest TEXT,
	created_utc_ms INTEGER NOT NULL,
	submitted_utc_ms INTEGER,
	decided_utc_ms INTEGER,
	expires_utc_ms INTEGER,
	draft_sealed BLOB,
	request_sealed BLOB,
	PRIMARY KEY (alert_id, version)
) STRICT;

-- Who did what to a version: 1 edited, 2 submitted, 3 approved, 4 returned, 5 rejected, 6 withdrew, 7 stopped.
CREATE TABLE version_person (
	alert_id BLOB NOT NULL,
	version INTEGER NOT NULL,
	person TEXT NOT NULL,
	did INTEGER NOT NULL,
	at_utc_ms INTEGER NOT NULL,
	PRIMARY KEY (alert_id, version, person, did),
	FOREIGN KEY (alert_id, version) REFERENCES version (alert_id, version)
) STRICT;

-- A rendered body (domain/render.h: bytes and splices), once per version and variant, under the alert's key.
CREATE TABLE variant (
	alert_id BLOB NOT NULL,
	version INTEGER NOT NULL,
	variant TEXT NOT NULL,
	medium INTEGER NOT NULL,
	body_sealed BLOB,
	PRIMARY KEY (alert_id, version, variant),
	FOREIGN KEY (alert_id, version) REFERENCES version (alert_id, version)
) STRICT;

-- What each planned channel gets: message is enum message (domain/message.h). An end looks up the newest approved version that planned its channel.
CREATE TABLE plan (
	alert_id BLOB NOT NULL,
	version INTEGER NOT NULL,
	channel TEXT NOT NULL,
	message INTEGER NOT NULL,
	partner TEXT,
	variant TEXT NOT NULL,
	use INTEGER NOT NULL,
	rung INTEGER NOT NULL,
	list_generation INTEGER NOT NULL,
	PRIMARY KEY (alert_id, version, channel, message),
	FOREIGN KEY (alert_id, version) REFERENCES version (alert_id, version)
) STRICT;

-- Recipients ------------------------------------------------------------------------------------------------------

-- Generations of a channel's list. A recipient keeps its number for ever. A broadcast that pinned generation g walks those
-- with added_generation <= g that are not removed since. seen_generation is the loader's: what a newer file lacks is removed.
CREATE TABLE list (
	channel TEXT NOT NULL,
	generation INTEGER NOT NULL,
	recipients INTEGER NOT NULL,
	last_recipient INTEGER NOT NULL,
	source_hash BLOB NOT NULL,
	is_complete INTEGER NOT NULL,
	created_utc_ms INTEGER NOT NULL,
	PRIMARY KEY (channel, generation)
) STRICT;

CREATE TABLE recipient (
	channel TEXT NOT NULL,
	recipient INTEGER NOT NULL,
	name TEXT NOT NULL,
	address_sealed BLOB NOT NULL,
	address_hash BLOB NOT NULL,
	added_generation INTEGER NOT NULL,
	seen_generation INTEGER NOT NULL,
	removed_generation INTEGER,
	opted_out_utc_ms INTEGER,
	PRIMARY KEY (channel, recipient)
) STRICT;
CREATE UNIQUE INDEX recipient_by_name ON recipient (channel, name);
CREATE INDEX recipient_by_address ON recipient (address_hash);

-- Broadcasts and deliveries ---------------------------------------------------------------------------------------

-- A message without an alert version: body is complete JSON made of ids, states and counts, no personal data.
CREATE TABLE notice (
	id BLOB PRIMARY KEY,
	type TEXT NOT NULL,
	alert_id BLOB REFERENCES alert (id),
	version INTEGER NOT NULL DEFAULT 0,
	body BLOB NOT NULL,
	created_utc_ms INTEGER NOT NULL
) STRICT;

-- Per partner, gap-free; given in the transaction that routes to the partner. id is the webhook-id.
CREATE TABLE partner_seq (
	partner TEXT PRIMARY KEY,
	last INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
	partner TEXT NOT NULL,
	seq INTEGER NOT NULL,
	id BLOB NOT NULL UNIQUE,
	alert_id BLOB REFERENCES alert (id),
	version INTEGER NOT NULL,
	message INTEGER NOT NULL,
	variant_version INTEGER NOT NULL,
	variant TEXT,
	notice_id BLOB REFERENCES notice (id),
	created_utc_ms INTEGER NOT NULL,
	PRIMARY KEY (partner, seq)
) STRICT;
CREATE UNIQUE INDEX event_by_alert ON event (alert_id, partner, version, message) WHERE notice_id IS NULL;
CREATE UNIQUE INDEX event_by_notice ON event (notice_id, partner) WHERE notice_id IS NOT NULL;

-- One message on one channel; the numbers are enums of domain/message.h. walk 1: the pinned list by recipient number;
-- 2: the ledger by delivery id (everyone of this alert and channel who has or may have an earlier version);
-- 3: again, re-arms the rows of this version and channel (a repeat of the ladder, cycle > 0).
-- state 1 walking, 2 walked (every row exists), 3 done (every row terminal), 4 superseded.
CREATE TABLE broadcast (
	id INTEGER PRIMARY KEY,
	alert_id BLOB REFERENCES alert (id),
	version INTEGER NOT NULL,
	notice_id BLOB REFERENCES notice (id),
	channel TEXT NOT NULL,
	partner TEXT,
	message INTEGER NOT NULL,
	variant_version INTEGER NOT NULL,
	variant TEXT,
	walk INTEGER NOT NULL,
	list_generation INTEGER NOT NULL,
	last_recipient INTEGER NOT NULL,
	cursor INTEGER NOT NULL DEFAULT 0,
	state INTEGER NOT NULL,
	reason INTEGER NOT NULL,
	class INTEGER NOT NULL,
	cycle INTEGER NOT NULL DEFAULT 0,
	event_id BLOB NOT NULL,
	seq INTEGER,
	not_before_utc_ms INTEGER,
	created_utc_ms INTEGER NOT NULL,
	done_utc_ms INTEGER,
	CHECK (notice_id IS NOT NULL OR (alert_id IS NOT NULL AND version > 0))
) STRICT;
CREATE INDEX broadcast_open ON broadcast (state, id) WHERE state < 3;
CREATE INDEX broadcast_open_by_channel ON broadcast (channel, id) WHERE state < 3;
CREATE INDEX broadcast_by_alert ON broadcast (alert_id, version, channel);
CREATE UNIQUE INDEX broadcast_once ON broadcast (alert_id, version, channel, message, walk, cycle)
	WHERE notice_id IS NULL;
CREATE UNIQUE INDEX broadcast_notice_once ON broadcast (notice_id, channel) WHERE notice_id IS NOT NULL;

CREATE TABLE delivery (
	id INTEGER PRIMARY KEY,
	broadcast_id INTEGER NOT NULL REFERENCES broadcast (id),
	alert_id BLOB,
	version INTEGER NOT NULL,
	channel TEXT NOT NULL,
	recipient INTEGER NOT NULL,
	state INTEGER NOT NULL,
	reached INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	epoch INTEGER NOT NULL DEFAULT 0,
	starts INTEGER NOT NULL DEFAULT 0,
	post_ack INTEGER NOT NULL DEFAULT 0,
	due_utc_ms INTEGER,
	reason TEXT,
	provider_ref TEXT UNIQUE,
	created_utc_ms INTEGER NOT NULL,
	updated_utc_ms INTEGER NOT NULL,
	UNIQUE (broadcast_id, recipient)
) STRICT;
CREATE INDEX delivery_due ON delivery (broadcast_id, due_utc_ms, id) WHERE due_utc_ms IS NOT NULL;
-- Once per version, channel and recipient, whichever broadcast got there first. Notices have version 0.
CREATE UNIQUE INDEX delivery_once ON delivery (alert_id, channel, recipient, version) WHERE version > 0;
-- Who has or may have it, or is on the wire: what a stop and an update walk. A notice (version 0) is not the alert.
CREATE INDEX delivery_reached ON delivery (alert_id, channel, id) WHERE reached > 0 OR state = 2;
CREATE INDEX delivery_unfinished ON delivery (broadcast_id, state) WHERE state IN (1, 2, 5, 6, 7, 8);

-- Append-only.
CREATE TABLE attempt (
	delivery_id INTEGER NOT NULL REFERENCES delivery (id),
	attempt INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	started_utc_ms INTEGER NOT NULL,
	ended_utc_ms INTEGER,
	outcome INTEGER NOT NULL,
	status INTEGER NOT NULL,
	latency_ms INTEGER NOT NULL,
	detail TEXT,
	PRIMARY KEY (delivery_id, epoch, attempt)
) STRICT, WITHOUT ROWID;

-- Run-time state of a channel beside its file: suspension by a person or by 410, the breaker (domain/breaker.h).
CREATE TABLE channel_state (
	channel TEXT PRIMARY KEY,
	suspended_utc_ms INTEGER,
	suspended_by TEXT,
	suspended_why TEXT,
	breaker TEXT,
	dead_since_utc_ms INTEGER,
	last_success_utc_ms INTEGER,
	updated_utc_ms INTEGER NOT NULL
) STRICT;

-- Escalation ------------------------------------------------------------------------------------------------------

-- One running ladder per alert and kind. snapshot: the policy as it was at submit or approve (domain/ladder.h).
CREATE TABLE ladder (
	id BLOB PRIMARY KEY,
	alert_id BLOB NOT NULL REFERENCES alert (id),
	version INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	state INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	snapshot TEXT NOT NULL,
	position TEXT NOT NULL,
	started_utc_ms INTEGER NOT NULL,
	ended_utc_ms INTEGER
) STRICT;
CREATE INDEX ladder_by_alert ON ladder (alert_id, kind, state);
CREATE INDEX ladder_running ON ladder (id) WHERE state IN (1, 4);

-- Every due time of the daemon but those of deliveries. kind is enum timer_kind (store/timer.h). The epoch must
-- still be the owner's when it fires (compare and set). boot_id and due_boot_ms let it fire at the earlier clock.
CREATE TABLE timer (
	id INTEGER PRIMARY KEY,
	kind INTEGER NOT NULL,
	alert_id BLOB REFERENCES alert (id),
	case_id BLOB REFERENCES casefile (id),
	owner_id BLOB,
	epoch INTEGER NOT NULL,
	due_utc_ms INTEGER NOT NULL,
	boot_id BLOB,
	due_boot_ms INTEGER,
	created_utc_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX timer_due ON timer (due_utc_ms, id);
CREATE INDEX timer_due_boot ON timer (boot_id, due_boot_ms);
CREATE INDEX timer_by_owner ON timer (owner_id, kind);
CREATE INDEX timer_by_alert ON timer (alert_id, kind);

-- role: the partner's when it acknowledged, 0 = an operator's own; is_operator: taken by an operator, also on behalf
-- of a partner. said_sealed: who, how, reference, note; under the alert's key.
CREATE TABLE ack (
	id BLOB PRIMARY KEY,
	alert_id BLOB NOT NULL REFERENCES alert (id),
	version INTEGER NOT NULL,
	partner TEXT,
	person TEXT,
	state INTEGER NOT NULL,
	role INTEGER NOT NULL,
	is_operator INTEGER NOT NULL,
	lease_until_utc_ms INTEGER,
	said_sealed BLOB,
	created_utc_ms INTEGER NOT NULL,
	updated_utc_ms INTEGER NOT NULL,
	CHECK ((person IS NULL) <> (partner IS NULL))
) STRICT;
CREATE UNIQUE INDEX ack_once ON ack (alert_id, partner) WHERE partner IS NOT NULL;
CREATE UNIQUE INDEX ack_once_person ON ack (alert_id, person) WHERE person IS NOT NULL;
CREATE INDEX ack_by_alert ON ack (alert_id, id);
