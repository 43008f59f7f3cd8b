/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A security association from a line of words with commas between:
 *   esp | ah, tunnel | transport, spi=N, window=N, esn, udp, src=ADDRESS, dst=ADDRESS,
 *   aead=NAME:KEY:SALT:ICV, cipher=NAME:KEY:IV, auth=NAME:KEY:ICV, salt=SALT (of a counter)
 * NAME as DPDK has it, KEY and SALT in hexadecimal, IV and ICV in bytes.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>

#include "sa_bridge_sa.h"

#define WAIT_S		60	/* for what the device has: it answers at once, or never */
#define KEY_MAX		64
#define WORDS_MAX	1024
#define NB_OPS		255

static unsigned int
sa_hex(uint8_t *bytes, const char *text)
{
	unsigned int n = 0, byte;

	while (n < KEY_MAX && sscanf(text + 2 * n, "%2x", &byte) == 1)
		bytes[n++] = byte;
	if (text[2 * n] != '\0')
		bridge_die("a key is not hexadecimal, or too long");
	return n;
}

/* The next word behind a colon. */
static const char *
sa_part(char **rest)
{
	const char *part = strsep(rest, ":");

	if (part == NULL)
		bridge_die("an algorithm has too few parts");
	return part;
}

static void
sa_cipher(struct bridge_sa *sa, char *text)
{
	struct rte_crypto_cipher_xform *c = &sa->cipher.cipher;

	sa->cipher.type = RTE_CRYPTO_SYM_XFORM_CIPHER;
	if (rte_cryptodev_get_cipher_algo_enum(&c->algo, sa_part(&text)) != 0)
		bridge_die("DPDK has no such cipher");
	c->op = sa->outbound ? RTE_CRYPTO_CIPHER_OP_ENCRYPT : RTE_CRYPTO_CIPHER_OP_DECRYPT;
	c->key.length = sa_hex(sa->key, sa_part(&text));
	c->key.data = sa->key;
	c->iv.offset = SA_IV_OFFSET;
	c->iv.length = atoi(sa_part(&text));
}

static void
sa_auth(struct bridge_sa *sa, char *text)
{
	struct rte_crypto_auth_xform *a = &sa->auth.auth;

	sa->auth.type = RTE_CRYPTO_SYM_XFORM_AUTH;
	if (rte_cryptodev_get_auth_algo_enum(&a->algo, sa_part(&text)) != 0)
		bridge_die("DPDK has no such algorithm of authentication");
	a->op = sa->outbound ? RTE_CRYPTO_AUTH_OP_GENERATE : RTE_CRYPTO_AUTH_OP_VERIFY;
	a->key.length = sa_hex(sa->auth_key, sa_part(&text));
	a->key.data = sa->auth_key;
	a->digest_length = atoi(sa_part(&text));
	if (a->algo == RTE_CRYPTO_AUTH_AES_GMAC) {
		a->iv.offset = SA_IV_OFFSET;
		a->iv.length = 12;
	}
}

static void
sa_salt(struct bridge_sa *sa, const char *text)
{
	uint8_t salt[KEY_MAX] = { 0 };

	sa_hex(salt, text);
	memcpy(&sa->ipsec.salt, salt, sizeof(sa->ipsec.salt));
}

static void
sa_aead(struct bridge_sa *sa, char *text)
{
	struct rte_crypto_aead_xform *a = &sa->cipher.aead;

	sa->cipher.type = RTE_CRYPTO_SYM_XFORM_AEAD;
	if (rte_cryptodev_get_aead_algo_enum(&a->algo, sa_part(&text)) != 0)
		bridge_die("DPDK has no such AEAD algorithm");
	a->op = sa->outbound ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT;
	a->key.length = sa_hex(sa->key, sa_part(&text));
	a->key.data = sa->key;
	sa_salt(sa, sa_part(&text));
	a->digest_length = atoi(sa_part(&text));
	a->iv.offset = SA_IV_OFFSET;
	a->iv.length = a->algo == RTE_CRYPTO_AEAD_AES_CCM ? 11 : 12;
}

static void
sa_address(struct bridge_sa *sa, const char *text, bool src)
{
	struct rte_security_ipsec_tunnel_param *t = &sa->ipsec.tunnel;

	if (inet_pton(AF_INET, text, src ? &t->ipv4.src_ip : &t->ipv4.dst_ip) == 1) {
		t->type = RTE_SECURITY_IPSEC_TUNNEL_IPV4;
		t->ipv4.ttl = 64;
	} else if (inet_pton(AF_INET6, text, src ? &t->ipv6.src_addr : &t->ipv6.dst_addr) == 1) {
		t->type = RTE_SECURITY_IPSEC_TUNNEL_IPV6;
		t->ipv6.hlimit = 64;
	} else {
		bridge_die("an address is none");
	}
}

static void
sa_word(struct bridge_sa *sa, char *word)
{
	struct rte_security_ipsec_xform *x = &sa->ipsec;
	char *value = word, *name = strsep(&value, "=");

	if (value == NULL)
		value = name + strlen(name);
	if (strcmp(name, "esp") == 0)
		x->proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP;
	else if (strcmp(name, "ah") == 0)
		x->proto = RTE_SECURITY_IPSEC_SA_PROTO_AH;
	else if (strcmp(name, "tunnel") == 0)
		x->mode = RTE_SECURITY_IPSEC_SA_MODE_TUNNEL;
	else if (strcmp(name, "transport") == 0)
		x->mode = RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT;
	else if (strcmp(name, "esn") == 0)
		x->options.esn = 1;
	else if (strcmp(name, "udp") == 0)
		x->options.udp_encap = 1;
	else if (strcmp(name, "spi") == 0)
		x->spi = atoi(value);
	else if (strcmp(name, "window") == 0)
		x->replay_win_sz = atoi(value);
	else if (strcmp(name, "src") == 0 || strcmp(name, "dst") == 0)
		sa_address(sa, value, name[0] == 's');
	else if (strcmp(name, "salt") == 0)
		sa_salt(sa, value);
	else if (strcmp(name, "aead") == 0)
		sa_aead(sa, value);
	else if (strcmp(name, "cipher") == 0)
		sa_cipher(sa, value);
	else if (strcmp(name, "auth") == 0)
		sa_auth(sa, value);
	else
		bridge_die("an association has a word that is none");
}

/* The chain in the order that rte_security wants: cipher first outbound, last inbound. */
static void
sa_chain(struct bridge_sa *sa)
{
	bool both = sa->cipher.type == RTE_CRYPTO_SYM_XFORM_CIPHER &&
			sa->auth.type == RTE_CRYPTO_SYM_XFORM_AUTH;

	if (sa->cipher.type == RTE_CRYPTO_SYM_XFORM_AEAD)
		sa->cipher.aead.aad_length = sa->ipsec.options.esn ? 12 : 8;
	if (sa->cipher.type == RTE_CRYPTO_SYM_XFORM_NOT_SPECIFIED)
		sa->xform = &sa->auth;
	else if (!both || sa->outbound)
		sa->xform = &sa->cipher;
	else
		sa->xform = &sa->auth;
	if (both)
		sa->xform->next = sa->outbound ? &sa->auth : &sa->cipher;
}

static void
sa_security_session(struct bridge_sa *sa)
{
	struct rte_security_session_conf conf = {
		.action_type = RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL,
		.protocol = RTE_SECURITY_PROTOCOL_IPSEC,
		.ipsec = sa->ipsec,
		.crypto_xform = sa->xform,
	};
	void *ctx = rte_cryptodev_get_sec_ctx(sa->dev);

	if (ctx == NULL)
		bridge_die("the device has no security context");
	sa->sessions = rte_mempool_create(sa->name, 4,
			rte_security_session_get_size(ctx), 0, 0, NULL, NULL, NULL, NULL,
			SOCKET_ID_ANY, 0);
	if (sa->sessions != NULL)
		sa->session = rte_security_session_create(ctx, &conf, sa->sessions);
	if (sa->session == NULL)
		bridge_die("the device makes no session for an association");
}

struct bridge_sa *
bridge_sa_create(uint8_t dev, const char *line, bool outbound, bool library)
{
	struct bridge_sa *sa = rte_zmalloc(NULL, sizeof(*sa), 0);
	char words[WORDS_MAX], *rest = words, *word, name[RTE_MEMPOOL_NAMESIZE];
	static unsigned int nb_sas;

	if (sa == NULL)
		bridge_die("no memory");
	snprintf(words, sizeof(words), "%s", line);
	snprintf(sa->name, sizeof(sa->name), "sa%u", nb_sas++);
	sa->dev = dev;
	sa->outbound = outbound;
	sa->ipsec.direction = outbound ? RTE_SECURITY_IPSEC_SA_DIR_EGRESS :
			RTE_SECURITY_IPSEC_SA_DIR_INGRESS;
	while ((word = strsep(&rest, ",")) != NULL)
		sa_word(sa, word);
	sa_chain(sa);
	snprintf(name, sizeof(name), "ops %s", sa->name);
	sa->ops = rte_crypto_op_pool_create(name, RTE_CRYPTO_OP_TYPE_SYMMETRIC, NB_OPS, 0,
			SA_OP_PRIVATE, SOCKET_ID_ANY);
	if (sa->ops == NULL)
		bridge_die("no memory");
	if (library)
		bridge_library_session(sa);
	else
		sa_security_session(sa);
	return sa;
}

void
bridge_sa_destroy(struct bridge_sa *sa)
{
	if (sa->library != NULL)
		bridge_library_destroy(sa);
	else if (rte_security_session_destroy(rte_cryptodev_get_sec_ctx(sa->dev),
			sa->session) != 0)
		bridge_die("a session is not destroyed");
	rte_free(sa);
}

/* All ops there and back; the results in the mbufs. */
void
bridge_sa_exchange(struct bridge_sa *sa, struct rte_crypto_op **ops, uint16_t n)
{
	uint64_t deadline = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();
	uint16_t sent = 0, back = 0;

	while (back < n) {
		sent += rte_cryptodev_enqueue_burst(sa->dev, 0, ops + sent, n - sent);
		back += rte_cryptodev_dequeue_burst(sa->dev, 0, ops + back, sent - back);
		if (rte_get_timer_cycles() > deadline)
			bridge_die("an op does not come back");
	}
}

uint16_t
bridge_sa_process(struct bridge_sa *sa, struct rte_mbuf **mbufs, uint16_t n)
{
	struct rte_crypto_op *ops[NB_OPS];
	struct rte_mbuf *bad[NB_OPS];
	uint16_t i, good = 0, nb_bad = 0;

	if (n > NB_OPS || rte_crypto_op_bulk_alloc(sa->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC, ops,
			n) != n)
		bridge_die("too many packets at a time");
	if (sa->library != NULL) {
		good = bridge_library_process(sa, mbufs, ops, n);
	} else {
		for (i = 0; i < n; i++) {
			rte_security_attach_session(ops[i], sa->session);
			ops[i]->sym->m_src = mbufs[i];
		}
		bridge_sa_exchange(sa, ops, n);
		for (i = 0; i < n; i++) {
			struct rte_mbuf *m = ops[i]->sym->m_src;

			if (ops[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS)
				mbufs[good++] = m;
			else
				bad[nb_bad++] = m;
		}
		memcpy(mbufs + good, bad, nb_bad * sizeof(bad[0]));
	}
	rte_mempool_put_bulk(sa->ops, (void **)ops, n);
	return good;
}
