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

void
loss_all_come_back(struct rig *r, uint16_t q, struct rte_crypto_op **op, unsigned int nb)
{
	struct rte_crypto_op *got[LOSS_OPS_MAX];
	unsigned int n = 0, i, k;

	assert_true(nb < LOSS_OPS_MAX);
	for (i = 0; i < 4; i++)
		n += rte_cryptodev_dequeue_burst(r->id, q, got + n, (uint16_t)(LOSS_OPS_MAX - n));
	assert_int_equal(n, nb);
	for (i = 0; i < nb; i++) {
		for (k = 0; k < nb && op[k] != got[i]; k++)
			;
		assert_in_range(k, 0, nb - 1);
		op[k] = NULL;
	}
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
