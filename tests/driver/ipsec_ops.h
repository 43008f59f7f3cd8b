/* SPDX-License-Identifier: BSD-3-Clause
 *
 * For the programs about ops of security associations (SA).  These are made by hand: struct
 * vcrypto_ipsec_sa is all that the data path knows of one.  ESP with NULL encryption and
 * HMAC-SHA1-96, as tests/fixtures/model_ipsec.c has it.
 */
#ifndef IPSEC_OPS_H
#define IPSEC_OPS_H

#include "drivers/crypto/vcrypto/data/vcrypto_qp.h"
#include "drivers/crypto/vcrypto/session/vcrypto_ipsec_sa.h"
#include "lib/wire/virtio_ipsec.h"
#include "ops.h"

#define IPSEC_ADMIN_INDEX	40
#define IPSEC_ID		3	/* of both SAs, which are of two types */
#define IPSEC_SEGS_MAX		8
/* Bytes that ESP adds to so many of payload, the outer header apart. */
#define GROWS(payload)	(8 + 12 + ((payload) + 2 + 3) / 4 * 4 - (payload))

enum { OUT, IN, IPSEC_NB_SAS };

/* Sessions of rte_security, of which the driver reads its private data alone. */
union ipsec_session {
	_Alignas(64) uint8_t bytes[512];
};
extern union ipsec_session ipsec_session[IPSEC_NB_SAS];

struct vcrypto_ipsec_sa *ipsec_sa(unsigned int which);
struct vcrypto_dev *ipsec_dev_of(const struct rig *r);
struct vcrypto_qp *ipsec_qp(const struct rig *r);

/* Makes both SAs, and tells the model. */
void ipsec_make_sas(struct rig *r, bool tunnel, bool outer_v6);
/* A started device with IPSEC and one queue pair of 64 entries, of a kind of rig_kinds. */
struct rig *ipsec_up(unsigned int kind, const char *devargs, enum model_mode mode);

void ipsec_packet_bytes(uint8_t *p, uint32_t len, bool v6);
/* nb segments with a packet of len bytes, and a pattern all around. */
struct rte_mbuf *ipsec_packet(uint32_t len, unsigned int nb, bool v6);
struct rte_crypto_op *ipsec_op(unsigned int which, struct rte_mbuf *src,
		struct rte_mbuf *dst);

/* A chain as it was. */
struct ipsec_shot {
	unsigned int nb;
	uint32_t pkt_len;
	struct {
		uint16_t data_off, data_len;
		uint8_t bytes[RTE_PKTMBUF_HEADROOM + RIG_BUF];
	} seg[IPSEC_SEGS_MAX];
};
void ipsec_shoot(struct ipsec_shot *s, const struct rte_mbuf *m);
void ipsec_assert_unchanged(const struct ipsec_shot *s, const struct rte_mbuf *m);
/* Bytes that are not the result's are as they were, and so is the chain. */
void ipsec_assert_around(const struct ipsec_shot *s, const struct rte_mbuf *m);

/* How the buffers of an op lie. */
struct ipsec_lie {
	unsigned int src, dst;	/* segments; dst 0: in place */
};
#define IPSEC_NB_LIES	7
extern const struct ipsec_lie ipsec_lies[IPSEC_NB_LIES];	/* the first two are linear */

/* One op, which must succeed; the mbuf with its result.  Takes src; a destination has room bytes
 * of data.
 */
struct rte_mbuf *ipsec_run(struct rig *r, unsigned int which, struct rte_mbuf *src,
		const struct ipsec_lie *l, uint32_t room);

#endif
