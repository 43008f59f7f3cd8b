/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What tools/demo --full shows of a device with every service: lists the algorithms that it
 * has, and leaves one result of each kind in files, for others to judge: AES-GCM, an RSA
 * signature, a packet of ESP.  Also verifies a signature that somebody else made.
 *
 * usage: show [EAL options] -- NAME IN ASSOCIATION
 * IN has plain, key and iv (AES-GCM, 16 and 12 bytes), n, e and d (RSA), digest (SHA-256),
 * signature (of it), and packet (IPv4); ASSOCIATION is as in tests/peers/sa_bridge_sa.c.  Files
 * in the current folder: gcm (result and tag), signature, esp.  Lines of the list begin with
 * "service".
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cryptodev.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_security.h>

#include "asym_dev.h"
#include "report.h"
#include "sa_bridge.h"

#define ROOM	1500	/* bytes of a file, one mbuf holds it */
#define TAG_LEN	16
#define IV_LEN	12
#define IV_AT	(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define CIPHER_NAME(a)	rte_cryptodev_get_cipher_algo_string(a)
#define AUTH_NAME(a)	rte_cryptodev_get_auth_algo_string(a)
#define AEAD_NAME(a)	rte_cryptodev_get_aead_algo_string(a)
#else
#define CIPHER_NAME(a)	rte_crypto_cipher_algorithm_strings[a]
#define AUTH_NAME(a)	rte_crypto_auth_algorithm_strings[a]
#define AEAD_NAME(a)	rte_crypto_aead_algorithm_strings[a]
#endif

struct bytes {
	uint8_t data[ROOM];
	uint32_t len;
};

static const char *folder;

void
bridge_die(const char *what)
{
	fprintf(stderr, "show: %s\n", what);
	exit(1);
}

static struct bytes *
show_read(const char *name)
{
	struct bytes *b = calloc(1, sizeof(*b));
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (b == NULL || f == NULL)
		bridge_die("a file of IN is missing");
	b->len = (uint32_t)fread(b->data, 1, ROOM, f);
	fclose(f);
	return b;
}

static bool
show_write(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(name, "wb");
	bool good = f != NULL && fwrite(data, 1, len, f) == len;

	if (f != NULL && fclose(f) != 0)
		good = false;
	return good;
}

static struct rte_mbuf *
show_mbuf(const struct asym_dev *d, const struct bytes *b)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(d->mbufs);
	char *data = m == NULL ? NULL : rte_pktmbuf_append(m, (uint16_t)b->len);

	if (data == NULL)
		bridge_die("no buffer");
	memcpy(data, b->data, b->len);
	return m;
}

/* ---- the list ---- */

/* Authentication is a hash where it takes no key. */
static const char *
show_kind(const struct rte_cryptodev_symmetric_capability *c, const char **name)
{
	switch (c->xform_type) {
	case RTE_CRYPTO_SYM_XFORM_CIPHER:
		*name = CIPHER_NAME(c->cipher.algo);
		return "cipher";
	case RTE_CRYPTO_SYM_XFORM_AEAD:
		*name = AEAD_NAME(c->aead.algo);
		return "aead";
	default:
		*name = AUTH_NAME(c->auth.algo);
		return c->auth.key_size.max == 0 ? "hash" : "mac";
	}
}

static void
show_symmetric(const struct rte_cryptodev_capabilities *all, const char *kind)
{
	const char *name;

	printf("service %s", kind);
	for (; all->op != RTE_CRYPTO_OP_TYPE_UNDEFINED; all++)
		if (all->op == RTE_CRYPTO_OP_TYPE_SYMMETRIC &&
				strcmp(show_kind(&all->sym, &name), kind) == 0)
			printf(" %s", name);
	printf("\n");
}

static void
show_ipsec(const struct asym_dev *d)
{
	static const char * const proto[] = { "", " AH", " ESP" }, * const mode[] = { "",
		" transport", " tunnel" };
	const struct rte_security_capability *c = NULL;
	void *ctx = rte_cryptodev_get_sec_ctx(d->id);
	bool egress;

	printf("service ipsec");
	if (ctx != NULL)
		c = rte_security_capabilities_get(ctx);
	for (; c != NULL && c->action != RTE_SECURITY_ACTION_TYPE_NONE; c++) {
		egress = c->ipsec.direction == RTE_SECURITY_IPSEC_SA_DIR_EGRESS;
		if (c->protocol == RTE_SECURITY_PROTOCOL_IPSEC && egress)
			printf("%s%s", proto[c->ipsec.proto], mode[c->ipsec.mode]);
	}
	printf("\n");
}

static void
show_list(const struct asym_dev *d)
{
	static const char * const kinds[] = { "cipher", "hash", "mac", "aead" };
	struct rte_cryptodev_info info;
	unsigned int i;

	rte_cryptodev_info_get(d->id, &info);
	for (i = 0; i < RTE_DIM(kinds); i++)
		show_symmetric(info.capabilities, kinds[i]);
	printf("service akcipher%s%s\n", d->rsa ? " rsa" : "", d->ecdsa ? " ecdsa" : "");
	show_ipsec(d);
}

/* ---- AES-GCM ---- */

static void *
show_gcm_session(const struct asym_dev *d, const struct bytes *key)
{
	struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_AEAD, .aead = {
		.op = RTE_CRYPTO_AEAD_OP_ENCRYPT, .algo = RTE_CRYPTO_AEAD_AES_GCM,
		.key = { .data = key->data, .length = (uint16_t)key->len },
		.iv = { .offset = IV_AT, .length = IV_LEN }, .digest_length = TAG_LEN } };

	return rte_cryptodev_sym_session_create(d->id, &x, d->sym_sessions);
}

static bool
show_gcm(const struct asym_dev *d)
{
	struct bytes *plain = show_read("plain"), *iv = show_read("iv");
	void *session = show_gcm_session(d, show_read("key"));
	struct rte_crypto_op *op = rte_crypto_op_alloc(d->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	struct rte_mbuf *m;

	if (session == NULL || op == NULL || iv->len != IV_LEN)
		return false;
	m = show_mbuf(d, plain);
	rte_crypto_op_attach_sym_session(op, session);
	memcpy(rte_crypto_op_ctod_offset(op, uint8_t *, IV_AT), iv->data, IV_LEN);
	op->sym->m_src = m;
	op->sym->aead.data.length = plain->len;
	op->sym->aead.digest.data = (uint8_t *)rte_pktmbuf_append(m, TAG_LEN);
	op->sym->aead.digest.phys_addr = rte_pktmbuf_iova_offset(m, plain->len);
	asym_run(d, 0, &op, 1);
	return op->status == RTE_CRYPTO_OP_STATUS_SUCCESS &&
		rte_cryptodev_sym_session_free(d->id, session) == 0 &&
		show_write("gcm", rte_pktmbuf_mtod(m, void *), plain->len + TAG_LEN);
}

/* ---- RSA ---- */

static rte_crypto_uint
show_number(struct bytes *b)
{
	return (rte_crypto_uint){ .data = b->data, .length = b->len };
}

static bool
show_rsa_op(const struct asym_dev *d, struct asym_session *s, enum rte_crypto_asym_op_type type,
		rte_crypto_uint *signature)
{
	struct rte_crypto_op *op = asym_op(d, s);

	op->asym->rsa.op_type = type;
	op->asym->rsa.message = show_number(show_read("digest"));
	op->asym->rsa.sign = *signature;
	asym_run(d, 0, &op, 1);
	*signature = op->asym->rsa.sign;
	return op->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
}

/* Signs, verifies what another has signed, and not what nobody has. */
static void
show_rsa(const struct asym_dev *d)
{
	struct asym_session s = { .pad = { RTE_CRYPTO_RSA_PADDING_PKCS1_5,
		RTE_CRYPTO_AUTH_SHA256 } };
	struct bytes *theirs = show_read("signature"), ours;
	rte_crypto_uint signature = { .data = ours.data };
	bool good;

	s.xform.xform_type = RTE_CRYPTO_ASYM_XFORM_RSA;
	s.xform.rsa.key_type = RTE_RSA_KEY_TYPE_EXP;
	s.xform.rsa.n = show_number(show_read("n"));
	s.xform.rsa.e = show_number(show_read("e"));
	s.xform.rsa.d = show_number(show_read("d"));
#if ASYM_PADDING_IN_XFORM
	s.xform.rsa.padding.type = s.pad.type;
	s.xform.rsa.padding.hash = s.pad.hash;
#endif
	if (asym_session_make(&s, d, false) != 0) {
		report("RSA: a session", false);
		return;
	}
	good = show_rsa_op(d, &s, RTE_CRYPTO_ASYM_OP_SIGN, &signature) &&
		show_write("signature", signature.data, signature.length);
	report("RSA: a signature is made", good);
	signature = show_number(theirs);
	report("RSA: OpenSSL's signature verifies",
		show_rsa_op(d, &s, RTE_CRYPTO_ASYM_OP_VERIFY, &signature));
	theirs->data[theirs->len - 1] ^= 1;
	report("RSA: a wrong one does not",
		!show_rsa_op(d, &s, RTE_CRYPTO_ASYM_OP_VERIFY, &signature));
	asym_session_close(&s, d);
}

/* ---- IPsec ---- */

static bool
show_esp(const struct asym_dev *d, const char *association)
{
	struct bridge_sa *sa = bridge_sa_create(d->id, association, true, false);
	struct rte_mbuf *m = show_mbuf(d, show_read("packet"));
	bool good = bridge_sa_process(sa, &m, 1) == 1 &&
		show_write("esp", rte_pktmbuf_mtod(m, void *), rte_pktmbuf_data_len(m));

	bridge_sa_destroy(sa);
	return good;
}

int
main(int argc, char **argv)
{
	int eal_args = rte_eal_init(argc, argv);
	struct asym_dev d;

	if (eal_args < 0 || argc - eal_args != 4)
		rte_exit(EXIT_FAILURE, "usage: show [EAL options] -- NAME IN ASSOCIATION\n");
	argv += eal_args;
	folder = argv[2];
	if (asym_dev_open(&d, argv[1]) != 0)
		return EXIT_FAILURE;
	show_list(&d);
	report("AES-GCM: a text is sealed", show_gcm(&d));
	show_rsa(&d);
	report("IPsec: a packet is sealed", show_esp(&d, argv[3]));
	asym_dev_close(&d);
	rte_eal_cleanup();
	return report_nb_failed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
