/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the test for a device that was removed, and the pause between the polls of a
 * bounded wait.  Reads two registers, device_status and num_queues; writes none.
 */
#include <errno.h>

#include "device/pci_io.h"
#include "device/vcrypto_log.h"
#include "transport/pci/pci_state.h"

/* How the registers of a removed device read; NULL if it is present.  Bound to uio, EAL has
 * put memory full of zeros in place of the BARs (rte_dev_hotplug_handle_enable): num_queues,
 * which nobody writes, is 0 there and in no device that was probed.
 */
static const char *
pci_gone_sign(struct vcrypto_pci *p)
{
	if (vcrypto_pci_read8(VCRYPTO_PCI_REG(p, device_status)) == VCRYPTO_PCI_STATUS_GONE)
		return "all ones";
	if (vcrypto_pci_read16(VCRYPTO_PCI_REG(p, num_queues)) == 0)
		return "as memory that is not the device's";
	return NULL;
}

int
vcrypto_pci_check_gone(struct vcrypto_pci *p)
{
	const char *sign = pci_gone_sign(p);

	if (sign == NULL)
		return 0;
	if (!p->logged_failure && !p->logged_leaving)
		VCRYPTO_ERR("%s: the device is gone: its registers read %s; close and remove it "
			"(rte_dev_remove)", p->base.name, sign);
	p->logged_failure = true;
	return -ENODEV;
}

bool
vcrypto_pci_poll_again(unsigned int *polls)
{
	if (*polls == VCRYPTO_PCI_RESET_SPINS + VCRYPTO_PCI_RESET_POLLS)
		return false;
	if (*polls >= VCRYPTO_PCI_RESET_SPINS)
		vcrypto_pci_delay_us(VCRYPTO_PCI_RESET_POLL_US);
	(*polls)++;
	return true;
}
