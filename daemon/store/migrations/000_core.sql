-- The store's own tables: what the core needs before any room's table exists.

-- Facts about this file: environment, key_file (which key file belongs to it), key_high (the highest key id in use).
CREATE TABLE meta (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a POST with an Idempotency-Key did, in ids and states (domain/outcome.h). Kept 72 h.
CREATE TABLE idempotency (
	scope BLOB PRIMARY KEY,
	fingerprint BLOB NOT NULL,
	outcome TEXT NOT NULL,
	at_utc_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (at_utc_ms);

-- Append-only, one chain a writer. hash = HMAC(own key, previous hash, this row); it covers note_hash, not note,
-- so a chain still verifies after notes were dropped with their case.
CREATE TABLE audit (
	chain INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	at_utc_ms INTEGER NOT NULL,
	action TEXT NOT NULL,
	person TEXT NOT NULL,
	case_id BLOB,
	alert_id BLOB,
	version INTEGER NOT NULL,
	detail TEXT,
	key_id INTEGER,
	note_sealed BLOB,
	note_hash BLOB,
	hash BLOB NOT NULL,
	PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_by_case ON audit (case_id, chain, seq) WHERE case_id IS NOT NULL;
CREATE INDEX audit_by_alert ON audit (alert_id, chain, seq) WHERE alert_id IS NOT NULL;
CREATE TRIGGER audit_keep BEFORE DELETE ON audit BEGIN
	SELECT RAISE(ABORT, 'audit rows are never deleted');
END;
CREATE TRIGGER audit_fixed BEFORE UPDATE OF chain, seq, at_utc_ms, action, person, case_id, alert_id, version,
	detail, key_id, note_hash, hash ON audit BEGIN
	SELECT RAISE(ABORT, 'audit rows never change');
END;
CREATE TRIGGER audit_note BEFORE UPDATE OF note_sealed ON audit WHEN new.note_sealed IS NOT NULL BEGIN
	SELECT RAISE(ABORT, 'audit notes are only dropped');
END;
