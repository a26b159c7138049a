/** A shared struct: fields declared once, whose offsets TypeScript, code generators and AssemblyScript use. */

/** A scalar field, named by its width. */
export type Scalar = 'i8' | 'i16' | 'i32' | 'i64'

const scalarSize: Record<Scalar, number> = {i8: 1, i16: 2, i32: 4, i64: 8}

/** `count` scalars in a row. */
export type ScalarArray = Readonly<{kind: 'array'; element: Scalar; count: number}>
export type Field = Scalar | ScalarArray | SharedStruct<FieldList>
export type FieldList = Readonly<{[name: string]: Field}>

export type SharedStruct<Fields extends FieldList> = Readonly<{
	kind: 'struct'
	fields: Fields
	/** Bytes from the struct's start to each field. */
	offset: Readonly<{[Name in keyof Fields]: number}>
	/** Bytes, a multiple of `align`. */
	size: number
	/** Bytes. */
	align: number
}>

export function array(element: Scalar, count: number): ScalarArray {
	return {kind: 'array', element, count}
}

export function fieldSize(field: Field): number {
	if (typeof field === 'string') return scalarSize[field]
	return field.kind === 'array' ? scalarSize[field.element] * field.count : field.size
}

function fieldAlign(field: Field): number {
	if (typeof field === 'string') return scalarSize[field]
	return field.kind === 'array' ? scalarSize[field.element] : field.align
}

export function roundUp(value: number, multiple: number): number {
	return Math.ceil(value / multiple) * multiple
}

/**
 * Lays the fields out in the order given, each naturally aligned.
 * @param options.align bytes; raised to the largest field's alignment. A struct that one thread writes often wants a
 * cache line (64), or two (128), because of the adjacent-line prefetcher.
 */
export function sharedStruct<const Fields extends FieldList>(
	fields: Fields,
	options: {align?: number} = {},
): SharedStruct<Fields> {
	const offset: Record<string, number> = {}
	let end = 0
	let align = options.align ?? 1
	for (const [name, field] of Object.entries(fields)) {
		end = roundUp(end, fieldAlign(field))
		offset[name] = end
		end += fieldSize(field)
		align = Math.max(align, fieldAlign(field))
	}
	return {kind: 'struct', fields, offset: offset as {[Name in keyof Fields]: number}, size: roundUp(end, align), align}
}
