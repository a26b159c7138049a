/** M-mode guests against QEMU's record of them: what every CSR reads back after a write, and what PMP refuses. */
import test from 'ava'
import {fileHash} from '../../scripts/guests/manifest.ts'
import {bareGuestFiles, bareGuests, recordedLines, recordedText, runBareGuest} from './bare/bare-guests.ts'
import {differences, namesOf} from './bare/warl-differences.ts'

test('CSRs read back what they do under QEMU 7.2, save for the listed differences', async (t) => {
	const theirs = await recordedLines('warl')
	const ours = await runBareGuest('warl')
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
	const theirs = await recordedLines('warl')
	const names = differences.flatMap(namesOf)
	t.is(new Set(names).size, names.length)
	const alike = differences.flatMap((each) => namesOf(each).filter((name) => theirs.get(name) === each.ours))
	t.deepEqual(alike, [])
})

test('PMP refuses what it refuses under QEMU 7.2: random entries, random accesses near their edges', async (t) => {
	const ours = await runBareGuest('pmp')
	t.deepEqual(ours, await recordedLines('pmp'))
	t.is(ours.size, 600)
	t.log(`${ours.size} lines`)
})

test('AMO, LR and SC on device registers, and mtime when it is written, are as under QEMU 7.2', async (t) => {
	t.deepEqual(await runBareGuest('registers'), await recordedLines('registers'))
})

for (const guest of bareGuests) {
	test(`the guest ${guest} is the one that QEMU’s record was made with`, async (t) => {
		const text = await recordedText(guest)
		const {source, header, linkerScript, binary} = bareGuestFiles(guest)
		for (const path of [source, header, linkerScript, binary])
			t.true(text.includes(`# ${await fileHash(path)} ${path}`), path)
	})
}
