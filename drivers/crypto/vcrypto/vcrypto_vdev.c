/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns probe and remove of the virtual device crypto_virtio_userN, its device arguments,
 * and the information for dpdk-pmdinfo.py.  The kind of file at path= selects the transport:
 * a character device is vhost-vdpa, anything else vhost-user.  Calls its constructor and
 * vcrypto_dev; in a secondary process multiproc/.  Must not send messages.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_kvargs.h>
#include <rte_lcore.h>
#include <bus_vdev_driver.h>

#include "transport/vhost_user/transport_vhost_user.h"
#include "transport/vhost_vdpa/transport_vhost_vdpa.h"
#include "vcrypto_dev.h"
#include "vcrypto_ops.h"
#include "device/vcrypto_log.h"
#include "multiproc/vcrypto_share.h"

#define ARG_PATH		"path"
#define ARG_QUEUES		"queues"
#define ARG_QUEUE_SIZE		"queue_size"
#define ARG_SERVER		"server"
#define ARG_SESSIONS		"sessions"
#define ARG_LAYOUT		"session_layout"
#define ARG_NOTIFY_AREA		"notify_area"
/* What virtual crypto devices of DPDK call them. */
#define ARG_MAX_QPS		"max_nb_queue_pairs"
#define ARG_SOCKET_ID		"socket_id"

#define QUEUES_DEFAULT		1
#define QUEUES_MAX		255	/* vhost-user numbers vrings in 8 bits; one is control */
#define QUEUE_SIZE_DEFAULT	256	/* entries */
#define QUEUE_SIZE_MIN		8
#define QUEUE_SIZE_MAX		32768

#define VDEV_ARGS_STRING \
	ARG_PATH "=<file> " \
	ARG_QUEUES "=<1-255> " \
	ARG_QUEUE_SIZE "=<8-32768> " \
	ARG_SERVER "=<0|1> " \
	ARG_SESSIONS "=<auto|ctrlq|message> " \
	ARG_LAYOUT "=<auto|opcode|plain|union> " \
	ARG_NOTIFY_AREA "=<0|1> " \
	ARG_MAX_QPS "=<1-255> " \
	ARG_SOCKET_ID "=<int> " \
	VCRYPTO_ARGS_STRING

static const char *const vdev_keys[] = {
	ARG_PATH, ARG_QUEUES, ARG_QUEUE_SIZE, ARG_SERVER, ARG_SESSIONS, ARG_LAYOUT,
	ARG_NOTIFY_AREA, ARG_MAX_QPS, ARG_SOCKET_ID, NULL
};

/* Indexed by the values of the enumerations. */
static const char *const vdev_sessions_words[] = {
	[VCRYPTO_VHU_SESSIONS_AUTO] = "auto",
	[VCRYPTO_VHU_SESSIONS_CTRLQ] = "ctrlq",
	[VCRYPTO_VHU_SESSIONS_MESSAGE] = "message",
};
static const char *const vdev_layout_words[] = {
	[REQ_VHU_LAYOUT_AUTO] = "auto",
	[REQ_VHU_LAYOUT_OPCODE] = "opcode",
	[REQ_VHU_LAYOUT_PLAIN] = "plain",
	[REQ_VHU_LAYOUT_UNION] = "union",
};

/* Of both transports; vhu is what they share, too. */
struct vdev_args {
	struct vcrypto_vhu_args vhu;
	bool is_vdpa;		/* path is a character device */
	bool notify_area;	/* for vhost-vdpa */
};

/* ---- arguments ---- */

static int
vdev_parse_word(unsigned int *out, const char *name, const struct rte_kvargs_pair *pair,
		const char *const *words, unsigned int nb, const char *all)
{
	for (*out = 0; *out < nb; (*out)++)
		if (pair->value != NULL && strcmp(pair->value, words[*out]) == 0)
			return 0;
	VCRYPTO_ERR("%s: %s=%s: give one of %s", name, pair->key,
		pair->value == NULL ? "" : pair->value, all);
	return -EINVAL;
}

static int
vdev_parse_queue_size(struct vcrypto_vhu_args *a, const struct rte_kvargs_pair *pair)
{
	uint64_t v;
	int rc = vcrypto_arg_number(a->name, pair->key, pair->value, QUEUE_SIZE_MIN,
			QUEUE_SIZE_MAX, &v);

	if (rc == 0 && (v & (v - 1)) != 0) {
		VCRYPTO_ERR("%s: %s=%s: give a power of two", a->name, pair->key, pair->value);
		rc = -EINVAL;
	}
	if (rc == 0)
		a->queue_size = (uint16_t)v;
	return rc;
}

static int
vdev_parse_socket(struct vcrypto_vhu_args *a, const struct rte_kvargs_pair *pair)
{
	unsigned int i;
	uint64_t v;
	int rc = vcrypto_arg_number(a->name, pair->key, pair->value, 0, RTE_MAX_NUMA_NODES - 1,
			&v);

	if (rc != 0)
		return rc;
	for (i = 0; i < rte_socket_count(); i++) {
		if (rte_socket_id_by_idx(i) != (int)v)
			continue;
		a->numa_node = (int)v;
		return 0;
	}
	VCRYPTO_ERR("%s: %s=%s: EAL knows no such NUMA node", a->name, pair->key, pair->value);
	return -EINVAL;
}

static int
vdev_parse_flag(bool *out, const char *name, const struct rte_kvargs_pair *pair)
{
	uint64_t v;
	int rc = vcrypto_arg_number(name, pair->key, pair->value, 0, 1, &v);

	if (rc == 0)
		*out = v != 0;
	return rc;
}

static int
vdev_parse_pair(struct vdev_args *args, const struct rte_kvargs_pair *pair)
{
	struct vcrypto_vhu_args *a = &args->vhu;
	unsigned int word;
	uint64_t v;
	int rc = 0;

	if (strcmp(pair->key, ARG_PATH) == 0) {
		a->path = pair->value;
	} else if (strcmp(pair->key, ARG_QUEUES) == 0 || strcmp(pair->key, ARG_MAX_QPS) == 0) {
		rc = vcrypto_arg_number(a->name, pair->key, pair->value, 1, QUEUES_MAX, &v);
		if (rc == 0)
			a->queues = (uint16_t)v;
	} else if (strcmp(pair->key, ARG_QUEUE_SIZE) == 0) {
		rc = vdev_parse_queue_size(a, pair);
	} else if (strcmp(pair->key, ARG_SOCKET_ID) == 0) {
		rc = vdev_parse_socket(a, pair);
	} else if (strcmp(pair->key, ARG_SERVER) == 0) {
		rc = vdev_parse_flag(&a->server, a->name, pair);
	} else if (strcmp(pair->key, ARG_NOTIFY_AREA) == 0) {
		rc = vdev_parse_flag(&args->notify_area, a->name, pair);
	} else if (strcmp(pair->key, ARG_SESSIONS) == 0) {
		rc = vdev_parse_word(&word, a->name, pair, vdev_sessions_words,
				RTE_DIM(vdev_sessions_words), "auto, ctrlq, message");
		if (rc == 0)
			a->sessions = (enum vcrypto_vhu_sessions)word;
	} else if (strcmp(pair->key, ARG_LAYOUT) == 0) {
		rc = vdev_parse_word(&word, a->name, pair, vdev_layout_words,
				RTE_DIM(vdev_layout_words), "auto, opcode, plain, union");
		if (rc == 0)
			a->layout = (enum req_vhu_layout)word;
	}
	return rc;
}

/* Looks at what is at path=, and refuses arguments that are for the other kind of it. */
static int
vdev_choose_transport(struct vdev_args *args, const struct rte_kvargs *kv)
{
	static const char *const others[] = { ARG_SERVER, ARG_SESSIONS, ARG_LAYOUT };
	const struct vcrypto_vhu_args *a = &args->vhu;
	struct stat st;
	unsigned int i;

	args->is_vdpa = stat(a->path, &st) == 0 && S_ISCHR(st.st_mode);
	if (!args->is_vdpa && rte_kvargs_count(kv, ARG_NOTIFY_AREA) != 0) {
		VCRYPTO_ERR("%s: " ARG_NOTIFY_AREA " is for vhost-vdpa, and " ARG_PATH "=%s is no "
			"character device: leave it out", a->name, a->path);
		return -EINVAL;
	}
	for (i = 0; args->is_vdpa && i < RTE_DIM(others); i++) {
		if (rte_kvargs_count(kv, others[i]) == 0)
			continue;
		VCRYPTO_ERR("%s: %s is for vhost-user, and " ARG_PATH "=%s is a character device "
			"(vhost-vdpa): leave it out", a->name, others[i], a->path);
		return -EINVAL;
	}
	return 0;
}

/* What the arguments must be together. */
static int
vdev_check_args(const struct vcrypto_vhu_args *a, const struct rte_kvargs *kv)
{
	if (a->path == NULL || a->path[0] == '\0') {
		VCRYPTO_ERR("%s: " ARG_PATH "= is missing: name the socket of the vhost-user back "
			"end, or the character device of vhost-vdpa", a->name);
		return -EINVAL;
	}
	if (rte_kvargs_count(kv, ARG_QUEUES) + rte_kvargs_count(kv, ARG_MAX_QPS) > 1) {
		VCRYPTO_ERR("%s: " ARG_QUEUES " and " ARG_MAX_QPS " mean the same: give one of "
			"them", a->name);
		return -EINVAL;
	}
	if (a->sessions == VCRYPTO_VHU_SESSIONS_CTRLQ && a->layout != REQ_VHU_LAYOUT_AUTO) {
		VCRYPTO_ERR("%s: " ARG_LAYOUT " is for session messages, which " ARG_SESSIONS
			"=ctrlq excludes: leave out one of them", a->name);
		return -EINVAL;
	}
	return 0;
}

/* Parses the transports' own keys; the path points into kv.  0, or -EINVAL with one line. */
static int
vdev_parse_args(struct vdev_args *args, const struct rte_kvargs *kv)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < kv->count && rc == 0; i++)
		rc = vdev_parse_pair(args, &kv->pairs[i]);
	if (rc == 0)
		rc = vdev_check_args(&args->vhu, kv);
	return rc == 0 ? vdev_choose_transport(args, kv) : rc;
}

/* ---- probe and remove ---- */

static int
vdev_create_transport(struct vcrypto_transport **t, const struct vdev_args *args)
{
	const struct vcrypto_vhu_args *vhu = &args->vhu;
	struct vcrypto_vdpa_args vdpa = {
		.name = vhu->name, .path = vhu->path, .queues = vhu->queues,
		.queue_size = vhu->queue_size, .notify_area = args->notify_area,
		.numa_node = vhu->numa_node,
	};

	return args->is_vdpa ? vcrypto_transport_vhost_vdpa_create(t, &vdpa) :
		vcrypto_transport_vhost_user_create(t, vhu);
}

static int
vdev_create(struct rte_vdev_device *vdev, const struct vdev_args *own,
		const struct vcrypto_args *args)
{
	struct vcrypto_transport *t;
	int rc = vdev_create_transport(&t, own);

	if (rc != 0)
		return rc;
	rc = vcrypto_dev_create(&vdev->device, own->vhu.name, t, args, &vcrypto_ops);
	if (rc != 0)
		t->ops->destroy(t);
	return rc;
}

static int
vdev_probe(struct rte_vdev_device *vdev)
{
	const char *params = rte_vdev_device_args(vdev);
	struct vcrypto_args args;
	struct vdev_args own = {
		.vhu = {
			.name = rte_vdev_device_name(vdev),
			.queues = QUEUES_DEFAULT,
			.queue_size = QUEUE_SIZE_DEFAULT,
			.numa_node = vdev->device.numa_node,
		},
		.notify_area = true,
	};
	const char *name = own.vhu.name;
	struct rte_kvargs *kv;
	int rc;

	/* In a secondary process the bus knows the primary's devices, without arguments. */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return vcrypto_share_attach(&vdev->device, name);
	vcrypto_args_defaults(&args);
	args.packed_vq = false;		/* the default of net_virtio_user too */
	rc = vcrypto_args_parse(&args, name, params, vdev_keys);
	if (rc != 0)
		return rc;
	/* vcrypto_args_parse() parsed it before, so NULL means no memory.  params is NULL where
	 * the device was plugged by its name alone.
	 */
	kv = rte_kvargs_parse(params != NULL ? params : "", NULL);
	if (kv == NULL) {
		VCRYPTO_ERR("%s: no memory for the device arguments", name);
		return -ENOMEM;
	}
	rc = vdev_parse_args(&own, kv);
	if (rc == 0)
		rc = vdev_create(vdev, &own, &args);
	rte_kvargs_free(kv);
	return rc;
}

static int
vdev_remove(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);

	return rte_eal_process_type() == RTE_PROC_PRIMARY ? vcrypto_dev_destroy(name) :
		vcrypto_share_detach(name);
}

static struct rte_vdev_driver vcrypto_vdev_driver = {
	.driver = { .name = VCRYPTO_DRIVER_NAME, .alias = VCRYPTO_DRIVER_ALIAS },
	.probe = vdev_probe,
	.remove = vdev_remove,
};

/* Registered without DPDK's macro, which also exports the driver's name: the PCI driver
 * exports the same name, and names are symbols since 25.11.
 */
RTE_INIT(vcrypto_vdev_register)
{
	rte_vdev_register(&vcrypto_vdev_driver);
}
RTE_PMD_REGISTER_PARAM_STRING(crypto_virtio_user, VDEV_ARGS_STRING);

#ifdef VCRYPTO_IN_TREE
/* By this DPDK's build finds what dpdk-pmdinfo.py prints. */
RTE_PMD_EXPORT_NAME(crypto_virtio_user, __COUNTER__);
#else
/* The string for dpdk-pmdinfo.py, which DPDK's own build derives from the lines above. */
static const char pmd_info[] __rte_used =
	"PMD_INFO_STRING= {\"name\" : \"crypto_virtio_user\", "
	"\"params\" : \"" VDEV_ARGS_STRING "\", "
	"\"pci_ids\" : []}";
#endif
