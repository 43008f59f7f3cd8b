/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The whole driver, probed on a device that says what it likes: configuration space,
 * answers on the control queue, completions, ring memory, status.
 *
 * Input: features, changes of the configuration space, then calls of rte_cryptodev and
 * of the device.  Each op comes back exactly once, a broken device gives them all back,
 * stop, close and remove end, and no memory is left behind.
 */
#include <errno.h>

#include "fuzz_rig.h"

#define MAX_CALLS	40u
#define NB_SESSIONS	8u
#define MAX_IN_FLIGHT	64u
#define DRAIN_POLLS	200u
#define NB_DESC		16u

struct state {
	struct fuzz_rig f;
	void *session[NB_SESSIONS];
	unsigned int nb_sessions, nb_qps;
	bool started;
	struct rte_crypto_op *op[MAX_IN_FLIGHT];	/* in flight */
	unsigned int nb_ops;
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	rig_init("fuzz_device");
	return 0;
}

/* ---- ops ---- */

static void
enqueue(struct state *s, struct fuzz_input *in)
{
	struct rte_crypto_op *ops[8];
	unsigned int nb = 1 + (fuzz_u8(in) & 7), i;
	uint16_t sent;

	if (!s->started || s->nb_sessions == 0 || s->nb_ops + nb > MAX_IN_FLIGHT)
		return;
	for (i = 0; i < nb; i++)
		ops[i] = rig_op(s->session[i % s->nb_sessions], 16u * (1 + i));
	sent = rig_enqueue(s->f.r, 0, ops, (uint16_t)nb);
	FUZZ_CHECK(sent <= nb);
	for (i = 0; i < nb; i++)
		if (i < sent)
			s->op[s->nb_ops++] = ops[i];
		else
			rig_op_free(ops[i]);
}

static unsigned int
dequeue(struct state *s)
{
	struct rte_crypto_op *got[16];
	uint16_t n, i;
	unsigned int k;

	if (!s->started)
		return 0;
	n = rte_cryptodev_dequeue_burst(s->f.r->id, 0, got, 16);
	FUZZ_CHECK(n <= 16);
	for (i = 0; i < n; i++) {
		for (k = 0; k < s->nb_ops && s->op[k] != got[i]; k++)
			;
		FUZZ_CHECK(k < s->nb_ops);
		FUZZ_CHECK(got[i]->status != RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
		s->op[k] = s->op[--s->nb_ops];
		rig_op_free(got[i]);
	}
	return n;
}

/* Whatever the device does: once it wants a reset, everything comes back. */
static void
end_of_ops(struct state *s)
{
	unsigned int polls;

	if (!s->started || s->nb_ops == 0)
		return;
	fake_pci_break(s->f.r->f);
	rig_tick();
	for (polls = 0; polls < DRAIN_POLLS && s->nb_ops != 0; polls++) {
		dequeue(s);
		rig_tick();
	}
	FUZZ_CHECK(s->nb_ops == 0);
}

/* ---- life ---- */

static void
stop(struct state *s)
{
	if (!s->started)
		return;
	end_of_ops(s);
	rte_cryptodev_stop(s->f.r->id);
	s->started = false;
}

static void
start(struct state *s, uint8_t how)
{
	struct rte_cryptodev_info info;
	unsigned int i, nb = 1 + (how & 1);

	if (s->started)
		return;
	rte_cryptodev_info_get(s->f.r->id, &info);
	if (info.max_nb_queue_pairs < nb)
		nb = info.max_nb_queue_pairs;
	if (nb == 0 || rig_configure(s->f.r, (uint16_t)nb) != 0)
		return;
	for (i = 0; i < nb; i++)
		if (rig_setup(s->f.r, (uint16_t)i, NB_DESC) != 0)
			return;
	s->started = rte_cryptodev_start(s->f.r->id) == 0;
}

static void
session_create(struct state *s, uint8_t how)
{
	void *session;

	if (s->nb_sessions == NB_SESSIONS)
		return;
	session = rig_cbc_session(s->f.r, how, how & 1 ? RTE_CRYPTO_CIPHER_OP_ENCRYPT :
		RTE_CRYPTO_CIPHER_OP_DECRYPT);
	if (session != NULL)
		s->session[s->nb_sessions++] = session;
}

/* Only with no op that may use it. */
static void
session_free(struct state *s)
{
	if (s->nb_sessions == 0 || s->nb_ops != 0)
		return;
	s->nb_sessions--;
	(void)rte_cryptodev_sym_session_free(s->f.r->id, s->session[s->nb_sessions]);
}

/* ---- one input ---- */

static void
call(struct state *s, struct fuzz_input *in)
{
	uint8_t op = fuzz_u8(in), arg = fuzz_u8(in);

	switch (op % 16) {
	case 0: start(s, arg); break;
	case 1: stop(s); break;
	case 2: case 3: session_create(s, arg); break;
	case 4: session_free(s); break;
	case 5: case 6: enqueue(s, in); break;
	case 7: case 8: dequeue(s); break;
	case 9: model_work(&s->f.r->m); break;
	case 10: fuzz_rig_scribble(&s->f, in); break;
	case 11: case 12: fuzz_rig_behave(&s->f, in); break;
	case 13: rig_tick(); break;
	case 14:
		if (arg == 0xff)
			fake_pci_remove(s->f.r->f);
		else if (arg > 0xf0)
			fake_pci_break(s->f.r->f);
		break;
	case 15: s->f.r->m.mode = arg & 1 ? MODEL_INLINE : MODEL_PUMPED; break;
	}
}

static void
tear_down(struct state *s)
{
	stop(s);
	s->f.r->m.ctrl_silent = false;
	while (s->nb_sessions > 0)
		session_free(s);
	fuzz_rig_close(&s->f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in), n = fuzz_u8(&in) & 3;
	struct rig_conf conf = {
		.features = rig_kinds[how & 3].features |
			(how & 4 ? VIRTIO_CRYPTO_F_REVISION_1 : 0) |
			(how & 8 ? VIRTIO_F_EVENT_IDX : 0),
		.size = 16, .devargs = how & 16 ? "ctrl_timeout_ms=1,recover=1" :
			"ctrl_timeout_ms=1,revision_1=1",
	};
	struct state s = { .f.r = rig_open(&conf) };
	unsigned int calls = 0;
	int rc;

	/* With another number of queues even the control queue is another one. */
	s.f.lied = n != 0;
	while (n-- > 0)
		fuzz_take(&in, (uint8_t *)&s.f.r->f->device_cfg +
			fuzz_u8(&in) % sizeof(s.f.r->f->device_cfg), 1);
	rc = rig_probe(s.f.r);
	FUZZ_CHECK(rc <= 0);
	if (rc == 0) {
		start(&s, how >> 5);
		while (in.left > 0 && calls++ < MAX_CALLS)
			call(&s, &in);
	}
	tear_down(&s);
	return 0;
}
