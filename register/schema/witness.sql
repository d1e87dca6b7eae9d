-- What each witness of the policy cosigned last, as it told; asked anew when it
-- is lost.
CREATE TABLE log_witness (
	vkey TEXT PRIMARY KEY,
	size INTEGER NOT NULL,
	time INTEGER NOT NULL		-- of its cosignature
) STRICT;

-- The newest checkpoint that met its quorum; size 0: none has yet.
CREATE TABLE log_witnessed (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	size INTEGER NOT NULL,
	as_of INTEGER NOT NULL,		-- the oldest cosignature that the quorum needs
	note TEXT NOT NULL
) STRICT;

-- A witness saw another log under this log's name.
CREATE TABLE log_split (
	vkey TEXT NOT NULL,
	size INTEGER NOT NULL,		-- of the view that it holds
	time INTEGER NOT NULL,
	sentence TEXT NOT NULL,
	note TEXT NOT NULL,		-- what it was asked to cosign
	PRIMARY KEY (vkey, size)
) STRICT;
