/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The JSON of VERSION: what each side can do.  The other side's text is taken as it comes:
 * names that are not known are skipped, whatever their values are; names may be missing; a NUL
 * ends the text, or its last byte does.  A text that is no JSON object, has a value of a wrong
 * kind for a known name or is nested too deep is refused.
 */
#ifndef VFU_VERSION_H
#define VFU_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VFU_VERSION_DEPTH	8	/* objects and arrays within each other, at most */
#define VFU_VERSION_TEXT	256	/* bytes that vfu_version_build needs at most */

struct vfu_caps {
	uint64_t max_msg_fds;
	uint64_t max_data_xfer_size;	/* bytes */
	uint64_t max_dma_maps;
	uint64_t pgsizes;		/* bytes, each a bit */
	bool twin_socket, write_multiple;
};

/* Fills in caps, with the protocol's defaults where the text says nothing; a number above
 * UINT64_MAX becomes that.  0 or -EPROTO.  len may be 0: there is no text.
 */
int vfu_version_parse(struct vfu_caps *caps, const char *text, size_t len);

/* Writes the text of caps, but for twin_socket, which must be false, and its NUL.  Returns its
 * bytes with the NUL; 0 if there is no room.
 */
size_t vfu_version_build(char *text, size_t room, const struct vfu_caps *caps);

#endif
