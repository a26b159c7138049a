/** The board's device tree, with the same nodes as that of QEMU's `virt`. */
import {boardMap, timebaseHertz, virtioSlot, virtioSlotCount} from '../memory-map.ts'
import {plicSources} from '../plic.ts'
import {Finisher} from '../test-finisher.ts'
import {type FdtNode, type FdtValue, writeFdt} from './fdt.ts'

const singleLetterExtensions = ['i', 'm', 'a', 'f', 'd', 'c']
/** In the canonical order of riscv,isa. */
const namedExtensions = [
	...['zicbom', 'zicboz', 'zicntr', 'zicond', 'zicsr', 'zifencei', 'zihintpause', 'zihpm', 'zawrs'],
	...['zba', 'zbb', 'zbs', 'zkr'],
	...['sstc', 'svadu', 'svinval', 'svnapot', 'svpbmt'],
]

/** What every hart has, by the names of riscv,isa-extensions. */
export const virtExtensions: readonly string[] = [...singleLetterExtensions, ...namedExtensions]

/** The ISA string of every hart, for riscv,isa. */
export const virtIsa = `rv64${singleLetterExtensions.join('')}_${namedExtensions.join('_')}`

export type VirtTreeOptions = Readonly<{
	harts: number
	memoryBytes: number
	/** The kernel's command line. */
	bootargs?: string
	/** Guest-physical, `end` exclusive. */
	initrd?: Readonly<{start: number; end: number}>
	/** 32 random bytes; by default the host's. For tests. */
	rngSeed?: Uint8Array
}>

// Interrupt numbers at a hart: privileged specification, "Machine Cause Register".
const Cause = {supervisorExternal: 9, machineSoftware: 3, machineTimer: 7, machineExternal: 11} as const
const Phandle = {plic: 1, finisher: 2, firstHart: 0x10} as const
/** Each hart has two phandles: its own and its interrupt controller's. */
const hartPhandle = (hart: number) => Phandle.firstHart + hart * 2
const intcPhandle = (hart: number) => hartPhandle(hart) + 1

/** @returns the blob. */
export function virtDeviceTree(options: VirtTreeOptions): Uint8Array<ArrayBuffer> {
	const {harts, memoryBytes} = options
	return writeFdt({
		name: '',
		properties: {
			'#address-cells': [2],
			'#size-cells': [2],
			compatible: 'riscv-virtio',
			model: 'riscv-virtio,qemu',
		},
		children: [
			chosen(options),
			node(`memory@${hex(boardMap.ram.base)}`, {
				device_type: 'memory',
				reg: [...cells64(boardMap.ram.base), ...cells64(memoryBytes)],
			}),
			cpus(harts),
			node('poweroff', syscon('syscon-poweroff', Finisher.pass)),
			node('reboot', syscon('syscon-reboot', Finisher.reset)),
			soc(harts),
		],
	})
}

function chosen({
	bootargs = '',
	initrd,
	rngSeed = crypto.getRandomValues(new Uint8Array(32)),
}: VirtTreeOptions): FdtNode {
	return node('chosen', {
		bootargs,
		'stdout-path': `/soc/serial@${hex(boardMap.uart.base)}`,
		...(initrd && {
			'linux,initrd-start': cells64(initrd.start),
			'linux,initrd-end': cells64(initrd.end),
		}),
		'rng-seed': rngSeed,
	})
}

function cpus(harts: number): FdtNode {
	const numbers = Array.from({length: harts}, (_, hart) => hart)
	const cores = numbers.map((hart) => node(`core${hart}`, {cpu: [hartPhandle(hart)]}))
	return node('cpus', {'#address-cells': [1], '#size-cells': [0], 'timebase-frequency': [timebaseHertz]}, [
		...numbers.map(cpu),
		node('cpu-map', {}, [node('cluster0', {}, cores)]),
	])
}

function cpu(hart: number): FdtNode {
	return node(
		`cpu@${hex(hart)}`,
		{
			phandle: [hartPhandle(hart)],
			device_type: 'cpu',
			reg: [hart],
			status: 'okay',
			compatible: 'riscv',
			'riscv,isa': virtIsa,
			'riscv,isa-base': 'rv64i',
			'riscv,isa-extensions': virtExtensions,
			'riscv,cbom-block-size': [64],
			'riscv,cboz-block-size': [64],
			'mmu-type': 'riscv,sv57',
		},
		[
			node('interrupt-controller', {
				'#interrupt-cells': [1],
				'interrupt-controller': true,
				compatible: 'riscv,cpu-intc',
				phandle: [intcPhandle(hart)],
			}),
		],
	)
}

function soc(harts: number): FdtNode {
	const {rtc, uart, testFinisher, aclint, plic} = boardMap
	const perHart = (...causes: number[]) =>
		Array.from({length: harts}, (_, hart) => causes.flatMap((cause) => [intcPhandle(hart), cause])).flat()
	const virtio = Array.from({length: virtioSlotCount}, (_, slot) => {
		const {base, size, irq} = virtioSlot(slot)
		return node(`virtio_mmio@${hex(base)}`, {...reg(base, size), ...interrupt(irq), compatible: 'virtio,mmio'})
	})
	return node('soc', {'#address-cells': [2], '#size-cells': [2], compatible: 'simple-bus', ranges: true}, [
		node(`rtc@${hex(rtc.base)}`, {
			...reg(rtc.base, rtc.size),
			...interrupt(rtc.irq),
			compatible: 'google,goldfish-rtc',
		}),
		node(`serial@${hex(uart.base)}`, {
			...reg(uart.base, uart.size),
			...interrupt(uart.irq),
			'clock-frequency': [3_686_400],
			compatible: 'ns16550a',
		}),
		node(`test@${hex(testFinisher.base)}`, {
			...reg(testFinisher.base, testFinisher.size),
			phandle: [Phandle.finisher],
			compatible: ['sifive,test1', 'sifive,test0', 'syscon'],
		}),
		...virtio,
		node(`plic@${hex(plic.base)}`, {
			...reg(plic.base, plic.size),
			phandle: [Phandle.plic],
			'riscv,ndev': [plicSources],
			'interrupts-extended': perHart(Cause.machineExternal, Cause.supervisorExternal),
			'interrupt-controller': true,
			compatible: ['sifive,plic-1.0.0', 'riscv,plic0'],
			'#address-cells': [0],
			'#interrupt-cells': [1],
		}),
		node(`clint@${hex(aclint.base)}`, {
			...reg(aclint.base, aclint.size),
			'interrupts-extended': perHart(Cause.machineSoftware, Cause.machineTimer),
			compatible: ['sifive,clint0', 'riscv,clint0'],
		}),
	])
}

function node(name: string, properties: Record<string, FdtValue>, children: readonly FdtNode[] = []): FdtNode {
	return {name, properties, children}
}

function reg(base: number, size: number): Record<string, FdtValue> {
	return {reg: [...cells64(base), ...cells64(size)]}
}

function interrupt(irq: number): Record<string, FdtValue> {
	return {interrupts: [irq], 'interrupt-parent': [Phandle.plic]}
}

/** Describes a write to the test finisher that ends the machine. */
function syscon(compatible: string, value: number): Record<string, FdtValue> {
	return {value: [value], offset: [0], regmap: [Phandle.finisher], compatible}
}

function cells64(value: number): [high: number, low: number] {
	return [Math.floor(value / 0x1_0000_0000), value % 0x1_0000_0000]
}

function hex(value: number): string {
	return value.toString(16)
}
