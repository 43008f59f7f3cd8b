# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of viommu.sh between Linux's own driver and IPsec.

. /in/encrypt.sh
. /in/driver.sh
. /in/guest_common.sh
. /in/services.sh
group="viommu, guest"
function=$FUNCTIONS
eal="--iova-mode=va"
features="VERSION_1 ACCESS_PLATFORM INDIRECT_DESC EVENT_IDX RING_RESET NOTIFICATION_DATA"
features="$features NOTIF_CONFIG_DATA ADMIN_VQ"

# The kernel's driver lets the function go, and vfio-pci has it.
hand_over()
{
	modprobe vfio_iommu_type1 allow_unsafe_interrupts=1 && modprobe vfio-pci &&
		bind "$FUNCTIONS" vfio-pci
}

# The kernel has an IOMMU, and the function is in a group of it.
behind_iommu()
{
	ls -l "/sys/bus/pci/devices/$FUNCTIONS/iommu_group"
}

check "the function is behind the vIOMMU" behind_iommu
check "Linux's driver hands the function over to vfio-pci" hand_over
# shellcheck disable=SC2086
known_answers split packed_vq=0,in_order=0 $features -RING_PACKED -IN_ORDER
every_service
known_answers packed packed_vq=1,in_order=0 RING_PACKED EVENT_IDX ADMIN_VQ -IN_ORDER
asym_answers "packed, in order" packed_vq=1,in_order=1 RING_PACKED IN_ORDER
cat /out/notes

# Leaves a result of each kind in /out, for the host to judge.
show_results()
{
	cd /out && show -l 0 $(driver_eal) -- "$FUNCTIONS" /in/show $association
}

check "AES-GCM, RSA and ESP: a result of each, and a signature of the host's" show_results
cd /tmp/work || exit 1
