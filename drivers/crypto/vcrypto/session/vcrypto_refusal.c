/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns what is said of a session that a device refused, and how often.
 */
#include <rte_cycles.h>

#include "device/vcrypto_log.h"
#include "session/vcrypto_refusal.h"

static const char *
refusal_advice(uint32_t status)
{
	switch (status) {
	case VIRTIO_CRYPTO_NOSPC:
		return "it has no room: free sessions, or raise its limit";
	case VIRTIO_CRYPTO_BADMSG:
	case VIRTIO_CRYPTO_KEY_REJECTED:
		return "it does not take the key: check its length and its value";
	case VIRTIO_CRYPTO_INVSESS:
		return "no legal answer: see the device's log";
	default:
		return "it may have no room: free sessions or raise its limit; its log says more";
	}
}

/* The algorithm is advertised, but the back end behind the device does not have it. */
static void
refusal_log_unsupported(struct vcrypto_dev *dev, const struct req_alg *alg)
{
	static const char *const names[] = { "CIPHER", "HASH", "MAC", "AEAD", "AKCIPHER" };
	uint32_t bit = 1u << alg->service;

	if ((__atomic_fetch_or(&dev->logged_services, bit, __ATOMIC_RELAXED) & bit) != 0)
		return;
	VCRYPTO_WARN("%s: the device advertises this algorithm but refuses the session (NOTSUPP, "
		"service %s, %s): its back end does not have it", dev->name, names[alg->service],
		alg->name);
}

bool
vcrypto_refusal_is_due(struct vcrypto_ctrlq *cq, unsigned int *unsaid)
{
	uint64_t now = rte_get_timer_cycles();
	uint64_t pause = VCRYPTO_REFUSAL_LOG_MS * rte_get_timer_hz() / 1000;
	bool due;

	rte_spinlock_lock(&cq->lock);
	due = cq->logged_refusal == 0 || now - cq->logged_refusal >= pause;
	*unsaid = cq->unsaid_refusals;
	cq->unsaid_refusals = due ? 0 : *unsaid + 1;
	if (due)
		cq->logged_refusal = now;
	rte_spinlock_unlock(&cq->lock);
	return due;
}

void
vcrypto_refusal_log(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call,
		uint32_t status)
{
	unsigned int unsaid;

	if (call->alg == NULL)
		return;
	if (status == VIRTIO_CRYPTO_NOTSUPP) {
		refusal_log_unsupported(dev, call->alg);
		return;
	}
	if (!vcrypto_refusal_is_due(&dev->ctrlq, &unsaid))
		return;
	VCRYPTO_WARN("%s: the device refused a session of %s with status %s: %s (%u more refused "
		"since the last such line)", dev->name, call->alg->name,
		req_status_name(status), refusal_advice(status), unsaid);
}
