#include "register/schema.h"

static const struct table tables[] = {
	{ "log_head", .derived = "one, size, edge", .ephemeral = "time", .log = true },
	{ "log_entry", .committed = "idx, entry, record, salt", .log = true },
	{ "log_tile", .derived = "level, n, width, hashes", .log = true, .keys = 2 },
	{ "log_subject", .derived = "handle, last", .log = true },
	{ "log_published", .derived = "one, size, note, key", .log = true },
	{ "log_beat", .ephemeral = "one, time", .log = true },
	{ "order_accepted", "id, verb, signer, cms, entry, time" },
	{ "order_waiting", "id, person, sha256, expires, entry, outcome, ended_entry" },
	{ "policy_adopted", "entry, what, hash, body, time" },
	{ "report", "entry, spec, size, sha256, json_sha256, html_sha256, index_sha256, css_sha256, time" },
	{ "stamp_batch", "entry, number, first, last, body, time" },
	{ "request", "id, facts, csr, key_id, profile, person, agency, state, reason, entry, time, token, mail" },
	{ "token", "serial, model, person, agency, state, entry" },
	{ "certificate", "serial, request, profile, person, name, agency, key_id, tbs, der, not_before, not_after, "
	    "state, revoked_at, reason, invalidity, ended_entry, issued_entry, entry, time, generation, words, commits" },
	{ "certificate_hold", "serial, entry, since, not_after, ended_entry", .keys = 2 },
	{ "appointment", "id, person, role, agency, title, mode, kinds, from_day, to_day, ended_day, decision, entry, authorised_by" },
	{ "crl", "number, shard, tbs, this_update, next_update, entry", .derived = "der" },
	{ "ocsp", "number, follows, responder, this_update, next_update, size, sha256, entry, shard", .derived = "signed" },
	{ "key_blocked", "key_id, reason, entry, time" },
	{ "program", "id, name, agencies, kinds, rights, responsible, expires, entry" },
	{ "permit", "handle, kind, agency, dossier, holder, given, valid_to, content, state, officers, officer_person, officer_serial, "
	    "issuance, number, short_code, voice_code, list, idx, day, sealed, sha256, "
	    "reserved_entry, issued_entry, entry, time, version, amends, signed_entry, proven_until, proven_by, parcels, plots, converted" },
	{ "permit_renewal", "handle, n, sealed, sha256, until, entry", .keys = 2 },
	{ "permit_reaffirmation", "handle, base, decision, decided, day, reason, entry, made_entry" },
	{ "permit_parcel", "parcel, entry, handle", .keys = 2 },
	{ "permit_turn", "handle, n, officers, officer_person, officer_serial, signed_entry", .keys = 2 },
	{ "permit_change", "entry, handle, act, from_day, until_day, ends, decision, reason, note, other" },
	{ "submission", "program, key, sha256, handle", .keys = 2 },
	{ "dossier_edge", "from_step, to_step", .keys = 2 },
	{ "dossier", "handle, code, agency, kind, running, steps, step, since, due, entry, time" },
	{ "dossier_step", "handle, n, step, day, due, reason, entry", .keys = 2 },
	{ "dossier_event", "program, key, sha256, entry", .keys = 2 },
	{ "book", "agency, book, year, next, is_public, closed", .keys = 3 },
	{ "number_used", "agency, scope, year, number, version, handle", .keys = 5 },
	{ "status_list", "number, list, tbs, this_update, next_update, entry", .derived = "cwt" },
	{ "reimport", "entry, first, last, places" },
	{ "certificate_lost", "serial, request, profile, org, not_after, state, revoked_at, reason, invalidity, ended_entry, entry, time, generation" },
	{ "permit_lost", "handle, agency, kind, list, idx, day, entry, time" },
	{ "list_lost", "entry, kind, number, first, last, sha256" },
	{ "publication", .derived = "path, body", .ephemeral = "seq" },
	{ "log_witness", .ephemeral = "vkey, size, time" },
	{ "log_witnessed", .derived = "one, size, note", .ephemeral = "as_of", .log = true },
	{ "log_split", .ephemeral = "vkey, size, time, sentence, note", .keys = 2 },
	{ "session", .ephemeral = "id, body, expires" },
	{ NULL },
};

const struct table *
table_nth(size_t i)
{
	return i < sizeof(tables) / sizeof(tables[0]) - 1 ? &tables[i] : NULL;
}
