-- Which version this schema is: store.c.
CREATE TABLE schema_version (version bigint NOT NULL);

-- The log itself.  One row of log_head is the lock between writers and the
-- head that the next entry follows.
CREATE TABLE log_head (
	one bigint PRIMARY KEY CHECK (one = 1),
	size bigint NOT NULL,
	time bigint NOT NULL,
	edge bytea NOT NULL		-- roots of the perfect subtrees, largest first
);
INSERT INTO log_head VALUES (1, 0, 0, '');

CREATE TABLE log_entry (
	idx bigint PRIMARY KEY,
	entry bytea NOT NULL,
	record bytea,			-- null: erased
	salt bytea
);

-- Tiles of 256 hashes (tlog-tiles); width tells how many a partial one has.
CREATE TABLE log_tile (
	level bigint NOT NULL,
	n bigint NOT NULL,
	width bigint NOT NULL,
	hashes bytea NOT NULL,
	PRIMARY KEY (level, n)
);

-- Last entry of each handle: `prev`, and whether somebody acted meanwhile.
CREATE TABLE log_subject (
	handle bytea PRIMARY KEY,
	last bigint NOT NULL
);

CREATE TABLE log_published (
	one bigint PRIMARY KEY CHECK (one = 1),
	size bigint NOT NULL,
	note text COLLATE "C" NOT NULL,
	key text COLLATE "C" NOT NULL DEFAULT ''	-- vkey of the key that signed the note: what a backup is restored with
);

-- When the register that leads was last there: what a replica shows is of then.
CREATE TABLE log_beat (
	one bigint PRIMARY KEY CHECK (one = 1),
	time bigint NOT NULL
);

-- Orders that were accepted, verbatim.
CREATE TABLE order_accepted (
	id bytea PRIMARY KEY,
	verb text COLLATE "C" NOT NULL,
	signer bytea NOT NULL,		-- serial of the signer's certificate
	cms bytea NOT NULL,
	entry bigint NOT NULL,
	time bigint NOT NULL
);
CREATE INDEX order_entry ON order_accepted (entry);

-- Of these, the ones that take two people, from the first signature on.
CREATE TABLE order_waiting (
	id bytea PRIMARY KEY,
	person text COLLATE "C" NOT NULL,		-- who signed first
	sha256 bytea NOT NULL,		-- of the CMS
	expires bigint NOT NULL,
	entry bigint NOT NULL,
	outcome text COLLATE "C",			-- consented, withdrawn; null: it waits, or has expired
	ended_entry bigint
);
CREATE INDEX order_waiting_open ON order_waiting (expires) WHERE outcome IS NULL;

CREATE TABLE policy_adopted (
	entry bigint PRIMARY KEY,
	what text COLLATE "C" NOT NULL,		-- policy, ceremony, key
	hash bytea NOT NULL,
	body bytea,
	time bigint NOT NULL
);

-- Octets that the publisher writes below public/.
CREATE TABLE publication (
	path text COLLATE "C" PRIMARY KEY,
	body bytea NOT NULL,
	seq bigint NOT NULL
);
CREATE INDEX publication_seq ON publication (seq);

CREATE TABLE session (
	id bytea PRIMARY KEY,
	body bytea NOT NULL,
	expires bigint NOT NULL
);

CREATE TABLE stamp_batch (
	entry bigint PRIMARY KEY,
	number bigint NOT NULL UNIQUE,
	first bigint NOT NULL,
	last bigint NOT NULL,
	body bytea NOT NULL,
	time bigint NOT NULL
);

CREATE TABLE report (
	entry bigint PRIMARY KEY,
	spec text COLLATE "C" NOT NULL,
	size bigint NOT NULL,		-- of the log that it follows from
	sha256 bytea NOT NULL,		-- of its CSV
	json_sha256 bytea NOT NULL,
	html_sha256 bytea NOT NULL,
	index_sha256 bytea NOT NULL,	-- of the list of reports, and of their looks
	css_sha256 bytea NOT NULL,
	time bigint NOT NULL
);
