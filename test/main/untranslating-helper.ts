/** A helper thread that clears tables and fails to translate, for tests. */
export {clearTables} from '../../src/main/helper.ts'

export function translateRegions(): never {
	throw new Error('no more translating')
}
