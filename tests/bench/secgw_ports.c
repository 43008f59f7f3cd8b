/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lets ipsec-secgw, DPDK's example as it is, run on ports that are no interfaces (LD_PRELOAD):
 * net_pcap, which repeats packets out of memory, and net_null.  The example insists on ports that
 * check the sums of what they receive.  These do not, and say so here although; the example
 * takes a packet that is not marked as a good one.  The call in libethdev, by which a port's
 * configuration is compared with what it can do, comes here, too.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>

typedef int info_get(uint16_t port, struct rte_eth_dev_info *info);

int
rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info)
{
	void *next = dlsym(RTLD_NEXT, "rte_eth_dev_info_get");
	int rc;

	if (next == NULL) {
		fprintf(stderr, "secgw_ports: no rte_eth_dev_info_get in this program: link it "
				"with DPDK's shared libraries\n");
		abort();
	}
	rc = ((info_get *)next)(port, info);
	if (rc == 0)
		info->rx_offload_capa |= RTE_ETH_RX_OFFLOAD_CHECKSUM;
	return rc;
}
