/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Elements and their answers; see the header.  Knows no device.
 */
#include <string.h>

#include <rte_common.h>

#include "lib/wire/virtio_crypto.h"
#include "reference.h"
#include "vpp_elt.h"

#define ESP_HEADER 24	/* bytes: SPI, sequence number, iv: hashed, not encrypted */
#define KEY_LEN 16
#define AUTH_KEY_LEN 20

static uint8_t key[KEY_LEN] = "the cipher's key";
static uint8_t auth_key[AUTH_KEY_LEN] = "the key of the hash.";

static const uint16_t tag_lens[ELT_NB_KINDS] = {
	[ELT_CBC_SHA1] = 12, [ELT_CTR_SHA256] = 16, [ELT_GCM_8] = 16, [ELT_GCM_12] = 16,
	[ELT_GCM_EMPTY] = 16, [ELT_HMAC] = 16, [ELT_GMAC] = 16,
};

static bool
elt_is_linked(enum elt_kind kind)
{
	return kind == ELT_CBC_SHA1 || kind == ELT_CTR_SHA256;
}

static bool
elt_is_gcm(enum elt_kind kind)
{
	return kind == ELT_GCM_8 || kind == ELT_GCM_12 || kind == ELT_GCM_EMPTY;
}

static uint16_t
elt_aad_len(enum elt_kind kind)
{
	return kind == ELT_GCM_12 ? 12 : 8;
}

/* ---- sessions ---- */

static struct rte_crypto_sym_xform
elt_cipher(enum elt_kind kind, bool decrypt, uint16_t iv_offset)
{
	return (struct rte_crypto_sym_xform){ .type = RTE_CRYPTO_SYM_XFORM_CIPHER, .cipher = {
		.op = decrypt ? RTE_CRYPTO_CIPHER_OP_DECRYPT : RTE_CRYPTO_CIPHER_OP_ENCRYPT,
		.algo = kind == ELT_CBC_SHA1 ? RTE_CRYPTO_CIPHER_AES_CBC :
			RTE_CRYPTO_CIPHER_AES_CTR,
		.key = { key, KEY_LEN }, .iv = { iv_offset, 16 } } };
}

static struct rte_crypto_sym_xform
elt_auth(enum elt_kind kind, bool verify, uint16_t iv_offset)
{
	struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_AUTH, .auth = {
		.op = verify ? RTE_CRYPTO_AUTH_OP_VERIFY : RTE_CRYPTO_AUTH_OP_GENERATE,
		.algo = kind == ELT_CBC_SHA1 ? RTE_CRYPTO_AUTH_SHA1_HMAC :
			RTE_CRYPTO_AUTH_SHA256_HMAC,
		.key = { auth_key, AUTH_KEY_LEN }, .digest_length = tag_lens[kind] } };

	if (kind == ELT_GMAC) {
		x.auth.algo = RTE_CRYPTO_AUTH_AES_GMAC;
		x.auth.key.data = key;
		x.auth.key.length = KEY_LEN;
		x.auth.iv.offset = iv_offset;
		x.auth.iv.length = 12;
	}
	return x;
}

static struct rte_crypto_sym_xform
elt_aead(enum elt_kind kind, bool decrypt, uint16_t iv_offset)
{
	return (struct rte_crypto_sym_xform){ .type = RTE_CRYPTO_SYM_XFORM_AEAD, .aead = {
		.op = decrypt ? RTE_CRYPTO_AEAD_OP_DECRYPT : RTE_CRYPTO_AEAD_OP_ENCRYPT,
		.algo = RTE_CRYPTO_AEAD_AES_GCM, .key = { key, KEY_LEN },
		.iv = { iv_offset, 12 }, .digest_length = tag_lens[kind],
		.aad_length = elt_aad_len(kind) } };
}

struct rte_crypto_sym_xform *
elt_xform(enum elt_kind kind, bool decrypt, uint16_t iv_offset)
{
	static struct rte_crypto_sym_xform all[ELT_NB_KINDS][2][2];
	struct rte_crypto_sym_xform *x = all[kind][decrypt];

	if (elt_is_gcm(kind)) {
		x[0] = elt_aead(kind, decrypt, iv_offset);
	} else if (elt_is_linked(kind)) {
		/* encrypted, then hashed; the other way round inbound */
		x[decrypt ? 1 : 0] = elt_cipher(kind, decrypt, iv_offset);
		x[decrypt ? 0 : 1] = elt_auth(kind, decrypt, iv_offset);
		x[0].next = &x[1];
	} else {
		x[0] = elt_auth(kind, decrypt, iv_offset);
	}
	return x;
}

union rte_crypto_sym_ofs
elt_ofs(const struct elt *e)
{
	union rte_crypto_sym_ofs ofs = { .raw = 0 };

	if (elt_is_linked(e->kind))
		ofs.ofs.cipher.head = ESP_HEADER;
	if (e->kind == ELT_GCM_EMPTY)
		ofs.ofs.cipher.tail = ofs.ofs.auth.tail = 1;
	return ofs;
}

/* ---- contents ---- */

static uint32_t
elt_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static void
elt_bytes(uint8_t *out, size_t len, uint32_t *seed)
{
	while (len-- > 0)
		*out++ = (uint8_t)elt_random(seed, 256);
}

/* What is sealed, of plain, and its tag; both of e->len bytes. */
static void
elt_seal(struct elt *e, uint8_t *sealed, uint8_t *tag, const uint8_t *plain)
{
	struct ref_key k = { key, KEY_LEN, e->iv, 16 };
	struct ref_aead a = { .k = { key, KEY_LEN, e->iv, 12 }, .aad = e->aad,
		.aad_len = elt_aad_len(e->kind), .tag = tag, .tag_len = e->tag_len };
	bool sha1 = e->kind == ELT_CBC_SHA1;

	memcpy(sealed, plain, e->len);
	if (e->kind == ELT_GMAC) {
		a.aad = plain;
		a.aad_len = e->len;
		ref_aead(VIRTIO_CRYPTO_AEAD_GCM, true, &a, sealed, plain, 0);
		return;
	}
	if (elt_is_gcm(e->kind)) {
		ref_aead(VIRTIO_CRYPTO_AEAD_GCM, true, &a, sealed, plain,
			e->kind == ELT_GCM_EMPTY ? 0 : e->len);
		return;
	}
	if (elt_is_linked(e->kind))
		ref_cipher(sha1 ? VIRTIO_CRYPTO_CIPHER_AES_CBC : VIRTIO_CRYPTO_CIPHER_AES_CTR,
			true, &k, sealed + ESP_HEADER, plain + ESP_HEADER, e->len - ESP_HEADER);
	ref_mac(sha1 ? VIRTIO_CRYPTO_MAC_HMAC_SHA1 : VIRTIO_CRYPTO_MAC_HMAC_SHA_256,
		auth_key, AUTH_KEY_LEN, tag, sealed, e->len);
}

/* Cuts e->in into segments with gaps between them. */
static void
elt_cut(struct elt *e, uint32_t *seed)
{
	uint16_t left = e->len, i;
	uint8_t *at = e->room, *in = e->in;

	e->nb_segs = (uint16_t)RTE_MIN(1 + elt_random(seed, ELT_SEGS), (uint32_t)e->len);
	if (e->kind == ELT_GMAC && e->nb_segs == 1)
		e->nb_segs = 2;
	for (i = 0; i < e->nb_segs; i++) {
		uint16_t behind = (uint16_t)(e->nb_segs - 1 - i);
		uint16_t len = left;

		if (behind != 0)
			len = (uint16_t)(1 + elt_random(seed, (uint32_t)RTE_MIN(left - behind,
				2 * left / (behind + 1))));
		if (e->kind == ELT_GMAC && i == 0)
			len = elt_aad_len(e->kind);
		e->seg[i] = (struct elt_seg){ at, len };
		memcpy(at, in, len);
		in += len;
		at += len + ELT_GAP;
		left = (uint16_t)(left - len);
	}
}

void
elt_fill(struct elt *e, uint32_t *seed)
{
	uint8_t plain[ELT_MAX], sealed[ELT_MAX], tag[64];
	const struct elt_seg *last;

	memset(e, 0, sizeof(*e));
	e->kind = (enum elt_kind)elt_random(seed, ELT_NB_KINDS);
	e->decrypt = elt_random(seed, 2) != 0;
	e->forged = e->decrypt && elt_random(seed, 8) == 0;
	e->tag_len = tag_lens[e->kind];
	e->len = (uint16_t)(32 + elt_random(seed, ELT_MAX - 31));
	if (e->kind == ELT_CBC_SHA1)
		e->len = (uint16_t)(ESP_HEADER + e->len / 16 * 16 - 16);
	if (e->kind == ELT_CBC_SHA1 && e->len < ESP_HEADER + 16)
		e->len = ESP_HEADER + 16;
	if (e->kind == ELT_GCM_EMPTY)
		e->len = 1;
	elt_bytes(e->iv, sizeof(e->iv), seed);
	elt_bytes(e->aad, elt_aad_len(e->kind), seed);
	elt_bytes(plain, e->len, seed);
	elt_seal(e, sealed, tag, plain);
	memcpy(e->in, e->decrypt ? sealed : plain, e->len);
	memcpy(e->want, e->decrypt ? plain : sealed, e->len);
	memcpy(e->want_tag, tag, e->tag_len);
	elt_cut(e, seed);
	last = &e->seg[e->nb_segs - 1];
	e->tag = elt_random(seed, 2) != 0 ? e->own_tag : last->at + last->len;
	if (e->decrypt)
		memcpy(e->tag, tag, e->tag_len);
	if (e->forged)
		e->tag[elt_random(seed, e->tag_len)] ^= 0x10;
	if (e->decrypt)
		memcpy(e->want_tag, e->tag, e->tag_len);
	memcpy(e->sent_iv, e->iv, sizeof(e->iv));
	memcpy(e->sent_aad, e->aad, sizeof(e->aad));
}

void
elt_gather(const struct elt *e, uint8_t *out)
{
	for (uint16_t i = 0; i < e->nb_segs; i++) {
		memcpy(out, e->seg[i].at, e->seg[i].len);
		out += e->seg[i].len;
	}
}

static bool
elt_is_blank(const uint8_t *at, const uint8_t *end)
{
	while (at < end)
		if (*at++ != 0)
			return false;
	return true;
}

/* Around the segments and the tag nothing is the device's to write, nor in what it reads. */
static bool
elt_is_kept(const struct elt *e)
{
	const uint8_t *rest = e->room;
	bool own = e->tag == e->own_tag;

	for (uint16_t i = 0; i < e->nb_segs; i++) {
		if (!elt_is_blank(rest, e->seg[i].at))
			return false;
		rest = e->seg[i].at + e->seg[i].len;
	}
	if (!own && !elt_is_blank(rest, e->tag))
		return false;
	return elt_is_blank(own ? rest : e->tag + e->tag_len, e->room + sizeof(e->room)) &&
		elt_is_blank(e->own_tag + (own ? e->tag_len : 0),
			e->own_tag + sizeof(e->own_tag)) &&
		memcmp(e->iv, e->sent_iv, sizeof(e->iv)) == 0 &&
		memcmp(e->aad, e->sent_aad, sizeof(e->aad)) == 0;
}

const char *
elt_judge(const struct elt *e)
{
	static const uint8_t nothing[sizeof(e->own_tag)];
	uint8_t got[ELT_MAX];

	elt_gather(e, got);
	if (!elt_is_kept(e))
		return "bytes beside the segments, or of what is only read, have changed";
	if (e->decrypt && memcmp(e->tag, e->want_tag, e->tag_len) != 0)
		return "the tag, which is only read, has changed";
	if (e->discarded) {
		if (memcmp(got, e->in, e->len) != 0)
			return "the device has written into a discarded element";
		return e->decrypt || memcmp(e->tag, nothing, e->tag_len) == 0 ? NULL :
			"the device has written a discarded element's tag";
	}
	if (!e->done)
		return "it did not come back";
	if (e->forged)
		return e->good ? "a wrong tag was accepted" : NULL;
	if (!e->good)
		return "it failed";
	if (memcmp(got, e->want, e->len) != 0)
		return "the bytes are wrong";
	if (memcmp(e->tag, e->want_tag, e->tag_len) != 0)
		return "the tag is wrong";
	return NULL;
}
