import test from 'ava'
import {speedChart} from '../../../scripts/bench/chart.ts'

test('the chart has a bar per program and group, as long as its speed', (t) => {
	const speed = (median: number) => ({median, least: median, greatest: median})
	const chart = speedChart(
		[
			{program: 'a<b', ours: 1, peer: 2, speed: speed(2)},
			{program: 'sort', ours: 1, peer: 1, speed: speed(1)},
		],
		[{group: 'integer', programs: 2, speed: speed(Math.SQRT2)}],
		'QEMU',
	)
	const widths = [...chart.matchAll(/class="(?:program|group)" .* width="([\d.]+)"/g)].map(([, width]) => Number(width))
	t.is(widths.length, 3)
	t.is(widths[0], 2 * widths[1]!)
	t.regex(chart, />a&lt;b<\/text>/)
	t.regex(chart, />1\.41<\/text>/)
	t.regex(chart, />QEMU<\/text>/)
})
