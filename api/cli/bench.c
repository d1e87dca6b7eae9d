/*
 * antin bench -- each figure beside its limit, both measured in the same run on
 * the same machine; the ratio is what holds from machine to machine.
 *
 * Rows make what they need in a folder of their own below /tmp and remove it.
 */
#include "api/cli/bench.h"
#include "api/cli/command.h"

#include <stdio.h>
#include <stdlib.h>

const struct arg_option bench_options[] = {
	{ "row", "NAME", true, "only this row" },
	{ "database", "NAME", false, "postgres-append: an empty database on a server; it is used up" },
	{ NULL },
};

bool
bench_authority(struct bench *b, bool staff, struct err *e)
{
	if (!b->started && !bench_world_start(&b->world, false, e))
		return fail_in(e, "an authority to measure");
	b->started = true;
	if (staff && !b->staffed && !bench_world_staff(&b->world, e))
		return fail_in(e, "its people");
	b->staffed |= staff;
	return true;
}

static const struct { const char *name; bool (*run)(struct bench *, struct figure *, struct err *); } rows[] = {
	{ "token-sign", bench_token_sign },
	{ "register-append", bench_register_append },
	{ "postgres-append", bench_postgres_append },
	{ "growth-log", bench_growth_log },
	{ "growth", bench_growth },
	{ "proof", bench_proof },
	{ "checkpoint", bench_checkpoint },
	{ "cosigned", bench_cosigned },
	{ "register-memory", bench_register_memory },
	{ "issue", bench_issue },
	{ "issue-stored", bench_issue_stored },
	{ "ocsp-get", bench_ocsp_get },
	{ "search", bench_search },
	{ "start", bench_start },
	{ "crl", bench_crl },
	{ "seal", bench_seal },
	{ "prepare", bench_prepare },
	{ "batch", bench_batch },
	{ "batch-memory", bench_batch_memory },
	{ "event", bench_event },
	{ "verify-warm", bench_verify_warm },
	{ "verify-cold", bench_verify_cold },
	{ "verify-process", bench_verify_process },
	{ "verify-memory", bench_verify_memory },
	{ "verify-hostile", bench_verify_hostile },
	{ "verify-attacks", bench_verify_attacks },
};
#define NROWS (sizeof(rows) / sizeof(rows[0]))

static bool
wanted(const struct args *a, const char *name)
{
	const char *row;

	for (size_t i = 0; (row = args_nth(a, "row", i)) != NULL; i++)
		if (strcmp(row, name) == 0)
			return true;
	return !args_has(a, "row");
}

/* A figure's target is met, missed, or there is none. */
static json_t *
met_json(const struct figure *f)
{
	if (f->at_most)
		return json_boolean(f->value <= f->limit);
	return f->target > 0 ? json_boolean(f->value / f->limit >= f->target) : json_null();
}

static json_t *
figure_json(const char *name, const struct figure *f)
{
	double ratio = f->limit > 0 ? f->value / f->limit : 0;

	return json_pack("{s:s, s:f, s:s, s:f, s:s, s:f, s:o, s:o, s:o}", "row", name, "value", f->value, "unit", f->unit, "limit", f->limit,
	    "limit_is", f->limit_is, "ratio", ratio, "beside", f->beside > 0 ? json_real(f->beside) : json_null(),
	    "target", f->at_most ? json_real(1) : f->target > 0 ? json_real(f->target) : json_null(), "met", met_json(f));
}

static void
print_figure(const char *name, const struct figure *f)
{
	own(json_t) *met = met_json(f);
	int digits = f->at_most ? 3 : 0;

	printf("%-16s %10.*f %s\n%16s %10.*f %s; ratio %.2f%s\n", name, digits, f->value, f->unit, "limit", digits, f->limit, f->limit_is, f->value / f->limit,
	    json_is_null(met) ? "" : json_is_true(met) ? " (target met)" : " (target missed)");
	if (f->beside > 0)
		printf("%16s %10.0f %s; ratio %.2f\n", "beside", f->beside, f->beside_is, f->value / f->beside);
	fflush(stdout);
}

static bool
run_rows(const struct args *a, struct bench *b, json_t *all, struct err *e)
{
	for (size_t i = 0; i < NROWS; i++) {
		struct figure f = { 0 };

		if (!wanted(a, rows[i].name) || (rows[i].run == bench_postgres_append && b->database == NULL && !args_has(a, "row")))
			continue;
		if (!rows[i].run(b, &f, e))
			return fail_in(e, "%s", rows[i].name);
		json_array_append_new(all, figure_json(rows[i].name, &f));
		if (!a->json)
			print_figure(rows[i].name, &f);
	}
	return json_array_size(all) > 0 || fail(e, ERR_INPUT, "there is no such row");
}

int
command_bench(const struct args *a)
{
	struct bench b = { .permit = buf_new(1 << 20), .database = args_get(a, "database") };
	own(json_t) *all = json_array();
	struct err e;
	bool good = run_rows(a, &b, all, &e);

	bench_log_drop(&b.log);
	bench_city_drop(&b.city);
	bench_world_drop(&b.world);
	token_free(b.token);
	bench_dir_drop(&b.token_dir);
	buf_drop(&b.permit);
	free(b.many);
	if (!good)
		return command_refuse(a, &e);
	if (a->json)
		command_print_json(all);
	return 0;
}
