-- Dossiers of the one-stop shop, as its programs report them.

-- From which step to which a dossier moves; returned, refused and done are ends.
CREATE TABLE dossier_edge (
	from_step TEXT NOT NULL,
	to_step TEXT NOT NULL,
	PRIMARY KEY (from_step, to_step)
) STRICT, WITHOUT ROWID;
INSERT INTO dossier_edge VALUES
	('received', 'paused'), ('received', 'returned'), ('received', 'refused'), ('received', 'done'),
	('paused', 'resumed'), ('paused', 'returned'), ('paused', 'refused'),
	('resumed', 'paused'), ('resumed', 'returned'), ('resumed', 'refused'), ('resumed', 'done');

CREATE TABLE dossier (
	handle BLOB PRIMARY KEY,	-- 16 octets, of the dossier; its permits have others
	code TEXT NOT NULL UNIQUE,	-- as it came
	agency TEXT NOT NULL,		-- the one in the code
	kind TEXT,			-- of permit, null: of none
	running TEXT NOT NULL,		-- the digits of the code's last group
	steps INTEGER NOT NULL,		-- how many rows of dossier_step
	step TEXT NOT NULL,		-- of the last of them, and since which day
	since INTEGER NOT NULL,
	due INTEGER NOT NULL,		-- as it was given last
	entry INTEGER NOT NULL,		-- of its reception
	time INTEGER NOT NULL
) STRICT;

-- The steps in order, each as it stands after corrections.
CREATE TABLE dossier_step (
	handle BLOB NOT NULL REFERENCES dossier,
	n INTEGER NOT NULL,
	step TEXT NOT NULL,
	day INTEGER NOT NULL,		-- as claimed
	due INTEGER,
	reason TEXT,
	entry INTEGER NOT NULL UNIQUE,	-- that says so: the step's own, or the last correction's
	PRIMARY KEY (handle, n)
) STRICT, WITHOUT ROWID;

-- An event reported twice is one entry.
CREATE TABLE dossier_event (
	program BLOB NOT NULL,
	key TEXT NOT NULL,
	sha256 BLOB NOT NULL,
	entry INTEGER NOT NULL,
	PRIMARY KEY (program, key)
) STRICT, WITHOUT ROWID;
