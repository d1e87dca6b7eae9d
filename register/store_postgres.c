/*
 * PostgreSQL; the only home of libpq-fe.h.
 *
 * A statement's $names are numbered once, and its parameters are given the types
 * of their fields, so that the server never has to guess one.  Octets travel in
 * binary.
 *
 * What a person sets: `user`, `host` (a socket's folder or an address; names
 * are not looked up from within the jail) and how to authenticate, which is
 * never a password in the connection string.  What is set here: options below.
 */
#include "register/schema.h"
#include "register/store_backend.h"

#include <libpq-fe.h>

#include <arpa/inet.h>
#include <stdlib.h>

#define PARAMS_MAX 40
/* pg_type.dat */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_NAME = 19, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25, OID_VARCHAR = 1043 };
#define SERVER_LEAST 150000

#define SENT_MAX 256

/* Of a statement that was sent and not yet answered: with a rule it must give a row. */
struct sent { bool ruled; struct err_rule rule; };
struct statement { char name[16]; unsigned n; char *param[PARAMS_MAX]; };

struct postgres {
	struct store store;
	char *database;
	enum store_mode mode;
	PGconn *c;
	bool full, lost, warned;
	bool leads;			/* it holds the lock of the one that publishes */
	bool ahead;			/* in a transaction that does not wait for each answer */
	struct sent sent[SENT_MAX];
	size_t nsent;
	bool refused;			/* one of those that were sent; why tells it at the next settling */
	struct err why;
	unsigned prepared;
	struct prepared cache[STATEMENTS_MAX];
};

static struct postgres *of(struct store *s) { return (struct postgres *)s; }

/*
 * Errors.
 */

/* SQLSTATEs after which the connection, or its right to write, is gone: 08 the
 * connection, 57P the server ends or begins, 25006 it is a standby now. */
static bool
means_lost(const char *state)
{
	return strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0 || strcmp(state, "25006") == 0;
}

/* The primary message alone: the detail may hold a row. */
static bool
fail_result(struct postgres *p, const PGresult *r, struct err *e)
{
	const char *state = r == NULL ? NULL : PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *text = r == NULL ? NULL : PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	state = state != NULL ? state : "";
	/* What the server says has a state; without one libpq itself speaks, of its connection. */
	p->lost = p->lost || PQstatus(p->c) == CONNECTION_BAD || state[0] == '\0' || means_lost(state);
	p->full = strcmp(state, "53100") == 0;
	if (p->lost)
		return fail(e, ERR_LATER, "the connection to the database ended: %s", text != NULL ? text : "no answer");
	if (p->full)
		return fail(e, ERR_STORE, "the register's disk is full: nothing was recorded; make room and try again");
	/* 40: others were in the way; 55P03: for too long. */
	if (strncmp(state, "40", 2) == 0 || strcmp(state, "55P03") == 0)
		return fail(e, ERR_LATER, "the database is busy: %s", text);
	return fail(e, ERR_STORE, "database: %s (%s)", text != NULL ? text : PQerrorMessage(p->c), state);
}

static bool
fail_lost(struct err *e)
{
	return fail(e, ERR_LATER, "the connection to the database ended");
}

static bool
script(struct store *s, const char *sql, struct err *e)
{
	struct postgres *p = of(s);
	PGresult *r = PQexec(p->c, sql);
	bool good = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;

	if (!good)
		fail_result(p, r, e);
	PQclear(r);
	return good;
}

/*
 * Connecting.
 */

/* A commit that was waiting for the standby and was told to wait no more says
 * so in a warning, and calls itself done. */
static void
on_notice(void *arg, const PGresult *r)
{
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity != NULL && strcmp(severity, "WARNING") == 0)
		((struct postgres *)arg)->warned = true;
}

static const char *
option_of(const PQconninfoOption *o, const char *key)
{
	for (; o->keyword != NULL; o++)
		if (strcmp(o->keyword, key) == 0)
			return o->val;
	return NULL;
}

static bool
parse(PQconninfoOption **out, const char *database, struct err *e)
{
	char *why = NULL;

	*out = PQconninfoParse(database, &why);
	if (*out != NULL)
		return true;
	fail(e, ERR_INPUT, "the database's name is no connection string: %s", why != NULL ? why : "no memory");
	PQfreemem(why);
	return false;
}

/* Every one of "a,b,c": a folder (or abstract) or an address; is one of them
 * another machine's? */
static bool
hosts_are_places(const char *hosts, bool *inet, bool *far)
{
	own_str char *copy = xstrdup(hosts);
	char *rest = copy;

	for (char *h = strsep(&rest, ","); h != NULL; h = strsep(&rest, ",")) {
		unsigned char address[16];

		if (h[0] == '/' || h[0] == '@')
			continue;
		*inet = true;
		*far |= strncmp(h, "127.", 4) != 0 && strcmp(h, "::1") != 0;
		if (inet_pton(AF_INET, h, address) != 1 && inet_pton(AF_INET6, h, address) != 1)
			return false;
	}
	return true;
}

static void
need_file(struct store_needs *n, const char *path)
{
	if (path != NULL && path[0] != '\0' && n->files < sizeof(n->file) / sizeof(n->file[0]))
		n->file[n->files++] = xstrdup(path);
}

static bool
check_options(struct store_needs *out, const PQconninfoOption *o, struct err *e)
{
	const char *address = option_of(o, "hostaddr"), *host = option_of(o, "host");
	const char *passfile = option_of(o, "passfile"), *cert = option_of(o, "sslrootcert"), *ssl = option_of(o, "sslmode");
	bool far = false;

	if (option_of(o, "password") != NULL)
		return fail(e, ERR_POLICY, "the database's name holds a password; it belongs into a password file (passfile=, or PGPASSFILE)");
	if (option_of(o, "user") == NULL)
		return fail(e, ERR_INPUT, "the database's name holds no user");
	if (address == NULL && host == NULL)
		return fail(e, ERR_INPUT, "the database's name holds no host: a folder of sockets, or an address");
	if (!hosts_are_places(address != NULL ? address : host, &out->inet, &far))
		return fail(e, ERR_INPUT, "the database's host is neither a folder nor an address; give its address as hostaddr");
	if (far && (ssl == NULL || strncmp(ssl, "verify-", 7) != 0))
		return fail(e, ERR_POLICY, "the database is on another machine: its name must hold sslmode=verify-full and sslrootcert");
	need_file(out, passfile != NULL ? passfile : getenv("PGPASSFILE"));
	need_file(out, cert != NULL && strcmp(cert, "system") != 0 ? cert : NULL);
	need_file(out, option_of(o, "sslcert"));
	need_file(out, option_of(o, "sslkey"));
	return true;
}

bool
store_postgres_needs(struct store_needs *out, const char *database, struct err *e)
{
	PQconninfoOption *o;
	bool good;

	if (!parse(&o, database, e))
		return false;
	good = check_options(out, o, e);
	PQconninfoFree(o);
	if (!good)
		store_needs_drop(out);
	return good;
}

static bool
one_text(struct postgres *p, const char *sql, struct buf *out, struct err *e)
{
	PGresult *r = PQexec(p->c, sql);
	bool good = PQresultStatus(r) == PGRES_TUPLES_OK;

	if (!good)
		fail_result(p, r, e);
	else if (PQntuples(r) > 0 && !PQgetisnull(r, 0, 0))
		buf_put_str(out, PQgetvalue(r, 0, 0));
	PQclear(r);
	return good;
}

/* A server that would lose what it called durable is refused. */
static bool
check_server(struct postgres *p, struct err *e)
{
	static const struct { const char *sql, *want, *sentence; } checks[] = {
		{ "SELECT current_setting('fsync')", "on", "the server runs with fsync off: it would lose what it called durable" },
		{ "SELECT current_setting('full_page_writes')", "on", "the server runs with full_page_writes off: a power cut would tear its pages" },
		{ "SELECT current_setting('server_encoding')", "UTF8", "the database is not encoded in UTF8: make it anew with ENCODING 'UTF8'" },
	};

	if (PQserverVersion(p->c) < SERVER_LEAST)
		return fail(e, ERR_STORE, "the server is older than PostgreSQL %d", SERVER_LEAST / 10000);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		own_struct(buf) is = buf_new(100);

		if (!one_text(p, checks[i].sql, &is, e))
			return false;
		if (strcmp(buf_str(&is), checks[i].want) != 0)
			return fail(e, ERR_STORE, "%s", checks[i].sentence);
	}
	return true;
}

/* Every statement is served by an index (a test asks); a plan that was made
 * while its table was empty must not stay a walk.  A writer that hangs loses
 * its transaction, and with it the lock that others wait for.  A client whose
 * network was cut must not keep its session, and with it the lead that others
 * wait for, until the server's own two hours are over: the server looks for its
 * client as often as connect_now has the client look for it. */
#define SERVER_LOOKS "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '10s';"
static const char writer_options[] =
	SERVER_LOOKS "SET enable_seqscan = off; SET jit = off; SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '10s';"
	"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";
static const char reader_options[] =
	SERVER_LOOKS "SET jit = off; SET default_transaction_read_only = on";

static bool
set_up(struct postgres *p, struct err *e)
{
	PQsetNoticeReceiver(p->c, on_notice, p);
	return check_server(p, e) && script(&p->store, p->mode == STORE_WRITE ? writer_options : reader_options, e);
}

/* What stands before "dbname" is the default where the connection string says
 * nothing; what stands behind it holds whatever it says, an empty value not.
 * Nobody's home is looked into for a client's certificate. */
static bool
connect_now(struct postgres *p, struct err *e)
{
	const char *const key[] = { "connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "gssencmode", "sslcert", "dbname",
		"target_session_attrs", "client_encoding", "fallback_application_name", NULL };
	const char *const value[] = { "5", "5", "2", "3", "10000", "disable", "/dev/null/none", p->database,
		p->mode == STORE_WRITE ? "read-write" : "", "UTF8", "antin-register", NULL };
	struct store_needs needs = { .files = 0 };

	if (!store_postgres_needs(&needs, p->database, e))
		return false;
	store_needs_drop(&needs);
	p->c = PQconnectdbParams(key, value, 1);
	if (PQstatus(p->c) == CONNECTION_OK && set_up(p, e))
		return true;
	if (PQstatus(p->c) != CONNECTION_OK)
		fail(e, ERR_LATER, "cannot reach the database: %.180s", PQerrorMessage(p->c));
	for (char *line = e->text; *line != '\0'; line++)
		if (*line == '\n')
			*line = line[1] == '\0' ? '\0' : ' ';
	return false;
}

static void
forget(struct postgres *p)
{
	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		struct statement *st = p->cache[i].statement;

		for (unsigned k = 0; st != NULL && k < st->n; k++)
			free(st->param[k]);
		free(st);
	}
	memset(p->cache, 0, sizeof(p->cache));
	PQfinish(p->c);
	p->c = NULL;
}

static bool
open_server(struct store *s, const char *database, enum store_mode mode, struct err *e)
{
	of(s)->database = xstrdup(database);
	of(s)->mode = mode;
	return connect_now(of(s), e);
}

static void
close_server(struct store *s)
{
	/* Not when the server comes to see that this session has ended. */
	if (of(s)->leads && !of(s)->lost)
		PQclear(PQexec(of(s)->c, "SELECT pg_advisory_unlock_all()"));
	forget(of(s));
	free(of(s)->database);
	free(s);
}

static bool is_full(const struct store *s) { return ((const struct postgres *)s)->full; }
static bool is_lost(const struct store *s) { return ((const struct postgres *)s)->lost; }

static bool
revive(struct store *s, struct err *e)
{
	forget(of(s));
	if (!connect_now(of(s), e))
		return false;
	of(s)->lost = of(s)->ahead = of(s)->refused = of(s)->leads = false;
	of(s)->nsent = 0;
	return true;
}

/*
 * Statements.
 */

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool
number_name(struct statement *st, const char *name, size_t len, struct buf *out, struct err *e)
{
	unsigned i = 0;

	while (i < st->n && !(strlen(st->param[i]) == len && memcmp(st->param[i], name, len) == 0))
		i++;
	if (i == PARAMS_MAX)
		return fail(e, ERR_BUG, "SQL with more than %d parameters", PARAMS_MAX);
	if (i == st->n)
		st->param[st->n++] = span_dup_str(span_of(name, len));
	buf_printf(out, "$%u", i + 1);
	return true;
}

/* "$serial" -> "$1", outside of quotes. */
static bool
translate(struct statement *st, const char *sql, struct buf *out, struct err *e)
{
	bool quoted = false;

	for (const char *p = sql; *p != '\0';) {
		const char *end = p + 1;

		quoted ^= *p == '\'';
		if (*p != '$' || quoted) {
			buf_put_byte(out, (unsigned char)*p++);
			continue;
		}
		while (is_name(*end))
			end++;
		if (!number_name(st, p + 1, (size_t)(end - p - 1), out, e))
			return false;
		p = end;
	}
	return buf_ok(out, "SQL", e);
}

static const struct value *
value_of(const struct values *params, const char *name, struct err *e)
{
	const struct value *v = params == NULL ? NULL : values_get(params, name);

	if (v == NULL)
		(void)!fail(e, ERR_BUG, "SQL asks for $%s, which is no field", name);
	return v;
}

static bool
prepare_on_server(struct postgres *p, const struct statement *st, const char *text, const struct values *params, struct err *e)
{
	static const Oid oids[] = { [REG_INT] = OID_INT8, [REG_TEXT] = OID_TEXT, [REG_BYTES] = OID_BYTEA };
	Oid types[PARAMS_MAX];
	PGresult *r;
	bool good;

	for (unsigned i = 0; i < st->n; i++) {
		const struct value *v = value_of(params, st->param[i], e);

		if (v == NULL)
			return false;
		types[i] = oids[v->type];
	}
	r = PQprepare(p->c, st->name, text, (int)st->n, types);
	good = PQresultStatus(r) == PGRES_COMMAND_OK;
	if (!good && fail_result(p, r, e) == false && !p->lost)
		fail_in(e, "SQL: %.100s", text);
	PQclear(r);
	return good;
}

static bool
prepare(struct postgres *p, const char *sql, const struct values *params, struct statement **out, struct err *e)
{
	struct prepared *at = prepared_find(p->cache, sql, e);
	own_struct(buf) text = buf_new(1 << 16);
	struct statement *st;

	if (at == NULL)
		return false;
	if (at->sql != NULL) {
		*out = at->statement;
		return true;
	}
	st = xalloc(sizeof(*st));
	snprintf(st->name, sizeof(st->name), "s%u", ++p->prepared);
	if (translate(st, sql, &text, e) && prepare_on_server(p, st, buf_str(&text), params, e)) {
		*at = (struct prepared){ sql, st };
		*out = st;
		return true;
	}
	for (unsigned i = 0; i < st->n; i++)
		free(st->param[i]);
	free(st);
	return false;
}

static bool
is_prepared(struct postgres *p, const char *sql)
{
	struct err ignored;
	const struct prepared *at = prepared_find(p->cache, sql, &ignored);

	return at != NULL && at->sql != NULL;
}

static bool
send_statement(struct postgres *p, const struct statement *st, const struct values *params, struct err *e)
{
	const char *value[PARAMS_MAX];
	int len[PARAMS_MAX], binary[PARAMS_MAX];
	uint64_t number[PARAMS_MAX];

	for (unsigned i = 0; i < st->n; i++) {
		const struct value *v = value_of(params, st->param[i], e);

		if (v == NULL)
			return false;
		number[i] = htobe64((uint64_t)v->i);
		binary[i] = 1;
		len[i] = v->type == REG_INT ? 8 : (int)v->s.len;
		value[i] = v->null ? NULL : v->type == REG_INT ? (const char *)&number[i] : v->s.ptr != NULL ? (const char *)v->s.ptr : "";
	}
	p->full = false;
	return PQsendQueryPrepared(p->c, st->name, (int)st->n, value, len, binary, 1) == 1 || fail_result(p, NULL, e);
}

static bool
column_int(int64_t *out, const char *octets, int len)
{
	const unsigned char *p = (const unsigned char *)octets;

	switch (len) {
	case 8: *out = (int64_t)get_u64(p); return true;
	case 4: *out = (int32_t)get_u32(p); return true;
	case 2: *out = (int16_t)get_u16(p); return true;
	}
	return false;
}

static bool
own_type(const PGresult *r, int i, enum reg_type *out, struct err *e)
{
	static const struct { Oid oid; enum reg_type type; } known[] = {
		{ OID_INT8, REG_INT }, { OID_INT4, REG_INT }, { OID_INT2, REG_INT }, { OID_TEXT, REG_TEXT },
		{ OID_VARCHAR, REG_TEXT }, { OID_NAME, REG_TEXT }, { OID_BYTEA, REG_BYTES },
	};

	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
		if (known[k].oid == PQftype(r, i)) {
			*out = known[k].type;
			return true;
		}
	return fail(e, ERR_BUG, "SQL: the column %s has a type (%u) that the register does not use", PQfname(r, i), PQftype(r, i));
}

static bool
column(struct value *v, const PGresult *r, int row, int i, const enum reg_type *types, struct err *e)
{
	enum reg_type is = REG_INT;

	if (!own_type(r, i, &is, e))
		return false;
	*v = (struct value){ .name = PQfname(r, i), .type = types != NULL ? types[i] : is, .null = PQgetisnull(r, row, i) };
	if (v->null)
		return true;
	if ((v->type == REG_INT) != (is == REG_INT))
		return fail(e, ERR_BUG, "SQL: the column %s is of another type", v->name);
	if (v->type == REG_INT)
		return column_int(&v->i, PQgetvalue(r, row, i), PQgetlength(r, row, i)) || fail(e, ERR_BUG, "SQL: a strange integer");
	v->s = span_of(PQgetvalue(r, row, i), (size_t)PQgetlength(r, row, i));
	return true;
}

struct reading { const enum reg_type *types; unsigned columns; store_row *row; void *ctx; uint64_t rows; };

static bool
take_rows(struct reading *x, const PGresult *r, struct err *e)
{
	struct value out[COLUMNS_MAX];
	unsigned n = x->types == NULL ? (unsigned)PQnfields(r) : x->columns;

	if (n > COLUMNS_MAX || n > (unsigned)PQnfields(r))
		return fail(e, ERR_BUG, "SQL gives %d columns where %u are asked for", PQnfields(r), n);
	for (int i = 0; i < PQntuples(r); i++) {
		x->rows++;
		if (x->row == NULL)
			continue;
		for (unsigned k = 0; k < n; k++)
			if (!column(&out[k], r, i, (int)k, x->types, e))
				return false;
		if (!x->row(x->ctx, out, n, e))
			return false;
	}
	return true;
}

static bool
take_result(struct postgres *p, struct reading *x, const PGresult *r, struct err *e)
{
	switch (PQresultStatus(r)) {
	case PGRES_COMMAND_OK:
		x->rows = strtoull(PQcmdTuples((PGresult *)(uintptr_t)r), NULL, 10);
		return true;
	case PGRES_SINGLE_TUPLE:
	case PGRES_TUPLES_OK:
		return take_rows(x, r, e);
	default:
		return fail_result(p, r, e);
	}
}

/* After a refusal the rest is read and thrown away: the connection goes on. */
static bool
receive(struct postgres *p, struct reading *x, struct err *e)
{
	bool good = true;
	PGresult *r;

	while ((r = PQgetResult(p->c)) != NULL) {
		good = good && take_result(p, x, r, e);
		PQclear(r);
	}
	if (good && PQstatus(p->c) == CONNECTION_BAD)
		good = fail_result(p, NULL, e);
	return good;
}

/*
 * Sent ahead: in libpq's pipeline mode, answers are taken in their order.
 */

/* One statement's answer; what comes after a refusal tells nothing new. */
static void
take_answer(struct postgres *p, const struct sent *sent)
{
	uint64_t rows = 0;
	PGresult *r;

	while ((r = PQgetResult(p->c)) != NULL) {
		ExecStatusType status = PQresultStatus(r);

		rows += (uint64_t)PQntuples(r);
		/* Single rows: libpq may keep the mode of the statement before. */
		if (!p->refused && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE)
			p->refused = !fail_result(p, r, &p->why);
		PQclear(r);
	}
	if (!p->refused && sent->ruled && rows == 0)
		p->refused = !fail_by(&p->why, &sent->rule);
}

/* Takes all answers and leaves the pipeline; a refusal is kept. */
static void
take_answers(struct postgres *p)
{
	bool sync = p->nsent > 0 && PQpipelineSync(p->c) == 1;

	for (size_t i = 0; sync && i < p->nsent && PQstatus(p->c) == CONNECTION_OK; i++)
		take_answer(p, &p->sent[i]);
	if (p->nsent > 0 && PQstatus(p->c) == CONNECTION_OK)
		PQclear(PQgetResult(p->c));	/* PGRES_PIPELINE_SYNC */
	if (p->nsent > 0 && PQexitPipelineMode(p->c) != 1)
		p->refused = p->lost = !fail_lost(&p->why);
	p->nsent = 0;
}

static bool
settle(struct store *s, struct err *e)
{
	struct postgres *p = of(s);

	take_answers(p);
	if (!p->refused)
		return true;
	p->refused = false;
	*e = p->why;
	return false;
}

static bool
run(struct store *s, const char *sql, const struct values *params, const enum reg_type *types,
    unsigned columns, store_row *row, void *ctx, uint64_t *rows, struct err *e)
{
	struct reading x = { types, columns, row, ctx, 0 };
	struct postgres *p = of(s);
	struct statement *st;

	if (p->lost)
		return fail_lost(e);
	if (!settle(s, e) || !prepare(p, sql, params, &st, e) || !send_statement(p, st, params, e))
		return false;
	/* A log of millions of entries is not held in memory. */
	if (row != NULL)
		promise(PQsetSingleRowMode(p->c) == 1);
	if (!receive(p, &x, e))
		return false;
	if (rows != NULL)
		*rows = x.rows;
	return true;
}

static bool
send_ahead(struct store *s, const char *sql, const struct values *params, const struct err_rule *rule, struct err *e)
{
	struct postgres *p = of(s);
	struct statement *st;
	uint64_t rows;

	if (!p->ahead)
		return run(s, sql, params, NULL, 0, NULL, NULL, &rows, e) && (rule == NULL || rows > 0 || fail_by(e, rule));
	if (p->lost)
		return fail_lost(e);
	if (p->nsent == SENT_MAX || !is_prepared(p, sql))
		take_answers(p);
	if (p->refused)
		return true;			/* told at the settling */
	if (!prepare(p, sql, params, &st, e))
		return false;
	if (p->nsent == 0 && PQenterPipelineMode(p->c) != 1)
		return fail_result(p, NULL, e);
	p->sent[p->nsent++] = (struct sent){ rule != NULL, rule != NULL ? *rule : (struct err_rule){ ERR_NONE } };
	return send_statement(p, st, params, e);
}

/*
 * Transactions.
 */

static bool
begin(struct store *s, enum store_begin how, struct err *e)
{
	static const char *const words[] = {
		[STORE_LOCK] = "BEGIN; SELECT one FROM log_head FOR UPDATE",
		[STORE_SNAPSHOT] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		/* An empty database has no head row to lock. */
		[STORE_SCHEMA] = "BEGIN; SELECT pg_advisory_xact_lock(2, 0)",
	};

	if (of(s)->lost)
		return fail_lost(e);
	of(s)->ahead = how == STORE_LOCK;
	return script(s, words[how], e);
}

static bool
commit(struct store *s, struct err *e)
{
	struct postgres *p = of(s);
	PGresult *r;
	bool good;

	if (!settle(s, e))
		return false;
	p->ahead = p->warned = false;
	r = PQexec(p->c, "COMMIT");
	good = PQresultStatus(r) == PGRES_COMMAND_OK;
	if (!good) {
		fail_result(p, r, e);
	} else if (strcmp(PQcmdStatus(r), "COMMIT") != 0) {
		good = fail(e, ERR_STORE, "the transaction had failed; the database undid it");
	} else if (p->warned) {
		/* Recorded here, perhaps not on the standby: as unknown as a lost answer. */
		p->lost = true;
		good = fail(e, ERR_LATER, "the database stopped waiting for its standby");
	}
	PQclear(r);
	return good;
}

/* The schema's version stands in a table of one row. */
static bool
get_version(struct store *s, int64_t *version, struct err *e)
{
	own_struct(buf) text = buf_new(100);

	*version = 0;
	if (!one_text(of(s), "SELECT to_regclass('schema_version')", &text, e))
		return false;
	if (text.len == 0)
		return true;
	buf_reset(&text);
	if (!one_text(of(s), "SELECT version FROM schema_version", &text, e))
		return false;
	*version = strtoll(buf_str(&text), NULL, 10);
	return *version > 0 || fail(e, ERR_STORE, "the database's table schema_version is damaged");
}

static bool
set_version(struct store *s, int64_t version, struct err *e)
{
	own_str char *mark = xprintf("DELETE FROM schema_version; INSERT INTO schema_version VALUES (%lld)", (long long)version);

	return script(s, mark, e);
}

/*
 * Who publishes, who follows.
 */

/* Held by the session until it ends; the table's own number tells registers of
 * one database apart. */
static bool
lead(struct store *s, bool *leads, struct err *e)
{
	own_struct(buf) got = buf_new(10);

	if (of(s)->lost)
		return fail_lost(e);
	if (!one_text(of(s), "SELECT pg_try_advisory_lock(1, 'log_head'::regclass::oid::integer)", &got, e))
		return false;
	*leads = strcmp(buf_str(&got), "t") == 0;
	of(s)->leads |= *leads;
	return true;
}

static bool
check_standby(struct store *s, const char *standby, struct err *e)
{
	own_struct(buf) state = buf_new(100);
	const char *name[] = { standby };
	PGresult *r = PQexecParams(of(s)->c, "SELECT coalesce(sync_state, 'hidden') FROM pg_stat_replication WHERE application_name = $1 OR application_name IS NULL "
	    "ORDER BY application_name NULLS LAST, sync_state = 'sync' DESC LIMIT 1", 1, NULL, name, NULL, NULL, 0);
	bool good = PQresultStatus(r) == PGRES_TUPLES_OK;

	if (!good)
		fail_result(of(s), r, e);
	else if (PQntuples(r) > 0)
		buf_put_str(&state, PQgetvalue(r, 0, 0));
	PQclear(r);
	if (!good)
		return false;
	if (strcmp(buf_str(&state), "sync") == 0 || strcmp(buf_str(&state), "quorum") == 0)
		return true;
	if (strcmp(buf_str(&state), "hidden") == 0)
		return fail(e, ERR_STORE, "the standby %s cannot be seen: the database's user needs the role pg_read_all_stats", standby);
	if (state.len > 0)
		return fail(e, ERR_STORE, "the standby %s follows, but not synchronously (%s): see synchronous_standby_names", standby, buf_str(&state));
	return fail(e, ERR_STORE, "the standby %s does not follow this database", standby);
}

static const struct store_ops ops = {
	.schema = register_schema_postgres, .open = open_server, .close = close_server, .script = script, .get_version = get_version,
	.set_version = set_version, .run = run, .send = send_ahead, .settle = settle, .begin = begin, .commit = commit, .is_full = is_full, .is_lost = is_lost, .revive = revive,
	.lead = lead, .check_standby = check_standby,
};

struct store *
store_postgres(void)
{
	struct postgres *p = xalloc(sizeof(*p));

	p->store.ops = &ops;
	return &p->store;
}
