/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The numbers and layouts of lib/wire/vhost_vdpa.h against those of the kernel's own header,
 * as far as the build machine's has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/vhost.h>

#include "lib/wire/vhost_vdpa.h"

extern const struct CMUnitTest numbers_tests[];
extern const size_t nb_numbers_tests;

#define SAME(ours, theirs) \
	do { \
		assert_int_equal(ours, theirs); \
		nb++; \
	} while (0)

static void
test_requests(void **state)
{
	unsigned int nb = 0;

	(void)state;
	SAME(VDPA_GET_FEATURES, VHOST_GET_FEATURES);
	SAME(VDPA_SET_FEATURES, VHOST_SET_FEATURES);
	SAME(VDPA_SET_OWNER, VHOST_SET_OWNER);
	SAME(VDPA_SET_VRING_NUM, VHOST_SET_VRING_NUM);
	SAME(VDPA_SET_VRING_ADDR, VHOST_SET_VRING_ADDR);
	SAME(VDPA_SET_VRING_BASE, VHOST_SET_VRING_BASE);
	SAME(VDPA_SET_VRING_KICK, VHOST_SET_VRING_KICK);
	SAME(VDPA_SET_VRING_CALL, VHOST_SET_VRING_CALL);
	SAME(VDPA_SET_BACKEND_FEATURES, VHOST_SET_BACKEND_FEATURES);
	SAME(VDPA_GET_BACKEND_FEATURES, VHOST_GET_BACKEND_FEATURES);
	SAME(VDPA_GET_DEVICE_ID, VHOST_VDPA_GET_DEVICE_ID);
	SAME(VDPA_GET_STATUS, VHOST_VDPA_GET_STATUS);
	SAME(VDPA_SET_STATUS, VHOST_VDPA_SET_STATUS);
	SAME(VDPA_GET_CONFIG, VHOST_VDPA_GET_CONFIG);
	SAME(VDPA_SET_VRING_ENABLE, VHOST_VDPA_SET_VRING_ENABLE);
	SAME(VDPA_GET_VRING_NUM, VHOST_VDPA_GET_VRING_NUM);
	SAME(VDPA_SET_CONFIG_CALL, VHOST_VDPA_SET_CONFIG_CALL);
	SAME(VDPA_GET_IOVA_RANGE, VHOST_VDPA_GET_IOVA_RANGE);
#ifdef VHOST_VDPA_GET_CONFIG_SIZE
	SAME(VDPA_GET_CONFIG_SIZE, VHOST_VDPA_GET_CONFIG_SIZE);
	SAME(VDPA_GET_VQS_COUNT, VHOST_VDPA_GET_VQS_COUNT);
#endif
#ifdef VHOST_VDPA_GET_AS_NUM
	SAME(VDPA_GET_AS_NUM, VHOST_VDPA_GET_AS_NUM);
	SAME(VDPA_GET_VRING_GROUP, VHOST_VDPA_GET_VRING_GROUP);
	SAME(VDPA_SET_GROUP_ASID, VHOST_VDPA_SET_GROUP_ASID);
	SAME(VDPA_GET_GROUP_NUM, VHOST_VDPA_GET_GROUP_NUM);
#endif
	assert_true(nb >= 18);
}

static void
test_messages(void **state)
{
	unsigned int nb = 0;

	(void)state;
	SAME(sizeof(struct vdpa_iotlb_msg), sizeof(struct vhost_msg_v2));
	SAME(offsetof(struct vdpa_iotlb_msg, iova), offsetof(struct vhost_msg_v2, iotlb.iova));
	SAME(offsetof(struct vdpa_iotlb_msg, size), offsetof(struct vhost_msg_v2, iotlb.size));
	SAME(offsetof(struct vdpa_iotlb_msg, uaddr), offsetof(struct vhost_msg_v2, iotlb.uaddr));
	SAME(offsetof(struct vdpa_iotlb_msg, perm), offsetof(struct vhost_msg_v2, iotlb.perm));
	SAME(offsetof(struct vdpa_iotlb_msg, iotlb_type),
		offsetof(struct vhost_msg_v2, iotlb.type));
	SAME(VDPA_MSG_V2, VHOST_IOTLB_MSG_V2);
	SAME(VDPA_ACCESS_RW, VHOST_ACCESS_RW);
	SAME(VDPA_IOTLB_UPDATE, VHOST_IOTLB_UPDATE);
	SAME(VDPA_IOTLB_INVALIDATE, VHOST_IOTLB_INVALIDATE);
	SAME(VDPA_IOTLB_BATCH_BEGIN, VHOST_IOTLB_BATCH_BEGIN);
	SAME(VDPA_IOTLB_BATCH_END, VHOST_IOTLB_BATCH_END);
	SAME(VDPA_BACKEND_F_IOTLB_MSG_V2, UINT64_C(1) << VHOST_BACKEND_F_IOTLB_MSG_V2);
	SAME(VDPA_BACKEND_F_IOTLB_BATCH, UINT64_C(1) << VHOST_BACKEND_F_IOTLB_BATCH);
	SAME(offsetof(struct vdpa_vring_addr, desc), offsetof(struct vhost_vring_addr,
		desc_user_addr));
	SAME(offsetof(struct vdpa_vring_addr, used), offsetof(struct vhost_vring_addr,
		used_user_addr));
	SAME(offsetof(struct vdpa_vring_addr, avail), offsetof(struct vhost_vring_addr,
		avail_user_addr));
	assert_true(nb >= 17);
}

const struct CMUnitTest numbers_tests[] = {
	cmocka_unit_test(test_requests), cmocka_unit_test(test_messages),
};
const size_t nb_numbers_tests = sizeof(numbers_tests) / sizeof(numbers_tests[0]);
