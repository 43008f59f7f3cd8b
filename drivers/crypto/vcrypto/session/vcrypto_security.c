/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the context and the operations of rte_security.
 *
 * May call the other files of security associations.  Must not keep keys.  A session's private
 * data is a struct vcrypto_ipsec_sa.
 */
#include <errno.h>

#include <rte_malloc.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_ipsec_record.h"
#include "session/vcrypto_ipsec_sa.h"
#include "session/vcrypto_security.h"
#include "session/vcrypto_ipsec_caps.h"
#include "session/vcrypto_ipsec_xform.h"

struct security_context {
	struct rte_security_ctx ctx;	/* first: what DPDK knows is what is freed */
	struct vcrypto_ipsec_caps caps;
};

/* ---- rte_security_ops ---- */

static unsigned int
security_size(void *device)
{
	(void)device;
	return sizeof(struct vcrypto_ipsec_sa);
}

static int
security_create(void *device, struct rte_security_session_conf *conf,
		struct rte_security_session *sess)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(device);
	struct vcrypto_ipsec_sa *sa = SECURITY_GET_SESS_PRIV(sess);
	struct req_ipsec_sa req;
	int rc;

	/* DPDK has zeroed *sa. */
	rc = vcrypto_ipsec_params(&req, dev, conf);
	if (rc != 0)
		return rc;
	sa->counts = conf->ipsec.options.stats;
	rc = vcrypto_ipsec_sa_create(dev, sa, &req);
	if (rc != 0)
		return rc;
	rc = vcrypto_ipsec_record_add(dev, sa, &req);
	if (rc != 0)
		vcrypto_ipsec_sa_destroy(dev, sa);
	return rc;
}

/* The standard has no way to change an SA. */
static int
security_update(void *device, struct rte_security_session *sess,
		struct rte_security_session_conf *conf)
{
	(void)device;
	(void)sess;
	(void)conf;
	return -ENOTSUP;
}

/* An SA of this device, which need not be of this generation. */
static bool
security_is_own(const struct vcrypto_dev *dev, const struct vcrypto_ipsec_sa *sa)
{
	uint64_t cookie = __atomic_load_n(&sa->cookie, __ATOMIC_RELAXED);

	return cookie != 0 &&
		vcrypto_cookie_dev(vcrypto_ipsec_cookie_of(cookie)) == dev->data->dev_id;
}

static int
security_destroy(void *device, struct rte_security_session *sess)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(device);
	struct vcrypto_ipsec_sa *sa = SECURITY_GET_SESS_PRIV(sess);

	if (!security_is_own(dev, sa)) {
		VCRYPTO_ERR("%s: this IPsec session is not of this device, or has been destroyed: "
			"nothing is destroyed", dev->name);
		return -EINVAL;
	}
	/* First, so that recovery does not make it again meanwhile. */
	vcrypto_ipsec_record_remove(dev, sa);
	vcrypto_ipsec_sa_destroy(dev, sa);
	vcrypto_mem_wipe(sa, sizeof(*sa));
	return 0;
}

static int
security_stats(void *device, struct rte_security_session *sess, struct rte_security_stats *stats)
{
	const struct vcrypto_dev *dev = vcrypto_dev_of(device);
	const struct vcrypto_ipsec_sa *sa = sess == NULL ? NULL : SECURITY_GET_SESS_PRIV(sess);

	if (sa == NULL || !security_is_own(dev, sa) || !sa->counts) {
		VCRYPTO_ERR("%s: no statistics: give an IPsec session of this device that was "
			"created with the option stats", dev->name);
		return -EINVAL;
	}
	memset(stats, 0, sizeof(*stats));
	stats->protocol = RTE_SECURITY_PROTOCOL_IPSEC;
	vcrypto_ipsec_sa_stats(sa, &stats->ipsec);
	return 0;
}

static const struct rte_security_capability *
security_caps(void *device)
{
	const struct security_context *c = ((struct rte_cryptodev *)device)->security_ctx;

	return c->caps.row;
}

static const struct rte_security_ops security_ops = {
	.session_create = security_create,
	.session_update = security_update,
	.session_get_size = security_size,
	.session_stats_get = security_stats,
	.session_destroy = security_destroy,
	.capabilities_get = security_caps,
};

/* ---- the context ---- */

int
vcrypto_security_init(struct vcrypto_dev *dev)
{
	struct security_context *c;

	if (!dev->ipsec.offered)
		return 0;
	c = rte_zmalloc_socket("vcrypto_security", sizeof(*c), 0, vcrypto_mem_socket(dev));
	if (c == NULL) {
		VCRYPTO_ERR("%s: no memory for the list of IPsec capabilities: give EAL more "
			"memory", dev->name);
		return -ENOMEM;
	}
	c->ctx.device = dev->cdev;
	c->ctx.ops = &security_ops;
	vcrypto_ipsec_caps_fill(&c->caps, &dev->ipsec.caps, &dev->ipsec.limits);
	dev->cdev->security_ctx = &c->ctx;
	return 0;
}

void
vcrypto_security_fini(struct vcrypto_dev *dev)
{
	rte_free(dev->cdev->security_ctx);
	dev->cdev->security_ctx = NULL;
}
