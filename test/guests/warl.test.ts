/** What every CSR makes of what is written to it, against what QEMU made of it. */
import test from 'ava'
import {fileHash} from '../../scripts/guests/manifest.ts'
import {differences, namesOf} from './warl/differences.ts'
import {recordedText, runWarl, Warl, warlLines} from './warl/warl.ts'

test('CSRs read back what they do under QEMU 7.2, save for the listed differences', async (t) => {
	const theirs = await warlLines()
	const ours = await runWarl()
	const expected = new Map(theirs)
	for (const difference of differences) for (const name of namesOf(difference)) expected.set(name, difference.ours)
	const wrong = [...new Set([...expected.keys(), ...ours.keys()])].flatMap((name) => {
		const [want = 'absent', got = 'absent'] = [expected.get(name), ours.get(name)]
		return want === got ? [] : [`${name}: expected ${want}, got ${got}`]
	})
	t.deepEqual(wrong, [])
	t.log(`${ours.size} lines, ${differences.flatMap(namesOf).length} of them other than under QEMU`)
})

test('each listed difference is one, and is listed once', async (t) => {
	const theirs = await warlLines()
	const names = differences.flatMap(namesOf)
	t.is(new Set(names).size, names.length)
	const alike = differences.flatMap((each) => namesOf(each).filter((name) => theirs.get(name) === each.ours))
	t.deepEqual(alike, [])
})

test('the WARL guest is the one that QEMU’s record was made with', async (t) => {
	const text = await recordedText()
	for (const path of [Warl.source, Warl.linkerScript, Warl.binary])
		t.true(text.includes(`# ${await fileHash(path)} ${path}`), path)
})
