/*
 * verifier/asic.h -- a foreign document: a container with signatures, ASiC-S or ASiC-E
 * (ETSI EN 319 162-1).
 *
 * asic_read says which signature stands for which files.  It takes a container
 * (container.h) whose first entry is `mimetype`, stored, without further fields, and
 * one of two values; META-INF holds nothing but what the standard has there:
 *  - ASiC-S: one file, outside any folder, and one of signature.p7s, signatures.xml or
 *    timestamp.tst, which stands for that file;
 *  - ASiC-E: signature*.p7s and timestamp*.tst, each named by one ASiCManifest*.xml, which
 *    names files by digest and is what is signed; signatures*.xml, which name files
 *    themselves; manifest.xml, which lists media types and is not used.
 * A manifest names each file once, by a relative URI of an entry outside META-INF, with
 * a digest of policy's; extensions are refused.  What it refuses is FORMAT_FAILURE.
 *
 * Judged, each signature by who judges it alone (cades.h, dsig.h, tst_judge.h), and with it the
 * digests of its manifest.  The worst decides.  A file that no signature stands for
 * makes the document fail, whatever else holds; a time stamp stands for files only where
 * there are time stamps alone.  Where a signature stands for some of the
 * files the scope is partial; which stands for which is in the report.
 *
 * Not judged, with a remark: archive manifests, evidence records.  Pure; one thread a document.
 */
#pragma once

#include "verifier/container.h"
#include "verifier/judge.h"

#define ASIC_SIGNATURES_MAX 16		/* files with signatures */
#define ASIC_REFERENCES_MAX 128

enum asic_format { ASIC_CADES, ASIC_XADES, ASIC_STAMP };

/* digest NULL: policy has no row for it. */
struct asic_reference { size_t file; const struct algorithm *digest; unsigned char value[EVP_MAX_MD_SIZE]; size_t len; };

struct asic_signature {
	const struct container_entry *entry, *content;	/* content: what CAdES and stamps are about; NULL of XAdES */
	enum asic_format format;
	size_t nrefs;			/* of a manifest; 0: none */
	struct asic_reference ref[ASIC_REFERENCES_MAX];
	bool covers[CONTAINER_ENTRIES_MAX];
};

struct asic {
	struct container c;
	bool extended;			/* ASiC-E */
	size_t nsignatures, passed_over;	/* passed_over: archive manifests, evidence records */
	struct asic_signature signature[ASIC_SIGNATURES_MAX];
};

/* Is it a zip at all? */
bool asic_is(struct span);
/* ERR_ABSENT: a container without a signature. */
must_check bool asic_read(struct asic *out, struct span, const struct policy *, struct err *);
void asic_drop(struct asic *);
/* Is this entry a file whose content people read? */
bool asic_is_data(const struct container_entry *);
/* Does the manifest's digest hold for each file? */
bool asic_references_hold(const struct asic *, const struct asic_signature *, const struct container_entry **altered);

/* content: given beside it, must be one of its files; may be NULL. */
void asic_judge(struct report *out, const struct judge_question *, const struct span *content);
