/** docs/conformance.md, from the record. */
import {markdownTable} from '../../src/bench/markdown.ts'
import {areas as mutationAreas} from '../mutations/index.ts'
import {areaMeasures} from './areas.ts'
import type {ConformanceRecord} from './record.ts'

const count = (figure: number): string => figure.toLocaleString('en')

function areaTable({areas}: ConformanceRecord): readonly string[] {
	return markdownTable(
		['area', 'source of truth', 'cases run', 'failures', 'not implemented'],
		areaMeasures.map(({name, area, source, unit, notImplemented}) => {
			const measured = areas[name]
			return [
				area,
				source,
				measured ? `${count(measured.cases)} ${unit}` : 'not measured',
				measured ? count(measured.failures) : '–',
				notImplemented || '–',
			]
		}),
		['left', 'left', 'right', 'right', 'left'],
	)
}

function commands({areas}: ConformanceRecord): readonly string[] {
	return areaMeasures.flatMap(({name, area}) => {
		const measured = areas[name]
		if (!measured) return []
		const tests = measured.tests ? `; ${count(measured.tests.passed)} tests passed` : ''
		return [`- ${area} (${measured.date}, ${measured.seconds} s${tests}):`, `  \`${measured.command}\``]
	})
}

function mutationTables({mutations}: ConformanceRecord): readonly string[] {
	return mutationAreas.flatMap((area) => [
		'',
		`### Mistakes: ${area}`,
		'',
		...markdownTable(
			['mistake', 'in', 'caught by'],
			mutations
				.filter((each) => each.area === area)
				.map(({name, file, caughtBy}) => [
					name,
					`\`${file.replace('src/', '')}\``,
					caughtBy ? `“${caughtBy.title}” (\`${caughtBy.file.replace('test/', '')}\`)` : '**survived**',
				]),
		),
	])
}

export function render(record: ConformanceRecord): string {
	const {mutations, differences} = record
	const caught = mutations.filter(({caughtBy}) => caughtBy).length
	return `${[
		'# Conformance',
		'',
		'What was tested, against which reference, and with which result. This page is generated from',
		'[conformance.json](conformance.json). `npm run conformance` measures everything again; `npm run conformance -- --help`',
		'says how to measure a part.',
		'',
		...areaTable(record),
		'',
		'## Commands',
		'',
		'Each runs from a clean clone after `npm ci && npm run build`; those that compare with QEMU need',
		'`qemu-system-riscv64` 7.2.',
		'',
		...commands(record),
		'',
		'## Deliberate mistakes',
		'',
		`\`npm run mutate\` makes mistakes in a copy of the sources, one at a time, and runs the tests that should catch them:`,
		`${caught} of ${mutations.length} are caught.`,
		...mutationTables(record),
		'',
		'## Known differences from QEMU 7.2',
		...Object.entries(differences).flatMap(([title, lines]) => [
			'',
			`### ${title}`,
			'',
			...lines.map((line) => `- ${line}`),
		]),
	].join('\n')}\n`
}
