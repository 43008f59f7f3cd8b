/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments as they are promised: by the feature flags, by the device argument
 * max_segments, and as many ops of them at once as the queue pair has descriptors.
 */
#include <string.h>

#include "ops.h"
#include "reference.h"

#define KEY	0x5c
#define PART	16u	/* bytes of a segment */

/* From nb segments into one, or in place. */
static struct rte_crypto_op *
op_of(void *session, unsigned int nb, bool in_place)
{
	struct rte_crypto_op *op = ops_bare(session);
	uint8_t data[OPS_MAX];

	rig_pattern(data, nb * PART, nb);
	op->sym->m_src = ops_parts(PART, nb);
	ops_write(op->sym->m_src, data, nb * PART);
	op->sym->m_dst = in_place ? NULL : ops_chain(nb * PART, 1);
	op->sym->cipher.data.offset = 0;
	op->sym->cipher.data.length = nb * PART;
	return op;
}

static bool
right(struct rte_crypto_op *op, unsigned int nb)
{
	uint8_t key[16], data[OPS_MAX], want[OPS_MAX];
	struct ref_key k = { key, sizeof(key), rig_iv(op), 16 };

	memset(key, KEY, sizeof(key));
	rig_pattern(data, nb * PART, nb);
	ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CBC, true, &k, want, data, nb * PART);
	ops_read(op->sym->m_dst != NULL ? op->sym->m_dst : op->sym->m_src, data, nb * PART);
	return op->status == RTE_CRYPTO_OP_STATUS_SUCCESS && memcmp(data, want, nb * PART) == 0;
}

/* As many ops of many segments as the queue pair has descriptors are in flight at once, and
 * more are not taken: programs rely on that number.
 */
static void
every_slot_holds_the_longest(void **state)
{
	enum { NB = 128, SEGS = 30 };	/* as many mbufs as there are */
	static struct rte_crypto_op *op[NB + 1], *got[NB];
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, NB);
		void *session = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

		r->m.mode = MODEL_PUMPED;
		for (i = 0; i <= NB; i++)
			op[i] = op_of(session, SEGS, true);
		assert_int_equal(rig_enqueue(r, 0, op, NB), NB);
		assert_int_equal(rig_enqueue(r, 0, op + NB, 1), 0);
		assert_int_equal(rig_dequeue(r, 0, got, NB), NB);
		r->m.mode = MODEL_INLINE;
		for (i = 0; i <= NB; i++) {
			assert_true(i == NB || right(op[i], SEGS));
			ops_free(op[i]);
		}
		rig_session_free(r, session);
		rig_close(r);
	}
}

static void
end_at(struct rig *r, void *session, unsigned int most)
{
	struct rte_crypto_op *op = op_of(session, most, false);
	unsigned int n;

	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_true(right(op, most));
	ops_free(op);
	op = op_of(session, most + 1, false);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	assert_int_equal(n, 0);
	ops_free(op);
}

/* Promised where the device's queue has room for the longest table, and not where it has
 * not; a device argument says what the longest is.
 */
static void
segments_are_promised(void **state)
{
	static const uint64_t flags = RTE_CRYPTODEV_FF_IN_PLACE_SGL |
		RTE_CRYPTODEV_FF_OOP_SGL_IN_SGL_OUT | RTE_CRYPTODEV_FF_OOP_SGL_IN_LB_OUT |
		RTE_CRYPTODEV_FF_OOP_LB_IN_SGL_OUT;
	static const struct {
		uint16_t size;
		const char *devargs;
		bool promised;
		unsigned int most;	/* segments of a source, into a linear buffer */
	} c[] = {
		{ 8, NULL, false, 5 }, { 64, NULL, false, 61 }, { 128, NULL, true, 69 },
		{ 8, "max_segments=3", true, 5 }, { 64, "max_segments=59", true, 61 },
		{ 256, "max_segments=119", true, 121 }, { 128, "max_segments=125", false, 125 },
	};
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (i = 0; i < RTE_DIM(c); i++) {
			struct rig_conf conf = { .features = rig_kinds[k].features,
				.size = c[i].size, .devargs = c[i].devargs };
			struct rig *r = rig_up(&conf, 1, c[i].size);
			struct rte_cryptodev_info info;
			void *session = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

			rte_cryptodev_info_get(r->id, &info);
			assert_int_equal(info.feature_flags & flags, c[i].promised ? flags : 0);
			end_at(r, session, c[i].most);
			rig_session_free(r, session);
			rig_close(r);
		}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_holds_the_longest),
		cmocka_unit_test(segments_are_promised),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
