# SPDX-License-Identifier: BSD-3-Clause
# uio_pci_generic on a machine without an IOMMU: physical addresses.  Then device
# arguments that are wrong, and a function that the kernel's own driver has used.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
function=$FUNCTIONS
eal=""

group="uio_pci_generic"
encrypt_command="encrypt_file -l 0 $(driver_eal algos=$extra_algos) --"
encrypt_cases aes-128-cbc aes-256-xts
restart_cases
perf_cases
check "after a program was killed in mid-work" after_kill

group="device arguments"
aes_cbc="--cipher aes-cbc --key 00112233445566778899aabbccddeeff --iv $iv"
for bad in no_such_key=1 algos=rot13 ctrl_timeout_ms=0 ctrl_timeout_ms=abc revision_1=2; do
	refused "$bad is refused by name" "crypto_virtio: .*${bad%%=*}" \
		encrypt_file -l 0 $(driver_eal $bad) -- $aes_cbc "$scratch/16" "$scratch/got"
done

group="after the kernel's driver"
through_kernel_driver()
{
	bind "$function" virtio-pci && modprobe virtio_crypto &&
		comes_true ls -d /sys/bus/virtio/drivers/virtio_crypto/virtio* &&
		bind "$function" uio_pci_generic && encrypt_case aes-128-cbc 32768
}
check "the function is taken over and encrypts" through_kernel_driver
