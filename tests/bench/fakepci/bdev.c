/* SPDX-License-Identifier: BSD-3-Clause
 *
 * bdev: the devices under test.  Probes drivers on fake devices, starts them, and
 * makes sessions and operations through the public cryptodev API.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#include "bench.h"

const char * const algo_name[NB_ALGOS] = {
	"aes-cbc", "cbc+sha1", "aes-gcm", "sha256-hmac", "esp-out", "esp-out-dst", "esp-in",
};

static const uint32_t digest_len[NB_ALGOS] = { 0, 20, 16, 32, 0, 0, 0 };

struct bdev bdevs[MAX_BDEVS];
unsigned int nb_bdevs;
struct rte_crypto_op *ops[MAX_OPS];

static struct rte_mempool *sess_pool;

/* ---- probing ----------------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned int bit;
} feature[] = {
	{ "indirect", VIRTIO_RING_F_INDIRECT_DESC }, { "event-idx", VIRTIO_RING_F_EVENT_IDX },
	{ "platform", VIRTIO_F_ACCESS_PLATFORM }, { "packed", VIRTIO_F_RING_PACKED },
	{ "in-order", FDEV_F_IN_ORDER }, { "order-platform", VIRTIO_F_ORDER_PLATFORM },
	{ "notification-data", FDEV_F_NOTIFICATION_DATA }, { "ring-reset", FDEV_F_RING_RESET },
};

/* A feature's name, or "no-" and it. */
static bool
feature_option(struct fdev_opts *o, const char *key)
{
	bool no = strncmp(key, "no-", 3) == 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(feature); i++) {
		if (strcmp(key + (no ? 3 : 0), feature[i].name) != 0)
			continue;
		if (no)
			o->features &= ~FDEV_F(feature[i].bit);
		else
			o->features |= FDEV_F(feature[i].bit);
		return true;
	}
	return false;
}

static bool
flag_option(struct bdev *b, struct fdev_opts *o, const char *key)
{
	const struct {
		const char *name;
		bool *flag;
	} t[] = {
		{ "lax", &o->lax }, { "strict", &o->strict }, { "kick", &o->kick },
		{ "brief", &o->brief }, { "walk", &o->walk }, { "check", &o->check },
		{ "trace", &o->trace }, { "ipsec", &o->ipsec }, { "mt", &b->mt },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(t); i++)
		if (strcmp(key, t[i].name) == 0) {
			*t[i].flag = true;
			return true;
		}
	return false;
}

static bool
value_option(struct bdev *b, struct fdev_opts *o, const char *key, const char *v)
{
	if (strcmp(key, "label") == 0)
		snprintf(b->name, sizeof(b->name), "%s", v);
	else if (strcmp(key, "ring") == 0)
		o->data_size = strtoul(v, NULL, 0);
	else if (strcmp(key, "queues") == 0)
		o->data_queues = strtoul(v, NULL, 0);
	else if (strcmp(key, "batch") == 0)
		o->batch = strtoul(v, NULL, 0);
	else if (strcmp(key, "features") == 0)
		o->features = strtoull(v, NULL, 16);
	else if (strcmp(key, "desc") == 0)
		b->nb_desc = strtoul(v, NULL, 0);
	else
		return false;
	return true;
}

/* The options after a driver's name; modifies text. */
static int
parse_options(struct bdev *b, struct fdev_opts *o, char *text)
{
	char *save, *v, *key;
	bool ok;

	for (key = strtok_r(text, ",", &save); key != NULL; key = strtok_r(NULL, ",", &save)) {
		v = strchr(key, '=');
		if (v != NULL) {
			*v++ = 0;
			ok = value_option(b, o, key, v);
		} else {
			ok = feature_option(o, key) || flag_option(b, o, key);
		}
		if (!ok) {
			fprintf(stderr, "no device option is called '%s'\n", key);
			return -1;
		}
	}
	return 0;
}

static void
list_drivers(const char *spec)
{
	unsigned int i;

	fprintf(stderr, "no PCI driver matches '%s'; registered:\n", spec);
	for (i = 0; i < fakebus_nb_drvs; i++)
		fprintf(stderr, "  %s  %s\n", fakebus_drvs[i].drv->driver.name,
			fakebus_drvs[i].so);
}

/* The cryptodev that stands on a PCI device, whatever it is called; -1: none. */
static int
cryptodev_of(const struct rte_pci_device *pci)
{
	struct rte_cryptodev_info info;
	int id;

	for (id = 0; id < RTE_CRYPTO_MAX_DEVS; id++) {
		if (!rte_cryptodev_is_valid_dev(id))
			continue;
		rte_cryptodev_info_get(id, &info);
		if (info.device == &pci->device)
			return id;
	}
	return -1;
}

int
bdev_add_drv(const char *spec, const struct fdev_opts *defaults)
{
	struct bdev *b = &bdevs[nb_bdevs];
	struct fdev_opts o = *defaults;
	struct rte_pci_driver *drv;
	char text[256], *opts;
	const char *so;
	int id;

	if (nb_bdevs == MAX_BDEVS)
		return -1;
	snprintf(text, sizeof(text), "%s", spec);
	opts = strchr(text, ',');
	if (opts != NULL)
		*opts++ = 0;
	drv = fakebus_find(text, &so);
	if (drv == NULL) {
		list_drivers(text);
		return -1;
	}
	snprintf(b->name, sizeof(b->name), "%.63s", text);
	if (opts != NULL && parse_options(b, &o, opts) != 0)
		return -1;
	b->fd = fdev_create(&o);
	if (b->fd == NULL) {
		fprintf(stderr, "%s: no fake device with these options\n", b->name);
		return -1;
	}
	b->pci = fakebus_probe(drv, b->fd, nb_bdevs);
	id = b->pci == NULL ? -1 : cryptodev_of(b->pci);
	if (id < 0) {
		fprintf(stderr, "%s: %s\n", b->name, b->pci == NULL ? "probe failed" :
			"no cryptodev after probe");
		fdev_trace_dump(b->fd, stderr);
		return -1;
	}
	b->id = id;
	b->nb_qps = RTE_MIN(o.data_queues, MAX_QPS);
	if (b->nb_desc == 0)
		b->nb_desc = o.data_size;
	printf("dev %d: %s from %s\n", id, b->name, so);
	nb_bdevs++;
	return 0;
}

int
bdev_add_vdev(const char *name)
{
	struct bdev *b = &bdevs[nb_bdevs];
	int id = rte_cryptodev_get_dev_id(name);

	if (id < 0 || nb_bdevs == MAX_BDEVS) {
		fprintf(stderr, "no cryptodev named %s\n", name);
		return -1;
	}
	snprintf(b->name, sizeof(b->name), "%s", name);
	b->id = id;
	b->nb_qps = 1;
	b->nb_desc = 2048;
	nb_bdevs++;
	return 0;
}

/* ---- life ----------------------------------------------------------------------------- */

static void
add_memzone(const struct rte_memzone *mz, void *sum)
{
	*(uint64_t *)sum += mz->len;
}

/* Bytes of memzones, and of all DPDK memory in use. */
static void
memory_now(uint64_t *dma, uint64_t *heap)
{
	struct rte_malloc_socket_stats s;

	*dma = 0;
	rte_memzone_walk(add_memzone, dma);
	rte_malloc_get_socket_stats(0, &s);
	*heap = s.heap_allocsz_bytes;
}

int
bdev_start(struct bdev *b)
{
	uint64_t dma[2], heap[2], slots = (uint64_t)b->nb_qps * b->nb_desc;
	struct rte_cryptodev_config c = {
		.socket_id = rte_cryptodev_socket_id(b->id), .nb_queue_pairs = b->nb_qps,
	};
	struct rte_cryptodev_qp_conf q = {
		.nb_descriptors = b->nb_desc, .mp_session = sess_pool,
	};
	uint16_t i;
	int r;

	if (c.socket_id < 0)
		c.socket_id = 0;
	r = rte_cryptodev_configure(b->id, &c);
	memory_now(&dma[0], &heap[0]);
	for (i = 0; r == 0 && i < b->nb_qps; i++)
		r = rte_cryptodev_queue_pair_setup(b->id, i, &q, c.socket_id);
	memory_now(&dma[1], &heap[1]);
	b->dma_per_slot = (double)(dma[1] - dma[0]) / slots;
	b->heap_per_slot = (double)(heap[1] - heap[0]) / slots;
	if (r == 0)
		r = rte_cryptodev_start(b->id);
	if (r != 0)
		fprintf(stderr, "%s: configure, set up, start: %d\n", b->name, r);
	return r;
}

void
bdev_stop(struct bdev *b)
{
	rte_cryptodev_stop(b->id);
}

int
bdev_remove(struct bdev *b)
{
	int rc = b->pci != NULL ? fakebus_remove(b->pci) : 0;

	if (rc != 0)
		fprintf(stderr, "%s: remove: %d\n", b->name, rc);
	b->pci = NULL;
	return rc;
}

void *
bdev_session_create(struct bdev *b, enum algo a)
{
	static const uint8_t key[64] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct rte_crypto_sym_xform auth = {
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = {
			.op = RTE_CRYPTO_AUTH_OP_GENERATE,
			.algo = a == ALGO_HMAC ? RTE_CRYPTO_AUTH_SHA256_HMAC :
				RTE_CRYPTO_AUTH_SHA1_HMAC,
			.key = { .data = key, .length = digest_len[a] },
			.digest_length = digest_len[a],
		},
	}, cipher = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.next = a == ALGO_CHAIN ? &auth : NULL,
		.cipher = {
			.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT,
			.algo = RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { .data = key, .length = 16 },
			.iv = { .offset = IV_OFF, .length = 16 },
		},
	}, aead = {
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = RTE_CRYPTO_AEAD_OP_ENCRYPT,
			.algo = RTE_CRYPTO_AEAD_AES_GCM,
			.key = { .data = key, .length = 16 },
			.iv = { .offset = IV_OFF, .length = 12 },
			.digest_length = 16,
			.aad_length = 16,
		},
	};

	if (algo_is_esp(a))
		return esp_session_create(b, a);
	return rte_cryptodev_sym_session_create(b->id, a == ALGO_GCM ? &aead :
		a == ALGO_HMAC ? &auth : &cipher, sess_pool);
}

int
bdev_session_end(struct bdev *b, enum algo a, void *session)
{
	return algo_is_esp(a) ? esp_session_end(b, session) :
		rte_cryptodev_sym_session_free(b->id, session);
}

int
bdev_session(struct bdev *b, enum algo a)
{
	b->algo = a;
	b->sess = bdev_session_create(b, a);
	return b->sess == NULL ? -1 : 0;
}

void
bdev_session_free(struct bdev *b)
{
	if (b->sess != NULL)
		bdev_session_end(b, b->algo, b->sess);
	b->sess = NULL;
}

void
bdev_bind(struct bdev *b, unsigned int nb, uint32_t size)
{
	unsigned int i;

	b->size = size;
	for (i = 0; i < nb; i++) {
		struct rte_crypto_op *op = ops[i];
		struct rte_crypto_sym_op *s = op->sym;
		struct rte_mbuf *m = s->m_src;

		__rte_crypto_op_reset(op, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
		s->m_src = m;
		s->m_dst = NULL;
		if (algo_is_esp(b->algo)) {
			esp_bind(b, op, i);
			continue;
		}
		m->data_off = RTE_PKTMBUF_HEADROOM;
		m->data_len = size + digest_len[b->algo];
		m->pkt_len = m->data_len;
		rte_crypto_op_attach_sym_session(op, b->sess);
		op_refill(b, op, size);
		if (b->algo == ALGO_GCM) {
			s->aead.digest.data = rte_pktmbuf_mtod_offset(m, uint8_t *, size);
			s->aead.digest.phys_addr = rte_pktmbuf_iova_offset(m, size);
			s->aead.aad.data = rte_crypto_op_ctod_offset(op, uint8_t *,
				IV_OFF + 16);
			s->aead.aad.phys_addr = rte_crypto_op_ctophys_offset(op,
				IV_OFF + 16);
		} else if (b->algo != ALGO_CBC) {
			s->auth.digest.data = rte_pktmbuf_mtod_offset(m, uint8_t *, size);
			s->auth.digest.phys_addr = rte_pktmbuf_iova_offset(m, size);
		}
	}
}

int
bdev_pools(unsigned int nb_ops, uint32_t max_size)
{
	uint32_t room = RTE_ALIGN(max_size + 64, 64);
	struct rte_mempool *mp, *op_pool;
	unsigned int i, sz = 0;
	struct rte_mbuf *m;

	for (i = 0; i < RTE_CRYPTO_MAX_DEVS; i++)
		if (rte_cryptodev_is_valid_dev(i))
			sz = RTE_MAX(sz, rte_cryptodev_sym_get_private_session_size(i));
	sess_pool = rte_cryptodev_sym_session_pool_create("sess", 1024, sz, 0, 0, 0);
	op_pool = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC,
		nb_ops, 0, 64, 0);
	mp = rte_pktmbuf_pool_create("mbufs", nb_ops, 0, 0, room + RTE_PKTMBUF_HEADROOM, 0);
	if (sess_pool == NULL || op_pool == NULL || mp == NULL) {
		fprintf(stderr, "pools: %s\n", rte_strerror(rte_errno));
		return -1;
	}
	for (i = 0; i < nb_ops; i++) {
		ops[i] = rte_crypto_op_alloc(op_pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
		m = rte_pktmbuf_alloc(mp);
		if (ops[i] == NULL || m == NULL)
			return -1;
		ops[i]->sym->m_src = m;
		memset(rte_pktmbuf_append(m, max_size), i, max_size);
	}
	return esp_pools(nb_ops, max_size);
}
