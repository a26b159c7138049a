import test from 'ava'
import {ratioRows, ratioTable} from '../../scripts/guests/ratios.ts'

test('each program has its median ratio and spread, and there is a mean over all', (t) => {
	const rows = ratioRows([
		{ours: {sort: 4, crc: 2}, qemu: {sort: 1, crc: 2}},
		{ours: {sort: 6, crc: 2}, qemu: {sort: 1, crc: 1}},
		{ours: {sort: 5, crc: 2}, qemu: {sort: 1, crc: 1}},
	])
	t.deepEqual(rows[0], {program: 'sort', ours: 5, qemu: 1, ratio: {median: 5, lowest: 4, highest: 6}})
	t.deepEqual(rows[1]!.ratio, {median: 2, lowest: 1, highest: 2})
	t.is(rows[2]!.program, 'geometric mean')
	t.is(rows[2]!.ratio.lowest, 2)
	t.regex(ratioTable(rows), /^sort +5\.000 s +1\.000 s +5\.00 +4\.00 +6\.00$/m)
})
