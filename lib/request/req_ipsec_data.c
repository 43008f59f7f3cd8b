/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data requests of the IPSEC service, both ways, and the lengths of packets on both sides of
 * one.  Letters are those of req_ipsec.h.
 *
 * Works on the caller's bytes alone; knows of a packet no more than its IP header's length.
 */
#include <errno.h>
#include <string.h>

#include "req_ipsec.h"

#define IPSEC_IPV4_LEN		20	/* bytes, without options */
#define IPSEC_IPV6_LEN		40
#define IPSEC_UDP_LEN		8
#define IPSEC_ESP_LEN		8	/* SPI and sequence number */
#define IPSEC_AH_LEN		12	/* AH without its ICV */

/* ---- lengths ---- */

static uint8_t
ipsec_round(unsigned int n, unsigned int to)
{
	return (uint8_t)((n + to - 1) / to * to);
}

static void
ipsec_shape_ah(struct req_ipsec_shape *out, const struct req_ipsec_alg *auth)
{
	unsigned int len = IPSEC_AH_LEN + auth->iv_len + auth->icv_len;

	/* RFC 4302, 2.2 and 3.3.3.2.1: a multiple of what the IP header's is. */
	out->head = ipsec_round(len, 4);
	out->head_v6 = ipsec_round(len, 8);
}

static void
ipsec_shape_esp(struct req_ipsec_shape *out, const struct req_ipsec_sa *sa)
{
	const struct req_ipsec_alg *auth, *cipher = NULL;

	if (sa->aead != 0) {
		auth = req_ipsec_alg_find(VIRTIO_CRYPTO_SERVICE_AEAD, sa->aead);
	} else {
		auth = req_ipsec_alg_find(VIRTIO_CRYPTO_SERVICE_MAC, sa->auth);
		cipher = req_ipsec_alg_find(VIRTIO_CRYPTO_SERVICE_CIPHER, sa->cipher);
	}
	out->head = (uint8_t)(IPSEC_ESP_LEN + auth->iv_len + (cipher != NULL ? cipher->iv_len : 0));
	if (sa->options & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP)
		out->head = (uint8_t)(out->head + IPSEC_UDP_LEN);
	out->head_v6 = out->head;
	out->tail = auth->icv_len;
	out->align = cipher != NULL ? cipher->align : auth->align;
}

void
req_ipsec_shape_of(struct req_ipsec_shape *out, const struct req_ipsec_sa *sa)
{
	memset(out, 0, sizeof(*out));
	out->tunnel = req_ipsec_is_tunnel(sa->mode);
	if (req_ipsec_is_ah(sa->mode))
		ipsec_shape_ah(out, req_ipsec_alg_find(VIRTIO_CRYPTO_SERVICE_MAC, sa->auth));
	else
		ipsec_shape_esp(out, sa);
	if (!out->tunnel || sa->inbound)
		return;
	/* The outer header is known: so is AH's length behind it. */
	out->outer = sa->tunnel.ipv6 ? IPSEC_IPV6_LEN : IPSEC_IPV4_LEN;
	if (sa->tunnel.ipv6)
		out->head = out->head_v6;
}

uint32_t
req_ipsec_inbound_max(const struct req_ipsec_shape *s, uint32_t len, uint32_t kept, bool v6)
{
	/* Cannot overflow: a packet's bytes and three of 8 bit. */
	uint32_t gone = (uint32_t)(v6 ? s->head_v6 : s->head) + s->tail;

	if (s->align != 0)
		gone += REQ_IPSEC_TRAILER_LEN;
	if (kept > len || len - kept < gone)
		return 0;
	return s->tunnel ? len - kept - gone : len - gone;
}

/* ---- requests ---- */

int
req_ipsec_header(uint8_t *buf, size_t size, bool inbound, uint32_t obj_id)
{
	struct virtio_crypto_op_header h = {
		.opcode = cpu_to_le32(inbound ? VIRTIO_CRYPTO_IPSEC_INBOUND :
				VIRTIO_CRYPTO_IPSEC_OUTBOUND),
		.session_id = cpu_to_le64(obj_id),
		.flag = cpu_to_le32(VIRTIO_CRYPTO_FLAG_SESSION_MODE),
	};

	if (size < REQ_IPSEC_HDR_LEN)
		return -ENOSPC;
	memcpy(buf, &h, sizeof(h));
	memset(buf + sizeof(h), 0, REQ_IPSEC_HDR_LEN - sizeof(h));
	return REQ_IPSEC_HDR_LEN;
}

/* Sessions alone (5.9.9.3); the flag is ignored without REVISION_1. */
static int
ipsec_check_flag(uint32_t flag, unsigned int flags)
{
	if (!(flags & REQ_F_REVISION_1) || flag == VIRTIO_CRYPTO_FLAG_SESSION_MODE)
		return 0;
	return flag == 0 ? -ENOTSUP : -EBADMSG;
}

int
req_ipsec_data_parse(struct req_ipsec_data *out, const uint8_t *hdr, size_t hdr_len,
		unsigned int flags)
{
	struct virtio_crypto_ipsec_data_flf f;
	struct virtio_crypto_op_header h;
	uint32_t opcode;
	int rc;

	memset(out, 0, sizeof(*out));
	if (hdr_len < sizeof(h))
		return -EBADMSG;
	memcpy(&h, hdr, sizeof(h));
	opcode = le32_to_cpu(h.opcode);
	if (opcode != VIRTIO_CRYPTO_IPSEC_OUTBOUND && opcode != VIRTIO_CRYPTO_IPSEC_INBOUND)
		return -ENOTSUP;
	rc = ipsec_check_flag(le32_to_cpu(h.flag), flags);
	if (rc != 0)
		return rc;
	if (hdr_len < REQ_IPSEC_HDR_LEN)
		return -EBADMSG;
	if (le64_to_cpu(h.session_id) > UINT32_MAX)
		return -ENOENT;
	memcpy(&f, hdr + sizeof(h), sizeof(f));
	out->inbound = opcode == VIRTIO_CRYPTO_IPSEC_INBOUND;
	out->obj_id = (uint32_t)le64_to_cpu(h.session_id);
	out->src_len = le32_to_cpu(f.src_data_len);
	out->dst_len = le32_to_cpu(f.dst_data_len);
	if (out->src_len < REQ_IPSEC_PACKET_MIN || out->src_len > REQ_IPSEC_PACKET_MAX)
		return -EBADMSG;
	return 0;
}

/* Cannot overflow: a 32-bit value and a small one in 64 bit. */
uint64_t
req_ipsec_data_readable(const struct req_ipsec_data *d)
{
	return (uint64_t)REQ_IPSEC_HDR_LEN + d->src_len;
}

uint64_t
req_ipsec_data_writable(const struct req_ipsec_data *d)
{
	return (uint64_t)d->dst_len + sizeof(struct virtio_crypto_inhdr);
}

/* ---- results ---- */

/* P */
int
req_ipsec_status(bool *soft, uint32_t status)
{
	*soft = status == VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY;
	return *soft ? 0 : req_status_errno(status);
}
