/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The program to read first: encrypts or decrypts a file with a cryptodev, from the
 * start of EAL to the last byte.  Uses DPDK's public API alone, so that it runs with
 * any driver; it looks for ours unless another is named:
 *
 *   encrypt_file -d librte_crypto_vcrypto.so -a 0000:00:02.0 -- \
 *           --cipher aes-cbc --key HEX --iv HEX plain.bin cipher.bin
 *   encrypt_file --no-huge --no-pci --vdev crypto_openssl0 -- \
 *           --driver crypto_openssl --cipher aes-ctr --key HEX --iv HEX in out
 *
 * The file is cut into chunks; a chunk is one operation, and up to BURST operations
 * are in flight.  A session has one key, an operation has its own iv: next_iv() shows
 * what joins the chunks to one message.  One thread does everything.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#define BURST 32		/* operations in flight */
#define NB_DESC 128		/* entries asked of the queue pair */
#define CHUNK_DEFAULT 16384	/* bytes an operation */
#define CHUNK_MAX 32768
#define KEY_MAX 64		/* bytes */
#define IV_MAX 16
#define WAIT_S 10		/* longest wait for the device, seconds */

/* The iv lies behind the operation, in the room that the pool was told to leave. */
#define IV_OFFSET (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))

enum mode { MODE_ECB, MODE_CBC, MODE_CTR, MODE_XTS };

struct cipher {
	const char *name;
	enum rte_crypto_cipher_algorithm algo;
	enum mode mode;
	uint16_t block;		/* bytes */
	uint16_t iv_len;	/* bytes; 0: takes none */
};

static const struct cipher ciphers[] = {
	{ "aes-cbc", RTE_CRYPTO_CIPHER_AES_CBC, MODE_CBC, 16, 16 },
	{ "aes-ctr", RTE_CRYPTO_CIPHER_AES_CTR, MODE_CTR, 16, 16 },
	{ "aes-ecb", RTE_CRYPTO_CIPHER_AES_ECB, MODE_ECB, 16, 0 },
	{ "aes-xts", RTE_CRYPTO_CIPHER_AES_XTS, MODE_XTS, 16, 16 },
	{ "3des-cbc", RTE_CRYPTO_CIPHER_3DES_CBC, MODE_CBC, 8, 8 },
	{ "3des-ctr", RTE_CRYPTO_CIPHER_3DES_CTR, MODE_CTR, 8, 8 },
	{ "3des-ecb", RTE_CRYPTO_CIPHER_3DES_ECB, MODE_ECB, 8, 0 },
	{ "des-cbc", RTE_CRYPTO_CIPHER_DES_CBC, MODE_CBC, 8, 8 },
};

/* What the user asked for. */
struct job {
	const struct cipher *cipher;
	const char *driver;
	const char *in_path, *out_path;
	bool decrypt;
	uint16_t chunk;		/* bytes an operation */
	bool sectors;		/* XTS: chunks are data units of their own */
	uint8_t key[KEY_MAX];
	uint16_t key_len;	/* bytes */
	uint8_t iv[IV_MAX];	/* of the next chunk */
	uint16_t iv_len;
};

/* What the job runs on.  All of it is released by device_close(). */
struct device {
	uint8_t id;
	bool configured, started;
	uint64_t busy;		/* timer cycles from the first op of a burst to the last */
	struct rte_mempool *sessions, *ops, *mbufs;
	void *session;
};

static int
fail(const char *what, const char *detail)
{
	fprintf(stderr, "encrypt_file: %s%s%s\n", what, detail == NULL ? "" : ": ",
		detail == NULL ? "" : detail);
	return -1;
}

static void
usage(void)
{
	printf("usage: encrypt_file EAL-OPTION... -- --cipher NAME --key HEX [--iv HEX]\n"
	       "         [--decrypt] [--driver NAME] [--chunk BYTES | --sector-size BYTES] IN OUT\n"
	       "  --cipher NAME        one of:");
	for (size_t i = 0; i < RTE_DIM(ciphers); i++)
		printf(" %s", ciphers[i].name);
	printf("\n"
	       "  --key HEX, --iv HEX  the iv is as long as the cipher's block; ECB takes none;\n"
	       "                       for CTR it is the first counter, for XTS the first tweak\n"
	       "  --decrypt            (default: encrypt)\n"
	       "  --driver NAME        cryptodev driver (default crypto_virtio)\n"
	       "  --chunk BYTES        bytes an operation (default %d, at most %d)\n"
	       "  --sector-size BYTES  XTS: the file is cut into data units of this size, each\n"
	       "                       with the tweak of the one before plus 1 (little endian);\n"
	       "                       without it the file is one unit\n"
	       "No padding is added: ECB, CBC and XTS need whole blocks.\n"
	       "EAL's options name driver and device, for example\n"
	       "  -d PLUGIN -a 0000:00:04.0\n"
	       "  -d PLUGIN --no-huge -m 256 --no-pci --vdev crypto_virtio_user0,path=SOCKET\n",
		CHUNK_DEFAULT, CHUNK_MAX);
}

/* ---- arguments ---- */

/* Hex digits to bytes; the number of bytes, or -1 if they are no hex or too many. */
static int
parse_hex(uint8_t *out, size_t max, const char *hex)
{
	size_t len = strlen(hex);

	if (len % 2 != 0 || len / 2 > max || strspn(hex, "0123456789abcdefABCDEF") != len)
		return -1;
	for (size_t i = 0; i < len / 2; i++) {
		char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		out[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return (int)(len / 2);
}

static int
parse_key(struct job *job, const char *hex)
{
	int len = parse_hex(job->key, sizeof(job->key), hex);

	if (len <= 0)
		return fail("--key needs hex digits, two a byte, of 64 bytes at most", NULL);
	job->key_len = (uint16_t)len;
	return 0;
}

static int
parse_iv(struct job *job, const char *hex)
{
	int len = parse_hex(job->iv, sizeof(job->iv), hex);

	if (len < 0)
		return fail("--iv needs hex digits, two a byte, of 16 bytes at most", NULL);
	job->iv_len = (uint16_t)len;
	return 0;
}

static int
parse_cipher(struct job *job, const char *name)
{
	for (size_t i = 0; i < RTE_DIM(ciphers); i++) {
		if (strcmp(name, ciphers[i].name) == 0) {
			job->cipher = &ciphers[i];
			return 0;
		}
	}
	return fail("unknown cipher (--help lists them)", name);
}

static int
parse_chunk(struct job *job, const char *text)
{
	char *end;
	unsigned long bytes = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || bytes == 0 || bytes > CHUNK_MAX || bytes % 16 != 0)
		return fail("--chunk and --sector-size take a multiple of 16, at most 32768", text);
	job->chunk = (uint16_t)bytes;
	return 0;
}

/* What one option alone cannot know. */
static int
check_job(const struct job *job)
{
	const struct cipher *cipher = job->cipher;

	if (cipher == NULL)
		return fail("--cipher is missing (--help lists them)", NULL);
	if (job->key_len == 0)
		return fail("--key is missing", NULL);
	if (job->iv_len != cipher->iv_len) {
		fprintf(stderr, "encrypt_file: %s takes an iv of %u bytes, --iv has %u\n",
			cipher->name, cipher->iv_len, job->iv_len);
		return -1;
	}
	if (job->sectors && cipher->mode != MODE_XTS)
		return fail("--sector-size is for aes-xts only", NULL);
	return 0;
}

static const struct option long_options[] = {
	{ "cipher", required_argument, NULL, 'c' },
	{ "key", required_argument, NULL, 'k' },
	{ "iv", required_argument, NULL, 'i' },
	{ "decrypt", no_argument, NULL, 'd' },
	{ "driver", required_argument, NULL, 'D' },
	{ "chunk", required_argument, NULL, 'n' },
	{ "sector-size", required_argument, NULL, 's' },
	{ NULL, 0, NULL, 0 },
};

static int
parse_option(struct job *job, int option)
{
	switch (option) {
	case 'c':
		return parse_cipher(job, optarg);
	case 'k':
		return parse_key(job, optarg);
	case 'i':
		return parse_iv(job, optarg);
	case 'd':
		job->decrypt = true;
		return 0;
	case 'D':
		job->driver = optarg;
		return 0;
	case 's':
		job->sectors = true;
		return parse_chunk(job, optarg);
	case 'n':
		return parse_chunk(job, optarg);
	default:
		return -1;	/* getopt_long has said why */
	}
}

static int
parse_args(struct job *job, int argc, char **argv)
{
	int option;

	*job = (struct job){ .driver = "crypto_virtio", .chunk = CHUNK_DEFAULT };
	optind = 1;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (parse_option(job, option) != 0)
			return -1;
	if (argc - optind != 2)
		return fail("two file names are needed, IN and OUT (--help shows the usage)", NULL);
	job->in_path = argv[optind];
	job->out_path = argv[optind + 1];
	return check_job(job);
}

/* ---- device and session ---- */

/* The first cryptodev of the driver. */
static int
find_device(uint8_t *dev_id, const char *driver)
{
	struct rte_cryptodev_info info;
	uint8_t ids[RTE_CRYPTO_MAX_DEVS];
	uint8_t nb = rte_cryptodev_devices_get(driver, ids, RTE_DIM(ids));

	/* devices_get() compares the beginning of the name only */
	for (uint8_t i = 0; i < nb; i++) {
		rte_cryptodev_info_get(ids[i], &info);
		if (strcmp(info.driver_name, driver) == 0) {
			*dev_id = ids[i];
			return 0;
		}
	}
	return fail("no device of this driver: EAL needs -d PLUGIN, and -a with a function that is "
		"bound, or --vdev (see --help)", driver);
}

/* Does the device do this cipher with a key and an iv of these lengths? */
static int
check_capability(uint8_t dev_id, const struct job *job)
{
	const struct rte_cryptodev_symmetric_capability *capability;
	struct rte_cryptodev_sym_capability_idx idx = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.algo.cipher = job->cipher->algo,
	};

	capability = rte_cryptodev_sym_capability_get(dev_id, &idx);
	if (capability == NULL)
		return fail("the device does not offer this cipher", job->cipher->name);
	if (rte_cryptodev_sym_capability_check_cipher(capability, job->key_len, job->iv_len) != 0)
		return fail("the device does not take a key of this length for", job->cipher->name);
	return 0;
}

static int
create_pools(struct device *dev, uint16_t chunk, int socket)
{
	unsigned int private_size = rte_cryptodev_sym_get_private_session_size(dev->id);

	dev->sessions = rte_cryptodev_sym_session_pool_create("sessions", 2, private_size, 0, 0,
		socket);
	dev->ops = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, 2 * BURST - 1, 0,
		IV_MAX, socket);
	dev->mbufs = rte_pktmbuf_pool_create("mbufs", 2 * BURST - 1, 0, 0,
		(uint16_t)(RTE_PKTMBUF_HEADROOM + chunk), socket);
	if (dev->sessions == NULL || dev->ops == NULL || dev->mbufs == NULL)
		return fail("no memory for the pools", NULL);
	return 0;
}

static int
start_device(struct device *dev, int socket)
{
	struct rte_cryptodev_config config = { .socket_id = socket, .nb_queue_pairs = 1 };
	struct rte_cryptodev_qp_conf qp = {
		.nb_descriptors = NB_DESC,
		.mp_session = dev->sessions,
	};

	if (rte_cryptodev_configure(dev->id, &config) != 0)
		return fail("the device could not be configured", NULL);
	dev->configured = true;
	if (rte_cryptodev_queue_pair_setup(dev->id, 0, &qp, socket) != 0)
		return fail("the queue pair could not be set up", NULL);
	if (rte_cryptodev_start(dev->id) != 0)
		return fail("the device could not be started", NULL);
	dev->started = true;
	return 0;
}

/* The key goes to the device once, here. */
static int
create_session(struct device *dev, const struct job *job)
{
	struct rte_crypto_sym_xform xform = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = job->decrypt ? RTE_CRYPTO_CIPHER_OP_DECRYPT :
				RTE_CRYPTO_CIPHER_OP_ENCRYPT,
			.algo = job->cipher->algo,
			.key = { .data = job->key, .length = job->key_len },
			.iv = { .offset = IV_OFFSET, .length = job->iv_len },
		},
	};

	dev->session = rte_cryptodev_sym_session_create(dev->id, &xform, dev->sessions);
	if (dev->session == NULL)
		return fail("the device refused the session", rte_strerror(rte_errno));
	return 0;
}

static int
device_open(struct device *dev, const struct job *job)
{
	int socket;

	if (find_device(&dev->id, job->driver) != 0)
		return -1;
	socket = rte_cryptodev_socket_id(dev->id);
	if (check_capability(dev->id, job) != 0 || create_pools(dev, job->chunk, socket) != 0 ||
			start_device(dev, socket) != 0 || create_session(dev, job) != 0)
		return -1;
	return 0;
}

/* Also after a device_open() that failed half-way. */
static void
device_close(struct device *dev)
{
	if (dev->session != NULL)
		rte_cryptodev_sym_session_free(dev->id, dev->session);
	if (dev->started)
		rte_cryptodev_stop(dev->id);
	if (dev->configured)
		rte_cryptodev_close(dev->id);
	rte_mempool_free(dev->mbufs);
	rte_mempool_free(dev->ops);
	rte_mempool_free(dev->sessions);
}

/* ---- operations ---- */

/* Adds to a counter of len bytes, big endian (CTR) or little endian (XTS tweaks). */
static void
counter_add(uint8_t *counter, uint16_t len, uint32_t value, bool big_endian)
{
	for (uint16_t i = 0; i < len && value != 0; i++) {
		uint8_t *byte = &counter[big_endian ? len - 1 - i : i];

		value += *byte;
		*byte = (uint8_t)value;
		value >>= 8;
	}
}

/* The iv of the chunk that follows one of len bytes.  `cipher_text` is that chunk
 * encrypted: CBC goes on from its last block, so encryption has to wait for it.
 */
static void
next_iv(struct job *job, const uint8_t *cipher_text, uint16_t len)
{
	uint16_t block = job->cipher->block;

	switch (job->cipher->mode) {
	case MODE_CBC:
		memcpy(job->iv, cipher_text + len - block, block);
		break;
	case MODE_CTR:
		counter_add(job->iv, block, len / block, true);
		break;
	case MODE_XTS:
		counter_add(job->iv, block, 1, false);
		break;
	case MODE_ECB:
		break;
	}
}

static bool
chunks_are_serial(const struct job *job)
{
	return job->cipher->mode == MODE_CBC && !job->decrypt;
}

/* Reads the next chunk into mbuf.  Its length; 0 at the end of the file; -1. */
static int
read_chunk(struct rte_mbuf *mbuf, const struct job *job, FILE *in)
{
	char *data = rte_pktmbuf_append(mbuf, job->chunk);
	size_t len = fread(data, 1, job->chunk, in);

	if (ferror(in))
		return fail(job->in_path, strerror(errno));
	if (job->cipher->mode != MODE_CTR && len % job->cipher->block != 0)
		return fail("the file does not end with a whole block, and no padding is added",
			job->in_path);
	rte_pktmbuf_trim(mbuf, (uint16_t)(job->chunk - len));
	return (int)len;
}

/* One chunk becomes one operation, in place. */
static void
fill_op(struct rte_crypto_op *op, struct rte_mbuf *mbuf, const struct device *dev,
	const struct job *job)
{
	rte_crypto_op_attach_sym_session(op, dev->session);
	op->sym->m_src = mbuf;
	op->sym->cipher.data.offset = 0;
	op->sym->cipher.data.length = rte_pktmbuf_data_len(mbuf);
	memcpy(rte_crypto_op_ctod_offset(op, uint8_t *, IV_OFFSET), job->iv, job->iv_len);
}

/* Reads up to max chunks into ops and mbufs (of BURST each, allocated by the caller).
 * The number of operations; 0 at the end of the file; -1.
 */
static int
fill_burst(struct rte_crypto_op **ops, struct rte_mbuf **mbufs, int max, const struct device *dev,
	struct job *job, FILE *in)
{
	int nb;

	for (nb = 0; nb < max; nb++) {
		int len = read_chunk(mbufs[nb], job, in);

		if (len < 0)
			return -1;
		if (len == 0)
			break;
		fill_op(ops[nb], mbufs[nb], dev, job);
		if (!chunks_are_serial(job))
			next_iv(job, rte_pktmbuf_mtod(mbufs[nb], uint8_t *), (uint16_t)len);
	}
	return nb;
}

/* Hands nb operations to the device and waits until all have come back. */
static int
run_burst(struct device *dev, struct rte_crypto_op **ops, uint16_t nb)
{
	struct rte_crypto_op *done[BURST];
	uint64_t start = rte_get_timer_cycles(), deadline = start + WAIT_S * rte_get_timer_hz();
	uint16_t sent = 0, back = 0, failed = 0;

	while (back < nb) {
		uint16_t got;

		/* a full queue takes fewer than it is given: the rest goes next time */
		sent += rte_cryptodev_enqueue_burst(dev->id, 0, &ops[sent], nb - sent);
		got = rte_cryptodev_dequeue_burst(dev->id, 0, done, BURST);
		for (uint16_t i = 0; i < got; i++)
			failed += done[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS;
		back += got;
		if (got == 0 && rte_get_timer_cycles() > deadline)
			return fail("the device did not answer within 10 s", NULL);
	}
	dev->busy += rte_get_timer_cycles() - start;
	if (failed != 0)
		return fail("the device failed an operation (a smaller --chunk may do)", NULL);
	return 0;
}

static int
write_burst(FILE *out, struct rte_mbuf **mbufs, int nb, const struct job *job)
{
	for (int i = 0; i < nb; i++) {
		size_t len = rte_pktmbuf_data_len(mbufs[i]);

		if (fwrite(rte_pktmbuf_mtod(mbufs[i], uint8_t *), 1, len, out) != len)
			return fail(job->out_path, strerror(errno));
	}
	return 0;
}

/* One round: read, operate, write.  Operations done, or -1. */
static int
run_round(struct device *dev, struct job *job, FILE *in, FILE *out)
{
	struct rte_crypto_op *ops[BURST];
	struct rte_mbuf *mbufs[BURST];
	int nb = -1;

	if (rte_crypto_op_bulk_alloc(dev->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC, ops, BURST) != BURST)
		return fail("no memory for operations", NULL);
	if (rte_pktmbuf_alloc_bulk(dev->mbufs, mbufs, BURST) != 0) {
		fail("no memory for buffers", NULL);
		goto free_ops;
	}
	nb = fill_burst(ops, mbufs, chunks_are_serial(job) ? 1 : BURST, dev, job, in);
	if (nb > 0 && (run_burst(dev, ops, (uint16_t)nb) != 0 ||
			write_burst(out, mbufs, nb, job) != 0))
		nb = -1;
	if (nb > 0 && chunks_are_serial(job))
		next_iv(job, rte_pktmbuf_mtod(mbufs[0], uint8_t *), rte_pktmbuf_data_len(mbufs[0]));
	rte_pktmbuf_free_bulk(mbufs, BURST);
free_ops:
	rte_mempool_put_bulk(dev->ops, (void **)ops, BURST);
	return nb;
}

/* Figures of the device's part alone: files and set-up are not in them. */
static void
report(const struct device *dev, const struct job *job, long bytes, uint64_t nb_ops)
{
	double seconds = (double)dev->busy / (double)rte_get_timer_hz();
	double per_second = seconds > 0 ? 1 / seconds : 0;

	printf("encrypt_file: %ld bytes in %" PRIu64 " operations by %s (%s), %.1f MB/s, "
		"%.0f operations/s\n", bytes, nb_ops, job->driver,
		rte_cryptodev_name_get(dev->id), (double)bytes / 1e6 * per_second,
		(double)nb_ops * per_second);
}

static int
run_file(struct device *dev, struct job *job, FILE *in, FILE *out)
{
	uint64_t nb_ops = 0;
	int nb;

	while ((nb = run_round(dev, job, in, out)) > 0)
		nb_ops += (uint64_t)nb;
	if (nb < 0)
		return -1;
	report(dev, job, ftell(out), nb_ops);
	return 0;
}

/* ---- files ---- */

/* XTS without sectors: the whole file has to fit into one operation. */
static int
check_input(struct job *job, FILE *in)
{
	struct stat in_stat, out_stat;

	if (fstat(fileno(in), &in_stat) != 0)
		return fail(job->in_path, strerror(errno));
	if (stat(job->out_path, &out_stat) == 0 && in_stat.st_dev == out_stat.st_dev &&
			in_stat.st_ino == out_stat.st_ino)
		return fail("IN and OUT are the same file", job->in_path);
	if (job->cipher->mode != MODE_XTS || job->sectors)
		return 0;
	if (in_stat.st_size > CHUNK_MAX)
		return fail("a file above 32768 bytes is more than one XTS data unit can be here: "
			    "give --sector-size", job->in_path);
	job->chunk = CHUNK_MAX;
	return 0;
}

static int
run_job(struct job *job)
{
	struct device dev = { .id = 0 };
	FILE *in, *out = NULL;
	int ret = -1;

	in = fopen(job->in_path, "rb");
	if (in == NULL)
		return fail(job->in_path, strerror(errno));
	if (check_input(job, in) != 0 || device_open(&dev, job) != 0)
		goto close;
	out = fopen(job->out_path, "wb");
	if (out == NULL) {
		fail(job->out_path, strerror(errno));
		goto close;
	}
	ret = run_file(&dev, job, in, out);
	if (fclose(out) != 0 && ret == 0)
		ret = fail(job->out_path, strerror(errno));
	if (ret != 0)
		unlink(job->out_path);	/* no half result */
close:
	device_close(&dev);
	fclose(in);
	return ret;
}

/* Looked for before EAL starts, among EAL's options too: EAL would answer with a help of its
 * own, and may not be able to start at all.
 */
static bool
asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	struct job job;
	int ret, eal_args;

	if (asks_for_help(argc, argv)) {
		usage();
		return EXIT_SUCCESS;
	}
	eal_args = rte_eal_init(argc, argv);
	if (eal_args < 0)
		return EXIT_FAILURE;	/* EAL has said why */
	ret = parse_args(&job, argc - eal_args, argv + eal_args);
	if (ret == 0)
		ret = run_job(&job);
	explicit_bzero(job.key, sizeof(job.key));
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
