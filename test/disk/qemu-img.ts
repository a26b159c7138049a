/** qemu-img, of Debian's qemu-utils: what our images are compared with. */
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'

const run = promisify(execFile)

export async function qemuImg(...args: string[]): Promise<string> {
	const {stdout} = await run('qemu-img', args)
	return stdout
}

/** @returns corruptions and leaks that `qemu-img check` finds. */
export async function checkImage(path: string): Promise<{corruptions: number; leaks: number}> {
	// It exits with 2 for corruptions and 3 for leaks.
	const {stdout} = await run('qemu-img', ['check', '--output=json', '-f', 'qcow2', path]).catch((error) => error)
	const {corruptions = 0, leaks = 0, 'check-errors': errors} = JSON.parse(stdout)
	if (errors > 0) throw new Error(`qemu-img check failed: ${stdout}`)
	return {corruptions, leaks}
}

export const hasQemuImg = await qemuImg('--version').then(
	() => true,
	() => false,
)
