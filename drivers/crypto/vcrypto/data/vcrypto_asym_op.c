/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the asymmetric ops of a queue pair from enqueue to completion: the keys and the
 * bounce memory of an op, its request in the ring, and its result.  What an op means is
 * described by vcrypto_asym_rsa.c and vcrypto_asym_ec.c, which know nothing of queues.
 *
 * An op that breaks a rule of its algorithm never reaches the device: an illegal argument
 * is INVALID_ARGS, a signature that is out of range or longer or shorter than the modulus
 * is AUTH_FAILED (RFC 8017, 8.2.2; FIPS 186-4, 6.4.2).
 */
#include <errno.h>
#include <string.h>

#include <rte_eal.h>

#include "data/vcrypto_asym_ec.h"
#include "data/vcrypto_asym_op.h"
#include "data/vcrypto_asym_rsa.h"
#include "data/vcrypto_build.h"
#include "device/vcrypto_digest.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_rsa_key.h"

/* ---- sending ---- */

static enum vcrypto_verdict
asym_describe(struct vcrypto_asym_request *a)
{
	enum vcrypto_verdict verdict;

	a->params.kind = REQ_AKCIPHER;
	a->params.algo = a->keys->algo;
	verdict = a->keys->algo == VIRTIO_CRYPTO_AKCIPHER_RSA ? vcrypto_asym_rsa_describe(a) :
		vcrypto_asym_ec_describe(a);
	/* An op whose half of the key is not known is illegal, whatever else it says. */
	if (a->params.key == NULL || (verdict == VCRYPTO_BUILT &&
			((uint64_t)a->src_len + a->dst_len > a->max_size ||
			a->src_at + a->src_len + a->dst_len > VCRYPTO_BOUNCE_SIZE)))
		return VCRYPTO_BAD_ARGS;
	return verdict;
}

static enum vcrypto_verdict
asym_push(struct vcrypto_qp *qp, enum vq_kind kind, struct vcrypto_asym_request *a, unsigned int b,
		uint64_t session_id, bool stateless)
{
	unsigned int flags = vcrypto_req_flags(qp->dev, VIRTIO_CRYPTO_SERVICE_AKCIPHER);
	uint16_t slot = vq_next_slot(&qp->vq, kind);
	struct vq_entry *e = vq_table(&qp->vq, slot);
	uint8_t *hdr = vcrypto_slot(qp, slot) + VCRYPTO_SLOT_FIRST;
	uint64_t mem = qp->bounce_addr + (uint64_t)b * VCRYPTO_BOUNCE_SIZE;
	uint32_t key_len = stateless ? a->params.key_len : 0;
	uint16_t nb_write = 1;
	int len = req_data_header(hdr, VCRYPTO_SLOT_TABLE - VCRYPTO_SLOT_FIRST, &a->params,
			session_id, 0, a->opcode, flags, stateless);

	if (len < 0)
		return VCRYPTO_BAD_ARGS;
	*vq_tag(&qp->vq, slot) = 0;
	req_set_akcipher(hdr + ((flags & REQ_F_STATELESS) != 0 ? REQ_SHIFT_AKCIPHER : 0),
			a->sig_len != 0 ? a->sig_len : a->src_len,
			a->sig_len != 0 ? a->msg_len : a->dst_len);
	vcrypto_build_entry(&e[0], vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_FIRST, (uint32_t)len);
	vcrypto_build_entry(&e[1], mem + a->src_at - key_len, key_len + a->src_len);
	e += 2;
	if (a->dst_len != 0) {
		a->post.dst_off = a->src_at + a->src_len;
		vcrypto_build_entry(e++, mem + a->post.dst_off, a->dst_len);
		nb_write++;
	}
	vcrypto_build_entry(e, qp->status_addr + slot, 1);
	a->post.dst_len = a->dst_len;
	a->post.op = a->op;
	qp->asym[b] = a->post;
	vq_shape(&qp->vq, kind, slot, 2, nb_write);
	vq_add(&qp->vq, kind, slot, (void *)((uintptr_t)&qp->asym[b] | VCRYPTO_TOKEN_ASYM));
	qp->lens_in_flight++;
	qp->detour |= VCRYPTO_DETOUR_LENS;
	return VCRYPTO_BUILT;
}

/* The verdict on an op without key or session: BAD_ARGS where the driver or the device
 * refused its parameters, BAD_SESSION where this device does not have the algorithm of the
 * session, FAILED for any other error.
 */
static enum vcrypto_verdict
asym_verdict_of(int rc)
{
	switch (rc) {
	case -ENXIO:
		return VCRYPTO_BAD_SESSION;
	case -EINVAL:
	case -ENOTSUP:
	case -EBADMSG:
	case -EKEYREJECTED:
		return VCRYPTO_BAD_ARGS;
	default:
		return VCRYPTO_FAILED;
	}
}

/* The op waits for the session's command; its piece of bounce memory holds its operands.
 * The key went into the command.
 */
static enum vcrypto_verdict
asym_wait(struct vcrypto_qp *qp, const struct vcrypto_asym_request *a, unsigned int b)
{
	struct vcrypto_asym_request *w = &qp->asym_wait[b];

	*w = *a;
	vcrypto_mem_wipe(w->der, sizeof(w->der));
	w->params.key = NULL;
	w->params.key_len = 0;
	qp->asym[b].op = a->op;		/* the piece is taken */
	qp->asym_waiting++;
	qp->detour |= VCRYPTO_DETOUR_WAIT;
	return VCRYPTO_BUILT;
}

/* Sends with a session of the device's, which is created if there is none for the op. */
static enum vcrypto_verdict
asym_send_session(struct vcrypto_qp *qp, enum vq_kind kind, struct vcrypto_asym_request *a,
		unsigned int b)
{
	int rc = vcrypto_asym_entry_get(&a->post.entry, qp->dev->cdev, a->keys, &a->params);
	enum vcrypto_verdict verdict;

	if (rc == -EINPROGRESS)
		return asym_wait(qp, a, b);
	if (rc == -EBUSY)
		return VCRYPTO_FULL;
	if (rc != 0) {
		VCRYPTO_DBG("%s: no session for an asymmetric op: %s", qp->dev->name,
			strerror(-rc));
		return asym_verdict_of(rc);
	}
	verdict = asym_push(qp, kind, a, b, a->post.entry->id, false);
	if (verdict != VCRYPTO_BUILT)
		vcrypto_asym_entry_put(a->post.entry);
	return verdict;
}

static enum vcrypto_verdict
asym_build(struct vcrypto_qp *qp, enum vq_kind kind, struct vcrypto_asym_request *a,
		unsigned int b, bool stateless)
{
	enum vcrypto_verdict verdict;

	a->mem = qp->bounce + (size_t)b * VCRYPTO_BOUNCE_SIZE;
	a->post.expect = qp->asym_expect + (size_t)b * VCRYPTO_RSA_MAX;
	a->max_size = qp->dev->lim.max_size;
	/* A stateless request's key goes right before src: room for the longest is left. */
	a->src_at = stateless ? VCRYPTO_RSA_DER_MAX : 0;
	verdict = asym_describe(a);
	if (verdict != VCRYPTO_BUILT)
		return verdict;
	if (!stateless)
		return asym_send_session(qp, kind, a, b);
	if ((uint64_t)a->params.key_len + a->src_len + a->dst_len > a->max_size)
		return VCRYPTO_BAD_ARGS;
	memcpy(a->mem + a->src_at - a->params.key_len, a->params.key, a->params.key_len);
	return asym_push(qp, kind, a, b, 0, true);
}

/* Number of a free piece of bounce memory; nb_bounce if there is none. */
static unsigned int
asym_find_bounce(const struct vcrypto_qp *qp)
{
	unsigned int b;

	for (b = 0; b < qp->nb_bounce && qp->asym[b].op != NULL; b++)
		;
	return b;
}

/* The half of its key that a sessionless op needs: to complete a private one takes long. */
static unsigned int
asym_half_of(const struct rte_crypto_op *op)
{
	const struct rte_crypto_asym_op *asym = op->asym;

	return asym->xform->xform_type == RTE_CRYPTO_ASYM_XFORM_RSA &&
		(asym->rsa.op_type == RTE_CRYPTO_ASYM_OP_DECRYPT ||
		asym->rsa.op_type == RTE_CRYPTO_ASYM_OP_SIGN) ? VCRYPTO_ASYM_PRIVATE :
		VCRYPTO_ASYM_PUBLIC;
}

/* The keys of the op's session, or of its xform, which the caller then frees. */
static enum vcrypto_verdict
asym_find_keys(struct vcrypto_asym_keys **keys, struct vcrypto_qp *qp,
		const struct rte_crypto_op *op)
{
	struct vcrypto_asym_session s;
	int rc;

	/* Sessions may need the control queue, which is the primary process's. */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return VCRYPTO_BAD_SESSION;
	if (op->sess_type == RTE_CRYPTO_OP_SESSIONLESS) {
		if ((qp->dev->features & VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE) == 0)
			return VCRYPTO_BAD_SESSION;
		if (op->asym->xform == NULL)
			return VCRYPTO_BAD_ARGS;
		rc = vcrypto_asym_keys_create(keys, qp->dev->cdev, op->asym->xform,
				asym_half_of(op));
		return rc == 0 ? VCRYPTO_BUILT : asym_verdict_of(rc);
	}
	if (op->sess_type != RTE_CRYPTO_OP_WITH_SESSION || op->asym->session == NULL ||
			!vcrypto_asym_session_is_of(op->asym->session, qp->dev->driver_id))
		return VCRYPTO_BAD_SESSION;
	memcpy(&s, CRYPTODEV_GET_ASYM_SESS_PRIV(op->asym->session), sizeof(s));
	if (s.keys == NULL)
		return VCRYPTO_BAD_SESSION;
	*keys = s.keys;
	return VCRYPTO_BUILT;
}

enum vcrypto_verdict
vcrypto_asym_op_build(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op)
{
	bool stateless = op->sess_type == RTE_CRYPTO_OP_SESSIONLESS;
	struct vcrypto_asym_request a = { .op = op };
	unsigned int b = asym_find_bounce(qp);
	enum vcrypto_verdict verdict;

	if (b == qp->nb_bounce)
		return qp->nb_bounce != 0 ? VCRYPTO_FULL : VCRYPTO_BAD_ARGS;
	verdict = asym_find_keys(&a.keys, qp, op);
	if (verdict != VCRYPTO_BUILT)
		return verdict;
	verdict = asym_build(qp, kind, &a, b, stateless);
	if (verdict != VCRYPTO_BUILT)
		vcrypto_mem_wipe(a.mem, VCRYPTO_BOUNCE_SIZE);
	if (stateless)
		vcrypto_asym_keys_free(a.keys);
	vcrypto_mem_wipe(a.der, sizeof(a.der));
	return verdict;
}

/* ---- ops that wait for a session ---- */

static bool
asym_is_waiting(const struct vcrypto_qp *qp, unsigned int b)
{
	return qp->asym_wait[b].op != NULL;
}

static void
asym_end_wait(struct vcrypto_qp *qp, unsigned int b)
{
	memset(&qp->asym_wait[b], 0, sizeof(qp->asym_wait[b]));
	if (--qp->asym_waiting == 0)
		qp->detour &= ~VCRYPTO_DETOUR_WAIT;
}

/* An op that is not sent after all. */
static void
asym_fail_waiting(struct vcrypto_qp *qp, unsigned int b, enum vcrypto_verdict verdict)
{
	struct rte_crypto_op *op = qp->asym_wait[b].op;

	vcrypto_asym_entry_put(qp->asym_wait[b].post.entry);
	vcrypto_mem_wipe(qp->asym_wait[b].mem, VCRYPTO_BOUNCE_SIZE);
	memset(&qp->asym[b], 0, sizeof(qp->asym[b]));
	asym_end_wait(qp, b);
	op->status = (uint8_t)verdict;
	vcrypto_done_put(qp, op);
}

/* True if its request is in the ring now. */
static bool
asym_advance(struct vcrypto_qp *qp, enum vq_kind kind, unsigned int b)
{
	struct vcrypto_asym_request *w = &qp->asym_wait[b];
	enum vcrypto_verdict verdict;
	int rc = vcrypto_asym_entry_poll(w->post.entry, qp->dev, w->keys);

	if (rc == -EINPROGRESS || (rc == 0 && vq_nb_free(&qp->vq) == 0))
		return false;
	verdict = rc != 0 ? asym_verdict_of(rc) :
		asym_push(qp, kind, w, b, w->post.entry->id, false);
	if (verdict != VCRYPTO_BUILT) {
		asym_fail_waiting(qp, b, verdict);
		return false;
	}
	asym_end_wait(qp, b);
	return true;
}

unsigned int
vcrypto_asym_op_send_waiting(struct vcrypto_qp *qp, enum vq_kind kind)
{
	unsigned int b, nb = 0;

	for (b = 0; b < qp->nb_bounce && qp->asym_waiting != 0; b++)
		if (asym_is_waiting(qp, b))
			nb += asym_advance(qp, kind, b);
	return nb;
}

void
vcrypto_asym_op_abort(struct vcrypto_qp *qp)
{
	unsigned int b;

	for (b = 0; b < qp->nb_bounce && qp->asym_waiting != 0; b++)
		if (asym_is_waiting(qp, b))
			asym_fail_waiting(qp, b, VCRYPTO_FAILED);
}

/* ---- results ---- */

static uint8_t
asym_take_result(const struct vcrypto_asym_post *p, const uint8_t *result, uint32_t len)
{
	uint8_t number[VCRYPTO_RSA_MAX];
	uint32_t n = p->dst_len;
	bool ok;

	/* The used length counts the result and one byte of status (5.9.9.8); a device that
	 * gives none (2.7.9) is taken to have filled dst.
	 */
	if (len != VQ_LEN_UNKNOWN && len >= 1 && len - 1 < n)
		n = len - 1;
	switch (p->result_kind) {
	case VCRYPTO_ASYM_COPY:
		memcpy(p->out->data, result, n);
		p->out->length = n;
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	case VCRYPTO_ASYM_NUMBER:
	case VCRYPTO_ASYM_COMPARE:
		ok = vcrypto_asym_rsa_take_number(number, result, n, p->dst_len);
		if (ok && p->result_kind == VCRYPTO_ASYM_COMPARE &&
				!vcrypto_digest_equal(p->expect, number, p->dst_len))
			return RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
		if (ok && p->out != NULL) {
			memcpy(p->out->data, number, p->dst_len);
			p->out->length = p->dst_len;
		}
		return ok ? RTE_CRYPTO_OP_STATUS_SUCCESS : RTE_CRYPTO_OP_STATUS_ERROR;
	case VCRYPTO_ASYM_SIGNATURE:
		return vcrypto_asym_ec_take_signature(p, result, n);
	default:
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	}
}

struct rte_crypto_op *
vcrypto_asym_op_complete(struct vcrypto_qp *qp, struct vcrypto_asym_post *p, uint8_t status,
		uint32_t len)
{
	uint8_t *mem = qp->bounce + (size_t)(p - qp->asym) * VCRYPTO_BOUNCE_SIZE;
	struct rte_crypto_op *op = p->op;

	if (status == RTE_CRYPTO_OP_STATUS_SUCCESS)
		status = asym_take_result(p, mem + p->dst_off, len);
	vcrypto_mem_wipe(mem, VCRYPTO_BOUNCE_SIZE);
	if (p->entry != NULL)
		vcrypto_asym_entry_put(p->entry);
	memset(p, 0, sizeof(*p));
	if (--qp->lens_in_flight == 0)
		qp->detour &= ~VCRYPTO_DETOUR_LENS;
	op->status = status;
	return op;
}
