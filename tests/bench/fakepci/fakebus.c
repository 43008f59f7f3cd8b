/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fakebus: interposes the librte_bus_pci symbols a PCI driver calls.
 *
 * The definitions here live in the executable, so they win over those in
 * librte_bus_pci for every shared object loaded, drivers included.  Calls
 * about a device that is not one of ours go on to the real library.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_devargs.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_pci.h>
#include <rte_version.h>

#include "fakebus.h"

#define VENDOR	0x1af4
#define DEVICE	0x1054

struct fakebus_drv fakebus_drvs[FAKEBUS_MAX_DRV];
unsigned int fakebus_nb_drvs;

struct fake_pci {
	struct rte_pci_device dev;
	struct rte_pci_driver *drv;
	struct fdev *d;
	struct fake_pci *next;
};

static struct fake_pci *ours;

static struct fdev *
lookup(const struct rte_pci_device *dev)
{
	struct fake_pci *f;

	for (f = ours; f != NULL; f = f->next)
		if (&f->dev == dev)
			return f->d;
	return NULL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void
rte_pci_register(struct rte_pci_driver *driver)
{
	Dl_info info;

	if (fakebus_nb_drvs < FAKEBUS_MAX_DRV) {
		struct fakebus_drv *f = &fakebus_drvs[fakebus_nb_drvs++];

		f->drv = driver;
		f->so = dladdr(driver, &info) != 0 ? strdup(info.dli_fname) : "?";
	}
	REAL(rte_pci_register)(driver);
}

int
rte_pci_map_device(struct rte_pci_device *dev)
{
	return lookup(dev) != NULL ? 0 : REAL(rte_pci_map_device)(dev);
}

void
rte_pci_unmap_device(struct rte_pci_device *dev)
{
	if (lookup(dev) == NULL)
		REAL(rte_pci_unmap_device)(dev);
}

int
rte_pci_read_config(const struct rte_pci_device *dev, void *buf, size_t len,
		off_t offset)
{
	struct fdev *d = lookup(dev);

	if (d == NULL)
		return REAL(rte_pci_read_config)(dev, buf, len, offset);
	if (offset < 0 || (size_t)offset >= sizeof(d->pcicfg))
		return -1;
	if (len > sizeof(d->pcicfg) - offset)
		len = sizeof(d->pcicfg) - offset;
	memcpy(buf, d->pcicfg + offset, len);
	return len;
}

int
rte_pci_write_config(const struct rte_pci_device *dev, const void *buf,
		size_t len, off_t offset)
{
	struct fdev *d = lookup(dev);

	if (d == NULL)
		return REAL(rte_pci_write_config)(dev, buf, len, offset);
	if (offset < 0 || offset + len > sizeof(d->pcicfg))
		return -1;
	memcpy(d->pcicfg + offset, buf, len);
	return len;
}

struct rte_pci_driver *
fakebus_find(const char *spec, const char **so)
{
	const char *at = strchr(spec, '@');
	size_t n = at != NULL ? (size_t)(at - spec) : strlen(spec);
	unsigned int i;

	for (i = 0; i < fakebus_nb_drvs; i++) {
		struct fakebus_drv *f = &fakebus_drvs[i];

		if (f->drv->driver.name == NULL ||
				strlen(f->drv->driver.name) != n ||
				strncmp(f->drv->driver.name, spec, n) != 0)
			continue;
		if (at != NULL && strstr(f->so, at + 1) == NULL)
			continue;
		if (so != NULL)
			*so = f->so;
		return f->drv;
	}
	return NULL;
}

static int
id_match(const struct rte_pci_driver *drv)
{
	const struct rte_pci_id *id;

	for (id = drv->id_table; id != NULL && id->vendor_id != 0; id++)
		if (id->vendor_id == VENDOR && id->device_id == DEVICE)
			return 1;
	return 0;
}

/* For the control queue: the device's thread answers when the machine lets it.  Drivers
 * that know no such argument do not look.
 */
static struct rte_devargs patience = {
	.args = (char *)(uintptr_t)"ctrl_timeout_ms=60000",
};

struct rte_pci_device *
fakebus_probe(struct rte_pci_driver *drv, struct fdev *d, uint8_t slot)
{
	struct fake_pci *f;

	if (!id_match(drv)) {
		rte_errno = ENODEV;
		return NULL;
	}
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->d = d;
	f->dev.addr.domain = 0xfa4e;
	f->dev.addr.bus = 0;
	f->dev.addr.devid = slot;
	f->dev.id.vendor_id = VENDOR;
	f->dev.id.device_id = DEVICE;
	f->dev.id.class_id = 0x108000;
	f->dev.id.subsystem_vendor_id = VENDOR;
	f->dev.id.subsystem_device_id = 0x1100;
	f->dev.mem_resource[FDEV_BAR].addr = d->bar;
	f->dev.mem_resource[FDEV_BAR].len = FDEV_BAR_LEN;
	f->dev.kdrv = RTE_PCI_KDRV_VFIO;
	f->dev.intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	rte_pci_device_name(&f->dev.addr, f->dev.name, sizeof(f->dev.name));
	f->dev.device.name = f->dev.name;
	f->dev.device.bus = rte_bus_find_by_name("pci");
	f->dev.device.numa_node = 0;
	f->dev.device.driver = &drv->driver;
	f->dev.device.devargs = &patience;
#if RTE_VERSION < RTE_VERSION_NUM(26, 7, 0, 0)	/* gone since */
	f->dev.driver = drv;
#endif
	f->drv = drv;
	f->next = ours;
	ours = f;
	if (drv->probe(drv, &f->dev) != 0) {
		ours = f->next;
		rte_intr_instance_free(f->dev.intr_handle);
		free(f);
		return NULL;
	}
	return &f->dev;
}

int
fakebus_remove(struct rte_pci_device *dev)
{
	struct fake_pci *f = (struct fake_pci *)dev, **p;	/* its first member */
	int rc = f->drv->remove != NULL ? f->drv->remove(dev) : -ENOTSUP;

	if (rc != 0)
		return rc;
	for (p = &ours; *p != NULL; p = &(*p)->next)
		if (*p == f) {
			*p = f->next;
			break;
		}
	rte_intr_instance_free(f->dev.intr_handle);
	free(f);
	return 0;
}
