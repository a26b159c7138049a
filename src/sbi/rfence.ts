/** RFENCE: remote fences. SBI 2.0, "RFENCE Extension". Stopped harts too, so that they start with nothing stale. */
import type {SbiExtension, SbiFunction} from './extension.ts'
import {hartsOfMask} from './hart-mask.ts'
import {pageRange} from './page-range.ts'
import type {SbiCall} from './sbi-call.ts'
import {SbiError} from './sbi-error.ts'

const largestAsid = 0xffff

type Targets = readonly number[] | undefined

export function remoteFenceI(call: SbiCall, targets: Targets): SbiError {
	if (!targets) return SbiError.INVALID_PARAM
	if (targets.length > 0) call.context.remoteFence({kind: 'fence.i', targets})
	return SbiError.SUCCESS
}

/** @param first the number of the argument that holds start_addr; size is next. */
export function remoteSfenceVma(call: SbiCall, targets: Targets, first: number): SbiError {
	if (!targets) return SbiError.INVALID_PARAM
	const range = pageRange(call.low(first), call.high(first), call.low(first + 1), call.high(first + 1))
	if (range && targets.length > 0) call.context.remoteFence({kind: 'sfence.vma', targets, range})
	return SbiError.SUCCESS
}

/** @param first the number of the argument that holds start_addr; size and asid are next. */
export function remoteSfenceVmaAsid(call: SbiCall, targets: Targets, first: number): SbiError {
	const asid = call.low(first + 2)
	if (!targets || call.high(first + 2) !== 0 || asid >>> 0 > largestAsid) return SbiError.INVALID_PARAM
	const range = pageRange(call.low(first), call.high(first), call.low(first + 1), call.high(first + 1))
	if (range && targets.length > 0) call.context.remoteFence({kind: 'sfence.vma', targets, range, asid})
	return SbiError.SUCCESS
}

/** There is no hypervisor extension. */
function notSupported(name: string): SbiFunction {
	return {name, call: () => SbiError.NOT_SUPPORTED}
}

export const rfenceExtension: SbiExtension = {
	id: 0x52464e43,
	name: 'RFENCE',
	functions: [
		{name: 'remote_fence_i', call: (call) => remoteFenceI(call, hartsOfMask(call))},
		{name: 'remote_sfence_vma', call: (call) => remoteSfenceVma(call, hartsOfMask(call), 2)},
		{name: 'remote_sfence_vma_asid', call: (call) => remoteSfenceVmaAsid(call, hartsOfMask(call), 2)},
		notSupported('remote_hfence_gvma_vmid'),
		notSupported('remote_hfence_gvma'),
		notSupported('remote_hfence_vvma_asid'),
		notSupported('remote_hfence_vvma'),
	],
}
