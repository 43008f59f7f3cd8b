/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns rte_cryptodev's calls for symmetric sessions: creates the session on one device,
 * together with its record, and destroys it on all.
 *
 * May call the other files of symmetric sessions, none of which calls this one.  Must not
 * keep keys.
 */
#include <errno.h>
#include <inttypes.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "device/vcrypto_registry.h"
#include "session/vcrypto_copy.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_record.h"
#include "session/vcrypto_sym_session.h"

unsigned int
vcrypto_sym_session_size(struct rte_cryptodev *cdev)
{
	(void)cdev;
	return sizeof(struct vcrypto_session);
}

/* Creates the device's session for s, and its record for other devices and for recovery. */
static int
sym_session_create(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req, const struct rte_crypto_sym_xform *xform)
{
	int rc = vcrypto_session_create(dev, s, req);
	const char *lost = vcrypto_lost_text(dev);

	if (rc == -EAGAIN)
		VCRYPTO_ERR("%s: %s", dev->name,
			lost[0] != 0 ? lost : "start the device before creating sessions");
	if (rc != 0)
		return rc;
	rc = vcrypto_record_add(dev, s, req, xform);
	if (rc != 0)
		(void)vcrypto_ctrl_destroy(dev, req->kind, s->id, s->cookie);
	return rc;
}

int
vcrypto_sym_session_configure(struct rte_cryptodev *cdev, struct rte_crypto_sym_xform *xform,
		struct rte_cryptodev_sym_session *sess)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	struct vcrypto_session *s = CRYPTODEV_GET_SYM_SESS_PRIV(sess);
	uint8_t expanded[VCRYPTO_KEY_ROOM];
	struct req_session req;
	int rc = vcrypto_session_params(s, &req, dev, xform, expanded);

	if (rc == 0 && s->kind != VCRYPTO_SESS_NULL)	/* the device need not know NULL */
		rc = sym_session_create(dev, s, &req, xform);
	vcrypto_mem_wipe(expanded, sizeof(expanded));
	return rc;
}

/* Destroys the session on the device that made it. */
static void
sym_session_destroy(struct vcrypto_session *s)
{
	struct vcrypto_dev *dev = vcrypto_registry_hold(vcrypto_cookie_dev(s->cookie));
	int rc;

	if (dev == NULL)
		return;
	/* The device has no session of an earlier generation: the reset ended them. */
	if (s->cookie == vcrypto_cookie(dev)) {
		rc = vcrypto_ctrl_destroy(dev, s->req_kind, s->id, s->cookie);
		if (rc != 0 && rc != -EAGAIN)
			VCRYPTO_WARN("%s: the device did not destroy session %" PRIu64 " (%d): "
				"the next reset ends it", dev->name, s->id, rc);
	}
	vcrypto_registry_release(dev);
}

/* cdev is any device of the driver: the session ends on all. */
void
vcrypto_sym_session_clear(struct rte_cryptodev *cdev, struct rte_cryptodev_sym_session *sess)
{
	struct vcrypto_session *s = CRYPTODEV_GET_SYM_SESS_PRIV(sess);

	(void)cdev;
	vcrypto_record_remove(s);
	vcrypto_copy_destroy_all(s);
	if (s->cookie != 0)
		sym_session_destroy(s);
	vcrypto_mem_wipe(s, sizeof(*s));
}
