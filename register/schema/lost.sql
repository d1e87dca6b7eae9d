-- What public fields alone still say of entries whose records a restore could
-- not bring back (register/lost.h).
CREATE TABLE reimport (
	entry INTEGER PRIMARY KEY,	-- of type 18
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	places INTEGER NOT NULL		-- places of the status list below this one are given
) STRICT;

CREATE TABLE certificate_lost (
	serial BLOB PRIMARY KEY,
	request BLOB,
	profile TEXT,
	org TEXT NOT NULL,
	not_after INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
	revoked_at INTEGER,
	reason INTEGER,
	invalidity INTEGER,
	ended_entry INTEGER,
	entry INTEGER NOT NULL,
	time INTEGER NOT NULL,
	generation INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX certificate_lost_entry ON certificate_lost (entry);

-- Its number and codes are lost; its place, once it was issued, is not.
CREATE TABLE permit_lost (
	handle BLOB PRIMARY KEY,
	agency TEXT NOT NULL,
	kind TEXT NOT NULL,
	list INTEGER,			-- null: a seal was reserved, and nothing says that it was made
	idx INTEGER,
	day INTEGER,
	entry INTEGER NOT NULL,
	time INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX permit_lost_place ON permit_lost (list, idx);

-- CRLs, status lists, batches of time stamps: their numbers are given.
CREATE TABLE list_lost (
	entry INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,
	number INTEGER NOT NULL,
	first INTEGER NOT NULL,		-- thisUpdate, or the first stamp's time
	last INTEGER NOT NULL,
	sha256 BLOB NOT NULL
) STRICT;
CREATE INDEX list_lost_number ON list_lost (kind, number);
