/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See loss.h.
 */
#include "loss.h"

#define LOSS_OPS_MAX	64	/* of loss_all_come_back; more than any caller's */

unsigned int loss_events;
bool loss_stops;

static void
loss_count(uint8_t dev_id, enum rte_cryptodev_event_type event, void *arg)
{
	const struct rig *r = arg;

	assert_int_equal(dev_id, r->id);
	assert_int_equal(event, RTE_CRYPTODEV_EVENT_ERROR);
	loss_events++;
	if (loss_stops)
		rte_cryptodev_stop(dev_id);
}

struct rig *
loss_up(const struct rig_conf *conf)
{
	struct rig *r = rig_up(conf, 2, 256);

	loss_events = 0;
	loss_stops = false;
	assert_int_equal(rte_cryptodev_callback_register(r->id, RTE_CRYPTODEV_EVENT_ERROR,
			loss_count, r), 0);
	return r;
}

void
loss_forget(struct rig *r)
{
	assert_int_equal(rte_cryptodev_callback_unregister(r->id, RTE_CRYPTODEV_EVENT_ERROR,
			loss_count, r), 0);
}

void
loss_set_ready(struct rig *r, bool ready)
{
	r->f->device_cfg.status = cpu_to_le32(ready ? VIRTIO_CRYPTO_S_HW_READY : 0);
	fake_pci_config_changed(r->f);
}

/* The op that came back is one of nb, which is marked as taken. */
static void
loss_mark(struct rte_crypto_op **op, unsigned int nb, const struct rte_crypto_op *got)
{
	unsigned int k;

	for (k = 0; k < nb && op[k] != got; k++)
		;
	assert_in_range(k, 0, nb - 1);
	op[k] = NULL;
}

void
loss_all_come_back(struct rig *r, uint16_t q, struct rte_crypto_op **op, unsigned int nb)
{
	struct rte_crypto_op *got[LOSS_OPS_MAX];
	unsigned int n = 0, i;

	assert_true(nb < LOSS_OPS_MAX);
	for (i = 0; i < 4; i++)
		n += rte_cryptodev_dequeue_burst(r->id, q, got + n, (uint16_t)(LOSS_OPS_MAX - n));
	assert_int_equal(n, nb);
	for (i = 0; i < nb; i++)
		loss_mark(op, nb, got[i]);
	for (i = 0; i < nb; i++)
		op[i] = got[i];
}

void
loss_free_all(struct rte_crypto_op **op, unsigned int nb, uint8_t status)
{
	unsigned int i;

	for (i = 0; i < nb; i++) {
		assert_int_equal(op[i]->status, status);
		ops_free(op[i]);
	}
}

struct rig *
loss_open(const struct rig_variant *v, const char *devargs)
{
	struct rig_conf conf = { .features = v->features, .devargs = devargs,
		.mode = MODEL_INLINE };

	return loss_up(&conf);
}

void
loss_down(struct rig *r)
{
	loss_forget(r);
	rte_cryptodev_stop(r->id);
	rig_remove(r);
	log_capture_start();
	rig_close(r);
}

void
loss_end(struct rig *r, void *session)
{
	rig_session_free(r, session);
	loss_down(r);
}

void
loss_send(struct rig *r, void *session, uint16_t q, struct rte_crypto_op **op)
{
	struct ops_buffers b;
	unsigned int i;

	r->m.data_silent = true;
	for (i = 0; i < LOSS_NB; i++) {
		op[i] = ops_bare(session);
		ops_buffers(op[i], &b, i % 2 ? OPS_OUT_OF_PLACE : OPS_IN_PLACE, 1, 0, 64,
				LOSS_SEED(q, i));
		op[i]->sym->cipher.data.offset = 0;
		op[i]->sym->cipher.data.length = 64;
	}
	assert_int_equal(rig_enqueue(r, q, op, LOSS_NB), LOSS_NB);
}

void
loss_send_both(struct rig *r, void *session, struct rte_crypto_op *op[2][LOSS_NB])
{
	unsigned int q;

	for (q = 0; q < 2; q++)
		loss_send(r, session, (uint16_t)q, op[q]);
}

void
loss_take(struct rig *r, uint16_t q, struct rte_crypto_op **op, unsigned int nb, uint8_t status)
{
	struct rte_crypto_op *got[LOSS_NB + 1];
	unsigned int i;

	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, q, got, LOSS_NB + 1), nb);
	for (i = 0; i < nb; i++) {
		loss_mark(op, LOSS_NB, got[i]);
		assert_int_equal(got[i]->status, status);
		ops_free(got[i]);
	}
}

void
loss_forgive(struct rig *r)
{
	loss_set_ready(r, true);
	r->f->reset_us = 0;
	r->f->resetting = false;
	r->f->refused_features = 0;
	r->m.ctrl_silent = r->m.data_silent = false;
}
