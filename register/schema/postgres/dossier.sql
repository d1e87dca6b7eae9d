-- Dossiers of the one-stop shop, as its programs report them.

-- From which step to which a dossier moves; returned, refused and done are ends.
CREATE TABLE dossier_edge (
	from_step text COLLATE "C" NOT NULL,
	to_step text COLLATE "C" NOT NULL,
	PRIMARY KEY (from_step, to_step)
);
INSERT INTO dossier_edge VALUES
	('received', 'paused'), ('received', 'returned'), ('received', 'refused'), ('received', 'done'),
	('paused', 'resumed'), ('paused', 'returned'), ('paused', 'refused'),
	('resumed', 'paused'), ('resumed', 'returned'), ('resumed', 'refused'), ('resumed', 'done');

CREATE TABLE dossier (
	handle bytea PRIMARY KEY,	-- 16 octets, of the dossier; its permits have others
	code text COLLATE "C" NOT NULL UNIQUE,	-- as it came
	agency text COLLATE "C" NOT NULL,		-- the one in the code
	kind text COLLATE "C",			-- of permit, null: of none
	running text COLLATE "C" NOT NULL,		-- the digits of the code's last group
	steps bigint NOT NULL,		-- how many rows of dossier_step
	step text COLLATE "C" NOT NULL,		-- of the last of them, and since which day
	since bigint NOT NULL,
	due bigint NOT NULL,		-- as it was given last
	entry bigint NOT NULL,		-- of its reception
	time bigint NOT NULL
);

-- The steps in order, each as it stands after corrections.
CREATE TABLE dossier_step (
	handle bytea NOT NULL REFERENCES dossier,
	n bigint NOT NULL,
	step text COLLATE "C" NOT NULL,
	day bigint NOT NULL,		-- as claimed
	due bigint,
	reason text COLLATE "C",
	entry bigint NOT NULL UNIQUE,	-- that says so: the step's own, or the last correction's
	PRIMARY KEY (handle, n)
);

-- An event reported twice is one entry.
CREATE TABLE dossier_event (
	program bytea NOT NULL,
	key text COLLATE "C" NOT NULL,
	sha256 bytea NOT NULL,
	entry bigint NOT NULL,
	PRIMARY KEY (program, key)
);
