/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the rte_cryptodev_ops table of the primary process, the only place where the
 * functions of all rooms meet.  Must hold no code.
 */
#include "data/vcrypto_qp.h"
#include "data/vcrypto_raw.h"
#include "session/vcrypto_asym_keys.h"
#include "session/vcrypto_sym_session.h"
#include "vcrypto_dev.h"
#include "vcrypto_init.h"
#include "vcrypto_ops.h"

struct rte_cryptodev_ops vcrypto_ops = {
	.dev_configure = vcrypto_dev_configure,
	.dev_start = vcrypto_dev_start,
	.dev_stop = vcrypto_dev_stop,
	.dev_close = vcrypto_dev_close,
	.dev_infos_get = vcrypto_device_info,
	.stats_get = vcrypto_qp_stats_get,
	.stats_reset = vcrypto_qp_stats_reset,
	.queue_pair_setup = vcrypto_init_qp_setup,
	.queue_pair_release = vcrypto_init_qp_release,
	.sym_session_get_size = vcrypto_sym_session_size,
	.sym_session_configure = vcrypto_sym_session_configure,
	.sym_session_clear = vcrypto_sym_session_clear,
	.asym_session_get_size = vcrypto_asym_session_size,
	.asym_session_configure = vcrypto_asym_session_configure,
	.asym_session_clear = vcrypto_asym_session_clear,
	.sym_get_raw_dp_ctx_size = vcrypto_raw_ctx_size,
	.sym_configure_raw_dp_ctx = vcrypto_raw_configure,
};
