/* Many at once: the same request is one request, a request is approved once,
 * and revocations that wait for each other share CRLs and are all on the last. */
#include "tests/base/test.h"

#include "base/file.h"
#include "tests/ca/world.h"
#include "verifier/crl.h"

#include <pthread.h>
#include <unistd.h>

#define MANY 8

static struct world w;

static int
begin(void **state)
{
	world_begin(&w);
	return 0;
}

static int
end(void **state)
{
	world_end(&w);
	return 0;
}

/* One message each, sent by its own thread. */
struct sender { uint16_t type; struct buf body, reply; bool done; struct err e; };

static void *
send_one(void *arg)
{
	struct sender *s = arg;

	s->done = world_bytes(&w, s->type, buf_span(&s->body), &s->reply, &s->e);
	return NULL;
}

static void
send_all(struct sender s[MANY])
{
	pthread_t id[MANY];

	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(pthread_create(&id[i], NULL, send_one, &s[i]), 0);
	for (size_t i = 0; i < MANY; i++)
		pthread_join(id[i], NULL);
}

static void
senders_new(struct sender s[MANY], uint16_t type)
{
	for (size_t i = 0; i < MANY; i++)
		s[i] = (struct sender){ .type = type, .body = buf_new(ORDER_MAX), .reply = buf_new(CA_MESSAGE_MAX) };
}

static void
senders_drop(struct sender s[MANY])
{
	for (size_t i = 0; i < MANY; i++) {
		buf_drop(&s[i].body);
		buf_drop(&s[i].reply);
	}
}

static void
one_request_and_one_certificate(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096);
	own_str char *ask = NULL;
	own(json_t) *request = NULL;
	own(json_t) *list = NULL;
	struct draft d = { .verb = "cert.approve" };
	struct sender s[MANY];
	size_t won = 0;
	struct err e;

	csr_of(&csr, key);
	ask = ask_text("official", "H99.14", "Người xin", "CB-000500", "Chuyên viên", buf_span(&csr));
	senders_new(s, CA_REQUEST);
	for (size_t i = 0; i < MANY; i++)
		buf_put_str(&s[i].body, ask);
	send_all(s);
	for (size_t i = 0; i < MANY; i++) {
		assert_done(s[i].done, s[i].e);
		assert_string_equal(buf_str(&s[i].reply), buf_str(&s[0].reply));
	}
	assert_done(json_read(&request, buf_span(&s[0].reply), &e), e);
	senders_drop(s);

	d.id = json_string_value(json_object_get(request, "id"));
	hash_from_hex(d.hash, request);
	senders_new(s, CA_ORDER);
	for (size_t i = 0; i < MANY; i++) {
		d.by = i % 2 == 0 ? MAI : NAM;
		order_cms(&w, &d, &s[i].body);
	}
	send_all(s);
	for (size_t i = 0; i < MANY; i++) {
		won += s[i].done;
		assert_true(s[i].done || s[i].e.class == ERR_CONFLICT);
	}
	assert_int_equal(won, 1);
	senders_drop(s);
	list = world_list(&w, "{\"what\":\"certificates\",\"person\":\"CB-000500\"}");
	assert_int_equal(json_array_size(json_object_get(list, "items")), 1);
}

static bool
all_listed(X509 *cert[MANY])
{
	own(X509_CRL) *crl = world_crl(&w);
	struct revocation r;

	if (crl == NULL)
		return false;	/* not yet */
	for (size_t i = 0; i < MANY; i++) {
		crl_lookup(&r, crl, X509_get0_serialNumber(cert[i]));
		if (r.state != CERT_REVOKED)
			return false;
	}
	return true;
}

static void
revocations_share_lists(void **state)
{
	X509 *cert[MANY];
	struct sender s[MANY];
	struct err e;

	senders_new(s, CA_ORDER);
	for (size_t i = 0; i < MANY; i++) {
		own(EVP_PKEY) *key = key_new();
		own_str char *person = xprintf("CB-00051%zu", i);
		struct order_subject subject;
		struct draft d = { .by = SEC, .verb = "cert.revoke", .subjects = &subject, .nsubjects = 1 };

		cert[i] = world_enrol(&w, "official", "H99.14", "Người nghỉ", person, "Chuyên viên", key);
		subject = subject_of(cert[i]);
		order_cms(&w, &d, &s[i].body);
	}
	send_all(s);
	for (size_t i = 0; i < MANY; i++) {
		own(json_t) *answer = NULL;

		assert_done(s[i].done, s[i].e);
		assert_done(json_read(&answer, buf_span(&s[i].reply), &e), e);
		assert_true(json_integer_value(json_object_get(answer, "crl")) > 0);
	}
	for (time_t until = 0; !all_listed(cert) && wait_more(&until);)
		;
	assert_true(all_listed(cert));
	for (size_t i = 0; i < MANY; i++)
		X509_free(cert[i]);
	senders_drop(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_request_and_one_certificate),
		cmocka_unit_test(revocations_share_lists),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
