/** Mistakes in translated code: registers, exits, last pages, floating point on the host, and when code may run. */
import type {Mutation} from './mutation.ts'

const tests = (...names: readonly string[]) => names.map((name) => `test/translate/${name}.test.ts`)
const emitRegion = 'src/translate/emit-region.ts'
const enter = 'src/translate/enter.ts'
const memory = 'src/translate/region-memory.ts'
const context = 'src/translate/region-context.ts'
const probe = 'src/translate/probe.ts'
const cache = 'src/translate/region-cache.ts'
const nextPage = 'src/translate/next-page.ts'

export const translationMutations: readonly Mutation[] = [
	{
		name: 'only the registers that a block itself reads are loaded for it',
		file: 'src/translate/register-flow.ts',
		find: 'needed: union(own[index]!, difference(below[index]!, written[index]!))',
		replace: 'needed: own[index]!',
		tests: tests('programs', 'calls'),
	},
	{
		name: 'a call from a region stores only what its own instruction writes',
		file: emitRegion,
		find: ': union(this.#dirty, registersWritten(decoded))',
		replace: ': registersWritten(decoded)',
		tests: tests('calls', 'programs'),
	},
	{
		name: 'a region continues after its call wherever the call returned to',
		file: emitRegion,
		find: "			code.op('i64.ne', 'i32.or').unlikely()\n",
		replace: "			code.op('i64.ne', 'drop').unlikely()\n",
		tests: tests('calls', 'programs'),
	},
	{
		name: 'an exception in a region counts the instructions after it',
		file: enter,
		find: "code.get(block).get(budget).get(site).i32(siteShift).op('i32.shr_u', 'i32.add')",
		replace: 'code.get(block).get(budget)',
		tests: tests('traps', 'programs'),
	},
	{
		name: 'an access that runs past its last page is a hit',
		file: memory,
		find: 'pushMasked(code, {address, bytes})',
		replace: 'pushMasked(code, {address, bytes: 1})',
		tests: tests('pointers', 'memory'),
	},
	{
		name: 'an address that is valid for one access is kept for its page',
		file: probe,
		find: '	code.i64(missTag.once)\n',
		replace: '	code.get(masked)\n',
		tests: tests('pointers', 'memory'),
	},
	{
		name: 'a region starts with page 0 as last page',
		file: memory,
		find: 'if (kept === undefined) return void code.i64(missTag.once).set(tag)',
		replace: 'if (kept === undefined) return void code.i64(0n).set(tag)',
		tests: tests('pointers', 'memory', 'mappings'),
	},
	{
		name: 'an empty last page matches page 0',
		file: memory,
		find: "		code.i64(1n).op('i64.sub').set(tag)\n",
		replace: '		code.set(tag)\n',
		tests: tests('pointers', 'memory', 'mappings', 'remapping'),
	},
	{
		name: 'the target of a far jump is cut to 32 bits',
		file: 'src/translate/region.ts',
		find: 'const to = sum - (sum & 1)',
		replace: 'const to = sum & ~1',
		tests: tests('far-jumps'),
	},
	{
		name: 'auipc before any indirect call makes it a far call',
		file: 'src/translate/region.ts',
		find: '	if (rs1 === 0 || high.decoded.operands.rd !== rs1) return terminator\n',
		replace: '',
		tests: tests('calls', 'chains', 'programs'),
	},
	{
		name: 'an access in a region compares addresses even with plus-one tags',
		file: probe,
		find: '	toTag(code, lookup.table, lookup.form)\n',
		replace: '',
		tests: tests('lookups', 'memory'),
	},
	{
		name: 'a jump from a region compares addresses even with plus-one tags',
		file: enter,
		find: '	toTag(code, table, form)\n',
		replace: '',
		tests: tests('lookups'),
	},
	{
		name: 'the host computes although NX has not accrued',
		file: 'src/translate/region-float.ts',
		find: "memory('i32.load', offsets.fflags).i32(inexact).op('i32.and')",
		replace: 'i32(1)',
		tests: tests('rounding', 'programs'),
	},
	{
		name: 'the host computes in every rounding mode',
		file: 'src/translate/host-float.ts',
		find: "if (!raisesNothing) code.get(options.fast).op('i32.eqz').unlikely().brIf(soft)",
		replace: '',
		tests: tests('host-float', 'rounding'),
	},
	{
		name: 'a jump enters regions from before fence.i',
		file: enter,
		find: "code.get(block).memory('i32.load', offsets.codeGeneration).op('i32.eq', 'select')",
		replace: "code.op('drop').i32(1).op('select')",
		tests: [...tests('mappings', 'programs'), 'test/litmus/contention.test.ts'],
	},
	{
		name: 'a call to another page only checks that some region is there',
		file: context,
		find: "	code.i64(BigInt(regionHandler)).op('i64.or', 'i64.eq')\n",
		replace: "	code.op('drop').i64(0xffffn).op('i64.and').i64(BigInt(regionHandler)).op('i64.eq')\n",
		tests: tests('mappings', 'calls'),
	},
	{
		name: 'a region runs although its page has changed',
		file: cache,
		find: 'if (this.#covers(region, codeBase, page)) return tableIndex',
		replace: 'return tableIndex',
		tests: tests('region-cache', 'programs'),
	},
	{
		name: 'a dropped region keeps its slot',
		file: cache,
		find: '			this.#forgetSlot(region, base + region.index)\n',
		replace: '',
		tests: tests('region-cache'),
	},
	{
		name: 'rations do not use up the reserve',
		file: 'src/hart/core/ration.ts',
		find: 'store<i32>(hart, reserve - next, RUN_RESERVE)',
		replace: '',
		tests: tests('jumps', 'programs'),
	},
	{
		name: 'a loop in a region ignores the doorbell',
		file: 'src/hart/core/ration.ts',
		find: 'return isRung() ? budget : ration(budget)',
		replace: 'return ration(budget)',
		tests: tests('jumps', 'traps'),
	},
	{
		name: 'a region continues after a CSR instruction that changes translation',
		file: emitRegion,
		find: "code.get(status).i32(CsrStatus.restart).op('i32.eq').unlikely()",
		replace: "code.get(status).i32(9).op('i32.eq').unlikely()",
		tests: tests('traps'),
	},
	{
		name: 'an indirect jump in a region goes to a known target without comparing',
		file: emitRegion,
		find: "code.get(distance).i64(BigInt(landing)).op('i64.eq')",
		replace: 'code.i32(1)',
		tests: tests('calls'),
	},
	{
		name: 'fence in a region orders nothing',
		file: emitRegion,
		find: "		if (traitsOf(instruction).system === 'fence') code.op('atomic.fence')\n",
		replace: '',
		tests: ['test/litmus/control.test.ts'],
	},
	{
		name: 'a region continues into the next page without checking it',
		file: emitRegion,
		find: 'if (blocks[successor]!.isBeyond && !isBeyond) this.#ensureNextPage(() => this.#jump(offset))',
		replace: '',
		tests: tests('page-border', 'mappings'),
	},
	{
		name: 'a region begins with an instruction across two pages without checking the second',
		file: emitRegion,
		find: 'if (blocks[0]!.isBeyond) this.#ensureNextPage(() => this.#leave(RegionStatus.across, blocks[0]!.start))',
		replace: '',
		tests: tests('page-border', 'jumps'),
	},
	{
		name: 'the next page is not compared with the source of the region',
		file: nextPage,
		find: '		emitComparison(code, {page, offset: CodePage.offset.snapshot + offset, bytes})\n',
		replace: '',
		tests: tests('page-border', 'mappings'),
	},
	{
		name: 'the next page is compared once and never again',
		file: nextPage,
		find: ".global(known).op('i64.eq')",
		replace: ".op('drop').global(known).i64(0n).op('i64.ne')",
		tests: tests('page-border', 'mappings'),
	},
	{
		name: 'a new snapshot of a changed page keeps the old number',
		file: 'src/hart/core/code-cache.ts',
		find: 'store<u64>(code, ++snapshots, CODE_PAGE_SNAPSHOT_NUMBER)\n	forgetRegions(code)',
		replace: 'store<u64>(code, <u64>code, CODE_PAGE_SNAPSHOT_NUMBER)\n	forgetRegions(code)',
		tests: tests('page-border', 'code-stores'),
	},
	{
		name: 'an exception in the next page is taken for one in the region’s own page',
		file: enter,
		find: 'const siteMask = 2 ** siteShift - 1',
		replace: 'const siteMask = 0xfff',
		tests: tests('page-border'),
	},
]
