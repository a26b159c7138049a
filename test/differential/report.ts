/** A mismatch in words. */
import type {Mismatch} from './compare.ts'
import {describeProgram} from './listing.ts'

const shown = 12

export function describeMismatch({program, differences, problem}: Mismatch): string {
	const lines = differences
		.slice(0, shown)
		.map(({name, here, qemu}) => `  ${name.padEnd(16)} here ${here.padStart(16)}  QEMU ${qemu.padStart(16)}`)
	const more = differences.length > shown ? [`  and ${differences.length - shown} more`] : []
	return [
		...(problem ? [problem] : []),
		...lines,
		...more,
		...describeProgram(program).map((line) => `    ${line}`),
	].join('\n')
}
