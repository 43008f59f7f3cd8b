/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Devices and operations for the programs about the raw data path; see the header.
 */
#include <stdlib.h>

#include <rte_malloc.h>
#include <rte_memory.h>

#include "raw_ops.h"

/* ---- DMA memory that is in no mbuf ---- */

static uint8_t *bufs;

uint8_t *
buf(unsigned int i)
{
	assert_in_range(i, 0, NB_BUFS - 1);
	return bufs + (size_t)i * BUF;
}

int
alloc_bufs(void **state)
{
	(void)state;
	bufs = rte_zmalloc("bufs", (size_t)BUF * NB_BUFS, 64);
	return bufs == NULL;
}

int
free_bufs(void **state)
{
	(void)state;
	rte_free(bufs);
	return 0;
}

struct rte_crypto_va_iova_ptr
ptr(uint8_t *p)
{
	return (struct rte_crypto_va_iova_ptr){ p, rte_mem_virt2iova(p) };
}

struct rte_crypto_vec
vec(uint8_t *p, uint32_t len)
{
	return (struct rte_crypto_vec){ .base = p, .iova = rte_mem_virt2iova(p), .len = len };
}

/* ---- one device with a context ---- */

int
configure(struct raw *w, uint16_t qp, bool update)
{
	union rte_cryptodev_session_ctx s = { .crypto_sess = w->session };

	return rte_cryptodev_configure_raw_dp_ctx(w->r->id, qp, w->ctx,
			RTE_CRYPTO_OP_WITH_SESSION, s, update);
}

void
raw_up_with(struct raw *w, uint64_t features, const char *devargs, struct rte_crypto_sym_xform *x)
{
	struct rig_conf conf = { .features = features, .devargs = devargs };
	struct rte_cryptodev_info info;
	int size;

	w->r = rig_up(&conf, 1, SIZE);
	rte_cryptodev_info_get(w->r->id, &info);
	assert_true(info.feature_flags & RTE_CRYPTODEV_FF_SYM_RAW_DP);
	size = rte_cryptodev_get_raw_dp_ctx_size(w->r->id);
	assert_in_range(size, sizeof(struct rte_crypto_raw_dp_ctx), 4096);
	w->ctx = calloc(1, (size_t)size);
	assert_non_null(w->ctx);
	w->session = NULL;
	if (x == NULL)
		return;
	w->session = rig_session(w->r, x);
	assert_non_null(w->session);
	assert_int_equal(configure(w, 0, false), 0);
}

void
raw_up(struct raw *w, uint64_t features, struct rte_crypto_sym_xform *x)
{
	raw_up_with(w, features, NULL, x);
}

void
raw_down(struct raw *w)
{
	if (w->session != NULL)
		rig_session_free(w->r, w->session);
	free(w->ctx);
	rig_close(w->r);
}

struct rte_crypto_sym_xform
ctr_x(struct raw *w)
{
	ops_key(w->key, 16, 3);
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = { .op = RTE_CRYPTO_CIPHER_OP_ENCRYPT, .algo = RTE_CRYPTO_CIPHER_AES_CTR,
			.key = { w->key, 16 }, .iv = { 0, 16 } },
	};
}

uint8_t
take_one(struct raw *w, void *want)
{
	enum rte_crypto_op_status status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	int n = -1;

	if (w->r->m.mode == MODEL_PUMPED)
		model_work(&w->r->m);
	assert_ptr_equal(rte_cryptodev_raw_dequeue(w->ctx, &n, &status), want);
	assert_int_equal(n, want != NULL);
	assert_int_equal(rte_cryptodev_raw_dequeue_done(w->ctx, (uint32_t)n), 0);
	return (uint8_t)status;
}

/* ---- operations ---- */

void
ctr_one(struct raw *w, unsigned int nb)
{
	union rte_crypto_sym_ofs ofs = { .ofs = { .cipher = { 5, 9 } } };
	uint32_t total = nb * 40, len = total - 14;
	uint8_t in[BUF * 4], want[BUF * 4], got[BUF * 4];
	struct rte_crypto_va_iova_ptr iv = ptr(buf(0));
	struct ref_key k = { w->key, 16, buf(0), 16 };
	struct rte_crypto_vec v[32];
	unsigned int i;

	rig_pattern(buf(0), 16, nb);
	rig_pattern(in, total, nb + 1000);
	memcpy(want, in, total);
	ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CTR, true, &k, want + 5, in + 5, len);
	for (i = 0; i < nb; i++) {
		v[i] = vec(buf(1 + i), 40);
		memcpy(buf(1 + i), in + 40 * i, 40);
	}
	assert_int_equal(rte_cryptodev_raw_enqueue(w->ctx, v, (uint16_t)nb, ofs, &iv, NULL, NULL,
			&v[nb - 1]), 0);
	assert_int_equal(w->r->m.queue[0].nb_popped, w->r->m.nb_data);
	assert_int_equal(rte_cryptodev_raw_enqueue_done(w->ctx, 1), 0);
	assert_int_equal(take_one(w, &v[nb - 1]), RTE_CRYPTO_OP_STATUS_SUCCESS);
	for (i = 0; i < nb; i++)
		memcpy(got + 40 * i, buf(1 + i), 40);
	assert_memory_equal(got, want, total);
	assert_int_equal(take_one(w, NULL), RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
}

void
burst_make(struct burst *b, unsigned int nb)
{
	unsigned int i;

	memset(b, 0, sizeof(*b));
	for (i = 0; i < nb; i++) {
		rig_pattern(b->in[i], 32, i);
		memcpy(buf(i), b->in[i], 32);
		memset(buf(30 + i), 0, 32);
		rig_pattern(buf(60) + 16 * (i % 32), 16, i % 32);
		b->v[i][0] = vec(buf(i), 32);
		b->v[i][1] = vec(buf(30 + i), 32);
		b->src[i] = (struct rte_crypto_sgl){ .vec = &b->v[i][0], .num = 1 };
		b->dst[i] = (struct rte_crypto_sgl){ .vec = &b->v[i][1], .num = 1 };
		b->iv[i] = ptr(buf(60) + 16 * (i % 32));
		b->user[i] = &b->in[i];
	}
	b->vec = (struct rte_crypto_sym_vec){ .num = nb, .src_sgl = b->src, .dest_sgl = b->dst,
		.iv = b->iv, .status = b->status };
}

void
check_burst(struct raw *w, struct burst *b, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++) {
		uint8_t want[32];
		struct ref_key k = { w->key, 16, buf(60) + 16 * (i % 32), 16 };

		ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CTR, true, &k, want, b->in[i], 32);
		assert_memory_equal(buf(30 + i), want, 32);
		assert_memory_equal(buf(i), b->in[i], 32);
	}
}
