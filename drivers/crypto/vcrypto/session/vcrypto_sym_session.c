/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns rte_cryptodev's calls for symmetric sessions: creates and destroys a device session
 * together with its record for recovery.
 *
 * May call vcrypto_session.c, vcrypto_record.c and vcrypto_ctrlq.c, none of which calls
 * this file.  Must not keep keys.
 */
#include <errno.h>
#include <inttypes.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_record.h"
#include "session/vcrypto_sym_session.h"

unsigned int
vcrypto_sym_session_size(struct rte_cryptodev *cdev)
{
	(void)cdev;
	return sizeof(struct vcrypto_session);
}

/* Logs that the device refuses a session of an algorithm that it advertises; once per
 * service.
 */
static void
sym_session_log_refusal(struct vcrypto_dev *dev, enum virtio_crypto_service service, int rc)
{
	static const char *const names[] = { "CIPHER", "HASH", "MAC", "AEAD", "AKCIPHER" };
	uint32_t bit = 1u << service;

	if (rc != -ENOTSUP || (dev->logged_services & bit) != 0)
		return;
	dev->logged_services |= bit;
	VCRYPTO_WARN("%s: the device advertises this algorithm but refuses the session (NOTSUPP, "
		"service %s): its back end does not have it", dev->name, names[service]);
}

int
vcrypto_sym_session_configure(struct rte_cryptodev *cdev, struct rte_crypto_sym_xform *xform,
		struct rte_cryptodev_sym_session *sess)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	struct vcrypto_session *s = CRYPTODEV_GET_SYM_SESS_PRIV(sess);
	struct req_session req;
	int rc;

	rc = vcrypto_session_params(s, &req, dev, xform);
	if (rc != 0)
		return rc;
	rc = vcrypto_session_create(dev, s, &req);
	if (rc == -EAGAIN)
		VCRYPTO_ERR("%s: %s", dev->name,
			dev->lost != VCRYPTO_NOT_LOST ? vcrypto_lost_text(dev) :
			"start the device before creating sessions");
	if (rc != 0) {
		sym_session_log_refusal(dev, req_kind_service(req.kind), rc);
		return rc;
	}
	rc = vcrypto_record_add(dev, s, &req);
	if (rc != 0)
		(void)vcrypto_ctrl_destroy(dev, req.kind, s->id, s->cookie);
	return rc;
}

void
vcrypto_sym_session_clear(struct rte_cryptodev *cdev, struct rte_cryptodev_sym_session *sess)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	struct vcrypto_session *s = CRYPTODEV_GET_SYM_SESS_PRIV(sess);

	vcrypto_record_remove(dev, s);
	/* The device has no session of an earlier generation: the reset ended them. */
	if (s->cookie == vcrypto_cookie(dev)) {
		int rc = vcrypto_ctrl_destroy(dev, s->req_kind, s->id, s->cookie);

		if (rc != 0 && rc != -EAGAIN)
			VCRYPTO_WARN("%s: the device did not destroy session %" PRIu64 " (%d): "
				"the next reset ends it", dev->name, s->id, rc);
	}
	vcrypto_mem_wipe(s, sizeof(*s));
}
