-- Requests, certificates, appointments, CRLs.
CREATE TABLE request (
	id bytea PRIMARY KEY,		-- 16 octets, the handle of all that follows from it
	facts text COLLATE "C" NOT NULL,		-- canonical JSON: what an order approves, by its hash
	csr bytea NOT NULL,
	key_id bytea NOT NULL,
	profile text COLLATE "C" NOT NULL,
	person text COLLATE "C",			-- personal serial number, null for agencies and services
	agency text COLLATE "C" NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
	reason text COLLATE "C",
	entry bigint NOT NULL,
	time bigint NOT NULL,
	token text COLLATE "C",			-- serial number of the USB token that the request names
	mail text COLLATE "C"			-- the mailbox, all letters small, to be compared (policy/mailbox.h)
);
CREATE INDEX request_state ON request (state, entry);
CREATE INDEX request_key ON request (key_id);
CREATE INDEX request_token ON request (token) WHERE token IS NOT NULL;
CREATE INDEX request_mail ON request (mail) WHERE mail IS NOT NULL;

-- USB tokens, each one person's for as long as it lives; lost is for ever.
CREATE TABLE token (
	serial text COLLATE "C" PRIMARY KEY,
	model text COLLATE "C" NOT NULL,
	person text COLLATE "C" NOT NULL,
	agency text COLLATE "C" NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('held', 'lost')),
	entry bigint NOT NULL
);
CREATE INDEX token_person ON token (person);

-- reserved -> active -> revoked, reserved -> void; and active <-> held -> revoked:
-- the only way back.
CREATE TABLE certificate (
	serial bytea PRIMARY KEY,	-- 20 octets
	request bytea NOT NULL REFERENCES request,
	profile text COLLATE "C" NOT NULL,
	person text COLLATE "C",
	name text COLLATE "C" NOT NULL,
	agency text COLLATE "C" NOT NULL,
	key_id bytea NOT NULL,
	tbs bytea NOT NULL,
	der bytea,
	not_before bigint NOT NULL,
	not_after bigint NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('reserved', 'active', 'held', 'revoked', 'void')),
	revoked_at bigint,
	reason bigint,
	invalidity bigint,
	ended_entry bigint,		-- of the revocation, of the voiding, of the last suspension or resume
	issued_entry bigint,		-- null: reserved or void
	entry bigint NOT NULL,
	time bigint NOT NULL,
	generation bigint NOT NULL DEFAULT 1,	-- whose key of the authority signs it; its CRL is shard generation - 1
	words text COLLATE "C" NOT NULL DEFAULT '',	-- of the name, for searching (base/text.h)
	commits bigint NOT NULL DEFAULT 0	-- 1: its profile commits a person, who may give orders with it
);
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
	serial bytea NOT NULL,
	entry bigint NOT NULL,
	since bigint NOT NULL,
	not_after bigint NOT NULL,
	ended_entry bigint,
	PRIMARY KEY (serial, entry)
);

-- Who may do what, where, from when to when: officers, clerks, administrators.
CREATE TABLE appointment (
	id bytea PRIMARY KEY,
	person text COLLATE "C" NOT NULL,
	role text COLLATE "C" NOT NULL,
	agency text COLLATE "C" NOT NULL,
	title text COLLATE "C" NOT NULL,
	mode text COLLATE "C" NOT NULL,		-- KT., TM., TL., TUQ. or empty
	kinds text COLLATE "C" NOT NULL,		-- space-separated permit kinds, * for all
	from_day bigint NOT NULL,
	to_day bigint,
	ended_day bigint,
	decision text COLLATE "C" NOT NULL,
	entry bigint NOT NULL,
	authorised_by bytea		-- TUQ.: the appointment of who authorises
);
CREATE INDEX appointment_person ON appointment (person, role);
CREATE INDEX appointment_role ON appointment (role) WHERE ended_day IS NULL;
CREATE INDEX appointment_approver ON appointment (person) WHERE role = 'approver';	-- few, and counted

-- Millions of octets come last: what lies behind them is found by reading them.
CREATE TABLE crl (
	number bigint PRIMARY KEY,
	shard bigint NOT NULL,
	this_update bigint NOT NULL,
	next_update bigint NOT NULL,
	entry bigint NOT NULL,
	tbs bytea NOT NULL,
	der bytea			-- derived: the signature over tbs
);

-- Batches of OCSP responses; their packs are publications.
CREATE TABLE ocsp (
	number bigint PRIMARY KEY,
	follows bigint,			-- the whole batch that this one adds to; null: it is whole
	responder bytea NOT NULL,		-- serial of the certificate whose key signs
	this_update bigint NOT NULL,
	next_update bigint NOT NULL,
	size bigint NOT NULL,		-- of the log that it follows from
	sha256 bytea NOT NULL,		-- of all that was signed, in the order of serial numbers
	signed bigint NOT NULL,		-- derived: 1 when its packs are published
	entry bigint NOT NULL,
	shard bigint NOT NULL DEFAULT 0		-- generation - 1
);

-- Keys that are known to others: no certificate is asked for or made with one.
CREATE TABLE key_blocked (
	key_id bytea PRIMARY KEY,	-- SHA-256 of the SubjectPublicKeyInfo
	reason text COLLATE "C",			-- null: the record is lost (register/lost.h)
	entry bigint NOT NULL,
	time bigint NOT NULL
);

-- Programs that submit or read: known by the hash of an API key or of a
-- certificate's SubjectPublicKeyInfo.
CREATE TABLE program (
	id bytea PRIMARY KEY,		-- SHA-256
	name text COLLATE "C" NOT NULL,
	agencies text COLLATE "C" NOT NULL,		-- space-separated, with their descendants
	kinds text COLLATE "C" NOT NULL,
	rights text COLLATE "C" NOT NULL,		-- space-separated: submit, read
	responsible text COLLATE "C" NOT NULL,
	expires bigint NOT NULL,
	entry bigint NOT NULL
);
