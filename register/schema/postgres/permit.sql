-- Permits.  draft -> signed -> sealing -> issued; void: never issued.  What became
-- of them since is in permit_change.
CREATE TABLE permit (
	handle bytea PRIMARY KEY,
	kind text COLLATE "C" NOT NULL,
	agency text COLLATE "C" NOT NULL,
	dossier text COLLATE "C" NOT NULL,
	holder text COLLATE "C" NOT NULL,
	given text COLLATE "C",			-- number that came with the submission
	valid_to bigint,		-- last day, null: no end
	content bytea NOT NULL,		-- canonical octets
	state text COLLATE "C" NOT NULL CHECK (state IN ('draft', 'signed', 'sealing', 'issued', 'withdrawn', 'void')),
	officers bytea,			-- frozen ds:Signature elements, in order
	officer_person text COLLATE "C",
	officer_serial bytea,
	issuance bytea,			-- canonical octets
	number text COLLATE "C",
	short_code text COLLATE "C" UNIQUE,
	voice_code text COLLATE "C" UNIQUE,
	list bigint,
	idx bigint,
	day bigint,
	sealed bytea,			-- the permit as issued
	sha256 bytea UNIQUE,
	reserved_entry bigint,
	issued_entry bigint,
	entry bigint NOT NULL,
	time bigint NOT NULL,
	version bigint NOT NULL DEFAULT 1,
	amends bytea,			-- handle of the version before; null: the first
	signed_entry bigint,
	proven_until bigint,		-- until when the newest time stamp on its newest copy proves something ...
	proven_by text COLLATE "C",		-- ... and by which algorithms; null: not issued
	parcels text COLLATE "C",			-- keys of the parcels that it names, a space between
	plots text COLLATE "C",			-- JSON: where it lies, in VN-2000 (verifier/submission.h)
	converted text COLLATE "C"	-- from this code page; null: submitted in Unicode
);
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
	handle bytea NOT NULL REFERENCES permit,
	n bigint NOT NULL,
	sealed bytea NOT NULL,
	sha256 bytea NOT NULL UNIQUE,
	until bigint NOT NULL,
	entry bigint NOT NULL,
	PRIMARY KEY (handle, n)
);

-- Permits that their agency reaffirms, or has: what the order said, of which copy, the entry
-- that reserved it, and that by which the reaffirmed copy came (null: its seal waits).
CREATE TABLE permit_reaffirmation (
	handle bytea PRIMARY KEY REFERENCES permit,
	base bytea NOT NULL,
	decision text COLLATE "C" NOT NULL,
	decided bigint NOT NULL,
	day bigint NOT NULL,
	reason text COLLATE "C" NOT NULL,
	entry bigint NOT NULL,
	made_entry bigint
);

-- By parcel: which permits touch it (signer/parcel.h); of those that were issued, with the
-- issue's entry.
CREATE TABLE permit_parcel (
	parcel text COLLATE "C" NOT NULL,
	entry bigint NOT NULL,
	handle bytea NOT NULL,
	PRIMARY KEY (parcel, entry)
);

-- Where several officers sign one after the other: what permit had after the n-th, the
-- last of them excepted.
CREATE TABLE permit_turn (
	handle bytea NOT NULL REFERENCES permit,
	n bigint NOT NULL,
	officers bytea NOT NULL,
	officer_person text COLLATE "C" NOT NULL,
	officer_serial bytea NOT NULL,
	signed_entry bigint NOT NULL,
	PRIMARY KEY (handle, n)
);
CREATE INDEX permit_turn_signed ON permit_turn (signed_entry);

-- What became of a permit after it was issued: facts, in the order of the log
-- (policy/life.h).  Of handles in permit and in permit_lost.
CREATE TABLE permit_change (
	entry bigint PRIMARY KEY,
	handle bytea NOT NULL,
	act bigint NOT NULL,		-- enum life_act
	from_day bigint NOT NULL,
	until_day bigint,		-- last day of a suspension, null: open
	ends bigint,			-- entry of the note that is lifted
	decision text COLLATE "C",		-- null: in an entry whose record is lost
	reason text COLLATE "C",
	note text COLLATE "C",
	other bytea			-- handle of the permit that replaces it
);
CREATE INDEX permit_change_handle ON permit_change (handle, entry);

-- A submission sent twice is one draft.
CREATE TABLE submission (
	program bytea NOT NULL,
	key text COLLATE "C" NOT NULL,
	sha256 bytea NOT NULL,
	handle bytea NOT NULL REFERENCES permit,
	PRIMARY KEY (program, key)
);
CREATE INDEX submission_handle ON submission (handle);

-- Next number of each book; year 0 where numbers never restart.
CREATE TABLE book (
	agency text COLLATE "C" NOT NULL,
	book text COLLATE "C" NOT NULL,
	year bigint NOT NULL,
	next bigint NOT NULL,
	is_public bigint NOT NULL DEFAULT 0,	-- a number of it stands in a public entry
	closed bigint,			-- entry of the restore that closed it, null: open
	PRIMARY KEY (agency, book, year)
);

CREATE TABLE number_used (
	agency text COLLATE "C" NOT NULL,
	scope text COLLATE "C" NOT NULL,
	year bigint NOT NULL,
	number text COLLATE "C" NOT NULL,
	version bigint NOT NULL,
	handle bytea NOT NULL REFERENCES permit,
	PRIMARY KEY (agency, scope, year, number, version)
);
CREATE INDEX number_used_handle ON number_used (handle);

CREATE TABLE status_list (
	number bigint PRIMARY KEY,	-- of the publication, counts up
	list bigint NOT NULL,
	tbs bytea NOT NULL,
	cwt bytea,			-- derived: the signature over tbs
	this_update bigint NOT NULL,
	next_update bigint NOT NULL,
	entry bigint NOT NULL
);
