/** The table of workloads in docs/scaling.md. */
import {markdownTable} from '../../src/bench/markdown.ts'
import {type ScaleWorkload, scaleWorkloads} from '../../src/bench/scale/workloads.ts'

const begins = '<!-- workloads: npm run docs writes this table -->'
const ends = '<!-- end of workloads -->'

/** @returns the page with its table written anew. */
export function withWorkloads(page: string): string {
	const [before, after] = [page.indexOf(begins), page.indexOf(ends)]
	if (before < 0 || after < before) throw new Error(`Expected ${begins} and ${ends} in docs/scaling.md`)
	const lines = markdownTable(
		['name', 'what', 'an operation', 'scaling', 'bare metal', 'limited by'],
		scaleWorkloads.map((workload) => [
			`\`${workload.name}\``,
			workload.title,
			workload.unit,
			workload.scaling.join(', '),
			onBareMetal(workload),
			workload.limit,
		]),
	)
	return [page.slice(0, before) + begins, ...lines, page.slice(after)].join('\n')
}

const onBareMetal = ({name, bareMetal}: ScaleWorkload): string =>
	bareMetal ? `\`bare/${name}\`${bareMetal === true ? '' : `: ${bareMetal.title}`}` : ''
