/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fixture of the PCI transport's tests; see the header.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/crypto/vcrypto/device/vcrypto_log.h"
#include "pci_fixture.h"

RTE_LOG_REGISTER(vcrypto_logtype, pmd.crypto.vcrypto, NOTICE)

int
pci_setup(void **state)
{
	struct pci_fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->f = fake_pci_create(NB_QUEUES, MAX_SIZE);
	log_capture_start();
	*state = x;
	return 0;
}

int
pci_teardown(void **state)
{
	struct pci_fixture *x = *state;
	const char *violation;
	int bad;

	if (x->t != NULL)
		x->t->ops->destroy(x->t);
	violation = fake_pci_violation(x->f);
	bad = violation != NULL || x->f->nb_mapped != 0;
	log_capture_stop();
	if (bad)
		fprintf(stderr, "pci_teardown: %s; mapped %d times\n",
			violation != NULL ? violation : "no violation", x->f->nb_mapped);
	fake_pci_destroy(x->f);
	free(x);
	return bad;
}

struct vcrypto_transport *
pci_create(struct pci_fixture *x)
{
	assert_int_equal(vcrypto_transport_pci_create(&x->t, &x->f->dev), 0);
	assert_int_equal(log_capture_errors(), 0);
	return x->t;
}

void
pci_expect_line(const struct pci_fixture *x, const char *text)
{
	assert_int_equal(log_capture_errors(), 1);
	if (strstr(log_capture_last(), text) == NULL ||
			strstr(log_capture_last(), x->f->dev.name) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", log_capture_last(), text);
	log_capture_start();
}

int
pci_negotiate(struct vcrypto_transport *t, uint64_t features)
{
	uint64_t offered;
	int ret = t->ops->reset(t);

	if (ret == 0)
		ret = t->ops->set_status(t, VIRTIO_S_ACKNOWLEDGE);
	if (ret == 0)
		ret = t->ops->set_status(t, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER);
	if (ret == 0)
		ret = t->ops->get_features(t, &offered);
	if (ret == 0)
		ret = t->ops->set_features(t, features & offered);
	if (ret == 0)
		ret = t->ops->set_status(t, UP);
	if (ret == 0 && t->ops->get_status(t) != UP)
		ret = -EPROTO;
	return ret;
}

struct vcrypto_transport *
pci_create_up(struct pci_fixture *x, uint64_t features)
{
	struct vcrypto_transport *t;

	x->f->device_features |= features;
	t = pci_create(x);
	assert_int_equal(pci_negotiate(t, features), 0);
	assert_true(x->f->driver_features == features);
	return t;
}

struct vcrypto_queue_desc
pci_queue_of(uint16_t index, uint16_t size)
{
	return (struct vcrypto_queue_desc){
		.index = index,
		.size = size,
		.desc = 0x123456789000 + index,
		.driver = 0xfedcba9876543000 + index,
		.device = 0x00000000fffff000 + index,
	};
}

int
pci_enable(struct vcrypto_transport *t, uint16_t index, uint16_t size)
{
	struct vcrypto_queue_desc q = pci_queue_of(index, size);

	return t->ops->queue_enable(t, &q);
}

void
pci_kick(struct vcrypto_transport *t, uint16_t index, uint32_t data)
{
	struct vcrypto_notify n;

	t->ops->queue_notify(t, index, &n);
	vcrypto_notify(&n, data);
}
