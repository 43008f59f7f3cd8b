#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Proves that the budget of instructions fires, and what the reports say of figures that miss
a target or are not there.  Figures here are made up; nothing is run."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'report'))
import budget     # noqa: E402
from budget import Cell     # noqa: E402

SPLIT = Cell('split', 'aes-cbc', 32)
POLL = Cell('split', 'empty poll', 0)


class Budget(unittest.TestCase):
    def test_slack(self):
        cells = {SPLIT: 1000, POLL: 22}
        self.assertEqual(budget.judge(cells, cells), [])
        self.assertEqual(budget.judge(cells, {SPLIT: 1020, POLL: 22}), [])
        self.assertEqual(budget.judge(cells, {SPLIT: 980, POLL: 22}), [])

    def test_more_fails(self):
        line, = budget.judge({SPLIT: 1000}, {SPLIT: 1021})
        for words in ('split, aes-cbc, burst 32', '1021 instructions', 'budget is 1000', '+2.1 %',
                      'tools/bench --update-budget'):
            self.assertIn(words, line)
        line, = budget.judge({POLL: 22}, {POLL: 23})
        self.assertIn('split, empty poll: 23 instructions', line)

    def test_less_fails(self):
        line, = budget.judge({SPLIT: 1000}, {SPLIT: 979})
        self.assertIn('-2.1 %; lower it: tools/bench --update-budget', line)

    def test_cells_missing(self):
        self.assertIn('no budget', budget.judge({}, {SPLIT: 1})[0])
        self.assertIn('was not counted', budget.judge({SPLIT: 1}, {})[0])

    def test_theirs_has_none(self):
        theirs = Cell('dpdk', 'aes-cbc', 32)
        self.assertEqual(budget.judge({theirs: 100}, {theirs: 200}), [])
        self.assertEqual(budget.judge({theirs: 100}, {}), [])

    def test_file(self):
        cells = {SPLIT: 1000, POLL: 22}
        with tempfile.TemporaryDirectory() as d:
            budget.write('gcc 1', cells, os.path.join(d, 'b.csv'))
            self.assertEqual(budget.read(os.path.join(d, 'b.csv')), ('gcc 1', cells))

    def test_committed_is_whole(self):
        _, cells = budget.read()
        for layout in budget.LAYOUTS:
            for kind in budget.KINDS:
                for burst in budget.BURSTS:
                    self.assertGreater(cells[Cell(layout, kind, burst)], burst)
            for poll in budget.POLLS:
                self.assertGreater(cells[Cell(layout, poll, 0)], 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
