/** A vCPU's thread for tests: fails if it passes a quiescent state while it still uses a table. */
import {Tlb} from '../../src/tlb/index.ts'
import {Vcpu} from '../../src/vcpu-worker/vcpu.ts'

const {run} = Vcpu.prototype
const {safepoint} = Tlb.prototype
let vcpu: Vcpu | undefined

Vcpu.prototype.run = function (this: Vcpu) {
	vcpu = this
	run.call(this)
}
Tlb.prototype.safepoint = function (this: Tlb, reader) {
	const table = vcpu!.registers.word('dataTable')
	if (table !== 0) throw new Error(`a quiescent state while the table at ${table} is in use`)
	return safepoint.call(this, reader)
}
await import('../../src/vcpu-worker/worker.ts')
