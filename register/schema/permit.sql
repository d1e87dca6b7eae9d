-- Permits.  draft -> signed -> sealing -> issued; void: never issued.  What became
-- of them since is in permit_change.
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
	reserved_entry INTEGER,
	issued_entry INTEGER,
	entry INTEGER NOT NULL,
	time INTEGER NOT NULL,
	version INTEGER NOT NULL DEFAULT 1,
	amends BLOB,			-- handle of the version before; null: the first
	signed_entry INTEGER,
	proven_until INTEGER,		-- until when the newest time stamp on its newest copy proves something ...
	proven_by TEXT,		-- ... and by which algorithms; null: not issued
	parcels TEXT,			-- keys of the parcels that it names, a space between
	plots TEXT,			-- JSON: where it lies, in VN-2000 (verifier/submission.h)
	converted TEXT			-- from this code page; null: submitted in Unicode
) STRICT;
CREATE INDEX permit_state ON permit (state, entry);
CREATE INDEX permit_dossier ON permit (dossier);
CREATE UNIQUE INDEX permit_place ON permit (list, idx);
CREATE INDEX permit_amends ON permit (amends) WHERE amends IS NOT NULL;
-- By entry: the event feed (register/feed_reads.c).
CREATE INDEX permit_submitted ON permit (entry);
CREATE INDEX permit_signed ON permit (signed_entry) WHERE signed_entry IS NOT NULL;
CREATE INDEX permit_reserved ON permit (reserved_entry) WHERE reserved_entry IS NOT NULL;
CREATE INDEX permit_issued ON permit (issued_entry) WHERE issued_entry IS NOT NULL;
-- By agency: what it makes public (register/gazette_reads.c).
CREATE INDEX permit_agency ON permit (agency, issued_entry) WHERE issued_entry IS NOT NULL;
-- By number: what anybody looks up who knows the holder's name, too (verifier/gazette.h).
CREATE INDEX permit_number ON permit (kind, number) WHERE number IS NOT NULL;
-- What is renewed next.
CREATE INDEX permit_proven ON permit (proven_until, issued_entry) WHERE issued_entry IS NOT NULL;
CREATE INDEX permit_proven_by ON permit (proven_by, issued_entry) WHERE issued_entry IS NOT NULL;

-- Later copies of an issued permit, each with an archive time stamp more than the one before.
CREATE TABLE permit_renewal (
	handle BLOB NOT NULL REFERENCES permit,
	n INTEGER NOT NULL,
	sealed BLOB NOT NULL,
	sha256 BLOB NOT NULL UNIQUE,
	until INTEGER NOT NULL,
	entry INTEGER NOT NULL,
	PRIMARY KEY (handle, n)
) STRICT;

-- Permits that their agency reaffirms, or has: what the order said, of which copy, the entry
-- that reserved it, and that by which the reaffirmed copy came (null: its seal waits).
CREATE TABLE permit_reaffirmation (
	handle BLOB PRIMARY KEY REFERENCES permit,
	base BLOB NOT NULL,
	decision TEXT NOT NULL,
	decided INTEGER NOT NULL,
	day INTEGER NOT NULL,
	reason TEXT NOT NULL,
	entry INTEGER NOT NULL,
	made_entry INTEGER
) STRICT;

-- By parcel: which permits touch it (signer/parcel.h); of those that were issued, with the
-- issue's entry.
CREATE TABLE permit_parcel (
	parcel TEXT NOT NULL,
	entry INTEGER NOT NULL,
	handle BLOB NOT NULL,
	PRIMARY KEY (parcel, entry)
) STRICT, WITHOUT ROWID;

-- Where several officers sign one after the other: what permit had after the n-th, the
-- last of them excepted.
CREATE TABLE permit_turn (
	handle BLOB NOT NULL REFERENCES permit,
	n INTEGER NOT NULL,
	officers BLOB NOT NULL,
	officer_person TEXT NOT NULL,
	officer_serial BLOB NOT NULL,
	signed_entry INTEGER NOT NULL,
	PRIMARY KEY (handle, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX permit_turn_signed ON permit_turn (signed_entry);

-- What became of a permit after it was issued: facts, in the order of the log
-- (policy/life.h).  Of handles in permit and in permit_lost.
CREATE TABLE permit_change (
	entry INTEGER PRIMARY KEY,
	handle BLOB NOT NULL,
	act INTEGER NOT NULL,		-- enum life_act
	from_day INTEGER NOT NULL,
	until_day INTEGER,		-- last day of a suspension, null: open
	ends INTEGER,			-- entry of the note that is lifted
	decision TEXT,		-- null: in an entry whose record is lost
	reason TEXT,
	note TEXT,
	other BLOB			-- handle of the permit that replaces it
) STRICT;
CREATE INDEX permit_change_handle ON permit_change (handle, entry);

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
