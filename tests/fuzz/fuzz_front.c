/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vhost-user transport against a back end that answers what it likes.
 *
 * Input: calls of the transport, as the life cycle makes them and in other orders, and,
 * from its end, how each message is answered: as it should be, changed, short, long, with
 * descriptors, or by hanging up.  Sending ends here (the back end is this
 * function, so no other thread is needed); receiving is the transport's own.  The memory
 * that is shared is one file.  Nothing waits: a back end that owes an answer hangs up.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_memory.h>

#include "drivers/crypto/vcrypto/transport/vhost_user/transport_vhost_user.h"
#include "drivers/crypto/vcrypto/transport/vhost_user/vhu_socket.h"
#include "fuzz_fds.h"
#include "fuzz_input.h"
#include "fuzz_log.h"
#include "lib/wire/virtio.h"
#include "vhu.h"

#define MAX_CALLS	48u
#define MEM_BYTES	(64u * 4096u)
#define UP	(VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK)

int vcrypto_logtype = RTE_LOGTYPE_USER1;

static struct fuzz_input input;
static int peer = -1, mem_fd;
static void *mem;
static uint8_t status;

/* ---- in place of DPDK's memory ---- */

int __wrap_rte_memseg_walk_thread_unsafe(rte_memseg_walk_t func, void *arg);
int
__wrap_rte_memseg_walk_thread_unsafe(rte_memseg_walk_t func, void *arg)
{
	struct rte_memseg_list msl = { 0 };
	struct rte_memseg seg = { .addr = mem, .len = MEM_BYTES };

	return func(&msl, &seg, arg);
}

int __wrap_rte_memseg_get_fd_thread_unsafe(const struct rte_memseg *ms);
int
__wrap_rte_memseg_get_fd_thread_unsafe(const struct rte_memseg *ms)
{
	(void)ms;
	return mem_fd;
}

int __wrap_rte_memseg_get_fd_offset_thread_unsafe(const struct rte_memseg *ms, size_t *offset);
int
__wrap_rte_memseg_get_fd_offset_thread_unsafe(const struct rte_memseg *ms, size_t *offset)
{
	(void)ms;
	*offset = 0;
	return 0;
}

int __wrap_rte_mem_event_callback_register(const char *name, rte_mem_event_callback_t clb,
		void *arg);
int
__wrap_rte_mem_event_callback_register(const char *name, rte_mem_event_callback_t clb, void *arg)
{
	(void)name;
	(void)clb;
	(void)arg;
	return 0;
}

int __wrap_rte_mem_event_callback_unregister(const char *name, void *arg);
int
__wrap_rte_mem_event_callback_unregister(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return 0;
}

/* ---- the back end ---- */

int __wrap_vcrypto_vhu_socket_connect(int *sock, const struct vcrypto_vhu_args *args);
int
__wrap_vcrypto_vhu_socket_connect(int *sock, const struct vcrypto_vhu_args *args)
{
	int pair[2];

	(void)args;
	if (peer >= 0)
		close(peer);
	peer = -1;
	if (fuzz_back_u8(&input) == 0xff)
		return -ECONNREFUSED;
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	*sock = pair[0];
	peer = pair[1];
	status = 0;
	return 0;
}

static uint64_t
honest_u64(uint32_t request)
{
	switch (request) {
	case VHU_GET_FEATURES:
		return VHU_F_PROTOCOL_FEATURES | VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC |
			VIRTIO_F_EVENT_IDX | VIRTIO_F_RING_PACKED;
	case VHU_GET_PROTOCOL_FEATURES:
		/* A byte takes some of them away. */
		return (VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK | VHU_PROTO_F_CRYPTO_SESSION |
			VHU_PROTO_F_CONFIG | VHU_PROTO_F_RESET_DEVICE | VHU_PROTO_F_STATUS |
			VHU_PROTO_F_CONFIGURE_MEM_SLOTS) & ~((uint64_t)fuzz_back_u8(&input) << 9) &
			~(uint64_t)(fuzz_back_u8(&input) & 0x88);
	case VHU_GET_QUEUE_NUM:
	case VHU_GET_MAX_MEM_SLOTS:
		return 8;
	case VHU_GET_STATUS:
		return status;
	}
	return 0;
}

/* The honest answer's payload; 0 bytes: there is none. */
static size_t
honest(uint8_t *to, const struct vhu_header *hdr, const void *payload)
{
	struct vhu_config *config = (void *)to;
	uint64_t v;

	switch (hdr->request) {
	case VHU_GET_FEATURES: case VHU_GET_PROTOCOL_FEATURES: case VHU_GET_QUEUE_NUM:
	case VHU_GET_MAX_MEM_SLOTS: case VHU_GET_STATUS:
		v = honest_u64(hdr->request);
		memcpy(to, &v, sizeof(v));
		return sizeof(v);
	case VHU_GET_CONFIG:
		memcpy(to, payload, hdr->size);
		if (config->hdr.offset == 0 && config->hdr.size >= 8) {
			config->space[0] = 1;	/* HW_READY */
			config->space[4] = 2;	/* max_dataqueues */
		}
		return hdr->size;
	case VHU_GET_VRING_BASE: case VHU_CREATE_CRYPTO_SESSION:
		memcpy(to, payload, hdr->size);
		return hdr->size;
	}
	if (hdr->request == VHU_SET_STATUS)
		memcpy(&status, payload, 1);
	if ((hdr->flags & VHU_FLAG_NEED_REPLY) == 0)
		return 0;
	memset(to, 0, 8);
	return 8;
}

static void
answer_fd(const void *bytes, size_t len)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} box = { 0 };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = box.bytes,
		.msg_controllen = sizeof(box.bytes) };

	box.align.cmsg_level = SOL_SOCKET;
	box.align.cmsg_type = SCM_RIGHTS;
	box.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&box.align), &mem_fd, sizeof(mem_fd));
	(void)!sendmsg(peer, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int __wrap_vhu_send(int sock, const struct vhu_header *hdr, const void *payload, const int *fds,
		unsigned int nb_fds, uint64_t deadline);
int
__wrap_vhu_send(int sock, const struct vhu_header *hdr, const void *payload, const int *fds,
		unsigned int nb_fds, uint64_t deadline)
{
	uint8_t bytes[sizeof(*hdr) + VHU_MAX_PAYLOAD + 64] = { 0 }, how = fuzz_back_u8(&input);
	struct vhu_header *reply = (void *)bytes;
	size_t len, at;

	(void)sock;
	(void)fds;
	(void)deadline;
	FUZZ_CHECK(hdr->size <= VHU_MAX_PAYLOAD && nb_fds <= VHU_MAX_FDS);
	if (peer < 0)
		return -ECONNRESET;
	len = honest(bytes + sizeof(*hdr), hdr, payload);
	*reply = (struct vhu_header){ hdr->request, VHU_VERSION | VHU_FLAG_REPLY,
		(uint32_t)len };
	switch (how) {
	case 0xf0:
		at = fuzz_back_u8(&input) % (sizeof(*hdr) + len);
		bytes[at] ^= fuzz_back_u8(&input);
		break;
	case 0xf1: case 0xf2: fuzz_back(&input, bytes + sizeof(*hdr), len); break;
	case 0xf3: reply->size = (uint32_t)(len = fuzz_back_u8(&input) & 63); break;
	case 0xf4: fuzz_back(&input, bytes, sizeof(*hdr)); break;
	case 0xf5: len = len / 2; break;
	case 0xf6: answer_fd(bytes, sizeof(*hdr) + len); return 0;
	case 0xf7: len = 0; break;
	case 0xf8: case 0xf9: case 0xfa:
		at = sizeof(*hdr) + fuzz_back_u8(&input) % (len + 1);
		fuzz_back(&input, bytes + at, 8);
		break;
	case 0xff: shutdown(peer, SHUT_WR); return 0;
	}
	/* What is owed and does not come: the back end hangs up. */
	if (len != 0)
		(void)!send(peer, bytes, sizeof(*hdr) + len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (how == 0xf7 || how == 0xf5)
		shutdown(peer, SHUT_WR);
	return 0;
}

/* ---- the life cycle ---- */

struct front {
	struct vcrypto_transport *t;
	uint64_t features;
	unsigned int enabled;		/* bit per queue */
	bool negotiated, live;
};

static void
negotiate(struct front *f, uint64_t wanted)
{
	const struct vcrypto_transport_ops *ops = f->t->ops;
	uint64_t offered = 0;

	f->enabled = 0;
	f->negotiated = f->live = false;
	if (ops->reset(f->t) != 0 || ops->set_status(f->t, VIRTIO_S_ACKNOWLEDGE) != 0 ||
			ops->set_status(f->t, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER) != 0 ||
			ops->get_features(f->t, &offered) != 0)
		return;
	f->features = offered & wanted & f->t->traits.features_allowed;
	f->negotiated = ops->set_features(f->t, f->features) == 0 &&
		ops->set_status(f->t, UP) == 0 && ops->get_status(f->t) == UP;
}

static void
enable(struct front *f, uint16_t index)
{
	struct vcrypto_queue_desc q = {
		.index = index, .size = 16, .packed = (f->features & VIRTIO_F_RING_PACKED) != 0,
		.desc = (uintptr_t)mem + index * 12288u,
		.driver = (uintptr_t)mem + index * 12288u + 4096u,
		.device = (uintptr_t)mem + index * 12288u + 8192u,
	};

	if (f->negotiated && (f->enabled & 1u << index) == 0 &&
			index < f->t->ops->nb_queues(f->t) &&
			f->t->ops->queue_enable(f->t, &q) == 0)
		f->enabled |= 1u << index;
}

static void
session(struct front *f, uint8_t how)
{
	static const uint8_t key[64] = { 1, 2, 3 };
	struct req_session s = {
		.kind = how & 1 ? REQ_CHAIN : REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = 16, .chain_order = 1,
		.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH,
		.auth_algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .auth_key = key, .auth_key_len = 20,
		.digest_len = 20,
	};
	uint32_t answer = 0;
	uint64_t id = 0;

	if (f->t->ops->session_create == NULL || f->t->traits.has_ctrlq || !f->negotiated)
		return;
	if ((how & 1) == 0)
		s.chain_order = s.hash_mode = s.auth_algo = s.auth_key_len = s.digest_len = 0;
	if (f->t->ops->session_create(f->t, &id, &answer, &s) == 0 && answer == 0)
		(void)f->t->ops->session_destroy(f->t, id, &answer);
}

static void
kick(struct front *f, uint16_t index)
{
	struct vcrypto_notify n;

	f->t->ops->queue_notify(f->t, index, &n);
	vcrypto_notify(&n, 0);
}

static void
call(struct front *f)
{
	uint8_t op = fuzz_u8(&input), arg = fuzz_u8(&input), config[256];
	const struct vcrypto_transport_ops *ops = f->t->ops;

	switch (op % 10) {
	case 0: negotiate(f, arg & 1 ? UINT64_MAX : ~VIRTIO_F_RING_PACKED); break;
	case 1: case 2: enable(f, arg % 3); break;
	case 3:
		if (f->negotiated)
			f->live = ops->set_status(f->t, UP | VIRTIO_S_DRIVER_OK) == 0;
		break;
	case 4:
		if (f->live && (f->enabled & 1u << arg % 3) != 0)
			kick(f, arg % 3);
		break;
	case 5:
		if (ops->queue_reset != NULL && f->live && (f->enabled & 1u << arg % 3) != 0 &&
				ops->queue_reset(f->t, arg % 3) == 0)
			f->enabled &= ~(1u << arg % 3);
		break;
	case 6: FUZZ_CHECK(ops->read_config(f->t, arg / 16 * 4u, config, arg % 16 * 4u) <= 0);
		break;
	case 7: (void)ops->check(f->t); break;
	case 8: session(f, arg); break;
	case 9: (void)ops->get_status(f->t); (void)ops->queue_max_size(f->t, arg); break;
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_log_nowhere();
	mem_fd = memfd_create("fuzz", 0);
	FUZZ_CHECK(mem_fd >= 0 && ftruncate(mem_fd, MEM_BYTES) == 0);
	mem = mmap(NULL, MEM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, mem_fd, 0);
	FUZZ_CHECK(mem != MAP_FAILED);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct front f = { 0 };
	uint8_t how;
	unsigned int calls = 0, open_fds = fuzz_fds_open();
	int rc;

	input = (struct fuzz_input){ data, size };
	how = fuzz_u8(&input);
	struct vcrypto_vhu_args args = {
		.name = "fuzz", .path = "nowhere", .queues = (uint16_t)(1 + (how & 1)),
		.queue_size = 16, .sessions = (enum vcrypto_vhu_sessions)((how >> 1 & 3) % 3),
		.layout = (enum req_vhu_layout)(how >> 3 & 3), .numa_node = -1,
		.timeout_ms = 2,
	};

	rc = vcrypto_transport_vhost_user_create(&f.t, &args);
	FUZZ_CHECK(rc <= 0);
	if (rc == 0) {
		while (input.left > 0 && calls++ < MAX_CALLS)
			call(&f);
		if (peer >= 0)
			shutdown(peer, SHUT_WR);
		f.t->ops->destroy(f.t);
	}
	if (peer >= 0)
		close(peer);
	peer = -1;
	FUZZ_CHECK(fuzz_fds_open() == open_fds);
	return 0;
}
