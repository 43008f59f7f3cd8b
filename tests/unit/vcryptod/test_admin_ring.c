/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The administration queue of a device, in every layout, as a driver with one ring alone uses it:
 * from the list of commands to the end of an association; what it does not survive; chains that
 * break the rules; an association that is destroyed while a data queue may use it.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "admin_rig.h"
#include "fixture.h"

static int
open_sa(struct ar_rig *g, bool inbound, uint32_t id)
{
	static const uint8_t keys[32] = { 9 };
	const struct req_ipsec_sa p = { .mode = VIRTIO_CRYPTO_IPSEC_MODE_ESP_TRANSPORT,
		.inbound = inbound, .spi = 0x1000, .replay_win_sz = inbound ? 64 : 0,
		.cipher = VIRTIO_CRYPTO_CIPHER_AES_CBC, .auth = VIRTIO_CRYPTO_MAC_HMAC_SHA_256,
		.key = keys, .key_len = 16, .auth_key = keys, .auth_key_len = 32 };

	return ar_open_sa(g, id, &p, 0);
}

/* ---- tests ---- */

static void
life_of_associations(struct ar_rig *g)
{
	struct req_admin c = ar_destroy_sa(false, 0);
	uint32_t id;

	assert_int_equal(ar_command(g, &c), -EINVAL);	/* not in use yet */
	ar_discover(g);
	for (id = 0; id < AR_SAS; id++) {
		assert_int_equal(open_sa(g, false, id), 0);
		assert_int_equal(open_sa(g, true, id), 0);
	}
	assert_int_equal(ar_alive(g), 2 * AR_SAS);
	assert_int_equal(open_sa(g, true, 1), -EEXIST);
	assert_int_equal(open_sa(g, true, AR_SAS), -EINVAL);
	/* A ring that stops and starts again is no reset. */
	vcryptod_device_stop(&g->dev, AR_ADMIN);
	vcryptod_device_update(&g->dev);
	for (id = 0; id < AR_SAS; id++) {
		c = ar_destroy_sa(id % 2 != 0, id);
		assert_int_equal(ar_command(g, &c), 0);
		assert_int_equal(ar_command(g, &c), -ENXIO);
	}
	assert_int_equal(ar_alive(g), AR_SAS);
	vcryptod_device_reset(&g->dev);
	assert_int_equal(ar_alive(g), 0);
	assert_int_equal(g->dev.model.admin->created, 2 * AR_SAS);
	assert_int_equal(g->dev.model.admin->destroyed, 2 * AR_SAS);
	assert_int_equal(g->dev.model.admin->refused, 2);
}

static void
every_layout(void **state)
{
	struct ar_variant v;
	unsigned int i, n = 0;
	struct ar_rig *g;

	(void)state;
	for (v.kind = VQ_SPLIT; v.kind <= VQ_PACKED_IN_ORDER; v.kind++) {
		for (i = 0; i < 4; i++) {
			v.indirect = i & 1;
			v.event_idx = i & 2;
			g = ar_create(&v, "openssl");
			life_of_associations(g);
			ar_destroy(g);
			n++;
		}
	}
	assert_int_equal(n, 16);
}

/* All that the ring holds at once: answered in the order in which it came. */
static void
a_full_ring(void **state)
{
	const struct ar_variant v = { .kind = VQ_PACKED, .indirect = true };
	const struct req_admin c = { .opcode = AR_CMD(LIST_QUERY) };
	struct ar_rig *g = ar_create(&v, "openssl");
	uint8_t buf[64], *answer[AR_ENTRIES], *p;
	unsigned int i;
	uint16_t slot;
	int len;

	(void)state;
	len = req_admin_build(buf, sizeof(buf), &c);
	for (i = 0; i < AR_ENTRIES; i++)
		answer[i] = ar_add(g, buf, (uint32_t)len, 16);
	ar_publish(g);
	for (i = 0; i < AR_ENTRIES; i++) {
		assert_true(ar_is_used(g, FX_WAIT_MS));
		p = vq_take(&g->vq, v.kind, &slot, &g->used);
		assert_true(p < answer[i] && answer[i] - p < 1024);
		assert_int_equal(g->used, 16);
	}
	ar_destroy(g);
}

/* Without ADMIN_VQ the ring does not run, whatever was said of it; what runs stops. */
static void
only_with_the_feature(void **state)
{
	const struct ar_variant v = { .kind = VQ_SPLIT };
	struct ar_rig *g = ar_create(&v, "openssl");

	(void)state;
	assert_true(vcryptod_device_has_ring(&g->dev, AR_ADMIN));
	g->dev.features &= ~VIRTIO_F_ADMIN_VQ;
	vcryptod_device_update(&g->dev);
	assert_false(vcryptod_device_has_ring(&g->dev, AR_ADMIN));
	assert_true(vcryptod_device_has_ring(&g->dev, AR_QUEUES));
	assert_false(vcryptod_vring_is_active(&g->dev.ring[AR_ADMIN].vring));
	ar_destroy(g);
}

/* A command that lies outside of the driver's memory is none: not the one whose bytes are zero,
 * LIST_QUERY.
 */
static void
commands_of_nobody(void **state)
{
	const struct ar_variant v = { .kind = VQ_SPLIT, .indirect = true };
	const struct req_admin c = { .opcode = AR_CMD(LIST_QUERY) };
	struct ar_rig *g = ar_create(&v, "openssl");
	struct vq_entry *t;
	uint64_t events;

	(void)state;
	vcryptod_device_stop(&g->dev, AR_ADMIN);
	t = vq_table(&g->vq, vq_next_slot(&g->vq, v.kind));
	ar_send(g, &c, 16);
	ar_entry(&t[1], 0x1000, 14);
	vcryptod_device_update(&g->dev);
	assert_int_equal(ar_take(g), -EINVAL);
	assert_int_equal(g->r.status.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_COMMAND);
	assert_int_equal(ar_command(g, &c), 0);
	/* No room for all of the answer: nothing can be said, and the queue stops. */
	vcryptod_device_stop(&g->dev, AR_ADMIN);
	t = vq_table(&g->vq, vq_next_slot(&g->vq, v.kind));
	ar_send(g, &c, 16);
	ar_entry(&t[3], 0x1000, 13);
	vcryptod_device_update(&g->dev);
	assert_int_equal(poll(&(struct pollfd){ .fd = g->attention, .events = POLLIN }, 1,
			FX_WAIT_MS), 1);
	assert_int_equal(read(g->attention, &events, sizeof(events)), sizeof(events));
	assert_true(vcryptod_vring_is_broken(&g->dev.ring[AR_ADMIN].vring));
	assert_true(vcryptod_device_needs_reset(&g->dev));
	ar_destroy(g);
}

/* DESTROY is answered when the data queue's turn, in which the association may have been found,
 * has ended; nobody finds it meanwhile.
 */
static void
destroy_waits_for_a_turn(void **state)
{
	const struct ar_variant v = { .kind = VQ_SPLIT };
	struct req_admin c = ar_destroy_sa(true, 2);
	struct ar_rig *g = ar_create(&v, "openssl");
	struct vcryptod_reader *reader = &g->dev.model.sessions.reader[0];
	const struct vcryptod_ipsec_sas *sas = &g->dev.model.admin->sas;
	unsigned int ms;

	(void)state;
	ar_discover(g);
	assert_int_equal(open_sa(g, true, 2), 0);
	vcryptod_reader_enter(reader);
	assert_non_null(vcryptod_ipsec_sas_find(sas, true, 2));
	ar_send(g, &c, 8);
	for (ms = 0; vcryptod_ipsec_sas_find(sas, true, 2) != NULL; ms++) {
		assert_true(ms < FX_WAIT_MS);
		poll(NULL, 0, 1);
	}
	assert_false(ar_is_used(g, 20));
	vcryptod_reader_leave(reader);
	assert_int_equal(ar_take(g), 0);
	ar_destroy(g);
}

/* A data queue that sends packets by one association without end. */
struct traffic {
	struct ar_rig *g;
	struct vcryptod_lane lane;
	bool stop;			/* atomic */
	unsigned int status[VCRYPTOD_NB_STATUS];	/* atomic: packets that ended so */
};

#define PACKET_LEN	60u
#define RESULT_MAX	256u
#define CYCLES		100u

static void *
send_packets(void *arg)
{
	static const uint8_t ip[] = { 0x45, 0, 0, PACKET_LEN, 0, 0, 0, 0, 64, 17 };
	struct traffic *t = arg;
	uint8_t req[REQ_IPSEC_HDR_LEN + PACKET_LEN] = { 0 }, out[RESULT_MAX + 1];
	struct vqd_seg from = { req, sizeof(req) }, to = { out, sizeof(out) };
	struct vcryptod_request r, *rp = &r;

	(void)req_ipsec_header(req, REQ_IPSEC_HDR_LEN, false, 0);
	req_set_ipsec(req, PACKET_LEN, RESULT_MAX);
	memcpy(req + REQ_IPSEC_HDR_LEN, ip, sizeof(ip));
	while (!__atomic_load_n(&t->stop, __ATOMIC_ACQUIRE)) {
		memset(&r, 0, sizeof(r));
		r.readable = &from;
		r.writable = &to;
		r.nb_readable = r.nb_writable = 1;
		out[RESULT_MAX] = VCRYPTOD_NB_STATUS - 1;
		(void)vcryptod_model_turn(&t->g->dev.model, &t->lane, &rp, 1);
		__atomic_fetch_add(&t->status[out[RESULT_MAX]], 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static unsigned int
packets_with(struct traffic *t, enum virtio_crypto_status status)
{
	return __atomic_load_n(&t->status[status], __ATOMIC_ACQUIRE);
}

/* Two packets end so, of which the second began after this call. */
static void
two_packets_end_with(struct traffic *t, enum virtio_crypto_status status)
{
	unsigned int before = packets_with(t, status), ms;

	for (ms = 0; packets_with(t, status) < before + 2; ms++) {
		assert_true(ms < FX_WAIT_MS);
		poll(NULL, 0, 1);
	}
}

/* A packet that begins from now on ends so: some do, and no other. */
static void
packets_end_with(struct traffic *t, enum virtio_crypto_status status)
{
	enum virtio_crypto_status other = status == VIRTIO_CRYPTO_OK ? VIRTIO_CRYPTO_INVSESS :
			VIRTIO_CRYPTO_OK;
	unsigned int strays;

	two_packets_end_with(t, status);
	strays = packets_with(t, other);
	two_packets_end_with(t, status);
	assert_int_equal(packets_with(t, other), strays);
}

/* Packets meet an association that is made and destroyed, again and again: they are processed, or
 * there is no such association.
 */
static void
comes_and_goes_beside_packets(void **state)
{
	const struct ar_variant v = { .kind = VQ_PACKED };
	struct ar_rig *g = ar_create(&v, "openssl");
	const struct req_admin c = ar_destroy_sa(false, 0);
	struct traffic t = { .g = g };
	pthread_t data;
	unsigned int i;

	(void)state;
	assert_int_equal(vcryptod_scratch_init(&t.lane.scratch,
			vcryptod_model_scratch(FX_MAX_SIZE)), 0);
	t.lane.counters = g->dev.model.cfg.figures->queue[0].by;
	vcryptod_model_features(&g->dev.model, g->dev.features);
	ar_discover(g);
	assert_int_equal(pthread_create(&data, NULL, send_packets, &t), 0);
	packets_end_with(&t, VIRTIO_CRYPTO_INVSESS);
	for (i = 0; i < CYCLES; i++) {
		assert_int_equal(open_sa(g, false, 0), 0);
		packets_end_with(&t, VIRTIO_CRYPTO_OK);
		assert_int_equal(ar_command(g, &c), 0);
		packets_end_with(&t, VIRTIO_CRYPTO_INVSESS);
	}
	__atomic_store_n(&t.stop, true, __ATOMIC_RELEASE);
	pthread_join(data, NULL);
	for (i = 0; i < VCRYPTOD_NB_STATUS; i++)
		assert_true(t.status[i] == 0 || i == VIRTIO_CRYPTO_OK ||
				i == VIRTIO_CRYPTO_INVSESS);
	vcryptod_scratch_fini(&t.lane.scratch);
	ar_destroy(g);
}

/* The configuration space names the service, and a model without associations has none of it. */
static void
configuration_space(void **state)
{
	const struct ar_variant v = { .kind = VQ_SPLIT };
	struct ar_rig *g = ar_create(&v, "openssl");
	struct virtio_crypto_config c;
	struct vcryptod_model_config cfg = g->dev.model.cfg;
	struct vcryptod_model plain;

	(void)state;
	vcryptod_model_config_read(&g->dev.model, 0, &c, sizeof(c));
	assert_int_equal(le32_to_cpu(c.crypto_services), 0x3f);
	cfg.max_sas = 0;
	assert_int_equal(vcryptod_model_init(&plain, &cfg), 0);
	assert_null(plain.admin);
	vcryptod_model_config_read(&plain, 0, &c, sizeof(c));
	assert_int_equal(le32_to_cpu(c.crypto_services), 0x1f);
	vcryptod_model_fini(&plain);
	cfg.max_sas = VCRYPTOD_IPSEC_SAS_MAX + 1;
	assert_int_equal(vcryptod_model_init(&plain, &cfg), -EINVAL);
	cfg.max_sas = 1;
	cfg.max_window = VCRYPTOD_IPSEC_WINDOW_MAX + 1;
	assert_int_equal(vcryptod_model_init(&plain, &cfg), -EINVAL);
	cfg.max_window = 0;
	cfg.figures = NULL;
	assert_int_equal(vcryptod_model_init(&plain, &cfg), -EINVAL);
	ar_destroy(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout),
		cmocka_unit_test(a_full_ring),
		cmocka_unit_test(only_with_the_feature),
		cmocka_unit_test(commands_of_nobody),
		cmocka_unit_test(destroy_waits_for_a_turn),
		cmocka_unit_test(comes_and_goes_beside_packets),
		cmocka_unit_test(configuration_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
