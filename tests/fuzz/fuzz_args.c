/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Device arguments: those of every transport, and the virtual device's own.
 *
 * Input: one byte that says which, then the text.  What is accepted lies within its
 * documented bounds; the virtual device is probed up to its transport, which is put in
 * here and looks at what it is given.  What EAL would be asked is answered here too.
 */
#include <errno.h>

#include <bus_vdev_driver.h>
#include <rte_devargs.h>
#include <rte_eal.h>

#include "fuzz_input.h"
#include "fuzz_log.h"
#include "transport/vhost_user/transport_vhost_user.h"
#include "transport/vhost_vdpa/transport_vhost_vdpa.h"
#include "device/vcrypto_args.h"
#include "vcrypto_dev.h"
#include "vcrypto_ops.h"
#include "multiproc/vcrypto_share.h"

#define MAX_BYTES	512u

int vcrypto_logtype = RTE_LOGTYPE_USER1;
static struct rte_vdev_driver *driver;

/* ---- in place of EAL, the bus and the rest of the driver ---- */

void
rte_vdev_register(struct rte_vdev_driver *d)
{
	driver = d;
}

void
rte_vdev_unregister(struct rte_vdev_driver *d)
{
	(void)d;
}

enum rte_proc_type_t __wrap_rte_eal_process_type(void);
enum rte_proc_type_t
__wrap_rte_eal_process_type(void)
{
	return RTE_PROC_PRIMARY;
}

int
vcrypto_transport_vhost_user_create(struct vcrypto_transport **t,
		const struct vcrypto_vhu_args *args)
{
	(void)t;
	FUZZ_CHECK(args->path != NULL && args->path[0] != '\0');
	FUZZ_CHECK(strlen(args->path) <= MAX_BYTES);
	FUZZ_CHECK(args->queues >= 1 && args->queues <= 255);
	FUZZ_CHECK(args->queue_size >= 8 && args->queue_size <= 32768);
	FUZZ_CHECK((args->queue_size & (args->queue_size - 1)) == 0);
	FUZZ_CHECK(args->sessions <= VCRYPTO_VHU_SESSIONS_MESSAGE);
	FUZZ_CHECK(args->layout <= REQ_VHU_LAYOUT_UNION);
	return -ENOENT;
}

int
vcrypto_transport_vhost_vdpa_create(struct vcrypto_transport **t,
		const struct vcrypto_vdpa_args *args)
{
	(void)t;
	FUZZ_CHECK(args->path != NULL && args->path[0] != '\0');
	FUZZ_CHECK(args->queues >= 1 && args->queues <= 255);
	FUZZ_CHECK(args->queue_size >= 8 && args->queue_size <= 32768);
	FUZZ_CHECK((args->queue_size & (args->queue_size - 1)) == 0);
	return -ENOENT;
}

struct rte_cryptodev_ops vcrypto_ops;

int
vcrypto_dev_create(struct rte_device *device, const char *name, struct vcrypto_transport *t,
		const struct vcrypto_args *args, struct rte_cryptodev_ops *ops)
{
	(void)device;
	(void)name;
	(void)t;
	(void)args;
	FUZZ_CHECK(ops == &vcrypto_ops);
	return -EINVAL;
}

int
vcrypto_dev_destroy(const char *name)
{
	(void)name;
	return -ENODEV;
}

int
vcrypto_share_attach(struct rte_device *rte_dev, const char *name)
{
	(void)rte_dev;
	(void)name;
	return -ENODEV;
}

int
vcrypto_share_detach(const char *name)
{
	(void)name;
	return -ENODEV;
}

/* ---- one input ---- */

static void
common(const char *text, bool with_own)
{
	static const char *const own[] = { "path", "queues", NULL };
	struct vcrypto_args a;
	int rc;

	vcrypto_args_defaults(&a);
	rc = vcrypto_args_parse(&a, "fuzz", text, with_own ? own : NULL);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	if (rc == 0)
		FUZZ_CHECK(a.ctrl_timeout_ms >= 1 &&
			a.ctrl_timeout_ms <= VCRYPTO_CTRL_TIMEOUT_MAX &&
			a.recover_timeout_ms <= VCRYPTO_RECOVER_TIMEOUT_MAX);
}

static void
virtual_device(char *text)
{
	struct rte_devargs devargs = { .name = "crypto_virtio_user0", .args = text };
	struct rte_vdev_device vdev = {
		.device = { .name = "crypto_virtio_user0", .devargs = &devargs, .numa_node = -1 },
	};
	int rc = driver->probe(&vdev);

	FUZZ_CHECK(rc == -ENOENT || rc == -EINVAL);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	FUZZ_CHECK(driver != NULL);
	fuzz_log_nowhere();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	size_t len;
	const uint8_t *p = fuzz_bytes(&in, &len, MAX_BYTES);
	char *text = malloc(len + 1);

	if (len != 0)
		memcpy(text, p, len);
	text[len] = '\0';
	if (how & 1)
		virtual_device(how & 4 ? NULL : text);	/* plugged by its name alone */
	else
		common(text, (how & 2) != 0);
	free(text);
	return 0;
}
