/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What each command of a client does; see client.h.
 */
#include <errno.h>
#include <string.h>

#include "../log.h"
#include "client.h"
#include "vfu_version.h"

static int
client_refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

/* The connection ends. */
static int
client_part(const char **why, const char *reason)
{
	*why = reason;
	return -EPROTO;
}

/* ---- commands: each puts a reply into c->out, or is refused ---- */

static int
client_version(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	const struct vfu_caps own = {
		.max_msg_fds = VFU_MAX_FDS, .max_data_xfer_size = VFU_MAX_DATA,
		.max_dma_maps = VCRYPTOD_DMA_MAX, .pgsizes = VFU_DEFAULT_PGSIZES,
	};
	uint16_t minor = r->u.version.minor < VFU_MINOR ? r->u.version.minor : VFU_MINOR;
	char text[VFU_VERSION_TEXT];
	struct vfu_caps caps;

	if (c->greeted)
		return client_part(why, "a second VERSION came");
	if (r->u.version.major != VFU_MAJOR)
		return client_part(why, "the client has another major version of vfio-user");
	/* What the client can do limits nothing here: a reply is as long as it asks for. */
	if (vfu_version_parse(&caps, r->u.version.text, r->u.version.len) != 0)
		return client_part(why, "the text of VERSION breaks the vfio-user protocol");
	c->greeted = true;
	c->device.dev->memory_ok = true;
	vfu_reply_version(&c->out, &c->in.hdr, minor, text,
			vfu_version_build(text, sizeof(text), &own));
	return 0;
}

static int
client_map(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	int rc = vcryptod_dma_map(&c->dma, &r->u.map, r->u.map.has_fd ? c->in.fd[0] : -1, why);

	if (rc != 0)
		return rc;
	vcryptod_pci_device_update(&c->device);
	vfu_reply_empty(&c->out, &c->in.hdr);
	return 0;
}

/* As in VFIO: what lies in the range, which may be all or nothing, but no part of a region. */
static int
client_unmap(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	if (r->u.unmap.all)
		vcryptod_dma_clear(&c->dma);
	else if (vcryptod_dma_unmap(&c->dma, r->u.unmap.addr, r->u.unmap.size) != 0)
		return client_refuse(why, "it would leave a part of a region");
	vcryptod_pci_device_update(&c->device);
	vfu_reply_echo(&c->out, &c->in);
	return 0;
}

static int
client_info(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	(void)r;
	(void)why;
	vfu_reply_device_info(&c->out, &c->in.hdr, VFU_DEVICE_RESETS | VFU_DEVICE_PCI,
			VFU_NB_REGIONS, VFU_NB_IRQS);
	return 0;
}

static int
client_region_info(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	uint64_t size = vcryptod_pci_device_region(r->u.index);

	(void)why;
	vfu_reply_region_info(&c->out, &c->in.hdr, r->u.index,
			size != 0 ? VFU_REGION_READABLE | VFU_REGION_WRITABLE : 0, size);
	return 0;
}

static int
client_irq_info(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	uint32_t flags, nb = vcryptod_irqs_count(&c->device.irqs, r->u.index, &flags);

	(void)why;
	vfu_reply_irq_info(&c->out, &c->in.hdr, r->u.index, flags, nb);
	return 0;
}

static int
client_set_irqs(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	int rc = vcryptod_pci_device_irqs(&c->device, &r->u.irqs, c->in.fd, c->link.links_fd, why);

	if (rc == 0)
		vfu_reply_empty(&c->out, &c->in.hdr);
	return rc;
}

static int
client_read(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	void *to = vfu_reply_read(&c->out, &c->in.hdr, r);

	if (vcryptod_pci_device_read(&c->device, &r->u.access, to) != 0)
		return client_refuse(why, "there is no such region, or it ends before");
	return 0;
}

static int
client_write(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	if (vcryptod_pci_device_write(&c->device, &r->u.access) != 0)
		return client_refuse(why, "there is no such region, or it ends before");
	vfu_reply_echo(&c->out, &c->in);
	return 0;
}

static int
client_reset(struct vcryptod_client *c, const struct vfu_request *r, const char **why)
{
	(void)r;
	(void)why;
	vcryptod_pci_device_reset(&c->device);
	vfu_reply_empty(&c->out, &c->in.hdr);
	return 0;
}

static int (*const client_command[])(struct vcryptod_client *c, const struct vfu_request *r,
		const char **why) = {
	[VFU_VERSION] = client_version,
	[VFU_DMA_MAP] = client_map,
	[VFU_DMA_UNMAP] = client_unmap,
	[VFU_DEVICE_GET_INFO] = client_info,
	[VFU_DEVICE_GET_REGION_INFO] = client_region_info,
	[VFU_DEVICE_GET_IRQ_INFO] = client_irq_info,
	[VFU_DEVICE_SET_IRQS] = client_set_irqs,
	[VFU_REGION_READ] = client_read,
	[VFU_REGION_WRITE] = client_write,
	[VFU_DEVICE_RESET] = client_reset,
};

static int
client_serve(struct vcryptod_client *c, const char **why)
{
	struct vfu_request r;
	int rc;

	if (!c->greeted && c->in.hdr.command != VFU_VERSION)
		return client_part(why, "the first command is not VERSION");
	rc = vfu_request_parse(&r, &c->in, why);
	/* The parser knows no other command than those of the table. */
	return rc == 0 ? client_command[r.command](c, &r, why) : rc;
}

/* ---- the link's functions ---- */

static int
client_obey(void *ctx, const char **why)
{
	struct vcryptod_client *c = ctx;
	int rc = client_serve(c, why);

	if (rc != 0 && rc != -EPROTO) {
		vcryptod_log(VCRYPTOD_LOG_REFUSED, c->link.dev->path,
				"command %u (%s) refused: %s", c->in.hdr.command,
				vfu_command_name(c->in.hdr.command), *why);
		vfu_outbox_refuse(&c->out, &c->in.hdr, (uint32_t)-rc);
		rc = ++c->refused < VCRYPTOD_LINK_REFUSALS ? 0 :
			client_part(why, "too many refused commands");
	}
	if ((c->in.hdr.flags & VFU_FLAG_NO_REPLY) != 0)
		vfu_outbox_clear(&c->out);
	vfu_inbox_clear(&c->in);
	return rc;
}

static int
client_receive(void *ctx, int sock)
{
	struct vcryptod_client *c = ctx;

	return vfu_inbox_receive(&c->in, sock);
}

static bool
client_has_begun(const void *ctx)
{
	const struct vcryptod_client *c = ctx;

	return !vfu_inbox_is_empty(&c->in);
}

static int
client_send(void *ctx, int sock)
{
	struct vcryptod_client *c = ctx;

	return vfu_outbox_send(&c->out, sock);
}

static bool
client_is_sent(const void *ctx)
{
	const struct vcryptod_client *c = ctx;

	return vfu_outbox_is_empty(&c->out);
}

static void
client_end(void *ctx)
{
	struct vcryptod_client *c = ctx;

	vcryptod_pci_device_forget(&c->device);
	vcryptod_dma_clear(&c->dma);
	vfu_inbox_clear(&c->in);
	vfu_outbox_clear(&c->out);
	c->greeted = false;
	c->refused = 0;
}

static void
client_event(void *ctx)
{
	struct vcryptod_client *c = ctx;

	vcryptod_pci_device_call(&c->device);
}

static void
client_announce(void *ctx)
{
	struct vcryptod_client *c = ctx;

	vcryptod_pci_device_announce(&c->device);
}

static void
client_fini(void *ctx)
{
	struct vcryptod_client *c = ctx;

	vcryptod_dma_fini(&c->dma);
	vcryptod_pci_device_fini(&c->device);
}

static const struct vcryptod_link_ops client_ops = {
	.protocol = "vfio-user",
	.receive = client_receive,
	.has_begun = client_has_begun,
	.obey = client_obey,
	.send = client_send,
	.is_sent = client_is_sent,
	.end = client_end,
	.event = client_event,
	.announce = client_announce,
	.fini = client_fini,
};

int
vcryptod_client_init(struct vcryptod_client *c, struct vcryptod_device *dev, int listen_fd,
		uint64_t features)
{
	int rc;

	memset(c, 0, sizeof(*c));
	vcryptod_link_init(&c->link, &client_ops, c, dev, listen_fd);
	rc = vcryptod_dma_init(&c->dma, dev);
	if (rc == 0)
		rc = vcryptod_pci_device_init(&c->device, dev, features);
	if (rc != 0) {
		vcryptod_link_fini(&c->link);
		return rc;
	}
	c->link.event_fd = c->device.call_fd;
	return 0;
}
