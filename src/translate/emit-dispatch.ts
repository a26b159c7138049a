/** Emits a dispatching block: where a region is resumed in its middle. */
import {notResumed} from '../codegen/index.ts'
import type {Code, Local} from '../wasm/index.ts'
import type {Terminator} from './block.ts'

// resumesAt >= 0 && (for each case: resumesAt in places → (load its registers, resumesAt = none), go there; the same here);
// go on
/**
 * Until control is where the region goes on, nothing has run: the vCPU block has all registers.
 * @param options.isFirst no place is there: it is the region's beginning.
 * @param options.load loads the registers of a block.
 */
export function emitDispatch(
	code: Code,
	{cases, to}: Extract<Terminator, {kind: 'dispatch'}>,
	options: {
		resumesAt: Local
		blockAt: ReadonlyMap<number, number>
		isFirst: boolean
		load: (block: number) => void
		goTo: (block: number) => void
	},
): void {
	const {resumesAt, blockAt, isFirst, load, goTo} = options
	const arrive = (block: number): void => {
		// They were loaded at the region's beginning. After this, their locals need not live through turns of the loops around.
		load(block)
		code.i32(notResumed).set(resumesAt)
	}
	code.get(resumesAt).i32(0).op('i32.ge_s').unlikely()
	code.if(undefined, () => {
		for (const {to, places, isPlace} of cases) {
			for (const [index, place] of places.entries()) {
				code.get(resumesAt).i32(place).op('i32.eq')
				if (index > 0) code.op('i32.or')
			}
			code.if(undefined, () => {
				const block = blockAt.get(to)!
				if (isPlace) arrive(block)
				goTo(block)
			})
		}
		if (!isFirst) arrive(blockAt.get(to)!)
	})
	goTo(blockAt.get(to)!)
}
