-- What public fields alone still say of entries whose records a restore could
-- not bring back (register/lost.h).
CREATE TABLE reimport (
	entry bigint PRIMARY KEY,	-- of type 18
	first bigint NOT NULL,
	last bigint NOT NULL,
	places bigint NOT NULL		-- places of the status list below this one are given
);

CREATE TABLE certificate_lost (
	serial bytea PRIMARY KEY,
	request bytea,
	profile text COLLATE "C",
	org text COLLATE "C" NOT NULL,
	not_after bigint NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('active', 'revoked')),
	revoked_at bigint,
	reason bigint,
	invalidity bigint,
	ended_entry bigint,
	entry bigint NOT NULL,
	time bigint NOT NULL,
	generation bigint NOT NULL DEFAULT 1
);
CREATE INDEX certificate_lost_entry ON certificate_lost (entry);

-- Its number and codes are lost; its place, once it was issued, is not.
CREATE TABLE permit_lost (
	handle bytea PRIMARY KEY,
	agency text COLLATE "C" NOT NULL,
	kind text COLLATE "C" NOT NULL,
	list bigint,			-- null: a seal was reserved, and nothing says that it was made
	idx bigint,
	day bigint,
	entry bigint NOT NULL,
	time bigint NOT NULL
);
CREATE UNIQUE INDEX permit_lost_place ON permit_lost (list, idx);

-- CRLs, status lists, batches of time stamps: their numbers are given.
CREATE TABLE list_lost (
	entry bigint PRIMARY KEY,
	kind text COLLATE "C" NOT NULL,
	number bigint NOT NULL,
	first bigint NOT NULL,		-- thisUpdate, or the first stamp's time
	last bigint NOT NULL,
	sha256 bytea NOT NULL
);
CREATE INDEX list_lost_number ON list_lost (kind, number);
