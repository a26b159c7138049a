/** Mistakes in what instructions compute, and in how they are encoded. */
import type {Mutation} from './mutation.ts'

const isa = 'src/isa'
const softfloat = 'src/hart/core/softfloat'
const evaluated = 'test/isa/oracle/evaluate.test.ts'
const evaluatedFloat = 'test/isa/oracle/evaluate-fd.test.ts'
const decoded = 'test/isa/decode.test.ts'
const againstQemu = 'test/differential/differential.test.ts'

const slots = ['test/interpreter/decoding-table.test.ts'] as const
const core = 'src/hart/core/decode.ts'
const filter = 'src/hart/core/region-filter.ts'

export const instructionMutations: readonly Mutation[] = [
	{
		name: 'an immediate in a slot has no sign',
		file: core,
		find: '((<i32>(slot >>> 32)) << sign) >> sign',
		replace: '<i32>(slot >>> 32)',
		tests: slots,
	},
	{
		name: 'a parcel with a value that its encoding excludes is decoded',
		file: core,
		find: 'load<u32>(row, DECODING_ROW_MATCH) && !isExcepted(row, word))',
		replace: 'load<u32>(row, DECODING_ROW_MATCH))',
		tests: slots,
	},
	{
		name: 'what an encoding fixes is left out of its slot',
		file: 'src/interpreter/decoding-table.ts',
		find: 'BigInt(field ? field.base : (fixed[packing.operand] ?? 0))',
		replace: 'BigInt(field ? field.base : 0)',
		tests: slots,
	},
	{
		name: 'a jump by 0 is decoded as one forward',
		file: core,
		find: 'c > 0 ? forward',
		replace: 'c >= 0 ? forward',
		tests: slots,
	},
	{
		name: 'a jump just behind its page is decoded as near',
		file: core,
		find: 'to > <i32>LAST_PARCEL',
		replace: 'to > <i32>LAST_PARCEL + 2',
		tests: ['test/interpreter/decode-slot.test.ts'],
	},
	{
		name: 'a region of an earlier run is looked for by its place alone',
		file: filter,
		find: '	if (!has(ofPlace(page, offset)) && !has(ofStart(offset, startAt(page, offset)))) return -1\n',
		replace: '	if (!has(ofPlace(page, offset))) return -1\n',
		tests: ['test/translate/known-regions.test.ts'],
	},
	{
		name: 'a filter that is made anew holds no region',
		file: 'src/translate/region-cache.ts',
		find: '		for (const region of this.#newest()) this.#filter.notePlace(region.page, region.entry)\n',
		replace: '',
		tests: ['test/translate/known-regions.test.ts'],
	},
	{
		name: 'a filter that is made anew holds no region of earlier runs',
		file: 'src/translate/region-cache.ts',
		find: '		this.#known.noteAll()\n',
		replace: '',
		tests: ['test/translate/known-regions.test.ts'],
	},
	{
		name: 'sraiw shifts zeros in',
		file: `${isa}/rv64i.ts`,
		find: 'signExtend32(shrS(word1, wordImm))',
		replace: 'signExtend32(shrU(word1, wordImm))',
		tests: [evaluated, againstQemu],
	},
	{
		name: 'slliw does not sign-extend',
		file: `${isa}/rv64i.ts`,
		find: 'signExtend32(shl(word1, wordImm))',
		replace: 'zeroExtend32(shl(word1, wordImm))',
		tests: [evaluated, againstQemu],
	},
	{
		name: 'jalr keeps bit 0 of its target',
		file: `${isa}/rv64i.ts`,
		find: 'jumpRegister(and(add(rs1, imm), i64(-2)))',
		replace: 'jumpRegister(add(rs1, imm))',
		tests: [evaluated, againstQemu],
	},
	{
		name: 'mulhsu swaps its operands',
		file: `${isa}/m.ts`,
		find: 'mulhSU(rs1, rs2)',
		replace: 'mulhSU(rs2, rs1)',
		tests: [evaluated, againstQemu],
	},
	{
		name: 'c.addi4spn has two bits of its offset swapped',
		file: `${isa}/compressed.ts`,
		find: 'nzuimm[5:4|9:6|2|3]',
		replace: 'nzuimm[5:4|9:6|3|2]',
		tests: [decoded, againstQemu],
	},
	{
		name: 'fnmadd adds its third operand',
		file: `${isa}/floating-point.ts`,
		find: "row('fnmadd', '1001111', negate(read('rs1')), negate(read('rs3')))",
		replace: "row('fnmadd', '1001111', negate(read('rs1')), read('rs3'))",
		tests: [evaluatedFloat, againstQemu],
	},
	{
		name: 'fcvt.wu zero-extends',
		file: `${isa}/floating-point.ts`,
		find: "writeX('rd', narrow ? signExtend32(result) : result)",
		replace: "writeX('rd', narrow ? zeroExtend32(result) : result)",
		tests: [evaluatedFloat, againstQemu],
	},
	{
		name: 'fmin treats −0 and +0 as equal',
		file: `${softfloat}/compare.ts`,
		find: 'return precedes<T>(b, a) ? b : a',
		replace: 'return less<T>(b, a) ? b : a',
		tests: ['test/hart/core/softfloat.test.ts'],
	},
	{
		name: 'rounding to nearest ignores ties to even',
		file: `${softfloat}/round.ts`,
		find: 'tail > half || (tail == half && (kept & 1) != 0)',
		replace: 'tail >= half',
		tests: ['test/hart/core/softfloat.test.ts'],
	},
	{
		name: 'amomin compares unsigned',
		file: 'src/codegen/memory-access.ts',
		find: "min: 'le_s'",
		replace: "min: 'le_u'",
		tests: ['test/interpreter/instructions.test.ts'],
	},
]
