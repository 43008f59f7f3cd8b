/* SPDX-License-Identifier: BSD-3-Clause
 *
 * AES-CBC by one driver of the kernel, through AF_ALG, from several processes at once:
 * each result is compared with OpenSSL's.  Runs in the guest, where the driver is Linux's
 * virtio_crypto and the device vcryptod.
 *
 * usage: af_alg DRIVER PROCESSES ROUNDS
 * Prints how many requests the driver was given, as "af_alg: N requests".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_alg.h>
#include <openssl/evp.h>

#ifndef SOL_ALG
#define SOL_ALG		279
#endif

#define IV_LEN		16
#define LONGEST		65536u
#define PIECE		256u	/* bytes: 256 of them make a table of 275 entries */
#define NB_PIECES	(LONGEST / PIECE)
#define NB(array)	(sizeof(array) / sizeof((array)[0]))

/* One process and its transform. */
struct user {
	unsigned int number;
	unsigned int key_len;		/* bytes */
	uint8_t key[32], iv[IV_LEN];
	uint8_t *plain, *cipher, *result;
	int alg, op;			/* sockets: the transform, its operations */
	unsigned int nb_requests;
};

static const unsigned int user_len[] = { 16, 32, 240, 1024, 4096, 4112, 16384, LONGEST };

static int
user_fail(const struct user *u, const char *what)
{
	fprintf(stderr, "af_alg: process %u: %s: %s\n", u->number, what, strerror(errno));
	return -1;
}

static int
user_open(struct user *u, const char *driver)
{
	struct sockaddr_alg sa = { .salg_family = AF_ALG, .salg_type = "skcipher" };

	if (strlen(driver) >= sizeof(sa.salg_name))
		return -1;
	memcpy(sa.salg_name, driver, strlen(driver) + 1);
	u->alg = socket(AF_ALG, SOCK_SEQPACKET, 0);
	if (u->alg < 0 || bind(u->alg, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return user_fail(u, "the kernel has no such driver");
	if (setsockopt(u->alg, SOL_ALG, ALG_SET_KEY, u->key, u->key_len) != 0)
		return user_fail(u, "key refused");
	u->op = accept(u->alg, NULL, 0);
	return u->op >= 0 ? 0 : user_fail(u, "accept");
}

/* Everything of a request but its data, or with data of len bytes. */
static int
user_send(struct user *u, uint32_t direction, const uint8_t *data, size_t len, int flags)
{
	struct {
		_Alignas(struct cmsghdr) uint8_t buf[CMSG_SPACE(sizeof(direction)) +
			CMSG_SPACE(sizeof(struct af_alg_iv) + IV_LEN)];
	} control = { { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = {
		.msg_control = control.buf, .msg_controllen = sizeof(control.buf),
		.msg_iov = &iov, .msg_iovlen = data != NULL,
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct af_alg_iv *iv;

	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_OP;
	c->cmsg_len = CMSG_LEN(sizeof(direction));
	memcpy(CMSG_DATA(c), &direction, sizeof(direction));
	c = CMSG_NXTHDR(&m, c);
	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_IV;
	c->cmsg_len = CMSG_LEN(sizeof(*iv) + IV_LEN);
	iv = (void *)CMSG_DATA(c);
	iv->ivlen = IV_LEN;
	memcpy(iv->iv, u->iv, IV_LEN);
	return sendmsg(u->op, &m, flags) == (ssize_t)len ? 0 : user_fail(u, "sendmsg");
}

/* The data as NB_PIECES pieces that the kernel does not join: out of a pipe. */
static int
user_send_pieces(struct user *u, uint32_t direction, const uint8_t *data)
{
	struct iovec iov[NB_PIECES];
	int ends[2], rc = -1;
	unsigned int i;

	if (user_send(u, direction, NULL, 0, MSG_MORE) != 0 || pipe(ends) != 0)
		return -1;
	for (i = 0; i < NB_PIECES; i++)
		iov[i] = (struct iovec){ (void *)(uintptr_t)(data + i * PIECE), PIECE };
	if (fcntl(ends[1], F_SETPIPE_SZ, NB_PIECES * 4096) < 0 ||
			vmsplice(ends[1], iov, NB_PIECES, 0) != LONGEST ||
			splice(ends[0], NULL, u->op, NULL, LONGEST, 0) != LONGEST)
		user_fail(u, "splice");
	else
		rc = 0;
	close(ends[0]);
	close(ends[1]);
	return rc;
}

/* One request; its result is want. */
static int
user_request(struct user *u, uint32_t direction, const uint8_t *data, const uint8_t *want,
		unsigned int len, bool pieces)
{
	int rc = pieces ? user_send_pieces(u, direction, data) :
			user_send(u, direction, data, len, 0);

	if (rc != 0)
		return rc;
	memset(u->result, 0xee, len + 1);
	if (read(u->op, u->result, len) != (ssize_t)len)
		return user_fail(u, "read");
	u->nb_requests++;
	if (memcmp(u->result, want, len) == 0 && u->result[len] == 0xee)
		return 0;
	fprintf(stderr, "af_alg: process %u: wrong result of %u bytes, %s\n", u->number, len,
			direction == ALG_OP_ENCRYPT ? "encrypted" : "decrypted");
	return -1;
}

/* OpenSSL's answer for plain, in cipher. */
static int
user_reference(struct user *u, unsigned int len)
{
	const EVP_CIPHER *type = u->key_len == 16 ? EVP_aes_128_cbc() :
			u->key_len == 24 ? EVP_aes_192_cbc() : EVP_aes_256_cbc();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int got = 0, ok;

	ok = ctx != NULL && EVP_EncryptInit_ex(ctx, type, NULL, u->key, u->iv) == 1 &&
			EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
			EVP_EncryptUpdate(ctx, u->cipher, &got, u->plain, (int)len) == 1 &&
			got == (int)len;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -1;
}

/* There and back, in every length. */
static int
user_round(struct user *u, unsigned int round)
{
	unsigned int i, k, len;

	for (i = 0; i < NB(user_len); i++) {
		len = user_len[i];
		for (k = 0; k < len; k++)
			u->plain[k] = (uint8_t)(k * 7 + k / 256 + round + u->number);
		memset(u->iv, (int)(round * 16 + u->number), IV_LEN);
		if (user_reference(u, len) != 0)
			return -1;
		for (k = 0; k < (len == LONGEST ? 2u : 1u); k++)
			if (user_request(u, ALG_OP_ENCRYPT, u->plain, u->cipher, len, k) != 0 ||
					user_request(u, ALG_OP_DECRYPT, u->cipher, u->plain, len,
					k) != 0)
				return -1;
	}
	return 0;
}

/* A process's whole life; the number of its requests goes to the parent. */
static int
user_run(const char *driver, unsigned int number, unsigned int rounds, int report)
{
	struct user u = { .number = number, .key_len = 16 + number % 3 * 8, .op = -1 };
	unsigned int i;

	memset(u.key, (int)number + 1, sizeof(u.key));
	u.plain = aligned_alloc(4096, LONGEST);
	u.cipher = aligned_alloc(4096, LONGEST);
	u.result = aligned_alloc(4096, LONGEST + 4096);
	if (u.plain == NULL || u.cipher == NULL || u.result == NULL)
		return 1;
	if (user_open(&u, driver) != 0)
		return 1;
	for (i = 0; i < rounds; i++)
		if (user_round(&u, i) != 0)
			return 1;
	return write(report, &u.nb_requests, sizeof(u.nb_requests)) !=
			sizeof(u.nb_requests);
}

int
main(int argc, char **argv)
{
	unsigned int processes, rounds, i, n, sum = 0;
	int report[2], status, failed = 0;

	if (argc != 4 || pipe(report) != 0) {
		fprintf(stderr, "usage: af_alg DRIVER PROCESSES ROUNDS\n");
		return 2;
	}
	processes = (unsigned int)strtoul(argv[2], NULL, 10);
	rounds = (unsigned int)strtoul(argv[3], NULL, 10);
	for (i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(user_run(argv[1], i, rounds, report[1]));
		failed += pid < 0;
	}
	close(report[1]);
	while (wait(&status) > 0)
		failed += status != 0;
	while (read(report[0], &n, sizeof(n)) == sizeof(n))
		sum += n;
	printf("af_alg: %u requests, %d processes failed\n", sum, failed);
	return failed != 0 || sum == 0;
}
