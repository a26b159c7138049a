/** QEMU's options that are not options of ours, one by one: taken if they change nothing here, otherwise refused. */

export type QemuOption = Readonly<{
	/** Without dashes. */
	names: readonly string[]
	/** Undefined: no value follows. */
	value?: string
	/** The values that are taken; undefined: none, or, if no value follows, the option is refused. */
	taken?: Readonly<{values: RegExp; shown: string}> | 'always'
	/** Why it has no effect, or why it is refused. */
	reason: string
}>

const debugger_ = 'there is no gdb server yet; it will come'
const snapshots = 'there are no snapshots yet; they will come'
const graphics = 'there are no graphics and no sound'
const monitor = 'there is no monitor'
const fixed = 'the board has a fixed set of devices'
const process = "a shell's or a service manager's work"
const hostMemory = "guest RAM is the process's own memory"

const only = (...values: readonly string[]) => ({
	values: new RegExp(`^(?:${values.map((value) => value.replaceAll('.', '\\.')).join('|')})$`),
	shown: values.join(' or '),
})

export const qemuOptions: readonly QemuOption[] = [
	// taken
	{
		names: ['cpu'],
		value: 'model',
		taken: only('rv64', 'max', 'any'),
		reason: "a hart's extensions cannot be chosen",
	},
	{names: ['display', 'vga'], value: 'type', taken: only('none'), reason: graphics},
	{names: ['monitor'], value: 'device', taken: only('none', 'null'), reason: monitor},
	{
		names: ['serial'],
		value: 'device',
		taken: only('stdio', 'mon:stdio'),
		reason: 'the console is on stdin and stdout; redirect these',
	},
	{names: ['parallel'], value: 'device', taken: only('none', 'null'), reason: fixed},
	{names: ['net'], value: 'kind', taken: only('none'), reason: 'networks are given by --nic or --netdev'},
	{
		names: ['rtc'],
		value: 'base',
		taken: only('base=utc', 'base=utc,clock=host', 'clock=host'),
		reason: "the clock is this machine's, in UTC",
	},
	{names: ['name'], value: 'name', taken: 'always', reason: 'the machine has no name'},
	{names: ['uuid'], value: 'uuid', taken: 'always', reason: 'a guest on this board cannot see it'},
	{names: ['nodefaults', 'no-user-config'], taken: 'always', reason: 'there are no defaults to leave out'},
	{names: ['sandbox'], value: 'state', taken: only('off'), reason: process},
	// refused, and will come
	{
		names: ['blockdev', 'fda', 'fdb', 'cdrom', 'sd', 'mtdblock', 'pflash', 'iscsi'],
		value: 'image',
		reason: 'disks are given by --drive or -hda',
	},
	{names: ['boot'], value: '…', reason: 'the kernel is given by --kernel'},
	{names: ['s', 'S'], reason: debugger_},
	{names: ['gdb'], value: 'device', reason: debugger_},
	{names: ['loadvm', 'incoming'], value: '…', reason: snapshots},
	// refused
	{names: ['qmp', 'qmp-pretty', 'mon', 'debugcon', 'echr'], value: '…', reason: monitor},
	{names: ['no-shutdown', 'preconfig'], reason: monitor},
	{names: ['action', 'watchdog-action'], value: '…', reason: 'the machine ends with the guest; see --no-reboot'},
	{
		names: ['d', 'D', 'dfilter', 'trace', 'plugin', 'msg'],
		value: '…',
		reason: 'there is no log; see --stats and --trace',
	},
	{names: ['singlestep'], reason: 'see --accel interp, which interprets all code'},
	{names: ['icount'], value: '…', reason: "time is this machine's, not the number of instructions"},
	{names: ['enable-kvm'], reason: 'the harts are emulated'},
	{names: ['semihosting'], reason: 'there is no semihosting'},
	{names: ['semihosting-config'], value: '…', reason: 'there is no semihosting'},
	{names: ['L'], value: 'folder', reason: '--bios takes the path of a file'},
	{names: ['fw_cfg', 'option-rom', 'tpmdev', 'usbdevice', 'set', 'numa'], value: '…', reason: fixed},
	{names: ['usb'], reason: fixed},
	{names: ['mem-path', 'overcommit'], value: '…', reason: hostMemory},
	{names: ['mem-prealloc'], reason: hostMemory},
	{names: ['k', 'audio', 'audiodev', 'vnc', 'spice', 'rotate'], value: '…', reason: graphics},
	{names: ['full-screen', 'portrait', 'audio-help'], reason: graphics},
	{names: ['pidfile', 'runas', 'chroot', 'add-fd', 'readconfig'], value: '…', reason: process},
	{names: ['daemonize'], reason: process},
	{names: ['compat', 'dump-vmstate'], value: '…', reason: "QEMU's own"},
	{names: ['only-migratable', 'enable-sync-profile', 'async-teardown'], reason: "QEMU's own"},
]
