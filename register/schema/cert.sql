-- Requests, certificates, appointments, CRLs.
CREATE TABLE request (
	id BLOB PRIMARY KEY,		-- 16 octets, the handle of all that follows from it
	facts TEXT NOT NULL,		-- canonical JSON: what an order approves, by its hash
	csr BLOB NOT NULL,
	key_id BLOB NOT NULL,
	profile TEXT NOT NULL,
	person TEXT,			-- personal serial number, null for agencies and services
	agency TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
	reason TEXT,
	entry INTEGER NOT NULL,
	time INTEGER NOT NULL,
	token TEXT,			-- serial number of the USB token that the request names
	mail TEXT			-- the mailbox, all letters small, to be compared (policy/mailbox.h)
) STRICT;
CREATE INDEX request_state ON request (state, entry);
CREATE INDEX request_key ON request (key_id);
CREATE INDEX request_token ON request (token) WHERE token IS NOT NULL;
CREATE INDEX request_mail ON request (mail) WHERE mail IS NOT NULL;

-- USB tokens, each one person's for as long as it lives; lost is for ever.
CREATE TABLE token (
	serial TEXT PRIMARY KEY,
	model TEXT NOT NULL,
	person TEXT NOT NULL,
	agency TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('held', 'lost')),
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX token_person ON token (person);

-- reserved -> active -> revoked, reserved -> void; and active <-> held -> revoked:
-- the only way back.
CREATE TABLE certificate (
	serial BLOB PRIMARY KEY,	-- 20 octets
	request BLOB NOT NULL REFERENCES request,
	profile TEXT NOT NULL,
	person TEXT,
	name TEXT NOT NULL,
	agency TEXT NOT NULL,
	key_id BLOB NOT NULL,
	tbs BLOB NOT NULL,
	der BLOB,
	not_before INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('reserved', 'active', 'held', 'revoked', 'void')),
	revoked_at INTEGER,
	reason INTEGER,
	invalidity INTEGER,
	ended_entry INTEGER,		-- of the revocation, of the voiding, of the last suspension or resume
	issued_entry INTEGER,		-- null: reserved or void
	entry INTEGER NOT NULL,
	time INTEGER NOT NULL,
	generation INTEGER NOT NULL DEFAULT 1,	-- whose key of the authority signs it; its CRL is shard generation - 1
	words TEXT NOT NULL DEFAULT '',	-- of the name, for searching (base/text.h)
	commits INTEGER NOT NULL DEFAULT 0	-- 1: its profile commits a person, who may give orders with it
) STRICT;
CREATE INDEX certificate_key ON certificate (key_id);
CREATE INDEX certificate_person ON certificate (person);
CREATE INDEX certificate_state ON certificate (state, not_after);
-- Holds all that a CRL says of them: one of many entries reads no rows.
CREATE INDEX certificate_listed ON certificate (generation, not_after, ended_entry, serial, revoked_at, reason, invalidity, state) WHERE state IN ('revoked', 'void');
-- Holds all that a search asks of them.
CREATE INDEX certificate_entry ON certificate (entry, agency, not_after, state, words);
CREATE INDEX certificate_issued ON certificate (issued_entry);
CREATE INDEX certificate_ended ON certificate (ended_entry) WHERE ended_entry IS NOT NULL;
-- Few among many: asked for at every seal.
CREATE INDEX certificate_seal ON certificate (agency) WHERE profile = 'seal';

-- Suspensions, over or not: ended by a resume or by the revocation.
CREATE TABLE certificate_hold (
	serial BLOB NOT NULL,
	entry INTEGER NOT NULL,
	since INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	ended_entry INTEGER,
	PRIMARY KEY (serial, entry)
) STRICT;

-- Who may do what, where, from when to when: officers, clerks, administrators.
CREATE TABLE appointment (
	id BLOB PRIMARY KEY,
	person TEXT NOT NULL,
	role TEXT NOT NULL,
	agency TEXT NOT NULL,
	title TEXT NOT NULL,
	mode TEXT NOT NULL,		-- KT., TM., TL., TUQ. or empty
	kinds TEXT NOT NULL,		-- space-separated permit kinds, * for all
	from_day INTEGER NOT NULL,
	to_day INTEGER,
	ended_day INTEGER,
	decision TEXT NOT NULL,
	entry INTEGER NOT NULL,
	authorised_by BLOB		-- TUQ.: the appointment of who authorises
) STRICT;
CREATE INDEX appointment_person ON appointment (person, role);
CREATE INDEX appointment_role ON appointment (role) WHERE ended_day IS NULL;
CREATE INDEX appointment_approver ON appointment (person) WHERE role = 'approver';	-- few, and counted

-- Millions of octets come last: what lies behind them is found by reading them.
CREATE TABLE crl (
	number INTEGER PRIMARY KEY,
	shard INTEGER NOT NULL,
	this_update INTEGER NOT NULL,
	next_update INTEGER NOT NULL,
	entry INTEGER NOT NULL,
	tbs BLOB NOT NULL,
	der BLOB			-- derived: the signature over tbs
) STRICT;

-- Batches of OCSP responses; their packs are publications.
CREATE TABLE ocsp (
	number INTEGER PRIMARY KEY,
	follows INTEGER,			-- the whole batch that this one adds to; null: it is whole
	responder BLOB NOT NULL,		-- serial of the certificate whose key signs
	this_update INTEGER NOT NULL,
	next_update INTEGER NOT NULL,
	size INTEGER NOT NULL,		-- of the log that it follows from
	sha256 BLOB NOT NULL,		-- of all that was signed, in the order of serial numbers
	signed INTEGER NOT NULL,		-- derived: 1 when its packs are published
	entry INTEGER NOT NULL,
	shard INTEGER NOT NULL DEFAULT 0		-- generation - 1
) STRICT;

-- Keys that are known to others: no certificate is asked for or made with one.
CREATE TABLE key_blocked (
	key_id BLOB PRIMARY KEY,	-- SHA-256 of the SubjectPublicKeyInfo
	reason TEXT,			-- null: the record is lost (register/lost.h)
	entry INTEGER NOT NULL,
	time INTEGER NOT NULL
) STRICT;

-- Programs that submit or read: known by the hash of an API key or of a
-- certificate's SubjectPublicKeyInfo.
CREATE TABLE program (
	id BLOB PRIMARY KEY,		-- SHA-256
	name TEXT NOT NULL,
	agencies TEXT NOT NULL,		-- space-separated, with their descendants
	kinds TEXT NOT NULL,
	rights TEXT NOT NULL,		-- space-separated: submit, read, report
	responsible TEXT NOT NULL,
	expires INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
