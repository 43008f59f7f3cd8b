# SPDX-License-Identifier: BSD-3-Clause
"""Lets a measured program go before everything else on the machine."""
import os


def _first():
    """In the child: highest priority, of the process and of its scheduling group."""
    os.setsid()     # Linux groups processes by session, and nice counts within a group only
    os.nice(-20)
    try:
        with open('/proc/self/autogroup', 'w') as f:
            f.write('-20')
    except OSError:
        pass        # a kernel without such groups


def popen_args(polite):
    """Arguments for subprocess: nothing for a polite run, or without the right to it."""
    return {} if polite or os.geteuid() != 0 else {'preexec_fn': _first}
