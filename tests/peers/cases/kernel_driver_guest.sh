# SPDX-License-Identifier: BSD-3-Clause
# Linux's own driver in a guest; the script that includes this sets kernel_group and af_alg.

. /in/common.sh
. /in/kernel_common.sh
group=$kernel_group
processes=4 rounds=3

run_af_alg()
{
	timeout $program_s $af_alg virtio_crypto_aes_cbc $processes $rounds
}

# ---- RSA: keyctl against OpenSSL, both ways ----

pkcs1="enc=pkcs1 hash=sha256"

openssl_rsa()
{
	local what=$1
	shift
	openssl pkeyutl "$what" -inkey /in/key.pem "$@"
}

keyctl_signs()
{
	keyctl pkey_sign $rsa 0 /in/digest $pkcs1 >sig &&
		openssl_rsa -verify -in /in/digest -sigfile sig -pkeyopt digest:sha256
}

keyctl_verifies()
{
	openssl_rsa -sign -in /in/digest -out sig2 -pkeyopt digest:sha256 &&
		keyctl pkey_verify $rsa 0 /in/digest sig2 $pkcs1 || return 1
	tr '\000-\377' '\001-\377\000' </in/digest >other
	! keyctl pkey_verify $rsa 0 other sig2 $pkcs1
}

keyctl_encrypts()
{
	echo "32 bytes of text, and no more..." >plain
	keyctl pkey_encrypt $rsa 0 plain enc=pkcs1 >cipher &&
		openssl_rsa -decrypt -in cipher -out back && cmp plain back
}

keyctl_decrypts()
{
	openssl_rsa -encrypt -in plain -out cipher &&
		keyctl pkey_decrypt $rsa 0 cipher enc=pkcs1 >back && cmp plain back
}

mkdir -p /tmp/work
cd /tmp/work || exit 1
open_counters || { echo "FAIL $group: no port for the counters"; exit 1; }
check "Linux's driver takes the device, self-tests on" served 60 load_driver
check "virtio_crypto_aes_cbc passed its self-test" passed_its_tests virtio_crypto_aes_cbc
check "virtio-crypto-rsa passed its self-test" passed_its_tests virtio-crypto-rsa
check "virtio-pkcs1-rsa is registered" passed_its_tests virtio-pkcs1-rsa

modprobe algif_skcipher
# Eight lengths there and back, the longest also in 256 pieces.
check "AF_ALG, 16 bytes to 64 KiB, $processes processes" \
	served $((processes * rounds * 18)) run_af_alg
modprobe pkcs8_key_parser
rsa=$(keyctl padd asymmetric vcryptod @u </in/key.pk8)
check "the keyring takes a key of 2048 bits" keyctl pkey_query "$rsa" 0 $pkcs1
check "keyctl signs, OpenSSL verifies" served 1 keyctl_signs
check "OpenSSL signs, keyctl verifies, and no other digest" served 2 keyctl_verifies
check "keyctl encrypts, OpenSSL decrypts" served 1 keyctl_encrypts
check "OpenSSL encrypts, keyctl decrypts" served 1 keyctl_decrypts
check "the kernel has no complaint" kernel_is_content
dmesg >/out/dmesg
cat /proc/crypto >/out/crypto
