/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See the header.
 */
#include <rte_cycles.h>
#include <rte_malloc.h>

#include "fuzz_rig.h"

/* So few that each wait's time is up when it looks at the clock first: the device answers at
 * once or never, and a number of looks that depends on the machine would be in the coverage.
 */
uint64_t __wrap_rte_get_tsc_hz(void);
uint64_t
__wrap_rte_get_tsc_hz(void)
{
	return 1;
}

void
fuzz_rig_scribble(struct fuzz_rig *f, struct fuzz_input *in)
{
	uint8_t which = fuzz_u8(in), at = fuzz_u8(in), len = fuzz_u8(in) & 15, bytes[16];
	struct fake_pci_queue *q = &f->r->f->queue[which % f->r->f->nb_queues];
	bool packed = (f->r->f->driver_features & VIRTIO_F_RING_PACKED) != 0;
	size_t room = packed ? 16u * q->size : 6u + 8u * q->size;

	fuzz_take(in, bytes, len);
	if (!q->enable || q->size == 0 || at + len > room)
		return;
	f->lied = true;
	memcpy((void *)(uintptr_t)(packed ? q->desc : q->device) + at, bytes, len);
}

void
fuzz_rig_behave(struct fuzz_rig *f, struct fuzz_input *in)
{
	struct model *m = &f->r->m;
	uint8_t what = fuzz_u8(in), value = fuzz_u8(in);

	f->lied = true;
	switch (what % 10) {
	case 0: m->ctrl_silent = value > 0xe0; break;	/* each costs many polls */
	case 1: m->data_silent = value & 1; break;
	case 2: m->ctrl_status = value & 1 ? MODEL_NONE : fuzz_u8(in); break;
	case 3: m->data_status = value & 1 ? MODEL_NONE : fuzz_u8(in); break;
	case 4: m->data_no_status = value & 1; break;
	case 5: m->used_len = value & 1 ? MODEL_NONE : (int64_t)fuzz_u32(in); break;
	case 6: m->next_id = fuzz_u64(in); m->id_step = value & 3; break;
	case 7: m->shuffle = value; break;
	case 8:
		fuzz_take(in, (uint8_t *)&f->r->f->device_cfg +
			value % sizeof(f->r->f->device_cfg), 1);
		fake_pci_config_changed(f->r->f);
		break;
	case 9:
		value = (uint8_t)(value % f->r->f->nb_queues);
		if (m->queue[value].enabled)
			model_push_raw(m, value, fuzz_u8(in), fuzz_u16(in));
		break;
	}
}

void
fuzz_rig_close(struct fuzz_rig *f)
{
	struct rig_usage before = f->r->before, now;

	rig_remove(f->r);
	log_capture_stop();
	if (!f->lied && model_violation(&f->r->m) != NULL) {
		dprintf(2, "violated: %s\n", model_violation(&f->r->m));
		abort();
	}
	FUZZ_CHECK(fake_pci_violation(f->r->f) == NULL);
	FUZZ_CHECK(f->r->f->nb_mapped == 0);
	model_fini(&f->r->m);
	fake_pci_destroy(f->r->f);
	free(f->r);
	rig_usage_now(&now);
	FUZZ_CHECK(now.ops == before.ops && now.mbufs == before.mbufs);
	FUZZ_CHECK(now.sessions == before.sessions);
	FUZZ_CHECK(now.memzones == before.memzones);
	FUZZ_CHECK(now.heap_blocks == before.heap_blocks);
}
