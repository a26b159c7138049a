/** Numbers of the atomic operations, as generated code, the hart core and the bus name them to each other. */

export const AtomicOperation = {
	loadReserved: 0,
	storeConditional: 1,
	swap: 2,
	add: 3,
	and: 4,
	or: 5,
	xor: 6,
	min: 7,
	max: 8,
	minu: 9,
	maxu: 10,
} as const
