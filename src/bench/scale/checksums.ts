/** The same work has the same checksum, wherever it is done. Where it has not: who is wrong. */
import {hartsInWords} from './plan.ts'

/** Who has done some work. @property engine equal engines have one say. @property isNative the host's own program, which is right. */
export type Witness = Readonly<{engine: string; isNative: boolean; harts: number}>

/** @property program as it is named on every engine. @property checksum absent where the time has ended it. */
export type CheckedWork = Readonly<{program: string; operations?: number | undefined; checksum?: string | undefined}>

/** By checksum. */
type Testimony = Map<string, Witness[]>

export class Checksums {
	readonly #works = new Map<string, Testimony>()

	/** Those with a checksum count, also if they are wrong. */
	add(work: CheckedWork, witness: Witness): void {
		const {checksum} = work
		if (checksum === undefined || work.operations === undefined) return
		const key = keyOf(work)
		const testimony: Testimony = this.#works.get(key) ?? new Map()
		this.#works.set(key, testimony)
		testimony.set(checksum, [...(testimony.get(checksum) ?? []), witness])
	}

	/** By all that is known by now. @returns what is wrong with it. */
	faultOf(work: CheckedWork): string | undefined {
		const {checksum} = work
		const testimony = this.#works.get(keyOf(work))
		if (checksum === undefined || testimony === undefined || testimony.size === 1) return undefined
		const right = rightOf(testimony)
		if (right === checksum) return undefined
		const others = right === undefined ? [...testimony.keys()].filter((other) => other !== checksum) : [right]
		const said = others.map((other) => `${other} on ${inWords(testimony.get(other)!)}`).join(', ')
		return `its checksum is ${checksum}, and ${said}${right === undefined ? ': which is right is not known' : ''}`
	}
}

const keyOf = ({program, operations}: CheckedWork): string => `${program} ${operations}`

/** @returns the host's own, with the fewest threads; else what more engines have than any other; undefined: there is none such. */
function rightOf(testimony: Testimony): string | undefined {
	const all = [...testimony].flatMap(([checksum, witnesses]) => witnesses.map((witness) => ({checksum, ...witness})))
	const [native] = all.filter(({isNative}) => isNative).toSorted((one, other) => one.harts - other.harts)
	if (native) return native.checksum
	const byEngines = [...testimony]
		.map(([checksum, witnesses]) => ({checksum, engines: new Set(witnesses.map(({engine}) => engine)).size}))
		.toSorted((one, other) => other.engines - one.engines)
	const [most, next] = byEngines
	return most && most.engines > (next?.engines ?? 0) ? most.checksum : undefined
}

/** Of each engine the first. */
function inWords(witnesses: readonly Witness[]): string {
	const firsts = [...Map.groupBy(witnesses, ({engine}) => engine).values()].map(([first]) => first!)
	return firsts.map(({engine, harts}) => `${engine} with ${hartsInWords(harts)}`).join(' and ')
}
