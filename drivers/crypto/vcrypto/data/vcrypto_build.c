/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the parts of request building that run once per session and slot, or rarely: the
 * copy of the header template, the table entries that all ops of a session share, and the
 * slot's digest buffer.  Called by vcrypto_build.h; adds nothing to the ring.
 */
#include "data/vcrypto_build.h"

/* memcpy is inlined, since each length is a constant.  Bytes before a shorter header are
 * unused, in the session and in the slot.
 */
void
vcrypto_slot_template(struct vcrypto_qp *qp, uint16_t slot, const struct vcrypto_session *s)
{
	uint8_t *end = vcrypto_slot(qp, slot) + VCRYPTO_SLOT_IV;
	const uint8_t *from = s->hdr + sizeof(s->hdr);

	if (likely(s->hdr_len <= REQ_DATA_HDR_SESSION))
		memcpy(end - REQ_DATA_HDR_SESSION, from - REQ_DATA_HDR_SESSION,
				REQ_DATA_HDR_SESSION);
	else
		memcpy(end - sizeof(s->hdr), s->hdr, sizeof(s->hdr));
	/* The slot may hold a longer iv of the session that used it before. */
	memset(end, 0, VCRYPTO_IV_MAX);
	if (s->iv_tail != 0)
		end[s->iv_len + s->iv_tail - 1] = 1;	/* the counter, big endian */
}

void
vcrypto_slot_stamp(struct vcrypto_qp *qp, uint16_t slot, const struct vcrypto_session *s)
{
	struct vq_entry *e = vq_table(&qp->vq, slot), *last;
	uint64_t iv = vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_IV;
	uint32_t iv_len = (uint32_t)s->iv_len + s->iv_tail;
	bool iv_entry = qp->dev->traits.strict_framing;	/* of its own */

	vcrypto_slot_template(qp, slot, s);
	vcrypto_build_entry(&e[0], iv - s->hdr_len, s->hdr_len + (iv_entry ? 0u : iv_len));
	if (iv_entry)
		vcrypto_build_entry(&e[1], iv, iv_len);
	last = &e[s->nb_read + s->nb_write - 1];
	vcrypto_build_entry(last, qp->status_addr + slot, 1);
	if (s->nb_write > 1)	/* a digest; or dst, whose length each op overwrites */
		last[-1].len = cpu_to_le32(s->digest_len);
	vq_shape(&qp->vq, qp->dev->kind, slot, s->nb_read, s->nb_write);
	*vq_tag(&qp->vq, slot) = s->stamp;
}

uint64_t
vcrypto_build_digest_in_slot(struct vcrypto_qp *qp, size_t slot, const struct vcrypto_session *s,
		uint8_t *data)
{
	uint8_t *own = vcrypto_slot(qp, slot) + VCRYPTO_SLOT_DIGEST;

	qp->post[slot] = (struct vcrypto_post){
		.digest = data,
		.digest_len = s->digest_len,
		.verify = s->verify,
	};
	/* If the device says OK and writes nothing, no older digest must be found here. */
	memset(own, 0, VCRYPTO_DIGEST_MAX);
	if (unlikely(s->device_verifies))
		memcpy(own, data, s->digest_len);
	return vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_DIGEST;
}
