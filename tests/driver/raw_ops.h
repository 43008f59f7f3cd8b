/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the programs about the raw data path share: DMA memory that is in no mbuf, a device
 * with a context, operations of AES-CTR alone and in bursts.
 */
#ifndef RAW_OPS_H
#define RAW_OPS_H

#include <string.h>

#include "ops.h"
#include "reference.h"

#define SIZE	64
#define BUF	512	/* bytes of one piece of DMA memory */
#define NB_BUFS	80
#define NB_BURST	30

/* Of a whole program: cmocka's group set-up and teardown. */
int alloc_bufs(void **state);
int free_bufs(void **state);

uint8_t *buf(unsigned int i);
struct rte_crypto_va_iova_ptr ptr(uint8_t *p);
struct rte_crypto_vec vec(uint8_t *p, uint32_t len);

/* One device with a context. */
struct raw {
	struct rig *r;
	void *session;
	uint8_t key[32];
	struct rte_crypto_raw_dp_ctx *ctx;
};

int configure(struct raw *w, uint16_t qp, bool update);
/* devargs may be NULL; without x no session is made and nothing is configured. */
void raw_up_with(struct raw *w, uint64_t features, const char *devargs,
		struct rte_crypto_sym_xform *x);
void raw_up(struct raw *w, uint64_t features, struct rte_crypto_sym_xform *x);
void raw_down(struct raw *w);

/* AES-CTR with w's key, which it makes. */
struct rte_crypto_sym_xform ctr_x(struct raw *w);
/* Dequeues one, or finds none if want is NULL; its status. */
uint8_t take_one(struct raw *w, void *want);
/* nb segments of 40 bytes, 5 of them left out at the start and 9 at the end. */
void ctr_one(struct raw *w, unsigned int nb);

struct burst {
	struct rte_crypto_sgl src[NB_BURST], dst[NB_BURST];
	struct rte_crypto_vec v[NB_BURST][2];
	struct rte_crypto_va_iova_ptr iv[NB_BURST];
	int32_t status[NB_BURST];
	void *user[NB_BURST];
	uint8_t in[NB_BURST][32];
	struct rte_crypto_sym_vec vec;
};

/* nb ops of 32 bytes from one buffer into another. */
void burst_make(struct burst *b, unsigned int nb);
/* Are the first nb of them encrypted? */
void check_burst(struct raw *w, struct burst *b, unsigned int nb);

#endif
