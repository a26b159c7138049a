/** Debian's U-Boot, as firmware, behind the built-in SBI, and behind OpenSBI, from power-on to its prompt to power-off. */
import test from 'ava'
import {Machine, type MachineOptions} from '../../src/main/index.ts'
import {testTranslation} from '../support/translation.ts'
import {ifItCanBeHad} from './boot-guest.ts'
import {debianFile} from './debian-file.ts'
import {findOpenSbi} from './opensbi.ts'

const uBoot = (path: string) => debianFile('u-boot-qemu', `usr/lib/u-boot/${path}`)

const ways: Record<string, () => Promise<Partial<MachineOptions>>> = {
	'as firmware': async () => ({bios: await uBoot('qemu-riscv64/u-boot.bin')}),
	'as firmware, an ELF': async () => ({bios: await uBoot('qemu-riscv64/uboot.elf')}),
	'behind the built-in SBI': async () => ({kernel: await uBoot('qemu-riscv64_smode/u-boot.bin')}),
	'behind the built-in SBI, an ELF': async () => ({kernel: await uBoot('qemu-riscv64_smode/uboot.elf')}),
	'behind OpenSBI': async () => ({kernel: await uBoot('qemu-riscv64_smode/u-boot.bin'), bios: await findOpenSbi()}),
}
for (const [way, options] of Object.entries(ways)) {
	test.serial(`U-Boot runs ${way}`, async (t) => {
		t.timeout(120_000)
		const files = await ifItCanBeHad(t, 'U-Boot', options)
		if (!files) return
		const signal = AbortSignal.timeout(100_000)
		await using machine = await Machine.create({smp: 2, memory: 2 ** 29, signal, ...testTranslation(), ...files})
		const running = machine.run()
		let console = ''
		let step = 0
		for await (const bytes of machine.console) {
			console += Buffer.from(bytes).toString('latin1')
			const steps = [
				{when: 'Hit any key to stop autoboot', type: '\r'},
				{when: '=> ', type: 'version\r'},
				{when: /=> version\s+U-Boot 20/, type: 'poweroff\r'},
			]
			const next = steps[step]
			if (!next || console.search(next.when) < 0) continue
			step += 1
			machine.console.write(next.type)
		}
		t.deepEqual(await running, {reason: 'power-off', exitCode: 0}, console)
		t.regex(console, /poweroff \.\.\./)
	})
}
