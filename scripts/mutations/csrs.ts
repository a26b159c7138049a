/** Mistakes in which bits of CSRs are kept, read and obeyed. */
import type {Mutation} from './mutation.ts'

const supervisor = 'src/hart/core/csr-supervisor.ts'
const machine = 'src/hart/core/csr-machine.ts'
const tests = ['test/hart/core/csr.test.ts', 'test/guests/bare-guests.test.ts']

export const csrMutations: readonly Mutation[] = [
	{
		name: 'mstatus.MPP keeps the reserved privilege',
		file: 'src/hart/core/status.ts',
		find: '(value & STATUS_MPP) == MPP_RESERVED ? MACHINE_FIELDS & ~STATUS_MPP : MACHINE_FIELDS',
		replace: 'MACHINE_FIELDS',
		tests,
	},
	{
		name: 'sie shows interrupts that are not delegated',
		file: supervisor,
		find: 'found(load<u64>(hart, HART_MIE) & load<u64>(hart, HART_MIDELEG))',
		replace: 'found(load<u64>(hart, HART_MIE))',
		tests,
	},
	{
		name: 'sie enables interrupts that are not delegated',
		file: supervisor,
		find: '(load<u64>(hart, HART_MIE) & ~delegated) | (value & delegated)',
		replace: 'value',
		tests,
	},
	{
		name: 'satp accepts mode 5',
		file: supervisor,
		find: '(mode < SATP_SV39 || mode > SATP_SV57)',
		replace: '(mode < 5 || mode > SATP_SV57)',
		tests,
	},
	{
		name: 'scounteren hides nothing from U',
		file: 'src/hart/core/counters.ts',
		find: 'return privilege != PRIVILEGE_USER || (load<u64>(hart, HART_SCOUNTEREN) & bit) != 0',
		replace: 'return true',
		tests,
	},
	{
		name: 'mtvec keeps a reserved mode',
		file: machine,
		find: 'if (legalVector(value)) store<u64>(hart, value, HART_MTVEC)',
		replace: 'store<u64>(hart, value, HART_MTVEC)',
		tests,
	},
	{
		name: 'medeleg delegates ecalls from M',
		file: machine,
		find: 'const DELEGABLE: u64 = 0xb3ff',
		replace: 'const DELEGABLE: u64 = 0xbbff',
		tests,
	},
	{
		name: 'a hart that is started keeps its interrupts',
		file: 'src/hart/reset.ts',
		find: "\tregisters.set('mie', registers.get('mie') & ~delegatedInterrupts)\n",
		replace: '',
		tests: ['test/hart/reset.test.ts'],
	},
]
