/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipsec_recover_inbound=1: inbound security associations (SA) are made again after a loss, and
 * outbound ones are not; where their keys are meanwhile.
 */
#include <string.h>

#include <cryptodev_pmd.h>

#include "ipsec_ops.h"
#include "sa.h"
#include "secrets.h"

#define ARGS	"recover=1,ipsec_recover_inbound=1"
#define NB_IN	5
#define NB_OUT	2

static void *in[NB_IN], *out[NB_OUT];

/* NULL encryption and HMAC-SHA1, an ESP tunnel over IPv6: what the model computes. */
static void *
model_sa(struct rig *r, bool egress)
{
	struct sa_conf c;
	void *s;

	sa_ah(&c, egress);
	c.conf.ipsec.proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP;
	s = sa_create(r, &c);
	assert_non_null(s);
	return s;
}

static void *
secret_sa(struct rig *r, bool egress)
{
	struct sa_conf c;
	void *s;

	sa_cbc(&c, egress);
	memcpy(c.key, secret, sizeof(secret));
	memcpy(c.auth_key, secret, sizeof(secret));
	s = sa_create(r, &c);
	assert_non_null(s);
	return s;
}

/* NB_IN and NB_OUT SAs, with the secret as their key. */
static struct rig *
up(unsigned int kind, const char *devargs)
{
	struct rig *r = sa_up(kind, devargs);
	unsigned int i;

	rig_pattern(secret, sizeof(secret), 0xbee);
	secrets_look(true);
	for (i = 0; i < NB_IN; i++)
		in[i] = secret_sa(r, false);
	for (i = 0; i < NB_OUT; i++)
		out[i] = secret_sa(r, true);
	return r;
}

/* Destroys what is left of them. */
static void
down(struct rig *r)
{
	unsigned int i;

	for (i = 0; i < NB_IN; i++)
		if (in[i] != NULL)
			sa_destroy(r, in[i]);
	for (i = 0; i < NB_OUT; i++)
		sa_destroy(r, out[i]);
	assert_int_equal(r->m.admin.nb_sas, 0);
	assert_int_equal(secrets_in_heap(), 0);
	assert_int_equal(secrets_nb_freed(), 0);
	secrets_look(false);
	log_capture_start();	/* what was lost was said */
	rig_close(r);
}

static void
lose(struct rig *r)
{
	log_capture_start();
	fake_pci_break(r->f);
	rig_tick();
	assert_int_equal(r->m.admin.nb_sas, 0);
}

static void
return_of(struct rig *r)
{
	struct rte_crypto_op *op;
	unsigned int i;

	for (i = 0; i < 8 && log_capture_count("the device is back") == 0; i++) {
		(void)rte_cryptodev_dequeue_burst(r->id, 0, &op, 1);
		rig_tick();
	}
	assert_int_equal(log_capture_count("the device is back"), 1);
	(void)rte_cryptodev_dequeue_burst(r->id, 0, &op, 1);
}

/* ---- both directions, and their ops ---- */

static uint8_t
run(struct rig *r, void *s, struct rte_mbuf *m)
{
	struct rte_crypto_op *op = ipsec_op(OUT, m, NULL);
	uint8_t status;

	op->sym->session = s;
	status = rig_run(r, op);
	rte_crypto_op_free(op);
	return status;
}

/* A packet of one SA is one of the other. */
static void
there_and_back(struct rig *r, void *from, void *to)
{
	struct rte_mbuf *m = ipsec_packet(64, 1, false);

	assert_int_equal(run(r, from, m), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_not_equal(m->pkt_len, 64);
	assert_int_equal(run(r, to, m), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(m->pkt_len, 64);
	rte_pktmbuf_free(m);
}

static void
only_inbound(void **state)
{
	unsigned int kind;

	(void)state;
	for (kind = 0; kind < RTE_DIM(rig_kinds); kind++) {
		struct rig *r = sa_up(kind, ARGS);
		void *first = model_sa(r, false), *to = model_sa(r, false);
		void *from = model_sa(r, true);
		const struct vcrypto_ipsec_sa *sa = SECURITY_GET_SESS_PRIV(to);
		struct rte_mbuf *m = ipsec_packet(64, 1, false);
		struct rte_crypto_op *op, *back;
		uint32_t id = sa->id;

		ipsec_make_sas(r, true, true);
		there_and_back(r, from, to);
		sa_destroy(r, first);
		r->m.data_silent = true;
		op = ipsec_op(OUT, m, NULL);
		op->sym->session = to;
		assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
		lose(r);
		assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &back, 1), 1);
		assert_ptr_equal(back, op);
		assert_int_equal(op->status, RTE_CRYPTO_OP_STATUS_ERROR);
		rte_crypto_op_free(op);
		r->m.data_silent = false;
		return_of(r);
		assert_int_equal(log_capture_count("2 security associations end with this reset of "
			"the device: inbound ones are made again"), 1);
		assert_int_equal(log_capture_count("1 inbound security associations were made "
			"again, with empty replay windows; 0 could not be"), 1);
		assert_int_equal(r->m.admin.nb_sas, 1);
		assert_true(r->m.admin.last_sa.inbound);
		assert_int_equal(run(r, from, m), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
		rte_pktmbuf_free(m);
		sa_destroy(r, from);
		from = model_sa(r, true);
		there_and_back(r, from, to);
		assert_int_not_equal(sa->id, id);
		assert_int_equal(r->m.ipsec.last.obj_id, sa->id);
		sa_destroy(r, to);
		sa_destroy(r, from);
		assert_int_equal(r->m.admin.nb_sas, 0);
		log_capture_start();
		rig_close(r);
	}
}

/* ---- what cannot be made again ---- */

/* The n-th is refused: it stays dead, and its keys go; the others are made, again and again. */
static void
one_is_refused(void **state)
{
	unsigned int n;

	(void)state;
	for (n = 0; n < NB_IN; n++) {
		struct rig *r = up(n % RTE_DIM(rig_kinds), ARGS);

		assert_int_equal(secrets_in_heap(), NB_IN);
		lose(r);
		r->m.admin.fail_opcode = VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE;
		r->m.admin.fail_status = VIRTIO_ADMIN_STATUS_EINVAL;
		r->m.admin.nb_pass = n;
		r->m.admin.nb_fail = 1;
		return_of(r);
		assert_int_equal(log_capture_count("4 inbound security associations were made "
			"again, with empty replay windows; 1 could not be"), 1);
		assert_int_equal(r->m.admin.nb_sas, NB_IN - 1);
		assert_int_equal(secrets_in_heap(), NB_IN - 1);
		lose(r);
		return_of(r);
		assert_int_equal(log_capture_count("4 inbound security associations were made "
			"again, with empty replay windows; 0 could not be"), 1);
		assert_int_equal(r->m.admin.nb_sas, NB_IN - 1);
		down(r);
	}
}

/* The device is back without its administration queue; at the next loss all are made. */
static void
no_ipsec_for_a_while(void **state)
{
	struct rig *r = up(0, ARGS ",ctrl_timeout_ms=5");

	(void)state;
	lose(r);
	r->m.admin.silent = true;
	return_of(r);
	assert_int_equal(log_capture_count("0 inbound security associations were made again, with "
		"empty replay windows; 5 could not be"), 1);
	assert_int_equal(log_capture_count("did not agree on IPSEC"), 0);
	assert_int_equal(secrets_in_heap(), NB_IN);
	r->m.admin.silent = false;
	lose(r);
	return_of(r);
	assert_int_equal(log_capture_count("5 inbound security associations were made again"), 1);
	assert_int_equal(r->m.admin.nb_sas, NB_IN);
	down(r);
}

/* A session that ends while the device is away is not made again. */
static void
destroyed_meanwhile(void **state)
{
	struct rig *r = up(0, ARGS);
	unsigned int objects = r->m.admin.nb_objects;

	(void)state;
	lose(r);
	sa_destroy(r, in[1]);
	in[1] = NULL;
	assert_int_equal(secrets_in_heap(), NB_IN - 1);
	return_of(r);
	assert_int_equal(r->m.admin.nb_objects, objects + NB_IN - 1);
	assert_int_equal(r->m.admin.nb_sas, NB_IN - 1);
	down(r);
}

/* ---- where keys are ---- */

static void
no_record_without_need(void **state)
{
	static const char *const args[] = {
		NULL, "recover=1", "recover=1,ipsec_recover_inbound=0"
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(args); i++) {
		struct rig *r = up(0, args[i]);

		assert_int_equal(secrets_in_heap(), 0);
		down(r);
	}
}

/* Close, and a start that follows a reset, end all: no session is looked at for that, and each
 * can be destroyed afterwards.
 */
static void
wiped_when_all_end(void **state)
{
	unsigned int closes;

	(void)state;
	for (closes = 0; closes < 2; closes++) {
		struct rig *r = up(0, ARGS);

		assert_int_equal(secrets_in_heap(), NB_IN);
		assert_int_equal(secrets_anywhere(), 0);
		if (!closes)
			lose(r);
		assert_int_equal(secrets_in_heap(), NB_IN);
		rte_cryptodev_stop(r->id);
		if (closes)
			assert_int_equal(rte_cryptodev_close(r->id), 0);
		else
			assert_int_equal(rte_cryptodev_start(r->id), 0);
		assert_int_equal(secrets_in_heap(), 0);
		sa_destroy(r, in[0]);
		in[0] = NULL;
		if (closes)
			rig_start(r, 1, 16);
		lose(r);
		return_of(r);
		assert_int_equal(log_capture_count("made again"), 0);
		assert_int_equal(r->m.admin.nb_sas, 0);
		down(r);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_inbound),
		cmocka_unit_test(one_is_refused),
		cmocka_unit_test(no_ipsec_for_a_while),
		cmocka_unit_test(destroyed_meanwhile),
		cmocka_unit_test(no_record_without_need),
		cmocka_unit_test(wiped_when_all_end),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
