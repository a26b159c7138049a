import test from 'ava'
import {parseMachine} from '../../../src/main/command-line/machine-option.ts'

test('the board may have a type and properties', (t) => {
	t.deepEqual(parseMachine('virt'), {})
	t.deepEqual(parseMachine('type=virt,aclint=off,acpi=off'), {})
	t.deepEqual(parseMachine('virt,accel=tcg,dumpdtb=virt.dtb'), {accel: 'tcg', dumpdtb: 'virt.dtb'})
})

for (const text of ['spike', '', 'virt,aclint=on', 'virt,aia=aplic', 'virt,colour=red', 'virt,usb']) {
	test(`--machine ${JSON.stringify(text)} is refused`, (t) => {
		t.throws(() => parseMachine(text), {name: 'UserError', message: /^Expected .*--machine virt.*, got /})
	})
}
