/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the programs of this suite share: EAL without hugepages, the unmodified driver
 * probed on a fake PCI function with the model of the device behind it, pools, ops, and
 * a look at what memory is in use before and after.
 *
 * A test: rig_up (or rig_open, rig_probe, ...), calls of rte_cryptodev, rig_close.
 * rig_close fails the test if the driver broke a rule of the bus or of the device,
 * logged an error that the test did not expect, or left memory behind.
 */
#ifndef RIG_H
#define RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_cryptodev.h>
#include <rte_devargs.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "fake_pci.h"
#include "lib/wire/virtio.h"
#include "log_capture.h"
#include "model.h"

#define RIG_NB_OPS	4096
#define RIG_NB_SESSIONS	256
#define RIG_NB_MBUFS	4096
#define RIG_BUF		2048	/* bytes of data room of an mbuf, headroom apart */
#define RIG_NB_BIG	8
#define RIG_BIG		40000	/* the same for a big one */

/* Where an op of the pool has its iv, digest and AAD, from the op's start. */
#define RIG_IV		(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define RIG_DIGEST	(RIG_IV + 64)
#define RIG_AAD		(RIG_DIGEST + 64)
#define RIG_PRIV	(64 + 64 + 256)

struct rig_conf {
	uint64_t features;	/* offered besides VERSION_1 and ACCESS_PLATFORM */
	uint16_t nb_data;	/* data queues; 0: 2 */
	uint16_t size;		/* entries of each queue; 0: 256 */
	enum model_mode mode;
	const char *devargs;	/* or NULL */
	bool vectors;		/* fake_pci_add_vectors */
};

struct rig_usage {
	size_t heap_bytes;
	unsigned int heap_blocks, memzones, sessions, ops, mbufs, bigs;
};

struct rig {
	struct fake_pci *f;
	struct model m;
	struct rte_devargs devargs;
	bool probed;
	uint8_t id;
	struct rig_usage before;
	bool memory_lost;	/* on purpose: rig_close does not look at it */
};

/* A device's features, by name; the suites run over all or some of them. */
struct rig_variant {
	const char *name;
	uint64_t features;
};
/* {split, packed} x {in order or not} x the options, in a few combinations each. */
extern const struct rig_variant rig_variants[];
extern const unsigned int rig_nb_variants;
/* split, split in order, packed, packed in order, all with INDIRECT and RING_RESET. */
extern const struct rig_variant rig_kinds[4];

extern struct rte_mempool *rig_sessions, *rig_ops, *rig_mbufs, *rig_bigs;

/* Once per program, before the tests: EAL and pools.  Ends the program on failure. */
void rig_init(const char *program);
/* The same with EAL's telemetry socket. */
void rig_init_telemetry(const char *program);

/* The device, not yet probed. */
struct rig *rig_open(const struct rig_conf *conf);
int rig_probe(struct rig *r);
void rig_remove(struct rig *r);
/* Probe, configure, set up, start: all must work. */
struct rig *rig_up(const struct rig_conf *conf, uint16_t nb_qps, uint32_t nb_desc);
/* The same from where a device is. */
int rig_configure(struct rig *r, uint16_t nb_qps);
int rig_setup(struct rig *r, uint16_t qp, uint32_t nb_desc);
void rig_start(struct rig *r, uint16_t nb_qps, uint32_t nb_desc);
void rig_close(struct rig *r);

/* Runs each alarm that is set (the driver's watch over its devices); EAL's own thread
 * is not used, so that nothing depends on the time.  How many there were.
 */
unsigned int rig_tick(void);
/* Those alone that are set for less than a millisecond. */
unsigned int rig_tick_now(void);

/* Lines at level error since the last time: exactly nb, the last with text in it. */
void rig_expect_errors(unsigned int nb, const char *text);
/* The same where DPDK's library has something to say as well: nb of the driver's. */
void rig_expect_driver_errors(unsigned int nb, const char *text);
void rig_usage_now(struct rig_usage *u);

/* AES-128-CBC, the key all of one byte. */
void *rig_cbc_session(struct rig *r, uint8_t key_byte, enum rte_crypto_cipher_operation op);
void *rig_session(struct rig *r, struct rte_crypto_sym_xform *xform);
void rig_session_free(struct rig *r, void *session);

/* An op with a buffer of len bytes (a pattern), iv and lengths for a cipher. */
struct rte_crypto_op *rig_op(void *session, uint32_t len);
/* With its buffers. */
void rig_op_free(struct rte_crypto_op *op);
static inline uint8_t *
rig_iv(struct rte_crypto_op *op)
{
	return rte_crypto_op_ctod_offset(op, uint8_t *, RIG_IV);
}

uint16_t rig_enqueue(struct rig *r, uint16_t qp, struct rte_crypto_op **ops, uint16_t nb);
/* Lets the device work and dequeues until nb are there; a bounded wait.  How many. */
uint16_t rig_dequeue(struct rig *r, uint16_t qp, struct rte_crypto_op **ops, uint16_t nb);
/* One op through queue pair 0; its status.  Not freed. */
uint8_t rig_run(struct rig *r, struct rte_crypto_op *op);
/* Is the buffer of a CBC op of rig_cbc_session the right ciphertext? */
bool rig_cbc_right(struct rte_crypto_op *op, uint8_t key_byte);
/* nb ops of different lengths through a queue pair, all right. */
void rig_traffic(struct rig *r, uint16_t qp, uint8_t key_byte, void *session, unsigned int nb);

/* Bytes of a pattern that differs for each seed. */
void rig_pattern(uint8_t *to, size_t len, uint32_t seed);

#endif
