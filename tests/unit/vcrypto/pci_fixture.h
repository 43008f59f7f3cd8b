/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of the PCI transport share: a fake PCI function of a few queues,
 * the transport on it, the log captured.  The teardown fails the test if the driver
 * broke a rule (fake_pci_violation) or left the BARs mapped.
 */
#ifndef PCI_FIXTURE_H
#define PCI_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/crypto/vcrypto/transport/pci/transport_pci.h"
#include "fake_pci.h"
#include "log_capture.h"

#define NB_QUEUES	3
#define MAX_SIZE	256
#define BASE_FEATURES	(VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)
#define UP		(VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK)

struct pci_fixture {
	struct fake_pci *f;
	struct vcrypto_transport *t;	/* NULL: not created, or destroyed by the test */
};

int pci_setup(void **state);
int pci_teardown(void **state);
#define PCI_TEST(f)	cmocka_unit_test_setup_teardown(f, pci_setup, pci_teardown)

/* The transport, created without a word in the log. */
struct vcrypto_transport *pci_create(struct pci_fixture *x);
/* Up to FEATURES_OK, as the standard has it (3.1.1), with those of features that are
 * offered.  The transport's first error; -EPROTO: the device refused them.
 */
int pci_negotiate(struct vcrypto_transport *t, uint64_t features);
/* Both, with features offered besides the device's own. */
struct vcrypto_transport *pci_create_up(struct pci_fixture *x, uint64_t features);

/* A split queue with addresses of its own; enable it. */
struct vcrypto_queue_desc pci_queue_of(uint16_t index, uint16_t size);
int pci_enable(struct vcrypto_transport *t, uint16_t index, uint16_t size);
/* As the driver's data path notifies, told how at this moment. */
void pci_kick(struct vcrypto_transport *t, uint16_t index, uint32_t data);

/* One error line since the last time, with text in it and the device's name. */
void pci_expect_line(const struct pci_fixture *x, const char *text);

#endif
