# SPDX-License-Identifier: BSD-3-Clause
"""Cases that have a daemon of their own each."""
import shutil
import tempfile


def run_daemons(cases, start, end):
    """What main returns.  Each of (case, arguments) has a daemon of its own: start(folder,
    arguments) makes it, case(daemon) is the case, and end(daemon, case) asserts how it ends.
    """
    passed = failed = 0
    folder = tempfile.mkdtemp(prefix='vcryptod')
    for case, args in cases:
        d = start(folder, *args)
        try:
            case(d)
            end(d, case)
            passed += 1
            print(f'PASS {case.__name__}')
        except Exception as error:      # each case stands for itself
            failed += 1
            print(f'FAIL {case.__name__}: {type(error).__name__} {error}')
            print(d.said())
        finally:
            d.end()
    shutil.rmtree(folder)
    print(f'{passed} passed, {failed} failed')
    return failed != 0 or passed == 0
