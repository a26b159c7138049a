/** A helper thread for tests: clears tables, and fails to translate. */
export {clearTables} from '../../src/main/helper.ts'

export function translateRegions(): never {
	throw new Error('no more translating')
}
