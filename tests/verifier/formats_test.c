/*
 * The examples of policy/FORMATS.md, made again or read by the project's own
 * code (tests/policy/formats.py reads them with other people's).  An example
 * stands between ``` behind a line <!-- example: NAME -->.
 */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "register/tlog_proof.h"
#include "verifier/code.h"
#include "verifier/order.h"
#include "verifier/status_list.h"

#include <ftw.h>
#include <openssl/pem.h>
#include <unistd.h>

#define TEXT_MAX (1u << 20)

static struct buf page;

static int
set_up(void **state)
{
	struct err e;

	page = buf_new(TEXT_MAX);
	return !file_read(&page, SOURCE_DIR "/policy/FORMATS.md", &e);
}

static int
tear_down(void **state)
{
	buf_drop(&page);
	return 0;
}

static struct span
example(const char *name)
{
	own_str char *mark = xprintf("<!-- example: %s -->\n```\n", name);
	const char *from = strstr(buf_str(&page), mark), *to = from == NULL ? NULL : strstr(from + strlen(mark), "```\n");

	assert_case(name, to != NULL);
	from += strlen(mark);
	return span_of(from, (size_t)(to - from));
}

/* Without the last line feed; malloc'd. */
static char *
example_line(const char *name)
{
	struct span s = example(name);

	return span_dup_str(span_of(s.ptr, s.len - 1));
}

/* What stands behind a word at the beginning of a line; malloc'd. */
static char *
row(const char *name, const char *word)
{
	own_str char *text = span_dup_str(example(name));
	own_str char *start = xprintf("%s ", word);
	const char *line = text;

	while (line != NULL && strncmp(line, start, strlen(start)) != 0) {
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	assert_case(word, line != NULL);
	line += strlen(word);
	line += strspn(line, " ");
	return span_dup_str(span_of(line, strcspn(line, "\n")));
}

static void
row_octets(struct buf *out, const char *name, const char *word)
{
	own_str char *text = row(name, word);
	struct err e;

	assert_done(hex_get(out, span_str(text), &e), e);
}

static void
assert_octets(const char *what, struct span made, struct span told)
{
	if (!span_eq(made, told))
		print_error("%s:\n%.*s\nand on the page\n%.*s\n", what, (int)made.len, (const char *)made.ptr, (int)told.len, (const char *)told.ptr);
	assert_case(what, span_eq(made, told));
}

static void
assert_hex(const char *name, const char *word, struct span octets)
{
	own_str char *told = row(name, word);
	own_struct(buf) made = buf_new(TEXT_MAX);

	hex_put(&made, octets);
	assert_octets(word, buf_span(&made), span_str(told));
}

/*
 * Codes.
 */

static void
codes(void **state)
{
	own_str char *text = row("codes", "short"), *voice = row("codes", "voice"), *typed = row("codes", "typed"), *lines = example_line("sheet");
	own_struct(buf) plain = buf_new(TYPED_MAX), from_qr = buf_new(TYPED_MAX);
	char printed[SHORT_CODE_TEXT];

	assert_int_equal(typed_what(span_str(typed), &plain), TYPED_SHORT);
	assert_true(short_code_ok(buf_str(&plain)));
	short_code_text(printed, buf_str(&plain));
	assert_string_equal(printed, text);
	assert_true(voice_code_ok(voice));
	assert_int_equal(typed_what(span_str(strstr(lines, "https://")), &from_qr), TYPED_VOICE);
	assert_string_equal(buf_str(&from_qr), voice);
}

/*
 * Orders.
 */

static void
an_order(void **state)
{
	own_str char *text = example_line("order");
	own_struct(buf) again = buf_new(ORDER_MAX);
	struct order o;
	struct err e;

	assert_done(order_parse(&o, span_str(text), &e), e);
	assert_string_equal(o.verb, "permit.seal");
	assert_done(order_timely(&o, o.made, 600, &e), e);
	assert_done(order_write(&again, &o, &e), e);
	assert_octets("order", buf_span(&again), span_str(text));
	order_drop(&o);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static void
open_order(const char *folder)
{
	own_str char *cms_path = xprintf("%s/order.cms", folder), *cert_path = xprintf("%s/clerk.pem", folder);
	own_struct(buf) cms = buf_new(ORDER_MAX), pem = buf_new(TEXT_MAX);
	own(BIO) *bio = NULL;
	own(X509) *cert = NULL;
	struct order o;
	struct err e;

	assert_done(file_read(&cms, cms_path, &e), e);
	assert_done(file_read(&pem, cert_path, &e), e);
	bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_non_null(cert);
	assert_done(order_open(&o, buf_span(&cms), cert, &e), e);
	assert_string_equal(o.verb, "permit.seal");
	order_drop(&o);
}

/* The page's own commands, as they stand there; then ours opens what openssl signed. */
static void
an_order_signed_by_openssl(void **state)
{
	char folder[] = "/tmp/antin-formats-XXXXXX";
	own_str char *order = example_line("order"), *script_path = NULL, *order_path = NULL, *command = NULL;
	struct span commands = example("order-commands");
	struct err e;

	assert_non_null(mkdtemp(folder));
	script_path = xprintf("%s/commands", folder);
	order_path = xprintf("%s/order.json", folder);
	command = xprintf("cd %s && bash -e commands >log 2>&1", folder);
	assert_done(file_write(script_path, commands, 0600, &e), e);
	assert_done(file_write(order_path, span_str(order), 0600, &e), e);
	assert_int_equal(system(command), 0);
	open_order(folder);
	nftw(folder, remove_one, 8, FTW_PHYS | FTW_DEPTH);
}

/*
 * The log.
 */

static const unsigned char handle[HANDLE_LEN] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void
put_public(struct buf *b)
{
	cbor_put_array(b, 4);
	cbor_put_uint(b, 1);
	cbor_put_uint(b, 7);
	cbor_put_uint(b, 20779);
	cbor_put_array(b, 3);
	cbor_put_text(b, "GPXD");
	cbor_put_uint(b, 2026);
	cbor_put_uint(b, 245);
}

/* From what the page says in words, never from its octets. */
static void
make_entry(struct buf *out, struct span record, const unsigned char salt[SALT_LEN])
{
	own_struct(buf) public_ = buf_new(ENTRY_MAX);
	own_str char *origin = row("entry", "origin");
	struct entry x = { .type = 5, .time = 1795336920, .org = span_str("H99.31.07"), .category = span_str("construction"),
		.handle = span_of(handle, sizeof(handle)), .prev = -1 };
	unsigned char digest[SHA256_LEN];
	struct err e;

	put_public(&public_);
	x.public_ = buf_span(&public_);
	sha256(digest, span_str(origin));
	memcpy(x.kid, digest, KID_LEN);
	assert_hex("entry", "kid", span_of(x.kid, KID_LEN));
	entry_commit(x.commit, salt, record);
	assert_hex("entry", "commit", span_of(x.commit, COMMIT_LEN));
	assert_done(entry_write(out, &x, &e), e);
}

static void
make_record(struct buf *b)
{
	unsigned char digest[SHA256_LEN];

	sha256(digest, span_str("the permit file"));
	cbor_put_map(b, 6);
	cbor_put_text(b, "idx");
	cbor_put_uint(b, 7);
	cbor_put_text(b, "list");
	cbor_put_uint(b, 1);
	cbor_put_text(b, "verb");
	cbor_put_text(b, "permit.issue");
	cbor_put_text(b, "agency");
	cbor_put_text(b, "H99.31.07");
	cbor_put_text(b, "handle");
	cbor_put_bytes(b, span_of(handle, sizeof(handle)));
	cbor_put_text(b, "sha256");
	cbor_put_bytes(b, span_of(digest, sizeof(digest)));
}

static void
make_salt(unsigned char salt[SALT_LEN])
{
	for (unsigned i = 0; i < SALT_LEN; i++)
		salt[i] = (unsigned char)(0xa0 + i);
	assert_hex("entry", "salt", span_of(salt, SALT_LEN));
}

static void
an_entry(void **state)
{
	own_struct(buf) record = buf_new(4096), entry = buf_new(ENTRY_MAX);
	unsigned char salt[SALT_LEN];
	struct hash leaf;
	struct entry x;
	struct err e;

	make_salt(salt);
	make_record(&record);
	assert_done(cbor_check(buf_span(&record), &e), e);
	assert_hex("entry", "record", buf_span(&record));
	make_entry(&entry, buf_span(&record), salt);
	assert_hex("entry", "entry", buf_span(&entry));
	merkle_leaf(&leaf, buf_span(&entry));
	assert_hex("entry", "leaf", span_of(leaf.octet, HASH_LEN));
	assert_done(entry_read(&x, buf_span(&entry), &e), e);
	assert_done(entry_means(&x, buf_span(&record), salt, &e), e);
}

/* The private key is 32 octets that count from first. */
static EVP_PKEY *
counted_key(unsigned char first, unsigned char key[NOTE_KEY_LEN])
{
	unsigned char seed[32];
	size_t len = NOTE_KEY_LEN;
	EVP_PKEY *pkey;

	for (unsigned i = 0; i < sizeof(seed); i++)
		seed[i] = (unsigned char)(first + i);
	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	assert_true(pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key, &len) == 1);
	return pkey;
}

static EVP_PKEY *
example_key(struct note_key *name)
{
	own_str char *origin = row("entry", "origin");
	unsigned char key[NOTE_KEY_LEN];
	EVP_PKEY *pkey = counted_key(0, key);
	struct err e;

	assert_done(note_key_new(name, origin, key, &e), e);
	return pkey;
}

static void
make_checkpoint(struct buf *note, struct note_key *name, const struct hash *sibling, const struct hash *leaf)
{
	own(EVP_PKEY) *pkey = example_key(name);
	own(EVP_MD_CTX) *md = EVP_MD_CTX_new();
	own_struct(buf) text = buf_new(NOTE_MAX);
	struct checkpoint c = { .size = 2 };
	unsigned char signature[64];
	size_t len = sizeof(signature);

	snprintf(c.origin, sizeof(c.origin), "%s", name->name);
	merkle_node(&c.root, sibling, leaf);
	checkpoint_text(&text, &c);
	assert_int_equal(EVP_DigestSignInit(md, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestSign(md, signature, &len, text.ptr, text.len), 1);
	buf_put_span(note, buf_span(&text));
	buf_put_byte(note, '\n');
	note_line(note, name, signature);
}

#define COSIGNED_AT 1795336930	/* 2026-11-22T08:42:10Z */

static void
a_cosignature(void **state)
{
	own_struct(buf) note = buf_new(NOTE_MAX), timed = buf_new(NOTE_MAX), vkey = buf_new(1000);
	own_str char *told_key = example_line("witness");
	unsigned char key[NOTE_KEY_LEN], signature[64];
	own(EVP_PKEY) *pkey = counted_key(0x20, key);
	own(EVP_MD_CTX) *md = EVP_MD_CTX_new();
	size_t len = sizeof(signature);
	struct span text, rest;
	struct note_word word;
	struct note_key name;
	struct err e;

	assert_done(note_witness_new(&name, "thanhtra.hoagiang.example/nhan-chung", key, &e), e);
	note_key_text(&vkey, &name);
	assert_octets("witness", buf_span(&vkey), span_str(told_key));
	assert_done(note_split(&text, &rest, example("checkpoint"), &e), e);
	cosignature_text(&timed, COSIGNED_AT, text);
	assert_int_equal(EVP_DigestSignInit(md, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestSign(md, signature, &len, timed.ptr, timed.len), 1);
	buf_put_span(&note, example("checkpoint"));
	cosignature_line(&note, &name, COSIGNED_AT, signature);
	assert_octets("cosigned", buf_span(&note), example("cosigned"));
	assert_done(note_look(&word, example("cosigned"), &name, &e), e);
	assert_true(word.there && word.time == COSIGNED_AT);
}

static void
a_checkpoint_and_a_proof(void **state)
{
	own_struct(buf) record = buf_new(4096), entry = buf_new(ENTRY_MAX), note = buf_new(NOTE_MAX), vkey = buf_new(1000), proof = buf_new(TLOG_PROOF_MAX);
	own_str char *told_key = example_line("vkey");
	unsigned char salt[SALT_LEN];
	struct tlog_proof p;
	struct note_key name;
	struct checkpoint c;
	struct hash sibling, leaf;
	struct entry x;
	struct err e;

	make_salt(salt);
	make_record(&record);
	make_entry(&entry, buf_span(&record), salt);
	merkle_leaf(&leaf, buf_span(&entry));
	merkle_leaf(&sibling, span_str("another entry"));
	make_checkpoint(&note, &name, &sibling, &leaf);
	note_key_text(&vkey, &name);
	assert_octets("vkey", buf_span(&vkey), span_str(told_key));
	assert_octets("checkpoint", buf_span(&note), example("checkpoint"));
	tlog_proof_write(&proof, 1, &sibling, 1, buf_span(&entry), buf_span(&record), salt, buf_span(&note));
	assert_octets("proof", buf_span(&proof), example("proof"));
	assert_done(tlog_proof_read(&p, example("proof"), &e), e);
	assert_done(tlog_proof_check(&p, &name, &c, &x, &e), e);
	assert_true(c.size == 2 && x.type == 5 && x.time == 1795336920);
	tlog_proof_drop(&p);
}

/*
 * The status list.
 */

static void
check_list(const struct status_list *l, const unsigned char *values, size_t n)
{
	unsigned value;
	struct err e;

	assert_string_equal(l->uri, "https://xacthuc.hoagiang.example/status/1.cwt");
	assert_true(l->issued == 1795336920 && l->expires == l->issued + 14 * DAY_SECS && l->bits == STATUS_BITS);
	for (size_t i = 0; i < n; i++) {
		assert_done(status_list_get(l, i, &value, &e), e);
		assert_int_equal(value, values[i]);
	}
	assert_false(status_list_get(l, n, &value, &e));
	assert_hex("status-list", "inflated", buf_span(&l->values));
}

static void
a_status_list(void **state)
{
	static const unsigned char values[] = { 0, 1, 0, 2, 0, 3, 12, 0 };
	own_struct(buf) cwt = buf_new(TEXT_MAX), head = buf_new(TEXT_MAX), payload = buf_new(TEXT_MAX);
	struct span pem = example("status-certificate");
	own(BIO) *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	own(X509) *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	unsigned char kid[8], told[8], root[SHA256_LEN] = { 0 };
	struct status_list l;
	struct err e;

	assert_non_null(cert);
	row_octets(&cwt, "status-list", "cwt");
	status_list_kid(kid, cert);
	assert_done(status_list_peek_kid(told, buf_span(&cwt), &e), e);
	assert_memory_equal(kid, told, 8);
	assert_done(status_list_open(&l, buf_span(&cwt), cert, &e), e);
	check_list(&l, values, COUNT(values));
	assert_done(status_list_payload(&head, &payload, kid, l.uri, l.issued, l.expires, 2, root, values, COUNT(values), &e), e);
	assert_non_null(memmem(cwt.ptr, cwt.len, head.ptr, head.len));
	status_list_drop(&l);
	assert_done(status_list_read_payload(&l, buf_span(&payload), &e), e);
	check_list(&l, values, COUNT(values));
	status_list_drop(&l);
}

/* No example that nobody looks at: the dossier's is made again in
 * tests/register/dossier_verbs_test.c, those that ask a running service are
 * looked at by tests/flow/whole_way.sh. */
static void
every_example_is_known(void **state)
{
	static const char *const known[] = { "codes", "sheet", "order", "order-commands", "entry", "dossier", "vkey", "checkpoint", "witness", "cosigned", "proof", "status-list",
		"status-certificate", "subject-commands", "subject", "time-stamp-commands" };
	size_t n = 0;

	for (size_t i = 0; i < COUNT(known); i++)
		example(known[i]);
	for (const char *at = strstr(buf_str(&page), "<!-- example: "); at != NULL; at = strstr(at + 1, "<!-- example: "))
		n++;
	assert_int_equal(n, COUNT(known));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes),
		cmocka_unit_test(an_order),
		cmocka_unit_test(an_order_signed_by_openssl),
		cmocka_unit_test(an_entry),
		cmocka_unit_test(a_cosignature),
		cmocka_unit_test(a_checkpoint_and_a_proof),
		cmocka_unit_test(a_status_list),
		cmocka_unit_test(every_example_is_known),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
