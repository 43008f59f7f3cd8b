/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the test for a device that was removed, and the pause between the polls of a
 * bounded wait.  Reads one register, device_status; writes none.
 */
#include <errno.h>

#include "device/pci_io.h"
#include "device/vcrypto_log.h"
#include "transport/pci/pci_state.h"

int
vcrypto_pci_check_gone(struct vcrypto_pci *p)
{
	if (vcrypto_pci_read8(VCRYPTO_PCI_REG(p, device_status)) != VCRYPTO_PCI_STATUS_GONE)
		return 0;
	if (!p->logged_failure)
		VCRYPTO_ERR("%s: the device is gone: its registers read all ones; close it and "
			"plug it in again", p->base.name);
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
