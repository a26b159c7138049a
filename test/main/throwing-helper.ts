/** A helper thread whose jobs fail, for tests. */
export function clearTables(): never {
	throw new Error('no more clearing')
}
