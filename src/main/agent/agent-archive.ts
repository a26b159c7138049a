/** What brings the agent into a guest: an archive behind the guest's initrd, and words on the kernel's command line. */
import {readFile} from 'node:fs/promises'
import {agentPath} from '../artifacts.ts'
import {type CpioEntry, packCpio} from '../guests/cpio.ts'

/** `alone`: in place of the guest's init. `beside`: next to it. */
export type AgentMode = 'alone' | 'beside'

const program = '/manyhart/agent'

/**
 * For guests with a disk: their initramfs sources it once the disk is mounted at /root, before it goes there. The program
 * comes along, since the initramfs is gone after that. Alone, it mounts the shared folders itself, and Linux mounts a tag only once: those
 * that the initramfs has mounted already are let go.
 */
const hook = (mode: AgentMode): string => `mkdir -p /root/run
mount -t tmpfs -o mode=755 run /root/run
cp ${program} /root/run/manyhart-agent
${mode === 'alone' ? alone : 'chroot /root /run/manyhart-agent serve &'}
`

const alone = `for folder in $(sed -n 's|^[^ ]* \\(/root/mnt/[^ ]*\\) 9p .*|\\1|p' /root/proc/mounts); do
	umount "$folder" && rmdir "$folder"
done
exec switch_root /root /run/manyhart-agent alone`

/** @param assets as among a machine's options. @returns the archive, uncompressed. */
export async function agentArchive(mode: AgentMode, assets?: string | URL): Promise<Uint8Array> {
	const entries: readonly CpioEntry[] = [
		{kind: 'directory', name: 'dev'},
		// Before /dev is mounted the kernel gives the agent this as its streams.
		{kind: 'character-device', name: 'dev/console', major: 5, minor: 1},
		{kind: 'character-device', name: 'dev/null', mode: 0o666, major: 1, minor: 3},
		{kind: 'directory', name: 'manyhart'},
		{kind: 'file', name: program.slice(1), mode: 0o755, data: await readFile(agentPath(assets))},
		{kind: 'file', name: 'manyhart/hook', mode: 0o755, data: hook(mode)},
	]
	return packCpio(entries)
}

/**
 * A guest whose root is on a disk has an initramfs that knows the hook. Otherwise the agent is the first program.
 * @param append the guest's own. @returns the kernel's command line.
 */
export function agentAppend(append: string | undefined, mode: AgentMode): string {
	const words = (append ?? 'earlycon').split(/\s+/).filter((word) => word !== '')
	if (mode === 'beside') return withProgram(words, mode).join(' ')
	// Nobody reads the console, and each byte costs; a panic is to end the machine.
	const quiet = words.filter((word) => !/^(?:earlycon\b.*|panic=.*|loglevel=.*|quiet)$/.test(word))
	return withProgram([...quiet, 'quiet', 'loglevel=3', 'panic=-1'], mode).join(' ')
}

function withProgram(words: readonly string[], mode: AgentMode): readonly string[] {
	if (words.some((word) => word.startsWith('root='))) return words
	const own = words.includes('--') ? [mode] : ['--', mode]
	return [`rdinit=${program}`, ...words, ...own]
}
