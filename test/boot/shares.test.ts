/** Debian's kernel with shared folders: what it does there is in the host's folder. */
import {
	existsSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {Machine, type MachineOptions} from '../../src/main/index.ts'
import {randomBytes, testFolder} from '../disk/images.ts'
import {Random} from '../hart/core/float-operands.ts'
import {longPatience, margin} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {fetchedGuest, trouble} from './boot-guest.ts'

const mebibyte = 2 ** 20

/** Has the guest run the script that is in the folder of this tag. @returns what it printed; undefined if there is no guest. */
async function run(t: ExecutionContext, options: Partial<MachineOptions>): Promise<string | undefined> {
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return undefined
	const signal = AbortSignal.timeout(longPatience)
	const memory = 512 * mebibyte
	await using machine = await Machine.create({smp: 1, memory, ...guest, signal, ...testTranslation(), ...options})
	const running = machine.run()
	let text = ''
	let typed: number | undefined
	for await (const bytes of machine.console) {
		text += Buffer.from(bytes).toString('latin1')
		if (typed !== undefined || !text.includes('~ # ')) continue
		typed = text.length
		machine.console.write('mkdir /script && mount -t 9p -o trans=virtio script /script && sh /script/run.sh\n')
	}
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
	t.notRegex(text, trouble)
	return text.slice(typed).replaceAll('\r\n', '\n')
}

/** A folder with the commands, which the guest shares, too. */
async function inGuest(t: ExecutionContext, commands: string, options: Partial<MachineOptions>) {
	const script = await testFolder(t)
	writeFileSync(join(script, 'run.sh'), `trap 'sync; poweroff -f' EXIT\nset -e\n${commands}\necho all done\n`)
	const shares = [...(options.shares ?? []), {path: script, tag: 'script', readOnly: true}]
	return await run(t, {...options, shares})
}

const mount = (options = '') =>
	`mkdir -p /mnt && mount -t 9p -o trans=virtio,version=9p2000.L${options} work /mnt && cd /mnt`

for (const [virtioMmioVersion, cache] of [
	[1, 'none'],
	[2, 'loose'],
	[2, 'mmap'],
] as const)
	test.serial(
		`Linux works in a folder of the host (cache=${cache}, virtio-mmio of version ${virtioMmioVersion})`,
		async (t) => {
			t.timeout(longPatience + margin)
			const folder = await testFolder(t)
			const contents = randomBytes(new Random(1), 3 * mebibyte + 1236)
			writeFileSync(join(folder, 'big'), contents)
			mkdirSync(join(folder, 'many'))
			for (let index = 0; index < 150; index++) writeFileSync(join(folder, 'many', `file ${index}`), `${index}`)
			symlinkSync('/etc/passwd', join(folder, 'link'))
			const commands = `
${mount(`,cache=${cache}`)}
cp big copy && cmp big copy
cat many/* | md5sum
ls many | wc -l
readlink link && ! grep daemon link
mkdir -p made/by/the/guest && echo text > made/by/the/guest/file
mv made/by/the/guest/file made/moved && ln made/moved made/hard
ln -s moved made/symbolic && cat made/symbolic
touch -d '2001-02-03 04:05:06' made/moved && chmod 4750 made/moved && chown 7:8 made/moved
stat -c '%u:%g %a' made/moved
dd if=/dev/zero of=made/sparse bs=1 count=1 seek=1000000 2>/dev/null && truncate -s 5 made/hard
exec 3<>made/open && echo before >&3 && rm made/open && echo after >&3 && exec 3>&-
mkfifo made/fifo && (echo through > made/fifo & cat made/fifo)
tar cf many.tar many && mkdir unpacked && tar xf many.tar -C unpacked && diff -r many unpacked/many
rm -r many
df . | tail -1 | grep -c work`
			const said = await inGuest(t, commands, {shares: [{path: folder, tag: 'work'}], virtioMmioVersion})
			if (said === undefined) return
			t.regex(said, /^all done$/m)
			t.regex(said, /^150$/m)
			t.regex(said, /^\/etc\/passwd$/m)
			t.regex(said, /^text$/m)
			t.regex(said, /^through$/m)
			t.true(readFileSync(join(folder, 'copy')).equals(contents))
			t.is(readFileSync(join(folder, 'made/moved'), 'latin1'), 'text\n')
			const moved = statSync(join(folder, 'made/moved'))
			t.is(moved.nlink, 2)
			t.is(moved.mode & 0o7777, 0o750)
			t.is(readlinkSync(join(folder, 'made/symbolic')), 'moved')
			t.is(statSync(join(folder, 'made/sparse')).size, 1_000_001)
			t.true(lstatSync(join(folder, 'made/fifo')).isFIFO())
			t.false(existsSync(join(folder, 'made/open')))
			t.false(existsSync(join(folder, 'many')))
			t.is(readdirSync(join(folder, 'unpacked/many')).length, 150)
		},
	)

test.serial(
	'a read-only folder cannot be written, by whatever way, and a file with two names has one number there',
	async (t) => {
		t.timeout(longPatience + margin)
		const folder = await testFolder(t)
		writeFileSync(join(folder, 'file'), 'contents\n')
		linkSync(join(folder, 'file'), join(folder, 'other'))
		const commands = `
${mount()}
cat file
stat -c '%i %h' file other
for command in 'touch file' 'rm file' 'mkdir new' 'mv file new' 'ln file new' 'sh -c "echo x>file"' 'chmod 777 file'; do
	eval "$command" 2>&1 && echo "$command worked"
done
true`
		const said = await inGuest(t, commands, {shares: [{path: folder, tag: 'work', readOnly: true}]})
		if (said === undefined) return
		t.regex(said, /^contents$/m)
		t.notRegex(said, /worked/)
		t.is(said.match(/Read-only file system/g)?.length, 7)
		t.deepEqual(readdirSync(folder).sort(), ['file', 'other'])
		// Linux adds 2 to a qid's path (v9fs_qid2ino).
		const number = statSync(join(folder, 'file')).ino + 2
		t.regex(said, new RegExp(`^${number} 2\n${number} 2$`, 'm'))
	},
)

test.serial('two folders have two tags, and harts work in one at once', async (t) => {
	t.timeout(longPatience + margin)
	const [one, two] = [await testFolder(t), await testFolder(t)]
	const commands = `
mkdir -p /one /two
mount -t 9p -o trans=virtio work /one && mount -t 9p -o trans=virtio share1 /two
for worker in 1 2 3 4; do
	(for n in $(seq 40); do echo $worker $n > /one/$worker.$n && mv /one/$worker.$n /two/ 2>/dev/null || cp /one/$worker.$n /two/; done) &
done
wait
ls /two | wc -l`
	const said = await inGuest(t, commands, {smp: 2, shares: [{path: one, tag: 'work'}, {path: two}]})
	if (said === undefined) return
	t.regex(said, /^160$/m)
	t.is(readFileSync(join(two, '3.17'), 'latin1'), '3 17\n')
})
