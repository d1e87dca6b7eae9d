-- Permits.  draft -> signed -> sealing -> issued -> withdrawn
CREATE TABLE permit (
	handle BLOB PRIMARY KEY,
	kind TEXT NOT NULL,
	agency TEXT NOT NULL,
	dossier TEXT NOT NULL,
	holder TEXT NOT NULL,
	given TEXT,			-- number that came with the submission
	valid_to INTEGER,		-- last day, null: no end
	content BLOB NOT NULL,		-- canonical octets
	state TEXT NOT NULL CHECK (state IN ('draft', 'signed', 'sealing', 'issued', 'withdrawn', 'void')),
	officers BLOB,			-- frozen ds:Signature elements, in order
	officer_person TEXT,
	officer_serial BLOB,
	issuance BLOB,			-- canonical octets
	number TEXT,
	short_code TEXT UNIQUE,
	voice_code TEXT UNIQUE,
	list INTEGER,
	idx INTEGER,
	day INTEGER,
	sealed BLOB,			-- the permit as issued
	sha256 BLOB UNIQUE,
	withdrawn_day INTEGER,
	decision TEXT,
	reason TEXT,
	reserved_entry INTEGER,
	issued_entry INTEGER,
	withdrawn_entry INTEGER,
	entry INTEGER NOT NULL,
	time INTEGER NOT NULL
) STRICT;
CREATE INDEX permit_state ON permit (state, entry);
CREATE INDEX permit_dossier ON permit (dossier);
CREATE UNIQUE INDEX permit_place ON permit (list, idx);

-- A submission sent twice is one draft.
CREATE TABLE submission (
	program BLOB NOT NULL,
	key TEXT NOT NULL,
	sha256 BLOB NOT NULL,
	handle BLOB NOT NULL REFERENCES permit,
	PRIMARY KEY (program, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX submission_handle ON submission (handle);

-- Next number of each book; year 0 where numbers never restart.
CREATE TABLE book (
	agency TEXT NOT NULL,
	book TEXT NOT NULL,
	year INTEGER NOT NULL,
	next INTEGER NOT NULL,
	is_public INTEGER NOT NULL DEFAULT 0,	-- a number of it stands in a public entry
	closed INTEGER,			-- entry of the restore that closed it, null: open
	PRIMARY KEY (agency, book, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE number_used (
	agency TEXT NOT NULL,
	scope TEXT NOT NULL,
	year INTEGER NOT NULL,
	number TEXT NOT NULL,
	version INTEGER NOT NULL,
	handle BLOB NOT NULL REFERENCES permit,
	PRIMARY KEY (agency, scope, year, number, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX number_used_handle ON number_used (handle);

CREATE TABLE status_list (
	number INTEGER PRIMARY KEY,	-- of the publication, counts up
	list INTEGER NOT NULL,
	tbs BLOB NOT NULL,
	cwt BLOB,			-- derived: the signature over tbs
	this_update INTEGER NOT NULL,
	next_update INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
