/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Holds a UDP socket of Linux that takes ESP in datagrams (RFC 3948), until it is ended:
 * without one the kernel has no door for such packets.  udp_encap PORT
 */
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ESP_IN_UDP	2	/* UDP_ENCAP_ESPINUDP of linux/udp.h, whose names clash */
#define OPTION_ENCAP	100	/* UDP_ENCAP */

int
main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	/* the datagrams around ESP need no ESP around them, whatever the policies say */
	struct xfrm_userpolicy_info bypass = { .dir = XFRM_POLICY_IN,
		.action = XFRM_POLICY_ALLOW, .sel.family = AF_INET };
	int s = socket(AF_INET, SOCK_DGRAM, 0), kind = ESP_IN_UDP;

	address.sin_port = htons(argc < 2 ? 4500 : atoi(argv[1]));
	if (setsockopt(s, IPPROTO_IP, IP_XFRM_POLICY, &bypass, sizeof(bypass)) != 0 ||
			setsockopt(s, IPPROTO_UDP, OPTION_ENCAP, &kind, sizeof(kind)) != 0 ||
			bind(s, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror("udp_encap");
		return 1;
	}
	puts("udp_encap: ready");
	fflush(stdout);
	for (;;)
		pause();
}
