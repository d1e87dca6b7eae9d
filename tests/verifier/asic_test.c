/*
 * Containers: made here entry by entry (zip_maker.h), as wrong as the attack is; what is
 * right is opened by unzip and python3, too.  Attacks 13 (names that leave the folder), 14 (bombs, many
 * entries, mimetype and layout tricks) and 15 (a file that nobody signed) each have their
 * twins that pass.
 */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"
#include "tests/verifier/zip_maker.h"

#include "verifier/asic.h"
#include "verifier/document.h"

#define MIME_S "application/vnd.etsi.asic-s+zip"
#define MIME_E "application/vnd.etsi.asic-e+zip"
#define HOUR 3600
#define ENTRIES 12
#define FIRST "Đơn đề nghị (thử nghiệm)\n"
#define SECOND "Bản vẽ (thử nghiệm)\n"

static char *folder;
static policy_t *policy;
static struct pki_party root, signer, other, tsa;

static int
begin(void **state)
{
	struct err e;

	folder = pki_folder();
	root = pki_ca("Gốc nơi khác (thử nghiệm)", NULL);
	signer = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)" }, &root);
	other = pki_party(&(struct pki_wish){ .name = "Người khác (thử nghiệm)" }, &root);
	tsa = pki_party(&(struct pki_wish){ .name = "TSA thử", .eku = "critical,timeStamping" }, &root);
	return policy_load(&policy, SOURCE_DIR "/policy", &e) ? 0 : 1;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &signer, &other, &tsa };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	policy_free(policy);
	pki_remove(folder);
	return 0;
}

/* CAdES, detached. */
static void
sign(struct buf *out, const struct pki_party *by, struct span content)
{
	const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP | CMS_CADES;
	own(BIO) *in = BIO_new_mem_buf(content.ptr, (int)content.len);
	own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	own(ASN1_TIME) *t = ASN1_TIME_set(NULL, PKI_NOW - 3 * HOUR);
	CMS_SignerInfo *si = CMS_add1_signer(cms, by->cert, by->key, EVP_sha256(), flags);
	unsigned char *octets = NULL;
	int n;

	assert_true(si != NULL && CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, ASN1_STRING_type(t), t, -1) == 1);
	assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
	n = i2d_CMS_ContentInfo(cms, &octets);
	buf_put(out, octets, (size_t)n);
	OPENSSL_free(octets);
}

static void
stamp(struct buf *out, struct span content, int64_t when)
{
	unsigned char hash[SHA256_LEN];

	sha256(hash, content);
	pki_stamp(out, &tsa, span_of(hash, sizeof(hash)), &(struct pki_stamp){ .when = when });
}

struct world { X509 *revoked; bool no_crl, no_anchor; const char *content; };

static void
judge(struct report *out, struct span document, const struct world *w)
{
	const struct pki_entry entry = { .cert = w->revoked, .date = PKI_NOW - HOUR };
	own(evidence_t) *v = evidence_new();
	own(X509_CRL) *crl = pki_crl(&root, &(struct pki_crl){ .entry = &entry, .n = w->revoked == NULL ? 0 : 1 });
	const struct judge_question q = { .document = document, .at = PKI_NOW, .policy = policy, .evidence = v };
	const struct document_content given = { "given", span_str(w->content) };

	if (!w->no_anchor)
		assert_true(X509_up_ref(root.cert) == 1 && sk_X509_push(v->anchors, root.cert) > 0);
	if (!w->no_crl)
		evidence_add_crl(v, crl);
	evidence_settle(v);
	assert_true(document_is_foreign(document));
	document_judge(out, &q, w->content != NULL ? &given : NULL);
}

static const struct world plain = { 0 };

/* word: in its first reason; NULL: any. */
static void
expect(const char *name, struct span document, const struct world *w, enum verdict verdict, enum sub_indication sub, const char *word)
{
	struct report r;
	const char *said;
	bool right;

	judge(&r, document, w);
	said = r.reasons.n > 0 ? r.reasons.at[0].en : "";
	right = r.verdict == verdict && r.sub == sub && r.in_force == FORCE_UNKNOWN && (word == NULL || strstr(said, word) != NULL);
	if (!right)
		print_error("%s: %s %s: %s\n", name, verdict_word(r.verdict), sub_word(r.sub), said);
	report_drop(&r);
	assert_case(name, right);
}

/*
 * Containers: a fixture is entries with the octets that they borrow.
 */

struct fixture { struct zip_entry entry[ENTRIES]; size_t n; struct buf p7s[3], manifest[3]; struct zip_wish wish; };

static void
fixture_drop(struct fixture *f)
{
	for (size_t i = 0; i < COUNT(f->p7s); i++) {
		buf_drop(&f->p7s[i]);
		buf_drop(&f->manifest[i]);
	}
}

static void
add(struct fixture *f, const char *name, struct span octets)
{
	assert_true(f->n < ENTRIES);
	f->entry[f->n++] = (struct zip_entry){ .name = name, .octets = octets };
}

static struct fixture
simple(void)
{
	struct fixture f = { .p7s[0] = buf_new(1 << 20) };

	sign(&f.p7s[0], &signer, span_str(FIRST));
	add(&f, "mimetype", span_str(MIME_S));
	add(&f, "don.txt", span_str(FIRST));
	add(&f, "META-INF/signature.p7s", buf_span(&f.p7s[0]));
	return f;
}

#define SHA1 "http://www.w3.org/2000/09/xmldsig#sha1"
#define MD5 "http://www.w3.org/2001/04/xmldsig-more#md5"

struct named { const char *uri, *octets, *method; };

/* names: ends with NULL; method NULL: SHA-256. */
static void
manifest(struct buf *out, const char *signature, const struct named *names)
{
	buf_printf(out, "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
	    "<asic:SigReference URI=\"%s\"/>", signature);
	for (const struct named *n = names; n->uri != NULL; n++) {
		bool elder = n->method != NULL && strcmp(n->method, SHA1) == 0;
		unsigned char hash[EVP_MAX_MD_SIZE];
		unsigned len;

		assert_int_equal(EVP_Digest(n->octets, strlen(n->octets), hash, &len, elder ? EVP_sha1() : EVP_sha256(), NULL), 1);
		buf_printf(out, "<asic:DataObjectReference URI=\"%s\"><ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue>", n->uri,
		    n->method != NULL ? n->method : "http://www.w3.org/2001/04/xmlenc#sha256");
		base64_put(out, span_of(hash, len));
		buf_put_str(out, "</ds:DigestValue></asic:DataObjectReference>");
	}
	buf_put_str(out, "</asic:ASiCManifest>");
}

static const struct named both[] = { { "don.txt", FIRST }, { "b%E1%BA%A3n%20v%E1%BA%BD/1.txt", SECOND }, { NULL } };

static struct fixture
extended(const struct named *names)
{
	struct fixture f = { .p7s[0] = buf_new(1 << 20), .manifest[0] = buf_new(1 << 20) };

	manifest(&f.manifest[0], "META-INF/signature001.p7s", names);
	sign(&f.p7s[0], &signer, buf_span(&f.manifest[0]));
	add(&f, "mimetype", span_str(MIME_E));
	add(&f, "don.txt", span_str(FIRST));
	add(&f, "bản vẽ/1.txt", span_str(SECOND));
	add(&f, "META-INF/ASiCManifest001.xml", buf_span(&f.manifest[0]));
	add(&f, "META-INF/signature001.p7s", buf_span(&f.p7s[0]));
	return f;
}

/* One more signature with its manifest. */
static void
signed_also(struct fixture *f, const struct pki_party *by, const struct named *names)
{
	f->manifest[1] = buf_new(1 << 20);
	f->p7s[1] = buf_new(1 << 20);
	manifest(&f->manifest[1], "META-INF/signature002.p7s", names);
	sign(&f->p7s[1], by, buf_span(&f->manifest[1]));
	add(f, "META-INF/ASiCManifest002.xml", buf_span(&f->manifest[1]));
	add(f, "META-INF/signature002.p7s", buf_span(&f->p7s[1]));
}

static void
check(const char *name, const struct fixture *f, const struct world *w, enum verdict verdict, enum sub_indication sub, const char *word)
{
	own_struct(buf) zip = buf_new(40u << 20);

	zip_make(&zip, f->entry, f->n, &f->wish);
	expect(name, buf_span(&zip), w, verdict, sub, word);
}

/* What is not zero of the second takes the place of the first's. */
static void
change(struct zip_entry *e, const struct zip_entry *by)
{
#define CHANGE(member) do { if (by->member) e->member = by->member; } while (0)
	CHANGE(name);
	CHANGE(deflated);
	CHANGE(descriptor);
	CHANGE(flags);
	CHANGE(method);
	CHANGE(local_name);
	CHANGE(size);
	CHANGE(local_size);
	CHANGE(crc);
	CHANGE(comment);
	CHANGE(mode);
	CHANGE(gap);
#undef CHANGE
	if (by->octets.ptr != NULL)
		e->octets = by->octets;
	if (by->extra.ptr != NULL)
		e->extra = by->extra;
	if (by->local_extra.ptr != NULL)
		e->local_extra = by->local_extra;
}

struct attack { const char *name; size_t entry; struct zip_entry by; struct zip_wish wish; const char *word; };

static void
attack(const struct attack *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		own_struct(fixture) f = simple();

		change(&f.entry[row[i].entry], &row[i].by);
		f.wish = row[i].wish;
		check(row[i].name, &f, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, row[i].word);
	}
}

/* Ordinary ways to write a container: the twins of what is refused below. */
static void
twins_pass(void **state)
{
	static const unsigned char times[] = { 0x55, 0x54, 5, 0, 1, 0, 0, 0, 0 };
	const struct attack rows[] = {
		{ "as it is", 0, { 0 } },
		{ "a name in Vietnamese", 1, { .name = "đơn xin cấp phép (bản 2).txt" } },
		{ "two dots that are no part", 1, { .name = "don..txt" } },
		{ "deflated", 1, { .deflated = true } },
		{ "deflated, with a descriptor", 1, { .deflated = true, .descriptor = true } },
		{ "times beside it", 1, { .extra = span_of(times, sizeof(times)), .local_extra = span_of(times, sizeof(times)) } },
		{ "a file of Unix", 1, { .mode = 0100644 } },
		{ "the signature deflated", 2, { .deflated = true } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(fixture) f = simple();
		own_struct(buf) zip = buf_new(1 << 20);

		change(&f.entry[rows[i].entry], &rows[i].by);
		check(rows[i].name, &f, &plain, VERDICT_PASSED, SUB_NONE, NULL);
		zip_make(&zip, f.entry, f.n, &f.wish);
		pki_write(folder, "twin.zip", buf_span(&zip));
		assert_case(rows[i].name, pki_run(folder, "python3 -c 'import sys, zipfile; z = zipfile.ZipFile(\"twin.zip\"); sys.exit(z.testzip() is not None or len(z.namelist()) != 3)'") == 0);
	}
}

static void
attack_13_names_that_leave_the_folder(void **state)
{
	static const struct attack rows[] = {
		{ "up", 1, { .name = "../don.txt" }, .word = "goes up" },
		{ "up from below", 1, { .name = "a/../../don.txt" }, .word = "goes up" },
		{ "up at the end", 1, { .name = "a/.." }, .word = "goes up" },
		{ "a dot behind", 1, { .name = "don.txt." }, .word = "ends in a dot" },
		{ "a blank behind", 1, { .name = "don.txt " }, .word = "ends in a dot" },
		{ "a dot behind a folder", 1, { .name = "a./don.txt" }, .word = "ends in a dot" },
		{ "here", 1, { .name = "./don.txt" }, .word = "goes up" },
		{ "absolute", 1, { .name = "/etc/passwd" }, .word = "absolute" },
		{ "an empty part", 1, { .name = "a//don.txt" }, .word = "empty part" },
		{ "backslashes", 1, { .name = "..\\don.txt" }, .word = "backslash" },
		{ "a drive", 1, { .name = "C:don.txt" }, .word = "colon" },
		{ "a control", 1, { .name = "don\x01.txt" }, .word = "not seen" },
		{ "a line break", 1, { .name = "don\n.txt" }, .word = "not seen" },
		{ "right to left", 1, { .name = "don\u202etxt.exe" }, .word = "not seen" },
		{ "not UTF-8", 1, { .name = "don\xff.txt" }, .word = "not UTF-8" },
		{ "not NFC", 1, { .name = "do\u031bn.txt" }, .word = "not NFC" },
		{ "no name", 1, { .name = "" }, .word = "0 bytes" },
		{ "in a folder of ASiC-S", 1, { .name = "a/don.txt" }, .word = "outside any folder" },
		{ "META-INF in another case", 2, { .name = "Meta-Inf/signature.p7s" }, .word = NULL },
		{ "another name in the local header", 1, { .local_name = "dom.txt" }, .word = "another by its local header" },
	};
	static const struct { const char *name, *added; } pairs[] = {
		{ "twice", "don.txt" }, { "but for its case", "DON.txt" }, { "below a file", "don.txt/1.txt" }, { "a folder of a file's name", "don.txt/" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(fixture) f = simple();
		own_struct(buf) zip = buf_new(1 << 20);
		struct report r;

		change(&f.entry[rows[i].entry], &rows[i].by);
		if (rows[i].word != NULL) {
			check(rows[i].name, &f, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, rows[i].word);
			continue;
		}
		zip_make(&zip, f.entry, f.n, &f.wish);	/* as if nothing signed it */
		judge(&r, buf_span(&zip), &plain);
		assert_case(rows[i].name, r.verdict == VERDICT_INDETERMINATE && r.no_signature && report_exit(&r, false) == 1);
		report_drop(&r);
	}
	for (size_t i = 0; i < COUNT(pairs); i++) {
		own_struct(fixture) f = simple();

		add(&f, pairs[i].added, SPAN_NONE);
		check(pairs[i].name, &f, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "a name that is another's");
	}
}

static void
attack_14_bombs_and_layout_tricks(void **state)
{
	static const unsigned char renames[] = { 0x75, 0x70, 1, 0, 1 }, zip64[] = { 1, 0, 0, 0 }, ragged[] = { 0x55, 0x54, 9, 0, 1 };
	own_struct(buf) zeros = buf_new(12u << 20);
	const struct attack rows[] = {
		{ "a bomb", 1, { .octets = { memset(buf_extend(&zeros, 12u << 20), 0, 12u << 20), 12u << 20 }, .deflated = true }, .word = "100 times" },
		{ "a bomb that says it is small", 1, { .octets = { zeros.ptr, 12u << 20 }, .deflated = true, .size = 20 }, .word = "does not inflate" },
		{ "a bomb that says so in one place", 1, { .octets = { zeros.ptr, 12u << 20 }, .deflated = true, .local_size = 20 }, .word = "100 times" },
		{ "larger than all may be", 1, { .size = 17u << 20, .deflated = true }, .word = "inflates to more than" },
		{ "larger than it is", 1, { .size = 40, .deflated = true }, .word = "does not inflate" },
		{ "stored with two lengths", 1, { .size = 40 }, .word = "two lengths" },
		{ "another length in the local header", 1, { .local_size = 12 }, .word = "another by its local header" },
		{ "another checksum", 1, { .crc = 1 }, .word = "does not inflate" },
		{ "encrypted", 1, { .flags = 1 }, .word = "encrypted" },
		{ "strong encryption", 1, { .flags = 0x40 }, .word = "not taken" },
		{ "headers hidden", 1, { .flags = 0x2000 }, .word = "not taken" },
		{ "bzip2", 1, { .method = 12 }, .word = "not taken" },
		{ "a link", 1, { .mode = 0120777 }, .word = "neither a file nor a folder" },
		{ "a device", 1, { .mode = 020666 }, .word = "neither a file nor a folder" },
		{ "a field that renames it", 1, { .extra = { renames, 5 } }, .word = "further field" },
		{ "a field that renames it, locally", 1, { .local_extra = { renames, 5 } }, .word = "further field" },
		{ "a field of ZIP64", 1, { .extra = { zip64, 4 } }, .word = "further field" },
		{ "a field cut short", 1, { .extra = { ragged, 5 } }, .word = "well-formed" },
		{ "a comment on an entry", 1, { .comment = "x" }, .word = "comment" },
		{ "octets between entries", 1, { .gap = "x" }, .word = "right behind" },
		{ "octets before all", 0, { .gap = "PK\3\4" }, .word = "right behind" },
		{ "another zip's entry before the directory", 0, { 0 }, { .before_directory = "PK\3\4" }, "belong to no entry" },
		{ "octets behind the end", 0, { 0 }, { .behind = "x" }, "last part" },
		{ "a comment on the whole", 0, { 0 }, { .comment = "x" }, "last part" },
		{ "more entries than there are", 0, { 0 }, { .count = 4 }, "central directory" },
		{ "fewer entries than there are", 0, { 0 }, { .count = 2 }, "belong to no entry" },
		{ "a directory in another order", 0, { 0 }, { .swap = true }, "right behind" },
		{ "mimetype deflated", 0, { .deflated = true }, .word = "mimetype" },
		{ "mimetype with a further field", 0, { .local_extra = { (const unsigned char *)"\x55\x54\0\0", 4 } }, .word = "mimetype" },
		{ "mimetype of a text", 0, { .octets = { (const unsigned char *)"application/vnd.oasis.opendocument.text", 39 } }, .word = "mimetype" },
		{ "mimetype with a line end", 0, { .octets = { (const unsigned char *)MIME_S "\n", sizeof(MIME_S) } }, .word = "mimetype" },
		{ "mimetype empty", 0, { .octets = { (const unsigned char *)"", 0 } }, .word = "mimetype" },
		{ "mimetype in capitals", 0, { .name = "MIMETYPE" }, .word = "mimetype" },
		{ "ASiC-E without a manifest", 0, { .octets = { (const unsigned char *)MIME_E, sizeof(MIME_E) - 1 } }, .word = "no manifest names" },
	};
	own_struct(fixture) late = simple(), hidden = simple();
	struct zip_entry first = late.entry[0];

	attack(rows, COUNT(rows));
	late.entry[0] = late.entry[1];
	late.entry[1] = first;
	check("mimetype second", &late, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "mimetype");
	add(&hidden, "hidden.txt", span_str("x"));
	hidden.wish.leave_out = 1;
	check("an entry that the directory leaves out", &hidden, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "belong to no entry");
}

static void
attack_14_many_entries(void **state)
{
	static char name[CONTAINER_ENTRIES_MAX + 2][16];
	static struct zip_entry entry[CONTAINER_ENTRIES_MAX + 2];

	for (size_t n = CONTAINER_ENTRIES_MAX; n <= CONTAINER_ENTRIES_MAX + 1; n++) {
		own_struct(fixture) f = simple();
		own_struct(buf) zip = buf_new(1 << 20);

		memcpy(entry, f.entry, 3 * sizeof(entry[0]));
		for (size_t i = 3; i < n; i++) {
			snprintf(name[i], sizeof(name[i]), "%zu/", i);
			entry[i] = (struct zip_entry){ .name = name[i], .mode = 040755 };
		}
		zip_make(&zip, entry, n, &f.wish);
		if (n == CONTAINER_ENTRIES_MAX)
			expect("as many folders as are taken", buf_span(&zip), &plain, VERDICT_PASSED, SUB_NONE, NULL);
		else
			expect("one more", buf_span(&zip), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "128 entries");
	}
}

static void
attack_15_a_file_that_nobody_signed(void **state)
{
	static const struct { const char *name, *added, *word; } rows[] = {
		{ "beside the others", "them.txt", "signed by nobody" },
		{ "in a folder", "bản vẽ/2.txt", "signed by nobody" },
		{ "like a manifest", "ASiCManifest.xml", "signed by nobody" },
		{ "a second mimetype", "a/mimetype", "signed by nobody" },
		{ "in META-INF", "META-INF/them.txt", "no place in META-INF" },
		{ "below META-INF", "META-INF/a/signature.p7s", "no place in META-INF" },
		{ "a folder of META-INF", "META-INF/a/", "no place in META-INF" },
		{ "META-INF in another case", "meta-inf/them.txt", "is in META-INF for some" },
		{ "a signature that no manifest names", "META-INF/signature2.p7s", "no manifest names" },
		{ "a time stamp that no manifest names", "META-INF/timestamp.tst", "no manifest names" },
	};
	own_struct(fixture) one = simple(), twin = extended(both), whole = extended(both), stamped = extended(both);
	struct report r;
	own_struct(buf) zip = buf_new(1 << 20);

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(fixture) f = extended(both);

		add(&f, rows[i].added, rows[i].added[strlen(rows[i].added) - 1] == '/' ? SPAN_NONE : span_str("Thêm vào\n"));
		check(rows[i].name, &f, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, rows[i].word);
	}
	add(&one, "them.txt", span_str("x"));
	check("a second file of ASiC-S", &one, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "here are 2");

	/* A time stamp is everybody's to have. */
	add(&stamped, "them.txt", span_str("x"));
	signed_also(&stamped, &other, (const struct named[]){ { "them.txt", "x" }, { NULL } });
	buf_reset(&stamped.manifest[1]);
	manifest(&stamped.manifest[1], "META-INF/timestamp002.tst", (const struct named[]){ { "them.txt", "x" }, { NULL } });
	buf_reset(&stamped.p7s[1]);
	stamp(&stamped.p7s[1], buf_span(&stamped.manifest[1]), PKI_NOW - HOUR);
	stamped.entry[6].octets = buf_span(&stamped.manifest[1]);
	stamped.entry[7] = (struct zip_entry){ .name = "META-INF/timestamp002.tst", .octets = buf_span(&stamped.p7s[1]) };
	check("a file that is stamped, not signed", &stamped, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "signed by nobody");

	/* The twins: somebody signed it. */
	check("all signed", &whole, &plain, VERDICT_PASSED, SUB_NONE, NULL);
	add(&twin, "them.txt", span_str("x"));
	signed_also(&twin, &other, (const struct named[]){ { "them.txt", "x" }, { NULL } });
	zip_make(&zip, twin.entry, twin.n, &twin.wish);
	judge(&r, buf_span(&zip), &plain);
	assert_true(r.verdict == VERDICT_PASSED && r.partial && r.nsignatures == 2);
	report_drop(&r);
}

static void
what_is_said_of_it(void **state)
{
	own_struct(fixture) f = extended(both);
	own_struct(buf) zip = buf_new(1 << 20);
	own(json_t) *j = NULL;
	json_t *files, *mine;
	struct report r;

	signed_also(&f, &other, (const struct named[]){ both[1], { NULL } });
	zip_make(&zip, f.entry, f.n, &f.wish);
	judge(&r, buf_span(&zip), &plain);
	j = report_json(&r, policy, "file", PKI_NOW);
	files = json_object_get(j, "files");
	mine = json_array_get(json_object_get(j, "signatures"), 1);
	assert_string_equal(json_text(j, "format"), "ASiC-E");
	assert_string_equal(json_text(j, "scope"), "partial");
	own_str char *text = json_dumps(j, 0);
	assert_non_null(strstr(text, "which file is signed where"));
	assert_int_equal(json_array_size(files), 2);
	assert_string_equal(json_text(json_array_get(files, 0), "name"), "don.txt");
	assert_int_equal(json_array_size(json_object_get(json_array_get(files, 0), "signed_in")), 1);
	assert_string_equal(json_text(json_array_get(files, 1), "name"), "bản vẽ/1.txt");
	assert_int_equal(json_array_size(json_object_get(json_array_get(files, 1), "signed_in")), 2);
	assert_string_equal(json_text(mine, "id"), "signer-2");
	assert_string_equal(json_text(mine, "file"), "META-INF/signature002.p7s");
	assert_string_equal(json_text(json_object_get(mine, "signer"), "name"), "Người khác (thử nghiệm)");
	assert_true(json_is_null(json_object_get(j, "permit")) && json_is_null(json_object_get(j, "answer")));
	report_drop(&r);
	expect("one of its files given", buf_span(&zip), &(struct world){ .content = FIRST }, VERDICT_PASSED, SUB_NONE, NULL);
	expect("another given", buf_span(&zip), &(struct world){ .content = "x" }, VERDICT_FAILED, SUB_HASH_FAILURE, "none of the files");
}

static void
signatures(void **state)
{
	static const struct named missing[] = { { "don.txt", FIRST }, { "khac.txt", "x" }, { NULL } }, twice[] = { { "don.txt", FIRST }, { "don.txt", FIRST }, { NULL } },
		meta[] = { { "META-INF/signature001.p7s", "x" }, { NULL } }, up[] = { { "../don.txt", FIRST }, { NULL } }, outside[] = { { "file:don.txt", FIRST }, { NULL } },
		fragment[] = { { "don.txt#x", FIRST }, { NULL } }, ragged[] = { { "don.txt%0", FIRST }, { NULL } }, nothing[] = { { NULL } },
		wrong[] = { { "don.txt", "x" }, { "b%E1%BA%A3n%20v%E1%BA%BD/1.txt", SECOND }, { NULL } },
		unknown[] = { { "don.txt", FIRST, MD5 }, { "b%E1%BA%A3n%20v%E1%BA%BD/1.txt", SECOND }, { NULL } },
		old[] = { { "don.txt", FIRST, SHA1 }, { "b%E1%BA%A3n%20v%E1%BA%BD/1.txt", SECOND }, { NULL } },
		longer[] = { { "don.txt", FIRST, "http://www.w3.org/2001/04/xmlenc#sha512" }, { "b%E1%BA%A3n%20v%E1%BA%BD/1.txt", SECOND }, { NULL } };
	const struct { const char *name; const struct named *names; struct world world; enum verdict verdict; enum sub_indication sub; const char *word; } rows[] = {
		{ "right", both, plain, VERDICT_PASSED, SUB_NONE, NULL },
		{ "no anchor", both, { .no_anchor = true }, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND, NULL },
		{ "no CRL", both, { .no_crl = true }, VERDICT_INDETERMINATE, SUB_TRY_LATER, NULL },
		{ "revoked", both, { .revoked = signer.cert }, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE, NULL },
		{ "somebody else revoked", both, { .revoked = other.cert }, VERDICT_PASSED, SUB_NONE, NULL },
		{ "another file's digest", wrong, plain, VERDICT_FAILED, SUB_HASH_FAILURE, "don.txt" },
		{ "a digest of another length", longer, plain, VERDICT_FAILED, SUB_HASH_FAILURE, "don.txt" },
		{ "MD5 in the manifest", unknown, plain, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, NULL },
		{ "SHA-1 in the manifest", old, plain, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE, NULL },
		{ "a file that is not there", missing, plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "not in the container" },
		{ "a file twice", twice, plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "twice" },
		{ "a signature as a file", meta, plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "none of the files" },
		{ "attack 13: up", up, plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "to elsewhere" },
		{ "attack 12: out of the container", outside, plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "to elsewhere" },
		{ "a part of a file", fragment, plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "to elsewhere" },
		{ "half an escape", ragged, plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "its URI is none" },
		{ "nothing", nothing, plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "names no file" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(fixture) f = extended(rows[i].names);

		check(rows[i].name, &f, &rows[i].world, rows[i].verdict, rows[i].sub, rows[i].word);
	}
}

static void
what_was_swapped(void **state)
{
	static const struct { const char *name; size_t entry; const char *octets; enum sub_indication sub; } rows[] = {
		{ "a file", 1, "Đơn khác\n", SUB_HASH_FAILURE },
		{ "a file emptied", 2, "", SUB_HASH_FAILURE },
		{ "a manifest that is no XML", 3, "x", SUB_FORMAT_FAILURE },
		{ "attack 7: a manifest with a DOCTYPE", 3, "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", SUB_FORMAT_FAILURE },
		{ "a signature that is none", 4, "x", SUB_FORMAT_FAILURE },
		{ "attack 23: an empty signature", 4, "", SUB_FORMAT_FAILURE },
	};
	own_struct(fixture) less = extended(both), named = extended(both), cut = extended(both), bare = extended(both), none = extended(both);

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(fixture) f = extended(both);

		f.entry[rows[i].entry].octets = span_str(rows[i].octets);
		check(rows[i].name, &f, &plain, VERDICT_FAILED, rows[i].sub, NULL);
	}
	/* A manifest of whoever wishes, beside a signature that holds for another. */
	buf_reset(&less.manifest[0]);
	manifest(&less.manifest[0], "META-INF/signature001.p7s", (const struct named[]){ { "don.txt", "Đơn khác\n" }, both[1], { NULL } });
	less.entry[1].octets = span_str("Đơn khác\n");
	less.entry[3].octets = buf_span(&less.manifest[0]);
	check("file and manifest", &less, &plain, VERDICT_FAILED, SUB_HASH_FAILURE, NULL);
	named.entry[1].name = "giay phep.txt";
	check("a file's name", &named, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "not in the container");
	signed_also(&cut, &other, both);
	cut.n--;
	check("attack 24: a manifest without its signature", &cut, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "not in the container");
	bare.n--;
	bare.entry[3] = (struct zip_entry){ .name = "META-INF/manifest.xml", .octets = span_str("<a/>") };
	{
		own_struct(buf) zip = buf_new(1 << 20);
		struct report r;

		zip_make(&zip, bare.entry, bare.n, &bare.wish);
		judge(&r, buf_span(&zip), &plain);
		assert_true(r.no_signature && r.verdict == VERDICT_INDETERMINATE && report_exit(&r, false) == 1);
		report_drop(&r);
	}
	signed_also(&none, &other, both);
	buf_reset(&none.manifest[1]);
	manifest(&none.manifest[1], "META-INF/signature001.p7s", both);
	none.entry[5].octets = buf_span(&none.manifest[1]);
	check("two manifests with one signature", &none, &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, "two manifests");
}

static void
same_files(const struct asic *was, struct span zip)
{
	struct asic *is = xalloc(sizeof(*is));
	struct err e;

	assert_done(asic_read(is, zip, policy, &e), e);
	assert_int_equal(is->c.n, was->c.n);
	for (size_t n = 0; n < is->c.n; n++)
		assert_true(strcmp(is->c.entry[n].name, was->c.entry[n].name) == 0 && span_eq(buf_span(&is->c.entry[n].octets), buf_span(&was->c.entry[n].octets)));
	asic_drop(is);
	free(is);
}

/* Whatever octet of a container is another: where it passes, the files in it are what they were. */
static void
no_altered_octet_alters_a_file(void **state)
{
	own_struct(fixture) f = extended(both);
	own_struct(buf) zip = buf_new(1 << 20);
	struct asic *was = xalloc(sizeof(*was));
	struct err e;
	size_t passed = 0, refused = 0;

	zip_make(&zip, f.entry, f.n, &f.wish);
	assert_done(asic_read(was, buf_span(&zip), policy, &e), e);
	for (size_t i = 0; i < zip.len; i++) {
		static const unsigned char by[] = { 0x01, 0x20, 0xff };
		struct report r;

		zip.ptr[i] ^= by[i % COUNT(by)];
		if (document_is_foreign(buf_span(&zip))) {
			judge(&r, buf_span(&zip), &plain);
			if (r.verdict == VERDICT_PASSED)
				same_files(was, buf_span(&zip));
			passed += r.verdict == VERDICT_PASSED;
			refused += r.verdict != VERDICT_PASSED;
			report_drop(&r);
		}
		zip.ptr[i] ^= by[i % COUNT(by)];
	}
	assert_true(refused > 20 * passed);	/* who made it, versions and modes are nobody's word */
	for (size_t n = 4; n < zip.len; n += 1 + n / 16)
		expect("cut short", span_of(zip.ptr, n), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE, NULL);
	asic_drop(was);
	free(was);
}

static void
time_stamps(void **state)
{
	own_struct(fixture) f = simple(), g = extended(both);
	struct report r;
	own_struct(buf) zip = buf_new(1 << 20);

	buf_reset(&f.p7s[0]);
	stamp(&f.p7s[0], span_str(FIRST), PKI_NOW - HOUR);
	f.entry[2] = (struct zip_entry){ .name = "META-INF/timestamp.tst", .octets = buf_span(&f.p7s[0]) };
	zip_make(&zip, f.entry, f.n, &f.wish);
	judge(&r, buf_span(&zip), &plain);
	assert_true(r.verdict == VERDICT_PASSED && r.nsignatures == 1 && r.signature[0].proven == PKI_NOW - HOUR && r.remarks.n == 2);
	report_drop(&r);
	f.entry[1].octets = span_str("x");
	check("a stamp of something else", &f, &plain, VERDICT_FAILED, SUB_HASH_FAILURE, NULL);
	f.entry[1].octets = span_str(FIRST);
	check("a stamp of a revoked authority", &f, &(struct world){ .revoked = tsa.cert }, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE, NULL);

	/* Beside a signature, on a manifest of its own. */
	signed_also(&g, &other, both);
	buf_reset(&g.manifest[1]);
	manifest(&g.manifest[1], "META-INF/timestamp001.tst", both);
	buf_reset(&g.p7s[1]);
	stamp(&g.p7s[1], buf_span(&g.manifest[1]), PKI_NOW - HOUR);
	g.entry[5].octets = buf_span(&g.manifest[1]);
	g.entry[6] = (struct zip_entry){ .name = "META-INF/timestamp001.tst", .octets = buf_span(&g.p7s[1]) };
	check("signed and stamped", &g, &plain, VERDICT_PASSED, SUB_NONE, NULL);
	g.entry[1].octets = span_str("x");
	check("signed and stamped, altered", &g, &plain, VERDICT_FAILED, SUB_HASH_FAILURE, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twins_pass), cmocka_unit_test(attack_13_names_that_leave_the_folder), cmocka_unit_test(attack_14_bombs_and_layout_tricks),
		cmocka_unit_test(attack_14_many_entries), cmocka_unit_test(attack_15_a_file_that_nobody_signed), cmocka_unit_test(what_is_said_of_it),
		cmocka_unit_test(signatures), cmocka_unit_test(what_was_swapped), cmocka_unit_test(no_altered_octet_alters_a_file), cmocka_unit_test(time_stamps),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
