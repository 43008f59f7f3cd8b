#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Proves that the budget of instructions fires, and what the reports say of figures that miss
a target or are not there.  Figures here are made up; nothing is run."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'report'))
import budget     # noqa: E402
import parts     # noqa: E402
import ratios     # noqa: E402
import report     # noqa: E402
import secgw     # noqa: E402
import secgw_report     # noqa: E402
import store     # noqa: E402
from budget import Cell     # noqa: E402
from nulldev import BURSTS, LAYOUTS, THEIRS, Failed, Key, Rows, Stat     # noqa: E402

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

    def test_verdict(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(budget.verdict({SPLIT: 1000}, {SPLIT: 1000}), 0)
            self.assertEqual(budget.verdict({SPLIT: 1000}, {SPLIT: 900}, 'elsewhere'), 1)
            self.assertEqual(budget.verdict({}, {}), 1)     # nothing was checked
        self.assertIn('-10.0 %; lower it: elsewhere', said.getvalue())
        self.assertNotIn(budget.UPDATE, said.getvalue())

    def test_other_builds_are_not_compared(self):
        self.assertIsNone(budget.not_comparable('gcc 1', 'gcc 1'))
        self.assertIn('gcc 1; this build is made with gcc 2',
                      budget.not_comparable('gcc 1', 'gcc 2'))
        self.assertIn('sanitizer', budget.not_comparable('gcc 1', None))

    def test_file(self):
        cells = {SPLIT: 1000, POLL: 22}
        with tempfile.TemporaryDirectory() as d:
            budget.write('gcc 1', cells, os.path.join(d, 'b.csv'))
            self.assertEqual(budget.read(os.path.join(d, 'b.csv')), ('gcc 1', cells))

    def test_committed_is_whole(self):
        _, cells = budget.read()
        for layout in budget.LAYOUTS:
            for kind in budget.ALGOS:
                for burst in budget.BURSTS:
                    self.assertGreater(cells[Cell(layout, kind, burst)], burst)
            for poll in budget.POLLS:
                self.assertGreater(cells[Cell(layout, poll, 0)], 0)
        for layout in budget.ESP_LAYOUTS:
            for kind in budget.ESP:
                for burst in budget.ESP_BURSTS:
                    self.assertGreater(cells[Cell(layout, kind, burst)], burst)


def figure(v, n=5):
    return Stat(v, v, v, n)


def closed_loop(ours, theirs=10000.0, suffix='', bursts=BURSTS):
    """Made-up figures of the closed loop."""
    rows = Rows()
    for burst in bursts:
        for device in [THEIRS] + list(LAYOUTS):
            rows.rows[Key('tput' + suffix, device, 'aes-cbc', 64, burst, 'kops/s')] = \
                figure(theirs if device == THEIRS else ours)
    return rows


class Ratios(unittest.TestCase):
    def test_losing_cells_are_marked(self):
        rows = closed_loop(20000.0)
        rows.rows[Key('tput', 'split', 'aes-cbc', 64, 2, 'kops/s')] = figure(9000.0)
        cells = {(r[1], b): c for r in ratios.table(rows) for b, c in zip(BURSTS, r[2:])}
        self.assertEqual(len(cells), len(LAYOUTS) * len(BURSTS))
        self.assertEqual(cells['split', 1], '2.00')
        self.assertEqual(cells['split', 2], '**0.90 ✗**')
        lost, = ratios.losing(rows)
        self.assertEqual((lost.layout, lost.burst), ('split', 2))

    def test_cycles_count_the_other_way(self):
        rows = Rows()
        for device, v in ((THEIRS, 10.0), ('split', 20.0)):
            rows.rows[Key('thread-far', device, 'aes-cbc', 64, 1, 'enq+deq/op')] = figure(v)
        self.assertEqual(ratios.table(rows)[0][:3], ['thread, far', 'split', '**0.50 ✗**'])

    def test_what_was_not_measured_is_said(self):
        rows = closed_loop(20000.0)
        self.assertIn('closed loop, far', ratios.absent(rows))
        self.assertNotIn('closed loop, near', ratios.absent(rows))
        verdicts = {v.title: v for v in ratios.verdicts(rows)}
        self.assertIs(verdicts['closed loop, near: never below'].reached, True)
        self.assertIs(verdicts['closed loop, far: never below'].reached, None)

    def test_a_miss_stands_beside_its_floor(self):
        rows = closed_loop(9000.0, suffix='-far')
        for name, v in zip(ratios.FLOORS, (40000.0, 15000.0)):
            rows.rows[Key('floor-loop-far', name, 'aes-cbc', 64, 1, 'kops/s')] = figure(v)
        verdict = next(v for v in ratios.verdicts(rows)
                       if v.title == 'closed loop, far: bursts of 1, packed')
        self.assertIs(verdict.reached, False)
        self.assertIn('0.90 of 1.4 (9.0 / 10.0; floor 40.0 / 15.0 Mops/s: ratio 4.00 / 1.50)',
                      verdict.misses[0])

    def test_no_count_reaches_no_target(self):
        rows = Rows()
        self.assertEqual([v.reached for v in ratios.instructions(rows)], [None, None])
        budget.add_rows(rows, {Cell(x, 'empty poll', 0): ratios.EMPTY for x in LAYOUTS})
        self.assertEqual([v.reached for v in ratios.instructions(rows)], [None, True])
        budget.add_rows(rows, {Cell('split', 'empty poll', 0): ratios.EMPTY + 1})
        self.assertEqual([v.reached for v in ratios.instructions(rows)], [None, False])

    def test_one_missing_cell_reaches_no_target(self):
        rows = closed_loop(20000.0, bursts=BURSTS[1:])
        verdict = next(v for v in ratios.verdicts(rows)
                       if v.title == 'closed loop, near: never below')
        self.assertIs(verdict.reached, None)


class Stores(unittest.TestCase):
    def test_near_and_far_are_two_runs(self):
        rows = closed_loop(1.0)
        rows.rows.update(closed_loop(2.0, suffix='-far').rows)
        facts = [('date', 'today'), ('cores near', 'a'), ('cores far', 'b')]
        near, far = store.split('two-cores', rows, facts, [('command', 'x')])
        self.assertEqual((near.name, far.name), ('near', 'far'))
        self.assertEqual((near.fact('cores near'), near.fact('cores far')), ('a', ''))
        self.assertEqual((far.fact('cores near'), far.fact('cores far')), ('', 'b'))
        self.assertEqual(near.points(), far.points())

    def test_a_poorer_run_replaces_nothing(self):
        said = []
        with tempfile.TemporaryDirectory() as d:
            store.keep(store.Run('near', [], closed_loop(1.0).rows), d, False, said.append)
            poorer = store.Run('near', [], closed_loop(2.0, bursts=(1,)).rows)
            store.keep(poorer, d, False, said.append)
            self.assertIn('stays', said[-1])
            key = Key('tput', 'split', 'aes-cbc', 64, 1, 'kops/s')
            self.assertEqual(store.read('near', d).rows[key].med, 1)
            store.keep(poorer, d, True, said.append)
            self.assertEqual(store.read('near', d).rows[key].med, 2)

    def test_passes_end_when_both_distances_are_complete(self):
        rows = closed_loop(1.0)
        self.assertTrue(parts.complete(rows))       # no far sample: not waited for
        rows.merge(closed_loop(1.0, suffix='-far', bursts=(1,)))
        self.assertFalse(parts.complete(rows))
        rows.merge(closed_loop(1.0, suffix='-far'))
        self.assertTrue(parts.complete(rows))

    def test_best_pass_is_kept_whole(self):
        rows, new = closed_loop(1.0, bursts=(1,)), closed_loop(2.0, theirs=4.0, bursts=(1,))
        ours, theirs = (Key('tput', d, 'aes-cbc', 64, 1, 'kops/s') for d in ('split', THEIRS))
        rows.merge(new)
        self.assertEqual(rows.rows[ours].med, 1.0)
        del rows.rows[Key('tput', 'packed', 'aes-cbc', 64, 1, 'kops/s')]
        rows.merge(new)
        self.assertEqual((rows.rows[ours].med, rows.rows[theirs].med), (2.0, 4.0))


class Reports(unittest.TestCase):
    def test_a_changed_report_is_noticed(self):
        with tempfile.TemporaryDirectory() as d:
            store.write(store.Run('near', [('cores near', 'c')], closed_loop(9000.0).rows),
                        os.path.join(d, 'data'))
            for path, text in report.texts(d, None).items():
                with open(path, 'w') as f:
                    f.write(text)
            results = os.path.join(d, 'results.md')
            for name in ('by-burst', 'by-size'):
                self.assertIn(f'{name}.svg is missing: tools/bench --report',
                              report.stale(d, None))
            self.assertFalse([x for x in report.stale(d, None) if 'results.md' in x])
            with open(results, 'a') as f:
                f.write('more\n')
            self.assertIn('results.md is not what the stored figures make',
                          report.stale(d, None)[0])

    def test_readme_is_replaced_between_its_marks(self):
        text = f'a\n{report.BEGIN}\nold\n{report.END}\nb\n'
        self.assertEqual(report.replaced(text, 'new\n'),
                         f'a\n{report.BEGIN}\nnew\n{report.END}\nb\n')

    def test_readme_without_marks_is_left_alone(self):
        with tempfile.TemporaryDirectory() as d:
            readme = os.path.join(d, 'README.md')
            with open(readme, 'w') as f:
                f.write('no marks')
            with self.assertRaisesRegex(Failed, 'written by tools/bench'):
                report.write(d, readme, (), print)
            self.assertEqual(report.current(readme), 'no marks')


class Secgw(unittest.TestCase):
    """Tables of ipsec-secgw, and what judges its packets."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.secgw = secgw.Secgw('build', self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def run_of(self, samples):
        self.secgw.samples.update(samples)
        rows = Rows()
        rows.rows = self.secgw.rows()
        return {r.name: r for r in store.split('secgw', rows, [('cores near', 'c')],
                                               self.secgw.notes())}

    def test_share_and_what_is_missing(self):
        gcm = 'AES-128-GCM', 64
        runs = self.run_of({('legacy', secgw.VDEV, *gcm): [2e6, 3e6, 9e6],
                            ('legacy', secgw.SOFTWARE, *gcm): [4e6, 4e6, 4e6]})
        self.assertEqual(list(runs), ['secgw-near'])
        text = secgw_report.tables(runs['secgw-near'], 'near')
        self.assertIn('| legacy: vdev to `vcryptod`, 2 cores | 3.00 (2.00-9.00) |', text)
        self.assertIn('| legacy: share | 0.75 |  |  |', text)
        self.assertNotIn('library', text)
        self.assertIn('not measured', secgw_report.tables(store.Run('secgw-far'), 'far'))

    def test_software_stands_beside_both_distances(self):
        gcm = 'AES-128-GCM', 64
        runs = self.run_of({('legacy', secgw.VDEV, *gcm): [2e6],
                            ('legacy-far', secgw.VDEV, *gcm): [1e6],
                            ('legacy', secgw.SOFTWARE, *gcm): [4e6]})
        self.assertIn('share | 0.50', secgw_report.tables(runs['secgw-near'], 'near'))
        self.assertIn('share | 0.25', secgw_report.tables(runs['secgw-far'], 'far'))

    def test_wrong_packets_are_noticed(self):
        if self.secgw.peer is None:
            self.skipTest('no python3-cryptography')
        peer, suites = self.secgw.peer, self.secgw.peer.suites_of(secgw.ALGOS.values())
        for suite in suites:
            packet = self.secgw.inner(suite, 64, 1)
            spi, suite.spi_in = suite.spi_in, suite.spi_out
            esp = suite.seal(1, packet)
            suite.spi_in = spi
            forged = esp[:-1] + bytes([esp[-1] ^ 1])
            good, bad, long = (bytes(secgw.ETHERNET) + peer.ipv4(suite.gate, suite.peer, 50, x)
                               for x in (esp, forged, esp + bytes(16)))
            self.secgw.compare([good], suites, [packet])
            for frames, inner in (([good], [packet, packet]), ([good, good], [packet]),
                                  ([bad], [packet]), ([long], [packet]),
                                  ([bytes(secgw.ETHERNET) + packet], [packet]),
                                  ([good], [self.secgw.inner(suite, 65, 1)])):
                with self.assertRaises(Failed):
                    self.secgw.compare(frames, suites, inner)


if __name__ == '__main__':
    unittest.main(verbosity=2)
