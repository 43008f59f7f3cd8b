/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the step from an rte_crypto xform chain to a session: the parameters for the
 * device, checked against the algorithm and the device's limits, and then the header
 * template for the hot path.
 *
 * May call vcrypto_ctrlq.c and lib/request.  Must not copy keys: they are borrowed from
 * the xform for the create command.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_map.h"
#include "device/vcrypto_mem.h"
#include "device/vcrypto_slot.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_session.h"

/* In DPDK's AES-CCM the nonce begins one byte behind the iv's offset, and the AAD eighteen
 * bytes behind the AAD pointer.
 */
#define CCM_NONCE_OFF	1
#define CCM_AAD_OFF	18
#define GCM_IV_LEN	12
#define GCM_J0_LEN	16

static int
session_log_size(const struct vcrypto_dev *dev, const struct req_alg *alg, const char *what,
		uint32_t len, const struct req_range *r)
{
	VCRYPTO_ERR("%s: %s of %" PRIu32 " bytes is illegal for %s: %u to %u in steps of %u",
		dev->name, what, len, alg->name, r->min, r->max, r->inc);
	return -EINVAL;
}

/* The table row of an algorithm, or NULL if the device does not have the algorithm. */
static const struct req_alg *
session_find_alg(const struct vcrypto_map **m, const struct vcrypto_dev *dev,
		enum rte_crypto_sym_xform_type type, int rte_algo)
{
	*m = vcrypto_map_find(type, rte_algo);
	if (*m == NULL || !vcrypto_limits_has(&dev->lim, (*m)->service, (*m)->number))
		return NULL;
	return req_alg_find((*m)->service, (*m)->number);
}

static int
session_check_key(const struct vcrypto_dev *dev, const struct req_alg *alg, uint32_t len,
		uint32_t limit)
{
	if (!req_range_has(&alg->key, len))
		return session_log_size(dev, alg, "key", len, &alg->key);
	return len > limit ? -ENOTSUP : 0;
}

/* A 3DES key of two or one DES keys, by the rules of its keying options 2 and 3 (NIST SP
 * 800-67): K1 K2 K1, and K K K.  The device takes three.
 */
static void
session_expand_3des(struct req_session *req, uint8_t key[VCRYPTO_KEY_ROOM],
		const struct rte_crypto_cipher_xform *x)
{
	unsigned int i;

	for (i = 0; i < VCRYPTO_KEY_ROOM; i++)
		key[i] = x->key.data[i % x->key.length];
	req->key = key;
	req->key_len = VCRYPTO_KEY_ROOM;
}

/* Where DPDK's drivers agree on a counter block of AES-CTR: 16 bytes are the block.  With 8,
 * which IPsec programs say of the iv on the wire, the op has the block all the same: nonce,
 * iv, counter.  12 bytes are nonce and iv, and the counter begins with 1 (RFC 3686).
 */
static void
session_take_ctr_iv(struct vcrypto_session *s, uint32_t iv_len)
{
	s->iv_tail = iv_len == 12 ? 4 : 0;
	s->iv_len = iv_len == 12 ? 12 : 16;
}

static bool
session_is_3des(const struct vcrypto_map *m)
{
	return m->number == VIRTIO_CRYPTO_CIPHER_3DES_CBC ||
		m->number == VIRTIO_CRYPTO_CIPHER_3DES_CTR ||
		m->number == VIRTIO_CRYPTO_CIPHER_3DES_ECB;
}

/* ---- xforms: one function per kind fills its part of s and req ---- */

static int
session_take_cipher(struct vcrypto_session *s, struct req_session *req, struct vcrypto_dev *dev,
		const struct rte_crypto_cipher_xform *x, uint8_t *expanded)
{
	const struct vcrypto_map *m;
	const struct req_alg *alg = session_find_alg(&m, dev, RTE_CRYPTO_SYM_XFORM_CIPHER, x->algo);
	uint32_t iv_len = x->iv.length;
	bool expand;
	int rc;

	if (alg == NULL)
		return -ENOTSUP;
	expand = session_is_3des(m) && (x->key.length == 8 || x->key.length == 16);
	rc = session_check_key(dev, alg, expand ? VCRYPTO_KEY_ROOM : x->key.length,
			dev->lim.max_cipher_key_len);
	if (rc != 0)
		return rc;
	s->iv_len = (uint8_t)iv_len;
	if (alg->iv.max == 0)
		s->iv_len = 0;	/* ECB and ARC4 have no iv: one in the xform is ignored */
	else if (m->number == VIRTIO_CRYPTO_CIPHER_AES_CTR && (iv_len == 8 || iv_len == 12))
		session_take_ctr_iv(s, iv_len);
	else if (!req_range_has(&alg->iv, iv_len))
		return session_log_size(dev, alg, "iv", iv_len, &alg->iv);
	if (x->dataunit_len != 0 && m->number != VIRTIO_CRYPTO_CIPHER_AES_XTS)
		return -ENOTSUP;
	if (x->dataunit_len % 16 != 0)
		return -EINVAL;

	s->iv_off = x->iv.offset;
	s->block_mask = alg->block - 1;
	s->min_len = RTE_MAX(alg->min_len, alg->block);
	s->len_shift = m->bits ? 3 : 0;
	s->dataunit_len = x->dataunit_len;
	s->slow = m->bits || x->dataunit_len != 0;
	s->decrypt = x->op == RTE_CRYPTO_CIPHER_OP_DECRYPT;
	req->algo = m->number;
	req->op = s->decrypt ? VIRTIO_CRYPTO_OP_DECRYPT : VIRTIO_CRYPTO_OP_ENCRYPT;
	req->key = x->key.data;
	req->key_len = x->key.length;
	if (expand)
		session_expand_3des(req, expanded, x);
	return 0;
}

/* GMAC is GCM over the data as AAD, with no text. */
static int
session_take_gmac(struct vcrypto_session *s, struct req_session *req, struct vcrypto_dev *dev,
		const struct rte_crypto_auth_xform *x, const struct req_alg *alg)
{
	int rc = session_check_key(dev, alg, x->key.length, dev->lim.max_cipher_key_len);

	if (rc != 0)
		return rc;
	if (x->iv.length != GCM_IV_LEN)
		return -ENOTSUP;
	if (!req_range_has(&alg->digest, x->digest_length))
		return -ENOTSUP;
	s->kind = VCRYPTO_SESS_GMAC;
	s->iv_len = GCM_IV_LEN;
	s->iv_off = x->iv.offset;
	req->kind = REQ_AEAD;
	req->algo = VIRTIO_CRYPTO_AEAD_GCM;
	req->op = VIRTIO_CRYPTO_OP_ENCRYPT;
	req->key = x->key.data;
	req->key_len = x->key.length;
	return 0;
}

/* A hash or MAC: part of a chain if chained, else alone. */
static int
session_take_auth(struct vcrypto_session *s, struct req_session *req, struct vcrypto_dev *dev,
		const struct rte_crypto_auth_xform *x, bool chained)
{
	const struct vcrypto_map *m;
	const struct req_alg *alg = session_find_alg(&m, dev, RTE_CRYPTO_SYM_XFORM_AUTH, x->algo);
	bool keyed;
	int rc;

	if (alg == NULL)
		return -ENOTSUP;
	s->digest_len = (uint8_t)x->digest_length;
	s->verify = x->op == RTE_CRYPTO_AUTH_OP_VERIFY;
	req->digest_len = x->digest_length;
	if (m->service == VIRTIO_CRYPTO_SERVICE_AEAD)
		return chained ? -ENOTSUP : session_take_gmac(s, req, dev, x, alg);

	if (!req_range_has(&alg->digest, x->digest_length) ||
			x->digest_length > VCRYPTO_DIGEST_MAX)
		return session_log_size(dev, alg, "digest", x->digest_length, &alg->digest);
	keyed = m->service == VIRTIO_CRYPTO_SERVICE_MAC;
	if (keyed) {
		rc = session_check_key(dev, alg, x->key.length, dev->lim.max_auth_key_len);
		if (rc != 0)
			return rc;
	}
	/* An op of a chain cannot have one range in bits and another in bytes. */
	if (chained && m->bits)
		return -ENOTSUP;
	if (chained) {
		req->hash_mode = keyed ? VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH :
			VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN;
		req->auth_algo = m->number;
		req->auth_key = keyed ? x->key.data : NULL;
		req->auth_key_len = keyed ? x->key.length : 0;
		return 0;
	}
	s->len_shift = m->bits ? 3 : 0;
	/* For a digest the fast path checks only the maximum length of the input. */
	s->slow = m->bits || alg->min_len > 1 || alg->block > 1;
	s->min_len = alg->min_len;
	s->block_mask = alg->block - 1;
	s->kind = VCRYPTO_SESS_DIGEST;
	req->kind = keyed ? REQ_MAC : REQ_HASH;
	req->algo = m->number;
	req->key = keyed ? x->key.data : NULL;
	req->key_len = keyed ? x->key.length : 0;
	return 0;
}

/* Finds where the op has the iv of an AEAD, and how many bytes of it the device gets. */
static int
session_take_aead_iv(struct vcrypto_session *s, const struct rte_crypto_aead_xform *x,
		const struct vcrypto_dev *dev, const struct req_alg *alg)
{
	s->iv_off = x->iv.offset;
	switch (alg->number) {
	case VIRTIO_CRYPTO_AEAD_GCM:
		/* In DPDK an iv length of 0 means that the op carries J0.  An iv of 16
		 * bytes is refused: the device would take it as J0 (5.9.9.7).
		 */
		if (x->iv.length != GCM_IV_LEN && x->iv.length != 0)
			return -ENOTSUP;
		s->iv_len = x->iv.length == 0 ? GCM_J0_LEN : GCM_IV_LEN;
		return 0;
	case VIRTIO_CRYPTO_AEAD_CCM:
		s->iv_off += CCM_NONCE_OFF;
		s->raw_iv_off = CCM_NONCE_OFF;
		s->aad_off = CCM_AAD_OFF;
		break;
	default:
		break;
	}
	if (!req_range_has(&alg->iv, x->iv.length))
		return session_log_size(dev, alg, "iv", x->iv.length, &alg->iv);
	s->iv_len = (uint8_t)x->iv.length;
	return 0;
}

static int
session_take_aead(struct vcrypto_session *s, struct req_session *req, struct vcrypto_dev *dev,
		const struct rte_crypto_aead_xform *x)
{
	const struct vcrypto_map *m;
	const struct req_alg *alg = session_find_alg(&m, dev, RTE_CRYPTO_SYM_XFORM_AEAD, x->algo);
	int rc;

	if (alg == NULL)
		return -ENOTSUP;
	rc = session_check_key(dev, alg, x->key.length, dev->lim.max_cipher_key_len);
	if (rc != 0)
		return rc;
	rc = session_take_aead_iv(s, x, dev, alg);
	if (rc != 0)
		return rc;
	if (!req_range_has(&alg->digest, x->digest_length))
		return session_log_size(dev, alg, "tag", x->digest_length, &alg->digest);
	if (!req_range_has(&alg->aad, x->aad_length))
		return session_log_size(dev, alg, "AAD", x->aad_length, &alg->aad);
	s->kind = VCRYPTO_SESS_AEAD;
	s->aad_len = x->aad_length;
	s->digest_len = (uint8_t)x->digest_length;
	s->decrypt = x->op == RTE_CRYPTO_AEAD_OP_DECRYPT;
	*req = (struct req_session){
		.kind = REQ_AEAD,
		.algo = m->number,
		.op = s->decrypt ? VIRTIO_CRYPTO_OP_DECRYPT : VIRTIO_CRYPTO_OP_ENCRYPT,
		.key = x->key.data,
		.key_len = x->key.length,
		.digest_len = x->digest_length,
		.aad_len = x->aad_length,
	};
	return 0;
}

static bool
session_is_null(const struct rte_crypto_sym_xform *x)
{
	return (x->type == RTE_CRYPTO_SYM_XFORM_CIPHER &&
			x->cipher.algo == RTE_CRYPTO_CIPHER_NULL) ||
		(x->type == RTE_CRYPTO_SYM_XFORM_AUTH && x->auth.algo == RTE_CRYPTO_AUTH_NULL);
}

/* A NULL algorithm and perhaps another one.  The device need not know the former: with a
 * NULL cipher a request is that of the digest alone, and the driver copies what is out of
 * place; with a NULL digest it is that of the cipher.
 */
static int
session_take_null(struct vcrypto_session *s, struct req_session *req, struct vcrypto_dev *dev,
		const struct rte_crypto_sym_xform *x, uint8_t *expanded)
{
	const struct rte_crypto_sym_xform *other = session_is_null(x) ? x->next : x;
	const struct rte_crypto_sym_xform *null = session_is_null(x) ? x : x->next;
	int rc;

	if (x->next != NULL && (x->next->next != NULL || x->next->type == x->type))
		return -ENOTSUP;
	s->null_cipher = null->type == RTE_CRYPTO_SYM_XFORM_CIPHER ||
		(other != NULL && session_is_null(other));
	if (other == NULL || session_is_null(other)) {
		s->kind = VCRYPTO_SESS_NULL;
		s->slow = true;
		return 0;
	}
	if (other->type == RTE_CRYPTO_SYM_XFORM_CIPHER) {
		req->kind = REQ_CIPHER;
		s->kind = VCRYPTO_SESS_CIPHER;
		return session_take_cipher(s, req, dev, &other->cipher, expanded);
	}
	if (other->type != RTE_CRYPTO_SYM_XFORM_AUTH)
		return -ENOTSUP;
	rc = session_take_auth(s, req, dev, &other->auth, false);
	/* The ranges of an op are all in bytes. */
	if (rc == 0 && s->len_shift != 0)
		rc = -ENOTSUP;
	s->slow = true;
	return rc;
}

static int
session_take_chain(struct vcrypto_session *s, struct req_session *req, struct vcrypto_dev *dev,
		const struct rte_crypto_sym_xform *first, uint8_t *expanded)
{
	const struct rte_crypto_sym_xform *second = first->next;
	bool cipher_first = first->type == RTE_CRYPTO_SYM_XFORM_CIPHER;
	const struct rte_crypto_cipher_xform *c = cipher_first ? &first->cipher : &second->cipher;
	const struct rte_crypto_auth_xform *a = cipher_first ? &second->auth : &first->auth;
	int rc;

	if (second->next != NULL || first->type == second->type ||
			first->type == RTE_CRYPTO_SYM_XFORM_AEAD ||
			second->type == RTE_CRYPTO_SYM_XFORM_AEAD)
		return -ENOTSUP;
	rc = session_take_cipher(s, req, dev, c, expanded);
	if (rc == 0)
		rc = session_take_auth(s, req, dev, a, true);
	if (rc != 0)
		return rc;
	if (s->len_shift != 0 || s->dataunit_len != 0)
		return -ENOTSUP;
	/* A peer with strict framing only encrypts and then computes the digest, or verifies
	 * and then decrypts.
	 */
	if (dev->traits.strict_framing) {
		if (cipher_first == s->decrypt || cipher_first == s->verify)
			return -ENOTSUP;
		s->device_verifies = s->verify;
	}
	/* The digest may lie inside the encrypted range: the slow path checks each op. */
	s->auth_first = s->slow = !cipher_first && !s->decrypt && !s->verify;
	s->kind = VCRYPTO_SESS_CHAIN;
	req->kind = REQ_CHAIN;
	req->chain_order = cipher_first ? VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH :
		VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_HASH_THEN_CIPHER;
	return 0;
}

/* Bytes of input that max_size leaves: iv, AAD and digest count, and so does the payload in
 * and out (5.9.5.2, read as existing devices read it).
 */
static uint32_t
session_max_input(const struct vcrypto_session *s, const struct vcrypto_dev *dev)
{
	uint64_t fixed = (uint64_t)s->iv_len + s->iv_tail + s->aad_len +
		(uint64_t)2 * s->digest_len;
	uint64_t left = dev->lim.max_size > fixed ? dev->lim.max_size - fixed : 0;

	if (s->kind != VCRYPTO_SESS_DIGEST && s->kind != VCRYPTO_SESS_GMAC)
		left /= 2;
	return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

/* Counts the table entries of a request whose buffers are linear and not empty. */
static void
session_shape(struct vcrypto_session *s, bool iv_entry)
{
	bool aead = s->kind == VCRYPTO_SESS_AEAD;

	s->nb_read = 2;			/* header with iv, src */
	s->nb_write = 2;		/* dst or digest, status */
	s->first_at = sizeof(struct vq_entry);
	if (iv_entry && s->iv_len != 0) {
		s->first_at += sizeof(struct vq_entry);
		s->nb_read++;
	}
	if (aead && s->aad_len != 0)
		s->nb_read++;
	if (aead && s->decrypt)
		s->nb_read++;		/* the received tag */
	if (s->kind == VCRYPTO_SESS_CHAIN || (aead && !s->decrypt))
		s->nb_write++;		/* digest or tag */
}

/* Fills s and req from the xform: kind, algorithms, keys, sizes. */
static int
session_take_xform(struct vcrypto_session *s, struct req_session *req, struct vcrypto_dev *dev,
		const struct rte_crypto_sym_xform *xform, uint8_t *expanded)
{
	if (session_is_null(xform) || (xform->next != NULL && session_is_null(xform->next)))
		return session_take_null(s, req, dev, xform, expanded);
	if (xform->next != NULL)
		return session_take_chain(s, req, dev, xform, expanded);
	switch (xform->type) {
	case RTE_CRYPTO_SYM_XFORM_CIPHER:
		req->kind = REQ_CIPHER;
		s->kind = VCRYPTO_SESS_CIPHER;
		return session_take_cipher(s, req, dev, &xform->cipher, expanded);
	case RTE_CRYPTO_SYM_XFORM_AUTH:
		return session_take_auth(s, req, dev, &xform->auth, false);
	case RTE_CRYPTO_SYM_XFORM_AEAD:
		return session_take_aead(s, req, dev, &xform->aead);
	default:
		return -ENOTSUP;
	}
}

int
vcrypto_session_params(struct vcrypto_session *s, struct req_session *req,
		struct vcrypto_dev *dev, const struct rte_crypto_sym_xform *xform,
		uint8_t expanded[VCRYPTO_KEY_ROOM])
{
	int rc;

	memset(s, 0, sizeof(*s));
	memset(req, 0, sizeof(*req));
	s->min_len = 1;
	rc = session_take_xform(s, req, dev, xform, expanded);
	if (rc != 0)
		return rc;
	s->req_kind = req->kind;
	s->addr_is_va = dev->traits.addr_is_va;
	s->addr_off = (uint32_t)vcrypto_mbuf_addr_offset(s->addr_is_va);
	session_shape(s, dev->traits.strict_framing);
	/* Strict framing gives the iv an entry of its own; without an iv the table differs
	 * from the one that the fast path fills in.
	 */
	if (dev->traits.strict_framing && s->iv_len == 0)
		s->slow = true;
	s->max_len = session_max_input(s, dev);
	if (s->kind == VCRYPTO_SESS_CHAIN && s->max_len < VCRYPTO_LINEAR_MAX)
		s->slow = true;
	if (s->max_len < s->min_len && s->kind != VCRYPTO_SESS_NULL) {
		VCRYPTO_ERR("%s: the device's max_size of %" PRIu64 " bytes leaves no room for "
			"data", dev->name, dev->lim.max_size);
		return -ENOTSUP;
	}
	return 0;
}

/* ---- the device's session ---- */

int
vcrypto_session_header(struct vcrypto_session *s, const struct req_session *req,
		unsigned int flags, bool stateless)
{
	int rc = req_data_header(s->hdr, sizeof(s->hdr), req, s->id,
			(uint32_t)s->iv_len + s->iv_tail, 0, flags, stateless);

	if (rc < 0)
		return rc;
	s->hdr_len = (uint8_t)rc;
	memmove(s->hdr + sizeof(s->hdr) - s->hdr_len, s->hdr, s->hdr_len);
	s->lens_at = req_data_shift(req->kind, flags) - s->hdr_len - VCRYPTO_IV_MAX;
	return 0;
}

int
vcrypto_session_adopt(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req, uint64_t id, uint64_t cookie)
{
	static uint64_t last_stamp;
	uint64_t old = s->id;
	int rc;

	s->id = id;
	rc = vcrypto_session_header(s, req,
			vcrypto_req_flags(dev, req_kind_service(req->kind)), false);
	if (rc != 0) {
		s->id = old;
		return rc;
	}
	s->stamp = __atomic_add_fetch(&last_stamp, 1, __ATOMIC_RELAXED);
	/* Bursts of other devices compare it meanwhile; who finds it equal reads the header. */
	__atomic_store_n(&s->cookie, cookie, __ATOMIC_RELEASE);
	return 0;
}

int
vcrypto_session_create(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req)
{
	/* Read before the command: a reset during the command voids the id and the cookie. */
	uint64_t cookie = vcrypto_cookie(dev), id;
	int rc = vcrypto_ctrl_create(dev, &id, req, cookie);

	if (rc != 0)
		return rc;
	rc = vcrypto_session_adopt(dev, s, req, id, cookie);
	if (rc != 0)
		(void)vcrypto_ctrl_destroy(dev, req->kind, id, cookie);
	return rc;
}
