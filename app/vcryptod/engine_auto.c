/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Engine auto: everything that the engines of this build have, each session by the fastest
 * one that takes its parameters: ipsec-mb, else OpenSSL.  Where ipsec-mb is not in the build or
 * does not run on this CPU, OpenSSL is all.
 *
 * Which engine computes a request is decided when its session is made, but for a request that
 * comes alone (engine_ipsec_mb.h).  The ipsec-mb engine gives requests to OpenSSL in any case,
 * those that the library's schedulers do not take; a session of which all requests go there is
 * one more kind of them.  So a batch of both needs no second walk, and one of ipsec-mb alone costs
 * what it costs with that engine.
 */
#include <errno.h>
#include <string.h>

#include "engine_auto.h"
#ifdef VCRYPTOD_IPSEC_MB
#include "engine_ipsec_mb.h"
#endif

static struct {
	const struct vcryptod_engine *base;	/* whose lanes and batches these are */
	int (*create)(void **session, const struct req_session *p, unsigned int nb_lanes);
	void (*process)(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n);
	struct vcryptod_caps fast, rest;	/* of ipsec-mb; of OpenSSL */
} auto_is;

static int
auto_start_fast(void)
{
#ifdef VCRYPTOD_IPSEC_MB
	int rc = vcryptod_engine_ipsec_mb.init(&auto_is.fast);

	if (rc != 0)
		return rc;
	auto_is.base = &vcryptod_engine_ipsec_mb;
	auto_is.create = vcryptod_imb_session_any;
	auto_is.process = vcryptod_imb_process_any;
	return 0;
#else
	return -ENODEV;
#endif
}

static uint32_t
auto_longer(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static int
auto_init(struct vcryptod_caps *caps)
{
	unsigned int i;
	int rc;

	memset(&auto_is, 0, sizeof(auto_is));
	rc = vcryptod_engine_openssl.init(&auto_is.rest);
	if (rc != 0)
		return rc;
	auto_is.base = &vcryptod_engine_openssl;
	auto_is.create = vcryptod_engine_openssl.session_create;
	auto_is.process = vcryptod_engine_openssl.process;
	rc = auto_start_fast();
	if (rc != 0 && rc != -ENODEV) {
		vcryptod_engine_openssl.fini();
		return rc;
	}
	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++)
		caps->mask[i] = auto_is.fast.mask[i] | auto_is.rest.mask[i];
	caps->max_cipher_key = auto_longer(auto_is.fast.max_cipher_key,
			auto_is.rest.max_cipher_key);
	caps->max_auth_key = auto_longer(auto_is.fast.max_auth_key, auto_is.rest.max_auth_key);
	return 0;
}

static void
auto_fini(void)
{
	if (auto_is.base != &vcryptod_engine_openssl)
		auto_is.base->fini();
	vcryptod_engine_openssl.fini();
}

const struct vcryptod_engine *
vcryptod_auto_choice(enum virtio_crypto_service service, unsigned int number)
{
	if (auto_is.fast.mask[service] & VIRTIO_BIT(number))
		return auto_is.base;
	return auto_is.rest.mask[service] & VIRTIO_BIT(number) ? &vcryptod_engine_openssl : NULL;
}

static void *
auto_lane_create(void)
{
	static char none;	/* OpenSSL's lanes have no state */

	return auto_is.base->lane_create != NULL ? auto_is.base->lane_create() : &none;
}

static void
auto_lane_destroy(void *lane)
{
	if (auto_is.base->lane_destroy != NULL)
		auto_is.base->lane_destroy(lane);
}

static void
auto_lane_wipe(void *lane)
{
	if (auto_is.base->lane_wipe != NULL)
		auto_is.base->lane_wipe(lane);
}

static int
auto_session_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	return auto_is.create(session, p, nb_lanes);
}

static void
auto_session_destroy(void *session)
{
	auto_is.base->session_destroy(session);
}

static void
auto_process(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	auto_is.process(lane, ops, n);
}

const struct vcryptod_engine vcryptod_engine_auto = {
	.name = "auto",
	.init = auto_init,
	.fini = auto_fini,
	.lane_create = auto_lane_create,
	.lane_destroy = auto_lane_destroy,
	.lane_wipe = auto_lane_wipe,
	.session_create = auto_session_create,
	.session_destroy = auto_session_destroy,
	.process = auto_process,
};
