/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The IPSEC service's bytes from the other side: objects and data requests as a device has
 * them from a driver, capabilities and results as a driver has them from a device; and a
 * security association (SA) of any parameters, as an application gives it to the driver.
 *
 * Input: which, a dialect, room, then bytes in memory of exactly their length.  An SA that is
 * taken is sound, has its keys in the object, and is the same when built and parsed again, in
 * each dialect; its lengths agree with each other.  Capabilities say no more than their bytes.
 */
#include <errno.h>

#include "fuzz_input.h"
#include "req_ipsec.h"

#define MAX_BYTES	2048u
#define UNTOUCHED	0x5a

static void
ipsec_within(const uint8_t *key, uint16_t key_len, const uint8_t *buf, size_t len)
{
	if (key == NULL)
		FUZZ_CHECK(key_len == 0);
	else
		FUZZ_CHECK(key_len != 0 && key > buf && key_len <= len - (size_t)(key - buf));
}

static void
ipsec_same_tunnel(const struct req_ipsec_tunnel *a, const struct req_ipsec_tunnel *b)
{
	size_t n = a->ipv6 ? 16 : 4;

	FUZZ_CHECK(a->ipv6 == b->ipv6 && a->dscp == b->dscp && a->ttl == b->ttl);
	FUZZ_CHECK(memcmp(a->src, b->src, n) == 0 && memcmp(a->dst, b->dst, n) == 0);
	if (a->ipv6)
		FUZZ_CHECK(a->flow_label == b->flow_label);
	else
		FUZZ_CHECK(a->df == b->df);
}

/* got was parsed from what was built of want. */
static void
ipsec_same(const struct req_ipsec_sa *got, const struct req_ipsec_sa *want)
{
	FUZZ_CHECK(got->mode == want->mode && got->inbound == want->inbound);
	FUZZ_CHECK(got->obj_id == want->obj_id && got->spi == want->spi);
	FUZZ_CHECK(got->options == want->options && memcmp(got->salt, want->salt, 4) == 0);
	FUZZ_CHECK(got->aead == want->aead && got->cipher == want->cipher);
	FUZZ_CHECK(got->auth == want->auth);
	FUZZ_CHECK(got->key_len == want->key_len && got->auth_key_len == want->auth_key_len);
	FUZZ_CHECK(got->key_len == 0 || memcmp(got->key, want->key, got->key_len) == 0);
	FUZZ_CHECK(got->auth_key_len == 0 ||
			memcmp(got->auth_key, want->auth_key, got->auth_key_len) == 0);
	FUZZ_CHECK(memcmp(&got->life, &want->life, sizeof(got->life)) == 0);
	if (want->options & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP) {
		FUZZ_CHECK(got->udp_sport == (want->udp_sport != 0 ? want->udp_sport : 4500));
		FUZZ_CHECK(got->udp_dport == (want->udp_dport != 0 ? want->udp_dport : 4500));
	}
	FUZZ_CHECK(got->replay_win_sz == (want->inbound ? want->replay_win_sz : 0));
	if (!want->inbound && req_ipsec_is_tunnel(want->mode))
		ipsec_same_tunnel(&got->tunnel, &want->tunnel);
}

static void
ipsec_again(const struct req_ipsec_sa *sa, unsigned int dialect, size_t room)
{
	size_t need = req_ipsec_sa_len(dialect);
	uint8_t *buf = malloc(room + 1), *exact;
	struct req_ipsec_sa second;
	int n;

	FUZZ_CHECK(buf != NULL && need <= REQ_IPSEC_SA_MAX);
	memset(buf, UNTOUCHED, room + 1);
	n = req_ipsec_sa_build(buf, room, sa, dialect);
	if (room < need) {
		FUZZ_CHECK(n == -ENOSPC && buf[0] == UNTOUCHED);
		free(buf);
		return;
	}
	FUZZ_CHECK(n >= 0 && (size_t)n == need && buf[need] == UNTOUCHED);
	exact = fuzz_copy(buf, need);
	FUZZ_CHECK(req_ipsec_sa_parse(&second, sa->inbound, exact, need, dialect) == 0);
	ipsec_same(&second, sa);
	/* The type of the other direction is refused. */
	FUZZ_CHECK(req_ipsec_sa_parse(&second, !sa->inbound, exact, need, dialect) == -EBADMSG);
	free(exact);
	free(buf);
}

/* What goes out comes in again within the bound. */
static void
ipsec_lengths(const struct req_ipsec_sa *sa, uint32_t len, uint32_t kept)
{
	struct req_ipsec_sa in = *sa, out = *sa;
	struct req_ipsec_shape s_in, s_out;
	bool v6 = kept & 1;
	uint32_t n, max;

	len %= REQ_IPSEC_PACKET_MAX + 1;
	kept = kept >> 1 <= len ? kept >> 1 : len;
	in.inbound = true;
	out.inbound = false;
	req_ipsec_shape_of(&s_in, &in);
	req_ipsec_shape_of(&s_out, &out);
	n = req_ipsec_outbound_len(&s_out, len, kept, v6);
	FUZZ_CHECK(n > len && n < len + 256);
	if (s_out.tunnel) {
		kept = s_out.outer;
		v6 = out.tunnel.ipv6;
	}
	max = req_ipsec_inbound_max(&s_in, n, kept, v6);
	FUZZ_CHECK(max >= len && max - len < 16);
	(void)req_ipsec_inbound_max(&s_in, len, kept, v6);
}

static void
ipsec_object(const uint8_t *buf, size_t len, bool inbound, unsigned int dialect, size_t room)
{
	struct req_ipsec_sa sa;
	int rc = req_ipsec_sa_parse(&sa, inbound, buf, len, dialect);

	FUZZ_CHECK(rc == 0 || rc == -EBADMSG || rc == -ENOTSUP);
	if (rc != 0)
		return;
	FUZZ_CHECK(sa.inbound == inbound && req_ipsec_sa_check(&sa) == 0);
	ipsec_within(sa.key, sa.key_len, buf, len);
	ipsec_within(sa.auth_key, sa.auth_key_len, buf, len);
	ipsec_again(&sa, dialect, REQ_IPSEC_SA_MAX);
	ipsec_again(&sa, dialect ^ REQ_IPSEC_ALIGNED, room);
	ipsec_lengths(&sa, (uint32_t)room * 33, sa.spi & 0x7f);
}

/* Of an application: any parameters.  Keys are the input's rest. */
static void
ipsec_parameters(struct fuzz_input *in, unsigned int dialect, size_t room)
{
	struct req_ipsec_sa sa = { .mode = fuzz_u8(in) % 6, .inbound = fuzz_u8(in) & 1 };
	uint8_t keys[80];
	int rc;

	sa.obj_id = fuzz_u32(in);
	sa.spi = fuzz_u8(in);
	sa.options = fuzz_u8(in);
	fuzz_take(in, sa.salt, sizeof(sa.salt));
	sa.tunnel.ipv6 = fuzz_u8(in) & 1;
	sa.tunnel.dscp = fuzz_u8(in);
	sa.tunnel.df = fuzz_u8(in) & 1;
	sa.tunnel.ttl = fuzz_u8(in);
	sa.tunnel.flow_label = fuzz_u32(in) >> 8;
	sa.udp_sport = fuzz_u16(in);
	sa.udp_dport = fuzz_u16(in);
	sa.replay_win_sz = fuzz_u32(in);
	sa.aead = fuzz_u8(in) % 5;
	sa.cipher = fuzz_u8(in);
	sa.auth = fuzz_u8(in);
	sa.key_len = fuzz_u8(in) % 40;
	sa.auth_key_len = fuzz_u8(in) % 40;
	sa.life.packets_soft_limit = fuzz_u8(in);
	sa.life.bytes_hard_limit = fuzz_u8(in);
	fuzz_take(in, sa.tunnel.src, sizeof(sa.tunnel.src));
	fuzz_take(in, sa.tunnel.dst, sizeof(sa.tunnel.dst));
	fuzz_take(in, keys, sizeof(keys));
	sa.key = sa.key_len != 0 ? keys : NULL;
	sa.auth_key = sa.auth_key_len != 0 ? keys + 40 : NULL;
	rc = req_ipsec_sa_check(&sa);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -ENOTSUP || rc == -EMSGSIZE);
	if (rc == 0) {
		ipsec_again(&sa, dialect, REQ_IPSEC_SA_MAX);
		ipsec_again(&sa, dialect ^ REQ_IPSEC_ALIGNED, room);
		ipsec_lengths(&sa, (uint32_t)room * 33, sa.obj_id & 0xff);
	} else {
		FUZZ_CHECK(req_ipsec_sa_build(keys, sizeof(keys), &sa, dialect) == rc);
	}
}

static void
ipsec_same_mode(const struct req_ipsec_mode_cap *a, const struct req_ipsec_mode_cap *b)
{
	FUZZ_CHECK(a->offered == b->offered && a->max_replay_win_sz == b->max_replay_win_sz);
	FUZZ_CHECK(a->options == b->options && a->ciphers == b->ciphers && a->macs == b->macs);
	FUZZ_CHECK(a->aeads == b->aeads && a->max_key_len == b->max_key_len);
	FUZZ_CHECK(a->max_auth_key_len == b->max_auth_key_len);
}

static void
ipsec_capabilities(const uint8_t *buf, size_t len, unsigned int dialect, size_t room)
{
	struct req_ipsec_caps caps, second;
	uint8_t out[REQ_IPSEC_CAPS_MAX + 1];
	struct req_ipsec_limits l;
	unsigned int i;
	int n;

	req_ipsec_caps_parse(&caps, buf, len, dialect);
	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++) {
		FUZZ_CHECK(!caps.mode[i].offered || len > 8);
		FUZZ_CHECK((caps.mode[i].ciphers &
				~req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_CIPHER)) == 0);
	}
	FUZZ_CHECK(req_ipsec_caps_gaps(buf, len) == REQ_IPSEC_GAPS_NONE || len == 8 + 48u * buf[0]);
	FUZZ_CHECK(req_ipsec_caps_within(&caps, &caps) == !caps.more);
	caps.more = false;
	memset(out, UNTOUCHED, sizeof(out));
	n = req_ipsec_caps_build(out, room < REQ_IPSEC_CAPS_MAX ? room : REQ_IPSEC_CAPS_MAX, &caps,
			dialect ^ REQ_IPSEC_ALIGNED);
	if (n < 0) {
		FUZZ_CHECK(n == -ENOSPC && out[0] == UNTOUCHED);
	} else {
		FUZZ_CHECK(out[n] == UNTOUCHED);
		req_ipsec_caps_parse(&second, out, (size_t)n, dialect ^ REQ_IPSEC_ALIGNED);
		for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
			ipsec_same_mode(&second.mode[i], &caps.mode[i]);
		FUZZ_CHECK(!second.more);
	}
	req_ipsec_limits_parse(&l, buf, len);
	FUZZ_CHECK(req_ipsec_limits_build(out, sizeof(out), &l) == 8);
	FUZZ_CHECK(len < 8 || memcmp(out, buf, 8) == 0);
}

/* Capabilities, then an object: what they allow is within them. */
static void
ipsec_allowed(const uint8_t *buf, size_t len, bool inbound, unsigned int dialect)
{
	const struct req_ipsec_mode_cap *c;
	struct req_ipsec_caps caps;
	struct req_ipsec_sa sa;
	size_t half = len < 104 ? len : 104;

	req_ipsec_caps_parse(&caps, buf, half, dialect);
	if (req_ipsec_sa_parse(&sa, inbound, buf + half, len - half, dialect) != 0 ||
			req_ipsec_caps_allow(&caps, &sa) != 0)
		return;
	c = &caps.mode[sa.mode - 1];
	FUZZ_CHECK(c->offered && (sa.options & ~c->options) == 0);
	FUZZ_CHECK(!inbound || sa.replay_win_sz <= c->max_replay_win_sz);
	FUZZ_CHECK(sa.aead != 0 ? (c->aeads >> sa.aead & 1) : (c->macs >> sa.auth & 1));
	FUZZ_CHECK(c->max_key_len == 0 || sa.key_len <= c->max_key_len);
}

static void
ipsec_request(const uint8_t *buf, size_t len, unsigned int flags)
{
	_Alignas(4) uint8_t hdr[REQ_IPSEC_HDR_LEN];
	struct req_ipsec_data d, second;
	int rc = req_ipsec_data_parse(&d, buf, len, flags);

	FUZZ_CHECK(rc == 0 || rc == -EBADMSG || rc == -ENOTSUP || rc == -ENOENT);
	if (rc != 0)
		return;
	FUZZ_CHECK(len >= REQ_IPSEC_HDR_LEN && d.src_len <= REQ_IPSEC_PACKET_MAX);
	FUZZ_CHECK(req_ipsec_data_readable(&d) == REQ_IPSEC_HDR_LEN + d.src_len);
	FUZZ_CHECK(req_ipsec_data_writable(&d) == (uint64_t)d.dst_len + 1);
	FUZZ_CHECK(req_ipsec_header(hdr, sizeof(hdr), d.inbound, d.obj_id) == sizeof(hdr));
	req_set_ipsec(hdr, d.src_len, d.dst_len);
	FUZZ_CHECK(req_ipsec_data_parse(&second, hdr, sizeof(hdr), flags) == 0);
	FUZZ_CHECK(second.inbound == d.inbound && second.obj_id == d.obj_id);
	FUZZ_CHECK(second.src_len == d.src_len && second.dst_len == d.dst_len);
}

static void
ipsec_result(struct fuzz_input *in)
{
	uint32_t dst_len = fuzz_u32(in), used_len = fuzz_u32(in), status = fuzz_u8(in);
	size_t len;
	const uint8_t *p = fuzz_bytes(in, &len, 64);
	uint8_t *dst = fuzz_copy(p, len);
	bool soft;
	int n;

	n = req_ipsec_result_len(dst, len, dst_len, used_len);
	FUZZ_CHECK(n == -EBADMSG || (n >= (int)REQ_IPSEC_PACKET_MIN && (uint32_t)n <= dst_len &&
			(uint32_t)n < used_len && n == req_ipsec_packet_len(dst, len)));
	n = req_ipsec_status(&soft, status);
	FUZZ_CHECK((n == 0) == (status == 0 || status == 7) && soft == (status == 7));
	free(dst);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t which = fuzz_u8(&in), how = fuzz_u8(&in);
	size_t room = fuzz_u16(&in) % MAX_BYTES, len;
	unsigned int dialect = how & 3;
	uint8_t *copy;
	const uint8_t *p;

	if (which % 8 == 0) {
		ipsec_parameters(&in, dialect, room);
		return 0;
	}
	if (which % 8 == 1) {
		ipsec_result(&in);
		return 0;
	}
	p = fuzz_bytes(&in, &len, MAX_BYTES);
	copy = fuzz_copy(p, len);
	if (which % 8 == 2)
		ipsec_request(copy, len, how >> 4);
	else if (which % 8 == 3)
		ipsec_capabilities(copy, len, dialect, room);
	else if (which % 8 == 4)
		ipsec_allowed(copy, len, how & 4, dialect);
	else
		ipsec_object(copy, len, how & 4, dialect, room);
	free(copy);
	return 0;
}
