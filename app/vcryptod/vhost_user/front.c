/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The back end's part of its link; see front.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"

#define FRONT_ANNOUNCE	16	/* on a connection: a front end that reads none gets no more */

/* ---- the connection ---- */

static int
front_receive(void *ctx, int sock)
{
	struct vcryptod_front *f = ctx;

	return vhu_inbox_receive(&f->in, sock);
}

static bool
front_has_begun(const void *ctx)
{
	const struct vcryptod_front *f = ctx;

	return !vhu_inbox_is_empty(&f->in);
}

static int
front_obey(void *ctx, const char **why)
{
	struct vcryptod_front *f = ctx;
	int rc = vcryptod_message_handle(f);

	vhu_inbox_clear(&f->in);
	if (rc != 0)
		*why = f->refused >= VCRYPTOD_LINK_REFUSALS ? "too many refused messages" :
			"a refused message asked for no acknowledgement";
	return rc;
}

static int
front_send(void *ctx, int sock)
{
	struct vcryptod_front *f = ctx;

	return vhu_outbox_send(&f->out, sock);
}

static bool
front_is_sent(const void *ctx)
{
	const struct vcryptod_front *f = ctx;

	return vhu_outbox_is_empty(&f->out);
}

static void
front_end(void *ctx)
{
	struct vcryptod_front *f = ctx;

	vcryptod_message_forget(f);
	vhu_inbox_clear(&f->in);
	explicit_bzero(&f->out, sizeof(f->out));
	if (f->channel_fd >= 0)
		close(f->channel_fd);
	f->channel_fd = -1;
	f->announced = f->refused = 0;
}

/* ---- the back channel ---- */

static void
front_announce(void *ctx)
{
	const struct vhu_header hdr = {
		.request = VHU_BACKEND_CONFIG_CHANGE, .flags = VHU_VERSION,
	};
	struct vcryptod_front *f = ctx;

	if (f->channel_fd < 0 || f->announced >= FRONT_ANNOUNCE ||
			!vcryptod_device_needs_reset(f->dev))
		return;
	f->announced++;
	/* A full channel holds announcements that say the same. */
	if (send(f->channel_fd, &hdr, sizeof(hdr), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

/* ---- start and end ---- */

static void
front_fini(void *ctx)
{
	struct vcryptod_front *f = ctx;

	f->dev->owner = NULL;
	free(f->ring);
	f->ring = NULL;
}

static const struct vcryptod_link_ops front_ops = {
	.protocol = "vhost-user",
	.receive = front_receive,
	.has_begun = front_has_begun,
	.obey = front_obey,
	.send = front_send,
	.is_sent = front_is_sent,
	.end = front_end,
	.announce = front_announce,
	.fini = front_fini,
};

int
vcryptod_front_init(struct vcryptod_front *f, struct vcryptod_device *dev, int listen_fd,
		uint64_t features, uint64_t protocol)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	vcryptod_link_init(&f->link, &front_ops, f, dev, listen_fd);
	f->channel_fd = -1;
	f->dev = dev;
	f->features = features | VHU_F_PROTOCOL_FEATURES;
	f->protocol = protocol;
	f->ring = calloc(dev->nb_rings, sizeof(f->ring[0]));
	if (f->ring == NULL) {
		vcryptod_link_fini(&f->link);
		return -ENOMEM;
	}
	for (i = 0; i < dev->nb_rings; i++)
		f->ring[i].kick_fd = f->ring[i].call_fd = -1;
	dev->owner = f;
	dev->ring_get = vcryptod_message_ring_get;
	dev->ring_put = vcryptod_message_ring_put;
	return 0;
}
