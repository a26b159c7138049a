/** HSM: starts, stops and suspends harts. SBI 2.0, "Hart State Management Extension". */
import type {SbiExtension} from './extension.ts'
import {HsmState} from './hart-states.ts'
import type {SbiCall} from './sbi-call.ts'
import type {HartStart} from './sbi-context.ts'
import type {SbiOutcome} from './sbi-error.ts'
import {doesNotReturn, SbiError} from './sbi-error.ts'

/** The argument of hart_suspend. Other values are reserved or platform-specific. */
const SuspendType = {retentive: 0, nonRetentive: 0x8000_0000} as const
const platformSpecific = {
	retentive: {first: 0x1000_0000, last: 0x7fff_ffff},
	nonRetentive: {first: 0x9000_0000, last: 0xffff_ffff},
}

function hartStart(call: SbiCall): SbiOutcome {
	const target = existingHart(call)
	if (target === undefined) return SbiError.INVALID_PARAM
	const start = startAddress(call)
	if (!start) return SbiError.INVALID_ADDRESS
	const found = call.states.requestStart(target, start)
	return found === HsmState.STOPPED ? SbiError.SUCCESS : SbiError.ALREADY_AVAILABLE
}

function hartStop(call: SbiCall): SbiOutcome {
	call.states.set(call.context.hart, HsmState.STOP_PENDING)
	call.context.stopHart()
	return doesNotReturn
}

function hartGetStatus(call: SbiCall): SbiOutcome {
	const target = existingHart(call)
	if (target === undefined) return SbiError.INVALID_PARAM
	return call.success(BigInt(call.states.get(target)))
}

function hartSuspend(call: SbiCall): SbiOutcome {
	const {context, states} = call
	const type = call.low(0) >>> 0
	if (type === SuspendType.retentive) {
		states.set(context.hart, HsmState.SUSPENDED)
		context.suspendHart({kind: 'retentive'})
		return SbiError.SUCCESS
	}
	if (type === SuspendType.nonRetentive) {
		const start = startAddress(call)
		if (!start) return SbiError.INVALID_ADDRESS
		states.set(context.hart, HsmState.SUSPENDED)
		context.suspendHart({kind: 'non-retentive', ...start})
		return doesNotReturn
	}
	const {retentive, nonRetentive} = platformSpecific
	const isPlatformSpecific =
		(type >= retentive.first && type <= retentive.last) || (type >= nonRetentive.first && type <= nonRetentive.last)
	return isPlatformSpecific ? SbiError.NOT_SUPPORTED : SbiError.INVALID_PARAM
}

/** Argument 0 as a hart id. */
function existingHart(call: SbiCall): number | undefined {
	const hart = call.argument(0)
	return hart < BigInt(call.context.blocks.count) ? Number(hart) : undefined
}

/** Arguments 1 and 2. @returns undefined if the address is outside RAM or odd. */
function startAddress(call: SbiCall): HartStart | undefined {
	const address = call.argument(1)
	const isInRam = address < 2n ** 53n && call.context.ram.contains(Number(address), 2)
	return isInRam && (address & 1n) === 0n ? {address, opaque: call.argument(2)} : undefined
}

export const hsmExtension: SbiExtension = {
	id: 0x48534d,
	name: 'HSM',
	functions: [
		{name: 'hart_start', call: hartStart},
		{name: 'hart_stop', call: hartStop},
		{name: 'hart_get_status', call: hartGetStatus},
		{name: 'hart_suspend', call: hartSuspend},
	],
}
