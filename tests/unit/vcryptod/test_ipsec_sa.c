/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Security associations: made with an engine's sessions and destroyed without a trace, found by
 * direction and id, counted by packets and bytes, used by several threads.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipsec_sa.h"
#include "secret.h"

#define MAX		8u
#define MODE(m)		VIRTIO_CRYPTO_IPSEC_MODE_##m
#define LIFETIME	VIRTIO_CRYPTO_IPSEC_SA_LIFETIME
#define ESN		VIRTIO_CRYPTO_IPSEC_ESN

static const uint8_t keys[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
	19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };

/* ---- an engine that counts its sessions, and fails at one of them ---- */

static int fake_open, fake_made, fake_fails_at;
static struct req_session fake_last[2];

static int
fake_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	assert_int_equal(nb_lanes, 4);
	if (++fake_made == fake_fails_at)
		return -EINVAL;
	fake_last[1] = fake_last[0];
	fake_last[0] = *p;
	fake_open++;
	*session = &fake_last[0];
	return 0;
}

static void
fake_destroy(void *session)
{
	assert_ptr_equal(session, &fake_last[0]);
	fake_open--;
}

static const struct vcryptod_engine fake = {
	.name = "fake",
	.session_create = fake_create,
	.session_destroy = fake_destroy,
};

static struct req_ipsec_sa
sa_params(bool inbound)
{
	struct req_ipsec_sa p = { .mode = MODE(ESP_TUNNEL), .inbound = inbound, .spi = 7,
		.cipher = VIRTIO_CRYPTO_CIPHER_AES_CBC, .auth = VIRTIO_CRYPTO_MAC_HMAC_SHA_256,
		.key = keys, .key_len = 16, .auth_key = keys, .auth_key_len = 32 };

	return p;
}

static struct vcryptod_ipsec_sa *
sa_make(uint32_t id, const struct req_ipsec_sa *p)
{
	struct vcryptod_ipsec_sa *sa = NULL;

	assert_int_equal(req_ipsec_sa_check(p), 0);
	assert_int_equal(vcryptod_ipsec_sa_open(&sa, &fake, 4, id, p), 0);
	assert_non_null(sa);
	return sa;
}

static void
engine_sessions(void **state)
{
	struct req_ipsec_sa p = sa_params(false);
	struct vcryptod_ipsec_sa *sa;
	size_t used = vcryptod_secret_used();

	(void)state;
	sa = sa_make(3, &p);
	assert_true(vcryptod_secret_owns(sa));
	assert_int_equal(fake_open, 2);
	assert_int_equal(fake_last[1].kind, REQ_MAC);
	assert_int_equal(fake_last[1].digest_len, 16);
	assert_int_equal(fake_last[0].kind, REQ_CIPHER);
	assert_int_equal(fake_last[0].op, VIRTIO_CRYPTO_OP_ENCRYPT);
	vcryptod_ipsec_sa_close(sa, &fake);
	assert_int_equal(fake_open, 0);

	/* NULL encryption has no session; GMAC is GCM without text; inbound decrypts. */
	p.inbound = true;
	p.cipher = p.key_len = 0;
	p.auth = VIRTIO_CRYPTO_MAC_GMAC_AES;
	p.auth_key_len = 16;
	sa = sa_make(3, &p);
	assert_int_equal(fake_open, 1);
	assert_null(sa->cipher);
	assert_true(fake_last[0].kind == REQ_AEAD &&
			fake_last[0].algo == VIRTIO_CRYPTO_AEAD_GCM &&
			fake_last[0].op == VIRTIO_CRYPTO_OP_DECRYPT);
	vcryptod_ipsec_sa_close(sa, &fake);
	vcryptod_ipsec_sa_close(NULL, &fake);
	assert_int_equal(fake_open, 0);
	assert_int_equal(vcryptod_secret_used(), used);
}

static void
engine_refuses(void **state)
{
	struct req_ipsec_sa p = sa_params(true);
	struct vcryptod_ipsec_sa *sa = NULL;
	size_t used = vcryptod_secret_used();
	int n;

	(void)state;
	p.replay_win_sz = 1000;
	for (n = 1; n <= 2; n++) {
		fake_made = 0;
		fake_fails_at = n;
		assert_int_equal(vcryptod_ipsec_sa_open(&sa, &fake, 4, 1, &p), -EINVAL);
		assert_null(sa);
		assert_int_equal(fake_open, 0);
	}
	fake_fails_at = 0;
	p.replay_win_sz = VCRYPTOD_IPSEC_WINDOW_MAX + 1;
	assert_int_equal(vcryptod_ipsec_sa_open(&sa, &fake, 4, 1, &p), -EINVAL);
	assert_int_equal(vcryptod_secret_used(), used);
}

/* What is offered can be made, by the engine that has it. */
static void
all_that_is_offered(void **state)
{
	const struct vcryptod_engine *engine = &vcryptod_engine_openssl;
	struct vcryptod_caps has = { 0 };
	struct vcryptod_ipsec_sa *sa;
	struct req_ipsec_caps caps;
	struct req_ipsec_sa p;
	unsigned int mode, alg, made = 0;

	(void)state;
	assert_int_equal(engine->init(&has), 0);
	vcryptod_ipsec_caps(&caps, &has, 4096);
	for (mode = 1; mode <= VIRTIO_CRYPTO_NB_IPSEC_MODES; mode++) {
		const struct req_ipsec_mode_cap *c = &caps.mode[mode - 1];

		assert_true(c->offered);
		assert_true((c->options & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP) == 0 ||
				!req_ipsec_is_ah(mode));
		for (alg = 0; alg < 64; alg++) {
			p = (struct req_ipsec_sa){ .mode = (uint8_t)mode, .spi = 1,
				.auth = alg, .auth_key = keys, .auth_key_len = 16 };
			if (!(c->macs >> alg & 1))
				continue;
			assert_int_equal(req_ipsec_sa_check(&p), 0);
			assert_int_equal(req_ipsec_caps_allow(&caps, &p), 0);
			assert_int_equal(vcryptod_ipsec_sa_open(&sa, engine, 4, 0, &p), 0);
			vcryptod_ipsec_sa_close(sa, engine);
			made++;
		}
		for (alg = 1; alg < 32; alg++) {
			p = (struct req_ipsec_sa){ .mode = (uint8_t)mode, .spi = 1,
				.aead = alg, .key = keys, .key_len = 32 };
			if (!(c->aeads >> alg & 1))
				continue;
			assert_int_equal(req_ipsec_caps_allow(&caps, &p), 0);
			assert_int_equal(vcryptod_ipsec_sa_open(&sa, engine, 4, 0, &p), 0);
			vcryptod_ipsec_sa_close(sa, engine);
			made++;
		}
	}
	/* MACs with each mode, AEADs with ESP. */
	assert_int_equal(made, 4 * 9 + 2 * 3);
	engine->fini();
}

/* ---- counted ---- */

static void
packets_end(void **state)
{
	struct req_ipsec_sa p = sa_params(false);
	struct vcryptod_ipsec_sa *sa;
	uint64_t number = 0, i;
	bool soft = false;

	(void)state;
	p.options = LIFETIME;
	p.life.packets_soft_limit = 30;
	p.life.packets_hard_limit = 31;
	sa = sa_make(0, &p);
	for (i = 1; i <= 31; i++) {
		assert_int_equal(vcryptod_ipsec_sa_take(sa, &number, &soft, 100), 0);
		assert_int_equal(number, i);
		assert_int_equal(soft, i >= 30);
	}
	assert_int_equal(vcryptod_ipsec_sa_take(sa, &number, &soft, 100), -ETIME);
	assert_int_equal(sa->counter.last, 31);
	vcryptod_ipsec_sa_close(sa, &fake);
}

static void
bytes_end(void **state)
{
	struct req_ipsec_sa p = sa_params(false);
	struct vcryptod_ipsec_sa *sa;
	uint64_t number;
	bool soft;

	(void)state;
	p.options = LIFETIME;
	p.life.bytes_soft_limit = 200;
	p.life.bytes_hard_limit = 250;
	sa = sa_make(0, &p);
	assert_int_equal(vcryptod_ipsec_sa_take(sa, &number, &soft, 199), 0);
	assert_false(soft);
	assert_int_equal(vcryptod_ipsec_sa_take(sa, &number, &soft, 52), -ETIME);
	/* A shorter one fits still. */
	assert_int_equal(vcryptod_ipsec_sa_take(sa, &number, &soft, 51), 0);
	assert_true(soft && number == 2);
	assert_int_equal(vcryptod_ipsec_sa_take(sa, &number, &soft, 20), -ETIME);
	vcryptod_ipsec_sa_close(sa, &fake);
}

static void
numbers_end(void **state)
{
	struct req_ipsec_sa p = sa_params(false);
	struct vcryptod_ipsec_sa *sa = sa_make(0, &p);
	uint64_t number;
	bool soft;

	(void)state;
	sa->counter.last = UINT32_MAX - 1;
	assert_int_equal(vcryptod_ipsec_sa_take(sa, &number, &soft, 100), 0);
	assert_int_equal(number, UINT32_MAX);
	assert_int_equal(vcryptod_ipsec_sa_take(sa, &number, &soft, 100), -EOVERFLOW);
	assert_int_equal(sa->packets, 1);
	vcryptod_ipsec_sa_close(sa, &fake);
}

/* What is checked counts for nothing before it was seen. */
static void
inbound_is_counted_once(void **state)
{
	struct req_ipsec_sa p = sa_params(true);
	struct vcryptod_ipsec_sa *sa;
	uint64_t number;
	bool soft;

	(void)state;
	p.options = LIFETIME | ESN;
	p.replay_win_sz = 64;
	p.life.packets_hard_limit = 2;
	sa = sa_make(0, &p);
	assert_int_equal(vcryptod_ipsec_sa_check(sa, &number, 9, 100), 0);
	assert_int_equal(vcryptod_ipsec_sa_check(sa, &number, 9, 100), 0);
	assert_int_equal(number, 9);
	assert_int_equal(sa->packets, 0);
	assert_int_equal(vcryptod_ipsec_sa_seen(sa, &soft, 9, 100), 0);
	assert_int_equal(vcryptod_ipsec_sa_seen(sa, &soft, 9, 100), -EALREADY);
	assert_int_equal(vcryptod_ipsec_sa_check(sa, &number, 9, 100), -EALREADY);
	assert_int_equal(sa->packets, 1);
	/* Two at once, and room for one. */
	assert_int_equal(vcryptod_ipsec_sa_check(sa, &number, 10, 100), 0);
	assert_int_equal(vcryptod_ipsec_sa_check(sa, &number, 11, 100), 0);
	assert_int_equal(vcryptod_ipsec_sa_seen(sa, &soft, 10, 100), 0);
	assert_int_equal(vcryptod_ipsec_sa_seen(sa, &soft, 11, 100), -ETIME);
	assert_int_equal(sa->window.top, 10);
	assert_int_equal(vcryptod_ipsec_sa_check(sa, &number, 12, 100), -ETIME);
	vcryptod_ipsec_sa_close(sa, &fake);
}

/* ---- all of a device ---- */

static void
ids(void **state)
{
	struct req_ipsec_sa out = sa_params(false), in = sa_params(true);
	struct vcryptod_sessions sessions;
	struct vcryptod_ipsec_sas t;
	struct vcryptod_ipsec_sa *sa, *other;

	(void)state;
	assert_int_equal(vcryptod_sessions_init(&sessions, &fake, 1, 2), 0);
	assert_int_equal(vcryptod_ipsec_sas_init(&t, &sessions, 0), -EINVAL);
	assert_int_equal(vcryptod_ipsec_sas_init(&t, &sessions, VCRYPTOD_IPSEC_SAS_MAX + 1),
			-EINVAL);
	vcryptod_ipsec_sas_fini(&t);
	assert_int_equal(vcryptod_ipsec_sas_init(&t, &sessions, MAX), 0);
	sa = sa_make(MAX - 1, &out);
	assert_int_equal(vcryptod_ipsec_sas_add(&t, sa), 0);
	assert_ptr_equal(vcryptod_ipsec_sas_find(&t, false, MAX - 1), sa);
	assert_null(vcryptod_ipsec_sas_find(&t, true, MAX - 1));
	assert_null(vcryptod_ipsec_sas_find(&t, false, MAX));
	assert_null(vcryptod_ipsec_sas_find(&t, false, UINT32_MAX));
	/* The other direction has ids of its own, and the same SPI. */
	other = sa_make(MAX - 1, &in);
	assert_int_equal(vcryptod_ipsec_sas_add(&t, other), 0);
	assert_ptr_equal(vcryptod_ipsec_sas_find(&t, true, MAX - 1), other);
	other = sa_make(MAX - 1, &in);
	assert_int_equal(vcryptod_ipsec_sas_add(&t, other), -EEXIST);
	vcryptod_ipsec_sa_close(other, &fake);
	assert_int_equal(vcryptod_ipsec_sas_count(&t), 2);

	assert_int_equal(vcryptod_ipsec_sas_remove(&t, false, 0), -ENOENT);
	assert_int_equal(vcryptod_ipsec_sas_remove(&t, false, UINT32_MAX), -ENOENT);
	assert_int_equal(vcryptod_ipsec_sas_remove(&t, false, MAX - 1), 0);
	assert_int_equal(vcryptod_ipsec_sas_remove(&t, false, MAX - 1), -ENOENT);
	assert_int_equal(vcryptod_ipsec_sas_add(&t, sa_make(MAX - 1, &out)), 0);
	assert_int_equal(vcryptod_ipsec_sas_clear(&t), 2);
	assert_int_equal(vcryptod_ipsec_sas_count(&t), 0);
	assert_int_equal(vcryptod_ipsec_sas_add(&t, sa_make(0, &in)), 0);
	vcryptod_ipsec_sas_fini(&t);
	assert_int_equal(fake_open, 0);
	vcryptod_ipsec_sas_fini(&t);
	vcryptod_sessions_fini(&sessions);
}

#define TAKES	5000u

struct taker {
	struct vcryptod_ipsec_sa *sa;
	uint64_t number[TAKES];
};

static void *
take_all(void *arg)
{
	struct taker *t = arg;
	unsigned int i;
	bool soft;

	for (i = 0; i < TAKES; i++)
		if (vcryptod_ipsec_sa_take(t->sa, &t->number[i], &soft, 1) != 0)
			return NULL;
	return t;
}

/* Two queues of one SA: each number once, in order within a queue. */
static void
numbers_are_unique(void **state)
{
	static struct taker t[2];
	static uint8_t seen[2 * TAKES + 1];
	struct req_ipsec_sa p = sa_params(false);
	struct vcryptod_ipsec_sa *sa = sa_make(0, &p);
	pthread_t thread;
	unsigned int i, k;
	void *done;

	(void)state;
	t[0].sa = t[1].sa = sa;
	assert_int_equal(pthread_create(&thread, NULL, take_all, &t[0]), 0);
	assert_non_null(take_all(&t[1]));
	assert_int_equal(pthread_join(thread, &done), 0);
	assert_non_null(done);
	for (k = 0; k < 2; k++)
		for (i = 0; i < TAKES; i++) {
			assert_in_range(t[k].number[i], 1, 2 * TAKES);
			assert_int_equal(seen[t[k].number[i]]++, 0);
			assert_true(i == 0 || t[k].number[i] > t[k].number[i - 1]);
		}
	vcryptod_ipsec_sa_close(sa, &fake);
}

struct remover {
	struct vcryptod_ipsec_sas *t;
	bool done;	/* atomic */
};

static void *
remove_one(void *arg)
{
	struct remover *r = arg;
	int rc = vcryptod_ipsec_sas_remove(r->t, true, 5);

	__atomic_store_n(&r->done, true, __ATOMIC_SEQ_CST);
	return rc == 0 ? r : NULL;
}

static void
remove_waits_for_readers(void **state)
{
	struct req_ipsec_sa p = sa_params(true);
	struct vcryptod_sessions sessions;
	struct vcryptod_ipsec_sas t;
	struct vcryptod_ipsec_sa *sa;
	struct remover r = { &t, false };
	pthread_t thread;
	uint64_t number;
	void *done;
	int i;

	(void)state;
	assert_int_equal(vcryptod_sessions_init(&sessions, &fake, 1, 2), 0);
	assert_int_equal(vcryptod_ipsec_sas_init(&t, &sessions, MAX), 0);
	assert_int_equal(vcryptod_ipsec_sas_add(&t, sa_make(5, &p)), 0);
	vcryptod_reader_enter(&sessions.reader[1]);
	sa = vcryptod_ipsec_sas_find(&t, true, 5);
	assert_non_null(sa);
	assert_int_equal(pthread_create(&thread, NULL, remove_one, &r), 0);
	/* It is out of the table, and still there. */
	while (vcryptod_ipsec_sas_find(&t, true, 5) != NULL)
		sched_yield();
	for (i = 0; i < 100; i++) {
		assert_int_equal(vcryptod_ipsec_sa_check(sa, &number, 1, 100), 0);
		assert_false(__atomic_load_n(&r.done, __ATOMIC_SEQ_CST));
		sched_yield();
	}
	assert_int_equal(fake_open, 2);
	vcryptod_reader_leave(&sessions.reader[1]);
	assert_int_equal(pthread_join(thread, &done), 0);
	assert_non_null(done);
	assert_int_equal(fake_open, 0);
	vcryptod_ipsec_sas_fini(&t);
	vcryptod_sessions_fini(&sessions);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engine_sessions),
		cmocka_unit_test(engine_refuses),
		cmocka_unit_test(all_that_is_offered),
		cmocka_unit_test(packets_end),
		cmocka_unit_test(bytes_end),
		cmocka_unit_test(numbers_end),
		cmocka_unit_test(inbound_is_counted_once),
		cmocka_unit_test(ids),
		cmocka_unit_test(numbers_are_unique),
		cmocka_unit_test(remove_waits_for_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
