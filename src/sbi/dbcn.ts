/** DBCN: the debug console. Buffers have guest-physical addresses, in RAM. SBI 2.0, "Debug Console Extension". */
import type {SbiExtension} from './extension.ts'
import type {SbiCall} from './sbi-call.ts'
import type {SbiOutcome} from './sbi-error.ts'
import {SbiError} from './sbi-error.ts'

function consoleWrite(call: SbiCall): SbiOutcome {
	const buffer = guestBuffer(call)
	if (!buffer) return SbiError.INVALID_PARAM
	return call.success(BigInt(buffer.length === 0 ? 0 : call.context.console.write(buffer)))
}

function consoleRead(call: SbiCall): SbiOutcome {
	const buffer = guestBuffer(call)
	if (!buffer) return SbiError.INVALID_PARAM
	const length = buffer.length === 0 ? 0 : call.context.console.read(buffer)
	call.context.ram.written(bufferAddress(call), length)
	return call.success(BigInt(length))
}

function consoleWriteByte(call: SbiCall): SbiOutcome {
	call.context.console.write(Uint8Array.of(call.low(0)))
	return SbiError.SUCCESS
}

/** Arguments 0 to 2: length in bytes, low and high half of the address. @returns undefined unless it lies in RAM. */
function guestBuffer(call: SbiCall): Uint8Array | undefined {
	const {ram} = call.context
	const length = Number(call.argument(0))
	const gpa = bufferAddress(call)
	return ram.contains(gpa, length) ? ram.bytes(gpa, length) : undefined
}

/** Numbers above 2^53 are rounded, and stay far beyond the end of RAM. */
function bufferAddress(call: SbiCall): number {
	return Number(call.argument(1)) + Number(call.argument(2)) * 2 ** 64
}

export const dbcnExtension: SbiExtension = {
	id: 0x4442434e,
	name: 'DBCN',
	functions: [
		{name: 'console_write', call: consoleWrite},
		{name: 'console_read', call: consoleRead},
		{name: 'console_write_byte', call: consoleWriteByte},
	],
}
