# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of hand_over.sh, which sets af_alg.

. /in/common.sh
. /in/kernel_common.sh
. /in/encrypt.sh
. /in/driver.sh
group="hand_over, guest"
function=$FUNCTIONS
# The function has no iommu_platform: behind the vIOMMU it uses physical addresses.
eal="--iova-mode=pa -m 384"
processes=2 rounds=2

run_af_alg()
{
	timeout $program_s $af_alg virtio_crypto_aes_cbc $processes $rounds
}

# to_vfio: the kernel's driver lets the function go, with its algorithms.
to_vfio()
{
	bind "$function" vfio-pci && ! kernel_algorithms | grep .
}

to_kernel()
{
	bind "$function" virtio-pci &&
		comes_true ls -d /sys/bus/virtio/drivers/virtio_crypto/virtio* &&
		kernel_algorithms | grep virtio_crypto_aes_cbc
}

encrypt_command="encrypt_file -l 0 $(driver_eal) --"
mkdir -p /tmp/work
cd /tmp/work || exit 1
make_inputs
open_counters || { echo "FAIL $group: no port for the counters"; exit 1; }
modprobe vfio_iommu_type1 allow_unsafe_interrupts=1
modprobe vfio-pci
check "Linux's driver takes the function, self-tests on" served 30 load_driver
check "virtio_crypto_aes_cbc passed its self-test" passed_its_tests virtio_crypto_aes_cbc
modprobe algif_skcipher
# Eight lengths there and back, the longest also in 256 pieces.
nb_af_alg=$((processes * rounds * 18))
check "AF_ALG on Linux's driver, $processes processes" served $nb_af_alg run_af_alg
for turn in first second; do
	check "vfio-pci gets the function, $turn time" to_vfio
	check "our driver: aes-128-cbc, 1 MiB and back" \
		served 2 encrypt_case aes-128-cbc 1048576 decrypt
	check "Linux's driver gets it back" to_kernel
	check "AF_ALG again" served $nb_af_alg run_af_alg
done
check "the kernel has no complaint" kernel_is_content
dmesg >/out/dmesg
