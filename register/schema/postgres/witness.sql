-- What each witness of the policy cosigned last, as it told; asked anew when it
-- is lost.
CREATE TABLE log_witness (
	vkey text COLLATE "C" PRIMARY KEY,
	size bigint NOT NULL,
	time bigint NOT NULL		-- of its cosignature
);

-- The newest checkpoint that met its quorum; size 0: none has yet.
CREATE TABLE log_witnessed (
	one bigint PRIMARY KEY CHECK (one = 1),
	size bigint NOT NULL,
	as_of bigint NOT NULL,		-- the oldest cosignature that the quorum needs
	note text COLLATE "C" NOT NULL
);

-- A witness saw another log under this log's name.
CREATE TABLE log_split (
	vkey text COLLATE "C" NOT NULL,
	size bigint NOT NULL,		-- of the view that it holds
	time bigint NOT NULL,
	sentence text COLLATE "C" NOT NULL,
	note text COLLATE "C" NOT NULL,		-- what it was asked to cosign
	PRIMARY KEY (vkey, size)
);
