/** A bar chart of speeds, as SVG: a bar per program, a line at the peer's speed, spreads as whiskers. */
import type {GroupRow, Speed, SpeedRow} from './speeds.ts'

const [width, labelWidth, figureWidth, rowHeight, top] = [760, 200, 60, 22, 66]
const style = `
		.card { fill: #ffffff; stroke: #d0d7de }
		.program { fill: #6ea0ff }
		.group { fill: #2f5fb3 }
		.line { stroke: #57606a; stroke-width: 1.4; fill: none }
		text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2328 }
		.name { font-weight: 600; font-size: 16px }
		@media (prefers-color-scheme: dark) {
			.card { fill: #0d1117; stroke: #30363d }
			.line { stroke: #9da7b3 }
			text { fill: #e6edf3 }
		}`

type Bar = Readonly<{label: string; speed: Speed; kind: 'program' | 'group'}>

export function speedChart(rows: readonly SpeedRow[], groups: readonly GroupRow[], peerName: string): string {
	const bars: readonly Bar[] = [
		...rows.map(({program, speed}) => ({label: program, speed, kind: 'program'}) as const),
		...groups.map(({group, speed}) => ({label: `${group}, mean`, speed, kind: 'group'}) as const),
	]
	const greatest = Math.max(1, ...bars.map(({speed}) => speed.greatest))
	const x = (speed: number) => round(labelWidth + (speed / greatest) * (width - labelWidth - figureWidth - 20))
	const height = top + bars.length * rowHeight + 16
	const parts = bars.map(({label, speed, kind}, i) => {
		const y = top + i * rowHeight
		const middle = y + rowHeight / 2
		return [
			`<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>`,
			`<rect class="${kind}" x="${labelWidth}" y="${y + 3}" width="${round(x(speed.median) - labelWidth)}" height="${rowHeight - 6}" rx="2" />`,
			`<path class="line" d="M${x(speed.least)} ${middle} H${x(speed.greatest)}" />`,
			`<text x="${x(speed.greatest) + 6}" y="${middle + 4}">${speed.median.toFixed(2)}</text>`,
		]
	})
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
	<title id="title">Speed by program: ${peerName}'s time divided by ours</title>
	<style>${style}
	</style>
	<rect class="card" x="1" y="1" width="${width - 2}" height="${height - 2}" rx="12" />
	<text class="name" x="20" y="28">Speed by program: ${peerName}'s time / ours, above 1 we are faster; means are geometric</text>
	<path class="line" d="M${x(1)} ${top - 10} V${height - 12}" stroke-dasharray="5 4" />
	<text x="${x(1)}" y="${top - 14}" text-anchor="middle">${peerName}</text>
	${parts.flat().join('\n\t')}
</svg>
`
}

const round = (value: number) => Math.round(value * 10) / 10
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
