/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The raw data path of the whole driver, beside ops on the same queue pair, against a
 * device that says what it likes.
 *
 * Input: ring layout, the session's algorithms, then calls: vectors with any lengths,
 * heads and tails, with iv, digest and AAD or without, alone and in bursts, shown to the
 * device in part, in full, or discarded; ops; dequeues of either kind; what the device does.
 * What was taken and not discarded comes back exactly once, on the side that it came from,
 * with a status; the counts agree; a buffer that no operation in flight has is not written.
 */
#include <errno.h>

#include <rte_malloc.h>
#include <rte_memory.h>

#include "fuzz_rig.h"

#define MAX_CALLS	40u
#define NB_DESC		16u
#define NB_BUFS		32u
#define BUF		256u	/* bytes of one, of which those behind LEN_MAX stay as they are */
#define LEN_MAX		200u
#define NB_VECS		6u
#define MAX_OPS		16u
#define MAX_RAW		64u
#define MAX_BURST	6u
#define DRAIN_POLLS	300u
#define BREAK_EVERY	50u
#define GUARD		0x6b

/* One raw operation; its address is the user data. */
struct piece {
	bool in_flight;
};

struct state {
	struct fuzz_rig f;
	struct fuzz_input *in;
	void *session;
	struct rte_crypto_raw_dp_ctx *ctx;
	bool started, configured, gmac;
	struct piece piece[MAX_RAW];
	unsigned int nb_pieces;		/* used up: each is used once */
	unsigned int nb_raw, nb_hidden;	/* in flight; of these not yet shown */
	struct rte_crypto_op *op[MAX_OPS];
	unsigned int nb_ops;
};

static uint8_t *bufs;
static struct state s;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	rig_init("fuzz_raw");
	bufs = rte_malloc("bufs", BUF * NB_BUFS, 64);
	FUZZ_CHECK(bufs != NULL);
	memset(bufs, GUARD, BUF * NB_BUFS);
	return 0;
}

/* ---- sessions ---- */

static struct rte_crypto_sym_xform
cipher_xform(const uint8_t *key, uint8_t how)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = how & 1 ? RTE_CRYPTO_CIPHER_OP_ENCRYPT : RTE_CRYPTO_CIPHER_OP_DECRYPT,
			.algo = how & 2 ? RTE_CRYPTO_CIPHER_AES_CTR : RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { key, 16 }, .iv = { RIG_IV, 16 },
		},
	};
}

static struct rte_crypto_sym_xform
auth_xform(const uint8_t *key, uint8_t how)
{
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = {
			.op = how & 4 ? RTE_CRYPTO_AUTH_OP_GENERATE : RTE_CRYPTO_AUTH_OP_VERIFY,
			.algo = how & 8 ? RTE_CRYPTO_AUTH_SHA1_HMAC : RTE_CRYPTO_AUTH_SHA256,
			.key = { key, how & 8 ? 20 : 0 }, .digest_length = how & 8 ? 20 : 32,
		},
	};

	if (how & 16) {
		x.auth.algo = RTE_CRYPTO_AUTH_AES_GMAC;
		x.auth.key.length = 16;
		x.auth.digest_length = 16;
		x.auth.iv.offset = RIG_IV;
		x.auth.iv.length = 12;
	}
	return x;
}

static struct rte_crypto_sym_xform
aead_xform(const uint8_t *key, uint8_t how)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = how & 1 ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
			.algo = how & 2 ? RTE_CRYPTO_AEAD_AES_GCM : RTE_CRYPTO_AEAD_AES_CCM,
			.key = { key, 16 }, .iv = { RIG_IV, 12 }, .digest_length = 16,
			.aad_length = how & 4 ? 12 : 0,
		},
	};
}

static void
create_session(uint8_t how)
{
	static const uint8_t key[32] = { 1, 2, 3, 4, 5 };
	struct rte_crypto_sym_xform a = cipher_xform(key, how), b = auth_xform(key, how & ~16);

	switch (how >> 5) {
	case 0: case 1: break;
	case 2:		/* cipher, then digest; or the other way round */
		if (a.cipher.op == RTE_CRYPTO_CIPHER_OP_ENCRYPT)
			b.auth.op = RTE_CRYPTO_AUTH_OP_GENERATE;
		a.next = &b;
		break;
	case 3:
		b.next = &a;
		s.session = rig_session(s.f.r, &b);
		return;
	case 4: case 5:
		a = auth_xform(key, how);
		s.gmac = (how & 16) != 0;
		break;
	default:
		a = aead_xform(key, how);
		break;
	}
	s.session = rig_session(s.f.r, &a);
}

/* What was not shown is discarded, and never comes back. */
static void
forget(void)
{
	s.nb_raw -= s.nb_hidden;
	s.nb_hidden = 0;
}

static void
configure(uint8_t how)
{
	union rte_cryptodev_session_ctx ctx = { .crypto_sess = s.session };

	bool update = s.configured && (how & 1);

	if (!s.started || s.session == NULL)
		return;
	if (!update)
		forget();
	/* A context that is refused is what it was. */
	if (rte_cryptodev_configure_raw_dp_ctx(s.f.r->id, 0, s.ctx,
			how == 0xff ? RTE_CRYPTO_OP_SECURITY_SESSION : RTE_CRYPTO_OP_WITH_SESSION,
			ctx, update) == 0)
		s.configured = true;
}

/* ---- raw operations ---- */

static uint8_t *
buf(uint8_t i)
{
	return bufs + i % NB_BUFS * BUF;
}

static struct rte_crypto_va_iova_ptr
pointer(uint8_t how)
{
	uint8_t *p = buf(how);

	/* Without an address for the device, or nothing at all. */
	return (struct rte_crypto_va_iova_ptr){ how < 0xf8 ? p : NULL,
		how < 0xf0 ? rte_mem_virt2iova(p) : 0 };
}

static unsigned int
vectors(struct rte_crypto_vec *v)
{
	unsigned int nb = fuzz_u8(s.in), i;

	nb = nb < 0xf8 ? 1 + (nb & 3) % NB_VECS : 0;
	for (i = 0; i < nb; i++) {
		uint8_t which = fuzz_u8(s.in), len = fuzz_u8(s.in);

		v[i] = (struct rte_crypto_vec){ .base = buf(which),
			.iova = rte_mem_virt2iova(buf(which)),
			.len = which & 128 ? len % LEN_MAX : (len & 7) * 16u };
	}
	return nb;
}

static union rte_crypto_sym_ofs
offsets(void)
{
	union rte_crypto_sym_ofs o = { .raw = 0 };
	uint8_t how = fuzz_u8(s.in);

	if (how & 1)
		o.ofs.cipher.head = fuzz_u8(s.in) & 63;
	if (how & 2)
		o.ofs.cipher.tail = fuzz_u8(s.in) & 63;
	if (how & 4)
		o.ofs.auth.head = fuzz_u8(s.in) & 63;
	if (how & 8)
		o.ofs.auth.tail = fuzz_u8(s.in) & 63;
	if ((how & 0xf0) == 0xf0)
		o.raw = fuzz_u64(s.in);
	return o;
}

static void
taken(unsigned int nb)
{
	FUZZ_CHECK(s.nb_pieces + nb <= MAX_RAW);
	s.nb_raw += nb;
	s.nb_hidden += nb;
	while (nb-- > 0)
		s.piece[s.nb_pieces++].in_flight = true;
}

static void
enqueue_raw(void)
{
	struct rte_crypto_vec v[NB_VECS];
	unsigned int nb = vectors(v);
	union rte_crypto_sym_ofs ofs = offsets();
	uint8_t how = fuzz_u8(s.in);
	struct rte_crypto_va_iova_ptr iv = pointer(how), digest = pointer(fuzz_u8(s.in)),
		aad = pointer(fuzz_u8(s.in));
	int rc;

	if (!s.configured || s.nb_pieces == MAX_RAW)
		return;
	rc = rte_cryptodev_raw_enqueue(s.ctx, v, (uint16_t)nb, ofs, how == 0xee ? NULL : &iv,
			how == 0xed ? NULL : &digest, how == 0xec ? NULL : &aad,
			&s.piece[s.nb_pieces]);
	FUZZ_CHECK(rc == 0 || rc == -ENOSPC || rc == -EINVAL);
	if (rc == 0)
		taken(1);
}

static void
enqueue_raw_burst(void)
{
	struct rte_crypto_vec v[MAX_BURST][NB_VECS], w[MAX_BURST][NB_VECS];
	struct rte_crypto_sgl src[MAX_BURST] = { 0 }, dst[MAX_BURST] = { 0 };
	struct rte_crypto_va_iova_ptr iv[MAX_BURST], digest[MAX_BURST], aad[MAX_BURST];
	uint8_t how = fuzz_u8(s.in);
	struct rte_crypto_sym_vec vec = { .num = 1 + (how & 7) % MAX_BURST, .src_sgl = src };
	union rte_crypto_sym_ofs ofs = offsets();
	void *user[MAX_BURST];
	uint32_t i, n;
	int status = -1;

	if (!s.configured || s.nb_pieces + vec.num > MAX_RAW)
		return;
	for (i = 0; i < vec.num; i++) {
		src[i].vec = v[i];
		src[i].num = vectors(v[i]);
		dst[i].vec = w[i];
		dst[i].num = how & 8 ? vectors(w[i]) : 0;
		iv[i] = pointer(fuzz_u8(s.in));
		digest[i] = pointer(fuzz_u8(s.in));
		aad[i] = pointer(fuzz_u8(s.in));
		user[i] = &s.piece[s.nb_pieces + i];
	}
	vec.dest_sgl = how & 8 ? dst : NULL;
	vec.iv = how & 16 ? NULL : iv;
	vec.digest = how & 32 ? NULL : digest;
	vec.aad = how & 64 ? NULL : aad;
	n = rte_cryptodev_raw_enqueue_burst(s.ctx, &vec, ofs, user, &status);
	FUZZ_CHECK(n <= vec.num && (status == 0 || (status < 0 && n < vec.num)));
	taken(n);
}

/* A queue that was lost or broken meanwhile has none of them any more: then all go. */
static void
show(unsigned int nb)
{
	int rc;

	if (!s.configured)
		return;
	FUZZ_CHECK(rte_cryptodev_raw_enqueue_done(s.ctx, s.nb_hidden + 1) == -EINVAL);
	rc = rte_cryptodev_raw_enqueue_done(s.ctx, nb);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	if (rc == 0)
		s.nb_hidden -= nb;
	else
		configure(0);
}

static void
came_back(void *user, uint8_t status)
{
	struct piece *p = user;

	FUZZ_CHECK(p >= s.piece && p < s.piece + s.nb_pieces && p->in_flight);
	FUZZ_CHECK(status != RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
	p->in_flight = false;
	s.nb_raw--;
}

static void
dequeue_raw(void)
{
	enum rte_crypto_op_status status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	int n = -1;
	void *user;

	if (!s.configured)
		return;
	user = rte_cryptodev_raw_dequeue(s.ctx, &n, &status);
	FUZZ_CHECK(n == (user != NULL));
	if (user != NULL)
		came_back(user, (uint8_t)status);
	FUZZ_CHECK(rte_cryptodev_raw_dequeue_done(s.ctx, (uint32_t)n) == 0);
}

static uint32_t count, nb_posted, nb_posted_ok;

static uint32_t
get_count(void *user)
{
	FUZZ_CHECK(user != NULL);
	return count;
}

static void
posted(void *user, uint32_t index, uint8_t ok)
{
	FUZZ_CHECK(user != NULL && index == nb_posted);
	nb_posted++;
	nb_posted_ok += ok;
}

static void
dequeue_raw_burst(void)
{
	void *user[MAX_RAW] = { NULL };
	uint8_t how = fuzz_u8(s.in);
	uint32_t n, i, ok = 0;
	int status = -1;

	if (!s.configured)
		return;
	count = fuzz_u8(s.in) & 63;
	nb_posted = nb_posted_ok = 0;
	n = rte_cryptodev_raw_dequeue_burst(s.ctx, how & 1 ? get_count : NULL, count,
			how & 2 ? posted : NULL, user, 1, &ok, &status);
	FUZZ_CHECK(n <= count && ok <= n && status == (n != 0 || (s.nb_raw != 0 && status == 1)));
	FUZZ_CHECK((how & 2) == 0 || (nb_posted == n && nb_posted_ok == ok));
	for (i = 0; i < n; i++)
		came_back(user[i], RTE_CRYPTO_OP_STATUS_SUCCESS);
}

/* ---- ops on the same queue pair ---- */

static void
enqueue_op(uint8_t how)
{
	struct rte_crypto_op *op;

	if (!s.started || s.session == NULL || s.nb_ops == MAX_OPS)
		return;
	op = rig_op(s.session, 16u * (1 + (how & 7)));
	op->sym->auth.data.offset = op->sym->cipher.data.offset;
	op->sym->auth.data.length = op->sym->cipher.data.length;
	op->sym->auth.digest.data = rte_crypto_op_ctod_offset(op, uint8_t *, RIG_DIGEST);
	op->sym->auth.digest.phys_addr = rte_crypto_op_ctophys_offset(op, RIG_DIGEST);
	if (rig_enqueue(s.f.r, 0, &op, 1) == 1)
		s.op[s.nb_ops++] = op;
	else
		rig_op_free(op);
}

static void
dequeue_ops(void)
{
	struct rte_crypto_op *got[8];
	unsigned int k;
	uint16_t n, i;

	if (!s.started)
		return;
	n = rte_cryptodev_dequeue_burst(s.f.r->id, 0, got, 8);
	FUZZ_CHECK(n <= 8);
	for (i = 0; i < n; i++) {
		for (k = 0; k < s.nb_ops && s.op[k] != got[i]; k++)
			;
		FUZZ_CHECK(k < s.nb_ops);
		FUZZ_CHECK(got[i]->status != RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
		s.op[k] = s.op[--s.nb_ops];
		rig_op_free(got[i]);
	}
}

/* ---- life ---- */

static void
start(void)
{
	if (s.started || rig_configure(s.f.r, 1) != 0 || rig_setup(s.f.r, 0, NB_DESC) != 0)
		return;
	s.started = rte_cryptodev_start(s.f.r->id) == 0;
}

/* Whatever the device does: once it wants a reset, everything comes back.  What is sent
 * again after a recovery is served, or lost once more.
 */
static void
stop(void)
{
	unsigned int polls;

	if (!s.started)
		return;
	if (s.configured)
		show(s.nb_hidden);
	s.f.r->m.data_silent = false;
	for (polls = 0; polls < DRAIN_POLLS && s.nb_ops + s.nb_raw != 0; polls++) {
		if (polls % BREAK_EVERY == 0)
			fake_pci_break(s.f.r->f);
		rig_tick();
		model_work(&s.f.r->m);
		dequeue_ops();
		dequeue_raw();
	}
	FUZZ_CHECK(s.nb_ops == 0 && s.nb_raw == 0);
	rte_cryptodev_stop(s.f.r->id);
	s.started = s.configured = false;
}

/* Without ops in flight, and a session anew: the old one may be of an earlier life. */
static void
restart(uint8_t how)
{
	stop();
	if (s.session != NULL)
		rig_session_free(s.f.r, s.session);
	s.session = NULL;
	start();
	if (s.started)
		create_session(how);
	configure(0);
}

static void
call(void)
{
	uint8_t op = fuzz_u8(s.in);

	switch (op % 16) {
	case 0: case 1: case 2: enqueue_raw(); break;
	case 3: case 4: enqueue_raw_burst(); break;
	case 5: show(s.nb_hidden); break;
	case 6: show(s.nb_hidden * (op >> 4) / 16); break;
	case 7: dequeue_raw(); break;
	case 8: dequeue_raw_burst(); break;
	case 9: enqueue_op(op >> 4); break;
	case 10: dequeue_ops(); break;
	case 11: model_work(&s.f.r->m); break;
	case 12: fuzz_rig_behave(&s.f, s.in); break;
	case 13: fuzz_rig_scribble(&s.f, s.in); break;
	case 14: s.f.r->m.mode = op & 16 ? MODEL_INLINE : MODEL_PUMPED; break;
	case 15:
		if (op & 64)
			configure(fuzz_u8(s.in));
		else if (op & 128)
			restart(fuzz_u8(s.in));
		else
			rig_tick();
		break;
	}
}

static void
check_guards(void)
{
	unsigned int i, b;

	for (i = 0; i < NB_BUFS; i++)
		for (b = LEN_MAX; b < BUF; b++)
			FUZZ_CHECK(bufs[i * BUF + b] == GUARD);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	struct rig_conf conf = {
		.features = rig_kinds[how & 3].features |
			(how & 4 ? VIRTIO_CRYPTO_F_REVISION_1 : 0) |
			(how & 8 ? VIRTIO_F_EVENT_IDX : 0),
		.size = 32, .devargs = how & 16 ? "ctrl_timeout_ms=1,recover=1" :
			"ctrl_timeout_ms=1,revision_1=1",
	};
	unsigned int calls = 0;

	if (how & 32)
		conf.features &= ~VIRTIO_F_INDIRECT_DESC;
	memset(&s, 0, sizeof(s));
	s.in = &in;
	s.f.r = rig_open(&conf);
	FUZZ_CHECK(rig_probe(s.f.r) == 0);
	s.ctx = calloc(1, (size_t)rte_cryptodev_get_raw_dp_ctx_size(s.f.r->id));
	restart(fuzz_u8(&in));
	while (in.left > 0 && calls++ < MAX_CALLS)
		call();
	stop();
	s.f.r->m.ctrl_silent = false;
	if (s.session != NULL)
		rig_session_free(s.f.r, s.session);
	free(s.ctx);
	fuzz_rig_close(&s.f);
	check_guards();
	return 0;
}
