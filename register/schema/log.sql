-- The log itself.  One row of log_head is the lock between writers and the
-- head that the next entry follows.
CREATE TABLE log_head (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	size INTEGER NOT NULL,
	time INTEGER NOT NULL,
	edge BLOB NOT NULL		-- roots of the perfect subtrees, largest first
) STRICT;
INSERT INTO log_head VALUES (1, 0, 0, x'');

CREATE TABLE log_entry (
	idx INTEGER PRIMARY KEY,
	entry BLOB NOT NULL,
	record BLOB,			-- null: erased
	salt BLOB
) STRICT;

-- Tiles of 256 hashes (tlog-tiles); width tells how many a partial one has.
CREATE TABLE log_tile (
	level INTEGER NOT NULL,
	n INTEGER NOT NULL,
	width INTEGER NOT NULL,
	hashes BLOB NOT NULL,
	PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

-- Last entry of each handle: `prev`, and whether somebody acted meanwhile.
CREATE TABLE log_subject (
	handle BLOB PRIMARY KEY,
	last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log_published (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	size INTEGER NOT NULL,
	note TEXT NOT NULL,
	key TEXT NOT NULL DEFAULT ''	-- vkey of the key that signed the note: what a backup is restored with
) STRICT;

-- When the register that leads was last there: what a replica shows is of then.
CREATE TABLE log_beat (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	time INTEGER NOT NULL
) STRICT;

-- Orders that were accepted, verbatim.
CREATE TABLE order_accepted (
	id BLOB PRIMARY KEY,
	verb TEXT NOT NULL,
	signer BLOB NOT NULL,		-- serial of the signer's certificate
	cms BLOB NOT NULL,
	entry INTEGER NOT NULL,
	time INTEGER NOT NULL
) STRICT;
CREATE INDEX order_entry ON order_accepted (entry);

-- Of these, the ones that take two people, from the first signature on.
CREATE TABLE order_waiting (
	id BLOB PRIMARY KEY,
	person TEXT NOT NULL,		-- who signed first
	sha256 BLOB NOT NULL,		-- of the CMS
	expires INTEGER NOT NULL,
	entry INTEGER NOT NULL,
	outcome TEXT,			-- consented, withdrawn; null: it waits, or has expired
	ended_entry INTEGER
) STRICT;
CREATE INDEX order_waiting_open ON order_waiting (expires) WHERE outcome IS NULL;

CREATE TABLE policy_adopted (
	entry INTEGER PRIMARY KEY,
	what TEXT NOT NULL,		-- policy, ceremony, key
	hash BLOB NOT NULL,
	body BLOB,
	time INTEGER NOT NULL
) STRICT;

-- Octets that the publisher writes below public/.
CREATE TABLE publication (
	path TEXT PRIMARY KEY,
	body BLOB NOT NULL,
	seq INTEGER NOT NULL
) STRICT;
CREATE INDEX publication_seq ON publication (seq);

CREATE TABLE session (
	id BLOB PRIMARY KEY,
	body BLOB NOT NULL,
	expires INTEGER NOT NULL
) STRICT;

CREATE TABLE stamp_batch (
	entry INTEGER PRIMARY KEY,
	number INTEGER NOT NULL UNIQUE,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	body BLOB NOT NULL,
	time INTEGER NOT NULL
) STRICT;

CREATE TABLE report (
	entry INTEGER PRIMARY KEY,
	spec TEXT NOT NULL,
	size INTEGER NOT NULL,		-- of the log that it follows from
	sha256 BLOB NOT NULL,		-- of its CSV
	json_sha256 BLOB NOT NULL,
	html_sha256 BLOB NOT NULL,
	index_sha256 BLOB NOT NULL,	-- of the list of reports, and of their looks
	css_sha256 BLOB NOT NULL,
	time INTEGER NOT NULL
) STRICT;
