/** Ranges of guest RAM, for the loaders: arithmetic and checks. */
import {expected} from '../../errors.ts'
import {type Gpa, ramBase} from '../../memory/index.ts'
import type {Segment} from './boot-plan.ts'

export const mebibyte = 0x10_0000
export function alignUp(gpa: Gpa, alignment: number): Gpa {
	return Math.ceil(gpa / alignment) * alignment
}

export function alignDown(gpa: Gpa, alignment: number): Gpa {
	return Math.floor(gpa / alignment) * alignment
}

export function hex(value: number | bigint): string {
	return `0x${value.toString(16)}`
}

/** The end of guest RAM, exclusive. */
export function ramEnd(memoryBytes: number): Gpa {
	return ramBase + memoryBytes
}

export function endOf({gpa, size}: Segment): Gpa {
	return gpa + size
}

/** @throws UserError if a segment is not in guest RAM, or if two overlap. */
export function checkSegments(segments: readonly Segment[], memoryBytes: number): void {
	const sorted = segments.toSorted((a, b) => a.gpa - b.gpa)
	sorted.forEach((segment, index) => {
		if (segment.gpa < ramBase || endOf(segment) > ramEnd(memoryBytes)) {
			const ram = `guest memory ${range(ramBase, ramEnd(memoryBytes))}`
			throw expected(`${segment.name} within ${ram}`, range(segment.gpa, endOf(segment)))
		}
		const next = sorted[index + 1]
		if (next && endOf(segment) > next.gpa) {
			const here = range(segment.gpa, endOf(segment))
			throw expected(`${segment.name} and ${next.name} apart in memory`, `${here} and ${range(next.gpa, endOf(next))}`)
		}
	})
}

function range(start: Gpa, end: Gpa): string {
	return `[${hex(start)}, ${hex(end)})`
}
