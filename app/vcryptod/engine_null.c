/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The null engine: every algorithm of the standard, each request done at once, no byte
 * of data read or written.  It measures drivers; nothing it says is true.
 */
#include <string.h>

#include "engine.h"
#include "req_alg.h"

static int
null_init(struct vcryptod_caps *caps)
{
	const struct req_alg *alg;
	unsigned int nb, i;

	memset(caps, 0, sizeof(*caps));
	alg = req_alg_table(&nb);
	for (i = 0; i < nb; i++) {
		/* A MAC with an iv has no place for it in a request. */
		if (alg[i].service == VIRTIO_CRYPTO_SERVICE_MAC && alg[i].iv.max != 0)
			continue;
		caps->mask[alg[i].service] |= VIRTIO_BIT(alg[i].number);
	}
	caps->max_cipher_key = 256;
	caps->max_auth_key = 1024;
	return 0;
}

static void
null_fini(void)
{
}

static int
null_session_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	static char any;

	(void)p;
	(void)nb_lanes;
	*session = &any;
	return 0;
}

static void
null_session_destroy(void *session)
{
	(void)session;
}

static void
null_process(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	unsigned int i;

	(void)lane;
	for (i = 0; i < n; i++) {
		ops[i]->status = VIRTIO_CRYPTO_OK;
		ops[i]->written = ops[i]->dst.len;
	}
}

const struct vcryptod_engine vcryptod_engine_null = {
	.name = "null",
	.init = null_init,
	.fini = null_fini,
	.session_create = null_session_create,
	.session_destroy = null_session_destroy,
	.process = null_process,
};
