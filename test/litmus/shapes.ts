/** The shapes of litmus programs: who reads and writes what, and the outcome that a weaker order would show. */

export type Write = Readonly<{kind: 'write'; variable: number; value: number}>
export type Read = Readonly<{kind: 'read'; variable: number}>
export type Access = Write | Read

export type Shape = Readonly<{
	/** Per hart, in program order. Variables 0 to 3 are x, y, z, w, and hold 0 at first; values are 1 to 3. */
	harts: readonly (readonly Access[])[]
	/** Variables whose last value is part of the outcome. */
	finals: readonly number[]
	/** The one outcome that is not sequentially consistent: what the reads saw, hart by hart, then the last values. */
	target: readonly number[]
}>

const [x, y, z, w] = [0, 1, 2, 3]
const write = (variable: number, value: number): Write => ({kind: 'write', variable, value})
const read = (variable: number): Read => ({kind: 'read', variable})

/**
 * Names as in "Litmus tests for RISC-V" and, before it, "A Tutorial Introduction to the ARM and POWER Relaxed Memory
 * Models".
 */
export const shapes = {
	// --- two variables, two harts
	SB: {
		harts: [
			[write(x, 1), read(y)],
			[write(y, 1), read(x)],
		],
		finals: [],
		target: [0, 0],
	},
	MP: {
		harts: [
			[write(x, 1), write(y, 1)],
			[read(y), read(x)],
		],
		finals: [],
		target: [1, 0],
	},
	LB: {
		harts: [
			[read(x), write(y, 1)],
			[read(y), write(x, 1)],
		],
		finals: [],
		target: [1, 1],
	},
	S: {
		harts: [
			[write(x, 2), write(y, 1)],
			[read(y), write(x, 1)],
		],
		finals: [x],
		target: [1, 2],
	},
	R: {
		harts: [
			[write(x, 1), write(y, 1)],
			[write(y, 2), read(x)],
		],
		finals: [y],
		target: [0, 2],
	},
	'2+2W': {
		harts: [
			[write(x, 1), write(y, 2)],
			[write(y, 1), write(x, 2)],
		],
		finals: [x, y],
		target: [1, 1],
	},
	// --- store buffering with an access between: to a variable of the hart's own, or to the one that it has just written
	'SB+own': {
		harts: [
			[write(x, 1), read(z), read(y)],
			[write(y, 1), read(w), read(x)],
		],
		finals: [],
		target: [0, 0, 0, 0],
	},
	'SB+rfi': {
		harts: [
			[write(x, 1), read(x), read(y)],
			[write(y, 1), read(y), read(x)],
		],
		finals: [],
		target: [1, 0, 1, 0],
	},
	// --- three and four harts
	WRC: {harts: [[write(x, 1)], [read(x), write(y, 1)], [read(y), read(x)]], finals: [], target: [1, 1, 0]},
	RWC: {harts: [[write(x, 1)], [read(x), read(y)], [write(y, 1), read(x)]], finals: [], target: [1, 0, 0]},
	ISA2: {
		harts: [
			[write(x, 1), write(y, 1)],
			[read(y), write(z, 1)],
			[read(z), read(x)],
		],
		finals: [],
		target: [1, 1, 0],
	},
	IRIW: {
		harts: [[write(x, 1)], [write(y, 1)], [read(x), read(y)], [read(y), read(x)]],
		finals: [],
		target: [1, 0, 1, 0],
	},
	// --- coherence
	CoRR: {harts: [[write(x, 1)], [read(x), read(x)]], finals: [], target: [1, 0]},
	CoWW: {harts: [[write(x, 1), write(x, 2)], [read(x)]], finals: [x], target: [2, 1]},
	CoWR: {harts: [[write(x, 1), read(x)], [write(x, 2)]], finals: [x], target: [2, 1]},
	CoRW1: {harts: [[read(x), write(x, 1)], [read(x)]], finals: [x], target: [1, 1, 1]},
	CoRW2: {harts: [[read(x), write(x, 1)], [write(x, 2)]], finals: [x], target: [2, 2]},
	CoRR2: {
		harts: [[write(x, 1)], [write(x, 2)], [read(x), read(x)], [read(x), read(x)]],
		finals: [],
		target: [1, 2, 2, 1],
	},
} as const satisfies Record<string, Shape>

export type ShapeName = keyof typeof shapes
