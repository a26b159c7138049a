/** Checks of what the guest printed about its programs. */
import type {Figures} from '../../src/bench/index.ts'
import {BuildError} from '../build/project.ts'

/** @returns the figures of these programs. @throws BuildError when one is missing. */
export function requireFigures(
	figures: Figures,
	names: readonly string[],
	complaint: (missing: string) => string,
): Figures {
	return new Map(
		names.map((name) => {
			const figure = figures.get(name)
			if (!figure) throw new BuildError(complaint(name))
			return [name, figure]
		}),
	)
}

/** @throws BuildError when checksums differ. */
export function compareChecks({
	ours,
	peer,
	peerName,
}: Readonly<{ours: Figures; peer: Figures; peerName: string}>): void {
	const differences = [...ours].flatMap(([name, {check}]) => {
		const theirs = peer.get(name)?.check
		return check === theirs ? [] : [`${name} computes 0x${check} here, 0x${theirs} under ${peerName}`]
	})
	if (differences.length > 0) throw new BuildError(differences.join('\n'))
}

/** Seconds by program. */
export const secondsOf = (figures: Figures): Readonly<Record<string, number>> =>
	Object.fromEntries([...figures].map(([name, {seconds}]) => [name, seconds]))
