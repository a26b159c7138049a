/** QEMU's spelling of options: long names behind a single dash, read as if they had two. */

/** Options of `run` as QEMU spells them: name → whether a value follows. */
const qemuOptions: Readonly<Record<string, boolean>> = {
	smp: true,
	m: true,
	memory: true,
	kernel: true,
	initrd: true,
	append: true,
	bios: true,
	dtb: true,
	machine: true,
	M: true,
	accel: true,
	nographic: false,
	'no-reboot': false,
}

/** Names of one letter stay behind one dash. */
function longSpelling(name: string): string {
	return name.length === 1 ? `-${name}` : `--${name}`
}

/** @example withLongDashes(['run', '-smp', '4']) // ['run', '--smp', '4'] */
export function withLongDashes(args: readonly string[]): string[] {
	const result: string[] = []
	for (let index = 0; index < args.length; index++) {
		const arg = args[index]!
		if (arg === '--') return [...result, ...args.slice(index)]
		const groups = /^--?(?<name>[a-zA-Z-]+?)(?<value>=.*)?$/s.exec(arg)?.groups
		const takesValue = groups?.name === undefined ? undefined : qemuOptions[groups.name]
		if (takesValue === undefined) {
			result.push(arg)
			continue
		}
		result.push(longSpelling(groups!.name!) + (groups!.value ?? ''))
		// The value is passed on as it is, even if it looks like an option.
		if (takesValue && groups!.value === undefined && index + 1 < args.length) result.push(args[++index]!)
	}
	return result
}
