/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A gateway with security associations, one of each direction for each pair of tun interfaces:
 * what it reads from INNER it protects and writes to OUTER, and the other way round.  The
 * associations are rte_security sessions of the first cryptodev, or with --library
 * librte_ipsec's (which uses symmetric sessions of the device).  From SIGUSR2 on each protected
 * packet, of either direction, is preceded by a corrupted and by a truncated copy and followed by
 * a second one.  SIGUSR1: one line with the counters for each pair.  SIGTERM: the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_cryptodev.h>
#include <rte_eal.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "sa_bridge.h"

#define NB_MBUFS	1023
#define MBUF_ROOM	4096
#define POLL_MS		100
#define BURST		32
#define NB_PAIRS	32
#define NB_WORDS	4	/* of the command line, for each pair */

/* Sides come in pairs: outbound, then inbound. */
struct bridge_side {
	const char *name;	/* of the inner interface */
	int from, to;
	struct bridge_sa *sa;
	uint64_t done, refused, unwritten;
};

static volatile sig_atomic_t bridge_asked, bridge_forges, bridge_ended;

void
bridge_die(const char *what)
{
	fprintf(stderr, "sa_bridge: %s\n", what);
	exit(1);
}

static void
bridge_signal(int number)
{
	if (number == SIGUSR1)
		bridge_asked = 1;
	else if (number == SIGUSR2)
		bridge_forges = 1;
	else
		bridge_ended = 1;
}

static int
bridge_tun(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
		bridge_die("no tun interface: no /dev/net/tun, or no right to it");
	return fd;
}

/* The first cryptodev, with one queue pair. */
static uint8_t
bridge_device(void)
{
	struct rte_cryptodev_config conf = { .nb_queue_pairs = 1 };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 256 };

	if (rte_cryptodev_count() == 0)
		bridge_die("no cryptodev: name one by --vdev or -a");
	if (rte_cryptodev_configure(0, &conf) != 0 ||
			rte_cryptodev_queue_pair_setup(0, 0, &qp, 0) != 0 ||
			rte_cryptodev_start(0) != 0)
		bridge_die("the cryptodev does not start");
	return 0;
}

/* The forms that a packet of the wire is forged into, in this order; GENUINE twice. */
enum bridge_form { CORRUPTED, TRUNCATED, GENUINE, REPLAYED, NB_FORMS };

/* Shorter by CUT bytes, with lengths and checksum of the headers that say so. */
static size_t
bridge_truncate(uint8_t *packet, size_t len)
{
	const size_t cut = 5;
	struct rte_ipv4_hdr *v4 = (void *)packet;
	struct rte_ipv6_hdr *v6 = (void *)packet;
	struct rte_udp_hdr *udp = NULL;

	if (len < 64)
		bridge_die("a packet of the wire is too short to be truncated");
	if ((packet[0] >> 4) == 4) {
		v4->total_length = rte_cpu_to_be_16(len - cut);
		v4->hdr_checksum = 0;
		v4->hdr_checksum = rte_ipv4_cksum(v4);
		if (v4->next_proto_id == IPPROTO_UDP)
			udp = (void *)(packet + rte_ipv4_hdr_len(v4));
	} else {
		v6->payload_len = rte_cpu_to_be_16(len - cut - sizeof(*v6));
		if (v6->proto == IPPROTO_UDP)
			udp = (void *)(packet + sizeof(*v6));
	}
	if (udp != NULL)
		udp->dgram_len = rte_cpu_to_be_16(rte_be_to_cpu_16(udp->dgram_len) - cut);
	return len - cut;
}

/* The copy of a packet in that form; its length. */
static size_t
bridge_forge(uint8_t *copy, const uint8_t *packet, size_t len, enum bridge_form form)
{
	memcpy(copy, packet, len);
	if (form == TRUNCATED)
		return bridge_truncate(copy, len);
	if (form == CORRUPTED)
		copy[len - 1] ^= 1;
	return len;
}

static void
bridge_write(struct bridge_side *s, const uint8_t *packet, size_t len)
{
	ssize_t n = write(s->to, packet, len);

	if (n != (ssize_t)len)
		s->unwritten++;
}

/* What came out of the association goes on; what is on the wire then may be forged. */
static void
bridge_pass(struct bridge_side *s, struct rte_mbuf *m, bool forged)
{
	uint8_t packet[MBUF_ROOM], copy[MBUF_ROOM];
	size_t len = rte_pktmbuf_pkt_len(m);
	enum bridge_form form;

	if (len > sizeof(packet))
		bridge_die("a result is longer than its buffer");
	memcpy(packet, rte_pktmbuf_read(m, 0, len, packet), len);
	s->done++;
	if (!forged) {
		bridge_write(s, packet, len);
		return;
	}
	for (form = 0; form < NB_FORMS; form++) {
		size_t n = bridge_forge(copy, packet, len, form);

		bridge_write(s, copy, n);
	}
}

static void
bridge_process(struct bridge_side *s, struct rte_mbuf **mbufs, uint16_t n, bool forged)
{
	uint16_t good = bridge_sa_process(s->sa, mbufs, n), i;

	s->refused += n - good;
	for (i = 0; i < n; i++) {
		if (i < good)
			bridge_pass(s, mbufs[i], forged);
		rte_pktmbuf_free(mbufs[i]);
	}
}

static struct rte_mbuf *
bridge_mbuf(struct rte_mempool *pool, const uint8_t *packet, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data = m == NULL ? NULL : rte_pktmbuf_append(m, len);

	if (data == NULL)
		bridge_die("no buffer for a packet");
	memcpy(data, packet, len);
	return m;
}

/* Everything that is there, in bursts; forged packets one by one, so that each is judged by
 * what came before it. */
static void
bridge_side_turn(struct bridge_side *s, struct rte_mempool *pool, bool inbound)
{
	uint8_t packet[MBUF_ROOM], copy[MBUF_ROOM];
	struct rte_mbuf *mbufs[BURST];
	enum bridge_form form;
	bool forge = bridge_forges;
	uint16_t n = 0;
	ssize_t len;

	while (n < BURST && (len = read(s->from, packet, MBUF_ROOM / 2)) > 0) {
		if (!inbound || !forge) {
			mbufs[n++] = bridge_mbuf(pool, packet, len);
			continue;
		}
		for (form = 0; form < NB_FORMS; form++) {
			size_t k = bridge_forge(copy, packet, len, form);

			mbufs[0] = bridge_mbuf(pool, copy, k);
			bridge_process(s, mbufs, 1, false);
		}
	}
	if (n > 0)
		bridge_process(s, mbufs, n, forge);
}

static void
bridge_report(const struct bridge_side *sides, int nb)
{
	int i;

	for (i = 0; i < nb; i += 2)
		printf("%s out %lu refused %lu unwritten %lu in %lu refused %lu unwritten %lu\n",
				sides[i].name, sides[i].done, sides[i].refused,
				sides[i].unwritten, sides[i + 1].done, sides[i + 1].refused,
				sides[i + 1].unwritten);
	fflush(stdout);
}

static void
bridge_loop(struct bridge_side *sides, int nb, struct rte_mempool *pool)
{
	struct pollfd fds[2 * NB_PAIRS];
	int i;

	for (i = 0; i < nb; i++)
		fds[i] = (struct pollfd){ .fd = sides[i].from, .events = POLLIN };
	while (!bridge_ended) {
		int ready = poll(fds, nb, POLL_MS);

		for (i = 0; i < nb && ready > 0; i++)
			if (fds[i].revents != 0)
				bridge_side_turn(&sides[i], pool, i % 2 != 0);
		if (bridge_asked) {
			bridge_asked = 0;
			bridge_report(sides, nb);
		}
	}
}

/* One pair of interfaces with its associations, from four words. */
static void
bridge_pair(struct bridge_side *pair, char **words, uint8_t dev, bool library)
{
	int inner = bridge_tun(words[0]), outer = bridge_tun(words[1]);

	pair[0] = (struct bridge_side){ .name = words[0], .from = inner, .to = outer,
		.sa = bridge_sa_create(dev, words[2], true, library) };
	pair[1] = (struct bridge_side){ .name = words[0], .from = outer, .to = inner,
		.sa = bridge_sa_create(dev, words[3], false, library) };
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = bridge_signal };
	static struct bridge_side sides[2 * NB_PAIRS];
	bool library = false;
	struct rte_mempool *pool;
	int n = rte_eal_init(argc, argv), nb = 0;
	uint8_t dev;

	if (n < 0)
		bridge_die("EAL does not start");
	for (argc -= n, argv += n; argc > 1 && argv[1][0] == '-'; argc--, argv++)
		library = strcmp(argv[1], "--library") == 0;
	argc--, argv++;
	if (argc < NB_WORDS || argc % NB_WORDS != 0 || argc > NB_PAIRS * NB_WORDS)
		bridge_die("usage: sa_bridge EAL... -- [--library] INNER OUTER"
				" OUTBOUND INBOUND [INNER...], see sa_bridge_sa.c");
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	dev = bridge_device();
	pool = rte_pktmbuf_pool_create("bridge", NB_MBUFS, 0, 0,
			RTE_PKTMBUF_HEADROOM + MBUF_ROOM, SOCKET_ID_ANY);
	if (pool == NULL)
		bridge_die("no memory");
	for (; argc > 0; argc -= NB_WORDS, argv += NB_WORDS, nb += 2)
		bridge_pair(&sides[nb], argv, dev, library);
	printf("sa_bridge: ready\n");
	fflush(stdout);
	bridge_loop(sides, nb, pool);
	bridge_report(sides, nb);
	while (nb > 0)
		bridge_sa_destroy(sides[--nb].sa);
	rte_cryptodev_stop(dev);
	return rte_eal_cleanup();
}
