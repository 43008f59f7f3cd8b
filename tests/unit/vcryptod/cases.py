# SPDX-License-Identifier: BSD-3-Clause
"""Cases, each of which stands for itself: a line for each, and their sum."""
import shutil
import tempfile


class Cases:
    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, case, *args):
        """False if it raises."""
        try:
            case(*args)
        except Exception as error:
            self.fail(f'{name}: {type(error).__name__} {error}')
            return False
        self.passed += 1
        print(f'PASS {name}')
        return True

    def fail(self, what):
        self.failed += 1
        print(f'FAIL {what}')

    def sum_up(self):
        """What main returns."""
        print(f'{self.passed} passed, {self.failed} failed')
        return self.failed != 0 or self.passed == 0


def run_daemons(cases, start, end):
    """What main returns.  Each of (case, arguments) has a daemon of its own: start(folder,
    arguments) makes it, case(daemon) is the case, and end(daemon, case) asserts how it ends.
    """
    def run(case, d):
        case(d)
        end(d, case)

    done = Cases()
    folder = tempfile.mkdtemp(prefix='vcryptod')
    for case, args in cases:
        d = start(folder, *args)
        try:
            if not done.run(case.__name__, run, case, d):
                print(d.said())
        finally:
            d.end()
    shutil.rmtree(folder)
    return done.sum_up()
