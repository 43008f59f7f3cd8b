/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns probe and remove of the PCI function (virtio 1.4, 4.1.2), 1af4:1054 at any
 * revision, and the information for dpdk-pmdinfo.py.  Calls the PCI transport's
 * constructor and vcrypto_dev; in a secondary process multiproc/.  Must not access
 * registers.
 */
#include <errno.h>

#include <rte_devargs.h>
#include <bus_pci_driver.h>

#include "transport/pci/transport_pci.h"
#include "vcrypto_dev.h"
#include "vcrypto_ops.h"
#include "device/vcrypto_log.h"
#include "multiproc/vcrypto_share.h"
#include "lib/wire/virtio_pci.h"

/* What probe returns for a function that no kernel driver for user space has, with one line.
 * After 1 EAL tries the next driver, in silence: right for a function that nobody asked for.
 * One that is named on the allow-list is an error, and DPDK's own driver must not try it: it
 * leaves a cryptodev behind, by which the program crashes at its end.
 */
static int
pci_unbound(const struct rte_pci_device *pci, const char *name)
{
	if (pci->device.devargs == NULL) {
		VCRYPTO_INFO("%s: the device is skipped: bind it to vfio-pci, uio_pci_generic or "
			"igb_uio to use it here", name);
		return 1;
	}
	VCRYPTO_ERR("%s: no kernel driver for user space has the function: bind it to vfio-pci, "
		"uio_pci_generic or igb_uio", name);
	return -ENODEV;
}

/* Attaches a secondary process to the primary's device, with the registers mapped at the same
 * addresses.  0, 1 or -errno, as pci_probe().
 */
static int
pci_attach(struct rte_pci_device *pci, const char *name)
{
	int rc;

	/* uio_pci_generic stops the device's DMA when any process closes the device or ends. */
	if (pci->kdrv == RTE_PCI_KDRV_UIO_GENERIC) {
		VCRYPTO_WARN("%s: the device is not used in this secondary process, whose end "
			"would stop it for the primary: bind it to vfio-pci instead of "
			"uio_pci_generic", name);
		return -ENOTSUP;	/* not 1: EAL would try another driver */
	}
	rc = vcrypto_transport_pci_map(pci);
	if (rc == -ENXIO)
		return pci_unbound(pci, name);
	if (rc != 0)
		return rc;
	rc = vcrypto_share_attach(&pci->device, name);
	if (rc != 0)
		rte_pci_unmap_device(pci);
	return rc;
}

static int
pci_probe(struct rte_pci_driver *drv, struct rte_pci_device *pci)
{
	struct vcrypto_transport *t;
	struct vcrypto_args args;
	char name[RTE_CRYPTODEV_NAME_MAX_LEN];
	int rc;

	(void)drv;
	rte_pci_device_name(&pci->addr, name, sizeof(name));
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return pci_attach(pci, name);
	vcrypto_args_defaults(&args);
	rc = vcrypto_args_parse(&args, name,
			pci->device.devargs != NULL ? pci->device.devargs->args : NULL, NULL);
	if (rc != 0)
		return rc;
	rc = vcrypto_transport_pci_create(&t, pci);
	if (rc == -ENXIO)
		return pci_unbound(pci, name);
	if (rc != 0)
		return rc;
	rc = vcrypto_dev_create(&pci->device, name, t, &args, &vcrypto_ops);
	if (rc != 0)
		t->ops->destroy(t);
	return rc;
}

static int
pci_remove(struct rte_pci_device *pci)
{
	char name[RTE_CRYPTODEV_NAME_MAX_LEN];
	int rc;

	rte_pci_device_name(&pci->addr, name, sizeof(name));
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		rc = vcrypto_share_detach(name);
		if (rc == 0)
			rte_pci_unmap_device(pci);
		return rc;
	}
	return vcrypto_dev_destroy(name);
}

static const struct rte_pci_id pci_ids[] = {
	{ RTE_PCI_DEVICE(VIRTIO_PCI_VENDOR_ID, VIRTIO_PCI_DEVICE_ID_CRYPTO) },
	{ .vendor_id = 0 },
};

static struct rte_pci_driver vcrypto_pci_driver = {
	.id_table = pci_ids,
	.drv_flags = 0,		/* the transport maps the device */
	.probe = pci_probe,
	.remove = pci_remove,
};

static struct cryptodev_driver vcrypto_cryptodev_driver;

#define PCI_KMODS	"* vfio-pci | uio_pci_generic | igb_uio"

/* The macros paste their first argument: it cannot be a macro itself. */
RTE_PMD_REGISTER_PCI(crypto_virtio, vcrypto_pci_driver);
RTE_PMD_REGISTER_PCI_TABLE(crypto_virtio, pci_ids);
RTE_PMD_REGISTER_KMOD_DEP(crypto_virtio, PCI_KMODS);
RTE_PMD_REGISTER_PARAM_STRING(crypto_virtio, VCRYPTO_ARGS_STRING);
RTE_PMD_REGISTER_CRYPTO_DRIVER(vcrypto_cryptodev_driver, vcrypto_pci_driver.driver,
	vcrypto_driver_id);

#ifndef VCRYPTO_IN_TREE
/* The string for dpdk-pmdinfo.py, which DPDK's own build derives from the lines above:
 * 6900 is 0x1af4, 4180 is 0x1054, 65535 is any.
 */
static const char pmd_info[] __rte_used =
	"PMD_INFO_STRING= {\"name\" : \"crypto_virtio\", "
	"\"params\" : \"" VCRYPTO_ARGS_STRING "\", "
	"\"kmod\" : \"" PCI_KMODS "\", "
	"\"pci_ids\" : [[6900, 4180, 65535, 65535]]}";
#endif
