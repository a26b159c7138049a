import {spawnSync} from 'node:child_process'
import test from 'ava'
import {guestDescriptions} from '../../../src/main/guests/index.ts'
import {entry, manyhart} from '../manyhart-process.ts'

async function completed(...words: readonly string[]): Promise<string[]> {
	const {stdout} = await manyhart(['complete', '--', ...words])
	return stdout
		.trimEnd()
		.split('\n')
		.map((line) => line.split('\t')[0]!)
}

test('commands, options and values are completed', async (t) => {
	t.deepEqual(await completed('r'), ['run', 'report', ':4'])
	t.deepEqual(await completed('run', '--dump'), ['--dumpdtb', '--dump-wasm', ':4'])
	t.deepEqual(await completed('--sm'), ['--smp', ':4'], 'options of run without the command')
	t.deepEqual(await completed('guest', 'f'), ['fetch', ':4'])
	t.deepEqual(await completed('guest', 'fetch', ''), [...guestDescriptions.map(({name}) => name), ':4'])
	t.deepEqual(await completed('-guest', 'smp'), ['smp-demo', ':4'], "QEMU's spelling")
	t.deepEqual(await completed('--tlb', 'lookup'), ['lookup=inline', 'lookup=outlined', ':4'])
	t.deepEqual(await completed('--smp', ''), [':4'], 'a number')
	t.deepEqual(await completed('bench', 'flush', '--only', 's'), ['storms', 'switches', ':4'])
	t.deepEqual(await completed('scale', '--engine', ''), ['manyhart', 'qemu', ':4'])
})

test('files are left to the shell', async (t) => {
	for (const option of ['--qemu', '--out', '--render'])
		t.deepEqual(await completed('bench', 'flush', option, 'ma'), [':0'], option)
	for (const option of ['--kernel', '-kernel', '--initrd', '--input', '--stats', '--dump-wasm'])
		t.deepEqual(await completed('run', option, 'ker'), [':0'], option)
})

test('the hidden command is listed nowhere, and a shell that is not known is refused', async (t) => {
	const {stdout: help} = await manyhart(['--help'])
	t.regex(help, /^ {2}completion <shell>/m)
	t.notRegex(help, /^ {2}complete\b/m)
	const {exitCode, stderr} = await manyhart(['completion', 'csh'])
	t.is(exitCode, 2)
	t.is(stderr, 'manyhart: Expected zsh, bash, fish, powershell, got csh\n')
})

test('bash completes words by the script', (t) => {
	// bash-completion's function, for words without = and :.
	const words = `_get_comp_words_by_ref() { cur=\${COMP_WORDS[COMP_CWORD]} words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD; }`
	const ask = `
		manyhart() { "${process.execPath}" "${entry}" "$@"; }
		compopt() { :; }
		source <(manyhart completion bash)
		${words}
		COMP_WORDS=(manyhart run --ker) COMP_CWORD=2
		__manyhart_complete
		echo "\${COMPREPLY[@]}"
		complete -p manyhart`
	const {stdout, stderr} = spawnSync('bash', ['-c', ask], {encoding: 'utf8'})
	t.is(stderr, '')
	t.deepEqual(stdout.trimEnd().split('\n'), ['--kernel', 'complete -o default -F __manyhart_complete manyhart'])
})
