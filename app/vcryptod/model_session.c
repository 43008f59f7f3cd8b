/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions of the device model: which parameters this device accepts.  The algorithm
 * must be among the capabilities and its lengths among those of req_alg; the engine
 * may refuse them still.
 */
#include <errno.h>
#include <stdlib.h>

#include "model.h"
#include "wipe.h"

enum virtio_crypto_status
vcryptod_status(int rc)
{
	switch (rc) {
	case 0:
		return VIRTIO_CRYPTO_OK;
	case -ENOTSUP:
		return VIRTIO_CRYPTO_NOTSUPP;
	case -ENOENT:
		return VIRTIO_CRYPTO_INVSESS;
	case -ENOSPC:
		return VIRTIO_CRYPTO_NOSPC;
	default:
		return VIRTIO_CRYPTO_ERR;
	}
}

/* An algorithm that this device offers; NULL if not. */
static const struct req_alg *
session_find_offered(const struct vcryptod_model *m, enum virtio_crypto_service service,
		uint32_t algo)
{
	if (algo >= 64 || !(m->cfg.caps.mask[service] & VIRTIO_BIT(algo)))
		return NULL;
	return req_alg_find(service, algo);
}

static bool
session_key_ok(const struct vcryptod_model *m, const struct req_alg *alg, uint32_t len)
{
	uint32_t max = alg->service == VIRTIO_CRYPTO_SERVICE_MAC ? m->cfg.caps.max_auth_key :
			m->cfg.caps.max_cipher_key;

	if (alg->service == VIRTIO_CRYPTO_SERVICE_AKCIPHER)
		return req_range_has(&alg->key, len);
	return len <= max && req_range_has(&alg->key, len);
}

static int
session_check_chain(struct vcryptod_session *s, const struct vcryptod_model *m,
		const struct req_session *p)
{
	bool plain = p->hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN;

	s->auth_alg = session_find_offered(m, plain ? VIRTIO_CRYPTO_SERVICE_HASH :
			VIRTIO_CRYPTO_SERVICE_MAC, p->auth_algo);
	if (s->auth_alg == NULL)
		return -ENOTSUP;
	if (!plain && !session_key_ok(m, s->auth_alg, p->auth_key_len))
		return -EINVAL;
	return req_range_has(&s->auth_alg->digest, p->digest_len) ? 0 : -EINVAL;
}

static int
session_check(struct vcryptod_session *s, const struct vcryptod_model *m,
		const struct req_session *p)
{
	s->alg = session_find_offered(m, req_kind_service(p->kind), p->algo);
	if (s->alg == NULL)
		return -ENOTSUP;
	if (!session_key_ok(m, s->alg, p->key_len))
		return -EINVAL;
	switch (p->kind) {
	case REQ_CHAIN:
		return session_check_chain(s, m, p);
	case REQ_HASH:
	case REQ_MAC:
	case REQ_AEAD:
		return req_range_has(&s->alg->digest, p->digest_len) ? 0 : -EINVAL;
	case REQ_CIPHER:
	case REQ_AKCIPHER:
	case REQ_NB_KINDS:
	default:
		return 0;
	}
}

static unsigned int
session_row_alg(const struct req_alg *alg)
{
	return alg != NULL ? vcryptod_row_alg(alg->service, alg->number) : 0;
}

/* Where its requests are counted. */
static unsigned int
session_find_row(struct vcryptod_model *m, const struct vcryptod_session *s, enum req_kind kind)
{
	return vcryptod_figures_row(m->cfg.figures, VCRYPTOD_ROW_KEY(kind, session_row_alg(s->alg),
			session_row_alg(s->auth_alg)));
}

int
vcryptod_session_open(struct vcryptod_session **session, struct vcryptod_model *m,
		const struct req_session *p)
{
	struct vcryptod_session *s;
	int rc;

	if (req_session_check(p) != 0)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	rc = session_check(s, m, p);
	if (rc == 0)
		rc = m->cfg.engine->session_create(&s->engine, p, vcryptod_model_nb_lanes(m));
	vcryptod_wipe_stack();
	if (rc != 0) {
		free(s);
		return rc;
	}
	s->row = session_find_row(m, s, p->kind);
	s->p = *p;
	s->p.key = s->p.auth_key = NULL;
	*session = s;
	return 0;
}

void
vcryptod_session_close(struct vcryptod_model *m, struct vcryptod_session *s)
{
	if (s == NULL)
		return;
	m->cfg.engine->session_destroy(s->engine);
	vcryptod_wipe_ended();
	free(s);
}
